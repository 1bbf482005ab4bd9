"""What a phrase denies, kept apart from what it speaks of."""

from __future__ import annotations

import re
from dataclasses import dataclass

from citebound.answer.sets.meaning import (
    NEGATOR,
    Meaning,
)

LINK = re.compile(
    r"^(?:(?:that|which|who|where|in which|under which|whose|there|is there|are there|were found to|found to"
    r"|was found to|we|you|they|it|one|having|actually|also|still|already|ever|with|to|come|comes|came|do|does|did"
    r"|have|has|had|contain"
    r"|contains|include|includes|say|says|provide|provides|state|states|mention|mentions|carry|come with|comes with|are"
    r"|is|were|was|let|lets|describe|describes)(?: |$))+",
    re.I,
)
"""Words that only tie a condition to its noun."""

# -- and what is denied ------------------------------------------------------------------------------------------------

DENIES = r"(?:do|does|did)(?:n't| not)"
MODAL = re.compile(
    r"\b(?:can(?:'t|not| not)|may not|must(?:n't| not)|never|not (?:be )?(?:allowed|permitted|able|free)(?: to)?"
    r"|(?:aren't|isn't) (?:allowed|permitted|able|free)(?: to)?|neither (?:side|party) may"
    rf"|{DENIES} (?:let|allow|permit|enable|entitle|give))\b",
    re.I,
)
"""What may not be done."""
RELEASED = re.compile(
    rf"\b{DENIES} (?=(?:bar|forbid|prohibit|restrict|stop|prevent|limit|cap|ban|keep|force|oblige|require|make|put)\b)",
    re.I,
)
"""What is not forbidden or asked for."""
ABSENT = re.compile(
    r"^(?:no\b(?!-| longer)|without(?: (?:a|an|any))?\b|lacks?(?: (?:a|an|any))?\b|lacking\b|missing\b"
    rf"|nobody (?:bothered to |has )?|no one |none |{DENIES}"
    r"(?: (?:have|contain|include|say|mention|provide|carry|come with|state|grant))?(?: (?:a|an|any))?\b"
    r"|(?:have|has|had)(?:n't| not)\b|(?:aren't|isn't|are not|is not)\b)\s*",
    re.I,
)
BECOMING = re.compile(
    r"^(?P<what>(?:our|the|its|their|any|a|an) (?:\w+ ){1,3})(?P<be>is|are|was|were)(?:n't| not) (?!allowed"
    r"|permitted|able|free)",
    re.I,
)
"""What is not so: "our liability isn't capped"."""
LATER = re.compile(r"(?<=\w )(?:there(?:'s| is| are) (?:no|not)|no right|not (?:have|contain|include|say))\b", re.I)
"""A denial that stands too far behind to be kept apart from what it denies."""


@dataclass(frozen=True, slots=True)
class Tail:
    """A phrase without its denial: `modal`, something may not be; `denied`, it is not there."""

    text: str
    modal: bool = False
    denied: bool = False

    def absent(self, meaning: Meaning) -> bool:
        """Whether the condition is said not to hold."""
        return not meaning.forbids if self.modal else self.denied


def denial(text: str) -> Tail | None:
    """None where more is denied than can be kept apart."""
    bare = LINK.sub("", text).strip()
    if LATER.search(bare):
        return None
    if released := RELEASED.search(text):
        return _once(Tail((text[: released.start()] + text[released.end() :]).strip(), denied=True))
    if modal := MODAL.search(text):
        if len(text[: modal.start()].split()) > 5:
            return Tail(bare)
        return _once(Tail(f"{text[: modal.start()]}{text[modal.end() :]}".strip(), modal=True), skip=4)
    if becoming := BECOMING.match(bare):
        return _once(Tail(f"{becoming['what']}{becoming['be']} {bare[becoming.end() :]}", denied=True))
    if absent := ABSENT.match(bare) or ABSENT.match(text):
        where = bare if ABSENT.match(bare) else text
        return _once(Tail(LINK.sub("", where[absent.end() :]).strip(), denied=True))
    return Tail(bare) if bare else None


def _once(tail: Tail, skip: int = 0) -> Tail | None:
    """The tail, unless another denial stands near its beginning."""
    near = " ".join(tail.text.split()[: 6 - skip])
    return None if not tail.text or NEGATOR.search(near) else tail

"""A part of a question, asked alone: "And for termination?", "What about the MSA?", "Why?", "I meant Quorvane".

It is put into the question before it, in the place of what is like it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from citebound.answer.chat.courtesy import is_courtesy
from citebound.answer.chat.mentions import (
    AUXILIARIES,
    PREPOSITIONS,
    QUESTION_WORDS,
    Mention,
    documents,
    groups,
    identifiers,
    shape,
)
from citebound.answer.chat.nominal import SUBJECTS, is_nominal
from citebound.answer.words import content
from citebound.types import Span

_OPENER = re.compile(
    r"(?:(?:(?:and|but|so|ok(?:ay)?|well|then|also|or|thanks|thank you|got it|hm+|yes|now|alright)\b[,.:!;]*"
    r"|(?:right|great|good|fine|next)\b(?:[,.:!;]+|(?=\s+(?:and|but|so|then|now|what|how|who|when|where|why|which)\b)))"
    r"\s+)+",
    re.I,
)
_CORRECTION = re.compile(
    r"(?:(?:no|nope|sorry|actually|wait|oops|pardon)\b[,.!:]*\s*)*(?:i (?:really )?(?:meant|mean|was asking about|was"
    r" thinking of)|make that|(?:rather|instead)\b)[,:]?\s*(?P<rest>.+)$"
    r"|(?=not )(?P<not>.+)$"
    r"|(?:no|nope|sorry|actually|wait|oops)\b[,.!:]*\s+"
    r"(?P<short>(?!(?:i|is|are|does|do|can|what|who|when)\b)[^,]{1,60})$",
    re.I,
)
_NOT = re.compile(
    r"^not (?P<wrong>.+?)(?:,| but) (?:but )?(?P<right>.+)$|^(?P<first>.+?),? (?:and )?not (?P<other>.+)$", re.I
)
_ABOUT = re.compile(
    r"(?:(?:what|how) about|what of|same (?:question |thing )?(?:for|about|with)|the same (?:for|about|with)|"
    r"and what about|ditto for|now for|back to|regarding|concerning|as for)\s+(?P<rest>.+)$",
    re.I,
)
_BARE = re.compile(
    r"(?:(?:and|but|so|by|since|until|from|due|for|to|at|on|in|under|of|with|exactly)\s+)*"
    r"(?:why|when|where|who|whom|how|what|which)"
    r"(?:\s+(?:so|come|not|exactly|else|long|much|many|often|far|soon|then|one|ones|for|is that|was that|that|though"
    r"|late|early|days|times))*\s*[?!.]*"
    r"|really\s*[?!.]*|(?:says|according to) (?:who|what|whom)[?!.]*|based on what[?!.]*",
    re.I,
)
_ENDING = re.compile(r"[,\s]+(?:please|too|as well|also|then|thanks|thank you)(?=[\s?.!]*$)", re.I)
_COMMANDS = frozenset(
    "list show tell give explain compare name find describe quote summarise summarize say check look translate"
    " define".split()
)
FOREIGN = frozenset(
    "und wie ist sind der die das den dem ein eine für nicht oder aber wer wann warum welche que qué el la los las les"
    " des est et pour pas quoi quand qui quel quelle por para cómo cuándo il che per della het een van wat"
    " wanneer".split()
)
"""Words of other languages: what has one is left alone."""

_ACTING = re.compile(
    r"(?:entitled|allowed|required|obliged|permitted|able|free|have|need)\s+to\s+(?P<act>[a-z]+\b.*)$", re.I
)


@dataclass(frozen=True, slots=True)
class Fragment:
    """`preposition` is what it begins with ("for", "under"), "" for none; `wrong` is what it corrects, if it says so; a
    topic has been `asked` something: "back to the NDA: which courts?"."""

    kind: Literal["bare", "part", "correction", "topic"]
    text: str
    preposition: str = ""
    wrong: str = ""
    asked: str = ""


def without_opener(typed: str) -> tuple[str, bool]:
    """The question without "And", "OK, but", and whether it had such a beginning."""
    core = typed.strip()
    match = _OPENER.match(core)
    rest = core[match.end() :] if match else core
    return (rest, True) if match and re.search(r"\w", rest) else (core, False)


def is_bare(core: str) -> bool:
    """Whether there is nothing but a question word: "Why?", "Since when?"."""
    return _BARE.fullmatch(core.strip()) is not None


def read(core: str, *, opened: bool) -> Fragment | None:
    """The fragment; None for a question with a verb, which is whole, and for what is neither: "thanks", "I see"."""
    core = _ENDING.sub("", core.strip())
    if is_courtesy(core):
        return None
    if is_bare(core):
        return Fragment("bare", core.rstrip("?!. ").lower())
    corrected = _CORRECTION.match(core)
    if corrected:
        return _corrected(corrected)
    about = _ABOUT.match(core)
    if about:
        return _asked_about(about["rest"])
    words = [w.strip("?.,;:!’'").lower() for w in core.split()]
    if len(words) > 12 or not words or FOREIGN & set(words) or not core.isascii():
        return None
    whole = words[0] in QUESTION_WORDS | AUXILIARIES | _COMMANDS or any(w in AUXILIARIES for w in words)
    if words[0] in PREPOSITIONS and "," in core and whole:
        return None
    if words[0] in ("if", "unless") and opened:
        return _part("part", core)
    if words[0] in ("once", "after") and opened and len(words) > 2:
        return _part("part", core)
    if whole or (not opened and len(words) > 6) or not is_nominal(core):
        return None
    return _part("part", core)


def _corrected(match: re.Match[str]) -> Fragment | None:
    """ "I meant the NDA", "not the lease, the NDA", "sorry, the tenant"; None where that is no part of a question."""
    rest = (match["rest"] or match["not"] or match["short"]).strip(" ?.!")
    other = _NOT.match(rest)
    if other:
        right, wrong = other["right"] or other["first"], other["wrong"] or other["other"]
        return _part("correction", right, wrong) if is_nominal(right) else None
    if match["rest"] and is_bare(rest):
        return Fragment("bare", rest.lower())
    condition = match["rest"] and re.match(r"(?i)(?:if|unless|when|after|before|once)\b", rest)
    return _part("correction", rest) if condition or is_nominal(rest) else None


def _asked_about(rest: str) -> Fragment | None:
    """ "What about the NDA", "back to the NDA: which courts"; None for "how about you"."""
    rest, _, asked = rest.partition(":")
    words = re.findall(r"[\w'’]+", rest.lower().replace("’", "'"))
    if (
        is_courtesy(rest)
        or SUBJECTS & set(words)
        or (words and words[0] in ("what", "who", "how", "why", "which", "me"))
    ):
        return None
    return Fragment("topic", rest.strip(), asked=asked.strip(" ?")) if asked.strip() else _part("part", rest)


def _part(kind: Literal["part", "correction"], text: str, wrong: str = "") -> Fragment:
    text = text.strip(" ?.!,")
    first = text.split(" ", 1)[0].lower()
    return Fragment(kind, text, first if first in PREPOSITIONS else "", wrong.strip(" ?.!,"))


def put(part: Fragment, text: str, base: str, parties: Sequence[str], topic: str = "") -> str:
    """The question `base` with `text`, which is what the fragment means, in the place of what is like it, else of its
    topic."""
    base = base.rstrip("?. ")
    bare = text[len(part.preposition) :].strip() if part.preposition else text
    if part.wrong and part.wrong.lower() in base.lower():
        return re.sub(re.escape(part.wrong), lambda _: bare, base, count=1, flags=re.I)
    papers = documents(text)
    if papers and part.preposition in ("after", "before", "since", "without"):
        return f"{_without_documents(base)} {text}"
    slot = _slot(bare, base, parties)
    if slot is not None:
        before = base[: slot.span.start]
        if slot.kind == "document":  # the other document's clause has another number
            before = re.sub(r"Section [\d.]+ \((.+)\) of $", lambda m: f"{m[1][:1].lower()}{m[1][1:]} in ", before)
        return before + _fitted(bare, slot) + base[slot.span.end :]
    if papers and _covers(papers[0].text, bare):
        return f"{base}, {part.preposition or 'under'} {_fitted(bare, papers[0])}"
    if re.match(r"(?i)(?:if|unless|once|after|when|while)\b", text):
        return f"{base}, {text}"
    if part.preposition:
        outside = re.sub(r"\([^()]*\)", lambda m: ";" * len(m.group()), base)  # a heading is no part of the question
        there = re.search(rf"\b{part.preposition} (?!what|which|whom)", outside, re.I)
        after = [g for g in groups(outside) if there and g.span.start >= there.end() - 1]
        if there and after and after[0].span.start <= there.end() + 1:
            return base[: after[0].span.start] + bare + base[after[0].span.end :]
        return f"{base} {text}"
    if topic and topic in base:
        return base.replace(topic, bare, 1)
    last = groups(base)
    own = [g for g in last if not g.text[:1].isupper()] or last
    if own:
        return base[: own[-1].span.start] + bare + base[own[-1].span.end :]
    return f"{base}, as to {text}"


def _slot(text: str, base: str, parties: Sequence[str]) -> Mention | None:
    """What of `base` is of the same kind: a document for a document, an identifier for one of its shape, a party, a
    group with the same head."""
    papers, there = documents(text), documents(base)
    if papers and _covers(papers[0].text, text) and there:
        return there[-1]
    names = identifiers(text)
    if names:
        alike = [m for m in identifiers(base) if shape(m.text) == shape(names[0].text)]
        return _whole(alike[-1], base) if alike else None
    sides = [p.split(",")[0].split()[0].lower() for p in parties if p]
    if text.lower().split()[0:1] and text.lower().split()[0] in sides:
        for side in sides:
            found = re.search(rf"\b{re.escape(side)}\b", base, re.I)
            if found and side != text.lower().split()[0]:
                return _mention(base, found)
    head = content(text.split(" of ")[0])[-1:]
    for group in groups(base):
        if head and content(group.text.split(" of ")[0])[-1:] == head:
            return group
    return None


def _whole(clause: Mention, base: str) -> Mention:
    """A clause with its heading and document: "Section 9.2 (Cap) of the MSA"."""
    heading = re.match(r"(?: \([^()]*(?:\([^()]*\)[^()]*)*\))?(?: of )?", base[clause.span.end :])
    end = clause.span.end + (heading.end() if heading else 0)
    paper = next((m.span.end for m in documents(base) if m.span.start == end), 0)
    return replace(clause, span=Span(clause.span.start, paper)) if paper else clause


def _mention(base: str, found: re.Match[str]) -> Mention:
    return Mention(Span(*found.span()), found.group(), "name")


def _covers(paper: str, text: str) -> bool:
    """Whether a fragment says nothing but the name of a document."""
    rest = text.replace(paper, "")
    return not [w for w in content(rest) if w not in ("agreement", "report", "contract")]


def _fitted(text: str, slot: Mention) -> str:
    wants = (
        slot.kind == "document"
        and slot.determiner
        and not re.match(r"(?i)(?:the|our|amendment|a|an)\b|.*\.\w{2,4}$", text)
    )
    return f"the {text}" if wants else text


def _without_documents(base: str) -> str:
    for paper in reversed(documents(base)):
        base = base[: paper.span.start].rstrip() + base[paper.span.end :]
        base = re.sub(r"(?i)(?:\s+(?:in|under|of|by)(?:\s+(?:exhibit|annex|section)\s+\S+\s+of)?)\s*$", "", base)
    return base


def act(base: str) -> str:
    """What somebody may or must do, of a yes/no question about it: "terminate the MSA for convenience"; "" if it is
    none."""
    base = base.rstrip("?. ")
    entitled = _ACTING.search(base)
    if entitled:
        return entitled["act"]
    match = re.match(
        r"(?i)(?:can|could|may|must|shall|should|will|would)\s+(?:the |our )?[A-Z]?[\w’'-]+\s+(?P<act>[a-z]+\b.*)$",
        base,
    )
    return match["act"] if match else ""

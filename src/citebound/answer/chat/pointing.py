"""What points out of a question: pronouns, demonstratives, ordinals. By form alone.

A pronoun that means something in its own question ("if a breach happens, who pays for it") points nowhere; neither does
one that means nothing at all ("is it possible to").
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from citebound.answer.chat.mentions import (
    AUXILIARIES,
    CLAUSES,
    COMPARING,
    FINDINGS,
    LINKS,
    PAPERS,
    PLAIN,
    PREPOSITIONS,
    SIDES,
    VERBS,
    Mention,
    documents,
    groups,
    identifiers,
)
from citebound.types import Span

_NOUNS = "|".join(sorted(CLAUSES | FINDINGS | PAPERS | SIDES | {"one"}))
_COUNTED = re.compile(
    rf"\b(?:the |that |this )?(?P<ordinal>first|second|third|fourth|fifth|last|other)(?: one)? ?"
    rf"(?P<noun>{_NOUNS})\b|\bthe (?P<alone>latter|former|other)(?= *(?:[?.,;:]|$))",
    re.I,
)
_SHOWN = re.compile(
    rf"\b(?P<determiner>this|that|these|those|such|said|the same|the) (?P<noun>{_NOUNS})s?\b"
    r"(?!-| (?:of|on|about|with|between|no\b|number|\d|(?-i:[A-Z]))|’s|'s)",
    re.I,
)
_NAMED = re.compile(r"\b(?P<determiner>this|that|these|those|such) (?P<noun>[a-z]+)\b", re.I)
_PRONOUN = re.compile(r"\b(?P<word>its?|they|them|theirs?|this|that|these|those|one)\b(?![’'-]\w)", re.I)
_EMPTY_IT = re.compile(
    r"it (?:is |was )?(?:possible|true|correct|right|allowed|permitted|necessary|required|clear|turns? out|comes? to"
    r"|takes? (?:to|for)|say|says|mean that)"
    r"|(?:does|did|will|would) it (?:take(?! effect| place| over)|matter)"
    r"|(?:is|was) it (?:possible|true|correct|right|allowed|permitted|necessary|clear|ok|okay|legal)\b",
    re.I,
)
_DOING = re.compile(r"\b(?:do|have|get|need|give|make|send|conduct|perform|issue|file|want|request|order|run) $", re.I)
_ADVERBS = (
    frozenset("also really actually still then always ever even just only again now there not exactly".split())
    | COMPARING
)
_DEFINITE = PLAIN | frozenset("clause section provision finding vulnerability".split())
"""Nouns that point even with "the" alone."""

_BOUNDARY = re.compile(
    r"[,;:]|\b(?:when|if|after|before|because|while|once|unless|that|which|and|or|but|until)\b", re.I
)
NEAR = 80
"""Characters on either side of a word in which its neighbours are looked for."""

_DEMONSTRATIVE = frozenset("this that these those".split())


@dataclass(frozen=True, slots=True)
class Pointer:
    """`noun` is what it points at in the singular ("clause", "one"), "" for a pronoun; `ordinal` "second", "other"."""

    span: Span
    text: str
    noun: str = ""
    ordinal: str = ""
    determiner: str = ""
    possessive: bool = False
    people: bool = False

    @property
    def plain(self) -> bool:
        """A pronoun, or "the agreement" and "that fee", which may mean what they say."""
        return not self.ordinal and (not self.noun or self.determiner == "the")


def pointers(question: str) -> list[Pointer]:
    """All of them, in order; of those that overlap the longest."""
    found = [*_counted(question), *_shown(question)]
    for pointer in [*_named(question), *_pronouns(question)]:
        if not any(pointer.span.overlap(other.span) for other in found):
            found.append(pointer)
    return sorted(found, key=lambda p: p.span)


def _counted(question: str) -> list[Pointer]:
    made = []
    for m in _COUNTED.finditer(question):
        noun = (m["noun"] or "one").lower()
        if question[m.end() :].startswith((" of ", " on ")) and noun != "one":
            continue
        made.append(Pointer(Span(*m.span()), m.group(), noun, (m["ordinal"] or m["alone"]).lower()))
    return made


def _shown(question: str) -> list[Pointer]:
    taken = [p.span for p in _counted(question)]
    named = [mention.span for mention in (*identifiers(question), *documents(question))]
    made = []
    for m in _SHOWN.finditer(question):
        span, noun = Span(*m.span()), m["noun"].lower()
        determiner = m["determiner"].lower()
        if (determiner == "the" and noun not in _DEFINITE) or any(span.overlap(t) for t in taken):
            continue
        if any(span.overlap(n) for n in named):
            continue
        made.append(Pointer(span, m.group(), noun, determiner=determiner))
    return made


def _named(question: str) -> list[Pointer]:
    """ "that fee", "these records": a demonstrative before a noun that is not one of the known ones."""
    made = []
    for m in _NAMED.finditer(question):
        noun, determiner = m["noun"].lower(), m["determiner"].lower()
        before = _words_before(question, m.start())[-1:]
        starts = not before or before[0] in AUXILIARIES | PREPOSITIONS or before[0].endswith((",", ":"))
        verb = noun in AUXILIARIES | VERBS | PREPOSITIONS | LINKS | _ADVERBS or noun.endswith(("ly", "ing"))
        if not verb and (determiner != "that" or starts):
            singular = noun.removesuffix("s") if not noun.endswith("ss") else noun
            made.append(Pointer(Span(*m.span()), m.group(), singular, determiner=determiner))
    return made


def _pronouns(question: str) -> list[Pointer]:
    empty = [Span(*m.span()) for m in _EMPTY_IT.finditer(question)]
    own = _Own(question)
    made = []
    for m in _PRONOUN.finditer(question):
        span, word = Span(*m.span()), m["word"].lower()
        before, after = question[max(0, span.start - NEAR) : span.start], question[span.end : span.end + NEAR]
        following = (after.lower().split() or [""])[0].strip("?.,;:")
        if any(span.overlap(e) for e in empty) or (word == "one" and not _DOING.search(before)):
            continue
        if word == "that" and not _is_pronoun(before, following):
            continue
        if own.names(span, word):
            continue
        people = word in ("they", "them", "their", "theirs", "these", "those")
        made.append(
            Pointer(
                span,
                m.group(),
                "one" if word == "one" else "",
                possessive=word in ("its", "their", "theirs"),
                people=people,
            )
        )
    return made


def _is_pronoun(before: str, following: str) -> bool:
    """Whether "that" stands for a thing: it ends a clause, or comes after an auxiliary, a preposition or nothing."""
    last = (before.lower().split() or [""])[-1]
    ends = not following or following in LINKS | PREPOSITIONS | AUXILIARIES | _ADVERBS
    begins = not last or last in AUXILIARIES | PREPOSITIONS or last.endswith((",", ":"))
    acts = following in VERBS | _ADVERBS | AUXILIARIES or not following
    return (begins and (acts or ends)) or (not following and last not in LINKS)


class _Own:
    """What a question names itself, looked up once for all of its pronouns."""

    def __init__(self, question: str) -> None:
        self._question = question
        self._boundaries = [Span(*m.span()) for m in _BOUNDARY.finditer(question)]
        self._groups = groups(question)
        self._named = [g for g in self._groups if not _how(question, g.span.start)]

    def names(self, span: Span, word: str) -> bool:
        """Whether a pronoun means something that its own question names before it, in another clause."""
        if word in _DEMONSTRATIVE or word == "one":
            return False
        last = bisect_left(self._boundaries, span) - 1
        if last < 0:
            before = self._question[: span.start].rstrip()[-3:].lower()
            owned = word in ("its", "their") and not before.endswith(("is", "are"))
            return owned and _any_before(self._groups, span.start)
        boundary = self._boundaries[last]
        if word in ("it", "its"):
            directly = not self._question[boundary.end : span.start].strip()
            return _any_before(self._named if directly else self._things, boundary.start)
        return _any_before(self._named, boundary.start)

    @cached_property
    def _things(self) -> list[Mention]:
        return [g for g in self._named if g.determiner or not g.text[:1].isupper()]


def _any_before(groups: Sequence[Mention], position: int) -> bool:
    return bool(groups) and groups[0].span.start < position


def _how(question: str, start: int) -> bool:
    return question[max(0, start - 4) : start].lower().startswith("how")


def _words_before(question: str, position: int) -> list[str]:
    """Some words before a position, lower case, with what is written after them."""
    return question[max(0, position - NEAR) : position].lower().split()

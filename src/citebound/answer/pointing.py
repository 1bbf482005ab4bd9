"""What points out of a question: pronouns, demonstratives, ordinals. By form alone.

A pronoun that means something in its own question ("if a breach happens, who pays for it") points nowhere; neither does
one that means nothing at all ("is it possible to").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from citebound.answer.mentions import (
    AUXILIARIES,
    COMPARING,
    LINKS,
    PLAIN,
    PREPOSITIONS,
    VERBS,
    documents,
    groups,
    identifiers,
)
from citebound.types import Span

_NOUNS = (
    "clause|section|paragraph|article|provision|passage|exhibit|annex|schedule|sentence|subsection|rule|finding|"
    "vulnerability|issue|weakness|flaw|bug|problem|defect|hole|agreement|contract|document|report|addendum|amendment|nda|"
    "msa|dpa|sow|lease|licen[cs]e|policy|file|paper|pentest|advisory|party|side|company|one"
)
_COUNTED = re.compile(
    rf"\b(?:the |that |this )?(?P<ordinal>first|second|third|fourth|fifth|last|other)(?: one)? ?"
    rf"(?P<noun>{_NOUNS})\b|\bthe (?P<alone>latter|former|other)(?= *(?:[?.,;:]|$))",
    re.I,
)
_SHOWN = re.compile(
    rf"\b(?P<determiner>this|that|these|those|such|said|the same|the) (?P<noun>{_NOUNS})(?P<many>s|ies)?\b"
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
    made = []
    for m in _SHOWN.finditer(question):
        span, noun = Span(*m.span()), m["noun"].lower()
        noun = f"{noun}y" if (m["many"] or "").lower() == "ies" else noun
        determiner = m["determiner"].lower()
        if (determiner == "the" and noun not in _DEFINITE) or any(span.overlap(t) for t in taken):
            continue
        if any(span.overlap(m.span) for m in [*identifiers(question), *documents(question)]):
            continue
        made.append(Pointer(span, m.group(), noun, determiner=determiner))
    return made


def _named(question: str) -> list[Pointer]:
    """ "that fee", "these records": a demonstrative before a noun that is not one of the known ones."""
    made = []
    for m in _NAMED.finditer(question):
        noun, determiner = m["noun"].lower(), m["determiner"].lower()
        before = question[: m.start()].lower().split()[-1:]
        starts = not before or before[0] in AUXILIARIES | PREPOSITIONS or before[0].endswith((",", ":"))
        verb = noun in AUXILIARIES | VERBS | PREPOSITIONS | LINKS | _ADVERBS or noun.endswith(("ly", "ing"))
        if not verb and (determiner != "that" or starts):
            singular = noun.removesuffix("s") if not noun.endswith("ss") else noun
            made.append(Pointer(Span(*m.span()), m.group(), singular, determiner=determiner))
    return made


def _pronouns(question: str) -> list[Pointer]:
    empty = [Span(*m.span()) for m in _EMPTY_IT.finditer(question)]
    made = []
    for m in _PRONOUN.finditer(question):
        span, word = Span(*m.span()), m["word"].lower()
        before, after = question[: m.start()], question[m.end() :]
        following = (after.lower().split() or [""])[0].strip("?.,;:")
        if any(span.overlap(e) for e in empty) or (word == "one" and not _DOING.search(before)):
            continue
        if word == "that" and not _is_pronoun(before, following):
            continue
        if _inside(question, span, word):
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


def _inside(question: str, span: Span, word: str) -> bool:
    """Whether a pronoun means something that its own question names before it, in another clause."""
    if word in _DEMONSTRATIVE or word == "one":
        return False
    before = question[: span.start]
    boundary = None
    for m in re.finditer(
        r"[,;:]|\b(?:when|if|after|before|because|while|once|unless|that|which|and|or|but|until)\b", before, re.I
    ):
        boundary = m
    if boundary is None:
        return word in ("its", "their") and bool(groups(before)) and not before.lower().rstrip().endswith(("is", "are"))
    first = before[: boundary.start()]
    named = [g for g in groups(first) if not re.match(r"(?i)how", first[max(0, g.span.start - 4) :])]
    if word in ("it", "its"):
        things = [g for g in named if g.determiner or not g.text[:1].isupper()]
        directly = before.rstrip().lower().endswith(boundary.group().lower())
        return bool(things) or (bool(named) and directly)
    return bool(named)

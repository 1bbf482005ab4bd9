"""What of a sentence a quote does not bear out: numbers, dates, names, negations, bounds, deeds, words.

`compare` is a pure function of two texts. Each check has a file of its own, with its normalisations in its
docstring; a sentence is borne out if none of them objects.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from citebound.answer.gate import (
    agents,
    assertion,
    bounds,
    conditions,
    copying,
    members,
    overclaims,
    pairs,
    sides,
    times,
)
from citebound.answer.gate.dates import Date, dates
from citebound.answer.gate.exchange import exchanged
from citebound.answer.gate.identifiers import identifiers, provisions
from citebound.answer.gate.negation import Mood, Predicate, predicates
from citebound.answer.gate.quantities import Quantity, quantities, rates
from citebound.answer.gate.readings import active
from citebound.answer.gate.wording import alike, denies, negative, novel, turned, words
from citebound.answer.words import stem

TAIL = 3
"""Words in a row that the quote has no like of, from which on something was added."""
COVERED = 0.65
"""Share of a sentence's words that its quote must have or have the like of."""

FEW = 4
"""Words of weight up to which a sentence may have none that its quote has no like of."""

_CONDITIONED = re.compile(
    r"(?:\bnot\b|\bno\b|\bneither\b|n['’]t\b).{1,200}?\b(?:without|unless|until|except)\b", re.I | re.S
)
_CONDITION = re.compile(r"\b(?:needs?|requires?|required|only|unless|before|until|first|if|without)\b", re.I)
"""What may not be done without something needs it: such a claim and its quote need not deny the same word."""

_RELATIVE = re.compile(r",?\s+(?:which|that)\s+(?:\w+\s+)?(?=(?:shall|may|must|will|is|are)\b)", re.I)
"""What is said of a condition besides."""
_ONLY = re.compile(r"\b(?:only|solely|exclusively)\b", re.I)
_ADVICE = re.compile(
    r"\b(?:should|ought|recommend\w*|advis\w+|suggest\w*|must|shall|needs?|may|can|could|would|better|best|to be)\b",
    re.I,
)
_DONE = re.compile(r"\b(?:is|are|was|were|been|being)\s+(?:\w+ly\s+)?(\w+)", re.I)
"""What is, as against what should be."""

_READ = re.compile(
    r"^(?:(?:according to|based on|as (?:stated|described|mentioned|set out) in)(?: the)? (?:given )?"
    r"(?:passages?|documents?|agreements?|contracts?|excerpts?|texts?|reports?|evidence)(?: \[?\d{1,2}\]?)?,? "
    r"|(?:the )?(?:passage|document|agreement|contract|excerpt|text|report)(?: \[?\d{1,2}\]?)?"
    r" (?:says|states|provides) that )",
    re.I,
)
"""Where a sentence says that it was read; needs no proof."""
_RECEIVES = re.compile(r"\b([A-Za-z][\w&-]+)\s+(?:(?:shall|must|will|should|may)\s+)?(?:receives?|gets?|obtains?)\b")
_GIVEN = re.compile(
    r"\b(?:provided|given|sent|delivered|furnished|supplied|paid|submitted|made\s+available)\s+to\s+(?:the\s+|each\s+)?([A-Za-z][\w&-]+)",
    re.I,
)
_HEADING = re.compile(r"([A-Z][a-z]{3,})\s+(?=[A-Z])")
_STANDS = re.compile(
    r"^(?:(?:under|in|per|according to|pursuant to|as (?:stated|set out|provided) in)"
    r" (?:section|clause|article|paragraph) [\w.()]{1,12},? "
    r"|(?:section|clause|article|paragraph) [\w.()]{1,12} (?:says|states|provides) that )",
    re.I,
)
"""Where a sentence says that it stands; proven by the facts."""


@dataclass(frozen=True, slots=True)
class HardFacts:
    """The hard facts of a text."""

    quantities: tuple[Quantity, ...]
    rates: frozenset[str]
    dates: tuple[Date, ...]
    identifiers: frozenset[str]
    provisions: tuple[str, ...]


@lru_cache(maxsize=4096)
def hard_facts(text: str) -> HardFacts:
    """Read once: what one reader takes, the next does not see."""
    named, rest = identifiers(text)
    placed, rest = provisions(rest)
    said, rest = dates(rest)
    return HardFacts(tuple(quantities(rest)), frozenset(rates(text)), tuple(said), frozenset(named), tuple(placed))


CONDITION = 4
"""Words of a condition by one of which a sentence shows that it speaks of it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Why a quote does not bear out a sentence, nothing if it does; whether the sentence is a copy of the quote, and
    whether the quote says the contrary, so that no more text around it can bear the sentence out."""

    objections: tuple[str, ...]
    copied: bool
    contrary: bool = False


def compare(sentence: str, quote: str, context: str = "") -> Comparison:
    """A sentence against a quote. `context` is the quote's title and headings, which may prove provisions,
    identifiers and names, and give words, and nothing else."""
    listed = members.objections(sentence, quote)
    sentence = _READ.sub("", sentence)
    sentence, quote = _without_heading(sentence), _without_heading(quote)
    plain = [
        one
        for reader in (assertion, sides, times, pairs)
        for one in reader.objections(_one_line(sentence), _one_line(quote))
    ]
    sentence, quote = active(sentence), active(quote)
    said, shown, around = hard_facts(sentence), hard_facts(quote), hard_facts(context)
    sentence = _STANDS.sub("", sentence)
    made = [*listed, *(f"no quote bears out {one}" for one in _lacking(said, shown, around, quote))]
    copied = copying.objections(sentence, quote, context)
    contrary = _contrary(sentence, quote) if copied is None else []
    contrary += conditions.objections(sentence, quote)
    contrary += [*overclaims.objections(sentence, quote), *plain]
    made += contrary
    made += _added(sentence, f"{quote} {context}") if copied is None else [*_repeated(said, shown), *copied]
    made += bounds.objections(sentence, quote)
    if turned_round := agents.swapped(sentence, quote):
        made.append(turned_round)
        contrary.append(turned_round)
    if name := agents.unknown(sentence, (quote, context)):
        made.append(f"no quote bears out “{name}”")
    if not made and (pair := exchanged(sentence, quote)):
        made.append(f"“{pair[0]}” and “{pair[1]}” have changed places")
        contrary = made
    return Comparison(tuple(dict.fromkeys(made)), copied is not None, bool(contrary))


def _without_heading(text: str) -> str:
    """Without a heading of one word that the text says again: "Supply NLS will supply"."""
    match = _HEADING.match(text)
    return text[match.end() :] if match and re.search(rf"\b{match[1].lower()}", text[match.end() :]) else text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _repeated(said: HardFacts, shown: HardFacts) -> list[str]:
    """Facts that a copy has more often than its quote: one of them stands in another's place."""
    return [
        f"no quote bears out {fact} there"
        for mine, theirs in ((said.quantities, shown.quantities), (said.provisions, shown.provisions))
        for fact in sorted({str(f) for f in mine})
        if sum(str(f) == fact for f in mine) > sum(str(f) == fact for f in theirs) > 0
    ]


def _contrary(sentence: str, quote: str) -> list[str]:
    """Where a sentence in words of its own and a quote contradict each other."""
    made = [*_logic(sentence, quote)]
    if (one := turned(sentence, quote)) and not _handed(sentence, quote):
        made.append(one)
    return made


def _handed(sentence: str, quote: str) -> bool:
    """Whether one text says that somebody receives what the other says is provided to him."""
    for one, other in ((sentence, quote), (quote, sentence)):
        gets = _RECEIVES.search(one)
        if gets and any(given[1].lower() == gets[1].lower() for given in _GIVEN.finditer(other)):
            return True
    return False


def _lacking(said: HardFacts, shown: HardFacts, around: HardFacts, quote: str) -> list[str]:
    days = {d.day for d in shown.dates if d.day} | {d.year for d in shown.dates if d.year and not d.month}
    missing = [
        str(q)
        for q in sorted(set(said.quantities), key=str)
        if not any(q.value == s.value and _same_unit(q.unit, s.unit, quote) for s in shown.quantities)
        and not (not q.unit and q.value in days)
    ]
    numbers = {f"{s.value:f}" for s in shown.quantities}
    missing += [
        str(d)
        for d in said.dates
        if not any(s.bears_out(d) for s in shown.dates) and not (d.month is None and str(d.year) in numbers)
    ]
    missing += sorted(said.identifiers - shown.identifiers - around.identifiers)
    listed = {p.split()[0] for p in shown.provisions} | (
        {"section"} if "aragraph" in quote or "ection" in quote else set()
    )
    missing += sorted(
        p for p in set(said.provisions) - set(shown.provisions) - set(around.provisions)
        if not (p.split()[0] in listed and re.search(rf"(?<![\w.(-]){re.escape(p.split()[1])}(?![\w(])", quote))
    )  # fmt: skip
    missing += sorted(f"per {rate}" for rate in said.rates - shown.rates if said.quantities or shown.rates)
    return missing


def _same_unit(said: str, shown: str, quote: str) -> bool:
    """Whether a unit is the one shown, or left out, or stands elsewhere in the quote ("Term (months): 12")."""
    return not said or said == shown or (not shown and said.split()[-1] in quote.lower())


def _logic(sentence: str, quote: str) -> list[str]:
    """Negation and modality where both speak of the same head word; whether anything is denied where none is."""
    said, shown = predicates(sentence), predicates(quote)
    if (bound := _CONDITIONED.search(quote)) and _CONDITION.search(sentence):
        condition = words(quote[bound.end() :])[:CONDITION]
        if any(alike(word, other, related=True) for word in condition for other in words(sentence)):
            rest = _RELATIVE.search(quote, bound.end())
            shown = predicates(quote[rest.end() :]) if rest else []
            return _disagreements(said, shown)[0]
    if _ONLY.search(sentence) and _ONLY.search(quote):  # what must be done only so may be done only so
        said, shown = (
            [Predicate(p.head, Mood.PERMITS if p.mood is Mood.REQUIRES else p.mood, p.denied) for p in ps]
            for ps in (said, shown)
        )
    made, matched = _disagreements(said, shown)
    if (denies(sentence) or (not matched and sum(p.denied for p in said) == 1)) and not negative(quote):
        made.append("the evidence denies nothing")
    if not _CONDITION.search(quote):
        made += overclaims.undenied(quote, [p.head for p in said if p.denied and not _shown(p.head, shown)])
    here = words(sentence)
    if not any(p.denied for p in said) and not negative(sentence):
        there = words(quote)
        denied = [p.head for p in shown if p.denied and any(alike(p.head, w) for w in here)]
        if any(sum(alike(head, w) for w in there) <= denied.count(head) for head in denied):
            made.append("the evidence denies it")
    advised = {p.head for p in shown if p.mood is Mood.ADVISES and not p.denied}
    if advised and not _ADVICE.search(sentence):
        done = {stem(m[1].lower()) for m in _DONE.finditer(sentence)}
        made += [f"the evidence only advises “{head}…”" for head in sorted(advised & done)]
    return made


def _disagreements(said: Sequence[Predicate], shown: Sequence[Predicate]) -> tuple[list[str], bool]:
    """Where two texts deny or require one head differently; whether they have one in common."""
    made = []
    matched = False
    for one in said:
        same = [p for p in shown if alike(p.head, one.head, related=True)]
        if not same:
            continue
        matched = True
        if all(p.denied != one.denied for p in same):
            made.append(f"the evidence and the sentence disagree on a negation at “{one.head}…”")
        elif (near := [p for p in same if alike(p.head, one.head)]) and all(
            _differ(one.mood, one.denied, p.mood) for p in near
        ):
            made.append(f"the evidence says “{near[0].mood}”, the sentence “{one.mood}” of “{one.head}…”")
    return made, matched


def _shown(head: str, shown: Sequence[Predicate]) -> bool:
    return any(alike(p.head, head, related=True) for p in shown)


def _differ(one: Mood, denied: bool, other: Mood) -> bool:
    """Whether two moods of one head cannot both be right. What may not be done must not be done."""
    if one is other or Mood.STATES in (one, other):
        return False
    if denied and {one, other} <= {Mood.REQUIRES, Mood.PERMITS, Mood.ADVISES}:
        return Mood.ADVISES in (one, other)
    return True


def _added(sentence: str, quote: str) -> list[str]:
    own = words(sentence)
    if not own:
        said = hard_facts(sentence)
        return (
            [] if said.quantities or said.dates or said.identifiers or said.provisions else ["it says nothing in words"]
        )
    runs = novel(sentence, quote)
    count = sum(map(len, runs))
    share = 1 - count / len(own)
    if share < COVERED or (count and len(own) <= FEW):
        return ["no sentence of the evidence says this"]
    longest = max(runs, key=len, default=[])
    if len(longest) >= TAIL:
        return [f"nothing bears out “{' '.join(longest[:4])} …”"]
    return []

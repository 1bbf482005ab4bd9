"""Claims that no single quote states because they are reckoned from several: sums, differences, comparisons.

Four forms are read, each with a test, and nothing else: "the sum of A and B is C"; "A is (C)
longer than B" and "A, C days after B"; "it was raised from A to B, by C"; "QV-01 and QV-02 are both high". All of the
sentence but its result and the words of the form belongs to a part, and every part must be proven by a plain quote of
its own. What is counted or totalled over a whole ("in total", "all", "none", "only") cannot be proven from members that
are cited, and is refused; so is what the given passages give two values of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from citebound.answer.gate.dates import dates
from citebound.answer.gate.identifiers import identifiers, provisions
from citebound.answer.gate.numerals import in_digits
from citebound.answer.gate.objections import compare
from citebound.answer.gate.quantities import CURRENCIES, Quantity, quantities, rates
from citebound.answer.gate.wording import words
from citebound.answer.words import content, facts, stem
from citebound.ingest.severity import STATUS, WORD, severity_of, standing

MOST = 20
"""Parts of a sentence that are looked at."""

_RESULT = (
    r"(?P<result>(?:[A-Z]{3}\s?|[A-Z]{0,2}[$€£]\s?)?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s(?:thousand|million|billion))?"
    r"(?:\s(?:[A-Z]{3}|dollars|euros|hours?|days?|weeks?|months?|years?))?)"
)
_RATED = r"(?:\s(?:per|a|each)\s\w+)?"
_SUM = re.compile(rf"the (?:sum|total) of (?P<parts>the .+?) (?:is|makes|equals|amounts to) {_RESULT}{_RATED}\W*", re.I)
_AND = re.compile(r",? (?:and|plus) (?=the )|, (?=the )")
_THING = re.compile(r"the [^,;:()]+ of [^\s\d]{0,4}\s?\d[^;:()]*", re.I)
"""A summand that borrows nothing from the one before it: "the Supplier's deposit of EUR 1 and retainer of EUR 2"."""
_THAN = re.compile(
    r"(?P<left>.+?),? (?:(?:which|that) )?(?:(?:is|are|was|were|lasts?|runs?) )?"
    rf"(?:{_RESULT} )?(?:(?P<more>longer|higher|greater|larger|more)|(?P<less>shorter|lower|smaller|less)"
    r"|(?P<later>later)|(?P<earlier>earlier)) than (?P<right>the .+?)\W*",
    re.I,
)
_DAYS = re.compile(
    rf"(?P<left>.+?), (?:which is )?{_RESULT} (?:(?P<later>after)|(?P<earlier>before)) (?P<right>the .+?)\W*", re.I
)
_UP = r"raised|increased|rose|grew|extended"
_DOWN = r"reduced|decreased|lowered|cut|fell|shortened"
_BY = re.compile(rf",? by {_RESULT}(?=\W*$|,? from\b)", re.I)
_FROM = re.compile(
    rf"\b(?:(?P<up>{_UP})|(?P<down>{_DOWN})),? from (?P<first>.{{1,40}}?) to (?P<second>.{{1,40}})", re.I
)
_ID = r"[A-Z]{1,8}(?:-[A-Z]{1,8})*-\d{1,8}(?:-\d{1,8})*"
_SERIES = re.compile(rf"\b{_ID}\b")
_BOTH = re.compile(
    rf"(?:[Bb]oth )?(?P<list>{_ID}(?:(?:, and|,| and) {_ID})+) are (?:both )?(?:rated )?(?P<said>[\w' -]{{3,30}}?)"
    r"(?: severity| risk)?\W*"
)
_WHOLE = re.compile(
    r"\bin (?:total|all|sum)\b|\b(?:all|none|only|every|each|any|aggregate|overall|altogether|just|sole(?:ly)?)\b", re.I
)
_BORROWED = re.compile(
    r"\b(?:its|their|his|her|our|it|they|this|that|these|those|such|same|own|one|latter|former)\b", re.I
)
"""What stands for something in another part, which the part's own quote need not mean."""
_UNSURE = re.compile(
    r"\b(?:(?i:not|no|none|nor|never|neither|cannot|without|except|excluding|unless|if|until|whether|when|where|provided"
    r"|would|could|might|should|can|subject to|at least|at most|up to|minimum|maximum|about|approximately|estimated"
    r"|between|exceed\w*|or|waived|deleted|former(?:ly)?|previous(?:ly)?|draft|proposed|example)|may)\b|n['’]t\b"
)
"""What is denied, supposed or bounded is no value to reckon with."""
_NUMBER = re.compile(r"(?:[A-Z]{0,3}[$€£]\s?|[A-Z]{3}\s)?\d(?:[\d,.]*\d)?(?:[\s-]{0,3}[\w%€$£]+){0,4}")
"""A number with the words behind it that may be its unit."""
_VALUE = rf"(?:{WORD.pattern[4:].replace('?P<word>', '?:')}|(?<![\w-]){STATUS}(?![\w-]))"
_SAID = re.compile(
    rf"(?i)(?:\b(?:is|rated|status|severity)\b:?|\d\.\d|\|)\s?{_VALUE}(?=\s*(?:[.,;|]|$))|{_VALUE}(?=\s\d{{1,2}}\.\d\b)"
)


@dataclass(frozen=True, slots=True)
class Value:
    """What a part says: an amount of a unit, the ordinal of a day ("date"), or a severity or status of a `member`."""

    unit: str
    amount: Decimal = Decimal(0)
    member: str = ""

    def __str__(self) -> str:
        if self.unit == "date":
            return date.fromordinal(int(self.amount)).isoformat()
        return self.unit if self.member else str(Quantity(self.amount, self.unit))


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence with its one value; a `change` has two, and the verb that a quote must have."""

    text: str
    value: Value
    change: tuple[str, Value, Value] | None = None

    def proven(self, quote: str, context: str) -> bool:
        """Whether a quote says this plainly, every word and number of it."""
        if _UNSURE.search(quote) or not _bare(self.text) <= set(content(f"{quote} {context}")):
            return False
        if compare(self.text, quote, context).objections:
            return False
        if self.change:
            return _changes(quote) == [self.change]
        if self.value.member:
            rated = any(_standing(said[0], self.value) for said in _SAID.finditer(quote))
            return rated and _standing(quote, self.value) == {self.value.unit}
        nothing_else = facts(in_digits(quote)) <= facts(self.text)
        return nothing_else and _values(quote) == [self.value] and _weighty(quote) <= _weighty(self.text)

    def disputed(self, quote: str) -> bool:
        """Whether a quote of the same thing says something else of it, or something besides."""
        if self.value.member:
            named = set(_SERIES.findall(quote))
            if self.value.member not in named:
                return False
            others = {one for one in named if one.rpartition("-")[0] == self.value.member.rpartition("-")[0]}
            return len(others) > 1 or _UNSURE.search(quote) is not None or bool(
                _standing(quote, self.value) - {self.value.unit}
            )  # fmt: skip
        if not _bare(self.text) <= set(content(quote)):
            return False
        if self.change:
            return _changes(quote) not in ([], [self.change])
        return any(one.unit == self.value.unit and one != self.value for one in _values(quote))


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What a sentence was reckoned from, the reckoning as it is shown, and, if not "", why it is not right."""

    parts: tuple[Part, ...]
    shown: str
    wrong: str = ""
    periods: frozenset[str] = frozenset()

    def holds(self, quotes: Sequence[str]) -> bool:
        """Whether the quotes of its parts count by the periods that the sentence names, and no other."""
        return all(rates(quote) == self.periods for quote in quotes)


def reckoning(sentence: str) -> Reckoning | None:
    """How a sentence was reckoned from what it names; None if it was not, or not in a way that is read here."""
    text = in_digits(" ".join(sentence.split()))
    if any(form.search(text) for form in (_WHOLE, _UNSURE, _BORROWED)):
        return None
    return _members(text) or _change(text) or _sum(text) or _compared(text)


def _sum(text: str) -> Reckoning | None:
    match = _SUM.fullmatch(text)
    if match is None or (result := _result(match)) is None:
        return None
    parts = [_part(piece) if _THING.fullmatch(piece) else None for piece in _AND.split(match["parts"])]
    known = [one for one in parts if one and one.value.unit == result.unit]
    if not 2 <= len(known) == len(parts) <= MOST:
        return None
    right = Value(result.unit, sum((one.value.amount for one in known), Decimal(0)).normalize())
    shown = f"{' + '.join(str(one.value) for one in known)} = {right}"
    wrong = "" if right == result else f"the sum is not right: {shown}, not {result}"
    return Reckoning(tuple(known), shown, wrong, frozenset(rates(text)))


def _compared(text: str) -> Reckoning | None:
    match = _THAN.fullmatch(text) or _DAYS.fullmatch(text)
    if match is None:
        return None
    left, right = _part(match["left"]), _part(match["right"])
    result = _result(match) if match["result"] else None
    if left is None or right is None or left.value.unit != right.value.unit or (match["result"] and not result):
        return None
    said, dated = match.groupdict(), left.value.unit == "date"
    after, before = ("later", "earlier") if dated else ("more", "less")
    if not said.get(after) and not said.get(before):
        return None
    between = Value("day" if dated else left.value.unit, abs(left.value.amount - right.value.amount).normalize())
    shown = f"{left.value} and {right.value}: {between}"
    wrong = ""
    if left.value == right.value or (left.value.amount > right.value.amount) != bool(said.get(after)):
        wrong = f"the comparison is not right: {shown}"
    elif result and result != between:
        wrong = f"the difference is not right: {shown}, not {result}"
    return Reckoning((left, right), shown, wrong, frozenset(rates(text)))


def _change(text: str) -> Reckoning | None:
    by = _BY.search(text)
    if by is None or (result := _result(by)) is None:
        return None
    told = text[: by.start()] + text[by.end() :]
    found = _changes(told)
    if len(found) != 1 or not words(told[: told.index(" from ")]):
        return None
    verb, first, second = found[0]
    right = Value(first.unit, abs(second.amount - first.amount).normalize())
    shown = f"from {first} to {second}: {right}"
    wrong = ""
    if right != result:
        wrong = f"the difference is not right: {shown}, not {result}"
    elif (second.amount > first.amount) != bool(re.fullmatch(_UP, verb)):
        wrong = f"it is the other way round: {shown}"
    return Reckoning((Part(told, second, found[0]),), shown, wrong, frozenset(rates(text)))


def _members(text: str) -> Reckoning | None:
    match = _BOTH.fullmatch(text)
    if match is None or not re.fullmatch(_VALUE, match["said"], re.I):
        return None
    group = severity_of(match["said"]) or standing(match["said"])
    members = _SERIES.findall(match["list"])
    if not group or len(members) > MOST or len(set(members)) != len(members):
        return None
    parts = tuple(Part(f"{one} {match['said']}", Value(group, member=one)) for one in members)
    return Reckoning(parts, f"{len(members)} named: {match['said']}")


def _changes(text: str) -> list[tuple[str, Value, Value]]:
    """Every verb of change in a text with the values before and after; no value is a change of a bare number."""
    made = []
    for match in _FROM.finditer(text):
        first, second = _values(match["first"]), _values(match["second"])
        if len(first) == 1 and second and first[0].unit == second[0].unit != "date":
            made.append(((match["up"] or match["down"]).lower(), first[0], second[0]))
    return made


def _part(text: str) -> Part | None:
    """A piece of a sentence that has one value and says in words of what."""
    found = _values(text)
    return Part(text, found[0]) if len(found) == 1 and _bare(text) else None


def _result(match: re.Match[str]) -> Value | None:
    found = _values(match["result"])
    return found[0] if len(found) == 1 else None


def _values(text: str) -> list[Value]:
    """Amounts of money and time, and whole dates, of a text; days that are none, or read two ways, are not."""
    found, rest = dates(in_digits(text))
    made = []
    for one in found:
        if one.also and one.also != (one.month, one.day):
            continue
        with suppress(ValueError):
            made.append(Value("date", Decimal(date(one.year or 0, one.month or 0, one.day or 0).toordinal())))
    rest = provisions(identifiers(rest)[1])[1]
    for number in _NUMBER.finditer(rest):
        made += [
            Value(one.unit, one.value)
            for one in quantities(number[0])
            if one.unit in CURRENCIES or one.unit in ("hour", "day", "business day", "month")
        ]
    return made


def _bare(text: str) -> set[str]:
    """The words of a piece that say of what its value is."""
    rest = re.sub(r"\S*\d\S*", " ", dates(text)[1])
    return set(content(rest)) - {"per", *CURRENCIES, *rates(text)} if words(rest) else set()


def _weighty(text: str) -> set[str]:
    """Those of them that weigh: a quote that has one more speaks of something more special."""
    rest = re.sub(r"\S*\d\S*", " ", dates(in_digits(text))[1])
    return {stem(word) for word in words(rest)} - {*CURRENCIES, *rates(text)}


def _standing(row: str, like: Value) -> set[str]:
    """Every severity, or every group of a status, that a row says, as `like` is one."""
    if like.unit in ("open", "partial", "accepted", "fixed"):
        return {standing(m[0]) for m in re.finditer(rf"(?i)(?<![\w-]){STATUS}(?![\w-])", row)} - {""}
    return {severity_of(m["word"]) for m in WORD.finditer(row)} - {""}

"""Claims that no single quote states because they are reckoned from several: sums, differences, comparisons, counts.

Such a sentence stands if it names what it was reckoned from, each of these is borne out by a quote of a passage that it
cites, and the reckoning is right. What is read, each with a test: "the total of A and B is C"; "it rose from A to B, by
C" and "A is C longer than B"; "A is longer than B", of quantities of one unit or of dates; "N days after" one of two
dates; "three findings are high: X, Y and Z"; "none", "all" or "two of the 12 findings are open" over rows with one
status or severity each. Anything else is no derived claim, and is refused as it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from citebound.answer.gate.dates import Date, dates
from citebound.answer.gate.identifiers import identifiers, provisions
from citebound.answer.gate.numerals import in_digits
from citebound.answer.gate.quantities import Quantity, quantities
from citebound.answer.gate.wording import words
from citebound.ingest.severity import STATUS, WORD, severity_of, standing

MOST = 20
"""Members of a count that are looked at."""

_TOTAL = re.compile(
    r"\b(?:(?:in )?total(?:s|ed|ing|ling)?|sum(?: of)?|altogether|in all|together|combined|add(?:s|ed)? up"
    r"|aggregate)\b",
    re.I,
)
_MORE = r"increas\w*|rise|rises|rose|raised|went up|grew|higher|more|longer|greater|larger|later"
_LESS = r"reduc\w*|decreas\w*|lower\w*|less|fewer|shorter|shorten\w*|fell|cut|dropp?\w*|smaller|earlier|saving"
_CHANGE = re.compile(rf"\b(?:(?P<more>{_MORE})|(?P<less>{_LESS})|(?P<between>difference|differs?))\b", re.I)
_THAN = re.compile(
    r"^(?P<left>.+?),?\s(?:(?:which|that)\s)?(?:(?:is|are|was|were|lasts?|runs?)\s)?(?:therefore\s|thus\s|also\s)?"
    rf"(?:(?P<more>{_MORE})|(?P<less>{_LESS}))\s(?:\w+\s)?than\s(?P<right>.+?)\W*$",
    re.I,
)
_REVERSED = re.compile(r"\bfrom\s*$|\bthan(?:\s[^\s\d]+){0,6}\s*$")
"""Before the second of two quantities: it is the earlier one, or the one compared with."""
_PIECES = re.compile(
    r"[,;:()]|\b(?:and|plus|from|to|than|while|but|whereas|versus|until|after|before|between)\b|\+|=", re.I
)
_BESIDE = re.compile(r"\b(?:after|before|between|later than|earlier than|and|until|to|from)\b|[;:()]", re.I)
_SPAN_OF_TIME = re.compile(r"\b(?:after|before|between|later|earlier|from|passed|elapsed)\b", re.I)
_LISTED = re.compile(
    r"^(?:there\s(?:is|are|was|were)\s|in total,?\s)?(?:the\s)?(?P<count>\d{1,2})\s(?P<said>[^:(]{2,120}?)\s?"
    r"(?::|\(|-{1,2}\s|[–—])\s?(?P<list>[^:()]{1,400}?)[).\s]*$",
    re.I,
)
_OF = re.compile(
    r"^(?:(?P<none>none|no one|not one)|(?P<all>all)|(?P<count>\d{1,2}|one))\s(?:of\s)?(?:the\s)?(?P<total>\d{1,2})\s"
    r"(?P<noun>[\w -]{2,40}?)\s(?:is|are|was|were|has been|have been|remains?)\s(?:rated\s|still\s|currently\s|of\s)?"
    r"(?P<said>[\w' -]{3,40}?)(?:\s(?:severity|risk))?\W*$",
    re.I,
)
_COUNTING = re.compile(
    r"\b(?:findings?|issues?|vulnerabilit(?:y|ies)|items?|clauses?|there|are|is|were|was|be|been|rated|have|has|had|with|an?"
    r"|severity|status|marked|as|listed|following|total|altogether|of|the|reported|namely|these|which|that|in)\b",
    re.I,
)
"""Words that a count has beside what it says of each member."""
_NUMBER = re.compile(r"(?P<number>(?:[A-Z]{0,3}[$€£]\s?|[A-Z]{3}\s)?\d(?:[\d,.]*\d)?)(?:[\s-]{0,3}[\w%€$£]+){0,4}")
"""A number with the words behind it that may be its unit."""
_SERIES = re.compile(r"\b([A-Z]{1,8}(?:-[A-Z]{1,8})*)-\d{1,8}(?:-\d{1,8})*\b")
_STATUS = re.compile(rf"(?i)(?<![\w-]){STATUS}(?![\w-])")


@dataclass(frozen=True, slots=True)
class Derivation:
    """What a derived claim rests on: `parts` must each be borne out by one quote of a cited passage, and `apart` says
    that this quote may speak of no other member. `shown` is the reckoning; `wrong`, if not "", why it is not right."""

    parts: tuple[str, ...]
    shown: str = ""
    wrong: str = ""
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """A count over rows: the positions of the rows of its members; `wrong` as in a derivation."""

    rows: tuple[int, ...]
    shown: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A quantity and where it stands in the text."""

    what: Quantity
    start: int
    end: int


def derivation(sentence: str) -> Derivation | None:
    """How a sentence was reckoned from what it names; None if it was not, or not in a way that is read here."""
    text = in_digits(" ".join(sentence.split()))
    return _listed(text) or _total(text) or _change(text) or _days(text) or _compared(text)


def tally(sentence: str, rows: Sequence[str]) -> Tally | None:
    """The count that a sentence gives of rows, each of which names one member and says one status or severity of it;
    None for another sentence, or for rows that do not."""
    match = _OF.match(in_digits(" ".join(sentence.split())))
    if match is None:
        return None
    said = match["said"].strip().lower()
    denied = said.startswith("not ")
    group = severity_of(said.removeprefix("not ")) or standing(said.removeprefix("not "))
    if not group:
        return None
    read = {one: (i, value) for i, row in enumerate(rows) if (one := _member(row)) and (value := _value(row, group))}
    total = int(match["total"])
    if len(read) != total or total > MOST:
        return None
    holding = [i for i, value in read.values() if (value == group) != denied]
    wanted = 0 if match["none"] else total if match["all"] else int(match["count"].lower().replace("one", "1"))
    shown = f"{len(holding)} of {total}: {said}"
    if len(holding) != wanted:
        return Tally((), shown, f"the count is not right: {len(holding)} of {total} are {said}, not {wanted}")
    return Tally(tuple(i for i, _ in read.values()), shown)


def alone(member: str, quote: str) -> bool:
    """Whether a quote speaks of no other member of the member's series ("QV-02" of "QV-03")."""
    series = {m[1] for m in _SERIES.finditer(member)}
    named = {m[0] for m in _SERIES.finditer(quote) if m[1] in series}
    return named <= {m[0] for m in _SERIES.finditer(member)}


def _total(text: str) -> Derivation | None:
    if not _TOTAL.search(text):
        return None
    among = _of_one_unit(text)
    if len(among) < 3:
        return None
    result = max(among, key=lambda one: one.what.value)
    parts = [one for one in among if one is not result]
    right = sum((one.what.value for one in parts), Decimal(0))
    shown = f"{' + '.join(str(p.what) for p in parts)} = {_said(right, result)}"
    if right != result.what.value:
        return Derivation((), shown, f"the sum is not right: {shown}, not {result.what}")
    return Derivation(tuple(_pieces(_TOTAL.sub(" ", text), [result])), shown)


def _change(text: str) -> Derivation | None:
    sign = _CHANGE.search(text)
    among = _of_one_unit(text)
    if sign is None or len(among) != 3:
        return None
    by = re.search(r"\b(?:by|of|difference is|difference of)\s+(?=[^\s]*\d|[A-Z]{3}\s?\d|[$€£])", text[sign.start() :])
    after = sign.start() + by.end() if by else None
    result = min(among, key=lambda one: abs(one.start - (after if after is not None else sign.start())))
    first, second = (one for one in among if one is not result)
    right = abs(first.what.value - second.what.value)
    shown = f"{max(first.what.value, second.what.value):f} - {min(first.what.value, second.what.value):f} = {right:f}"
    if right != result.what.value:
        return Derivation((), shown, f"the difference is not right: {shown}, not {result.what}")
    grown = second.what.value > first.what.value
    if _REVERSED.search(text[: second.start]):
        grown = not grown
    if (sign["more"] and not grown) or (sign["less"] and grown):
        return Derivation((), shown, f"it is the other way round: {first.what} and {second.what}")
    return Derivation(tuple(_pieces(_CHANGE.sub(" ", text), [result])), shown)


def _days(text: str) -> Derivation | None:
    """So many days, months or years between two dates."""
    found, rest = dates(text)
    days = [one for one in found if one.day and one.month and one.year]
    spans = [one for one in _placed(rest) if one.what.unit in ("day", "month")]
    if len(days) != 2 or len(found) != 2 or len(spans) != 1 or not _SPAN_OF_TIME.search(text):
        return None
    first, second = sorted(_day(one) for one in days)
    span = spans[0]
    between = Decimal((second - first).days) if span.what.unit == "day" else _months(first, second)
    if between is None:
        return None
    shown = f"from {first} to {second}: {between} {span.what.unit}s"
    if between != span.what.value:
        return Derivation((), shown, f"the days are not right: {shown}, not {span.what}")
    bare = text[: span.start] + re.sub(r"^\W*(?:calendar )?\w+", " ", text[span.end :])
    parts = [piece.strip(" ,.") for piece in _BESIDE.split(bare) if dates(piece)[0]]
    return Derivation(tuple(parts), shown) if len(parts) == 2 else None


def _compared(text: str) -> Derivation | None:
    match = _THAN.match(text)
    if match is None or not words(match["left"]) or not words(match["right"]):
        return None
    left, right = _one_value(match["left"]), _one_value(match["right"])
    if left is None or right is None or left[0] != right[0]:
        return None
    shown = f"{left[2]} and {right[2]}"
    if left[1] == right[1] or (left[1] > right[1]) != bool(match["more"]):
        return Derivation((), shown, f"the comparison is not right: {shown}")
    return Derivation((match["left"], match["right"]), shown)


def _listed(text: str) -> Derivation | None:
    match = _LISTED.match(text)
    if match is None:
        return None
    members = [m.strip() for m in re.split(r",\s*(?:and\s+)?|\s+and\s+|;\s*", match["list"]) if m.strip()]
    count = int(match["count"])
    if count < 2 or len(members) > MOST or any(len(m.split()) > 12 for m in members):
        return None
    shown = f"{len(members)} named"
    if len(set(members)) != count:
        return Derivation((), shown, f"the count is not right: it says {count} and names {len(set(members))}")
    said = " ".join(_COUNTING.sub(" ", match["said"]).split())
    if not said:
        return None
    return Derivation(tuple(f"{member} {said}" for member in members), shown, apart=True)


def _placed(text: str) -> list[_Placed]:
    """The quantities of a text in digits, with their places; dates, provisions and identifiers are none."""
    for blank in (identifiers, provisions, dates):
        rest = blank(text)[1]
        text = rest if len(rest) == len(text) else text
    made: list[_Placed] = []
    at = 0
    while one := _NUMBER.search(text, at):
        at = one.end("number")
        found = quantities(one[0])
        if found:
            made.append(_Placed(found[0], one.start(), at))
    return made


def _of_one_unit(text: str) -> list[_Placed]:
    """All quantities of a text that have a unit, if it is one unit."""
    found = [one for one in _placed(text) if one.what.unit and one.what.unit != "th"]
    return found if len({one.what.unit for one in found}) == 1 else []


def _pieces(text: str, without: Sequence[_Placed]) -> list[str]:
    """The pieces of a text that each have a quantity, without the derived ones."""
    derived = {one.what for one in without}
    cut = [piece for piece in _cut(text) if any(one.what.unit for one in _placed(piece))]
    subject = next((bare for piece in cut if words(bare := _without(piece))), "")
    return [
        piece if words(piece) else f"{subject} {piece}".strip()
        for piece in cut
        if not any(one.what in derived for one in _placed(piece))
    ]


def _without(piece: str) -> str:
    """A piece without its quantities."""
    for one in reversed(_placed(piece)):
        piece = piece[: one.start] + piece[one.end :]
    return re.sub(r"\bby\b", " ", piece).strip()


def _cut(text: str) -> list[str]:
    return [piece.strip() for piece in _PIECES.split(re.sub(r"(?<=\d),(?=\d{3})", "", text)) if piece.strip()]


def _one_value(text: str) -> tuple[str, Decimal, str] | None:
    """The only quantity, or the only whole date, of a text: its unit, the value in that or in days, and as it reads."""
    found, rest = dates(text)
    placed = [one for one in _placed(rest) if one.what.unit and one.what.unit != "th"]
    days = [one for one in found if one.day and one.month and one.year]
    if len(placed) == 1 and not found:
        return placed[0].what.unit, placed[0].what.value, str(placed[0].what)
    if len(days) == 1 and len(found) == 1 and not placed:
        return "date", Decimal(_day(days[0]).toordinal()), str(days[0])
    return None


def _day(one: Date) -> date:
    return date(one.year or 1, one.month or 1, min(one.day or 1, 28) if one.month == 2 else one.day or 1)


def _months(first: date, second: date) -> Decimal | None:
    """Whole months between two days of the same number, or from the first to the end of the second; None for others."""
    if first.day != second.day:
        second += timedelta(days=1)
    return Decimal(12 * (second.year - first.year) + second.month - first.month) if first.day == second.day else None


def _said(value: Decimal, like: _Placed) -> str:
    return str(Quantity(value.normalize(), like.what.unit))


def _member(row: str) -> str:
    """The one member of a series that a row names, "" for none or several."""
    named = {m[0] for m in _SERIES.finditer(row) if m[1] not in ("CVE", "CWE")}
    return next(iter(named)) if len(named) == 1 else ""


def _value(row: str, like: str) -> str:
    """The one group of a status, or of a severity, that a row says, as `like` is one; "" for none or several."""
    levels = {severity_of(m["word"]) for m in WORD.finditer(row)} - {""}
    states = {standing(m[0]) for m in _STATUS.finditer(row)} - {""}
    found = states if like in ("open", "partial", "accepted", "fixed") else levels
    return next(iter(found)) if len(found) == 1 else ""

"""Values that are printed in a text, and the same forms with another value: dates, periods, states, countries, amounts.

"on the 8th day of May, 2014" holds the date 2014-05-08; the same form with 2011-03-22 is "22nd day of March, 2011".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from citebound.eval.adapters import printed
from citebound.eval.suite import draw
from citebound.types import Span

Value = Any
"""Whatever a kind compares by: a date, (number, "day" or "month"), a name, a number."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A value where it stands. `again` prints another value in the same form."""

    span: Span
    value: Value
    again: Callable[[Value], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """`found` gives what is printed in a text, in order; `others` values of the same sort, in the order of a draw."""

    name: str
    found: Callable[[str], list[Printed]]
    others: Callable[[Value, str], Iterator[Value]]


# -- dates -------------------------------------------------------------------------------------------------------------

FARTHEST = 1500
"""Days."""
_ORDINAL = re.compile(r"(\s?)(?:s\s?t|n\s?d|r\s?d|t\s?h)\b", re.I)


def _dates(text: str) -> list[Printed]:
    return [Printed(Span(*m.span()), day, _redated(m)) for m, day in printed.dated(text)]


def _redated(match: re.Match[str]) -> Callable[[date], str]:
    def again(new: date) -> str:
        parts = {"d": _digits(match["d"], new.day), "m": _month(match["m"], new), "y": _year(match["y"], new)}
        pieces, at = [], match.start()
        for name in sorted(parts, key=match.start):
            pieces += [match.string[at : match.start(name)], parts[name]]
            at = match.end(name)
            ordinal = _ORDINAL.match(match.string, at, match.end()) if name == "d" else None
            if ordinal:
                pieces.append(ordinal[1] + _cased(_suffix(new.day), ordinal[0].strip()))
                at = ordinal.end()
        return "".join([*pieces, match.string[at : match.end()]])

    return again


def _digits(old: str, number: int) -> str:
    return f"{number:02d}" if len(old) == 2 and old[0] == "0" else str(number)


def _month(old: str, new: date) -> str:
    if old.isdigit():
        return _digits(old, new.month)
    name = printed.MONTHS[new.month - 1]
    letters = old.rstrip(".")
    short = letters.title() not in printed.MONTHS
    return _cased(name[:3] if short else name, letters) + old[len(letters) :]


def _year(old: str, new: date) -> str:
    return str(new.year)[-len(old) :]


def _suffix(day: int) -> str:
    return "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _other_dates(value: date, key: str) -> Iterator[date]:
    """A day of another year, about four years away at most; after the twelfth, so that 5/8/14 is not read two ways."""
    for number in _drawn(key):
        days = 400 + number % (FARTHEST - 400)
        new = value + timedelta(days if number % 2 else -days)
        if new.year != value.year and new.day > 12:
            yield new


# -- periods -----------------------------------------------------------------------------------------------------------

_NUMBERS = {printed.spelt(n): n for n in (*range(1, 100), *printed.LARGE)}
_WORD = "|".join(r"[\s-]+".join(re.split("[ -]", w)) for w in sorted(_NUMBERS, key=len, reverse=True))
_PERIOD = re.compile(
    rf"\b(?:(?P<word>{_WORD})\b(?:\s*\(\s*(?P<inner>\d{{1,4}})\s*\))?"
    rf"|(?<![\d.,/])(?P<digits>\d{{1,4}})(?:\s*\(\s*(?P<within>{_WORD})\s*\))?)"
    r"(?P<gap>[\s-]*(?:(?:calendar|business|consecutive|successive|additional|full)\s+)?)(?P<unit>day|week|month|year)s?\b",
    re.I,
)
_COUNTS = {
    "day": (5, 10, 15, 20, 25, 30, 40, 45, 50, 60, 75, 90, 120, 150, 180),
    "week": (2, 3, 4, 5, 6, 8, 10),
    "month": (2, 3, 4, 5, 6, 8, 9, 10, 15, 18, 20, 30),
    "year": (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20),
}
_SCALE = {"day": (1, "day"), "week": (7, "day"), "month": (1, "month"), "year": (12, "month")}
_SINGULAR = re.compile(r"[\s-]+(?:\w+\s+)?(?:period|term|renewal|extension|anniversary|notice)", re.I)


def _periods(text: str) -> list[Printed]:
    made = []
    for match in _PERIOD.finditer(text):
        counts = {int(match[g]) for g in ("inner", "digits") if match[g]}
        counts |= {_NUMBERS[_spelling(match[g])] for g in ("word", "within") if match[g]}
        if len(counts) == 1:
            factor, unit = _SCALE[match["unit"].lower()]
            made.append(Printed(Span(*match.span()), (counts.pop() * factor, unit), _reperiod(match)))
    return made


def _spelling(word: str) -> str:
    plain = re.sub(r"[\s-]+", " ", word.lower())
    return plain if plain in _NUMBERS else re.sub(r" (?=\w+$)", "-", plain)


def _reperiod(match: re.Match[str]) -> Callable[[tuple[int, str]], str]:
    def again(new: tuple[int, str]) -> str:
        factor, _ = _SCALE[match["unit"].lower()]
        count = new[0] // factor
        text = match.group()
        for name in ("within", "inner", "digits", "word"):
            if match[name]:
                start, end = (at - match.start() for at in match.span(name))
                spelt = printed.spelt(count) if name in ("word", "within") else ""
                text = text[:start] + (_cased(spelt, match[name]) or str(count)) + text[end:]
        alone = text.lower().endswith(match["unit"].lower()) and "-" not in match["gap"]
        if alone and count > 1 and not _SINGULAR.match(match.string, match.end()):
            text += "S" if match["unit"].isupper() else "s"
        return text

    return again


def _other_periods(value: tuple[int, str], key: str) -> Iterator[tuple[int, str]]:
    """In whole years where the old one is, and so with weeks."""
    count, small = value
    large = {"day": "week", "month": "year"}[small]
    unit = large if count % _SCALE[large][0] == 0 else small
    factor = _SCALE[unit][0]
    options = [n * factor for n in _COUNTS[unit] if n * factor != count]
    yield from ((n, small) for n in sorted(options, key=lambda n: draw(n, key)))


# -- states and countries ----------------------------------------------------------------------------------------------

COUNTRIES = (
    "Argentina,Australia,Austria,Belgium,Brazil,Canada,Chile,Denmark,England,Finland,"
    "France,Germany,Greece,Hong Kong,Hungary,India,Ireland,Israel,Italy,Japan,Luxembourg,Malaysia,Mexico,"
    "Netherlands,New Zealand,Norway,Poland,Portugal,Scotland,Singapore,South Africa,Spain,Sweden,"
    "Switzerland,Taiwan,Thailand"
).split(",")


def _places(names: Sequence[str]) -> Callable[[str], list[Printed]]:
    by_words = {name.lower(): name for name in names}
    either = "|".join(r"\s+".join(name.split()) for name in sorted(names, key=len, reverse=True))
    pattern = re.compile(rf"\b(?P<name>{either})\b(?!,?\s+D\.?\s?C\b)(?:\s+and\s+Wales\b)?", re.I)

    def found(text: str) -> list[Printed]:
        return [
            Printed(Span(*m.span()), by_words[" ".join(m["name"].lower().split())], _replaced(m.group()))
            for m in pattern.finditer(text)
            if m.group()[0].isupper()
        ]

    return found


def _replaced(old: str) -> Callable[[str], str]:
    return lambda new: new.upper() if old.isupper() else new


def _other_of(names: Sequence[str]) -> Callable[[str, str], Iterator[str]]:
    return lambda value, key: iter(sorted(set(names) - {value}, key=lambda name: draw(0, f"{key} {name}")))


# -- amounts -----------------------------------------------------------------------------------------------------------

_AMOUNT = re.compile(r"(?<![\w.,:/#-])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d+(?=\s?%))(?!\w|[.,:/-]\d)")


def _amounts(text: str) -> list[Printed]:
    return [Printed(Span(*m.span()), _plain(m.group()), _recounted(m.group())) for m in _AMOUNT.finditer(text)]


def _plain(number: str) -> Decimal:
    return Decimal(number.replace(",", ""))


def _recounted(old: str) -> Callable[[Decimal], str]:
    decimals = len(old.partition(".")[2])
    return lambda new: f"{new:{',' if ',' in old else ''}.{decimals}f}"


def _other_amounts(value: Decimal, key: str) -> Iterator[Decimal]:
    """From half to twice as much, up to 10 where the old one is no more, as coarse as the old one."""
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    whole = int("".join(map(str, digits)) or "0")
    while value > 10 and whole % 10 == 0:
        whole, exponent = whole // 10, exponent + 1
    unit = Decimal(1).scaleb(exponent)
    least, most = max(1, whole // 2), max(9, 2 * whole)
    if value <= 10:
        most = max(least + 1, min(most, int(10 / unit)))
    for number in _drawn(key):
        new = (least + number % (most - least + 1)) * unit
        if new != value:
            yield new


def _drawn(key: str) -> Iterator[int]:
    """Numbers that are the same everywhere."""
    return (int(draw(n, key)[:12], 16) for n in range(1000))


def _cased(new: str, old: str) -> str:
    """In capitals, with one, or without, like the old one."""
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new.capitalize() if old[:1].isupper() else new.lower()


KINDS = (
    Kind("date", _dates, _other_dates),
    Kind("period", _periods, _other_periods),
    Kind("state", _places(sorted(printed.STATES)), _other_of(sorted(printed.STATES))),
    Kind("country", _places(COUNTRIES), _other_of(COUNTRIES)),
    Kind("amount", _amounts, _other_amounts),
)
"""The first kind that knows a value decides."""

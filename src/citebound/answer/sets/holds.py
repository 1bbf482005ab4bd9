"""Whether a value passes a test: yes, no, or, where the value is doubtful or only partly known, None."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from citebound.answer.sets.question import Doubt, Known, Metric, Named, OneOf, Range, Scale, Standing, Test
from citebound.answer.words import stem
from citebound.ingest.severity import UNDETERMINED, standing

DAYS = {"D": Decimal(1), "W": Decimal(7), "M": Decimal("30.4375"), "Y": Decimal("365.25")}
"""Days of a unit of time: a year has twelve months, a month a twelfth of the Julian year."""

DURATION = re.compile(r"P(\d{1,5})([DWMY])")
HOURS = re.compile(r"PT(\d{1,5})H")
ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
Ordered = TypeVar("Ordered", str, Decimal)
WORD = re.compile(r"[^\W_]+")


def passes(test: Test, value: str, note: str = "") -> bool | None:
    """The verdict on one value; `note` is what its fact says is doubtful about it."""
    match test:
        case Known():
            return True
        case Doubt():
            return None
        case OneOf(values):
            if value.casefold() in {v.casefold() for v in values}:
                return True
            return None if value == UNDETERMINED else False
        case Named(wanted):
            return in_order(wanted, WORD.findall(value.casefold()))
        case Standing(groups):
            group = standing(value)
            if group == "partial" and "open" in groups and "partial" not in groups:
                return None
            return group in groups if group else None
        case Metric(metrics):
            return None if note else bool(set(metrics) & set(value.split("/")))
        case Range(Scale.DATE):
            days = days_of(value)
            return None if days is None else _within(test, days[0], days[1], test.low, test.high)
        case Range():
            number = number_of(value, test.scale)
            low, high = (None if end is None else number_of(end, test.scale) for end in (test.low, test.high))
            return None if number is None else _within(test, number, number, low, high)


def in_order(wanted: Sequence[str], there: Sequence[str]) -> bool:
    """Whether the words stand there one after the other."""
    n = len(wanted)
    return any(tuple(there[i : i + n]) == tuple(wanted) for i in range(len(there) - n + 1))


def has_run(name: str, runs: Iterable[Sequence[str]]) -> bool:
    """Whether a name, which may be run together ("SupplyAgreement_2"), has one of these runs of stems."""
    there = [stem(word) for word in WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))]
    return any(in_order(run, there) for run in runs)


def _within(test: Range, first: Ordered, last: Ordered, low: Ordered | None, high: Ordered | None) -> bool | None:
    """Whether first..last lies in the range: None where only a part of it does."""
    if low is not None:
        if last < low or (test.open_low and last == low):
            return False
        if first < low or (test.open_low and first == low):
            return None
    if high is not None:
        if first > high or (test.open_high and first == high):
            return False
        if last > high or (test.open_high and last == high):
            return None
    return True


def days_of(value: str) -> tuple[str, str] | None:
    """The first and last day that an ISO date, month or year can mean; of a printed date, of the year it has."""
    if match := ISO.fullmatch(value):
        year, month, day = match.groups()
        return f"{year}-{month or '01'}-{day or '01'}", f"{year}-{month or '12'}-{day or '31'}"
    if match := re.search(r"\b(\d{4})\b", value):
        return f"{match[1]}-01-01", f"{match[1]}-12-31"
    return None


def number_of(value: str, scale: Scale) -> Decimal | None:
    if scale is Scale.DURATION:
        if match := HOURS.fullmatch(value):
            return Decimal(match[1]) / 24
        match = DURATION.fullmatch(value)
        return Decimal(match[1]) * DAYS[match[2]] if match else None
    try:
        return Decimal(value)
    except InvalidOperation:
        return None

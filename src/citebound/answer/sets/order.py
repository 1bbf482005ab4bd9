"""Which of many come first in the order of one field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from citebound.answer.sets.holds import days_of, number_of
from citebound.answer.sets.question import Pick, Scale
from citebound.ingest.severity import LEVELS, severity_of

Key = TypeVar("Key")


def first_of(pick: Pick, values: Mapping[Key, Sequence[str]]) -> dict[Key, bool]:
    """Whether each unit is among the first `pick.count`; a unit of which that is not known is left out.

    A unit lies between two ends, for a date may be no more than a year, and there may be several values: what may come
    before the last of the first, and may not, is not known.
    """
    sign = -1 if pick.highest else 1
    ends = {key: span for key, those in values.items() if (span := _ends(pick.scale, those, sign)) is not None}
    made: dict[Key, bool] = {}
    for key, (low, high) in ends.items():
        if sum(b < low for _, b in ends.values()) >= pick.count:
            made[key] = False
        elif sum(a < high for other, (a, _) in ends.items() if other != key) < pick.count:
            made[key] = True
    return made


def _ends(scale: Scale, values: Sequence[str], sign: int) -> tuple[Decimal, Decimal] | None:
    numbers = [number for value in values for number in _numbers(scale, value)]
    if not values or None in numbers:
        return None
    signed = [sign * number for number in numbers if number is not None]
    return min(signed), max(signed)


def _numbers(scale: Scale, value: str) -> Sequence[Decimal | None]:
    """The value as numbers, both ends of it; None where it has no place in the order."""
    match scale:
        case Scale.DATE:
            days = days_of(value)
            return [Decimal(day.replace("-", "")) for day in days] if days else [None]
        case Scale.SEVERITY:
            level = severity_of(value)
            return [Decimal(LEVELS.index(level)) if level in LEVELS else None]
        case _:
            return [number_of(value, scale)]

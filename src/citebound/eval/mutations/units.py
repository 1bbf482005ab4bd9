"""Units made other units: ten days are ten months, 2% per month is 2% per year."""

from __future__ import annotations

import re
from collections.abc import Iterator

from citebound.eval.mutations.edits import Edit, put
from citebound.eval.mutations.numerals import NUMERAL
from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import english, left

_TIME_SWAPS = {
    "second": ("minute", "millisecond"),
    "millisecond": ("second",),
    "minute": ("hour", "second"),
    "hour": ("day", "minute"),
    "business day": ("day", "week"),
    "working day": ("day", "week"),
    "calendar day": ("business day", "month"),
    "day": ("month", "week", "business day", "hour"),
    "week": ("month", "day"),
    "month": ("year", "week", "day"),
    "quarter": ("month", "year"),
    "year": ("month", "quarter"),
    "bit": ("byte",),
    "byte": ("bit",),
    "kb": ("mb",),
    "mb": ("gb",),
    "gb": ("tb",),
    "mile": ("kilometer",),
    "foot": ("yard",),
    "feet": ("meters",),
    "square feet": ("square meters",),
    "ton": ("pound",),
    "gallon": ("barrel",),
    "barrel": ("gallon",),
}
_UNIT = english(
    "(?<=[0-9a-z)])([- ](?:prior |consecutive |full |successive |additional "
    rf")?)({'|'.join(sorted(_TIME_SWAPS, key=len, reverse=True))})(?=(?:e?s)?\b)"
)
_COUNT = re.compile(rf"(?:[0-9]|\b{NUMERAL})\)?$", re.I)
_RATE = english(
    r"\b(?<!day of )(?<!th of )(?<!st of )(?<!nd of )(?<!rd of )(per|each|every|"
    "a|once an?|next|calendar|fiscal) (business day|day|week|month|calendar "
    r"quarter|quarter|year)\b(?! thereafter and every)"
)
_RATE_SWAPS = {
    "business day": ("day",),
    "day": ("month", "week"),
    "week": ("month", "day"),
    "month": ("year", "week"),
    "calendar quarter": ("calendar month",),
    "quarter": ("month", "year"),
    "year": ("month", "quarter"),
}
_ADVERB_UNITS = {
    "per annum": "per month",
    "annually": "monthly",
    "yearly": "monthly",
    "monthly": "yearly",
    "quarterly": "yearly",
    "weekly": "monthly",
    "daily": "weekly",
    "hourly": "daily",
    "biweekly": "weekly",
}
_ADVERB_UNIT = english(rf"\b(?:{'|'.join(_ADVERB_UNITS)})\b")
_BY_PERCENT = english(r"\bby (?:at least |up to |more than |over |approximately )?[0-9.]{1,6}( ?%| percent| per cent)")
_PERCENT_RATE = re.compile(r"(?<=[0-9])%(?= per (?:month|annum|year|day))(?<!\([0-9]%)")


def change_unit(view: View) -> Iterator[Edit]:
    for m in _UNIT.finditer(view.plain):
        if not _COUNT.search(view.plain[max(0, m.start() - 12) : m.start()]):
            continue
        if re.match(r"[- ](?:a|one) $", view.plain[max(0, m.start() - 5) : m.start()]):
            continue
        for new in _TIME_SWAPS[m[2].lower()]:
            yield put(view, m.start(2), m.end(2), new)
    for m in _RATE.finditer(view.plain):
        if m[1].lower() == "a" and not re.search(r"\b(?:times|once|twice|days|hours) $", left(view.plain, m.start())):
            continue
        for new in _RATE_SWAPS[m[2].lower()]:
            yield put(view, m.start(2), m.end(2), new)
    for m in _ADVERB_UNIT.finditer(view.plain):
        yield put(view, m.start(), m.end(), _ADVERB_UNITS[m.group().lower()])
    for m in _BY_PERCENT.finditer(view.plain):
        yield ((m.start(1), m.end(1), " percentage points"),)
    for m in _PERCENT_RATE.finditer(view.plain):
        yield ((m.start(), m.end(), " basis points"),)

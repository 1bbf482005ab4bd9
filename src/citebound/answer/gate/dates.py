"""Dates as people write them -> year, month, day, each None where it is not said.

"March 5, 1999", "5 March 1999", "the 5th day of March, 1999", "1999-03-05" and "3/5/1999" are one date (the last one
also 3 May: both readings are kept). "March 1999" is borne out by any day of that month, not the other way round.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from citebound.answer.gate.numerals import folded

MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sept sep|october oct"
        "|november nov|december dec".split("|"),
        start=1,
    )
    for name in names.split()
}
_MONTH = rf"(?P<month>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20|21)\d\d)"
_FORMS = [
    re.compile(form, re.I)
    for form in (
        rf"\b{_DAY}\s+(?:day\s+)?(?:of\s+)?{_MONTH}\b(?:,?\s+(?:of\s+)?{_YEAR}\b)?",
        rf"\b{_MONTH}\s+{_DAY}\b(?!\.\d)(?:(?:,|\s)\s*{_YEAR}\b)?",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b",
        r"\b(?P<year>(?:19|20|21)\d\d)-(?P<month>\d{1,2})-(?P<day>\d{1,2})\b",
        r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>(?:(?:19|20|21)\d\d|\d\d))\b",
        r"\b(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>(?:19|20|21)\d\d)\b",
    )
]
_BARE_YEAR = re.compile(
    r"(?<![\d.,/$€£-])(?:19|20)\d\d(?![\d,/%-]|\.\d|\s?(?:calendar |business )?(?:days?|hours?|months?|years?|weeks?"
    r"|minutes?"
    r"|seconds?|shares?|units?|percent|dollars?|miles?|feet|bytes?|[kmg]b)\b)"
)


@dataclass(frozen=True, slots=True)
class Date:
    """What is said of a date; `also` is the other reading of "3/5/1999"."""

    year: int | None
    month: int | None
    day: int | None
    also: tuple[int, int] | None = None

    def bears_out(self, other: Date) -> bool:
        """Whether this date is the other one, or says more than it."""
        if other.year is not None and other.year != self.year:
            return False
        mine = {(self.month, self.day)} | ({self.also} if self.also else set())
        theirs = {(other.month, other.day)} | ({other.also} if other.also else set())
        return any(
            (their_month is None or their_month == month) and (their_day is None or their_day == day)
            for month, day in mine
            for their_month, their_day in theirs
        )

    def __str__(self) -> str:
        return "-".join(str(part).zfill(2) for part in (self.year, self.month, self.day) if part is not None)


def dates(text: str) -> tuple[list[Date], str]:
    """The dates of a text, and the text with blanks in their place."""
    text = folded(text)
    found: list[Date] = []

    def taken(match: re.Match[str]) -> str:
        made = _date(match)
        if made is None:
            return match[0]
        found.append(made)
        return " " * len(match[0])

    for form in _FORMS:
        text = form.sub(taken, text)
    for match in _BARE_YEAR.finditer(text):
        found.append(Date(int(match[0]), None, None))
    return found, _BARE_YEAR.sub(lambda m: " " * len(m[0]), text)


def _date(match: re.Match[str]) -> Date | None:
    parts = match.groupdict()
    said, day, year = parts["month"].lower(), int(parts.get("day") or 0) or None, int(parts.get("year") or 0) or None
    if said == "may" and parts["month"] != "May":
        return None
    if year is not None and year < 100:
        year += 2000 if year < 50 else 1900
    month = int(said) if said.isdigit() else MONTHS[said]
    also = (day, month) if said.isdigit() and "/" in match[0] and day and day <= 12 else None
    if said.isdigit() and month > 12 and day and day <= 12:
        month, day, also = day, month, None
    if not 1 <= month <= 12 or (day is not None and not 1 <= day <= 31):
        return None
    return Date(year, month, day, also)

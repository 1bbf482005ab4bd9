"""Dates moved by days, months or years, in the print they have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from citebound.eval.mutations.edits import Edit, put
from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import english

MONTHS = "January February March April May June July August September October November December".split()
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTH = "(?:" + "|".join(MONTHS) + ")"
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_WEEKDAY = re.compile(r"\b(?:" + "|".join(_WEEKDAYS) + r")\b")
_YEAR = "(?:19[0-9]{2}|20[0-4][0-9])"
_DATES = (
    re.compile(
        rf"\b(?P<month>{_MONTH})\s(?P<day>[0-9]{{1,2}})(?P<nth>st|nd|rd|th)?\b(?:,?\s(?P<year>{_YEAR})\b)?"
        r"(?![/:.]?[0-9])"
    ),
    re.compile(
        rf"(?<![\w.,/-])(?P<day>[0-9]{{1,2}})(?P<nth>st|nd|rd|th)?\s(?:day\s)?(?:of\s)?(?P<month>{_MONTH})\b"
        rf"(?:,?\s(?P<year>{_YEAR})\b)?"
    ),
    re.compile(rf"\b(?P<month>{_MONTH})(?:,|\sof)?\s(?P<year>{_YEAR})\b"),
    re.compile(rf"(?<![\w.,/$€£:-])(?P<year>{_YEAR})[-./](?P<m>[0-9]{{2}})[-./](?P<day>[0-9]{{2}})(?![\w/-])"),
    re.compile(rf"(?<![\w.,/$€£:-])(?P<m>[0-9]{{1,2}})/(?P<day>[0-9]{{1,2}})/(?P<year>{_YEAR})(?![\w/-])"),
)
_LONE_YEAR = re.compile(
    rf"(?<![\w.,/$€£:(–-])(?<!HTTP )(?P<year>{_YEAR})(?![\w/(%–-]|[.,:][0-9]|"
    " (?:shares|days|hours|users|units|people))"
)
_LONE_MONTH = re.compile(
    r"(?<=[a-z0-9] )(?:January|February|April|June|July|August|September|October|November|December)\b(?!'|’| [0-9])"
)
_NTH = english(
    r"\b(first|second|third|fifth|tenth|fifteenth|twentieth|twenty-fifth|thirtieth|"
    r"last) (?="
    r"(?:business |calendar )?(?:day )?of (?:each|every|the) (?:calendar )?(?:month|quarter|year)\b)"
)
_NTH_SWAPS = ("first", "fifth", "tenth", "fifteenth", "twentieth", "last")
_CLOCK = re.compile(r"\b([0-9]{1,2})(?=:[0-9]{2}\s?(?:[AaPp]\.?[Mm]\b|\([A-Z]))")


def in_date(plain: str, start: int, end: int) -> bool:
    """Whether the place touches a date that names more than a year."""
    return any(a < end and start < b for a, b in _spans(plain))


@lru_cache(maxsize=8)
def _spans(plain: str) -> tuple[tuple[int, int], ...]:
    return tuple(m.span() for pattern in _DATES for m in pattern.finditer(plain))


def change_date(view: View) -> Iterator[Edit]:
    taken: list[tuple[int, int]] = []
    for pattern in _DATES:
        for m in pattern.finditer(view.plain):
            if any(a < m.end() and m.start() < b for a, b in taken):
                continue
            taken.append(m.span())
            parts = m.groupdict()
            if parts.get("day"):
                yield from _other_day(m)
            if parts.get("year"):
                yield from _other_year(m)
            if parts.get("month"):
                at = MONTHS.index(m["month"])
                for step in (1, 2, 5, 9, 10):
                    if int(parts.get("day") or 1) <= _LENGTHS[(at + step) % 12]:
                        yield ((m.start("month"), m.end("month"), MONTHS[(at + step) % 12]),)
            if parts.get("m"):
                yield ((m.start("m"), m.end("m"), f"{int(m['m']) % 12 + 1:0{len(m['m'])}d}"),)
    for m in _LONE_YEAR.finditer(view.plain):
        if not any(a < m.end() and m.start() < b for a, b in taken):
            yield from _other_year(m)
    for m in _LONE_MONTH.finditer(view.plain):
        if not any(a < m.end() and m.start() < b for a, b in taken):
            at = MONTHS.index(m.group())
            for step in (1, 5, 9):
                yield ((m.start(), m.end(), MONTHS[(at + step) % 12]),)
    for m in _WEEKDAY.finditer(view.plain):
        at = _WEEKDAYS.index(m.group())
        for step in (1, 3):
            yield ((m.start(), m.end(), _WEEKDAYS[(at + step) % 7]),)
    for m in _NTH.finditer(view.plain):
        for new in _NTH_SWAPS:
            if new != m[1].lower():
                yield put(view, m.start(1), m.end(1), new)
    for m in _CLOCK.finditer(view.plain):
        if 1 <= (hour := int(m.group())) <= 12:
            yield ((m.start(), m.end(), str(hour % 12 + 1)),)


def _other_day(m: re.Match[str]) -> Iterator[Edit]:
    day = int(m["day"])
    parts = m.groupdict()
    for new in {day + 1 if day < 28 else day - 1, day + 7 if day < 21 else day - 7, int(str(day)[::-1]), day % 28 + 1}:
        if new == day or not 1 <= new <= 28:
            continue
        printed = f"{new:0{len(m['day'])}d}" if m["day"][0] == "0" else str(new)
        if parts.get("nth"):
            yield ((m.start("day"), m.end("nth"), printed + _suffix(new)),)
        else:
            yield ((m.start("day"), m.end("day"), printed),)


def _suffix(day: int) -> str:
    return "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _other_year(m: re.Match[str]) -> Iterator[Edit]:
    for step in (-1, 1, -3, -10):
        yield ((m.start("year"), m.end("year"), str(int(m["year"]) + step)),)

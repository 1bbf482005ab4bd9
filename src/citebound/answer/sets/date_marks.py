"""Phrases that ask for dates and for lengths of time."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence

from citebound.answer.sets.marks import Mark, Marks, amounts, condition_mark
from citebound.answer.sets.question import (
    Condition,
    Doubt,
    Either,
    Every,
    Field,
    Range,
    Scale,
    Unless,
)
from citebound.answer.sets.words import (
    AFTER,
    BEFORE,
    DATE_CUES,
    DATED,
    DAY,
    DEFAULT_DATES,
    MONTH,
    MONTHS,
    OR_LESS,
    OR_MORE,
    RANGED,
    SINCE,
    UNTIL,
)


def claim_dates(marks: Marks, kinds: Sequence[str]) -> None:
    for match in re.finditer(
        r"(?<![\w-])(?:initial |fixed |original |current )?term (?:(?:that|which) )?(?=(?:end|expir)(?:s|e|es|ing)\b)",
        marks.low,
    ):
        marks.strike(*match.span())

    def made(match: re.Match[str]) -> Mark | None:
        begin, fields, running = _date_cue(marks.low, match.start())
        if not fields:
            defaults = [DEFAULT_DATES[kind] for kind in kinds if kind in DEFAULT_DATES]
            if not defaults:
                return None
            fields = tuple(name for names in defaults for name in names)
        days = [match["day"]] if match["day"] else []
        days += re.findall(DAY, match["more"] or "")
        op, tail = match["op"] or "", (match["tail"] or "").strip()
        if match["between"]:
            first, last = _day(match["a"])[0], _day(match["b"])[1]
            ranges = [Range(Scale.DATE, first, last)]
        elif op in AFTER and not running:
            ranges = [Range(Scale.DATE, _day(days[0])[1], None, open_low=True)]
        elif op in SINCE or tail.endswith(("later", "after", "newer", "onward", "onwards")):
            ranges = [Range(Scale.DATE, _day(days[0])[0], None)]
        elif op in BEFORE:
            ranges = [Range(Scale.DATE, None, _day(days[0])[0], open_high=True)]
        elif (op in UNTIL and not running) or tail.endswith(("earlier", "before", "older")):
            ranges = [Range(Scale.DATE, None, _day(days[0])[1])]
        else:
            ranges = [Range(Scale.DATE, *_day(day)) for day in days]
        if len(days) > 1 and (op in AFTER | SINCE | BEFORE | UNTIL or tail):
            return None
        said = f"{fields[0].replace('_', ' ')} {match[0].strip()}"
        tests = tuple(Field(fields, test, said) for test in ranges)
        condition: Condition = tests[0] if len(tests) == 1 else Either(tests)
        if op in BEFORE and re.search(r"\b(?:expired|lapsed)\b", marks.low[begin : match.start()]):
            outlived = Field(("renewal",), Doubt(), "renewed")
            condition = Every((condition, Unless(outlived)))
        bare = "" if begin < match.start() else "bare, after a word" if op else "bare"
        return Mark(begin, match.end(), "condition", condition, name=bare, group=f"date {fields[0]}")

    marks.claim(DATED, made)


def _date_cue(low: str, at: int) -> tuple[int, tuple[str, ...], bool]:
    """Where the words before a date begin that say which date is meant, its fields, and whether it is "runs until"."""
    before = low[max(0, at - 60) : at]
    link = r"(?: (?:on|dates?|is|are|was|were|falls?|falling|lies|as|of|the|last|a|an|their|its)){0,3} ?$"
    for pattern, fields in DATE_CUES:
        if match := re.search(rf"(?<![\w-])(?:{pattern}){link}", before):
            running = bool(re.match(r"(?:runs?|running|valid|continues?|lasts?)\b(?! out)", match[0]))
            return at - len(before) + match.start(), fields, running
    return at, (), False


def _day(printed: str) -> tuple[str, str]:
    """The first and last ISO day of a day, month, quarter, half, year or decade."""
    words = re.sub(r"\b(?:the|year|of)\b|,|\.", " ", printed).split()
    joined = " ".join(words)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", joined):
        return joined, joined
    year = next(int(m) for m in re.findall(r"\d{4}", joined))
    if re.search(r"\d0'?s$", joined):
        return f"{year}-01-01", f"{year + 9}-12-31"
    if joined.startswith(("end ", "beginning ", "start ")):
        iso = f"{year}-12-31" if joined.startswith("end ") else f"{year}-01-01"
        return iso, iso
    months = (1, 12)
    if match := re.search(r"q([1-4])|(first|second|third|fourth|last) (quarter|half)", joined):
        n = int(match[1]) if match[1] else {"first": 1, "second": 2, "third": 3, "fourth": 4}.get(match[2], 0)
        size = 6 if match[3] == "half" else 3
        n = n or 12 // size
        months = (size * (n - 1) + 1, size * n)
    elif match := re.match(r"\d{4}-(\d{2})$", joined):
        months = (int(match[1]), int(match[1]))
    elif match := re.search(rf"\b({MONTH})\b", joined):
        month = MONTHS[match[1]]
        if day := re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b(?!\d)", joined.replace(str(year), "")):
            iso = f"{year}-{month:02}-{int(day[1]):02}"
            return iso, iso
        months = (month, month)
    return f"{year}-{months[0]:02}-01", f"{year}-{months[1]:02}-{calendar.monthrange(year, months[1])[1]}"


def claim_durations(marks: Marks) -> None:
    names = (
        (
            r"(?:(?:termination |renewal |non-?renewal )?notice(?: periods?)?"
            r"(?: (?:of|for|to (?:stop|prevent|end|terminate|avoid|cancel|opt out of)) (?:the |a"
            r" )?(?:non-?)?renewal)?)",
            "renewal_notice",
        ),
        (
            r"renewal(?: terms?| periods?)?|renews?(?: for)?(?: (?:successive|additional|further|another|rolling))?",
            "renewal",
        ),
        (
            r"(?:initial |original |fixed )?(?:terms?|durations?)|(?:last|lasts|lasting|run|runs|running)(?: for)?",
            "term",
        ),
    )
    length = rf"{RANGED}[- ](?P<unit>day|week|month|year)s?(?P<later>{OR_MORE}|{OR_LESS})?"

    def made(match: re.Match[str], name: str) -> Mark:
        low, high, open_low, open_high = amounts(match)
        later = match["later"] or ""
        if re.fullmatch(OR_MORE, later):
            high = None
        elif later:
            low = None
        unit = match["unit"][0].upper()
        ends = [None if end is None else f"P{end}{unit}" for end in (low, high)]
        test = Range(Scale.DURATION, ends[0], ends[1], open_low, open_high)
        return condition_mark(match, Field((name,), test, match[0].strip()), group=f"duration {name}")

    for pattern, name in names:
        marks.claim(
            rf"(?:{pattern})(?: (?:is|are|of|that is|which is|for))? {length}(?: (?:terms?|periods?))?",
            lambda m, name=name: made(m, name),  # type: ignore[misc]
        )
        marks.claim(
            rf"{length}(?:'?s?)? (?:of )?(?:prior |advance |written )?(?:{pattern})",
            lambda m, name=name: made(m, name),  # type: ignore[misc]
        )

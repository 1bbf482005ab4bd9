"""How an answer is printed: the forms in which a normalised date, duration, law or title stands in a clause.

Each function takes a normalised answer and a clause and gives the accepted answers: first what is printed, then the
other forms of the same value. It gives none if no form is printed, as for an answer that was computed.
"""

from __future__ import annotations

import re
from datetime import date

MONTHS = "January February March April May June July August September October November December".split()
NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty"
).split()
TENS = {30: "thirty", 40: "forty", 50: "fifty", 60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety"}
LARGE = {
    120: "one hundred twenty",
    150: "one hundred fifty",
    180: "one hundred eighty",
    365: "three hundred sixty-five",
}
STATES = frozenset(
    (
        "Alabama,Alaska,Arizona,Arkansas,California,Colorado,Connecticut,Delaware,Florida,Georgia,Hawaii,Idaho,"
        "Illinois,Indiana,Iowa,Kansas,Kentucky,Louisiana,Maine,Maryland,Massachusetts,Michigan,Minnesota,Mississippi,"
        "Missouri,Montana,Nebraska,Nevada,New Hampshire,New Jersey,New Mexico,New York,North Carolina,North Dakota,"
        "Ohio,Oklahoma,Oregon,Pennsylvania,Rhode Island,South Carolina,South Dakota,Tennessee,Texas,Utah,Vermont,"
        "Virginia,Washington,West Virginia,Wisconsin,Wyoming"
    ).split(",")
)
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]}|\\.)?" if len(month) > 3 else month for month in MONTHS) + r"|Sept\.?"
_ORDINAL = r"(?:s\s?t|n\s?d|r\s?d|t\s?h)?"
_DATES = (
    re.compile(rf"(?P<m>{_MONTH})\s*(?P<d>\d{{1,2}})\s*{_ORDINAL}\s*,?\s*(?P<y>\d{{4}})\b", re.I),
    re.compile(
        rf"\b(?P<d>\d{{1,2}})\s*{_ORDINAL}\s*(?:day)?\s*(?:of)?\s*(?P<m>{_MONTH})\s*,?\s*(?P<y>\d{{4}})\b", re.I
    ),
    re.compile(r"\b(?P<m>\d{1,2})\s*[/.-]\s*(?P<d>\d{1,2})\s*[/.-]\s*(?P<y>\d{4}|\d{2})\b"),
    re.compile(r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})\b"),
)
_SHORT_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})")
_PART = r"[\s-]+(?:and\s+)?"
_DURATION = re.compile(r"(?:\w+ )?(?:suc+es+ive )?(\d{1,3}) (day|week|month|year)s?", re.I)


def words(answer: str, clause: str) -> tuple[str, ...]:
    """A title: the clause is the answer."""
    return tuple(dict.fromkeys((" ".join(clause.split()), " ".join(answer.split())))) if clause.strip() else ()


def dates(answer: str, clause: str) -> tuple[str, ...]:
    """A date "m/d/yy" or "m/d/yyyy" of the United States."""
    short = _SHORT_DATE.fullmatch(answer.strip())
    if not short:
        return ()
    month, day, year = (int(part) for part in short.groups())
    for match in _found_dates(clause):
        there = _date(match)
        if there and (there.month, there.day) == (month, day) and there.year % 100 == year % 100:
            return tuple(dict.fromkeys((" ".join(match.group().split()), *forms(there))))
    return ()


def dated(text: str) -> list[tuple[re.Match[str], date]]:
    """Every date that is printed, with groups m, d and y, in order; of two that overlap, the first and longer one."""
    made: list[tuple[re.Match[str], date]] = []
    for match in sorted(_found_dates(text), key=lambda m: (m.start(), -m.end())):
        there = _date(match)
        if there and (not made or made[-1][0].end() <= match.start()):
            made.append((match, there))
    return made


def forms(day: date) -> tuple[str, ...]:
    """A date as it may be written: "May 8, 2014", "8 May 2014", "2014-05-08"."""
    month = MONTHS[day.month - 1]
    return f"{month} {day.day}, {day.year}", f"{day.day} {month} {day.year}", day.isoformat()


def durations(answer: str, clause: str) -> tuple[str, ...]:
    """A number of days, weeks, months or years; "successive 1 year" is one year."""
    match = _DURATION.fullmatch(answer.strip())
    if not match:
        return ()
    count, unit = int(match[1]), match[2].lower()
    equal = [(count, unit)]
    if unit == "year":
        equal.append((12 * count, "month"))
    if unit == "month" and count % 12 == 0:
        equal.append((count // 12, "year"))
    for number, kind in equal:
        word = spelt(number)
        either = rf"(?:{number}|{_PART.join(re.split('[ -]', word))})" if word else str(number)
        pattern = rf"\b{either}\s*(?:\(\s*{either}\s*\))?[\s-]*(?:calendar|business|consecutive)?\s*{kind}s?\b"
        found = re.search(pattern, clause, re.I)
        if found:
            plural = kind if number == 1 else f"{kind}s"
            spelled = (f"{word} ({number}) {plural}", f"{word} {plural}") if word else ()
            own = f"{count} {unit}" + ("" if count == 1 else "s")
            return tuple(dict.fromkeys((" ".join(found.group().split()), f"{number} {plural}", *spelled, own)))
    return ()


def laws(answer: str, clause: str) -> tuple[str, ...]:
    """A state or country, "Ontario, Canada" too; England and Wales are one."""
    parts = [part.strip() for part in answer.split(";")]
    if {part.split(",")[0] for part in parts} == {"England", "Wales"}:
        names = ["England and Wales"]
    elif len(parts) == 1 and "[" not in answer:
        names = [answer, answer.split(",")[0].strip()]
    else:
        return ()
    if answer == "People's Republic of China":
        names += ["PRC", "China"]
    flat = clause.replace("’", "'")
    for name in names:
        found = re.search(r"\b" + r"\s+".join(re.escape(word) for word in name.split()) + r"\b", flat, re.I)
        if found:
            there = " ".join(clause[found.start() : found.end()].split())
            state = [f"State of {name}", f"the State of {name}"] if name in STATES else []
            return tuple(dict.fromkeys((there, *names, *state)))
    return ()


def spelt(number: int) -> str:
    """A number in words, up to 99 and some larger ones; "" for others."""
    if number < len(NUMBERS):
        return NUMBERS[number]
    tens, ones = number // 10 * 10, number % 10
    if number < 100:
        ten = TENS.get(tens, NUMBERS[20])
        return f"{ten}-{NUMBERS[ones]}" if ones else ten
    return LARGE.get(number, "")


def _found_dates(clause: str) -> list[re.Match[str]]:
    return [match for pattern in _DATES for match in pattern.finditer(clause)]


def _date(match: re.Match[str]) -> date | None:
    month = match["m"]
    number = int(month) if month.isdigit() else next(i for i, m in enumerate(MONTHS, 1) if m[:3] == month[:3].title())
    year = int(match["y"])
    year += (1900 if year >= 70 else 2000) if year < 100 else 0
    try:
        return date(year, number, int(match["d"]))
    except ValueError:
        return None

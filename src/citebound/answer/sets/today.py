"""Words that mean a day only on the day they are said: "expired", "last year", "in the next six months"."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from citebound.answer.sets.words import NUMBERS

UNITS = r"(?P<unit>days?|weeks?|months?|quarters?|years?)"
SPAN = (
    r"\b(?:(?:with)?in|over|during|for) (?:the )?(?P<way>last|past|previous|preceding|next|coming|following)"
    rf" (?:(?P<n>\d{{1,3}}|{'|'.join(NUMBERS)}) )?{UNITS}\b(?! (?:of|before|after|preceding|following|prior)\b)"
)
WHOLE = (
    r"\b(?:(?:in|during|of) )?(?P<way>this|last|next)(?: calendar)? (?P<unit>month|quarter|year)\b"
    r"(?! (?:of|before|after|preceding|following|prior|in)\b)(?!'s)"
)
ON_DATE = (
    r"(?! (?:in|on|by|since|before|after|until|during|between|from|within|at|dates?|over|last|this|next)\b)(?! \d)"
)
NOT_YET = (
    r"\b(?:(?:is|are|was|were|have|has|had)(?:n't| not)|not)(?: yet)? (?:yet )?(?:expired|lapsed|run out)\b(?: yet)?"
)
EXPIRED = rf"\b(?:(?:have|has|had|is|are|was|were) )?(?:already |since |now ){{0,2}}(?:expired|lapsed)\b{ON_DATE}"
RUNNING = (
    r"\b(?:(?:still|currently|presently) (?:in (?:force|effect)|running|active|valid)"
    r"|(?:in (?:force|effect)|running|active|valid) (?:today|now|right now|at the moment|currently))\b" + ON_DATE
)
TODAY = r"\b(?P<op>before|after|until|since|by|as of) (?:today|now)\b"


def dated(text: str, today: date) -> str:
    """The question with such words as days: what has expired has an expiration date before today."""
    day = today.isoformat()
    text = re.sub(NOT_YET, f"not expired before {day}", text, flags=re.I)
    text = re.sub(RUNNING, f"not expired before {day}", text, flags=re.I)
    text = re.sub(EXPIRED, f"expired before {day}", text, flags=re.I)
    text = re.sub(TODAY, lambda m: f"{m['op']} {day}", text, flags=re.I)
    text = re.sub(SPAN, lambda m: _span(m, today), text, flags=re.I)
    return re.sub(WHOLE, lambda m: _whole(m, today), text, flags=re.I)


def _span(match: re.Match[str], today: date) -> str:
    back = match["way"].lower() in ("last", "past", "previous", "preceding")
    n = int(NUMBERS.get((match["n"] or "1").lower(), match["n"] or 1)) * (-1 if back else 1)
    other = _later(today, n, match["unit"].lower().rstrip("s"))
    first, last = (other, today) if back else (today, other)
    return f"between {first.isoformat()} and {last.isoformat()}"


def _whole(match: re.Match[str], today: date) -> str:
    unit = match["unit"].lower()
    then = _later(today.replace(day=1), {"this": 0, "last": -1, "next": 1}[match["way"].lower()], unit)
    if unit == "year":
        return f"in {then.year}"
    first = then.replace(month=3 * ((then.month - 1) // 3) + 1) if unit == "quarter" else then
    last = first if unit == "month" else first.replace(month=first.month + 2)
    end = last.replace(day=calendar.monthrange(last.year, last.month)[1])
    return f"between {first.isoformat()} and {end.isoformat()}"


def _later(day: date, n: int, unit: str) -> date:
    if unit in ("day", "week"):
        return day + timedelta(days=n * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + n * {"month": 1, "quarter": 3, "year": 12}[unit]
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))

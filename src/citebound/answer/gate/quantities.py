"""Quantities: a number with its currency or unit, the same however it is written.

Published normalisations, each with a test: years are 12 months and weeks 7 days; "calendar" and "consecutive" days are
days, business, working, banking and trading days are business days and no days; "$", "US$", "USD" and "dollars" are
dollars; "%", "percent" and "per cent" are per cent, "percentage points" and "basis points" are not; "per month", "a
month", "/month" and "monthly" are one rate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from citebound.answer.gate.numerals import NUMBER, in_digits, scale, value

CURRENCIES = {
    "usd": ("US$", "U.S.$", "U.S. $", "USD", "$", "US dollars", "U.S. dollars", "United States dollars", "dollars",
            "dollar"),
    "eur": ("€", "EUR", "euros", "euro"),
    "gbp": ("£", "GBP", "pounds sterling", "pounds", "sterling"),
    "cad": ("C$", "CAD", "CDN$", "Canadian dollars"),
    "aud": ("A$", "AUD", "Australian dollars"),
    "jpy": ("¥", "JPY", "yen"),
    "cny": ("RMB", "CNY", "yuan", "renminbi"),
    "chf": ("CHF", "Swiss francs"),
    "inr": ("INR", "Rs.", "rupees"),
    "hkd": ("HK$", "HKD", "Hong Kong dollars"),
}  # fmt: skip
_SIGNS = {sign.lower(): code for code, signs in CURRENCIES.items() for sign in signs}
_SIGN = "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))
UNITS = {
    "day": ("day", 1), "week": ("day", 7), "fortnight": ("day", 14), "month": ("month", 1), "quarter": ("month", 3),
    "year": ("month", 12), "decade": ("month", 120), "hour": ("hour", 1), "hr": ("hour", 1), "minute": ("minute", 1),
    "min": ("minute", 1), "second": ("second", 1), "sec": ("second", 1), "millisecond": ("millisecond", 1),
    "ms": ("millisecond", 1), "byte": ("byte", 1), "bit": ("bit", 1), "kb": ("kb", 1), "kilobyte": ("kb", 1),
    "mb": ("mb", 1), "megabyte": ("mb", 1), "gb": ("gb", 1), "gigabyte": ("gb", 1), "tb": ("tb", 1),
    "terabyte": ("tb", 1), "mile": ("mile", 1), "km": ("km", 1), "kilometer": ("km", 1), "kilometre": ("km", 1),
    "meter": ("meter", 1), "metre": ("meter", 1), "foot": ("foot", 1), "feet": ("foot", 1), "inch": ("inch", 1),
    "acre": ("acre", 1), "gallon": ("gallon", 1), "liter": ("liter", 1), "litre": ("liter", 1), "barrel": ("barrel", 1),
    "ton": ("ton", 1), "tonne": ("tonne", 1), "pound": ("lb", 1), "lb": ("lb", 1), "kg": ("kg", 1),
    "kilogram": ("kg", 1), "gram": ("gram", 1), "cent": ("cent", 1), "share": ("share", 1), "degree": ("degree", 1),
    "percentage point": ("point", 1), "basis point": ("basis point", 1), "bps": ("basis point", 1),
}  # fmt: skip
_UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
_QUALIFIED = r"(?:(?P<qualified>business|working|banking|trading)|calendar|consecutive|continuous|full|additional|more)"
_QUANTITY = re.compile(
    rf"(?<![\w.])(?P<before>{_SIGN})?\s?(?P<number>{NUMBER})"
    rf"(?P<order>st|nd|rd|th)?"
    rf"(?:\s*(?P<scale>thousand|million|billion|trillion|mio|mm|mn|bn|tn|[kmb])(?![\w]))?"
    rf"(?:\s*(?P<percent>%|percent(?!age)|per\s?cent(?!age)))?"
    rf"(?:\s?(?P<after>{_SIGN})(?!\w))?"
    rf"(?:\s*\(\s*(?:{_SIGN})?\s?[\d,.]+\s*(?:%|{_SIGN})?\s*\))?"
    rf"(?:[\s-]{{0,3}}{_QUALIFIED}){{0,2}}"
    rf"(?:[\s-]{{0,3}}(?P<unit>{_UNIT})(?:s|es)?['’]?s?(?![\w]))?",
    re.I,
)
_RATE = re.compile(
    r"(?:\bper|\beach|\bevery|\bany one|(?<=[%\d] )an?|/)\s?(?P<unit>day|week|month|quarter|year|annum|hour"
    r"|minute|second)\b"
    r"|\b(?P<adverb>daily|weekly|monthly|quarterly|annual|annually|yearly|hourly|biweekly|biannual|biannually"
    r"|semi-?annual|semi-?annually|per annum)\b",
    re.I,
)
RATES = {
    "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "annual": "year", "annually": "year",
    "yearly": "year", "annum": "year", "hourly": "hour", "per annum": "year", "semiannual": "half year",
    "semiannually": "half year", "semi-annual": "half year", "semi-annually": "half year", "biannual": "half year",
    "biannually": "half year", "biweekly": "fortnight",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quantity:
    """`unit` is a currency, "%", a unit of UNITS, "business day", "th" for an ordinal, or "" where none is said."""

    value: Decimal
    unit: str

    def __str__(self) -> str:
        return f"{self.value:f}{'' if self.unit in ('th', '%') else ' '}{self.unit}".strip()


def quantities(text: str) -> list[Quantity]:
    """The quantities of a text that has no dates, provisions or identifiers left in it, in order."""
    return [_quantity(match) for match in _QUANTITY.finditer(in_digits(text))]


def rates(text: str) -> set[str]:
    """The periods that something is counted by: "per month" is {"month"}."""
    found = (m["adverb"] or m["unit"] for m in _RATE.finditer(text))
    return {RATES.get(said.lower(), said.lower()) for said in found}


def _quantity(match: re.Match[str]) -> Quantity:
    number = value(match["number"]) * scale(match["scale"] or "")
    sign = (match["before"] or match["after"] or "").lower()
    if match["order"]:
        return Quantity(number.normalize(), "th")
    if sign:
        return Quantity(number.normalize(), _SIGNS[sign])
    if match["percent"]:
        return Quantity(number.normalize(), "%")
    unit, times = UNITS.get((match["unit"] or "").lower(), ("", 1))
    if match["qualified"] and unit == "day":
        unit = "business day"
    return Quantity((number * times).normalize(), unit)

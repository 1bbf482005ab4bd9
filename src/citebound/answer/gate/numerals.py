"""Numbers as people write them -> digits: words, brackets, scales, grouping, ordinals.

Published normalisations, each with a test: "thirty (30)" and "thirty" are 30; "one hundred eighty" is 180; "1.5M",
"1.5 million" and "1,500,000" are 1500000; "1.5bn" is 1500000000; "07" is 7; "9.50" is 9.5; "3rd" and "third" (before a
noun of time or order) are the ordinal 3; "dozen" is 12; "twice" is 2 times. "One" and "a" alone are no number.
"""

from __future__ import annotations

import re
from decimal import Decimal

UNITS = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
        " eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety".split(),
        [*range(1, 21), *range(30, 100, 10)],
        strict=True,
    )
)
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
SHORT = {"k": 10**3, "m": 10**6, "mm": 10**6, "mn": 10**6, "mio": 10**6, "b": 10**9, "bn": 10**9, "tn": 10**12}
ORDINALS = dict(
    zip(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
        " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        range(1, 21),
        strict=True,
    )
) | {"thirtieth": 30, "fortieth": 40, "fiftieth": 50, "sixtieth": 60, "ninetieth": 90}
_WORDS = "|".join(sorted([*UNITS, "hundred", *SCALES], key=len, reverse=True))
_SPOKEN = re.compile(
    rf"\b(?:{'|'.join(UNITS)}|hundred)"
    rf"(?:(?:[\s-]{{1,3}}|(?<=hundred)\s{{1,3}}and\s{{1,3}}|(?<=thousand)\s{{1,3}}and\s{{1,3}})(?:{_WORDS}))*\b",
    re.I,
)
_HALF = re.compile(r"\b(\d{1,4})\s+and\s+(?:one[\s-]half|a\s+half|1[\s-]half|1/2|½)\b", re.I)
_PARTS = {"half": "5", "1/2": "5", "½": "5", "quarter": "25", "1/4": "25", "¼": "25", "3/4": "75", "¾": "75"}
_FRACTION = re.compile(
    rf"\b(?P<whole>\d{{1,4}}|{'|'.join(UNITS)})(?:[\s-]{{1,2}}and[\s-]{{1,2}}(?:(?:one|a|1)[\s-]{{1,2}})?(?P<word>half|quarter|1/2|1/4|3/4)"
    r"|[\s-]?(?P<sign>1/2|1/4|3/4|½|¼|¾))(?![\w/])",
    re.I,
)
"""A whole number and a fraction: "one and one-half", "1-1/2", "1½"."""
_ORDINAL = re.compile(rf"\b(?:(?P<digits>\d{{1,4}})(?:st|nd|rd|th)|(?P<word>{'|'.join(ORDINALS)}))\b", re.I)
_ORDERED = re.compile(
    r"[\s-]*(?:\(\d{1,3}(?:st|nd|rd|th)\)\s*)?(?:calendar |business |working |contract |full |lease |sales "
    r"|operating )?"
    r"(?:anniversar|day|business|month|year|quarter|week|half|renewal|extension|option|paragraph|sentence|contract"
    r"|term|payment|instal|edition|amendment|period|tier|phase|milestone|party beneficiar|time\b"
    r"|such|of the|following)",
    re.I,
)
NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_TWICE = re.compile(rf"(?<![\w.,])({NUMBER})\s*\(\s*({NUMBER})\s*\)")
_LOOKALIKES = str.maketrans({"ſ": "s", "\u212a": "k", "İ": "i", "ı": "i"})


_SCALED = re.compile(
    rf"(?<![\w.])(?<![A-Za-z]-)(?P<number>{NUMBER})(?:\s?(?P<scale>thousand|million|billion|trillion|mio|mn|bn|tn|(?<=\d)[kmb])(?!\w))?",
    re.I,
)


def folded(text: str) -> str:
    """The text, as long as it was, without the letters that a case-blind pattern takes for s, k and i."""
    return text.translate(_LOOKALIKES)


def in_digits(text: str) -> str:
    """The text with number words as digits, "thirty (30)" as one number, and ordinals as "3rd"."""
    text = _FRACTION.sub(_fraction, text)
    made = re.sub(r"\btwice\b", "2 times", re.sub(r"\bdozen\b", "12", folded(text)))
    made = _ORDINAL.sub(lambda m: _ordinal(m, made), made)
    made = _SPOKEN.sub(_digits, made)
    made = _HALF.sub(lambda m: f"{m[1]}.5", made)
    return _TWICE.sub(lambda m: m[1] if value(m[1]) == value(m[2]) else m[0], made)


def _fraction(match: re.Match[str]) -> str:
    whole = match["whole"].lower()
    return f"{UNITS.get(whole, whole)}.{_PARTS[(match['word'] or match['sign']).lower()]}"


def ungrouped(text: str) -> str:
    """The text with "1.5 million", "$1.5M" and "1,500,000" as 1500000."""
    return _SCALED.sub(lambda m: f"{(value(m['number']) * scale(m['scale'] or '')).normalize():f}", text)


def value(number: str) -> Decimal:
    """The value of digits with grouping commas."""
    return Decimal(number.rstrip(".,").replace(",", "") or "0").normalize()


def scale(word: str) -> int:
    """What a scale word or letter multiplies by; 1 for none."""
    low = word.lower().strip()
    return SCALES.get(low) or SHORT.get(low) or 1


def _ordinal(match: re.Match[str], text: str) -> str:
    if match["digits"]:
        return match[0].lower()
    number = ORDINALS[match["word"].lower()]
    return _suffixed(number) if number > 3 or _ORDERED.match(text, match.end()) else match[0]


def _suffixed(number: int) -> str:
    last = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number // 10 % 10 != 1 else "th"
    return f"{number}{last}"


def _digits(match: re.Match[str]) -> str:
    words = match[0].lower()
    if words == "one":
        return match[0]
    total = part = 0
    for word in re.findall(r"[a-z]+", words):
        if word in UNITS:
            part += UNITS[word]
        elif word == "hundred":
            part = (part or 1) * 100
        elif word in SCALES:
            total, part = total + (part or 1) * SCALES[word], 0
    return str(total + part)

"""Short answers compared: one token for each date, number and amount, however it is written.

A gold answer "5/8/14" and an answer "the 8th day of May, 2014" are equal, and so are "thirty (30) days" and "30 days".
Everything here works on tokens and on hashed tokens alike, as traces of other people's data keep hashes instead of
text.
"""

from __future__ import annotations

import hashlib
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from citebound.answer.gate.numerals import UNITS
from citebound.answer.words import SCALES, facts

_TYPOGRAPHIC = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–−", "-"),
        **dict.fromkeys("—―", " "),
    }
)
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:\s?(?:s\s?t|n\s?d|r\s?d|t\s?h))?"
_DATES = [
    re.compile(rf"(?<![\w/.-]){pattern}(?![\w/-])", re.I)
    for pattern in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?",
        r"(?P<month>\d{1,2})(?P<mark>[-/])(?P<day>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
        rf"{_MONTH}\s*{_DAY}(?:\s*,\s*|\s+)(?P<year>\d{{4}})",
        rf"{_DAY}(?:\s+day)?(?:\s+of)?[\s-]+{_MONTH}(?:\s*,\s*|\s+|-)(?P<year>\d{{4}}|\d{{2}}(?=\W|$))",
    )
]

_CURRENCIES = {
    "usd": r"US\s?\$|USD|(?:U\.?S\.?\s+|United\s+States\s+)?dollars?\b|\$",
    "eur": r"€|EUR\b|euros?\b",
    "gbp": r"£|GBP\b|pounds?(?:\s+sterling)?\b",
    "jpy": r"¥|JPY\b|yen\b",
    "chf": r"CHF\b|Swiss\s+francs?\b",
    "cad": r"CA?\s?\$|CAD\b|Canadian\s+dollars?\b",
}
_LETTERS = {"k": "thousand", "m": "million", "mm": "million", "bn": "billion"}


def _either(words: Sequence[str]) -> str:
    return f"(?:{'|'.join(words)})"


_SCALE = _either(list(SCALES))
_ONES = _either([w for w, n in UNITS.items() if n < 10])
_TEENS = _either([w for w, n in UNITS.items() if n < 20])
_TENS = _either([w for w, n in UNITS.items() if n >= 20])
_SMALL = rf"(?:{_TENS}(?:[\s-]+{_ONES})?|{_TEENS})\b"
_HUNDREDS = rf"{_SMALL}(?:[\s-]+hundred\b(?:[\s-]+(?:and\s+)?{_SMALL})?)?"
_SPOKEN = rf"{_HUNDREDS}(?:[\s-]+{_SCALE}\b(?:,?\s+(?:and\s+)?{_HUNDREDS})?)*"
_DIGITS = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?(?!\d|[.,:/-]\d)(?:[\s-]+{_SCALE}\b)?"
_AMOUNT = re.compile(
    rf"(?<![\w.,:/-])(?P<before>{_either(list(_CURRENCIES.values()))}\s?)?"
    rf"(?P<number>{_DIGITS}|\b{_SPOKEN})(?(before)(?:\s?(?P<letter>{_either(list(_LETTERS))})\b)?)(?![^\W_])"
    rf"(?P<percent>\s?%|\s+per\s?cent\b)?(?P<after>\s+{_either(list(_CURRENCIES.values()))}|\s?[€£])?",
    re.I,
)
_NAME = re.compile(
    r"(?<![\w-])[a-z]+(?:-[a-z]+)*-\d[\w-]*"
    r"|(?<![\w.,:/-])(?!\d+\.\d+(?![.:/-]?\d))v?\d+(?:[.:/-]\d+)+(?![\w%])",
    re.I,
)


def normalise(text: str) -> str:
    """Lower case, no punctuation, no articles, single spaces: SQuAD's `normalize_answer` (Rajpurkar et al. 2016).

    Beyond ASCII, typographic quotes and dashes count as the plain ones, an em dash as a space, and other punctuation
    and signs of currency go as well.
    """
    return " ".join(_ARTICLE.sub(" ", _bare(text)).split())


def tokens(text: str) -> tuple[str, ...]:
    """The words of `normalise(text)`, with dates, numbers and amounts each in one form.

    A date is "2014-05-08" ("5/8/14" in US order, unless only the other order is a date; years 00-69 are 20xx). A number
    is its digits ("1.5 million" is "1500000"), a share "10%". Dollars are the currency where none is named; another one
    stands before its number ("eur", "5"). A number repeated in brackets counts once. Identifiers and section numbers
    ("CVE-2021-44228", "4.2.1") stay as they are, and a bare decimal keeps its zeros, for 3.10 may be a section. An
    answer of nothing but an article keeps it: option "A" is an answer.
    """
    text = unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHIC)
    made: list[str] = []
    last: tuple[str, ...] = ()
    at = 0
    for start, end, found in _special(text):
        between = text[at:start]
        if not (found == last and between.strip() == "("):
            made += [*normalise(between).split(), *found]
        last, at = found, end
    made += normalise(text[at:]).split()
    return tuple(made or _bare(text).split())


def hashed(tokens: Sequence[str]) -> tuple[str, ...]:
    """Ten hex digits of each token's SHA-256: enough to compare by. It keeps text out of a trace, not a secret."""
    return tuple(hashlib.sha256(token.encode()).hexdigest()[:10] for token in tokens)


def exact(found: Sequence[str], accepted: Sequence[Sequence[str]]) -> bool:
    """Whether the answer equals an accepted one: SQuAD's exact match. No accepted answer means that silence is
    right."""
    return any(tuple(found) == tuple(gold) for gold in accepted or [()])


def token_f1(found: Sequence[str], accepted: Sequence[Sequence[str]]) -> float:
    """F1 of the token multisets, best over the accepted answers: SQuAD 1.1 (Rajpurkar et al. 2016).

    If either is empty it is 1.0 if both are, else 0.0 (SQuAD 2.0, Rajpurkar, Jia and Liang 2018).
    """
    return max(_f1(found, gold) for gold in accepted or [()])


def contains(found: Sequence[str], accepted: Sequence[Sequence[str]]) -> bool:
    """Whether the tokens of an accepted answer stand in a row in the answer; an empty one only in an empty answer."""
    return any(_stands_in(tuple(gold), tuple(found)) for gold in accepted or [()])


def _f1(found: Sequence[str], gold: Sequence[str]) -> float:
    if not found or not gold:
        return float(len(found) == len(gold))
    common = (Counter(found) & Counter(gold)).total()
    return 2 * common / (len(found) + len(gold))


def _stands_in(gold: tuple[str, ...], found: tuple[str, ...]) -> bool:
    if not gold:
        return not found
    return any(found[i : i + len(gold)] == gold for i in range(len(found) - len(gold) + 1))


def _bare(text: str) -> str:
    return "".join(c for c in text.lower().translate(_TYPOGRAPHIC) if not _is_mark(c))


def _is_mark(character: str) -> bool:
    return (
        character in string.punctuation
        or unicodedata.category(character)[0] == "P"
        or unicodedata.category(character) == "Sc"
    )


def _special(text: str) -> list[tuple[int, int, tuple[str, ...]]]:
    """Where dates, identifiers and amounts stand, with their tokens, in order; where two overlap, dates come first."""
    made: list[tuple[int, int, tuple[str, ...]]] = []
    taken = bytearray(len(text))
    for pattern in (*_DATES, _NAME, _AMOUNT):
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(taken[start:end]) and (found := _canonical(pattern, match)):
                made.append((start, end, found))
                taken[start:end] = b"\1" * (end - start)
    return sorted(made)


def _canonical(pattern: re.Pattern[str], match: re.Match[str]) -> tuple[str, ...]:
    """The tokens of one match; none for a date that the calendar does not have."""
    if pattern is _NAME:
        return (match.group().lower(),)
    return _amount(match) if pattern is _AMOUNT else _date(match["year"], match["month"], match["day"])


def _date(year: str, month: str, day: str) -> tuple[str, ...]:
    y = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 70 else 1900)
    m = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    for months, days in ((m, int(day)), (int(day), m)):
        try:
            return (date(y, months, days).isoformat(),)
        except ValueError:
            continue
    return ()


def _amount(match: re.Match[str]) -> tuple[str, ...]:
    number = match["number"].replace(",", "").replace("-", " ")
    if match["letter"]:
        number += f" {_LETTERS[match['letter'].lower()]}"
    value = next(iter(facts(number)), "1")  # facts leaves out a lone "one"
    named = match["before"] or match["after"]
    if match["percent"]:
        return (f"{_short(value)}%",)
    if not named:
        return (value,)
    currency = next(code for code, sign in _CURRENCIES.items() if re.fullmatch(sign, named.strip(), re.I))
    return (_short(value),) if currency == "usd" else (currency, _short(value))


def _short(value: str) -> str:
    """Without zeros at the end of the fraction."""
    plain = format(Decimal(value), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain

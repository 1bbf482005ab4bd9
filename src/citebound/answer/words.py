"""Words as the answering stages compare them: lower case, stemmed, without stop words; and the hard facts in a text.

The stemmer is Snowball's English one (Porter 2001), from the snowballstemmer package.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

import snowballstemmer

from citebound.answer.gate.numerals import UNITS
from citebound.indexes.lexical import STOPWORDS

_STEMMER = snowballstemmer.stemmer("english")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FACT = re.compile(
    r"(?i:\b(?:CVE|CWE|GHSA)-\d[\w-]*)"
    r"|\b[0-9a-fA-F]{32,64}\b"
    r"|\b[A-Z]{1,8}(?:-[A-Z]{1,8})*-\d+(?:-\d+)*\b"
    r"|\d+(?:[.,:/]\d+)*%?"
)
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_NUMBER_WORD = "|".join([*UNITS, "hundred", *SCALES])
_SPOKEN = re.compile(rf"\b(?:{'|'.join(UNITS)})(?:(?:[\s-]+|\s+and\s+)(?:{_NUMBER_WORD}))*\b", re.I)
_SCALED = re.compile(rf"(?P<digits>\d{{1,12}}(?:,\d{{3}})*(?:\.\d{{1,6}})?)\s*(?P<scale>{'|'.join(SCALES)})\b", re.I)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    return str(_STEMMER.stemWord(word.lower()))


def content(text: str) -> list[str]:
    """The stems of the content words of a text, in order, with repetitions."""
    return [stem(word) for word in _WORD.findall(text) if word.lower() not in STOPWORDS]


def facts(text: str) -> set[str]:
    """Numbers, dates' digits, amounts, percentages, section numbers and identifiers: what may not be paraphrased.

    Grouping commas and leading zeros go ("1,500,000" and "1500000" are one fact, so are "07" and "7"); numbers in words
    count as digits ("thirty (30)" is one fact, "one" alone none), and a scale word multiplies ("1.5 million").
    """
    scaled = _SCALED.sub(lambda m: _product(m["digits"], m["scale"]), text)
    spoken = {str(n) for m in _SPOKEN.finditer(text) if (n := _spoken(m.group())) > 1}
    return {_normal(m.group()) for m in _FACT.finditer(scaled)} | spoken


def _product(digits: str, scale: str) -> str:
    value = Decimal(digits.replace(",", "")) * SCALES[scale.lower()]
    return str(int(value)) if value == int(value) else str(value)


def _spoken(words: str) -> int:
    """The value of a number in words: "one hundred eighty" is 180; 0 for a scale word alone."""
    total = part = 0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word in UNITS:
            part += UNITS[word]
        elif word == "hundred":
            part *= 100
        elif word in SCALES:
            total, part = total + part * SCALES[word], 0
    return total + part


def _normal(fact: str) -> str:
    fact = fact.upper()
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?%?", fact):
        fact = fact.replace(",", "")
    if re.fullmatch(r"\d+", fact):
        fact = fact.lstrip("0") or "0"
    return re.sub(r"(?<=\d)\.0+(?=%?$)", "", fact)

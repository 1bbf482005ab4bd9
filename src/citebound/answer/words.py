"""Words as the answering stages compare them: lower case, stemmed, without stop words; and the hard facts in a text.

The stemmer is Snowball's English one (Porter 2001), from the snowballstemmer package.
"""

from __future__ import annotations

import re
from functools import lru_cache

import snowballstemmer

from citebound.indexes.lexical import STOPWORDS

_STEMMER = snowballstemmer.stemmer("english")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FACT = re.compile(
    r"(?i:\b(?:CVE|CWE|GHSA)-\d[\w-]*)"
    r"|\b[0-9a-fA-F]{32,64}\b"
    r"|\b[A-Z]{1,8}(?:-[A-Z]{1,8})*-\d+(?:-\d+)*\b"
    r"|\d+(?:[.,:/]\d+)*%?"
)
_NEGATION = re.compile(r"\b(?:not|no|never|neither|nor|none|without|cannot|nothing|un(?:less|able))\b|n['’]t\b", re.I)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    return str(_STEMMER.stemWord(word.lower()))


def content(text: str) -> list[str]:
    """The stems of the content words of a text, in order, with repetitions."""
    return [stem(word) for word in _WORD.findall(text) if word.lower() not in STOPWORDS]


def facts(text: str) -> set[str]:
    """Numbers, dates' digits, amounts, percentages, section numbers and identifiers: what may not be paraphrased.

    Grouping commas and leading zeros go ("1,500,000" and "1500000" are one fact, so are "07" and "7").
    """
    return {_normal(m.group()) for m in _FACT.finditer(text)}


def negated(text: str) -> bool:
    return _NEGATION.search(text) is not None


def _normal(fact: str) -> str:
    fact = fact.upper()
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?%?", fact):
        fact = fact.replace(",", "")
    if re.fullmatch(r"\d+", fact):
        fact = str(int(fact))
    return re.sub(r"(?<=\d)\.0+(?=%?$)", "", fact)

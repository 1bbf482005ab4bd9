"""Typed values in a sentence: how a system that can only choose sentences still answers with a date or a number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_UNIT = r"(?:business\s+|calendar\s+)?(?:day|week|month|year)s?\b"
KINDS = {
    "identifier": re.compile(
        r"\b(?:[A-Z]{2,8}(?:-[A-Z]{1,8})*-\d+(?:-\d+)*|CVSS:[\d.]+(?:/[A-Z]+:[A-Z]+)+|[A-Z]{1,3}:[A-Z](?:/[A-Z]{1,3}:[A-Z])+)"
    ),
    "date": re.compile(
        rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?:\s+day)?(?:\s+of)?[\s-]+{_MONTH},?[\s-]+\d{{2,4}}"
        rf"|{_MONTH}\s*\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{4}}-\d\d-\d\d|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}})\b",
        re.I,
    ),
    "duration": re.compile(
        rf"\b(?:[a-z]+(?:-[a-z]+)?\s*\(\d+\)|\d+|one|two|three|four|five|six|seven|eight|nine|ten)[\s-]*{_UNIT}", re.I
    ),
    "number": re.compile(r"(?<![\w.])[$€£]?\s?\d[\d,]*(?:\.\d+)*(?:\s?%|\s+(?:million|billion)\b)?"),
}
"""The kinds of value that are told apart, the most particular first."""

NEARLY = 0.6
"""Share of an answer that its value must make up for the answer to be of that kind."""
AGREED = 0.8
"""Share of the answers to like questions that must be of one kind."""


def kind_of(answer: str) -> str:
    """The kind of value that an answer is; "" if it is none."""
    for name, pattern in KINDS.items():
        found = pattern.search(answer)
        if found and len(found.group().strip()) >= NEARLY * len(answer.strip()):
            return name
    return ""


def held(text: str) -> frozenset[str]:
    """The kinds of values that stand in a text."""
    return frozenset(name for name, pattern in KINDS.items() if pattern.search(text))


def agreed(kinds: Sequence[str]) -> str:
    """The kind that the answers to like questions have; "" if they are of several, or of none."""
    ((kind, count),) = Counter(kinds).most_common(1) or [("", 0)]
    return kind if count >= AGREED * len(kinds) else ""


def cut(text: str, kind: str) -> str:
    """The first value of that kind in a text; the whole text if there is none."""
    found = KINDS[kind].search(text) if kind else None
    return found.group().strip() if found else text

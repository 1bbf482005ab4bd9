"""What is said of each of several findings: "QV-01 and QV-02 are both open" needs both to be open.

A table puts rows side by side, and two rows hold all words of such a claim although one finding is fixed. For each
identifier of the sentence the status and the severity that the quote says of it (in its line; without one there, up to
the next identifier) must be the one that the sentence says of it.
"""

from __future__ import annotations

import re

from citebound.ingest.severity import STATUS, WORD, severity_of, standing

_ID = re.compile(r"\b[A-Z]{1,8}(?:-[A-Z]{1,8})*-\d{1,8}(?:-\d{1,8})*\b")
_STATUS = re.compile(rf"(?<![\w-]){STATUS}(?![\w-])", re.I)
_LISTED = re.compile(r"[\s,;/&]*(?:\b(?:and|or|both)\b)?\s*")


def objections(sentence: str, quote: str) -> list[str]:
    """Findings of which the sentence says another status or severity than the quote. `quote` has its line breaks."""
    if len(set(_ID.findall(quote))) < 2:
        return []
    said, shown = _said(sentence), _said(quote, lines=True)
    made = []
    for one, (status, severity) in said.items():
        there_status, there_severity = shown.get(one, (set(), set()))
        for mine, theirs in ((status, there_status), (severity, there_severity)):
            if mine and theirs and not mine & theirs:
                made.append(f"the evidence says “{min(theirs)}” of {one}, the sentence “{min(mine)}”")
    return made


def _said(text: str, *, lines: bool = False) -> dict[str, tuple[set[str], set[str]]]:
    """For each identifier the groups of status and the severities that are said of it."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    places = list(_ID.finditer(text))
    for i, place in enumerate(places):
        until = i + 1
        while until < len(places) and _LISTED.fullmatch(text, places[until - 1].end(), places[until].start()):
            until += 1
        values = _values(text[place.end() : places[until].start() if until < len(places) else len(text)])
        if lines:
            begin, end = text.rfind("\n", 0, place.start()) + 1, text.find("\n", place.end())
            line = text[begin : end if end >= 0 else len(text)]
            if len(set(_ID.findall(line))) == 1 and any(_values(line)):
                values = _values(line)
        status, severity = found.setdefault(place[0], (set(), set()))
        status |= values[0]
        severity |= values[1]
    return found


def _values(text: str) -> tuple[set[str], set[str]]:
    status = {standing(m[0]) for m in _STATUS.finditer(text)} - {""}
    severity = {severity_of(m["word"]) for m in WORD.finditer(text)} - {""}
    return status, severity

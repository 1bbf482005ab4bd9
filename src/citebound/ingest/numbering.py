"""Automatic numbers of Word: what numbering.xml makes Word print before a paragraph ("9.2", "(a)", "Article IV")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

BULLETS = frozenset({"bullet"})
UNPRINTED = frozenset({"none"})
ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty"
).split()
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list definition. `restart`: 0 never; n: after a number of level n or higher; None: as usual."""

    format: str = "decimal"
    pattern: str = ""
    start: int = 1
    legal: bool = False
    suffix: str = "tab"
    style: str = ""
    restart: int | None = None


@dataclass(frozen=True, slots=True)
class List:
    """A w:num: the definition it uses, its levels, and the levels that it starts anew."""

    definition: str
    levels: Mapping[int, Level]
    starts: Mapping[int, int] = field(default_factory=dict)


class Counters:
    """Counts the paragraphs of a document, which must be passed in document order."""

    def __init__(self, lists: Mapping[str, List]) -> None:
        self.lists = lists
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()

    def label(self, number: str, level: int) -> str:
        """The number of the next paragraph of list `number` at `level`, with what separates it from the text; or ""."""
        list_ = self.lists.get(number)
        if list_ is None or level not in list_.levels:
            return ""
        form = list_.levels[level]
        counts = self._counts.setdefault(list_.definition, {})
        if level in list_.starts and (number, level) not in self._begun:
            self._begun.add((number, level))
            counts[level] = list_.starts[level]
        else:
            counts[level] = counts.get(level, form.start - 1) + 1
        for deeper in [d for d in counts if d > level]:
            restart = list_.levels[deeper].restart if deeper in list_.levels else None
            if restart is None or (restart and level < restart):
                del counts[deeper]
        if form.format in BULLETS:
            return "\u2022 "
        if form.format in UNPRINTED:
            return ""
        printed = re.sub(r"%(\d)", lambda m: self._figure(list_, counts, int(m[1]) - 1, form.legal), form.pattern)
        return printed if not printed.strip() or form.suffix == "nothing" else printed.rstrip() + " "

    def _figure(self, list_: List, counts: Mapping[int, int], level: int, legal: bool) -> str:
        form = list_.levels.get(level, Level())
        return figure(counts.get(level, form.start), "decimal" if legal else form.format)


def figure(value: int, form: str) -> str:
    """A number in one of Word's number formats; unknown formats come out as decimal."""
    if form in ("lowerLetter", "upperLetter") and value > 0:
        letters = chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1)
        return letters if form == "lowerLetter" else letters.upper()
    if form in ("lowerRoman", "upperRoman") and 0 < value < 4000:
        roman = _roman(value)
        return roman if form == "lowerRoman" else roman.upper()
    if form == "decimalZero":
        return f"{value:02d}"
    if form == "ordinal":
        return f"{value}{'th' if 10 <= value % 100 <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(value % 10, 'th')}"
    if form == "cardinalText" and 0 <= value <= 20:
        return WORDS[value].capitalize()
    return "" if form in UNPRINTED else str(value)


def _roman(value: int) -> str:
    out = ""
    for size, letters in ROMAN:
        count, value = divmod(value, size)
        out += letters * count
    return out

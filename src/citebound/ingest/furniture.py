"""Running headers, footers and page numbers: what stands at the edge of page after page."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Protocol

from citebound.types import BlockKind

KINDS = (BlockKind.HEADER, BlockKind.FOOTER)
MARGIN = 0.14
DEEP = 6
APART = 700
"""Letters between two page numbers, at least: so that numbered table rows are not taken for pages."""

DIGITS = re.compile(r"\d+")
PAGE_NUMBER = re.compile(r"(?i)^\W*(?:page\s*)?(?:\d{1,4}|[ivxl]{1,7})(?:\s*(?:of|/|\|)\s*\d{1,4})?\W*$")


class Placed(Protocol):
    """A printed line, as far as this file cares."""

    @property
    def text(self) -> str: ...
    @property
    def top(self) -> float: ...
    @property
    def bottom(self) -> float: ...


def furniture(pages: Sequence[tuple[float, Sequence[Placed]]]) -> dict[int, BlockKind]:
    """id() of every line that is a running header or footer. `pages` gives each page's height and its lines.

    A line counts when the same words stand at one height near the edge of three pages or more (of two, in a document
    of up to three), numbers that count the pages aside. Nothing between it and the edge may be body.
    """
    edges = [(i, k, _edge(height, lines, k)) for i, (height, lines) in enumerate(pages) for k in KINDS]
    seen: dict[tuple[object, ...], set[int]] = defaultdict(set)
    for page, kind, lines in edges:
        for line, at in lines:
            for trait in _traits(kind, line.text, at, page):
                seen[trait].add(page)
    enough = 2 if len(pages) <= 3 else 3
    found: dict[int, BlockKind] = {}
    for page, kind, lines in edges:
        for line, at in lines:
            often = max(len(seen[trait]) for trait in _traits(kind, line.text, at, page))
            if often < enough and not (len(pages) > 1 and PAGE_NUMBER.match(line.text)):
                break
            found[id(line)] = kind
    found.update(_counted([line for _, lines in pages for line in lines if id(line) not in found]))
    return found


def _traits(kind: BlockKind, text: str, at: float, page: int) -> Iterator[tuple[object, ...]]:
    """What two copies of a running line have in common: edge, height (in two rasters), words, and how numbers count."""
    words = _words(text)
    numbers = [int(digits[:9]) for digits in DIGITS.findall(text)]
    for slot in (int(at / 6), int(at / 6 + 0.5) + 10_000):
        yield kind, slot, words, tuple(numbers)
        for i, number in enumerate(numbers):
            yield kind, slot, words, i, number - page, tuple(numbers[:i] + numbers[i + 1 :])


def _counted(lines: Sequence[Placed]) -> dict[int, BlockKind]:
    """Footers inside pages, as in filings printed anew: the same words far apart, with a number that counts on."""
    last: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    at = 0
    for line in lines:
        numbers = DIGITS.findall(line.text)
        if numbers and len(line.text) <= 120 and _may_count(line.text, numbers):
            last[_words(line.text)].append((int(numbers[0]), at, id(line)))
        at += len(line.text)
    found: dict[int, BlockKind] = {}
    for series in last.values():
        chain = series[:1]
        for number, place, name in series[1:]:
            if number == chain[-1][0] + 1 and (len(chain) >= 3 or place - chain[-1][1] >= APART):
                chain.append((number, place, name))
        if len(chain) >= 3:
            found.update({name: BlockKind.FOOTER for _, _, name in chain})
    return found


def _may_count(text: str, numbers: Sequence[str]) -> bool:
    if "page" in text.lower():
        return True
    return len(numbers) == 1 and (bool(PAGE_NUMBER.match(text)) or "\t" in text)


def _edge(height: float, lines: Sequence[Placed], kind: BlockKind) -> list[tuple[Placed, float]]:
    """The outermost lines of one edge with their distance from it, outermost first."""
    if kind is BlockKind.HEADER:
        near = [(line, line.top) for line in lines if line.bottom < MARGIN * height]
    else:
        near = [(line, height - line.bottom) for line in lines if line.top > (1 - MARGIN) * height]
    return sorted(near, key=lambda pair: pair[1])[:DEEP]


def _words(text: str) -> str:
    return DIGITS.sub("#", " ".join(text.lower().split()))

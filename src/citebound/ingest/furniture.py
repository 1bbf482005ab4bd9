"""Running headers, footers and page numbers: what stands at the edge of page after page."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from citebound.types import BlockKind

MARGIN = 0.14
DEEP = 6
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

    A line counts when, at one height near the edge, the same words stand on three pages or more (on two, if the document
    has no more than three), or when only numbers differ and they count the pages. Nothing between it and the edge may be body.
    """
    edges = [(k, _edge(height, lines, k)) for height, lines in pages for k in (BlockKind.HEADER, BlockKind.FOOTER)]
    places: dict[tuple[BlockKind, str, int], set[int]] = defaultdict(set)
    for i, (kind, lines) in enumerate(edges):
        for line, at in lines:
            for slot in (int(at / 6), int(at / 6 + 0.5) + 10_000):
                places[kind, _words(line.text), slot].add(i // 2)
    enough = 2 if len(pages) <= 3 else 3
    found: dict[int, BlockKind] = {}
    for kind, lines in edges:
        for line, at in lines:
            slots = (int(at / 6), int(at / 6 + 0.5) + 10_000)
            seen = max(len(places[kind, _words(line.text), slot]) for slot in slots)
            if seen < enough and not (len(pages) > 1 and PAGE_NUMBER.match(line.text)):
                break
            found[id(line)] = kind
    return found


def _edge(height: float, lines: Sequence[Placed], kind: BlockKind) -> list[tuple[Placed, float]]:
    """The outermost lines of one edge with their distance from it, outermost first."""
    if kind is BlockKind.HEADER:
        near = [(line, line.top) for line in lines if line.bottom < MARGIN * height]
    else:
        near = [(line, height - line.bottom) for line in lines if line.top > (1 - MARGIN) * height]
    return sorted(near, key=lambda pair: pair[1])[:DEEP]


def _words(text: str) -> str:
    return DIGITS.sub("#", " ".join(text.lower().split()))

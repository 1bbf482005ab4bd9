"""Replacements in a text, and where its old places lie in the new one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from citebound.types import Span


class Edit(NamedTuple):
    """What stands at a span, which is not empty, becomes `text`, which is not empty either."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edits:
    """Replacements in one text, in order; none overlaps another."""

    made: tuple[Edit, ...] = ()

    @classmethod
    def of(cls, wanted: Iterable[Edit]) -> Edits:
        """Of those that overlap, the first that was given stays."""
        kept: list[Edit] = []
        for edit in wanted:
            at = bisect_left(kept, edit.span.start, key=lambda e: e.span.start)
            before = at == 0 or kept[at - 1].span.end <= edit.span.start
            after = at == len(kept) or edit.span.end <= kept[at].span.start
            if before and after:
                kept.insert(at, edit)
        return cls(tuple(kept))

    def text(self, old: str) -> str:
        """The old text with every replacement made."""
        pieces, at = [], 0
        for span, new in self.made:
            pieces += [old[at : span.start], new]
            at = span.end
        return "".join([*pieces, old[at:]])

    def span(self, old: Span) -> Span:
        """Where a span of the old text lies in the new one. What it cuts in two is taken whole."""
        first = bisect_right(self.made, old.start, key=lambda e: e.span.end)
        last = bisect_left(self.made, old.end, key=lambda e: e.span.start)
        touched = self.made[first:last]
        start = min(old.start, *(e.span.start for e in touched)) if touched else old.start
        end = max(old.end, *(e.span.end for e in touched)) if touched else old.end
        return Span(start + self._growth(first), end + self._growth(last))

    def _growth(self, count: int) -> int:
        """Characters that the first replacements add."""
        return sum(len(e.text) - len(e.span) for e in self.made[:count])

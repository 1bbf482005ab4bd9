"""Measures: pure functions of spans. Who computes a prediction is another matter.

Spans come with the document they lie in; overlapping spans of one document are merged first, so that no character is
counted twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from citebound.types import Span


@dataclass(frozen=True, slots=True)
class Place:
    """A span in a document, named by whatever the suite names documents by."""

    document: str
    span: Span


def merged(places: Iterable[Place]) -> list[Place]:
    """The same characters as disjoint places, in order."""
    made: list[Place] = []
    for place in sorted(places, key=lambda p: (p.document, p.span.start, p.span.end)):
        if made and made[-1].document == place.document and place.span.start <= made[-1].span.end:
            last = made.pop()
            place = Place(last.document, Span(last.span.start, max(last.span.end, place.span.end)))
        made.append(place)
    return made


def overlap(found: Iterable[Place], gold: Iterable[Place]) -> int:
    """Characters that lie in both."""
    gold = merged(gold)
    return sum(f.span.overlap(g.span) for f in merged(found) for g in gold if f.document == g.document)


def character_recall(found: Iterable[Place], gold: Sequence[Place]) -> float:
    """Share of the gold characters that were found; 1.0 where there is no gold."""
    total = sum(len(p.span) for p in merged(gold))
    return overlap(found, gold) / total if total else 1.0


def character_precision(found: Sequence[Place], gold: Iterable[Place]) -> float:
    """Share of the found characters that are gold; 0.0 where nothing was found."""
    total = sum(len(p.span) for p in merged(found))
    return overlap(found, gold) / total if total else 0.0


def on_gold(quotes: Sequence[Place], gold: Sequence[Place]) -> bool:
    """Whether the quotes cover at least half of one gold span and are together at most three times as long as it."""
    length = sum(len(p.span) for p in merged(quotes))
    return any(2 * overlap(quotes, [g]) >= len(g.span) and length <= 3 * len(g.span) for g in gold)


def wilson(successes: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); (0, 1) for n = 0."""
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    centre = share + z * z / (2 * n)
    margin = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - margin) / scale), min(1.0, (centre + margin) / scale)

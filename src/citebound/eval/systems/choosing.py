"""Which labelled items a system with few labels gets."""

from __future__ import annotations

from collections.abc import Sequence

from citebound.eval.suite import Item, draw


def choose(items: Sequence[Item], count: int, seed: int) -> list[Item]:
    """`count` items: labels (or answerable and not) in turn, drawn by the seed; a larger choice contains a smaller."""
    groups: dict[str, list[Item]] = {}
    for item in sorted(items, key=lambda i: draw(seed, i.id)):
        groups.setdefault(item.label or str(item.answerable), []).append(item)
    order = sorted(groups, key=lambda g: (-len(groups[g]), g))
    made: list[Item] = []
    while len(made) < min(count, len(items)):
        made += [groups[g].pop(0) for g in order if groups[g]]
    return made[:count]

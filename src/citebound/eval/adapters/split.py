"""Splits by hash: the same keys fall on the same sides on every machine, whatever their order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def draw(key: str) -> str:
    """A key's place in the draw: its sha256."""
    return hashlib.sha256(key.encode()).hexdigest()


def drawn(keys: Iterable[str]) -> list[str]:
    """The keys in the order of the draw."""
    return sorted(set(keys), key=draw)


def split(keys: Iterable[str], train: float, dev: float) -> dict[str, str]:
    """key -> "train", "dev" or "test", with exact shares (rounded) of the distinct keys; the rest is for testing."""
    order = drawn(keys)
    first = round(train * len(order))
    second = round((train + dev) * len(order))
    return {key: "train" if i < first else "dev" if i < second else "test" for i, key in enumerate(order)}

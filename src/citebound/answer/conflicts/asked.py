"""What the comparison of places knows of a question, and of the places that were found for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from citebound.types import DocumentInfo, Filter, Source, Span

Allowed = Callable[[str], bool]
"""Whether the filter of the question lets a document be seen, by its id."""

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence that was found for a question."""

    document: DocumentInfo
    source: Source
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the comparison must know of a question: whether it names documents (or is asked of one), the filter it was
    asked under, whether it speaks of a kind of document ("the NDA"), and the sentences that were found for it, best
    first."""

    question: str
    named: bool
    tree: Filter | None
    of_kind: bool = False
    places: Sequence[Place] = ()


def grouped(found: Iterable[Told], key: Callable[[Told], str]) -> list[list[Told]]:
    """Those with the same key together, in the order of their first."""
    groups: dict[str, list[Told]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())

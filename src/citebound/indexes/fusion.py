"""One score from several: sums of standard scores, and what neighbours lend each other.

Sums of z-scores keep by how much one retriever prefers a chunk, which ranks throw away (measured in eval/LOG.md).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from citebound.types import Why

Scores = NDArray[np.float64]

LEAST_COSINE, LEAST_SHARE = 0.02, 0.1
"""Smaller deviations, of cosines and as a share of the mean BM25 score, are chance: few chunks, or equal ones."""

SPREAD = 6.0
"""What the second of a document's chunks loses, times ln 2, the third times ln 3, where many documents are alike: each
is heard before one is heard at length."""

LENT = (0.4, 0.15)
"""Share of a chunk's score that its neighbours at distance 1, 2 get: evidence in contracts is long and contiguous."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What one stage says: raw scores by chunk id, best first, and the mean and standard deviation over all chunks that
    it looked at. A chunk that it does not name scores `absent`."""

    stage: str
    weight: float
    scores: Mapping[int, float]
    mean: float
    deviation: float
    absent: float = 0.0
    ranks: Mapping[int, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ranks", {id_: rank for rank, id_ in enumerate(self.scores, start=1)})

    def standard(self, ids: Sequence[int]) -> Scores:
        """Weighted standard scores, float64 (len(ids),)."""
        raw = np.array([self.scores.get(id_, self.absent) for id_ in ids])
        return self.weight * (raw - self.mean) / self.deviation

    def why(self, id_: int) -> Why | None:
        """How this stage found a chunk; None if it did not."""
        rank = self.ranks.get(id_)
        return Why(self.stage, rank, self.scores[id_]) if rank else None


def of_cosines(stage: str, weight: float, found: Sequence[tuple[int, float]], sample: NDArray[np.float32]) -> Ranked:
    """Cosines, best first; `sample` are those of chunks drawn from all that were searched."""
    values = sample if len(sample) else np.array([score for _, score in found], dtype=np.float32)
    mean, deviation = (float(values.mean()), float(values.std())) if len(values) else (0.0, 1.0)
    return Ranked(stage, weight, dict(found), mean, max(deviation, LEAST_COSINE), absent=mean)


def of_words(stage: str, weight: float, found: Sequence[tuple[int, float]], searched: int) -> Ranked:
    """BM25 scores, best first; the other ones of `searched` chunks have 0."""
    values = np.array([score for _, score in found])
    total = max(searched, len(values), 1)
    mean = float(values.sum()) / total
    deviation = float(np.sqrt(max(0.0, float((values**2).sum()) / total - mean**2)))
    return Ranked(stage, weight, dict(found), mean, max(deviation, LEAST_SHARE * mean) or 1.0)


def best_of(stage: str, weight: float, several: Sequence[Ranked]) -> Ranked:
    """The best standard score that any of several says of a chunk. One alone is itself."""
    if len(several) == 1:
        return replace(several[0], stage=stage, weight=weight)
    plain = [replace(one, weight=1.0) for one in several]
    ids = sorted({id_ for one in plain for id_ in one.scores})
    best = np.max([one.standard(ids) for one in plain], axis=0)
    absent = max(float(one.standard([-1])[0]) for one in plain)
    order = sorted(range(len(ids)), key=lambda i: (-best[i], ids[i]))
    return Ranked(stage, weight, {ids[i]: float(best[i]) for i in order}, 0.0, 1.0, absent)


def lend(scores: Scores, documents: Sequence[Hashable], positions: Sequence[int]) -> Scores:
    """Scores with the shares of their neighbours. Chunks are in the order of document and position."""
    made = scores.copy()
    whose, where = _numbered(documents), np.array(positions)
    for distance, share in enumerate(LENT, start=1):
        beside = (whose[distance:] == whose[:-distance]) & (where[distance:] - where[:-distance] == distance)
        made[:-distance] += share * beside * scores[distance:]
        made[distance:] += share * beside * scores[:-distance]
    return made


def spread(scores: Scores, documents: Sequence[Hashable]) -> Scores:
    """Scores of which each document's best stays, and every further one loses by its rank in the document."""
    whose = _numbered(documents)
    order = np.lexsort((-scores, whose))
    grouped = whose[order]
    begins = np.flatnonzero(np.diff(grouped, prepend=-1))
    ranks = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order)))
    made = scores.copy()
    made[order] -= SPREAD * np.log1p(ranks)
    return made


def _numbered(documents: Sequence[Hashable]) -> NDArray[np.int64]:
    """A number for each document, by its first chunk."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(document, len(numbers)) for document in documents], dtype=np.int64)

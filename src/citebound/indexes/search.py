"""Hybrid search over one collection: dense and lexical candidates, fused by rank, merged into passages.

Readers work on whole generations: the index of the published one, the vectors committed since (searched exactly), and
the tombstones. If the published index is missing, torn or of another encoder, it is not trusted: the vectors of the
store are searched instead until it is rebuilt.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citebound.errors import ConfigError, StoreCorrupt
from citebound.indexes import generation
from citebound.indexes.faiss_index import NARROW, FaissIndex, exact_search
from citebound.indexes.lexical import match_expression
from citebound.indexes.store import Snapshot, Store
from citebound.ingest.sentences import sentence_spans
from citebound.protocols import Embedder, Vectors
from citebound.types import Filter, Hit, Passage, Span, Why

log = logging.getLogger(__name__)

RRF = 60
"""Constant of reciprocal rank fusion: score = sum of 1 / (60 + rank) (Cormack, Clarke, Büttcher, SIGIR 2009)."""

DEPTH = 200
"""Candidates that each retriever contributes at least."""

STAGES = ("dense", "lexical")


@dataclass(frozen=True, slots=True)
class _View:
    snapshot: Snapshot
    index: FaissIndex | None
    delta_ids: NDArray[np.int64]
    delta: Vectors
    tombstones: NDArray[np.int64]


class Search:
    """Searches the collection in `root`. Safe to use from several threads."""

    def __init__(self, root: Path, store: Store, embedder: Embedder) -> None:
        self._root = root
        self._store = store
        self._embedder = embedder
        self._lock = threading.Lock()
        self._view: _View | None = None

    def hits(self, question: str, k: int, tree: Filter | None = None, *, stages: Iterable[str] = STAGES) -> list[Hit]:
        """At most `k` hits, best first; ties are broken by the order of ingestion, so equal calls agree."""
        depth = max(DEPTH, 2 * k)
        found: dict[str, list[tuple[int, float]]] = {}
        if "dense" in stages:
            found["dense"] = self.dense(question, depth, tree)
        if "lexical" in stages:
            expression = match_expression(question)
            found["lexical"] = self._store.lexical(expression, depth, tree) if expression else []
        why: dict[int, list[Why]] = {}
        for stage, ranked in found.items():
            for rank, (id_, score) in enumerate(ranked, start=1):
                why.setdefault(id_, []).append(Why(stage, rank, score))
        fused = {id_: sum(1.0 / (RRF + w.rank) for w in reasons) for id_, reasons in why.items()}
        order = sorted(fused, key=lambda id_: (-fused[id_], id_))
        rows = self._store.chunks(order[: 2 * k], tree)
        kept = [id_ for id_ in order[: 2 * k] if id_ in rows][:k]
        return [
            Hit(*rows[id_], score=fused[id_], rank=rank, why=tuple(why[id_])) for rank, id_ in enumerate(kept, start=1)
        ]

    def dense(self, question: str, k: int, tree: Filter | None = None) -> list[tuple[int, float]]:
        """Chunk ids and cosines, best first, the filter applied inside the search."""
        view = self._current()
        query: Vectors = self._embedder.embed([question])[0]
        allowed = self._store.allowed(tree) if tree is not None else None
        if view.index is None or (
            allowed is not None and not view.index.exact and len(allowed) < NARROW * len(view.index)
        ):
            ids, vectors = self._store.vectors_of(allowed.tolist()) if allowed is not None else self._store.vectors()
            return _pairs(*exact_search(query, ids, vectors, k))
        published = _pairs(*view.index.search(query, k, among=allowed, without=view.tombstones))
        inside = np.isin(view.delta_ids, allowed) if allowed is not None else slice(None)
        recent = _pairs(*exact_search(query, view.delta_ids[inside], view.delta[inside], k))
        return sorted(published + recent, key=lambda pair: (-pair[1], pair[0]))[:k]

    def generation(self) -> int:
        return self._store.snapshot().generation

    def _current(self) -> _View:
        """The view of the last commit; loaded once for each and shared by all threads."""
        with self._lock:
            with self._store.reading():
                if self._store.encoder() not in ("", self._embedder.key):
                    raise ConfigError(
                        f"the vectors of this collection are of another encoder than {self._embedder.name}",
                        remedy="Set the encoder it was made with, or run `citebound index rebuild`.",
                    )
                snapshot = self._store.snapshot()
                if self._view is not None and self._view.snapshot == snapshot:
                    return self._view
                delta_ids, delta = self._store.delta()
                tombstones = self._store.tombstones()
            index = self._view.index if self._view and _same_generation(self._view.snapshot, snapshot) else None
            if index is None:
                index = self._load(snapshot)
            self._view = _View(snapshot, index, delta_ids, delta, tombstones)
            return self._view

    def _load(self, snapshot: Snapshot) -> FaissIndex | None:
        if snapshot.generation == 0:
            return FaissIndex(self._embedder.dimension)
        try:
            return generation.load(self._root, snapshot.generation, snapshot.manifest_sha256, self._embedder.key)
        except StoreCorrupt as error:
            if _same_generation(snapshot, self._store.snapshot()):  # else a newer one has just taken its place
                log.warning(
                    "index not trusted, searching the store instead: %s; `citebound index rebuild` mends it", error
                )
            return None


def passages(hits: Sequence[Hit], budget: int) -> list[Passage]:
    """Merge neighbouring hits of one document into passages, best first, with at most `budget` characters in all.

    Hits are taken in order of rank while they fit; the first that does not is cut after a sentence, and is the last.
    """
    kept: list[Hit] = []
    left = budget
    for hit in hits:
        if len(hit.chunk.text) > left:
            shortened = _shortened(hit, left)
            kept += [shortened] if shortened else []
            break
        kept.append(hit)
        left -= len(hit.chunk.text)
    groups: list[list[Hit]] = []
    for hit in sorted(kept, key=lambda h: (h.chunk.document_id, h.source.path, h.chunk.span)):
        if groups and _touch(groups[-1][-1], hit):
            groups[-1].append(hit)
        else:
            groups.append([hit])
    return [_passage(group) for group in sorted(groups, key=lambda g: min(h.rank for h in g))]


def _touch(one: Hit, other: Hit) -> bool:
    same = (one.chunk.document_id, one.source.path) == (other.chunk.document_id, other.source.path)
    return same and one.chunk.span.end == other.chunk.span.start


def _shortened(hit: Hit, length: int) -> Hit | None:
    """The hit with as many of its first sentences as fit, or None if not even one does."""
    ends = [s.end for s in sentence_spans(hit.chunk.text) if s.end <= length]
    if not ends:
        return None
    start = hit.chunk.span.start
    chunk = replace(hit.chunk, text=hit.chunk.text[: ends[-1]], span=Span(start, start + ends[-1]))
    return replace(hit, chunk=chunk)


def _passage(hits: Sequence[Hit]) -> Passage:
    raw = "".join(h.chunk.text for h in hits)
    begin = hits[0].chunk.span.start + len(raw) - len(raw.lstrip())
    text = raw.strip()
    best = min(hits, key=lambda h: h.rank)
    return Passage(
        document=best.document,
        source=best.source,
        span=Span(begin, begin + len(text)),
        text=text,
        context=best.chunk.context,
        pages=tuple(sorted({page for h in hits for page in h.chunk.pages})),
        hits=tuple(sorted(hits, key=lambda h: h.rank)),
    )


def _pairs(ids: NDArray[np.int64], scores: NDArray[np.float32]) -> list[tuple[int, float]]:
    return [(int(i), float(s)) for i, s in zip(ids, scores, strict=True)]


def _same_generation(one: Snapshot, other: Snapshot) -> bool:
    return (one.generation, one.manifest_sha256) == (other.generation, other.manifest_sha256)

"""Hybrid search over one collection: routed to the documents that the question names, found by meaning and by words,
by the question's own words and by those that documents print for it, fused, merged into passages.

Readers work on whole generations: the index of the published one, the vectors committed since (searched exactly), and
the tombstones. If the published index is missing, torn or of another encoder, it is not trusted: the vectors of the
store are searched instead until it is rebuilt.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citebound.errors import ConfigError, StoreCorrupt
from citebound.indexes import adapter as adapters
from citebound.indexes import generation
from citebound.indexes.adapter import Adapter
from citebound.indexes.faiss_index import NARROW, FaissIndex, exact_search
from citebound.indexes.fusion import Ranked, Scores, best_of, lend, of_cosines, of_words, spread
from citebound.indexes.lexical import match_expression
from citebound.indexes.routing import Centres, Route, Router, centres, without_kind
from citebound.indexes.store import Snapshot, Store
from citebound.indexes.synonyms import Entry, Kind, entries, kind
from citebound.ingest.sentences import sentence_spans
from citebound.protocols import CrossEncoder, Embedder, Vectors
from citebound.types import And, Filter, Hit, In, Passage, Span, Why

log = logging.getLogger(__name__)

DEPTH = 200
"""Candidates that each retriever contributes at least."""

WHOLE = 30_000
"""Chunks of the documents that a question names, up to which every one of them is scored."""

SAMPLE = 1000
"""Chunks that the mean and deviation of cosines are taken from."""

STAGES = ("dense", "lexical", "routing", "synonyms", "neighbours", "duplicates", "closure")
"""Each may be left out. `dense` and `lexical` find chunks; the others change what is asked or how it is scored, and
`closure` what passages bring with them. Two more are off unless they are named: "adapter" maps the question's vector
by the collection's query adapter, and `dense` is then called "dense adapted"; "cross-encoder" reads the question with
each of the first hits."""

REREAD = 32
"""Hits that a cross-encoder puts in order; those behind them stay where they are."""

EVERYWHERE = {"dense": 1.0, "lexical": 0.7, "dense synonyms": 0.5, "lexical synonyms": 0.5}
INSIDE = {"dense": 0.6, "lexical": 0.3, "dense synonyms": 1.0, "lexical synonyms": 0.9}
"""Weights of the stages in all documents, and in those that the question names, where what documents print for it tells
more. Chosen on the tuning third of LegalBench-RAG mini and on the demo suite (eval/LOG.md)."""


CENTRED = 50_000
"""Chunks of a collection up to which it is known what each document is about."""

LEANING = 8.0
"""In standard deviations: what it is worth if the name of a chunk's document has all words of the question."""


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, best first; the documents that the question named, what was asked without their names, the words that were
    searched beside its own, and what the query adapter was, "" if none was used."""

    hits: tuple[Hit, ...]
    route: Route
    asked: str
    synonyms: str
    adapter: str = ""


@dataclass(frozen=True, slots=True)
class _View:
    snapshot: Snapshot
    index: FaissIndex | None
    published: NDArray[np.int64]
    delta_ids: NDArray[np.int64]
    delta: Vectors
    tombstones: NDArray[np.int64]
    sample: Vectors


@dataclass(frozen=True, slots=True)
class _Scope:
    """What one question searches: documents by filter, how many candidates of each stage, and, if every chunk is
    scored, their ids, documents and positions."""

    tree: Filter | None
    layout: tuple[tuple[int, str, int], ...]
    depth: int


class Search:
    """Searches the collection in `root`. Safe to use from several threads. `adapter` is used instead of the stored
    one; `cross_encoder` opens the model for the stage of that name, on first need."""

    def __init__(
        self,
        root: Path,
        store: Store,
        embedder: Embedder,
        *,
        adapter: Adapter | None = None,
        cross_encoder: Callable[[], CrossEncoder | None] = lambda: None,
    ) -> None:
        self._root = root
        self._store = store
        self._embedder = embedder
        self._router = Router(store)
        self._told: dict[tuple[str, ...], Vectors] = {}
        self._lock = threading.Lock()
        self._view: _View | None = None
        self._about: tuple[Snapshot, Centres] | None = None
        self._given_adapter = adapter
        self._cross_encoder = cross_encoder
        self._read_adapter: tuple[tuple[int, int, int], Adapter] | None = None

    def hits(self, question: str, k: int, tree: Filter | None = None, *, stages: Iterable[str] = STAGES) -> list[Hit]:
        """At most `k` hits, best first; ties are broken by the order of ingestion, so equal calls agree."""
        return list(self.find(question, k, tree, stages=stages).hits)

    def find(self, question: str, k: int, tree: Filter | None = None, *, stages: Iterable[str] = STAGES) -> Found:
        """The hits and how the question was understood. With the stage "adapter" it raises UnknownAdapter if there is
        none, WrongEncoder for one of another encoder, StoreCorrupt, FormatTooNew."""
        on = frozenset(stages)
        adapter = self.adapter() if "adapter" in on else None
        route = self._router.route(question, tree) if "routing" in on else Route()
        spoken_of = kind(question) if "routing" in on and not route.documents else None
        alike = self._alike(spoken_of, tree) if spoken_of else ()
        asked = without_kind(question, spoken_of.called) if spoken_of and alike else route.residual or question
        told = entries(asked) if "synonyms" in on else ()
        scope = self._scope(alike or tuple(route.documents), tree, k)
        weights = INSIDE if scope.layout else EVERYWHERE
        ranked = []
        if "dense" in on:
            ranked += self._by_meaning(asked, told, weights, scope, adapter)
        if "lexical" in on:
            among = self._store.searched(scope.tree)[1]
            ranked.append(self._by_words("lexical", weights["lexical"], asked, scope, among))
            if told:
                each = [self._by_words("lexical synonyms", 1.0, entry.words, scope, among) for entry in told]
                ranked.append(best_of("lexical synonyms", weights["lexical synonyms"], each))
        ids = [row[0] for row in scope.layout] or sorted({id_ for one in ranked for id_ in one.scores})
        total = np.sum([one.standard(ids) for one in ranked], axis=0) if ids and ranked else np.zeros(len(ids))
        if route.leaning and ids and not alike:
            total += LEANING * self._leaning(route, ids)
        if scope.layout and "neighbours" in on:
            total = lend(total, [row[1] for row in scope.layout], [row[2] for row in scope.layout])
        if scope.layout and alike:
            total = spread(total, [row[1] for row in scope.layout])
        total = np.round(total, 5)  # what an index and the store compute differs behind that
        order = sorted(range(len(ids)), key=lambda i: (-total[i], ids[i]))[: 2 * k]
        rows = self._store.chunks([ids[i] for i in order], scope.tree)
        hits = [
            Hit(*rows[ids[i]], score=float(total[i]), rank=0, why=_why(ranked, ids[i])) for i in order if ids[i] in rows
        ]
        if "duplicates" in on:
            hits = _distinct(hits)
        if "cross-encoder" in on:
            hits = self._reread(asked, hits)
        numbered = tuple(replace(hit, rank=rank) for rank, hit in enumerate(hits[:k], start=1))
        searched = "; ".join(sentence for entry in told for sentence in entry.printed)
        return Found(numbered, route, asked, searched, str(adapter.facts) if adapter else "")

    def _reread(self, asked: str, hits: list[Hit]) -> list[Hit]:
        """The first hits in the order of the cross-encoder, which reads each with its headings."""
        model = self._cross_encoder()
        if model is None or not hits:
            return hits
        first = hits[:REREAD]
        scores = model.scores(asked, [f"{hit.chunk.context}\n{hit.chunk.text}" for hit in first])
        order = sorted(range(len(first)), key=lambda i: (-round(float(scores[i]), 5), i))
        told = [
            replace(first[i], why=(*first[i].why, Why("cross-encoder", rank, float(scores[i]))))
            for rank, i in enumerate(order, start=1)
        ]
        return [*told, *hits[REREAD:]]

    def adapter(self) -> Adapter:
        """The collection's query adapter, read once for each time it is written. Raises as `find`."""
        if self._given_adapter:
            return self._given_adapter
        path = self._root / adapters.FILE
        with self._lock:
            try:
                stat = path.stat()
            except FileNotFoundError:
                return adapters.read(self._root, self._embedder)  # which says what to do
            mark = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if self._read_adapter is None or self._read_adapter[0] != mark:
                self._read_adapter = mark, adapters.read(self._root, self._embedder)
            return self._read_adapter[1]

    def _scope(self, documents: tuple[str, ...], tree: Filter | None, k: int) -> _Scope:
        """What is searched: the documents that are meant, chunk by chunk if they are not too many, or all."""
        if not documents:
            return _Scope(tree, (), max(DEPTH, 2 * k))
        named = In("document", documents)
        within = named if tree is None else And((tree, named))
        layout = self._store.layout(within)
        if len(layout) > WHOLE:
            return _Scope(within, (), max(DEPTH, 2 * k))
        return _Scope(within, tuple(layout), len(layout))

    def _alike(self, spoken_of: Kind, tree: Filter | None) -> tuple[str, ...]:
        """The documents of a kind, nearest first, if they are several."""
        near = self._centres().near(self._meaning((spoken_of.printed,)))
        if tree is not None and near:
            allowed = {row[1] for row in self._store.layout(tree)}
            near = tuple(document for document in near if document in allowed)
        return near if len(near) > 1 else ()

    def _meaning(self, sentences: tuple[str, ...]) -> Vectors:
        """The mean vector of what an entry prints, of length 1; embedded once."""
        if sentences not in self._told:
            mean = self._embedder.embed(list(sentences)).mean(axis=0)
            self._told[sentences] = mean / max(float(np.linalg.norm(mean)), 1e-9)
        return self._told[sentences]

    def _leaning(self, route: Route, ids: Sequence[int]) -> Scores:
        documents = self._store.documents_of(ids)
        return np.array([route.leaning.get(documents.get(id_, ""), 0.0) for id_ in ids])

    def _by_meaning(
        self,
        asked: str,
        told: Sequence[Entry],
        weights: Mapping[str, float],
        scope: _Scope,
        adapter: Adapter | None,
    ) -> list[Ranked]:
        """What the meaning of the question says, which alone is adapted, and that of what documents print for it."""
        view = self._current()
        query: Vectors = self._embedder.embed([asked])[0]
        gained = adapter.weight(query) if adapter else 1.0
        ids, vectors = (
            self._vectors(view, [row[0] for row in scope.layout])
            if scope.layout
            else (np.zeros(0, dtype=np.int64), view.sample)
        )

        def ranked(stage: str, weight: float, query: Vectors) -> Ranked:
            if scope.layout:
                found = _pairs(*exact_search(query, ids, vectors, len(ids)))
                sample = np.array([score for _, score in found], dtype=np.float32)
            else:
                found = self._nearest(view, query, scope.depth, scope.tree)
                sample = vectors @ query if len(vectors) else np.zeros(0, dtype=np.float32)
            return of_cosines(stage, weight, found, sample)

        if adapter:
            made = [ranked("dense adapted", gained * weights["dense"], adapter(query[None])[0])]
        else:
            made = [ranked("dense", weights["dense"], query)]
        if told:
            each = [ranked("dense synonyms", 1.0, self._meaning(entry.printed)) for entry in told]
            made.append(best_of("dense synonyms", weights["dense synonyms"], each))
        return made

    def _by_words(self, stage: str, weight: float, text: str, scope: _Scope, among: int) -> Ranked:
        expression = match_expression(text)
        found = self._store.lexical(expression, scope.depth, scope.tree) if expression else []
        return of_words(stage, weight, found, among if found else 0)

    def _vectors(self, view: _View, ids: Sequence[int]) -> tuple[NDArray[np.int64], Vectors]:
        """Vectors of some chunks: from the published index where it keeps them as they are, else from the store."""
        if view.index is not None and view.index.exact and not len(view.delta_ids):
            wanted = np.sort(np.array(ids, dtype=np.int64))
            places = np.searchsorted(view.published, wanted)
            places[places == len(view.published)] = 0
            wanted = wanted[view.published[places] == wanted] if len(view.published) else wanted[:0]
            return wanted, view.index.reconstruct(wanted)
        return self._store.vectors_of(ids)

    def _nearest(self, view: _View, query: Vectors, k: int, tree: Filter | None) -> list[tuple[int, float]]:
        """Chunk ids and cosines, best first, the filter applied inside the search."""
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
            sample = self._store.sample(SAMPLE)
            published = np.sort(index.ids()) if index is not None else np.zeros(0, dtype=np.int64)
            self._view = _View(snapshot, index, published, delta_ids, delta, tombstones, sample)
            return self._view

    def _centres(self) -> Centres:
        """What each document is about, read once for each commit; nothing in a collection that is too large for it."""
        snapshot = self._current().snapshot
        if self._about is None or self._about[0] != snapshot:
            self._about = snapshot, self._read_centres()
        return self._about[1]

    def _read_centres(self) -> Centres:
        if self._store.searched(None)[1] > CENTRED:
            return Centres((), np.zeros((0, self._embedder.dimension), dtype=np.float32))
        ids, vectors = self._store.vectors()
        documents = self._store.documents_of(ids.tolist())
        there = np.array([int(id_) in documents for id_ in ids], dtype=bool)  # a document may just have been forgotten
        return centres([documents[int(id_)] for id_ in ids[there]], vectors[there])

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


def _why(ranked: Sequence[Ranked], id_: int) -> tuple[Why, ...]:
    return tuple(why for one in ranked if (why := one.why(id_)))


def _distinct(hits: Sequence[Hit]) -> list[Hit]:
    """The hits without those that repeat, in the same document, the text of a better one.

    The same text in two documents stays: a clause or a finding that comes again is a fact about the second one.
    """
    seen: set[tuple[str, str]] = set()
    kept = []
    for hit in hits:
        key = (hit.chunk.document_id, " ".join(hit.chunk.text.lower().split()))
        if key not in seen:
            seen.add(key)
            kept.append(hit)
    return kept


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

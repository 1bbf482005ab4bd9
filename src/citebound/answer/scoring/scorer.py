"""Scorers: a calibrated linear classifier on frozen embeddings, for clauses, findings or whole documents.

`head.py` fits it and says how good it is, `scorer_file.py` reads the labels and stores it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citebound import config as settings
from citebound.answer.scoring import scorer_file
from citebound.answer.scoring.head import Head, figures, fit, out_of_fold
from citebound.answer.scoring.scorer_file import Facts, Labels
from citebound.config import Config
from citebound.errors import ConfigError, QueryError, WrongEncoder
from citebound.indexes.embeddings import open_encoder
from citebound.indexes.store import Store, now
from citebound.ingest.chunker import body_end, section_path
from citebound.protocols import Embedder, Vectors
from citebound.types import Document, DocumentInfo, Source, Span

ScoreProgress = Callable[[str, int, int], None]
"""Told the stage ("embed" or "fit"), how much of it is done, and of how much."""

UNITS = ("section", "chunk", "document")
BATCH = 128
WORDS = 72


# -- embedding ----------------------------------------------------------------------------------------------------


def embed_long(
    embedder: Embedder, texts: Sequence[str], progress: ScoreProgress | None = None
) -> tuple[Vectors, NDArray[np.int64]]:
    """Unit vectors of texts of any length, and in how many windows each was embedded: the vector of a text longer than
    the encoder's window is the mean of those of its windows, weighted by their tokens."""
    cut = [_windows(text, embedder) for text in texts]
    counts = np.array([len(windows) for windows in cut], dtype=np.int64)
    pieces = [piece for windows in cut for piece, _ in windows]
    weights = np.array([tokens for windows in cut for _, tokens in windows], dtype=np.float32)
    owner = np.repeat(np.arange(len(texts)), counts)
    made = np.zeros((len(texts), embedder.dimension), dtype=np.float32)
    for start in range(0, len(pieces), BATCH):
        batch = slice(start, start + BATCH)
        np.add.at(made, owner[batch], embedder.embed(pieces[batch]) * weights[batch, None])
        if progress:
            progress("embed", min(start + BATCH, len(pieces)), len(pieces))
    return _unit(made), counts


def _windows(text: str, embedder: Embedder) -> list[tuple[str, int]]:
    """Pieces that fit the window, cut between words where there are any, each with its number of tokens."""
    starts = embedder.token_starts(text)
    made = []
    first = 0
    while len(starts) - first > embedder.window:
        last = first + embedder.window
        while last > first + 1 and not text[starts[last] - 1].isspace():
            last -= 1
        if last == first + 1:
            last = first + embedder.window
        made.append((text[starts[first] : starts[last]].strip(), last - first))
        first = last
    rest = text[starts[first] :] if made else text
    return [*made, (rest.strip(), max(1, len(starts) - first))]


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), dtype=np.float32)


# -- the scorer ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Score:
    """The most probable label, its probability, and the probability of every label."""

    label: str
    probability: float
    probabilities: dict[str, float]


@dataclass(frozen=True, slots=True)
class ScoredPlace:
    """A section, chunk or document with its score; `span` counts code points of the document's text."""

    document: DocumentInfo
    source: Source
    span: Span
    section: str
    pages: tuple[int, ...]
    words: str
    score: Score


class Scorer:
    """Labels texts: made by `train` from labelled ones, or read by `load`. `facts.figures` says how good it is."""

    def __init__(self, facts: Facts, head: Head, embedder: Embedder) -> None:
        self.facts = facts
        self.head = head
        self.embedder = embedder

    @property
    def name(self) -> str:
        """What it is stored as."""
        return self.facts.name

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels it gives, sorted."""
        return self.facts.classes

    @classmethod
    def train(
        cls,
        labels: str | Path | Labels,
        *,
        name: str = "",
        config: Config | None = None,
        embedder: Embedder | None = None,
        progress: ScoreProgress | None = None,
    ) -> Scorer:
        """Fit a scorer to a file of labelled texts; it is not stored until `save`.

        `name` is by default the file's. Raises BadLabels, naming the line, ConfigError, ModelError.
        """
        labels = labels if isinstance(labels, Labels) else scorer_file.read_labels(labels)
        name = name or Path(labels.name).stem
        config = config or settings.load()
        scorer_file.folder_of(config.home, name)
        embedder = embedder or open_encoder(config)
        classes = tuple(sorted(set(labels.labels)))
        targets = np.array([classes.index(label) for label in labels.labels], dtype=np.int64)
        named = [group or f"\0{row}" for row, group in enumerate(labels.groups)]
        groups = np.unique(named, return_inverse=True)[1].astype(np.int64)
        vectors, windows = embed_long(embedder, labels.texts, progress)
        tell = partial(progress, "fit") if progress else None
        probabilities, folds = out_of_fold(vectors, targets, groups, tell)
        head = fit(vectors, targets, groups)
        if tell:
            tell(folds + 1, folds + 1)
        facts = Facts(
            format=scorer_file.FORMAT,
            name=name,
            created=now(),
            classes=classes,
            encoder=embedder.name,
            encoder_key=embedder.key,
            dimension=embedder.dimension,
            temperature=head.temperature,
            c=head.c,
            labels_file=labels.name,
            labels_sha256=labels.sha256,
            repeated=labels.repeated,
            long_texts=int(np.sum(windows > 1)),
            figures=figures(probabilities, targets, groups, classes, folds),
        )
        return cls(facts, head, embedder)

    @classmethod
    def load(cls, name: str, *, config: Config | None = None, embedder: Embedder | None = None) -> Scorer:
        """A stored scorer, its weights verified. Raises UnknownScorer, StoreCorrupt, and WrongEncoder if it was not
        trained with the configured encoder (or `embedder`)."""
        config = config or settings.load()
        facts, weights = scorer_file.read(config.home, name)
        embedder = embedder or open_encoder(config)
        if facts.encoder_key != embedder.key:
            raise WrongEncoder(
                f"the scorer {name!r} was trained with the encoder {facts.encoder}, not with this {embedder.name}",
                remedy="Set the encoder it was trained with (CITEBOUND_ENCODER), or train it again with --replace.",
            )
        head = Head(weights["coefficients"], weights["intercepts"], weights["shifts"], facts.temperature, facts.c)
        return cls(facts, head, embedder)

    def save(self, config: Config | None = None, *, replace: bool = False) -> Path:
        """Store it in the data root; gives its folder. Raises ConfigError if the name is taken, StorageFull."""
        config = config or settings.load()
        head = self.head
        weights = {"coefficients": head.coefficients, "intercepts": head.intercepts, "shifts": head.shifts}
        return scorer_file.write(config.home, self.facts, weights, replace=replace)

    def predict(self, texts: Sequence[str], progress: ScoreProgress | None = None) -> list[Score]:
        """A score for each text, of any length. Raises QueryError for one that is empty."""
        for number, text in enumerate(texts, start=1):
            if not text.strip():
                raise QueryError(f"text {number} is empty", remedy="Leave it out.")
        return self._scores(embed_long(self.embedder, texts, progress)[0]) if texts else []

    def places(
        self,
        store: Store,
        unit: str = "section",
        document_id: str | None = None,
        *,
        most: int | None = None,
        progress: ScoreProgress | None = None,
    ) -> list[ScoredPlace]:
        """Every section, chunk or document of a store, in the order of paths and text, scored.

        A section is its heading with all text under it, subsections too, and the text before the first heading is one;
        the vector of a document is the mean of those of its chunks. Raises ConfigError for another `unit`, QueryError
        if there are more than `most`.
        """
        if unit not in UNITS:
            raise ConfigError(f"{unit!r} is not a unit", remedy=f"Use one of {', '.join(UNITS)}.")
        found: list[_Place] = []
        for info, _, _, _, _, sources in store.listing():
            if document_id in (None, info.id):
                found += _places(store, unit, info, sources[0])
            if most is not None and len(found) > most:
                raise QueryError(
                    f"there are more than {most} {unit}s to score", remedy="Name a document, or take larger units."
                )
        vectors, _ = embed_long(self.embedder, [text for place in found for text in place.texts], progress)
        owner = np.repeat(np.arange(len(found)), [len(place.texts) for place in found])
        means = np.zeros((len(found), self.embedder.dimension), dtype=np.float32)
        np.add.at(means, owner, vectors)
        return [
            ScoredPlace(p.document, p.source, p.span, p.section, p.pages, " ".join(p.texts[0].split())[:WORDS], score)
            for p, score in zip(found, self._scores(_unit(means)), strict=True)
        ]

    def _scores(self, vectors: Vectors) -> list[Score]:
        made = []
        for row in self.head.probabilities(vectors):
            best = int(row.argmax())
            made.append(
                Score(self.classes[best], float(row[best]), dict(zip(self.classes, map(float, row), strict=True)))
            )
        return made


# -- what is scored -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """What is scored, before it is: its vector is the mean of those of its `texts`."""

    document: DocumentInfo
    source: Source
    span: Span
    section: str
    pages: tuple[int, ...]
    texts: tuple[str, ...]


def _places(store: Store, unit: str, info: DocumentInfo, source: Source) -> Iterator[_Place]:
    if unit == "section":
        yield from _sections(store.document(info.id), source)
        return
    chunks = [chunk for chunk in store.chunks_of(info.id) if chunk.text.strip()]
    if unit == "chunk":
        for chunk in chunks:
            section = store.section_path(info.id, chunk.span.start)
            yield _Place(info, source, chunk.span, section, chunk.pages, (chunk.text.strip(),))
    elif chunks:
        span = Span(chunks[0].span.start, chunks[-1].span.end)
        pages = tuple(sorted({page for chunk in chunks for page in chunk.pages}))
        yield _Place(info, source, span, "", pages, tuple(chunk.text.strip() for chunk in chunks))


def _sections(document: Document, source: Source) -> Iterator[_Place]:
    first = min((s.span.start for s in document.sections), default=body_end(document))
    paths = [" > ".join(section_path(document, i)) for i in range(len(document.sections))]
    spans = [(Span(0, first), ""), *zip((s.span for s in document.sections), paths, strict=True)]
    starts = [line.span.start for line in document.lines]
    for span, path in spans:
        text = span.of(document.text).strip()
        if text:
            near = document.lines[max(0, bisect_right(starts, span.start) - 1) : bisect_right(starts, span.end)]
            pages = tuple(sorted({line.page for line in near if line.span.overlap(span)}))
            yield _Place(document.info, source, span, path, pages, (text,))

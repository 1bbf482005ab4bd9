"""Why a question found what it found: how it was understood, what each stage said, what was added and what dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from citebound.indexes.closure import Added, Closed
from citebound.indexes.language import LANGUAGES, language
from citebound.indexes.search import Found
from citebound.indexes.store import Store
from citebound.types import DocumentInfo, Hit, Passage, Source, Span


@dataclass(frozen=True, slots=True)
class Named:
    """A document that the question names, and how much its words say for it."""

    document: DocumentInfo
    source: Source
    score: float


@dataclass(frozen=True, slots=True)
class Dropped:
    """A "hit", "definition" or "clause" that is not shown: no room for it in the budget, or the duplicate of a better
    one. `because` says which one it is: its rank, what asked for it, what it repeats."""

    kind: str
    document: DocumentInfo
    source: Source
    span: Span
    reason: str
    because: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """`language` is that of the question, "" unless the encoder was not made for it; `asked` is the question without
    the names of `documents`; `hits` say for each stage their rank and score. `added` and `hits` are in `passages`,
    `dropped` are not. `adapter` is the query adapter that was used, "" for none."""

    question: str
    language: str
    documents: tuple[Named, ...]
    asked: str
    synonyms: str
    hits: tuple[Hit, ...]
    passages: tuple[Passage, ...]
    added: tuple[Added, ...]
    dropped: tuple[Dropped, ...]
    adapter: str = ""


def explain(store: Store, question: str, encoder: str, found: Found, repeated: Found, closed: Closed) -> Explanation:
    """`found` is what the search gave, `repeated` what it gives with duplicates, `closed` what is shown of it."""
    made = language(question)
    return Explanation(
        question=question,
        language="" if made in LANGUAGES.get(encoder, {made}) else made,
        documents=tuple(
            Named(store.info(id_)[0], store.sources(id_)[0], score) for id_, score in found.route.documents.items()
        ),
        asked=found.asked,
        synonyms=found.synonyms,
        hits=found.hits,
        passages=closed.passages,
        added=closed.added,
        dropped=(
            *_unshown(found.hits, closed.passages),
            *(
                Dropped(a.kind, a.passage.document, a.passage.source, a.passage.span, "budget", a.because)
                for a in closed.dropped
            ),
            *_duplicates(found.hits, repeated.hits),
        ),
        adapter=found.adapter,
    )


def _unshown(hits: Sequence[Hit], passages: Sequence[Passage]) -> list[Dropped]:
    """Hits of which no character is in a passage."""
    shown = {hit.chunk.id for passage in passages for hit in passage.hits}
    return [
        Dropped("hit", hit.document, hit.source, hit.chunk.span, "budget", f"rank {hit.rank}")
        for hit in hits
        if hit.chunk.id not in shown
    ]


def _duplicates(hits: Sequence[Hit], repeated: Sequence[Hit]) -> list[Dropped]:
    """Hits that are left out because a better one of the same document has their text."""
    kept = {hit.chunk.id for hit in hits}
    first = {_text(hit): hit.rank for hit in reversed(hits)}
    return [
        Dropped("hit", hit.document, hit.source, hit.chunk.span, "duplicate", f"repeats rank {first[_text(hit)]}")
        for hit in repeated
        if hit.chunk.id not in kept and _text(hit) in first
    ]


def _text(hit: Hit) -> tuple[str, str]:
    return hit.chunk.document_id, " ".join(hit.chunk.text.lower().split())

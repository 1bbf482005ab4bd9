"""Why a question found what it found: how it was understood, what each stage said, what was added and what dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory  # type: ignore[import-untyped]
from langdetect.lang_detect_exception import LangDetectException  # type: ignore[import-untyped]

from citebound.indexes.closure import Added, Closed
from citebound.indexes.lexical import STOPWORDS
from citebound.indexes.search import Found
from citebound.indexes.store import Store
from citebound.types import DocumentInfo, Hit, Passage, Source, Span

LANGUAGES: Mapping[str, frozenset[str]] = {"all-minilm-l6-v2": frozenset({"en"})}
"""What encoders were made for, in ISO 639-1; of others nothing is known and nothing said."""

LEAST_LETTERS = 20
"""Characters of a question below which its language is anyone's guess."""

CONFIDENT = 0.99

SHORT, FEW = 3, 2
"""Languages are told apart by their little words: a row of long Latin ones ("insurance certificate requirements") is
taken for French. So, without letters beyond ASCII, a few words that are so short and not English must be there."""


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


def language(text: str) -> str:
    """ISO 639-1 code of the language of a text, "" where it is English or not certain."""
    words = [word.lower() for word in re.findall(r"[^\W\d_]+", text)]
    little = {word for word in words if len(word) <= SHORT} - STOPWORDS
    if len(text.strip()) < LEAST_LETTERS or (text.isascii() and len(little) < FEW):
        return ""
    detector = _factory().create()
    detector.append(text)
    try:
        best = detector.get_probabilities()[0]
    except (LangDetectException, IndexError):
        return ""
    return "" if best.prob < CONFIDENT or best.lang == "en" else str(best.lang).partition("-")[0]


@cache
def _factory() -> DetectorFactory:
    """One with a seed of its own: the same text gives the same language, whatever else is detected."""
    made = DetectorFactory()
    made.load_profile(PROFILES_DIRECTORY)
    made.set_seed(0)
    return made


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

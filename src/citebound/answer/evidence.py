"""Question -> evidence: the passages for a prompt, the sentences that answer best, and whether they suffice.

Sentences of the best hits are ranked by meaning (cosine with the question, headings included) and by the weight of
the question's words that they carry. `sufficiency` is the score that decides between an answer and "not found".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from citebound.answer.words import content, facts, stem
from citebound.indexes.lexical import terms
from citebound.indexes.search import passages
from citebound.ingest.sentences import sentence_spans
from citebound.protocols import Embedder
from citebound.types import Hit, Passage, Span

LOOKED_AT = 24
"""Hits whose sentences are ranked."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence of a hit; `span` are offsets in the document's text. Cosine and coverage are in -1..1 and 0..1."""

    hit: Hit
    span: Span
    text: str
    cosine: float
    coverage: float
    score: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found for a question: hits, ranked sentences, and the score that says whether they suffice."""

    hits: tuple[Hit, ...]
    candidates: tuple[Candidate, ...]
    sufficiency: float


def weights(question: str, frequencies: Mapping[str, int], chunks: int) -> dict[str, float]:
    """Weight of each content stem of the question: idf as in BM25 (Robertson, Zaragoza 2009, eq. 3.3), at least 0.1."""
    made: dict[str, float] = {}
    for term in terms(question):
        n = frequencies.get(term, 0)
        idf = math.log(1 + (chunks - n + 0.5) / (n + 0.5))
        for part in content(term) or [stem(term)]:
            made[part] = max(made.get(part, 0.1), idf)
    return made


def gather(question: str, hits: Sequence[Hit], word_weights: Mapping[str, float], embedder: Embedder) -> Evidence:
    """Rank the sentences of the best hits. No hits give no candidates and sufficiency 0."""
    found: list[tuple[Hit, Span, str]] = []
    for hit in hits[:LOOKED_AT]:
        for span in sentence_spans(hit.chunk.text):
            text = span.of(hit.chunk.text)
            if content(text) and not _heading(text, hit.chunk.context):
                start = hit.chunk.span.start
                found.append((hit, Span(start + span.start, start + span.end), text))
    if not found:
        return Evidence(tuple(hits), (), 0.0)
    query, *rows = embedder.embed([question, *(f"{_leaf(h)}\n{text}" for h, _, text in found)])
    cosines = np.stack(rows) @ query
    total = sum(word_weights.values()) or 1.0
    wanted = facts(question)
    candidates = []
    for (hit, span, text), cosine in zip(found, cosines, strict=True):
        own = set(content(text))
        above = set(content(hit.chunk.context))
        covered = sum(w for s, w in word_weights.items() if s in own)
        covered += 0.5 * sum(w for s, w in word_weights.items() if s in above and s not in own)
        coverage = covered / total
        named = 0.1 * len(wanted & facts(text)) / len(wanted) if wanted else 0.0
        score = 0.65 * float(cosine) + 0.35 * coverage + named - 0.02 * hit.rank
        candidates.append(Candidate(hit, span, text, float(cosine), coverage, score))
    candidates.sort(key=lambda c: -c.score)
    return Evidence(tuple(hits), tuple(candidates), sufficiency(candidates))


def sufficiency(candidates: Sequence[Candidate]) -> float:
    """0..1: how near the best sentence is to the question in meaning.

    Words help to rank, but not to decide: the ones of a question that has no answer are often all there.
    """
    return max(0.0, min(1.0, candidates[0].cosine)) if candidates else 0.0


def for_prompt(evidence: Evidence, embedder: Embedder, tokens: int) -> list[Passage]:
    """The hits of the best sentences, then the best hits, while they fit the token budget; merged, in order of rank."""
    order = list(dict.fromkeys([c.hit for c in evidence.candidates[:4]] + list(evidence.hits)))
    kept: list[Hit] = []
    for hit in order:
        cost = len(embedder.token_starts(hit.chunk.text)) + len(embedder.token_starts(hit.chunk.context)) + 8
        if cost > tokens and kept:
            break
        kept.append(hit)
        tokens -= cost
        if tokens <= 0:
            break
    return passages(kept, sum(len(h.chunk.text) for h in kept))


def _leaf(hit: Hit) -> str:
    return hit.chunk.context.rsplit(" > ", 1)[-1]


def _heading(text: str, context: str) -> bool:
    """Whether a sentence is a heading: it repeats its chunk's heading path, or is a few words without an end."""
    words = set(content(text))
    return words <= set(content(context)) or (len(text.split()) < 4 and not text.rstrip().endswith((".", ";")))

"""Question -> evidence: the passages for a prompt, the sentences that answer best, and whether they suffice.

Sentences of the best hits are ranked by meaning (cosine with the question, headings included) and by the weight of
the question's words that they carry. `sufficiency` is the score that decides between an answer and "not found".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from citebound.answer import asked
from citebound.answer.addressed import addressed, around, asks_about_it
from citebound.answer.words import content, facts, stem
from citebound.indexes.closure import Arrange, Closed, close
from citebound.indexes.lexical import terms
from citebound.indexes.search import passages
from citebound.indexes.store import Store
from citebound.ingest.sentences import sentence_spans
from citebound.protocols import Embedder
from citebound.types import Amendment, DocumentInfo, Hit, Passage, Span

LOOKED_AT = 24
"""Hits whose sentences are ranked."""


NEAR = 0.05
"""For a sentence whose headings or neighbours have the identifiers and numbers of the question; it gains 0.1 if it has
them itself."""

UNFIT = 0.1
"""Off the score of a sentence without the kind of value that is asked for, or of a signature."""

FENCE = 8
"""Tokens of the number and the fences of one passage in a prompt."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence of a hit, or of a passage that closure brought; `span` are offsets in the document's text. Cosine
    and coverage are in -1..1 and 0..1. `superseded_by` are the amendments that changed this very sentence."""

    found: Hit | Passage
    span: Span
    text: str
    cosine: float
    coverage: float
    score: float
    superseded_by: tuple[Amendment, ...] = ()

    @property
    def document(self) -> DocumentInfo:
        return self.found.document


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found for a question: hits, ranked sentences, and the score that says whether they suffice. `read` is 1
    where what is asked for was read off the document (`answer.readings`), -1 where it could have been and was not, else
    0. In `addressed` is text that speaks to a machine, which is no evidence."""

    hits: tuple[Hit, ...]
    candidates: tuple[Candidate, ...]
    sufficiency: float
    read: float = 0.0
    addressed: tuple[Hit, ...] = ()


def weights(question: str, frequencies: Mapping[str, int], chunks: int) -> dict[str, float]:
    """Weight of each content stem of the question: idf as in BM25 (Robertson, Zaragoza 2009, eq. 3.3), at least 0.1."""
    made: dict[str, float] = {}
    for term in terms(question):
        n = frequencies.get(term, 0)
        idf = math.log(1 + (chunks - n + 0.5) / (n + 0.5))
        for part in content(term) or [stem(term)]:
            made[part] = max(made.get(part, 0.1), idf)
    return made


def gather(
    question: str,
    hits: Sequence[Hit],
    word_weights: Mapping[str, float],
    embedder: Embedder,
    store: Store | None = None,
) -> Evidence:
    """Rank the sentences of the best hits. No hits give no candidates and sufficiency 0. With the `store`, text that
    speaks to a machine is known where it began before the hit as well."""
    looked_at = [(hit, hit.chunk.text, hit.chunk.span.start, hit.chunk.context, hit.rank) for hit in hits[:LOOKED_AT]]
    candidates = _ranked(question, looked_at, word_weights, embedder, store)
    spoken = tuple(hit for hit in hits[:LOOKED_AT] if _spoken(hit, hit.chunk.text, hit.chunk.span.start, store))
    return Evidence(tuple(hits), tuple(candidates), sufficiency(candidates), addressed=spoken)


def widen(
    evidence: Evidence,
    question: str,
    closed: Closed,
    word_weights: Mapping[str, float],
    embedder: Embedder,
    store: Store | None = None,
) -> Evidence:
    """The evidence with the sentences of what closure brought, each ranked as if it were the hit after the one that
    brought it. Whether the evidence suffices, the hits alone decide: that is what the threshold was chosen on."""
    brought = []
    for added in closed.added:
        by = closed.passages[added.by - 1].hits
        one = added.passage
        brought.append((one, one.text, one.span.start, one.context, (by[0].rank if by else LOOKED_AT) + 1))
    if not brought:
        return evidence
    more = _ranked(question, brought, word_weights, embedder, store)
    candidates = sorted((*evidence.candidates, *more), key=lambda c: -c.score)
    return replace(evidence, candidates=tuple(candidates))


def _ranked(
    question: str,
    looked_at: Sequence[tuple[Hit | Passage, str, int, str, int]],
    word_weights: Mapping[str, float],
    embedder: Embedder,
    store: Store | None,
) -> list[Candidate]:
    """The sentences of what was found, best first; of each: its text, where that begins, its headings and its rank.
    None that speaks to a machine, unless that is asked about, and none that says no more than the question."""
    told = asks_about_it(question)
    apart = [() if told else _spoken(found, text, start, store) for found, text, start, _, _ in looked_at]
    sentences = [
        (found, Span(start + span.start, start + span.end), span.of(text), context, rank)
        for (found, text, start, context, rank), spoken in zip(looked_at, apart, strict=True)
        for span in sentence_spans(text)
        if content(span.of(text))
        and not _heading(span.of(text), context)
        and not echoes(span.of(text), question)
        and not any(span.overlap(one) for one in spoken)
    ]
    if not sentences:
        return []
    query, *rows = embedder.embed([question, *(f"{_leaf(context)}\n{text}" for _, _, text, context, _ in sentences)])
    cosines = np.stack(rows) @ query
    total = sum(word_weights.values()) or 1.0
    wanted = facts(question)
    kind = asked.wanted(question)
    candidates = []
    for (found, span, text, context, rank), cosine in zip(sentences, cosines, strict=True):
        own = set(content(text))
        above = set(content(context))
        covered = sum(w for s, w in word_weights.items() if s in own)
        covered += 0.5 * sum(w for s, w in word_weights.items() if s in above and s not in own)
        coverage = covered / total
        named = 0.1 * len(wanted & facts(text)) / len(wanted) if wanted else 0.0
        if wanted and not named:
            beside = facts(context) | facts(found.chunk.text if isinstance(found, Hit) else found.text)
            named = NEAR * len(wanted & beside) / len(wanted)
        score = 0.65 * float(cosine) + 0.35 * coverage + named - 0.02 * rank
        if kind is not None and not kind.stands_in(asked.without(text, wanted)):
            score -= UNFIT
        if _SIGNED.search(text):
            score -= UNFIT
        candidates.append(Candidate(found, span, text, float(cosine), coverage, score))
    candidates.sort(key=lambda c: -c.score)
    return candidates


def _spoken(found: Hit | Passage, text: str, start: int, store: Store | None) -> tuple[Span, ...]:
    """What of a text that was found speaks to a machine, in its own offsets."""
    if store is None:
        return addressed(text)
    placed = around(store, found.document.id, Span(start, start + len(text)))
    return tuple(Span(max(0, one.start - start), one.end - start) for one in placed)


def sufficiency(candidates: Sequence[Candidate]) -> float:
    """0..1: how near the best sentence is to the question in meaning.

    Words help to rank, but not to decide: the ones of a question that has no answer are often all there.
    """
    return max(0.0, min(1.0, candidates[0].cosine)) if candidates else 0.0


def fitting(evidence: Evidence, embedder: Embedder, tokens: int) -> list[Hit]:
    """The hits of the best sentences, then the best hits, while they fit the token budget; the first in any case."""
    of_sentences = [c.found for c in evidence.candidates[:4] if isinstance(c.found, Hit)]
    kept: list[Hit] = []
    for hit in dict.fromkeys([*of_sentences, *evidence.hits]):
        cost = _tokens(embedder, hit.chunk.text, hit.chunk.context, hit.superseded_by)
        if cost > tokens and kept:
            break
        kept.append(hit)
        tokens -= cost
        if tokens <= 0:
            break
    return kept


def merged(kept: Sequence[Hit]) -> list[Passage]:
    """The hits as passages, in order of rank."""
    return passages(kept, sum(len(hit.chunk.text) for hit in kept))


def closing(
    store: Store, kept: Sequence[Hit], found: Sequence[Hit], embedder: Embedder, tokens: int, arrange: Arrange
) -> Closed:
    """The hits as passages with the definitions and clauses that they need, in the token budget: these take what the
    hits leave free, and room from the last of them."""
    alone = arrange(merged(kept))
    used = sum(_tokens(embedder, h.chunk.text, h.chunk.context, h.superseded_by) for h in kept)
    if not kept or used > tokens:
        return Closed(tuple(alone))
    characters = sum(len(hit.chunk.text) for hit in kept)
    each = characters / max(1, sum(len(embedder.token_starts(hit.chunk.text)) for hit in kept))
    budget = characters + int(each * (tokens - used))
    for _ in range(2):
        closed = close(store, alone, budget, found, order=kept, arrange=arrange)
        if sum(_tokens(embedder, p.text, p.context, p.superseded_by) for p in closed.passages) <= tokens:
            return closed
        budget -= int(2 * each * (FENCE + len(embedder.token_starts(kept[0].chunk.context))))
    return Closed(tuple(alone))


def _tokens(embedder: Embedder, text: str, context: str, superseded_by: Sequence[Amendment]) -> int:
    """What a passage costs in a prompt, with its headings and what is said of what supersedes it."""
    said = notice(superseded_by)
    return sum(len(embedder.token_starts(part)) for part in (text, context, said) if part) + FENCE


def notice(superseded_by: Sequence[Amendment]) -> str:
    """What a prompt says of a changed place: the last change to take effect; "" for none."""
    return " ".join(superseded_by[-1].notice.split()) if superseded_by else ""


def _leaf(context: str) -> str:
    return context.rsplit(" > ", 1)[-1]


_SIGNED = re.compile(r"/s/|\b(?:By|Name|Title|Signature|Date):\s*(?:_{2,}|\[|/s/|Name:|Title:|$)", re.M)

_RUN_IN = re.compile(r"[\"“]?\d{1,3}(?:\.\d{1,3}){0,4}\.?\s+(?:[^\s.\d]{1,30}\s+){0,5}[^\s.\d]{1,30}\.?")
"""The number and name of a clause, which its first sentence follows in the same line."""


_YES_OR_NO = re.compile(
    r"\W*(?:is|are|was|were|does|do|did|has|have|had|can|could|may|must|shall|should|will|would)\b", re.I
)
_QUANTIFIERS = frozenset("all any both each either every neither never no none not".split())


def echoes(text: str, question: str) -> bool:
    """Whether a sentence only repeats the question: it asks it as well, or has none of what is asked for. To "is it
    so?" a statement in the same words is the answer, and of "this or that" one half is."""
    asking = text.rstrip("\"”'’)] ").endswith("?")
    if not asking and (_YES_OR_NO.match(question) or " or " in question.lower() or not question.endswith("?")):
        return False
    words = set(re.findall(r"\w+", text.lower())) - set(re.findall(r"\w+", question.lower()))
    return not words & _QUANTIFIERS and {*content(text), *facts(text)} <= {*content(question), *facts(question)}


def _heading(text: str, context: str) -> bool:
    """Whether a sentence is a heading: it repeats its chunk's heading path, or is a few words without an end."""
    words = set(content(text))
    few = len(text.split()) < 4 and not text.rstrip().endswith((".", ";"))
    return words <= set(content(context)) or few or _RUN_IN.fullmatch(text.strip()) is not None

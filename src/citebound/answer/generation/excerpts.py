"""What of the passages stands in a prompt: the sentences that matter for the question, with their neighbours.

Prompt tokens are what a user without an accelerator waits for. Sentences that are left out show as "[...]"; quotes are
bound against the passages themselves, so that nothing of this decides what is proven.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from citebound.answer.evidence import FENCE, Candidate, notice
from citebound.ingest.sentences import sentence_spans
from citebound.protocols import Embedder
from citebound.types import Passage, Span

LEFT_OUT = "[...]"
CLOSE = 0.1
"""A sentence matters if its score is at most so much below the best one's (eval/LOG.md)."""
LEAST = 3
"""The best sentences matter however far they are from the best one."""
ABOUT = 4
"""Of the budget, what is said of where the first passage stands may take this part at most: one token in so many."""

Place = tuple[int, int]
"""A sentence: the position of its passage, and its own in it."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What of a passage stands in a prompt ("" for nothing), and where the passage stands."""

    text: str
    about: str


def about(passage: Passage) -> str:
    """Where a passage stands, and what supersedes it."""
    return "; ".join(filter(None, (passage.context, notice(passage.superseded_by))))


def whole(given: Sequence[Passage]) -> tuple[Excerpt, ...]:
    """All of each passage."""
    return tuple(Excerpt(passage.text, about(passage)) for passage in given)


def excerpts(
    given: Sequence[Passage], candidates: Sequence[Candidate], embedder: Embedder, tokens: int
) -> tuple[Excerpt, ...]:
    """What of each passage is shown; with headings and fences at most `tokens` in all.

    The sentences that matter are taken in the order of their scores, then the definitions and clauses that they need
    (passages without hits), then the neighbours of each. Of a single sentence that is over the budget its beginning is
    shown.
    """
    sentences = [sentence_spans(p.text) for p in given]
    made = [Excerpt("", _cut(about(p), embedder, tokens // ABOUT)) for p in given]
    costs = [FENCE + _count(embedder, excerpt.about) for excerpt in made]
    used = [0] * len(given)
    taken: list[set[int]] = [set() for _ in given]
    needed = [(p, s) for p, one in enumerate(given) if not one.hits for s in range(len(sentences[p]))]
    for p, s in _wanted(sentences, _scores(given, sentences, candidates), needed):
        text = _joined(given[p].text, sentences[p], taken[p] | {s})
        left = tokens - sum(used)
        cost = costs[p] + _count(embedder, text)
        if cost - used[p] > left and any(used):
            continue
        if cost > left and not any(used):
            text = _cut(text, embedder, tokens - costs[p])
            cost = tokens
        made[p], used[p] = replace(made[p], text=text), cost
        taken[p].add(s)
    return tuple(made)


def _wanted(sentences: Sequence[Sequence[Span]], scores: Mapping[Place, float], needed: Sequence[Place]) -> list[Place]:
    """The sentences that matter, best first, what they need, then their neighbours; all where none has a score."""
    if not scores:
        return [(p, s) for p, spans in enumerate(sentences) for s in range(len(spans))]
    ranked = sorted(scores, key=lambda place: -scores[place])
    best = scores[ranked[0]]
    matter = [place for n, place in enumerate(ranked) if n < LEAST or scores[place] >= best - CLOSE]
    around = [(p, s + step) for p, s in matter for step in (1, -1) if 0 <= s + step < len(sentences[p])]
    return list(dict.fromkeys([*matter, *needed, *around]))


def _scores(
    given: Sequence[Passage], sentences: Sequence[Sequence[Span]], candidates: Sequence[Candidate]
) -> dict[Place, float]:
    """The best score of the candidates that lie in each sentence; headings and the like have none."""
    made: dict[Place, float] = {}
    for candidate in candidates:
        for p, passage in enumerate(given):
            if candidate.document.id != passage.document.id:
                continue
            for s, span in enumerate(sentences[p]):
                moved = Span(passage.span.start + span.start, passage.span.start + span.end)
                if moved.overlap(candidate.span):
                    made[p, s] = max(made.get((p, s), candidate.score), candidate.score)
    return made


def _joined(text: str, spans: Sequence[Span], chosen: set[int]) -> str:
    """The chosen sentences in their order, with a mark wherever one between them is left out."""
    made: list[str] = []
    before = None
    for n in sorted(chosen):
        if before is not None and n > before + 1:
            made.append(LEFT_OUT)
        made.append(spans[n].of(text))
        before = n
    return " ".join(made)


def _cut(text: str, embedder: Embedder, tokens: int) -> str:
    """The beginning of a text that has at most so many tokens, and the mark."""
    starts = embedder.token_starts(text)
    if len(starts) <= tokens:
        return text
    for room in range(tokens - _count(embedder, LEFT_OUT), 0, -1):
        cut = f"{text[: int(starts[room])].rstrip()} {LEFT_OUT}"
        if _count(embedder, cut) <= tokens:  # a word that is cut may have more pieces than its share of the whole
            return cut
    return ""


def _count(embedder: Embedder, text: str) -> int:
    return len(embedder.token_starts(text)) if text else 0

"""The evidence gate: a draft and the passages it was written from -> sentences bound to verbatim quotes.

One pure function, called on every path. A sentence of the draft is bound if sentences of a given passage carry its
words, all of its numbers and identifiers, and agree on negation; those sentences, as they stand in the document, are
the quote. What cannot be bound is marked REMOVED with the reason, and is not shown as an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from citebound.answer.words import content, facts, polarity
from citebound.ingest.sentences import sentence_spans
from citebound.types import Passage, Span, Verdict

SUPPORT = 0.6
"""Share of a sentence's content words that its quote must carry."""

MARGIN = 0.1
"""Two quotes whose shares differ by less are equally good; the shorter one is taken."""

RELEVANT = 0.2
"""Share of the question's words that a sentence and its quote must carry together (eval/LOG.md)."""

MOST = 3
"""Sentences that an answer shows."""

WIDTH = 2
"""Sentences in a row that one quote may have."""

_MARKERS = re.compile(r"\s*\[(\d{1,2}(?:\s*,\s*\d{1,2})*)\]")
_NOT_FOUND = re.compile(r"^\W*(?:the answer is\s+)?not found\b", re.I)


@dataclass(frozen=True, slots=True)
class Quote:
    """A stretch of a passage: `span` are offsets in the document's text."""

    passage: int
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Bound:
    """One sentence of the draft after the gate; `quotes` is empty if it was removed."""

    text: str
    quotes: tuple[Quote, ...]
    verdict: Verdict
    reason: str = ""


def says_not_found(draft: str) -> bool:
    """Whether the model said that the passages do not hold the answer, or said nothing."""
    said = _MARKERS.sub("", draft)
    return not said.strip() or _NOT_FOUND.match(said) is not None


def bind(draft: str, passages: Sequence[Passage], question: str = "") -> tuple[Bound, ...]:
    """Every sentence of the draft, in order, bound or removed. Passages are numbered from 1, as in the prompt.

    The cited passages are tried first, then the others: the marker that is shown is the one that was proven. Of
    several quotes that bear a sentence out, the one that also speaks of the `question` is taken.
    """
    made = []
    draft = _markers_inside(draft)
    for span in sentence_spans(draft):
        piece = span.of(draft)
        cited = [int(n) for group in _MARKERS.findall(piece) for n in group.split(",")]
        sentence = " ".join(_MARKERS.sub("", piece).split())
        if re.search(r"\w", sentence):
            made.append(_bind_sentence(sentence, cited, passages, set(content(question))))
    return _to_the_point(made, set(content(question)))


def _to_the_point(made: Sequence[Bound], asked: set[str]) -> tuple[Bound, ...]:
    """At most `MOST` bound sentences, those with most of the question's words: small models copy whole passages."""
    if not asked:
        return tuple(made)
    nearness = [_share(asked, " ".join([b.text, *(q.text for q in b.quotes)])) for b in made]
    kept = [i for i, b in enumerate(made) if b.quotes and nearness[i] >= RELEVANT]
    best = set(sorted(kept, key=lambda i: -nearness[i])[:MOST])
    return tuple(
        b
        if i in best or not b.quotes
        else Bound(
            b.text, (), Verdict.REMOVED, "less to the point than what is shown" if i in kept else "not about this"
        )
        for i, b in enumerate(made)
    )


def _markers_inside(draft: str) -> str:
    """ "It ends. [1] Next" -> "It ends [1]. Next": the marker belongs to the sentence before it."""
    return re.sub(r"([.!?])(\s*(?:\[[\d, ]{1,12}\]\s*)+)", lambda m: f" {m[2].strip()}{m[1]} ", draft)


def _bind_sentence(sentence: str, cited: Sequence[int], passages: Sequence[Passage], asked: set[str]) -> Bound:
    unknown = [n for n in cited if not 1 <= n <= len(passages)]
    if unknown:
        return Bound(sentence, (), Verdict.REMOVED, f"cites passage {unknown[0]}, which was not given")
    among = [n - 1 for n in cited] + list(range(len(passages)))
    words, wanted = set(content(sentence)), facts(sentence)
    if not words - wanted:
        return Bound(sentence, (), Verdict.REMOVED, "it says nothing in words")
    if any(words <= set(content(p.context)) for p in passages):
        return Bound(sentence, (), Verdict.REMOVED, "it only repeats a heading")
    missing: set[str] = wanted
    for position in dict.fromkeys(among):
        found: list[tuple[float, Quote]] = []
        for quote in quotes(position, passages[position]):
            lacking = wanted - facts(quote.text)
            if lacking:
                missing = min(missing, lacking, key=len)
                continue
            missing = set()
            if (share := _share(words, quote.text)) >= SUPPORT:
                found.append((share, quote))
        if found:
            best = _best(found, asked)
            if polarity(sentence) != polarity(best.text):
                return Bound(sentence, (), Verdict.REMOVED, "the evidence and the sentence disagree on a negation")
            return Bound(sentence, (best,), Verdict.BOUND)
    named = ", ".join(sorted(missing)[:3])
    why = f"no quote bears out {named}" if missing else "no sentence of the evidence says this"
    return Bound(sentence, (), Verdict.REMOVED, why)


def _best(found: Sequence[tuple[float, Quote]], asked: set[str]) -> Quote:
    """The quote with most of the sentence's and of the question's words; among equals the shortest."""
    scored = [(share + (_share(asked, quote.text) if asked else 0.0), quote) for share, quote in found]
    top = max(score for score, _ in scored)
    return min((quote for score, quote in scored if score >= top - MARGIN), key=lambda q: len(q.text))


def quotes(position: int, passage: Passage) -> list[Quote]:
    """The sentences of a passage and every `WIDTH` of them in a row, with their place in the document."""
    spans = sentence_spans(passage.text)
    made = []
    for width in range(1, WIDTH + 1):
        for i in range(len(spans) - width + 1):
            inside = Span(spans[i].start, spans[i + width - 1].end)
            moved = Span(passage.span.start + inside.start, passage.span.start + inside.end)
            made.append(Quote(position, moved, inside.of(passage.text)))
    return made


def _share(words: set[str], text: str) -> float:
    return len(words & set(content(text))) / len(words)

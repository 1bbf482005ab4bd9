"""A draft, or the best sentences of the evidence, as the Answer that is shown: each sentence with its exhibits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from citebound.answer.addressed import around
from citebound.answer.bind import Bound
from citebound.answer.confidence.judging import Judging
from citebound.answer.conflicts.places import Asked, Disputes, Place
from citebound.answer.enumeration import WINDOW, enumeration, leads
from citebound.answer.evidence import Candidate, Evidence
from citebound.answer.exhibit import cite
from citebound.indexes.amendment import Ledger
from citebound.indexes.search import passages
from citebound.indexes.store import Store
from citebound.types import Answer, Citation, DocumentInfo, Outcome, Passage, Receipt, Sentence, Source, Span, Verdict

NEAREST = 3
QUOTED = 2
BEGINNING = 80
"""Characters of text that speaks to a machine, of which a note tells."""

CLOSE = 0.04
"""A second sentence is quoted beside the best one if its score is at most so much lower."""


@dataclass
class Record:
    """What is known while one answer is made."""

    store: Store
    ledger: Ledger
    question: str
    evidence: Evidence
    given: Sequence[Passage]
    receipt: Receipt
    notes: tuple[str, ...] = ()
    hints: str = ""
    judging: Judging | None = None
    disputes: tuple[Disputes, Asked] | None = None

    def not_found(self, reason: str, sentences: tuple[Sentence, ...] = ()) -> Answer:
        nearest = passages(self.evidence.hits[:NEAREST], 10_000)
        return self._answer(Outcome.NOT_FOUND, sentences, self.ledger.mark_passages(nearest), reason)

    def bound(self, draft: Sequence[Bound], named: Candidate | None = None) -> Answer:
        """The answer from a draft after the gate; when nothing of it was bound, the sentence that the model `named`
        instead, or the best quotes."""
        citer = Citer(self.store)
        sentences = [self._sentence(self._unspoken(b), citer) for b in draft]
        kept = [s for s in sentences if s.verdict is not Verdict.REMOVED]
        if not kept:
            instead = "the sentence that it named" if named else "quotes"
            reason = f"nothing of the model's draft could be bound; {instead} instead"
            return self.quoted(reason, tuple(sentences), named)
        counts = Counter(s.verdict for s in sentences)
        said = ", ".join(f"{counts[v]} {v}" for v in (Verdict.REMOVED, Verdict.TRIMMED) if counts[v])
        outcome = Outcome.PARTIAL if said else Outcome.ANSWERED
        reason = f"not all of the model's draft could be bound: {said}" if said else ""
        return self._answer(outcome, tuple(sentences), tuple(self.given), reason)

    def quoted(self, reason: str = "", removed: tuple[Sentence, ...] = (), named: Candidate | None = None) -> Answer:
        """The best sentences of the evidence, or the one that was `named`, as the answer, each its own exhibit."""
        citer = Citer(self.store)
        made = [self._quote(c, citer) for c in ([named] if named else _best(self.evidence.candidates))]
        sentences = _once(s for several in made for s in several)
        if not sentences:
            return self.not_found(reason or "no sentence could be bound", removed)
        return self._answer(Outcome.ANSWERED, (*removed, *sentences), tuple(self.given), reason)

    def told(self, outcome: Outcome, sentences: tuple[Sentence, ...], reason: str) -> Answer:
        """An answer that was made of what is known of documents; where nothing was found, with the nearest passages."""
        nearest = passages(self.evidence.hits[:NEAREST], 10_000) if outcome is Outcome.ABSENT else ()
        hits = self.evidence.hits
        made = Answer(self.question, outcome, sentences, tuple(nearest), hits, (), reason, self.receipt, self.notes)
        return self._disputed(self.ledger.mark_answer(made))

    def _unspoken(self, bound: Bound) -> Bound:
        """Removed if what would prove it speaks to a machine."""
        placed = ((self.given[q.passage].document.id, q.span) for q in bound.quotes)
        if any(around(self.store, document, span) for document, span in placed):
            return Bound(bound.text, (), Verdict.REMOVED, "it stands in text that addresses the reader's assistant")
        return bound

    def _sentence(self, bound: Bound, citer: Citer) -> Sentence:
        found = [(self.given[q.passage], q) for q in bound.quotes]
        parts = [(p, *part) for p, q in found for part in self._parts(p.document, q.span, q.text)]
        made = [(citer.of(p.document, p.source, span, quote), left) for p, span, quote, left in parts]
        citations = tuple(dict.fromkeys(c for c, _ in made if c))
        if bound.verdict is not Verdict.REMOVED and not citations:
            return Sentence(bound.text, (), Verdict.REMOVED, "the document changed while the answer was made")
        if leads(bound.text) and bound.verdict is not Verdict.REMOVED:
            quotes = [f"{_printed(c.quote)}{_more(left)}" for c, left in made if c]
            return Sentence(" ".join(dict.fromkeys(quotes)), citations, bound.verdict, bound.reason)
        return Sentence(bound.text, citations, bound.verdict, bound.reason)

    def _quote(self, candidate: Candidate, citer: Citer) -> list[Sentence]:
        """A candidate as it is quoted: with its items if it leads in to some, after its lead-in if it is one."""
        source = candidate.found.source
        parts = self._parts(candidate.document, candidate.span, candidate.text)
        made = [(citer.of(candidate.document, source, span, quote), left) for span, quote, left in parts]
        return [Sentence(f"{_printed(c.quote)}{_more(left)}", (c,), Verdict.BOUND) for c, left in made if c]

    def _parts(self, document: DocumentInfo, span: Span, quote: str) -> list[tuple[Span, str, int]]:
        """The stretches that are quoted for a place, with how many items each leaves out: a lead-in and its items, or,
        for an item that its lead-in does not stand right before, both of them."""
        start = max(0, span.start - WINDOW)
        text = self.store.text(document.id, Span(start, span.end + WINDOW))
        at = Span(span.start - start, span.end - start)
        found = enumeration(text, at) if text[at.start : at.end] == quote else None
        if found is None:
            return [(span, quote, 0)]
        if at.overlap(found.lead):
            whole, left = found.whole()
            parts = [(Span(whole.start, max(whole.end, at.end)), left)]
        elif at.overlap(found.items[0]):
            parts = [(Span(found.lead.start, at.end), 0)]
        else:
            parts = [(found.lead, 0), (at, 0)]
        return [(Span(start + one.start, start + one.end), one.of(text), left) for one, left in parts]

    def _answer(
        self, outcome: Outcome, sentences: tuple[Sentence, ...], shown: tuple[Passage, ...], reason: str
    ) -> Answer:
        hits = self.evidence.hits
        notes = (*self.notes, *self._addressed())
        made = Answer(self.question, outcome, sentences, shown, hits, (), reason, self.receipt, notes)
        made = self.ledger.mark_answer(made)
        made = self.judging.weigh(made) if self.judging else made
        return self._disputed(made)

    def _addressed(self) -> list[str]:
        """For each document of the evidence with text that speaks to a machine: that it has, and what it says."""
        given = {passage.document.id for passage in self.given}
        said: dict[str, str] = {}
        for hit in self.evidence.addressed:
            if hit.document.id in given:
                spoken = around(self.store, hit.document.id, hit.chunk.span)
                begins = self.store.text(hit.document.id, spoken[0]) if spoken else ""
                said.setdefault(hit.source.name, " ".join(begins.split())[:BEGINNING])
        return [
            f"{name} has text that addresses the reader's assistant (“{begins}”); it is not taken as evidence"
            for name, begins in said.items()
        ]

    def _disputed(self, answer: Answer) -> Answer:
        if self.disputes is None:
            return answer
        disputes, asked = self.disputes
        places = [Place(c.document, c.found.source, c.span, c.text) for c in self.evidence.candidates]
        return disputes.declare(answer, replace(asked, places=places))


def _printed(quote: str) -> str:
    return f"“{' '.join(quote.split())}”"


def _more(left: int) -> str:
    return f" ({left} more {'item follows' if left == 1 else 'items follow'})" if left else ""


def _once(sentences: Iterable[Sentence]) -> tuple[Sentence, ...]:
    """The quotes without those that stand in one before them."""
    kept: list[Sentence] = []
    for sentence in sentences:
        (own,) = sentence.citations
        shown = [c for s in kept for c in s.citations]
        if not any(c.document.id == own.document.id and c.span.contains(own.span) for c in shown):
            kept.append(sentence)
    return tuple(kept)


class Citer:
    """Numbers exhibits in the order of first use; the same quote keeps its number."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._made: dict[tuple[str, Span], Citation] = {}

    def of(self, document: DocumentInfo, source: Source, span: Span, quote: str) -> Citation | None:
        key = (document.id, span)
        if key not in self._made:
            made = cite(self._store, len(self._made) + 1, document, source, span, quote)
            if made is None:
                return None
            self._made[key] = made
        return self._made[key]


def _best(candidates: Sequence[Candidate]) -> list[Candidate]:
    if not candidates:
        return []
    best = candidates[0]
    return [c for c in candidates[:QUOTED] if c.score >= best.score - CLOSE]

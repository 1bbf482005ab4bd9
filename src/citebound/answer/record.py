"""A draft, or the best sentences of the evidence, as the Answer that is shown: each sentence with its exhibits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from citebound.answer.bind import Bound
from citebound.answer.confidence.judging import Judging
from citebound.answer.conflicts.places import Asked, Disputes, Place
from citebound.answer.evidence import Candidate, Evidence
from citebound.answer.exhibit import cite
from citebound.indexes.amendment import Ledger
from citebound.indexes.search import passages
from citebound.indexes.store import Store
from citebound.types import Answer, Citation, DocumentInfo, Outcome, Passage, Receipt, Sentence, Source, Span, Verdict

NEAREST = 3
QUOTED = 2
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
        sentences = [self._sentence(b, citer) for b in draft]
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
        sentences = tuple(s for s in made if s is not None)
        if not sentences:
            return self.not_found(reason or "no sentence could be bound", removed)
        return self._answer(Outcome.ANSWERED, (*removed, *sentences), tuple(self.given), reason)

    def told(self, outcome: Outcome, sentences: tuple[Sentence, ...], reason: str) -> Answer:
        """An answer that was made of what is known of documents; where nothing was found, with the nearest passages."""
        nearest = passages(self.evidence.hits[:NEAREST], 10_000) if outcome is Outcome.ABSENT else ()
        hits = self.evidence.hits
        made = Answer(self.question, outcome, sentences, tuple(nearest), hits, (), reason, self.receipt, self.notes)
        return self._disputed(self.ledger.mark_answer(made))

    def _sentence(self, bound: Bound, citer: Citer) -> Sentence:
        found = [(self.given[q.passage], q) for q in bound.quotes]
        citations = tuple(c for p, q in found if (c := citer.of(p.document, p.source, q.span, q.text)))
        if bound.verdict is not Verdict.REMOVED and not citations:
            return Sentence(bound.text, (), Verdict.REMOVED, "the document changed while the answer was made")
        return Sentence(bound.text, citations, bound.verdict, bound.reason)

    def _quote(self, candidate: Candidate, citer: Citer) -> Sentence | None:
        citation = citer.of(candidate.document, candidate.found.source, candidate.span, candidate.text)
        text = " ".join(candidate.text.split())
        return Sentence(f"“{text}”", (citation,), Verdict.BOUND) if citation else None

    def _answer(
        self, outcome: Outcome, sentences: tuple[Sentence, ...], shown: tuple[Passage, ...], reason: str
    ) -> Answer:
        hits = self.evidence.hits
        made = Answer(self.question, outcome, sentences, shown, hits, (), reason, self.receipt, self.notes)
        made = self.ledger.mark_answer(made)
        made = self.judging.weigh(made) if self.judging else made
        return self._disputed(made)

    def _disputed(self, answer: Answer) -> Answer:
        if self.disputes is None:
            return answer
        disputes, asked = self.disputes
        places = [Place(c.document, c.found.source, c.span, c.text) for c in self.evidence.candidates]
        return disputes.declare(answer, replace(asked, places=places))


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

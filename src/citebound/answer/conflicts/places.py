"""Where places disagree: an amendment and its original, two reports on one finding, two clauses or two documents that
answer one question with different values. The answer says so and cites both sides, what governs first.

What is only different is no conflict: a finding is compared in the field that is asked for or cited, a field of an
agreement within it or, where the question names none, across all, a value of a table only with what names its row and
its column, and two sentences only if they say the same thing but for a number or a date. Nothing outside of the filter
of the question is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from citebound.answer.conflicts.amended import Amended
from citebound.answer.conflicts.asked import Allowed, Asked, Place
from citebound.answer.conflicts.exhibits import Exhibits
from citebound.answer.conflicts.fields import Fields
from citebound.answer.conflicts.reports import disagreeing_reports
from citebound.answer.conflicts.sentences import Sentences
from citebound.answer.conflicts.tables import Tables
from citebound.indexes.amendment import Ledger
from citebound.indexes.filters import sql
from citebound.indexes.store import Store
from citebound.ingest.profile import Profile
from citebound.protocols import Embedder
from citebound.types import Answer, Conflict, ConflictKind, Filter, Outcome, Sentence, Verdict

__all__ = ["Asked", "Disputes", "Place"]

SHOWN = frozenset({Outcome.ANSWERED, Outcome.PARTIAL})


class Disputes:
    """Finds the conflicts of the answers of one collection."""

    def __init__(self, store: Store, ledger: Ledger, kinds: Sequence[Profile], embedder: Embedder) -> None:
        self._store = store
        self._amended = Amended(store, ledger)
        self._fields = Fields(store, kinds)
        self._tables = Tables(store, ledger)
        self._sentences = Sentences(embedder)

    def declare(self, answer: Answer, asked: Asked) -> Answer:
        """The answer with its conflicts; a text that governs one that is cited is quoted before it."""
        if answer.outcome not in SHOWN or not any(s.citations for s in answer.bound):
            return answer
        exhibits = Exhibits(self._store, answer)
        allowed = self._allowed(asked.tree)
        found = self._amended.of(answer, exhibits, allowed)
        in_tables = self._tables.of(answer, asked, exhibits, allowed)
        found += [one for one in in_tables if one.kind is ConflictKind.SUPERSEDED]
        answer = _governing_first(answer, found)
        found += disagreeing_reports(self._store, answer, asked, exhibits, allowed)
        found += self._fields.of(answer, asked, exhibits, allowed)
        if not found:
            found += in_tables
        if not found:
            found += self._sentences.of(answer, asked, exhibits)
        return replace(answer, conflicts=tuple(_distinct(found)))

    def _allowed(self, tree: Filter | None) -> Allowed:
        if tree is None:
            return lambda document: True
        condition, parameters = sql(tree)
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT documents.id FROM documents JOIN sources ON sources.document_id = documents.id"  # noqa: S608
                f" WHERE {condition}",
                parameters,
            ).fetchall()
        return frozenset(row[0] for row in rows).__contains__


def _governing_first(answer: Answer, found: Sequence[Conflict]) -> Answer:
    """The answer with what governs quoted before the sentence that rests on what it superseded."""
    made: list[Sentence] = []
    shown = {c.marker for s in answer.bound for c in s.citations}
    for sentence in answer.sentences:
        for citation in sentence.citations:
            for conflict in found:
                governing, *_ = (side.citation for side in conflict.sides)
                if conflict.sides[-1].citation == citation and governing.marker not in shown:
                    shown.add(governing.marker)
                    quote = " ".join(governing.quote.split())
                    made.append(Sentence(f"“{quote}”", (governing,), Verdict.BOUND))
        made.append(sentence)
    over = {c.sides[-1].citation.marker for c in found} - {c.sides[0].citation.marker for c in found}
    made.sort(key=lambda s: bool(s.citations) and all(c.marker in over for c in s.citations))
    return replace(answer, sentences=tuple(made)) if found else answer


def _distinct(found: Iterable[Conflict]) -> list[Conflict]:
    made: dict[tuple[str, frozenset[int]], Conflict] = {}
    for one in found:
        made.setdefault((one.about, frozenset(s.citation.marker for s in one.sides)), one)
    return list(made.values())

"""An amendment and the text that it changes: what governs stands before what it superseded."""

from __future__ import annotations

import re

from citebound.answer.conflicts.asked import Allowed
from citebound.answer.conflicts.exhibits import Exhibits
from citebound.answer.words import content
from citebound.indexes.amendment import Ledger
from citebound.indexes.store import Store
from citebound.ingest.sentences import sentence_spans
from citebound.types import Amendment, Answer, Citation, Conflict, ConflictKind, DocumentInfo, Side, Source, Span

_QUOTED = re.compile(r"[\"“]([^\"”]{6,300})[\"”]")


class Amended:
    """Finds which cited texts an amendment of the collection changed, and which cited amendments changed one."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self._store = store
        self._ledger = ledger

    def of(self, answer: Answer, exhibits: Exhibits, allowed: Allowed) -> list[Conflict]:
        """The conflicts of what an answer cites, what governs first."""
        found = []
        for citation in answer.citations:
            for amendment in citation.superseded_by[::-1]:
                if allowed(amendment.document.id) and self._concerns(amendment, citation):
                    governing = self._nearest(
                        exhibits, amendment.document, amendment.source, amendment.new or amendment.span, citation.quote
                    )
                    found += _pair(amendment, governing, citation)
                    break
        for citation in answer.citations:
            for amendment in self._made_by(citation):
                if amendment.amends is None or amendment.amended_source is None or amendment.place is None:
                    continue
                if not allowed(amendment.amends.id) or any(_same(c, amendment) for c in found):
                    continue
                original = self._nearest(
                    exhibits, amendment.amends, amendment.amended_source, amendment.place, citation.quote
                )
                if original is not None and self._concerns(amendment, original):
                    found += _pair(amendment, citation, original)
        return found

    def _concerns(self, amendment: Amendment, citation: Citation) -> bool:
        """Whether an amendment changes what the citation says, and not only something else in the same clause."""
        if amendment.whole:
            return True
        said = self._store.text(amendment.document.id, amendment.span)
        quote = " ".join(citation.quote.split()).casefold()
        return any(" ".join(words.split()).casefold() in quote for words in _QUOTED.findall(said))

    def _made_by(self, citation: Citation) -> list[Amendment]:
        """The amendments that a cited place makes."""
        with self._store.reading() as db:
            amends = db.execute(
                "SELECT 1 FROM facts WHERE document_id = ? AND name = 'amends' LIMIT 1", (citation.document.id,)
            ).fetchone()
        if amends is None:
            return []
        return [
            a
            for a in self._ledger.all()
            if a.document.id == citation.document.id
            and any(part is not None and part.overlap(citation.span) for part in (a.new, a.span))
        ]

    def _nearest(
        self, exhibits: Exhibits, document: DocumentInfo, source: Source, within: Span, like: str
    ) -> Citation | None:
        """The sentence of a place that has most of the words of another text."""
        text = self._store.text(document.id, within)
        words = set(content(like))
        spans = [s for s in sentence_spans(text) if content(s.of(text))]
        if not spans:
            return None
        best = max(spans, key=lambda s: (len(words & set(content(s.of(text)))), -s.start))
        span = Span(within.start + best.start, within.start + best.end)
        return exhibits.of(document, source, span, best.of(text))


def _pair(amendment: Amendment, governing: Citation | None, original: Citation) -> list[Conflict]:
    if governing is None or governing.marker == original.marker:
        return []
    text = f"{amendment.notice}; what governs comes first, and what it changed after it"
    sides = (Side(amendment.name, governing), Side(original.source.name, original))
    return [Conflict(ConflictKind.SUPERSEDED, amendment.what, text, sides)]


def _same(conflict: Conflict, amendment: Amendment) -> bool:
    return conflict.text.startswith(amendment.notice)

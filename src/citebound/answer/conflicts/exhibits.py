"""The citations of an answer, and those that are made beside them for the other side of a conflict."""

from __future__ import annotations

from citebound.answer.exhibit import cite
from citebound.indexes.store import Store
from citebound.types import Answer, Citation, DocumentInfo, Source, Span

SIDES = 6
"""Sides of one conflict that are shown."""


class Exhibits:
    """Citations of an answer, and those that are made beside them, numbered after the last of the answer."""

    def __init__(self, store: Store, answer: Answer) -> None:
        self._store = store
        every = [c for s in answer.sentences for c in s.citations]
        self._made = {(c.document.id, c.span): c for c in every}
        self._next = max((c.marker for c in every), default=0) + 1

    def of(self, document: DocumentInfo, source: Source, span: Span, quote: str) -> Citation | None:
        """The citation of a place; of one that is cited already, or is part of such a one, that."""
        for (id_, cited), citation in self._made.items():
            if id_ == document.id and cited.contains(span):
                return citation
        made = cite(self._store, self._next, document, source, span, quote)
        if made is not None:
            self._made[document.id, span] = made
            self._next += 1
        return made

"""Quotes -> citations: compared with the stored text, character by character, and placed on their pages."""

from __future__ import annotations

from collections.abc import Sequence

from citebound.indexes.store import Store
from citebound.types import Citation, DocumentInfo, Line, Region, Source, Span


def cite(store: Store, marker: int, document: DocumentInfo, source: Source, span: Span, quote: str) -> Citation | None:
    """The citation of a quote, or None if the stored document does not have these very characters there (any more)."""
    with store.reading():
        if not store.revision(document.id) or store.info(document.id)[0].text_sha256 != document.text_sha256:
            return None
        if store.text(document.id, span) != quote:
            return None
        return Citation(
            marker=marker,
            document=document,
            source=source,
            span=span,
            quote=quote,
            section=store.section_path(document.id, span.start),
            regions=regions(store.lines(document.id, span), span),
            text_sha256=document.text_sha256,
        )


def regions(lines: Sequence[Line], span: Span) -> tuple[Region, ...]:
    """The rectangles that a span covers: one for each printed line it touches, in reading order."""
    made = []
    for line in lines:
        start, end = max(span.start, line.span.start), min(span.end, line.span.end)
        if start >= end:
            continue
        inside = line.advances[start - line.span.start : end - line.span.start + 1]
        _, top, _, bottom = line.box
        made.append(Region(line.page, (min(inside), top, max(inside), bottom)))
    return tuple(made)

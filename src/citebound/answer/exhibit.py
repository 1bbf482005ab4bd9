"""Quotes -> citations: compared with the stored text, character by character, and placed on their pages."""

from __future__ import annotations

from collections.abc import Sequence

from citebound.answer.bind import Quote
from citebound.indexes.store import Store
from citebound.types import Citation, DocumentInfo, Line, Passage, Region, Source, Span


def cite(store: Store, marker: int, passage: Passage, quote: Quote) -> Citation | None:
    """The citation of a quote, or None if the stored document does not have these very characters there."""
    return exhibit(store, marker, passage.document, passage.source, quote.span, quote.text)


def exhibit(
    store: Store, marker: int, document: DocumentInfo, source: Source, span: Span, quote: str
) -> Citation | None:
    """As `cite`, for a quote that comes with its document and source."""
    current, _ = store.info(document.id) if store.revision(document.id) else (None, 0)
    if current is None or current.text_sha256 != document.text_sha256 or store.text(document.id, span) != quote:
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

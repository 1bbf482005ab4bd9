"""Document -> chunks that tile its body, respect its structure, and fit the encoder's window.

A chunk ends where a section, a block or a sentence ends; a sentence is cut only if it alone exceeds the window, and
then at the last clause or word that fits. The title and the heading path of a chunk are its `context`: embedded and
indexed with it, counted against the window, never quoted.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citebound.ingest.sentences import sentence_spans
from citebound.protocols import Embedder
from citebound.types import ASIDE, BlockKind, Chunk, Document, Section, Span

TARGET = 64
"""Tokens after which a chunk is closed at the next good place (measured in eval/LOG.md)."""

LEAST = 24
"""Tokens that a chunk must have before a new section closes it: one-line clauses stay with their neighbours."""

LONGEST = 4000
"""Characters that a chunk may have: a run without spaces is one token to the encoder, however long it is."""

CONTEXT_SHARE = 4
"""The context takes at most this fraction (1/4) of the window."""

RECIPE = f"chunks-1-{TARGET}-{LEAST}-{CONTEXT_SHARE}"
"""Changes whenever chunks of the same document would come out differently: stored chunks are then made anew."""

_SOFT_BREAK = re.compile(r"[;:,]\s|\n|\s")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence, heading or table row, with the white space that follows it: units tile the body."""

    span: Span
    tokens: int
    heading: bool
    section: int | None


def embedded_text(context: str, text: str) -> str:
    """The exact string that is embedded for a chunk."""
    return f"{context}\n{text.strip()}" if context else text.strip()


def chunk(document: Document, embedder: Embedder, *, target: int = TARGET) -> tuple[Chunk, ...]:
    """The chunks of a document, in order; together they cover its body without gap or overlap.

    Each satisfies ``document.text[start:end] == chunk.text``, and ``embedded_text`` of it has at most
    ``embedder.window`` tokens. A document without body text gives none.
    """
    starts = embedder.token_starts(document.text)
    contexts = _Contexts(document, embedder)
    chunks: list[Chunk] = []
    for group in _groups(
        _units(document, starts, embedder.window - contexts.limit), target, embedder.window - contexts.limit
    ):
        span = Span(group[0].span.start, group[-1].span.end)
        text = span.of(document.text)
        if not text.strip() and chunks:
            continue
        first = next((u for u in group if not u.heading), group[0])
        chunks.append(
            Chunk(
                id=f"{document.id[:16]}-{document.text_sha256[:8]}-{span.start}",
                document_id=document.id,
                span=span,
                text=text,
                context=contexts.of(first.section),
                pages=_pages(document, span),
            )
        )
    return tuple(chunks)


def body_end(document: Document) -> int:
    """Where the body ends and the asides (running headers, comments, deleted or hidden text) begin."""
    return min((b.span.start for b in document.blocks if b.kind in ASIDE), default=len(document.text))


def _units(document: Document, starts: NDArray[np.int64], window: int) -> Iterator[_Unit]:
    end = body_end(document)
    pieces = list(_pieces(document, end))
    sections = _SectionFinder(document.sections)
    for position, (span, heading) in enumerate(pieces):
        begin = 0 if position == 0 else span.start
        until = pieces[position + 1][0].start if position + 1 < len(pieces) else end
        for part in _fitting(document.text, Span(begin, until), starts, window):
            yield _Unit(part, _count(starts, part), heading, sections.at(span.start))


def _pieces(document: Document, end: int) -> Iterator[tuple[Span, bool]]:
    """Sentences, headings and rows in order. Text that no block claims is split into sentences too."""
    position = 0
    for block in document.blocks:
        if block.kind in ASIDE:
            continue
        if block.span.start > position:
            yield from ((s, False) for s in sentence_spans(document.text, Span(position, block.span.start)))
        if block.span.end <= position:
            continue
        span = Span(max(position, block.span.start), block.span.end)
        if block.kind in (BlockKind.TITLE, BlockKind.TABLE_ROW):
            yield span, block.kind is BlockKind.TITLE
        else:
            yield from ((s, False) for s in sentence_spans(document.text, span))
        position = block.span.end
    if position < end:
        yield from ((s, False) for s in sentence_spans(document.text, Span(position, end)))


def _fitting(text: str, span: Span, starts: NDArray[np.int64], window: int) -> Iterator[Span]:
    """`span` itself, or the parts into which it must be cut to have at most `window` tokens and LONGEST characters."""
    begin = span.start
    while _count(starts, Span(begin, span.end)) > window or span.end - begin > LONGEST:
        first = int(bisect_left(starts, begin))
        limit = int(starts[first + window]) if first + window < len(starts) else span.end
        limit = min(limit, begin + LONGEST)
        breaks = [m.end() for m in _SOFT_BREAK.finditer(text, begin, limit)]
        clauses = [b for b in breaks if text[b - 2] in ";:," and b > begin + (limit - begin) // 2]
        cut = clauses[-1] if clauses else breaks[-1] if breaks else limit
        yield Span(begin, cut)
        begin = cut
    yield Span(begin, span.end)


def _count(starts: NDArray[np.int64], span: Span) -> int:
    return int(bisect_left(starts, span.end) - bisect_left(starts, span.start))


def _groups(units: Iterator[_Unit], target: int, window: int) -> Iterator[list[_Unit]]:
    group: list[_Unit] = []
    size = 0
    for unit in units:
        if group and _closes(group, size, unit, target, window):
            carried = _trailing_headings(group)
            if len(carried) == len(group) or sum(u.tokens for u in carried) + unit.tokens > window:
                carried = []
            yield group[: len(group) - len(carried)]
            group = carried
            size = sum(u.tokens for u in group)
        group.append(unit)
        size += unit.tokens
    if group:
        yield group


def _closes(group: Sequence[_Unit], size: int, unit: _Unit, target: int, window: int) -> bool:
    """Whether a group of `size` tokens ends before `unit`."""
    last = group[-1]
    grown = size + unit.tokens
    new_section = unit.heading or unit.section != last.section
    return (
        grown > window
        or unit.span.end - group[0].span.start > LONGEST
        or size >= target
        or (grown > target and size >= target // 2)
        or (new_section and size >= LEAST and not last.heading)
    )


def _trailing_headings(group: list[_Unit]) -> list[_Unit]:
    """Headings at the end of a group belong to what follows them."""
    keep = len(group)
    while keep > 0 and group[keep - 1].heading:
        keep -= 1
    return group[keep:]


def _pages(document: Document, span: Span) -> tuple[int, ...]:
    lines = document.lines
    first = max(0, bisect_right(lines, span.start, key=lambda line: line.span.start) - 1)
    last = bisect_left(lines, span.end, key=lambda line: line.span.start)
    return tuple(sorted({line.page for line in lines[first:last] if line.span.overlap(span)}))


class _SectionFinder:
    """The innermost section at an offset, for offsets that come in ascending order or not."""

    def __init__(self, sections: tuple[Section, ...]) -> None:
        self._sections = sections
        self._starts = [s.span.start for s in sections]

    def at(self, offset: int) -> int | None:
        position = bisect_left(self._starts, offset + 1) - 1
        while position >= 0:
            if self._sections[position].span.end > offset:
                return position
            parent = self._sections[position].parent
            position = position - 1 if parent is None else parent
        return None


class _Contexts:
    """Title and heading path, cut to the share of the window that context may take."""

    def __init__(self, document: Document, embedder: Embedder) -> None:
        self._document = document
        self._embedder = embedder
        self._made: dict[int | None, str] = {}
        self.limit = embedder.window // CONTEXT_SHARE

    def of(self, section: int | None) -> str:
        if section not in self._made:
            self._made[section] = self._cut(" > ".join([self._document.title, *section_path(self._document, section)]))
        return self._made[section]

    def _cut(self, context: str) -> str:
        context = " ".join(context.split())
        starts = self._embedder.token_starts(context)
        if len(starts) <= self.limit:
            return context
        return context[: int(starts[self.limit])].rstrip(" >")


def section_path(document: Document, section: int | None) -> list[str]:
    """The headings that lead to a section, outermost first: ["9 Liability", "9.2 Cap"]."""
    path: list[str] = []
    while section is not None:
        found = document.sections[section]
        path.append(" ".join(f"{found.number} {found.heading}".split()))
        section = found.parent
    return path[::-1]

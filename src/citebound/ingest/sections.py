"""The tree of headings and numbered clauses of a document's body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from citebound.ingest.outline import Mark, is_contents_line, numbered
from citebound.types import ASIDE, Block, BlockKind, Section, Span

HEADINGS = frozenset({BlockKind.PARAGRAPH, BlockKind.LIST_ITEM})
LONGEST_HEADING = 300


@dataclass(frozen=True, slots=True)
class Start:
    """Where a section begins, before its end and its parent are known. `level` 0: to be found from the number."""

    at: int
    number: str
    heading: str
    level: int
    depth: int


def sections(text: str, blocks: Sequence[Block]) -> tuple[Section, ...]:
    """All sections in order of their start; a child's `parent` is the position of its section in the result.

    A section runs to the next heading of the same or a higher level. Running headers, comments and other asides
    neither begin a section nor belong to one; lines of a table of contents begin none.
    """
    body = [block for block in blocks if block.kind not in ASIDE]
    if not body:
        return ()
    starts = _consistent([start for block in body if (start := _start(text, block))])
    return _tree(starts, body[-1].span.end, text)


def _start(text: str, block: Block) -> Start | None:
    content = block.span.of(text)
    if is_contents_line(content):
        return None
    if block.kind is BlockKind.TITLE and len(content) <= LONGEST_HEADING:
        mark = numbered(content, heading=True) or Mark("", " ".join(content.split()).strip("#= -"), 0, inline=False)
        return Start(block.span.start, mark.number, mark.caption, block.level, mark.depth)
    if block.kind in HEADINGS and (found := numbered(content)):
        return Start(block.span.start, found.number, found.caption, 0, found.depth)
    return None


def _consistent(starts: list[Start]) -> list[Start]:
    """Without bare numbered sentences ("1. The parties ...") where other clauses of that depth have captions."""
    captioned = {start.depth for start in starts if start.number[:1].isdigit() and start.heading}
    return [
        start
        for start in starts
        if start.heading or not start.number[:1].isdigit() or start.depth > 1 or start.depth not in captioned
    ]


def _tree(starts: Sequence[Start], end: int, text: str) -> tuple[Section, ...]:
    found: list[Section] = []
    open_: list[int] = []
    for start in starts:
        level = _level(start, [found[i] for i in open_])
        while open_ and found[open_[-1]].level >= level:
            _close(found, open_.pop(), start.at, text)
        parent = open_[-1] if open_ else None
        open_.append(len(found))
        found.append(Section(Span(start.at, end), start.number, start.heading, level, parent))
    return tuple(found)


def _close(found: list[Section], i: int, end: int, text: str) -> None:
    section = found[i]
    end = section.span.start + len(text[section.span.start : end].rstrip())
    found[i] = Section(Span(section.span.start, end), section.number, section.heading, section.level, section.parent)


def _level(start: Start, open_: Sequence[Section]) -> int:
    """A number's place under its open parent ("9.2" under "9") goes before the level that fonts or styles say."""
    number = _ordinal(start.number)
    for section in reversed(open_):
        above = _ordinal(section.number)
        if above and number.startswith(above + "."):
            return section.level + number[len(above) :].count(".")
    for section in reversed(open_):
        if number and _shape(section.number) == _shape(start.number):
            return section.level
    if start.level:
        return start.level
    return open_[-1].level + 1 if open_ and number else 1


def _ordinal(number: str) -> str:
    return number.split()[-1].rstrip(".") if number else ""


def _shape(number: str) -> tuple[str, int]:
    """Numbers of one shape are siblings: "Section 5" and "Section 6", "9.1" and "9.2", "IV" and "V"."""
    words = number.split()
    last = words[-1] if words else ""
    kind = "digit" if last[:1].isdigit() else "letter" if len(last) == 1 and last not in "IVX" else "word"
    return (words[0].lower() if len(words) > 1 else kind, last.count("."))

"""What a reader hands over: elements in reading order, composed into the one text that all spans mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from citebound.types import ASIDE, Block, BlockKind, Box, Line, Span

UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")
LEGEND = re.compile(
    r"(?:exhibit|schedule|annex|appendix|execution (?:copy|version)|confidential|(?:table of )?contents|draft|tlp)\b",
    re.I,
)
NO_TITLE = re.compile(
    r"(?:untitled.*|document\d*|microsoft (?:word|excel|powerpoint)\b.*|.*\.(?:docx?|pdf|indd|rtf|html?|tex|dvi)"
    r"|(?:title|slide|powerpoint presentation)\s*\d*|\W*)$",
    re.I,
)
BREAKS = re.compile(r"[ \t]*\n\s*")


@dataclass(frozen=True, slots=True)
class Print:
    """One printed line: its text and where it stands; ``len(advances) == len(text) + 1``."""

    text: str
    page: int
    box: Box
    advances: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """One block before it has offsets. If `prints` are given, their texts joined by newlines are the text."""

    kind: BlockKind
    text: str
    level: int = 0
    prints: tuple[Print, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a reader found in one file. `partial` says that something of the file is missing from it."""

    text: str
    blocks: tuple[Block, ...]
    lines: tuple[Line, ...] = ()
    title: str = ""
    pages: int = 0
    notes: tuple[str, ...] = ()
    partial: bool = False


def printable(text: str) -> str:
    """The text with NUL and lone surrogates, which no store takes, replaced one by one by U+FFFD."""
    return UNPRINTABLE.sub("\ufffd", text)


def compose(elements: Iterable[Element]) -> tuple[str, tuple[Block, ...], tuple[Line, ...]]:
    """Text, blocks and lines: body first, then footnotes, then asides, each in the order given.

    Blocks are separated by an empty line. Elements without any text are left out.
    """
    kept = [_tidy(element) for element in elements]
    kept = [element for element in kept if element.text]
    kept.sort(key=lambda element: _shelf(element.kind))
    parts: list[str] = []
    blocks: list[Block] = []
    lines: list[Line] = []
    at = 0
    for element in kept:
        end = at + len(element.text)
        parts.append(element.text)
        blocks.append(Block(element.kind, Span(at, end), element.level))
        lines.extend(_placed(element.prints, at))
        at = end + 2
    return "\n\n".join(parts), tuple(blocks), tuple(lines)


def _shelf(kind: BlockKind) -> int:
    return 2 if kind in ASIDE else 1 if kind is BlockKind.FOOTNOTE else 0


def _tidy(element: Element) -> Element:
    if element.prints:
        return element
    text = BREAKS.sub("\n", printable(element.text.replace("\r\n", "\n").replace("\r", "\n"))).strip()
    return Element(element.kind, text, element.level)


def _placed(prints: Sequence[Print], at: int) -> Iterable[Line]:
    for line in prints:
        end = at + len(line.text)
        yield Line(Span(at, end), line.page, line.box, line.advances)
        at = end + 1


def title_of(declared: str, text: str, blocks: Sequence[Block]) -> str:
    """The title that a file declares, unless a program made it up; else its first heading; else ""."""
    declared = " ".join(printable(declared).split())
    return first_heading(text, blocks) if NO_TITLE.match(declared) else declared


def first_heading(text: str, blocks: Sequence[Block]) -> str:
    """The heading that names a document: the first of the highest level near its beginning; "" if there is none.

    Exhibit numbers and legends such as "Execution copy" are passed over while there is another.
    """
    headings = [b for b in blocks[:30] if b.kind is BlockKind.TITLE and b.span.start < 4000]
    named = [(b.level or 9, " ".join(b.span.of(text).strip("#=*_ \n").split())[:200]) for b in headings]
    named = [(level, name) for level, name in named if any(c.isalpha() for c in name)]
    proper = [pair for pair in named if not LEGEND.match(pair[1])] or named
    return min(proper, key=lambda pair: pair[0])[1] if proper else ""

"""TXT and Markdown: read verbatim; structure is found beside the text and never written into it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from charset_normalizer import from_bytes
from markdown_it import MarkdownIt
from markdown_it.token import Token

from citebound.ingest.draft import UNPRINTABLE, Draft, first_heading, printable
from citebound.ingest.outline import is_heading_line, is_list_line, numbered
from citebound.types import Block, BlockKind, Span

BLANK = re.compile(r"\n[ \t\f\v]*(?=\n)")
PIECE = re.compile(r"\n|[ \t]{3,}")
DANGLING = re.compile(
    r"(?i)(?:\b(?:sections?|clauses?|articles?|paragraphs?|exhibits?|and|or|to|of|in|under|the|by|with)|[,(-])$"
)
FRONT_MATTER = re.compile(r"\ufeff?---\n(?:[^\n]*\n){0,60}?---(?=\n|$)")
PARSER = MarkdownIt("commonmark", {"maxNesting": 30}).enable("table")
WESTERN = 0.15
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_text(data: bytes) -> Draft:
    """The text as it stands, blocks cut at empty lines."""
    text, notes = decode(data)
    blocks = tuple(_blocks(text, 0, len(text)))
    return Draft(text, blocks, title=_opening(text) or first_heading(text, blocks), notes=notes)


def _opening(text: str) -> str:
    """The first paragraph, if it reads like a title: at most four short lines, the first in capitals; else ""."""
    lines = text[:1000].lstrip("\ufeff#=* \n").split("\n\n", 1)[0].splitlines()
    if not lines or len(lines) > 4 or any(len(line) > 100 or line.rstrip().endswith(".") for line in lines):
        return ""
    first = lines[0].strip()
    return " ".join(" ".join(lines).split())[:200] if first == first.upper() and any(map(str.isalpha, first)) else ""


def read_markdown(data: bytes) -> Draft:
    """The text as it stands; headings, list items and table rows are those of CommonMark and its tables."""
    text, notes = decode(data)
    blocks = tuple(_gapless(text, _markdown(text)))
    return Draft(text, blocks, title=first_heading(text, blocks), notes=notes)


def decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text and notes on how it was read: UTF-8 if valid, UTF-16 if marked, else the likeliest charset.

    Newlines become "\\n". A UTF-8 byte-order mark stays, as character 0.
    """
    notes: list[str] = []
    if data.startswith(UTF_16):
        text = data.decode("utf-16", "replace")
        notes.append("read as UTF-16")
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text, charset = _guess(data)
            notes.append(f"not valid UTF-8; read as {charset}")
    if UNPRINTABLE.search(text):
        text = printable(text)
        notes.append("holds NUL characters, shown as U+FFFD")
    return text.replace("\r\n", "\n").replace("\r", "\n"), tuple(notes)


def _guess(data: bytes) -> tuple[str, str]:
    """Few bytes beyond ASCII mean western Office text; for the rest a statistical guess."""
    foreign = sum(byte > 127 for byte in data[:200_000])
    best = None if foreign < WESTERN * len(data[:200_000]) else from_bytes(data[:200_000]).best()
    charset = best.encoding if best else "cp1252"
    try:
        return data.decode(charset), charset
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace"), "UTF-8, unreadable bytes shown as U+FFFD"


def _blocks(text: str, start: int, end: int) -> Iterator[Block]:
    edges = [start, *(m.end() for m in BLANK.finditer(text, start, end)), end]
    for a, b in pairwise(edges):
        if span := _trimmed(text, a, b):
            yield from (Block(_kind(piece.of(text)), piece) for piece in _clauses(text, span))


def _clauses(text: str, paragraph: Span) -> Iterator[Span]:
    """A paragraph cut before each line, or piece after a wide gap, that begins a numbered clause or is a heading."""
    edges = [paragraph.start, *(m.end() for m in PIECE.finditer(text, paragraph.start, paragraph.end)), paragraph.end]
    spans = [span for a, b in pairwise(edges) if (span := _trimmed(text, a, b))]
    pieces = [span.of(text) for span in spans]
    start = paragraph.start
    for i in range(1, len(spans)):
        after_heading = spans[i - 1].start == start and is_heading_line(pieces[i - 1])
        if after_heading or (_begins(pieces, i) and not DANGLING.search(pieces[i - 1])):
            yield Span(start, spans[i - 1].end)
            start = spans[i].start
    yield Span(start, paragraph.end)


def _begins(pieces: list[str], i: int) -> bool:
    if pieces[i][0].islower():
        return False
    if numbered(pieces[i][:400]):
        return True
    alone = not any(n.isupper() for n in pieces[i - 1 : i] + pieces[i + 1 : i + 2] if len(n) > 40)
    return alone and len(pieces[i]) <= 80 and is_heading_line(pieces[i])


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    first = start + len(piece) - len(piece.lstrip())
    return Span(first, max(first, start + len(piece.rstrip())))


def _kind(content: str) -> BlockKind:
    if "\n" not in content and is_heading_line(content):
        return BlockKind.TITLE
    return BlockKind.LIST_ITEM if is_list_line(content) else BlockKind.PARAGRAPH


def _markdown(text: str) -> Iterator[Block]:
    starts = [0, *(m.end() for m in re.finditer("\n", text)), len(text)]
    depth = 0
    taken = False
    for token in PARSER.parse(_parseable(text)):
        if token.type in ("list_item_open", "list_item_close"):
            depth += token.nesting
        elif token.type == "heading_open":
            yield _mapped(text, starts, token, BlockKind.TITLE, int(token.tag[1]))
        elif token.type == "tr_open":
            yield _mapped(text, starts, token, BlockKind.TABLE_ROW)
        elif token.type in ("fence", "code_block", "html_block") or (token.type == "inline" and not taken):
            yield _mapped(text, starts, token, BlockKind.LIST_ITEM if depth else BlockKind.PARAGRAPH)
        if token.type in ("heading_open", "tr_open", "heading_close", "tr_close"):
            taken = token.nesting > 0


def _parseable(text: str) -> str:
    """The text with the same lines, but without what CommonMark would take for content: front matter and BOM."""
    if matter := FRONT_MATTER.match(text):
        return "\n" * matter[0].count("\n") + text[matter.end() :]
    return text.removeprefix("\ufeff")


def _mapped(text: str, starts: list[int], token: Token, kind: BlockKind, level: int = 0) -> Block:
    first, last = token.map or (0, 0)
    end = len(starts) - 1
    return Block(kind, _trimmed(text, starts[min(first, end)], starts[min(last, end)]), level)


def _gapless(text: str, blocks: Iterator[Block]) -> Iterator[Block]:
    """The blocks in order, none overlapping, and what lies between them (front matter, link targets) as paragraphs."""
    at = 0
    for block in blocks:
        if not block.span or block.span.start < at:
            continue
        yield from _rest(text, at, block.span.start)
        yield block
        at = block.span.end
    yield from _rest(text, at, len(text))


def _rest(text: str, start: int, end: int) -> Iterator[Block]:
    for block in _blocks(text, start, end):
        if any(c.isalnum() for c in block.span.of(text)):
            yield Block(BlockKind.PARAGRAPH, block.span)

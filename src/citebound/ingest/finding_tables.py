"""Summary tables of findings: where they are, and what they say of each finding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from citebound.ingest.labels import label_name, trimmed
from citebound.ingest.severity import STATUS, WORDS
from citebound.types import Block, BlockKind, Span

LONGEST_TABLE = 150
LONGEST_HEADER = 200
LONGEST_ENTRY = 200
PREFIX = 40
SEVERITY_CELL = re.compile(
    rf"(?im)(?:^|(?<=[\s|*(\[]))(?P<word>{WORDS})"
    rf"(?=[ -](?:risk|severity)\b|[*\s\])|]{{0,4}}(?:$|[\t\n|(]|[\d-]|{STATUS}\b))"
)
STATUS_CELL = re.compile(
    rf"(?im)(?:^|(?<=[\s|*_(\[\u2713\u2714\u2705]))(?P<word>{STATUS})"
    rf"(?=[*_\s\])]{{0,4}}(?:$|[\t\n|(\u2713\u2714\u2705]|- ?\d))"
)
RATED_CELL = re.compile(rf"(?i)[\W_]{{0,8}}(?:{WORDS}|{STATUS})(?![^\W_])")
CELL_END = re.compile(r"\t|\||\n\n")


@dataclass(frozen=True, slots=True)
class Table:
    """The header's block, the positions of the blocks under it, and the stretch of text that they cover."""

    header: int
    rows: range
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """What to look for: the title as letters and digits only, identifiers, a plain number."""

    block: int
    title: str
    ids: tuple[str, ...]
    number: str


def tables(text: str, blocks: Sequence[Block]) -> Iterator[Table]:
    """Tables whose header names a title or an identifier, and a rating or a status; each runs to the next heading.

    PDFs print some cells of identifiers and titles as headings are printed: those go on with the ratings of their row.
    """
    taken = -1
    for i, block in enumerate(blocks):
        if i < taken or block.kind is not BlockKind.TABLE_ROW or len(block.span) > LONGEST_HEADER:
            continue
        names = _columns(block.span.of(text))
        if names & {"severity", "status"} and names & {"title", "id", "description"}:
            rest = range(i + 1, min(len(blocks), i + 1 + LONGEST_TABLE))
            taken = next((k for k in rest if _closes(text, blocks, k)), rest.stop)
            if taken > i + 1:
                yield Table(i, range(i + 1, taken), Span(blocks[i + 1].span.start, blocks[taken - 1].span.end))


def place_entries(text: str, found: Sequence[Table], entries: Sequence[Entry]) -> dict[int, dict[str, Span]]:
    """For each entry's block the severity and status words that follow it in a table, before the next entry."""
    rows: dict[int, dict[str, Span]] = {}
    for table in found:
        letters = [i for i in range(table.span.start, table.span.end) if text[i].isalnum()]
        squashed = "".join(text[i].lower()[:1] for i in letters)
        places = [(at, e.block) for e in entries if (at := _place(text, table.span, squashed, letters, e)) is not None]
        places.sort()
        edges = [*(at.start for at, _ in places), table.span.end][1:]
        for (at, block), edge in zip(places, edges, strict=True):
            stop = min(edge, at.end + LONGEST_ENTRY)
            for name, pattern in (("severity", SEVERITY_CELL), ("status", STATUS_CELL)):
                if match := pattern.search(text, min(at.end, stop), stop):
                    rows.setdefault(block, {}).setdefault(name, Span(*match.span("word")))
    return rows


def cells(text: str, block: Block) -> list[Span]:
    """The cells of a row, empty ones too: between bars in Markdown, between tabs elsewhere."""
    content = block.span.of(text)
    bar = "|" if "|" in content and "\t" not in content else "\t"
    edges = [-1, *(i for i, c in enumerate(content) if c == bar), len(content)]
    found = [trimmed(text, block.span.start + a + 1, block.span.start + b) for a, b in pairwise(edges)]
    return found[1:-1] if bar == "|" and content.strip().startswith("|") and len(found) > 2 else found


def _place(text: str, within: Span, squashed: str, letters: Sequence[int], entry: Entry) -> Span | None:
    """Where a finding's title, or else its identifier, stands in a table; spaces and line breaks do not count."""
    title = entry.title
    if len(title) > 3 and (at := squashed.find(title)) >= 0:
        return Span(letters[at], letters[at + len(title) - 1] + 1)
    if len(title) > PREFIX and (at := squashed.find(title[:PREFIX])) >= 0:
        last = letters[at + PREFIX - 1] + 1
        cell = CELL_END.search(text, last, min(within.end, last + LONGEST_ENTRY))
        return Span(letters[at], cell.start() if cell else last)
    patterns = [rf"(?i)(?<![\w-]){re.escape(id_)}(?![\w-])" for id_ in entry.ids if len(id_) > 1]
    if entry.number.isdigit():
        patterns.append(rf"(?m)^[|\s]{{0,3}}#?0{{0,2}}{entry.number}[.|]?[\s|]")
    found = (re.compile(pattern).search(text, within.start, within.end) for pattern in patterns)
    return next((Span(*match.span()) for match in found if match), None)


def _closes(text: str, blocks: Sequence[Block], k: int) -> bool:
    """Whether block k is a heading, and neither it nor the next one stands before a row of ratings only."""
    if blocks[k].kind is not BlockKind.TITLE:
        return False
    row = next((block for block in blocks[k + 1 : k + 3] if block.kind is not BlockKind.TITLE), blocks[k])
    return row.kind is not BlockKind.TABLE_ROW or not all(RATED_CELL.match(cell.of(text)) for cell in cells(text, row))


def _columns(content: str) -> set[str]:
    """The columns that a row may head; words that a PDF prints close together are tried one by one."""
    printed = [cell for cell in re.split(r"[\t|\n]| {2,}", content) if cell.strip(" *")]
    if not 1 < len(printed) <= 12 or sum(map(len, printed)) >= 120:
        return set()
    names = {label_name(cell) or label_name(cell.strip(" *").removesuffix("s")) for cell in printed}
    close = [cell.split() for cell in printed if not label_name(cell)]
    names |= {label_name(word) for words in close if len(words) <= 5 for word in words}
    return names - {""}

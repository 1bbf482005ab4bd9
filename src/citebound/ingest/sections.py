"""The tree of headings and numbered clauses of a document's body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from citebound.ingest.outline import Mark, is_contents_line, is_finding, numbered
from citebound.types import ASIDE, Block, BlockKind, Section, Span

HEADINGS = frozenset({BlockKind.PARAGRAPH, BlockKind.LIST_ITEM})
LONGEST_HEADING = 300
CONTENTS_SLACK = 20


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
    """Without bare numbered sentences ("1. The parties ...") where other clauses of that depth have captions.

    Entries of a table of contents go too: headings with nothing under them whose number and caption come again.
    """
    captioned = {start.depth for start in starts if start.number[:1].isdigit() and start.heading}
    kept = [
        start
        for start in starts
        if start.heading or not start.number[:1].isdigit() or start.depth > 1 or start.depth not in captioned
    ]
    later: dict[str, list[Start]] = {}
    listed: set[int] = set()
    for i in range(len(kept) - 2, -1, -1):
        start, following = kept[i], kept[i + 1]
        later.setdefault(following.number, []).append(following)
        bare = following.at - start.at < len(start.number) + len(start.heading) + CONTENTS_SLACK
        if bare and start.number and any(_same_caption(start.heading, o.heading) for o in later.get(start.number, ())):
            listed.add(i)
    return [start for i, start in enumerate(kept) if i not in listed]


def _same_caption(entry: str, heading: str) -> bool:
    entry, heading = entry.lower(), heading.lower()
    return (
        entry == heading or (bool(heading) and entry.startswith(heading)) or (bool(entry) and heading.startswith(entry))
    )


def _tree(starts: Sequence[Start], end: int, text: str) -> tuple[Section, ...]:
    found: list[Section] = []
    open_: list[int] = []
    for i, start in enumerate(starts):
        following = next((later.number for later in starts[i + 1 : i + 30] if later.number), "")
        level = _level(start, [found[k] for k in open_], following)
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


def _level(start: Start, open_: Sequence[Section], following: str) -> int:
    """A number's place under its open parent ("9.2" under "9") goes before the level that fonts or styles say."""
    if not start.number:
        return _unnumbered(start, open_, following)
    for section in reversed(open_):
        above = _ordinal(section.number)
        if above and _ordinal(start.number).startswith(above + "."):
            return section.level + _ordinal(start.number)[len(above) :].count(".")
    for section in reversed(open_):
        if section.number and _shape(section.number) == _shape(start.number):
            return section.level
    above_ = open_[-1] if open_ else None
    if above_ and above_.number and (not start.level or start.level >= above_.level):
        return above_.level + (_rank(start.number) > _rank(above_.number))
    return start.level or (above_.level + 1 if above_ else 1)


def _unnumbered(start: Start, open_: Sequence[Section], following: str) -> int:
    """A heading without a number stays inside the numbered section that it interrupts: the next number tells."""
    for section in reversed(open_):
        goes_on = following and section.number and _shape(section.number) == _shape(following)
        within = not start.level or start.level >= section.level
        if within and ((goes_on and _ordinal(following) != "1") or is_finding(section.number)):
            return section.level + 1 if start.level <= section.level else start.level
    return start.level or 1


def _ordinal(number: str) -> str:
    return number.split()[-1].rstrip(".") if number else ""


def _rank(number: str) -> int:
    """How deep a number usually stands: "Article 5", "5", "5.1", "A"."""
    kind, dots = _shape(number)
    return {"digit": 10 + dots, "letter": 20, "word": 5}.get(kind, 0)


def _shape(number: str) -> tuple[str, int]:
    """Numbers of one shape are siblings: "Section 5" and "Section 6", "9.1" and "9.2", "IV" and "V"."""
    words = number.split()
    last = words[-1] if words else ""
    kind = "digit" if last[:1].isdigit() else "letter" if len(last) == 1 and last not in "IVX" else "word"
    return (words[0].lower() if len(words) > 1 else kind, last.count("."))

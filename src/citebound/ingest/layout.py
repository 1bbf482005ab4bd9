"""From runs of characters to reading order, lines, paragraphs, headings and running headers.

The order of the content stream is trusted where it can be a reading order at all: it keeps cells of tables and side
columns whole. It is mended where a line stands below one that it precedes, and replaced where two columns of prose
are printed line by line across the gutter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from citebound.ingest.draft import Element, Print, compose
from citebound.ingest.furniture import furniture
from citebound.ingest.glyphs import Page, Run
from citebound.ingest.outline import BULLET, ENUMERATED, NAMED, is_contents_line, is_list_line, numbered
from citebound.types import Block, BlockKind, Line

NARROW_GAP = 0.8
GUTTER_LINES = 6
COLUMN_LETTERS = 18
MOST_ROWS = 3000
HEAD, FOOT = 0.06, 0.92
TERMINAL = (".", ";", ":", "!", "?", ".\u201d", '."', ".)", "\u2026")
LABEL = re.compile(
    r"(?:\(?[a-zA-Z0-9]{1,4}[.)]|\d{1,2}(?:\.\d{1,3})*\.?|[^\w\s]|"
    rf"{NAMED} (?:\d{{1,2}}(?:\.\d+)*|[IVXLC]+)[.:]?)$"
)


@dataclass(slots=True)
class Row:
    """What is printed on one baseline and read in one go: one run, or a label or cells and what follows them."""

    page: int
    runs: list[Run]
    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    text: str = ""
    beside: bool = False
    """Something else is printed next to it."""

    def __post_init__(self) -> None:
        self.left = min(run.left for run in self.runs)
        self.right = max(run.right for run in self.runs)
        self.top = min(run.top for run in self.runs)
        self.bottom = max(run.bottom for run in self.runs)
        self.text = self._joint().join(run.text for run in self.runs)

    def _joint(self) -> str:
        return "" if self.tilted else "\t" if self.cells > 1 else " "

    @property
    def cells(self) -> int:
        """How many cells of a table it holds; a clause number or bullet and its text are one."""
        if self.tilted:
            return 1
        return 1 if len(self.runs) < 2 or (LABEL.match(self.runs[0].text) and len(self.runs) == 2) else len(self.runs)

    @property
    def size(self) -> float:
        return max(self.runs, key=lambda run: len(run.chars)).size

    @property
    def bold(self) -> bool:
        return all(run.bold for run in self.runs)

    @property
    def tilted(self) -> bool:
        return bool(self.runs[0].tilt)

    @property
    def hidden(self) -> bool:
        return self.runs[0].hidden

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def print(self) -> Print:
        """The line with its geometry."""
        box = (self.left, self.top, self.right, self.bottom)
        if self.tilted:
            return Print(self.text, self.page, box, tuple(_even(self.left, self.right, len(self.text) + 1)))
        advances: list[float] = []
        at = self.left
        for i, run in enumerate(self.runs):
            if i:
                advances.append(at)
            for left in run.lefts:
                at = max(at, left)
                advances.append(at)
            at = max(at, run.rights[-1])
        advances.append(max(at, self.right))
        return Print(self.text, self.page, box, tuple(advances))


def _even(left: float, right: float, count: int) -> list[float]:
    return [left + (right - left) * i / max(1, count - 1) for i in range(count)]


@dataclass(slots=True)
class Part:
    """Rows that make one block, and what it is."""

    rows: list[Row]
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0

    @property
    def text(self) -> str:
        return "\n".join(row.text for row in self.rows)


@dataclass(slots=True)
class Type:
    """How the body of a document is set: its size, and the distance of its baselines."""

    size: float = 10.0
    pitch: float = 12.0


def lay_out(pages: Sequence[Page]) -> tuple[str, tuple[Block, ...], tuple[Line, ...]]:
    """Text, blocks and lines of a document: the body in reading order, then headers, footers and hidden text."""
    rows = {page.number: _page_rows(page) for page in pages}
    hidden = [row for page in pages for row in _rows(page.number, [r for r in page.runs if r.hidden])]
    set_in = _type(rows.values())
    running = furniture([(page.height, rows[page.number]) for page in pages])
    parts: list[Part] = []
    for page in pages:
        body = [row for row in rows[page.number] if id(row) not in running]
        _append(parts, _parts(body, set_in))
    _headings(parts, set_in)
    parts += [Part([row], running[id(row)]) for page in pages for row in rows[page.number] if id(row) in running]
    parts += [Part([row], BlockKind.HIDDEN) for row in hidden]
    return compose(Element(p.kind, p.text, p.level, tuple(row.print() for row in p.rows)) for p in parts)


def _page_rows(page: Page) -> list[Row]:
    upright = [run for run in page.runs if not run.hidden and not run.tilt]
    tilted = [run for run in page.runs if not run.hidden and run.tilt]
    return _ordered(page.number, upright, page.height) + [Row(page.number, runs) for runs in _tilted(tilted)]


def _tilted(runs: list[Run]) -> list[list[Run]]:
    """Tilted runs that follow each other closely belong together: the letters of a seal or of a stamp."""
    groups: list[list[Run]] = []
    for run in runs:
        before = groups[-1][-1] if groups else None
        if before and len(run.chars) <= 2 and max(_between(before, run)) < run.size:
            groups[-1].append(run)
        else:
            groups.append([run])
    return groups


def _between(a: Run, b: Run) -> tuple[float, float]:
    return max(a.left, b.left) - min(a.right, b.right), max(a.top, b.top) - min(a.bottom, b.bottom)


def _ordered(page: int, runs: list[Run], height: float = 0.0) -> list[Row]:
    gutter = find_gutter(runs)
    if gutter is None:
        return _sorted(_rows(page, runs), height)
    x, top, bottom = gutter
    above: list[Run] = []
    left: list[Run] = []
    right: list[Run] = []
    below: list[Run] = []
    across: list[Run] = []
    for run in runs:
        middle = (run.top + run.bottom) / 2
        if middle < top:
            above.append(run)
        elif middle > bottom:
            below.append(run)
        elif run.right <= x:
            left.append(run)
        elif run.left >= x:
            right.append(run)
        elif halves := run.cut(x):
            left.append(halves[0])
            right.append(halves[1])
        else:
            across.append(run)
    columns = _by_place(page, left) + _by_place(page, right)
    return _ordered(page, above) + _sorted(_rows(page, across)) + columns + _ordered(page, below)


def _by_place(page: int, runs: list[Run]) -> list[Row]:
    runs.sort(key=lambda run: ((run.top + run.bottom) / 2, run.left))
    return _rows(page, runs, anywhere=True)


def find_gutter(runs: Sequence[Run]) -> tuple[float, float, float] | None:
    """x of the white strip between two columns of prose, and the y range in which it separates them; or None.

    A strip counts when at least six lines in a row leave it free with prose on both sides of it, so that the
    columns of a table, with their short cells or further gaps, do not.
    """
    lines = _baselines(runs)
    if len(lines) < GUTTER_LINES:
        return None
    votes: Counter[int] = Counter()
    gaps = [_gaps(line) for line in lines]
    for found in gaps:
        votes.update({x for a, b in found for x in range(int(a) + 1, int(b) + 1)})
    if not votes:
        return None
    x, count = max(votes.items(), key=lambda item: (item[1], -abs(item[0])))
    if count < GUTTER_LINES:
        return None
    free = [i for i, found in enumerate(gaps) if any(a < x <= b for a, b in found)]
    sides = [_sides(lines[i], x) for i in free]
    if median(s[0] for s in sides) < COLUMN_LETTERS or median(s[1] for s in sides) < COLUMN_LETTERS:
        return None
    if sum(len(gaps[i]) > 1 for i in free) > 0.2 * len(free):
        return None
    first, last = free[0], free[-1]
    crossing = [i for i in range(first, last + 1) if any(r.left < x < r.right and r.cut(x) is None for r in lines[i])]
    if len(crossing) > 0.1 * (last - first + 1):
        return None
    return float(x), min(r.top for r in lines[first]) - 0.1, max(r.bottom for r in lines[last]) + 0.1


def _baselines(runs: Sequence[Run]) -> list[list[Run]]:
    lines: list[list[Run]] = []
    for run in sorted(runs, key=lambda r: (r.top + r.bottom) / 2):
        if lines and (run.top + run.bottom) / 2 - (lines[-1][0].top + lines[-1][0].bottom) / 2 < 0.35 * run.size:
            lines[-1].append(run)
        else:
            lines.append([run])
    for line in lines:
        line.sort(key=lambda r: r.left)
    return lines


def _gaps(line: Sequence[Run]) -> list[tuple[float, float]]:
    between = [(a.right, b.left) for a, b in pairwise(line) if b.left - a.right > NARROW_GAP * a.size]
    return between + [gap for run in line for gap in run.gaps(NARROW_GAP * run.size)]


def _sides(line: Sequence[Run], x: float) -> tuple[int, int]:
    left = right = 0
    for run in line:
        before = sum(edge <= x for edge in run.rights)
        left += before
        right += len(run.chars) - before
    return left, right


def _rows(page: int, runs: Iterable[Run], anywhere: bool = False) -> list[Row]:
    """Runs that follow each other on one baseline, from left to right, as rows."""
    groups: list[list[Run]] = []
    for run in runs:
        if groups and _continues(groups[-1][-1], run, anywhere):
            groups[-1].append(run)
        else:
            groups.append([run])
    return [Row(page, group) for group in groups]


def _continues(before: Run, run: Run, anywhere: bool) -> bool:
    if run.left < before.right - 0.3 * run.size and not (anywhere and run.left >= before.left):
        return False
    shared = min(before.bottom, run.bottom) - max(before.top, run.top)
    return shared > 0.5 * min(before.bottom - before.top, run.bottom - run.top)


def _sorted(rows: list[Row], height: float = 0.0) -> list[Row]:
    """The rows in stream order, except that a row never comes after one that stands below it in the same column.

    Rows in the margins of a page of that height come first and last, whenever they were drawn.
    """
    if len(rows) > MOST_ROWS:
        return sorted(rows, key=lambda row: (row.top, row.left))
    head = [row for row in rows if row.bottom < HEAD * height]
    foot = [row for row in rows if height and row.top > FOOT * height]
    _mark_beside(rows)
    order: list[Row] = []
    lowest = 0.0
    last = -1
    for row in rows:
        if row.bottom < HEAD * height or (height and row.top > FOOT * height):
            continue
        if order and _goes_on(order[last], row):
            last += 1
        else:
            last = len(order) if row.top >= lowest else _seat(order, row)
        order.insert(last, row)
        lowest = max(lowest, row.bottom)
    return head + order + foot


def _mark_beside(rows: Sequence[Row]) -> None:
    by_top = sorted(rows, key=lambda row: row.top)
    for i, row in enumerate(by_top):
        for other in by_top[i + 1 :]:
            if other.top > row.bottom - 0.5 * min(row.height, other.height):
                break
            row.beside = other.beside = True


def _goes_on(last: Row, row: Row) -> bool:
    near = 0 < row.bottom - last.bottom < 2.5 * max(row.height, last.height)
    return near and min(last.right, row.right) > max(last.left, row.left)


def _seat(order: Sequence[Row], row: Row) -> int:
    """Where to put a row: before the first that stands below it in its column, and before what leads down to that."""
    middle = row.top + row.bottom
    for i, other in enumerate(order):
        if (
            other.top + other.bottom > middle + row.height
            and min(other.right, row.right) - max(other.left, row.left) > 1
        ):
            while i and order[i - 1].top >= row.bottom - 1 and order[i - 1].top <= order[i].top:
                i -= 1
            return i
    return len(order)


def _type(pages: Iterable[list[Row]]) -> Type:
    sizes: Counter[float] = Counter()
    pitches: Counter[float] = Counter()
    for rows in pages:
        for row in rows:
            sizes[round(row.size * 2) / 2] += len(row.text)
        for a, b in pairwise(rows):
            if 0 < b.bottom - a.bottom < 40 and abs(a.size - b.size) < 0.6:
                pitches[round((b.bottom - a.bottom) * 2) / 2] += 1
    size = sizes.most_common(1)[0][0] if sizes else 10.0
    usual = [(n, p) for p, n in pitches.items() if size * 0.9 <= p <= size * 2.6]
    return Type(size, max(usual)[1] if usual else size * 1.2)


def _parts(rows: list[Row], set_in: Type) -> list[Part]:
    parts: list[Part] = []
    edge = _right_edge(rows)
    for row in rows:
        if parts and not _breaks(parts[-1].rows, row, set_in, edge):
            parts[-1].rows.append(row)
        else:
            parts.append(Part([row]))
    for part in parts:
        if part.rows[0].cells > 1:
            part.kind = BlockKind.TABLE_ROW
        elif part.rows[0].tilted:
            part.kind = BlockKind.TEXT_BOX
        elif is_list_line(part.text):
            part.kind = BlockKind.LIST_ITEM
    return parts


def _right_edge(rows: Sequence[Row]) -> float:
    """Where full lines end: the right margin of most text."""
    rights = sorted(row.right for row in rows)
    return rights[int(len(rights) * 0.8)] if rights else 0.0


def _breaks(before: list[Row], row: Row, set_in: Type, edge: float) -> bool:
    """Whether a row begins a new block after the rows `before`."""
    last = before[-1]
    if row.cells == 1 and last.cells > 1 and _in_cell(before, row):
        return False
    if row.cells > 1 or last.cells > 1 or row.tilted or last.tilted:
        return True
    if abs(row.size - last.size) > 0.05 * last.size + 0.2 or row.bold != last.bold:
        return not _same_line(last, row) and not (row.text[:1].islower() and not last.text.endswith(TERMINAL))
    drop = row.bottom - last.bottom
    pitch = max(set_in.pitch * last.size / set_in.size, last.size)
    if drop < -last.height or drop > 1.35 * _own_pitch(before, pitch) or _aside(last, row):
        return True
    short = last.right < edge - max(0.12 * (edge - last.left), 3 * last.size)
    ended = last.text.endswith(TERMINAL)
    if BULLET.match(row.text) or ENUMERATED.match(row.text) or numbered(row.text):
        return ended or short or abs(row.left - before[0].left) > last.size or _starts_item(before[0].text)
    if row.left > last.left + 0.8 * last.size and len(before) > 1 and (ended or short):
        return True
    return short and ended and row.left <= last.left + 1


def _in_cell(before: Sequence[Row], row: Row) -> bool:
    """Whether the row goes on with a cell, other than the first, of the table row above it."""
    cells = before[-1].runs[1:]
    near = row.bottom - before[-1].bottom < 1.6 * row.height
    return near and any(abs(cell.left - row.left) < 2 for cell in cells)


def _starts_item(text: str) -> bool:
    return is_list_line(text) or numbered(text) is not None


def _same_line(last: Row, row: Row) -> bool:
    return abs(last.bottom - row.bottom) < 0.5 * last.height


def _own_pitch(before: Sequence[Row], pitch: float) -> float:
    """The distance of baselines inside this block, once it has two lines."""
    if len(before) < 2:
        return pitch
    return max(before[-1].bottom - before[-2].bottom, pitch * 0.8)


def _aside(last: Row, row: Row) -> bool:
    """Whether the row stands beside the last one or in another column."""
    return row.left > last.right or row.right < last.left


def _append(parts: list[Part], more: list[Part]) -> None:
    """Adds a page's parts; a paragraph that the page break cut is mended."""
    if parts and more and _runs_on(parts[-1], more[0]):
        parts[-1].rows += more.pop(0).rows
    parts += more


def _runs_on(last: Part, first: Part) -> bool:
    if first.kind is not BlockKind.PARAGRAPH or last.kind not in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM):
        return False
    a, b = last.rows[-1], first.rows[0]
    return (
        not a.text.endswith(TERMINAL)
        and b.text[:1].islower()
        and abs(a.size - b.size) < 0.6
        and not a.tilted
        and a.bold == b.bold
    )


def _headings(parts: list[Part], set_in: Type) -> None:
    """Marks headings by size, weight or capitals, and ranks them: larger sizes first, then bold in the body's size."""
    found = [
        part for part in parts if part.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM) and _is_heading(part, set_in)
    ]
    looks = {_look(part, set_in) for part in found}
    ranks = {look: i + 1 for i, look in enumerate(sorted(looks, reverse=True)[:6])}
    for part in found:
        part.kind = BlockKind.TITLE
        part.level = ranks.get(_look(part, set_in), 6)


def _look(part: Part, set_in: Type) -> tuple[float, bool]:
    size = max(round(part.rows[0].size * 2) / 2, set_in.size)
    return size, part.rows[0].bold


def _is_heading(part: Part, set_in: Type) -> bool:
    text, first = part.text, part.rows[0]
    if len(part.rows) > 4 or len(text) > 200 or not any(c.isalpha() for c in text) or is_contents_line(text):
        return False
    if text.endswith((",", ";", "-")) or first.tilted or BULLET.match(text):
        return False
    if first.size >= set_in.size * 1.12 + 0.2:
        return not (text.endswith(".") and len(text) > 100)
    if first.beside or first.size < set_in.size * 0.9:
        return False
    mark = numbered(text)
    captioned = bool(mark and mark.caption and not mark.inline)
    if first.size >= set_in.size * 1.04 + 0.4 and len(part.rows) <= 2:
        return captioned or (len(text) <= 120 and not text.endswith(".") and not text[0].islower())
    if first.bold:
        return captioned or (len(text) <= 120 and not text.endswith("."))
    return _in_capitals(text) and len(text) <= 100 and len(part.rows) <= 2


def _in_capitals(text: str) -> bool:
    return sum(c.isalpha() for c in text) >= 4 and text == text.upper()

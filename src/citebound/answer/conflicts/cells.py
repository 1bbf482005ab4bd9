"""The values of tables, each with what its row and its column are called: a sentence of three parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from citebound.answer.gate.dates import Date
from citebound.answer.gate.objections import hard_facts
from citebound.answer.gate.quantities import CURRENCIES, Quantity, quantities
from citebound.answer.words import content
from citebound.indexes.store import Store
from citebound.ingest.finding_tables import cells as parted
from citebound.types import Block, BlockKind, Span

Value = Quantity | Date

WHOLE = 2**30
LONGEST = 2000
"""Characters of a row from which on it is no row of values."""
_NUMBER = re.compile(r"[\d.,\s]+")
_RULE = re.compile(r"[\s|:-]+")
_UNIT = re.compile(r"\(([^()]{1,24})\)|\bin ([A-Za-z$€£%]{1,12})\s*$|([$€£%])|\b([A-Z]{3})\b")
_COUNTS = frozenset({"", "#", "no", "no.", "line", "nr", "nr.", "item no.", "order", "pos", "pos."})


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a row: `column` is the header over it, "" where none is known; `label` what the row is called; `rest`
    all that the row says in words."""

    document_id: str
    row: Span
    label: str
    column: str
    value: Value
    rest: str

    @property
    def unit(self) -> str:
        return unit_of(self.value)

    @property
    def about(self) -> str:
        """ "Fee (USD) of Analytics module"."""
        return f"{self.column} of {self.label}" if self.column else self.label

    def names(self) -> Iterator[list[str]]:
        """The label as content words: whole, and without what stands in parentheses or behind a colon."""
        short = re.split(r"[(:]", self.label)[0]
        made = {tuple(content(name)) for name in (self.label, short)}
        yield from (list(words) for words in made if words)


def unit_of(value: Value) -> str:
    return "date" if isinstance(value, Date) else value.unit


def printed(value: Value) -> str:
    """ "5,750 USD", "30 day", "2025-04-01"."""
    if isinstance(value, Date):
        return str(value)
    unit = value.unit.upper() if value.unit in CURRENCIES else value.unit
    return f"{value.value:,f}{'' if unit == '%' else ' '}{unit}".strip()


def cells(store: Store, document_id: str) -> list[Cell]:
    """The values in the tables of a document, in the order of its text."""
    with store.reading() as db:
        found = db.execute(
            'SELECT position, start, "end" FROM blocks WHERE document_id = ? AND kind = ? ORDER BY position',
            (document_id, BlockKind.TABLE_ROW),
        ).fetchall()
    whole = store.text(document_id, Span(0, WHOLE)) if found else ""
    made: list[Cell] = []
    header: list[str] = []
    last = -2
    for position, start, end in found:
        row = Span(start, end)
        if end - start > LONGEST:
            continue
        text = row.of(whole)
        if _RULE.fullmatch(text):
            continue
        said = [span.of(text).strip() for span in parted(text, Block(BlockKind.TABLE_ROW, Span(0, len(text))))]
        first, last = position != last + 1, position
        if first or said == header:
            header = said if len(said) > 1 and not any(_value(one, "") for one in said) else []
            if header:
                continue
        columns = header if len(header) == len(said) else [""] * len(said)
        made += _of_row(document_id, row, said, columns)
    return made


def _of_row(document_id: str, row: Span, said: Sequence[str], columns: Sequence[str]) -> list[Cell]:
    values = [None if _counts(i, columns) else _value(one, columns[i]) for i, one in enumerate(said)]
    words = [one for i, one in enumerate(said) if values[i] is None and not _NUMBER.fullmatch(one)]
    label = next((one for one in words if content(one)), "")
    if not label:
        return []
    rest = " ".join(" ".join(words).split())
    label = " ".join(label.split())
    return [
        Cell(document_id, row, label, " ".join(columns[i].split()), value, rest)
        for i, value in enumerate(values)
        if value is not None
    ]


def _counts(at: int, columns: Sequence[str]) -> bool:
    """Whether a column only numbers the rows."""
    return at == 0 and len(columns) > 2 and columns[0].strip().lower() in _COUNTS


def _value(said: str, column: str) -> Value | None:
    """The one value that a cell is, with the unit that its header gives; None where it is more, or words."""
    found = hard_facts(said)
    dates = [date for date in found.dates if date.month]
    numbers = [q for q in found.quantities if q.unit != "th"]
    if len(dates) == 1 and not numbers:
        return dates[0] if len(content(said)) <= 4 else None
    if len(numbers) != 1 or dates:
        return None
    (number,) = numbers
    if number.unit:
        return number if len(content(said)) <= 6 else None
    if not _NUMBER.fullmatch(said):
        return None
    for match in _UNIT.finditer(column):
        word = next(filter(None, match.groups()))
        for one in (*quantities(f"{word} 1"), *quantities(f"1 {word}")):
            if one.unit:
                return Quantity((number.value * one.value).normalize(), one.unit)
    return number

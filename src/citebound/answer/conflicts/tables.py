"""Values in tables that another row or a sentence says otherwise: an order form and the amendment that changes a fee.

A row and a sentence speak of one thing where the sentence has the row's label, word for word, and a word of the header
of its column; two rows where label and header are the same. Only what the question asks for is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from citebound.answer.conflicts.asked import Allowed, Asked
from citebound.answer.conflicts.cells import WHOLE, Cell, Value, cells, printed, unit_of
from citebound.answer.conflicts.exhibits import Exhibits
from citebound.answer.gate.objections import hard_facts
from citebound.answer.gate.quantities import CURRENCIES
from citebound.answer.words import content
from citebound.indexes.amendment import Ledger
from citebound.indexes.store import Store
from citebound.ingest.sentences import sentence_spans
from citebound.types import Amendment, Answer, Citation, Conflict, ConflictKind, Side, Span

NEAR = 8
"""Documents beside the cited one whose tables are read."""
_MONEY = re.compile(r"(?i)\b(?:how much|costs?|prices?|fees?|pay(?:able|s|ment)?|charges?|charged|rates?|amounts?)\b")
_WHEN = re.compile(r"(?i)\b(?:when|dates?|since|deadline|due|by which day)\b")
_LONG = re.compile(r"(?i)\b(?:how (?:long|fast|quickly|soon)|within|time|periods?|hours?|days?|months?|years?)\b")
_CHANGE = re.compile(r"(?is)\bfrom\b(?P<old>.{1,80}?)\bto\b(?P<new>.{1,80})")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b|\bQ[1-4]\b")
_PERIODS = frozenset({"day", "hour", "minute", "second", "month", "business day"})


@dataclass(frozen=True, slots=True)
class Said:
    """A place that gives a value: a row of a table, or a sentence. `old` is the value that it says it changes."""

    document_id: str
    span: Span
    value: Value
    about: str
    old: Value | None = None


class Tables:
    """Compares the values in the tables of one collection with one another and with its sentences."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self._store = store
        self._ledger = ledger

    def of(self, answer: Answer, asked: Asked, exhibits: Exhibits, allowed: Allowed) -> list[Conflict]:
        """What a cited row or sentence says, and a row or a sentence that says otherwise; what governs first."""
        made: list[Conflict] = []
        read: dict[str, list[Cell]] = {}
        for citation in answer.citations:
            for one, other in self._pairs(citation, asked, allowed, read):
                conflict = self._conflict(one, other, asked, exhibits)
                if conflict is not None and not any(_told(conflict, known) for known in made):
                    made.append(conflict)
        return made

    # -- what is compared ---------------------------------------------------------------------------------------------

    def _pairs(
        self, citation: Citation, asked: Asked, allowed: Allowed, read: dict[str, list[Cell]]
    ) -> Iterator[tuple[Said, Said]]:
        """What a citation says, and what others say of the same."""
        mine = citation.document.id
        wanted = set(content(asked.question))
        cited = [c for c in self._cells(mine, read) if c.row.overlap(citation.span)]
        linked = self._linked(mine) if cited or self._amends(mine) else []
        found = list(dict.fromkeys(p.document.id for p in asked.places))[:NEAR]
        documents = [d for d in dict.fromkeys([mine, *linked, *found]) if d == mine or allowed(d)]
        every = [c for d in documents for c in self._cells(d, read)]
        for cell in _asked_for(cited, asked.question, wanted):
            for other in every:
                if other not in cited and self._one_thing(cell, other) and cell.value != other.value:
                    yield _row(cell), _row(other)
            for document in [d for d in documents if d == mine or d in linked or not asked.named]:
                yield from ((_row(cell), said) for said in self._sentences(document, cell))
        if not cited and _has_values(citation.quote):
            own = [c for c in every if _named(c, citation.quote)]
            for cell in _asked_for(own, asked.question, wanted):
                said = _sentence(citation.document.id, citation.span, citation.quote, cell)
                if said is not None:
                    for document in filter(allowed, self._linked(cell.document_id)):
                        yield from ((said, later) for later in self._sentences(document, cell) if later != said)
                    yield said, _row(cell)

    def _sentences(self, document_id: str, cell: Cell) -> Iterator[Said]:
        """The sentences of a document that give another value for a cell."""
        text = self._store.text(document_id, Span(0, WHOLE))
        folded = text.lower()
        if not all(word in folded for word in re.findall(r"\w{3,}", re.split(r"[(:]", cell.label)[0].lower())):
            return
        for span in sentence_spans(text):
            if not (document_id == cell.document_id and span.overlap(cell.row)):
                said = _sentence(document_id, span, span.of(text), cell)
                if said is not None:
                    yield said

    def _one_thing(self, one: Cell, other: Cell) -> bool:
        """Whether two rows give the same value of the same thing: of one document, in tables for the same time."""
        same = content(one.rest) == content(other.rest) and content(one.column) == content(other.column)
        if not same or not one.column or one.unit != other.unit:
            return False
        if one.document_id != other.document_id:
            return True
        first, second = (_YEAR.findall(self._store.section_path(c.document_id, c.row.start)) for c in (one, other))
        return first == second

    def _cells(self, document_id: str, read: dict[str, list[Cell]]) -> list[Cell]:
        if document_id not in read:
            read[document_id] = cells(self._store, document_id)
        return read[document_id]

    def _amends(self, document_id: str) -> bool:
        """Whether a document says that it amends another; the amendments are read only where one is concerned."""
        with self._store.reading() as db:
            row = db.execute(
                "SELECT 1 FROM facts WHERE document_id = ? AND name = 'amends' LIMIT 1", (document_id,)
            ).fetchone()
        return row is not None

    def _linked(self, document_id: str) -> list[str]:
        """The documents that amend a document or are amended by it."""
        return list(dict.fromkeys(a.document.id if a.document.id != document_id else a.amends.id  # type: ignore[union-attr]
                                  for a in self._links(document_id)))  # fmt: skip

    def _links(self, document_id: str) -> list[Amendment]:
        return [a for a in self._ledger.all() if a.amends and document_id in (a.document.id, a.amends.id)]

    # -- what it means ------------------------------------------------------------------------------------------------

    def _conflict(self, one: Said, other: Said, asked: Asked, exhibits: Exhibits) -> Conflict | None:
        for first, second in ((one, other), (other, one)):
            amendment = self._governing(first.document_id, second.document_id)
            if amendment is not None and first.value != second.value:
                dated = f", of {amendment.date}" if amendment.date else ""
                names = f"{amendment.name}{dated} ({amendment.source.name})"
                text = f"{one.about}: {printed(second.value)} superseded by {printed(first.value)}, {names}"
                end = "; what governs comes first, and what it changed after it"
                return self._made(ConflictKind.SUPERSEDED, one.about, text + end, (first, second), exhibits)
        if other.old is not None:
            one, other = other, one
        name = self._store.sources(one.document_id)[0].name
        values = f"{printed(one.value)} / {printed(other.value)}"
        if one.old is not None and one.document_id != other.document_id:
            text = f"{name} says that {one.about} was changed: {values}"
            return self._made(ConflictKind.DISAGREES, one.about, text, (one, other), exhibits)
        if one.document_id == other.document_id:
            text = f"two places of {name} say different things of {one.about}: {values}"
            return self._made(ConflictKind.DISAGREES, one.about, text, (one, other), exhibits)
        if asked.named:
            return None
        text = f"the question names no document, and the documents answer differently ({one.about}): {values}"
        return self._made(ConflictKind.DIFFERS, one.about, text, (one, other), exhibits)

    def _governing(self, document_id: str, other_id: str) -> Amendment | None:
        """An amendment of one document that changes another, or is later than the other's of the same agreement."""
        if document_id == other_id:
            return None
        bases: set[str] = set()
        for amendment in reversed(self._links(other_id)):
            if amendment.amends and amendment.document.id == other_id:
                bases.add(amendment.amends.id)
        links = [a for a in self._links(document_id) if a.document.id == document_id and a.amends]
        direct = next((a for a in links if a.amends and a.amends.id == other_id), None)
        later = next((a for a in links if a.amends and a.amends.id in bases and self._is_later(a, other_id)), None)
        return direct or later

    def _is_later(self, amendment: Amendment, other_id: str) -> bool:
        """Whether an amendment is newer than those of another document; all are told newest first."""
        every = self._ledger.all()
        first = next((i for i, a in enumerate(every) if a.document.id == other_id), len(every))
        return every.index(amendment) < first

    def _made(
        self, kind: ConflictKind, about: str, text: str, places: Sequence[Said], exhibits: Exhibits
    ) -> Conflict | None:
        sides = []
        for said in places:
            document, source = self._store.info(said.document_id)[0], self._store.sources(said.document_id)[0]
            citation = exhibits.of(document, source, said.span, self._store.text(said.document_id, said.span))
            if citation is not None:
                sides.append(Side(printed(said.value), citation))
        if len({side.citation.marker for side in sides}) < 2:
            return None
        return Conflict(kind, about, text, tuple(sides))


def _row(cell: Cell) -> Said:
    return Said(cell.document_id, cell.row, cell.value, cell.about)


def _sentence(document_id: str, span: Span, text: str, cell: Cell) -> Said | None:
    """What a sentence says of a cell that differs from it; None if it speaks of something else, or says the same."""
    if "\t" in text or not _named(cell, text):
        return None
    values = _values(text, cell.unit)
    change = _CHANGE.search(text)
    if change:
        old, new = _values(change["old"], cell.unit), _values(change["new"], cell.unit)
        if old and new and _as(new[0], cell) != cell.value:
            return Said(document_id, span, new[0], cell.about, old[0])
    if len(values) != 1 or _as(values[0], cell) == cell.value:
        return None
    return Said(document_id, span, values[0], cell.about)


def _named(cell: Cell, text: str) -> bool:
    """Whether a sentence has the label of a row, and a word of the header of its column."""
    said = content(text)
    if not any(len(name) > 1 and _has_run(said, name) for name in cell.names()):
        return False
    header = set(content(re.sub(r"\([^()]*\)", " ", cell.column)))
    return bool(header & set(said)) if header else len(_values(text, cell.unit)) == 1


def _values(text: str, unit: str) -> list[Value]:
    """The values of a text that have a unit, of any currency where the cell has none."""
    found = hard_facts(text)
    if unit == "date":
        return [date for date in found.dates if date.month]
    return [q for q in found.quantities if q.unit == unit or (not unit and q.unit in CURRENCIES)]


def _as(value: Value, cell: Cell) -> Value:
    """A value as the cell would print it, without a unit where it has none."""
    return cell.value if getattr(value, "value", 0) == getattr(cell.value, "value", 1) else value


def _has_values(text: str) -> bool:
    found = hard_facts(text)
    return bool(found.quantities or found.dates)


def _asked_for(found: Sequence[Cell], question: str, wanted: set[str]) -> list[Cell]:
    """The cells of rows that the question names, of the columns that it asks for."""
    rows = [c for c in found if any(wanted & set(name) for name in c.names())]
    named = [c for c in rows if wanted & set(content(c.column)) - set(content(c.label))]
    if named:
        return named
    kinds = [
        kind for pattern, kind in ((_MONEY, "money"), (_WHEN, "date"), (_LONG, "period")) if pattern.search(question)
    ]
    return [c for c in rows if _kind(c) in kinds] if kinds else rows


def _kind(cell: Cell) -> str:
    unit = unit_of(cell.value)
    return "money" if unit in CURRENCIES or not unit else "period" if unit in _PERIODS else unit


def _has_run(words: Sequence[str], run: Sequence[str]) -> bool:
    return any(list(words[i : i + len(run)]) == list(run) for i in range(len(words) - len(run) + 1))


def _told(one: Conflict, other: Conflict) -> bool:
    """Whether a conflict is known: the same places, or a text that an earlier amendment changed as well as the last."""
    if {s.citation.marker for s in one.sides} == {s.citation.marker for s in other.sides}:
        return True
    superseded = one.kind is other.kind is ConflictKind.SUPERSEDED and one.about == other.about
    return superseded and one.sides[-1].citation == other.sides[-1].citation

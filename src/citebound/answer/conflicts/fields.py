"""Fields that were read off documents, with other values in the same document or in others of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from citebound.answer.conflicts.asked import Allowed, Asked, grouped
from citebound.answer.conflicts.exhibits import SIDES, Exhibits
from citebound.answer.words import content
from citebound.indexes.store import Store
from citebound.ingest.profile import Profile
from citebound.ingest.sentences import sentence_spans
from citebound.types import Answer, Conflict, ConflictKind, Side, Source, Span

LINE = 300
COMPARED = frozenset({"law", "date", "duration", "amount", "number"})
"""Types of fields whose values are compared."""
FEDERATIONS = frozenset({"united states", "united states of america", "united kingdom", "canada", "australia"})
"""Beside a law of their parts they contradict nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One value of a field, as it was read off a document."""

    document_id: str
    span: Span
    shown: str
    kind: str
    type: str
    amends: bool
    path: str

    @property
    def file(self) -> str:
        return Source(self.path, self.document_id).name

    def may_be_meant(self, other: Row, of_kind: bool) -> bool:
        """Whether a question that names no document may mean this one as well as the other."""
        return self.kind == other.kind and not self.amends and (not of_kind or self.type == other.type)

    @property
    def same(self) -> str:
        return " ".join(self.shown.casefold().split())


class Fields:
    """Compares the fields of the documents of one collection."""

    def __init__(self, store: Store, kinds: Sequence[Profile]) -> None:
        self._store = store
        self._kinds = kinds

    def of(self, answer: Answer, asked: Asked, exhibits: Exhibits, allowed: Allowed) -> list[Conflict]:
        """A field that was read off documents, asked for and cited, which has other values in the same document, or,
        where the question names no document, in others of its kind."""
        made = []
        for name, title in self._asked_fields(asked.question).items():
            rows = [row for row in self._rows(name) if allowed(row.document_id)]
            shown = {c.document.id for c in answer.citations}
            lines = {row: self._line(row) for row in rows if row.document_id in shown}
            cited = [
                row
                for row, line in lines.items()
                if any(c.document.id == row.document_id and c.span.overlap(line) for c in answer.citations)
            ]
            for one in _first_of_each(cited):
                within = [
                    row
                    for row, line in lines.items()
                    if row.document_id == one.document_id and not line.overlap(lines[one])
                ]
                groups = grouped([one, *within], lambda row: row.same)
                if len(groups) > 1 and not any(group[0].same in FEDERATIONS for group in groups):
                    text = f"{one.file} gives more than one {title}"
                    made += self._conflict(exhibits, ConflictKind.DISAGREES, title, text, groups)
            if cited and not asked.named:
                alike = [row for row in rows if row.may_be_meant(cited[0], asked.of_kind)]
                groups = grouped(_first_of_each([*cited, *alike]), lambda row: row.same)
                if len(groups) > 1:
                    text = f"the question names no document, and the documents answer differently ({title})"
                    made += self._conflict(exhibits, ConflictKind.DIFFERS, title, text, groups)
        return made

    def _asked_fields(self, question: str) -> dict[str, str]:
        """Fields whose values may be compared and for which the question asks in the words of their profile."""
        said = content(question)
        return {
            one.name: (one.title or one.name.replace("_", " ")).lower()
            for kind in self._kinds
            for one in kind.fields
            if one.type in COMPARED and any(_has_run(said, content(w)) for w in one.words)
        }

    def _rows(self, name: str) -> list[Row]:
        """All values of a field that are not doubtful, in the order of paths; where they stand is looked up later."""
        with self._store.reading() as db:
            found = db.execute(
                'SELECT facts.document_id, value, start, "end", kind,'
                " (SELECT value FROM facts AS type WHERE type.document_id = facts.document_id"
                "  AND type.name = 'document_type' AND type.finding IS NULL ORDER BY position LIMIT 1),"
                " EXISTS (SELECT 1 FROM facts AS a WHERE a.document_id = facts.document_id AND a.name = 'amends'),"
                " (SELECT min(path) FROM sources WHERE sources.document_id = documents.id) AS path"
                " FROM facts JOIN documents ON documents.id = facts.document_id"
                " WHERE facts.name = ? AND finding IS NULL AND note = '' ORDER BY path, facts.position",
                (name,),
            ).fetchall()
        return [
            Row(document, Span(start, end), value, kind, type_ or "", bool(amends), path or "")
            for document, value, start, end, kind, type_, amends, path in found
        ]

    def _line(self, row: Row) -> Span:
        """The sentence or line that a value stands in."""
        begin = max(0, row.span.start - LINE)
        window = self._store.text(row.document_id, Span(begin, row.span.end + LINE))
        inside = around(window, Span(row.span.start - begin, row.span.end - begin))
        return Span(begin + inside.start, begin + inside.end)

    def _conflict(
        self, exhibits: Exhibits, kind: ConflictKind, about: str, text: str, groups: Sequence[Sequence[Row]]
    ) -> list[Conflict]:
        sides, named = [], []
        for row, *others in groups[:SIDES]:
            place = self._line(row)
            document, source = self._store.info(row.document_id)[0], self._store.sources(row.document_id)[0]
            citation = exhibits.of(document, source, place, self._store.text(row.document_id, place))
            if citation is not None:
                sides.append(Side(row.shown, citation))
                count = f" and {len(others)} more" if others else ""
                named.append(f"{row.shown} ({row.file}{count})")
        if len(sides) < 2:
            return []
        more = len(groups) - len(sides)
        said = "; ".join(named)
        told = f"{text}: {said}{f'; and {more} other values' if more else ''}"
        return [Conflict(kind, about, told, tuple(sides), more)]


def _has_run(words: Sequence[str], run: Sequence[str]) -> bool:
    n = len(run)
    return n > 0 and any(list(words[i : i + n]) == list(run) for i in range(len(words) - n + 1))


def _first_of_each(rows: Sequence[Row]) -> list[Row]:
    made: dict[str, Row] = {}
    for row in rows:
        made.setdefault(row.document_id, row)
    return list(made.values())


def around(text: str, span: Span) -> Span:
    """The sentence around a value, `LINE` characters of it at most, or its line."""
    begin = max(0, span.start - LINE)
    window = text[begin : span.end + LINE]
    for one in sentence_spans(window):
        whole = Span(begin + one.start, begin + one.end)
        if whole.contains(span) and len(whole) <= 2 * LINE:
            return whole
    return span

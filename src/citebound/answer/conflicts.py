"""Where places disagree: an amendment and its original, two reports on one finding, two clauses or two documents that
answer one question with different values. The answer says so and cites both sides, what governs first.

What is only different is no conflict: a finding is compared in the field that is asked for or cited, a field of an
agreement within it or, where the question names none, across all, and two sentences only if they say the same thing but
for a number or a date. Nothing outside of the filter of the question is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from citebound.answer.exhibit import cite
from citebound.answer.gate.numerals import in_digits
from citebound.answer.gate.objections import hard_facts
from citebound.answer.reported import FIELDS, Reported, reported
from citebound.answer.words import content
from citebound.indexes.amendment import Ledger
from citebound.indexes.filters import sql
from citebound.indexes.store import Store
from citebound.ingest.profile import Profile
from citebound.ingest.sentences import sentence_spans
from citebound.protocols import Embedder
from citebound.types import (
    Amendment,
    Answer,
    Citation,
    Conflict,
    ConflictKind,
    DocumentInfo,
    Filter,
    Outcome,
    Sentence,
    Side,
    Source,
    Span,
    Verdict,
)

SIDES = 6
"""Sides of one conflict that are shown."""
NEAREST = 8
"""Sentences beside the cited ones that are compared with them."""
SAME_WORDS = 0.6
"""Share of the words of two sentences, numbers aside, from which on they say the same of one document."""
SAME_MEANING = 0.8
"""Cosine, numbers blanked, from which on they do."""
ASKED = 0.5
"""Share of the question's words that both must have."""
LINE = 300
SHOWN = frozenset({Outcome.ANSWERED, Outcome.PARTIAL})
COMPARED = frozenset({"law", "date", "duration", "amount", "number"})
"""Types of fields whose values are compared."""
FEDERATIONS = frozenset({"united states", "united states of america", "united kingdom", "canada", "australia"})
"""Beside a law of their parts they contradict nothing."""
Told = TypeVar("Told")
_QUOTED = re.compile(r"[\"“]([^\"”]{6,300})[\"”]")
_CELL = re.compile(r"\t|\s\|\s|^\s*\|")


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence that was found for a question."""

    document: DocumentInfo
    source: Source
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the comparison must know of a question: whether it names documents (or is asked of one), the filter it was
    asked under, whether it speaks of a kind of document ("the NDA"), and the sentences that were found for it, best
    first."""

    question: str
    named: bool
    tree: Filter | None
    of_kind: bool = False
    places: Sequence[Place] = ()


class Disputes:
    """Finds the conflicts of the answers of one collection."""

    def __init__(self, store: Store, ledger: Ledger, kinds: Sequence[Profile], embedder: Embedder) -> None:
        self._store = store
        self._ledger = ledger
        self._kinds = kinds
        self._embedder = embedder

    def declare(self, answer: Answer, asked: Asked) -> Answer:
        """The answer with its conflicts; a text that governs one that is cited is quoted before it."""
        if answer.outcome not in SHOWN or not any(s.citations for s in answer.bound):
            return answer
        exhibits = _Exhibits(self._store, answer)
        allowed = self._allowed(asked.tree)
        found = self._superseded(answer, exhibits, allowed)
        answer = _governing_first(answer, found)
        found += self._reported(answer, asked, exhibits, allowed)
        found += self._fields(answer, asked, exhibits, allowed)
        if not found:
            found += self._sentences(answer, asked, exhibits)
        return replace(answer, conflicts=tuple(_distinct(found)))

    def _allowed(self, tree: Filter | None) -> Callable[[str], bool]:
        if tree is None:
            return lambda document: True
        condition, parameters = sql(tree)
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT documents.id FROM documents JOIN sources ON sources.document_id = documents.id"  # noqa: S608
                f" WHERE {condition}",
                parameters,
            ).fetchall()
        return frozenset(row[0] for row in rows).__contains__

    # -- amendments -------------------------------------------------------------------------------------------------

    def _superseded(self, answer: Answer, exhibits: _Exhibits, allowed: Callable[[str], bool]) -> list[Conflict]:
        found = []
        for citation in answer.citations:
            for amendment in citation.superseded_by[::-1]:
                if allowed(amendment.document.id) and self._concerns(amendment, citation):
                    governing = self._nearest(
                        exhibits, amendment.document, amendment.source, amendment.new or amendment.span, citation.quote
                    )
                    found += _pair(amendment, governing, citation)
                    break
        for citation in answer.citations:
            for amendment in self._made_by(citation):
                if amendment.amends is None or amendment.amended_source is None or amendment.place is None:
                    continue
                if not allowed(amendment.amends.id) or any(_same(c, amendment) for c in found):
                    continue
                original = self._nearest(
                    exhibits, amendment.amends, amendment.amended_source, amendment.place, citation.quote
                )
                if original is not None and self._concerns(amendment, original):
                    found += _pair(amendment, citation, original)
        return found

    def _concerns(self, amendment: Amendment, citation: Citation) -> bool:
        """Whether an amendment changes what the citation says, and not only something else in the same clause."""
        if amendment.whole:
            return True
        said = self._store.text(amendment.document.id, amendment.span)
        quote = " ".join(citation.quote.split()).casefold()
        return any(" ".join(words.split()).casefold() in quote for words in _QUOTED.findall(said))

    def _made_by(self, citation: Citation) -> list[Amendment]:
        """The amendments that a cited place makes."""
        with self._store.reading() as db:
            amends = db.execute(
                "SELECT 1 FROM facts WHERE document_id = ? AND name = 'amends' LIMIT 1", (citation.document.id,)
            ).fetchone()
        if amends is None:
            return []
        return [
            a
            for a in self._ledger.all()
            if a.document.id == citation.document.id
            and any(part is not None and part.overlap(citation.span) for part in (a.new, a.span))
        ]

    def _nearest(
        self, exhibits: _Exhibits, document: DocumentInfo, source: Source, within: Span, like: str
    ) -> Citation | None:
        """The sentence of a place that has most of the words of another text."""
        text = self._store.text(document.id, within)
        words = set(content(like))
        spans = [s for s in sentence_spans(text) if content(s.of(text))]
        if not spans:
            return None
        best = max(spans, key=lambda s: (len(words & set(content(s.of(text)))), -s.start))
        span = Span(within.start + best.start, within.start + best.end)
        return exhibits.of(document, source, span, best.of(text))

    # -- reports ------------------------------------------------------------------------------------------------------

    def _reported(
        self, answer: Answer, asked: Asked, exhibits: _Exhibits, allowed: Callable[[str], bool]
    ) -> list[Conflict]:
        """Reports that rate one finding differently, or say something else of its status: the latest first."""
        places = [(c.document.id, c.span) for c in answer.citations]
        made = []
        for finding in reported(self._store, places, asked.question):
            for name, field in FIELDS.items():
                sides = [one for one in finding if one.value(name) and allowed(one.document.id)]
                cited = any(
                    one.document.id == document and one.span(name).overlap(span)
                    for one in sides
                    for document, span in places
                )
                if not (cited or field.asked.search(asked.question)):
                    continue
                groups = _grouped(sides, lambda one, field=field, name=name: field.same(one.value(name)))  # type: ignore[misc]
                if len(groups) > 1:
                    made += _of_reports(exhibits, name, [group[0] for group in groups])
        return made

    # -- fields of documents ------------------------------------------------------------------------------------------

    def _fields(
        self, answer: Answer, asked: Asked, exhibits: _Exhibits, allowed: Callable[[str], bool]
    ) -> list[Conflict]:
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
                groups = _grouped([one, *within], lambda row: row.same)
                if len(groups) > 1 and not any(group[0].same in FEDERATIONS for group in groups):
                    text = f"{one.file} gives more than one {title}"
                    made += exhibits.conflict(ConflictKind.DISAGREES, title, text, groups, self._line)
            if cited and not asked.named:
                alike = [row for row in rows if row.may_be_meant(cited[0], asked.of_kind)]
                groups = _grouped(_first_of_each([*cited, *alike]), lambda row: row.same)
                if len(groups) > 1:
                    text = f"the question names no document, and the documents answer differently ({title})"
                    made += exhibits.conflict(ConflictKind.DIFFERS, title, text, groups, self._line)
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

    def _rows(self, name: str) -> list[_Row]:
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
            _Row(document, Span(start, end), value, kind, type_ or "", bool(amends), path or "")
            for document, value, start, end, kind, type_, amends, path in found
        ]

    def _line(self, row: _Row) -> Span:
        """The sentence or line that a value stands in."""
        begin = max(0, row.span.start - LINE)
        window = self._store.text(row.document_id, Span(begin, row.span.end + LINE))
        inside = around(window, Span(row.span.start - begin, row.span.end - begin))
        return Span(begin + inside.start, begin + inside.end)

    # -- sentences ----------------------------------------------------------------------------------------------------

    def _sentences(self, answer: Answer, asked: Asked, exhibits: _Exhibits) -> list[Conflict]:
        """A sentence that was found beside a cited one and says the same but for a number or a date."""
        wanted = set(content(asked.question))
        cited = [c for c in answer.citations if _values(c.quote)]
        others = [Place(c.document, c.source, c.span, c.quote) for c in cited]
        others += [p for p in asked.places[:NEAREST] if _values(p.text)]
        made = []
        for citation in cited:
            for place in others:
                same_document = place.document.id == citation.document.id
                if same_document and place.span.overlap(citation.span):
                    continue
                if (asked.named and not same_document) or _CELL.search(place.text) or _CELL.search(citation.quote):
                    continue
                if not _other_values(citation.quote, place.text) or not self._alike(citation.quote, place.text, wanted):
                    continue
                other = exhibits.of(place.document, place.source, place.span, place.text)
                if other is None:
                    continue
                kind = ConflictKind.DISAGREES if same_document else ConflictKind.DIFFERS
                text = (
                    f"two places of {citation.source.name} say different things"
                    if same_document
                    else "the question names no document, and the documents answer differently"
                )
                sides = tuple(Side(", ".join(sorted(map(str, _values(c.quote)))), c) for c in (citation, other))
                made.append(Conflict(kind, "", f"{text}: {' / '.join(s.value for s in sides)}", sides))
        return made[:1]

    def _alike(self, one: str, other: str, wanted: set[str]) -> bool:
        """Whether two sentences say the same thing of what is asked, numbers aside."""
        mine, theirs = (set(content(_blanked(text))) for text in (one, other))
        asked = wanted & (mine | theirs)
        if not mine or not theirs or not asked or not asked <= mine & theirs:
            return False
        if len(wanted & mine & theirs) < ASKED * len(wanted) or _labels(one) != _labels(other):
            return False
        if len(mine & theirs) >= SAME_WORDS * len(mine | theirs):
            return True
        rows = self._embedder.embed([_blanked(one), _blanked(other)])
        return float(np.dot(rows[0], rows[1])) >= SAME_MEANING


@dataclass(frozen=True, slots=True)
class _Row:
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

    def may_be_meant(self, other: _Row, of_kind: bool) -> bool:
        """Whether a question that names no document may mean this one as well as the other."""
        return self.kind == other.kind and not self.amends and (not of_kind or self.type == other.type)

    @property
    def same(self) -> str:
        return " ".join(self.shown.casefold().split())


class _Exhibits:
    """Citations of an answer, and those that are made beside them, numbered after the last of the answer."""

    def __init__(self, store: Store, answer: Answer) -> None:
        self._store = store
        every = [c for s in answer.sentences for c in s.citations]
        self._made = {(c.document.id, c.span): c for c in every}
        self._next = max((c.marker for c in every), default=0) + 1

    def of(self, document: DocumentInfo, source: Source, span: Span, quote: str) -> Citation | None:
        """The citation of a place; of one that is cited already, or is part of such a one, that."""
        for (id_, cited), citation in self._made.items():
            if id_ == document.id and cited.contains(span):
                return citation
        made = cite(self._store, self._next, document, source, span, quote)
        if made is not None:
            self._made[document.id, span] = made
            self._next += 1
        return made

    def conflict(
        self,
        kind: ConflictKind,
        about: str,
        text: str,
        groups: Sequence[Sequence[_Row]],
        line: Callable[[_Row], Span],
    ) -> list[Conflict]:
        sides, named = [], []
        for row, *others in groups[:SIDES]:
            place = line(row)
            document, source = self._store.info(row.document_id)[0], self._store.sources(row.document_id)[0]
            citation = self.of(document, source, place, self._store.text(row.document_id, place))
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


def _governing_first(answer: Answer, found: Sequence[Conflict]) -> Answer:
    """The answer with what governs quoted before the sentence that rests on what it superseded."""
    made: list[Sentence] = []
    shown = {c.marker for s in answer.bound for c in s.citations}
    for sentence in answer.sentences:
        for citation in sentence.citations:
            for conflict in found:
                governing, *_ = (side.citation for side in conflict.sides)
                if conflict.sides[-1].citation == citation and governing.marker not in shown:
                    shown.add(governing.marker)
                    quote = " ".join(governing.quote.split())
                    made.append(Sentence(f"“{quote}”", (governing,), Verdict.BOUND))
        made.append(sentence)
    over = {c.sides[-1].citation.marker for c in found} - {c.sides[0].citation.marker for c in found}
    made.sort(key=lambda s: bool(s.citations) and all(c.marker in over for c in s.citations))
    return replace(answer, sentences=tuple(made)) if found else answer


def _pair(amendment: Amendment, governing: Citation | None, original: Citation) -> list[Conflict]:
    if governing is None or governing.marker == original.marker:
        return []
    text = f"{amendment.notice}; what governs comes first, and what it changed after it"
    sides = (Side(amendment.name, governing), Side(original.source.name, original))
    return [Conflict(ConflictKind.SUPERSEDED, amendment.what, text, sides)]


def _same(conflict: Conflict, amendment: Amendment) -> bool:
    return conflict.text.startswith(amendment.notice)


def _of_reports(exhibits: _Exhibits, name: str, found: Sequence[Reported]) -> list[Conflict]:
    ordered = sorted(found, key=lambda one: one.date, reverse=True)
    about = f"{name.replace('_', ' ').replace('cvss', 'CVSS')} of {found[0].called}"
    sides = []
    for one in ordered[:SIDES]:
        citation = exhibits.of(one.document, one.source, one.line(name), one.quote(name))
        if citation is not None:
            sides.append(Side(one.value(name), citation))
    if len(sides) < 2:
        return []
    dates = {side.citation.document.id: one.date for side, one in zip(sides, ordered, strict=False)}
    said = "; ".join(
        f"{s.value} ({s.citation.source.name}{f', {day}' if (day := dates.get(s.citation.document.id)) else ''})"
        for s in sides
    )
    latest = ", the latest first" if all(one.date for one in ordered) else ""
    text = f"the reports disagree on the {about}{latest}: {said}"
    return [Conflict(ConflictKind.DISAGREES, about, text, tuple(sides), len(ordered) - len(sides))]


def _grouped(found: Iterable[Told], key: Callable[[Told], str]) -> list[list[Told]]:
    groups: dict[str, list[Told]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def _has_run(words: Sequence[str], run: Sequence[str]) -> bool:
    n = len(run)
    return n > 0 and any(list(words[i : i + n]) == list(run) for i in range(len(words) - n + 1))


def _first_of_each(rows: Sequence[_Row]) -> list[_Row]:
    made: dict[str, _Row] = {}
    for row in rows:
        made.setdefault(row.document_id, row)
    return list(made.values())


def _distinct(found: Iterable[Conflict]) -> list[Conflict]:
    made: dict[tuple[str, frozenset[int]], Conflict] = {}
    for one in found:
        made.setdefault((one.about, frozenset(s.citation.marker for s in one.sides)), one)
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


def _values(text: str) -> set[object]:
    """Quantities with a unit and whole dates."""
    found = hard_facts(text)
    return {q for q in found.quantities if q.unit and q.unit != "th"} | {d for d in found.dates if d.month}


def _other_values(one: str, other: str) -> bool:
    """Whether both have values of the same kind, and share none."""
    mine, theirs = _values(one), _values(other)
    units = [{getattr(v, "unit", "date") for v in values} for values in (mine, theirs)]
    return bool(units[0] & units[1]) and not mine & theirs


def _blanked(text: str) -> str:
    """The text without its numbers, in digits or in words."""
    return " ".join(re.sub(r"\(?\b\d[\d,.]*\b\)?%?", " ", in_digits(text)).split())


_LABEL = re.compile(
    r"\b(?:(?i:critical|high|medium|low|severity|priority|level|phase|tier|stage|step|first|second|third|fourth|initial"
    r"|renewal|monthly|annual|weekly|daily|quarterly|minimum|maximum|late|overdue|early)(?i:ly|er|est)?|[B-Z]|[A-Z]{1,6}-?\d+)\b"
)


def _labels(text: str) -> set[str]:
    """Words that tell one case of a list from another: two such cases do not disagree."""
    return {m.lower() for m in _LABEL.findall(text)}

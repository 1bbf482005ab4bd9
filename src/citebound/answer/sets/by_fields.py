"""Answers to questions about the set, from facts and findings in SQL: every member with its proof, what is undecided
and why, and of how many. Nothing is retrieved by likeness and no model is asked.

Each leaf of the condition is one query over the facts; what it says of a unit is true, false or undecided, and the
three values go up the tree (Kleene 1952, strong logic). Of a clause that no rule found, absence is concluded; of a
field that was not found, only that its value is undecided.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from citebound.answer.sets.answer import (
    LABEL,
    MAY_BE_MEANT,
    Member,
    Proof,
    SetAnswer,
    Undecided,
    spoken,
)
from citebound.answer.sets.holds import has_run, passes
from citebound.answer.sets.look import denies, speaks_of
from citebound.answer.sets.order import first_of
from citebound.answer.sets.question import (
    Clause,
    Condition,
    Doubt,
    Either,
    Every,
    Field,
    Known,
    Pick,
    Quantifier,
    SetQuestion,
    Several,
    Type,
    Unit,
    Unless,
    Whole,
    words,
)
from citebound.indexes.filters import sql
from citebound.indexes.store import Store
from citebound.types import DocumentInfo, Filter, Span

NAMES = ("party", "vendor", "client", "assessor", "publisher", "product", "report_id", "advisory_id", "owner")
"""Fields whose values are names by which a question narrows the set."""

FINDING_FIELDS = frozenset(
    "id severity status cvss_vector cvss_version cvss_score cwe cve asset description impact remediation".split()
)
SHOWN = 3
"""Proofs of one fact that a member keeps."""

WHOLE = 2**30
"""More characters than any text has."""
UNREAD = "it may be what this passage is, which was not read as such"
TITLES = frozenset({"title", "document_type"})


def known_names(store: Store, tree: Filter | None = None) -> dict[str, tuple[str, ...]]:
    """Field -> the names that facts have in it, for `plan`."""
    where, parameters = _allowed(tree)
    found: dict[str, list[str]] = {}
    with store.reading() as db:
        marks = ", ".join("?" * len(NAMES))
        for name, value in db.execute(
            f"SELECT DISTINCT name, value FROM facts WHERE name IN ({marks}) AND finding IS NULL AND {where}"  # noqa: S608
            " ORDER BY name, value",
            [*NAMES, *parameters],
        ):
            found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def answer_set(store: Store, question: SetQuestion, tree: Filter | None = None) -> SetAnswer:
    """The members of the set, with their proofs; `tree` limits the documents that are looked at. Of a question that was
    perhaps not what was asked, nothing is a member: what it holds for is undecided."""
    with store.reading() as db:
        found = _Run(db, question, tree).answer()
    return _unclaimed(found) if question.perhaps else found


def _unclaimed(found: SetAnswer) -> SetAnswer:
    meant = tuple(Undecided(m.label, m.document, m.finding, MAY_BE_MEANT, m.proofs[:1]) for m in found.members)
    return replace(found, members=(), undecided=(*meant, *found.undecided), exceptions=())


Key = tuple[str, int]
"""Document id and position of a finding, -1 for the document itself."""


@dataclass(frozen=True, slots=True)
class _Row:
    document: str
    finding: int
    name: str
    value: str
    note: str
    span: Span

    def proof(self) -> Proof:
        return Proof(self.document, self.name, self.value, self.span, note=self.note)


@dataclass(frozen=True, slots=True)
class _Truth:
    """What is known of one unit: True, False or None (undecided), the rows that say so, and why it is undecided."""

    holds: bool | None
    proofs: tuple[Proof, ...] = ()
    why: str = ""


Truths = Mapping[Key, _Truth]


class _Run:
    """One question over one state of the store."""

    def __init__(self, db: sqlite3.Connection, question: SetQuestion, tree: Filter | None) -> None:
        self._db = db
        self._question = question
        self._documents = self._those_asked(tree)
        self._facts: dict[str, dict[Key, list[_Row]]] = {}
        self._findings = {
            (document, position): (title, start, end)
            for document, position, title, start, end in db.execute(
                'SELECT document_id, position, title, start, "end" FROM findings ORDER BY document_id, position'
            )
            if document in self._documents
        }
        if question.scope is not None:
            truths = self._truths(question.scope, [(document, -1) for document in self._documents])
            self._documents = {d: i for d, i in self._documents.items() if truths[(d, -1)].holds}
            self._findings = {key: f for key, f in self._findings.items() if key[0] in self._documents}

    def answer(self) -> SetAnswer:
        question = self._question
        of_findings = question.unit is Unit.FINDING or (
            question.unit is Unit.VALUE and question.field in FINDING_FIELDS
        )
        keys: list[Key] = list(self._findings) if of_findings else [(document, -1) for document in self._documents]
        if question.base is not None:
            base = self._truths(question.base, keys)
            keys = [key for key in keys if base[key].holds]
        truths = self._truths(question.condition, keys, denied=question.quantifier is Quantifier.ALL)
        if question.pick is not None:
            truths = self._picked(question.pick, truths)
        if question.quantifier is Quantifier.ALL:
            truths = {key: _unread(truth) for key, truth in truths.items()}
        if question.unit is Unit.VALUE:
            return self._values(keys, truths)
        members = [self._member(key, truths[key]) for key in keys if truths[key].holds]
        exceptions = [
            self._member(key, truths[key])
            for key in keys
            if truths[key].holds is False and question.quantifier is Quantifier.ALL
        ]
        return SetAnswer(
            question,
            tuple(members),
            tuple(self._undecided(key, truths[key]) for key in keys if truths[key].holds is None),
            len(keys),
            len(self._documents),
            tuple(exceptions),
        )

    def _picked(self, pick: Pick, truths: Truths) -> Truths:
        """The first of those that hold; one without a value, or with several, is undecided."""
        made = dict(truths)
        rows = {
            key: next((rows for field in pick.fields if (rows := self._rows(field).get(key))), [])
            for key, truth in truths.items()
            if truth.holds
        }
        chosen = first_of(pick, {key: tuple(row.value for row in those) for key, those in rows.items()})
        for key, those in rows.items():
            proofs = (*truths[key].proofs, *(row.proof() for row in those))
            why = f"several values of {spoken(pick.fields[0])}" if those else f"no {spoken(pick.fields[0])} was found"
            made[key] = _Truth(chosen.get(key), proofs, why if key not in chosen else "")
        return made

    def _values(self, keys: Sequence[Key], truths: Truths) -> SetAnswer:
        """The distinct values of a field that units for which the condition holds have."""
        rows = self._rows(self._question.field)
        held: dict[str, list[Proof]] = {}
        spelled: dict[str, str] = {}
        every: set[str] = set()
        unsure: dict[str, tuple[Key, str]] = {}
        for key in keys:
            for row in rows.get(key, ()):
                name = " ".join(row.value.casefold().split())
                every.add(name)
                spelled.setdefault(name, row.value)
                truth = truths[key]
                if truth.holds:
                    held.setdefault(name, []).extend(
                        (row.proof(), *(p for p in truth.proofs if p.span and p.field != row.name))
                    )
                elif truth.holds is None:
                    unsure.setdefault(name, (key, truth.why))
        members = [
            Member(spelled[name], self._documents[proofs[0].document_id], None, self._quoted(proofs, 40))
            for name, proofs in sorted(held.items())
        ]
        undecided = [
            Undecided(spelled[name], self._documents[key[0]], None, why)
            for name, (key, why) in sorted(unsure.items())
            if name not in held
        ]
        return SetAnswer(self._question, tuple(members), tuple(undecided), len(every), len(self._documents))

    # -- units --------------------------------------------------------------------------------------------------------

    def _those_asked(self, tree: Filter | None) -> dict[str, DocumentInfo]:
        where, parameters = _allowed(tree, "documents.id")
        kinds = self._question.kinds
        if kinds:
            where += f" AND kind IN ({', '.join('?' * len(kinds))})"
            parameters = [*parameters, *kinds]
        rows = self._db.execute(
            "SELECT id, title, media_type, text_sha256, parser, pages FROM documents"  # noqa: S608
            f" WHERE {where} ORDER BY title, id",
            parameters,
        )
        return {row[0]: DocumentInfo(*row) for row in rows}

    def _member(self, key: Key, truth: _Truth) -> Member:
        proofs = truth.proofs or self._named(key)
        if by := self._question.by:
            proofs = (*proofs, *(row.proof() for row in self._rows(by).get(key, ())))
        absent = bool(proofs) and all(proof.span is None for proof in proofs)
        finding = key[1] if key[1] >= 0 else None
        return Member(self._label(key), self._documents[key[0]], finding, self._quoted(proofs, SHOWN), absent)

    def _undecided(self, key: Key, truth: _Truth) -> Undecided:
        finding = key[1] if key[1] >= 0 else None
        proofs = self._quoted((p for p in truth.proofs if p.span), 1)
        return Undecided(self._label(key), self._documents[key[0]], finding, truth.why or "not known", proofs)

    def _label(self, key: Key) -> str:
        document = self._documents[key[0]]
        if key[1] < 0:
            advisory = self._rows("advisory_id").get(key) or self._rows("report_id").get(key) or ()
            ids = [row.value for row in advisory if row.value not in document.title][:1]
            alike = sum(other.title == document.title for other in self._documents.values()) > 1
            return " ".join([*ids, document.title])[:LABEL] + (f" ({self._name(key[0])})" if alike else "")
        title = self._findings[key][0]
        ids = [row.value for name in ("id", "cve") for row in self._rows(name).get(key, ())]
        kept = [name for name in dict.fromkeys(ids) if name not in title][:1]
        return f"{' '.join([*kept, title])[:LABEL]} ({document.title[:LABEL]})"

    def _name(self, document: str) -> str:
        """The name of its first file, to tell apart what has the same title."""
        row = self._db.execute(
            "SELECT name FROM sources WHERE document_id = ? ORDER BY path LIMIT 1", (document,)
        ).fetchone()
        return str(row[0]) if row else document[:12]

    def _named(self, key: Key) -> tuple[Proof, ...]:
        """What shows that a unit is there, where no condition had to be proved: its title."""
        if key[1] < 0:
            row = next((r for name in ("advisory_id", "title") for r in self._rows(name).get(key, ())), None)
            return (row.proof(),) if row else ()
        title, start, end = self._findings[key]
        line = self._text(key[0], Span(start, min(end, start + LABEL))).split("\n")[0].rstrip()
        return (Proof(key[0], "finding", title, Span(start, start + len(line))),) if line else ()

    def _quoted(self, proofs: Iterable[Proof], most: int) -> tuple[Proof, ...]:
        """Each proof once with the text at its place, at most so many of one field in one document."""
        kept: list[Proof] = []
        counts: dict[tuple[str, str], int] = {}
        for proof in dict.fromkeys(proofs):
            place = (proof.document_id, proof.field)
            counts[place] = counts.get(place, 0) + 1
            if counts[place] <= most:
                quote = self._text(proof.document_id, proof.span) if proof.span else ""
                kept.append(replace(proof, quote=quote))
        return tuple(kept)

    def _text(self, document: str, span: Span) -> str:
        row = self._db.execute(
            "SELECT substr(text, ?, ?) FROM documents WHERE id = ?", (span.start + 1, len(span), document)
        ).fetchone()
        return str(row[0]) if row else ""

    # -- conditions ---------------------------------------------------------------------------------------------------

    def _truths(self, condition: Condition | None, keys: Sequence[Key], *, denied: bool = False) -> Truths:
        """What holds of each unit. Where it is `denied`, that nothing was found is looked at a second time."""
        match condition:
            case None:
                return {key: _Truth(True) for key in keys}
            case Every(parts):
                return _joined([self._truths(part, keys, denied=denied) for part in parts], keys, holding=True)
            case Either(parts):
                return _joined([self._truths(part, keys, denied=denied) for part in parts], keys, holding=False)
            case Unless(part):
                found = self._truths(part, keys, denied=not denied)
                return {k: replace(t, holds=None if t.holds is None else not t.holds) for k, t in found.items()}
            case Whole(part):
                units = list(dict.fromkeys((document, -1) for document, _ in keys))
                wholes = self._truths(part, units, denied=denied)
                return {key: wholes[(key[0], -1)] for key in keys}
            case Clause(name, _, phrases):
                rows = self._rows("clause")
                found = {key: _clause(name, key, rows.get(key, ())) for key in keys}
                return self._again(found, phrases, spoken(name)) if denied else found
            case Type():
                return {key: self._type(condition, key) for key in keys}
            case Several():
                return self._several(condition, keys)
            case Field(fields, Known(), _, phrases):
                found = {key: self._field(condition, key) for key in keys}
                return self._again(found, phrases, spoken(fields[0]), fields=True) if denied else found
            case Field():
                return {key: self._field(condition, key) for key in keys}

    def _again(self, found: Truths, phrases: Sequence[str], name: str, *, fields: bool = False) -> Truths:
        """The same, but undecided where nothing was read off a document in which a sentence speaks of it."""
        made = dict(found)
        for key, truth in found.items():
            if truth.holds is False and key[1] < 0 and not any(proof.span for proof in truth.proofs):
                span = speaks_of(self._text(key[0], Span(0, WHOLE)), phrases)
                if span is not None and fields and denies(self._text(key[0], span), phrases):
                    made[key] = _Truth(False, (Proof(key[0], "passage", "", span),))
                elif span is not None:
                    made[key] = _Truth(None, (Proof(key[0], "passage", "", span),), f"{name}: {UNREAD}")
        return made

    def _field(self, condition: Field, key: Key) -> _Truth:
        """A finding's own field; of a document its own or, for what only findings have, that of any of them."""
        absent = tuple(Proof(key[0], name, "") for name in condition.fields[:1])
        name = spoken(condition.fields[0])
        for field in condition.fields:
            rows = self._rows(field).get(key, [])
            if not rows:
                continue
            tested = [(row, passes(condition.test, row.value, row.note)) for row in rows]
            passed = tuple(row.proof() for row, holds in tested if holds)
            if passed:
                return _Truth(True, passed)
            doubtful = [row for row, holds in tested if holds is None]
            if doubtful:
                why = f'{spoken(field)} "{doubtful[0].value}"{f": {doubtful[0].note}" if doubtful[0].note else ""}'
                return _Truth(None, tuple(row.proof() for row in doubtful), why)
            return _Truth(False, tuple(row.proof() for row in rows))
        if isinstance(condition.test, Known | Doubt):
            return _Truth(False, absent)
        return _Truth(None, (), f"no {name} was found")

    def _several(self, condition: Several, keys: Sequence[Key]) -> Truths:
        if condition.of == "finding":
            inner = self._truths(condition.part, list(self._findings))
            under: dict[str, list[Key]] = {}
            for key in inner:
                under.setdefault(key[0], []).append(key)
            return {key: self._counted(condition, key, [(k, inner[k]) for k in under.get(key[0], ())]) for key in keys}
        made = {}
        for key in keys:
            rows = self._rows(condition.of).get(key, [])
            different = {" ".join(row.value.casefold().split()) for row in rows}
            holds = (
                condition.low <= len(different) <= (condition.high if condition.high is not None else len(different))
            )
            why = "" if rows else f"no {spoken(condition.of)} was found"
            made[key] = _Truth(holds if rows or not condition.low else None, tuple(r.proof() for r in rows), why)
        return made

    def _counted(self, condition: Several, key: Key, findings: Sequence[tuple[Key, _Truth]]) -> _Truth:
        held = [(k, t) for k, t in findings if t.holds]
        unsure = [(k, t) for k, t in findings if t.holds is None]
        least, most = len(held), len(held) + len(unsure)
        high = condition.high if condition.high is not None else most
        proofs = tuple(proof for k, t in held for proof in (t.proofs or self._named(k)))
        if condition.low <= least and most <= high:
            return _Truth(True, proofs or (Proof(key[0], "finding", words(condition.part)),))
        if most < condition.low or least > high:
            return _Truth(False, proofs or (Proof(key[0], "finding", words(condition.part)),))
        return _Truth(None, tuple(p for _, t in unsure for p in t.proofs), f"{len(unsure)} of them: {unsure[0][1].why}")

    def _type(self, condition: Type, key: Key) -> _Truth:
        if condition.field and (rows := self._rows(condition.field).get(key)):
            return _Truth(True, (rows[0].proof(),))
        titles = [row for name in TITLES for row in self._rows(name).get(key, ())]
        for row in titles:
            if has_run(row.value, condition.names):
                return _Truth(True, (row.proof(),))
        document = self._documents[key[0]]
        others = self._db.execute("SELECT name FROM sources WHERE document_id = ? ORDER BY path", (key[0],))
        if any(has_run(name, condition.names) for name in (document.title, *(name for (name,) in others))):
            return _Truth(True)
        return _Truth(False, (titles[0].proof(),) if titles else ())

    def _rows(self, name: str) -> dict[Key, list[_Row]]:
        if name not in self._facts:
            made: dict[Key, list[_Row]] = {}
            for document, finding, value, note, start, end in self._db.execute(
                'SELECT document_id, ifnull(finding, -1), value, note, start, "end" FROM facts WHERE name = ?'
                " ORDER BY document_id, position",
                (name,),
            ):
                if document in self._documents:
                    row = _Row(document, finding, name, value, note, Span(start, end))
                    made.setdefault((document, finding), []).append(row)
            self._facts[name] = made
        return self._facts[name]


def _allowed(tree: Filter | None, column: str = "document_id") -> tuple[str, list[str]]:
    condition, parameters = sql(tree) if tree is not None else ("1", [])
    return (
        f"{column} IN (SELECT documents.id FROM documents JOIN sources ON sources.document_id = documents.id"  # noqa: S608
        f" WHERE {condition})",
        parameters,
    )


def _joined(parts: Sequence[Truths], keys: Sequence[Key], *, holding: bool) -> Truths:
    """And (`holding`) or or: one part that is not `holding` decides."""
    made = {}
    for key in keys:
        truths = [part[key] for part in parts]
        deciding = [t for t in truths if t.holds is (not holding)]
        unsure = [t for t in truths if t.holds is None]
        if deciding:
            made[key] = _Truth(not holding, tuple(p for t in deciding for p in t.proofs))
        elif unsure:
            why = "; ".join(dict.fromkeys(t.why for t in unsure))
            made[key] = _Truth(None, tuple(p for t in unsure for p in t.proofs), why)
        else:
            made[key] = _Truth(holding, tuple(p for t in truths for p in t.proofs))
    return made


def _unread(truth: _Truth) -> _Truth:
    """Undecided where only a field that was not found speaks against it: that is no "no, not all of them"."""
    lacking = [p.field for p in truth.proofs if p.span is None and p.field != "clause"]
    if truth.holds is not False or not lacking or len(lacking) < len(truth.proofs):
        return truth
    return _Truth(None, (), f"no {spoken(lacking[0])} was found")


def _clause(name: str, key: Key, rows: Sequence[_Row]) -> _Truth:
    found = [row for row in rows if row.value == name]
    sure = tuple(row.proof() for row in found if not row.note)
    if sure:
        return _Truth(True, sure)
    if found:
        return _Truth(None, tuple(row.proof() for row in found), f"{spoken(name)}: {found[0].note}")
    return _Truth(False, (Proof(key[0], "clause", name),))

"""The register of a collection: its documents with what was read off them, its findings, what became of them.

All of it is read from the store; nothing is parsed again. Spans count code points of the document's text, whose sha256
is `text_sha256`.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from citebound.errors import QueryError
from citebound.indexes.filters import sql
from citebound.indexes.language import from_json
from citebound.indexes.recurrence import Recurrences
from citebound.indexes.store import Store
from citebound.ingest.severity import ELSEWHERE, LEVELS, UNDETERMINED, at_least, rank, severity_of, standing
from citebound.types import DocumentInfo, Fact, Filter, Finding, In, Source, Span

UNRATED, UNSTATED = "unrated", "unstated"
SEVERITIES = (*reversed(LEVELS), UNRATED)
STANDINGS = ("open", "partial", "accepted", "fixed", UNSTATED)
INDICATORS = frozenset("attack_technique hash_md5 hash_sha1 hash_sha256 address host url".split())
"""Facts that a report may have by the hundred: counted, not listed."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The same finding in another document, known `by` its "id" or its "title"."""

    document: DocumentInfo
    source: Source
    span: Span
    text_sha256: str
    id: str
    title: str
    severity: str
    status: str
    by: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding with its place. Fields that it does not have are ""; `standing` is the group of its status.

    `fields` holds all fields, each with its own span and with a note where it is doubtful. `pages` count from 1 and are
    empty for formats that have none.
    """

    document: DocumentInfo
    source: Source
    span: Span
    text_sha256: str
    id: str
    title: str
    severity: str
    status: str
    standing: str
    cvss_score: str
    cvss_vector: str
    cwe: tuple[str, ...]
    cve: tuple[str, ...]
    asset: tuple[str, ...]
    fields: tuple[Fact, ...]
    section: str = ""
    pages: tuple[int, ...] = ()
    also_in: tuple[Recurrence, ...] = ()

    @property
    def finding(self) -> Finding:
        """The finding as its document has it."""
        return Finding(self.span, self.title, self.fields)


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings that were asked for, worst first, and what they were taken from.

    `total` findings in `reports` of `documents` documents were looked at. `undecided` are those that might belong to
    the entries too, and `reasons` say of each why: its report prints no severity or status that could be read, or two
    severities, or it is partly open where the open ones were asked for.
    """

    entries: tuple[Entry, ...]
    undecided: tuple[Entry, ...]
    total: int
    reports: int
    documents: int
    reasons: tuple[str, ...] = ()

    @property
    def severities(self) -> dict[str, int]:
        """How many entries there are of each severity, worst first."""
        return severities(entry.severity for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Overview:
    """A document with its kind, the facts read off it, and how many terms, references, findings and indicators.

    `languages` are the shares of its letters (0..1) by ISO 639-1 code; {} where they cannot be told, or for a document
    that an earlier version stored. `forced` says that a user named the kind.
    """

    document: DocumentInfo
    source: Source
    kind: str
    facts: tuple[Fact, ...]
    terms: int
    references: int
    findings: int
    indicators: int
    severities: dict[str, int]
    languages: dict[str, float]
    forced: bool


def findings(
    store: Store, severity: str = "", status: str = "", *, document: str = "", tree: Filter | None = None
) -> Findings:
    """The findings of the documents that satisfy the filter, each linked with its recurrences there, worst first.

    `severity` is a level ("high": that or worse, "=high": exactly) or "unrated"; `status` one or more of STANDINGS,
    separated by commas, or a printed word, which stands for its group. `document` is an id. Raises QueryError for
    words that are neither.
    """
    wanted, groups = _severities(severity), _standings(status)
    with store.reading() as db:
        documents = _documents(db, tree)
        told = _told(db, tree, documents)
        recurrences = Recurrences([(entry.document.id, entry.finding) for entry in told])
        order = sorted(range(len(told)), key=lambda i: (-rank(told[i].severity), i))
        here = [i for i in order if document in ("", told[i].document.id)]
        kept: list[int] = []
        undecided: dict[int, str] = {}
        for i in here:
            rated = _rated(told[i], wanted)
            became = _became(told[i], groups)
            if rated is True and became is True:
                kept.append(i)
            elif rated is not False and became is not False:
                undecided[i] = "; ".join(doubt for doubt in (rated, became) if isinstance(doubt, str))
        entries = tuple(_placed(store, db, _linked(told, recurrences, i)) for i in kept)
        open_ = tuple(_placed(store, db, told[i]) for i in undecided)
    reports = len({told[i].document.id for i in here})
    reasons = tuple(undecided.values())
    return Findings(entries, open_, len(here), reports, 1 if document else len(documents), reasons)


def entries(store: Store, documents: Sequence[str]) -> list[Entry]:
    """All findings of some documents (ids), in the order of paths and text, without their recurrences."""
    tree = In("document", tuple(documents))
    with store.reading() as db:
        return [_placed(store, db, entry) for entry in _told(db, tree, _documents(db, tree))]


def overview(store: Store, tree: Filter | None = None) -> tuple[Overview, ...]:
    """The documents that satisfy the filter, in the order of their paths, with what was read off them."""
    condition, parameters = _scope(tree)
    with store.reading() as db:
        facts: dict[str, list[Fact]] = {}
        for id_, name, value, start, end, note in db.execute(
            'SELECT document_id, name, value, start, "end", note FROM facts'  # noqa: S608
            f" WHERE finding IS NULL AND {condition} ORDER BY document_id, position",
            parameters,
        ):
            facts.setdefault(id_, []).append(Fact(name, value, Span(start, end), note))
        counts = {
            table: dict(
                db.execute(
                    f"SELECT document_id, count(*) FROM {table} WHERE {condition} GROUP BY document_id",  # noqa: S608
                    parameters,
                ).fetchall()
            )
            for table in ("terms", "mentions", "findings")
        }
        rated: dict[str, list[str]] = {}
        for entry in _told(db, tree, documents := _documents(db, tree)):
            rated.setdefault(entry.document.id, []).append(entry.severity)
        told = {
            id_: (from_json(languages), bool(forced))
            for id_, languages, forced in db.execute("SELECT id, languages, forced FROM documents")
            if id_ in documents
        }
    return tuple(
        Overview(
            info,
            source,
            kind,
            tuple(fact for fact in facts.get(id_, ()) if fact.name not in INDICATORS),
            terms=counts["terms"].get(id_, 0),
            references=counts["mentions"].get(id_, 0),
            findings=counts["findings"].get(id_, 0),
            indicators=sum(fact.name in INDICATORS for fact in facts.get(id_, ())),
            severities=severities(rated.get(id_, ())),
            languages=told[id_][0],
            forced=told[id_][1],
        )
        for id_, (info, source, kind) in documents.items()
    )


def severities(found: Iterable[str]) -> dict[str, int]:
    """How many of each severity, worst first; "unrated" for none and for those that the report leaves open."""
    counted = Counter(severity if rank(severity) >= 0 else UNRATED for severity in found)
    return {severity: counted[severity] for severity in SEVERITIES}


def _severities(given: str) -> frozenset[str]:
    unrated = frozenset({UNRATED, UNDETERMINED})
    if not given:
        return frozenset(LEVELS) | unrated
    word = given.strip().removeprefix("=").strip().lower()
    if word == UNRATED:
        return unrated
    level = severity_of(word)
    if level not in LEVELS:
        raise QueryError(
            f"no severity {given[:80]!r}",
            remedy=f"Severities: {', '.join(SEVERITIES)}; 'high' is high or worse, '=high' high alone.",
        )
    exact = given.strip().startswith("=")
    return frozenset(other for other in LEVELS if other == level or (not exact and at_least(other, level)))


def _standings(given: str) -> frozenset[str]:
    if not given:
        return frozenset(STANDINGS)
    words = [word.strip().lower() for word in given.split(",")]
    groups = [word if word in STANDINGS else standing(word) for word in words]
    if "" in groups:
        raise QueryError(
            f"no status {words[groups.index('')][:80]!r}",
            remedy=f"Statuses: {', '.join(STANDINGS)}, or a word that reports print, such as remediated.",
        )
    return frozenset(groups)


def _rated(entry: Entry, wanted: frozenset[str]) -> bool | str:
    """Whether a finding has one of the severities, or why that is not known."""
    if (entry.severity or UNRATED) in wanted:
        return True
    if not entry.severity:
        return "no severity was read"
    if rank(entry.severity) < 0:
        return f"severity {entry.severity}"
    notes = " ".join(fact.note.partition(ELSEWHERE)[2] for fact in entry.fields if fact.name == "severity")
    said = [
        severity for severity in reversed(LEVELS) if severity in wanted and severity in notes.replace(",", "").split()
    ]
    return f"rated {entry.severity} here and {' and '.join(said)} at another place" if said else False


def _became(entry: Entry, groups: frozenset[str]) -> bool | str:
    """Whether a finding's status is of one of the groups, or why that is not known. Partly fixed is partly open."""
    if (entry.standing or UNSTATED) in groups:
        return True
    if not entry.standing:
        return f"status {entry.status!r} is not known" if entry.status else "no status was read"
    return f"partly open: {entry.status}" if entry.standing == "partial" and "open" in groups else False


def _scope(tree: Filter | None) -> tuple[str, list[str]]:
    """A condition over `document_id`: it satisfies the filter."""
    condition, parameters = sql(tree) if tree is not None else ("1", [])
    return (
        "document_id IN (SELECT documents.id FROM documents JOIN sources ON sources.document_id = documents.id"  # noqa: S608
        f" WHERE {condition})",
        parameters,
    )


def _documents(db: sqlite3.Connection, tree: Filter | None) -> dict[str, tuple[DocumentInfo, Source, str]]:
    """By id, in the order of paths: the document, its first source that satisfies the filter, its kind."""
    condition, parameters = sql(tree) if tree is not None else ("1", [])
    rows = db.execute(
        "SELECT documents.id, documents.title, documents.media_type, documents.text_sha256, documents.parser,"  # noqa: S608
        " documents.pages, documents.kind, sources.labels, sources.added_at, min(sources.path)"
        " FROM documents JOIN sources ON sources.document_id = documents.id"
        f" WHERE {condition} GROUP BY documents.id ORDER BY min(sources.path)",
        parameters,
    )
    return {
        row[0]: (
            DocumentInfo(*row[:6]),
            Source(row[9], row[0], tuple(sorted(json.loads(row[7]).items())), row[8]),
            row[6],
        )
        for row in rows
    }


def _told(
    db: sqlite3.Connection, tree: Filter | None, documents: dict[str, tuple[DocumentInfo, Source, str]]
) -> list[Entry]:
    """All findings, in the order of documents and text, without place and recurrences."""
    condition, parameters = _scope(tree)
    fields: dict[tuple[str, int], list[Fact]] = {}
    for id_, position, name, value, start, end, note in db.execute(
        'SELECT document_id, finding, name, value, start, "end", note FROM facts'  # noqa: S608
        f" WHERE finding IS NOT NULL AND {condition} ORDER BY document_id, position",
        parameters,
    ):
        fields.setdefault((id_, position), []).append(Fact(name, value, Span(start, end), note))
    rows = db.execute(
        f'SELECT document_id, position, title, start, "end" FROM findings WHERE {condition}'  # noqa: S608
        " ORDER BY document_id, position",
        parameters,
    ).fetchall()
    order = {id_: i for i, id_ in enumerate(documents)}
    rows.sort(key=lambda row: (order[row[0]], row[1]))
    return [
        _entry(*documents[id_][:2], Finding(Span(start, end), title, tuple(fields.get((id_, position), ()))))
        for id_, position, title, start, end in rows
    ]


def _entry(info: DocumentInfo, source: Source, finding: Finding) -> Entry:
    status = finding.value("status")
    return Entry(
        info,
        source,
        finding.span,
        info.text_sha256,
        title=finding.title,
        id=finding.value("id"),
        severity=finding.value("severity"),
        status=status,
        standing=standing(status),
        cvss_score=finding.value("cvss_score"),
        cvss_vector=finding.value("cvss_vector"),
        cwe=finding.values("cwe"),
        cve=finding.values("cve"),
        asset=finding.values("asset"),
        fields=finding.fields,
    )


def _placed(store: Store, db: sqlite3.Connection, entry: Entry) -> Entry:
    pages = db.execute(
        'SELECT DISTINCT page FROM lines WHERE document_id = ? AND start < ? AND "end" > ? ORDER BY page',
        (entry.document.id, entry.span.end, entry.span.start),
    )
    section = store.section_path(entry.document.id, entry.span.start)
    return replace(entry, section=section, pages=tuple(page for (page,) in pages))


def _linked(told: Sequence[Entry], recurrences: Recurrences, at: int) -> Entry:
    others = [(told[i], by) for i, by in recurrences.of(at)]
    return replace(
        told[at],
        also_in=tuple(
            Recurrence(e.document, e.source, e.span, e.text_sha256, e.id, e.title, e.severity, e.status, by)
            for e, by in others
        ),
    )

"""Rows of what was read off a document: terms, references, facts, findings. Written and read with the document."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from citebound.types import Document, Fact, Finding, Reference, Span, Term


class Structure(NamedTuple):
    """The structure of one document, in the order of its text."""

    terms: tuple[Term, ...]
    references: tuple[Reference, ...]
    facts: tuple[Fact, ...]
    findings: tuple[Finding, ...]


def put(db: sqlite3.Connection, document: Document) -> None:
    """Add the rows of a document that has none."""
    db.executemany(
        "INSERT INTO terms VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (document.id, i, t.term, t.span.start, t.span.end, t.definition.start, t.definition.end, t.scope)
            for i, t in enumerate(document.terms)
        ),
    )
    db.executemany(
        "INSERT INTO mentions VALUES (?, ?, ?, ?, ?, ?)",
        ((document.id, i, r.target, r.section, r.span.start, r.span.end) for i, r in enumerate(document.references)),
    )
    db.executemany(
        "INSERT INTO findings VALUES (?, ?, ?, ?, ?)",
        ((document.id, i, f.title, f.span.start, f.span.end) for i, f in enumerate(document.findings)),
    )
    facts: list[tuple[int | None, Fact]] = [(None, fact) for fact in document.facts]
    facts += [(i, fact) for i, finding in enumerate(document.findings) for fact in finding.fields]
    db.executemany(
        "INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (document.id, position, finding, f.name, f.value, f.note, f.span.start, f.span.end)
            for position, (finding, f) in enumerate(facts)
        ),
    )


def read(db: sqlite3.Connection, document_id: str) -> Structure:
    """What is stored for a document; all empty if it has none."""
    given = (document_id,)
    terms = db.execute(
        'SELECT term, start, "end", definition_start, definition_end, scope FROM terms WHERE document_id = ?'
        " ORDER BY position",
        given,
    ).fetchall()
    mentions = db.execute(
        'SELECT start, "end", target, section FROM mentions WHERE document_id = ? ORDER BY position', given
    ).fetchall()
    findings = db.execute(
        'SELECT start, "end", title FROM findings WHERE document_id = ? ORDER BY position', given
    ).fetchall()
    fields: dict[int | None, list[Fact]] = {}
    for finding, name, value, start, end, note in db.execute(
        'SELECT finding, name, value, start, "end", note FROM facts WHERE document_id = ? ORDER BY position', given
    ):
        fields.setdefault(finding, []).append(Fact(name, value, Span(start, end), note))
    return Structure(
        tuple(Term(term, Span(a, b), Span(c, d), scope) for term, a, b, c, d, scope in terms),
        tuple(Reference(Span(a, b), target, section) for a, b, target, section in mentions),
        tuple(fields.get(None, ())),
        tuple(Finding(Span(a, b), title, tuple(fields.get(i, ()))) for i, (a, b, title) in enumerate(findings)),
    )

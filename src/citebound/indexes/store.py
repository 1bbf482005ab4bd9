"""The store: one SQLite database per collection, the only truth. Everything else is derived from it.

WAL with synchronous=FULL, so that what was acknowledged survives a power cut; secure_delete, so that what was deleted
is overwritten. Readers may be many and never wait; writers hold the collection's lock (`lock.py`).
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from citebound.errors import FormatTooNew, UnknownCollection, UnknownDocument
from citebound.indexes import structure
from citebound.indexes.database import connect, database_errors, run_script
from citebound.indexes.durable import storage_errors
from citebound.indexes.filters import sql
from citebound.indexes.language import as_json, from_json
from citebound.indexes.lexical import identifiers
from citebound.protocols import Vectors
from citebound.types import (
    Block,
    BlockKind,
    Chunk,
    Document,
    DocumentInfo,
    Fact,
    Filter,
    Finding,
    Line,
    Section,
    Source,
    Span,
)

FORMAT = 3
BATCH = 500

PARTS = ("blocks", "sections", "lines", "terms", "mentions", "facts", "findings", "cards", "chunks")
"""Tables with what was made from a document."""

OLD = ("1", "2")
"""Formats that are brought up to date when they are opened."""

MEND = "Restore it from a backup or ingest the documents into a new collection."
SCHEMA = ("schema.sql", "schema-2.sql", "schema-3.sql")
NAMING = ("title", "document_type", "party", "client", "advisory_id", "vendor")
"""Facts by which people call a document."""

HEAD = 1500
"""Characters of a document's beginning in which names are looked for: parties and report ids stand there."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a search must know about the published generation, read in one transaction."""

    generation: int
    manifest_sha256: str
    changes: int


@dataclass(frozen=True, slots=True)
class Card:
    """The names of a document, a line each: its title, its files' names, what it calls itself and its parties; and how
    its first page begins."""

    id: int
    document_id: str
    name: str
    opening: str = ""


class Store:
    """Opens, or with `create` makes, the database at `path`. One connection per thread; close() closes them all.

    Raises UnknownCollection where there is none, StoreCorrupt for a file that is no database, FormatTooNew for one
    written by a later version.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        self._create = create
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        if not create and not path.is_file():
            raise UnknownCollection(f"there is no {path}", remedy="Ingest documents; that makes it.")
        row = self._row("SELECT value FROM meta WHERE key = 'format'")
        found = str(row[0]) if row else "?"
        if not (found.isdecimal() and int(found) <= FORMAT):
            self.close()
            raise FormatTooNew(
                f"{path} has format {found}; this version reads {FORMAT}",
                remedy="Upgrade Citebound, or ingest the documents into a new collection.",
            )

    def _connect(self) -> sqlite3.Connection:
        mode = "rwc" if self._create else "rw"
        with database_errors(self.path, MEND):
            db = connect(self.path, mode, 30)
            try:
                self._prepare(db)
            except BaseException:
                db.close()
                raise
        with self._lock:
            self._connections.append(db)
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        if self._create:
            with storage_errors(self.path):
                self.path.chmod(0o600)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("BEGIN IMMEDIATE")
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                _make_schema(db)
            db.execute("COMMIT")
            self._create = False
        elif not db.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise UnknownCollection(
                f"{self.path} is empty: the ingest that began to make it was ended",
                remedy="Ingest the documents again; that makes it.",
            )
        format_ = db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        if format_ and format_[0] in OLD:
            _upgrade(db)

    def _rows(self, query: str, parameters: Sequence[object] = ()) -> list[Any]:
        """All rows of a query."""
        with database_errors(self.path, MEND):
            return self._db.execute(query, parameters).fetchall()

    def _row(self, query: str, parameters: Sequence[object] = ()) -> Any:
        """The first row of a query, or None."""
        with database_errors(self.path, MEND):
            return self._db.execute(query, parameters).fetchone()

    @property
    def _db(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = self._connect()
        return db

    def close(self) -> None:
        with self._lock:
            for db in self._connections:
                db.close()
            self._connections.clear()
        self._local = threading.local()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the database for several queries."""
        db = self._db
        if db.in_transaction:
            yield db
            return
        with database_errors(self.path, MEND):
            db.execute("BEGIN")
            try:
                yield db
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is committed, or nothing. Raises StorageFull when the disk takes no more."""
        db = self._db
        with database_errors(self.path, MEND):
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("UPDATE meta SET value = value + 1 WHERE key = 'changes'")
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    # -- documents and sources ------------------------------------------------------------------------------------

    def document_at(self, path: str) -> str | None:
        """Id of the document that a path was last ingested as."""
        row = self._row("SELECT document_id FROM sources WHERE path = ?", (path,))
        return str(row[0]) if row else None

    def revision(self, document_id: str) -> tuple[str, str] | None:
        """The parser that made the stored text of a document, and its kind; None if it is not stored."""
        row = self._row("SELECT parser, kind FROM documents WHERE id = ?", (document_id,))
        return (row[0], row[1]) if row else None

    def forced(self, document_id: str) -> str:
        """The kind that was forced on a document; "" for none, or for a document that is not stored."""
        row = self._row("SELECT forced FROM documents WHERE id = ?", (document_id,))
        return str(row[0]) if row else ""

    def kinds(self, document_ids: Iterable[str]) -> dict[str, str]:
        """The kinds of some documents by id, "" for none."""
        given = list(dict.fromkeys(document_ids))
        marks = ", ".join("?" * len(given))
        return dict(self._rows(f"SELECT id, kind FROM documents WHERE id IN ({marks})", given))  # noqa: S608

    def languages(self, tree: Filter | None) -> list[tuple[dict[str, float], int]]:
        """The languages that documents with this filter have, each with how many; {} where nobody looked."""
        condition, parameters = sql(tree) if tree is not None else ("1", [])
        rows = self._rows(
            "SELECT languages, count(*) FROM documents WHERE +id IN (SELECT documents.id FROM documents"  # noqa: S608
            f" JOIN sources ON sources.document_id = documents.id WHERE {condition}) GROUP BY 1 ORDER BY 2 DESC, 1",
            parameters,
        )
        return [(from_json(stored), int(count)) for stored, count in rows]

    def unread(self, limit: int) -> list[tuple[str, str]]:
        """Id and text of documents in whose languages nobody looked: they were stored by an earlier version."""
        return self._rows("SELECT id, text FROM documents WHERE languages = '' LIMIT ?", (limit,))

    def put_languages(self, found: Mapping[str, Mapping[str, float]]) -> None:
        """Store the languages of documents, by id."""
        with self.writing() as db:
            db.executemany(
                "UPDATE documents SET languages = ? WHERE id = ?",
                [(as_json(shares), document_id) for document_id, shares in found.items()],
            )

    def info(self, document_id: str) -> tuple[DocumentInfo, int]:
        """A document without its text, and its number of chunks. Raises UnknownDocument."""
        row = self._row(
            "SELECT id, title, media_type, text_sha256, parser, pages,"
            " (SELECT count(*) FROM chunks c WHERE c.document_id = documents.id) FROM documents WHERE id = ?",
            (document_id,),
        )
        if row is None:
            raise UnknownDocument(f"no document {document_id}", remedy="`citebound documents list` shows them.")
        return DocumentInfo(*row[:6]), int(row[6])

    def encoder(self) -> str:
        """Key of the encoder whose vectors the collection holds, or ""."""
        row = self._row("SELECT value FROM meta WHERE key = 'encoder'")
        return str(row[0]) if row else ""

    def encoder_name(self) -> str:
        """Name of that encoder, or ""."""
        row = self._row("SELECT value FROM meta WHERE key = 'encoder_name'")
        return str(row[0]) if row else ""

    def set_encoder(self, key: str, name: str) -> None:
        """From now on vectors are this encoder's; those of another one are dropped with their place in the index."""
        with self.writing() as db:
            db.execute("UPDATE chunks SET vector_key = NULL, indexed = 0")
            db.execute("UPDATE documents SET state = 'text'")
            db.execute("UPDATE meta SET value = '' WHERE key = 'manifest_sha256'")
            db.executemany(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [("encoder", key), ("encoder_name", name)],
            )
            _sweep(db)

    def put_source(self, source: Source, size: int, modified_ns: int) -> None:
        """Let a path mean a document that is already stored; the document it meant before goes if it was its last."""
        with self.writing() as db:
            _put_source(db, source, size, modified_ns)
            _drop_orphans(db)
            _put_card(db, source.document_id)

    def put_document(
        self,
        document: Document,
        chunks: Sequence[Chunk],
        *,
        parser: str,
        status: str,
        source: Source,
        size: int,
        modified_ns: int,
        forced: str = "",
        languages: Mapping[str, float] | None = None,
    ) -> None:
        """State `text`: everything but the vectors, in one transaction, replacing an older revision and the document
        that this path meant before. `forced` is the kind that was forced on it; `languages` None: nobody looked."""
        with self.writing() as db:
            for table in PARTS:
                db.execute(f"DELETE FROM {table} WHERE document_id = ?", (document.id,))  # noqa: S608
            db.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'text', ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET"
                " title = excluded.title, media_type = excluded.media_type, text = excluded.text,"
                " text_sha256 = excluded.text_sha256, parser = excluded.parser, pages = excluded.pages,"
                " status = excluded.status, state = excluded.state, notes = excluded.notes, kind = excluded.kind,"
                " forced = excluded.forced, languages = excluded.languages",
                (
                    document.id,
                    document.title,
                    document.info.media_type,
                    document.text,
                    document.text_sha256,
                    parser,
                    document.info.pages,
                    status,
                    json.dumps(document.notes),
                    document.kind,
                    forced,
                    "" if languages is None else as_json(languages),
                ),
            )
            _put_parts(db, document)
            db.executemany(
                'INSERT INTO chunks (name, document_id, position, start, "end", text, context, identifiers, pages)'
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        c.id,
                        document.id,
                        position,
                        c.span.start,
                        c.span.end,
                        c.text,
                        c.context,
                        identifiers(c.text),
                        json.dumps(c.pages),
                    )
                    for position, c in enumerate(chunks)
                ),
            )
            _put_source(db, source, size, modified_ns)
            _drop_orphans(db)
            _put_card(db, document.id)

    def document(self, document_id: str, *, geometry: bool = True) -> Document:
        """The whole document; without `geometry`, `lines` is empty. Raises UnknownDocument."""
        with self.reading() as db:
            row = db.execute(
                "SELECT id, title, media_type, text_sha256, parser, pages, text, notes, kind FROM documents"
                " WHERE id = ?",
                (document_id,),
            ).fetchone()
            if row is None:
                raise UnknownDocument(f"no document {document_id}", remedy="`citebound documents list` shows them.")
            blocks = db.execute(
                'SELECT kind, start, "end", level FROM blocks WHERE document_id = ? ORDER BY position', (document_id,)
            ).fetchall()
            sections = db.execute(
                'SELECT start, "end", number, heading, level, parent FROM sections WHERE document_id = ?'
                " ORDER BY position",
                (document_id,),
            ).fetchall()
            lines = self.lines(document_id, Span(0, len(row[6]))) if geometry else ()
            found = structure.read(db, document_id)
        return Document(
            info=DocumentInfo(*row[:6]),
            text=row[6],
            blocks=tuple(Block(BlockKind(k), Span(s, e), level) for k, s, e, level in blocks),
            lines=lines,
            sections=tuple(Section(Span(s, e), n, h, level, parent) for s, e, n, h, level, parent in sections),
            notes=tuple(json.loads(row[7])),
            kind=row[8],
            terms=found.terms,
            references=found.references,
            facts=found.facts,
            findings=found.findings,
        )

    def lines(self, document_id: str, span: Span) -> tuple[Line, ...]:
        """Geometry of the printed lines that a span touches, in order."""
        rows = self._rows(
            'SELECT start, "end", page, geometry FROM lines WHERE document_id = ? AND start < ? AND "end" > ?'
            " ORDER BY start",
            (document_id, span.end, span.start),
        )
        made = []
        for start, end, page, geometry in rows:
            numbers = [float(n) for n in np.frombuffer(geometry, dtype="<f4")]
            made.append(
                Line(Span(start, end), page, (numbers[0], numbers[1], numbers[2], numbers[3]), tuple(numbers[4:]))
            )
        return tuple(made)

    def resolve(self, given: str) -> str:
        """The id of the document named by an id, an unambiguous beginning of one (4+), a path or a file name."""
        given = given.encode("utf-8", "replace").decode("utf-8")  # as the names of files are stored
        rows = self._rows(
            "SELECT DISTINCT d.id FROM documents d LEFT JOIN sources s ON s.document_id = d.id"
            " WHERE d.id = ?1 OR s.path = ?1 OR s.name = ?1 OR (length(?1) >= 4 AND substr(d.id, 1, length(?1)) = ?1)",
            (given,),
        )
        if len(rows) == 1:
            return str(rows[0][0])
        what = "no document" if not rows else f"{len(rows)} documents match"
        raise UnknownDocument(f"{what} {given!r}", remedy="`citebound documents list` shows ids and paths.")

    def listing(self) -> list[tuple[DocumentInfo, str, str, int, tuple[str, ...], tuple[Source, ...]]]:
        """Every document: info, status, state, number of chunks, notes, sources; ordered by its first path."""
        with self.reading() as db:
            rows = db.execute(
                "SELECT d.id, d.title, d.media_type, d.text_sha256, d.parser, d.pages, d.status, d.state, d.notes,"
                " (SELECT count(*) FROM chunks c WHERE c.document_id = d.id) FROM documents d"
                " ORDER BY (SELECT min(path) FROM sources s WHERE s.document_id = d.id)"
            ).fetchall()
            return [(DocumentInfo(*r[:6]), r[6], r[7], r[9], tuple(json.loads(r[8])), self.sources(r[0])) for r in rows]

    def sources(self, document_id: str) -> tuple[Source, ...]:
        rows = self._rows(
            "SELECT path, document_id, labels, added_at FROM sources WHERE document_id = ? ORDER BY path",
            (document_id,),
        )
        return tuple(_source(row) for row in rows)

    def counts(self) -> dict[str, int]:
        """Rows of each table that a reader of `index stats` asks for."""
        queries = {
            "documents": "SELECT count(*) FROM documents",
            "documents_without_vectors": "SELECT count(*) FROM documents WHERE state = 'text'",
            "sources": "SELECT count(*) FROM sources",
            "chunks": "SELECT count(*) FROM chunks",
            "chunks_without_vectors": "SELECT count(*) FROM chunks WHERE vector_key IS NULL",
            "chunks_not_published": "SELECT count(*) FROM chunks WHERE indexed = 0 AND vector_key IS NOT NULL",
            "vectors": "SELECT count(*) FROM vectors",
            "tombstones": "SELECT count(*) FROM tombstones",
        }
        with self.reading() as db:
            return {name: int(db.execute(query).fetchone()[0]) for name, query in queries.items()}

    # -- vectors --------------------------------------------------------------------------------------------------

    def pending(self, limit: int) -> list[tuple[int, str, str]]:
        """Chunks without a vector: id, context, text; in order of insertion."""
        return self._rows("SELECT id, context, text FROM chunks WHERE vector_key IS NULL ORDER BY id LIMIT ?", (limit,))

    def known_vectors(self, keys: Iterable[bytes]) -> set[bytes]:
        wanted = list(dict.fromkeys(keys))
        found: set[bytes] = set()
        for i in range(0, len(wanted), BATCH):
            part = wanted[i : i + BATCH]
            marks = ", ".join("?" * len(part))
            found |= {r[0] for r in self._rows(f"SELECT key FROM vectors WHERE key IN ({marks})", part)}  # noqa: S608
        return found

    def put_vectors(
        self, keyed: Sequence[tuple[bytes, NDArray[np.float32]]], chunks: Sequence[tuple[int, bytes]]
    ) -> None:
        """Store new vectors, give them to chunks, and set documents that have all of theirs to state `vectors`."""
        with self.writing() as db:
            db.executemany(
                "INSERT OR IGNORE INTO vectors VALUES (?, ?)", ((k, v.astype("<f4").tobytes()) for k, v in keyed)
            )
            db.executemany("UPDATE chunks SET vector_key = ? WHERE id = ?", ((key, id_) for id_, key in chunks))
            db.execute(
                "UPDATE documents SET state = 'vectors' WHERE state = 'text' AND NOT EXISTS"
                " (SELECT 1 FROM chunks WHERE document_id = documents.id AND vector_key IS NULL)"
            )

    def vectors(self, condition: str = "1") -> tuple[NDArray[np.int64], Vectors]:
        """Chunk ids (ascending) and vectors of the chunks that have one; `condition` is a constant of this package."""
        rows = self._rows(
            "SELECT c.id, v.data FROM chunks c JOIN vectors v ON v.key = c.vector_key"  # noqa: S608
            f" WHERE {condition} ORDER BY c.id"
        )
        return _vector_rows(rows)

    def vectors_of(self, ids: Sequence[int]) -> tuple[NDArray[np.int64], Vectors]:
        with self.reading() as db:
            rows: list[tuple[int, bytes]] = []
            for i in range(0, len(ids), BATCH):
                part = ids[i : i + BATCH]
                marks = ", ".join("?" * len(part))
                rows += db.execute(
                    "SELECT c.id, v.data FROM chunks c JOIN vectors v ON v.key = c.vector_key"  # noqa: S608
                    f" WHERE c.id IN ({marks})",
                    part,
                )
        return _vector_rows(rows)

    def sample(self, count: int) -> Vectors:
        """About `count` vectors, spread evenly over the collection."""
        total = self._row("SELECT count(*) FROM chunks WHERE vector_key IS NOT NULL")[0]
        return self.vectors(f"c.id % {max(1, total // count)} = 0")[1] if total else np.zeros((0, 0), dtype=np.float32)

    # -- generations ----------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        rows = dict(self._rows("SELECT key, value FROM meta WHERE key IN ('generation', 'manifest_sha256', 'changes')"))
        return Snapshot(int(rows["generation"]), rows["manifest_sha256"], int(rows["changes"]))

    def delta(self) -> tuple[NDArray[np.int64], Vectors]:
        """Vectors that are committed but not yet in the published generation."""
        return self.vectors("c.indexed = 0")

    def tombstones(self) -> NDArray[np.int64]:
        return np.array([r[0] for r in self._rows("SELECT chunk_id FROM tombstones ORDER BY 1")], dtype=np.int64)

    def published(
        self, generation: int, manifest_sha256: str, ids: NDArray[np.int64], masked: NDArray[np.int64]
    ) -> None:
        """The one commit point of a generation: from here on readers use it. `ids` are in it; `masked` are not."""
        with self.writing() as db:
            db.execute("UPDATE meta SET value = ? WHERE key = 'generation'", (str(generation),))
            db.execute("UPDATE meta SET value = ? WHERE key = 'manifest_sha256'", (manifest_sha256,))
            db.execute("CREATE TEMP TABLE IF NOT EXISTS inside (id INTEGER PRIMARY KEY)")
            db.execute("DELETE FROM inside")
            db.executemany("INSERT INTO inside VALUES (?)", ((int(i),) for i in ids))
            db.execute("UPDATE chunks SET indexed = 0 WHERE indexed = 1 AND id NOT IN (SELECT id FROM inside)")
            db.execute("UPDATE chunks SET indexed = 1 WHERE indexed = 0 AND id IN (SELECT id FROM inside)")
            db.executemany("DELETE FROM tombstones WHERE chunk_id = ?", ((int(i),) for i in masked))
            db.execute("INSERT OR IGNORE INTO tombstones SELECT id FROM inside WHERE id NOT IN (SELECT id FROM chunks)")
            db.execute("DELETE FROM inside")

    # -- search ---------------------------------------------------------------------------------------------------

    def searched(self, tree: Filter | None) -> tuple[int, int]:
        """How many documents and chunks a search with this filter looks at."""
        condition, parameters = sql(tree) if tree is not None else ("1", [])
        row = self._db.execute(
            "SELECT count(DISTINCT document_id), count(*) FROM chunks WHERE document_id IN (SELECT documents.id"  # noqa: S608
            f" FROM documents JOIN sources ON sources.document_id = documents.id WHERE {condition})",
            parameters,
        ).fetchone()
        return int(row[0]), int(row[1])

    def only(self, tree: Filter | None) -> tuple[str, ...]:
        """The one document that a search with this filter looks at; () if they are several."""
        condition, parameters = sql(tree) if tree is not None else ("1", [])
        rows = self._rows(
            "SELECT DISTINCT documents.id FROM documents JOIN sources ON sources.document_id = documents.id"  # noqa: S608
            f" WHERE {condition} LIMIT 2",
            parameters,
        )
        return (str(rows[0][0]),) if len(rows) == 1 else ()

    def paths(self, tree: Filter | None, limit: int) -> dict[str, str]:
        """A path of each document that satisfies the filter, by its id; at most `limit` of them."""
        condition, parameters = sql(tree) if tree is not None else ("1", [])
        rows = self._rows(
            "SELECT documents.id, min(sources.path) FROM documents JOIN sources ON sources.document_id = documents.id"  # noqa: S608
            f" WHERE {condition} GROUP BY 1 ORDER BY 1 LIMIT ?",
            [*parameters, limit],
        )
        return {str(id_): str(path) for id_, path in rows}

    def allowed(self, tree: Filter) -> NDArray[np.int64]:
        """Ids of the chunks of documents that have a source which satisfies the filter."""
        condition, parameters = sql(tree)
        rows = self._rows(
            "SELECT id FROM chunks WHERE document_id IN (SELECT documents.id FROM documents"  # noqa: S608
            f" JOIN sources ON sources.document_id = documents.id WHERE {condition}) ORDER BY id",
            parameters,
        )
        return np.array([r[0] for r in rows], dtype=np.int64)

    def layout(self, tree: Filter) -> list[tuple[int, str, int]]:
        """Id, document and position of the chunks of documents that have a source which satisfies the filter."""
        condition, parameters = sql(tree)
        return self._rows(
            "SELECT id, document_id, position FROM chunks WHERE document_id IN (SELECT documents.id FROM documents"  # noqa: S608
            f" JOIN sources ON sources.document_id = documents.id WHERE {condition}) ORDER BY document_id, position",
            parameters,
        )

    def documents_of(self, ids: Sequence[int]) -> dict[int, str]:
        """The documents of some chunks."""
        found: dict[int, str] = {}
        with self.reading() as db:
            for i in range(0, len(ids), BATCH):
                part = [int(id_) for id_ in ids[i : i + BATCH]]
                marks = ", ".join("?" * len(part))
                found |= dict(db.execute(f"SELECT id, document_id FROM chunks WHERE id IN ({marks})", part))  # noqa: S608
        return found

    def lexical(self, expression: str, k: int, tree: Filter | None = None) -> list[tuple[int, float]]:
        """Chunk ids and BM25 scores (higher is better), best first, for a MATCH expression."""
        where, parameters = "", [expression]
        if tree is not None:
            condition, more = sql(tree)
            where = (
                " AND +rowid IN (SELECT id FROM chunks WHERE document_id IN (SELECT documents.id FROM documents"  # noqa: S608
                f" JOIN sources ON sources.document_id = documents.id WHERE {condition}))"
            )
            parameters += more
        rows = self._rows(
            f"SELECT rowid, -bm25(words, 1.0, 0.6, 3.0) FROM words WHERE words MATCH ?{where}"  # noqa: S608
            " ORDER BY 2 DESC, 1 LIMIT ?",
            [*parameters, k],
        )
        return [(int(id_), float(score)) for id_, score in rows]

    def chunks(self, ids: Sequence[int], tree: Filter | None = None) -> dict[int, tuple[Chunk, DocumentInfo, Source]]:
        """Chunks that exist now, by id, each with its document and a source (with `tree`: one that satisfies it)."""
        condition, more = sql(tree) if tree is not None else ("1", [])
        rows: dict[int, tuple[Any, ...]] = {}
        with self.reading() as db:
            for i in range(0, len(ids), BATCH):
                part = [int(id_) for id_ in ids[i : i + BATCH]]
                marks = ", ".join("?" * len(part))
                found = db.execute(
                    'SELECT c.id, c.name, c.start, c."end", c.text, c.context, c.pages, documents.id, documents.title,'  # noqa: S608
                    " documents.media_type, documents.text_sha256, documents.parser, documents.pages,"
                    " sources.path, sources.document_id, sources.labels, sources.added_at"
                    " FROM chunks c JOIN documents ON documents.id = c.document_id"
                    " JOIN sources ON sources.document_id = documents.id"
                    f" WHERE c.id IN ({marks}) AND {condition} ORDER BY sources.path DESC",
                    [*part, *more],
                )
                rows |= {row[0]: row for row in found}  # of several sources, the first path
        return {
            id_: (
                Chunk(row[1], row[7], Span(row[2], row[3]), row[4], row[5], tuple(json.loads(row[6]))),
                DocumentInfo(*row[7:13]),
                _source(row[13:17]),
            )
            for id_, row in rows.items()
        }

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many chunks each (plain, single-word) term occurs, stemmed as the index stems."""
        with self.reading() as db:
            query = "SELECT count(*) FROM words WHERE words MATCH ?"
            return {t: int(db.execute(query, (f'"{t}"',)).fetchone()[0]) for t in terms}

    def cards(self, opening: int = 0) -> list[Card]:
        """The names of all documents, each with so many characters of its first page."""
        rows = self._rows("SELECT id, document_id, name, substr(head, 1, ?) FROM cards ORDER BY id", (opening,))
        return [Card(*row) for row in rows]

    def cards_within(self, tree: Filter) -> frozenset[int]:
        """Cards of the documents that have a source which satisfies the filter."""
        condition, parameters = sql(tree)
        rows = self._rows(
            "SELECT id FROM cards WHERE document_id IN (SELECT documents.id FROM documents"  # noqa: S608
            f" JOIN sources ON sources.document_id = documents.id WHERE {condition})",
            parameters,
        )
        return frozenset(row[0] for row in rows)

    def cards_with(self, word: str, column: str) -> frozenset[int]:
        """Cards with a (plain) word in one column, "name", "head" or "vocabulary", stemmed as the index stems."""
        rows = self._rows("SELECT rowid FROM card_words WHERE card_words MATCH ?", (f'{column} : "{word}"',))
        return frozenset(row[0] for row in rows)

    def text(self, document_id: str, span: Span) -> str:
        """The characters of a stored document at a span; "" if the document is not there any more."""
        row = self._row(
            "SELECT substr(text, ?, ?) FROM documents WHERE id = ?", (span.start + 1, len(span), document_id)
        )
        return str(row[0]) if row else ""

    def facts(self, document_id: str, name: str) -> list[Fact]:
        """What was read off a document under one name, in the order of the text, without what is doubtful."""
        rows = self._rows(
            'SELECT name, value, start, "end", note FROM facts WHERE document_id = ? AND finding IS NULL AND name = ?'
            " AND note NOT GLOB 'doubtful*' ORDER BY position",
            (document_id, name),
        )
        return [Fact(name, value, Span(start, end), note) for name, value, start, end, note in rows]

    def findings_of(self, document_id: str) -> list[Finding]:
        """The findings of a document with their fields, in order."""
        fields: dict[int, list[Fact]] = {}
        for finding, name, value, start, end, note in self._rows(
            'SELECT finding, name, value, start, "end", note FROM facts WHERE document_id = ? AND finding IS NOT NULL'
            " ORDER BY position",
            (document_id,),
        ):
            fields.setdefault(finding, []).append(Fact(name, value, Span(start, end), note))
        rows = self._rows(
            'SELECT position, title, start, "end" FROM findings WHERE document_id = ? ORDER BY position', (document_id,)
        )
        return [Finding(Span(start, end), title, tuple(fields.get(at, ()))) for at, title, start, end in rows]

    def numbers(self, series: str) -> bool:
        """Whether there are findings whose ids begin so: "QV-"."""
        query = "SELECT 1 FROM facts WHERE finding IS NOT NULL AND name = 'id' AND substr(value, 1, ?) = ? LIMIT 1"
        return self._row(query, (len(series), series)) is not None

    def having(self, ids: Sequence[str], tree: Filter | None) -> list[str]:
        """The documents with a finding of one of these ids or CVEs, in the order of their paths."""
        condition, parameters = sql(tree) if tree is not None else ("1", [])
        marks = ", ".join("?" * len(ids))
        rows = self._rows(
            "SELECT documents.id FROM documents JOIN sources ON sources.document_id = documents.id"  # noqa: S608
            " WHERE documents.id IN (SELECT document_id FROM facts WHERE finding IS NOT NULL AND name IN ('id', 'cve')"
            f" AND upper(value) IN ({marks})) AND {condition} GROUP BY documents.id ORDER BY min(sources.path)",
            [*ids, *parameters],
        )
        return [str(row[0]) for row in rows]

    def chunks_at(self, document_id: str, span: Span) -> list[int]:
        """The chunks that a span lies in, in order."""
        rows = self._rows(
            'SELECT id FROM chunks WHERE document_id = ? AND start < ? AND "end" > ? ORDER BY position',
            (document_id, span.end, span.start),
        )
        return [int(row[0]) for row in rows]

    def section_path(self, document_id: str, offset: int) -> str:
        """The headings over an offset, outermost first, joined by " > "; "" if there are none."""
        rows = self._rows(
            'SELECT number, heading FROM sections WHERE document_id = ? AND start <= ? AND "end" > ? ORDER BY position',
            (document_id, offset, offset),
        )
        return " > ".join(" ".join(f"{number} {heading}".split()) for number, heading in rows)

    def contains(self, line: str) -> bool:
        """Whether any stored document has this line."""
        return self._row("SELECT 1 FROM documents WHERE instr(text, ?) LIMIT 1", (line,)) is not None

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """All chunks of one document, in order."""
        rows = self._rows(
            'SELECT name, start, "end", text, context, pages FROM chunks WHERE document_id = ? ORDER BY position',
            (document_id,),
        )
        return [
            Chunk(name, document_id, Span(start, end), text, context, tuple(json.loads(pages)))
            for name, start, end, text, context, pages in rows
        ]

    # -- forgetting -----------------------------------------------------------------------------------------------

    def forget(self, document_id: str) -> dict[str, int]:
        """Delete a document with everything made from it; says how many rows went from where."""
        removed: dict[str, int] = {}
        with self.writing() as db:
            for table in ("sources", *PARTS):
                query = f"SELECT count(*) FROM {table} WHERE document_id = ?"  # noqa: S608
                removed[table] = int(db.execute(query, (document_id,)).fetchone()[0])
            db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
            removed["vectors"] = _sweep(db)
        return removed

    def sweep(self) -> int:
        """Delete vectors that no chunk uses; done when an ingest ends, so that one that moves is not made anew."""
        with self.writing() as db:
            return _sweep(db)

    def scrub(self) -> None:
        """Let deleted words leave the word index and the write-ahead log too."""
        db = self._db
        with database_errors(self.path, MEND):
            db.execute("INSERT INTO words (words) VALUES ('optimize')")
            db.execute("INSERT INTO card_words (card_words) VALUES ('optimize')")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def check(self) -> list[str]:
        """What is wrong with the database; empty when all is well."""
        problems = []
        try:
            problems += [str(r[0]) for r in self._db.execute("PRAGMA integrity_check") if r[0] != "ok"]
            problems += [f"foreign key: {tuple(r)}" for r in self._db.execute("PRAGMA foreign_key_check")]
            self._db.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
            self._db.execute("INSERT INTO card_words (card_words, rank) VALUES ('integrity-check', 1)")
            for text_sha256, text in self._db.execute("SELECT text_sha256, text FROM documents"):
                if sha256_of(text) != text_sha256:
                    problems.append(f"text {text_sha256[:12]} does not have its hash")
            wrong = self._db.execute(
                "SELECT count(*) FROM chunks c JOIN documents d ON d.id = c.document_id WHERE c.text <>"
                ' substr(d.text, c.start + 1, c."end" - c.start)'
            ).fetchone()[0]
            if wrong:
                problems.append(f"{wrong} chunks differ from their document's text")
        except sqlite3.DatabaseError as error:
            problems.append(str(error))
        return problems


def sha256_of(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _make_schema(db: sqlite3.Connection) -> None:
    for name in SCHEMA:
        run_script(db, name)
    db.executemany(
        "INSERT INTO meta VALUES (?, ?)",
        [("format", str(FORMAT)), ("generation", "0"), ("manifest_sha256", ""), ("changes", "0")],
    )


def _upgrade(db: sqlite3.Connection) -> None:
    """Format 1 -> 2: documents get their cards now, and their structure when they are next ingested. 2 -> 3: an ingest
    looks in which languages they are; of no kind it is known that it was forced."""
    db.execute("BEGIN IMMEDIATE")
    try:
        format_ = db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()[0]
        if format_ == "1":
            run_script(db, SCHEMA[1])
            for (document_id,) in db.execute("SELECT id FROM documents").fetchall():
                _put_card(db, document_id)
        if format_ in OLD:
            run_script(db, SCHEMA[2])
            db.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(FORMAT),))
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _put_source(db: sqlite3.Connection, source: Source, size: int, modified_ns: int) -> None:
    db.execute(
        "INSERT INTO sources (path, name, labels, added_at, size, modified_ns, document_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET"
        " labels = CASE excluded.labels WHEN '{}' THEN labels ELSE excluded.labels END, size = excluded.size,"
        " modified_ns = excluded.modified_ns, document_id = excluded.document_id,"
        " added_at = CASE WHEN document_id = excluded.document_id THEN added_at ELSE excluded.added_at END",
        (
            source.path,
            source.name,
            json.dumps(dict(source.labels)),
            source.added_at or now(),
            size,
            modified_ns,
            source.document_id,
        ),
    )


def _put_card(db: sqlite3.Connection, document_id: str) -> None:
    """The card of a document that has just got its text or another source."""
    row = db.execute("SELECT title, text FROM documents WHERE id = ?", (document_id,)).fetchone()
    names = db.execute("SELECT name FROM sources WHERE document_id = ? ORDER BY path", (document_id,)).fetchall()
    if row is None:
        return
    title, text = row
    marks = ", ".join("?" * len(NAMING))
    facts = db.execute(
        f"SELECT value FROM facts WHERE document_id = ? AND finding IS NULL AND name IN ({marks}) ORDER BY position",  # noqa: S608
        (document_id, *NAMING),
    ).fetchall()
    plain = [re.sub(r"[\W_]+", " ", unquote(PurePath(name).stem)) for (name,) in names]
    words = sorted(set(re.findall(r"\w{2,40}", text.lower())))
    db.execute("DELETE FROM cards WHERE document_id = ?", (document_id,))
    db.execute(
        "INSERT INTO cards (document_id, name, head, vocabulary) VALUES (?, ?, ?, ?)",
        (
            document_id,
            "\n".join(dict.fromkeys([title, *plain, *(value for (value,) in facts)])),
            text[:HEAD],
            " ".join(words),
        ),
    )


def _drop_orphans(db: sqlite3.Connection) -> None:
    """Documents that no source means any more go, with all that was made from them but their vectors."""
    db.execute("DELETE FROM documents WHERE id NOT IN (SELECT document_id FROM sources)")


def _sweep(db: sqlite3.Connection) -> int:
    unused = "DELETE FROM vectors WHERE NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.vector_key = vectors.key)"
    return db.execute(unused).rowcount


def _put_parts(db: sqlite3.Connection, document: Document) -> None:
    db.executemany(
        "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?)",
        ((document.id, i, b.kind, b.span.start, b.span.end, b.level) for i, b in enumerate(document.blocks)),
    )
    db.executemany(
        "INSERT INTO sections VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (document.id, i, s.parent, s.number, s.heading, s.level, s.span.start, s.span.end)
            for i, s in enumerate(document.sections)
        ),
    )
    db.executemany(
        "INSERT INTO lines VALUES (?, ?, ?, ?, ?)",
        (
            (
                document.id,
                line.span.start,
                line.span.end,
                line.page,
                np.array([*line.box, *line.advances], dtype="<f4").tobytes(),
            )
            for line in document.lines
        ),
    )

    structure.put(db, document)


def _vector_rows(rows: Sequence[tuple[int, bytes]]) -> tuple[NDArray[np.int64], Vectors]:
    ids = np.array([r[0] for r in rows], dtype=np.int64)
    if not rows:
        return ids, np.zeros((0, 0), dtype=np.float32)
    data = np.frombuffer(b"".join(r[1] for r in rows), dtype="<f4").reshape(len(rows), -1)
    return ids, data.astype(np.float32)


def _source(row: Sequence[str]) -> Source:
    return Source(row[0], row[1], tuple(sorted(json.loads(row[2]).items())), row[3])

import hashlib
import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound.errors import FormatTooNew, StorageFull, StoreCorrupt, UnknownCollection, UnknownDocument
from citebound.indexes.filters import parse
from citebound.indexes.store import Store, sha256_of
from citebound.ingest.chunker import chunk
from citebound.types import Block, BlockKind, Document, DocumentInfo, Line, Section, Source, Span
from tests.fakes import WordHashEmbedder

EMBEDDER = WordHashEmbedder()


def document(text: str, salt: str = "") -> Document:
    id_ = hashlib.sha256((salt + text).encode()).hexdigest()
    lines = (Line(Span(0, 3), 1, (1.0, 2.0, 4.0, 5.0), (1.0, 2.0, 3.0, 4.0)),) if len(text) >= 3 else ()
    return Document(
        DocumentInfo(id_, "Title", "text/plain", sha256_of(text), "test", 1),
        text,
        (Block(BlockKind.PARAGRAPH, Span(0, len(text))),),
        lines,
        (Section(Span(0, len(text)), "1", "Head", 1), Section(Span(0, len(text)), "1.1", "Sub", 2, 0)),
        ("a note",),
    )


def put(store: Store, made: Document, path: str = "a.txt", parser: str = "p1") -> None:
    source = Source(path, made.id, (("matter", "alpha"),))
    chunks = chunk(made, EMBEDDER)
    store.put_document(made, chunks, parser=parser, status="ok", source=source, size=1, modified_ns=2)


def embed(store: Store) -> None:
    rows = store.pending(1000)
    vectors = EMBEDDER.embed([r[2] for r in rows])
    keys = [hashlib.sha256(r[2].encode()).digest() for r in rows]
    store.put_vectors(list(zip(keys, vectors, strict=True)), [(r[0], k) for r, k in zip(rows, keys, strict=True)])


@pytest.fixture
def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = Store(tmp_path / "store.db", create=True)
    yield made
    made.close()


def test_a_document_comes_back_as_it_was(store: Store) -> None:
    made = document("One clause.\n\nAnother “clause” with 中文 and 🙂.")
    put(store, made)
    back = store.document(made.id)
    assert (back.text, back.blocks, back.lines, back.sections, back.notes) == (
        made.text,
        made.blocks,
        made.lines,
        made.sections,
        made.notes,
    )
    assert store.sources(made.id) == (
        Source("a.txt", made.id, (("matter", "alpha"),), back and store.sources(made.id)[0].added_at),
    )
    assert store.section_path(made.id, 2) == "1 Head > 1.1 Sub"
    assert store.text(made.id, Span(4, 10)) == "clause"


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_any_text_is_stored_and_its_spans_are_code_points(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store.db", create=True)
        made = document(text)
        put(store, made)
        half = Span(len(text) // 3, len(text))
        assert store.document(made.id).text == text
        assert store.text(made.id, half) == half.of(text)
        assert store.check() == []
        store.close()


def test_words_are_found_before_vectors_and_state_says_so(store: Store) -> None:
    put(store, document("The aggregate liability is capped at USD 5."))
    assert store.listing()[0][2] == "text"
    assert len(store.lexical('"liability"', 5)) == 1
    assert len(store.lexical('"capped"', 5, parse("source:*.pdf"))) == 0
    embed(store)
    assert store.listing()[0][2] == "vectors"
    assert store.counts()["chunks_without_vectors"] == 0


def test_a_new_revision_replaces_the_old_one_in_one_transaction(store: Store) -> None:
    made = document("Alpha beta gamma.")
    put(store, made)
    put(store, made, path="copy.txt")
    embed(store)
    old = store.counts()["chunks"]
    put(store, made, parser="p2")
    assert store.counts()["chunks"] == old
    assert store.counts()["documents"] == 1
    assert {s.path for s in store.sources(made.id)} == {"a.txt", "copy.txt"}
    assert store.revision(made.id) == ("p2", "")
    assert [row[2] for row in store.listing()] == ["text"]


def test_a_changed_file_takes_its_old_document_away_but_a_shared_one_stays(store: Store) -> None:
    one, two = document("First version."), document("Second version.")
    put(store, one)
    put(store, one, path="copy.txt")
    put(store, two)
    assert store.counts()["documents"] == 2
    put(store, two, path="copy.txt")
    assert store.counts()["documents"] == 1
    with pytest.raises(UnknownDocument):
        store.document(one.id)


def test_chunk_ids_are_never_reused(store: Store) -> None:
    put(store, document("Alpha."))
    before = store.pending(1)[0][0]
    store.forget(document("Alpha.").id)
    put(store, document("Beta."))
    assert store.pending(1)[0][0] > before


def test_deleting_a_published_chunk_leaves_a_tombstone_until_it_is_published_without(store: Store) -> None:
    put(store, document("Alpha."))
    embed(store)
    ids, _ = store.delta()
    store.published(1, "x", ids, store.tombstones())
    assert len(store.delta()[0]) == 0
    store.forget(document("Alpha.").id)
    assert store.tombstones().tolist() == ids.tolist()
    store.published(2, "y", np.zeros(0, np.int64), store.tombstones())
    assert len(store.tombstones()) == 0
    assert store.counts()["vectors"] == 0


def test_a_name_resolves_only_if_it_is_unambiguous(store: Store) -> None:
    made = document("Alpha.")
    put(store, made, "x/a.txt")
    put(store, document("Beta."), "y/a.txt")
    assert store.resolve("x/a.txt") == made.id
    assert store.resolve(made.id[:8]) == made.id
    for given_name in ("a.txt", "nothing", ""):
        with pytest.raises(UnknownDocument):
            store.resolve(given_name)


def test_the_database_is_private_durable_and_checked(store: Store) -> None:
    assert store.path.stat().st_mode & 0o777 == 0o600
    with store.reading() as db:
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert db.execute("PRAGMA secure_delete").fetchone()[0] == 1
    put(store, document("Alpha."))
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE documents SET text = 'Altered'")
    db.close()
    assert any("does not have its hash" in p for p in store.check())
    assert any("differ from their document" in p for p in store.check())


def test_a_store_that_is_not_there_is_not_made_by_opening_it(tmp_path: Path) -> None:
    with pytest.raises(UnknownCollection):
        Store(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def test_a_store_whose_making_was_interrupted_is_made_by_the_next_ingest(tmp_path: Path) -> None:
    (tmp_path / "begun.db").touch()
    with pytest.raises(UnknownCollection, match="empty"):
        Store(tmp_path / "begun.db")
    store = Store(tmp_path / "begun.db", create=True)
    assert store.check() == []
    store.close()


def test_what_is_no_database_or_too_new_is_refused(tmp_path: Path, store: Store) -> None:
    (tmp_path / "bad.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreCorrupt):
        Store(tmp_path / "bad.db")
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    db.close()
    with pytest.raises(FormatTooNew, match="99"):
        Store(store.path)


def test_a_full_disk_is_reported_and_what_was_committed_stays(store: Store) -> None:
    put(store, document("Alpha."))
    with store.reading() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageFull):
        put(store, document(os.urandom(200_000).hex()), "b.txt")
    assert [row[0].id for row in store.listing()] == [document("Alpha.").id]
    assert store.check() == []

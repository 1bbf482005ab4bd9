"""The chain of receipts: whatever somebody does to a row is seen, and forgetting is not taken for it."""

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from citebound.errors import UnknownReceipt
from citebound.indexes import receipts
from citebound.indexes.database import run_script
from citebound.indexes.receipts import ANSWER, ANY, Part

TABLES = ("receipts", "receipts_head", "receipt_parts", "receipt_documents")
CANARY = "canary-7f3a5c"
JSON = ("{}", "[]", "null", '{"emptied":5}', '{"documents":[],"content":{}}')


def chain(*documents: str) -> sqlite3.Connection:
    """A chain in memory with a receipt for each document, whose text has the name of it."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("PRAGMA foreign_keys = ON")
    run_script(db, "activity.sql")
    for name in documents:
        put(db, name)
    return db


def put(db: sqlite3.Connection, *documents: str) -> str:
    papers = {name: f"/{name}.txt" for name in documents}
    text = " ".join(documents)
    parts = {"said": Part({"text": text}, papers), "found.1": Part({"hits": [1.5]}, dict(list(papers.items())[:1]))}
    return receipts.append(db, ANSWER, {"outcome": "answered"}, parts)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    made = chain("a", "b", "c", "d")
    yield made
    made.close()


def problems(db: sqlite3.Connection) -> tuple[str, ...]:
    return receipts.verify(db).problems


# -- what somebody does to it ------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_is_done_to_any_row_is_detected(data: st.DataObject) -> None:
    db = chain("a", "b", "c")
    receipts.forget(db, "b")
    put(db, "a", "d")
    assert problems(db) == ()
    db.execute("PRAGMA foreign_keys = OFF")
    table = data.draw(st.sampled_from(TABLES))
    rows = db.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    row = data.draw(st.sampled_from(rows))
    where = " AND ".join(f"{column} IS ?" for column in columns)
    if data.draw(st.booleans()):
        db.execute(f"DELETE FROM {table} WHERE {where}", row)  # noqa: S608
    else:
        at = data.draw(st.integers(0, len(columns) - 1))
        others = [other[at] for other in rows]
        value = data.draw(st.sampled_from(others) | made_like(row[at]))
        assume(value != row[at])
        changed = (*row[:at], value, *row[at + 1 :])
        insert = data.draw(st.booleans())
        try:
            if insert:
                db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", changed)  # noqa: S608
            else:
                db.execute(f"UPDATE {table} SET {columns[at]} = ? WHERE {where}", (value, *row))  # noqa: S608
        except sqlite3.IntegrityError:
            assume(False)
    assert problems(db)
    db.close()


def made_like(value: object) -> st.SearchStrategy[object]:
    if isinstance(value, int):
        return st.integers(-3, 2**40)
    if isinstance(value, bytes):
        return st.binary(max_size=20)
    return st.text(max_size=30) | st.sampled_from(JSON)


def test_a_chain_that_nobody_touched_is_unbroken(db: sqlite3.Connection) -> None:
    found = receipts.verify(db)
    assert (found.receipts, found.forgettings, found.problems) == (4, 0, ())
    assert found.head == receipts.newest(db, 1)[0].id


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE receipts SET header = '{}' WHERE number = 2", "entry 2 was changed"),
        ("DELETE FROM receipts WHERE number = 2", "entry 2 is gone"),
        ("DELETE FROM receipts WHERE number IN (2, 3)", "entries 2 to 3 are gone"),
        ("DELETE FROM receipts WHERE number = 4", "entry 4 is gone: the end was cut off"),
        ("DELETE FROM receipts WHERE number > 2", "entries 3 to 4 are gone: the end was cut off"),
        ("DELETE FROM receipts", "entries 1 to 4 are gone: the end was cut off"),
        ("DELETE FROM receipts_head", "the head of the chain is gone"),
        ("UPDATE receipts SET number = number + 10", "entries 1 to 10 are gone"),
        ("UPDATE receipt_parts SET content = replace(content, 'b', 'x') WHERE number = 2", "part 'said' was changed"),
        ("DELETE FROM receipt_parts WHERE number = 3", "'said' is gone, and no forgetting took it"),
        ("DELETE FROM receipt_documents WHERE number = 3", "documents of the part 'said' were changed"),
        ("INSERT INTO receipt_parts VALUES (99, 'said', x'00', '{}')", "1 rows of receipt_parts belong to no entry"),
    ],
)
def test_what_was_done_is_named(db: sqlite3.Connection, statement: str, said: str) -> None:
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute(statement)
    assert any(said in problem for problem in problems(db)), problems(db)


def test_entries_that_changed_places_are_named(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA foreign_keys = OFF")
    for old, new in ((2, 99), (3, 2), (99, 3)):
        db.execute("UPDATE receipts SET number = ? WHERE number = ?", (new, old))
    assert "entry 2 does not follow from the one before" in problems(db)
    assert "entry 3 was changed" in problems(db)


@pytest.mark.parametrize("statement", ["DELETE FROM receipts WHERE number = 4", "DELETE FROM receipts_head"])
def test_a_break_stays_visible_when_the_chain_goes_on(db: sqlite3.Connection, statement: str) -> None:
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute(statement)
    put(db, "e")
    put(db, "f")
    assert problems(db)


def test_an_id_that_was_written_down_is_not_in_a_chain_made_anew() -> None:
    old, new = chain("a", "b"), chain("a", "b")
    (id_,) = [entry.id for entry in receipts.newest(old, 1)]
    assert problems(new) == ()
    with pytest.raises(UnknownReceipt):
        receipts.find(new, id_)
    old.close()
    new.close()


# -- forgetting --------------------------------------------------------------------------------------------------------

NAMES = "abcdef"


@settings(max_examples=60, deadline=None)
@given(
    asked=st.lists(st.sets(st.sampled_from(NAMES), min_size=1), min_size=1, max_size=8),
    forgotten=st.lists(st.sampled_from(NAMES), max_size=8),
    later=st.lists(st.sets(st.sampled_from(NAMES), min_size=1), max_size=3),
)
def test_forgetting_any_documents_leaves_the_chain_unbroken_and_nothing_of_them(
    asked: list[set[str]], forgotten: list[str], later: list[set[str]]
) -> None:
    db = chain()
    for documents in asked:
        put(db, *sorted(documents))
    for name in forgotten:
        touched = sum(name in d and not d & set(forgotten[: forgotten.index(name)]) for d in asked)
        emptied = receipts.forget(db, name)
        assert emptied >= touched if forgotten.count(name) == 1 else True
    for documents in later:
        put(db, *sorted(documents))
    assert problems(db) == ()
    kept = dict(db.execute("SELECT number, content FROM receipt_parts WHERE name = 'said'").fetchall())
    rest = [d for d in asked if not d & set(forgotten)] + later
    assert len(kept) == len(rest)
    gone = set(forgotten) - {name for documents in later for name in documents}
    left = {row[0] for row in db.execute("SELECT document_id FROM receipt_documents")}
    assert not left & gone
    db.close()


def test_forgetting_takes_the_parts_of_that_document_alone(db: sqlite3.Connection) -> None:
    id_ = put(db, "a", "e")
    assert receipts.forget(db, "e") == 1
    entry = receipts.find(db, id_)
    assert set(entry.parts) == {"found.1"}
    assert set(entry.names) == {"said", "found.1"}
    assert receipts.forget(db, "e") == 0
    assert receipts.verify(db).forgettings == 1


def test_what_speaks_of_all_documents_goes_with_any(db: sqlite3.Connection) -> None:
    id_ = receipts.append(db, ANSWER, {}, {"said": Part({"text": "all"}, {ANY: ""})})
    receipts.forget(db, "somebody's")
    assert receipts.find(db, id_).parts == {}
    assert problems(db) == ()


def test_a_receipt_can_be_emptied_by_its_id_and_by_a_text_that_it_has(db: sqlite3.Connection) -> None:
    first = put(db, CANARY)
    second = receipts.append(
        db, ANSWER, {}, {"said": Part({"text": 'a "quoted"\nline'}, {}), "found.1": Part({"hits": []}, {})}
    )
    assert receipts.empty(db, [first, "unknown"]) == 1
    assert receipts.forget_texts(db, ['"quoted"\nli', "nowhere"]) == 1
    assert receipts.find(db, first).parts == {}
    assert set(receipts.find(db, second).parts) == {"found.1"}
    assert problems(db) == ()


def test_a_forgotten_text_put_back_is_named(db: sqlite3.Connection) -> None:
    row = db.execute("SELECT * FROM receipt_parts WHERE number = 2 AND name = 'said'").fetchone()
    receipts.forget(db, "b")
    db.execute("INSERT INTO receipt_parts VALUES (?, ?, ?, ?)", row)
    assert "entry 2: the part 'said' was forgotten and is there again" in problems(db)


def test_two_equal_texts_have_different_commitments() -> None:
    db = chain("a", "a")
    first, second = (row[0] for row in db.execute("SELECT commitments FROM receipts"))
    assert first != second
    db.close()


# -- finding -----------------------------------------------------------------------------------------------------------


def test_receipts_are_found_by_the_beginning_of_their_id(db: sqlite3.Connection) -> None:
    newest = receipts.newest(db, 2, 1)
    assert [entry.number for entry in newest] == [3, 2]
    assert receipts.find(db, newest[0].id[:12].upper()) == newest[0]
    for wrong in ("", newest[0].id[:3], "%%%%", "f" * 64, "x'\0"):
        with pytest.raises(UnknownReceipt):
            receipts.find(db, wrong)
    assert receipts.find(db, "last").number == 4
    receipts.forget(db, "a")
    with pytest.raises(UnknownReceipt):  # an entry of the chain, but no receipt
        receipts.find(db, receipts.verify(db).head)


def test_what_is_no_unicode_is_stored_all_the_same() -> None:
    db = chain()
    id_ = receipts.append(db, ANSWER, {}, {"said": Part({"text": "broken \ud800 \x00 text"}, {"a": "/\udcff"})})
    assert receipts.find(db, id_).parts["said"] == {"text": "broken ? \x00 text"}
    assert problems(db) == ()
    db.close()

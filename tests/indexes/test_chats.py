"""Stored chats."""

from pathlib import Path

import pytest

from citebound.errors import StoreCorrupt, UnknownChat
from citebound.indexes import chats
from citebound.indexes.activity import Activity

PAPER, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def activity(tmp_path: Path) -> Activity:
    return Activity(tmp_path / "activity.db")


def add(activity: Activity, chat: str, typed: str, *documents: str) -> int:
    with activity.write() as db:
        return chats.add(db, chat, {"typed": typed}, documents, generation=3).number


def begin(activity: Activity) -> str:
    with activity.write() as db:
        return chats.create(db)


def test_turns_are_numbered_in_their_chat_and_read_back_in_order(activity: Activity) -> None:
    one, two = begin(activity), begin(activity)
    assert [add(activity, one, "first"), add(activity, two, "other"), add(activity, one, "second")] == [1, 1, 2]
    with activity.read() as db:
        rows = chats.turns(db, one)
        assert [row.content for row in rows] == [{"typed": "first"}, {"typed": "second"}]
        assert {row.generation for row in rows} == {3}
        assert [row.number for row in chats.turns(db, one, 1)] == [2]


def test_a_chat_is_found_by_id_by_its_beginning_and_as_the_last(activity: Activity) -> None:
    one = begin(activity)
    two = begin(activity)
    with activity.read() as db:
        assert chats.find(db, one) == chats.find(db, one[:6].upper()) == one
    add(activity, two, "x")
    with activity.read() as db:
        assert chats.find(db, "last") == two
        for given in ("", one[:3], "nothing", "____", two + "0"):
            with pytest.raises(UnknownChat):
                chats.find(db, given)


@pytest.mark.parametrize("damaged", ["{", "", "5", '["x"]'])
def test_a_damaged_filter_is_named_and_never_dropped(activity: Activity, damaged: str) -> None:
    one = begin(activity)
    with activity.write() as db:
        db.execute("UPDATE chats SET filter = ?", (damaged,))
    with activity.read() as db, pytest.raises(StoreCorrupt, match="filter") as caught:
        chats.about(db, one)
    assert "chats forget" in caught.value.remedy


def test_nobody_asked_is_no_error(activity: Activity) -> None:
    with activity.read() as db:
        assert chats.newest(db, 10) == []
        with pytest.raises(UnknownChat):
            chats.find(db, "last")


def test_forgetting_a_document_empties_its_turns_and_leaves_no_byte(activity: Activity, tmp_path: Path) -> None:
    one = begin(activity)
    add(activity, one, "canarybird " * 2000, PAPER, OTHER)
    add(activity, one, "kept", OTHER)
    with activity.write() as db:
        assert chats.forget(db, PAPER) == 1
        assert chats.forget(db, PAPER) == 0
    activity.scrub()
    assert not [p for p in tmp_path.iterdir() if b"canarybird" in p.read_bytes()]
    with activity.read() as db:
        assert [row.content for row in chats.turns(db, one)] == [None, {"typed": "kept"}]
        assert chats.newest(db, 1)[0].first == ""


def test_a_deleted_chat_leaves_no_byte_and_no_turn(activity: Activity, tmp_path: Path) -> None:
    one = begin(activity)
    add(activity, one, "canarybird " * 2000, PAPER)
    with activity.write() as db:
        assert chats.delete(db, one) == {"turns": 1, "receipts": 0}
    activity.scrub()
    assert not [p for p in tmp_path.iterdir() if b"canarybird" in p.read_bytes()]
    with activity.read() as db:
        assert db.execute("SELECT count(*) FROM chat_documents").fetchone() == (0,)
    with pytest.raises(UnknownChat):
        add(activity, one, "again")

"""The database of what was asked: made by its first writer, one chain for all of them, errors of ours alone."""

import multiprocessing
import resource
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from citebound.errors import CollectionBusy, FormatTooNew, StorageFull, StoreCorrupt
from citebound.indexes import activity as module
from citebound.indexes import receipts
from citebound.indexes.activity import FILE, SCRIPTS, Activity
from citebound.indexes.receipts import ANSWER, Part

CANARY = "canary-7f3a5c"


@pytest.fixture
def activity(tmp_path: Path) -> Iterator[Activity]:
    made = Activity(tmp_path / FILE)
    yield made
    made.close()


def put(activity: Activity, text: str = "text", document: str = "d") -> str:
    with activity.write() as db:
        return receipts.append(db, ANSWER, {"n": 1}, {"said": Part({"text": text}, {document: "/d.txt"})})


def put_many(path: Path, count: int) -> None:
    activity = Activity(path)
    for _ in range(count):
        put(activity)
    activity.close()


def test_it_reads_as_empty_until_somebody_writes(activity: Activity) -> None:
    with activity.read() as db:
        assert receipts.newest(db, 10) == []
        assert receipts.verify(db).problems == ()
    activity.scrub()
    assert activity.check() == []
    assert not activity.exists


def test_only_its_owner_may_read_it_and_it_survives_a_power_cut(activity: Activity) -> None:
    put(activity)
    for path in activity.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    with activity.write() as db:
        asked = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "user_version")
        assert [db.execute(f"PRAGMA {name}").fetchone()[0] for name in asked] == ["wal", 2, 1, 1, len(SCRIPTS)]


def test_a_file_that_was_deleted_under_it_is_made_anew(activity: Activity) -> None:
    put(activity)
    for path in activity.path.parent.iterdir():
        path.unlink()
    with activity.read() as db:
        assert receipts.count(db) == 0
    id_ = put(activity)
    other = Activity(activity.path)
    with other.read() as db:
        assert receipts.newest(db, 5)[0].id == id_
    other.close()


def test_what_a_failed_transaction_did_is_undone(activity: Activity) -> None:
    put(activity)
    with pytest.raises(ZeroDivisionError), activity.write() as db:
        receipts.append(db, ANSWER, {}, {})
        raise ZeroDivisionError
    with activity.read() as db:
        assert receipts.count(db) == 1


def test_processes_that_write_at_the_same_time_make_one_chain(activity: Activity) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=put_many, args=(activity.path, 5)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 4
    with activity.read() as db:
        found = receipts.verify(db)
    assert (found.receipts, found.problems) == (20, ())


def test_an_older_format_is_brought_up_to_date_and_keeps_what_it_has(
    activity: Activity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SCRIPTS", SCRIPTS[:1])
    id_ = put(activity)
    activity.close()
    monkeypatch.setattr(module, "SCRIPTS", SCRIPTS)
    with activity.read() as db:
        assert receipts.find(db, id_).number == 1
        assert db.execute("PRAGMA user_version").fetchone()[0] == len(SCRIPTS)


def test_what_is_not_this_database_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"junk" * 2000)
    _other(tmp_path / "other")
    for path in (tmp_path / "junk", tmp_path / "other"):
        with pytest.raises(StoreCorrupt) as caught, Activity(path).write() as db:
            receipts.append(db, ANSWER, {}, {})
        assert str(path) in str(caught.value)
        assert "move it away" in caught.value.remedy
    _other(tmp_path / "newer", version=99)
    with pytest.raises(FormatTooNew, match="format 99"), Activity(tmp_path / "newer").read():
        pass


def _other(path: Path, version: int = len(SCRIPTS)) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE somebody_elses (x)")
    db.execute(f"PRAGMA user_version = {version}")
    db.commit()
    db.close()


def test_a_disk_that_takes_no_more_is_said(activity: Activity) -> None:
    put(activity)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (activity.path.stat().st_size, before[1]))
    try:
        with pytest.raises(StorageFull, match=FILE):
            put(activity, "x" * 1_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    put(activity)
    with activity.read() as db:
        assert (receipts.count(db), receipts.verify(db).problems) == (2, ())


def test_one_who_writes_for_long_is_not_waited_for_for_ever(
    activity: Activity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    other = Activity(activity.path)
    with other.write() as db, pytest.raises(CollectionBusy):
        receipts.append(db, ANSWER, {}, {})
        put(activity)
    other.close()


def test_no_byte_of_what_was_deleted_stays_in_any_file(activity: Activity) -> None:
    put(activity, CANARY * 500, "canary")
    put(activity, "else", "other")
    assert CANARY.encode() in b"".join(p.read_bytes() for p in activity.path.parent.iterdir())
    with activity.write() as db:
        assert receipts.forget(db, "canary") == 1
    activity.scrub()
    assert CANARY.encode() not in b"".join(p.read_bytes() for p in activity.path.parent.iterdir())


def test_scrubbing_says_so_when_a_reader_holds_the_log(activity: Activity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    put(activity)
    other = Activity(activity.path)
    with other.read() as db:
        assert receipts.count(db) == 1
        put(activity)
        with pytest.raises(CollectionBusy, match="log"):
            activity.scrub()
    other.close()

"""What was asked of a collection: receipts, chats, feedback. One SQLite database beside the store.

Its transactions are short, so that asking never waits for an ingest; it is made by the first write, and a collection
without one reads as one in which nothing was asked yet.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from citebound.errors import CollectionBusy, FormatTooNew, StoreCorrupt
from citebound.indexes.database import connect, database_errors, run_script
from citebound.indexes.durable import storage_errors

FILE = "activity.db"
SCRIPTS: tuple[str, ...] = ("activity.sql", "chats.sql", "feedback.sql")
"""Each brings the database from one format to the next: a new table is a new script at the end, and no script that was
released is ever changed. The format, `PRAGMA user_version`, is how many of them were run."""

PATIENCE = 5.0
"""Seconds to wait for other writers: their transactions take milliseconds."""

MEND = "Restore it from a backup, or move it away: a new one is made, without the receipts and chats of this one."


class Activity:
    """The database at `path`. One connection per thread; close() closes them all.

    Every use may raise StorageFull, CollectionBusy, StoreCorrupt, and FormatTooNew for a file of a later version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    @property
    def exists(self) -> bool:
        return self.path.exists()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One consistent view for several queries."""
        if not self.exists:
            with _empty() as db:
                yield db
            return
        with self._errors():
            db = self._connected()
            if db.in_transaction:
                yield db
                return
            db.execute("BEGIN")
            try:
                yield db
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is committed, or nothing. Only one writer at a time is inside."""
        with storage_errors(self.path):
            self.path.touch(mode=0o600)
        with self._errors():
            db = self._connected()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def scrub(self) -> None:
        """Let what was deleted leave the write-ahead log too. Raises CollectionBusy while another one reads."""
        if self.exists:
            with self._errors():
                busy = self._connected().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            if busy:
                raise CollectionBusy(
                    f"{self.path} is read by another process: its log still holds what was deleted",
                    remedy="Run `citebound index compact` in a moment.",
                )

    def check(self) -> list[str]:
        """What is wrong with the database as such; empty when all is well."""
        with self.read() as db:
            problems = [str(row[0]) for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
            problems += [f"foreign key: {tuple(row)}" for row in db.execute("PRAGMA foreign_key_check")]
        return [f"{FILE}: {problem}" for problem in problems]

    def close(self) -> None:
        with self._lock:
            for db in self._connections:
                db.close()
            self._connections.clear()
        self._local = threading.local()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Whatever SQLite says becomes an error of ours: an answer must not be lost for its receipt."""
        try:
            with database_errors(self.path, MEND):
                yield
        except sqlite3.Error as error:
            raise StoreCorrupt(f"{self.path}: {error}", remedy=MEND) from error

    def _connected(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        with storage_errors(self.path):
            found = self.path.stat()
        file = (found.st_dev, found.st_ino)
        if db is None or self._local.file != file:  # somebody put another file in its place
            db = connect(self.path, "rw", PATIENCE)
            db.text_factory = _text
            try:
                self._bring_up_to_date(db)
            except BaseException:
                db.close()
                raise
            with self._lock:
                self._connections.append(db)
            self._local.db, self._local.file = db, file
        return db

    def _bring_up_to_date(self, db: sqlite3.Connection) -> None:
        found = _format(db)
        if found > len(SCRIPTS):
            raise FormatTooNew(
                f"{self.path} has format {found}; this version reads {len(SCRIPTS)}", remedy="Upgrade Citebound."
            )
        if found < len(SCRIPTS):
            _use_log(db)
            db.execute("BEGIN IMMEDIATE")
            try:
                _upgrade(db, SCRIPTS[_format(db) :])
                db.execute("COMMIT")
            except BaseException:
                db.execute("ROLLBACK")
                raise


@contextmanager
def _empty() -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _upgrade(db, SCRIPTS)
        yield db
    finally:
        db.close()


def _text(stored: bytes) -> str:
    """What somebody damaged still reads, so that it can be named."""
    return stored.decode("utf-8", "replace")


def _use_log(db: sqlite3.Connection) -> None:
    """Write ahead, from now on and for all connections. SQLite does not wait here for another that does the same."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _format(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _upgrade(db: sqlite3.Connection, scripts: Sequence[str]) -> None:
    for name in scripts:
        run_script(db, name)
    db.execute(f"PRAGMA user_version = {len(SCRIPTS)}")

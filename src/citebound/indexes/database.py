"""What every SQLite file here has in common: how it is opened, its scripts, and its errors as ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from citebound.errors import CollectionBusy, StorageFull, StoreCorrupt

PRAGMAS = ("foreign_keys = ON", "secure_delete = ON", "synchronous = FULL")


def connect(path: Path, mode: str, timeout: float) -> sqlite3.Connection:
    """A connection that waits `timeout` seconds for others; `mode` is "rw" or "rwc". Transactions are begun by hand."""
    address = f"{path.absolute().as_uri()}?mode={mode}"
    db = sqlite3.connect(address, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        for pragma in PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
    except BaseException:
        db.close()
        raise
    return db


def run_script(db: sqlite3.Connection, name: str) -> None:
    """Run a script of this folder statement by statement, inside the transaction that is open."""
    gathered = ""
    for line in resources.files("citebound.indexes").joinpath(name).read_text("utf-8").splitlines(keepends=True):
        gathered += line
        if sqlite3.complete_statement(gathered):
            db.execute(gathered)
            gathered = ""


@contextmanager
def database_errors(path: Path, mend: str) -> Iterator[None]:
    """What SQLite says about `path` becomes StorageFull, CollectionBusy or StoreCorrupt; `mend` is what to do about a
    file that does not read."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise StorageFull(
                f"{path} could not be read or written: {error}",
                remedy="Check that disk, its free space and the rights, and run the command again; what was committed "
                "is kept.",
            ) from error
        if code == sqlite3.SQLITE_BUSY:
            raise CollectionBusy(f"{path} is locked by another process", remedy="Try again in a moment.") from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise StoreCorrupt(f"{path}: {error}", remedy=mend) from error
        raise

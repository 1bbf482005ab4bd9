"""One writer per collection: a lock that dies with its holder, however it dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from citebound.errors import CollectionBusy
from citebound.indexes.durable import storage_errors


@contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold the collection in `folder` for writing.

    Raises CollectionBusy at once if another process does, StorageFull if its disk does not take even that.
    """
    path = folder / "writer.lock"
    with storage_errors(path):
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
            raise CollectionBusy(
                f"collection {folder.name!r} is being written by process {holder or '?'}",
                remedy="Wait until it has finished; searching and asking go on meanwhile.",
            ) from error
        with storage_errors(path):
            os.truncate(fd, 0)
            os.pwrite(fd, str(os.getpid()).encode("ascii"), 0)
        yield
    finally:
        os.close(fd)

"""Files that are either whole and on the disk, or not there: the only place that writes index files.

`faiss.write_index(path)` returns normally with a truncated file on a full disk, and a rename without fsync loses
the file in a power cut. So bytes go through our own descriptor, are counted, hashed and synced,
and a folder is published by one rename. All calls of the operating system go through `SYSTEM`, so that tests can make
the n-th of them fail.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from citebound.errors import StorageFull


class System:
    """The calls that can fail. Each raises as its namesake in `os`."""

    def mkdir(self, path: Path) -> None:
        path.mkdir(mode=0o700)

    def open(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def open_folder(self, path: Path) -> int:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    def write(self, fd: int, data: memoryview) -> int:
        return os.write(fd, data)

    def fsync(self, fd: int) -> None:
        os.fsync(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def rename(self, source: Path, target: Path) -> None:
        source.rename(target)

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def remove(self, folder: Path) -> None:
        if folder.exists():
            shutil.rmtree(folder)


SYSTEM = System()


@dataclass(frozen=True, slots=True)
class Written:
    """What a file must be from now on."""

    size: int
    sha256: str


class Writer:
    """Counts and hashes what goes through it into one descriptor; short writes are continued, errors raised."""

    def __init__(self, fd: int, system: System) -> None:
        self._fd = fd
        self._system = system
        self._hash = hashlib.sha256()
        self.size = 0

    def __call__(self, data: bytes) -> int:
        view = memoryview(data)
        while view:
            count = self._system.write(self._fd, view)
            if count <= 0:
                raise OSError(errno.ENOSPC, "the disk took no more bytes")
            view = view[count:]
        self._hash.update(data)
        self.size += len(data)
        return len(data)

    def written(self) -> Written:
        return Written(self.size, self._hash.hexdigest())


def write_file(path: Path, fill: Callable[[Writer], object], system: System | None = None) -> Written:
    """Make `path` (which must not exist) from what `fill` writes, synced. Raises StorageFull; leaves nothing then."""
    system = system or SYSTEM
    with storage_errors(path):
        fd = system.open(path)
        try:
            try:
                writer = Writer(fd, system)
                fill(writer)
                system.fsync(fd)
            finally:
                system.close(fd)
            if path.stat().st_size != writer.size:
                raise OSError(errno.EIO, "the file is shorter than what was written")
        except BaseException:
            system.unlink(path)
            raise
        return writer.written()


def make_folder(path: Path, system: System | None = None) -> None:
    """Make a folder that only its owner may enter. Raises StorageFull."""
    with storage_errors(path):
        (system or SYSTEM).mkdir(path)


def publish_folder(temporary: Path, final: Path, system: System | None = None) -> None:
    """Sync a folder, give it its final name, sync its parent. Afterwards a power cut cannot lose it."""
    system = system or SYSTEM
    with storage_errors(final):
        sync_folder(temporary, system)
        system.rename(temporary, final)
        sync_folder(final.parent, system)


def sync_folder(path: Path, system: System | None = None) -> None:
    system = system or SYSTEM
    fd = system.open_folder(path)
    try:
        system.fsync(fd)
    finally:
        system.close(fd)


def remove_folder(path: Path, system: System | None = None) -> None:
    """Take a folder away so that a crash in the middle leaves only a name ending in `.deleted`. Raises StorageFull."""
    system = system or SYSTEM
    with storage_errors(path, "removed"):
        if path.name.endswith(".deleted"):
            system.remove(path)
            return
        marked = path.with_name(path.name + ".deleted")
        system.remove(marked)
        if path.exists():
            system.rename(path, marked)
            sync_folder(path.parent, system)
            system.remove(marked)


@contextmanager
def storage_errors(path: Path, what: str = "written") -> Iterator[None]:
    """What the operating system says about `path` becomes StorageFull, with a remedy for its kind."""
    try:
        yield
    except OSError as error:
        raise StorageFull(
            f"{path} could not be {what}: {error.strerror or error}", remedy=_remedy(error.errno)
        ) from error


def _remedy(number: int | None) -> str:
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        todo = "Check who may write there"
    elif number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        todo = "Free space on that disk"
    else:
        todo = "Check that path and its disk"
    return f"{todo} and run the command again; what was committed before is kept."

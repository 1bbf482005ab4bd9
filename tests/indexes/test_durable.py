"""Every call of the operating system that fails, and what is there afterwards."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from citebound.errors import StorageFull
from citebound.indexes.durable import System, make_folder, publish_folder, remove_folder, write_file

DATA = bytes(range(256)) * 40


class FailsAt(System):
    """The n-th call fails; with `dead`, every later one too. `calls` counts them. The disk is not waited for."""

    def __init__(self, number: int, *, dead: bool = False, code: int = errno.EIO) -> None:
        self.number = number
        self.dead = dead
        self.code = code
        self.calls = 0

    @property
    def failed(self) -> bool:
        return self.calls >= self.number

    def _count(self) -> None:
        self.calls += 1
        if self.calls == self.number or (self.dead and self.failed):
            raise OSError(self.code, os.strerror(self.code))

    def mkdir(self, path: Path) -> None:
        self._count()
        super().mkdir(path)

    def open(self, path: Path) -> int:
        self._count()
        return super().open(path)

    def open_folder(self, path: Path) -> int:
        self._count()
        return super().open_folder(path)

    def write(self, fd: int, data: memoryview) -> int:
        self._count()
        return super().write(fd, data)

    def fsync(self, fd: int) -> None:
        self._count()

    def close(self, fd: int) -> None:
        super().close(fd)
        self._count()

    def rename(self, source: Path, target: Path) -> None:
        self._count()
        super().rename(source, target)

    def unlink(self, path: Path) -> None:
        self._count()
        super().unlink(path)

    def remove(self, folder: Path) -> None:
        self._count()
        super().remove(folder)


class Sips(System):
    """Takes few bytes at a time."""

    def __init__(self, most: int) -> None:
        self.most = most

    def write(self, fd: int, data: memoryview) -> int:
        return super().write(fd, data[: self.most])


def test_every_call_is_injected() -> None:
    public = {name for name in vars(System) if not name.startswith("_")}
    assert public <= vars(FailsAt).keys()


def test_a_file_is_written_counted_hashed_and_private(tmp_path: Path) -> None:
    written = write_file(tmp_path / "x", lambda write: write(DATA))
    assert (tmp_path / "x").read_bytes() == DATA
    assert written.size == len(DATA)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("most", [1, 7, 4096])
def test_short_writes_are_continued(tmp_path: Path, most: int) -> None:
    written = write_file(tmp_path / "x", lambda write: write(DATA), Sips(most))
    assert (tmp_path / "x").read_bytes() == DATA
    assert written == write_file(tmp_path / "y", lambda write: write(DATA))


def test_a_disk_that_takes_nothing_is_full(tmp_path: Path) -> None:
    with pytest.raises(StorageFull, match="no more bytes"):
        write_file(tmp_path / "x", lambda write: write(DATA), Sips(0))
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_file_whose_write_fails_at_any_call_is_not_there(tmp_path: Path, number: int) -> None:
    with pytest.raises(StorageFull, match=str(tmp_path / "x")):
        write_file(tmp_path / "x", lambda write: write(DATA), FailsAt(number))
    assert not (tmp_path / "x").exists()
    assert write_file(tmp_path / "x", lambda write: write(DATA)).size == len(DATA)


def test_an_error_of_the_one_who_fills_comes_out_as_it_is(tmp_path: Path) -> None:
    def fill(write: Callable[[bytes], int]) -> None:
        write(DATA)
        raise KeyError("mine")

    with pytest.raises(KeyError):
        write_file(tmp_path / "x", fill)
    assert not (tmp_path / "x").exists()


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    with pytest.raises(StorageFull):
        write_file(tmp_path / "x", lambda write: write(DATA))
    assert (tmp_path / "x").read_text() == "mine"


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "Free space"),
        (errno.EFBIG, "Free space"),
        (errno.EROFS, "who may write"),
        (errno.EIO, "its disk"),
    ],
)
def test_the_remedy_fits_the_error(tmp_path: Path, code: int, remedy: str) -> None:
    with pytest.raises(StorageFull) as caught:
        make_folder(tmp_path / "x", FailsAt(1, code=code))
    assert remedy in caught.value.remedy
    assert os.strerror(code) in str(caught.value)


@pytest.mark.parametrize("number", range(1, 8))
def test_a_folder_is_published_whole_or_not_at_all(tmp_path: Path, number: int) -> None:
    (tmp_path / "x.tmp").mkdir()
    (tmp_path / "x.tmp" / "file").write_bytes(DATA)
    system = FailsAt(number)
    try:
        publish_folder(tmp_path / "x.tmp", tmp_path / "x", system)
    except StorageFull:
        assert system.failed
    else:
        assert not system.failed
    assert [p.name for p in tmp_path.iterdir()] in (["x"], ["x.tmp"])


@pytest.mark.parametrize("number", range(1, 9))
def test_a_removal_that_fails_leaves_a_marked_folder_that_the_next_removes(tmp_path: Path, number: int) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "file").write_bytes(DATA)
    try:
        remove_folder(folder, FailsAt(number))
    except StorageFull as error:
        assert "could not be removed" in str(error)
    assert [p.name for p in tmp_path.iterdir()] in ([], ["x"], ["x.deleted"])
    for entry in list(tmp_path.iterdir()):
        remove_folder(entry)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_removed_though_an_earlier_removal_was_cut_short(tmp_path: Path) -> None:
    for name in ("x", "x.deleted"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(DATA)
    remove_folder(tmp_path / "x")
    assert list(tmp_path.iterdir()) == []

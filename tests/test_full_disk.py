"""A full disk: files that may not grow, and a file system that is too small."""

import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from citebound import Collection, Config, cli, cli_models
from citebound import collection as collection_module
from citebound.errors import StorageFull
from tests.fakes import WordHashEmbedder

OLD = "The Customer shall pay each invoice within thirty (30) days after receipt.\n"
QUESTION = "Within how many days shall the Customer pay each invoice?"
MIB = 1 << 20


def write_new_files(folder: Path) -> Path:
    folder.mkdir()
    for number in range(8):
        clauses = [f"{n}. Party {number} shall deliver item {number * 1000 + n} on day {n}.\n\n" for n in range(150)]
        (folder / f"new-{number}.txt").write_text("".join(clauses))
    return folder


def opened(root: Path) -> Collection:
    return Collection.open(root, create=True, config=Config(home=root.parent), embedder=WordHashEmbedder())


def old_answer(root: Path) -> str:
    with opened(root) as collection:
        return collection.ask(QUESTION, llm=False).citations[0].quote


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Files of this process cannot grow over `size` bytes; Python ignores the signal, so that writes fail."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection with one document."""
    folder = tmp_path_factory.mktemp("old")
    (folder / "old.txt").write_text(OLD)
    with opened(folder / "c") as collection:
        collection.ingest([folder / "old.txt"])
    return folder / "c"


def completes(root: Path, new: Path) -> None:
    with opened(root) as collection:
        report = collection.ingest([new])
        assert not report.failures
        assert collection.check()["problems"] == []
        assert len(collection.documents()) == 9
        assert collection.search("Party 5 item 5007", k=1)[0].source.name == "new-5.txt"
        assert not list(root.glob("*.tmp")) + list(root.glob("*.deleted"))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6, 0.9])
def test_files_that_cannot_grow_end_the_ingest_and_lose_nothing(tmp_path: Path, old: Path, share: float) -> None:
    """`share` of the largest file that the whole ingest makes."""
    new = write_new_files(tmp_path / "new")
    root = tmp_path / "c"
    shutil.copytree(old, root)
    limit = int(share * 1.2 * MIB)
    with pytest.raises(StorageFull) as caught, no_file_beyond(limit), opened(root) as collection:
        collection.ingest([new])
    assert str(root) in str(caught.value)
    assert "committed" in caught.value.remedy
    assert old_answer(root) == OLD.strip()
    completes(root, new)


def test_the_command_line_says_which_path_is_full_and_what_to_do(
    tmp_path: Path, old: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new = write_new_files(tmp_path / "new")
    root = tmp_path / "c"
    shutil.copytree(old, root)
    monkeypatch.setattr(collection_module, "open_encoder", lambda config: WordHashEmbedder())
    monkeypatch.setattr(cli_models, "ensure", lambda *_, **__: None)
    monkeypatch.setattr(sys, "argv", ["citebound", "ingest", str(new), "-c", str(root)])
    with no_file_beyond(MIB // 4), pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code == 4
    assert f"{root}/" in said
    assert "what to do:" in said
    assert "Traceback" not in said
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    completes(root, new)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    point = tmp_path / "disk"
    point.mkdir()
    command = [str(mount), "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(point)]
    if not (mount and umount) or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here: that takes root")
    yield point
    subprocess.run([str(umount), "--lazy", str(point)], check=True)


def fill(disk: Path, free: int) -> Path:
    """A file that leaves `free` bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        file.write(bytes(max(0, shutil.disk_usage(disk).free - free)))
    return ballast


def test_a_full_file_system_ends_the_ingest_and_it_completes_when_there_is_space(
    tmp_path: Path, old: Path, small_disk: Path
) -> None:
    new = write_new_files(tmp_path / "new")
    root = small_disk / "c"
    refused = 0
    for pages in (0, 1, 10, 30, 100, 200, 300):
        shutil.copytree(old, root)
        with opened(root) as reader:
            assert reader.search("invoice")
            ballast = fill(small_disk, pages * 4096)
            try:
                with opened(root) as collection:
                    assert not collection.ingest([new]).failures
            except StorageFull as error:
                refused += 1
                assert str(root) in str(error)
                assert error.remedy
                assert "old.txt" in {hit.source.name for hit in reader.search("invoice")}
            ballast.unlink()
        assert old_answer(root) == OLD.strip()
        completes(root, new)
        shutil.rmtree(root)
    assert refused >= 4

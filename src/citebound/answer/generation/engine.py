"""The embedded generator: llama.cpp's server, one process per data root, model and size of the context, shared by all
who need it.

    <root>/.engine/<model>-<sha256>-<context>/    0700
        start.lock     held by the one who looks for the server or starts it
        users.lock     shared by every user for its lifetime; the server ends when it gets it for itself
        server.lock    held by the server for its lifetime: a stale engine.json is known by this lock, not by the pid
        engine.json    0600: pid, port, key; published when the server answers
        server.log     what llama.cpp complained about, bounded

The locks are the kernel's: they are released however a process ends.

``python -m citebound.answer.generation.engine`` is the server process; its orders, the key among them, come on standard
input.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import urlsplit

import httpx

from citebound import models
from citebound.config import Config
from citebound.errors import GeneratorUnavailable, StorageFull

START_SECONDS = 90.0
POLL_SECONDS = 0.1
CONTEXT = 4096
"""Tokens that a server keeps at least; with larger settings twice or four times as many: those that are alike share."""
PROMPT_OVERHEAD = 1536
CACHE_MIB = 256
LOG_LIMIT = 1_000_000
PASSIVE = {"OMP_WAIT_POLICY": "passive"}
"""llama.cpp's threads spin at every barrier; beside other busy processes that made 2 cores write 1-5 instead of 12-27
tokens/s (measured)."""
PARALLEL = 1
"""Requests answered at a time. On CPUs two at once take as long as two in turn (measured: 9.7 s for both, against 4.9 s
and 9.0 s), and one slot keeps the fixed part of the prompt cached for everyone."""


class Engine:
    """One user's hold on the server. While it is open the server lives; `close` may be called more than once."""

    def __init__(self, config: Config, root: Path) -> None:
        self.model = config.generator
        self._config = config
        self._weights = models.locate(self.model, config) / models.find(self.model).weights.path
        self._context = _context(config)
        key = f"{self.model}-{models.weights_sha256(self.model)[:12]}-{self._context}"
        self._folder = root.absolute() / ".engine" / key
        self.base_url = ""
        self.api_key = ""
        self.pid = 0
        self._users: IO[bytes] | None = None

    @classmethod
    def attach(cls, config: Config, root: Path | None = None) -> Self:
        """Finds the server of the data root for `config.generator`, or starts it, and waits until it answers.

        `root` is `config.home` unless given.

        Raises GeneratorUnavailable with the end of the server's log; UnknownModel, ModelUnavailable or HashMismatch if
        the model was not pulled; StorageFull if the data root cannot be written.
        """
        engine = cls(config, root or config.home)
        try:
            engine.ensure()
        except BaseException:
            engine.close()
            raise
        return engine

    def ensure(self) -> None:
        """Starts the server anew if it died. Raises as `attach` does. Threads may call it at the same time."""
        deadline = time.monotonic() + START_SECONDS
        with _writing(self._folder):
            if self._users and self.alive:
                return
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _open(self._folder / "start.lock") as start:
                self._wait_for(start, fcntl.LOCK_EX, deadline, "start.lock", "is starting the embedded generator")
                if self._users is None:
                    self._users = _open(self._folder / "users.lock")
                    self._wait_for(self._users, fcntl.LOCK_SH, deadline, "users.lock", "is its server, and is ending")
                if not (self.alive and self._connect()):
                    self._start(deadline)

    @property
    def alive(self) -> bool:
        """Whether a server process holds its lock."""
        with _open(self._folder / "server.lock") as lock:
            return not _try(lock, fcntl.LOCK_SH)

    def close(self) -> None:
        """Lets go of the server; the last user's close ends it within a second."""
        if self._users:
            self._users.close()
            self._users = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait_for(self, lock: IO[bytes], kind: int, deadline: float, name: str, holder: str) -> None:
        while not _try(lock, kind):
            if time.monotonic() > deadline:
                raise GeneratorUnavailable(
                    f"{self._folder / name} was held for {START_SECONDS:.0f} s: another process {holder}",
                    remedy="Try again, or end that process.",
                )
            time.sleep(POLL_SECONDS)

    def _start(self, deadline: float) -> None:
        """A server that another starter left loading is waited for like one's own."""
        process = None
        while not self._connect():
            alive = self.alive
            if process and process.poll() is not None and not alive:
                raise self._failure("ended while it started")
            if time.monotonic() > deadline:
                if process:
                    process.kill()
                raise self._failure(f"did not answer within {START_SECONDS:.0f} s")
            if not process and not alive:
                (self._folder / "engine.json").unlink(missing_ok=True)
                process = _spawn(self._folder, self._orders())
            time.sleep(POLL_SECONDS)

    def _orders(self) -> dict[str, object]:
        return {
            "folder": str(self._folder),
            "weights": str(self._weights.absolute()),
            "model": self.model,
            "key": secrets.token_urlsafe(32),
            "context": self._context,
            "threads": self._config.threads or os.cpu_count() or 1,
        }

    def _connect(self) -> bool:
        """Reads engine.json and asks the server for its models, which only the right key may see."""
        try:
            found = json.loads((self._folder / "engine.json").read_text("utf-8"))
            base_url, key, pid = f"http://127.0.0.1:{int(found['port'])}/v1", str(found["key"]), int(found["pid"])
            with httpx.Client(trust_env=False, timeout=5.0) as client:
                reply = client.get(f"{base_url}/models", headers={"Authorization": f"Bearer {key}"})
        except (FileNotFoundError, ValueError, KeyError, TypeError, httpx.HTTPError):
            return False
        if reply.status_code != httpx.codes.OK:
            return False
        self.base_url, self.api_key, self.pid = base_url, key, pid
        return True

    def _failure(self, what: str) -> GeneratorUnavailable:
        log = self._folder / "server.log"
        said = log.read_text("utf-8", "replace").strip().splitlines()[-8:] if log.exists() else []
        return GeneratorUnavailable(
            "\n".join([f"the embedded generator ({self.model}) {what}", *said]),
            remedy=f"See {log}; `citebound models verify {self.model}` checks the weights, "
            "CITEBOUND_BASE_URL names another server, --no-llm answers with quotes alone.",
        )


def _context(config: Config) -> int:
    """The tokens that a question of these settings may need: CONTEXT, or twice, four times, ... as many."""
    room = config.evidence_tokens + config.answer_tokens + PROMPT_OVERHEAD
    context = CONTEXT
    while context < room:
        context *= 2
    return context


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFull(
            f"cannot use {folder}: {error.strerror or error}", remedy="Free space there, or set CITEBOUND_HOME."
        ) from error


def _open(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb+")


def _try(lock: IO[bytes], kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _spawn(folder: Path, orders: dict[str, object]) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C in the terminal of one user must not end the others' server."""
    log = os.open(folder / "server.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "citebound.answer.generation.engine"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=PASSIVE | os.environ,
        )
    finally:
        os.close(log)
    assert process.stdin
    with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
        stdin.write(json.dumps(orders).encode())
    threading.Thread(target=process.wait, daemon=True).start()  # reaps it whenever it ends
    return process


# The server process


def serve(orders: dict[str, object]) -> None:
    """Loads the model, publishes engine.json and stays until nobody holds users.lock."""
    folder = Path(str(orders["folder"]))
    with _open(folder / "server.lock") as lock, _open(folder / "users.lock") as users:
        if not _patiently(lambda: _try(lock, fcntl.LOCK_EX)):
            raise SystemExit("another server holds the lock")
        server = _load(orders)
        _publish(folder, {"pid": os.getpid(), "port": urlsplit(server.listening_address).port, "key": orders["key"]})
        while not _try(users, fcntl.LOCK_EX):
            if os.fstat(sys.stderr.fileno()).st_size > LOG_LIMIT:
                os.ftruncate(sys.stderr.fileno(), 0)
            time.sleep(POLL_SECONDS)
        (folder / "engine.json").unlink(missing_ok=True)
        os._exit(0)  # at once: a user who waits for the lock starts the next server


def _patiently(attempt: Callable[[], bool]) -> bool:
    """Others hold the server's lock for an instant to see whether it is taken."""
    for _ in range(20):
        if attempt():
            return True
        time.sleep(POLL_SECONDS / 2)
    return False


def _load(orders: dict[str, object]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = orders["weights"]
    params.model_alias = {orders["model"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [orders["key"]]
    params.n_ctx = orders["context"]
    params.n_parallel = PARALLEL
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = orders["threads"]
    params.cache_ram_mib = CACHE_MIB
    params.fit_params = False
    params.offline = True
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 1
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:  # llama.cpp has said why, in the log
        raise SystemExit(str(error)) from None


def _publish(folder: Path, found: dict[str, object]) -> None:
    draft = folder / "engine.json.new"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(found, file)
    draft.replace(folder / "engine.json")


if __name__ == "__main__":
    serve(json.loads(sys.stdin.buffer.read()))

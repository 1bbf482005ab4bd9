"""The pool that parses untrusted files: a warm fork server in its own process, as cut off as the system allows."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import select
import shutil
import signal
import site
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from citebound.errors import ConfigError, ParseFailure
from citebound.ingest import wire
from citebound.ingest.limits import Limits
from citebound.ingest.parse import SPLIT, Parsed
from citebound.ingest.profile import Profile
from citebound.ingest.wire import LENGTH, RLIMITS_ONLY
from citebound.types import Status

BUBBLEWRAP = "bubblewrap"
PLAIN = [sys.executable, "-m", "citebound.ingest.forkserver"]
START_SECONDS = 60.0
WARM_SECONDS = 120.0
"""Time for the first import of the office readers, on top of what a file may take."""

AGAIN = frozenset({Status.PARSE_ERROR, Status.CRASHED})
QUIET = {
    "DO_NOT_TRACK": "1",
    "SCARF_NO_ANALYTICS": "true",
    "UNSTRUCTURED_DISABLE_NOTICE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
PASSED_ON = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "PYTHONPATH",
    "PYTHONHOME",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
)


class ParserPool:
    """Parses one file at a time; a context manager, safe to use from several threads.

    The server is started by the first file that needs it, so that an ingest of unchanged files costs none.
    `sandbox` says how far parsers are cut off: "bubblewrap", "network namespace + rlimits" or "rlimits"; "" before.
    `profiles` are the kinds of documents that are known (none: the shipped ones).
    With `require_sandbox`, entering raises ConfigError where only "rlimits" can be had.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        require_sandbox: bool = False,
        profiles: Sequence[Profile] = (),
    ) -> None:
        self.limits = limits or Limits()
        self._profiles = [p.as_json() for p in profiles]
        self.require_sandbox = require_sandbox
        self.sandbox = ""
        self._server: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> ParserPool:
        if self.require_sandbox:
            with self._lock:
                self._start()
            if self.sandbox == RLIMITS_ONLY:
                self.close()
                raise ConfigError(
                    "parsers cannot be cut off from the network on this system",
                    remedy="Install bubblewrap or allow user namespaces, or set CITEBOUND_REQUIRE_SANDBOX=false.",
                )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the server at once, a parse that is under way with it; harmless when it has ended already."""
        server = self._server
        if server and server.poll() is None and self._lock.locked():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
        with self._lock:
            self._stop()

    def parse(self, path: Path, forced: str = "") -> Parsed:
        """Reads and parses one file, as of the kind `forced` if that is named. Raises ParseFailure; the pool can be
        used after it."""
        return self.parse_bytes(path.name, read(path, self.limits), forced)

    def parse_bytes(self, name: str, data: bytes, forced: str = "") -> Parsed:
        """The same for bytes that came another way. A PDF that fails is given once to the other PDF parser."""
        name = name.encode("utf-8", "replace").decode("utf-8")
        if len(data) > self.limits.bytes:
            raise too_large(name, len(data), self.limits)
        try:
            return self._ask(name, data, forced, second=False)
        except ParseFailure as failure:
            if failure.status not in AGAIN or b"%PDF-" not in data[:1024]:
                raise
            with contextlib.suppress(ParseFailure):
                return self._ask(name, data, forced, second=True)
            raise

    def _ask(self, name: str, data: bytes, forced: str, second: bool) -> Parsed:
        structure = {"profiles": self._profiles, "forced": forced}
        request = {"name": name, "second": second, "limits": dataclasses.asdict(self.limits), **structure}
        with self._lock:
            server = self._server if self._server and self._server.poll() is None else self._start()
            try:
                reply = _exchange(server, json.dumps(request).encode("ascii"), data, self.limits)
            except (OSError, EOFError, TimeoutError) as error:
                self._stop()
                raise ParseFailure(
                    Status.TIMEOUT if isinstance(error, TimeoutError) else Status.CRASHED,
                    f"the parsing process ended while it read {name}",
                    remedy="Ingest the file again; if it happens again, save it anew or split it.",
                ) from error
        return wire.decode(reply)

    def _start(self) -> subprocess.Popen[bytes]:
        self._stop()
        for command in _commands():
            self._log = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the server)
            server = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env={key: os.environ[key] for key in PASSED_ON if key in os.environ} | QUIET,
                start_new_session=True,
            )
            self._server = server
            try:
                self.sandbox = str(json.loads(_receive(server, START_SECONDS, self.limits.output))["sandbox"])
            except (OSError, EOFError, TimeoutError, ValueError, KeyError):
                said = self._said()
                self._stop()
            else:
                return server
        raise ConfigError(f"the parsing process does not start: {said}", remedy="Reinstall citebound.")

    def _said(self) -> str:
        if self._log is None:
            return ""
        self._log.seek(0)
        return self._log.read()[-400:].decode("utf-8", "replace").strip()

    def _stop(self) -> None:
        server, self._server = self._server, None
        if server:
            for pipe in (server.stdin, server.stdout):
                with contextlib.suppress(OSError):
                    if pipe:
                        pipe.close()
            try:
                server.wait(0.5)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(server.pid, signal.SIGKILL)
                server.wait()
        if self._log:
            self._log.close()
            self._log = None


def read(path: Path, limits: Limits) -> bytes:
    """The bytes of a regular file. Raises ParseFailure UNREADABLE, EMPTY or TOO_LARGE, before reading where it can."""
    try:
        if path.is_dir() or (path.exists() and not path.is_file()):
            raise ParseFailure(Status.UNREADABLE, f"{path.name} is no file", remedy="Name a file or a readable folder.")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(limits.bytes + 1) if size <= limits.bytes else b""
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ParseFailure(
            Status.UNREADABLE, f"{path.name} cannot be read: {why}", remedy="Check the path and the permissions."
        ) from error
    if max(size, len(data)) > limits.bytes:
        raise too_large(path.name, max(size, len(data)), limits)
    if not data:
        raise ParseFailure(Status.EMPTY, f"{path.name} is empty", remedy="Check that the file was copied completely.")
    return data


def too_large(name: str, size: int, limits: Limits) -> ParseFailure:
    """The failure of a file of `size` bytes."""
    return ParseFailure(Status.TOO_LARGE, f"{name} has {size:,} bytes, more than {limits.bytes:,}", remedy=SPLIT)


def _commands() -> list[list[str]]:
    """How the server may be started, safest first."""
    bwrap = shutil.which("bwrap")
    return [[bwrap, *_walls(), *PLAIN, BUBBLEWRAP], PLAIN] if bwrap else [PLAIN]


def _walls() -> Sequence[str]:
    """What a parser under bubblewrap sees: the system's libraries and this Python, read-only, and an empty /tmp."""
    paths = {"/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/mime.types", sys.prefix, sys.base_prefix}
    paths |= {*site.getsitepackages(), site.getusersitepackages(), *sysconfig.get_paths().values()}
    paths |= {str(Path(__file__).parents[2]), str(Path(sys.executable).resolve().parents[1])}
    kept = sorted(path for path in paths if Path(path).exists() and path not in ("/", str(Path.home())))
    binds = [word for path in kept for word in ("--ro-bind", path, path)]
    empty = ["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    return ["--unshare-all", *empty, *binds]


def _exchange(server: subprocess.Popen[bytes], request: bytes, data: bytes, limits: Limits) -> bytes:
    assert server.stdin
    for payload in (request, data):
        server.stdin.write(LENGTH.pack(len(payload)))
        server.stdin.write(payload)
    server.stdin.flush()
    return _receive(server, limits.seconds + WARM_SECONDS, limits.output)


def _receive(server: subprocess.Popen[bytes], seconds: float, most: int) -> bytes:
    """One frame from the server; EOFError if it ends first, TimeoutError if it takes longer, ValueError if too long."""
    assert server.stdout
    deadline = time.monotonic() + seconds
    held = bytearray()
    fd = server.stdout.fileno()
    watched = select.poll()
    watched.register(fd, select.POLLIN)
    need = LENGTH.size
    while len(held) < need:
        left = deadline - time.monotonic()
        if left <= 0 or not watched.poll(left * 1000):
            raise TimeoutError
        part = os.read(fd, 1 << 20)
        if not part:
            raise EOFError
        held += part
        if len(held) >= LENGTH.size and need == LENGTH.size:
            need += LENGTH.unpack(held[: LENGTH.size])[0]
            if need > most + LENGTH.size:
                raise EOFError
    return bytes(held[LENGTH.size :])

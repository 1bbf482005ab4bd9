"""The warm process that parsers are forked from: ``python -m citebound.ingest.forkserver``.

It holds no secrets and, where the system allows, no network. On stdin it reads a frame of JSON (name, limits, which
PDF parser) and a frame with the bytes of the file; on stdout it answers one frame of JSON. Each file is parsed in a
child of its own, with limits on memory, CPU time, file size and wall time.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import resource
import select
import signal
import sys
import time
from functools import cache
from pathlib import PurePath
from typing import BinaryIO

from citebound.errors import ParseFailure
from citebound.ingest import wire
from citebound.ingest.gate import EXTENSIONS, Kind
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.ingest.profile import Profile, shipped
from citebound.ingest.wire import LENGTH, NETWORK_NAMESPACE, RLIMITS_ONLY, receive, send
from citebound.types import Status

OFFICE = frozenset({Kind.HTML, Kind.XML, Kind.EML, Kind.MSG, Kind.PPTX})
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
REMEDY = "Open it in the program that wrote it, save it anew, or split it."


def main() -> None:
    """Serves until stdin ends."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    level = sys.argv[1] if len(sys.argv) > 1 else cut_off()
    _preload()
    send(sink, json.dumps({"sandbox": level}).encode("ascii"))
    while (header := receive(source)) is not None:
        data = receive(source)
        if data is None:
            return
        send(sink, _serve(json.loads(header), data, source))


def cut_off() -> str:
    """Leaves the network for an empty namespace, as root or in a user namespace; says what it came to."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        for flags in (CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET):
            if libc.unshare(flags) == 0:
                return NETWORK_NAMESPACE
    except (OSError, AttributeError):
        pass
    return RLIMITS_ONLY


def _preload() -> None:
    import citebound.ingest.docx
    import citebound.ingest.pdf  # noqa: F401

    gc.freeze()


def _serve(request: dict[str, object], data: bytes, source: BinaryIO) -> bytes:
    name, second = str(request["name"]), bool(request["second"])
    limits = Limits(**request["limits"])  # type: ignore[arg-type]
    structure = _structure(tuple(request["profiles"])), str(request["forced"])  # type: ignore[arg-type]
    if EXTENSIONS.get(PurePath(name).suffix.lstrip(".").lower()) in OFFICE:
        _warm()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _child(writer, name, data, limits, second, *structure)
    os.close(writer)
    reply, trouble = _await(reader, source, limits)
    os.close(reader)
    if trouble:
        _kill(pid)
    _, status, usage = os.wait4(pid, 0)
    if trouble is None:
        return reply
    return wire.encode_failure(_verdict(name, limits, trouble, os.waitstatus_to_exitcode(status), usage.ru_maxrss))


@cache
def _structure(profiles: tuple[str, ...]) -> tuple[Profile, ...]:
    return tuple(Profile.from_json(text) for text in profiles) if profiles else shipped()


def _warm() -> None:
    """Loads the office readers once; should that fail, the child meets the same error and reports it for its file."""
    with contextlib.suppress(Exception):
        from citebound.ingest.office import warm

        warm()


def _child(
    writer: int, name: str, data: bytes, limits: Limits, second: bool, profiles: tuple[Profile, ...], forced: str
) -> None:
    """Parses and answers, then ends without running anything of the parent's."""
    _confine(limits)
    try:
        reply = wire.encode(parse(name, data, limits, second=second, profiles=profiles, forced=forced))
    except ParseFailure as failure:
        reply = wire.encode_failure(failure)
    except MemoryError:
        reply = wire.encode_failure(_out_of_memory(name, limits))
    except Exception as error:  # noqa: BLE001 (whatever a parser raises on a hostile file is a verdict on that file)
        text = f"{name} could not be read ({type(error).__name__}: {str(error)[:300]})"
        reply = wire.encode_failure(ParseFailure(Status.PARSE_ERROR, text, remedy=REMEDY))
    if len(reply) > limits.output:
        reply = wire.encode_failure(_too_large(name, limits))
    with os.fdopen(writer, "wb") as pipe:
        send(pipe, reply)
    os._exit(0)


def _confine(limits: Limits) -> None:
    os.setsid()
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    seconds = int(limits.seconds) + 1
    caps = {
        resource.RLIMIT_AS: _address_space() + limits.memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: 256_000_000,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
    }
    for which, cap in caps.items():
        hard = resource.getrlimit(which)[1]
        cap = cap if hard == resource.RLIM_INFINITY else min(cap, hard)
        resource.setrlimit(which, (cap, cap))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _address_space() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1024**3


def _await(reader: int, source: BinaryIO, limits: Limits) -> tuple[bytes, Status | None]:
    """The reply of the child, or why there is none. A caller that hung up ends the wait too."""
    deadline = time.monotonic() + limits.seconds
    parts: list[bytes] = []
    size = 0
    watched = select.poll()
    watched.register(reader, select.POLLIN)
    watched.register(source.fileno(), 0)
    while (left := deadline - time.monotonic()) > 0:
        ready = dict(watched.poll(left * 1000))
        if reader not in ready:
            if ready:
                return b"", Status.CRASHED
            continue
        part = os.read(reader, 1 << 20)
        if not part:
            whole = b"".join(parts)
            sound = len(whole) >= LENGTH.size and LENGTH.unpack(whole[: LENGTH.size])[0] == len(whole) - LENGTH.size
            return (whole[LENGTH.size :], None) if sound else (b"", Status.CRASHED)
        parts.append(part)
        size += len(part)
        if size > limits.output + LENGTH.size:
            return b"", Status.TOO_LARGE
    return b"", Status.TIMEOUT


def _kill(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)


def _verdict(name: str, limits: Limits, trouble: Status, code: int, peak_kilobytes: int) -> ParseFailure:
    if trouble is Status.TOO_LARGE:
        return _too_large(name, limits)
    if trouble is Status.TIMEOUT or code == -signal.SIGXCPU:
        text = f"{name} was not parsed within {limits.seconds:g} seconds"
        return ParseFailure(Status.TIMEOUT, text, remedy=f"{REMEDY} CITEBOUND_PARSE_SECONDS gives it more time.")
    if peak_kilobytes * 1024 > limits.memory // 2:
        return _out_of_memory(name, limits)
    end = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return ParseFailure(Status.CRASHED, f"the parser crashed on {name} ({end})", remedy=REMEDY)


def _out_of_memory(name: str, limits: Limits) -> ParseFailure:
    text = f"{name} needs more than {limits.memory // 1024**2} MiB of memory to parse"
    return ParseFailure(
        Status.OUT_OF_MEMORY, text, remedy="Split it, or give it more memory with CITEBOUND_PARSE_MEMORY."
    )


def _too_large(name: str, limits: Limits) -> ParseFailure:
    text = f"{name} gives more than {limits.output // 1_000_000} MB of text and geometry"
    return ParseFailure(Status.TOO_LARGE, text, remedy="Split it.")


if __name__ == "__main__":
    main()

"""Append-only files of lines. What a crash tore off at the end is not read, and is cut off before more is written."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def lines(path: Path) -> list[str]:
    """The whole lines of a file; none if there is no file."""
    data = path.read_bytes() if path.exists() else b""
    return data[: data.rfind(b"\n") + 1].decode("utf-8").split("\n")[:-1]


def append(path: Path, made: Iterable[str]) -> None:
    """Add lines, on disk when this returns; folders are made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mend(path)
    with path.open("ab", buffering=0) as file:
        file.write("".join(f"{line}\n" for line in made).encode())
        os.fsync(file.fileno())


def mend(path: Path) -> None:
    """Cut off what stands behind the last whole line."""
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)

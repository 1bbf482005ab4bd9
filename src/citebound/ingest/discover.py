"""Which files an ingest means."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path


def discover(paths: Sequence[Path]) -> list[Path]:
    """Every file that `paths` mean, sorted, each once; folders are searched to the bottom.

    Inside folders, hidden entries, symbolic links that lead back up, and things that are no regular file are left out.
    A path that does not exist, and a folder that cannot be listed, stay in the result, so that reading
    them reports what is wrong; nothing is raised.
    """
    found: set[Path] = set()
    for path in paths:
        found.update(_files(path, frozenset()) if os.path.isdir(path) else [path])  # noqa: PTH112 (never raises)
    return sorted(found)


def _files(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    here = os.path.realpath(folder)
    if here in above:
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield folder
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = folder / entry.name
        if os.path.isdir(path):  # noqa: PTH112
            yield from _files(path, above | {here})
        elif os.path.isfile(path) or not os.path.exists(path):  # noqa: PTH110, PTH113
            yield path

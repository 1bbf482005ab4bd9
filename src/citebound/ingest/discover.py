"""Which files an ingest means, and which of those it finds are not to be read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

NO_FILE = {
    stat.S_IFIFO: "is a pipe",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a path is not read, and what the user can do."""

    reason: str
    remedy: str


PLAIN = "Ingest a regular file: write what it gives into one first."
NAME_IT = "Copy the file into the folder, or name the link itself: a link that is named is followed."


def discover(paths: Sequence[Path]) -> dict[Path, Refusal | None]:
    """Every file that `paths` mean, sorted, each once, with why it is not to be read; folders are searched to the
    bottom.

    A link inside a folder is followed where it stays inside the folders and files that `paths` name, and refused where
    it leads out of them, so that whoever may write there cannot have other files read; a link that is itself named is
    followed. Pipes, sockets and devices are refused: to read one may never end. Hidden entries, and links to folders
    that are searched anyway, are left out. A path that does not exist, and a folder that cannot be listed, stay in the
    result, so that reading them reports what is wrong; nothing is raised.
    """
    named = [Path(os.path.realpath(path)) for path in paths if "\0" not in str(path)]
    found: dict[Path, Refusal | None] = {}
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 (never raises)
            found.update((file, found.get(file, why)) for file, why in _Search(named).files(path))
        else:
            found[path] = _no_file(path)
    return dict(sorted(found.items()))


class _Search:
    """One search of a folder; links may lead anywhere below the paths that are `named`, to each folder once."""

    def __init__(self, named: Sequence[Path]) -> None:
        self._named = named
        self._linked: set[str] = set()

    def files(self, folder: Path, above: frozenset[str] = frozenset()) -> Iterator[tuple[Path, Refusal | None]]:
        here = os.path.realpath(folder)
        if here in above:
            return
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            yield folder, None
            return
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path = folder / entry.name
            target = os.path.realpath(path)
            if os.path.islink(path) and not any(Path(target).is_relative_to(root) for root in self._named):  # noqa: PTH114
                yield path, Refusal(f"{entry.name} is a link that leads out of the folder", NAME_IT)
            elif not os.path.isdir(path):  # noqa: PTH112
                yield path, _no_file(path)
            elif not os.path.islink(path):  # noqa: PTH114
                yield from self.files(path, above | {here})
            elif target not in self._linked:
                self._linked.add(target)
                yield from self.files(path, above | {here})


def _no_file(path: Path) -> Refusal | None:
    """Why what is there, links followed, cannot be read as a file; None for a file, and where nothing is there."""
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return Refusal(f"{path.name} {NO_FILE[kind]}, not a file", PLAIN) if kind in NO_FILE else None

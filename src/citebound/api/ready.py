"""Readiness: the model files are here, every store opens, and every published index is what was published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial

from citebound import models
from citebound.api.shapes import Part, Readiness
from citebound.api.shelf import Shelf
from citebound.config import Config
from citebound.errors import CiteboundError
from citebound.indexes import generation
from citebound.indexes.store import Snapshot, Store

Seen = tuple[Snapshot, str, tuple[tuple[int, int, int], ...]]


class Inspector:
    """Looks at everything each time; an index that was verified is hashed again only when its files changed."""

    def __init__(self, config: Config, shelf: Shelf, needs: Sequence[str]) -> None:
        self._config = config
        self._shelf = shelf
        self._needs = needs
        self._verified: dict[str, Seen] = {}

    def look(self) -> Readiness:
        """What is ready and what is not, with reasons. Raises nothing of ours."""
        parts = [_part("model", name, partial(models.locate, name, self._config)) for name in self._needs]
        parts += [_part("collection", name, partial(self._verify, name)) for name in self._shelf.names()]
        return Readiness(ready=all(part.ready for part in parts), parts=parts)

    def _verify(self, name: str) -> None:
        collection = self._shelf.get(name)
        key = collection.embedder.key
        with closing(Store(collection.root / "store.db")) as store:
            snapshot = store.snapshot()
        if snapshot.generation == 0:
            return
        folder = generation.folder_of(collection.root, snapshot.generation)
        files = tuple(sorted((s.st_ino, s.st_size, s.st_mtime_ns) for s in (p.stat() for p in folder.glob("*"))))
        seen = (snapshot, key, files)
        if self._verified.get(name) != seen:
            generation.load(collection.root, snapshot.generation, snapshot.manifest_sha256, key)
            self._verified[name] = seen


def _part(kind: str, name: str, check: Callable[[], object]) -> Part:
    try:
        check()
    except CiteboundError as error:
        return Part(kind=kind, name=name, ready=False, reason=str(error), remedy=error.remedy)
    return Part(kind=kind, name=name, ready=True)

"""The shelf: collections by name, opened once and kept, with one encoder for all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass

from citebound.answer.ask import Event
from citebound.collection import NAME, Collection, names
from citebound.config import Config
from citebound.errors import UnknownCollection
from citebound.indexes.embeddings import open_encoder
from citebound.protocols import Embedder
from citebound.types import Filter

Opener = Callable[[str], Collection]


@dataclass(frozen=True, slots=True)
class _Held:
    collection: Collection
    file: tuple[int, int]


class Shelf:
    """Collections of the data root. May be used from several threads.

    `opener` replaces how one is opened, `encoder` the configured encoder.
    """

    def __init__(self, config: Config, opener: Opener | None = None, encoder: Embedder | None = None) -> None:
        self._config = config
        self._opener = opener or self._open
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._held: dict[str, _Held] = {}
        self._encoder = encoder

    def names(self) -> list[str]:
        """The collections that are there now, sorted."""
        return [name for name in names(self._config) if NAME.fullmatch(name)]

    def get(self, name: str) -> Collection:
        """The open collection; opened anew if its folder was replaced. Raises UnknownCollection, StoreError."""
        with self._lock:
            file = self._file(name)
            held = self._held.get(name)
            if held and held.file != file:
                del self._held[name]
                held.collection.close()
                held = None
            if file is None:
                raise UnknownCollection(
                    "there is no collection of that name",
                    remedy=f"There are: {', '.join(self.names()) or 'none yet'}. "
                    "`citebound ingest PATH --collection NAME` makes one.",
                )
            if held is None:
                held = self._held[name] = _Held(self._opener(name), file)
            return held.collection

    def stream(self, name: str, question: str, tree: Filter | None, llm: bool) -> Generator[Event, None, None]:
        """The events of one question, not yet begun. Raises at once what is known before: QueryError, ModelError."""
        collection = self.get(name)
        events = collection.stream(question, tree, llm=llm)
        assert isinstance(events, Generator)
        return events

    def warm(self) -> None:
        """Load the encoder before the first question waits for it. Raises ModelError."""
        self.encoder().embed(["warm"])

    def close(self) -> None:
        with self._lock:
            for held in self._held.values():
                held.collection.close()
            self._held.clear()

    def _file(self, name: str) -> tuple[int, int] | None:
        if not NAME.fullmatch(name):
            return None
        try:
            found = (self._config.home / name / "store.db").stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _open(self, name: str) -> Collection:
        return Collection.open(name, config=self._config, embedder=self.encoder())

    def encoder(self) -> Embedder:
        """The one encoder, opened on first need. Raises ModelError."""
        with self._loading:
            if self._encoder is None:
                self._encoder = open_encoder(self._config)
            return self._encoder

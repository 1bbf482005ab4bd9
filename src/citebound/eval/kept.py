"""Vectors of texts, kept on disk with the seconds that they took.

Cells of a run that read the same sentences embed them once, and still say what it costs to do so.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from citebound.indexes.embeddings import vector_key
from citebound.protocols import Embedder, Vectors

AT_ONCE = 500
"""Keys in one statement: SQLite takes a limited number."""


class KeptVectors:
    """An encoder's vectors in one SQLite file. `saved` is what reading from it has spared: seconds
    of the encoder on the clock, and of the processor."""

    def __init__(self, path: Path, encoder: Embedder) -> None:
        self._path = path
        self._encoder = encoder
        self._held: dict[str, Vectors] = {}
        self.saved = (0.0, 0.0)

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimension), unit rows."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._held]
        if missing:
            self._read(missing)
            self._embed([text for text in missing if text not in self._held])
        if not texts:
            return np.zeros((0, self._encoder.dimension), np.float32)
        return np.stack([self._held[text] for text in texts])

    def _read(self, texts: Sequence[str]) -> None:
        by_key = {vector_key(self._encoder, text): text for text in texts}
        keys = list(by_key)
        with self._open() as connection:
            for start in range(0, len(keys), AT_ONCE):
                some = keys[start : start + AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = connection.execute(f"SELECT key, row, wall, cpu FROM vectors WHERE key IN ({marks})", some)  # noqa: S608
                for key, row, wall, cpu in rows:
                    self._held[by_key[key]] = np.frombuffer(row, np.float32)
                    self.saved = (self.saved[0] + wall, self.saved[1] + cpu)

    def _embed(self, texts: Sequence[str]) -> None:
        if not texts:
            return
        wall, cpu = time.monotonic(), time.process_time()
        vectors = self._encoder.embed(texts)
        each = ((time.monotonic() - wall) / len(texts), (time.process_time() - cpu) / len(texts))
        self._held.update(zip(texts, vectors, strict=True))
        rows = [
            (vector_key(self._encoder, text), row.astype(np.float32).tobytes(), *each)
            for text, row in zip(texts, vectors, strict=True)
        ]
        with self._open() as connection:
            connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?, ?)", rows)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path)) as connection, connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, row BLOB, wall REAL, cpu REAL)"
            )
            yield connection

"""Every extension point, on one screen. Real and fake implementations pass tests/conformance.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from citebound.types import Document

Vectors = NDArray[np.float32]


class Loader(Protocol):
    """Reads one file into a Document; raises ParseFailure. Runs in a sandboxed child process."""

    def __call__(self, path: Path, data: bytes, media_type: str) -> Document: ...


@runtime_checkable
class Embedder(Protocol):
    """Turns strings into unit vectors. `key` names weights, prompt and window: equal key and string, equal vector."""

    key: str
    name: str
    dimension: int
    window: int
    """Tokens that one input may have, special tokens not counted."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32, shape (len(texts), dimension), rows of length 1."""
        ...

    def token_starts(self, text: str) -> NDArray[np.int64]:
        """Offset of the first character of each token of `text`, ascending, without truncation."""
        ...


class CrossEncoder(Protocol):
    """Reads a question and a text together: slower than an Embedder, and for the first hits only."""

    name: str

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32, shape (len(texts),): the higher, the better the text answers."""
        ...


class Index(Protocol):
    """A vector index over int64 ids. Filters work before top-k: `among` is the set that may be returned."""

    def __len__(self) -> int: ...

    def add(self, ids: NDArray[np.int64], vectors: Vectors) -> None:
        """Upsert."""
        ...

    def remove(self, ids: NDArray[np.int64]) -> int: ...

    def search(
        self,
        query: Vectors,
        k: int,
        *,
        among: NDArray[np.int64] | None = None,
        without: NDArray[np.int64] | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """ids and cosine scores, best first, both of shape (at most k,). `query` has shape (dimension,)."""
        ...


class Generator(Protocol):
    """A chat model behind the OpenAI-compatible protocol."""

    name: str

    def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
        """Pieces of the reply as they come. Raises GeneratorUnavailable or GeneratorTimeout."""
        ...


class System(Protocol):
    """Anything that the evaluation can score: a question goes in, quoted spans and a text come out."""

    name: str

    def answer(self, question: str, document_ids: Sequence[str] | None = None) -> Mapping[str, object]: ...


class Measure(Protocol):
    """A pure function of one prediction and its gold item; an unanswered item scores the default."""

    def __call__(self, prediction: Mapping[str, object], gold: Mapping[str, object]) -> float: ...

"""The vector index: FAISS behind protocols.Index. The one door of faiss; inner product of unit vectors is cosine.

Exact (flat) up to `flat_limit` vectors, then HNSW, then IVF with 8-bit vectors. A served index is never added to: two
threads searching while one adds crash HNSW, so `add` is for indexes that are being built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import faiss as _faiss
import numpy as np
from numpy.typing import NDArray

from citebound.errors import StoreCorrupt
from citebound.protocols import Vectors

faiss: Any = _faiss
"""Its stubs know neither its Python callbacks nor its search parameters."""

faiss.set_deserialization_vector_byte_limit(1 << 36)

NARROW = 0.05
"""Below this share of allowed vectors an approximate index scans them all instead: graphs lose recall under filters."""


def kind_for(count: int, flat_limit: int, hnsw_limit: int) -> str:
    """The FAISS factory string for so many vectors."""
    if count <= flat_limit:
        return "Flat"
    if count <= hnsw_limit:
        return "HNSW32"
    return f"IVF{min(65536, 1 << (int(count**0.5) * 4).bit_length() - 1)},SQ8"


class FaissIndex:
    """An index over int64 ids. `kind` is a FAISS factory string."""

    def __init__(self, dimension: int, kind: str = "Flat") -> None:
        self.kind = kind
        self._index = faiss.IndexIDMap2(faiss.index_factory(dimension, kind, faiss.METRIC_INNER_PRODUCT))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def exact(self) -> bool:
        return self.kind == "Flat"

    def ids(self) -> NDArray[np.int64]:
        """All ids in the order of storage."""
        return np.asarray(faiss.vector_to_array(self._index.id_map), dtype=np.int64)

    def add(self, ids: NDArray[np.int64], vectors: Vectors) -> None:
        """Upsert; shapes (n,) and (n, dimension)."""
        if not len(ids):
            return
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        if len(self) and self.exact:
            self.remove(ids)
        if not self._index.is_trained:
            self._index.train(vectors)
        self._index.add_with_ids(vectors, np.ascontiguousarray(ids, dtype=np.int64))

    def remove(self, ids: NDArray[np.int64]) -> int:
        """Only exact indexes can; the others are built anew."""
        if not self.exact:
            raise ValueError(f"{self.kind} cannot remove vectors")
        return int(self._index.remove_ids(faiss.IDSelectorBatch(np.ascontiguousarray(ids, dtype=np.int64))))

    def reconstruct(self, ids: NDArray[np.int64]) -> Vectors:
        """The stored vectors of some ids, (n, dimension)."""
        made: Vectors = self._index.reconstruct_batch(np.ascontiguousarray(ids, dtype=np.int64))
        return made

    def search(
        self,
        query: Vectors,
        k: int,
        *,
        among: NDArray[np.int64] | None = None,
        without: NDArray[np.int64] | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """ids and cosines, best first, both (at most k,); filters work inside the search."""
        if not len(self) or k <= 0 or (among is not None and not len(among)):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        selector = _selector(among, without)
        with _alone() if not self.kind.startswith("IVF") else nullcontext():
            scores, ids = self._index.search(
                np.ascontiguousarray(query, dtype=np.float32)[None, :],
                min(k, len(self)),
                params=self._parameters(selector, k),
            )
        found = ids[0] >= 0
        return ids[0][found], scores[0][found]

    def _parameters(self, selector: Any, k: int) -> Any:
        if self.kind.startswith("HNSW"):
            return faiss.SearchParametersHNSW(sel=selector, efSearch=max(256, 2 * k))
        if self.kind.startswith("IVF"):
            return faiss.SearchParametersIVF(sel=selector, nprobe=64)
        return faiss.SearchParameters(sel=selector)

    def write(self, sink: Callable[[bytes], int]) -> None:
        """Serialise through `sink`; its OSError comes out, which FAISS's own path writer would swallow."""
        faiss.write_index(self._index, faiss.PyCallbackIOWriter(sink, 1 << 20))

    @classmethod
    def read(cls, path: Path, kind: str) -> FaissIndex:
        """Load a file whose hash was checked. Raises StoreCorrupt."""
        made = cls.__new__(cls)
        made.kind = kind
        try:
            with path.open("rb", buffering=0) as file:
                made._index = faiss.read_index(faiss.PyCallbackIOReader(file.read, 1 << 20))
        except OSError as error:
            raise StoreCorrupt(f"{path}: {error.strerror}") from error
        except RuntimeError as error:
            raise StoreCorrupt(f"{path} is not an index: {str(error).splitlines()[0]}") from error
        if not isinstance(made._index, faiss.IndexIDMap2):
            raise StoreCorrupt(f"{path} holds {type(made._index).__name__}, not IndexIDMap2")
        return made


@contextmanager
def _alone() -> Iterator[None]:
    """One thread of this caller: flat and HNSW search one query with one, and waiting for the others costs more than
    they do (measured on two busy cores, 20,000 vectors: median 1.5 ms instead of 5.4, 95th percentile 5.7 instead of
    24.8)."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _selector(among: NDArray[np.int64] | None, without: NDArray[np.int64] | None) -> Any:
    parts = []
    if among is not None:
        parts.append(faiss.IDSelectorBatch(np.ascontiguousarray(among, dtype=np.int64)))
    if without is not None and len(without):
        parts.append(faiss.IDSelectorNot(faiss.IDSelectorBatch(np.ascontiguousarray(without, dtype=np.int64))))
    if len(parts) < 2:
        return parts[0] if parts else None
    return faiss.IDSelectorAnd(*parts)


def exact_search(
    query: Vectors, ids: NDArray[np.int64], vectors: Vectors, k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The k best of a small set of vectors, by brute force: ids (at most k,) and cosines."""
    if not len(ids) or k <= 0:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    scores = vectors @ query
    best = np.argsort(-scores, kind="stable")[:k]
    return ids[best], scores[best]

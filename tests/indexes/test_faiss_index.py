from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from citebound.errors import StoreCorrupt
from citebound.indexes.faiss_index import FaissIndex, exact_search, kind_for
from tests.conformance import check_index


def unit_vectors(count: int, dimension: int = 384, latent: int = 24, seed: int = 5) -> NDArray[np.float32]:
    """Like sentence embeddings: many dimensions, few degrees of freedom."""
    random = np.random.default_rng(seed)
    made = random.standard_normal((count, latent)) @ random.standard_normal((latent, dimension))
    made = (made + 0.1 * random.standard_normal((count, dimension))).astype(np.float32)
    normed: NDArray[np.float32] = made / np.linalg.norm(made, axis=1, keepdims=True)
    return normed


def test_flat_index_conforms() -> None:
    check_index(lambda: FaissIndex(16))


def test_the_kind_follows_the_size() -> None:
    assert kind_for(10, 100, 1000) == "Flat"
    assert kind_for(101, 100, 1000) == "HNSW32"
    assert kind_for(100_000, 100, 1000).startswith("IVF")


@pytest.mark.parametrize(("kind", "least"), [("HNSW32", 0.9), ("IVF64,SQ8", 0.9)])
def test_approximate_kinds_search_filter_and_come_back_from_disk(kind: str, least: float, tmp_path: Path) -> None:
    vectors = unit_vectors(3000)
    ids = np.random.default_rng(1).permutation(np.arange(3000, dtype=np.int64) * 7 + 3)
    index = FaissIndex(384, kind)
    index.add(ids, vectors)
    with (tmp_path / "x").open("wb") as file:
        index.write(file.write)
    loaded = FaissIndex.read(tmp_path / "x", kind)
    assert len(loaded) == 3000
    shares = []
    among = ids[::2]
    for row in range(0, 200, 10):
        exact, _ = exact_search(vectors[row], among, vectors[::2], 10)
        found, scores = loaded.search(vectors[row], 10, among=among, without=among[:1])
        assert set(found.tolist()) <= set(among[1:].tolist())
        assert list(scores) == sorted(scores, reverse=True)
        shares.append(len(set(found.tolist()) & set(exact.tolist())) / 10)
    assert np.mean(shares) >= least
    with pytest.raises(ValueError, match="cannot remove"):
        loaded.remove(ids[:1])


def test_a_file_that_is_no_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"not an index")
    with pytest.raises(StoreCorrupt):
        FaissIndex.read(tmp_path / "x", "Flat")

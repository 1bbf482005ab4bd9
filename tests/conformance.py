"""What every Index and every Embedder must do, fake or real. Exact search is the oracle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from citebound.indexes.faiss_index import exact_search
from citebound.protocols import Embedder, Index


def check_index(make: Callable[[], Index], dimension: int = 16, count: int = 500) -> None:
    """Search equals exact search without and with filters; add upserts; what is removed is not found."""
    random = np.random.default_rng(3)
    vectors = random.standard_normal((count, dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = np.arange(1, count + 1, dtype=np.int64) * 7
    index = make()
    assert len(index) == 0
    assert len(index.search(vectors[0], 5)[0]) == 0
    index.add(ids[:300], vectors[:300])
    index.add(ids[300:], vectors[300:])
    assert len(index) == count
    for share in (1.0, 0.4, 0.01, 0.0045):
        among = ids[random.permutation(count)[: max(1, int(share * count))]]
        inside = np.isin(ids, among)
        for row in range(0, count, 50):
            exact, _ = exact_search(vectors[row], ids[inside], vectors[inside], 10)
            found, scores = index.search(vectors[row], 10, among=among)
            assert found.tolist() == exact.tolist()
            assert list(scores) == sorted(scores, reverse=True)
    assert len(index.search(vectors[0], 5, among=np.zeros(0, np.int64))[0]) == 0
    index.add(ids[:1], -vectors[:1])
    assert len(index) == count
    assert index.search(-vectors[0], 1)[0].tolist() == [7]
    assert 14 not in index.search(vectors[1], 10, without=np.array([14]))[0]
    assert index.remove(ids[1:2]) == 1
    assert 14 not in index.search(vectors[1], count)[0]


def check_embedder(embedder: Embedder) -> None:
    """Unit rows, one for each text and the same for the same text; token starts ascend and lie in the text."""
    texts = ["The cap is USD 5.", "", "The cap is USD 5.", "Ümläut “quotes” 中文"]
    made = embedder.embed(texts)
    assert made.shape == (4, embedder.dimension)
    assert made.dtype == np.float32
    assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-3)
    assert np.allclose(made[0], made[2], atol=1e-5)
    assert embedder.embed([]).shape[0] == 0
    for text in texts:
        starts = embedder.token_starts(text)
        assert list(starts) == sorted(starts)
        assert all(0 <= s < len(text) for s in starts)
    assert embedder.window > 0
    assert embedder.key

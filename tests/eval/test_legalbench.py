import os
from pathlib import Path

import pytest

from citebound.collection import Collection
from citebound.config import Config
from citebound.errors import ConfigError
from citebound.eval import legalbench
from tests.fakes import WordHashEmbedder

DATA = Path(os.environ.get("CITEBOUND_DATA", "../shared/data"))


def test_without_the_data_the_error_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        legalbench.queries(tmp_path)
    assert "CITEBOUND_DATA" in caught.value.remedy


@pytest.mark.skipif(not (DATA / "legalbench_rag_mini").is_dir(), reason=f"LegalBench-RAG mini is not in {DATA}")
def test_the_benchmark_is_read_whole_and_scored(tmp_path: Path) -> None:
    asked = legalbench.queries(DATA)
    assert len(asked) > 500
    assert {q.part for q in asked} == {"contractnli", "cuad", "maud", "privacy_qa"}
    gold = asked[0].gold[0]
    (tmp_path / Path(gold.document).parent).mkdir(parents=True)
    (tmp_path / gold.document).write_text("x" * gold.span.start + " " + "The gold clause. " * 40)
    config = Config(home=tmp_path / "home")
    with Collection.open("c", create=True, config=config, embedder=WordHashEmbedder()) as collection:
        collection.ingest([tmp_path / Path(gold.document).parts[0]])
        scores = legalbench.run(collection, asked[:1])
    assert set(scores) == {"dense", "bm25", "fused"}
    assert all(0 <= value <= 1 for values in scores.values() for value in values.values())
    assert scores["fused"]["recall_32k"] >= scores["fused"]["recall_2k"]

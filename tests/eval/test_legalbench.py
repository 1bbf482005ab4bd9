import hashlib
import json
import os
from pathlib import Path

import pytest

from citebound.collection import Collection
from citebound.config import Config
from citebound.errors import ConfigError
from citebound.eval import legalbench
from citebound.eval.measures import Place
from citebound.types import Span
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
        scores = legalbench.run(collection, asked[:1], legalbench.STAGES["full"])
    assert all(0 <= value <= 1 for value in scores[0].values())
    assert scores[0]["recall_32k"] >= scores[0]["recall_2k"] > 0
    assert legalbench.means(asked[:1], scores)["recall_4k"] == scores[0]["recall_4k"]
    made = legalbench.figures_of(asked[:1], dict.fromkeys([*legalbench.STAGES, "nonames"], scores))
    assert {"lbr.recall_4k", "lbr.wrong_document", "lbr.nonames_recall_16k"} <= {f.name for f in made}


def test_names_go_and_the_kind_of_document_stays() -> None:
    asked = 'Consider the Endorsement Agreement between "Acme, Inc." and Good Sam for Branding; Who pays?'
    assert legalbench.nameless(asked) == "Consider the the Endorsement Agreement and for Branding; Who pays?"
    assert legalbench.nameless('Consider "Viber"\'s privacy policy; do you sell it?') == (
        "Consider the privacy policy; do you sell it?"
    )
    assert legalbench.nameless("Who pays Acme?") == "Who pays Acme?"


def test_a_mean_is_over_the_sets() -> None:
    place = Place("a/b.txt", Span(0, 1))
    asked = [legalbench.Query(str(n), part, "?", (place,)) for n, part in enumerate(["cuad", "cuad", "maud"])]
    scores = [{"r": 1.0}, {"r": 0.0}, {"r": 1.0}]
    assert legalbench.means(asked, scores) == {"r": 0.75, "r.cuad": 0.5, "r.maud": 1.0}
    assert legalbench.figure("x", "r", asked, scores).value == 0.75


def test_the_split_was_committed_by_hash(tmp_path: Path) -> None:
    (tmp_path / "cuad").mkdir()
    (tmp_path / "cuad" / "a.txt").write_text("one")
    (tmp_path / "cuad" / "b.txt").write_text("two")
    row = {"document": hashlib.sha256(b"one").hexdigest(), "use": "tune"}
    (tmp_path / "split.jsonl").write_text(json.dumps(row) + "\n")
    assert legalbench.uses(tmp_path, tmp_path / "split.jsonl") == {"cuad/a.txt": "tune"}

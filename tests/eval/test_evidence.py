"""Evidence spans of ContractNLI: read, ranked and scored; average precision against two other implementations."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import AP, Qrel, ScoredDoc
from rich.console import Console
from sklearn.metrics import average_precision_score

from citebound.errors import ConfigError
from citebound.eval import evidence
from citebound.eval.evidence import Part, Question, Ranking
from citebound.indexes.adapting import average_precision
from citebound.types import Span
from tests.fakes import WordHashEmbedder

DATA = Path(os.environ.get("CITEBOUND_DATA", "../shared/data"))
SENTENCES = (
    "NON-DISCLOSURE AGREEMENT\n",
    "The receiver keeps every secret for five years.\n",
    "Copies are burnt when the agreement ends.\n",
    "Copies are burnt when the agreement ends.\n",
    "The law of Nevada governs.\n",
    " ",
)
HYPOTHESES = {
    "nda-1": "Secrets of the receiver are kept.",
    "nda-2": "All copies are burnt at the end.",
    "nda-3": "Dogs are walked.",
    "nda-4": "Some law governs.",
    "nda-5": "Secrets are kept for some years.",
}


def contract(number: int) -> dict[str, object]:
    sentences = [f"Contract number {number}.\n", *SENTENCES]
    text, spans = "", []
    for sentence in sentences:
        begin = len(text)
        text += sentence
        spans.append([begin, begin + len(sentence.rstrip("\n"))])
    annotations = {
        "nda-1": {"choice": "Entailment", "spans": [2]},
        "nda-2": {"choice": "Contradiction", "spans": [3, 4]},
        "nda-3": {"choice": "NotMentioned", "spans": []},
        "nda-4": {"choice": "Entailment", "spans": [5]},
        "nda-5": {"choice": "Entailment", "spans": [2]},
    }
    name = f"c{number}.pdf"
    return {"file_name": name, "text": text, "spans": spans, "annotation_sets": [{"annotations": annotations}]}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "contractnli"
    folder.mkdir()
    labels = {key: {"hypothesis": text} for key, text in HYPOTHESES.items()}
    for n, file in enumerate(("train_subset", "dev", "test")):
        documents = [contract(10 * n + i) for i in range(8)]
        with gzip.open(folder / f"{file}.json.gz", "wt", encoding="utf-8") as out:
            json.dump({"documents": documents, "labels": labels}, out)
    return tmp_path


def asked(gold: set[int], document: str = "a", key: str = "k") -> Question:
    return Question(document, key, "?", frozenset(gold))


@given(st.lists(st.booleans(), min_size=1, max_size=40).filter(any))
def test_average_precision_is_that_of_ir_measures_and_of_scikit_learn(relevant: list[bool]) -> None:
    qrels = [Qrel("q", str(n), 1) for n, right in enumerate(relevant) if right]
    run = [ScoredDoc("q", str(n), float(-n)) for n in range(len(relevant))]
    made = average_precision(relevant, sum(relevant))
    assert made == pytest.approx(AP.calc_aggregate(qrels, run))
    assert made == pytest.approx(ir_measures.calc_aggregate([AP], qrels, run)[AP])
    assert made == pytest.approx(average_precision_score(relevant, -np.arange(len(relevant))))


def test_a_question_is_scored_as_by_hand() -> None:
    # Gold 0 and 3 at ranks 2 and 4: precision 1/2 at the first, 2/4 at the second.
    found = evidence.scored(asked({0, 3}), Ranking((1, 0, 2, 3), np.zeros(4)))
    assert found == {"map": 0.5, "recall_1": 0.0, "recall_2": 0.5, "recall_4": 1.0}


def test_pooled_scores_are_compared_across_questions() -> None:
    # In one list by score: gold (.9), other (.8), gold (.7), other (.1): (1/1 + 2/3) / 2.
    questions = [asked({0}), asked({0}, "b")]
    ranked = [evidence.ranking(np.array([0.9, 0.1])), evidence.ranking(np.array([0.7, 0.8]))]
    assert evidence.pooled(questions, ranked) == pytest.approx(5 / 6)


def test_the_ceiling_of_recall_counts_questions_with_more_spans_than_are_shown() -> None:
    assert evidence.ceiling([asked({0}), asked({0, 1})], 1) == 0.75
    assert evidence.ceiling([asked({0}), asked({0, 1})], 2) == 1.0


def test_without_the_data_the_error_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        evidence.read(tmp_path, "dev")
    assert "CITEBOUND_DATA" in caught.value.remedy


def test_hypotheses_that_are_not_mentioned_are_no_questions(data: Path) -> None:
    part = evidence.read(data, "dev", 3)
    assert len(part.texts) == 3
    assert [(q.document, q.key, q.gold) for q in part.questions[:2]] == [
        ("c10.pdf", "nda-1", frozenset({2})),
        ("c10.pdf", "nda-2", frozenset({3, 4})),
    ]
    assert {q.key for q in part.questions} == {"nda-1", "nda-2", "nda-4", "nda-5"}


def test_the_chunks_are_the_spans_and_equal_ones_are_all_ranked(data: Path, tmp_path: Path) -> None:
    part = evidence.read(data, "dev")
    embedder = WordHashEmbedder()
    with evidence.collection(part, tmp_path / "c", embedder) as opened:
        chunks = opened.chunks("c10.pdf")
        assert [c.span for c in chunks] == list(part.spans["c10.pdf"])
        assert chunks[1].context.startswith(opened.document("c10.pdf").title)
        ranker = evidence.Ranker(part, opened)
        for stages in (("lexical",), ("dense",), evidence.PRODUCT):
            ranked = ranker(part.questions[1], stages)
            assert sorted(ranked.order) == list(range(7))
            assert set(ranked.order[:2]) == {3, 4}
            assert list(ranked.scores[list(ranked.order)]) == sorted(ranked.scores, reverse=True)
    embedded = len(embedder.embedded)
    with evidence.collection(part, tmp_path / "c", embedder) as again:
        assert len(again.documents()) == 8
    assert len(embedder.embedded) == embedded  # what is there is not embedded anew


def test_the_run_names_its_figures(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEBOUND_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("citebound.collection.open_encoder", lambda config: WordHashEmbedder())
    with (tmp_path / "log").open("w", encoding="utf-8") as log:
        made = {f.name: f for f in evidence.run(data, tmp_path / "kept", "test", None, Console(file=log, width=200))}
    assert {"cnli.evidence_map", "cnli.evidence_recall_4", "cnli.adapter.evidence_map", "cnli.evidence_map_pooled"} <= (
        made.keys()
    )
    assert {f"cnli.{n}.evidence_map" for n in ("dense", "bm25", "linear_features", "adapter_unseen")} <= made.keys()
    for figure in made.values():
        assert 0 <= figure.value <= 1
        assert figure.denominator == 32
    assert made["cnli.evidence_map"].low is not None
    assert "32 questions about 8 contracts of test" in (tmp_path / "log").read_text("utf-8")


def test_adapters_of_unseen_hypotheses_do_not_know_them(data: Path, tmp_path: Path) -> None:
    part = evidence.read(data, "train")
    embedder = WordHashEmbedder()
    with evidence.collection(part, tmp_path / "c", embedder) as opened:
        made = evidence.unseen(part, opened)
        assert set(made) == {"nda-1", "nda-2", "nda-4", "nda-5"}
        for key, adapter in made.items():
            assert len(adapter.known) == 3
            own = embedder.embed([HYPOTHESES[key]])[0]
            assert float(np.max(adapter.known @ own)) < 0.999
        ranked = evidence.by_unseen(part, opened, made)
    assert len(ranked) == len(part.questions)


def test_features_of_a_span_are_what_they_say() -> None:
    part = Part({"a": "x" * 40}, {"a": (Span(0, 9), Span(9, 19), Span(19, 40))}, (asked({1}),))
    score = evidence.ranking(np.array([1.0, 2.0, 3.0]))
    rows = evidence.features(part, part.questions[0], dict.fromkeys(("dense", "bm25", "product"), score))
    assert rows.shape == (3, 6)
    assert np.allclose(rows[:, 0], [-np.sqrt(1.5), 0, np.sqrt(1.5)])  # mean 2, deviation sqrt(2/3)
    assert rows[:, 3].tolist() == [0, 0.5, 1]
    assert np.allclose(rows[:, 5], np.log([10, 11, 22]))


@pytest.mark.skipif(not (DATA / "contractnli").is_dir(), reason=f"ContractNLI is not in {DATA}")
def test_the_benchmark_is_read_whole() -> None:
    part = evidence.read(DATA, "dev")
    assert len(part.texts) == len(part.spans) > 20
    assert all(q.gold and max(q.gold) < len(part.spans[q.document]) for q in part.questions)
    assert len({q.key for q in part.questions}) == 17

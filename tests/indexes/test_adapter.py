"""The query adapter: its two methods, its file, its training, and searches with and without it."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from citebound import cli, cli_models
from citebound import collection as collection_module
from citebound.collection import Collection
from citebound.config import Config
from citebound.errors import (
    BadLabels,
    CiteboundError,
    FormatTooNew,
    StorageFull,
    StoreCorrupt,
    UnknownAdapter,
    UnknownDocument,
    WrongEncoder,
)
from citebound.eval import own
from citebound.eval.suite import SuiteError
from citebound.indexes import adapter as adapters
from citebound.indexes.adapter import FILE, Adapter, Facts
from citebound.indexes.adapting import (
    SHARPNESS,
    Example,
    Labelled,
    Measured,
    Trial,
    _folds,
    _Reader,
    average_precision,
    contrastive,
    ridge,
)
from citebound.types import Span
from tests.fakes import WordHashEmbedder
from tests.indexes.test_durable import FailsAt

FACTS = Facts(1, "word-hash", "word-hash-64", "ridge", 0.1, 4.0, 24, 8, True, 0.4, 0.8)

# What people ask, the clause that answers it, and one that has the words of the question and answers nothing.
CLAUSES = {
    "May the buyer leave before the agreed years are over?": (
        "Either side terminates upon ninety days written notice to its counterpart, whereupon every obligation ceases"
        " forthwith save those surviving expressly, namely secrecy, audit, indemnity, accrued payment duties.",
        "The buyer may leave his car before the gate where the agreed years of parking are over, painted white, and the"
        " buyer may leave it there all day before the guard comes over to look at it.",
    ),
    "Who bears the loss if a parcel breaks on its way?": (
        "Title plus hazard transfer when consignments reach dockside storage, whereafter damage, theft, spoilage stays"
        " with whoever ordered them, notwithstanding carriage arrangements, insurance cover, customs delay.",
        "A parcel breaks the loss of hope on its way if a poet bears it, who then writes of the loss, if a parcel of"
        " verse breaks on its way and who bears the loss of it is a poet.",
    ),
    "How fast must faults be mended by the maker?": (
        "Vendor repairs defects within ten business days following report, supplying loaner equipment meanwhile,"
        " waiving fees, documenting root causes, unless misuse, tampering, force majeure caused malfunction.",
        "The maker must be fast, said the coach, how fast must be mended by training, and faults of the maker must be"
        " mended by how fast the coach says that faults must be mended.",
    ),
}
FILLER = "Paragraph {} of annex {} concerns colour {} of stationery, envelopes, folders, binders, stamps, pens."


def text_of(number: int) -> str:
    paragraphs = [clause for pair in CLAUSES.values() for clause in pair]
    paragraphs += [" ".join(FILLER.format(n, number, n + number) for _ in range(2)) for n in range(3)]
    return "\n\n".join(f"{n}. Part {number}-{n}\n\n{p}" for n, p in enumerate(paragraphs, start=1))


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(8):
        (folder / f"d{number}.txt").write_text(text_of(number))
    config = Config(home=tmp_path)
    with Collection.open("c", create=True, config=config, embedder=WordHashEmbedder()) as made:
        assert not made.ingest([folder]).failures
        yield made


def labels(count: int = 8) -> list[Labelled]:
    made = []
    for number in range(count):
        text = text_of(number)
        for question, (clause, _) in CLAUSES.items():
            begin = text.index(clause)
            made.append(Labelled(question, f"d{number}.txt", (Span(begin, begin + len(clause)),)))
    return made


# -- the methods --------------------------------------------------------------------------------------------------


def example(query: list[float], positives: list[int], negatives: list[int]) -> Example:
    rows = np.array([*positives, *negatives])
    nobody = Labelled("?", "d", ())
    return Example(nobody, "d", np.array(query), np.array(positives), np.array(negatives, dtype=np.int64), rows)


def test_ridge_solves_a_case_done_by_hand() -> None:
    # q = (1, 0), its answer (0, 1), no negatives: the target is q + 8 (0, 1), of length 1: t = (1, 8) / sqrt(65).
    # W = (t q' + 1 I) (q q' + 1 I)^-1 for strength 1, so W q = (t + q) / 2, and what q does not touch stays.
    vectors = np.array([[0.0, 1.0]], dtype=np.float32)
    found = ridge([example([1.0, 0.0], [0], [])], vectors, 1.0)
    target = np.array([1, 8]) / np.sqrt(65)
    assert np.allclose(found @ [1, 0], (target + np.array([1, 0])) / 2)
    assert np.allclose(found @ [0, 1], [0, 1])


def test_contrastive_reaches_the_optimum_that_another_solver_finds() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(6, 2)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    asked = [example([0.6, 0.8], [0, 1], [2, 3]), example([1.0, 0.0], [4], [5, 1, 2])]

    def loss(flat: NDArray[np.float64]) -> float:
        w = np.eye(2) + flat.reshape(2, 2)
        total = 0.0
        for e in asked:
            rows = vectors[[*e.positives, *e.negatives]].astype(np.float64)
            total -= float(log_softmax(SHARPNESS * rows @ (w @ e.query))[: len(e.positives)].mean())
        return total / 2 + 0.5 / 2 * float(np.sum(flat**2))

    other = minimize(loss, np.zeros(4), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 5000})
    found = contrastive(asked, vectors, 0.5)
    assert np.allclose(found, np.eye(2) + other.x.reshape(2, 2), atol=1e-3)


@pytest.mark.parametrize("method", [ridge, contrastive])
def test_strongly_held_the_map_is_the_identity(method: Any) -> None:
    vectors = np.eye(3, dtype=np.float32)
    found = method([example([1.0, 0.0, 0.0], [1], [2])], vectors, 1e6)
    assert np.allclose(found, np.eye(3), atol=1e-4)


def test_average_precision_by_hand() -> None:
    assert average_precision([True, False, True], 3) == pytest.approx((1 / 1 + 2 / 3) / 3)
    assert average_precision([False, True], 1) == 0.5
    assert average_precision([], 2) == 0
    assert average_precision([False], 0) == 0


# -- the map and its file -------------------------------------------------------------------------------------------


def identity(facts: Facts = FACTS) -> Adapter:
    eye = np.eye(64, dtype=np.float32)
    return Adapter(facts, eye, eye[:3])


@given(st.lists(st.floats(-1, 1, width=32), min_size=64, max_size=64))
def test_what_is_mapped_has_length_one_or_was_nothing(row: list[float]) -> None:
    queries = np.array([row], dtype=np.float32)
    rng = np.random.default_rng(1)
    adapter = Adapter(FACTS, rng.normal(size=(64, 64)).astype(np.float32), np.eye(64, dtype=np.float32))
    made = adapter(queries)
    assert made.dtype == np.float32
    length = float(np.linalg.norm(made))
    assert length == pytest.approx(1, abs=1e-4) or np.linalg.norm(queries @ adapter.weights.T) < 1e-30


def test_the_identity_changes_nothing_and_zero_stays_zero() -> None:
    queries = np.stack([np.eye(64, dtype=np.float32)[5], np.zeros(64, dtype=np.float32)])
    assert np.array_equal(identity()(queries), queries)


def test_only_questions_of_the_training_weigh_more() -> None:
    eye = np.eye(64, dtype=np.float32)
    near = 0.95 * eye[0] + np.sqrt(1 - 0.95**2).astype(np.float32) * eye[10]
    assert identity().weight(eye[0]) == 4
    assert identity().weight(near) == 4
    assert identity().weight(eye[10]) == 1
    assert Adapter(FACTS, eye, eye[:0]).weight(eye[0]) == 1


def test_what_is_written_is_read_and_replaces_the_former(tmp_path: Path) -> None:
    adapters.write(tmp_path, identity())
    second = replace(identity(), facts=replace(FACTS, method="contrastive"))
    assert adapters.write(tmp_path, second) == tmp_path / FILE
    read = adapters.read(tmp_path, WordHashEmbedder())
    assert read.facts == second.facts
    assert np.array_equal(read.weights, second.weights)
    assert np.array_equal(read.known, second.known)
    assert {p.name for p in tmp_path.iterdir()} == {FILE, "writer.lock"}


def test_a_disk_that_fails_at_any_call_leaves_the_former_or_the_new_one_whole(tmp_path: Path) -> None:
    for number in range(1, 20):
        adapters.write(tmp_path, identity())
        system = FailsAt(number)
        new = identity(replace(FACTS, method="contrastive"))
        try:
            adapters.write(tmp_path, new, system)
        except StorageFull:
            assert system.failed
        read = adapters.read(tmp_path, WordHashEmbedder())
        assert read.facts.method in ("ridge", "contrastive")
        if not system.failed:
            assert read.facts.method == "contrastive"
            return
    raise AssertionError("more calls than there can be")


def stored(**changed: Any) -> bytes:
    made = identity()
    arrays: dict[str, Any] = {
        "facts": np.array(json.dumps({**{f: getattr(FACTS, f) for f in Facts.__slots__}, **changed.pop("facts", {})})),
        "weights": made.weights,
        "known": made.known,
        **changed,
    }
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{k: v for k, v in arrays.items() if v is not None})
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (stored(facts={"encoder_key": "other", "encoder": "mpnet"}), WrongEncoder, "trained with the encoder 'mpnet'"),
        (stored(facts={"format": 2}), FormatTooNew, "has format 2"),
        (stored(facts={"weight": "heavy"}), StoreCorrupt, "cannot be read"),
        (stored(weights=np.eye(8, dtype=np.float32)), StoreCorrupt, r"shapes are \(8, 8\)"),
        (stored(known=np.eye(8, dtype=np.float32)), StoreCorrupt, r"and \(8, 8\)"),
        (stored(weights=np.full((64, 64), np.nan, dtype=np.float32)), StoreCorrupt, "no map of 64 numbers"),
        (stored(weights=None), StoreCorrupt, "cannot be read"),
        (stored()[:-200], StoreCorrupt, "cannot be read"),
        (stored().replace(b"\x00\x00\x80?", b"\x00\x00\x00@", 1), StoreCorrupt, "cannot be read"),  # 1.0 made 2.0
        (b"", StoreCorrupt, "cannot be read"),
        (b"not a zip", StoreCorrupt, "cannot be read"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_a_remedy(
    tmp_path: Path, data: bytes, error: type[CiteboundError], said: str
) -> None:
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(error, match=said) as caught:
        adapters.read(tmp_path, WordHashEmbedder())
    assert "citebound adapt LABELS" in caught.value.remedy


def test_no_file_is_no_adapter(tmp_path: Path) -> None:
    with pytest.raises(UnknownAdapter) as caught:
        adapters.read(tmp_path, WordHashEmbedder())
    assert "citebound adapt LABELS" in caught.value.remedy


# -- training and searching -----------------------------------------------------------------------------------------


def first(collection: Collection, question: str, **how: Any) -> str:
    return collection.search(question, 1, {"source": "*d7.txt"}, **how)[0].chunk.text


def test_trained_on_some_contracts_the_right_clause_comes_first_in_others(collection: Collection) -> None:
    seven = [one for one in labels() if one.document != "d7.txt"]
    question, (clause, decoy) = next(iter(CLAUSES.items()))
    assert decoy in first(collection, question)
    trained = collection.adapt(seven, given=True)
    assert trained.saved
    assert trained.improves
    assert trained.after.average_precision > trained.before.average_precision
    assert trained.held_out == trained.repeated == 6  # two documents of seven, three questions each
    assert trained.parted_by == "document"
    assert (trained.adapter.facts.questions, trained.adapter.facts.documents) == (21, 7)
    assert clause in first(collection, question, adapter=True)
    assert decoy in first(collection, question)  # off unless it is asked for


def test_the_same_labels_give_the_same_adapter_and_documents_are_not_touched(collection: Collection) -> None:
    before = collection.search("stationery", 5)
    one = collection.adapt(labels(), given=True, dry_run=True)
    other = collection.adapt(labels(), given=True, dry_run=True)
    assert not one.saved
    assert not (collection.root / FILE).exists()
    assert one.adapter.facts == other.adapter.facts
    assert np.array_equal(one.adapter.weights, other.adapter.weights)
    assert [t.method for t in one.trials[:2]] == ["none", "contrastive"]
    assert collection.search("stationery", 5) == before


def test_why_says_that_it_was_used(collection: Collection) -> None:
    collection.adapt(labels(), given=True)
    question = next(iter(CLAUSES))
    assert {w.stage for w in collection.search(question, 5, adapter=True)[0].why} <= {"dense adapted", "lexical"}
    explained = collection.explain(question, adapter=True)
    assert "trained on 24 questions about 8 documents" in explained.adapter
    assert collection.explain(question).adapter == ""
    assert collection.passages(question, 900, adapter=True)[0].hits[0].why[0].stage == "dense adapted"


def test_the_setting_switches_it_on_where_there_is_one(collection: Collection, tmp_path: Path) -> None:
    question, (clause, decoy) = next(iter(CLAUSES.items()))
    config = Config(home=tmp_path, adapter=True)
    with Collection.open("c", config=config, embedder=WordHashEmbedder()) as on:
        assert decoy in first(on, question)
        with pytest.raises(UnknownAdapter):
            first(on, question, adapter=True)
        collection.adapt(labels(), given=True)
        assert clause in first(on, question)
        assert decoy in first(on, question, adapter=False)
        answer = on.ask(question, {"source": "*d7.txt"}, llm=False)
        assert answer.receipt is not None


def test_an_adapter_that_does_not_help_is_not_stored_unless_forced(collection: Collection) -> None:
    exact = []
    for number in range(8):
        clause = text_of(number).split("\n\n")[1]  # asked in its own words it is found first already
        begin = text_of(number).index(clause)
        for words in (clause, clause.upper()):
            exact.append(Labelled(words, f"d{number}.txt", (Span(begin, begin + len(clause)),)))
    trained = collection.adapt(exact, given=True)
    assert trained.before.average_precision == 1
    assert not trained.improves
    assert not trained.saved
    assert not (collection.root / FILE).exists()
    assert collection.adapt(exact, given=True, force=True).saved


def test_answers_that_other_labels_name_are_no_negatives(collection: Collection) -> None:
    # Asked of the whole collection, a question has its clause in eight documents; seven of them are labelled elsewhere.
    reader = _Reader(collection.root, collection._store, collection.embedder, given=False)
    examples, _, owners = reader.examples(labels())
    assert len(examples) == 24
    for one in examples:
        same = [e for e in examples if e.labelled.question == one.labelled.question]
        clauses = {row for e in same for row in e.positives.tolist()}
        assert len(clauses) == 8
        assert set(one.positives.tolist()) == {row for row in clauses if owners[row] == one.group}
        assert not clauses & set(one.negatives.tolist())
        assert not (clauses - set(one.positives.tolist())) & set(one.pool.tolist())
        assert all(measured.average_precision <= 1 for measured in reader.measure([one], None))


def test_training_sees_no_negatives_of_documents_that_are_held_out(collection: Collection) -> None:
    reader = _Reader(collection.root, collection._store, collection.embedder, given=False)
    examples, _, owners = reader.examples(labels())
    groups = sorted({e.group for e in examples})
    parts = [groups.index(e.group) % 2 for e in examples]
    for seen, left in _folds(examples, parts, owners):
        closed = {e.group for e in left}
        assert any(owners[n] in closed for e in examples for n in e.negatives)
        assert not any(owners[n] in closed for e in seen for n in e.negatives)


def test_the_sign_test_by_hand(collection: Collection) -> None:
    trained = collection.adapt(labels(), given=True, dry_run=True)
    assert replace(trained, better=5, worse=0).p_value == 1 / 32
    assert replace(trained, better=4, worse=1).p_value == 6 / 32  # 5 and 1 of 32
    assert replace(trained, better=0, worse=0).p_value == 1
    assert trained.improves
    assert not replace(trained, better=4, worse=1).improves
    worse = Measured(trained.after.average_precision, {**trained.after.recall, 10: 0.0})
    assert not replace(trained, after=worse).improves
    assert not replace(trained, trials=(Trial("none", 0, 1.0), *trained.trials[1:])).improves


def test_few_documents_are_parted_by_question_and_too_few_labels_are_refused(collection: Collection) -> None:
    text = text_of(0)
    begin = text.index("Paragraph 0")
    many = [Labelled(f"Which colour is envelope {n}?", "d0.txt", (Span(begin, begin + 90),)) for n in range(12)]
    assert collection.adapt(many, dry_run=True).parted_by == "question"
    with pytest.raises(BadLabels, match="3 questions have a place"):
        collection.adapt(labels(1))
    with pytest.raises(BadLabels, match="4 documents and 3 different questions"):
        collection.adapt(labels(4))
    with pytest.raises(UnknownDocument):
        collection.adapt([replace(labels()[0], document="nowhere.txt")])


# -- the command line -----------------------------------------------------------------------------------------------


@pytest.fixture
def run(
    tmp_path: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    monkeypatch.setattr(collection_module, "open_encoder", lambda config: WordHashEmbedder())
    monkeypatch.setattr(cli_models, "ensure", lambda *given, **how: None)
    monkeypatch.setenv("COLUMNS", "300")

    def one(*arguments: str) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["citebound", *arguments, "-c", str(collection.root)])
        capsys.readouterr()
        with pytest.raises(SystemExit):
            cli.main()
        printed = capsys.readouterr()
        return printed.out, printed.err

    return one


def table(folder: Path, count: int = 8) -> Path:
    path = folder / "questions.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "answer", "document", "quote"])
        for number in range(count):
            writer.writerows([question, "see quote", f"d{number}.txt", pair[0]] for question, pair in CLAUSES.items())
        writer.writerow(["Who paints the fence?", "", "", ""])
    return path


def test_a_table_and_the_rows_of_a_suite_give_the_same_labels(collection: Collection, tmp_path: Path) -> None:
    read, notes = own.labels(table(tmp_path), collection)
    assert read == labels()
    assert notes == ("1 questions have no answer and teach nothing about where one stands",)
    made = own.new(table(tmp_path), collection, "mine", tmp_path / "eval")
    assert own.labels(made.rows, collection)[0] == read
    with pytest.raises(SuiteError):
        own.labels(tmp_path / "none.csv", collection)


def test_adapt_reports_its_trials_and_stores_what_search_then_uses(run: Any, tmp_path: Path) -> None:
    path = str(table(tmp_path))
    out, err = run("adapt", path, "--given", "--dry-run")
    for said in ("contrastive", "ridge", "held-out questions (parted by document)", "recall at 10 hits", "better for"):
        assert said in out
    assert "stored;" not in out
    assert "1 questions have no answer" in err
    made = json.loads(run("adapt", path, "--given", "--json")[0])
    assert made["saved"]
    assert made["improves"]
    assert made["adapter"]["questions"] == 24
    assert set(made["after"]["recall"]) == {"1", "4", "10"}
    question = next(iter(CLAUSES))
    assert "query adapter: " in run("search", question, "--why", "--adapter")[0]
    assert "query adapter: " not in run("search", question, "--why")[0]
    stages = {w["stage"] for hit in json.loads(run("search", question, "--adapter", "--json")[0]) for w in hit["why"]}
    assert "dense adapted" in stages


def test_search_with_an_adapter_that_is_not_there_says_how_to_make_one(run: Any) -> None:
    _, err = run("search", "anything", "--adapter")
    assert "has no query adapter" in err
    assert "citebound adapt LABELS" in err


def test_forgetting_a_document_takes_what_was_learnt_from_it(collection: Collection) -> None:
    adapters.write(collection.root, Adapter(FACTS, np.eye(64, dtype=np.float32), np.zeros((0, 64), np.float32)))
    document, *_ = collection.documents()[0]
    assert "adapter" in collection.forget(document.id)
    assert not (collection.root / FILE).exists()

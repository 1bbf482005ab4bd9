"""Custom scorers: labels that can be learnt from, honest figures, files that are what was trained, exact places."""

from __future__ import annotations

import csv
import errno
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, f1_score, precision_recall_fscore_support

from citebound import Collection, Config, Scorer
from citebound.answer.scoring import head as head_module
from citebound.answer.scoring import scorer_file
from citebound.answer.scoring.head import Head, calibrate, calibration_error, figures, fit, out_of_fold
from citebound.answer.scoring.scorer import embed_long
from citebound.answer.scoring.scorer_file import Labels, read_labels
from citebound.errors import (
    BadLabels,
    ConfigError,
    FormatTooNew,
    QueryError,
    StorageFull,
    StoreCorrupt,
    UnknownDocument,
    UnknownScorer,
    WrongEncoder,
)
from citebound.indexes import durable
from tests.fakes import WordHashEmbedder
from tests.indexes.test_durable import FailsAt
from tests.ingest.files import lines, pdf

FINDING = "An attacker without a password runs commands on host {n} as root."
CLAUSE = "The Customer shall pay invoice {n} within thirty days after receipt."
MSA = """Signed in two copies.

# 1. Payment

The Customer shall pay each invoice within thirty days after receipt.

## 1.1 Interest

The Customer shall pay interest on each invoice after thirty days.

# 2. Incident

An attacker ran commands on the host as root without a password.
"""


def rows(count: int = 10, start: int = 0) -> list[tuple[str, str]]:
    numbers = range(start, start + count)
    return [(FINDING.format(n=n), "finding") for n in numbers] + [(CLAUSE.format(n=n), "clause") for n in numbers]


def labels(pairs: list[tuple[str, str]], groups: list[str] | None = None) -> Labels:
    texts, given_ = zip(*pairs, strict=True)
    return Labels(texts, given_, tuple(groups or [""] * len(pairs)), "kind.csv", "0" * 64)


def write(folder: Path, text: str | bytes, name: str = "labels.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def table(pairs: list[tuple[str, str]], header: str = "text,label") -> str:
    return "\n".join([header, *(f"{text},{label}" for text, label in pairs)]) + "\n"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(home=tmp_path / "home")


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    config = Config(home=tmp_path_factory.mktemp("train"))
    return Scorer.train(labels(rows()), name="kind", config=config, embedder=WordHashEmbedder())


# -- labels -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1 does not name the columns"),
        ("clause,kind\na,b\n", "line 1 does not name the columns text and label: 'clause,kind'"),
        ("text,label,Text\n", "line 1 names a column twice"),
        ("text,label\n", "has no rows"),
        (table(rows()) + " ,finding\n", "line 22: the text is empty"),
        (table(rows()) + "A text,\n", "line 22: the label is empty"),
        (table(rows()) + "One, two,finding\n", "line 22 has 3 fields, the header has 2"),
        (table(rows()) + '"not closed,finding\n', "line 22: unexpected end of data"),
        (table(rows()) + f'"{"x" * 140_000}",finding\n', "line 22: field larger"),
        (table(rows(5)[:5]), "has only the label 'finding'"),
        (table([*rows(), ("Another", "rare"), ("And one", "rare")]), "the label 'rare' has 2 different texts; 5 are"),
        (table([*rows(), (FINDING.format(n=3), "clause")]), "lines 5 and 22 have the same text, labelled"),
        (table([*rows(), ("A finding", "Finding")]), "'finding' (line 2) and 'Finding' (line 22) differ in case only"),
        (b"text,label\nok,a\ncaf\xe9,b\n", "line 3 is not UTF-8"),
        ("text,label\nok,a\n".encode("utf-16"), "line 1 is not UTF-8"),
        ("text,label\nok,a\n".encode("utf-16-le"), "line 1 has a NUL character"),
        ('{"text": "a", "label": "b"}\n{"text": "a"}\n', "line 2: text, label or group is missing"),
        ('{"text": "a", "label": "b"}\n\n{"text"\n', "line 3 is not JSON"),
        ('{"text": "a", "label": "b"}\n[1]\n', "line 2 is not an object"),
        (
            table([(f"{text},{label}", "msa" if label == "clause" else "") for text, label in rows()])
            .replace("text,label", "text,label,document", 1),
            "all texts labelled 'clause' come from 'msa'",
        ),
    ],
)  # fmt: skip
def test_labels_that_nothing_can_be_learnt_from_are_refused_with_line_and_remedy(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    with pytest.raises(BadLabels) as caught:
        read_labels(write(tmp_path, text))
    assert said in str(caught.value)
    assert caught.value.remedy


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadLabels, match="cannot be read"):
        read_labels(tmp_path / "none.csv")


def test_lines_are_counted_over_texts_of_several_lines(tmp_path: Path) -> None:
    text = table(rows()) + '"one\ntwo\nthree",finding\n,finding\n'
    with pytest.raises(BadLabels, match="line 25: the text is empty"):
        read_labels(write(tmp_path, text))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
def test_delimiter_bom_and_order_of_columns_do_not_matter(tmp_path: Path, delimiter: str, mark: bytes) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(["ID", "Label", "Document", "Text"])
    writer.writerows([n, label, f"d{n % 3}", f"{text} a,b;c\td|e"] for n, (text, label) in enumerate(rows()))
    read = read_labels(write(tmp_path, mark + buffer.getvalue().encode("utf-8")))
    assert list(zip(read.texts, read.labels, strict=True)) == [(f"{t} a,b;c\td|e", label) for t, label in rows()]
    assert read.groups[:4] == ("d0", "d1", "d2", "d0")


def test_jsonl_is_read_too(tmp_path: Path) -> None:
    made = [json.dumps({"text": text, "label": label, "group": n % 2}) for n, (text, label) in enumerate(rows())]
    read = read_labels(write(tmp_path, "\n".join(made), "labels.jsonl"))
    assert (read.texts, read.labels) == tuple(zip(*rows(), strict=True))
    assert set(read.groups) == {"0", "1"}


def test_a_text_that_comes_again_counts_once(tmp_path: Path) -> None:
    read = read_labels(write(tmp_path, table([*rows(), (FINDING.format(n="  3"), "finding")])))
    assert (len(read.texts), read.repeated) == (20, 1)


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1), min_size=10, unique=True
    )
)
def test_every_text_that_csv_can_write_is_read(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    texts = list({" ".join(t.split()): t.strip() for t in texts if t.strip()}.values())
    texts += [f"more {n}" for n in range(10)]
    buffer = io.StringIO()
    csv.writer(buffer).writerows([("text", "label"), *((t, "ab"[n % 2]) for n, t in enumerate(texts))])
    assert list(read_labels(write(tmp_path_factory.mktemp("csv"), buffer.getvalue())).texts) == texts


# -- the head -----------------------------------------------------------------------------------------------------


def clusters(classes: int, each: int, spread: float, seed: int = 0) -> tuple[Any, Any, Any]:
    """Unit vectors around one direction for each class, their classes, and a group for each row."""
    random = np.random.default_rng(seed)
    targets = np.repeat(np.arange(classes), each)
    vectors = np.eye(classes, 16)[targets] + spread * random.standard_normal((len(targets), 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), targets, np.arange(len(targets))


@pytest.mark.parametrize("classes", [2, 3])
def test_the_logits_are_those_of_scikit_learn(classes: int) -> None:
    vectors, targets, groups = clusters(classes, 30, 0.5)
    head = fit(vectors, targets, groups)
    theirs = LogisticRegression(C=head.c, class_weight="balanced", max_iter=5000).fit(vectors, targets)
    logits = head.logits(vectors)
    ours = logits[:, 1] - logits[:, 0] if classes == 2 else logits
    assert np.allclose(ours, theirs.decision_function(vectors), atol=1e-4)
    assert np.allclose(head.probabilities(vectors).sum(axis=1), 1)


def test_shifts_give_the_smoothed_shares_where_logits_say_nothing() -> None:
    # Platt's targets for the first class: (3 + 1) / (3 + 2) for its three rows, 1 / (1 + 2) for the other one;
    # the mean of 0.8, 0.8, 0.8 and 1/3 is 0.68333.
    temperature, shifts, _ = calibrate(np.zeros((4, 2)), np.array([0, 0, 0, 1]))
    shares = Head(np.zeros((2, 3)), np.zeros(2), shifts, temperature).probabilities(np.zeros((1, 3), np.float32))
    assert shares[0, 0] == pytest.approx(0.683333, abs=1e-4)


def test_the_temperature_of_logits_that_are_three_times_too_sure_is_three() -> None:
    random = np.random.default_rng(0)
    logits = random.standard_normal((20_000, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    targets = (random.random((20_000, 1)) > np.cumsum(shares, axis=1)).sum(axis=1)
    temperature, shifts, _ = calibrate(3 * logits, targets)
    assert temperature == pytest.approx(3, abs=0.1)
    assert np.allclose(shifts - shifts.mean(), 0, atol=0.05)


def test_few_rows_never_make_certain() -> None:
    # Ten rows of each of two classes: Platt's target is 11 / 12, and a perfect head goes no further.
    logits = np.array([[5.0, -5.0]] * 10 + [[-5.0, 5.0]] * 10)
    temperature, shifts, _ = calibrate(logits, np.repeat([0, 1], 10))
    odds = np.exp(logits / temperature + shifts)
    assert (odds / odds.sum(axis=1, keepdims=True)).max() == pytest.approx(11 / 12, abs=1e-4)


def test_no_row_has_a_part_in_its_own_prediction() -> None:
    """Each row is its own direction: whoever has seen it knows its label, whoever has not can only guess."""
    vectors = np.eye(60, dtype=np.float32)
    targets = np.array([0, 1] * 30)
    seen = fit(vectors, targets, np.arange(60)).logits(vectors).argmax(axis=1)
    unseen, _ = out_of_fold(vectors, targets, np.arange(60))
    assert np.mean(seen == targets) == 1
    assert np.allclose(unseen, 0.5, atol=0.1)


def test_a_group_is_never_on_both_sides() -> None:
    """The vector names the document, and the document the label: worth nothing for a document that is new."""
    groups = np.repeat(np.arange(12), 6)
    targets = groups % 2
    vectors = np.eye(12, dtype=np.float32)[groups]
    apart, _ = out_of_fold(vectors, targets, groups)
    mixed, _ = out_of_fold(vectors, targets, np.arange(72))
    assert np.mean(mixed.argmax(axis=1) == targets) == 1
    assert np.mean(apart.argmax(axis=1) == targets) < 0.7


def test_every_class_is_on_the_training_side_even_if_only_two_documents_have_it() -> None:
    # Of three documents, each class is in two: with two folds some class would be on one side only.
    vectors, targets, _ = clusters(3, 10, 0.1)
    groups = np.array([[0, 1], [1, 2], [2, 0]])[targets, np.arange(30) % 2]
    probabilities, folds = out_of_fold(vectors, targets, groups)
    assert folds == 3
    assert np.mean(probabilities.argmax(axis=1) == targets) == 1


def test_the_figures_are_those_of_scikit_learn() -> None:
    vectors, targets, groups = clusters(3, 40, 0.8)
    probabilities, folds = out_of_fold(vectors, targets, groups)
    given_ = probabilities.argmax(axis=1)
    found = figures(probabilities, targets, groups, ("a", "b", "c"), folds)
    precision, recall, f1, rows_ = precision_recall_fscore_support(targets, given_)
    assert [(c.label, c.rows) for c in found.by_class] == list(zip("abc", rows_, strict=True))
    assert np.allclose([c.precision for c in found.by_class], precision)
    assert np.allclose([c.recall for c in found.by_class], recall)
    assert np.allclose([c.f1 for c in found.by_class], f1)
    assert found.macro_f1.value == pytest.approx(f1_score(targets, given_, average="macro"))
    assert found.brier == pytest.approx(
        brier_score_loss(targets, probabilities, labels=[0, 1, 2], scale_by_half=False), abs=1e-6
    )
    assert found.macro_f1.low < found.macro_f1.value < found.macro_f1.high
    assert found.better


def test_the_baseline_is_the_most_frequent_label() -> None:
    # 8 of 10 are of class 0: accuracy 0.8, F1 16/18 and 0, Brier (8 * 2 * 0.2^2 + 2 * 2 * 0.8^2) / 10 = 0.32.
    # Wilson's interval of 8 out of 10 is 0.4902 to 0.9433.
    targets = np.array([0] * 8 + [1] * 2)
    constant = np.tile([0.8, 0.2], (10, 1))
    found = figures(constant, targets, np.arange(10), ("low", "high"), 5)
    assert found.majority.label == "low"
    assert found.majority.accuracy == found.accuracy.value == pytest.approx(0.8)
    assert found.majority.macro_f1 == found.macro_f1.value == pytest.approx(16 / 18 / 2)
    assert found.majority.brier == found.brier == pytest.approx(0.32)
    assert found.accuracy.low <= 0.4903
    assert found.accuracy.high >= 0.9432
    assert not found.better


def test_the_calibration_error_is_the_mean_gap_of_bins_of_equal_mass() -> None:
    # Two bins of ten: 0.6 said and 6 right, 0.9 said and 8 right; (0 + 0.1) / 2.
    confidence = np.array([0.6] * 10 + [0.9] * 10)
    right = np.array([True] * 6 + [False] * 4 + [True] * 8 + [False] * 2)
    assert calibration_error(confidence, right) == pytest.approx(0.05)


def test_rows_of_few_documents_make_wider_intervals_than_as_many_documents() -> None:
    vectors, targets, groups = clusters(2, 60, 1.2)
    probabilities, _ = out_of_fold(vectors, targets, groups)
    many = figures(probabilities, targets, groups, ("a", "b"), 5).accuracy
    hits = np.argsort(probabilities.argmax(axis=1) == targets, kind="stable")
    blocks = np.empty(120, dtype=np.int64)
    blocks[hits] = np.repeat(np.arange(6), 20)
    few = figures(probabilities, targets, blocks, ("a", "b"), 5).accuracy
    assert few.high - few.low > many.high - many.low


# -- long texts ---------------------------------------------------------------------------------------------------


def test_a_text_longer_than_the_window_is_the_weighted_mean_of_its_windows() -> None:
    embedder = WordHashEmbedder(window=4)
    vectors, windows = embed_long(embedder, ["one two three four five six", "one two"])
    assert windows.tolist() == [2, 1]
    assert embedder.embedded == ["one two three four", "five six", "one two"]
    first, second, short = embedder.embed(embedder.embedded[:3])
    mean = (4 * first + 2 * second) / np.linalg.norm(4 * first + 2 * second)
    assert np.allclose(vectors, [mean, short], atol=1e-6)


@given(st.text(st.sampled_from("ab ,.\n"), max_size=80), st.integers(1, 7))
def test_windows_fit_and_leave_nothing_out(text: str, window: int) -> None:
    embedder = WordHashEmbedder(window=window)
    embed_long(embedder, [text])
    pieces = embedder.embedded
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(len(embedder.token_starts(piece)) <= window for piece in pieces)


# -- the scorer and its files -------------------------------------------------------------------------------------


def test_a_scorer_labels_texts_it_has_not_seen_and_says_how_sure_it_is(scorer: Scorer) -> None:
    finding, clause = scorer.predict([FINDING.format(n=77), CLAUSE.format(n=78) * 60])
    assert (finding.label, clause.label) == ("finding", "clause")
    assert finding.probability == finding.probabilities["finding"] > 0.8
    assert sum(clause.probabilities.values()) == pytest.approx(1)
    assert scorer.facts.figures.accuracy.value == 1
    assert scorer.facts.figures.better
    assert scorer.predict([]) == []
    with pytest.raises(QueryError, match="text 2 is empty"):
        scorer.predict(["a", " \n"])


def test_labels_that_mean_nothing_make_a_scorer_that_says_so(config: Config) -> None:
    random = np.random.default_rng(1)
    pairs = [(text, str(random.integers(2))) for text, _ in rows(30)]
    trained = Scorer.train(labels(pairs), config=config, embedder=WordHashEmbedder())
    assert trained.name == "kind"
    assert not trained.facts.figures.better


def test_a_stored_scorer_gives_the_same_probabilities_and_the_same_labels_the_same_bytes(
    config: Config, scorer: Scorer
) -> None:
    folder = scorer.save(config)
    assert folder == config.home / ".scorers" / "kind"
    assert {p.name for p in folder.iterdir()} == {"scorer.json", "weights.npz"}
    again = Scorer.load("kind", config=config, embedder=WordHashEmbedder())
    assert again.predict([FINDING]) == scorer.predict([FINDING])
    assert again.facts.figures == scorer.facts.figures
    sha256 = again.facts.weights_sha256
    Scorer.train(labels(rows()), name="kind", config=config, embedder=WordHashEmbedder()).save(config, replace=True)
    assert scorer_file.read_facts(config.home, "kind").weights_sha256 == sha256
    assert [p.name for p in folder.parent.iterdir()] == ["kind"]


def test_a_name_is_taken_once_and_never_a_path(config: Config, scorer: Scorer) -> None:
    scorer.save(config)
    with pytest.raises(ConfigError, match="already"):
        scorer.save(config)
    assert scorer_file.names(config.home) == ["kind"]
    for name in ("../kind", "a/b", "..", "", "a" * 65, "kind.tmp"):
        with pytest.raises(ConfigError, match="not a name"):
            Scorer.train(labels(rows()), name=name or "..", config=config, embedder=WordHashEmbedder())
        with pytest.raises(UnknownScorer) as caught:
            Scorer.load(name, config=config, embedder=WordHashEmbedder())
        assert "There are: kind." in caught.value.remedy
    scorer_file.remove(config.home, "kind")
    with pytest.raises(UnknownScorer, match="'kind'"):
        scorer_file.remove(config.home, "kind")
    assert not list((config.home / ".scorers").iterdir())


def test_another_encoder_is_refused(config: Config, scorer: Scorer) -> None:
    scorer.save(config)
    other = WordHashEmbedder()
    other.key = "another"
    with pytest.raises(WrongEncoder, match="word-hash") as caught:
        Scorer.load("kind", config=config, embedder=other)
    assert "--replace" in caught.value.remedy


def flipped(data: bytes) -> bytes:
    return data[:200] + bytes([data[200] ^ 1]) + data[201:]


def changed(**fields: Any) -> Any:
    return lambda data: json.dumps(json.loads(data) | fields).encode()


@pytest.mark.parametrize(
    ("file", "change", "error"),
    [
        ("weights.npz", flipped, StoreCorrupt),
        ("weights.npz", lambda data: data[:-1], StoreCorrupt),
        ("weights.npz", None, StoreCorrupt),
        ("scorer.json", lambda data: data[:-9], StoreCorrupt),
        ("scorer.json", lambda data: b"[]", StoreCorrupt),
        ("scorer.json", changed(classes=["one"]), StoreCorrupt),
        ("scorer.json", changed(figures={}), StoreCorrupt),
        ("scorer.json", changed(weights_sha256="0" * 64), StoreCorrupt),
        ("scorer.json", changed(format=2), FormatTooNew),
    ],
)
def test_files_that_are_not_what_was_trained_are_refused(
    config: Config, scorer: Scorer, file: str, change: Any, error: type[Exception]
) -> None:
    path = scorer.save(config) / file
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_bytes()))
    with pytest.raises(error) as caught:
        Scorer.load("kind", config=config, embedder=WordHashEmbedder())
    assert str(path.parent) in str(caught.value)
    assert "rain" in caught.value.remedy


def test_a_pickle_is_never_opened_whatever_its_hash(config: Config, scorer: Scorer) -> None:
    import hashlib

    folder = scorer.save(config)
    buffer = io.BytesIO()
    np.savez(buffer, coefficients=np.array([{"a": 1}], dtype=object))
    (folder / "weights.npz").write_bytes(buffer.getvalue())
    facts = folder / "scorer.json"
    facts.write_bytes(changed(weights_sha256=hashlib.sha256(buffer.getvalue()).hexdigest())(facts.read_bytes()))
    with pytest.raises(StoreCorrupt, match="pickle"):
        Scorer.load("kind", config=config, embedder=WordHashEmbedder())


def test_a_save_that_fails_at_any_call_leaves_the_old_scorer_or_the_new_one(
    config: Config, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer.save(config)
    number = 0
    while True:
        number += 1
        system = FailsAt(number, code=errno.ENOSPC)
        monkeypatch.setattr(durable, "SYSTEM", system)
        try:
            scorer.save(config, replace=True)
        except StorageFull as error:
            assert error.remedy
        monkeypatch.undo()
        assert Scorer.load("kind", config=config, embedder=WordHashEmbedder()).classes == scorer.classes
        if not system.failed:
            break
    assert number > 8


def test_training_tells_how_far_it_is(config: Config) -> None:
    told: list[tuple[str, int, int]] = []
    Scorer.train(labels(rows()), config=config, embedder=WordHashEmbedder(), progress=lambda *event: told.append(event))
    assert told[0] == ("embed", 20, 20)
    assert told[-1] == ("fit", 6, 6)


# -- places -------------------------------------------------------------------------------------------------------


@pytest.fixture
def collection(tmp_path: Path, config: Config, scorer: Scorer) -> Iterator[Collection]:
    scorer.save(config)
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "msa.md").write_text(MSA)
    (folder / "plain.txt").write_text("An attacker without a password runs commands on the host as root.")
    (folder / "scan.pdf").write_bytes(pdf(lines(CLAUSE.format(n=1)), lines(FINDING.format(n=2))))
    with Collection.open("c", create=True, config=config, embedder=WordHashEmbedder()) as made:
        assert not made.ingest([folder]).failures
        yield made


def test_every_section_has_a_label_and_its_exact_place(collection: Collection) -> None:
    places = collection.score("kind", document="msa.md")
    assert [(p.section, p.score.label) for p in places[1:]] == [
        ("1 Payment", "clause"),
        ("1 Payment > 1.1 Interest", "clause"),
        ("2 Incident", "finding"),
    ]
    text = collection.document("msa.md").text
    assert places[0].span.of(text).strip() == "Signed in two copies."
    for place in places:
        assert " ".join(place.span.of(text).split()).startswith(place.words)
        assert place.source.name == "msa.md"
    assert "interest" in places[1].span.of(text)


def test_a_document_without_headings_is_one_section(collection: Collection) -> None:
    (place,) = collection.score("kind", document="plain.txt")
    assert (place.span.start, place.section, place.score.label) == (0, "", "finding")


def test_chunks_and_pages_are_named(collection: Collection) -> None:
    places = collection.score("kind", "chunk", "scan.pdf")
    text = collection.document("scan.pdf").text
    assert [p.span for p in places] == [c.span for c in collection.chunks("scan.pdf")]
    assert sorted({page for p in places for page in p.pages}) == [1, 2]
    assert all(" ".join(p.span.of(text).split()).startswith(p.words) for p in places)
    (section,) = collection.score("kind", "section", "scan.pdf")
    assert section.pages == (1, 2)


def test_a_document_is_the_mean_of_its_chunks(collection: Collection, scorer: Scorer) -> None:
    places = {p.source.name: p for p in collection.score(scorer, "document")}
    assert places.keys() == {"msa.md", "plain.txt", "scan.pdf"}
    vectors = WordHashEmbedder().embed([c.text for c in collection.chunks("msa.md")])
    mean = vectors.mean(axis=0, keepdims=True)
    expected = scorer.head.probabilities(mean / np.linalg.norm(mean))[0]
    assert np.allclose(list(places["msa.md"].score.probabilities.values()), expected, atol=1e-5)


def test_with_a_label_the_likeliest_come_first(collection: Collection) -> None:
    found = [p.score.probabilities["finding"] for p in collection.score("kind", label="finding")]
    assert found == sorted(found, reverse=True)
    assert collection.score("kind", label="clause")[0].score.label == "clause"


def test_what_cannot_be_scored_is_refused_with_a_remedy(collection: Collection) -> None:
    for error, options in (
        (QueryError, {"label": "urgent"}),
        (QueryError, {"most": 2}),
        (ConfigError, {"unit": "page"}),
        (UnknownDocument, {"document": "none.txt"}),
    ):
        with pytest.raises(error) as caught:
            collection.score("kind", **options)  # type: ignore[arg-type]
        assert caught.value.remedy
    with pytest.raises(UnknownScorer):
        collection.score("none")


def test_an_empty_collection_has_nothing_to_score(config: Config, scorer: Scorer) -> None:
    with Collection.open("empty", create=True, config=config, embedder=WordHashEmbedder()) as made:
        assert [made.score(scorer, unit) for unit in ("section", "chunk", "document")] == [[], [], []]


def test_the_sample_labels_can_be_read() -> None:
    read = read_labels(Path(__file__).parents[3] / "eval" / "suites" / "scorer_severity.csv")
    assert set(read.labels) == {"critical", "high", "medium", "low", "none"}
    assert len(set(read.groups)) == 10
    assert read.repeated == 0


def test_scikit_learn_is_not_needed_to_use_a_scorer() -> None:
    source = Path(head_module.__file__).read_text("utf-8")
    assert not [line for line in source.splitlines() if line.startswith(("import s", "from s"))]

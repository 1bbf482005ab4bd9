"""Sealed traces make the same board, and hold no text."""

import gzip
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.eval import experiment, results
from citebound.eval.experiment import Experiment, RunError
from citebound.eval.predict import Cell
from citebound.eval.prediction import FAILED, NOT_FOUND, Prediction, Trace
from citebound.eval.suite import Regime, Suite
from tests.eval import tiny
from tests.eval.tiny import ABSENT, CAP, PAY, SECRET, at

RUN = """title = "Tiny"
suite = "tiny"

[primary]
metric = "f1"
margin = 0.1
rag = "rag"
against = ["zero"]
wrong = "wrong"

[systems.rag]
kind = "prompted"
passages = "product"

[systems.zero]
kind = "prompted"

[systems.wrong]
kind = "prompted"
passages = "wrong"
"""
WORK = Path("work")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    Path("tiny_run.toml").write_text(RUN)
    return experiment.read(Path("tiny_run.toml"))


def write(run: Experiment, system: str, predictions: Sequence[Prediction]) -> None:
    items = (PAY, CAP, SECRET, ABSENT)
    made = [
        Trace(system, "given", 1, item.id, p, 2.0, "", run.sha256) for item, p in zip(items, predictions, strict=True)
    ]
    path = Cell(run, replace(run.variants[0], name=system), Regime.GIVEN, 1, WORK).traces
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(trace.line() + "\n" for trace in made))


def predicted(run: Experiment) -> None:
    """Right, too long, partly right, wrong, silent and failed answers, with all that a trace can hold."""
    full = Prediction(
        text="thirty (30) days after receipt",
        quotes=(at("msa.txt", "within thirty (30) days after receipt"),),
        retrieved=PAY.gold,
        shown=PAY.gold,
        confidence=1 / 3,
        tokens_in=211,
        tokens_out=9,
        seconds=0.123456,
    )
    failed = Prediction(FAILED, error="ValueError: The total liability of the Provider cannot be read")
    write(run, "rag", [full, failed, Prediction(text="five years", confidence=0.7), Prediction(NOT_FOUND)])
    long = "The Provider pays USD 1,500,000 " + "and so on " * 30
    write(run, "zero", [Prediction(NOT_FOUND), Prediction(text=long), failed, Prediction(text="Vesuvius")])
    write(run, "wrong", [Prediction(text="September 9, 2026", confidence=0.2)] * 4)
    Cell(run, run.variants[0], Regime.GIVEN, 1, WORK).costs.write_text(
        '{"system": "rag", "regime": "given", "labels": 0, "wall": 0.5, "cpu": 0.4, "predicted": 4,'
        ' "peak_rss_mib": 99.5, "index": {"seconds": 1.5, "bytes": 4096.0}}\n{"system": "zer'
    )


@pytest.mark.parametrize("own", [True, False])
def test_a_sealed_outcome_makes_the_same_board_to_the_digit(run: Experiment, own: bool) -> None:
    predicted(run)
    suite = replace(tiny.extract(), own=own)
    gathered = results.gathered(run, suite, WORK)
    results.seal(run, gathered)
    unsealed = results.unseal(run)
    first = results.scored(run, gathered, resamples=300)
    assert first == results.scored(run, unsealed, resamples=300)
    assert {c["system"] for c in first["cells"]} == {"rag", "zero", "wrong"}
    assert first["losses"][0]["worst"]
    assert unsealed.costs == gathered.costs
    assert unsealed.key == gathered.key


def test_sealing_twice_gives_the_same_bytes(run: Experiment) -> None:
    predicted(run)
    outcome = results.gathered(run, tiny.extract(), WORK)
    first = results.seal(run, outcome).read_bytes()
    assert results.seal(run, outcome).read_bytes() == first
    assert results.seal(run, results.unseal(run)).read_bytes() == first


@pytest.mark.parametrize("own", [True, False])
def test_nothing_sealed_holds_text(run: Experiment, own: bool) -> None:
    predicted(run)
    suite: Suite = replace(tiny.extract(), own=own)
    path = results.seal(run, results.gathered(run, suite, WORK))
    sealed = gzip.decompress(path.read_bytes()).decode()
    assert '"tokens": ["' in sealed
    said = [trace.prediction for trace in results.gathered(run, suite, WORK).traces]
    texts = [p.text for p in said] + [p.error.partition(":")[2] for p in said]
    texts += (
        [a for i in suite.test for a in i.answers] + [i.question for i in suite.test] + list(tiny.DOCUMENTS.values())
    )
    words = {w.lower() for text in texts for w in re.findall(r"[^\W\d_]{4,}", text)}
    assert {"thirty", "provider", "receipt", "vesuvius"} <= words
    kept = {w.lower() for w in re.findall(r"[^\W\d_]+", sealed)}
    assert words & kept == {"secret"}  # the id of an item
    assert "thirty" not in sealed
    assert "1,500,000" not in sealed


def test_without_predictions_or_sealed_traces_it_is_said_how_to_get_them(run: Experiment) -> None:
    with pytest.raises(RunError, match="no predictions of tiny_run") as caught:
        results.gathered(run, tiny.extract(), WORK)
    assert "citebound eval run" in caught.value.remedy
    with pytest.raises(RunError, match="no sealed traces") as caught:
        results.unseal(run)
    assert "citebound eval seal" in caught.value.remedy


def test_traces_of_systems_that_the_run_no_longer_has_are_left_out(run: Experiment) -> None:
    predicted(run)
    write(run, "earlier", [Prediction(NOT_FOUND)] * 4)
    board = results.scored(run, results.gathered(run, tiny.extract(), WORK), resamples=50)
    assert {c["system"] for c in board["cells"]} == {"rag", "zero", "wrong"}


def test_predictions_of_another_run_file_are_not_scored(run: Experiment) -> None:
    predicted(run)
    Path("tiny_run.toml").write_text(RUN.replace("margin = 0.1", "margin = 0.3"))
    changed = experiment.read(Path("tiny_run.toml"))
    with pytest.raises(RunError, match="was changed after"):
        results.scored(changed, results.gathered(changed, tiny.extract(), WORK))


@given(
    parsed=st.booleans(),
    confidence=st.sampled_from([0.0, 1.0, 0.25]),
    counts=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    outcome=st.sampled_from(["answered", "not_found", "failed"]),
    scores=st.dictionaries(st.sampled_from("ab"), st.sampled_from([0.001, 0.5, 1.0])),
)
def test_a_prediction_comes_back_from_its_line_as_it_was(
    parsed: bool, confidence: float, counts: tuple[int, int], outcome: str, scores: dict[str, float]
) -> None:
    made = Prediction(
        outcome, parsed=parsed, confidence=confidence, tokens_in=counts[0], tokens_out=counts[1], scores=scores
    )
    trace = Trace("s", "given", 1, "q", made, 1.0, "c", "r")
    assert Trace.read(trace.line()) == trace
    unlikely = replace(made, scores={**scores, "z": 0.0001})
    assert Trace.read(replace(trace, prediction=unlikely).line()) == trace


def test_a_run_goes_on_elsewhere_from_its_sealed_traces(run: Experiment) -> None:
    predicted(run)
    suite = tiny.extract()
    results.seal(run, results.gathered(run, suite, WORK), Path("sealed"))
    there = results.unseal(run, Path("sealed"))
    assert results.restore(run, there, Path("elsewhere")) == len(there.traces)
    assert results.restore(run, there, Path("elsewhere")) == 0  # what is there is left alone
    again = results.gathered(run, suite, Path("elsewhere"))
    assert results.scored(run, again, resamples=300) == results.scored(run, there, resamples=300)

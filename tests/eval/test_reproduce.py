"""The committed boards are what the committed traces give; a fall is seen."""

import json
from pathlib import Path

import pytest

from citebound.errors import CiteboundError
from citebound.eval import gate, reproduce, results
from tests.eval import boards

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("run", reproduce.sealed_runs(ROOT / results.RESULTS) or [""])
def test_a_committed_board_is_made_again_to_the_digit(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not run:
        pytest.skip("no sealed traces are committed")
    monkeypatch.chdir(ROOT)
    committed = json.loads((results.RESULTS / "boards" / f"{run}.json").read_text("utf-8"))
    try:
        made = reproduce.remade(run)
    except CiteboundError as error:
        if "not in this repository" not in str(error):
            raise
        pytest.skip(f"needs the whole history: {error}")
    assert reproduce.differing(made, committed) == []


def test_values_that_differ_are_named_with_their_path() -> None:
    board = {"cells": [{"metrics": {"f1": {"value": 0.5}}}], "n": 3}
    assert reproduce.differing(board, json.loads(json.dumps(board))) == []
    other = {"cells": [{"metrics": {"f1": {"value": 0.25}}}], "n": 3}
    assert reproduce.differing(board, other) == [".cells[0].metrics.f1.value: 0.5 is not 0.25"]


def test_rows_of_figures_name_suite_regime_system_and_metric() -> None:
    made = {f.name: f for f in reproduce.figures_of([boards.by_hand([boards.cell("rag")], [])])}
    (name,) = (n for n in made if n.endswith(".correct"))
    assert name.split(".")[0] == "board"
    assert name.split(".")[2:] == ["given", "rag", "correct"]
    assert made["board.suites"].value == 1
    assert made["board.systems"].value == 0  # it takes two suites


def test_a_score_below_its_committed_interval_has_fallen() -> None:
    def board(value: float) -> dict[str, object]:
        metrics = {"f1": {"value": value, "low": value - 0.1, "high": value + 0.1}}
        return {"cells": [{"system": "rag", "regime": "corpus", "metrics": metrics}]}

    assert gate.fallen(board(0.45), board(0.5)) == []
    assert gate.fallen(board(0.39), board(0.5)) == ["rag (corpus) f1: 0.390, committed 0.500"]
    assert gate.fallen({"cells": []}, board(0.5)) == ["rag (corpus) f1: 0.000, committed 0.500"]

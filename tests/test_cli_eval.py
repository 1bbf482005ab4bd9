"""`citebound eval` on a tiny suite of its own."""

from __future__ import annotations

import gzip
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from citebound import cli, models
from citebound import config as settings
from citebound.errors import ModelError
from citebound.eval import experiment, predict
from citebound.eval.plan import START
from citebound.eval.predict import Cell
from citebound.eval.prediction import FAILED, Prediction, Trace
from tests.eval import tiny

Cli = Callable[..., tuple[int, str, str]]
THIRD = '\n[systems.also]\nkind = "majority"\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the run `tiny`, predicted."""
    folder = tmp_path_factory.mktemp("board")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
        run = experiment.read(tiny.declare(folder, tiny.RUN + THIRD))
        for variant, regime, seed in run.cells():
            predict.predict(Cell(run, variant, regime, seed, predict.WORK), run.load(), settings.load())
        yield folder


@pytest.fixture
def board(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to work in."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return tmp_path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["citebound", "eval", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        return int(end.value.code or 0), printed.out, printed.err

    return run


def rates(folder: Path, **more: float) -> None:
    """Rates of this machine, as if they had been measured."""
    config = settings.load()
    machine = f"{platform.node()} {platform.machine()} {os.cpu_count()} {config.encoder} {config.threads}"
    (folder / "eval/work").mkdir(parents=True, exist_ok=True)
    given = {"machine": machine, "generators": {}, "embedded": 50.0, "trained": 10.0, "searched": 1.0}
    (folder / "eval/work/rates.json").write_text(json.dumps(given | more))


def need_encoder() -> None:
    try:
        models.locate(settings.load().encoder, settings.load())
    except ModelError as error:
        pytest.skip(f"{error} ({error.remedy})")


def test_suites_are_listed_with_what_is_wrong_with_them(board: Path, call: Cli) -> None:
    (board / "eval/suites/gone.toml").write_text(
        'adapter = "squad2"\ntask = "extract"\nregimes = ["given"]\ndata = "nowhere"\n'
    )
    code, printed, _ = call("suites", "--json")
    assert code == 0
    gone, ready = json.loads(printed)
    assert gone["name"] == "gone"
    assert "skipped, no data in nowhere" in gone["state"]
    assert (ready["name"], ready["task"], ready["state"]) == ("tiny", "label", "ready")
    assert (ready["test"], ready["train"], ready["documents"], ready["regimes"]) == (4, 3, 3, ["given"])
    code, printed, _ = call("suites")
    assert code == 0
    assert "tiny" in printed


def test_a_run_is_scored_the_same_every_time_and_the_board_is_kept(board: Path, call: Cli) -> None:
    code, printed, _ = call("score", "tiny", "--json")
    assert code == 0
    scored = json.loads(printed)
    # the gold is Yes, Yes, No, Yes: the majority of the training items is Yes
    values = {c["system"]: c["metrics"]["accuracy"]["value"] for c in scored["cells"]}
    assert values == {"majority": 0.75, "always_not_found": 0.0, "also": 0.75}
    assert scored["exploratory"]
    assert json.loads((board / "eval/results/boards/tiny.json").read_text()) == scored
    assert call("score", "eval/runs/tiny.toml", "--json")[1] == printed
    code, printed, _ = call("score", "tiny")
    assert code == 0
    assert "exploratory: not pre-registered" in printed
    assert "0.750" in printed


def test_any_two_systems_are_compared_and_said_to_be_exploratory(board: Path, call: Cli) -> None:
    (decided,) = json.loads(call("compare", "tiny", "--json")[1])
    assert (decided["rag"], decided["other"], decided["n"]) == ("majority", "always_not_found", 4)
    assert decided["difference"]["value"] == 0.75
    assert decided["verdict"] == "no evidence"  # two documents
    code, printed, _ = call("compare", "tiny", "also", "majority")
    assert code == 0
    assert "exploratory" in printed
    assert "also against:" in printed
    assert not (board / "eval/results/boards").exists()


def test_sealed_traces_are_scored_without_the_data(board: Path, call: Cli) -> None:
    before = json.loads(call("score", "tiny", "--json")[1])
    code, printed, _ = call("seal", "tiny")
    assert code == 0
    path = board / "eval/results/traces/tiny.jsonl.gz"
    assert str(path.relative_to(board)) in printed
    assert b"Provider" not in gzip.decompress(path.read_bytes())
    for part in ("eval/work", "eval/suites", "documents"):
        shutil.rmtree(board / part)
    code, printed, _ = call("score", "tiny", "--sealed", "--json")
    assert code == 0
    assert json.loads(printed) == before


def test_a_report_and_a_memo_are_files(board: Path, call: Cli) -> None:
    code, printed, _ = call("report", "tiny", "--out", "made/here.html")
    assert code == 0
    assert "<html" in (board / "made/here.html").read_text()
    assert "majority" in (board / "made/here.md").read_text()
    assert "made/here.html" in printed
    code, printed, _ = call("memo", "tiny", "--out", "made/memo")
    assert code == 0
    assert "<html" in (board / "made/memo.html").read_text()
    assert (board / "made/memo.docx").read_bytes().startswith(b"PK")


@pytest.mark.model
def test_a_plan_tells_time_and_memory_and_nothing_of_what_is_done(board: Path, call: Cli) -> None:
    need_encoder()
    rates(board)
    assert json.loads(call("plan", "tiny", "--json")[1])["steps"] == []
    shutil.rmtree(board / "eval/work/runs")
    code, printed, _ = call("plan", "tiny", "--json", "--hours", "0.001")
    assert code == 0
    planned = json.loads(printed)
    assert [s["cell"] for s in planned["steps"]] == ["majority.given.1", "always_not_found.given.1", "also.given.1"]
    # what a process takes to start and to read a tiny suite; they compute nothing
    assert 3 * START < planned["seconds"] < 3 * (START + 1)
    assert planned["trim"]
    code, printed, _ = call("plan", "tiny")
    assert code == 0
    assert "minutes" in printed


@pytest.mark.model
def test_a_run_goes_on_where_it_was_and_failures_end_it_with_1(board: Path, call: Cli) -> None:
    need_encoder()
    run = experiment.read(experiment.find("tiny"))
    code, printed, told = call("run", "tiny", "--json")
    assert code == 0
    assert {c["n"] for c in json.loads(printed)["cells"]} == {4}
    assert "opened 0 times before" in told
    traces = Cell(run, run.variants[0], run.regimes[0], 1, predict.WORK).traces
    kept = traces.read_text().splitlines(keepends=True)[:3]
    failed = Trace("majority", "given", 1, "q-3", Prediction(FAILED, error="ValueError: x"), 9.0, "", run.sha256)
    traces.write_text("".join(kept) + failed.line() + "\n")
    code, printed, told = call("run", "tiny")
    assert code == 1
    assert "1 predictions failed" in told


@pytest.mark.model
def test_a_fresh_run_that_cannot_be_run_throws_nothing_away(board: Path, call: Cli) -> None:
    need_encoder()
    tiny.declare(board, tiny.RUN.replace('kind = "majority"', 'kind = "majorty"'))
    code, _, told = call("run", "tiny", "--fresh")
    assert code == 2
    assert "majorty" in told
    assert list((board / "eval/work/runs/tiny/traces").glob("*.jsonl"))


@pytest.mark.parametrize(
    ("arguments", "said", "remedy"),
    [
        (["score", "nosuch"], "no run file nosuch", "tiny"),
        (["score", "tiny", "--sealed"], "no sealed traces", "citebound eval seal"),
        (["score", "tiny", "--work", "elsewhere"], "no predictions of tiny", "citebound eval run"),
        (["compare", "tiny", "majority", "nobody"], "no system 'nobody'", "always_not_found"),
        (["seal", "broken"], "unknown key sede", "seeds"),
        (["plan", "misspelt"], "unknown kind 'majorty'", "prompted"),
        (["run", "misspelt"], "unknown kind 'majorty'", "prompted"),
        (["run", "lost"], "there is no suite 'nosuch'", "tiny"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_ends_with_2_and_says_what_to_do(
    board: Path, call: Cli, arguments: list[str], said: str, remedy: str
) -> None:
    (board / "eval/runs/broken.toml").write_text("sede = 1\n" + tiny.RUN)
    (board / "eval/runs/misspelt.toml").write_text(tiny.RUN.replace('kind = "majority"', 'kind = "majorty"'))
    (board / "eval/runs/lost.toml").write_text(tiny.RUN.replace('suite = "tiny"', 'suite = "nosuch"'))
    code, printed, told = call(*arguments)
    assert code == 2
    assert printed == ""
    assert said in told
    assert remedy in told.partition("what to do:")[2]


def test_a_run_file_that_was_changed_after_predicting_is_not_scored(board: Path, call: Cli) -> None:
    tiny.declare(board, tiny.RUN.replace("margin = 0.1", "margin = 0.2") + THIRD)
    code, _, told = call("score", "tiny")
    assert code == 2
    assert "was changed after" in told
    assert "--fresh" in told

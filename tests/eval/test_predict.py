import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from citebound.config import Config
from citebound.eval import experiment, journal, predict
from citebound.eval.experiment import Experiment, RunError
from citebound.eval.kit import Kit
from citebound.eval.predict import Cell, Moment
from citebound.eval.prediction import FAILED, Prediction, Trace
from citebound.eval.suite import Regime
from citebound.eval.system import System
from tests.eval import tiny

LEDGER = Path("eval/results/runs.jsonl")
BEFORE = tiny.RUN[: tiny.RUN.index("[systems.majority]")].replace('["always_not_found"]', "[]")
PROMPTED = BEFORE + '[systems.majority]\nkind = "prompted"\ngenerator = "{generator}"\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


def declared(run: str = tiny.RUN) -> Experiment:
    return experiment.read(tiny.declare(Path(), run))


def cell(run: Experiment, name: str = "majority") -> Cell:
    return Cell(run, run.variant(name), Regime.GIVEN, 1, predict.WORK)


def costs() -> list[dict[str, object]]:
    return [json.loads(line) for line in journal.lines(cell(experiment.read(experiment.find("tiny"))).costs)]


def ledger() -> list[str]:
    return [json.loads(line)["event"] for line in journal.lines(LEDGER)]


def children(of: int) -> list[int]:
    """Running processes whose parent is `of`."""
    made = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == of and state != "Z":
            made.append(int(stat.parent.name))
    return made


def predicting(of: int) -> list[int]:
    return [c for c in children(of) if b"citebound.eval.predict" in Path(f"/proc/{c}/cmdline").read_bytes()]


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# -- in a process of its own -------------------------------------------------------------------------------------------


def test_a_run_completes_and_goes_on_where_a_crash_tore_the_last_line() -> None:
    run = declared()
    moments: list[Moment] = []
    predict.predict(cell(run, "always_not_found"), run.load(), Config())
    before = cell(run, "always_not_found").traces.read_bytes()
    assert predict.run(run, run.load(), moments.append) == 0
    traces = cell(run).traces
    whole = traces.read_bytes()
    made = predict.read_traces(traces)
    assert [(t.id, t.prediction.label) for t in made] == [(f"q-{n}", "Yes") for n in range(4)]
    assert {(t.run_sha256, t.commit) for t in made} == {(run.sha256, "")}
    assert [m.done for m in moments] == sorted(m.done for m in moments)
    assert (moments[-1].done, moments[-1].total) == (8, 8)
    assert {(c["system"], c["labels"], c["predicted"]) for c in costs()} == {
        ("majority", 3, 4),
        ("always_not_found", 0, 4),
    }
    assert all(float(str(c["peak_rss_mib"])) > 20 for c in costs())

    torn = whole[: whole.rindex(b"\n", 0, -1) + 30]
    traces.write_bytes(torn)
    assert predict.run(run, run.load(), moments.append) == 0
    kept = whole[: whole.rindex(b"\n", 0, -1) + 1]
    assert traces.read_bytes().startswith(kept)
    assert [t.id for t in predict.read_traces(traces)] == [f"q-{n}" for n in range(4)]
    assert cell(run, "always_not_found").traces.read_bytes() == before
    assert [(c["system"], c["predicted"]) for c in costs()[2:]] == [("majority", 1)]
    assert ledger() == ["resumed", "finished", "resumed", "finished"]

    assert predict.run(run, run.load(), moments.append) == 0
    assert len(ledger()) == 4  # nothing was missing: the split was not opened


def test_a_child_killed_is_one_failed_prediction_and_the_rest_is_done() -> None:
    def answer(asked: str) -> str:
        if "q-1" in asked:
            for child in predicting(os.getpid()):
                os.kill(child, signal.SIGKILL)
        return "No" if "q-2" in asked else "Yes"

    with tiny.serving(answer) as generator:
        run = declared(PROMPTED.format(generator=generator))
        assert predict.run(run, run.load(), lambda moment: None) == 1
    made = {t.id: t.prediction for t in predict.read_traces(cell(run).traces)}
    assert {i: p.label for i, p in made.items()} == {"q-0": "Yes", "q-1": "", "q-2": "No", "q-3": "Yes"}
    assert made["q-1"].outcome == FAILED
    assert "killed by signal 9" in made["q-1"].error
    assert json.loads(journal.lines(LEDGER)[-1])["failed"] == 1


def test_a_child_ends_with_its_owner() -> None:
    asked, go_on = threading.Event(), threading.Event()

    def answer(question: str) -> str:
        asked.set()
        go_on.wait(60)
        return "Yes"

    with tiny.serving(answer) as generator:
        declared(PROMPTED.format(generator=generator))
        code = "from citebound.eval import experiment as e, predict; run = e.read(e.find('tiny'))"
        code += "; predict.run(run, run.load(), lambda moment: None)"
        owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert asked.wait(60)
            (child,) = predicting(owner.pid)
            owner.kill()
            owner.wait()
            end = time.monotonic() + 10
            while alive(child) and time.monotonic() < end:
                time.sleep(0.05)
            assert not alive(child)
        finally:
            owner.kill()
            owner.wait()
            go_on.set()


def test_what_crashes_again_and_again_is_given_up_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "CRASHES", 2)
    run = declared()
    run = replace(run, variants=run.variants[:1])
    suite = run.load()
    (Path("documents") / "msa.txt").unlink()
    Path("eval/suites/tiny.jsonl").write_text("not a row")
    assert predict.run(run, suite, lambda moment: None) == 4
    errors = [t.prediction.error for t in predict.read_traces(cell(run).traces)]
    assert all("ended with 1: " in e and "SuiteError" in e for e in errors[:2])
    assert errors[2:] == ["crashed 2 times in a row, given up"] * 2


def test_a_suite_that_was_changed_meanwhile_is_refused_before_anything_runs() -> None:
    run = declared()
    run = replace(run, variants=run.variants[:1])
    suite = run.load()
    predict.predict(cell(run), suite, Config())
    more = replace(suite, test=(*suite.test, replace(suite.test[0], id="q-4")))
    with pytest.raises(RunError, match="the suite tiny was changed after majority predicted q-0"):
        predict.run(run, more, lambda moment: None)


@pytest.mark.model
def test_a_control_that_searches_builds_the_collection_and_its_cost_is_kept() -> None:
    run = declared(BEFORE + '[systems.majority]\nkind = "bm25_top1"\n')
    predict.predict(cell(run), run.load(), Config())
    made = predict.read_traces(cell(run).traces)
    assert {t.prediction.label for t in made} == {"Yes"}
    assert [t.prediction.retrieved[0].document for t in made] == list(tiny.TEST)
    (cost,) = costs()
    assert isinstance(cost["index"], dict)
    assert cost["index"]["seconds"] > 0
    assert cost["index"]["bytes"] > 1000


@pytest.mark.model
def test_what_was_kept_does_not_make_a_system_look_cheaper() -> None:
    head = '[systems.{}]\nkind = "embedding_head"\ntrained = true\n'
    run = declared(BEFORE + head.format("majority") + head.format("second"))
    for name in ("majority", "second"):
        begun = time.monotonic()
        predict.predict(cell(run, name), run.load(), Config())
    elapsed = time.monotonic() - begun
    (kept,) = predict.WORK.rglob("vectors.sqlite")
    with closing(sqlite3.connect(kept)) as connection:
        ((embedding,),) = connection.execute("SELECT sum(wall) FROM vectors")
    (searches,) = predict.WORK.rglob("evidence-*.jsonl")
    searching = sum(json.loads(line)["seconds"] for line in journal.lines(searches))
    _, second = costs()
    answers = sum(t.prediction.seconds for t in predict.read_traces(cell(run, "second").traces))
    said = float(str(second["wall"])) + answers
    assert 0.99 * (embedding + searching) <= said <= 1.01 * (embedding + searching) + elapsed


def test_each_answer_is_charged_with_what_was_spared_it_and_with_no_others() -> None:
    class Saving:
        saved = (100.0, 100.0)

        def predict(self, _question: object) -> Prediction:
            self.saved = (self.saved[0] + 1.5, self.saved[1])
            return Prediction(text="yes")

    kit = Saving()
    for item in tiny.extract().test:
        made = predict._one(cast(System, kit), item, Regime.GIVEN, cast(Kit, kit))
        assert made.seconds == pytest.approx(1.5, abs=0.1)


# -- refused beforehand ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "instead", "named"),
    [
        ('kind = "majority"', 'kind = "majorty"', r"systems\.majority has the unknown kind 'majorty'"),
        ('kind = "majority"', 'kind = "majority"\nk = 3', r"systems\.majority: unknown option 'k'"),
        ('kind = "majority"', 'kind = "prompted"\npassages = "all"', r"systems\.majority: passages = 'all'"),
        ("seeds = [1]", 'regimes = ["corpus"]', "tiny has no regime 'corpus'"),
        ('metric = "accuracy"', 'metric = "acuracy"', r"primary\.metric = 'acuracy'"),
        ('metric = "accuracy"', 'metric = "f1"', r"primary\.metric = 'f1'"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_runs(there: str, instead: str, named: str) -> None:
    assert there in tiny.RUN
    run = declared(tiny.RUN.replace(there, instead, 1))
    with pytest.raises(RunError, match=named) as caught:
        predict.run(run, run.load(), lambda moment: None)
    assert "tiny.toml: " in str(caught.value)
    assert not LEDGER.exists()
    assert not predict.WORK.exists()


def test_an_unknown_kind_is_answered_with_those_there_are() -> None:
    run = declared(tiny.RUN.replace('kind = "majority"', 'kind = "majorty"'))
    with pytest.raises(RunError) as caught:
        predict.check(run, run.load())
    assert "prompted" in caught.value.remedy


# -- the child's work --------------------------------------------------------------------------------------------------


def test_a_generator_that_cannot_be_loaded_gives_failed_predictions() -> None:
    run = declared(PROMPTED.format(generator="nosuch"))
    predict.predict(cell(run), run.load(), Config())
    made = [t.prediction for t in predict.read_traces(cell(run).traces)]
    assert [p.outcome for p in made] == [FAILED] * 4
    assert all(p.error.startswith("UnknownModel: ") for p in made)
    assert predict.run(run, run.load(), lambda moment: None) == 4  # counted; nothing is left to predict
    assert [t.id for t in predict.failures(run, forget=True)] == [f"q-{n}" for n in range(4)]
    assert cell(run).done() == []  # to be tried again
    assert predict.failures(run) == []


def test_a_system_that_cannot_be_prepared_fails_each_prediction_and_says_why() -> None:
    run = declared(PROMPTED.format(generator="nosuch"))
    suite = run.load()
    suite = replace(suite, dev=suite.train)  # its leaning is read beforehand
    predict.predict(cell(run), suite, Config())
    made = [t.prediction for t in predict.read_traces(cell(run).traces)]
    assert [p.outcome for p in made] == [FAILED] * 4
    assert all(p.error.startswith("UnknownModel: ") for p in made)
    assert costs() == []


def test_only_what_is_missing_is_predicted_and_earlier_lines_stay() -> None:
    run = declared()
    first = cell(run)
    predict.predict(first, run.load(), Config())
    lines = first.traces.read_text().splitlines(keepends=True)
    first.traces.write_text(lines[2] + lines[0] + lines[1][:40])
    assert [t.id for t in first.done()] == ["q-2", "q-0"]
    predict.predict(first, run.load(), Config())
    again = first.traces.read_text().splitlines(keepends=True)
    assert again[:2] == [lines[2], lines[0]]
    assert [Trace.read(line).id for line in again[2:]] == ["q-1", "q-3"]


def test_generators_get_the_sample_and_a_trained_system_so_many_labels() -> None:
    trained = '\n[systems.few]\nkind = "majority"\ntrained = true\nsizes = [2]\nseeds = [7]\n'
    run = declared(tiny.RUN.replace("seeds = [1]", "items = 2") + trained)
    suite = run.load()
    sample = cell(run).items(suite)
    assert len(sample) == 2
    assert {i.cluster for i in sample} == {"msa.txt", "nda.txt"}
    few = Cell(run, run.variant("few@2"), Regime.GIVEN, 7, predict.WORK)
    assert few.items(suite) == suite.test
    predict.predict(few, suite, Config())
    assert [(c["labels"], c["predicted"], c["seed"]) for c in costs()] == [(2, 4, 7)]
    assert few.traces.name == "few@2.given.7.jsonl"


def test_a_cost_that_a_crash_tore_is_left_out() -> None:
    run = declared()
    predict.predict(cell(run), run.load(), Config())
    with cell(run).costs.open("a") as file:
        file.write('{"system": "maj')
    assert len(costs()) == 1
    predict.predict(cell(run, "always_not_found"), run.load(), Config())
    assert [c["system"] for c in costs()] == ["majority", "always_not_found"]

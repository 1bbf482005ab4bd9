import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from citebound.config import Config
from citebound.eval import experiment, plan
from citebound.eval.experiment import Experiment, RunError
from citebound.eval.plan_rates import Rates
from citebound.eval.predict import Cell
from citebound.eval.prediction import Prediction, Trace
from citebound.eval.suite import Regime
from citebound.eval.systems import KINDS
from tests.eval import tiny

RUN = """title = "Tiny"
suite = "tiny"
items = 4
[primary]
metric = "f1"
margin = 0.1
rag = "rag"
[systems.none]
kind = "always_not_found"
[systems.quotes]
kind = "ask"
llm = false
[systems.rag]
kind = "prompted"
passages = "product"
generator = "g"
[systems.zero]
kind = "prompted"
generator = "g"
"""
RATES = Rates(
    read={"g": 10.0}, written={"g": 2.0}, load={"g": 5.0}, memory={"g": 400.0}, embedded=0.5, trained=1.0, searched=0.25
)


@pytest.fixture
def run(tmp_path: Path) -> Experiment:
    path = tmp_path / "r.toml"
    path.write_text(RUN)
    return experiment.read(path)


def planned(run: Experiment, folder: Path, hours: float = 0.0, **changed: Any) -> plan.Plan:
    rates = replace(RATES, **changed)
    return plan.plan(run, tiny.extract(), Config(home=folder, models=folder), folder, rates, hours)


def predicted(run: Experiment, folder: Path, system: str, ids: list[str]) -> None:
    cell = Cell(run, run.variant(system), Regime.GIVEN, 1, folder)
    cell.traces.parent.mkdir(parents=True, exist_ok=True)
    traces = [Trace(system, "given", 1, i, Prediction(), 2.0, "", run.sha256) for i in ids]
    cell.traces.write_text("".join(t.line() + "\n" for t in traces))


def test_steps_are_the_work_over_the_rates(run: Experiment, tmp_path: Path) -> None:
    made = planned(run, tmp_path)
    none, quotes, rag, zero = made.steps
    assert [s.cell for s in made.steps] == ["none.given.1", "quotes.given.1", "rag.given.1", "zero.given.1"]
    assert {s.items for s in made.steps} == {4}
    assert none.seconds == plan.START
    # four searches at 0.25 a second; the index is built once: 112 characters, or half a document, are one text, of
    # which 0.5 are embedded in a second, and 6 seconds before the first
    index = (sum(map(len, tiny.DOCUMENTS.values())) / 112 + 2 * len(tiny.DOCUMENTS)) / 0.5 + 6
    assert quotes.seconds == pytest.approx(3 + 4 + 4 / 0.25 + index)
    # both have to load the generator for 5 seconds; what was searched for the quotes is kept for the other
    asked = [i.asked(Regime.GIVEN) for i in tiny.extract().test]
    for step in (rag, zero):
        variant = run.variant(step.system)
        work = KINDS["prompted"](tiny.kit(tiny.extract(), tmp_path), Regime.GIVEN, variant.options).work(asked, 1)
        opening = 4 if work.searched else 0
        passes = work.written + work.prompts
        assert step.seconds == pytest.approx(3 + opening + 5 + work.read / 10 + passes / 2)
        assert work.prompts == 4 + len(tiny.extract().dev) * (step is rag)  # a threshold is chosen on those of dev
    assert rag.seconds > zero.seconds
    assert (none.memory, rag.memory) == (plan.BASE_MIB, plan.BASE_MIB + 400)
    assert (made.seconds, made.memory, made.trim) == (sum(s.seconds for s in made.steps), plan.BASE_MIB + 400, ())


def test_steps_shrink_as_traces_are_there(run: Experiment, tmp_path: Path) -> None:
    before = {s.system: s for s in planned(run, tmp_path).steps}
    predicted(run, tmp_path, "zero", ["pay", "cap", "secret"])
    predicted(run, tmp_path, "none", ["pay", "cap", "secret", "absent"])
    after = {s.system: s for s in planned(run, tmp_path).steps}
    assert "none" not in after
    assert after["zero"].items == 1
    assert plan.START < after["zero"].seconds < before["zero"].seconds
    assert after["rag"] == before["rag"]
    for system in ("quotes", "rag", "zero"):
        predicted(run, tmp_path, system, ["pay", "cap", "secret", "absent"])
    assert planned(run, tmp_path) == plan.Plan(())


def test_an_index_that_is_there_is_not_built(run: Experiment, tmp_path: Path) -> None:
    before = planned(run, tmp_path).steps[1].seconds
    (tmp_path / "suites" / "tiny" / Config().encoder / "collection").mkdir(parents=True)
    assert before > planned(run, tmp_path).steps[1].seconds == pytest.approx(3 + 4 + 16)


def test_what_to_leave_out_is_named_the_dearest_first_until_it_is_enough(run: Experiment, tmp_path: Path) -> None:
    made = planned(run, tmp_path, hours=1000)
    assert made.trim == ()
    seconds = {s.system: s.seconds for s in made.steps}
    dearest = max(seconds, key=lambda s: seconds[s])
    # an hour budget that the run exceeds by one second: leaving out the dearest is enough
    trimmed = planned(run, tmp_path, hours=(made.seconds - 1) / 3600).trim
    assert "is more than" in trimmed[0]
    assert trimmed[1].startswith("items = 3 instead of 4")
    assert trimmed[2].startswith(f"without {dearest}: ")
    assert trimmed[3:] == ("these together are enough",)
    trimmed = planned(run, tmp_path, hours=1 / 3600).trim
    assert [line.split(":")[0] for line in trimmed[2:6]] == [
        f"without {s}" for s in sorted(seconds, key=lambda s: -seconds[s])
    ]


def test_a_run_that_could_not_be_run_is_not_planned(run: Experiment, tmp_path: Path) -> None:
    broken = replace(run, variants=(replace(run.variants[0], kind="nosuch"),))
    with pytest.raises(RunError, match="unknown kind 'nosuch'"):
        planned(broken, tmp_path)
    with pytest.raises(RunError, match="unknown kind 'nosuch'"):
        plan.generators(broken, tiny.extract(), Config())


def test_the_generators_of_a_run_are_known_beforehand(run: Experiment) -> None:
    assert plan.generators(run, tiny.extract(), Config()) == {"g"}


def test_a_plan_says_what_it_assumes(run: Experiment, tmp_path: Path) -> None:
    (now,) = planned(run, tmp_path).assumes
    assert "nothing else is started on this machine" in now
    assert "10 tokens read and 2 written by g" in now
    made = planned(run, tmp_path, speed=0.5, measured="2026-11-23")
    assert made.assumes[1].startswith("That is 50% of its speed on 2026-11-23")
    assert f"it would take {made.seconds / 2 / 60:.1f} min" in made.assumes[1]
    away = {"read": {"http://h/v1#m": 1.0}, "written": {"http://h/v1#m": 1.0}}
    assert planned(run, tmp_path, **away).assumes[1].startswith("Of http://h/v1#m it is assumed, not measured")
    for system in run.names:
        predicted(run, tmp_path, system, ["pay", "cap", "secret", "absent"])
    assert planned(run, tmp_path).assumes == ()


def test_a_document_that_does_not_fit_the_window_is_not_read(run: Experiment, tmp_path: Path) -> None:
    kit = tiny.kit(tiny.extract(), tmp_path)
    asked = [i.asked(Regime.GIVEN) for i in tiny.extract().test]
    fits, not_ = (
        KINDS["prompted"](kit, Regime.GIVEN, {"passages": "document", "window": w}).work(asked, 0) for w in (3500, 1)
    )
    assert fits.read > not_.read > 0


def test_a_plan_is_compared_with_the_run_that_followed_it_in_one_go(tmp_path: Path) -> None:
    ledger = tmp_path / "runs.jsonl"
    rows = [
        {"run": "a", "event": "planned", "seconds": 60.0},
        {"run": "a", "event": "opened"},
        {"run": "a", "event": "finished", "seconds": 90.0},
        {"run": "b", "event": "planned", "seconds": 50.0},
        {"run": "b", "event": "resumed"},
        {"run": "b", "event": "finished", "seconds": 5.0},
        {"run": "c", "event": "finished", "seconds": 5.0},
    ]
    ledger.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert plan.ratios(ledger) == {"a": 1.5}


def test_sentences_that_an_earlier_head_embedded_are_not_embedded_again(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    head = '[systems.{}]\nkind = "embedding_head"\ntrained = true\n'
    path.write_text(RUN + head.format("head") + head.format("again"))
    steps = {s.system: s.seconds for s in planned(experiment.read(path), tmp_path).steps}
    # one training item, 12 sentences, two classes, 0.04 training texts each: the fit is what is left
    assert steps["again"] == pytest.approx(plan.START + plan.OPENING + 1 * 12 * 2 * 0.04)
    assert steps["head"] > steps["quotes"]

"""Boards from traces made by hand. No model, no text."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citebound.eval import score
from citebound.eval.experiment import Experiment, Primary, Variant
from citebound.eval.gold import Gold, Key
from citebound.eval.judge import judge
from citebound.eval.measures import Place
from citebound.eval.prediction import FAILED, NOT_FOUND, Prediction, Trace
from citebound.eval.registration import Registration
from citebound.eval.suite import Regime, Task
from citebound.types import Span

REGISTERED = Registration("c" * 40, 1.0, "c" * 40)
WORST = Prediction(FAILED, error="GeneratorUnavailable: gone")


def variant(name: str, **changed: Any) -> Variant:
    made = Variant(name, name, "prompted", {}, 0, (1,), (Regime.GIVEN,), True, "", "generator")
    return replace(made, **changed)


def run(*names: str, metric: str = "correct", items: int = 0, **primary: Any) -> Experiment:
    decided = Primary(metric, 0.05, names[0], tuple(names[1:]), **primary)
    controls = [n for n in primary.values() if n not in names]
    variants = tuple(variant(n) for n in (*names, *controls))
    return Experiment(Path("r.toml"), "r", "R", "s", (Regime.GIVEN,), items, 0, decided, variants, "ab")


def gold(id_: str, answer: str = "", label: str = "", places: Sequence[Place] = (), cluster: str = "") -> Gold:
    answers = (tuple(answer.split()),) if answer else ()
    return Gold(id_, cluster or id_, "kind", bool(answer or label), label, answers, tuple(places))


def key(items: Iterable[Gold], labels: Sequence[str] = ()) -> Key:
    task = Task.LABEL if labels else Task.EXTRACT
    return Key("s", "S", task, tuple(labels), False, "", {g.id: g for g in items})


def traces(system: str, made: dict[str, Prediction], seed: int = 1) -> list[Trace]:
    return [Trace(system, "given", seed, id_, p, 2.0, "c" * 40, "ab") for id_, p in made.items()]


def board(experiment: Experiment, of: Key, *rows: list[Trace], costs: Sequence[Any] = ()) -> score.Board:
    return score.board(experiment, of, [t for row in rows for t in row], costs, REGISTERED, 1, resamples=200)


def said(answer: str, **more: Any) -> Prediction:
    return Prediction(tokens=tuple(answer.split()), **more) if answer else Prediction(NOT_FOUND, **more)


def values(made: score.Board, cell: int = 0) -> dict[str, float]:
    return {name: round(found["value"], 4) for name, found in made["cells"][cell]["metrics"].items()}


def test_text_measures_by_hand() -> None:
    items = [gold("a", "thirty days"), gold("b", "paris"), gold("c"), gold("d"), gold("e", "x y")]
    predictions = {
        "a": said("thirty days"),
        "b": said("in paris france"),  # F1: 1 of 3 and 1 of 1 = 0.5; it holds the answer, so it is correct
        "c": said(""),
        "d": said("something"),  # there is no answer
        "e": said(""),  # there is one
    }
    found = values(board(run("s"), key(items), traces("s", predictions)))
    assert found["em"] == 0.4  # a, c
    assert found["f1"] == 0.5  # (1 + 0.5 + 1 + 0 + 0) / 5
    assert found["correct"] == 0.6  # a, b, c
    assert found["coverage"] == 0.6  # a, b, d are shown
    assert found["wrong_shown"] == 0.3333  # d
    assert found["answered_unanswerable"] == 0.5  # d of c, d
    assert found["refused_answerable"] == 0.3333  # e of a, b, e


def test_a_text_that_holds_the_answer_counts_only_if_it_is_short() -> None:
    def correct(words: int) -> float:
        return judge(Task.EXTRACT, gold("a", "paris"), said("paris " + "word " * (words - 1)))["correct"]

    assert (correct(24), correct(25)) == (1.0, 0.0)  # 4 times 1 token and 20


def test_label_measures_by_hand() -> None:
    items = [gold(str(n), label=label) for n, label in enumerate("aaab")]
    scores = {"a": 0.8, "b": 0.2}
    predictions = {
        "0": Prediction(label="a", scores=scores),
        "1": Prediction(label="a", scores=scores),
        "2": Prediction(label="b", scores={"a": 0.4, "b": 0.6}),
        "3": Prediction(label="b"),
    }
    made = board(run("s", metric="macro_f1"), key(items, ["a", "b"]), traces("s", predictions))
    found = values(made)
    assert found["accuracy"] == 0.75
    assert found["f1_a"] == 0.8  # precision 1, recall 2/3
    assert found["f1_b"] == 0.6667  # precision 1/2, recall 1
    assert found["macro_f1"] == 0.7333
    # (0.2^2 + 0.2^2) twice, 0.6^2 + 0.6^2, and 0 for the right label without a probability
    assert found["brier"] == pytest.approx((0.08 + 0.08 + 0.72 + 0) / 4)


def test_evidence_measures_are_of_the_items_that_have_a_place() -> None:
    place = Place("d", Span(100, 200))
    items = [gold("a", "x", places=[place]), gold("b")]
    half = Place("d", Span(150, 250))
    made = said("x", quotes=(half,), shown=(place,), retrieved=(half, Place("e", Span(0, 9))))
    found = board(run("s"), key(items), traces("s", {"a": made, "b": said("")}))["cells"][0]["metrics"]
    assert found["quote_recall"]["value"] == found["quote_precision"]["value"] == 0.5
    assert found["shown_recall"]["value"] == found["quote_touches"]["value"] == 1.0
    assert found["wrong_document"]["value"] == 0.5
    assert found["quote_recall"]["n"] == 1


@pytest.mark.parametrize("answerable", [True, False])
@pytest.mark.parametrize("task", [Task.EXTRACT, Task.LABEL])
@given(
    label=st.sampled_from(["a", "b", ""]),
    text=st.sampled_from(["", "x", "x y", "z"]),
    shares=st.sampled_from([{}, {"a": 1.0}, {"b": 1.0}, {"a": 0.3, "b": 0.7}]),
    start=st.integers(0, 30),
)
def test_nothing_scores_worse_than_a_failure(
    task: Task, answerable: bool, label: str, text: str, shares: dict[str, float], start: int
) -> None:
    lower_is_better = {"brier", "wrong_document"}
    of = Gold("i", "c", "k", answerable, "a", (("x",),) if answerable else (), (Place("d", Span(10, 20)),))
    places = (Place("d", Span(start, start + 5)),)
    made = Prediction(label=label, tokens=tuple(text.split()), scores=shares, quotes=places, shown=places)
    failed, other = judge(task, of, WORST), judge(task, of, made)
    assert failed.keys() == other.keys()
    for name, value in failed.items():
        assert value >= other[name] if name in lower_is_better else value <= other[name]
        assert 0 <= other[name] <= (2 if name == "brier" else 1)


def test_a_failure_is_both_errors_of_abstaining_and_wrong_in_macro_f1() -> None:
    items = [gold("a", "x"), gold("b")]
    made = board(run("s"), key(items), traces("s", {"a": WORST, "b": WORST}))
    found = values(made)
    assert (found["correct"], found["f1"], found["coverage"], found["wrong_shown"]) == (0, 0, 1, 1)
    assert (found["answered_unanswerable"], found["refused_answerable"]) == (1, 1)
    assert made["cells"][0]["failed"] == 1
    labelled = key([gold("a", label="x"), gold("b", label="y")], ["x", "y"])
    found = values(board(run("s", metric="macro_f1"), labelled, traces("s", {"a": Prediction(label="x"), "b": WORST})))
    assert found["macro_f1"] == 0.5  # 1 and 0


ITEMS = [gold(f"i{n}", "x" if n % 4 else "", cluster=f"d{n % 30}") for n in range(120)]


def answers(right: int, of: Sequence[Gold] = ITEMS, **more: Any) -> dict[str, Prediction]:
    """Right for the first `right` of the items, in an order that mixes documents, and wrong for the others."""
    return {
        g.id: said("x" if g.answerable == (n * 7 % len(of) < right) else "", confidence=0.5, **more)
        for n, g in enumerate(of)
    }


def test_what_is_not_whole_is_not_counted_and_not_compared() -> None:
    experiment = run("rag", "half", "garbled", "whole")
    half = dict(list(answers(40).items())[:119])
    garbled = {id_: replace(p, parsed=n % 5 > 0) for n, (id_, p) in enumerate(answers(40).items())}  # 24 of 120
    made = board(
        experiment,
        key(ITEMS),
        traces("rag", answers(100)),
        traces("half", half),
        traces("garbled", garbled),
        traces("whole", answers(40)),
    )
    found = {c["system"]: c for c in made["cells"]}
    assert found["half"]["not_counted"] == ["not complete"]
    assert not found["half"]["complete"]
    assert found["garbled"]["not_counted"] == ["parse failures of 20 % or more"]
    assert found["rag"]["not_counted"] == found["whole"]["not_counted"] == []
    assert [c["other"] for c in made["comparisons"]] == ["garbled", "whole"]


def test_a_missing_seed_and_an_unfinished_reference_are_not_complete() -> None:
    experiment = run("rag", "head")
    experiment = replace(experiment, variants=(experiment.variants[0], variant("head", seeds=(1, 2))))
    made = board(experiment, key(ITEMS), traces("rag", answers(100)), traces("head", answers(40)))
    assert made["cells"][1]["not_counted"] == ["not complete"]
    assert made["comparisons"] == []
    both = [*traces("head", answers(40)), *traces("head", dict(list(answers(40).items())[:60]), seed=2)]
    made = board(experiment, key(ITEMS), traces("rag", answers(100)), both)
    assert (made["cells"][1]["n"], made["cells"][1]["complete"]) == (60, False)
    short = board(run("rag", "other"), key(ITEMS), traces("rag", answers(9, ITEMS[:9])), traces("other", answers(40)))
    assert short["comparisons"] == []


def test_a_sample_is_complete_with_its_items_and_too_few_are_said() -> None:
    experiment = run("rag", items=50)
    experiment = replace(experiment, variants=(variant("rag", all_items=False),))
    made = board(experiment, key(ITEMS), traces("rag", answers(9, ITEMS[:50])))
    assert made["cells"][0]["not_counted"] == ["fewer than 100 items"]


def test_a_development_loss_that_did_not_fall_is_not_counted() -> None:
    cost = {"system": "s", "regime": "given", "labels": 5, "wall": 2.0, "cpu": 3.0, "predicted": 120}
    cost |= {"peak_rss_mib": 9.0, "before": 0.7, "after": 0.7, "index": {"seconds": 4.0, "bytes": 8.0}}
    made = board(run("s"), key(ITEMS), traces("s", answers(40, seconds=0.5, tokens_in=10)), costs=[cost])["cells"][0]
    assert made["not_counted"] == ["the development loss did not fall"]
    found = made["cost"]
    assert (found["labels"], found["adapt_wall_seconds"], found["adapt_cpu_seconds"]) == (5, 2, 3)
    assert (found["index_seconds"], found["index_bytes"], found["peak_rss_mib"]) == (4, 8, 9)
    assert (found["per_1000_seconds"], found["p95_seconds"], found["tokens_in"]) == (500, 0.5, 10)


def controls(wrong: int, removed: int) -> dict[str, Any]:
    experiment = run("rag", "zero", wrong="wrong", removed="removed", chance="chance")
    rows = {"rag": 110, "zero": 60, "wrong": wrong, "removed": removed, "chance": 30}
    made = board(experiment, key(ITEMS), *(traces(name, answers(right)) for name, right in rows.items()))
    return {c["role"]: c for c in made["controls"]}


def test_retrieval_is_dead_where_another_questions_passages_do_as_well() -> None:
    assert controls(wrong=110, removed=30)["wrong"]["dead"]
    assert not controls(wrong=30, removed=30)["wrong"]["dead"]
    assert controls(wrong=30, removed=30)["wrong"]["verdict"] == "rag"


def test_it_leaks_where_most_is_kept_without_the_gold() -> None:
    leaking = controls(wrong=30, removed=100)["removed"]
    assert leaking["leaked"]
    assert leaking["gold_leak_rate"] == pytest.approx(100 / 120, abs=1e-6)
    assert not controls(wrong=30, removed=35)["removed"]["leaked"]
    assert set(controls(wrong=30, removed=30)) == {"wrong", "removed", "chance"}


def test_rag_is_compared_by_the_rule_and_told_from_one_that_is_worse() -> None:
    made = board(run("rag", "zero"), key(ITEMS), traces("rag", answers(110)), traces("zero", answers(30)))
    (row,) = made["comparisons"]
    assert (row["verdict"], row["n"], row["clusters"]) == ("rag", 120, 30)
    assert row["difference"]["value"] == pytest.approx((110 - 30) / 120, abs=1e-6)
    assert row["p_holm"] == row["p"]
    assert (made["exploratory"], made["openings"], made["test_clusters"]) == (False, 1, 30)


BASE = [*traces("rag", answers(70)), *traces("zero", answers(50)), *traces("wrong", answers(40))]
WITH_CONTROL = run("rag", "zero", wrong="wrong")
FIRST = board(WITH_CONTROL, key(ITEMS), BASE)


def test_systems_that_join_both_are_compared_with_each_rival_on_the_same_items() -> None:
    experiment = run("rag", "weak", "strong", "joined")
    experiment = replace(experiment, primary=replace(experiment.primary, against=("weak", "strong"), both=("joined",)))
    rows = {"rag": 40, "weak": 20, "strong": 70, "joined": 95}
    of = [traces(name, answers(right)) for name, right in rows.items()]
    weak, strong = board(experiment, key(ITEMS), *of)["direct"]
    assert (weak["system"], weak["other"], weak["verdict"]) == ("joined", "weak", "system")
    assert (strong["other"], strong["n"], strong["difference"]["value"]) == ("strong", 120, 0.208333)  # 25 of 120
    # Holm, a family of two: the smaller p is doubled, the larger one is no smaller than that
    small, large = sorted((weak, strong), key=lambda row: row["p"])
    assert small["p_holm"] == pytest.approx(2 * small["p"], rel=0.01)
    assert large["p_holm"] == pytest.approx(max(large["p"], 2 * small["p"]), rel=0.01)
    assert all(row["p_holm"] >= row["p"] for row in (weak, strong))
    # a board without such systems, as those that were sealed before, has no such list
    assert "direct" not in board(run("rag", "weak"), key(ITEMS), *of[:2])


def test_the_same_traces_make_the_same_board() -> None:
    assert board(WITH_CONTROL, key(ITEMS), BASE) == FIRST


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_the_order_of_traces_does_not_matter(drawn: Any) -> None:
    mixed = list(BASE)
    drawn.shuffle(mixed)
    assert board(WITH_CONTROL, key(ITEMS), mixed) == FIRST


def test_losses_name_items_their_stage_and_no_text() -> None:
    place = Place("d", Span(0, 9))
    items = [gold("a", "x", places=[place]), gold("b", "x", places=[place]), gold("c", "x")]
    predictions = {
        "a": said("y", confidence=0.9, retrieved=(place,)),
        "b": said("y", confidence=0.1, retrieved=(place,), shown=(place,)),
        "c": replace(WORST, error="ValueError: The Customer said so"),
    }
    (lost,) = board(run("s"), key(items), traces("s", predictions))["losses"]
    assert [w["id"] for w in lost["worst"]] == ["a", "b", "c"]
    assert [w["lost_at"] for w in lost["worst"]] == ["selection", "reading", "none"]
    assert lost["stages"] == {"reading": 1, "selection": 1}
    assert lost["worst"][2]["error"] == "ValueError"


def test_slices_are_by_kind() -> None:
    items = [replace(gold("a", "x"), kind="duty"), replace(gold("b", "x"), kind="date"), gold("c")]
    made = board(run("s"), key(items), traces("s", {"a": said("x"), "b": said(""), "c": said("")}))
    (part,) = made["slices"]
    assert part["kinds"] == {
        "date": {"value": 0.0, "low": 0.0, "high": 0.0, "n": 1},
        "duty": {"value": 1.0, "low": 1.0, "high": 1.0, "n": 1},
        "kind": {"value": 1.0, "low": 1.0, "high": 1.0, "n": 1},
    }


def test_slices_are_by_where_the_gold_begins_in_its_document_with_an_interval() -> None:
    items = [
        replace(gold(f"i{n}", "x", places=[Place("d", Span(n, n + 9))]), depth=depth)
        for n, depth in enumerate([0.0, 0.2, 0.33, 0.34, 0.67, 0.99])
    ]
    right = {"i0", "i1", "i3"}
    made = board(
        run("s"), key([*items, gold("none")]), traces("s", {g.id: said("x" if g.id in right else "y") for g in items})
    )
    (part,) = made["depths"]
    assert {k: (v["value"], v["n"]) for k, v in part["depths"].items()} == {
        "first third": (0.666667, 3),
        "middle third": (1.0, 1),
        "last third": (0.0, 2),
    }
    assert 0 <= part["depths"]["first third"]["low"] < 0.67 < part["depths"]["first third"]["high"] <= 1


def test_slices_are_by_the_number_of_passages_without_gold_beside_it() -> None:
    place = Place("d", Span(100, 109))
    others = tuple(Place("e", Span(n, n + 5)) for n in range(0, 70, 10))
    items = [gold(name, "x", places=[place]) for name in "abcd"]
    predictions = {
        "a": said("x", shown=(place,)),
        "b": said("x", shown=(*others[:2], place)),
        "c": said("y", shown=(place, *others)),
        "d": said("y", shown=others),  # the gold was not shown
    }
    made = board(run("s"), key(items), traces("s", predictions))
    (part,) = made["distractors"]
    assert {k: (v["value"], v["n"]) for k, v in part["distractors"].items()} == {
        "none": (1.0, 1),
        "one or two": (1.0, 1),
        "six or more": (0.0, 1),
    }


def test_retrieval_is_scored_where_there_are_places_and_something_is_retrieved() -> None:
    place, other = Place("d", Span(0, 9)), Place("d", Span(20, 29))
    items = [gold("a", "x", places=[place]), gold("b", "x", places=[place]), gold("c", "x")]
    predictions = {
        "a": said("x", retrieved=(place,), shown=(place,)),
        "b": said("y", retrieved=(other, place), shown=(other, place)),
        "c": said("x"),
    }
    made = board(run("s"), key(items), traces("s", predictions))
    metrics = made["cells"][0]["metrics"]
    assert metrics["retrieved_mrr"] == {"value": 0.75, "n": 2}  # 1 and 1/2
    assert metrics["retrieved_recall@1"] == {"value": 0.5, "n": 2}
    (part,) = made["positions"]
    found = {place: (v["value"], v["n"]) for place, v in part["positions"].items()}
    assert found == {"first": (1.0, 1), "second or third": (0.0, 1)}
    silent = board(run("s"), key(items), traces("s", {i.id: said("x") for i in items}))
    assert "retrieved_mrr" not in silent["cells"][0]["metrics"] and silent["positions"] == []

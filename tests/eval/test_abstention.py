"""The figures of abstention: halves that share no document, gold that is cut out, drafts that are asked for once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from citebound import Config
from citebound.answer.confidence.calibrating import fit
from citebound.answer.confidence.calibration import Calibration
from citebound.eval import abstention, abstention_items
from citebound.eval.abstention_items import SUITES, TEMPTING, balanced, chosen, collected, halves, without
from citebound.eval.abstention_measured import Measured, curves, figures_of
from citebound.eval.abstention_rows import KeptDrafts, KeptEncoder, Row, row
from citebound.eval.measures import Place
from citebound.eval.suite import Item, Regime, Suite, SuiteError, Task
from citebound.types import Span
from tests.answer.confidence.test_calibrating import MADE, cases
from tests.fakes import Echo, WordHashEmbedder

THINGS = "anchor basket candle drawer engine fiddle garden hammer".split()
COLOURS = "amber azure coral jade".split()


def suite(name: str, documents: int = 8, *, parted: bool = True) -> Suite:
    """Documents that say four things each, and as many questions that they do not answer."""
    texts, items = {}, []
    for i in range(documents):
        file, thing = f"{name}-{i}.txt", f"{THINGS[i % len(THINGS)]} of {name}"
        lines = [f"The {colour} {thing} weighs {100 * i + j + 11} kilograms." for j, colour in enumerate(COLOURS)]
        texts[file] = "\n\n".join(lines)
        for j, colour in enumerate(COLOURS):
            start = texts[file].index(lines[j])
            gold = Place(file, Span(start, start + len(lines[j])))
            value = f"{100 * i + j + 11} kilograms"
            question = f"How many kilograms does the {colour} {thing} weigh?"
            items.append(Item(f"{name}-{i}-{j}", question, file, "x", True, (file,), answers=(value,), gold=(gold,)))
            other = f"Who painted the portrait of {colour} sailors in {thing}?"
            items.append(Item(f"{name}-{i}-{j}-no", other, file, "x", False, (file,)))
    middle = 4 * documents if parted else 0
    return Suite(
        name, name, Task.EXTRACT, (Regime.GIVEN,), tuple(items[middle:]), tuple(items[:middle]), documents=texts
    )


FOUND = {"squad2": suite("squad2", 4, parted=False), "contractnli": suite("contractnli"), "cuad": suite("cuad")}


@pytest.mark.parametrize("name", SUITES)
def test_the_halves_share_no_document_and_hold_every_item(name: str) -> None:
    made = halves(FOUND[name])
    documents = [{d for item in made[side] for d in item.documents} for side in abstention_items.SIDES]
    assert not documents[0] & documents[1]
    assert documents[0] and documents[1]
    every = (*FOUND[name].train, *FOUND[name].dev, *FOUND[name].test)
    assert sum(map(len, made.values())) == len(every)


def test_items_are_half_answerable_and_spread_over_few_documents() -> None:
    made = balanced(FOUND["cuad"].train, 12, 3)
    assert len(made) == 12
    assert sum(i.answerable for i in made) == 6
    assert len({i.cluster for i in made}) == 3
    assert balanced(FOUND["cuad"].train, 4, 3) != []
    assert {i.id for i in balanced(FOUND["cuad"].train, 6, 3)} <= {i.id for i in made}


def test_the_gold_of_removed_items_is_gone_and_that_of_others_stands_where_it_says() -> None:
    shell, items = collected(FOUND, "removed", {"fit": 30, "measure": 30}, 9)
    taken = {i.id for s in SUITES for side in abstention_items.SIDES for i in chosen(FOUND, s, side, 30, 9)}
    lost = kept = 0
    for side in abstention_items.SIDES:
        for item in items[side]:
            assert item.id.removeprefix("removed-") not in taken
            text = shell.documents[item.documents[0]]
            if item.answerable:
                kept += 1
                assert all(item.answers[0] in place.span.of(text) for place in item.gold)
            else:
                lost += 1
                assert not item.gold
                assert item.answers[0] not in text
    assert lost
    assert kept
    assert set(shell.documents) == {d for side in items.values() for i in side for d in i.documents}


def test_a_source_is_a_collection_of_the_documents_that_are_asked() -> None:
    shell, items = collected(FOUND, "cuad", {"fit": 4, "measure": 4}, 2)
    assert set(shell.documents) == {d for side in items.values() for i in side for d in i.documents}
    with pytest.raises(SuiteError, match="no items"):
        collected(FOUND, "cuad", {"fit": 0, "measure": 4})


def test_a_foreign_question_is_asked_of_a_document_about_something_else() -> None:
    shell, items = collected(FOUND, "foreign", {"fit": 8, "measure": 8}, 2)
    for side in abstention_items.SIDES:
        lost = [item for item in items[side] if not item.answerable]
        assert len(lost) == len(items[side]) / 2
        for item in lost:
            (where,) = item.documents
            assert where in shell.documents
            assert where.split("-")[0] != item.id.split("-")[1]
            assert not item.gold
            assert not item.answers


def test_cutting_leaves_the_rest_of_a_text() -> None:
    places = [Place("d", Span(0, 2)), Place("d", Span(4, 5))]
    assert without("abcdef", places) == f"{abstention_items.CUT}cd{abstention_items.CUT}f"


def test_a_draft_is_asked_for_once_whatever_its_fences(tmp_path: Path) -> None:
    path = tmp_path / "drafts.jsonl"
    echo = Echo("It is so [1].")

    def messages(fence: str) -> Sequence[Mapping[str, str]]:
        return [{"role": "user", "content": f"<{fence}>\n[1] It is so.\n</{fence}>\n\nQuestion: Is it?"}]

    kept = KeptDrafts(path, "echo", echo)
    first = "".join(kept.stream(messages("0123abcd"), max_tokens=9))
    assert "".join(KeptDrafts(path, "echo", None).stream(messages("ffff0000"), max_tokens=9)) == first
    assert kept.last == first
    assert len(echo.asked) == 1
    "".join(kept.stream(messages("0123abcd"), max_tokens=10))
    assert len(echo.asked) == 2


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[abstention.Bench]:
    encoder = KeptEncoder(WordHashEmbedder(), tmp_path / "vectors.sqlite")
    yield abstention.Bench(tmp_path / "out", Config(home=tmp_path), {"fit": 16, "measure": 16}, encoder, 4)


def test_questions_are_asked_once_and_judged(bench: abstention.Bench, tmp_path: Path) -> None:
    rows = bench.rows(FOUND, "contractnli", llm=False)
    assert len(rows) == 32
    right = [r.case.right for r in rows if r.case.answerable]
    assert sum(right) / len(right) > 0.8
    assert not any(r.case.right for r in rows if not r.case.answerable)
    assert all(r.case.signals and not r.drafted for r in rows)
    (path,) = (tmp_path / "out" / "rows").glob("contractnli.*")
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:5]) + "\n" + lines[5][:20])  # killed in the middle of a line
    assert bench.rows(FOUND, "contractnli", llm=False) == rows
    assert len(path.read_text().splitlines()) == 32


def test_what_was_cut_out_and_found_elsewhere_is_right() -> None:
    lost = replace(FOUND["cuad"].test[0], answerable=False, gold=())
    kept = {
        "id": lost.id,
        "outcome": "answered",
        "draft": "",
        "passages": [],
        "signals": {"cosine": 0.5},
        "sentences": [{"text": f"It is {lost.answers[0]}.", "verdict": "bound", "quotes": []}],
    }
    assert row(lost, kept, FOUND["cuad"].documents, "removed", "fit").case.right
    kept["sentences"] = [{"text": "It is blue.", "verdict": "bound", "quotes": []}]
    assert not row(lost, kept, FOUND["cuad"].documents, "removed", "fit").case.right


def measured(count: int = 400) -> tuple[Calibration, Measured]:
    made = fit(cases(count, 1, noise=0.15), MADE, None, drafts=False)
    rows = [
        Row(str(i), TEMPTING[i % 4], "measure", case, False, None) for i, case in enumerate(cases(count, 2, noise=0.15))
    ]
    return made, Measured(made, rows, llm=False)


def test_the_figures_are_counts_that_can_be_made_again() -> None:
    made, found = measured()
    figures = {f.name: f for f in figures_of(found, TEMPTING, 0.05, ".no_llm")}
    for source in (*TEMPTING, "macro"):
        for name in ("coverage_at_5", "stated_risk", "observed_risk", "false_absence", "aurc"):
            assert f"abstain.{source}.{name}.no_llm" in figures
    shown = [r for r, s in zip(found.rows, found.shown, strict=True) if s]
    pooled = figures["abstain.pooled.observed_risk.no_llm"]
    assert pooled.denominator == len(shown)
    assert pooled.numerator == sum(not r.case.right for r in shown)
    assert pooled.high is not None
    assert pooled.value <= pooled.high
    limit = made.answerable.limit
    assert limit is not None
    one = [r for r in found.rows if r.source == "cuad" and r.case.answerable]
    absent = sum(made.answerable.confidence(r.case.signals) < limit.threshold for r in one)
    false_absence = figures["abstain.cuad.false_absence.no_llm"]
    assert (false_absence.numerator, false_absence.denominator) == (absent, len(one))
    assert not any("ungated" in name for name in figures)
    points = curves(found, TEMPTING)["cuad"]
    assert points[-1][0] == 1.0
    assert points[-1][1] == pytest.approx(sum(not r.case.right for r in found.rows if r.source == "cuad") / 100)


def test_where_nothing_can_be_stated_nothing_is_shown() -> None:
    made, found = measured()
    none = replace(made, quotes=replace(made.quotes, levels=()))
    silent = Measured(none, found.rows, llm=False)
    assert not any(silent.shown)
    figures = {f.name: f for f in figures_of(silent, TEMPTING, 0.05, "")}
    assert figures["abstain.macro.stated_risk"].value == 1.0
    assert figures["abstain.macro.observed_risk"].high == 1.0
    assert figures["abstain.cuad.coverage_stated"].value == 0.0


def test_a_run_prints_writes_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(abstention, "open_encoder", lambda config: WordHashEmbedder())
    monkeypatch.setattr(abstention_items, "suites", lambda names: FOUND)
    monkeypatch.setattr(abstention, "SHIPPED", tmp_path / "shipped.json")
    monkeypatch.setenv("CITEBOUND_HOME", str(tmp_path))
    arguments = ["x", "--no-llm", "--sources", "contractnli,cuad", "--items", "24", "--fit-items", "30"]
    arguments += ["--documents", "4", "--ship", "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", arguments)
    assert abstention.main() == 0
    said = capsys.readouterr().out
    assert "abstain.macro.observed_risk.no_llm" in said
    made = json.loads((tmp_path / "shipped.json").read_text())["made"]
    assert made["on"] == ["contractnli, first half", "cuad, first half"]
    monkeypatch.setattr("sys.argv", [*arguments, "--sources", "nothing"])
    assert abstention.main() == 2

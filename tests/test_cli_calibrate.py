"""`citebound calibrate` on a user's own questions, and what `ask` prints of confidence and of what was searched."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from citebound import Collection, Config
from citebound.answer.confidence.calibration import FILE, read, write
from tests.answer.confidence.test_abstention import HOPELESS, SURE, UNSURE
from tests.conftest import Run
from tests.fakes import Echo, WordHashEmbedder

COLOURS = "amber azure coral jade lilac olive pearl".split()
THINGS = "anchor basket candle drawer engine fiddle garden hammer island jacket".split()


@pytest.fixture
def filled(run: Run, tmp_path: Path) -> Run:
    """Ten documents that each say seven things, and a table of questions on them, half without an answer."""
    folder = tmp_path / "docs"
    folder.mkdir()
    rows = []
    for i, thing in enumerate(THINGS):
        lines = [
            f"The {colour} {thing} weighs {100 * i + j + 11} kilograms in winter." for j, colour in enumerate(COLOURS)
        ]
        (folder / f"{thing}.txt").write_text("\n\n".join(lines) + "\n")
        for j, colour in enumerate(COLOURS):
            asked = f"How many kilograms does the {colour} {thing} weigh in winter?"
            rows.append((asked, f"{100 * i + j + 11} kilograms", f"{thing}.txt", lines[j]))
            rows.append((f"Who painted the portrait of {colour} {thing}s for the museum of {colour}?", "", "", ""))
    with (tmp_path / "questions.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("question", "answer", "document", "quote"), *rows])
    assert run("ingest", "docs", "-c", "mine").code == 0
    return run


def test_a_calibration_is_fitted_stored_and_used(filled: Run, tmp_path: Path) -> None:
    ended = filled("calibrate", "-q", "questions.csv", "-c", "mine", "--risk", "0.2", "--no-llm", "--json")
    assert ended.code == 0
    made = read(tmp_path / "indexes" / "mine")
    assert made is not None
    told = ended.json
    assert told["stored"].endswith(FILE)
    assert told["made"]["items"] == made.made.items == 140
    assert told["made"]["answerable"] == 70
    assert made.made.on == ("questions.csv",)
    assert (made.made.encoder, made.made.generator, made.made.risk) == ("word-hash", "", 0.2)
    level = made.quotes.level(0.2)
    assert level is not None
    assert level.upper <= 0.2
    answer = filled(
        "ask", "How many kilograms does the jade engine weigh in winter?", "-c", "mine", "--no-llm", "--json"
    )
    assert answer.json["confidence"] >= level.threshold
    assert answer.json["risk"] <= 0.2
    assert answer.json["receipt"]["calibration"].startswith("140 questions on 10 documents")
    # asking for a calibration leaves no receipts behind
    assert len(filled("receipts", "-c", "mine", "--json").json) == 1


def test_a_dry_run_stores_nothing_and_says_what_could_be_stated(filled: Run, tmp_path: Path) -> None:
    ended = filled("calibrate", "-q", "questions.csv", "-c", "mine", "--risk", "0.1", "--no-llm", "--dry-run")
    assert ended.code == 0
    assert "nothing was stored (--dry-run)" in ended.out
    assert "upper 95 % bound" in ended.out
    assert not (tmp_path / "indexes" / "mine" / FILE).exists()


def test_a_risk_that_few_questions_cannot_show_is_not_stored_unless_forced(filled: Run, tmp_path: Path) -> None:
    lines = (tmp_path / "questions.csv").read_text().splitlines()
    (tmp_path / "few.csv").write_text("\n".join(lines[:61]) + "\n")
    ended = filled("calibrate", "-q", "few.csv", "-c", "mine", "--risk", "0.01", "--no-llm")
    assert ended.code == 0
    said = " ".join(ended.out.split())
    assert "an error rate of 1% cannot be stated: it takes at least 299 answers" in said
    assert "at best" in said
    assert "nothing was stored (--force stores it)" in said
    assert filled("calibrate", "-q", "few.csv", "-c", "mine", "--risk", "0.01", "--no-llm", "--force").code == 0
    assert (tmp_path / "indexes" / "mine" / FILE).exists()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("question,answer\n", "there are no questions"),
        ("a,b\n1,2\n", "the header has no columns"),
        ("question,answer\nWho?,\n", "a calibration needs at least"),
        ("question,answer\nWho?,Nobody at all\n", "no question can be used"),
        ("question,answer\nWho?,x\nWho,x,y,z\n", "line 3"),
    ],
)
def test_a_table_that_teaches_nothing_is_an_error_in_words(filled: Run, tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "bad.csv").write_text(table)
    ended = filled("calibrate", "-q", "bad.csv", "-c", "mine", "--no-llm")
    assert ended.code != 0
    assert said in " ".join(ended.err.split())


def test_a_missing_file_a_missing_collection_and_a_strange_risk_are_errors(filled: Run) -> None:
    assert filled("calibrate", "-q", "none.csv", "-c", "mine", "--no-llm").code == 2
    assert "no collection" in filled("calibrate", "-q", "questions.csv", "-c", "other", "--no-llm").err
    assert filled("calibrate", "-q", "questions.csv", "-c", "mine", "--risk", "1.5").code == 2


def test_drafts_are_calibrated_with_the_model_that_writes_them(tmp_path: Path, filled: Run) -> None:
    from citebound.eval.own_calibration import calibrate

    config = Config(home=tmp_path / "indexes")
    with Collection.open("mine", config=config, embedder=WordHashEmbedder(), generator=Echo()) as opened:
        steps: list[tuple[int, int]] = []
        (tmp_path / "work").mkdir()
        found = calibrate(
            opened, tmp_path / "questions.csv", 0.2, tmp_path / "work", progress=lambda *at: steps.append(at)
        )
        assert found.calibration.made.generator == "echo"
        assert found.calibration.drafts is not None
        assert steps[-1] == (140, 140)
        write(opened.root, found.calibration)
        answer = opened.ask("How many kilograms does the jade engine weigh in winter?")
        assert answer.confidence is not None


def test_ask_prints_how_sure_it_is_and_what_was_searched(filled: Run, tmp_path: Path) -> None:
    root = tmp_path / "indexes" / "mine"
    asked = ("ask", "How many kilograms does the jade engine weigh in summer of 2031?", "-c", "mine", "--no-llm")
    write(root, SURE)
    said = " ".join(filled(*asked).out.split())
    assert "one of those answers of which, taken together, at most 5% are wrong" in said
    assert "of answers so sure" not in said
    write(root, UNSURE)
    assert "not sure enough for an error rate of 5%" in " ".join(filled(*asked).out.split())
    write(root, HOPELESS)
    said = " ".join(filled(*asked).out.split())
    assert "Not found in these documents" in said
    assert "searched for: many, kilograms" in said
    assert "not enough: 2031 is not in it; it does not speak of “summer”" in said
    assert "of questions that have one, at most 4% are refused so" in said

"""`citebound feedback`, conflicts and absence as a user of the command line sees them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.answer.conflicts.test_places import AGREEMENT, AMENDMENT
from tests.conftest import Run

ASKED = "What may the aggregate liability of either party not exceed?"


@pytest.fixture
def filled(run: Run, tmp_path: Path) -> Run:
    (tmp_path / "agreement.txt").write_text(AGREEMENT)
    (tmp_path / "amendment.txt").write_text(AMENDMENT)
    assert run("ingest", "agreement.txt", "amendment.txt").code == 0
    return run


def test_an_answer_is_judged_by_its_receipt_and_exported(filled: Run, tmp_path: Path) -> None:
    assert "no feedback" in filled("feedback", "list").out
    receipt = filled("ask", ASKED, "--no-llm", "--json").json["receipt"]["id"]
    quote = "shall not exceed USD 2,500,000"
    given = filled("feedback", "give", receipt[:10], "--wrong", "--quote", quote, "--document", "amendment.txt")
    assert (given.code, quote in given.out) == (0, True)
    (item,) = filled("feedback", "list", "--json").json
    assert (item["verdict"], item["places"][0]["quote"]) == ("wrong", quote)
    assert receipt[:12] in filled("feedback", "list").out
    assert "1 of them complete" in filled("feedback", "export", "mine.csv").err
    (row,) = csv.DictReader((tmp_path / "mine.csv").read_text().splitlines())
    assert (row["question"], row["document"], row["confirmed"]) == (ASKED, "amendment.txt", "yes")
    again = filled("feedback", "export", "mine.csv")
    assert (again.code, "is there already" in again.err) == (2, True)
    assert filled("feedback", "export", "mine.csv", "--force", "--json").json["items"] == 1


def test_wrong_use_ends_in_one_line_and_what_to_do(filled: Run) -> None:
    receipt = filled("ask", ASKED, "--no-llm", "--json").json["receipt"]["id"]
    for arguments, said in (
        ((receipt,), "say one of"),
        ((receipt, "--right", "--wrong"), "say one of"),
        ((receipt, "--right", "--quote", "USD 9,000,000 of it"), "does not stand"),
        (("ffffffff", "--right"), "no receipt"),
        (("x", "--right"), "no receipt"),
        (("\udcff", "--right"), "no receipt"),
        ((receipt, "--wrong", "--quote", "it is \udcff USD"), "does not stand"),
        ((receipt, "--wrong", "--quote", "USD 9,000,000", "--document", "\udcff"), "no document"),
    ):
        ended = filled("feedback", "give", *arguments)
        assert ended.code != 0
        assert said in ended.err


def test_the_help_says_how_feedback_is_given(run: Run) -> None:
    said = " ".join(run("feedback", "--help").out.replace("│", " ").split())
    assert "citebound feedback give RECEIPT --wrong" in said


def test_a_conflict_is_printed_with_the_markers_of_its_sides(filled: Run) -> None:
    said = filled("ask", ASKED, "--no-llm").out
    assert "conflict: section 2 superseded by Amendment No. 1" in said
    told = filled("ask", ASKED, "--no-llm", "--json").json
    (conflict,) = told["conflicts"]
    markers = [side["citation"] for side in conflict["sides"]]
    assert set(markers) <= {citation["marker"] for citation in told["citations"]}


def test_what_is_absent_is_printed_with_what_was_searched(filled: Run) -> None:
    said = " ".join(filled("ask", "Is there a source code escrow?", "--no-llm").out.split())
    assert "no such clause was found in the" in said
    assert "nearest:" in said
    assert "not enough:" in said

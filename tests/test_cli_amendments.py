"""`citebound amendments`, and what `search` and `ask` say of a clause that an amendment changed."""

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.indexes.test_amendment import TEN, agreement, amendment

NOTICE = "section 4.1 superseded by Amendment No. 1, section 2, of 2021-03-01 (first.txt)"


@pytest.fixture
def amended(run: Run, tmp_path: Path) -> Run:
    """Runs one command over an agreement and its amendment."""
    (tmp_path / "flour.txt").write_text(agreement(), "utf-8")
    clauses = f"{TEN}\n\n3. Section 7.7 of the Agreement is hereby deleted in its entirety."
    (tmp_path / "first.txt").write_text(amendment(clauses), "utf-8")
    assert run("ingest", "flour.txt", "first.txt").code == 0
    return run


def test_amendments_are_shown_with_their_clause_or_the_reason_why_not(amended: Run) -> None:
    code, out, _ = amended("amendments")
    assert code == 0
    assert "Amendment No. 1, section 2" in out
    assert "not linked: flour.txt has no 7.7" in out
    assert "2 changes in 1 amendment, 1 linked" in out
    first, second = json.loads(amended("amendments", "--json")[1])
    assert (first["notice"], first["amended_source"]["path"].rpartition("/")[2]) == (NOTICE, "flour.txt")
    assert (second["place"], second["reason"]) == (None, "flour.txt has no 7.7")
    assert "0 changes in 0 amendments" in amended("amendments", "--filter", "source:flour.txt")[1]


def test_search_and_ask_say_that_a_clause_is_superseded(amended: Run) -> None:
    asked = "How many dollars shall the Buyer pay for each sack of flour?"
    assert NOTICE in amended("search", asked)[1]
    assert NOTICE in amended("search", asked, "--why")[1]
    assert NOTICE in amended("ask", asked, "--no-llm", "--filter", "source:flour.txt")[1]
    hits = json.loads(amended("search", asked, "--json")[1])
    marked = [hit["superseded_by"] for hit in hits if hit["superseded_by"]]
    assert [[a["number"] for a in found] for found in marked] == [[1]]
    answer = json.loads(amended("ask", asked, "--no-llm", "--json", "--filter", "source:flour.txt")[1])
    assert answer["citations"][0]["superseded_by"][0]["date"] == "2021-03-01"

"""`citebound amendments`, and what `search` and `ask` say of a clause that an amendment changed."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from citebound import cli
from citebound import collection as collection_module
from tests.fakes import WordHashEmbedder
from tests.indexes.test_amendment import TEN, agreement, amendment

Run = Callable[..., tuple[int, str]]
NOTICE = "section 4.1 superseded by Amendment No. 1, section 2, of 2021-03-01"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command over an agreement and its amendment, with the fake encoder; gives its code and output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(collection_module, "open_encoder", lambda config: WordHashEmbedder())
    monkeypatch.setattr(cli, "_ensure_models", lambda *_, **__: None)

    def one(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["citebound", *arguments])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out

    (tmp_path / "flour.txt").write_text(agreement(), "utf-8")
    clauses = f"{TEN}\n\n3. Section 7.7 of the Agreement is hereby deleted in its entirety."
    (tmp_path / "first.txt").write_text(amendment(clauses), "utf-8")
    assert one("ingest", "flour.txt", "first.txt")[0] == 0
    return one


def test_amendments_are_shown_with_their_clause_or_the_reason_why_not(run: Run) -> None:
    code, out = run("amendments")
    assert code == 0
    assert "Amendment No. 1, section 2" in out
    assert "not linked: flour.txt has no 7.7" in out
    assert "2 changes in 1 amendment, 1 linked" in out
    first, second = json.loads(run("amendments", "--json")[1])
    assert (first["notice"], first["amended_source"]["path"].rpartition("/")[2]) == (NOTICE, "flour.txt")
    assert (second["place"], second["reason"]) == (None, "flour.txt has no 7.7")
    assert "0 changes in 0 amendments" in run("amendments", "--filter", "source:flour.txt")[1]


def test_search_and_ask_say_that_a_clause_is_superseded(run: Run) -> None:
    asked = "How many dollars shall the Buyer pay for each sack of flour?"
    assert NOTICE in run("search", asked)[1]
    assert NOTICE in run("search", asked, "--why")[1]
    assert NOTICE in run("ask", asked, "--no-llm", "--filter", "source:flour.txt")[1]
    hits = json.loads(run("search", asked, "--json")[1])
    marked = [hit["superseded_by"] for hit in hits if hit["superseded_by"]]
    assert [[a["number"] for a in found] for found in marked] == [[1]]
    answer = json.loads(run("ask", asked, "--no-llm", "--json", "--filter", "source:flour.txt")[1])
    assert answer["citations"][0]["superseded_by"][0]["date"] == "2021-03-01"

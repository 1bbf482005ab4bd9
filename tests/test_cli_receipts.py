"""`citebound receipts` and `citebound replay` as a user types them."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Run

LEASE = "# Lease\n\n## 2 Rent\n\nThe Tenant shall pay the rent of 500 EUR on the first day of each month.\n"
RENT = "Which rent shall the Tenant pay on the first day of each month?"


@pytest.fixture
def asked(run: Run, tmp_path: Path) -> Run:
    """Runs one command over a lease of which one question was asked."""
    (tmp_path / "lease.md").write_text(LEASE)
    assert run("ingest", "lease.md").code == 0
    assert run("ask", RENT, "--no-llm").code == 0
    return run


def newest(run: Run) -> str:
    return str(run("receipts", "--json").json[0]["id"])


def test_an_answer_names_its_receipt(asked: Run) -> None:
    said = asked("ask", RENT, "--no-llm").out
    assert f"receipt {newest(asked)[:12]}" in said
    assert asked("ask", RENT, "--no-llm", "--json").json["receipt"]["id"] == newest(asked)
    assert "receipt" in asked("ask", "Which colour has the moon?", "--no-llm").out


def test_receipts_are_listed_newest_first(asked: Run) -> None:
    asked("ask", "Which colour has the moon over Ganymede?", "--no-llm")
    code, out, _ = asked("receipts")
    assert code == 0
    assert out.index("moon over Ganymede") < out.index("Which rent")
    assert len(asked("receipts", "--limit", "1", "--json").json) == 1
    assert asked("receipts", "-n", "1", "--skip", "1", "--json").json[0]["asked"]["question"] == RENT
    assert asked("receipts", "--limit", "0").code == 2
    assert "no collection 'nope'" in asked("receipts", "-c", "nope").err


def test_a_collection_of_which_nothing_was_asked_has_none(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lease.md").write_text(LEASE)
    run("ingest", "lease.md", "-c", "quiet")
    assert "nothing was asked yet" in run("receipts", "-c", "quiet").out
    assert run("receipts", "verify", "-c", "quiet").code == 0


def test_one_receipt_is_shown_with_its_places(asked: Run) -> None:
    code, out, _ = asked("receipts", "show", newest(asked)[:6])
    assert code == 0
    for said in (RENT, "bound", "500 EUR", "lease.md, characters", "dense 1", "word-hash", "400 tokens of evidence"):
        assert said in out, said
    found = asked("receipts", "show", "last", "--json").json
    assert (found["asked"]["question"], found["hits"][0]["rank"]) == (RENT, 1)


def test_a_receipt_that_is_not_there_is_an_error_with_a_remedy(asked: Run) -> None:
    for command in (("receipts", "show", "ffffff"), ("replay", "ffffff"), ("replay", "'; --")):
        code, _, err = asked(*command)
        assert code == 4
        assert "no receipt" in err
        assert "`citebound receipts` lists them" in err


def test_the_collection_may_stand_before_the_command_or_behind_it(asked: Run, tmp_path: Path) -> None:
    asked("ingest", "lease.md", "-c", "other")
    assert asked("receipts", "-c", "other", "verify").out.startswith("0 receipts")
    assert asked("receipts", "verify", "-c", "other").out.startswith("0 receipts")
    assert asked("receipts", "verify").out.startswith("1 receipts")


def test_a_replay_says_whether_anything_changed(asked: Run, tmp_path: Path) -> None:
    receipt = newest(asked)
    code, out, _ = asked("replay", receipt[:8])
    assert code == 0
    assert "nothing has changed" in out
    assert asked("replay", receipt, "--json").json["same"] is True
    (tmp_path / "lease.md").write_text(LEASE.replace("500 EUR", "900 EUR"))
    asked("ingest", "lease.md")
    code, out, _ = asked("replay", receipt)
    assert code == 1
    assert "chunk gone: rank 1 -> -" in out
    assert "500 EUR" in out
    assert "lease.md" in out
    changed = asked("replay", receipt, "--json")
    assert (changed.code, changed.json["same"]) == (1, False)


def test_a_broken_chain_is_named_with_an_exit_code(asked: Run, tmp_path: Path) -> None:
    asked("ask", RENT, "--no-llm")
    code, out, _ = asked("receipts", "verify")
    assert (code, "2 receipts, 0 forgettings: the chain is unbroken" in out) == (0, True)
    assert newest(asked) in out
    with closing(sqlite3.connect(tmp_path / "indexes" / "default" / "activity.db")) as db:
        db.execute("DELETE FROM receipts WHERE number = 2")
        db.commit()
    code, out, _ = asked("receipts", "verify")
    assert code == 1
    assert "entry 2 is gone: the end was cut off" in out
    assert asked("receipts", "verify", "--json").json["problems"]
    assert asked("index", "check").code == 1
    assert "the end was cut off" in asked("index", "check").out


def test_a_receipt_that_somebody_rewrote_is_an_error_not_a_traceback(asked: Run, tmp_path: Path) -> None:
    receipt = newest(asked)
    with closing(sqlite3.connect(tmp_path / "indexes" / "default" / "activity.db")) as db:
        db.execute("UPDATE receipts SET header = '[7]'")
        db.execute("UPDATE receipt_parts SET content = '{\"content\": 5}'")
        db.commit()
    for command in (("receipts",), ("receipts", "show", receipt), ("replay", receipt)):
        code, _, err = asked(*command)
        assert code == 4
        assert "not a receipt any more" in err
    assert asked("receipts", "verify").code == 1


def test_what_is_left_of_a_forgotten_receipt_is_shown(asked: Run) -> None:
    receipt = newest(asked)
    assert json.loads(asked("forget", "lease.md", "--json").out)["receipts"] == 1
    assert "(forgotten with a document)" in asked("receipts").out
    shown = asked("receipts", "show", receipt).out
    assert "question and answer (forgotten with a document)" in shown
    assert "500 EUR" not in shown
    assert "rent" not in shown.lower().replace("different", "")
    code, _, err = asked("replay", receipt)
    assert code == 4
    assert "its question was forgotten" in err
    assert "1 forgettings: the chain is unbroken" in asked("receipts", "verify").out


def test_the_help_says_what_the_exit_codes_mean(run: Run) -> None:
    assert "Exit code 0: nothing; 1: something" in " ".join(run("replay", "--help").out.split())
    assert "Exit code 1" in run("receipts", "verify", "--help").out

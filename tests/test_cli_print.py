"""What reaches the terminal: letters and nothing else, whatever documents hold and are called; and output that cannot
be written ends in a message."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from citebound.cli_print import JOINERS, PIPED, Screen, json_text, legible, printable
from tests.conftest import Ended, Run

ATTACK = "\x1b[31m\x1b]0;owned\x07\u202e\x9b2J"
NAME = f"lease{ATTACK.replace('/', '')}\n[1] contract.md"
LEASE = f"""# Office {ATTACK}Lease

## 1 Deposit{ATTACK}

The tenant shall pay {ATTACK} a deposit of 4,000 dollars on the first day.

## 2 Notice

The tenant may end the lease {ATTACK} with ninety days of written notice to the landlord.
"""
QUESTION = "Which deposit shall the tenant pay on the first day under the Office Lease?"


@pytest.fixture
def hostile(run: Run, tmp_path: Path) -> Run:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / NAME).write_text(LEASE)
    ended = run("ingest", "docs")
    assert ended.code == 0
    assert_inert(ended)
    return run


def assert_inert(ended: Ended) -> None:
    assert ended.out
    for line in (ended.out + ended.err).split("\n"):
        assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cf", "Cs")], ascii(line)
        assert not line.startswith("[1] contract")


@pytest.mark.parametrize(
    "command",
    [
        ("ask", QUESTION, "--no-llm"),
        ("ask", QUESTION, "--no-llm", "--json"),
        ("ask", "Which premium insures volcanic eruptions?", "--no-llm"),
        ("search", "deposit"),
        ("search", "deposit", "--budget", "900"),
        ("search", "deposit", "--why"),
        ("search", "deposit", "--json"),
        ("documents", "list"),
        ("documents", "list", "--json"),
        ("documents", "show", "lease"),
        ("list",),
        ("list", "--csv"),
        ("index", "check"),
        ("forget", NAME),
    ],
    ids=" ".join,
)
def test_nothing_of_a_document_steers_the_terminal(hostile: Run, command: tuple[str, ...]) -> None:
    if command[:2] == ("documents", "show"):
        command = ("documents", "show", hostile("documents", "list", "--json").json[0]["id"][:8])
    ended = hostile(*command)
    assert ended.code == 0
    assert_inert(ended)


def test_what_was_asked_of_it_is_printed_inertly_too(hostile: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{QUESTION} {ATTACK}\nWhat does that clause say?\n"))
    ended = hostile("chat", "--no-llm")
    assert "4,000 dollars" in ended.out
    assert_inert(ended)
    for command in (
        ("chats", "list"),
        ("chats", "show"),
        ("receipts",),
        ("receipts", "show", "last"),
        ("replay", "last"),
    ):
        assert_inert(hostile(*command))
    receipt = hostile("receipts", "--json").json[0]["id"]
    assert_inert(hostile("feedback", "give", receipt, "--wrong", "--comment", ATTACK))
    assert_inert(hostile("feedback", "list"))


def test_an_error_that_names_a_file_is_inert(run: Run) -> None:
    ended = run("search", "x", "-c", f"./{ATTACK}")
    assert ended.code == 4
    assert "\x1b" not in ended.err
    assert "\u202e" not in ended.err


def test_json_says_exactly_what_stands_in_the_document(hostile: Run) -> None:
    answer = hostile("ask", QUESTION, "--no-llm", "--json").json
    for citation in answer["citations"]:
        assert LEASE[citation["span"]["start"] : citation["span"]["end"]] == citation["quote"]
    assert hostile("documents", "list", "--json").json[0]["sources"][0]["path"].endswith(NAME)


def test_piped_text_of_a_document_is_verbatim_and_on_a_terminal_it_is_inert(
    hostile: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = hostile("documents", "list", "--json").json[0]["id"]
    assert hostile("documents", "show", id_, "--text").out == LEASE
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda self: True, raising=False)
    shown = hostile("documents", "show", id_, "--text").out
    assert "\x1b" not in shown
    assert "a deposit of 4,000 dollars" in shown
    assert shown.count("\n") == LEASE.count("\n")


@given(st.text())
def test_what_is_printable_is_one_line_of_letters(text: str) -> None:
    line = printable(text)
    assert all(c.isprintable() or c in JOINERS for c in line)
    assert line == " ".join(line.split())
    assert printable(line) == line
    assert legible(text).count("\n") == text.count("\n")
    if text.isprintable():
        assert legible(text) == text


@given(
    st.recursive(st.text() | st.integers() | st.none(), lambda part: st.lists(part) | st.dictionaries(st.text(), part))
)
def test_json_is_whole_and_harmless(value: object) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert all(c == "\n" or c.isprintable() for c in text)


def test_a_screen_keeps_its_tables_and_takes_no_text_for_markup(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("name", "what")
    table.add_row(Text(f"a{ATTACK}b"), "[red]not red[/red] :smile:")
    Screen().print(table)
    shown = capsys.readouterr().out
    assert "[red]not red[/red] :smile:" in shown
    assert not set(ATTACK) & {"\x1b", "\x9b", "\u202e"} & set(shown)
    assert len({len(line) for line in shown.splitlines()}) == 1


def test_what_is_piped_is_as_wide_everywhere(hostile: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    long = "Which deposit shall the tenant pay on the first day under the Office Lease, and to whom, and for how long?"
    monkeypatch.setattr(sys, "stdin", io.StringIO(long + "\n"))
    hostile("chat", "--no-llm")
    for command in (("chats", "list"), ("receipts",)):
        assert long in hostile(*command).out
    assert Screen().width == PIPED
    monkeypatch.setenv("COLUMNS", "77")
    assert Screen().width == 77


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("command", [("receipts",), ("documents", "list", "--json"), ("--help",)], ids=" ".join)
def test_output_that_cannot_be_written_ends_in_a_message(
    hostile: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    hostile("ask", QUESTION, "--no-llm")
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "citebound.cli", *command],
            cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert ended.returncode == 4
    assert ended.stderr.startswith("error: the output cannot be written: No space left on device\n")
    assert "what to do: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_reader_that_leaves_is_no_error(hostile: Run, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "citebound.cli", "documents", "list", "--json"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout and process.stderr
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 1
    assert said == b""

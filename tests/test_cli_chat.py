"""`citebound chat` and `citebound chats` as a user and a script meet them."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.fakes import Echo

LEASE = """# Office Lease

## 1 Deposit

The tenant shall pay a deposit of 4,000 dollars on the first day.

## 2 Notice

The tenant may end the lease with ninety days of written notice to the landlord.
"""
DEPOSIT = "Which deposit shall the tenant pay on the first day under the Office Lease?"


@pytest.fixture
def filled(run: Run, tmp_path: Path) -> Run:
    (tmp_path / "lease.md").write_text(LEASE)
    assert run("ingest", "lease.md")[0] == 0
    return run


def talk(run: Run, monkeypatch: pytest.MonkeyPatch, *lines: str, options: tuple[str, ...] = ()) -> Any:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines) + "\n"))
    return run("chat", "--no-llm", *options)


def test_a_script_gets_one_json_object_a_line_for_each_turn(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = talk(filled, monkeypatch, DEPOSIT, "", "What does that clause say?", options=("--json",))
    assert ended.code == 0
    first, second = (json.loads(line) for line in ended.out.splitlines())
    assert first["answer"]["citations"][0]["quote"].startswith("The tenant shall pay a deposit")
    assert second["typed"] == "What does that clause say?"
    assert second["question"] == "What does Section 1 (Deposit) of the Office Lease say?"
    assert (first["chat"], first["number"], second["number"]) == (second["chat"], 1, 2)


def test_how_a_question_was_read_is_shown(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = talk(filled, monkeypatch, DEPOSIT, "What does that clause say?")
    assert ended.out.count("asked as:") == 1
    assert "asked as: What does Section 1 (Deposit) of the Office Lease say?" in ended.out


def test_a_bad_question_ends_no_chat_and_the_exit_code_says_that_there_was_one(
    filled: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = talk(filled, monkeypatch, "?!", DEPOSIT, options=("--json",))
    bad, good = (json.loads(line) for line in ended.out.splitlines())
    assert ended.code == 2
    assert bad["error"] == "the question is empty"
    assert good["number"] == 1


def test_a_chat_is_resumed_listed_shown_exported_and_forgotten(
    filled: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    talk(filled, monkeypatch, DEPOSIT)
    ended = talk(filled, monkeypatch, "And the notice?", options=("--resume", "last", "--json"))
    id_ = json.loads(ended.out)["chat"]
    assert json.loads(ended.out)["number"] == 2
    (listed,) = filled("chats", "list", "--json").json
    assert (listed["id"], listed["turns"], listed["first"]) == (id_, 2, DEPOSIT)
    assert id_ in filled("chats", "list").out
    assert "And the notice?" in filled("chats", "show", id_[:5]).out
    assert filled("chats", "show", "--json").json["chat"] == id_
    assert filled("chats", "export", id_, "-o", "chat.md").code == 0
    assert "Asked as" in (tmp_path / "chat.md").read_text("utf-8")
    assert len(json.loads(filled("chats", "export", "--form", "json").out)["turns"]) == 2
    assert filled("chats", "forget", id_, "--json").json == {"turns": 2, "receipts": 2}
    assert filled("chats", "list", "--json").json == []
    assert "citebound chat" in filled("chats", "list").out


@pytest.mark.parametrize("command", [("chats", "show", "beefbeef"), ("chats", "forget", "beefbeef"), ("chats", "show")])
def test_an_unknown_chat_is_one_line_and_a_remedy(filled: Run, command: tuple[str, ...]) -> None:
    ended = filled(*command)
    assert ended.code == 4
    assert "what to do" in ended.err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_at_a_terminal_control_d_ends_it_politely_and_says_how_to_go_on(
    filled: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = iter([DEPOSIT, "  "])

    def typed(prompt: str) -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("builtins.input", typed)
    ended = filled("chat", "--no-llm")
    assert ended.code == 0
    assert "4,000 dollars" in ended.out
    assert "--resume" in ended.err


class Interrupted(Echo):
    """A generator during whose first answer somebody presses Ctrl-C, after a word was shown."""

    def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
        words = super().stream(messages, max_tokens=max_tokens)
        yield next(words)
        if len(self.asked) == 1:
            raise KeyboardInterrupt
        yield from words


def test_control_c_in_the_middle_of_an_answer_drops_it_and_not_the_chat(
    filled: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted = Interrupted()
    monkeypatch.setattr("citebound.answer.generation.generator.open_generator", lambda *_: interrupted)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{DEPOSIT}\n"))
    ended = filled("chat", "--json")
    assert len(interrupted.asked) == 1
    assert (ended.code, ended.out) == (0, "")
    assert "dropped" in ended.err
    assert filled("chats", "list", "--json").json == []
    assert filled("receipts", "--json").json == []

    interrupted.asked.clear()
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{DEPOSIT}\n{DEPOSIT}\n"))
    ended = filled("chat", "--json")
    assert "dropped" in ended.err
    (line,) = ended.out.splitlines()
    assert (json.loads(line)["number"], json.loads(line)["answer"]["outcome"]) == (1, "answered")
    assert [one["turns"] for one in filled("chats", "list", "--json").json] == [1]
    assert len(filled("receipts", "--json").json) == 1


def test_a_chat_that_was_deleted_meanwhile_ends_and_a_new_one_begins_and_says_so(
    filled: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    talk(filled, monkeypatch, DEPOSIT)
    (database,) = tmp_path.rglob("activity.db")

    class Deleting(io.StringIO):
        def __iter__(self) -> Iterator[str]:
            yield DEPOSIT
            for path in database.parent.glob("activity.db*"):
                path.unlink()
            yield from (DEPOSIT, "What does that clause say?")

    monkeypatch.setattr(sys, "stdin", Deleting())
    ended = filled("chat", "--no-llm", "--resume", "last", "--json")
    assert ended.code == 0
    assert ended.err.count("a new one begins") == 1
    first, second, third = (json.loads(line) for line in ended.out.splitlines())
    assert [one["number"] for one in (first, second, third)] == [2, 1, 2]
    assert first["chat"] != second["chat"] == third["chat"]
    assert "Section 1 (Deposit)" in third["question"]


def test_a_courtesy_gets_one_line(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = talk(filled, monkeypatch, "hello")
    assert ended.code == 0
    assert "Ask a question about the documents." in ended.out
    assert "asked as" not in ended.out


CHATTING = """
import sys
from citebound import cli, collection
from tests.fakes import WordHashEmbedder

collection.open_encoder = lambda config: WordHashEmbedder()
sys.argv = ["citebound", "chat", "--no-llm", "--json"]
cli.main()
"""


@pytest.mark.parametrize("encoding", ["utf-8:strict", "utf-8:surrogateescape"])
def test_bytes_that_are_no_text_end_no_chat(filled: Run, tmp_path: Path, encoding: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", CHATTING],
        input="Welche Kündigungsfrist gilt?\n".encode("latin-1") + DEPOSIT.encode() + b"\n",
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert b"Traceback" not in ended.stderr
    assert ended.returncode == 0
    first, second = (json.loads(line) for line in ended.stdout.splitlines())
    assert first["typed"] == "Welche K\ufffdndigungsfrist gilt?"
    assert (second["number"], second["answer"]["outcome"]) == (2, "answered")

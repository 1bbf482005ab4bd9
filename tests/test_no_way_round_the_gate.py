"""A generator that only lies is asked on every public path: no path shows anything of what it said as an answer."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from citebound import Collection, Config
from citebound.answer.ask import Done
from citebound.answer.chat.chat import Turn
from citebound.answer.generation import generator as generator_module
from citebound.answer.render import answer_json
from citebound.api.service import create_app
from citebound.eval.kit import Kit
from citebound.eval.suite import Question, Regime, Suite, Task
from citebound.eval.systems.ask import Ask
from citebound.types import Verdict
from tests.api.conftest import opener, serving
from tests.conftest import Run
from tests.fakes import WordHashEmbedder

AGREEMENT = """# Master Agreement

## 9 Termination

The Customer may terminate the agreement for convenience with thirty days written notice.

## 10 Liability

The liability of the Provider shall not exceed USD 1,500,000 in any year.
"""
QUESTION = "Who may terminate the agreement for convenience with thirty days written notice?"
LIES = (
    "The Customer may terminate the agreement for convenience with ninety days written notice [1].",
    "The Provider may terminate the agreement for convenience with thirty days written notice [1].",
    "The Customer may not terminate the agreement for convenience with thirty days written notice [1].",
    "The Customer must terminate the agreement for convenience with thirty days written notice [1].",
    "The Customer may terminate the agreement for convenience without any written notice [1].",
    "The liability of the Provider shall not exceed USD 1.5 billion in any year [1].",
    "The liability of the Provider is unlimited for gross negligence [7].",
)
SAID = re.compile(
    r"ninety|provider may terminate|may not terminate|must terminate|without any|billion|gross negligence", re.I
)
"""A part of each lie that its document does not have."""


class Liar:
    """A generator whose every sentence is false, whatever it is asked."""

    name = "liar"

    def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
        for lie in LIES:
            yield lie + "\n\n"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A data root with one document in `default`; whatever opens a generator gets the liar."""
    monkeypatch.setattr(generator_module, "open_generator", lambda *_, **__: Liar())
    made = Config(home=tmp_path / "indexes", models=tmp_path / "models")
    (tmp_path / "agreement.md").write_text(AGREEMENT)
    with Collection.open("default", create=True, config=made, embedder=WordHashEmbedder()) as opened:
        assert not opened.ingest([tmp_path / "agreement.md"]).failures
    return made


def shown(answer: Mapping[str, Any]) -> list[str]:
    """All texts of an answer that are not marked as removed."""
    kept = [s["text"] for s in answer["sentences"] if s["verdict"] != Verdict.REMOVED]
    quotes = [c["quote"] for c in answer["citations"]]
    return [answer["text"], *kept, *quotes, *(c["text"] for c in answer.get("conflicts", []))]


def holds(answer: Mapping[str, Any]) -> None:
    """The liar was heard, its lies were counted, and none is shown."""
    assert answer["receipt"]["generator"] == "liar"
    assert not [text for text in shown(answer) if SAID.search(text)]
    assert any(s["verdict"] == Verdict.REMOVED and s["reason"] for s in answer["sentences"])


def events(text: str) -> list[tuple[str, Any]]:
    blocks = [dict(line.split(": ", 1) for line in b.split("\n") if ": " in line) for b in text.split("\n\n")]
    return [(b["event"], json.loads(b["data"])) for b in blocks if "event" in b]


def test_the_lies_are_no_quotes() -> None:
    assert all(SAID.search(lie) for lie in LIES)
    assert not SAID.search(AGREEMENT)


def test_python_ask_and_stream(config: Config) -> None:
    with Collection.open("default", config=config, embedder=WordHashEmbedder()) as opened:
        holds(json.loads(json.dumps(answer_json(opened.ask(QUESTION)))))
        last = list(opened.stream(QUESTION))[-1]
        assert isinstance(last, Done)
        holds(json.loads(json.dumps(answer_json(last.answer))))


def test_python_chat(config: Config) -> None:
    with Collection.open("default", config=config, embedder=WordHashEmbedder()) as opened:
        holds(json.loads(json.dumps(answer_json(opened.chat().ask(QUESTION).answer))))
        going = opened.chat()
        last = list(going.stream(QUESTION))[-1]
        assert isinstance(last, Turn)
        holds(json.loads(json.dumps(answer_json(last.answer))))
        assert not [text for turn in going.turns() for text in shown(answer_json(turn.answer)) if SAID.search(text)]


def test_the_command_line(config: Config, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEBOUND_HOME", str(config.home))
    plain = run("ask", QUESTION)
    assert plain.code == 0
    assert "were not shown" in plain.out
    assert not SAID.search(plain.out)
    holds(run("ask", QUESTION, "--json").json)


def test_the_command_line_in_turns(config: Config, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEBOUND_HOME", str(config.home))
    monkeypatch.setattr("sys.stdin", io.StringIO(QUESTION + "\n"))
    plain = run("chat")
    assert "were not shown" in plain.out
    assert not SAID.search(plain.out)
    monkeypatch.setattr("sys.stdin", io.StringIO(QUESTION + "\n"))
    holds(run("chat", "--json").json["answer"])
    exported = run("chats", "export", "last")
    assert exported.code == 0
    assert not SAID.search(exported.out)


@pytest.fixture
def service(config: Config) -> Iterator[httpx.Client]:
    with (
        serving(create_app(config, opener(config, Liar()), needs=())) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=30) as client,
    ):
        yield client


def test_rest_in_one_piece_and_as_a_stream(service: httpx.Client) -> None:
    asked = {"question": QUESTION}
    holds(service.post("/v1/collections/default/ask", json=asked).json())
    told = events(service.post("/v1/collections/default/ask", json={**asked, "stream": True}).text)
    assert told[-1][0] == "verdict"
    holds(told[-1][1])


def test_rest_in_turns(service: httpx.Client) -> None:
    chats = "/v1/collections/default/chats"
    chat = service.post(chats, json={}).json()["chat"]
    holds(service.post(f"{chats}/{chat}/turns", json={"question": QUESTION}).json()["answer"])
    told = events(service.post(f"{chats}/{chat}/turns", json={"question": QUESTION, "stream": True}).text)
    holds(told[-1][1]["answer"])
    assert not SAID.search(service.get(f"{chats}/{chat}/markdown").text)


def test_evaluation(config: Config, tmp_path: Path) -> None:
    suite = Suite("own", "own", Task.EXTRACT, (Regime.CORPUS,), (), documents={"agreement.md": AGREEMENT})
    kit = Kit(suite, config, tmp_path / "work", embedder=WordHashEmbedder())
    made = Ask(kit, Regime.CORPUS, {}).predict(Question("q", QUESTION))
    kit.collection.close()
    assert made.text
    assert not SAID.search(made.text)
    assert not [quote for quote in made.quotes if SAID.search(str(quote))]


READERS = {"answer/generation/dictation.py", "answer/generation/second_try.py", "answer/generation/writing.py"}
"""Where a draft is read from a model, and then bound; what else reads one needs a path above. (`eval` also asks bare
models, as systems to compare with.)"""


def test_no_other_file_reads_what_a_generator_writes() -> None:
    root = Path(generator_module.__file__).parents[2]
    files = [*root.glob("*.py"), *(root / "answer").rglob("*.py"), *(root / "api").rglob("*.py")]
    reads = re.compile(r"generator(?:\(\))?\.stream\(")
    assert {str(f.relative_to(root)) for f in files if reads.search(f.read_text("utf-8"))} == READERS

"""A suite of three short documents, as files and in memory, and a language model and a server that compute."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citebound.config import Config
from citebound.eval.kit import Kit
from citebound.eval.language_model import Reply
from citebound.eval.measures import Place
from citebound.eval.suite import Item, Prompts, Regime, Suite, Task, check
from citebound.types import Span
from tests.fakes import WordHashEmbedder

MSA = """1. Payment

The Customer shall pay each invoice within thirty (30) days after receipt.

2. Liability

The total liability of the Provider shall not exceed USD 1,500,000.
"""
NDA = """1. Secrecy

The Recipient shall keep all disclosed information secret for five (5) years.

2. Term

This agreement expires on September 9, 2026.
"""
OLD = """1. Delivery

The Carrier shall deliver each parcel within two (2) weeks after dispatch.
"""
DOCUMENTS = {"msa.txt": MSA, "nda.txt": NDA, "old.txt": OLD}
PROMPTS = Prompts(bare="Answer.", profile="You read contracts.", words={"Yes": "Yes", "No": "No"})

RUN = """title = "Tiny"
suite = "tiny"
seeds = [1]

[primary]
metric = "accuracy"
margin = 0.1
rag = "majority"
against = ["always_not_found"]

[systems.majority]
kind = "majority"

[systems.always_not_found]
kind = "always_not_found"
"""


def at(document: str, quote: str) -> Place:
    start = DOCUMENTS[document].index(quote)
    return Place(document, Span(start, start + len(quote)))


def item(id_: str, document: str, question: str, answer: str = "", quote: str = "", label: str = "") -> Item:
    """Unanswerable without an answer; of a label task with a label."""
    gold = (at(document, quote),) if quote else ()
    answers = (answer,) if answer else ()
    answerable = bool(answer or label)
    return Item(id_, question, document, "kind", answerable, (document,), (), label, answers, gold)


PAY = item(
    "pay",
    "msa.txt",
    "Within how many days shall the Customer pay each invoice?",
    "thirty (30) days",
    "The Customer shall pay each invoice within thirty (30) days after receipt.",
)
CAP = item(
    "cap",
    "msa.txt",
    "What shall the total liability of the Provider not exceed?",
    "USD 1,500,000",
    "The total liability of the Provider shall not exceed USD 1,500,000.",
)
SECRET = item(
    "secret",
    "nda.txt",
    "For how many years shall the Recipient keep information secret?",
    "five (5) years",
    "The Recipient shall keep all disclosed information secret for five (5) years.",
)
ABSENT = item("absent", "nda.txt", "Which volcanic eruptions are insured?")
PARCEL = item(
    "parcel",
    "old.txt",
    "Within how many weeks shall the Carrier deliver each parcel?",
    "two (2) weeks",
    "The Carrier shall deliver each parcel within two (2) weeks after dispatch.",
)


def extract(**changed: Any) -> Suite:
    """Short answers: four test items in two documents, one to learn from in a third."""
    given: dict[str, Any] = {
        "name": "tiny",
        "title": "Tiny",
        "task": Task.EXTRACT,
        "regimes": (Regime.GIVEN, Regime.CORPUS),
        "test": (PAY, CAP, SECRET, ABSENT),
        "train": (PARCEL,),
        "documents": DOCUMENTS,
        "prompts": PROMPTS,
        "own": True,
    }
    return check(Suite(**(given | changed)))


def kit(suite: Suite, folder: Path) -> Kit:
    """A kit without a model."""
    config = Config(home=folder / "home", models=folder / "models")
    return Kit(suite, config, folder / "work", embedder=WordHashEmbedder())


def declare(folder: Path, run: str = RUN, name: str = "tiny") -> Path:
    """A suite of labels and a run of it as files in `folder`/eval; gives the run file. Test gold: Yes, Yes, No, Yes."""
    for part in ("eval/suites", "eval/runs", "documents"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for document, text in DOCUMENTS.items():
        (folder / "documents" / document).write_text(text, "utf-8")
    (folder / "eval/suites/tiny.toml").write_text(
        'title = "Tiny"\nadapter = "jsonl"\ndata = "documents"\ntask = "label"\nregimes = ["given"]\nown = true\n'
        '[prompts]\nbare = "Yes or no?"\nprofile = "Contracts. Yes or no?"\n[prompts.words]\nYes = "Yes"\nNo = "No"\n',
        "utf-8",
    )
    rows = [_row(f"train-{n}", "old.txt", "train", label) for n, label in enumerate(("Yes", "Yes", "No"))]
    rows += [_row(f"q-{n}", d, "test", label) for n, (d, label) in enumerate(zip(TEST, GOLD, strict=True))]
    (folder / "eval/suites/tiny.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    path = folder / "eval/runs" / f"{name}.toml"
    path.write_text(run, "utf-8")
    return path


TEST = ("msa.txt", "msa.txt", "nda.txt", "nda.txt")
GOLD = ("Yes", "Yes", "No", "Yes")


def _row(id_: str, document: str, split: str, label: str) -> dict[str, Any]:
    return {
        "id": id_,
        "question": f"Shall the Provider or the Recipient do {id_}?",
        "cluster": document,
        "kind": "duty",
        "answerable": True,
        "label": label,
        "documents": [document],
        "split": split,
        "gold": [],
    }


class Reader:
    """A language model that answers with the sentence of the last turn that shares most words with its question."""

    name = "reader"
    window = 2000

    def __init__(self, reply: str | None = None) -> None:
        self.said = reply
        self.asked: list[Sequence[Mapping[str, str]]] = []

    @property
    def seen(self) -> str:
        """All that the last conversation said."""
        return "\n".join(m["content"] for m in self.asked[-1])

    def count(self, text: str) -> int:
        return len(text.split())

    def likelihoods(
        self, messages: Sequence[Mapping[str, str]], texts: Sequence[str]
    ) -> tuple[NDArray[np.float64], int]:
        """Minus the number of words of each text that the last turn does not have."""
        self.asked.append(messages)
        there = _words(messages[-1]["content"])
        return np.array([-float(len(_words(t) - there)) for t in texts]), self.count(self.seen)

    def reply(self, messages: Sequence[Mapping[str, str]], max_tokens: int, stop: str = "\n") -> Reply:
        self.asked.append(messages)
        text = self.said if self.said is not None else _best(messages[-1]["content"])
        return Reply(text, self.count(self.seen), self.count(text), True, -0.5)


def _best(content: str) -> str:
    passages, _, question = content.rpartition("Question: ")
    sentences = re.findall(r"[A-Z][^.\n]*?[a-z0-9)]\.(?=\s|$)", passages)
    return max(sentences, key=lambda s: len(_words(s) & _words(question)), default="Not found")


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


@contextmanager
def serving(answer: Callable[[str], str]) -> Iterator[str]:
    """A generator `URL#model` whose server replies what `answer` makes of the last turn."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = answer(body["messages"][-1]["content"])
            try:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for data in (_event({"content": said}), _event({}, "stop"), "[DONE]"):
                    self.wfile.write(f"data: {data}\n\n".encode())
            except (BrokenPipeError, ConnectionResetError):
                pass

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1#m"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _event(delta: Mapping[str, str], finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return json.dumps({"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})

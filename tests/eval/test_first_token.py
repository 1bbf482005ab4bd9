"""Latency: every question is asked once, in turns, under different fences; figures are those of a hand calculation."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from citebound.collection import Collection
from citebound.config import Config
from citebound.errors import ConfigError, GeneratorUnavailable
from citebound.eval.first_token import WARM, Bare, Scout, Timed, figures_of, measure, refenced
from citebound.protocols import Generator
from tests.eval import tiny
from tests.fakes import Echo, WordHashEmbedder

PAY, CAP = tiny.PAY.question, tiny.CAP.question
PASSAGES = "<0123abcd>\n[1] It pays.\n</0123abcd>\n<0123abcd>\n[2] It owes.\n</0123abcd>"
MESSAGES = [{"role": "system", "content": "Read."}, {"role": "user", "content": f"{PASSAGES}\n\nQuestion: Who pays?"}]


class Server:
    """Replies two pieces, and keeps what it was sent."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.log.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(outer.status)
                self.end_headers()
                pieces = ({"role": "assistant"}, {"content": "It"}, {"content": " pays"})
                events = [json.dumps({"choices": [{"delta": piece}]}) for piece in pieces]
                with suppress(BrokenPipeError, ConnectionResetError):
                    for data in [*events, "[DONE]"] * (outer.status == 200):
                        self.wfile.write(f"data: {data}\n\n".encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def bare(self) -> Bare:
        return Bare(f"http://127.0.0.1:{self.http.server_port}/v1", "key", "m", 16)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()
    made.thread.join(5)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Any]:
    for name, text in tiny.DOCUMENTS.items():
        (tmp_path / name).write_text(text)
    config = Config(home=tmp_path / "home", models=tmp_path / "models")
    made: list[Collection] = []

    def one(generator: Generator) -> Collection:
        made.append(Collection.open("c", create=True, config=config, embedder=WordHashEmbedder(), generator=generator))
        return made[-1]

    one(Echo()).ingest([tmp_path / name for name in tiny.DOCUMENTS])
    yield one
    for collection in made:
        collection.close()


def test_the_fence_changes_and_nothing_else() -> None:
    made = refenced(MESSAGES)
    fence = made[1]["content"][1:9]
    assert fence != "0123abcd"
    assert [{**m, "content": m["content"].replace(fence, "0123abcd")} for m in made] == MESSAGES


def test_product_and_server_are_asked_in_turns_each_after_the_same_instructions(opened: Any, server: Server) -> None:
    echo = Echo()
    bare = server.bare()

    class Logged(Echo):
        def stream(self, messages: Any, *, max_tokens: int) -> Iterator[str]:
            server.log.append("product")
            return echo.stream(messages, max_tokens=max_tokens)

    made = measure(opened(Logged()), opened(Scout()), bare, [PAY, CAP])
    bare.close()
    kinds = ["product" if e == "product" else "settle" if e["max_tokens"] == 1 else "bare" for e in server.log]
    begins = len(kinds) - 8
    assert 0 <= begins <= len(WARM)
    assert kinds[begins:] == ["settle", "product", "settle", "bare", "settle", "bare", "settle", "product"]
    told = [e for e in server.log if e != "product"]
    assert all(e["messages"][0] == echo.asked[-1][0] and e["temperature"] == 0 for e in told)
    assert told[2]["messages"][1]["content"].endswith(PAY)
    assert all(t.first and t.bare and t.evidence < t.first <= t.whole for t in made)


def test_a_question_without_a_prompt_counts_for_evidence_alone(opened: Any, server: Server) -> None:
    bare = server.bare()
    made = measure(opened(Echo()), opened(Scout()), bare, ["Zyzzyva quokka?"])
    bare.close()
    assert server.log == []
    assert made[0].first is made[0].bare is None and made[0].evidence > 0


def test_a_server_that_refuses_is_an_error_of_ours(server: Server) -> None:
    server.status = 500
    bare = server.bare()
    with pytest.raises(GeneratorUnavailable, match="broke off"):
        bare.time(MESSAGES)
    bare.close()


def test_what_is_asked_beforehand_must_not_reach_a_model(opened: Any, server: Server) -> None:
    bare = server.bare()
    with pytest.raises(ConfigError, match="Scout"):
        measure(opened(Echo()), opened(Echo()), bare, [PAY])
    bare.close()


def test_the_figures_are_those_of_a_hand_calculation() -> None:
    timed = [Timed(0.1, 5.0, 2.0, 1.0), Timed(0.2, 6.0, 3.0, 2.0), Timed(0.3, 7.0, 2.2, 2.0), Timed(0.4, 0.4)]
    made = {f.name: f for f in figures_of(timed, [2.0, 4.0])}
    assert made["ask.evidence_p50_ms"].value == pytest.approx(250)
    assert made["ask.first_token_over_bare"].value == pytest.approx(1.5)
    assert made["ask.first_token_over_bare.after_evidence"].value == pytest.approx(1.4)
    assert made["ask.first_token_p50_seconds"].value == pytest.approx(2.2)
    assert made["ask.answer_p95_seconds"].value == pytest.approx(6.9)
    assert made["ask.evidence_cold_cli_p50_ms"].value == pytest.approx(3000)
    assert made["ask.first_token_over_bare"].denominator == 3

"""ChatGenerator against a server that speaks the protocol, or pretends to, and computes its reply from the prompt."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from citebound import models
from citebound.answer.generation.engine import Engine
from citebound.answer.generation.generator import ChatGenerator, open_generator
from citebound.config import Config, cache_home
from citebound.errors import GeneratorTimeout, GeneratorUnavailable, ModelError
from tests.answer.faulty import (
    Server,
    begin,
    chunk,
    drip,
    event,
    hang,
    hang_in_mid_reply,
    reset_in_mid_reply,
    says,
    status,
)

ASK = [{"role": "system", "content": "Repeat."}, {"role": "user", "content": "thirty days after notice"}]


@pytest.fixture
def generator(server: Server) -> Iterator[ChatGenerator]:
    with ChatGenerator("m", server.url, "sk-secret", timeout=20.0) as opened:
        yield opened


def read(generator: ChatGenerator, max_tokens: int = 50) -> str:
    return "".join(generator.stream(ASK, max_tokens=max_tokens))


def test_the_reply_comes_in_pieces_with_the_numbers_that_the_server_counted(generator: ChatGenerator) -> None:
    assert list(generator.stream(ASK, max_tokens=50)) == ["thirty ", "days ", "after ", "notice "]
    assert (generator.prompt_tokens, generator.output_tokens) == (9, 4)


def test_the_request_is_greedy_seeded_and_says_nothing_about_this_machine(
    server: Server, generator: ChatGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-another-program")
    monkeypatch.setenv("OPENAI_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-program")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert read(generator, 33)
    (body,), (headers,) = server.bodies, server.headers
    assert body["path"] == "/v1/chat/completions"
    assert body["messages"] == ASK
    assert (body["model"], body["temperature"], body["max_completion_tokens"]) == ("m", 0, 33)
    assert body["stream"] is True
    assert isinstance(body["seed"], int)
    assert headers["authorization"] == "Bearer sk-secret"
    assert "org-of-another-program" not in json.dumps(headers)
    assert not [name for name in headers if name.startswith("x-")]


def test_a_busy_server_is_asked_again_before_the_first_piece(server: Server, generator: ChatGenerator) -> None:
    server.plan = [status(429, Retry_After="0"), status(503)]
    assert read(generator) == "thirty days after notice "
    assert len(server.bodies) == 3


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # openai's, about the malformed events
@pytest.mark.parametrize(
    ("answer", "says_what", "remedy", "requests"),
    [
        (status(429, Retry_After="60"), "429", "later", 1),
        (status(429, Retry_After="0"), "429", "later", 3),
        (status(500, "kaputt"), "500: .*kaputt", "log", 3),
        (status(401, "bad key sk-secret"), r"401: .*bad key \*\*\*", "CITEBOUND_API_KEY", 1),
        (status(404), "404", "CITEBOUND_GENERATOR", 1),
        (status(400, "exceeds the available context size"), "400: .*context", "CITEBOUND_EVIDENCE_TOKENS", 1),
        (status(302, Location="http://127.0.0.1:9/v1"), "302", "", 1),
        (reset_in_mid_reply, "broke off", "log", 1),
        (says(chunk("thirty ")), "broke off", "log", 1),
        (says(chunk("thirty "), '{"error": {"message": "out of memory"}}'), "out of memory", "log", 1),
        (says("[DONE]"), "protocol", "CITEBOUND_BASE_URL", 1),
        (says("{not json"), "protocol", "CITEBOUND_BASE_URL", 1),
        (says(chunk("thirty "), b"\xff\xfe\xfa"), "protocol", "CITEBOUND_BASE_URL", 1),
        (says('"a string"'), "protocol", "CITEBOUND_BASE_URL", 1),
        (says('{"choices": [{"delta": 7}]}'), "protocol", "CITEBOUND_BASE_URL", 1),
        (says('{"choices": 3}'), "protocol", "CITEBOUND_BASE_URL", 1),
    ],
)
def test_a_failure_names_the_server_and_what_to_do(
    server: Server,
    generator: ChatGenerator,
    answer: Callable[[BaseHTTPRequestHandler], None],
    says_what: str,
    remedy: str,
    requests: int,
) -> None:
    server.plan = [answer] * 3
    with pytest.raises(GeneratorUnavailable, match=says_what) as caught:
        read(generator)
    assert server.url in str(caught.value)
    assert "sk-secret" not in str(caught.value)
    assert remedy in caught.value.remedy
    assert len(server.bodies) == requests


@pytest.mark.parametrize(
    "answer",
    [hang, hang_in_mid_reply, drip(b": still here\n\n"), drip(f"data: {chunk('')}\n\n".encode()), drip(b" ")],
)
def test_the_deadline_holds_however_the_server_passes_the_time(
    server: Server, answer: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    server.plan = [answer]
    began = time.monotonic()
    with ChatGenerator("m", server.url, "", timeout=0.7) as generator, pytest.raises(GeneratorTimeout) as caught:
        read(generator, 10_000)
    assert 0.6 < time.monotonic() - began < 2.0
    assert "CITEBOUND_GENERATOR_TIMEOUT" in caught.value.remedy


def test_a_server_that_never_stops_is_cut_at_max_tokens(server: Server, generator: ChatGenerator) -> None:
    server.plan = [drip(f"data: {chunk('la ')}\n\n".encode())]
    assert read(generator, 5) == "la la la la la "


def test_an_empty_reply_is_empty(server: Server, generator: ChatGenerator) -> None:
    server.plan = [says(chunk(None, "stop"), "[DONE]")]
    assert read(generator) == ""


def test_a_reader_that_leaves_early_ends_the_reply(server: Server, generator: ChatGenerator) -> None:
    gone = threading.Event()

    def endless(handler: BaseHTTPRequestHandler) -> None:
        begin(handler)
        try:
            while True:
                event(handler, chunk("la "))
                time.sleep(0.01)
        except OSError:
            gone.set()

    server.plan = [endless]
    reply = generator.stream(ASK, max_tokens=10_000)
    assert next(reply) == "la "
    reply.close()  # type: ignore[attr-defined]
    assert gone.wait(2)
    assert read(generator) == "thirty days after notice "


def test_a_closed_port_is_unavailable_with_a_remedy() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    with (
        ChatGenerator("m", url, "", timeout=5) as generator,
        pytest.raises(GeneratorUnavailable, match="cannot be reached") as caught,
    ):
        read(generator)
    assert "CITEBOUND_BASE_URL" in caught.value.remedy


def test_threads_share_a_generator_and_each_sees_its_own_numbers(generator: ChatGenerator) -> None:
    counts: dict[int, int] = {}

    def run(words: int) -> None:
        list(generator.stream([{"role": "user", "content": "w " * words}], max_tokens=50))
        counts[words] = generator.output_tokens

    threads = [threading.Thread(target=run, args=(words,)) for words in (1, 5, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == {1: 1, 5: 5, 9: 9}


def test_settings_choose_the_server(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CITEBOUND_API_KEY", "sk-mine")
    settings = Config(base_url=server.url, generator="other-model")
    with open_generator(settings, tmp_path) as generator:
        assert generator.name == "other-model"
        assert read(generator)
    assert server.headers[0]["authorization"] == "Bearer sk-mine"
    assert server.bodies[0]["model"] == "other-model"
    assert not (tmp_path / ".engine").exists()


def test_tracing_is_off_and_no_tokenizer_is_asked_for_whatever_the_environment_says(server: Server) -> None:
    """In a fresh process: langchain is not imported yet, and langsmith would send to the same server."""
    code = f"""
import sys, time
from citebound.answer.generation.generator import ChatGenerator
assert not {{"langchain_core", "openai", "torch"}} & set(sys.modules), "heavy imports"
import tiktoken
def refuse(*args, **kwargs): raise AssertionError("tiktoken downloads")
tiktoken.get_encoding = tiktoken.encoding_for_model = tiktoken.core.Encoding.__init__ = refuse
import langsmith.utils
assert langsmith.utils.tracing_is_enabled()
with ChatGenerator("gpt-4o", {server.url!r}, "", timeout=10) as generator:
    print("".join(generator.stream({ASK!r}, max_tokens=9)))
time.sleep(1)
"""
    tracing = {
        "LANGSMITH_TRACING": "true",
        "LANGCHAIN_TRACING_V2": "true",
        "LANGSMITH_ENDPOINT": server.url,
        "LANGSMITH_API_KEY": "ls-key",
        "LANGSMITH_GATEWAY": "true",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | tracing, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "thirty days after notice"
    assert [body["path"] for body in server.bodies] == ["/v1/chat/completions"]


@pytest.mark.model
def test_the_embedded_model_answers_and_survives_the_death_of_its_server(tmp_path: Path) -> None:
    settings = Config(models=cache_home() / "models", generator="smollm2-135m-instruct", generator_timeout=60)
    try:
        models.pull(settings.generator, settings)
    except ModelError as error:
        pytest.skip(f"{settings.generator} cannot be had here: {error}")
    with open_generator(settings, tmp_path) as generator, Engine.attach(settings, tmp_path) as engine:
        first = read(generator, 8)
        assert first
        assert generator.prompt_tokens > 10
        assert 0 < generator.output_tokens <= 8
        os.kill(engine.pid, signal.SIGKILL)
        assert read(generator, 8) == first

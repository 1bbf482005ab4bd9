"""The service over real HTTP: what it answers, what it refuses, and that it never says more than it should."""

from __future__ import annotations

import json
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sse_starlette.sse import AppStatus

from citebound import errors
from citebound.answer.render import answer_json
from citebound.answer.scoring.scorer import Scorer
from citebound.api import problems, service
from citebound.api.service import create_app
from citebound.config import Config
from citebound.errors import CiteboundError, GeneratorUnavailable
from tests.api.conftest import AGREEMENT, QUESTION, fill, opener, serving
from tests.fakes import WordHashEmbedder

ASK = "/v1/collections/demo/ask"
SEARCH = "/v1/collections/demo/search"
EVENTS = {"Accept": "text/event-stream"}


class Slow:
    """Writes words until it is closed."""

    name = "slow"

    def __init__(self) -> None:
        self.began = threading.Event()
        self.closed = threading.Event()

    def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
        try:
            for n in range(2000):  # other words each time: a model that repeats itself is left
                self.began.set()
                yield f"word{n} "
                time.sleep(0.01)
        finally:
            self.closed.set()


class Broken:
    name = "broken"

    def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
        raise GeneratorUnavailable("the generator is gone", remedy="Start it.")
        yield ""


def events(response: httpx.Response) -> list[tuple[str, Any]]:
    found = []
    for block in response.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def is_problem(response: httpx.Response) -> bool:
    told = response.json()
    return (
        response.headers["content-type"] == problems.MEDIA_TYPE
        and told["status"] == response.status_code
        and told["request_id"] == response.headers["x-request-id"]
        and all(told[key] for key in ("type", "title", "detail"))
    )


# -- what it answers --


def test_it_is_alive_and_ready(client: httpx.Client) -> None:
    assert client.get("/livez").json() == {"status": "alive"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert [(part["kind"], part["name"], part["ready"]) for part in ready.json()["parts"]] == [
        ("collection", "demo", True),
        ("collection", "hostile", True),
        ("collection", "reports", True),
    ]


def test_it_names_the_collections(client: httpx.Client) -> None:
    names = ["demo", "hostile", "reports"]
    assert client.get("/v1/collections").json() == {"collections": [{"name": name} for name in names]}


def test_a_search_gives_at_most_k_hits_best_first(client: httpx.Client) -> None:
    hits = client.post(SEARCH, json={"question": "terminate the agreement", "k": 1}).json()["hits"]
    assert [hit["rank"] for hit in hits] == [1]
    assert "terminate" in hits[0]["chunk"]["text"]
    assert {why["stage"] for why in hits[0]["why"]} >= {"dense", "lexical"}


def test_an_answer_is_the_same_over_rest_and_in_python(client: httpx.Client, config: Config) -> None:
    over_rest = client.post(ASK, json={"question": QUESTION}).json()
    with opener(config)("demo") as collection:
        in_python = json.loads(json.dumps(answer_json(collection.ask(QUESTION))))
    for answer in (over_rest, in_python):
        answer["receipt"] = {
            k: v for k, v in answer["receipt"].items() if not k.endswith(("_seconds", "prompt_sha256")) and k != "id"
        }
    assert over_rest == in_python


def test_the_exhibit_is_at_its_place_in_the_document(client: httpx.Client) -> None:
    answer = client.post(ASK, json={"question": QUESTION}).json()
    assert answer["outcome"] == "answered"
    for citation in answer["citations"]:
        assert AGREEMENT[citation["span"]["start"] : citation["span"]["end"]] == citation["quote"]


@pytest.mark.parametrize(("headers", "more"), [(EVENTS, {}), ({}, {"stream": True})])
def test_a_stream_sends_evidence_then_the_draft_then_the_verdict(
    client: httpx.Client, headers: dict[str, str], more: dict[str, Any]
) -> None:
    response = client.post(ASK, json={"question": QUESTION, **more}, headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream")
    told = events(response)
    assert [name for name, _ in told[:2]] == ["evidence", "token"]
    assert told[-1][0] == "verdict"
    assert {name for name, _ in told[1:-1]} == {"token"}
    assert "thirty days" in told[0][1]["passages"][0]["text"]
    assert "thirty days" in "".join(data["text"] for _, data in told[1:-1])
    assert told[-1][1]["outcome"] == "answered"


def test_without_a_model_the_answer_is_made_of_quotes(serve: Callable[[Any], httpx.Client]) -> None:
    answer = serve(Broken()).post(ASK, json={"question": QUESTION, "llm": False}).json()
    assert answer["outcome"] == "answered"
    assert answer["receipt"]["generator"] == ""


def test_a_generator_that_fails_is_replaced_by_quotes(serve: Callable[[Any], httpx.Client]) -> None:
    answer = serve(Broken()).post(ASK, json={"question": QUESTION}).json()
    assert answer["outcome"] == "answered"
    assert "the generator is gone" in answer["reason"]


def test_what_the_documents_do_not_say_is_not_found(client: httpx.Client) -> None:
    answer = client.post(ASK, json={"question": "Purple elephants dance on Saturn"}).json()
    assert (answer["outcome"], answer["text"], answer["citations"]) == ("not_found", "", [])
    assert answer["receipt"]["searched_documents"] == 1


def test_a_filter_narrows_as_text_and_as_json(client: httpx.Client) -> None:
    for only, count in ((None, 1), ("source:*.md", 1), ("source:*.pdf", 0), ({"not": {"source": "*.md"}}, 0)):
        hits = client.post(SEARCH, json={"question": "terminate", "k": 1, "filter": only}).json()["hits"]
        assert len(hits) == count


def test_many_at_once_get_the_same_answer(client: httpx.Client) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: client.post(ASK, json={"question": QUESTION}).json()["text"], range(12)))
    assert len(set(answers)) == 1


def test_no_response_holds_vectors(client: httpx.Client) -> None:
    def longest(value: Any) -> int:
        if isinstance(value, dict):
            return max((longest(v) for v in value.values()), default=0)
        if isinstance(value, list):
            numbers = len(value) if any(isinstance(v, float) for v in value) else 0
            return max([numbers, *map(longest, value)])
        return 0

    box = 4
    for path in (ASK, SEARCH):
        assert longest(client.post(path, json={"question": QUESTION}).json()) <= box


TEXTS = "/v1/scorers/severity/score"
PLACES = "/v1/collections/demo/score"


def test_scorers_are_listed_with_their_figures(client: httpx.Client) -> None:
    (scorer,) = client.get("/v1/scorers").json()["scorers"]
    assert (scorer["name"], scorer["classes"], scorer["rows"]) == ("severity", ["critical", "low"], 24)
    assert (scorer["accuracy"], scorer["majority"], scorer["better"]) == (1.0, 0.5, True)


def test_texts_are_scored_in_their_order_and_as_in_python(client: httpx.Client, config: Config) -> None:
    texts = ["The server runs as root.", "The banner is old."]
    scores = client.post(TEXTS, json={"texts": texts}).json()["scores"]
    assert [score["label"] for score in scores] == ["critical", "low"]
    in_python = Scorer.load("severity", config=config, embedder=WordHashEmbedder()).predict(texts)
    assert scores == json.loads(json.dumps([asdict(score) for score in in_python]))


@pytest.mark.parametrize("unit", ["section", "chunk", "document"])
def test_a_collection_is_scored_with_exact_places(client: httpx.Client, config: Config, unit: str) -> None:
    found = client.post(PLACES, json={"scorer": "severity", "unit": unit, "label": "low", "k": 2}).json()
    with opener(config)("demo") as collection:
        in_python = collection.score("severity", unit, label="low")
    assert found["total"] == len(in_python)
    assert found["places"] == json.loads(json.dumps([asdict(place) for place in in_python[:2]]))
    for place in found["places"]:
        assert " ".join(AGREEMENT[place["span"]["start"] : place["span"]["end"]].split()).startswith(place["words"])


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (TEXTS, {"texts": []}, 422),
        (TEXTS, {"texts": ["x"] * 101}, 422),
        (TEXTS, {"texts": "x"}, 422),
        (TEXTS, {"texts": [1]}, 422),
        (TEXTS, {"texts": ["x", " "]}, 400),
        (TEXTS, {"texts": ["x"], "unit": "chunk"}, 422),
        ("/v1/scorers/none/score", {"texts": ["x"]}, 404),
        ("/v1/scorers/..%2fseverity/score", {"texts": ["x"]}, 404),
        (PLACES, {}, 422),
        (PLACES, {"scorer": "none"}, 404),
        (PLACES, {"scorer": "../severity"}, 404),
        (PLACES, {"scorer": "severity", "unit": "page"}, 422),
        (PLACES, {"scorer": "severity", "document": "none.md"}, 404),
        (PLACES, {"scorer": "severity", "label": "none"}, 400),
        (PLACES, {"scorer": "severity", "k": 1001}, 422),
        ("/v1/collections/none/score", {"scorer": "severity"}, 404),
    ],
)
def test_what_cannot_be_scored_is_refused_with_a_problem(
    client: httpx.Client, path: str, body: dict[str, Any], status: int
) -> None:
    response = client.post(path, json=body)
    assert response.status_code == status, response.text
    assert is_problem(response)


def test_more_places_than_one_request_may_have_are_refused(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PLACES", 2)
    response = client.post(PLACES, json={"scorer": "severity"})
    assert response.status_code == 400
    assert response.json()["remedy"] == "Name a document, or take larger units."


# -- what it refuses --


BAD_BODIES: list[tuple[str, Any, int, str]] = [
    ("no question", {}, 422, "question"),
    ("null question", {"question": None}, 422, "question"),
    ("empty question", {"question": " \x00\t"}, 422, ""),
    ("question too long", {"question": "a" * 4001}, 413, ""),
    ("unknown field", {"question": "x", "kk": 1}, 422, "kk"),
    ("k of nothing", {"question": "x", "k": 0}, 422, "k"),
    ("k below nothing", {"question": "x", "k": -1}, 422, "k"),
    ("k too large", {"question": "x", "k": 101}, 422, "k"),
    ("k far too large", {"question": "x", "k": 10**400}, 422, "k"),
    ("k true", {"question": "x", "k": True}, 422, "k"),
    ("k a fraction", {"question": "x", "k": 1.5}, 422, "k"),
    ("k text", {"question": "x", "k": "1"}, 422, "k"),
    ("k not a number", '{"question": "x", "k": NaN}', 400, ""),
    ("k infinite", '{"question": "x", "k": 1e999}', 422, "k"),
    ("k of 5000 digits", '{"question": "x", "k": ' + "9" * 5000 + "}", 400, ""),
    ("a field twice", '{"question": "x", "question": "y"}', 400, ""),
    ("no JSON", "question=x", 400, ""),
    ("no body", "", 400, ""),
    ("not an object", "[]", 422, "body"),
    ("cut off", '{"question": "x', 400, ""),
    ("not UTF-8", b'{"question": "\xff"}', 400, ""),
    ("half a surrogate pair", '{"question": "\\ud800"}', 400, ""),
    ("a field of half a pair", '{"question": "x", "\\ud800": 1}', 400, ""),
    ("depth bomb", '{"question": "x", "filter": ' + "[" * 60_000, 400, ""),
    ("closed depth bomb", '{"question": "x", "filter": ' + '{"not":' * 5000 + "1" + "}" * 5001, 400, ""),
    ("filter too deep", {"question": "x", "filter": json.loads('{"not":' * 33 + "{}" + "}" * 33)}, 400, ""),
    ("filter a number", {"question": "x", "filter": 3}, 422, "filter"),
    ("filter without field", {"question": "x", "filter": "termination"}, 422, ""),
    ("filter of an unknown field", {"question": "x", "filter": {"colour": "red"}}, 422, ""),
    ("filter that negates a lot", {"question": "x", "filter": "-" * 990 + "source:a"}, 422, ""),
    ("filter that negates a lot, quoted", {"question": "x", "filter": '"-"' * 300 + "source:a"}, 422, ""),
    ("filter too long", {"question": "x", "filter": "source:a " * 200}, 422, ""),
    ("filter of too many values", {"question": "x", "filter": {"type": ["a"] * 5000}}, 422, ""),
    ("filter of a strange label", {"question": "x", "filter": {"label.\\": "a"}}, 422, ""),
    ("filter of an empty and", {"question": "x", "filter": {"and": "a"}}, 422, ""),
]


@pytest.mark.parametrize(("body", "status", "field"), [b[1:] for b in BAD_BODIES], ids=[b[0] for b in BAD_BODIES])
def test_a_bad_body_is_refused_with_a_problem(client: httpx.Client, body: Any, status: int, field: str) -> None:
    content = json.dumps(body) if isinstance(body, dict) else body
    response = client.post(SEARCH, content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == status, response.text
    assert is_problem(response)
    assert [error["field"] for error in response.json()["errors"]] == ([field] if field else [])


def test_a_problem_does_not_repeat_what_was_sent(client: httpx.Client) -> None:
    response = client.post(SEARCH, json={"question": ["canary-7431"], "k": "canary-7431", "x" * 5000: 1})
    assert response.status_code == 422
    assert "canary" not in response.text
    assert "pydantic" not in response.text
    assert len(response.content) < 1000


@pytest.mark.parametrize(
    "name", ["nowhere", "..", "%2e%2e", "..%2fdemo", "%2Fetc", ".hidden", "a" * 65, "demo%00", "d%C3%A9mo", "demo%0a"]
)
def test_an_unknown_collection_is_not_found_and_a_name_is_never_a_path(client: httpx.Client, name: str) -> None:
    response = client.post(f"/v1/collections/{name}/ask", json={"question": "x"})
    assert response.status_code == 404
    assert is_problem(response)


def test_a_body_is_counted_before_it_is_parsed(client: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(80):
            yield b" " * 1024

    kind = {"Content-Type": "application/json"}
    for response in (
        client.post(ASK, content=b" " * 65_537, headers=kind),
        client.post(ASK, content=pieces(), headers=kind),
    ):
        assert response.status_code == 413
        assert is_problem(response)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Host": "192.168.1.1"}, 421),
        ({"Host": ""}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
    ],
)
def test_a_page_of_another_site_gets_nothing(client: httpx.Client, headers: dict[str, str], status: int) -> None:
    response = client.post(ASK, content='{"question": "x"}', headers={"Content-Type": "application/json", **headers})
    assert response.status_code == status
    assert is_problem(response)
    assert "access-control-allow-origin" not in response.headers


def test_localhost_and_the_own_origin_are_served(client: httpx.Client, base: str) -> None:
    port = base.rpartition(":")[2]
    for host in (f"localhost:{port}", f"[::1]:{port}", f"127.0.0.1:{port}"):
        headers = {"Host": host, "Origin": f"http://{host}"}
        assert client.post(ASK, json={"question": QUESTION}, headers=headers).status_code == 200


def test_on_a_network_addresses_are_served_and_foreign_names_are_not(config: Config) -> None:
    with serving(create_app(config, opener(config), needs=(), host="0.0.0.0")) as url:
        for host, status in (("192.0.2.7", 200), ("localhost", 200), ("rebound.example", 421)):
            assert httpx.get(f"{url}/livez", headers={"Host": host}, trust_env=False).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/docs", 200),
        ("GET", "/icon.svg", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/livez", 200),
        ("GET", "/nowhere", 404),
        ("GET", ASK, 405),
        ("DELETE", ASK, 405),
        ("PUT", ASK, 415),
        ("POST", ASK, 400),
    ],
)
def test_every_response_carries_the_security_headers(client: httpx.Client, method: str, path: str, status: int) -> None:
    kind = {"Content-Type": "application/json"} if method == "POST" else {}
    response = client.request(method, path, headers=kind)
    assert response.status_code == status
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert "server" not in response.headers
    assert status < 400 or is_problem(response)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(["source", "name", "added", "type", "label.a", "and", "or", "not", "from", "to", "label.$[0]"])
filters = st.recursive(
    st.text(max_size=30) | st.lists(st.text(max_size=9), max_size=4),
    lambda inner: st.dictionaries(fields, inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=json_values
    | st.fixed_dictionaries(
        {"question": st.text(min_size=1, max_size=60)},
        optional={"filter": filters, "k": st.integers(-1, 102), "llm": st.booleans()},
    ),
    path=st.sampled_from([ASK, SEARCH]),
)
def test_no_body_makes_the_service_fail(client: httpx.Client, body: Any, path: str) -> None:
    response = client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert response.status_code in (200, 400, 413, 422), response.text


# -- what can go wrong inside --


def test_each_error_has_a_status_and_a_name() -> None:
    def tree(kind: type[CiteboundError]) -> Iterator[type[CiteboundError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from tree(child)

    for kind in tree(CiteboundError):
        error = kind(errors.Status.EMPTY, "told") if kind is errors.ParseFailure else kind("told")  # type: ignore[arg-type,call-arg]
        fault = problems.of_error(error)
        assert 400 <= fault.status < 600
        assert fault.detail == "told"
    assert problems.of_error(errors.UnknownCollection("x")).kind == "unknown-collection"
    assert problems.of_error(errors.GeneratorTimeout("x")).status == 504
    assert problems.of_error(errors.GeneratorUnavailable("x")).headers == {"Retry-After": "5"}


def test_an_unforeseen_failure_is_a_problem_that_says_nothing(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    def fail(name: str) -> Any:
        raise RuntimeError("canary-7431")

    with serving(create_app(config, fail, needs=())) as url:
        response = httpx.post(url + SEARCH, json={"question": "x"}, trust_env=False)
    assert response.status_code == 500
    assert is_problem(response)
    assert "canary" not in response.text
    assert response.headers["x-request-id"] in caplog.text
    assert response.headers["x-content-type-options"] == "nosniff"


def test_an_unforeseen_failure_ends_a_stream_with_an_error(
    serve: Callable[[Any], httpx.Client], caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(Broken):
        def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
            yield "word "
            raise RuntimeError("canary-7431")

    response = serve(Failing()).post(ASK, json={"question": QUESTION}, headers=EVENTS)
    name, told = events(response)[-1]
    assert (name, told["status"], told["title"]) == ("error", 500, "Internal error")
    assert told["request_id"] == response.headers["x-request-id"]
    assert "canary" not in response.text
    assert told["request_id"] in caplog.text


def test_questions_and_documents_are_not_logged(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for path in (ASK, SEARCH, "/v1/collections/nowhere/ask"):
        client.post(path, json={"question": QUESTION, "filter": "source:*.md"})
        client.post(path, json={"question": QUESTION, "filter": "canary"})
    written = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore")))
    assert "terminate" not in written
    assert "canary" not in written


@pytest.mark.parametrize("headers", [EVENTS, {}])
def test_a_client_that_leaves_ends_the_generation(
    serve: Callable[[Any], httpx.Client], headers: dict[str, str]
) -> None:
    slow = Slow()
    client = serve(slow)
    with (
        pytest.raises(httpx.ReadTimeout),
        client.stream("POST", ASK, json={"question": QUESTION}, headers=headers, timeout=1.0) as response,
    ):
        assert slow.began.wait(10)
        if headers:
            next(response.iter_bytes())
            raise httpx.ReadTimeout("left")
    assert slow.closed.wait(5)


def test_a_service_that_stops_ends_its_streams_with_an_error(
    serve: Callable[[Any], httpx.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow()
    with serve(slow).stream("POST", ASK, json={"question": QUESTION}, headers=EVENTS) as response:
        assert slow.began.wait(10)
        monkeypatch.setattr(AppStatus, "should_exit", True)
        response.read()
    name, told = events(response)[-1]
    assert (name, told["status"]) == ("error", 503)
    assert slow.closed.wait(5)


def test_whoever_finds_the_queue_full_is_told_when_to_come_again(
    serve: Callable[[Any], httpx.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ANSWERS", 1)
    monkeypatch.setattr(service, "ANSWERS_WAITING", 0)
    slow = Slow()
    client = serve(slow)
    with client.stream("POST", ASK, json={"question": QUESTION}, headers=EVENTS):
        assert slow.began.wait(10)
        for headers in (EVENTS, {}):
            refused = client.post(ASK, json={"question": QUESTION}, headers=headers)
            assert refused.status_code == 503
            assert is_problem(refused)
            assert refused.headers["retry-after"] == "5"
        assert client.post(SEARCH, json={"question": QUESTION}).status_code == 200
        assert client.get("/readyz").status_code == 200
    assert slow.closed.wait(5)


def test_a_collection_that_vanishes_is_gone_and_one_that_comes_is_served(config: Config, tmp_path: Path) -> None:
    own = Config(home=tmp_path / "home", models=tmp_path)
    ask = {"question": "terminate", "k": 1}
    with serving(create_app(own, opener(own), needs=())) as url, httpx.Client(base_url=url, trust_env=False) as client:
        assert client.post(SEARCH, json=ask).status_code == 404
        for text in (AGREEMENT, AGREEMENT.replace("thirty", "sixty")):
            fill(own, "demo", {"a.md": text}, tmp_path / "files")
            found = client.post(SEARCH, json=ask).json()["hits"][0]["chunk"]["text"]
            assert found in text
            shutil.rmtree(own.home / "demo")
            assert client.post(SEARCH, json=ask).status_code == 404
            assert client.get("/v1/collections").json() == {"collections": []}


def test_it_is_not_ready_without_its_models_and_says_what_to_do(config: Config) -> None:
    with serving(create_app(config, opener(config))) as url:
        response = httpx.get(f"{url}/readyz", trust_env=False)
    assert response.status_code == 503
    missing = [part for part in response.json()["parts"] if not part["ready"]]
    assert [part["name"] for part in missing] == [config.encoder, config.generator]
    assert all("citebound models pull" in part["remedy"] for part in missing)


def test_it_is_not_ready_with_a_damaged_index_or_store(tmp_path: Path) -> None:
    own = Config(home=tmp_path / "home", models=tmp_path)
    for name in ("broken-index", "broken-store", "whole"):
        fill(own, name, {"a.md": AGREEMENT}, tmp_path / "files")
    index = next((own.home / "broken-index").glob("gen-*/vectors.faiss"))
    with serving(create_app(own, opener(own), needs=())) as url:
        assert httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
        index.write_bytes(index.read_bytes()[:-8] + b"damaged!")
        store = own.home / "broken-store" / "store.db"
        for file in store.parent.glob("store.db*"):
            file.unlink()
        store.write_bytes(b"no database" * 1000)
        response = httpx.get(f"{url}/readyz", trust_env=False)
    assert response.status_code == 503
    state = {part["name"]: part["ready"] for part in response.json()["parts"]}
    assert state == {"broken-index": False, "broken-store": False, "whole": True}

"""Receipts over REST: listed, shown, asked again, and refused as elsewhere."""

from __future__ import annotations

import json

import httpx
import pytest

from citebound.config import Config
from citebound.indexes import receipts
from tests.api.conftest import opener

DEMO = "/v1/collections/demo"
QUESTION = "Who may terminate the agreement for convenience?"


@pytest.fixture
def receipt(client: httpx.Client) -> str:
    """The id of a receipt that was just stored."""
    answer = client.post(f"{DEMO}/ask", json={"question": QUESTION, "filter": "source:agreement.md"}).json()
    assert answer["receipt"]["id"]
    return str(answer["receipt"]["id"])


def test_an_answer_that_was_streamed_has_a_receipt_too(client: httpx.Client) -> None:
    told = client.post(f"{DEMO}/ask", json={"question": QUESTION, "stream": True}).text
    verdict = next(block for block in told.split("\n\n") if "event: verdict" in block)
    answer = json.loads(verdict.partition("data: ")[2])
    assert client.get(f"{DEMO}/receipts", params={"k": 1}).json()["receipts"][0]["id"] == answer["receipt"]["id"]


def test_receipts_come_newest_first_in_parts(client: httpx.Client, receipt: str) -> None:
    client.post(f"{DEMO}/ask", json={"question": QUESTION, "llm": False})
    found = client.get(f"{DEMO}/receipts", params={"k": 1, "skip": 1}).json()["receipts"]
    assert [one["id"] for one in found] == [receipt]
    for wrong in ({"k": 0}, {"skip": -1}, {"limit": 5}):
        assert client.get(f"{DEMO}/receipts", params=wrong).status_code == 422


def test_one_receipt_is_what_python_has(client: httpx.Client, config: Config, receipt: str) -> None:
    shown = client.get(f"{DEMO}/receipts/{receipt[:10]}").json()
    with opener(config)("demo") as collection:
        found = collection.receipt(receipt)
    assert found.asked is not None
    assert shown["asked"]["question"] == found.asked.question == QUESTION
    assert shown["asked"]["filter"] == found.asked.filter
    assert [hit["sha256"] for hit in shown["hits"]] == [hit.sha256 for hit in found.hits]
    assert shown["header"]["receipt"]["generator"] == "echo"
    assert shown["said"]["sentences"][0]["citations"][0]["quote_sha256"]


def test_a_receipt_is_asked_again(client: httpx.Client, receipt: str) -> None:
    before = client.get(f"{DEMO}/receipts", params={"k": 1}).json()["receipts"][0]["id"]
    found = client.post(f"{DEMO}/receipts/{receipt}/replay", json={}).json()
    assert (found["receipt"], found["question"]) == (receipt, QUESTION)
    assert found["same"] is not bool(found["changes"])
    assert {change["what"] for change in found["changes"]} <= {"model"}  # the fake is not the configured generator
    assert client.get(f"{DEMO}/receipts", params={"k": 1}).json()["receipts"][0]["id"] == before


def test_what_is_not_there_is_not_found(client: httpx.Client, receipt: str) -> None:
    for path in ("ffffffff", "%25%25", "x' OR 1", receipt[:3]):
        response = client.get(f"{DEMO}/receipts/{path}")
        assert response.status_code == 404
        assert response.json()["type"] == "urn:citebound:problem:unknown-receipt"
    assert client.post(f"{DEMO}/receipts/ffffffff/replay", json={}).status_code == 404
    assert client.get("/v1/collections/nope/receipts").status_code == 404
    assert client.get(f"/v1/collections/reports/receipts/{receipt}").status_code == 404


def test_a_question_that_was_forgotten_is_gone(client: httpx.Client, config: Config) -> None:
    with opener(config)("hostile") as collection:
        answer = collection.ask("What shall the vendor pay each month?", llm=False)
        assert answer.receipt is not None
        with collection._activity.write() as db:
            assert receipts.empty(db, [answer.receipt.id]) == 1
    path = f"/v1/collections/hostile/receipts/{answer.receipt.id}"
    assert client.get(path).json()["asked"] is None
    response = client.post(f"{path}/replay", json={})
    assert response.status_code == 410
    assert "forgotten" in response.json()["detail"]

"""Feedback, conflicts and absence over REST."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from citebound.api.service import create_app
from citebound.config import Config
from tests.answer.conflicts.test_places import AGREEMENT, AMENDMENT
from tests.api.conftest import fill, opener, serving
from tests.fakes import WordHashEmbedder

ASKED = {"question": "What may the aggregate liability of either party not exceed?", "llm": False}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    config = Config(home=tmp_path / "home", models=tmp_path / "models")
    fill(config, "deal", {"agreement.txt": AGREEMENT, "amendment.txt": AMENDMENT}, tmp_path / "f")
    with (
        serving(create_app(config, opener(config), needs=(), encoder=WordHashEmbedder())) as url,
        httpx.Client(base_url=f"{url}/v1/collections/deal", trust_env=False, timeout=30) as made,
    ):
        yield made


def test_an_answer_is_judged_and_the_last_word_counts(client: httpx.Client) -> None:
    receipt = client.post("ask", json=ASKED).json()["receipt"]["id"]
    assert client.post("feedback", json={"receipt": receipt, "verdict": "right"}).json()["verdict"] == "right"
    given = {"receipt": receipt[:12], "verdict": "wrong", "quote": "shall not exceed USD 2,500,000"}
    item = client.post("feedback", json=given).json()
    place = item["places"][0]["span"]
    assert AMENDMENT[place["start"] : place["end"]] == given["quote"]
    assert client.get("feedback").json()["items"] == [item]


def test_items_come_oldest_first_in_parts(client: httpx.Client) -> None:
    for _ in range(3):
        receipt = client.post("ask", json=ASKED).json()["receipt"]["id"]
        client.post("feedback", json={"receipt": receipt, "verdict": "wrong"})
    every = client.get("feedback").json()["items"]
    assert client.get("feedback", params={"k": 1, "skip": 1}).json()["items"] == every[1:2]
    for wrong in ({"k": 0}, {"skip": -1}, {"limit": 5}):
        assert client.get("feedback", params=wrong).status_code == 422


def test_wrong_requests_are_problems(client: httpx.Client) -> None:
    receipt = client.post("ask", json=ASKED).json()["receipt"]["id"]
    for body, status in (
        ({"receipt": receipt, "verdict": "right", "quote": "it shall exceed USD 9,000,000"}, 422),
        ({"receipt": receipt, "verdict": "maybe"}, 422),
        ({"receipt": receipt}, 422),
        ({"receipt": "0" * 64, "verdict": "right"}, 404),
        ({"receipt": receipt, "verdict": "right", "document": "no.txt", "quote": "USD 2,500,000"}, 404),
    ):
        found = client.post("feedback", json=body)
        assert found.status_code == status
        assert found.headers["content-type"] == "application/problem+json"
    assert client.get("feedback").json() == {"items": []}


def test_conflicts_and_absence_are_told(client: httpx.Client) -> None:
    told = client.post("ask", json=ASKED).json()
    assert [c["kind"] for c in told["conflicts"]] == ["superseded"]
    gone = client.post("ask", json={"question": "Is there a source code escrow?", "llm": False}).json()
    assert gone["outcome"] == "absent"
    assert gone["searched"]["documents"] == 2
    assert gone["conflicts"] == []

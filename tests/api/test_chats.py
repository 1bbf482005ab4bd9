"""Chats over HTTP."""

from __future__ import annotations

import httpx
import pytest

from tests.api.conftest import QUESTION
from tests.api.test_service import EVENTS, events, is_problem

CHATS = "/v1/collections/demo/chats"


@pytest.fixture
def chat(client: httpx.Client) -> str:
    made: str = client.post(CHATS, json={}).json()["chat"]
    return f"{CHATS}/{made}"


def test_turns_go_on_from_each_other_and_say_how_they_were_read(client: httpx.Client, chat: str) -> None:
    first = client.post(f"{chat}/turns", json={"question": QUESTION}).json()
    second = client.post(f"{chat}/turns", json={"question": "What does that clause say?", "llm": False}).json()
    assert first["answer"]["citations"][0]["section"].endswith("9 Termination")
    assert (first["number"], first["because"]) == (1, [])
    assert second["question"] == "What does Section 9 (Termination) of the Master Agreement say?"
    assert second["number"] == 2
    assert [t["number"] for t in client.get(chat).json()["turns"]] == [1, 2]


def test_a_turn_streams_how_it_was_read_evidence_text_and_the_stored_turn(client: httpx.Client, chat: str) -> None:
    response = client.post(f"{chat}/turns", json={"question": QUESTION}, headers=EVENTS)
    found = events(response)
    names = list(dict.fromkeys(name for name, _ in found))
    assert names == ["rewrite", "evidence", "token", "verdict"]
    assert found[0][1] == {"question": QUESTION, "because": []}
    assert found[-1][1]["number"] == 1
    (stored,) = client.get(chat).json()["turns"]
    assert stored["answer"]["citations"] == found[-1][1]["answer"]["citations"]


def test_a_follow_up_with_nothing_before_it_is_refused_in_words(client: httpx.Client, chat: str) -> None:
    turn = client.post(f"{chat}/turns", json={"question": "and that one?"}).json()
    assert turn["answer"]["outcome"] == "refused"
    assert "that one" in turn["answer"]["reason"]


def test_chats_are_listed_exported_and_forgotten(client: httpx.Client, chat: str) -> None:
    client.post(f"{chat}/turns", json={"question": QUESTION, "llm": False})
    listed = client.get(CHATS, params={"k": 1}).json()["chats"]
    assert listed[0]["first"] == QUESTION
    exported = client.get(f"{chat}/markdown")
    assert exported.headers["content-type"] == "text/markdown; charset=utf-8"
    assert exported.headers["content-disposition"].startswith("attachment")
    assert "Termination" in exported.text
    assert client.delete(chat).json() == {"turns": 1, "receipts": 1}
    assert client.get(chat).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{CHATS}/beefbeef/turns", {"question": QUESTION}, 404),
        (f"{CHATS}/last/turns", {"question": ""}, 422),
        (f"{CHATS}/last/turns", {"question": "x" * 9000}, 413),
        (f"{CHATS}/last/turns", {"query": "x"}, 422),
        (CHATS, {"filter": "source:"}, 422),
        ("/v1/collections/nowhere/chats", {}, 404),
    ],
)
def test_a_bad_request_is_a_problem(
    client: httpx.Client, chat: str, path: str, body: dict[str, str], status: int
) -> None:
    response = client.post(path, json=body)
    assert response.status_code == status
    assert is_problem(response)


def test_an_unknown_chat_looks_the_same_however_it_is_asked_for(client: httpx.Client) -> None:
    gone = f"{CHATS}/beefbeef"
    for response in (client.get(gone), client.get(f"{gone}/markdown"), client.delete(gone)):
        assert response.status_code == 404
        assert is_problem(response)

"""Amendments over REST: the same as in Python, in parts, with what they change."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from citebound.api.service import create_app
from citebound.config import Config
from citebound.indexes.store import Store
from tests.api.conftest import fill, opener, serving
from tests.fakes import WordHashEmbedder
from tests.indexes.test_amendment import ELEVEN, TEN, agreement, amendment


def test_amendments_come_newest_first_and_mark_what_they_supersede(tmp_path: Path) -> None:
    config = Config(home=tmp_path / "home", models=tmp_path / "models")
    second = amendment(ELEVEN, "Second", "May 1, 2022")
    fill(config, "flour", {"flour.txt": agreement(), "first.txt": amendment(TEN), "second.txt": second}, tmp_path / "f")
    with (
        serving(create_app(config, opener(config), needs=(), encoder=WordHashEmbedder())) as url,
        httpx.Client(base_url=f"{url}/v1/collections/flour", trust_env=False, timeout=30) as client,
    ):
        found = client.get("amendments").json()
        assert found["total"] == 2
        assert [(a["number"], a["target"], a["whole"]) for a in found["amendments"]] == [
            (2, "4.1", True),
            (1, "4.1", True),
        ]
        place = found["amendments"][0]["place"]
        assert agreement()[place["start"] : place["end"]].startswith("4.1 Amount.")
        part = client.get("amendments", params={"k": 1, "skip": 1, "filter": "label.none:x"}).json()
        assert part == {"amendments": [], "total": 0}
        assert client.get("amendments", params={"k": 1, "skip": 1}).json()["amendments"][0]["number"] == 1
        asked = {"question": "How many dollars shall the Buyer pay for each sack of flour?"}
        hits = client.post("search", json=asked).json()["hits"]
        assert [a["number"] for h in hits if "nine" in h["chunk"]["text"] for a in h["superseded_by"]] == [1, 2]
        answer = client.post("ask", json={**asked, "llm": False, "filter": "source:flour.txt"}).json()
        assert [a["number"] for c in answer["citations"][:1] for a in c["superseded_by"]] == [1, 2]
        marked = [p for p in answer["passages"] if "nine" in p["text"]]
        assert [[a["source"]["path"].rpartition("/")[2] for a in p["superseded_by"]] for p in marked] == [
            ["first.txt", "second.txt"]
        ]
        assert [a["section"] for p in marked for hit in p["hits"] for a in hit["superseded_by"]][:2] == ["2", "1"]
        body = {**asked, "llm": False, "stream": True, "filter": "source:flour.txt"}
        events = client.post("ask", json=body).text.split("\n\n")
        (evidence,) = (json.loads(e.partition("data: ")[2]) for e in events if e.startswith("event: evidence"))
        assert [[a["number"] for a in p["superseded_by"]] for p in evidence["passages"]] == [[1, 2]]


def test_documents_and_answers_say_which_languages_the_encoder_was_not_made_for(tmp_path: Path) -> None:
    config = Config(home=tmp_path / "home", models=tmp_path / "models")
    german = "Der Lieferant liefert die Waren innerhalb von zehn Tagen nach der Bestellung an den Käufer. "
    fill(config, "mixed", {"flour.txt": agreement(), "vertrag.txt": german * 20}, tmp_path / "f")
    store = Store(config.home / "mixed" / "store.db")
    with store.writing() as db:  # the vectors are of the fake encoder; its name is that of the known one
        db.execute("UPDATE meta SET value = 'all-minilm-l6-v2' WHERE key = 'encoder_name'")
    store.close()
    with (
        serving(create_app(config, opener(config), needs=(), encoder=WordHashEmbedder())) as url,
        httpx.Client(base_url=f"{url}/v1/collections/mixed", trust_env=False, timeout=30) as client,
    ):
        found = client.get("documents").json()
        assert [row["languages"] for row in found["documents"]] == [{"en": 1.0}, {"de": 1.0}]
        assert found["notes"] == [
            "1 document is in German; the encoder was made for English: its passages may be missed"
        ]
        assert client.get("documents", params={"filter": "source:flour.txt"}).json()["notes"] == []
        asked = {"question": "How many dollars shall the Buyer pay?", "llm": False}
        assert client.post("ask", json=asked).json()["notes"] == []  # of the fake encoder nothing is known

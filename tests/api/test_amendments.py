"""Amendments over REST: the same as in Python, in parts, with what they change."""

from __future__ import annotations

from pathlib import Path

import httpx

from citebound.api.service import create_app
from citebound.config import Config
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

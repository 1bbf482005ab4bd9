"""Explain: how a question was understood, what was added, what was dropped; in Python and on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from citebound import cli
from citebound import collection as collection_module
from citebound.collection import Collection
from citebound.config import Config
from citebound.indexes.explain import LANGUAGES, Explanation, language
from citebound.indexes.search import STAGES
from tests.fakes import WordHashEmbedder

FILLER = "The parties agree on point {} of the annual plan and on nothing else that a reader of it would look for here."
MEANING = (
    '"Net Sales" means invoiced amounts less returns, freight, insurance, customs, taxes, samples, rebates, discounts.'
)


def points(first: int, last: int) -> list[str]:
    return [f"{n}. Point {n}. " + " ".join(FILLER.format(n) for _ in range(3)) for n in range(first, last)]


SUPPLY = "\n\n".join(
    [
        "SUPPLY AGREEMENT between Northwind Inc and Halden Systems.",
        *points(1, 9),
        f"9. Definitions. {MEANING}",
        *points(10, 20),
        "20. Royalty. The royalty which Halden owes is five percent of the Net Sales of each year.",
        *points(21, 30),
    ]
)
OTHERS = {
    "lease.txt": "LEASE of an office in Bergen between Vidar Eiendom and Solveig.\n\nRent is due monthly.",
    "policy.txt": "Information security policy.\n\nThe staff encrypts laptops.",
    "minutes.txt": "Minutes of the board.\n\nThe board met and approved the travel of its members.",
    "report.txt": "Test report for Ostrava Bank.\n\nThe login page lets attackers inject SQL.",
}
QUESTION = "Which royalty does Halden owe to Northwind?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Northwind_supply.txt").write_text(SUPPLY)
    for name, text in OTHERS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def collection(folder: Path) -> Iterator[Collection]:
    config = Config(home=folder)
    with Collection.open("c", create=True, config=config, embedder=WordHashEmbedder()) as made:
        assert not made.ingest([folder / name for name in ("Northwind_supply.txt", *OTHERS)]).failures
        yield made


def test_the_route_and_what_was_asked_are_said(collection: Collection) -> None:
    explained = collection.explain(QUESTION, budget=900)
    assert [named.source.name for named in explained.documents] == ["Northwind_supply.txt"]
    assert explained.documents[0].score > 0
    assert explained.question == QUESTION
    assert "Northwind" not in explained.asked
    assert {why.stage for why in explained.hits[0].why} >= {"dense", "lexical"}


def test_what_closure_added_and_why_is_said(collection: Collection) -> None:
    explained = collection.explain(QUESTION, budget=900)
    (added,) = [one for one in explained.added if "Net Sales" in one.because]
    assert added.kind == "definition"
    assert "royalty" in explained.passages[added.by - 1].text
    assert MEANING in added.passage.text
    assert list(explained.passages) == collection.passages(QUESTION, budget=900)


def test_without_the_stage_nothing_is_added_and_the_budget_is_the_same(collection: Collection) -> None:
    stages = [stage for stage in STAGES if stage != "closure"]
    explained = collection.explain(QUESTION, budget=900, stages=stages)
    assert explained.added == ()
    assert all(passage.hits for passage in explained.passages)
    for on in (stages, STAGES):
        assert sum(len(p.text) for p in collection.passages(QUESTION, budget=900, stages=on)) <= 900


def test_every_hit_is_shown_or_said_to_be_dropped(collection: Collection) -> None:
    explained = collection.explain(QUESTION, budget=900)
    shown = {hit.chunk.id for passage in explained.passages for hit in passage.hits}
    dropped = [one for one in explained.dropped if (one.kind, one.reason) == ("hit", "budget")]
    assert len(shown) + len(dropped) == len(explained.hits)
    assert {one.because for one in dropped} == {
        f"rank {hit.rank}" for hit in explained.hits if hit.chunk.id not in shown
    }


def test_a_duplicate_names_the_hit_that_it_repeats(collection: Collection) -> None:
    repeat = "The courier takes every notice to the registered office of the other side, in a sealed cover, " * 3
    other = "Nobody else may open the cover, read what is in it, copy it, or keep it for longer than a week. " * 3
    path = Path(collection.config.home) / "twice.txt"
    path.write_text(f"1. First\n\n{repeat}\n\n2. Second\n\n{other}\n\n1. First\n\n{repeat}\n")
    stages = ("dense", "lexical", "duplicates")
    assert not collection.ingest([path]).failures
    explained = collection.explain("courier registered office", budget=4000, stages=stages)
    said = {one.because for one in explained.dropped if one.reason == "duplicate"}
    kept = {f"repeats rank {hit.rank}" for hit in explained.hits}
    assert said
    assert said <= kept
    everything = collection.explain("courier registered office", budget=4000, stages=("dense", "lexical"))
    assert len(everything.hits) == len(explained.hits) + len(said)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("Wie hoch ist die Haftung des Anbieters begrenzt?", "de"),
        ("Quelle est la durée du contrat et qui le résilie ?", "fr"),
        ("Cuál es la ley aplicable al contrato?", "es"),
        ("Какой срок действия договора?", "ru"),
        ("責任の上限はいくらですか、教えてください。", "ja"),
        ("What is the cap on the liability of the provider?", ""),
        ("Insurance certificate requirements", ""),
        ("indemnification non-compete covenant", ""),
        ("CVE-2021-44228 remote code execution", ""),
        ("Haftung?", ""),
        ("12345 67890 12345 67890 !!", ""),
        ("§§§§§§§§§§§§§§§§§§§§§§§", ""),
        ("", ""),
    ],
)
def test_another_language_is_told_only_when_it_is_certain(question: str, code: str) -> None:
    assert language(question) == code
    assert language(question) == code  # and the same again: the seed is fixed


def test_a_language_is_said_only_for_an_encoder_that_was_not_made_for_it(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "Wie hoch ist die Haftung von Northwind begrenzt?"
    assert collection.explain(question).language == ""  # of the fake encoder nothing is known
    assert isinstance(collection.embedder, WordHashEmbedder)
    monkeypatch.setattr(collection.embedder, "name", "all-minilm-l6-v2")
    assert collection.explain(question).language == "de"
    assert collection.explain("What is the cap on the liability of Northwind?").language == ""
    assert set(LANGUAGES) == {"all-minilm-l6-v2"}


def test_a_collection_without_documents_explains_that_nothing_is_there(tmp_path: Path) -> None:
    with Collection.open("e", create=True, config=Config(home=tmp_path), embedder=WordHashEmbedder()) as empty:
        explained = empty.explain("anything at all")
    assert explained == Explanation("anything at all", "", (), "anything at all", "", (), (), (), ())


# -- the command line ---------------------------------------------------------------------------------------------


@pytest.fixture
def search(
    folder: Path, collection: Collection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    monkeypatch.setattr(collection_module, "open_encoder", lambda config: WordHashEmbedder())
    monkeypatch.setenv("COLUMNS", "500")

    def one(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["citebound", "search", "-c", str(folder / "c"), *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        return capsys.readouterr().out

    return one


def test_why_prints_the_route_the_stages_and_what_was_added_and_dropped(search: Any) -> None:
    printed = search(QUESTION, "--why", "--k", "2", "--budget", "900")
    for said in ("names Northwind_supply.txt", "asked without names:", "dense rank", "lexical rank", "+ definition"):
        assert said in printed
    assert 'uses "Net Sales"' in printed
    assert "dropped for the budget" in printed
    assert "names no document" in search("the annual plan and a reader of it", "--why")


def test_why_as_json_carries_the_whole_explanation(search: Any) -> None:
    made = json.loads(search(QUESTION, "--why", "--k", "2", "--budget", "900", "--json"))
    assert set(made) == {
        *("question", "language", "documents", "asked", "synonyms"),
        *("hits", "passages", "added", "dropped", "adapter"),
    }
    assert [hit["rank"] for hit in made["hits"]] == [1, 2]
    assert sum(len(passage["text"]) for passage in made["passages"]) <= 900
    (added,) = [one for one in made["added"] if "Net Sales" in one["because"]]
    assert added["passage"]["text"] in [passage["text"] for passage in made["passages"]]
    assert {one["reason"] for one in made["dropped"]} <= {"budget", "duplicate"}

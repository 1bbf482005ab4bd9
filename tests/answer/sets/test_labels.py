"""Conditions that documents state under labels of their own: table rows, lines with a colon, headings."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound import Collection
from citebound.answer.sets.answer import SetAnswer
from citebound.answer.sets.by_document import Sought, look_into, read_off, sought
from citebound.answer.sets.by_fields import answer_set, known_names
from citebound.answer.sets.labels import Labels
from citebound.config import Config
from citebound.ingest.profile import shipped
from citebound.types import Outcome
from tests.fakes import WordHashEmbedder

KINDS = shipped()
HEAD = "{name} AGREEMENT\n\nThis {name} Agreement is made between Alder Inc. and Birch Ltd.\n\n"
PAPERS = {
    "supply": "1. Arbitration\n\nAny dispute is settled by three arbitrators.\n\n2. Price\n\nThe price is due.\n\n"
    "Keeper: Moor House\n\nHarbours: Riga, Tallinn\n",
    "lease": "1. Rent\n\nThe rent is due. Disputes do not go to arbitration.\n\nKeeper: Hill House\n\nHarbours: Kiel\n",
    "hosting": "1. Stables\n\nHorses are kept as Marlowe's Riding School keeps them.\n\nKeeper: Moor House\n\n"
    "Harbours: various\n",
    "pledge": "1. Arbitration\n\nReserved.\n\n2. Horses\n\nThe Riding School is paid.\n\nKeeper: Moor House\n",
}


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    folder = tmp_path_factory.mktemp("papers")
    for name, text in PAPERS.items():
        (folder / f"{name}.txt").write_text(HEAD.format(name=name.upper()) + text, "utf-8")
    config = Config(home=folder / "home")
    with Collection.open("papers", create=True, config=config, embedder=WordHashEmbedder()) as opened:
        opened.ingest([folder / f"{name}.txt" for name in PAPERS])
        yield opened


def unread(collection: Collection, question: str) -> Sought:
    asked = sought(question, KINDS, known_names(collection._store))
    assert asked is not None, question
    return asked


def read(collection: Collection, question: str) -> SetAnswer | None:
    return read_off(collection._store, unread(collection, question))


def names(collection: Collection, units: object) -> list[str]:
    ids = [one.document.id for one in units]  # type: ignore[attr-defined]
    return sorted(source.name.removesuffix(".txt") for id_ in ids for source in collection._store.sources(id_))


@pytest.mark.parametrize(
    ("question", "members", "undecided"),
    [
        ("Which agreements have the keeper Moor House?", ["hosting", "pledge", "supply"], []),
        ("How many agreements have the keeper Hill House?", ["lease"], []),
        ("Which agreements are about Tallinn?", ["supply"], ["hosting", "pledge"]),
        ("Which agreements name a harbour in Kiel or Riga?", ["lease", "supply"], ["hosting", "pledge"]),
        ("Which agreements do not have the keeper Moor House?", ["lease"], []),
        ("Which agreements have an arbitration clause?", ["supply"], ["hosting", "lease"]),
        ("Which agreements have no arbitration clause?", ["pledge"], ["hosting", "lease"]),
        ("Which agreements mention the Riding School?", ["hosting", "pledge"], []),
        ("Which agreements mention Marlowe's Riding School?", ["hosting", "pledge"], []),
        ("Which agreements mention arbitrators?", ["supply"], []),
        ("How many pledge agreements do we have?", ["pledge"], []),
    ],
)
def test_what_is_asked_is_read_off_labels(
    collection: Collection, question: str, members: list[str], undecided: list[str]
) -> None:
    found = read(collection, question)
    assert found is not None
    assert names(collection, found.members) == members
    assert names(collection, found.undecided) == undecided
    assert found.asked == 4
    assert found.question.restated


@pytest.mark.parametrize(
    "question",
    [
        "Which agreements have the keeper Dale House?",
        "Which agreements have an indemnity for lost horses?",
        "Which agreements allow arbitration?",
        "Which agreements have more than one harbour?",
        "Which agreements have only the keeper Moor House?",
        "Which agreements have a keeper who lives in Moor House?",
        "Which agreements mention Dale House?",
        "Which agreements mention a horse or a mule or a goat or a cow or a cat?",
    ],
)
def test_what_no_document_says_or_a_word_asks_more_is_not_read(collection: Collection, question: str) -> None:
    assert read(collection, question) is None


def test_all_gives_the_exceptions(collection: Collection) -> None:
    found = read(collection, "Do all agreements have the keeper Moor House?")
    assert found is not None
    assert names(collection, found.exceptions) == ["lease"]
    assert any(sentence.text.startswith("No: 3 of 4 agreements") for sentence in found.sentences())


def test_every_proof_is_the_text_at_its_place(collection: Collection) -> None:
    for question in ("Which agreements have the keeper Moor House?", "Which agreements have an arbitration clause?"):
        found = read(collection, question)
        assert found is not None
        for unit in (*found.members, *found.undecided):
            for proof in unit.proofs:
                assert proof.span is not None
                assert collection._store.text(proof.document_id, proof.span) == proof.quote


def test_an_answer_cites_every_member_and_shows_where_the_undecided_speak_of_it(collection: Collection) -> None:
    answer = collection.ask("Which agreements have an arbitration clause?", llm=False)
    assert answer.outcome is Outcome.ANSWERED
    assert "1 of 4 agreements" in answer.text
    told = [sentence for sentence in answer.sentences if sentence.text.startswith("SUPPLY")]
    assert len(told) == 1
    assert told[0].citations[0].quote.startswith("1. Arbitration")
    doubtful = next(s for s in answer.sentences if "a sentence has the words" in s.text and s.citations)
    assert "do not go to arbitration" in doubtful.citations[0].quote


def test_the_rest_of_a_partly_read_answer_has_its_nearest_passages(collection: Collection) -> None:
    asked = unread(collection, "Which agreements are about Tallinn?")
    found = look_into(collection._store, WordHashEmbedder(), asked)
    assert isinstance(found, SetAnswer)
    assert all(one.proofs for one in found.undecided)
    assert found.chunks > 0


def test_a_condition_that_is_known_is_joined_with_one_that_is_read(collection: Collection) -> None:
    found = read(collection, "Which agreements with Birch Ltd have the keeper Hill House?")
    assert found is not None
    assert names(collection, found.members) == ["lease"]
    assert {proof.field for proof in found.members[0].proofs} == {"party", "keeper"}


@given(st.text(max_size=120))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_or_left_alone(collection: Collection, text: str) -> None:
    asked = unread(collection, "Which agreements have the keeper Hill House?")
    labels = Labels(collection._store, answer_set(collection._store, asked.question))
    for said in (text, f"mention {text}", f"an {text} clause", f"keeper {text}"):
        found = labels.read(said, asked.quantifier)
        assert found is None or len(found.members) + len(found.undecided) <= 4


def test_long_garbage_takes_no_time(collection: Collection) -> None:
    asked = unread(collection, "Which agreements have the keeper Hill House?")
    labels = Labels(collection._store, answer_set(collection._store, asked.question))
    started = time.monotonic()
    for text in ("a " * 200, "mention " + "'s " * 130, "an " * 130 + "clause", "x-" * 200, "or " * 130):
        labels.read(text, asked.quantifier)
    assert time.monotonic() - started < 5

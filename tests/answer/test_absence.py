"""Whether something is there: yes with the quote, or what was searched, never a flat no."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from citebound import Collection, Config, Outcome
from tests.fakes import Echo, WordHashEmbedder

LICENSE = """LICENSE AGREEMENT

This License Agreement (the "Agreement") is entered into as of March 1, 2024 by and between Halden Corp., a Delaware
corporation ("Licensor"), and Northwind Inc., a New York corporation ("Licensee").

1. Grant
Licensor hereby grants to Licensee a non-exclusive license to use the Software.

2. Fees
Licensee shall pay the fees within thirty (30) days after receipt of the invoice.

3. Limitation of Liability
In no event shall the aggregate liability of either party under this Agreement exceed the fees paid by Licensee.

4. Support
Licensor answers support requests about the Software by telephone within four hours.

5. Governing Law
This Agreement shall be governed by the laws of the State of Delaware.
"""


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    (tmp_path / "license.txt").write_text(LICENSE)
    config = Config(home=tmp_path)
    with Collection.open(
        "c", create=True, config=config, embedder=WordHashEmbedder(), generator=Echo("It exists [1].")
    ) as made:
        assert not made.ingest([tmp_path / "license.txt"]).failures
        yield made


def test_what_is_there_is_answered_with_its_quote(collection: Collection) -> None:
    answer = collection.ask("Does the agreement contain a liability cap?")
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text.startswith("Yes: “")
    (citation,) = answer.citations
    assert "aggregate liability of either party" in citation.quote
    assert citation.span.of(collection.document("license.txt").text) == citation.quote


def test_what_was_not_found_is_said_with_what_was_searched(collection: Collection) -> None:
    answer = collection.ask("Is there a source code escrow?")
    assert answer.outcome is Outcome.ABSENT
    assert answer.searched is not None and answer.receipt is not None
    passages = answer.searched.passages
    assert f"no such clause was found in the {passages} passages of the 1 document searched" in answer.text
    assert "0 of 1 document" in answer.text
    assert (answer.searched.documents, passages) == (1, answer.receipt.searched_chunks)
    assert {"source", "escrow"} <= set(answer.searched.terms)
    assert answer.searched.nearest and answer.passages
    assert "terms tried: " in answer.reason
    assert not answer.citations
    assert not answer.text.lower().startswith("no")


def test_what_no_structure_knows_is_looked_for_in_the_text(collection: Collection) -> None:
    there = collection.ask("Does the agreement mention support requests?")
    assert (there.outcome, len(there.citations)) == (Outcome.ANSWERED, 1)
    gone = collection.ask("Does the agreement mention helicopter maintenance?")
    assert gone.outcome is Outcome.ABSENT
    assert "no such passage was found" in gone.text


def test_a_name_that_is_missing_is_not_made_up_for_by_other_words(collection: Collection) -> None:
    answer = collection.ask("Does the agreement mention support requests about CVE-2021-44228?")
    assert answer.outcome is Outcome.ABSENT


def test_words_in_common_are_not_enough(collection: Collection) -> None:
    answer = collection.ask("Is there a license to practise medicine?")
    assert answer.outcome in (Outcome.ABSENT, Outcome.PARTIAL)
    assert not answer.text.startswith("Yes")


def test_asked_whether_it_is_missing_nothing_is_answered_by_yes_or_no(collection: Collection) -> None:
    there = collection.ask("Is there no liability cap?")
    assert there.outcome is Outcome.ANSWERED
    assert there.text.startswith("It is there: “")
    gone = collection.ask("Is a source code escrow missing from the agreement?")
    assert gone.outcome is Outcome.ABSENT


def test_a_question_that_asks_for_more_goes_on_where_it_is_there(collection: Collection) -> None:
    answer = collection.ask("Is there a liability cap, and how high is it?")
    assert not answer.text.startswith("Yes")
    gone = collection.ask("Is there a source code escrow, and who is the agent?")
    assert gone.outcome is Outcome.ABSENT


def test_only_documents_that_the_filter_allows_are_searched(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "escrow.txt").write_text(
        'ESCROW AGREEMENT\n\nThis Agreement (the "Agreement") is made between Halden Corp. and Northwind Inc.\n\n'
        "1. Escrow\nLicensor shall deposit the source code of the Software with the escrow agent.\n"
    )
    collection.ingest([tmp_path / "escrow.txt"])
    assert collection.ask("Is there a source code escrow?", "source:license.txt").outcome is Outcome.ABSENT
    assert collection.ask("Is there a source code escrow?").outcome is Outcome.ANSWERED


def test_an_empty_collection_gives_an_outcome(tmp_path: Path) -> None:
    with Collection.open("e", create=True, config=Config(home=tmp_path), embedder=WordHashEmbedder()) as made:
        assert made.ask("Is there a non-compete?", llm=False).outcome is Outcome.NOT_FOUND

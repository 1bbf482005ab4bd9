"""Search over documents of one kind: each is heard before one is heard at length."""

from __future__ import annotations

import pytest

from citebound.collection import Collection
from citebound.config import Config
from citebound.types import Eq, Not
from tests.fakes import WordHashEmbedder

ABOUT = "The receiving party shall keep the confidential information of the disclosing party in confidence."
COPIES = "The receiving party shall make no copies of confidential information."
LEASE = "Rent is due monthly. The tenant makes copies of all keys for the landlord and keeps them in a safe."


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    folder = tmp_path_factory.mktemp("kinds")
    for name in ("first", "second", "third"):
        clauses = [f"{n}. {ABOUT if n % 3 else COPIES} In the {name} paper under number {n}." for n in range(1, 10)]
        (folder / f"{name}.txt").write_text("\n\n".join(clauses))
    (folder / "rental.txt").write_text(LEASE)
    made = Collection.open(folder / "c", create=True, config=Config(home=folder), embedder=WordHashEmbedder())
    assert not made.ingest(sorted(folder.glob("*.txt"))).failures
    return made


def names(collection: Collection, question: str, k: int = 4) -> list[str]:
    return [hit.source.name for hit in collection.search(question, k)]


def test_each_document_of_the_kind_comes_first_once(collection: Collection) -> None:
    found = names(collection, "Consider the confidentiality agreement; may copies be made?")
    assert sorted(found[:3]) == ["first.txt", "second.txt", "third.txt"]
    assert "rental.txt" not in found


def test_the_clause_that_says_the_kind_is_not_searched(collection: Collection) -> None:
    found = collection._search.find("Consider the confidentiality agreement; may copies be made?", 4)
    assert found.asked == "may copies be made?"
    assert not found.route.documents


def test_a_filter_holds_for_documents_of_a_kind(collection: Collection) -> None:
    found = collection._search.find("Does the NDA allow copies?", 12, Not(Eq("name", "first.txt")))
    assert {hit.source.name for hit in found.hits} == {"second.txt", "third.txt"}


def test_a_question_that_speaks_of_no_kind_goes_everywhere(collection: Collection) -> None:
    assert "rental.txt" in names(collection, "Who makes copies of keys?")


def test_equal_calls_agree(collection: Collection) -> None:
    asked = "Which confidentiality agreements allow copies?"
    assert collection.search(asked, 8) == collection.search(asked, 8)

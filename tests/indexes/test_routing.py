"""Routing: which documents a question names, and what is asked once the names are out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citebound.collection import Collection
from citebound.config import Config
from citebound.indexes.routing import Route, Router, centres, without_kind
from citebound.types import Eq
from tests.fakes import WordHashEmbedder

TEXTS = {
    "Northwind_NDA_2019.txt": "MUTUAL NON-DISCLOSURE AGREEMENT between Northwind Traders and Kestrel Ltd.\n\n"
    "Each party keeps the other's information secret for five years.",
    "NORTHWINDINC_MSA.txt": "MASTER SERVICES AGREEMENT between Northwind Inc and Halden Systems.\n\n"
    "The Customer shall pay each invoice within thirty days.",
    "report-PT-2024-017.txt": "PENETRATION TEST REPORT for Ostrava Bank.\n\nThe login page lets attackers inject SQL.",
    "policy.txt": "Information security policy.\n\nThe Supplier encrypts laptops.",
    "lease.txt": "LEASE of the office in Bergen between Vidar Eiendom and Solveig AS.\n\nRent is due monthly.",
    "minutes.txt": "Minutes of the board.\n\nThe board met and approved the budget for travel.",
}


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    folder = tmp_path_factory.mktemp("routing")
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    made = Collection.open(folder / "c", create=True, config=Config(home=folder), embedder=WordHashEmbedder())
    assert not made.ingest([folder / name for name in TEXTS]).failures
    return made


def routed(collection: Collection, question: str) -> tuple[set[str], str]:
    route = Router(collection._store).route(question)
    names = {source.document_id: source.name for row in collection.documents() for source in row[5]}
    return {names[d] for d in route.documents}, route.residual


def test_a_name_leads_to_its_document_and_is_taken_out(collection: Collection) -> None:
    assert routed(collection, "What does the PT-2024-017 report say about SQL injection?") == (
        {"report-PT-2024-017.txt"},
        "What does the say about SQL injection",
    )


def test_a_clause_that_only_names_the_document_is_left_out_whole(collection: Collection) -> None:
    found, residual = routed(collection, "Consider the lease between Vidar Eiendom and Solveig; when is rent due?")
    assert (found, residual) == ({"lease.txt"}, "when is rent due?")


def test_a_name_that_two_documents_bear_leads_to_both(collection: Collection) -> None:
    found, _ = routed(collection, "How long must Northwind wait for payment?")
    assert found == {"Northwind_NDA_2019.txt", "NORTHWINDINC_MSA.txt"}


def test_a_name_is_found_in_spite_of_a_typing_error(collection: Collection) -> None:
    assert routed(collection, "What must Nortwhind keep secret?")[0] >= {"Northwind_NDA_2019.txt"}


def test_a_whole_name_counts_however_common_its_words_are(tmp_path: Path) -> None:
    made = Collection.open(tmp_path / "c", create=True, config=Config(home=tmp_path), embedder=WordHashEmbedder())
    texts = {
        "Keep.txt": "We keep your notes.",
        "Viber.txt": "We keep your calls.",
        "Groupon.txt": "We keep your orders.",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text("Privacy policy.\n\n" + text)
        made.ingest([tmp_path / name])
    assert routed(made, 'Consider "Keep"\'s privacy policy; do you sell my data?') == (
        {"Keep.txt"},
        "do you sell my data?",
    )
    assert routed(made, "How long do you keep my data?") == (set(), "")


@pytest.mark.parametrize(
    "question",
    [
        "Within how many days shall the Customer pay each invoice?",  # a role, though only one document has it
        "Who approved the budget?",
        "What is encrypted?",
        "lease",  # a name alone is searched for
        "Uptime was 99.2 % last month. How big is our credit?",
        "?",
    ],
)
def test_a_question_that_names_nothing_goes_everywhere(collection: Collection, question: str) -> None:
    assert routed(collection, question) == (set(), "")


def test_a_filter_limits_where_a_question_can_go(collection: Collection) -> None:
    router = Router(collection._store)
    assert (
        router.route("How long must Northwind wait for payment?", Eq("name", "lease.txt")) == Route()
    )  # one document: nowhere else to go


def test_what_was_ingested_since_is_known(tmp_path: Path) -> None:
    made = Collection.open(tmp_path / "c", create=True, config=Config(home=tmp_path), embedder=WordHashEmbedder())
    for name in ("lease.txt", "minutes.txt"):
        (tmp_path / name).write_text(TEXTS[name])
        made.ingest([tmp_path / name])
    router = Router(made._store)
    asked = "What does the Halden contract say about invoices?"
    assert router.route(asked).documents == {}
    (tmp_path / "Halden.txt").write_text(TEXTS["NORTHWINDINC_MSA.txt"])
    made.ingest([tmp_path / "Halden.txt"])
    assert len(router.route(asked).documents) == 1
    made.forget("Halden.txt")
    assert router.route(asked).documents == {}


def test_a_word_of_the_clause_that_asks_names_no_document(tmp_path: Path) -> None:
    made = Collection.open(tmp_path / "c", create=True, config=Config(home=tmp_path), embedder=WordHashEmbedder())
    texts = {"PHOTOSHOPINC.txt": "License of pictures.", "one.txt": "Merger agreement.", "two.txt": "A lease."}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        made.ingest([tmp_path / name])
    assert routed(made, "Consider the merger agreement; where is the no Shop clause?") == (set(), "")
    assert routed(made, "Consider the Photoshop merger agreement; may they assign?")[0] == {"PHOTOSHOPINC.txt"}


def test_the_centre_of_a_document_is_the_mean_of_its_chunks() -> None:
    rows = np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32)
    made = centres(["b", "b", "a"], rows)
    assert made.documents == ("a", "b")
    assert made.vectors == pytest.approx(np.array([[1, 0], [0.5**0.5, 0.5**0.5]]))


def test_documents_of_a_kind_are_those_nearly_as_near_as_the_nearest() -> None:
    made = centres(["a", "b", "c"], np.array([[0.8, 0.6], [0, 1], [0.6, 0.8]], dtype=np.float32))
    assert made.near(np.array([1, 0], dtype=np.float32)) == ("a", "c")  # .8, 0, .6: at least .6 * .8 = .48
    assert made.near(np.array([-1, 0], dtype=np.float32)) == ()
    assert centres([], np.zeros((0, 2), dtype=np.float32)).near(np.array([1, 0], dtype=np.float32)) == ()


def test_the_clause_that_only_says_the_kind_is_not_asked() -> None:
    assert without_kind("Consider the NDA; may copies be made?", "nda") == "may copies be made?"
    assert without_kind("May copies be made under the NDA?", "nda") == "May copies be made under the NDA?"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.text(max_size=120))
def test_any_question_can_be_routed(collection: Collection, question: str) -> None:
    route = Router(collection._store).route(question)
    assert bool(route.documents) == bool(route.residual)
    assert all(0 < share <= 1 for share in route.leaning.values())
    assert not (route.documents and route.leaning)


FRAMED = {
    "northwind.txt": "SUPPLY AGREEMENT\n\nbetween Halden Foods Inc. and Northwind Mills LLC\n\nThe seller pays.",
    "tidewater.txt": "CONSULTING AGREEMENT\n\nbetween Orla Vance and Tidewater Group Ltd.\n\nThe client pays fees.",
    "pentest.txt": "Penetration Test Report TR-2024-117\n\nThe leak is of high severity.",
    "other.txt": "Penetration Test Report TR-2023-004\n\nThe leak is of low severity.",
    "notes.txt": "Minutes of a meeting about freight, fees and the severity of leaks.",
}


@pytest.fixture(scope="module")
def framed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    folder = tmp_path_factory.mktemp("framed")
    for name, text in FRAMED.items():
        (folder / name).write_text(text, "utf-8")
    with Collection.open(folder / "c", create=True, embedder=WordHashEmbedder()) as made:
        assert not made.ingest([folder / name for name in FRAMED]).failures
        yield made


@pytest.mark.parametrize(
    ("frame", "rest"),
    [
        ("In the Supply Agreement between Halden and Northwind", "who pays the freight?"),
        ("Under the Northwind contract", "on what date does the term end?"),
    ],
)
def test_the_frame_that_names_the_document_is_not_asked(framed: Collection, frame: str, rest: str) -> None:
    assert routed(framed, f"{frame}, {rest}") == ({"northwind.txt"}, rest)


def test_the_number_of_a_report_names_it(framed: Collection) -> None:
    documents, rest = routed(framed, "What is the severity of the leak in TR-2024-117?")
    assert documents == {"pentest.txt"}
    assert "TR" not in rest
    assert "leak" in rest

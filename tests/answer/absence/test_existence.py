"""Which questions ask whether something is there, and what for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.absence.existence import Existence, existence, of_one


@pytest.mark.parametrize(
    ("question", "thing", "denied"),
    [
        ("Is there a non-compete?", "non-compete", False),
        ("does the agreement contain a liability cap?", "liability cap", False),
        ("is there no right to terminate for convenience?", "right to terminate for convenience", True),
        ("Does the penetration test report mention Log4j?", "Log4j", False),
        ("Are there any signs of SQL injection in the pentest?", "SQL injection", False),
        ("Is a source code escrow missing from the contract?", "source code escrow", True),
        ("Is the NDA silent on attorneys' fees?", "attorneys' fees", True),
        ("Does the lease lack a renewal option?", "renewal option", True),
        ("Does the DPA fail to mention sub-processors?", "sub-processors", True),
        ("The agreement has no non-compete, right?", "non-compete", True),
        ("There is no arbitration clause, is there?", "arbitration", True),
        ("Is it true that there is no audit right?", "audit right", True),
        ("Can you check whether the NDA has a non-solicitation clause?", "non-solicitation", False),
        ("Any force majeure clause in the MSA?", "force majeure", False),
        ("No liability cap?", "liability cap", True),
        ("Did the testers find any default passwords?", "default passwords", False),
        ("Does the report say anything about ransomware?", "ransomware", False),
        ("Are sub-processors mentioned in the DPA?", "sub-processors", False),
        ("Is arbitration provided for?", "arbitration", False),
        ("Isn't there a penalty for late payment?", "penalty for late payment", False),
        ("Have we got an exclusivity clause?", "exclusivity", False),
        ("Does the MSA mention a right to audit?", "right to audit", False),
        ("Is there a duty to report?", "duty to report", False),
        ("Is there a right to license in the MSA?", "right to license", False),
        ("Is there an amendment to the lease?", "amendment", False),
        ("Is it true that the lease contains a renewal option?", "renewal option", False),
    ],
)
def test_the_thing_is_read_without_its_article_and_its_place(question: str, thing: str, denied: bool) -> None:
    assert existence(question) == Existence(thing, denied)


@pytest.mark.parametrize(
    "question",
    [
        "Does the customer have to pay interest?",
        "Is there a difference between the NDA and the MSA?",
        "Is the fee stated in dollars?",
        "Who is the escrow agent?",
        "How long is the term?",
        "Can the provider walk away without giving a reason?",
        "Has the amendment been signed?",
        "do the NDA and the MSA have the same governing law?",
        "If I only email a notice, is that good enough?",
        "",
        "?",
        "Is there?",
    ],
)
def test_other_questions_are_none(question: str) -> None:
    assert existence(question) is None


@pytest.mark.parametrize(
    ("question", "by", "place"),
    [
        ("Does the customer have a right to audit?", "customer", ""),
        ("Does Customer have a right to audit?", "customer", "Customer"),
        ("Is there a right to terminate by the supplier?", "supplier", ""),
        ("Is there a right of the provider to suspend?", "provider", ""),
        ("Does the data subject have a right to access?", "data subject", ""),
        ("Did the testers find any default passwords?", "", "the testers"),
        ("Is there a confidentiality clause in the MSA?", "", "in the MSA"),
        ("Does the lease have a cap?", "", "the lease"),
    ],
)
def test_who_has_it_and_where_are_told_apart(question: str, by: str, place: str) -> None:
    found = existence(question)
    assert found is not None
    assert (found.by, found.place) == (by, place)


def test_what_is_asked_beyond_it_is_noted() -> None:
    found = existence("Is there a cap on liability, and how high is it?")
    assert found == Existence("cap on liability", more=True)


def test_a_question_for_documents_is_one_about_the_set() -> None:
    assert of_one("Is there a non-compete?")
    assert not of_one("Do any of the contracts contain an exclusivity clause?")
    assert not of_one("Are there any critical findings that are still open?")


@given(st.text(max_size=500))
def test_any_text_is_read_without_an_error(question: str) -> None:
    existence(question)


@pytest.mark.parametrize(
    "question", ["is there " + "a " * 190, "does " + "x " * 180 + "have y", "no " + "in the " * 60]
)
def test_hostile_questions_are_read_quickly(question: str) -> None:
    existence(question)

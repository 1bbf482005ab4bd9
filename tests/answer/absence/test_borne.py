"""What a quote must say before "yes" may stand in front of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.absence.borne import bears_out, denies, refuses
from citebound.answer.absence.existence import Existence


@pytest.mark.parametrize(
    ("thing", "by", "quote", "borne"),
    [
        ("payment term of 30 days", "", "Customer shall pay within thirty (30) days.", True),
        ("payment term of 14 days", "", "Customer shall pay within thirty (30) days.", False),
        ("payment term of 30 months", "", "Customer shall pay within thirty (30) days.", False),
        ("fee of 25 percent", "", "a fee equal to twenty-five percent (25%) of the price", True),
        ("obligation of 10 years", "", "10.2 The obligations continue for three (3) years.", False),
        ("fee of 1 percent", "", "1. Fees\nThe fees are raised by two percent (2%).", False),
        ("limit of 3 users", "", "3. Users\nThe limit of users is five (5).", False),
        ("limit of 3 users", "", "The notice is three (3) days.", False),
        ("limit of 3 users", "", "No more than three (3) users have access.", True),
        ("term of 12 months", "", "Term (months): 12", True),
        ("right to audit", "", "Customer may audit those records.", True),
        ("right to audit", "", "Provider shall reimburse the cost of the audit.", False),
        ("right to audit", "supplier", "Customer may audit those records.", False),
        ("right to audit", "customer", "Customer may audit those records.", True),
        ("right to audit", "provider", "Either Party may audit those records.", True),
        ("right to audit", "customer", "Customer acknowledges that Provider may audit its records.", False),
        ("duty to report", "", "The duty continues after the individual leaves.", False),
        ("duty to report", "", "The report was delivered.", False),
        ("duty to report", "", "Provider shall report each breach.", True),
        ("duty to report", "", "Provider may report each breach.", False),
    ],
)
def test_a_quote_bears_out_what_it_says(thing: str, by: str, quote: str, borne: bool) -> None:
    assert bears_out(Existence(thing, by=by), quote) is borne


@pytest.mark.parametrize("word", ["excluded", "prohibited", "forbidden", "barred", "void", "not permitted"])
def test_a_quote_that_refuses_is_no_permission(word: str) -> None:
    assert refuses("right to assign", f"Assignment is {word}.")
    assert denies("right to assign", f"Assignment is {word}.")
    assert not refuses("prohibition of assignment", f"Assignment is {word}.")


def test_what_is_denied_beside_a_permission_does_not_refuse_it() -> None:
    quote = "Customer, or an auditor that is not a competitor, may audit the records."
    assert not refuses("right to audit", quote)
    assert refuses("right to audit", "Neither Party may audit the other.")
    assert refuses("right to assign", quote)


def test_a_restriction_is_not_denied_by_restricting() -> None:
    assert not denies("prohibition on assignment", "Assignment is prohibited.")
    assert denies("renewal", "Any renewal is excluded.")


@given(st.text(max_size=200), st.text(max_size=300))
def test_any_texts_are_compared_without_an_error(thing: str, quote: str) -> None:
    bears_out(Existence(thing, by="customer"), quote)

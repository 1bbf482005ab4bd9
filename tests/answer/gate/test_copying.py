"""A copy of a quote may leave out what narrows nothing; never that only a part, or a multiple, is meant."""

from __future__ import annotations

import pytest

from citebound.answer.gate.objections import compare


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("The Customer shall pay the Fees.", "The Customer shall pay half of the Fees."),
        ("The Customer shall pay the Fees.", "The Customer shall pay half the Fees."),
        ("The Customer shall pay the Fees.", "The Customer shall pay twice the Fees."),
        (
            "Liability shall not exceed the total Fees paid in the last year.",
            "Liability shall not exceed the greater of (a) USD 5 and (b) one hundred fifty percent (150%) of the total"
            " Fees paid in the last year.",
        ),
    ],
)
def test_a_part_is_not_the_whole(sentence: str, quote: str) -> None:
    assert any("is left out" in objection for objection in compare(sentence, quote, "").objections)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("The Customer shall pay two times the Fees.", "The Customer shall pay twice the Fees."),
        ("The Customer pays 25% of the Fees.", "The Customer pays twenty-five percent (25%) of the Fees each month."),
    ],
)
def test_a_part_that_is_said_may_be_said_in_other_words(sentence: str, quote: str) -> None:
    assert compare(sentence, quote, "").objections == ()

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


def test_what_may_be_done_is_not_done() -> None:
    quote = "An attacker with a trial account can obtain temporary credentials for the hosting account."
    assert compare("The attacker obtained temporary credentials for the hosting account.", quote, "").objections
    assert compare("The Customer terminates on notice.", "The Customer may terminate on notice.", "").objections
    assert not compare(
        "The Customer has the right to terminate on notice.", "The Customer may terminate on notice.", ""
    ).objections

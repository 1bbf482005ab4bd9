"""A stated bound is never rounded down."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.confidence.rates import at_most


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0%"),
        (0.004, "0.4%"),
        (0.0001, "0.1%"),
        (0.025, "2.5%"),
        (0.05, "5%"),
        (0.0501, "5.1%"),
        (0.07, "7%"),
        (0.0999, "10%"),
        (0.1, "10%"),
        (0.29, "29%"),
        (0.123, "13%"),
        (1.0, "100%"),
    ],
)
def test_a_bound_is_rounded_up(share: float, said: str) -> None:
    assert at_most(share) == said


@given(st.floats(0, 1))
def test_at_most_is_true_and_close(share: float) -> None:
    said = Fraction(at_most(share).removesuffix("%")) / 100
    assert Fraction(str(share)) <= said <= Fraction(str(share)) + Fraction(1, 1000 if share < 0.1 else 100)

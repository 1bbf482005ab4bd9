"""Agreement of two engines."""

import pytest

from citebound.eval.agreement import agreement


def test_agreement_by_hand() -> None:
    made = agreement(["Thirty days.", "Not found", "the Bank", "a b"], ["thirty  days", "Paris", "The bank", "b c"])
    assert (made.same, made.outcome, made.n) == (2, 3, 4)
    assert made.f1 == pytest.approx((1 + 0 + 1 + 2 / 3) / 4)  # "a" is an article: "b" against "b c"

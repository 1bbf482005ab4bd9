"""What a statement depends on must stand in the quote, and not as the contrary."""

import pytest

from citebound.answer.gate.conditions import conditions, objections

EXTENDED = "The Term shall be extended by half a year unless either party gives notice of termination."
LAW = "Each party shall keep reports confidential, unless they are generally available to the public."
CONSENT = "No Party may assign its rights without the prior consent of the other Party, and any assignment is void."


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("The Term is extended by half a year if a party gives notice of termination.", EXTENDED),
        ("Reports are kept confidential even if they are generally available to the public.", LAW),
        ("Either Party may assign its rights without the prior consent of the other Party.", CONSENT),
        ("An attacker without network access could exploit it.", "An attacker with network access could exploit it."),
        ("The fee is due unless a strike occurs.", "The fee is due."),
        ("It may be stopped if a payment is received.", "If any payment is not received, it may be stopped."),
    ],
)
def test_another_condition_is_seen(sentence: str, quote: str) -> None:
    assert objections(sentence, quote)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("The Term is extended by half a year if no party gives notice of termination.", EXTENDED),
        ("Neither Party may assign its rights unless the other Party gives prior consent.", CONSENT),
        ("It may be stopped if a payment isn't received.", "If any payment is not received, it may be stopped."),
        ("If a term is held invalid, the others are not affected.",
         "In the event that any term is held to be invalid, it shall not affect any other."),
        ("If the sum is not enough, it ends.", "If the sum is insufficient or not enough, it ends."),
    ],
)  # fmt: skip
def test_one_condition_in_other_words_is_one(sentence: str, quote: str) -> None:
    assert objections(sentence, quote) == []


def test_unless_is_if_not() -> None:
    (unless,), (if_not,) = conditions("It ends unless rent is paid."), conditions("It ends if rent is not paid.")
    assert (unless.holds, unless.words) == (if_not.holds, if_not.words)

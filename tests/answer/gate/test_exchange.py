"""Words that have changed places, and what moves without changing what is said."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.gate.exchange import exchanged

SERVER = "The browser should verify the certificate of the server before it reads a cookie."
FCC = "Flotek shall have the right at any time to inspect the facility of FCC and to audit the books of FCC."


@pytest.mark.parametrize(
    ("sentence", "quote", "pair"),
    [
        ("FCC may at any time inspect the facility of Flotek.", FCC, {"fcc", "flotek"}),
        (
            "Mallory's messages to Alice are sent to Bob.",
            "Bob's messages to Alice are sent to Mallory.",
            {"mallori", "bob"},
        ),
        (
            "The other Party shall submit to the proposing Party a plan.",
            "The proposing Party shall submit to the other Party a plan and its costs.",
            {"other parti", "proposing party"},
        ),
        (
            "The indemnified party shall notify the indemnifying party.",
            "The indemnifying party shall notify the indemnified party.",
            {"indemnified party", "indemnifying party"},
        ),
        ("The server should verify the certificate of the browser.", SERVER, {"server", "browser"}),
    ],
)
def test_two_that_stand_in_each_others_place_are_found(sentence: str, quote: str, pair: set[str]) -> None:
    found = exchanged(sentence, quote)
    assert found is not None
    assert set(found) == pair


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        (FCC, FCC),
        ("Flotek may inspect FCC's facility and audit FCC's books at any time.", FCC),
        ("The facility of FCC may be inspected by Flotek.", FCC),
        ("If it is late, Buyer shall notify Seller.", "Buyer shall notify Seller if it is late."),
        ("Data and users of Seller are listed by Buyer.", "Users and data of Seller are listed by Buyer."),
        ("", FCC),
    ],
)
def test_what_moves_as_a_whole_is_no_exchange(sentence: str, quote: str) -> None:
    assert exchanged(sentence, quote) is None


@given(st.text(max_size=300))
def test_a_text_has_exchanged_nothing_with_itself(text: str) -> None:
    assert exchanged(text, text) is None


def test_long_texts_take_no_time() -> None:
    text = ("Buyer pays Seller and Agent " * 60)[:1500]
    begun = time.process_time()
    exchanged(text, text[::-1])
    assert time.process_time() - begun < 1

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.eval.matching import contains, exact, hashed, normalise, token_f1, tokens


def squad(text: str) -> str:
    """The evaluation script of SQuAD 1.1, as published."""
    text = "".join(c for c in text.lower() if c not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


@given(st.text(st.characters(max_codepoint=126)))
def test_normalising_ascii_is_squads(text: str) -> None:
    assert normalise(text) == squad(text)


def test_typographic_marks_are_normalised_as_plain_ones() -> None:
    assert normalise("The “Buyer’s” non‑compete—and €5…") == "buyers noncompete and 5"


@pytest.mark.parametrize(
    "text",
    [
        "May 8, 2014",
        "5/8/14",
        "05/08/2014",
        "5-8-14",
        "8 May 2014",
        "8-May-14",
        "2014-05-08",
        "2014-05-08T10:30:00.000Z",
        "the 8th day of May, 2014",
        "8th May 2014.",
        "MAY 8TH , 2014",
        "08.05.2014",
    ],
)
def test_a_date_in_any_usual_form_is_one_token(text: str) -> None:
    assert tokens(text) == ("2014-05-08",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5/22/00", "2000-05-22"),
        ("1/1/69", "2069-01-01"),
        ("1/1/70", "1970-01-01"),
        ("18/9/2008", "2008-09-18"),
        ("Sept. 3, 2019", "2019-09-03"),
        ("20t h day of December 2018", "2018-12-20"),
        ("1s t day of March, 2018", "2018-03-01"),
    ],
)
def test_the_order_is_american_where_that_is_a_date_and_short_years_are_near(text: str, expected: str) -> None:
    assert tokens(text) == (expected,)


def test_what_the_calendar_does_not_have_is_no_date() -> None:
    assert tokens("13/45/14") == ("13/45/14",)
    assert tokens("February 30, 2014") == ("february", "30", "2014")
    assert tokens("[]/[]/2020") == ("2020",)


@pytest.mark.parametrize(
    "text",
    [
        "USD 1,500,000",
        "US$ 1,500,000.00",
        "$1.5 million",
        "$1.5M",
        "1.5 million",
        "1.5-million",
        "1.5 million U.S. dollars",
        "one million five hundred thousand",
        "One Million Five Hundred Thousand Dollars ($1,500,000)",
        "1500000",
    ],
)
def test_an_amount_of_dollars_is_its_number(text: str) -> None:
    assert tokens(text) == ("1500000",)


@pytest.mark.parametrize("text", ["EUR 5.50", "€5.5", "5.5 euros", "5.50 €"])
def test_another_currency_stays_before_its_number(text: str) -> None:
    assert tokens(text) == ("eur", "5.5")
    assert tokens("£5") == ("gbp", "5")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thirty (30)", "30"),
        ("one (1)", "1"),
        ("one hundred and eighty ( 180 )", "180"),
        ("ten percent (10%)", "10%"),
        ("10.0 per cent", "10%"),
        ("07", "7"),
    ],
)
def test_a_number_said_twice_is_one_token(text: str, expected: str) -> None:
    assert tokens(text) == (expected,)


def test_different_numbers_and_numbers_in_a_row_stay_apart() -> None:
    assert tokens("two (2) or three (5)") == ("2", "or", "3", "5")
    assert tokens("thirty and sixty days") == ("30", "and", "60", "days")
    assert tokens("5, 5") == ("5", "5")
    assert tokens("12-month term") == ("12", "month", "term")


@pytest.mark.parametrize("name", ["cve-2021-44228", "cwe-79", "4.2.1", "3.10", "10:30", "12-24", "v1.2", "10.0.0.1"])
def test_identifiers_sections_and_versions_stay_as_they_are(name: str) -> None:
    assert tokens(f"see {name.upper()}.") == ("see", name)


def test_a_letter_after_a_bare_number_is_no_scale() -> None:
    assert tokens("5 m") == ("5", "m")


def test_an_answer_of_nothing_but_an_article_keeps_it() -> None:
    assert tokens("A") == ("a",)
    assert tokens("the Seller") == ("seller",)
    assert tokens("…") == ()


@given(st.text())
def test_any_text_has_tokens(text: str) -> None:
    assert all(tokens(text))


def test_hashes_are_the_first_ten_digits_of_sha256() -> None:
    # printf abc | sha256sum: ba7816bf8f01cfea..., the example of FIPS 180-2.
    assert hashed(["abc", "abc"]) == ("ba7816bf8f", "ba7816bf8f")


def test_f1_by_hand() -> None:
    # Common: x once and y once, of 3 found and 4 gold tokens: 2 * 2 / 7. The second answer shares one of two: 2 / 5.
    assert token_f1(["x", "y", "z"], [["x", "x", "y", "w"], ["z", "v"]]) == 4 / 7
    assert token_f1(["x"], [["x"], ["y"]]) == 1
    assert token_f1(["x"], [["y"]]) == 0


@pytest.mark.parametrize("accepted", [[], [()]])
def test_silence_is_right_only_where_no_answer_is_accepted(accepted: list[tuple[str, ...]]) -> None:
    assert exact([], accepted) and token_f1([], accepted) == 1 and contains([], accepted)
    assert not exact(["x"], accepted) and token_f1(["x"], accepted) == 0 and not contains(["x"], accepted)
    assert not exact([], [["x"]]) and token_f1([], [["x"]]) == 0 and not contains([], [["x"]])


def test_contained_means_in_a_row() -> None:
    assert contains(["in", "new", "york", "state"], [["ohio"], ["new", "york"]])
    assert not contains(["new", "in", "york"], [["new", "york"]])


words = st.lists(st.sampled_from("abc"), max_size=5)


@given(words, st.lists(words, max_size=3))
def test_hashed_tokens_compare_as_the_tokens_do(found: list[str], accepted: list[list[str]]) -> None:
    secret, secrets = hashed(found), [hashed(a) for a in accepted]
    assert exact(secret, secrets) == exact(found, accepted)
    assert token_f1(secret, secrets) == token_f1(found, accepted)
    assert contains(secret, secrets) == contains(found, accepted)

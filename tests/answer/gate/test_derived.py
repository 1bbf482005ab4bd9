"""Derived claims: bound when their members are cited and the reckoning is right, else refused with the reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.bind import Bound, bind
from citebound.answer.gate.derived import alone, derivation, tally
from citebound.types import DocumentInfo, Passage, Source, Span, Verdict

INFO = DocumentInfo("d" * 64, "MSA", "text/plain", "t" * 64, "test", 0)
SOURCE = Source("msa.txt", INFO.id)


def passage(text: str, start: int = 0, context: str = "MSA > Fees") -> Passage:
    return Passage(INFO, SOURCE, Span(start, start + len(text)), text, context, (), ())


FEE = [passage("The Fee on line 2 (Analytics module) is reduced from USD 6,200.00 to USD 5,750.00 per month.")]
MODULES = [
    passage("The Analytics module costs USD 5,750.00 per month."),
    passage("The Dashboards module costs USD 1,250.00 per month.", 500),
]
TERMS = [
    passage("The Supply Agreement has a term of five (5) years."),
    passage("The Service Agreement has a term of three (3) years.", 500),
]
STARTS = [
    passage("The Agreement takes effect on March 1, 2024."),
    passage("The Amendment takes effect on January 15, 2025.", 500),
]
TABLE = [
    passage(
        "QV-02 SQL injection in the carrier search report High 8.1 Remediated.\n"
        "QV-03 Server-side request forgery High 7.7 Open.\n"
        "QV-04 HTTP/2 rapid reset denial of service Medium 7.5 Remediated.",
        context="Report > Overview",
    )
]


def only(draft: str, passages: list[Passage]) -> Bound:
    (made,) = bind(draft, passages)
    return made


@pytest.mark.parametrize(
    ("draft", "passages", "quotes"),
    [
        ("The Analytics fee fell by USD 450.00, from USD 6,200.00 to USD 5,750.00 per month [1].", FEE, 1),
        (
            "The Analytics module costs USD 5,750 per month and the Dashboards module USD 1,250 per month, in total"
            " USD 7,000 per month [1][2].",
            MODULES,
            2,
        ),
        (
            "The Supply Agreement has a term of 5 years, longer than the Service Agreement with 3 years [1][2].",
            TERMS,
            2,
        ),
        (
            "The Amendment takes effect on January 15, 2025, 320 days after the Agreement takes effect on March 1, 2024"
            " [1][2].",
            STARTS,
            2,
        ),
        (
            "The Amendment takes effect on January 15, 2025, later than the Agreement, which takes effect on March 1,"
            " 2024 [1][2].",
            STARTS,
            2,
        ),
        ("Two findings are rated high: QV-02 and QV-03 [1].", TABLE, 2),
        ("None of the three findings is critical [1].", TABLE, 3),
        ("One of the 3 findings is open [1].", TABLE, 3),
        ("2 of the 3 findings are remediated [1].", TABLE, 3),
    ],
)
def test_what_is_reckoned_rightly_from_cited_members_is_bound_to_all_of_them(
    draft: str, passages: list[Passage], quotes: int
) -> None:
    made = only(draft, passages)
    assert (made.verdict, len(made.quotes)) == (Verdict.BOUND, quotes)
    assert made.reason
    for quote in made.quotes:
        given_ = passages[quote.passage]
        assert given_.text[quote.span.start - given_.span.start : quote.span.end - given_.span.start] == quote.text


@pytest.mark.parametrize(
    ("draft", "passages", "reason"),
    [
        (
            "The Analytics fee fell by USD 500, from USD 6,200 to USD 5,750 per month [1].",
            FEE,
            "difference is not right",
        ),
        ("The Analytics fee rose by USD 450, from USD 6,200 to USD 5,750 per month [1].", FEE, "other way round"),
        (
            "The Analytics module costs USD 5,750 per month and the Dashboards module USD 1,250 per month, in total"
            " USD 7,100 per month [1][2].",
            MODULES,
            "sum is not right",
        ),
        (
            "The Dashboards module costs USD 5,750 per month and the Analytics module USD 1,250 per month, in total"
            " USD 7,000 per month [1][2].",
            MODULES,
            "no cited passage bears out",
        ),
        (
            "The Supply Agreement has a term of 5 years, shorter than the Service Agreement with 3 years [1][2].",
            TERMS,
            "comparison is not right",
        ),
        (
            "The Service Agreement has a term of 5 years, longer than the Supply Agreement with 3 years [1][2].",
            TERMS,
            "no cited passage bears out",
        ),
        (
            "The Amendment takes effect on January 15, 2025, 300 days after the Agreement takes effect on March 1, 2024"
            " [1][2].",
            STARTS,
            "days are not right",
        ),
        (
            "Three findings are rated high: QV-02, QV-03 and QV-04 [1].",
            TABLE,
            "no cited passage bears out “QV-04 high”",
        ),
        ("Three findings are rated high: QV-02 and QV-03 [1].", TABLE, "says 3 and names 2"),
        ("None of the 3 findings is open [1].", TABLE, "1 of 3 are open, not 0"),
        ("All three findings are remediated [1].", TABLE, "2 of 3 are remediated, not 3"),
        ("None of the 12 findings is critical [1].", TABLE, ""),
    ],
)
def test_what_is_reckoned_wrongly_or_not_borne_out_is_refused(draft: str, passages: list[Passage], reason: str) -> None:
    made = only(draft, passages)
    assert made.verdict is Verdict.REMOVED
    assert reason in made.reason


def test_members_that_are_not_cited_prove_nothing() -> None:
    draft = (
        "The Analytics module costs USD 5,750 a month and the Dashboards module USD 1,250 a month, in total USD 7,000"
    )
    assert only(f"{draft} a month [1].", MODULES).verdict is not Verdict.BOUND
    assert only(f"{draft} a month.", MODULES).verdict is not Verdict.BOUND


def test_a_quote_of_two_members_proves_neither() -> None:
    assert alone("QV-02 high", "QV-02 is high.")
    assert not alone("QV-02 high", "QV-02 is low. QV-03 is high.")


def test_a_sentence_that_reckons_nothing_is_none() -> None:
    assert derivation("The fee is USD 5,750 per month.") is None
    assert derivation("The notice period is longer than 30 days.") is None
    assert tally("The report lists three findings.", ["QV-01 high", "QV-02 low", "QV-03 low"]) is None


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(-3, 3))
def test_a_sum_holds_if_and_only_if_it_is_the_sum(one: int, other: int, off: int) -> None:
    total = one + other + off
    found = derivation(f"The fee of USD {one} and the deposit of USD {other} make USD {total} in total.")
    if found is not None and total > max(one, other):
        assert bool(found.wrong) == bool(off)


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    derivation(text)
    tally(text, [text])


@pytest.mark.parametrize(
    "text", ["in total " + "1 USD, " * 400, "1 " * 900 + "than 2", "9" * 1400 + " more than 1 day", "(" * 1400]
)
def test_hostile_sentences_are_read_quickly(text: str) -> None:
    derivation(text)
    tally(text, [text])

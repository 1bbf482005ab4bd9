"""Derived claims: bound when each operand is proven by a plain quote and the reckoning is right, else refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.bind import Bound, bind
from citebound.answer.gate.derived import reckoning
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
ADDED = (
    "The sum of the Analytics module costs of USD 5,750 per month and the Dashboards module costs of USD 1,250"
    " per month is"
)
APART = "The fee for hosting is EUR 100. The setup is done in May. The fee for support is EUR 200."


def only(draft: str, passages: list[Passage]) -> Bound:
    (made,) = bind(draft, passages)
    return made


@pytest.mark.parametrize(
    ("draft", "passages", "quotes"),
    [
        ("The Analytics Fee is reduced from USD 6,200.00 to USD 5,750.00 per month, by USD 450.00 [1].", FEE, 1),
        ("The Analytics Fee is reduced by USD 450, from USD 6,200 to USD 5,750 per month [1].", FEE, 1),
        (f"{ADDED} USD 7,000 per month [1][2].", MODULES, 2),
        (
            "The sum of the fee for hosting of EUR 100 and the fee for support of EUR 200 is EUR 300 [1].",
            [passage(APART)],
            2,
        ),
        (
            "The Supply Agreement has a term of 5 years, longer than the Service Agreement with 3 years [1][2].",
            TERMS,
            2,
        ),
        (
            "The Supply Agreement has a term of 5 years, 2 years longer than the Service Agreement with 3 years"
            " [1][2].",
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
        ("QV-02 and QV-03 are both rated high [1].", TABLE, 2),
        ("QV-02 and QV-04 are remediated [1].", TABLE, 2),
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
        ("The Analytics Fee is reduced by USD 500, from USD 6,200 to USD 5,750 per month [1].", FEE, "not right"),
        ("The Analytics Fee is raised by USD 450, from USD 6,200 to USD 5,750 per month [1].", FEE, "other way"),
        (f"{ADDED} USD 7,100 per month [1][2].", MODULES, "sum is not right"),
        (
            "The sum of the Dashboards module costs of USD 5,750 per month and the Analytics module costs of USD 1,250"
            " per month is USD 7,000 per month [1][2].",
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
            "difference is not right",
        ),
        ("QV-02 and QV-04 are both rated high [1].", TABLE, "no cited passage bears out “QV-04 high”"),
    ],
)
def test_what_is_reckoned_wrongly_or_not_borne_out_is_refused(draft: str, passages: list[Passage], reason: str) -> None:
    made = only(draft, passages)
    assert made.verdict is Verdict.REMOVED
    assert reason in made.reason


CAP = "Each Party's total aggregate liability under this Agreement shall not exceed USD 1,500,000."
PERIODS = "The fee for hosting is EUR 100 per month. The setup is done in May. The fee for support is EUR 200 per year."


@pytest.mark.parametrize(
    ("draft", "evidence"),
    [
        ("Each Party's total aggregate liability was raised from USD 1,500,000 to USD 9,000,000 by USD 7,500,000", CAP),
        ("The Early Termination Fee rose from 25% to 75% by 50%", "The Early Termination Fee is 25% of the Fees."),
        ("The sum of the fee for hosting of EUR 100 and the fee for support of EUR 900 is EUR 1,000", APART),
        ("The sum of the fee for hosting of EUR 100 and EUR 900 is EUR 1,000", APART),
    ],
    ids=["operand beside the result", "per cent", "second operand", "operand without words"],
)
def test_an_operand_that_stands_nowhere_is_never_bound(draft: str, evidence: str) -> None:
    assert only(f"{draft} [1].", [passage(evidence)]).verdict is Verdict.REMOVED


@pytest.mark.parametrize("verb", ["rose", "was raised", "increased", "grew", "was extended"])
def test_a_change_needs_a_quote_that_has_its_verb(verb: str) -> None:
    draft = f"The liability cap {verb} from USD 100 to USD 300, by USD 200 [1]."
    beside = "The liability cap is USD 300 for fraud. The liability cap is USD 100 for negligence."
    assert only(draft, [passage(beside)]).verdict is Verdict.REMOVED
    assert only(draft, [passage("The liability cap may be raised from USD 100 to USD 300.")]).verdict is Verdict.REMOVED


@pytest.mark.parametrize("verb", ["fell", "was cut", "was reduced"])
def test_a_fall_needs_a_quote_that_has_its_verb(verb: str) -> None:
    draft = f"The fee {verb} from EUR 200 to EUR 100, by EUR 100 [1]."
    assert only(draft, [passage(APART)]).verdict is Verdict.REMOVED


ROWS = "QV-01 is rated high. QV-02 is rated high. QV-03 is rated high. QV-04 is rated low."
STATES = "QV-01 status: fixed. QV-02 status: fixed. QV-01 has status open."


@pytest.mark.parametrize(
    ("draft", "evidence"),
    [
        ("In total, 2 findings are rated high: QV-01 and QV-02", ROWS),
        ("There are 2 findings rated high: QV-01 and QV-02", ROWS),
        ("Only QV-01 and QV-02 are rated high", ROWS),
        ("All 2 findings are high", "QV-01 is not high. QV-02 would be high if exploited."),
        ("QV-01 and QV-02 are both high", "QV-01 is not high. QV-02 would be high if exploited."),
        ("None of the 2 findings is open", STATES),
        ("QV-01 and QV-02 are both fixed", STATES),
        ("QV-01 and QV-02 are both open", "QV-01 Open redirect. Server. QV-02 Open port on the host."),
        ("QV-01 and QV-02 are both open", "QV-01 Open redirect Medium 6.5.\nNext row.\nQV-02 Open port Low 3.1."),
        ("In total the fee for hosting of EUR 100 and the fee for support of EUR 200 make EUR 300", APART),
    ],
)
def test_counts_of_a_whole_and_denied_supposed_or_disputed_rows_are_refused(draft: str, evidence: str) -> None:
    assert only(f"{draft} [1].", [passage(evidence)]).verdict is Verdict.REMOVED


def test_a_second_value_in_a_passage_that_is_not_cited_is_one_too() -> None:
    other = passage("The Dashboards module costs USD 1,900 per month.", 900)
    assert "do not agree" in only(f"{ADDED} USD 7,000 per month [1][2].", [*MODULES, other]).reason
    later = passage("From 2026 the Dashboards module costs USD 1,900 per month.", 900)
    assert "do not agree" in only(f"{ADDED} USD 7,000 per month [1][2].", [*MODULES, later]).reason


@pytest.mark.parametrize("unit", ["", " per month", " per year"])
def test_amounts_of_other_periods_are_not_added(unit: str) -> None:
    draft = f"The sum of the fee for hosting of EUR 100 and the fee for support of EUR 200 is EUR 300{unit} [1]."
    assert only(draft, [passage(PERIODS)]).verdict is Verdict.REMOVED
    named = "The sum of the fee for hosting of EUR 100 per month and the fee for support of EUR 200 per year is EUR 300"
    assert only(f"{named}{unit} [1].", [passage(PERIODS)]).verdict is Verdict.REMOVED


PAID = "The Supplier's deposit is USD 300. Fees are due in May. The Customer's retainer is USD 100 for fraud."


@pytest.mark.parametrize(
    "draft",
    [
        "The sum of the Supplier's deposit of USD 300 and retainer of USD 100 is USD 400",
        "The sum of the Supplier's deposit of USD 300 and its retainer of USD 100 is USD 400",
        "The sum of the Supplier's deposit of USD 300 and the Customer's retainer of USD 100 is USD 400",
        "The Supplier's deposit of USD 300 and the retainer of USD 100, together USD 400",
        "The Supplier's deposit of USD 300 is higher than its retainer of USD 100",
        "The Supplier's deposit of USD 300 is higher than the retainer of USD 100",
    ],
)
def test_a_part_borrows_nothing_and_leaves_nothing_of_its_quote_out(draft: str) -> None:
    assert only(f"{draft} [1].", [passage(PAID)]).verdict is not Verdict.BOUND


def test_one_quote_is_not_reckoned_twice() -> None:
    draft = "The sum of the fee for hosting of EUR 100 and the hosting fee of EUR 100 is EUR 200 [1]."
    assert only(draft, [passage(APART)]).verdict is Verdict.REMOVED


@pytest.mark.parametrize(
    "draft",
    [
        "Between 31 April 2024 and 31 May 2024, 30 days passed",
        "The contract ends on 31 May 2024, 30 days after the notice of 31 April 2024",
        "The contract ends on 30 February 2025, later than the notice of 31 January 2025",
    ],
)
def test_a_day_that_is_none_is_no_claim(draft: str) -> None:
    assert reckoning(draft) is None
    assert only(f"{draft} [1].", [passage("The contract ends on 31 May 2024.")]).verdict is Verdict.REMOVED


def test_members_that_are_not_cited_prove_nothing() -> None:
    assert only(f"{ADDED} USD 7,000 per month [1].", MODULES).verdict is Verdict.REMOVED
    assert only(f"{ADDED} USD 7,000 per month.", MODULES).verdict is not Verdict.BOUND


def test_a_sentence_that_reckons_nothing_is_none() -> None:
    assert reckoning("The fee is USD 5,750 per month.") is None
    assert reckoning("The notice period is longer than 30 days.") is None


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(-3, 3))
def test_a_sum_holds_if_and_only_if_it_is_the_sum(one: int, other: int, off: int) -> None:
    total = max(one + other + off, 1)
    found = reckoning(f"The sum of the hosting fee of USD {one:,} and the deposit of USD {other:,} is USD {total:,}")
    assert found is not None
    assert bool(found.wrong) == (total != one + other)


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    reckoning(text)


@pytest.mark.parametrize(
    "text",
    [
        "The sum of " + "1 USD and " * 140 + "2 USD is 3 USD",
        "1 " * 700 + "than 2",
        "9" * 1400 + " more than 1 day",
        "(" * 1400,
        "from 1 to " * 140 + "by 1 day",
        "QV-1, " * 230 + "are high",
        "a, 1 day after " * 95,
    ],
)
def test_hostile_sentences_are_read_quickly(text: str) -> None:
    reckoning(text)

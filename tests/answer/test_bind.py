import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.bind import bind, says_not_found
from citebound.answer.words import content, facts
from citebound.types import DocumentInfo, Passage, Source, Span, Verdict

INFO = DocumentInfo("d" * 64, "MSA", "text/plain", "t" * 64, "test", 0)
SOURCE = Source("msa.txt", INFO.id)


def passage(text: str, start: int = 100) -> Passage:
    return Passage(INFO, SOURCE, Span(start, start + len(text)), text, "MSA > 5.3", (), ())


PAYMENT = passage("The Customer shall pay within thirty (30) days. Interest accrues at 1.25% a month.")
CAP = passage("Liability shall not exceed USD 1,500,000 in any year.", 900)


def test_a_supported_sentence_is_bound_to_the_verbatim_quote() -> None:
    (made,) = bind("The Customer must pay within 30 days [1].", [PAYMENT, CAP])
    assert made.verdict is Verdict.BOUND
    assert made.text == "The Customer must pay within 30 days."
    (quote,) = made.quotes
    assert quote.text == "The Customer shall pay within thirty (30) days."
    assert (quote.passage, quote.span) == (0, Span(100, 100 + len(quote.text)))


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        ("The Customer shall pay within 45 days [1].", "no quote bears out 45"),
        ("Interest accrues at 12.5% a month [1].", "no quote bears out 12.5%"),
        ("Liability shall not exceed USD 1,500,000,000 in any year [2].", "no quote bears out 1500000000"),
        ("The Customer shall pay within sixty days [1].", "no quote bears out 60"),
        ("Liability shall not exceed USD 1.5 billion in any year [2].", "no quote bears out 1500000000"),
        ("Liability shall exceed USD 1,500,000 in any year [2].", "the evidence does not say “exceed”"),
        ("The Customer shall pay within thirty days [7].", "cites passage 7"),
        ("The supplier owns all intellectual property [1].", "no sentence of the evidence says this"),
    ],
)
def test_what_the_evidence_does_not_bear_out_is_removed_with_the_reason(draft: str, reason: str) -> None:
    (made,) = bind(draft, [PAYMENT, CAP])
    assert made.verdict is Verdict.REMOVED
    assert made.quotes == ()
    assert reason in made.reason


def test_each_sentence_is_judged_alone_and_markers_after_the_stop_belong_to_it() -> None:
    kept, removed = bind("Interest accrues at 1.25% a month. [1] The cap is USD 9. [2]", [PAYMENT, CAP])
    assert kept.verdict is Verdict.BOUND
    assert removed.verdict is Verdict.REMOVED


def test_a_number_in_round_brackets_is_a_fact_and_no_marker() -> None:
    (made,) = bind("The Customer shall pay within thirty (30) days [1].", [PAYMENT])
    assert made.verdict is Verdict.BOUND
    assert made.text == "The Customer shall pay within thirty (30) days."


def test_a_wrong_marker_is_put_right_and_the_question_picks_the_quote() -> None:
    (made,) = bind("Liability shall not exceed USD 1,500,000 [1].", [PAYMENT, CAP])
    assert [q.passage for q in made.quotes] == [1]
    both = passage("The audit takes 30 days in all. The customer pays after 30 days.")
    (made,) = bind("30 days", [both], "When does the customer pay?")
    assert made.quotes[0].text == "The customer pays after 30 days."


def test_an_amount_in_words_is_borne_out_by_its_digits() -> None:
    (made,) = bind("Liability shall not exceed USD 1.5 million in any year [1].", [CAP])
    assert made.verdict is Verdict.BOUND


def test_a_true_sentence_about_something_else_is_no_answer() -> None:
    (made,) = bind("Interest accrues at 1.25% a month [1].", [PAYMENT], "Which finding allowed remote code execution?")
    assert made.verdict is Verdict.REMOVED
    assert made.reason == "not about this"


def test_grouped_numbers_are_one_fact() -> None:
    assert facts("USD 1,500,000 and 07 and 9.50%") == {"1500000", "7", "9.50%"}
    assert facts("CVE-2021-44228, CWE-89 and QV-03") == {"CVE-2021-44228", "CWE-89", "QV-03"}


def test_numbers_in_words_and_scales_are_facts() -> None:
    assert facts("within thirty (30) days") == {"30"}
    assert facts("one hundred eighty days, twenty-five percent, 4.5 million") == {"180", "25", "4500000"}
    assert facts("one of the parties") == set()


def test_words_are_stemmed_and_stop_words_dropped() -> None:
    assert content("The parties are paying") == ["parti", "pay"]


def test_a_cap_is_no_negation_but_exceeding_it_is_its_opposite() -> None:
    assert bind("Liability in any year is capped at USD 1,500,000 [1].", [CAP])[0].verdict is Verdict.BOUND


def test_a_heading_is_no_answer_and_a_copied_passage_is_cut_to_the_point() -> None:
    text = "Fees are due monthly. Invoices go by post. Payment is due in 30 days. Late sums bear interest. Taxes go up."
    given_passage = Passage(INFO, SOURCE, Span(0, len(text)), text, "MSA > 5 Fees and Payment", (), ())
    (heading,) = bind("5 Fees and Payment", [given_passage])
    assert heading.reason == "it only repeats a heading"
    run_in = Passage(
        INFO, SOURCE, Span(0, 42), "5 Fees and Payment. Fees are due each month", "MSA > 5 Fees and Payment", (), ()
    )
    assert bind("5 Fees and Payment.", [run_in])[0].reason == "it only repeats a heading"
    assert bind("Fees are due each month.", [run_in])[0].quotes
    made = bind(text, [given_passage], "When is payment due?")
    assert sum(bool(b.quotes) for b in made) == 3
    assert made[2].quotes[0].text == "Payment is due in 30 days."


@pytest.mark.parametrize(
    "draft",
    ["Not found.", "  not found", "", "Not found in the passages.", "The answer is not found.", "[1] Not found."],
)
def test_a_refusal_or_silence_is_recognised(draft: str) -> None:
    assert says_not_found(draft)


@given(st.text(max_size=200), st.text(min_size=1, max_size=120))
def test_whatever_a_model_says_every_quote_is_verbatim_in_its_passage(draft: str, text: str) -> None:
    given_passage = passage(text, 17)
    for made in bind(draft, [given_passage]):
        assert (made.verdict is Verdict.REMOVED) == (not made.quotes)
        for quote in made.quotes:
            inside = Span(quote.span.start - 17, quote.span.end - 17)
            assert inside.of(text) == quote.text


@given(st.text(alphabet="The cap is USD 1,500,000 not [1]. ", max_size=120))
def test_a_bound_sentence_has_no_number_that_its_quote_lacks(draft: str) -> None:
    for made in bind(draft, [PAYMENT, CAP]):
        if made.quotes:
            assert facts(made.text) <= facts(made.quotes[0].text)


def test_only_the_gate_and_what_quotes_or_counts_itself_say_that_a_sentence_is_bound() -> None:
    """The gate; the flow of one question, for answers about sets; quotes; what was searched in vain; what governs."""
    root = Path(bind.__code__.co_filename).parents[1]
    saying = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"\b(?:Bound|Sentence)\(", path.read_text("utf-8"))
    }
    assert saying == {f"answer/{name}.py" for name in ("bind", "ask", "record", "absence/telling", "conflicts/places")}


def test_what_is_left_of_a_trimmed_sentence_is_borne_out() -> None:
    draft = "The Customer shall pay within thirty days, and it must also buy a licence for each affiliate [1]."
    (made,) = bind(draft, [PAYMENT])
    assert made.verdict is Verdict.TRIMMED
    assert made.text == "The Customer shall pay within thirty days."


def test_an_exception_is_never_trimmed_away() -> None:
    (made,) = bind("Interest accrues at 1.25% a month, but not if the delay is excused by the Supplier [1].", [PAYMENT])
    assert made.verdict is Verdict.REMOVED


def test_two_sentences_do_not_save_what_one_contradicts() -> None:
    text = "This may be resolved later. Note that this will change the code. It may take a day."
    (made,) = bind("Note that this may change the code [1].", [passage(text)])
    assert made.verdict is Verdict.REMOVED


@pytest.mark.parametrize(
    ("draft", "question", "reason"),
    [
        ("2.1 [1]", "What is the cap on liability?", "it only names a place"),
        ("2.1 Cap. [1]", "What is the limit?", "it only names a place"),
        ("CVE-2031-10001 [1]", "To which weakness is CVE-2031-10001 assigned?", "it only repeats the question"),
        ("The cap. [1]", "What is the cap?", "it only repeats the question"),
    ],
)
def test_a_few_words_that_say_nothing_are_no_answer(draft: str, question: str, reason: str) -> None:
    given = [passage("2.1 Cap. The cap on liability is USD 400. CVE-2031-10001 is a weakness of class CWE-122.")]
    (made,) = bind(draft, given, question)
    assert made.verdict is Verdict.REMOVED
    assert made.reason in (reason, "it says nothing in words")


@pytest.mark.parametrize(
    ("draft", "question"),
    [
        ("USD 400 [1]", "What is the cap?"),
        ("2.1 Cap [1]", "In which section is the cap?"),
        ("USD 400 [1]", "Is the cap USD 400 or USD 500?"),
        ("CWE-122 [1]", "To which weakness is CVE-2031-10001 assigned?"),
    ],
)
def test_a_few_words_that_answer_are_kept(draft: str, question: str) -> None:
    given = [passage("2.1 Cap. The cap on liability is USD 400. CVE-2031-10001 is a weakness of class CWE-122.")]
    (made,) = bind(draft, given, question)
    assert made.quotes

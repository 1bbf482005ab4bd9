from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from citebound.errors import ConfigError
from citebound.eval.measures import (
    Abstention,
    Judged,
    Place,
    abstention,
    aurc,
    character_precision,
    character_recall,
    class_f1,
    coverage_at_risk,
    excess_aurc,
    gold_leak_rate,
    macro_f1,
    merged,
    on_gold,
    overlap,
    risk_coverage,
    wilson,
    wrong_document_rate,
)
from citebound.types import Span


def at(start: int, end: int, document: str = "a") -> Place:
    return Place(document, Span(start, end))


def test_overlapping_places_are_counted_once_and_documents_kept_apart() -> None:
    assert merged([at(0, 5), at(3, 8), at(8, 9), at(0, 2, "b")]) == [at(0, 9), at(0, 2, "b")]
    assert overlap([at(0, 5), at(0, 5)], [at(3, 10)]) == 2
    assert overlap([at(0, 5)], [at(0, 5, "b")]) == 0


def test_recall_and_precision_by_hand() -> None:
    gold = [at(0, 10), at(20, 30)]
    found = [at(5, 25)]
    assert character_recall(found, gold) == 10 / 20
    assert character_precision(found, gold) == 10 / 20
    assert character_recall([], gold) == 0
    assert character_precision([], gold) == 0


@pytest.mark.parametrize(
    ("quotes", "expected"),
    [
        ([at(0, 10)], True),
        ([at(0, 5)], True),
        ([at(0, 4)], False),
        ([at(0, 30)], True),
        ([at(0, 31)], False),
        ([at(0, 10), at(50, 80)], False),
        ([], False),
    ],
)
def test_on_gold_wants_half_of_a_gold_span_and_no_more_than_three_times_its_length(
    quotes: list[Place], expected: bool
) -> None:
    assert on_gold(quotes, [at(0, 10)]) is expected


@given(st.integers(0, 50), st.integers(1, 50))
def test_wilson_agrees_with_scipy(successes: int, n: int) -> None:
    successes = min(successes, n)
    low, high = binomtest(successes, n).proportion_ci(method="wilson")
    assert wilson(successes, n) == pytest.approx((low, high), abs=1e-6)


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)).map(lambda t: at(t[0], t[0] + t[1])), max_size=6)


@given(spans, spans)
def test_overlap_equals_counting_characters(one: list[Place], other: list[Place]) -> None:
    def characters(places: list[Place]) -> set[int]:
        return {i for p in places for i in range(p.span.start, p.span.end)}

    assert overlap(one, other) == len(characters(one) & characters(other))


def test_wrong_documents_are_a_share_of_the_found_places() -> None:
    found = [at(0, 5), at(9, 12), at(0, 5, "b"), at(0, 5, "c")]
    assert wrong_document_rate(found, [at(50, 60), at(0, 1, "c")]) == 1 / 4
    assert wrong_document_rate([], [at(50, 60)]) == 0


GOLD = ["yes", "yes", "yes", "no", "no", "silent"]
SAID = ["yes", "yes", "no", "no", None, "nonsense"]
CLASSES = ["yes", "no", "silent", "never"]


def test_f1_of_classes_by_hand_and_a_class_that_nobody_names_is_left_out() -> None:
    # yes: 2 right, 3 gold, 2 said: 4/5. no: 1 right, 2 gold, 2 said: 2/4. silent: 0 right. never: not there.
    assert class_f1(GOLD, SAID, CLASSES) == pytest.approx({"yes": 4 / 5, "no": 2 / 4, "silent": 0})
    assert macro_f1(GOLD, SAID, CLASSES) == pytest.approx((4 / 5 + 2 / 4) / 3)


def test_a_class_that_is_only_predicted_counts_as_zero() -> None:
    assert class_f1(["yes"], ["never"], CLASSES) == {"yes": 0, "never": 0}


def test_a_system_that_always_crashes_has_no_f1() -> None:
    assert macro_f1(GOLD, [None] * 6, CLASSES) == 0
    assert macro_f1([], [], CLASSES) == 0


def test_a_gold_label_outside_of_the_classes_is_refused() -> None:
    with pytest.raises(ConfigError, match="gold label 'maybe' is not among the classes yes, no"):
        class_f1(["yes", "maybe"], ["yes", "yes"], ["yes", "no"])


def test_risk_coverage_by_hand() -> None:
    judged = [(0.9, True), (0.8, False), (0.7, True), (0.1, False)]
    assert risk_coverage(judged) == [(1 / 4, 0), (2 / 4, 1 / 2), (3 / 4, 1 / 3), (4 / 4, 2 / 4)]
    # Mean of the four risks; in the best order they are 0, 0, 1/3, 2/4.
    assert aurc(judged) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert excess_aurc(judged) == pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 4 - (1 / 3 + 1 / 2) / 4)
    assert coverage_at_risk(judged) == 1 / 4
    assert coverage_at_risk(judged, 0.4) == 3 / 4
    assert coverage_at_risk([(0.9, False), (0.8, True)]) == 0


def test_equal_confidences_are_one_threshold_and_their_area_is_the_mean_over_all_orders() -> None:
    judged = [(0.9, True), (0.5, True), (0.5, False)]
    assert risk_coverage(judged) == [(1 / 3, 0), (1, 1 / 3)]
    # Orders of the tie: right first gives risks 0, 0, 1/3; wrong first gives 0, 1/2, 1/3.
    assert aurc(judged) == pytest.approx(((0 + 0 + 1 / 3) / 3 + (0 + 1 / 2 + 1 / 3) / 3) / 2)


def test_a_crash_is_answered_first_and_wrong_whatever_is_said_of_it() -> None:
    crashed = [(None, True), (0.9, True), (float("nan"), True)]
    assert risk_coverage(crashed) == [(2 / 3, 1), (1, 2 / 3)]
    # Risks 1, 1, 2/3; in the best order, with the right one first, 0, 1/2, 2/3.
    assert excess_aurc(crashed) == pytest.approx((1 + 1 + 2 / 3) / 3 - (0 + 1 / 2 + 2 / 3) / 3)


def test_nothing_predicted_is_the_worst_area_and_no_coverage() -> None:
    assert (aurc([]), risk_coverage([]), coverage_at_risk([])) == (1, [], 0)


pairs = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.3, 0.4, None]), st.booleans()), min_size=1, max_size=12)


@given(pairs, st.randoms())
def test_the_order_of_the_predictions_does_not_matter(judged: list[Judged], random: Random) -> None:
    shuffled = random.sample(judged, len(judged))
    assert risk_coverage(shuffled) == risk_coverage(judged)
    assert aurc(shuffled) == pytest.approx(aurc(judged))
    assert excess_aurc(judged) >= -1e-12


def test_both_errors_of_abstaining_and_a_crash_is_either() -> None:
    answered = [True, False, None, True, False, None, False]
    answerable = [True, True, True, False, False, False, False]
    made = abstention(answered, answerable)
    assert made == Abstention(answered_unanswerable=2, unanswerable=4, refused_answerable=2, answerable=3)
    assert (made.false_answers, made.false_refusals) == (2 / 4, 2 / 3)
    assert (abstention([], []).false_answers, abstention([], []).false_refusals) == (0, 0)


def test_gold_leaks_by_share() -> None:
    assert gold_leak_rate([True, False, False, False]) == 1 / 4
    assert gold_leak_rate([]) == 0

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from citebound.eval.measures import Place, character_precision, character_recall, merged, on_gold, overlap, wilson
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

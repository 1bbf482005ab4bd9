"""Sums of standard scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.indexes.fusion import SPREAD, best_of, lend, of_cosines, of_words, spread


def test_cosines_are_measured_against_a_sample() -> None:
    ranked = of_cosines("dense", 2.0, [(7, 0.9), (3, 0.5)], np.array([0.1, 0.3], dtype=np.float32))
    # mean 0.2, deviation 0.1: 2 * (0.9 - 0.2) / 0.1 and, for a chunk that was not found, the mean
    assert ranked.standard([7, 3, 5]) == pytest.approx([14.0, 6.0, 0.0], rel=1e-6)
    why = ranked.why(3)
    assert why is not None
    assert (why.stage, why.rank, why.score) == ("dense", 2, 0.5)
    assert ranked.why(5) is None


def test_words_that_were_not_found_count_as_zero() -> None:
    ranked = of_words("lexical", 1.0, [(1, 4.0)], 4)
    # scores 4 0 0 0: mean 1, deviation sqrt(16 / 4 - 1) = sqrt(3)
    assert ranked.standard([1, 2]) == pytest.approx([3 / 3**0.5, -1 / 3**0.5])


def test_chance_is_no_deviation() -> None:
    ranked = of_cosines("dense", 1.0, [(1, 0.3 + 1e-8), (2, 0.3)], np.array([0.3], dtype=np.float32))
    assert abs(ranked.standard([1, 2])).max() < 1e-3
    assert abs(of_words("lexical", 1.0, [(1, 0.7), (2, 0.7)], 2).standard([1, 2])).max() < 1e-6


def test_neighbours_lend_within_a_document_and_without_gaps() -> None:
    scores = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    made = lend(scores, ["a", "a", "a", "a", "b"], [0, 1, 2, 4, 0])
    assert made == pytest.approx([1.0, 0.4, 0.15, 0.0, 0.0])


def test_lending_may_find_nothing_to_lend() -> None:
    assert lend(np.array([2.0]), ["a"], [0]) == pytest.approx([2.0])
    assert len(lend(np.zeros(0), [], [])) == 0


def test_the_best_of_several_is_the_best_standard_score() -> None:
    one = of_cosines("dense", 1.0, [(1, 0.4), (2, 0.1)], np.array([0.1, 0.3], dtype=np.float32))
    other = of_cosines("dense", 1.0, [(2, 0.9), (3, 0.5)], np.array([0.4, 0.6], dtype=np.float32))
    # mean 0.2 and 0.5, deviation 0.1 each: one says 2, -1, 0 of chunks 1, 2, 3 and the other 0, 4, 0
    ranked = best_of("synonyms", 2.0, [one, other])
    assert ranked.standard([1, 2, 3, 4]) == pytest.approx([4.0, 8.0, 0.0, 0.0], abs=1e-5)
    assert [why.rank for id_ in (2, 1, 3) if (why := ranked.why(id_))] == [1, 2, 3]


def test_the_best_of_one_is_that_one() -> None:
    alone = of_words("lexical", 1.0, [(1, 4.0)], 4)
    ranked = best_of("lexical synonyms", 0.5, [alone])
    assert (ranked.stage, ranked.weight, ranked.scores) == ("lexical synonyms", 0.5, alone.scores)


def test_spreading_lets_each_document_speak_first() -> None:
    made = spread(np.array([9.0, 8.0, 1.0, 7.0]), ["a", "a", "a", "b"])
    # second of a: 8 - 6 ln 2, third: 1 - 6 ln 3
    assert made == pytest.approx([9.0, 8.0 - SPREAD * np.log(2), 1.0 - SPREAD * np.log(3), 7.0])
    assert len(spread(np.zeros(0), [])) == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(-9, 9)), max_size=40))
def test_spreading_keeps_the_order_inside_of_a_document(rows: list[tuple[str, float]]) -> None:
    documents = sorted(document for document, _ in rows)
    scores = np.array([score for _, score in rows])
    made = spread(scores, documents)
    for document in set(documents):
        own = [i for i, d in enumerate(documents) if d == document]
        assert sorted(own, key=lambda i: (-scores[i], i)) == sorted(own, key=lambda i: (-made[i], i))
        assert max(made[own]) == max(scores[own])

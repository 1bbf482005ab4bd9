"""Sums of standard scores."""

import numpy as np
import pytest

from citebound.indexes.fusion import lend, of_cosines, of_words
from citebound.indexes.synonyms import printed


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


def test_synonyms_are_those_of_the_terms_asked_for() -> None:
    assert "irreparable harm" in printed("Where is the Specific Performance clause?")
    assert printed("Who painted the ceiling?") == ""
    assert "no solicitation" in printed("Is there a no-shop?")

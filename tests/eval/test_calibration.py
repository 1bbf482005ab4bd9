import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from citebound.errors import ConfigError
from citebound.eval.calibration import (
    Point,
    brier,
    ece,
    fit_temperature,
    reliability,
    softened,
)


def test_bins_hold_equally_many_and_the_error_is_weighted_by_them() -> None:
    confidence = [0.9, 0.1, 0.8, 0.3, 0.7]
    right = [True, False, False, True, True]
    # Sorted: .1 no, .3 yes, .7 yes | .8 no, .9 yes.
    points = reliability(confidence, right, bins=2)
    assert [p.n for p in points] == [3, 2]
    assert [p.confidence for p in points] == pytest.approx([1.1 / 3, 0.85])
    assert [p.accuracy for p in points] == pytest.approx([2 / 3, 1 / 2])
    assert ece(confidence, right, bins=2) == pytest.approx(3 / 5 * (2 / 3 - 1.1 / 3) + 2 / 5 * (0.85 - 1 / 2))


def test_points_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    confidence = rng.random(1500)
    right = rng.random(1500) < confidence**2
    points = reliability(confidence.tolist(), right.tolist())
    accuracy, mean = calibration_curve(right, confidence, n_bins=15, strategy="quantile")
    assert [p.accuracy for p in points] == pytest.approx(accuracy.tolist())
    assert [p.confidence for p in points] == pytest.approx(mean.tolist())


def test_fewer_predictions_than_bins_get_a_bin_each() -> None:
    assert reliability([0.2, 0.6], [False, True]) == [Point(0.2, 0, 1), Point(0.6, 1, 1)]


def test_equal_confidences_in_two_bins_share_their_accuracy() -> None:
    assert reliability([0.5] * 4, [True, True, True, False], bins=2) == [Point(0.5, 0.75, 2)] * 2


judged = st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9, 1.0]), st.booleans()), min_size=1, max_size=40)


@given(judged)
def test_calibration_error_is_a_share_whatever_the_order(pairs: list[tuple[float, bool]]) -> None:
    error = ece([c for c, _ in pairs], [r for _, r in pairs])
    assert 0 <= error <= 1
    assert ece([c for c, _ in reversed(pairs)], [r for _, r in reversed(pairs)]) == pytest.approx(error)


def test_brier_by_hand_and_by_scikit_learn() -> None:
    confidence, right = [0.9, 0.6, 0.2], [True, False, False]
    assert brier(confidence, right) == pytest.approx((0.01 + 0.36 + 0.04) / 3)
    assert brier(confidence, right) == pytest.approx(brier_score_loss(right, confidence))


def test_temperature_of_two_classes_by_hand() -> None:
    # Every margin is 3 and 8 of 10 are right: the likeliest temperature makes sigmoid(3 / T) = 0.8, so T = 3 / ln 4.
    labels = [0] * 8 + [1] * 2
    assert fit_temperature([[3.0, 0.0]] * 10, labels) == pytest.approx(3 / math.log(4), rel=1e-4)
    assert softened([[3.0, 0.0]], 3 / math.log(4))[0] == pytest.approx([0.8, 0.2])


def test_the_fitted_temperature_is_the_best_of_a_grid() -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(400, 4))
    labels = [int(rng.choice(4, p=p)) for p in softened(logits, 1.0)]
    found = fit_temperature(3 * logits, labels)
    losses = {t: log_loss(labels, softened(3 * logits, t), labels=[0, 1, 2, 3]) for t in np.arange(1.5, 6, 0.05)}
    assert found == pytest.approx(min(losses, key=lambda t: losses[t]), abs=0.05)


def test_a_temperature_stays_within_its_bounds() -> None:
    assert fit_temperature([[1.0, 0.0]] * 3, [0, 0, 0]) == pytest.approx(0.05, rel=1e-2)
    assert fit_temperature([[1.0, 0.0]] * 4, [1, 1, 1, 0]) == pytest.approx(20, rel=1e-2)


def test_nothing_cannot_be_calibrated() -> None:
    with pytest.raises(ConfigError, match="no predictions"):
        ece([], [])
    with pytest.raises(ConfigError, match="no labels"):
        fit_temperature(np.empty((0, 3)), [])


@pytest.mark.parametrize(("confidence", "right"), [([0.5], []), ([1.5], [True]), ([math.nan], [True])])
def test_what_is_no_confidence_is_refused(confidence: list[float], right: list[bool]) -> None:
    with pytest.raises(ValueError, match="confidence"):
        brier(confidence, right)


@pytest.mark.parametrize("labels", [[2], [-1], [0, 1]])
def test_labels_must_fit_the_classes(labels: list[int]) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        fit_temperature([[0.5, 0.5]], labels)

"""Calibration: whether a confidence of 0.8 is right in 80 % of cases, and how to make it so.

Measure on held-out data; fit the temperature on the development set. A crash is a failed prediction: pass it as wrong
at confidence 1.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from citebound.errors import ConfigError

Floats = NDArray[np.float64]

BINS = 15
COLDEST, HOTTEST = 0.05, 20.0


@dataclass(frozen=True, slots=True)
class Point:
    """One bin of a reliability diagram: mean confidence, share right (both 0..1), and how many predictions."""

    confidence: float
    accuracy: float
    n: int


def reliability(confidence: Sequence[float], right: Sequence[bool], bins: int = BINS) -> list[Point]:
    """Points of the reliability diagram, `bins` of equal mass, by rising confidence (Nguyen and O'Connor 2015,
    "Posterior calibration and exploratory analysis for natural language processing models").

    Sizes differ by one at most; fewer predictions than bins get a bin each. Equal confidences that fall into two bins
    take their common accuracy into both, so that the order of the input does not matter. Raises ConfigError for none.
    """
    p, y = _checked(confidence, right)
    _, group = np.unique(p, return_inverse=True)
    shared = (np.bincount(group, y) / np.bincount(group))[group]
    order = np.argsort(p, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    return [Point(float(p[part].mean()), float(shared[part].mean()), len(part)) for part in parts]


def ece(confidence: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float:
    """Expected calibration error, 0..1: mean distance of confidence and accuracy over bins of equal mass, weighted by
    size (Naeini et al. 2015; equal mass: Nixon et al. 2019, "Measuring Calibration in Deep Learning")."""
    points = reliability(confidence, right, bins)
    return sum(p.n * abs(p.confidence - p.accuracy) for p in points) / sum(p.n for p in points)


def brier(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Mean squared distance of the confidence from 1 (right) or 0 (wrong), 0..1 (Brier 1950, in its binary half)."""
    p, y = _checked(confidence, right)
    return float(np.mean((p - y) ** 2))


def fit_temperature(logits: Any, labels: Sequence[int]) -> float:
    """The temperature that makes the labels likeliest (Guo et al. 2017, "On Calibration of Modern Neural Networks").

    `logits` is (items, classes) of the development set. Within 0.05..20: labels that the logits always get right would
    want 0, and logits that say nothing would want infinity.
    """
    z, y = _table(logits, labels)

    def loss(log_temperature: float) -> float:
        return -float(np.mean(log_softmax(z / np.exp(log_temperature), axis=1)[np.arange(len(y)), y]))

    found = minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded", options={"xatol": 1e-7})
    return float(np.exp(found.x))


def softened(logits: Any, temperature: float) -> Floats:
    """Probabilities (items, classes): the softmax of logits / temperature."""
    return np.asarray(np.exp(log_softmax(np.asarray(logits, dtype=np.float64) / temperature, axis=1)))


def _checked(confidence: Sequence[float], right: Sequence[bool]) -> tuple[Floats, Floats]:
    p, y = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if len(p) != len(y):
        raise ValueError(f"{len(p)} confidences for {len(y)} predictions")
    if len(p) == 0:
        raise ConfigError("no predictions, so no calibration", remedy="Run the system on held-out questions first.")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("a confidence must lie in 0..1")
    return p, y


def _table(values: Any, labels: Sequence[int]) -> tuple[Floats, NDArray[np.int64]]:
    z, y = np.asarray(values, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    if len(y) == 0:
        raise ConfigError("no labels, so no calibration", remedy="Give the development set some labelled items.")
    if z.ndim != 2 or len(z) != len(y) or not ((y >= 0) & (y < z.shape[1])).all():
        raise ValueError(f"{z.shape} values do not fit {len(y)} class indices")
    return z, y

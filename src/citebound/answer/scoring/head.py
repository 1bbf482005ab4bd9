"""The head: a calibrated linear classifier on frozen embeddings, and how good it is.

Multinomial logistic regression with balanced class weights; its strength is chosen by cross-validation, and its logits
are calibrated on predictions out of fold. The figures come from an outer cross-validation in which all of this is done
anew in each fold, so no text (and no document) has a part in its own prediction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citebound.protocols import Vectors

Floats = NDArray[np.float64]
Targets = NDArray[np.int64]
Folds = list[tuple[Targets, Targets]]
Fitted = Callable[[int, int], None]
"""Told how many of the fits of a training are done, and how many there are."""

STRENGTHS = (0.1, 1.0, 10.0, 100.0)
"""Inverse regularisation strengths (C) that are tried: embeddings have length 1, so small ones hardly fit at all."""

FOLDS, INNER_FOLDS = 5, 3
SHUFFLES = 10
RESAMPLES = 2000
BINS = 10
ITERATIONS = 5000


@dataclass(frozen=True, slots=True)
class Head:
    """A calibrated linear classifier: softmax((vectors @ coefficients.T + intercepts) / temperature + shifts).

    `coefficients` has shape (classes, dimension), `intercepts` and `shifts` (classes,).
    """

    coefficients: Floats
    intercepts: Floats
    shifts: Floats
    temperature: float = 1.0
    c: float = 1.0

    def logits(self, vectors: Vectors) -> Floats:
        """float64, shape (rows, classes), before calibration."""
        return np.asarray(vectors @ self.coefficients.T + self.intercepts, dtype=np.float64)

    def probabilities(self, vectors: Vectors) -> Floats:
        """float64, shape (rows, classes), rows sum to 1."""
        return np.exp(_log_softmax(self.logits(vectors) / self.temperature + self.shifts))


def fit(vectors: Vectors, targets: Targets, groups: Targets, folds: int = FOLDS) -> Head:
    """The head for `targets` (0..classes-1, all of them present): C is the one with the least calibrated log loss out
    of fold, and the calibration is the one of those predictions. Without enough rows to fold, C is 1, uncalibrated."""
    count = int(targets.max()) + 1
    splits = _splits(targets, groups, folds)
    best, chosen = math.inf, (1.0, 1.0, np.zeros(count))
    for c in STRENGTHS if splits else ():
        logits = np.zeros((len(targets), count))
        for train, test in splits:
            logits[test] = _linear(vectors[train], targets[train], c).logits(vectors[test])
        temperature, shifts, loss = calibrate(logits, targets)
        if loss < best:
            best, chosen = loss, (c, temperature, shifts)
    c, temperature, shifts = chosen
    plain = _linear(vectors, targets, c)
    return Head(plain.coefficients, plain.intercepts, shifts, temperature, c)


def out_of_fold(
    vectors: Vectors, targets: Targets, groups: Targets, progress: Fitted | None = None
) -> tuple[Floats, int]:
    """Probabilities of each row from a head that was fitted without the row's fold, and the number of folds."""
    made = np.zeros((len(targets), int(targets.max()) + 1))
    splits = _splits(targets, groups, FOLDS, strict=True)
    for done, (train, test) in enumerate(splits):
        if progress:
            progress(done, len(splits) + 1)
        made[test] = fit(vectors[train], targets[train], groups[train], INNER_FOLDS).probabilities(vectors[test])
    if progress:
        progress(len(splits), len(splits) + 1)
    return made, len(splits)


def calibrate(logits: Floats, targets: Targets) -> tuple[float, Floats, float]:
    """Temperature and one shift for each class that minimise the log loss, and that loss in nats.

    Bias-corrected temperature scaling (Alexandari, Kundaje and Shrikumar 2020): the shifts undo what the class weights
    do to the shares. The targets are smoothed as in Platt (1999), so that few rows never make certain.
    """
    from scipy.optimize import minimize

    rows, count = logits.shape
    numbers = np.bincount(targets, minlength=count)[targets]
    wanted = np.repeat(1.0 / (numbers + count), count).reshape(rows, count)
    wanted[np.arange(rows), targets] = (numbers + 1.0) / (numbers + count)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        scaled = logits / np.exp(parameters[0])
        logs = _log_softmax(scaled + parameters[1:])
        slope = (np.exp(logs) - wanted) / rows
        return -float(np.sum(wanted * logs)) / rows, np.array([-np.sum(slope * scaled), *slope.sum(axis=0)])

    limits = [(math.log(0.01), math.log(100.0))] + [(-20.0, 20.0)] * count
    found = minimize(loss, np.zeros(count + 1), jac=True, method="L-BFGS-B", bounds=limits)
    return float(np.exp(found.x[0])), np.asarray(found.x[1:], dtype=np.float64), float(found.fun)


def _linear(vectors: Vectors, targets: Targets, c: float) -> Head:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=c, class_weight="balanced", max_iter=ITERATIONS).fit(vectors, targets)
    coefficients, intercepts = np.asarray(model.coef_, np.float64), np.asarray(model.intercept_, np.float64)
    if len(model.classes_) == 2:  # scikit-learn keeps only the row of the second of two classes
        coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
        intercepts = np.append(0.0, intercepts)
    return Head(coefficients, intercepts, np.zeros(len(intercepts)))


def _splits(targets: Targets, groups: Targets, most: int, *, strict: bool = False) -> Folds:
    """Folds with every class on the training side and, where that can be, no group on both sides; [] if there are
    too few rows. With `strict` groups are never divided; each class must then be in two groups at least."""
    from sklearn.model_selection import LeaveOneGroupOut, StratifiedGroupKFold, StratifiedKFold

    classes = len(np.unique(targets))
    least = int(np.bincount(targets).min())
    rows = np.zeros(len(targets))
    single = len(np.unique(groups)) == len(groups)
    count = min(most, least, len(np.unique(groups)))
    if not single and count >= 2:
        for seed in range(SHUFFLES):
            made = list(StratifiedGroupKFold(count, shuffle=True, random_state=seed).split(rows, targets, groups))
            if all(len(np.unique(targets[train])) == classes and len(test) for train, test in made):
                return made
    if not single and strict:
        return list(LeaveOneGroupOut().split(rows, targets, groups))
    count = min(most, least)
    return list(StratifiedKFold(count, shuffle=True, random_state=0).split(rows, targets)) if count >= 2 else []


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), dtype=np.float64)


# -- how good it is -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One label: rows, and precision, recall and F1 out of fold (0 where nothing was predicted)."""

    label: str
    rows: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Majority:
    """What always giving the most frequent label scores; `brier` is that of always giving the labels' shares."""

    label: str
    accuracy: float
    macro_f1: float
    brier: float


@dataclass(frozen=True, slots=True)
class Figures:
    """How good a scorer is on texts (of groups) that it was not fitted on: all figures are out of fold.

    `ece` is the expected calibration error of the probability of the given label, over bins of equal mass (Nguyen and
    O'Connor 2015); `brier` the squared distance of the probabilities from the truth, 0..2 (Brier 1950).
    """

    rows: int
    groups: int
    folds: int
    accuracy: Estimate
    macro_f1: Estimate
    ece: float
    brier: float
    by_class: tuple[ClassFigures, ...]
    majority: Majority

    @property
    def better(self) -> bool:
        """Whether the whole interval of the accuracy lies above what the most frequent label scores."""
        return self.accuracy.low > self.majority.accuracy


def figures(probabilities: Floats, targets: Targets, groups: Targets, classes: Sequence[str], folds: int) -> Figures:
    """The figures of predictions out of fold. Intervals are 95 %: percentiles over resampled groups; for the accuracy
    Wilson's interval too, the wider end of each."""
    from scipy.stats import binomtest

    rows, count = probabilities.shape
    given = probabilities.argmax(axis=1)
    right = given == targets
    table = _confusion(targets, given, np.ones(rows), count)
    resampled = [_confusion(targets, given, weights, count) for weights in _resampled(groups)]
    accuracies = np.quantile([np.trace(t) / t.sum() for t in resampled], (0.025, 0.975))
    scores = np.quantile([_macro_f1(t) for t in resampled], (0.025, 0.975))
    wilson = binomtest(int(right.sum()), rows).proportion_ci(method="wilson")
    truth = np.eye(count)[targets]
    shares = truth.mean(axis=0)
    top = int(shares.argmax())
    constant = _confusion(targets, np.full(rows, top), np.ones(rows), count)
    return Figures(
        rows=rows,
        groups=len(np.unique(groups)),
        folds=folds,
        accuracy=Estimate(
            float(right.mean()), min(float(accuracies[0]), wilson.low), max(float(accuracies[1]), wilson.high)
        ),
        macro_f1=Estimate(_macro_f1(table), float(scores[0]), float(scores[1])),
        ece=calibration_error(probabilities.max(axis=1), right),
        brier=float(((probabilities - truth) ** 2).sum(axis=1).mean()),
        by_class=tuple(
            ClassFigures(
                label,
                int(table[k].sum()),
                _ratio(table[k, k], table[:, k].sum()),
                _ratio(table[k, k], table[k].sum()),
                _ratio(2 * table[k, k], table[k].sum() + table[:, k].sum()),
            )
            for k, label in enumerate(classes)
        ),
        majority=Majority(
            classes[top],
            float(shares[top]),
            _macro_f1(constant),
            float(((shares - truth) ** 2).sum(axis=1).mean()),
        ),
    )


def calibration_error(confidence: Floats, right: NDArray[np.bool_]) -> float:
    """Expected calibration error over at most 10 bins of equal mass, each of 10 rows or more where there are 10."""
    bins = np.array_split(np.argsort(confidence, kind="stable"), max(1, min(BINS, len(confidence) // 10)))
    return sum(abs(float(confidence[b].mean() - right[b].mean())) * len(b) for b in bins) / len(confidence)


def _resampled(groups: Targets) -> Iterator[Floats]:
    """The weight of each row in each bootstrap sample of the groups."""
    _, member = np.unique(groups, return_inverse=True)
    count = int(member.max()) + 1
    random = np.random.default_rng(0)
    for _ in range(RESAMPLES):
        yield np.bincount(random.integers(count, size=count), minlength=count).astype(np.float64)[member]


def _confusion(targets: Targets, given: Targets, weights: Floats, count: int) -> Floats:
    """Weighted counts, shape (classes, classes): true labels in rows, given ones in columns."""
    counts = np.bincount(targets * count + given, weights=weights, minlength=count * count)
    return counts.astype(np.float64).reshape(count, count)


def _macro_f1(table: Floats) -> float:
    """Mean F1 of the classes that occur in truth or prediction."""
    both = table.sum(axis=0) + table.sum(axis=1)
    return float(np.mean(2 * np.diag(table)[both > 0] / both[both > 0]))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0

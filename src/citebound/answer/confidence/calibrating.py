"""Fitting a calibration: from signals and whether answers were right, to confidences with stated error rates.

The models are logistic regressions (scikit-learn) on one part of the documents; everything that is stated is counted on
the other part. A threshold for a risk is found by fixed-sequence testing (Angelopoulos et al. 2021, "Learn then Test"):
from a confidence that the fitting part chose, thresholds are lowered step by step while the upper bound of the share
that is wrong among what is shown (Clopper and Pearson 1934, one-sided, 95 %) stays within the risk; the last one is
kept. Each error rate is stated with that sureness by itself, not all of them together.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from citebound.answer.confidence.calibration import Calibration, Level, Limit, Made, Stage, Weight
from citebound.answer.confidence.signals import DRAFT, RETRIEVAL, Signals
from citebound.errors import BadLabels

RISKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
"""Error rates that are looked for beside the one that was asked for."""

ABSENCE = 0.05
"""Of the questions that could be answered, at most this share is told "not found"."""

DELTA = 0.05
"""Probability that a bound does not hold."""

STEPS = 20
"""Thresholds that are tried: each shows another twentieth of the held-out questions."""

FEWEST = 10
"""Right and wrong answers that a calibration needs at least, of each."""

REFIT = 200
"""Questions from which on the models are fitted anew; with fewer, the weights stay and all questions are held out."""

STRENGTH = 0.1
"""Inverse of the L2 penalty on standardised signals."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question that was asked with nothing held back: the signals, whether what was shown is right, whether the
    documents hold an answer at all, the document, and whether anything was shown."""

    signals: Signals
    right: bool
    answerable: bool
    document: str = ""
    shown: bool = True


def upper(wrong: int, shown: int, delta: float = DELTA) -> float:
    """The one-sided upper bound of a share (Clopper and Pearson 1934); 1.0 for none of none."""
    return 1.0 if wrong >= shown else float(beta.ppf(1 - delta, wrong + 1, shown - wrong))


def least(risk: float, delta: float = DELTA) -> int:
    """How many answers must be shown, all of them right, before this risk can be stated: 59 for 5 %."""
    return math.ceil(math.log(delta) / math.log(1 - risk))


def level(confidences: Sequence[float], right: Sequence[bool], risk: float, start: float, items: int) -> Level | None:
    """The most permissive threshold for a risk; None if it cannot be stated. `start` is where the search begins: chosen
    without a look at `right`, and lowered until enough answers are above it."""
    found: Level | None = None
    for threshold in _steps(confidences, start, least(risk)):
        made = _counted(confidences, right, threshold, items)
        if made.upper > risk:
            break
        found = replace(made, risk=risk)
    return found


def best(confidences: Sequence[float], right: Sequence[bool], items: int) -> Level | None:
    """The least error rate that any threshold could state: with hindsight, to say what is possible."""
    made = [_counted(confidences, right, t, items) for t in sorted(set(confidences), reverse=True)]
    return min(made, key=lambda v: (v.upper, -v.shown), default=None)


def _counted(confidences: Sequence[float], right: Sequence[bool], threshold: float, items: int) -> Level:
    above = [r for c, r in zip(confidences, right, strict=True) if c >= threshold]
    wrong = len(above) - sum(above)
    bound = upper(wrong, len(above))
    return Level(bound, threshold, bound, len(above), wrong, items)


def _steps(confidences: Sequence[float], start: float, fewest: int) -> list[float]:
    """Thresholds, falling: the confidence of every so manieth answer from the first that is at most `start`."""
    ordered = sorted(confidences, reverse=True)
    first = max(sum(c >= start for c in ordered), fewest)
    step = max(1, len(ordered) // STEPS)
    counts = [*range(first, len(ordered), step), len(ordered)] if first <= len(ordered) else []
    return list(dict.fromkeys(ordered[count - 1] for count in counts))


def limit(
    confidences: Sequence[float], answerable: Sequence[bool], share: float = ABSENCE, lost_before: int = 0
) -> Limit | None:
    """The highest threshold below which, by the upper bound, at most `share` of the answerable questions lie; None if
    there are too few of them to say so. `lost_before` were refused already."""
    able = sorted(c for c, a in zip(confidences, answerable, strict=True) if a)
    of = len(able) + lost_before
    lost = lost_before
    while lost < of and upper(lost + 1, of) <= share:
        lost += 1
    if upper(lost, of) > share or not able:
        return None
    threshold = able[min(lost - lost_before, len(able) - 1)]
    refused = sum(c < threshold for c, a in zip(confidences, answerable, strict=True) if not a)
    below = sum(c < threshold for c in able) + lost_before
    return Limit(threshold, upper(below, of), below, of, refused, len(confidences) - len(able))


def fit(cases: Sequence[Case], made: Made, shipped: Calibration | None, *, drafts: bool) -> Calibration:
    """A calibration of these cases, all of one kind: with `drafts`, of a model's. With fewer than REFIT the weights of
    `shipped` are kept if it has them. Raises BadLabels if there are too few right or wrong answers."""
    cases = [case for case in cases if case.signals]
    _check(cases)
    old = shipped if shipped is not None and len(cases) < REFIT else None
    if old is not None and drafts and old.drafts is None:
        old = None
    first, held = ([], list(cases)) if old else _halves(cases)
    counted = replace(
        made,
        items=len(cases),
        answerable=sum(c.answerable for c in cases),
        documents=made.documents or len({c.document for c in cases}),
        weights="shipped" if old else "fitted",
    )
    able = old.answerable if old else _stage(first, RETRIEVAL, [c.answerable for c in first])
    able = _limited(able, held, drafts=drafts)
    names = (*RETRIEVAL, *DRAFT) if drafts else tuple(RETRIEVAL)
    kept = (old.drafts if drafts else old.quotes) if old else None
    stage = _levelled(kept or _stage(first, names, [c.right for c in first]), first, held, made.risk)
    if drafts:
        quotes = old.quotes if old else (shipped.quotes if shipped else Stage({}, 0.0))
        return Calibration(counted, able, replace(quotes, levels=(), best=None), stage)
    return Calibration(counted, able, stage, None)


def _check(cases: Sequence[Case]) -> None:
    right = sum(c.right for c in cases)
    for what, count in (("right", right), ("wrong", len(cases) - right)):
        if count < FEWEST:
            raise BadLabels(
                f"of {len(cases)} answers {count} {'is' if count == 1 else 'are'} {what}; a calibration needs at least"
                f" {FEWEST} right and {FEWEST} wrong ones",
                remedy="Add questions, some that the documents answer and some that they do not.",
            )


def _halves(cases: Sequence[Case]) -> tuple[list[Case], list[Case]]:
    """Two halves that share no document, by hash; by question where fewer than four documents were asked."""
    documents = {c.document for c in cases}
    keys = [c.document if len(documents) >= 4 else repr(sorted(c.signals.items())) for c in cases]
    order = sorted(set(keys), key=lambda key: hashlib.sha256(f"calibration {key}".encode()).hexdigest())
    sizes = {key: keys.count(key) for key in order}
    first: set[str] = set()
    for key in order:
        if sum(sizes[k] for k in first) + sizes[key] / 2 <= len(cases) / 2:
            first.add(key)
    parts = ([c for c, k in zip(cases, keys, strict=True) if (k in first) is side] for side in (True, False))
    return next(parts), next(parts)


def _stage(cases: Sequence[Case], names: Sequence[str] | Mapping[str, str], labels: Sequence[bool]) -> Stage:
    """A logistic regression on standardised signals. A signal that never varies is left out."""
    from sklearn.linear_model import LogisticRegression

    table, found = _table(cases, names), list(names)
    y = np.array(labels, dtype=bool)
    if y.all() or not y.any():
        raise BadLabels(
            "all documents of one half are answered alike", remedy="Add questions of both kinds on more documents."
        )
    means, scales = table.mean(axis=0), table.std(axis=0)
    used = scales > 1e-9
    model = LogisticRegression(C=STRENGTH, max_iter=1000).fit((table[:, used] - means[used]) / scales[used], y)
    weights = iter(model.coef_[0])
    signals = {
        name: Weight(float(mean), float(scale), float(next(weights)))
        for name, mean, scale, use in zip(found, means, scales, used, strict=True)
        if use
    }
    return Stage(signals, float(model.intercept_[0]))


def _table(cases: Sequence[Case], names: Sequence[str] | Mapping[str, str]) -> NDArray[Any]:
    return np.array([[case.signals.get(name, 0.0) for name in names] for case in cases], dtype=np.float64)


def _limited(stage: Stage, held: Sequence[Case], *, drafts: bool) -> Stage:
    """The stage with its limits; where a model may say "not found", it has half of what may be lost."""
    sure = [stage.confidence(c.signals) for c in held]
    first = limit(sure, [c.answerable for c in held], ABSENCE / 2 if drafts else ABSENCE)
    silent = None
    if drafts and first is not None:
        left = [(s, c) for s, c in zip(sure, held, strict=True) if s >= first.threshold]
        quiet = [(s, c.answerable) for s, c in left if c.signals.get("silent")]
        silent = _silent(quiet, first, sum(c.answerable for c in held))
    return replace(stage, limit=first, silent=silent)


def _silent(quiet: Sequence[tuple[float, bool]], first: Limit, answerable: int) -> Limit | None:
    """The limit for questions of which the model said that it finds no answer, so that both refusals together stay
    within ABSENCE."""
    able = sorted(s for s, a in quiet if a)
    lost = 0
    while lost < len(able) and upper(first.lost + lost + 1, answerable) <= ABSENCE:
        lost += 1
    threshold = able[lost] if lost < len(able) else 1.0
    refused = sum(s < threshold for s, a in quiet if not a)
    total = first.lost + sum(s < threshold for s in able)
    unable = sum(not a for _, a in quiet)
    return Limit(threshold, upper(total, answerable), total, answerable, refused, unable)


def _levelled(stage: Stage, first: Sequence[Case], held: Sequence[Case], risk: float) -> Stage:
    """The stage with the error rates that the held-out cases bear out."""
    start = stage.start
    if first:
        sure = [stage.confidence(c.signals) for c in first if c.shown]
        right = [c.right for c in first if c.shown]
        found = best(sure, right, len(first))
        start = found.threshold if found else 1.0
    shown = [c for c in held if c.shown]
    sure, right = [stage.confidence(c.signals) for c in shown], [c.right for c in shown]
    wanted = sorted({*RISKS, risk})
    levels = [made for r in wanted if (made := level(sure, right, r, start, len(held)))]
    return replace(stage, levels=tuple(levels), best=best(sure, right, len(held)), start=start)

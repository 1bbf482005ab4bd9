"""Statistics: how sure a score is, and whether one system is better than another.

Items of one document resemble each other, so the document is what is resampled first: documents, then the items within
each, then the training seeds. Scores are (seeds, items), or (items,) for one seed; higher is better; a crash must
already be scored worst. With few seeds the bootstrap understates what they add, by (seeds - 1) / seeds of the
variance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import binomtest

from citebound.eval.measures import check_labels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Statistic = Callable[[Ints, Ints], float]
"""A figure of the items at these indices (with repetitions), over the seeds at those indices."""
Verdict = Literal["a", "b", "equivalent", "no evidence"]

RESAMPLES = 10_000
FEWEST_CLUSTERS = 15
_BATCH = 1_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its confidence limits."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """A statistic, its value in every resample (resamples,), and the acceleration of BCa."""

    value: float
    draws: Floats
    acceleration: float

    def interval(self, level: float = 0.95) -> Interval:
        """The BCa interval: bias-corrected and accelerated (Efron 1987; Efron and Tibshirani 1993, section 14.3).

        Where all resamples are equal it is that one point.
        """
        ends = self._bias() + ndtri([(1 - level) / 2, (1 + level) / 2])
        shares = ndtr(self._bias() + _stretched(ends, -self.acceleration))
        low, high = np.quantile(self.draws, shares)
        return Interval(self.value, float(low), float(high))

    def p_value(self) -> float:
        """Two-sided p against zero: 1 - the level of the BCa interval that just touches it (ibid., section 15.4).

        At least 2 / (resamples + 1), as resamples cannot show less (Davison and Hinkley 1997, section 4.2).
        """
        reached = float(ndtri(self._share_below(0.0))) - self._bias()
        below = float(ndtr(_stretched(np.array([reached]), self.acceleration)[0] - self._bias()))
        return min(1.0, max(2 * min(below, 1 - below), 2 / (len(self.draws) + 1)))

    @property
    def standard_error(self) -> float:
        return float(np.std(self.draws, ddof=1))

    def _bias(self) -> float:
        return float(ndtri(self._share_below(self.value)))

    def _share_below(self, value: float) -> float:
        """Share of the resamples below `value`, ties by half, and never 0 or 1, which no number of resamples shows."""
        ties = np.isclose(self.draws, value, rtol=1e-12, atol=1e-12)
        share = float(np.mean(np.where(ties, 0.5, self.draws < value)))
        least = 1 / (len(self.draws) + 1)
        return min(max(share, least), 1 - least)


def bootstrap(
    scores: Any,
    clusters: Sequence[Hashable],
    *,
    statistic: Statistic | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Bootstrap:
    """Hierarchical bootstrap (Davison and Hinkley 1997, section 3.8) of the mean score, or of another statistic.

    `scores` is (seeds, items) or (items,), `clusters` names each item's document. With a `statistic`, the scores only
    say how many seeds and items there are. Where each item is its own cluster and there is one seed, this is the
    ordinary bootstrap. Resampling items within documents as well errs on the safe side: where the items of a document
    do not resemble each other, the variance comes out up to twice too large. The acceleration comes from leaving out
    one cluster at a time; a single cluster has none (0.0), and its interval then speaks of other items of that
    document, not of other documents. ValueError for a score that is not a number, for no items, and where the lengths
    differ.
    """
    table = _table(scores)
    groups = _Groups.of(clusters, table.shape[1])
    measure = statistic or _mean_of(table)
    everywhere = np.arange(table.shape[0])
    rng = np.random.default_rng(seed)
    draws = np.concatenate(
        [
            _means(table, items, starts, seeds) if statistic is None else _each(statistic, items, starts, seeds)
            for items, starts, seeds in groups.resamples(rng, resamples, table.shape[0])
        ]
    )
    if statistic is None:
        left_out = groups.means_left_out(table.mean(axis=0))
    else:
        left_out = np.array([statistic(items, everywhere) for items in groups.left_out()])
    return Bootstrap(measure(np.arange(table.shape[1]), everywhere), draws, _acceleration(left_out))


def paired(
    a: Any,
    b: Any,
    clusters: Sequence[Hashable],
    *,
    statistics: tuple[Statistic, Statistic] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Bootstrap:
    """Bootstrap of a - b where both answered the same items, by the same resamples.

    Seeds are paired by position; a system with one seed (it does not train) stands against each seed of the other.
    """
    one, other = _table(a), _table(b)
    if one.shape[1] != other.shape[1] or (one.shape[0] != other.shape[0] and 1 not in (one.shape[0], other.shape[0])):
        raise ValueError(f"scores of shapes {one.shape} and {other.shape} cannot be paired")
    statistic: Statistic | None = None
    if statistics is not None:
        of_a, of_b = statistics

        def statistic(items: Ints, seeds: Ints) -> float:
            return of_a(items, seeds % one.shape[0]) - of_b(items, seeds % other.shape[0])

    return bootstrap(one - other, clusters, statistic=statistic, resamples=resamples, seed=seed)


def macro_f1_of(gold: Sequence[str], predicted: Sequence[Sequence[str | None]], classes: Sequence[str]) -> Statistic:
    """`measures.macro_f1` as a statistic: mean over the seeds of `predicted` (seeds, items), fast enough to
    resample."""
    check_labels(gold, classes)
    codes = {c: i for i, c in enumerate(classes)}
    k = len(codes)
    truth = np.array([codes[g] for g in gold], dtype=np.int64)
    guess = np.array([[codes.get(p, k) if p is not None else k for p in row] for row in predicted], dtype=np.int64)

    def one(items: Ints, seed: int) -> float:
        of_gold = np.bincount(truth[items], minlength=k)
        of_guess = np.bincount(guess[seed, items], minlength=k + 1)[:k]
        right = np.bincount(truth[items][truth[items] == guess[seed, items]], minlength=k)
        there = of_gold + of_guess > 0
        return float(np.mean(2 * right[there] / (of_gold + of_guess)[there])) if there.any() else 0.0

    return lambda items, seeds: math.fsum(one(items, int(seed)) for seed in seeds) / len(seeds)


def mcnemar(right_a: Sequence[bool], right_b: Sequence[bool]) -> float:
    """Exact two-sided p that both are right equally often (McNemar 1947; Dietterich 1998): binomial test on the items
    that only one got right; 1.0 where there are none. It takes items as independent."""
    only_a = sum(bool(a) and not b for a, b in zip(right_a, right_b, strict=True))
    only_b = sum(bool(b) and not a for a, b in zip(right_a, right_b, strict=True))
    return float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0


def holm(ps: Sequence[float]) -> list[float]:
    """The p-values adjusted for testing them all, in the order given (Holm 1979, "A Simple Sequentially Rejective
    Multiple Test Procedure")."""
    made = [0.0] * len(ps)
    largest = 0.0
    for rank, i in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[i]))
        made[i] = largest
    return made


def tost(difference: Interval, margin: float) -> bool:
    """Equivalence at 5 %: whether the 90 % interval of the difference lies within (-margin, margin).

    Two one-sided tests (Schuirmann 1987). ValueError for a margin that is not positive.
    """
    if not margin > 0:
        raise ValueError(f"the margin must be positive, not {margin}")
    return -margin < difference.low and difference.high < margin


def smallest_detectable(spread: float | Floats, alpha: float = 0.05, power: float = 0.8) -> float:
    """The true difference that a two-sided test at `alpha` would find with probability `power` (Bloom 1995, "Minimum
    Detectable Effects"): 2.80 standard errors by default. `spread` is the standard error, or the resampled differences.
    """
    error = float(np.std(spread, ddof=1)) if isinstance(spread, np.ndarray) else spread
    return float(ndtri(1 - alpha / 2) + ndtri(power)) * error


@dataclass(frozen=True, slots=True)
class Comparison:
    """System a against system b: what the difference is, how sure, and the verdict.

    `difference` is a - b with its 95 % interval. `p` is None with too few documents; `p_holm` comes from `adjusted`,
    once all comparisons of the family are made. `mcnemar` is the exact test, for right and wrong with one seed.
    `detectable` is the smallest difference that could have been detected. `reason` says why there is no evidence, or
    "".
    """

    n: int
    clusters: int
    seeds: int
    difference: Interval
    p: float | None
    mcnemar: float | None
    margin: float
    equivalent: bool
    detectable: float
    verdict: Verdict
    reason: str = ""
    p_holm: float | None = None


def compare(
    a: Any,
    b: Any,
    clusters: Sequence[Hashable],
    margin: float,
    *,
    statistics: tuple[Statistic, Statistic] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Compare two systems on the same items; `margin` is the difference, written down beforehand, that would not
    matter.

    For right/wrong scores (0 and 1) of one seed p is McNemar's or that of the bootstrap over documents, whichever is
    larger, as McNemar's takes items of one document as independent; for other scores it is the bootstrap's.
    """
    one, other = _table(a), _table(b)
    drawn = paired(one, other, clusters, statistics=statistics, resamples=resamples, seed=seed)
    documents = len(set(clusters))
    enough = documents >= FEWEST_CLUSTERS
    binary = statistics is None and one.shape[0] == other.shape[0] == 1 and bool(np.isin([one, other], (0, 1)).all())
    exact = mcnemar(list(one[0] == 1), list(other[0] == 1)) if binary and enough else None
    made = Comparison(
        n=one.shape[1],
        clusters=documents,
        seeds=max(one.shape[0], other.shape[0]),
        difference=drawn.interval(),
        p=max(drawn.p_value(), exact or 0.0) if enough else None,
        mcnemar=exact,
        margin=margin,
        equivalent=tost(drawn.interval(0.9), margin) and enough,
        detectable=smallest_detectable(drawn.standard_error),
        verdict="no evidence",
    )
    return _judged(made)


def adjusted(family: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons with their p-values adjusted for each other (Holm), and the verdicts that follow.

    One without a p-value is not tested and does not count in the family.
    """
    ps = iter(holm([c.p for c in family if c.p is not None]))
    return [c if c.p is None else _judged(replace(c, p_holm=next(ps))) for c in family]


def _judged(c: Comparison) -> Comparison:
    """The published rule: equivalent within the margin, else a winner at 5 % that the data could have detected."""
    p = c.p if c.p_holm is None else c.p_holm
    verdict: Verdict = "no evidence"
    reason = ""
    if p is None:
        reason = f"fewer than {FEWEST_CLUSTERS} documents"
    elif c.equivalent:
        verdict = "equivalent"
    elif p >= 0.05 or c.difference.low <= 0 <= c.difference.high:
        reason = "the difference may be chance"
    elif abs(c.difference.value) < c.detectable:
        reason = "the difference is smaller than the smallest detectable one"
    else:
        verdict = "a" if c.difference.value > 0 else "b"
    return replace(c, verdict=verdict, reason=reason)


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Item indices ordered by cluster, with where each cluster starts and how many items it has."""

    items: Ints
    starts: Ints
    sizes: Ints

    @classmethod
    def of(cls, clusters: Sequence[Hashable], n: int) -> _Groups:
        if len(clusters) != n or n == 0:
            raise ValueError(f"{len(clusters)} cluster names for {n} items")
        number: dict[Hashable, int] = {}
        codes = np.array([number.setdefault(c, len(number)) for c in clusters], dtype=np.int64)
        sizes = np.bincount(codes)
        return cls(np.argsort(codes, kind="stable"), np.cumsum(sizes) - sizes, sizes)

    def resamples(self, rng: np.random.Generator, count: int, seeds: int) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Batches of (items of all resamples in a row, where each resample starts, seeds (resamples, seeds))."""
        at_once = max(1, _BATCH // len(self.items))
        for done in range(0, count, at_once):
            batch = min(at_once, count - done)
            drawn = rng.integers(0, len(self.sizes), (batch, len(self.sizes)))
            sizes = self.sizes[drawn]
            each = sizes.ravel()
            within = rng.integers(0, np.repeat(each, each))
            lengths = sizes.sum(axis=1)
            yield (
                self.items[np.repeat(self.starts[drawn.ravel()], each) + within],
                np.cumsum(lengths) - lengths,
                rng.integers(0, seeds, (batch, seeds)),
            )

    def left_out(self) -> Iterator[Ints]:
        """The items without those of one cluster, for each cluster; nothing for a single cluster."""
        if len(self.sizes) > 1:
            for start, size in zip(self.starts, self.sizes, strict=True):
                yield np.concatenate([self.items[:start], self.items[start + size :]])

    def means_left_out(self, values: Floats) -> Floats:
        """The mean of the values (items,) over each of `left_out`, by sums, as thousands of clusters ask for it."""
        if len(self.sizes) == 1:
            return np.empty(0)
        rest = values.sum() - np.add.reduceat(values[self.items], self.starts)
        return np.asarray(rest / (len(values) - self.sizes))


def _table(scores: Any) -> Floats:
    table = np.atleast_2d(np.asarray(scores, dtype=np.float64))
    if table.ndim != 2 or table.size == 0 or not np.isfinite(table).all():
        raise ValueError("scores must be finite numbers, (seeds, items): score a crash worst")
    return table


def _mean_of(table: Floats) -> Statistic:
    return lambda items, seeds: float(table[np.ix_(seeds, items)].mean())


def _means(table: Floats, items: Ints, starts: Ints, seeds: Ints) -> Floats:
    """The mean of every resample in a batch."""
    counts = np.diff(np.append(starts, len(items)))
    by_seed = np.add.reduceat(table[:, items], starts, axis=1) / counts
    return np.asarray(np.take_along_axis(by_seed.T, seeds, axis=1).mean(axis=1))


def _each(statistic: Statistic, items: Ints, starts: Ints, seeds: Ints) -> Floats:
    return np.array([statistic(i, s) for i, s in zip(np.split(items, starts[1:]), seeds, strict=True)])


def _acceleration(left_out: Floats) -> float:
    """a = sum(d^3) / (6 sum(d^2)^1.5), d the mean less each leave-one-out value (Efron and Tibshirani 1993, 14.15)."""
    d = left_out.mean() - left_out if len(left_out) else left_out
    square = float(np.sum(d**2))
    return float(np.sum(d**3)) / (6 * square**1.5) if square > 1e-24 else 0.0


def _stretched(z: Floats, by: float) -> Floats:
    """z / (1 + by z), which runs off to infinity where the denominator reaches 0."""
    below = 1 + by * z
    return np.where(below > 0, z / np.where(below > 0, below, 1.0), np.copysign(np.inf, z))

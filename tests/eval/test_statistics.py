import math
import time

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound.errors import ConfigError
from citebound.eval.measures import macro_f1
from citebound.eval.statistics import (
    Bootstrap,
    Floats,
    Interval,
    Ints,
    adjusted,
    bootstrap,
    compare,
    holm,
    macro_f1_of,
    mcnemar,
    paired,
    smallest_detectable,
    tost,
)

RNG = np.random.default_rng(11)
SKEWED = RNG.exponential(size=80)
TWENTY = [i // 5 for i in range(100)]


def mean_of(table: Floats) -> object:
    return lambda items, seeds: float(table[np.ix_(seeds, items)].mean())


def test_with_each_item_its_own_cluster_the_interval_is_scipys() -> None:
    ours = bootstrap(SKEWED, range(80)).interval()
    theirs = scipy.stats.bootstrap((SKEWED,), np.mean, n_resamples=10_000, method="BCa", rng=1).confidence_interval
    # An end of 10,000 resamples is known to 0.03 standard errors: three times that, for two of them, is 0.12.
    near = 0.12 * SKEWED.std() / math.sqrt(80)
    assert (ours.value, ours.low, ours.high) == pytest.approx((SKEWED.mean(), theirs.low, theirs.high), abs=near)
    assert ours.high - ours.value > ours.value - ours.low


def test_p_and_the_interval_agree() -> None:
    # A right-skewed mean moved to where the 95 % interval just holds, or just misses, zero.
    low = bootstrap(SKEWED, range(80)).interval().low
    assert bootstrap(SKEWED - low, range(80)).p_value() == pytest.approx(0.05, abs=0.001)
    high = bootstrap(SKEWED, range(80)).interval().high
    assert bootstrap(SKEWED - high, range(80)).p_value() == pytest.approx(0.05, abs=0.001)


def test_p_without_bias_or_skew_is_the_share_on_the_other_side() -> None:
    draws = np.arange(-19.5, 80)  # 20 of 100 below zero, symmetric about 30
    assert Bootstrap(30.0, draws, 0.0).p_value() == pytest.approx(0.4)


def test_acceleration_by_hand() -> None:
    # Leaving one out of 0, 0, 3 gives means 3/2, 3/2, 0; d = -1/2, -1/2, 1: sum d^3 = 3/4, sum d^2 = 3/2.
    assert bootstrap([0, 0, 3], "abc", resamples=10).acceleration == pytest.approx(0.75 / (6 * 1.5**1.5))
    # Clusters {0, 0}, {3}, {1}: without them 2, 1/3, 1; mean 10/9; d = -8/9, 7/9, 1/9.
    d = np.array([-8, 7, 1]) / 9
    expected = sum(d**3) / (6 * sum(d**2) ** 1.5)
    assert bootstrap([0, 3, 0, 1], "abac", resamples=10).acceleration == pytest.approx(expected)


def test_any_statistic_gives_what_the_fast_mean_gives() -> None:
    table = RNG.random((3, 40))
    clusters = [i % 7 for i in range(40)]
    fast = bootstrap(table, clusters, resamples=200)
    slow = bootstrap(table, clusters, statistic=mean_of(table), resamples=200)
    assert np.allclose(fast.draws, slow.draws)
    assert fast.acceleration == pytest.approx(slow.acceleration)
    assert fast.value == pytest.approx(slow.value)


def test_the_same_seed_gives_the_same_interval_and_another_one_does_not() -> None:
    assert bootstrap(SKEWED, range(80)).interval() == bootstrap(SKEWED, range(80)).interval()
    assert bootstrap(SKEWED, range(80)).interval() != bootstrap(SKEWED, range(80), seed=1).interval()


def test_a_resample_draws_as_many_documents_and_each_ones_own_number_of_items() -> None:
    seen: list[Ints] = []

    def look(items: Ints, seeds: Ints) -> float:
        seen.append(items)
        return 0.0

    bootstrap(np.zeros(6), "aaabbc", statistic=look, resamples=300)
    size = {0: 3, 1: 2, 2: 1}
    of = np.array([0, 0, 0, 1, 1, 2])
    for items in seen[:300]:
        counts = np.bincount(of[items], minlength=3)
        assert sum(counts[c] // size[c] for c in size) == 3
        assert all(counts[c] % size[c] == 0 for c in size)


def test_items_that_repeat_their_document_widen_the_interval() -> None:
    # 20 documents of 5 equal items are 20 observations: the standard error is that of 20, not of 100.
    per_document = RNG.normal(size=20)
    drawn = bootstrap(np.repeat(per_document, 5), TWENTY)
    assert drawn.standard_error == pytest.approx(per_document.std() / math.sqrt(20), rel=0.05)


def test_seeds_widen_the_interval() -> None:
    # Constant within a seed: only the seeds vary, and their bootstrap variance is s^2 / 3 with s^2 = 2/3.
    table = np.repeat([[0.0], [1.0], [2.0]], 30, axis=1)
    assert bootstrap(table, range(30)).standard_error == pytest.approx(math.sqrt(2 / 3 / 3), rel=0.03)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    covered = 0
    for run in range(300):
        documents = rng.normal(size=(25, 1))
        scores = (documents + rng.normal(size=(25, 4))).ravel()
        interval = bootstrap(scores, np.repeat(range(25), 4).tolist(), resamples=600, seed=run).interval()
        covered += interval.low <= 0 <= interval.high
    # 95 % of 300 is 285 +- 4; both levels being resampled errs on the safe side, 25 documents on the other.
    assert 0.92 <= covered / 300 <= 0.99


def test_scores_that_are_all_equal_give_one_point() -> None:
    drawn = bootstrap([0.1] * 40, TWENTY[:40])
    assert (drawn.interval().low, drawn.interval().high) == pytest.approx((0.1, 0.1))
    assert drawn.acceleration == 0
    assert drawn.p_value() == pytest.approx(2 / 10_001)
    assert bootstrap([0.0] * 40, TWENTY[:40]).p_value() == 1


def test_one_cluster_is_resampled_by_item_without_acceleration() -> None:
    one = bootstrap(SKEWED, [0] * 80)
    assert one.acceleration == 0
    assert one.standard_error == pytest.approx(SKEWED.std() / math.sqrt(80), rel=0.05)
    assert bootstrap(SKEWED, [0] * 80, statistic=mean_of(SKEWED[None]), resamples=20).acceleration == 0


def test_a_level_beyond_what_the_resamples_show_ends_at_the_largest() -> None:
    outlier = bootstrap([0.0] * 99 + [1.0], range(100))
    assert outlier.acceleration == pytest.approx(1 / 6, rel=0.02)
    assert outlier.interval(1 - 1e-12).high == outlier.draws.max()


@pytest.mark.parametrize("scores", [[0.5, math.nan], [], [[[0.5]]]])
def test_scores_that_are_no_numbers_are_refused(scores: object) -> None:
    with pytest.raises(ValueError, match="score a crash worst"):
        bootstrap(scores, ["a"])


def test_each_item_needs_a_cluster() -> None:
    with pytest.raises(ValueError, match="1 cluster names for 2 items"):
        bootstrap([0.5, 0.5], ["a"])


def test_many_items_are_resampled_in_seconds() -> None:
    begun = time.monotonic()
    bootstrap(RNG.random(1400), range(1400))
    assert time.monotonic() - begun < 5


def test_a_paired_difference_is_the_bootstrap_of_the_differences() -> None:
    a, b = RNG.random((3, 100)), RNG.random((1, 100))
    difference = paired(a, b, TWENTY, resamples=500)
    assert np.array_equal(difference.draws, bootstrap(a - b, TWENTY, resamples=500).draws)
    by_statistic = paired(a, b, TWENTY, statistics=(mean_of(a), mean_of(b)), resamples=500)
    assert np.allclose(by_statistic.draws, difference.draws)
    assert by_statistic.value == pytest.approx(a.mean() - b.mean())


@pytest.mark.parametrize("shape", [(3, 99), (2, 100)])
def test_what_does_not_pair_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be paired"):
        paired(np.zeros((3, 100)), np.zeros(shape), TWENTY)


labels = st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from(["x", "y", "z", "nonsense", None])), max_size=9)


@settings(deadline=None)  # the first call imports scikit-learn
@given(labels)
def test_the_fast_macro_f1_is_scikit_learns(pairs: list[tuple[str, str | None]]) -> None:
    gold, said = [g for g, _ in pairs], [p for _, p in pairs]
    statistic = macro_f1_of(gold, [said, gold], "xyz")
    items = np.arange(len(gold))
    assert statistic(items, np.array([0])) == pytest.approx(macro_f1(gold, said, "xyz"))
    both = (macro_f1(gold, said, "xyz") + macro_f1(gold, gold, "xyz")) / 2
    assert statistic(items, np.array([0, 1])) == pytest.approx(both)


def test_the_fast_macro_f1_follows_the_resampled_items() -> None:
    statistic = macro_f1_of("xxy", ["xyy"], "xy")
    # Items 0, 0, 1: x has 2 right of 3 gold and 2 said, 4/5; y has 0 right of 0 gold and 1 said.
    assert statistic(np.array([0, 0, 1]), np.array([0])) == pytest.approx((4 / 5 + 0) / 2)
    with pytest.raises(ConfigError, match="'y' is not among the classes x"):
        macro_f1_of("xy", ["xy"], "x")


def test_mcnemar_by_hand() -> None:
    # Only a right on 5 items, only b on 1: p = 2 (C(6,0) + C(6,1)) / 2^6 = 14 / 64.
    a = [True] * 5 + [False] + [True] * 4 + [False] * 3
    b = [False] * 5 + [True] + [True] * 4 + [False] * 3
    assert mcnemar(a, b) == pytest.approx(14 / 64)
    assert mcnemar(a, a) == 1


def test_holm_by_hand() -> None:
    # Sorted .01, .02, .03, .04 times 4, 3, 2, 1: .04, .06, .06, .04, raised to the largest so far.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1, 1]
    assert holm([]) == []


def test_mcnemar_and_holm_agree_with_statsmodels() -> None:
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    rng = np.random.default_rng(7)
    for _ in range(20):
        a, b = rng.random((2, 30)) < rng.random((2, 1))
        counts = [[np.sum((a == i) & (b == j)) for j in (True, False)] for i in (True, False)]
        assert mcnemar(a.tolist(), b.tolist()) == pytest.approx(tables.mcnemar(counts, exact=True).pvalue)
        ps = rng.random(8) ** 4
        assert holm(ps.tolist()) == pytest.approx(multitest.multipletests(ps, method="holm")[1].tolist())


def test_equivalence_wants_the_whole_interval_within_the_margin() -> None:
    assert tost(Interval(0, -0.02, 0.029), 0.03)
    assert not tost(Interval(0, -0.02, 0.03), 0.03)
    assert not tost(Interval(0, -0.03, 0.02), 0.03)
    with pytest.raises(ValueError, match="margin must be positive"):
        tost(Interval(0, 0, 0), 0)


def test_equivalence_agrees_with_two_one_sided_z_tests() -> None:
    # Standard error .01, difference .01, margin .03: z of the nearer bound is 2, and 1.645 suffices; .015 leaves 1.5.
    for value, expected in ((0.01, True), (0.015, False)):
        interval = Interval(value, value - 1.645 * 0.01, value + 1.645 * 0.01)
        assert tost(interval, 0.03) is expected


def test_smallest_detectable_difference_by_hand() -> None:
    # z(.975) + z(.8) = 1.9600 + 0.8416.
    assert smallest_detectable(0.01) == pytest.approx(0.028016, abs=1e-6)
    assert smallest_detectable(np.array([-1.0, 0.0, 1.0])) == pytest.approx(2.8016, abs=1e-4)
    assert smallest_detectable(1.0, alpha=0.1, power=0.9) == pytest.approx(1.64485 + 1.28155, abs=1e-4)


def right(*positions: range) -> list[int]:
    return [int(any(i in p for p in positions)) for i in range(100)]


def test_a_clear_winner_and_the_other_way_round() -> None:
    a, b = right(range(100)), right(range(0, 100, 2))
    made = compare(a, b, TWENTY, 0.03)
    assert (made.n, made.clusters, made.seeds) == (100, 20, 1)
    assert made.difference.value == pytest.approx(0.5)
    # 50 items that only a got right: p = 2 / 2^50; the bootstrap cannot show less than 2 / 10,001.
    assert made.mcnemar == pytest.approx(2**-49)
    assert made.p is not None and 2 / 10_001 <= made.p < 3 / 10_001
    assert (made.verdict, made.reason, made.equivalent, made.p_holm) == ("a", "", False, None)
    assert compare(b, a, TWENTY, 0.03).verdict == "b"


def test_a_difference_in_three_documents_convinces_mcnemar_but_not_us() -> None:
    made = compare(right(range(5, 18)), right(), TWENTY, 0.03)
    assert made.mcnemar == pytest.approx(2 / 2**13)
    assert made.p is not None and made.p > 20 * made.mcnemar
    assert (made.verdict, made.reason) == ("no evidence", "the difference is smaller than the smallest detectable one")


def test_the_same_answers_are_equivalent_and_so_is_a_real_but_small_difference() -> None:
    assert compare(right(range(50)), right(range(50)), TWENTY, 0.03).verdict == "equivalent"
    a = np.full(100, 0.51) + np.tile([0.001, -0.001], 50)
    made = compare(a, np.full(100, 0.5), TWENTY, 0.03)
    assert made.p == pytest.approx(2 / 10_001)
    assert (made.verdict, made.equivalent, made.mcnemar) == ("equivalent", True, None)


def test_a_noisy_tie_is_no_evidence() -> None:
    made = compare(right(range(0, 100, 2)), right(range(1, 100, 2), range(2)), TWENTY, 0.03)
    assert (made.verdict, made.reason) == ("no evidence", "the difference may be chance")
    assert made.detectable > 0.2


def test_fewer_than_fifteen_documents_give_no_p() -> None:
    clusters = [i % 14 for i in range(100)]
    made = compare(right(range(100)), right(), clusters, 0.03)
    assert (made.p, made.mcnemar, made.equivalent) == (None, None, False)
    assert (made.verdict, made.reason) == ("no evidence", "fewer than 15 documents")
    assert made.difference == Interval(1, 1, 1)
    assert compare(right(range(100)), right(), [i % 15 for i in range(100)], 0.03).verdict == "a"


def test_several_seeds_are_tested_by_the_bootstrap() -> None:
    a = np.array([right(range(80)), right(range(78)), right(range(82))])
    made = compare(a, right(range(0, 80, 2)), TWENTY, 0.03)
    assert (made.seeds, made.mcnemar, made.verdict) == (3, None, "a")


def test_a_statistic_of_labels_can_be_compared() -> None:
    gold = ["x" if i % 3 else "y" for i in range(100)]
    always = ["x"] * 100
    statistics = (macro_f1_of(gold, [gold], "xy"), macro_f1_of(gold, [always], "xy"))
    made = compare(np.ones(100), np.array(right(range(66))), TWENTY, 0.03, statistics=statistics, resamples=1000)
    # x: 66 right of 66 gold and 100 said, 132/166; y: 0.
    assert made.difference.value == pytest.approx(1 - (132 / 166) / 2)
    assert (made.mcnemar, made.verdict) == (None, "a")


def test_a_family_is_adjusted_and_judged_again() -> None:
    won = compare(right(range(100)), right(range(0, 100, 2)), TWENTY, 0.03)
    tie = compare(right(range(0, 100, 2)), right(range(1, 100, 2), range(2)), TWENTY, 0.03)
    untested = compare(right(range(80)), right(), [0] * 100, 0.03)
    first, second, third = adjusted([won, untested, tie])
    assert won.p is not None and first.p_holm == pytest.approx(2 * won.p)
    assert first.verdict == "a"
    assert second == untested
    assert (third.p_holm, third.verdict) == (tie.p, "no evidence")
    # Among 300 the least p that 10,000 resamples can show is 0.06.
    crowd = adjusted([won] * 300)
    assert (crowd[0].verdict, crowd[0].reason) == ("no evidence", "the difference may be chance")

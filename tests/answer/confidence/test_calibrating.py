"""Fitting a calibration: bounds by hand, thresholds that keep what they state, too few questions."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.confidence.calibrating import FEWEST, Case, best, fit, least, level, limit, upper
from citebound.answer.confidence.calibration import Made
from citebound.answer.confidence.signals import RETRIEVAL
from citebound.errors import BadLabels

MADE = Made(("test",), 0, 0, 0, 0.05, "word-hash", "word-hash-64", "", "fitted", "2026-11-23", "0")


def cases(count: int, seed: int, *, noise: float = 0.3) -> list[Case]:
    """Questions of which the cosine tells, with some noise, whether they are answered rightly."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        truth = rng.random()
        signals = dict.fromkeys(RETRIEVAL, 0.0) | {"cosine": truth + rng.gauss(0, noise), "coverage": rng.random()}
        made.append(Case(signals, truth > 0.4, truth > 0.3, f"document {number % 40}"))
    return made


def test_the_bound_of_no_error_in_59_is_five_percent() -> None:
    assert upper(0, 59) == pytest.approx(1 - 0.05 ** (1 / 59))  # (1 - p)^59 = 0.05
    assert upper(0, 59) < 0.05 < upper(0, 58)
    assert least(0.05) == 59
    assert upper(0, 0) == upper(3, 3) == 1.0


@given(st.integers(0, 200), st.integers(1, 200))
def test_a_bound_is_above_the_share_and_grows_with_the_errors(wrong: int, shown: int) -> None:
    wrong = min(wrong, shown)
    assert wrong / shown <= upper(wrong, shown) <= 1.0
    assert wrong == 0 or upper(wrong - 1, shown) <= upper(wrong, shown)


def test_the_most_permissive_threshold_within_the_risk_is_taken() -> None:
    sure = [1 - i / 200 for i in range(200)]
    right = [i < 150 for i in range(200)]
    found = level(sure, right, 0.05, 1.0, 200)
    assert found is not None
    # tried are 59, 69, ... 149, 159: of 159 answers nine are wrong
    assert (found.shown, found.wrong) == (149, 0)
    assert found.threshold == sure[148]
    assert upper(9, 159) > 0.05


def test_too_few_answers_state_nothing_and_say_what_is_possible() -> None:
    sure = [1 - i / 40 for i in range(40)]
    assert level(sure, [True] * 40, 0.05, 1.0, 40) is None
    found = best(sure, [True] * 40, 40)
    assert found is not None
    assert (found.shown, found.wrong) == (40, 0)
    assert found.upper == pytest.approx(1 - 0.05 ** (1 / 40))
    assert best([], [], 5) is None


def test_equal_confidences_are_shown_together() -> None:
    found = level([0.5] * 100 + [0.1] * 20, [True] * 100 + [False] * 20, 0.05, 1.0, 120)
    assert found is not None
    assert (found.threshold, found.shown, found.wrong) == (0.5, 100, 0)


def test_the_limit_loses_no_more_answerable_questions_than_it_says() -> None:
    sure = [i / 300 for i in range(300)]
    found = limit(sure, [True] * 300, 0.05)
    assert found is not None
    assert found.upper <= 0.05 < upper(found.lost + 1, 300)
    assert found.lost == sum(s < found.threshold for s in sure)
    assert limit(sure[:20], [True] * 20, 0.05) is None
    assert limit([0.1, 0.2], [False, False], 0.05) is None


def test_what_is_stated_holds_on_questions_that_were_not_seen() -> None:
    """Twenty calibrations, each measured on 400 other questions: bounds of 95 % may fail once in twenty times."""
    broken = stated = 0
    for seed in range(20):
        stage = fit(cases(400, seed, noise=0.15), MADE, None, drafts=False).quotes
        found = stage.level(0.1)
        if found is None:
            continue
        stated += 1
        fresh = [c for c in cases(400, 1000 + seed, noise=0.15) if stage.confidence(c.signals) >= found.threshold]
        broken += sum(not c.right for c in fresh) / len(fresh) > 0.1
    assert stated >= 10
    assert broken <= 3


def test_no_document_is_in_both_halves() -> None:
    from citebound.answer.confidence.calibrating import _halves

    first, held = _halves(cases(200, 1))
    assert not {c.document for c in first} & {c.document for c in held}
    assert abs(len(first) - len(held)) <= 20


def test_few_questions_keep_the_shipped_weights_and_are_all_held_out() -> None:
    shipped = fit(cases(400, 1), MADE, None, drafts=False)
    own = fit(cases(80, 2), MADE, shipped, drafts=False)
    assert own.made.weights == "shipped"
    assert own.quotes.signals == shipped.quotes.signals
    assert {v.items for v in own.quotes.levels} == {80}
    assert fit(cases(400, 2), MADE, shipped, drafts=False).made.weights == "fitted"


def test_a_model_that_says_nothing_can_be_told_from_one_that_does() -> None:
    rng = random.Random(5)
    drafts = []
    for case in cases(400, 3):
        silent = rng.random() < (0.2 if case.answerable else 0.7)
        drafts.append(Case({**case.signals, "silent": float(silent)}, case.right, case.answerable, case.document))
    made = fit(drafts, MADE, None, drafts=True)
    assert made.drafts is not None
    assert made.answerable.limit is not None
    assert made.answerable.silent is not None
    assert made.answerable.silent.threshold >= made.answerable.limit.threshold
    assert made.answerable.silent.upper <= 0.05


@pytest.mark.parametrize("right", [True, False])
def test_answers_of_one_kind_teach_nothing(right: bool) -> None:
    signals = dict.fromkeys(RETRIEVAL, 0.5)
    with pytest.raises(BadLabels, match=f"at least {FEWEST} right and {FEWEST} wrong"):
        fit([Case(signals, right, right, str(i)) for i in range(100)], MADE, None, drafts=False)
    with pytest.raises(BadLabels):
        fit([], MADE, None, drafts=False)

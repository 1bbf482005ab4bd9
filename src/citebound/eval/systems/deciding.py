"""How the encoder systems decide: which label, whether a label needs proof, and below what margin they stay silent."""

from __future__ import annotations

from collections.abc import Sequence

from citebound.eval import matching
from citebound.eval.calibration import Floats
from citebound.eval.suite import Item, Suite, SuiteError


def reads(suite: Suite) -> bool:
    """Whether there are documents to read. A corpus of labelled examples is what is learnt from, not read."""
    return bool(suite.documents) and not suite.labelled


def known_labels(suite: Suite, train: Sequence[Item]) -> tuple[str, ...]:
    """The labels of the training items. Raises SuiteError if there are not two to tell apart."""
    labels = tuple(sorted({item.label for item in train if item.label}))
    if len(labels) < 2:
        raise SuiteError(
            f"{suite.name}: nothing can be learnt from {len(train)} training items with {len(labels)} labels",
            remedy="Add training items of two labels or more, or leave this system out.",
        )
    return labels


def among(asked: Sequence[str], known: Sequence[str], shares: Floats) -> dict[str, float]:
    """A probability for each label that was asked for: 0 for one that was never seen; what the others had is shared."""
    scores = dict.fromkeys(asked or known, 0.0)
    scores |= {label: float(share) for label, share in zip(known, shares, strict=True) if label in scores}
    total = sum(scores.values())
    return {label: score / total if total else 1 / len(scores) for label, score in scores.items()}


def unproved(train: Sequence[Item]) -> frozenset[str]:
    """Labels that no training item proves, such as NotMentioned; none if the suite has no gold spans at all."""
    proved = {item.label for item in train if item.gold}
    return frozenset(item.label for item in train) - proved if proved else frozenset()


def best_threshold(margins: Sequence[float], answering: Sequence[float], silence: Sequence[float]) -> float:
    """The threshold with the highest total score if margins at or above it answer; the lowest among equals.

    `answering` and `silence` are the scores of each item if it is answered and if not. Silence alone is +infinity.
    """
    gain = sum(silence)
    best, chosen = gain, float("inf")
    order = sorted(range(len(margins)), key=lambda i: -margins[i])
    for position, i in enumerate(order):
        gain += answering[i] - silence[i]
        parted = position + 1 == len(order) or margins[order[position + 1]] < margins[i]
        if parted and gain >= best:
            best, chosen = gain, margins[i]
    return chosen


def text_score(text: str, item: Item) -> float:
    """Token F1 with the gold answers, 0..1; "" is right where there is none."""
    accepted = [matching.tokens(answer) for answer in item.answers] if item.answerable else []
    return matching.token_f1(matching.tokens(text) if text else (), accepted)

"""Measures: pure functions of what was predicted and what is gold. Who computes a prediction is another matter.

Spans come with the document they lie in; overlapping spans of one document are merged first, so that no character is
counted twice. A crash is a failed prediction, written None, and is scored worst: silence costs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from citebound.errors import ConfigError
from citebound.types import Span

Judged = tuple[float | None, bool]
"""Confidence of a prediction, and whether it was right; the confidence of a crash is None."""


@dataclass(frozen=True, slots=True)
class Place:
    """A span in a document, named by whatever the suite names documents by."""

    document: str
    span: Span


def merged(places: Iterable[Place]) -> list[Place]:
    """The same characters as disjoint places, in order."""
    made: list[Place] = []
    for place in sorted(places, key=lambda p: (p.document, p.span.start, p.span.end)):
        if made and made[-1].document == place.document and place.span.start <= made[-1].span.end:
            last = made.pop()
            place = Place(last.document, Span(last.span.start, max(last.span.end, place.span.end)))
        made.append(place)
    return made


def overlap(found: Iterable[Place], gold: Iterable[Place]) -> int:
    """Characters that lie in both."""
    gold = merged(gold)
    return sum(f.span.overlap(g.span) for f in merged(found) for g in gold if f.document == g.document)


def character_recall(found: Iterable[Place], gold: Sequence[Place]) -> float:
    """Share of the gold characters that were found; 1.0 where there is no gold."""
    total = sum(len(p.span) for p in merged(gold))
    return overlap(found, gold) / total if total else 1.0


def character_precision(found: Sequence[Place], gold: Iterable[Place]) -> float:
    """Share of the found characters that are gold; 0.0 where nothing was found."""
    total = sum(len(p.span) for p in merged(found))
    return overlap(found, gold) / total if total else 0.0


def on_gold(quotes: Sequence[Place], gold: Sequence[Place]) -> bool:
    """Whether the quotes cover at least half of one gold span and are together at most three times as long as it."""
    length = sum(len(p.span) for p in merged(quotes))
    return any(2 * overlap(quotes, [g]) >= len(g.span) and length <= 3 * len(g.span) for g in gold)


def wrong_document_rate(found: Sequence[Place], gold: Iterable[Place]) -> float:
    """Share of the found places whose document holds no gold; 0.0 where nothing was found, so recall stands beside it.

    This is the document-level retrieval mismatch of Reuter et al. 2025 ("Towards Reliable Retrieval in RAG Systems for
    Large Legal Datasets"), counted over places.
    """
    documents = {g.document for g in gold}
    return sum(f.document not in documents for f in found) / len(found) if found else 0.0


def check_labels(gold: Iterable[str], classes: Sequence[str]) -> None:
    """Raises ConfigError for a gold label outside of `classes`."""
    if strange := sorted(set(gold) - set(classes)):
        raise ConfigError(
            f"gold label {strange[0]!r} is not among the classes {', '.join(classes)}",
            remedy="Name every class of the gold labels, and each in one spelling.",
        )


def class_f1(gold: Sequence[str], predicted: Sequence[str | None], classes: Sequence[str]) -> dict[str, float]:
    """F1 of each class, 0..1 (van Rijsbergen 1979, chapter 7), in the order of `classes`, by scikit-learn.

    A class that is neither gold nor predicted has no F1 and is left out. A crash or an answer outside of `classes` is a
    miss of the gold class and a false alarm of none. Raises ConfigError for a gold label outside of `classes`.
    """
    from sklearn.metrics import f1_score

    check_labels(gold, classes)
    answers = ["" if p is None else p for p in predicted]
    present = [c for c in classes if c in gold or c in answers]
    if not present:
        return {}
    scores = f1_score(list(gold), answers, labels=present, average=None, zero_division=0)
    return {c: float(score) for c, score in zip(present, scores, strict=True)}


def macro_f1(gold: Sequence[str], predicted: Sequence[str | None], classes: Sequence[str]) -> float:
    """Mean of the classes' F1 (Opitz and Burst 2019, "Macro F1 and Macro F1"); 0.0 where there are none.

    Only classes that are gold or predicted count: one that a small test split happens not to hold would otherwise pull
    every system towards 0 alike.
    """
    scores = class_f1(gold, predicted, classes)
    return math.fsum(scores.values()) / len(scores) if scores else 0.0


def risk_coverage(judged: Iterable[Judged]) -> list[tuple[float, float]]:
    """The risk-coverage curve: (share answered, share of those that is wrong), one point for each threshold.

    El-Yaniv and Wiener 2010, "On the foundations of noise-free selective classification". Predictions of equal
    confidence are answered together, as no threshold parts them; a crash is answered first, and wrong.
    """
    made = []
    answered = wrong = 0
    groups = _by_confidence(judged)
    total = sum(n for n, _ in groups)
    for n, errors in groups:
        answered, wrong = answered + n, wrong + errors
        made.append((answered / total, wrong / answered))
    return made


def aurc(judged: Iterable[Judged]) -> float:
    """Area under the risk-coverage curve: the mean of the risks at coverage 1/n, 2/n, ..., 1; 1.0 for no predictions.

    Geifman, Uziel and El-Yaniv 2019, "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers". Among equal
    confidences the errors are spread evenly, which is the mean over all orders of the tie.
    """
    area = 0.0
    answered = wrong = 0
    for n, errors in _by_confidence(judged):
        area += math.fsum((wrong + errors * i / n) / (answered + i) for i in range(1, n + 1))
        answered, wrong = answered + n, wrong + errors
    return area / answered if answered else 1.0


def excess_aurc(judged: Sequence[Judged]) -> float:
    """AURC above that of the same predictions in the best order, right ones first; 0.0 is a perfect order (ibid.)."""
    return aurc(judged) - aurc([(float(right), right) for _, right in _settled(judged)])


def coverage_at_risk(judged: Iterable[Judged], risk: float = 0.05) -> float:
    """The largest share that can be answered with at most `risk` of it wrong; 0.0 if no threshold does it.

    Geifman and El-Yaniv 2017, "Selective Classification for Deep Neural Networks". The threshold is picked with
    hindsight: one that was set beforehand covers less.
    """
    return max((coverage for coverage, wrong in risk_coverage(judged) if wrong <= risk), default=0.0)


@dataclass(frozen=True, slots=True)
class Abstention:
    """Both errors of abstaining, as counts: answered though unanswerable, refused though answerable.

    Rajpurkar, Jia and Liang 2018, "Know What You Don't Know: Unanswerable Questions for SQuAD".
    """

    answered_unanswerable: int
    unanswerable: int
    refused_answerable: int
    answerable: int

    @property
    def false_answers(self) -> float:
        """Share of the unanswerable questions that were answered; 0.0 where there are none."""
        return self.answered_unanswerable / self.unanswerable if self.unanswerable else 0.0

    @property
    def false_refusals(self) -> float:
        """Share of the answerable questions that were refused; 0.0 where there are none."""
        return self.refused_answerable / self.answerable if self.answerable else 0.0


def abstention(answered: Sequence[bool | None], answerable: Sequence[bool]) -> Abstention:
    """Counts both errors; a crash (None) is one of them, whichever the question allows."""
    pairs = list(zip(answered, answerable, strict=True))
    return Abstention(
        answered_unanswerable=sum(a is not False and not able for a, able in pairs),
        unanswerable=sum(not able for _, able in pairs),
        refused_answerable=sum(a is not True and able for a, able in pairs),
        answerable=sum(able for _, able in pairs),
    )


def gold_leak_rate(right: Sequence[bool]) -> float:
    """Share of questions answered right although the gold passage was removed; 0.0 where there are none.

    What a system cannot have read it knew, guessed or found elsewhere: EVALUATION.md, control "rag with the gold
    passage removed". A crash is not right here; no crash makes a leak.
    """
    return sum(right) / len(right) if right else 0.0


def wilson(successes: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); (0, 1) for n = 0."""
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    centre = share + z * z / (2 * n)
    margin = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - margin) / scale), min(1.0, (centre + margin) / scale)


def _settled(judged: Iterable[Judged]) -> list[tuple[float, bool]]:
    """With every crash as an error of endless confidence."""
    return [(math.inf, False) if c is None or math.isnan(c) else (c, right) for c, right in judged]


def _by_confidence(judged: Iterable[Judged]) -> list[tuple[int, int]]:
    """Number of predictions and of errors at each confidence, highest first."""
    groups: dict[float, tuple[int, int]] = {}
    for confidence, right in _settled(judged):
        n, errors = groups.get(confidence, (0, 0))
        groups[confidence] = n + 1, errors + (not right)
    return [groups[confidence] for confidence in sorted(groups, reverse=True)]

"""How every generator system reads an answer off its model: likelihoods of the labels, or one short reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

import numpy as np

from citebound.eval import prompts
from citebound.eval.endpoint import Endpoint
from citebound.eval.kit import Shown
from citebound.eval.language_model import LanguageModel
from citebound.eval.measures import Place
from citebound.eval.prediction import ANSWERED, NOT_FOUND, Prediction
from citebound.eval.rows import locate
from citebound.eval.suite import Item, Question, Regime, Suite, draw
from citebound.types import Span

REPLY_TOKENS = 48
LEAST = 1e-5
"""Smaller probabilities are not kept."""


@dataclass(frozen=True, slots=True)
class Leaning:
    """What a model leans to whatever it is asked: its mean probability of each label over questions without labels.

    Taking it off is batch calibration (Zhou et al. 2024, "Batch Calibration", eq. 2). Without it small models say one
    label to everything, in any prompt.
    """

    means: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, scores: Sequence[Mapping[str, float]]) -> Leaning:
        labels = {label for row in scores for label in row}
        return cls({label: fmean(row.get(label, LEAST) for row in scores) for label in sorted(labels)})

    def taken_off(self, made: Prediction) -> Prediction:
        """The prediction with every label's probability divided by the model's leaning to it."""
        if not self.means or not made.scores:
            return made
        ratio = {label: share / max(self.means.get(label, LEAST), LEAST) for label, share in made.scores.items()}
        total = sum(ratio.values())
        scores = {label: value / total for label, value in ratio.items()}
        best = max(scores, key=lambda label: scores[label])
        return replace(made, label=best, scores=scores, confidence=scores[best])


def unlabelled(dev: Sequence[Item], count: int, regime: Regime, seed: int) -> list[Question]:
    """`count` development questions without their labels, from few documents, so that a document is read once."""
    return [item.asked(regime) for item in spread(dev, count, seed)]


def spread(dev: Sequence[Item], count: int, seed: int) -> list[Item]:
    """`count` development items of few documents, drawn by the seed."""
    return sorted(dev, key=lambda i: (draw(seed, i.cluster), draw(seed, i.id)))[:count]


def labelled(
    model: LanguageModel | Endpoint, suite: Suite, question: Question, asked: Sequence[prompts.Message]
) -> Prediction:
    """The most likely label; `scores` are the likelihoods of all, made to sum to 1."""
    labels = question.labels or suite.labels
    logs, read = model.likelihoods(asked, [suite.prompts.words.get(label, label) for label in labels])
    if not np.isfinite(logs).any():
        return Prediction(parsed=False, tokens_in=read)
    shares = np.exp(logs - logs.max())
    shares /= shares.sum()
    best = int(shares.argmax())
    scores = {label: float(s) for label, s in zip(labels, shares, strict=True) if s >= LEAST}
    return Prediction(label=labels[best], scores=scores, confidence=float(shares[best]), tokens_in=read)


def extracted(model: LanguageModel | Endpoint, asked: Sequence[prompts.Message], shown: Sequence[Shown]) -> Prediction:
    """The short reply, with its quote where it stands in the passages. Confidence: geometric mean of token chances."""
    reply = model.reply(asked, REPLY_TOKENS)
    text, parsed = prompts.parse(reply.text)
    return Prediction(
        ANSWERED if text else NOT_FOUND,
        text=text,
        quotes=bound(text, shown) if text else (),
        confidence=float(np.exp(reply.logprob)) if parsed else 0.0,
        parsed=parsed,
        tokens_in=reply.tokens_in,
        tokens_out=reply.tokens_out,
    )


def bound(text: str, shown: Sequence[Shown]) -> tuple[Place, ...]:
    """Where a short answer stands in the passages, verbatim but for white space; () if nowhere."""
    for passage in shown:
        found = locate(text, passage.text)
        if found:
            start = passage.place.span.start
            return (Place(passage.place.document, Span(start + found.start, start + found.end)),)
    return ()

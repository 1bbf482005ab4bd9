"""How every generator system reads an answer off its model: likelihoods of the labels, or one short reply."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from citebound.eval import prompts
from citebound.eval.endpoint import Endpoint
from citebound.eval.kit import Shown
from citebound.eval.language_model import LanguageModel
from citebound.eval.measures import Place
from citebound.eval.prediction import ANSWERED, NOT_FOUND, Prediction
from citebound.eval.rows import locate
from citebound.eval.suite import Question, Suite
from citebound.types import Span

REPLY_TOKENS = 48


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
    scores = {label: float(s) for label, s in zip(labels, shares, strict=True) if s >= 1e-4}
    return Prediction(label=labels[best], scores=scores, confidence=float(shares[best]), tokens_in=read)


def extracted(model: LanguageModel | Endpoint, asked: Sequence[prompts.Message], shown: Sequence[Shown]) -> Prediction:
    """The short reply, with its quote where it stands in the passages. Confidence: geometric mean of token chances."""
    reply = model.reply(asked, REPLY_TOKENS)
    text, parsed = prompts.parse(reply.text)
    return Prediction(
        ANSWERED if text else NOT_FOUND,
        text=text,
        quotes=bound(text, shown) if text else (),
        confidence=float(np.exp(reply.logprob)) if text else 0.0,
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

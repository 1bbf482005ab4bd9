"""One prediction against its gold: numbers that hold for that item alone. Pure; works on sealed traces.

A failed prediction scores the worst of every measure, so that silence costs.
"""

from __future__ import annotations

from collections.abc import Sequence

from citebound.eval import matching
from citebound.eval.gold import Gold
from citebound.eval.measures import character_precision, character_recall, overlap, wrong_document_rate
from citebound.eval.prediction import ANSWERED, FAILED, Prediction
from citebound.eval.suite import Task

_OF_EVIDENCE = ("shown_recall", "quote_recall", "quote_precision", "quote_touches")
_OF_TEXT = ("correct", "f1", "em", *_OF_EVIDENCE)
METRICS = {
    Task.LABEL: ("accuracy", "macro_f1", *_OF_EVIDENCE),
    Task.EXTRACT: _OF_TEXT,
    Task.RETRIEVE: _OF_TEXT,
}
"""What systems may be compared by, higher is better."""
LONGER = 4
"""A text that holds the answer and is at most so many times as long plus `SPARE` tokens counts as correct."""
SPARE = 20


def judge(task: Task, gold: Gold, made: Prediction) -> dict[str, float]:
    """Measures of one item, each 0..1, but the Brier score 0..2. What does not apply to the item is left out: no
    evidence, no quote measures.

    `remembered` is no score but a diagnosis, of items whose answer was changed in the documents: whether the former one
    was given. A failure has given none.
    """
    scores = _label(gold, made) if task is Task.LABEL else _extract(gold, made)
    if gold.former:
        scores["remembered"] = float(not scores["correct"] and _says(made, gold.former))
    if gold.places:
        whole = made.outcome != FAILED
        scores["shown_recall"] = character_recall(made.shown, gold.places) if whole else 0.0
        scores["quote_recall"] = character_recall(made.quotes, gold.places) if whole else 0.0
        scores["quote_precision"] = character_precision(made.quotes, gold.places) if whole else 0.0
        scores["quote_touches"] = float(overlap(made.quotes, gold.places) > 0)
        scores["wrong_document"] = wrong_document_rate(made.retrieved[:10], gold.places) if whole else 1.0
    return scores


def answered(made: Prediction) -> bool | None:
    """Whether an answer was shown; None for a failure."""
    return None if made.outcome == FAILED else made.outcome == ANSWERED


def right(task: Task, gold: Gold, made: Prediction) -> bool:
    """The published matcher of "correct": the label; or an accepted answer, exactly or inside a short text; or "not
    found" where there is no answer."""
    return bool(judge(task, gold, made)["accuracy" if task is Task.LABEL else "correct"])


def _label(gold: Gold, made: Prediction) -> dict[str, float]:
    scores = made.scores or {made.label: 1.0}
    share = scores.get(gold.label, 0.0)
    others = sum(v * v for label, v in scores.items() if label != gold.label)
    return {
        "accuracy": float(made.outcome != FAILED and made.label == gold.label),
        "brier": (1 - share) ** 2 + others,
    }


def _extract(gold: Gold, made: Prediction) -> dict[str, float]:
    if made.outcome == FAILED:
        return {"em": 0.0, "f1": 0.0, "correct": 0.0}
    if not gold.answerable or made.outcome != ANSWERED:
        agree = float(gold.answerable == (made.outcome == ANSWERED))
        return {"em": agree, "f1": agree, "correct": agree}
    tokens = _tokens(made)
    return {
        "em": float(matching.exact(tokens, gold.answers)),
        "f1": matching.token_f1(tokens, gold.answers),
        "correct": float(_says(made, gold.answers)),
    }


def _says(made: Prediction, accepted: Sequence[tuple[str, ...]]) -> bool:
    """Whether an answer was given, and it is an accepted one or a short text that holds one."""
    if made.outcome != ANSWERED:
        return False
    tokens = _tokens(made)
    longest = max((len(a) for a in accepted), default=0)
    inside = matching.contains(tokens, accepted) and len(tokens) <= LONGER * longest + SPARE
    return inside or matching.exact(tokens, accepted)


def _tokens(made: Prediction) -> tuple[str, ...]:
    return made.tokens or matching.hashed(matching.tokens(made.text))

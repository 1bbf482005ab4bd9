"""Ranking: recall@k, nDCG@10 and MRR of ranked places, and the stage at which gold was lost. The one door of
ir-measures.

A ranked chunk is relevant if it shares at least one character with a gold span. Bigger chunks win here for free:
character recall at a budget (measures) stands beside these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import ir_measures
from ir_measures import RR, Qrel, ScoredDoc, SetR, nDCG

from citebound.eval.measures import Place, merged, overlap

Stage = Literal["retrieval", "selection", "reading", "none"]

Position = Literal["first", "second or third", "later", "not shown"]

Distractors = Literal["none", "one or two", "three to five", "six or more"]

KS = (1, 5, 10, 20)
_CUT = 10


def ranking(
    ranked: Mapping[str, Sequence[Place]], gold: Mapping[str, Sequence[Place]], ks: Sequence[int] = KS
) -> dict[str, dict[str, float]]:
    """Scores by question: {"q1": {"recall@1": ..., "ndcg@10": ..., "mrr": ...}}, places best first.

    recall@k is the share of the gold spans that one of the first k chunks touches. For nDCG@10 (Järvelin and Kekäläinen
    2002, binary gains) the ideal ranking holds the relevant chunks of the first ten and every gold span that none of
    them touches, so no list gains from its length. mrr is one over the rank of the first relevant chunk (Voorhees
    1999); the mean over questions is the caller's. A repeated place counts at its first rank. A question without a
    ranking (a crash) scores 0.0; one without gold is left out.
    """
    made = {}
    for question, spans in gold.items():
        if targets := merged(spans):
            places = list(dict.fromkeys(ranked.get(question, ())))
            made[question] = {f"recall@{k}": _recall(places[:k], targets) for k in ks}
            made[question] |= {"ndcg@10": _ndcg(places[:_CUT], targets), "mrr": _reciprocal_rank(places, targets)}
    return made


def lost_at(
    gold: Sequence[Place], retrieved: Sequence[Place], shown: Sequence[Place], quoted: Sequence[Place]
) -> Stage:
    """The first stage whose places cover less than half of every gold span; "none" if the gold came through, or there
    is no gold."""
    stages: tuple[tuple[Stage, Sequence[Place]], ...] = (
        ("retrieval", retrieved),
        ("selection", shown),
        ("reading", quoted),
    )
    for stage, places in stages:
        if gold and not any(2 * overlap(places, [g]) >= len(g.span) for g in gold):
            return stage
    return "none"


def position(gold: Sequence[Place], shown: Sequence[Place]) -> Position:
    """Where the first passage stands that covers at least half of a gold span."""
    covering = (n for n, place in enumerate(shown) if any(2 * overlap([place], [g]) >= len(g.span) for g in gold))
    rank = next(covering, None)
    if rank is None:
        return "not shown"
    return "first" if rank == 0 else "second or third" if rank < 3 else "later"


def distractors(gold: Sequence[Place], shown: Sequence[Place]) -> Distractors | None:
    """How many passages without a character of gold stood beside it; None where no gold was shown."""
    if position(gold, shown) == "not shown":
        return None
    count = sum(not overlap([place], gold) for place in shown)
    return "none" if not count else "one or two" if count < 3 else "three to five" if count < 6 else "six or more"


def _recall(places: Sequence[Place], targets: Sequence[Place]) -> float:
    touched = [i for i, target in enumerate(targets) if overlap(places, [target])]
    return _calculate(SetR, range(len(targets)), touched)


def _ndcg(places: Sequence[Place], targets: Sequence[Place]) -> float:
    relevant = [rank for rank, place in enumerate(places) if overlap([place], targets)]
    missed = [-1 - i for i, target in enumerate(targets) if not overlap(places, [target])]
    return _calculate(nDCG @ _CUT, [*relevant, *missed], range(len(places)))


def _reciprocal_rank(places: Sequence[Place], targets: Sequence[Place]) -> float:
    relevant = [rank for rank, place in enumerate(places) if overlap([place], targets)]
    return _calculate(RR, relevant, range(len(places)))


def _calculate(measure: ir_measures.Measure, relevant: Sequence[int], found: Sequence[int]) -> float:
    """One question's score, its documents named by number and found in the order given."""
    if not relevant or not found:
        return 0.0
    qrels = [Qrel("q", str(name), 1) for name in relevant]
    run = [ScoredDoc("q", str(name), float(-rank)) for rank, name in enumerate(found)]
    return float(measure.calc_aggregate(qrels, run))

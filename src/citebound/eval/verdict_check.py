"""Whether the verdict is right where the truth is known: six trace sets, built from a seed, through the real path.

    python -m citebound.eval.verdict_check [--seed N] [--record]

Each set has its own true rates of being right (`CASES`); documents differ in difficulty, and systems tend to fail
on the same items. The traces are written and read as lines, scored by `score.board` and judged by `verdict`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from citebound.eval import figures, score
from citebound.eval.experiment import Experiment, Primary, Variant
from citebound.eval.gold import Gold, Key
from citebound.eval.measures import Place
from citebound.eval.prediction import Prediction, Trace
from citebound.eval.registration import Registration
from citebound.eval.statistics import RESAMPLES
from citebound.eval.suite import Regime, Task
from citebound.eval.verdict import Decision, verdict
from citebound.types import Span

FIGURE = "memo.verdicts_right"
LABELS = ("yes", "no", "silent")
COMMIT = "0" * 40
SPREAD = 0.08
"""Standard deviation of a document's ease, added to every system's rate."""


@dataclass(frozen=True, slots=True)
class Case:
    """A trace set: true rates by system, documents, items in each, and the share of items on which all systems meet the
    same luck."""

    truth: Decision
    rates: Mapping[str, float]
    documents: int = 50
    items: int = 8
    shared: float = 0.6


def _rates(rag: float, head: float, both: float, removed: float = 0.36) -> dict[str, float]:
    others = {"zero_shot": 0.45, "rag_wrong": 0.40, "majority": 0.33}
    return {"rag": rag, "embedding_head": head, "fine_tuned_rag": both, "rag_removed": removed, **others}


CASES: dict[str, Case] = {
    "rag wins": Case("rag", _rates(0.75, 0.55, 0.74)),
    "fine-tuned wins": Case("fine-tuned", _rates(0.55, 0.77, 0.74)),
    "both": Case("both", _rates(0.58, 0.60, 0.84)),
    "tie": Case("tie", _rates(0.70, 0.70, 0.70), shared=0.95),
    "underpowered": Case("no evidence", _rates(0.62, 0.55, 0.60), documents=20, items=3),
    "leaked": Case("invalid", _rates(0.75, 0.55, 0.74, removed=0.70)),
}


def built(case: Case, seed: int, resamples: int = RESAMPLES) -> score.Board:
    """The board of a trace set."""
    experiment = _experiment(list(case.rates))
    key = _key(case)
    read = [Trace.read(trace.line()) for trace in _traces(case, key, seed)]
    return score.board(
        experiment, key, read, _costs(experiment), Registration(COMMIT, 0.0, COMMIT), 1, resamples=resamples
    )


def _experiment(systems: Sequence[str]) -> Experiment:
    families = {"embedding_head": "encoder", "majority": "control"}
    variants = tuple(
        Variant(
            name,
            name,
            name,
            {},
            0,
            (1,),
            (Regime.GIVEN,),
            True,
            "",
            families.get(name, "generator"),
            name == "embedding_head",
        )
        for name, trained in ((s, s == "embedding_head") for s in systems)
    )
    primary = Primary(
        "accuracy",
        0.05,
        "rag",
        ("zero_shot", "embedding_head"),
        ("fine_tuned_rag",),
        "rag_wrong",
        "rag_removed",
        "majority",
    )
    return Experiment(Path("built.toml"), "built", "Built", "built", (Regime.GIVEN,), 0, 0, primary, variants, "0" * 64)


def _key(case: Case) -> Key:
    made = {}
    for n in range(case.documents * case.items):
        document = f"document {n // case.items}"
        place = Place(document, Span(100 * (n % case.items), 100 * (n % case.items) + 60))
        made[f"q{n}"] = Gold(f"q{n}", document, f"kind {n % 4}", True, LABELS[n % len(LABELS)], (), (place,))
    return Key("built", "Built trace set", Task.LABEL, LABELS, False, "", made)


def _traces(case: Case, key: Key, seed: int) -> list[Trace]:
    rng = np.random.default_rng(seed)
    n = len(key.items)
    ease = np.repeat(rng.normal(0, SPREAD, case.documents), case.items)
    luck = rng.random(n)
    alike = rng.random(n) < case.shared
    made = []
    for system, rate in case.rates.items():
        right = np.where(alike, luck, rng.random(n)) < rate + ease
        for gold, hit in zip(key.items.values(), right, strict=True):
            made.append(Trace(system, Regime.GIVEN, 1, gold.id, _prediction(gold, bool(hit)), 1.0, COMMIT, "0" * 64))
    return made


def _prediction(gold: Gold, right: bool) -> Prediction:
    other = LABELS[(LABELS.index(gold.label) + 1) % len(LABELS)]
    label = gold.label if right else other
    places = gold.places if right else ()
    return Prediction(
        label=label, scores={label: 0.8}, quotes=places, shown=places, retrieved=places, confidence=0.8, seconds=0.5
    )


def _costs(experiment: Experiment) -> list[dict[str, Any]]:
    return [
        {
            "system": variant.name,
            "regime": Regime.GIVEN,
            "labels": 0,
            "wall": 0.0,
            "cpu": 0.0,
            "predicted": 1,
            "peak_rss_mib": 0.0,
        }
        for variant in experiment.variants
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", action="store_true", help="write the figure to eval/results/figures.jsonl")
    given = parser.parse_args()
    out = Console(highlight=False)
    right = 0
    for name, case in CASES.items():
        made = verdict(built(case, given.seed), Regime.GIVEN)
        right += made.decision == case.truth
        out.print(
            f"{name:16} {made.decision:12} {'right' if made.decision == case.truth else 'WRONG'}  {made.headline}"
        )
    out.print(f"{right} of {len(CASES)} right")
    if given.record:
        command = "python -m citebound.eval.verdict_check --record"
        figures.record([figures.share(FIGURE, right, len(CASES))], command)
    return int(right < len(CASES))


if __name__ == "__main__":
    sys.exit(main())

"""Builders of trace sets, and the boards that `score` makes of them. No model, no text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from citebound.eval import score
from citebound.eval.experiment import Experiment, Primary, Variant
from citebound.eval.gold import Gold, Key
from citebound.eval.measures import Place
from citebound.eval.prediction import FAILED, NOT_FOUND, Prediction, Trace
from citebound.eval.registration import Registration
from citebound.eval.suite import Regime, Task
from citebound.types import Span

COMMIT = "c0ffee" * 6 + "c0ff"
KINDS = ("Governing Law", "Expiration Date", "Renewal Term", "Parties <all>")
RATES = {
    "rag": 0.72,
    "rag_wrong": 0.34,
    "rag_removed": 0.33,
    "naive_rag": 0.55,
    "zero_shot": 0.30,
    "small_rag": 0.40,
    "small_fine_tuned": 0.36,
    "always_not_found": 0.25,
    "reader@50": 0.41,
    "reader@200": 0.52,
    "reader": 0.61,
    "head@50": 0.33,
    "head@200": 0.40,
    "head": 0.46,
}
"""True rates of the large board; what is not named "@n" is trained with 1,000 labels."""
SECONDS = {"rag": 2.4, "naive_rag": 3.1, "zero_shot": 0.9, "always_not_found": 0.0, "reader": 0.12, "head": 0.03}


@cache
def large(*, own: bool = False, committed: bool = True, dead: bool = False, suite: str = "cuad") -> score.Board:
    """A board in two regimes: generators of two sizes, encoders trained on three numbers of labels with three seeds,
    controls, failures, confidences, and items without an answer. `dead`: the wrong passages do as well."""
    rates = {**RATES, "rag_wrong": RATES["rag"]} if dead else RATES
    regimes = (Regime.GIVEN, Regime.CORPUS)
    variants = tuple(_variant(name, regimes) for name in rates)
    primary = Primary(
        "correct",
        0.05,
        "rag",
        ("zero_shot", "naive_rag", "reader", "head"),
        (),
        "rag_wrong",
        "rag_removed",
        "always_not_found",
    )
    run = Experiment(Path("r.toml"), "cuad_main", "CUAD", suite, regimes, 0, 0, primary, variants, "ab" * 32)
    key = Key(suite, "CUAD: short <answers>", Task.EXTRACT, (), own, "Built for a test.", _gold())
    rng = np.random.default_rng(5)
    traces = [t for variant in variants for t in _traces(variant, key, rates[variant.name], rng)]
    costs = [_cost(variant, regime) for variant in variants for regime in regimes]
    registered = Registration(COMMIT if committed else "", 1.0, COMMIT)
    return score.board(run, key, traces, costs, registered, 2, resamples=500)


def _variant(name: str, regimes: Sequence[Regime]) -> Variant:
    system, _, size = name.partition("@")
    trained = system in ("reader", "head")
    family = "encoder" if trained else "control" if name == "always_not_found" else "generator"
    options = {"generator": "smollm2-135m" if system.startswith("small") else "qwen2.5-0.5b"}
    given = options if family == "generator" else {}
    seeds = (1, 2, 3) if trained else (1,)
    return Variant(name, system, system, given, int(size or 0), seeds, tuple(regimes), True, "", family)


def _gold() -> dict[str, Gold]:
    made = {}
    for n in range(120):
        document = f"contract-{n % 30:02}"
        answerable = n % 4 != 3
        answers = ((f"h{n}",),) if answerable else ()
        places = (Place(document, Span(1000 + n, 1060 + n)),) if answerable else ()
        made[f"cuad-{n:03}"] = Gold(f"cuad-{n:03}", document, KINDS[n // 4 % 4], answerable, "", answers, places)
    return made


def _traces(variant: Variant, key: Key, rate: float, rng: np.random.Generator) -> list[Trace]:
    made = []
    for regime in variant.regimes:
        for seed in variant.seeds:
            for gold in key.items.values():
                harder = 0.06 * (regime is Regime.CORPUS) + 0.35 * (variant.name == "rag" and gold.kind == KINDS[0])
                prediction = _prediction(variant, gold, bool(rng.random() < rate - harder), rng)
                made.append(Trace(variant.name, regime, seed, gold.id, prediction, 2.0, COMMIT, "ab" * 32))
    return made


def _prediction(variant: Variant, gold: Gold, hit: bool, rng: np.random.Generator) -> Prediction:
    seconds = SECONDS.get(variant.system, 0.6) * float(rng.uniform(0.7, 1.6))
    if variant.name == "always_not_found":
        return Prediction(NOT_FOUND, confidence=1.0)
    if variant.name == "rag" and gold.id == "cuad-017":
        return Prediction(FAILED, error="GeneratorTimeout: <late>", seconds=60.0)
    parsed = not (variant.family == "generator" and rng.random() < 0.07)
    confidence = float(rng.beta(5, 2) if hit else rng.beta(3, 3))
    common: dict[str, Any] = {"confidence": confidence, "parsed": parsed, "seconds": seconds}
    if variant.family == "generator":
        common |= {"tokens_in": int(rng.integers(300, 900)), "tokens_out": int(rng.integers(3, 30))}
    if hit and not gold.answerable:
        return Prediction(NOT_FOUND, **common)
    tokens = gold.answers[0] if hit else ("other",)
    return Prediction(
        tokens=tokens,
        retrieved=gold.places if rng.random() < 0.9 else (),
        shown=gold.places if hit or rng.random() < 0.5 else (),
        quotes=gold.places if hit else (),
        **common,
    )


def _cost(variant: Variant, regime: Regime) -> dict[str, Any]:
    trained = variant.family == "encoder"
    labels = (variant.size or 1000) if trained else 0
    retrieves = "rag" in variant.name or variant.system == "reader"
    return {
        "system": variant.name,
        "regime": regime,
        "seed": 1,
        "labels": labels,
        "wall": 1.7 * labels,
        "cpu": 3.1 * labels,
        "predicted": 120,
        "peak_rss_mib": 1800.0 if variant.family == "generator" else 900.0,
        "before": 1.0 if trained else None,
        "after": (1.1 if variant.name == "head@50" else 0.6) if trained else None,
        "index": {"seconds": 90.0, "bytes": 34e6} if retrieves else {},
    }


def cell(system: str, **changed: Any) -> dict[str, Any]:
    """A cell of a board by hand: complete, counted, one second a question, nothing to prepare."""
    cost = {
        "labels": 0.0,
        "adapt_wall_seconds": 0.0,
        "adapt_cpu_seconds": 0.0,
        "index_seconds": 0.0,
        "index_bytes": 0.0,
        "tokens_in": 0.0,
        "tokens_out": 0.0,
        "p50_seconds": 1.0,
        "p95_seconds": 1.0,
        "per_1000_seconds": 1000.0,
        "peak_rss_mib": 0.0,
    }
    return {
        "system": system,
        "regime": "given",
        "family": "generator",
        "kind": "prompted",
        "trained": True,
        "options": {},
        "size": 0,
        "seeds": [1],
        "n": 200,
        "clusters": 50,
        "complete": "not complete" not in changed.get("not_counted", []),
        "failed": 0.0,
        "parse_failures": 0.0,
        "metrics": {"correct": {"value": 0.5, "low": 0.4, "high": 0.6, "n": 200}},
        "calibration": {},
        "not_counted": [],
        **changed,
        "cost": cost | changed.get("cost", {}),
    }


def against(other: str, verdict: str, value: float, **changed: Any) -> dict[str, Any]:
    """A comparison of rag with another system by hand; its interval is 0.08 to both sides."""
    return {
        "regime": "given",
        "rag": "rag",
        "other": other,
        "metric": "correct",
        "n": 200,
        "clusters": 50,
        "seeds": 1,
        "difference": {"value": value, "low": value - 0.08, "high": value + 0.08},
        "p": 0.01,
        "p_holm": 0.02,
        "mcnemar": None,
        "margin": 0.05,
        "equivalent": verdict == "equivalent",
        "detectable": 0.11,
        "verdict": verdict,
        "reason": "the difference may be chance" if verdict == "no evidence" else "",
        **changed,
    }


def by_hand(
    cells: Sequence[Mapping[str, Any]],
    comparisons: Sequence[Mapping[str, Any]],
    controls: Sequence[Mapping[str, Any]] = (),
    **changed: Any,
) -> score.Board:
    """A board of these rows; every system compared is a rival but those in `both`."""
    both = tuple(changed.pop("both", ()))
    rivals = tuple(changed.pop("rivals", [c["other"] for c in comparisons if c["other"] not in both]))
    return {
        "run": "hand",
        "title": "By hand",
        "run_sha256": "0" * 64,
        "suite": "hand",
        "suite_title": "By hand",
        "note": "",
        "own": False,
        "task": "extract",
        "split": "test",
        "labels": [],
        "primary": {"metric": "correct", "margin": 0.05, "rag": "rag", "against": rivals, "both": both},
        "exploratory": False,
        "registered": COMMIT,
        "openings": 1,
        "test_items": 200,
        "documents": 0,
        "test_clusters": 50,
        "cells": list(cells),
        "comparisons": list(comparisons),
        "controls": list(controls),
        "losses": [],
        "slices": [],
        **changed,
    }

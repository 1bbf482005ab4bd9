"""Scoring: traces and gold in, one board out. Seconds, no model, the same to the digit every time.

A board is plain data (JSON): cells (a system in a regime), comparisons of RAG with the others by the rule that was
written down beforehand, controls, costs, calibration, losses. Reports, memos and figures are made from it alone.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

import numpy as np

from citebound.eval import calibration, measures, statistics
from citebound.eval.experiment import Experiment, Variant
from citebound.eval.gold import Gold, Key
from citebound.eval.judge import answered, judge, right
from citebound.eval.prediction import FAILED, Prediction, Trace
from citebound.eval.ranking import distractors, lost_at, position, ranking
from citebound.eval.registration import Registration
from citebound.eval.statistics import Comparison, Interval
from citebound.eval.suite import Regime, Task

Board = dict[str, Any]
Cost = Mapping[str, Any]

FEW_LABELS = 6
"""Suites with at most so many labels get the F1 of each."""
SECONDARY = 2000
"""Resamples for what is not the primary metric."""
WORST = 20
MOST_KINDS = 40
"""With more kinds of items than that, none is told apart."""
THIRDS = ("first third", "middle third", "last third")
PARSE_LIMIT = 0.2
LEAST_ITEMS = 100


class Cell:
    """One system in one regime: predictions by seed and item, in one order of items."""

    def __init__(self, variant: Variant, regime: Regime, key: Key, traces: Sequence[Trace]) -> None:
        self.variant = variant
        self.regime = regime
        self.key = key
        by_seed: dict[int, dict[str, Prediction]] = defaultdict(dict)
        for trace in traces:
            by_seed[trace.seed][trace.id] = trace.prediction
        self.seeds = sorted(by_seed)
        shared = set.intersection(*(set(made) for made in by_seed.values())) if by_seed else set()
        self.ids = [id_ for id_ in key.items if id_ in shared]
        self.made = [[by_seed[seed][id_] for id_ in self.ids] for seed in self.seeds]
        self.gold = [key.items[id_] for id_ in self.ids]

    def complete(self, experiment: Experiment) -> bool:
        """Whether every seed has answered every item that the run asks."""
        wanted = len(self.key.items)
        if experiment.items and not self.variant.all_items:
            wanted = min(wanted, experiment.items)
        return len(self.seeds) == len(self.variant.seeds) and len(self.ids) >= wanted > 0

    @property
    def clusters(self) -> list[str]:
        return [g.cluster for g in self.gold]

    def judged(self) -> list[list[dict[str, float]]]:
        return [[judge(self.key.task, g, p) for g, p in zip(self.gold, row, strict=True)] for row in self.made]

    def among(self, ids: set[str]) -> Cell:
        """The same for these items only."""
        made = Cell.__new__(Cell)
        made.variant, made.regime, made.key, made.seeds = self.variant, self.regime, self.key, self.seeds
        keep = [i for i, id_ in enumerate(self.ids) if id_ in ids]
        made.ids = [self.ids[i] for i in keep]
        made.gold = [self.gold[i] for i in keep]
        made.made = [[row[i] for i in keep] for row in self.made]
        return made

    def table(self, metric: str) -> statistics.Floats:
        """Scores of an item-level metric, (seeds, items); 0 for items to which it does not apply."""
        return np.array([[scores.get(metric, 0.0) for scores in row] for row in self.judged()])

    def statistic(self, metric: str) -> statistics.Statistic | None:
        """The function behind a metric that is no mean of items, or None."""
        if metric != "macro_f1":
            return None
        labels = [[None if p.outcome == FAILED else p.label for p in row] for row in self.made]
        return statistics.macro_f1_of([g.label for g in self.gold], labels, self.key.labels)

    def interval(self, metric: str, resamples: int) -> Interval:
        drawn = statistics.bootstrap(
            self.table(metric), self.clusters, statistic=self.statistic(metric), resamples=resamples
        )
        return drawn.interval()


def board(
    experiment: Experiment,
    key: Key,
    traces: Sequence[Trace],
    costs: Sequence[Cost],
    registered: Registration,
    openings: int,
    *,
    resamples: int = statistics.RESAMPLES,
) -> Board:
    """The board of a run. Systems that are not complete are listed with what is missing and not compared."""
    cells = _cells(experiment, key, traces)
    rows = [_row(cell, experiment, costs, resamples) for cell in cells]
    primary = experiment.primary
    made: Board = {
        "run": experiment.name,
        "title": experiment.title,
        "run_sha256": experiment.sha256,
        "suite": key.suite,
        "suite_title": key.title,
        "note": key.note,
        "own": key.own,
        "task": key.task,
        "split": experiment.split,
        "labels": list(key.labels),
        "primary": asdict(primary),
        "exploratory": registered.exploratory,
        "registered": registered.commit,
        "openings": openings,
        "test_items": len(key.items),
        "documents": key.documents,
        "test_clusters": len({g.cluster for g in key.items.values()}),
        "cells": rows,
        "comparisons": [],
        "controls": [],
    }
    for regime in experiment.regimes:
        here = {c.variant.name: c for c in cells if c.regime is regime and c.complete(experiment)}
        made["comparisons"] += _comparisons(experiment, here, regime, resamples)
        made["controls"] += _controls(experiment, here, regime, resamples)
        if direct := _direct(experiment, here, regime, resamples):
            made.setdefault("direct", []).extend(direct)
    made["losses"] = [_losses(c) for c in cells if c.variant.name == primary.rag and c.ids]
    return made | _parted(cells, primary.metric)


def _cells(experiment: Experiment, key: Key, traces: Sequence[Trace]) -> list[Cell]:
    grouped: dict[tuple[str, str], list[Trace]] = defaultdict(list)
    for trace in traces:
        grouped[trace.system, trace.regime].append(trace)
    made = []
    for variant in experiment.variants:
        for regime in variant.regimes:
            found = grouped[variant.name, regime]
            if found:
                made.append(Cell(variant, regime, key, found))
    return made


def _row(cell: Cell, experiment: Experiment, costs: Sequence[Cost], resamples: int) -> dict[str, Any]:
    predictions = [p for row in cell.made for p in row]
    n = len(cell.ids)
    failed = sum(p.outcome == FAILED for p in predictions)
    unparsed = sum(not p.parsed for p in predictions)
    total = max(1, len(predictions))
    mine = [c for c in costs if (c["system"], c["regime"]) == (cell.variant.name, cell.regime)]
    row = {
        "system": cell.variant.name,
        "regime": cell.regime,
        "family": cell.variant.family,
        "kind": cell.variant.kind,
        "options": dict(cell.variant.options),
        "size": cell.variant.size,
        "trained": cell.variant.trained,
        "seeds": cell.seeds,
        "n": n,
        "clusters": len(set(cell.clusters)),
        "complete": cell.complete(experiment),
        "failed": failed / total,
        "parse_failures": unparsed / total,
        "metrics": _metrics(cell, experiment.primary.metric, resamples) if n else {},
        "calibration": _calibration(cell) if n else {},
        "cost": _cost(predictions, mine),
    }
    row["not_counted"] = _not_counted(row, mine)
    return row


def _metrics(cell: Cell, primary: str, resamples: int) -> dict[str, dict[str, float]]:
    judged = [scores for row in cell.judged() for scores in row]
    names = sorted({name for scores in judged for name in scores})
    made = {}
    for name in [*names, *(["macro_f1"] if cell.key.task is Task.LABEL else [])]:
        applies = {i for i, g in zip(cell.ids, cell.gold, strict=True) if name in judge(cell.key.task, g, _FAILURE)}
        part = cell if name == "macro_f1" or len(applies) == len(cell.ids) else cell.among(applies)
        if part.ids:
            found = part.interval(name, resamples if name == primary else SECONDARY)
            made[name] = {**_rounded(found), "n": len(part.ids)}
    made |= _abstention(cell) | _ranking(cell)
    if cell.key.task is Task.LABEL and len(cell.key.labels) <= FEW_LABELS:
        for label in cell.key.labels:
            values = [
                measures.class_f1([g.label for g in cell.gold], [p.label for p in row], cell.key.labels).get(label, 0.0)
                for row in cell.made
            ]
            made[f"f1_{label}"] = {"value": _round(fmean(values)), "n": sum(g.label == label for g in cell.gold)}
    return made


_FAILURE = Prediction(FAILED)


def _abstention(cell: Cell) -> dict[str, dict[str, float]]:
    """Coverage, wrong among the shown, and both errors of abstaining."""
    if cell.key.task is Task.LABEL:
        return {}
    pairs = [(g, p) for row in cell.made for g, p in zip(cell.gold, row, strict=True)]
    shown = [(g, p) for g, p in pairs if answered(p) is not False]
    wrong = sum(not (g.answerable and right(cell.key.task, g, p)) for g, p in shown)
    found = measures.abstention([answered(p) for _, p in pairs], [g.answerable for g, _ in pairs])
    made = {"coverage": {"value": _round(len(shown) / len(pairs)), "n": len(pairs)}}
    if shown:
        made["wrong_shown"] = {"value": _round(wrong / len(shown)), "n": len(shown)}
    if found.unanswerable:
        made["answered_unanswerable"] = {"value": _round(found.false_answers), "n": found.unanswerable}
    if found.answerable:
        made["refused_answerable"] = {"value": _round(found.false_refusals), "n": found.answerable}
    return made


def _ranking(cell: Cell) -> dict[str, dict[str, float]]:
    """Retrieval of the first seed, for the items that have a place; a system that retrieves nothing has none."""
    gold = {g.id: g.places for g in cell.gold if g.places}
    ranked = {i: p.retrieved for i, p in zip(cell.ids, cell.made[0], strict=True) if i in gold}
    if not any(ranked.values()):
        return {}
    found = list(ranking(ranked, gold).values())
    return {f"retrieved_{name}": {"value": _round(fmean(f[name] for f in found)), "n": len(found)} for name in found[0]}


def _calibration(cell: Cell) -> dict[str, Any]:
    """Reliability and risk-coverage of the first seed; a system that gives no confidences has none."""
    pairs = [
        (None if p.outcome == FAILED else min(1.0, max(0.0, p.confidence)), right(cell.key.task, g, p))
        for g, p in zip(cell.gold, cell.made[0], strict=True)
    ]
    if len({c for c, _ in pairs if c is not None}) < 3:
        return {}
    confidence = [1.0 if c is None else c for c, _ in pairs]
    correct = [c is not None and r for c, r in pairs]
    curve = measures.risk_coverage(pairs)
    thinned = curve[:: max(1, len(curve) // 50)] + curve[-1:]
    return {
        "ece": _round(calibration.ece(confidence, correct)),
        "brier": _round(calibration.brier(confidence, correct)),
        "aurc": _round(measures.aurc(pairs)),
        "excess_aurc": _round(measures.excess_aurc(pairs)),
        "coverage_at_5": _round(measures.coverage_at_risk(pairs)),
        "reliability": [
            [_round(p.confidence), _round(p.accuracy), p.n] for p in calibration.reliability(confidence, correct, 10)
        ],
        "risk_coverage": [[_round(c), _round(r)] for c, r in thinned],
    }


def _cost(predictions: Sequence[Prediction], mine: Sequence[Cost]) -> dict[str, float]:
    seconds = [p.seconds for p in predictions] or [0.0]
    total = max(1, len(predictions))
    prepared = [c for c in mine if c["predicted"]] or list(mine)
    index: Mapping[str, float] = next((c["index"] for c in mine if c.get("index")), {})

    def mean(name: str) -> float:
        return fmean(c[name] for c in prepared) if prepared else 0.0

    return {
        "labels": mean("labels"),
        "dev_labels": fmean(c.get("dev_labels", 0) for c in prepared) if prepared else 0.0,
        "adapt_wall_seconds": _round(mean("wall")),
        "adapt_cpu_seconds": _round(mean("cpu")),
        "index_seconds": index.get("seconds", 0.0),
        "index_bytes": index.get("bytes", 0.0),
        "tokens_in": _round(sum(p.tokens_in for p in predictions) / total),
        "tokens_out": _round(sum(p.tokens_out for p in predictions) / total),
        "p50_seconds": _round(float(np.quantile(seconds, 0.5))),
        "p95_seconds": _round(float(np.quantile(seconds, 0.95))),
        "per_1000_seconds": _round(1000 * fmean(seconds)),
        "peak_rss_mib": max((c["peak_rss_mib"] for c in mine), default=0.0),
    }


def _not_counted(row: Mapping[str, Any], mine: Sequence[Cost]) -> list[str]:
    """Why a system does not count on the board (EVALUATION.md, "What a figure is"); empty if it does."""
    why = []
    if not row["complete"]:
        why.append("not complete")
    if row["n"] < LEAST_ITEMS:
        why.append(f"fewer than {LEAST_ITEMS} items")
    if row["parse_failures"] >= PARSE_LIMIT:
        why.append("parse failures of 20 % or more")
    if any(c.get("before") is not None and c["after"] is not None and c["after"] >= c["before"] for c in mine):
        why.append("the development loss did not fall")
    return why


def _comparisons(
    experiment: Experiment, here: Mapping[str, Cell], regime: Regime, resamples: int
) -> list[dict[str, Any]]:
    primary = experiment.primary
    others = [n for n in (*primary.against, *primary.both) if n in here]
    if primary.rag not in here or not others:
        return []
    made = [_compare(here[primary.rag], here[n], primary.metric, primary.margin, resamples) for n in others]
    return [
        {"regime": regime, "rag": primary.rag, "other": n, "metric": primary.metric, **_comparison_row(c)}
        for n, c in zip(others, statistics.adjusted(made), strict=True)
    ]


def _direct(experiment: Experiment, here: Mapping[str, Cell], regime: Regime, resamples: int) -> list[dict[str, Any]]:
    """Each system that joins retrieval and training against each rival, paired by item: one family of its own. A board
    without such systems has no such comparisons."""
    primary = experiment.primary
    pairs = [(a, b) for a in primary.both for b in primary.against if a in here and b in here]
    made = [_compare(here[a], here[b], primary.metric, primary.margin, resamples) for a, b in pairs]
    rows = []
    for (a, b), found in zip(pairs, statistics.adjusted(made), strict=True):
        row = _comparison_row(found)
        said = {"rag": "system"}.get(row["verdict"], row["verdict"])
        rows.append({"regime": regime, "system": a, "other": b, "metric": primary.metric, **row, "verdict": said})
    return rows


def _controls(experiment: Experiment, here: Mapping[str, Cell], regime: Regime, resamples: int) -> list[dict[str, Any]]:
    """RAG against its own controls.

    `dead`: on enough documents, it does not beat itself with another question's passages. `leaked`: without the gold it
    is above chance, and keeps at least half of what it has over chance.
    """
    primary = experiment.primary
    rag = here.get(primary.rag)
    made = []
    for role in ("wrong", "removed", "chance"):
        name = getattr(primary, role)
        if rag and name in here:
            found = _compare(rag, here[name], primary.metric, primary.margin, resamples)
            row = {"regime": regime, "role": role, "rag": primary.rag, "other": name, "metric": primary.metric}
            made.append({**row, **_comparison_row(found), "dead": role == "wrong" and _no_better(found)})
    if rag and primary.removed in here and primary.chance in here:
        removed, chance = here[primary.removed], here[primary.chance]
        above = _compare(removed, chance, primary.metric, primary.margin, resamples)
        gain = _compare(rag, chance, primary.metric, primary.margin, resamples)
        leak = above.verdict == "a" and above.difference.value >= 0.5 * gain.difference.value
        kept = [right(rag.key.task, g, p) for g, p in zip(removed.gold, removed.made[0], strict=True) if g.answerable]
        for row in made:
            if row["role"] == "removed":
                row |= {"leaked": bool(leak), "gold_leak_rate": _round(measures.gold_leak_rate(kept))}
    return made


def _compare(a: Cell, b: Cell, metric: str, margin: float, resamples: int) -> Comparison:
    shared = set(a.ids) & set(b.ids)
    one, other = a.among(shared), b.among(shared)
    of_one, of_other = one.statistic(metric), other.statistic(metric)
    seeds = min(len(one.seeds), len(other.seeds))
    paired = seeds if seeds > 1 else None
    return statistics.compare(
        one.table(metric)[:paired],
        other.table(metric)[:paired],
        one.clusters,
        margin,
        statistics=(of_one, of_other) if of_one and of_other else None,
        resamples=resamples,
    )


def _no_better(found: Comparison) -> bool:
    """Whether a system was tested against its control, on enough documents, and does not beat it."""
    p = found.p if found.p_holm is None else found.p_holm
    return p is not None and (p >= 0.05 or found.difference.low <= 0)


def _comparison_row(c: Comparison) -> dict[str, Any]:
    return {
        "n": c.n,
        "clusters": c.clusters,
        "seeds": c.seeds,
        "difference": _rounded(c.difference),
        "p": None if c.p is None else _round(c.p),
        "p_holm": None if c.p_holm is None else _round(c.p_holm),
        "mcnemar": None if c.mcnemar is None else _round(c.mcnemar),
        "margin": c.margin,
        "equivalent": c.equivalent,
        "detectable": _round(c.detectable),
        "verdict": {"a": "rag", "b": "other"}.get(c.verdict, c.verdict),
        "reason": c.reason,
    }


def _losses(cell: Cell) -> dict[str, Any]:
    """Where RAG lost the gold, and its twenty worst items: wrong with the highest confidence."""
    stages: Counter[str] = Counter()
    worst = []
    for gold, made in zip(cell.gold, cell.made[0], strict=True):
        if gold.places:
            stages[lost_at(gold.places, made.retrieved, made.shown, made.quotes)] += 1
        if not right(cell.key.task, gold, made):
            worst.append((-made.confidence, gold.id, _story(gold, made)))
    return {
        "system": cell.variant.name,
        "regime": cell.regime,
        "stages": dict(sorted(stages.items())),
        "worst": [{"id": id_, **story} for _, id_, story in sorted(worst, key=lambda w: w[:2])[:WORST]],
    }


def _story(gold: Gold, made: Prediction) -> dict[str, Any]:
    return {
        "kind": gold.kind,
        "confidence": _round(made.confidence),
        "outcome": made.outcome,
        "label": made.label,
        "gold_label": gold.label,
        "answerable": gold.answerable,
        "lost_at": lost_at(gold.places, made.retrieved, made.shown, made.quotes),
        "error": made.error.split(":")[0],
    }


def _parted(cells: Sequence[Cell], metric: str) -> dict[str, list[dict[str, Any]]]:
    """The mean of the metric (accuracy for macro F1) in parts of the items, with its interval, for every cell: by kind,
    by where the gold stands in its document, and by its place among the passages shown and their number without gold,
    those of the first seed."""
    name = "accuracy" if metric == "macro_f1" else metric
    made: dict[str, list[dict[str, Any]]] = {"slices": [], "depths": [], "positions": [], "distractors": []}
    for cell in cells:
        if not cell.ids:
            continue
        table = cell.table(name)
        read = any(p.shown for row in cell.made for p in row)
        placed = [
            (g.places, p.shown) if read and g.places else None for g, p in zip(cell.gold, cell.made[0], strict=True)
        ]
        parts: dict[str, Sequence[str | None]] = {
            "slices": [g.kind for g in cell.gold],
            "depths": [None if g.depth is None else THIRDS[min(2, int(3 * g.depth))] for g in cell.gold],
            "positions": [position(*at) if at else None for at in placed],
            "distractors": [distractors(*at) if at else None for at in placed],
        }
        for part, groups in parts.items():
            found = _means(table, groups, cell.clusters)
            if 0 < len(found) <= MOST_KINDS:
                row = {"system": cell.variant.name, "regime": cell.regime, "metric": name}
                made[part].append({**row, "kinds" if part == "slices" else part: found})
    return made


def _means(
    table: statistics.Floats, groups: Sequence[str | None], clusters: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Of each group of items its mean score and its interval."""
    made = {}
    for group in sorted({g for g in groups if g is not None}):
        items = [i for i, g in enumerate(groups) if g == group]
        drawn = statistics.bootstrap(table[:, items], [clusters[i] for i in items], resamples=SECONDARY)
        made[group] = {**_rounded(drawn.interval()), "n": len(items)}
    return made


def _rounded(interval: Interval) -> dict[str, float]:
    return {"value": _round(interval.value), "low": _round(interval.low), "high": _round(interval.high)}


def _round(value: float) -> float:
    """Six digits: what two machines agree on."""
    return round(value, 6) if math.isfinite(value) else 0.0

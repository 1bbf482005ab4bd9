"""What a calibration does on rows that it was not fitted on: the figures of abstention, and risk-coverage curves."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from citebound.answer.confidence.calibrating import Case, upper
from citebound.answer.confidence.calibration import Calibration, Level, Stage
from citebound.eval.abstention_items import TEMPTING
from citebound.eval.abstention_rows import Row
from citebound.eval.figures import Figure, share
from citebound.eval.measures import aurc, coverage_at_risk, risk_coverage, wilson
from citebound.eval.statistics import bootstrap

RESAMPLES = 500


class Measured:
    """Rows of second halves under a calibration: who is shown at the stated risk, who is told "not found"."""

    def __init__(self, made: Calibration, rows: Sequence[Row], *, llm: bool) -> None:
        self.rows = rows
        self.stage: Stage = made.drafts if llm and made.drafts else made.quotes
        self.level: Level | None = stated(self.stage, made.made.risk)
        self.confidence = [self.stage.confidence(r.case.signals) if r.case.shown else 0.0 for r in rows]
        self.absent = [_absent(made, r.case) for r in rows]
        threshold = self.level.threshold if self.level else 2.0
        self.shown = [
            c >= threshold and not a and r.case.shown
            for c, a, r in zip(self.confidence, self.absent, rows, strict=True)
        ]

    def values(self, at: Sequence[int], risk: float) -> dict[str, tuple[float, float, float]]:
        """name -> value, numerator, denominator, for the rows at these positions."""
        asked = [self.rows[i] for i in at]
        judged = [(self.confidence[i], self.rows[i].case.right) for i in at]
        shown = [i for i in at if self.shown[i]]
        wrong = sum(not self.rows[i].case.right for i in shown)
        able = [i for i in at if self.rows[i].case.answerable]
        unable = [i for i in at if not self.rows[i].case.answerable]
        found = coverage_at_risk(judged, risk)
        loose = [r for r in asked if r.ungated is not None]
        return {
            "coverage_at_5": (found, found * len(at), len(at)),
            "aurc": (aurc(judged), aurc(judged), 1.0),
            "coverage_stated": _share(len(shown), len(at)),
            "observed_risk": _share(wrong, len(shown)),
            "false_absence": _share(sum(self.absent[i] for i in able), len(able)),
            "absence_found": _share(sum(self.absent[i] for i in unable), len(unable)),
            "wrong_ungated": _share(sum(not r.ungated for r in loose), len(loose)),
            "coverage_ungated": _share(len(loose), len(at)),
        }


def stated(stage: Stage, risk: float) -> Level | None:
    """The level for this risk; where it cannot be stated, the strictest that can."""
    return stage.level(risk) or min((v for v in stage.levels if v.risk >= risk), key=lambda v: v.risk, default=None)


def _absent(made: Calibration, case: Case) -> bool:
    able = made.answerable.confidence(case.signals)
    limits = [made.answerable.limit, made.answerable.silent if case.signals.get("silent") else None]
    return any(limit is not None and able < limit.threshold for limit in limits)


def _share(part: int, of: int) -> tuple[float, float, float]:
    return part / of if of else 0.0, part, of


def figures_of(measured: Measured, sources: Sequence[str], risk: float, ending: str) -> list[Figure]:
    """The figures of every source and of the mean over those that tempt. Shares have Wilson's interval, the observed
    risk the one-sided upper 95 % bound of Clopper and Pearson, means a bootstrap over documents."""
    at = {s: [i for i, r in enumerate(measured.rows) if r.source == s] for s in sources}
    made = []
    drafted = any(r.ungated is not None for r in measured.rows)
    for source in sources:
        for name, (value, part, of) in measured.values(at[source], risk).items():
            label = f"abstain.{source}.{name}{ending}"
            if name == "observed_risk":
                made.append(Figure(label, value, "share", 0.0, upper(int(part), int(of)), part, of))
            elif name in ("coverage_at_5", "aurc"):
                made.append(_resampled(label, measured, at[source], [source], name, risk))
            elif drafted or "ungated" not in name:
                made.append(share(label, int(part), int(of)))
        made.append(_stated(f"abstain.{source}.stated_risk{ending}", measured))
    tempting = [s for s in sources if s in TEMPTING] or list(sources)
    everything = [i for s in tempting for i in at[s]]
    names = [n for n in measured.values(everything, risk) if drafted or "ungated" not in n]
    made += [_resampled(f"abstain.macro.{n}{ending}", measured, everything, tempting, n, risk) for n in names]
    shown = [i for i in everything if measured.shown[i]]
    wrong = sum(not measured.rows[i].case.right for i in shown)
    bound = upper(wrong, len(shown))
    value = wrong / max(1, len(shown))
    made.append(Figure(f"abstain.pooled.observed_risk{ending}", value, "share", 0.0, bound, wrong, len(shown)))
    return [*made, _stated(f"abstain.macro.stated_risk{ending}", measured)]


def _stated(name: str, measured: Measured) -> Figure:
    """1.0 where nothing could be stated. The interval's upper end is the bound on the questions it was fitted on."""
    v = measured.level
    if v is None:
        return Figure(name, 1.0, "share", 0.0, 1.0, 0, 0)
    return Figure(name, v.risk, "share", 0.0, v.upper, v.wrong, v.shown)


def _resampled(
    name: str, measured: Measured, at: Sequence[int], sources: Sequence[str], what: str, risk: float
) -> Figure:
    """The mean over the sources, of those where it is defined, with an interval over documents."""
    whose = [measured.rows[i].source for i in at]

    def mean(positions: Any, _: Any) -> float:
        there: dict[str, list[int]] = {s: [] for s in sources}
        for position in positions:
            there[whose[int(position)]].append(at[int(position)])
        found = [measured.values(rows, risk)[what] for rows in there.values() if rows]
        return fmean([value for value, _, of in found if of] or [0.0])

    clusters = [f"{measured.rows[i].source} {measured.rows[i].case.document}" for i in at]
    found = bootstrap([0.0] * len(at), clusters, statistic=mean, resamples=RESAMPLES)
    value = found.value
    if len(set(found.draws.tolist())) == 1:
        _, part, of = measured.values(at, risk)[what]
        low, high = wilson(round(part), round(of))  # no resample differs: as if all were of one source
        return Figure(name, value, "share", low, high, None, len(at))
    interval = found.interval()
    return Figure(name, value, "share", interval.low, interval.high, None, len(at))


def curves(measured: Measured, sources: Sequence[str]) -> dict[str, list[list[float]]]:
    """source -> points of its risk-coverage curve: (confidence), coverage, risk."""
    made = {}
    for source in sources:
        judged = [
            (c, r.case.right) for c, r in zip(measured.confidence, measured.rows, strict=True) if r.source == source
        ]
        made[source] = [[round(coverage, 4), round(risk, 4)] for coverage, risk in risk_coverage(judged)]
    return made

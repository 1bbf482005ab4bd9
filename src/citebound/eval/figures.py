"""Figures: one row of eval/results/figures.jsonl each, with its interval, its command and the commit it is true of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from citebound.eval.measures import wilson
from citebound.eval.registration import revision

PATH = Path("eval/results/figures.jsonl")


@dataclass(frozen=True, slots=True)
class Figure:
    """A named value with its 95 % interval; shares are 0..1 with numerator and denominator."""

    name: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    numerator: float | None = None
    denominator: float | None = None


def share(name: str, numerator: int, denominator: int) -> Figure:
    """A share with its Wilson interval."""
    low, high = wilson(numerator, denominator)
    value = numerator / denominator if denominator else 0.0
    return Figure(name, value, "share", low, high, numerator, denominator)


def record(figures: list[Figure], command: str, path: Path = PATH) -> None:
    """Append the figures, replacing earlier rows of the same name."""
    commit = revision("describe", "--always")
    date = datetime.now(UTC).date().isoformat()
    names = {f.name for f in figures}
    kept = []
    if path.exists():
        kept = [line for line in path.read_text("utf-8").splitlines() if json.loads(line)["name"] not in names]
    rows = [json.dumps({**asdict(f), "command": command, "commit": commit, "date": date}) for f in figures]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*kept, *rows]) + "\n", "utf-8")

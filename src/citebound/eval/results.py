"""Where a run's results lie: traces and gold in the work folder, sealed copies of them in eval/results.

eval/results/traces/<run>.jsonl.gz    gold, costs and traces without text: every figure can be made from it
eval/results/boards/<run>.json        the board that was made from it
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from citebound.eval import journal, registration
from citebound.eval.experiment import Experiment, RunError
from citebound.eval.gold import Key
from citebound.eval.predict import WORK, read_traces
from citebound.eval.prediction import Trace
from citebound.eval.score import Board, board
from citebound.eval.suite import Suite

RESULTS = Path("eval/results")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that a board is made from."""

    key: Key
    traces: Sequence[Trace]
    costs: Sequence[dict[str, Any]]
    openings: int


def gathered(experiment: Experiment, suite: Suite, work: Path = WORK) -> Outcome:
    """What the work folder has of a run. Raises RunError if there is nothing."""
    folder = work / "runs" / experiment.name
    traces = [t for path in sorted((folder / "traces").glob("*.jsonl")) for t in read_traces(path)]
    if not traces:
        raise RunError(
            f"no predictions of {experiment.name} in {folder}",
            remedy=f"`citebound eval run {experiment.path}` makes them.",
        )
    costs = [json.loads(line) for line in journal.lines(folder / "costs.jsonl")]
    return Outcome(Key.of(suite), traces, costs, registration.openings(suite.name))


def scored(experiment: Experiment, outcome: Outcome, **options: Any) -> Board:
    """The board of an outcome. Raises RunError where the pre-registration was broken."""
    known = set(experiment.names)
    traces = [t for t in outcome.traces if t.system in known]
    registered = registration.verify(experiment, traces, outcome.key.sha256)
    return board(experiment, outcome.key, traces, outcome.costs, registered, outcome.openings, **options)


def seal(experiment: Experiment, outcome: Outcome, folder: Path = RESULTS) -> Path:
    """Write the outcome without text, for the repository."""
    path = folder / "traces" / f"{experiment.name}.jsonl.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = {
        "key": outcome.key.lines(),
        "costs": [json.dumps(c) for c in outcome.costs],
        "traces": [replace(t, prediction=t.prediction.sealed()).line() for t in outcome.traces],
    }
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
        head = {"openings": outcome.openings, **{name: len(lines) for name, lines in parts.items()}}
        file.write((json.dumps(head) + "\n").encode())
        for lines in parts.values():
            file.writelines((line + "\n").encode() for line in lines)
    return path


def unseal(experiment: Experiment, folder: Path = RESULTS) -> Outcome:
    """Read a sealed outcome back. Raises RunError if there is none."""
    path = folder / "traces" / f"{experiment.name}.jsonl.gz"
    if not path.is_file():
        raise RunError(f"no sealed traces {path}", remedy=f"`citebound eval seal {experiment.name}` makes them.")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        head = json.loads(file.readline())
        lines = file.read().splitlines()
    key, costs = lines[: head["key"]], lines[head["key"] : head["key"] + head["costs"]]
    traces = lines[head["key"] + head["costs"] :]
    return Outcome(Key.read(key), [Trace.read(t) for t in traces], [json.loads(c) for c in costs], head["openings"])


def restore(experiment: Experiment, outcome: Outcome, work: Path = WORK) -> int:
    """Put sealed traces into the work folder, so that a run goes on there; cells that have traces are left alone.

    Gives the number of predictions that were put there. They have no text, as it is not kept.
    """
    folder = work / "runs" / experiment.name
    cells: dict[tuple[str, str, int], list[Trace]] = {}
    for trace in outcome.traces:
        cells.setdefault((trace.system, trace.regime, trace.seed), []).append(trace)
    made = 0
    for (system, regime, seed), traces in cells.items():
        path = folder / "traces" / f"{system}.{regime}.{seed}.jsonl"
        if not path.exists():
            journal.append(path, [trace.line() for trace in traces])
            made += len(traces)
    if not (folder / "costs.jsonl").exists():
        journal.append(folder / "costs.jsonl", [json.dumps(cost) for cost in outcome.costs])
    return made


def save_board(made: Board, folder: Path = RESULTS) -> Path:
    path = folder / "boards" / f"{made['run']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", "utf-8")
    return path

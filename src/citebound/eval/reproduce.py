"""Every figure of the scoreboard, made again from the sealed traces.

``python -m citebound.eval.reproduce`` compares what it makes with the committed boards, to the digit, and fails where
they differ; ``--record`` writes the rows of figures.jsonl: board.<suite>.<regime>.<system>.<metric>.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from citebound.eval import experiment, plan, results
from citebound.eval.figures import Figure, record, share
from citebound.eval.score import Board

COMMAND = "python -m citebound.eval.reproduce --record"
SHARES = (
    "accuracy",
    "em",
    "f1",
    "correct",
    "macro_f1",
    "quote_recall",
    "quote_precision",
    "shown_recall",
    "coverage",
    "remembered",
)
LEAST_SUITES = 2
"""A system counts if it is complete on at least so many suites (EVALUATION.md, "What a figure is")."""


def sealed_runs(folder: Path = results.RESULTS) -> list[str]:
    """The runs whose traces are committed."""
    return sorted(path.name.removesuffix(".jsonl.gz") for path in (folder / "traces").glob("*.jsonl.gz"))


def remade(run: str) -> Board:
    """The board of a sealed run, made now."""
    told = experiment.read(experiment.find(run))
    return results.scored(told, results.unseal(told))


def differing(now: Board, committed: Board) -> list[str]:
    """Paths of the values that are not the same; nothing is rounded."""
    return list(_differing(json.loads(json.dumps(now)), committed, ""))


def figures_of(boards: Sequence[Board]) -> list[Figure]:
    """The rows of all registered boards of test splits, and how many systems and suites count."""
    boards = [b for b in boards if b["split"] == "test" and not b["exploratory"]]
    made = []
    counted: dict[str, set[str]] = {}
    for board in boards:
        for cell in (c for c in board["cells"] if c["complete"]):
            name = f"board.{board['suite']}.{cell['regime']}.{cell['system']}"
            for metric in (m for m in SHARES if m in cell["metrics"]):
                found = cell["metrics"][metric]
                row = Figure(
                    f"{name}.{metric}",
                    found["value"],
                    "share",
                    found.get("low"),
                    found.get("high"),
                    denominator=found["n"],
                )
                made.append(row)
            if not cell["not_counted"]:
                counted.setdefault(cell["system"], set()).add(board["suite"])
    systems = [s for s, suites in counted.items() if len(suites) >= LEAST_SUITES]
    made.append(Figure("board.systems", len(systems), "systems"))
    made.append(Figure("board.suites", len({b["suite"] for b in boards}), "suites"))
    return made


def _differing(now: object, was: object, path: str) -> list[str]:
    if isinstance(now, dict) and isinstance(was, dict):
        keys = sorted(set(now) | set(was))
        return [p for key in keys for p in _differing(now.get(key), was.get(key), f"{path}.{key}")]
    if isinstance(now, list) and isinstance(was, list) and len(now) == len(was):
        return [p for i, (a, b) in enumerate(zip(now, was, strict=True)) for p in _differing(a, b, f"{path}[{i}]")]
    return [] if now == was else [f"{path}: {now} is not {was}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*", help="runs by name; all that are sealed if none is given")
    parser.add_argument("--record", action="store_true", help="write the figures")
    given = parser.parse_args()
    console = Console(highlight=False)
    names = given.runs or sealed_runs()
    boards, same = [], 0
    for name in names:
        board = remade(name)
        boards.append(board)
        path = results.RESULTS / "boards" / f"{name}.json"
        lost = differing(board, json.loads(path.read_text("utf-8"))) if path.is_file() else ["no committed board"]
        same += not lost
        console.print(f"{name}: " + ("the same to the digit" if not lost else f"{len(lost)} values differ; {lost[0]}"))
    if given.record:
        figures = [*figures_of(boards), share("board.reproduced", same, len(names))]
        if timed := plan.ratios():
            figures.append(Figure("plan.worst_ratio", max(timed.values()), "times", denominator=len(timed)))
        record(figures, COMMAND)
    return 0 if same == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())

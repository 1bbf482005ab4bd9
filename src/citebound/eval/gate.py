"""The regression gate of `make eval`: a small fixed run whose scores must not fall by more than their noise.

``python -m citebound.eval.gate`` predicts eval/runs/gate.toml afresh and compares with the committed board: a score
under the lower end of its committed 95 % interval has fallen. ``--record`` commits the new board instead.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from rich.console import Console

from citebound.eval import experiment, results
from citebound.eval.predict import WORK, Moment, run
from citebound.eval.score import Board

RUN = "gate"
WATCHED = ("f1", "em", "correct", "accuracy", "macro_f1", "shown_recall", "quote_recall")


def fallen(now: Board, committed: Board) -> list[str]:
    """Scores of the new board that are below the committed interval, in words; a system that is gone has fallen."""
    new = {(c["system"], c["regime"]): c["metrics"] for c in now["cells"]}
    lost = []
    for cell in committed["cells"]:
        key = cell["system"], cell["regime"]
        for metric in WATCHED:
            was = cell["metrics"].get(metric)
            if was is None:
                continue
            value = new.get(key, {}).get(metric, {}).get("value", 0.0)
            if value < was["low"]:
                lost.append(f"{key[0]} ({key[1]}) {metric}: {value:.3f}, committed {was['value']:.3f}")
    return lost


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="commit the new board as the one to keep to")
    given = parser.parse_args()
    console = Console(highlight=False)
    path = results.RESULTS / "boards" / f"{RUN}.json"
    if not given.record and not path.is_file():
        console.print(f"no committed board {path}: run with --record", style="red")
        return 2
    told = experiment.read(experiment.find(RUN))
    shutil.rmtree(WORK / "runs" / told.name, ignore_errors=True)
    suite = told.load()
    with console.status("asking") as status:

        def tell(moment: Moment) -> None:
            status.update(f"{moment.cell}: {moment.done} of {moment.total}")

        run(told, suite, tell)
    board = results.scored(told, results.gathered(told, suite))
    for cell in board["cells"]:
        found = cell["metrics"]["f1"]
        console.print(f"{cell['system']:<20} f1 {found['value']:.3f}  [{found['low']:.3f}, {found['high']:.3f}]")
    if given.record:
        results.save_board(board)
        return 0
    lost = fallen(board, json.loads(Path(path).read_text("utf-8")))
    for line in lost:
        console.print(f"fallen: {line}", style="red")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())

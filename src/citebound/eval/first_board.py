"""A user's first board: a hundred questions of their own in a CSV, nothing trained, from the ingest to the report.

    python -m citebound.eval.first_board [--items 100] [--record]

The questions are short-answer items of CUAD's training part, five for each contract, written as a user would have
them: question, answer, document. Every step is the command that a user types, in an empty folder. Minutes are counted
from `eval new` to the report; the ingest stands beside them.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from citebound.errors import CiteboundError
from citebound.eval import spec
from citebound.eval.figures import Figure, record
from citebound.eval.suite import Item

NAME = "first_board"
COMMAND = f"python -m citebound.eval.{NAME} --record"
EACH = 5
"""Questions about one contract."""


def chosen(train: Sequence[Item], items: int) -> list[Item]:
    """The first EACH answered items of each document, until there are so many."""
    seen: Counter[str] = Counter()
    made: list[Item] = []
    for item in train:
        (document,) = item.documents
        if item.answers and item.gold and seen[document] < EACH and len(made) < items:
            seen[document] += 1
            made.append(item)
    return made


def written(items: Sequence[Item], documents: dict[str, str], folder: Path) -> Path:
    """The contracts as text files, and the CSV beside them."""
    (folder / "contracts").mkdir()
    names = {name: f"{n:03}.txt" for n, name in enumerate(dict.fromkeys(i.documents[0] for i in items))}
    for name, short in names.items():
        (folder / "contracts" / short).write_text(documents[name], "utf-8", newline="")
    path = folder / "questions.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["question", "answer", "document"])
        rows.writerows([i.question, i.answers[0], names[i.documents[0]]] for i in items)
    return path


def timed(folder: Path, *command: str) -> float:
    """Seconds of one command line of citebound in that folder. Raises CalledProcessError."""
    begun = time.monotonic()
    given = {**os.environ, "CITEBOUND_HOME": str(folder / "indexes")}
    subprocess.run([sys.executable, "-m", "citebound.cli", *command], cwd=folder, env=given, check=True)
    return time.monotonic() - begun


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100)
    parser.add_argument("--record", action="store_true", help="write the figures")
    given = parser.parse_args()
    out = Console(highlight=False)
    try:
        suite = spec.load("cuad")
    except CiteboundError as error:
        out.print(f"skipped: {error} {error.remedy}")
        return 0
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        items = chosen(suite.train, given.items)
        path = written(items, dict(suite.documents), folder)
        ingest = timed(folder, "ingest", "contracts", "-c", NAME)
        steps = (
            ("eval", "new", str(path), "-c", NAME, "--name", NAME),
            ("eval", "plan", NAME),
            ("eval", "run", NAME),
            ("eval", "report", NAME),
        )
        board = sum(timed(folder, *step) for step in steps)
        out.print((folder / "eval" / "results" / "runs.jsonl").read_text("utf-8"), markup=False, soft_wrap=True)
    figures = [
        Figure("board.first_minutes", board / 60, "minutes", denominator=len(items)),
        Figure("board.first_minutes.ingest", ingest / 60, "minutes", denominator=len({i.documents for i in items})),
    ]
    for figure in figures:
        out.print(f"{figure.name} {figure.value:.2f} {figure.unit} ({figure.denominator:g})")
    if given.record:
        record(figures, COMMAND)
    return 0


if __name__ == "__main__":
    sys.exit(main())

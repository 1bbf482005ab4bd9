"""What it costs to keep up: seconds to add, change and delete one document of a suite's collection.

    python -m citebound.eval.freshness SUITE [--documents 9] [--work eval/work] [--record]

On a copy of the collection that its runs have made, or on one made now. A document is deleted, added again and changed
by one sentence, each until the new index is published and, for a deletion, proved. Its vectors go with it, so nothing
is found ready. A system that was trained on the documents has none of these: it must be retrained, or is stale; the
report says what that takes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from rich.console import Console

from citebound import config as settings
from citebound.collection import Collection
from citebound.config import Config
from citebound.eval import spec
from citebound.eval.figures import PATH, Figure, record
from citebound.eval.kit import Kit
from citebound.eval.predict import WORK
from citebound.eval.suite import Suite, SuiteError, draw
from citebound.eval.verdict import Update
from citebound.protocols import Embedder

DOCUMENTS = 9
ADDED = "\n\nThis sentence was put in to see how long a change takes.\n"
STEPS = ("delete", "add", "change")


def probe(
    suite: Suite, config: Config, work: Path, count: int = DOCUMENTS, *, embedder: Embedder | None = None
) -> list[Update]:
    """Seconds for each of `count` documents, drawn by hash. `work` is the folder in which the suite's collection lies.

    Raises SuiteError for a suite without documents or over a collection of the user's own, which is not to be touched.
    """
    if suite.collection or not suite.documents:
        raise SuiteError(f"{suite.name}: there is no collection of its own documents to change")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        if (work / "collection").is_dir():
            shutil.copytree(work / "collection", home / "collection")
        kit = Kit(suite, config, home, embedder=embedder)
        with kit.collection as copy:
            found = sorted(copy.documents(), key=lambda row: draw(0, row[0].id))[:count]
            texts = [(info.id, copy.document(info.id).text) for info, *_ in found]
            copy.embedder.embed(["warm up"])
            return [_update(copy, id_, text, home) for id_, text in texts]


def figures_of(suite: str, made: Sequence[Update]) -> list[Figure]:
    """Medians, with the least and the most as ends."""
    rows = []
    for step in STEPS:
        seconds = [getattr(update, step) for update in made]
        name = f"board.{suite}.update.{step}_seconds"
        rows.append(Figure(name, median(seconds), "s", min(seconds), max(seconds), denominator=len(seconds)))
    return rows


def measured(suite: str, path: Path = PATH) -> Update | None:
    """What was recorded for a suite; None if nothing was."""
    if not path.is_file():
        return None
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    found = {row["name"]: float(row["value"]) for row in rows}
    names = {step: f"board.{suite}.update.{step}_seconds" for step in STEPS}
    return (
        Update(**{step: found[name] for step, name in names.items()}) if found.keys() >= set(names.values()) else None
    )


def _update(copy: Collection, id_: str, text: str, folder: Path) -> Update:
    """One document deleted, added again as a text file, and changed by a sentence in its middle."""
    path = folder / f"{id_[:12]}.txt"
    deleted = _seconds(lambda: copy.forget(id_))
    path.write_bytes(text.encode())
    added = _seconds(lambda: _ingest(copy, path))
    middle = text.find("\n", len(text) // 2)
    path.write_bytes((text[:middle] + ADDED + text[middle:] if middle >= 0 else text + ADDED).encode())
    changed = _seconds(lambda: _ingest(copy, path))
    return Update(added, changed, deleted)


def _ingest(copy: Collection, path: Path) -> None:
    failures = copy.ingest([path]).failures
    if failures:
        raise SuiteError(f"{path.name}: {failures[0].reason}", remedy=failures[0].remedy)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite")
    parser.add_argument("--documents", type=int, default=DOCUMENTS, help="how many are deleted, added and changed")
    parser.add_argument("--work", type=Path, default=WORK, help="where the collections of suites lie")
    parser.add_argument("--record", action="store_true", help="write the figures")
    given = parser.parse_args()
    config = settings.load()
    suite = spec.load(given.suite)
    figures = figures_of(
        suite.name, probe(suite, config, given.work / "suites" / suite.name / config.encoder, given.documents)
    )
    for figure in figures:
        Console(highlight=False).print(f"{figure.name} {figure.value:.2f} s ({figure.low:.2f} to {figure.high:.2f})")
    if given.record:
        record(figures, f"python -m citebound.eval.freshness {suite.name} --record")
    return 0


if __name__ == "__main__":
    sys.exit(main())

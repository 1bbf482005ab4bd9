"""Do passages bring what they lean on? Questions whose answer needs a definition or a clause that is referred to.

    python -m citebound.eval.closure [--budget 4000] [--record]

Sixty questions on contracts of CUAD, written by a reader of the contracts alone (eval/suites/closure.jsonl). For each,
the passages of its contract within a budget of characters shown, with closure and without: the share of the needed
characters that is there, and of the questions for which at least half of every needed span is.
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from citebound.collection import Collection
from citebound.errors import ConfigError
from citebound.eval import statistics
from citebound.eval.figures import Figure, record, share
from citebound.eval.measures import Place, character_recall, overlap
from citebound.eval.spec import data_folder
from citebound.indexes.search import STAGES
from citebound.types import In, Span

SUITE = Path("eval/suites/closure.jsonl")
ARCHIVE = "cuad/full_contract_txt.tar.gz"
BUDGET = 4000
COMMAND = "python -m citebound.eval.closure --record"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its document's name and the places that its answer needs."""

    id: str
    text: str
    document: str
    needed: tuple[Place, ...]


def read(path: Path = SUITE) -> tuple[list[Question], dict[str, str]]:
    """The questions, and the sha256 of each document's text by name."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    names = {row["doc"]: row["name"].split("/", 1)[-1] for row in rows if row["kind"] == "document"}
    hashes = {names[row["doc"]]: row["text_sha256"] for row in rows if row["kind"] == "document"}
    made = []
    for row in rows:
        if row["kind"] == "question":
            name = names[row["doc"]]
            needed = tuple(Place(name, Span(n["start"], n["end"])) for n in row["needed"])
            made.append(Question(row["id"], row["question"], name, needed))
    return made, hashes


def collection(home: Path, data: Path, wanted: Mapping[str, str]) -> Collection:
    """The contracts as a collection. Raises ConfigError for one that is missing or has another text than was read."""
    folder = home / "files"
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(data / ARCHIVE) as archive:
        for member in archive.getmembers():
            name = member.name.rsplit("/", 1)[-1]
            file = archive.extractfile(member) if name in wanted else None
            if file:
                (folder / name).write_bytes(file.read())
    opened = Collection.open(home / "closure", create=True)
    opened.ingest([folder])
    found = {source.name: info.text_sha256 for info, *_, sources in opened.documents() for source in sources}
    for name, text_sha256 in wanted.items():
        if found.get(name) != text_sha256:
            raise ConfigError(f"{name} is missing or has another text than the questions were written on")
    return opened


def recalls(opened: Collection, asked: Sequence[Question], budget: int, stages: Iterable[str]) -> list[list[Place]]:
    """What is shown for each question, out of its own document."""
    ids = {source.name: source.document_id for row in opened.documents() for source in row[5]}
    chosen = tuple(stages)
    made = []
    for question in track(asked, "asking", transient=True, disable=not sys.stderr.isatty()):
        within = In("document", (ids[question.document],))
        shown = opened.passages(question.text, budget, within, stages=chosen)
        made.append([Place(question.document, p.span) for p in shown])
    return made


def figures_of(name: str, asked: Sequence[Question], shown: Sequence[Sequence[Place]]) -> list[Figure]:
    """Mean recall of the needed characters, and the share of questions with all they need."""
    values = [character_recall(places, q.needed) for places, q in zip(shown, asked, strict=True)]
    whole = [
        all(2 * overlap(places, [need]) >= len(need.span) for need in q.needed)
        for places, q in zip(shown, asked, strict=True)
    ]
    found = statistics.bootstrap(values, [q.document for q in asked], resamples=2000).interval()
    return [
        Figure(f"closure.recall_{name}", found.value, "share", found.low, found.high, denominator=len(asked)),
        share(f"closure.complete_{name}", sum(whole), len(whole)),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=int, default=BUDGET, help="characters shown")
    parser.add_argument("--keep", type=Path, help="keep the collection in this folder")
    parser.add_argument("--record", action="store_true", help="write the figures")
    given = parser.parse_args()
    out = Console(highlight=False)
    data = data_folder()
    if not (data / ARCHIVE).is_file():
        out.print(f"closure: skipped, no {ARCHIVE} in {data} (set CITEBOUND_DATA)")
        return 0
    asked, hashes = read()
    made: list[Figure] = []
    with tempfile.TemporaryDirectory() as temporary, collection(given.keep or Path(temporary), data, hashes) as opened:
        for name, stages in (("with", STAGES), ("without", [s for s in STAGES if s != "closure"])):
            made += figures_of(name, asked, recalls(opened, asked, given.budget, stages))
    for figure in made:
        out.print(f"{figure.name} {figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]")
    if given.record:
        record(made, COMMAND)
    return 0


if __name__ == "__main__":
    sys.exit(main())

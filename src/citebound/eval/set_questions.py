"""Questions about the set: which members are named, which are missed, and whether a count ever stands alone.

    python -m citebound.eval.set_questions [--show] [--record]

Sixty questions over contracts of CUAD, CSAF advisories and the samples, written by a reader of the documents and their
public labels (eval/suites/set_questions.jsonl). The rules were mended on the questions with even numbers; figures are
of the others, and of the even ones under names that end in ".mend". Members are compared by file name, finding id or
CVE. A question that is not understood as one about the set names no member: its members count as missed, and "none" is
right only if it was said. Precision and recall are over all members of all questions. Of a question that was perhaps
something else no member is named, and it does not count as understood ("perhaps"); nor does one whose condition is
neither a fact nor under a label of the documents, for which each is searched by itself ("each"; not run here: the
stores have no vectors).
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import track

from citebound import config as settings
from citebound.answer.sets.answer import SetAnswer
from citebound.answer.sets.by_document import read_off, sought
from citebound.answer.sets.by_fields import answer_set, known_names
from citebound.answer.sets.meaning import Meanings
from citebound.answer.sets.plan import plan
from citebound.answer.sets.restatement import restated
from citebound.errors import ConfigError
from citebound.eval.demo import samples
from citebound.eval.figures import Figure, record, share
from citebound.eval.spec import data_folder
from citebound.indexes.embeddings import open_encoder
from citebound.indexes.store import Store
from citebound.ingest.profile import shipped
from citebound.ingest.worker import ParserPool
from citebound.types import Source

SUITE = Path("eval/suites/set_questions.jsonl")
COMMAND = "python -m citebound.eval.set_questions --record"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its members; `unit` is "document", "finding" or "cve"."""

    id: str
    collection: str
    text: str
    unit: str
    members: frozenset[str]
    denominator: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was named for a question; None if it was not taken for one that facts can answer."""

    asked: Asked
    named: frozenset[str] | None
    bare: bool
    denominator: int = 0
    restated: str = ""
    perhaps: bool = False
    each: bool = False

    @property
    def understood(self) -> bool:
        return self.named is not None and not self.perhaps


def read(path: Path = SUITE) -> tuple[list[Asked], dict[str, dict[str, str]]]:
    """The questions, and for each collection the sha256 of its files by name."""
    asked: list[Asked] = []
    files: dict[str, dict[str, str]] = {}
    for row in map(json.loads, path.read_text("utf-8").splitlines()):
        if row["kind"] == "document":
            files.setdefault(row["collection"], {})[row["name"]] = row["sha256"]
        else:
            members = frozenset(row["members"])
            asked.append(Asked(row["id"], row["collection"], row["question"], row["unit"], members, row["denominator"]))
    return asked, files


def sources(collection: str, data: Path) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of all files that a collection could have. Raises ConfigError where they are not there."""
    if collection == "cuad":
        path = data / "cuad/full_contract_txt.tar.gz"
        if not path.is_file():
            raise ConfigError(f"no {path}", remedy="Set CITEBOUND_DATA to the folder that holds it.")
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file:
                    yield member.name.rsplit("/", 1)[-1], file.read()
        return
    folder, pattern = (data / "cisa_csaf", "*/*.json") if collection == "csaf" else (samples(), "*")
    for path in sorted(folder.glob(pattern)):
        yield path.name, path.read_bytes()


@contextmanager
def stored(collection: str, files: dict[str, str], data: Path, folder: Path) -> Iterator[Store]:
    """The structure of a collection's documents, without chunks and vectors: set questions need none."""
    store = Store(folder / f"{collection}.db", create=True)
    found = set()
    with ParserPool() as pool:
        for name, content in track(list(sources(collection, data)), collection, transient=True):
            if name in files:
                document = pool.parse_bytes(name, content).document
                source = Source(name, document.id)
                store.put_document(
                    document, (), parser="", status="ok", source=source, size=len(content), modified_ns=0
                )
                found.add((name, document.id))
    lost = set(files.items()) - found
    if lost:
        raise ConfigError(f"{sorted(lost)[0][0]} of {collection} is missing or has other bytes than was read")
    try:
        yield store
    finally:
        store.close()


def answered(store: Store, asked: Asked, meanings: Meanings | None = None) -> Outcome:
    """Ask one question; with `meanings`, one in words of its own too."""
    known = known_names(store)
    question = plan(asked.text, shipped(), known)
    if question is None and meanings is not None:
        question = restated(asked.text, shipped(), known, meanings)
    if question is None:
        unread = sought(asked.text, shipped(), known)
        answer = read_off(store, unread) if unread is not None else None
        if answer is None:
            return Outcome(asked, None, bare=False, each=unread is not None)
    else:
        answer = answer_set(store, question)
    told = answer.sentences()
    bare = any(member.label not in " ".join(s.text for s in told) for member in answer.members)
    named = _named(store, asked, answer)
    return Outcome(asked, named, bare, answer.asked, answer.question.restated, answer.question.perhaps)


def figures_of(outcomes: Sequence[Outcome]) -> list[Figure]:
    """Member precision and recall over all questions, bare counts, and how many questions came out whole."""
    named = sum(len(o.named or ()) for o in outcomes)
    right = sum(len((o.named or frozenset()) & o.asked.members) for o in outcomes)
    members = sum(len(o.asked.members) for o in outcomes)
    return [
        share("set.member_precision", right, named),
        share("set.member_recall", right, members),
        share("set.bare_counts", sum(o.bare for o in outcomes), len(outcomes)),
        share("set.understood", sum(o.understood for o in outcomes), len(outcomes)),
        share("set.perhaps", sum(o.perhaps for o in outcomes), len(outcomes)),
        share("set.each", sum(o.each for o in outcomes), len(outcomes)),
        share("set.exact", sum(o.understood and o.named == o.asked.members for o in outcomes), len(outcomes)),
    ]


def _held(outcome: Outcome) -> bool:
    return int(outcome.asked.id.rpartition("-")[2]) % 2 == 1


def _named(store: Store, asked: Asked, answer: SetAnswer) -> frozenset[str]:
    if asked.unit == "document":
        ids = {member.document.id for member in answer.members}
        return frozenset(source.name for id_ in ids for source in store.sources(id_))
    named = set()
    for member in answer.members:
        name = member.label
        if member.finding is not None:
            finding = store.document(member.document.id, geometry=False).findings[member.finding]
            name = finding.value("id" if asked.unit == "finding" else "cve") or finding.title
        named.add(next((m for m in asked.members if m in name), name))
    return frozenset(named)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="print each question with what was missed or wrong")
    parser.add_argument("--record", action="store_true", help="write the figures")
    given = parser.parse_args()
    out = Console(highlight=False)
    data = data_folder()
    asked, files = read()
    outcomes: list[Outcome] = []
    meanings = Meanings(shipped(), open_encoder(settings.load()).embed)
    with tempfile.TemporaryDirectory() as folder:
        for collection, names in files.items():
            if collection != "samples" and not data.is_dir():
                out.print(f"{collection}: skipped, no data in {data} (set CITEBOUND_DATA)")
                continue
            with stored(collection, names, data, Path(folder)) as store:
                outcomes += [answered(store, a, meanings) for a in asked if a.collection == collection]
    for o in outcomes if given.show else ():
        wrong = sorted((o.named or frozenset()) - o.asked.members)
        missed = sorted(o.asked.members - (o.named or frozenset()))
        state = "right" if not wrong + missed else "differs"
        if not o.understood:
            state = "perhaps" if o.perhaps else "each document" if o.each else "not understood"
        out.print(f"{o.asked.id} {state}: {o.asked.text}", soft_wrap=True)
        if o.restated:
            out.print(f"    as: {o.restated}", soft_wrap=True)
        if o.named is not None and wrong + missed:
            out.print(f"    wrong {wrong[:8]} missed {missed[:8]}", soft_wrap=True, markup=False)
    figures = figures_of([o for o in outcomes if _held(o)])
    figures += [replace(f, name=f"{f.name}.mend") for f in figures_of([o for o in outcomes if not _held(o)])]
    for figure in figures:
        out.print(f"{figure.name} {figure.value:.3f} ({figure.numerator:g} of {figure.denominator:g})")
    if given.record and len(outcomes) == len(asked):
        record(figures, COMMAND)
    return 0


if __name__ == "__main__":
    sys.exit(main())

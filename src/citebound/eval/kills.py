"""kill -9 of an ingest at random moments: what was acknowledged is there, whole, and the next ingest completes.

``python -m citebound.eval.kills --count 100 --record`` kills ingests of the sample documents with the real encoder.
Each kill aims at one phase in turn (the start, a parse, a commit, the embedding, the publishing), at a random moment of
it; the phase that counts is the last that the process had told when it died. What is checked after each: integrity of
the store, every document whole and searchable by its words, nothing acknowledged lost, the published index loads and
holds what the store says. Then an ingest that runs to its end must give what an uninterrupted one gives.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

from rich.console import Console

from citebound import config as settings
from citebound.collection import Collection
from citebound.config import Config
from citebound.errors import StoreCorrupt, UnknownCollection
from citebound.eval.demo import samples
from citebound.eval.figures import record, share
from citebound.indexes import generation
from citebound.indexes.embeddings import open_encoder
from citebound.indexes.lexical import match_expression
from citebound.indexes.store import Store
from citebound.protocols import Embedder
from citebound.types import Chunk, Eq, Progress

PHASES = ("start", "parse", "commit", "embed", "publish")
DONE = "done"
PATIENCE = 600.0
WORDS = 60
"""Characters at the end of a chunk whose words must find it."""

Encoder = Callable[[Config], Embedder]
"""Makes the embedder in the process that uses it: a function at the top of a module."""

Contents = Mapping[str, tuple[str, str, tuple[Chunk, ...]]]
"""path -> document id, hash of its text, its chunks."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill: the phase it struck, seconds after the start, and what was wrong afterwards, if anything."""

    phase: str
    seconds: float
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """One progress event of the ingest, and when it came, in seconds after the start."""

    stage: str
    path: str
    seconds: float


@dataclass(frozen=True, slots=True)
class _Reference:
    """An uninterrupted ingest: what it left, and how often and how long each phase was."""

    contents: Contents
    times: Mapping[str, Sequence[float]]


def run(
    count: int,
    paths: Sequence[Path],
    work: Path,
    config: Config,
    *,
    encoder: Encoder = open_encoder,
    preload: Sequence[str] = (),
    seed: int = 0,
    in_a_row: int = 1,
) -> list[Kill]:
    """Kill ingests of `paths` until `count` died, up to `in_a_row` in one collection before one may complete.

    Collections are made in `work`. `preload` names modules that are imported once for all processes. The faults of an
    ingest that completes badly are those of the last kill before it.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *preload])
    chance = random.Random(seed)
    victims = _Victims(context, paths, config, encoder)
    embedder = encoder(config)
    reference = _uninterrupted(victims, work / "reference")
    kills: list[Kill] = []
    for number in range(4 * count):
        if len(kills) >= count:
            break
        root = work / f"killed-{number}"
        row: list[Kill] = []
        while len(row) < min(in_a_row, count - len(kills)):
            phase = _rarest([*kills, *row], chance)
            told = victims.killed(root, _moment(phase, reference, len(row), chance))
            if told[-1].stage == DONE:
                break
            faults = half_there(root, told, reference.contents, embedder)
            row.append(Kill(told[-1].stage, victims.died, tuple(faults)))
        if row:
            faults = _completed(root, paths, config, embedder, reference)
            row[-1] = replace(row[-1], faults=(*row[-1].faults, *faults))
        kills += row
    return kills


@dataclass(frozen=True, slots=True)
class _Moment:
    """The n-th event of a stage, and seconds after it."""

    stage: str
    nth: int
    delay: float


class _Victims:
    """Starts real ingests in processes of their own, and kills them; `died` is when the last one was, in seconds."""

    def __init__(
        self,
        context: multiprocessing.context.ForkServerContext,
        paths: Sequence[Path],
        config: Config,
        encoder: Encoder,
    ) -> None:
        self._context = context
        self._arguments = ([str(p) for p in paths], config, encoder)
        self.died = 0.0

    def killed(self, root: Path, moment: _Moment | None) -> list[Told]:
        """Ingest into `root` and kill at `moment`, or never; gives what was told until the end."""
        reader, writer = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_ingest, args=(root, *self._arguments, writer))
        begun = time.monotonic()
        process.start()
        writer.close()
        told: list[Told] = []
        waiting = moment.nth if moment else 0
        try:
            while moment and waiting and _hear(reader, told, begun):
                waiting -= told[-1].stage == moment.stage
            if moment and not waiting:
                time.sleep(moment.delay)
                process.kill()
                self.died = time.monotonic() - begun
            while _hear(reader, told, begun):
                pass
        finally:
            process.kill()
            process.join()
            process.close()
            reader.close()
        if not told:
            raise RuntimeError("an ingest ended before it began")
        return told


def _hear(reader: Connection, told: list[Told], begun: float) -> bool:
    """Wait for the next event; False when the process has ended."""
    if not reader.poll(PATIENCE):
        raise TimeoutError("an ingest told nothing for too long")
    try:
        stage, _, path = reader.recv_bytes().decode("utf-8", "surrogateescape").partition("\t")
    except (EOFError, OSError):
        return False
    told.append(Told(stage, path, time.monotonic() - begun))
    return True


def _ingest(root: Path, paths: Sequence[str], config: Config, encoder: Encoder, writer: Connection) -> None:
    """The victim."""
    writer.send_bytes(b"start")

    def tell(event: Progress) -> None:
        writer.send_bytes(f"{event.stage}\t{event.path}".encode("utf-8", "surrogateescape"))

    with Collection.open(root, create=True, config=config, embedder=encoder(config)) as collection:
        collection.ingest(paths, tell)
    writer.send_bytes(DONE.encode("ascii"))


def _uninterrupted(victims: _Victims, root: Path) -> _Reference:
    told = victims.killed(root, None)
    if told[-1].stage != DONE:
        raise RuntimeError("an ingest that nobody killed did not complete")
    times: dict[str, list[float]] = {phase: [] for phase in PHASES}
    for event, following in pairwise(told):
        times[event.stage].append(following.seconds - event.seconds)
    store = Store(root / "store.db")
    try:
        return _Reference(contents(store), times)
    finally:
        store.close()


def _rarest(kills: Sequence[Kill], chance: random.Random) -> str:
    counts = Counter(kill.phase for kill in kills)
    return min(PHASES, key=lambda phase: (counts[phase], chance.random()))


def _moment(phase: str, reference: _Reference, before: int, chance: random.Random) -> _Moment:
    """A random moment of a phase; the more kills there were before, the earlier, because less is left to do."""
    times = reference.times[phase]
    nth = chance.randint(1, max(1, len(times) >> before))
    return _Moment(phase, nth, chance.uniform(0.0, sum(times) / len(times)))


def contents(store: Store) -> Contents:
    """What a store holds, by path."""
    found: dict[str, tuple[str, str, tuple[Chunk, ...]]] = {}
    for info, *_, sources in store.listing():
        what = (info.id, info.text_sha256, tuple(store.chunks_of(info.id)))
        found |= {source.path: what for source in sources}
    return found


def half_there(root: Path, told: Sequence[Told], wanted: Contents, embedder: Embedder) -> list[str]:
    """What a kill damaged: nothing may be half there, nothing acknowledged may be missing."""
    settled = {event.path for event in told[:-1] if event.stage == "commit"}
    try:
        store = Store(root / "store.db")
    except UnknownCollection:
        return [f"{path} was committed and is lost" for path in settled]
    try:
        found = contents(store)
        faults = store.check()
        faults += [f"{path} was committed and is lost" for path in sorted(settled - found.keys())]
        faults += [f"{path} is not whole" for path, what in found.items() if what != wanted.get(path)]
        faults += [fault for what in found.values() for fault in _unsearchable(store, what[0], what[2])]
        return faults + _published(root, store, embedder)
    finally:
        store.close()


def _unsearchable(store: Store, document_id: str, chunks: Sequence[Chunk]) -> list[str]:
    found = set()
    for chunk in chunks:
        if chunk.id not in found and (expression := match_expression(chunk.text[-WORDS:])):
            hits = store.lexical(expression, len(chunks), Eq("document", document_id))
            found |= {made.id for made, *_ in store.chunks([id_ for id_, _ in hits]).values()}
    return [
        f"{c.id} is not found by its words" for c in chunks if c.id not in found and match_expression(c.text[-WORDS:])
    ]


def _published(root: Path, store: Store, embedder: Embedder) -> list[str]:
    """The generation that readers are told to use must load and hold exactly the chunks that the store says."""
    snapshot = store.snapshot()
    if not snapshot.generation:
        return []
    try:
        index = generation.load(root, snapshot.generation, snapshot.manifest_sha256, embedder.key)
    except StoreCorrupt as error:
        return [str(error)]
    inside = set(store.vectors("c.indexed = 1")[0].tolist()) | set(store.tombstones().tolist())
    return [] if set(index.ids().tolist()) == inside else ["the published index and the store hold different chunks"]


def _completed(
    root: Path, paths: Sequence[Path], config: Config, embedder: Embedder, reference: _Reference
) -> list[str]:
    """What is wrong after an ingest that nobody kills: it must give what an uninterrupted one gives."""
    with Collection.open(root, create=True, config=config, embedder=embedder) as collection:
        report = collection.ingest(paths)
        checked = collection.check()
        faults = [str(problem) for problem in _listed(checked["problems"])]
        faults += [] if checked["recall"] == 1.0 else [f"recall {checked['recall']}"]
        faults += [f"{file.path} failed: {file.reason}" for file in report.failures]
    store = Store(root / "store.db")
    try:
        counts = store.counts()
        found = contents(store)
    finally:
        store.close()
    waiting = ("documents_without_vectors", "chunks_without_vectors", "chunks_not_published", "tombstones")
    faults += [f"{counts[name]} {name}" for name in waiting if counts[name]]
    faults += [] if found == reference.contents else ["the documents are not those of an uninterrupted ingest"]
    expected = {"store.db", "store.db-wal", "store.db-shm", "writer.lock", f"gen-{report.generation}"}
    return faults + [f"{entry.name} is left over" for entry in root.iterdir() if entry.name not in expected]


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, help="what to ingest (default: the samples)")
    parser.add_argument("--count", type=int, default=100, help="kills")
    parser.add_argument("--in-a-row", type=int, default=5, help="kills in one collection before it may complete")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments")
    parser.add_argument("--record", action="store_true", help="write the figure into eval/results/figures.jsonl")
    given = parser.parse_args()
    out = Console()
    with tempfile.TemporaryDirectory() as work:
        config = settings.load(home=Path(work))
        heavy = ("torch", "sentence_transformers")
        paths = given.paths or [samples()]
        kills = run(given.count, paths, Path(work), config, preload=heavy, seed=given.seed, in_a_row=given.in_a_row)
    for phase in PHASES:
        struck = [kill for kill in kills if kill.phase == phase]
        out.print(f"{phase:<8} {len(struck):>4} kills, {sum(not kill.faults for kill in struck):>4} survived")
    for fault in dict.fromkeys(fault for kill in kills for fault in kill.faults):
        out.print(fault, style="red", markup=False)
    survived = sum(not kill.faults for kill in kills)
    if given.record:
        command = f"python -m citebound.eval.kills --count {given.count} --seed {given.seed} --record"
        record([share("ingest.kills_survived", survived, len(kills))], command)
    return 0 if survived == len(kills) >= given.count else 1


if __name__ == "__main__":
    sys.exit(main())

"""The plan of a run: time and memory of every system before anything runs, and what to leave out if it is too much.

Each system says what it will have to compute (`System.work`); this machine's rates are measured once, in about a
minute, and kept in the work folder.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from citebound import models
from citebound.config import Config
from citebound.eval import journal, registration
from citebound.eval.experiment import Experiment, Variant
from citebound.eval.kit import Kit
from citebound.eval.predict import Cell, check
from citebound.eval.suite import Item, Suite
from citebound.eval.system import Work
from citebound.eval.systems import KINDS

START = 8.0
"""Seconds until a process has imported what it needs."""
CHUNK_CHARS = 330
"""Characters of a document for each chunk that is embedded (measured on contracts)."""
BASE_MIB = 700.0
ELSEWHERE = {"read": 1000.0, "written": 30.0, "load": 1.0, "memory": 0.0}
"""Rates that are assumed of a server: it is not asked before the run."""
PROBE = "The Receiving Party shall keep the Confidential Information secret for five years after disclosure. "


@dataclass(frozen=True, slots=True)
class Rates:
    """What this machine does in a second: tokens read and written by each generator, texts embedded, training texts,
    searches. `load` is seconds and `memory` MiB for each generator."""

    read: Mapping[str, float]
    written: Mapping[str, float]
    load: Mapping[str, float]
    memory: Mapping[str, float]
    embedded: float
    trained: float
    searched: float


@dataclass(frozen=True, slots=True)
class Step:
    """One (system, regime, seed): predictions that are missing, seconds, and peak memory in MiB."""

    cell: str
    system: str
    items: int
    seconds: float
    memory: float


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps in order. `trim` says in words what to leave out to keep to the hours that were given."""

    steps: tuple[Step, ...]
    trim: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        return sum(s.seconds for s in self.steps)

    @property
    def memory(self) -> float:
        return max((s.memory for s in self.steps), default=0.0)


def plan(experiment: Experiment, suite: Suite, config: Config, work: Path, rates: Rates, hours: float = 0.0) -> Plan:
    """What is left to do of a run, and how long it takes. Raises RunError for a run that could not be run."""
    check(experiment, suite)
    steps = []
    searches, vectors = _Seen(), _Seen()
    indexed = bool(suite.collection) or (work / "suites" / suite.name / config.encoder / "collection").exists()
    for variant, regime, seed in experiment.cells():
        cell = Cell(experiment, variant, regime, seed, work)
        have = {t.id for t in cell.done()}
        items = cell.items(suite)
        missing = [i for i in items if i.id not in have]
        kit = Kit(suite, config, work / "suites" / suite.name / config.encoder)
        system = KINDS[variant.kind](kit, regime, variant.options)
        train = variant.size or len(suite.train)
        needed = system.work([i.asked(regime) for i in missing or items], train)
        learnt, of = _learnt(variant, suite)
        searched, embedded = needed.searched, 0.0
        if needed.searched >= len(missing):
            searched = searches.unseen(missing or items, regime, learnt, of)
        if needed.kept:
            share = vectors.unseen(missing or items, regime, learnt, of) / (len(missing or items) + train)
            embedded = needed.kept * share
        if not missing:
            continue
        seconds = START + _seconds(needed, rates, searched, embedded)
        if needed.searched and not indexed:
            seconds += sum(map(len, suite.documents.values())) / CHUNK_CHARS / rates.embedded
            indexed = True
        memory = BASE_MIB + rates.memory.get(needed.generator, 0.0)
        steps.append(Step(cell.name, variant.name, len(missing), seconds, memory))
    made = tuple(steps)
    return Plan(made, tuple(_trim(made, experiment, hours)) if hours else ())


def measure(generators: Iterable[str], config: Config, work: Path, *, encoder: bool = True) -> Rates:
    """This machine's rates, from the work folder or measured now. Models that are not here yet raise ModelError."""
    path = work / "rates.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    machine = f"{platform.node()} {platform.machine()} {os.cpu_count()} {config.encoder} {config.threads}"
    if known.get("machine") != machine:
        known = {"machine": machine, "generators": {}}
    for name in sorted(set(generators) - set(known["generators"]) - {""}):
        known["generators"][name] = _generator(name, config)
    if encoder and "embedded" not in known:
        known |= _encoder(config)
    work.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known, indent=1), "utf-8")
    by_name = known["generators"]
    return Rates(
        **{key: {n: row[key] for n, row in by_name.items()} for key in ("read", "written", "load", "memory")},
        embedded=known.get("embedded", 50.0),
        trained=known.get("trained", 10.0),
        searched=known.get("searched", 2.0),
    )


def ratios(ledger: Path = registration.LEDGER) -> dict[str, float]:
    """Predicted over real seconds of each run that was planned and then run in one go, as the larger over the smaller;
    by run, the last one counts."""
    planned: dict[str, float] = {}
    made = {}
    for row in map(json.loads, journal.lines(ledger)):
        name = row["run"]
        if row["event"] == "planned":
            planned[name] = row["seconds"]
        elif row["event"] == "resumed":
            planned.pop(name, None)
        elif row["event"] == "finished" and name in planned and row.get("seconds"):
            predicted = planned.pop(name)
            made[name] = max(predicted, row["seconds"]) / max(1.0, min(predicted, row["seconds"]))
    return made


def generators(experiment: Experiment, suite: Suite, config: Config) -> set[str]:
    """The generators that a run reads with. Raises RunError for a run that could not be run."""
    check(experiment, suite)
    kit = Kit(suite, config, Path())
    works = [KINDS[v.kind](kit, v.regimes[0], v.options).work([], 0) for v in experiment.variants]
    return {w.generator for w in works} - {""}


def _generator(name: str, config: Config) -> dict[str, float]:
    from citebound.eval.language_model import LanguageModel

    if "://" in name or (config.base_url and name == config.generator):
        return dict(ELSEWHERE)
    begun = time.monotonic()
    model = LanguageModel.load(name, config)
    load = time.monotonic() - begun
    messages = [{"role": "user", "content": PROBE * 20}]
    model.reply([{"role": "user", "content": "Hello."}], 2)
    begun = time.monotonic()
    first = model.reply(messages, 1, stop="\0")
    reading = time.monotonic() - begun
    begun = time.monotonic()
    more = model.reply(messages, 17, stop="\0")
    writing = time.monotonic() - begun
    path = Path(name)
    if path.exists():
        size = sum(p.stat().st_size for p in ([path] if path.is_file() else path.rglob("*.safetensors")))
    else:
        size = models.find(name).weights.size
    return {
        "read": first.tokens_in / max(reading, 1e-3),
        "written": max(1, more.tokens_out) / max(writing, 1e-3),
        "load": load,
        "memory": size / 2**20 * 3.5,
    }


def _encoder(config: Config) -> dict[str, float]:
    from citebound.indexes.embeddings import open_encoder

    encoder = open_encoder(config)
    encoder.embed([PROBE])
    begun = time.monotonic()
    encoder.embed([f"{i} {PROBE * 3}" for i in range(64)])
    embedded = 64 / (time.monotonic() - begun)
    return {"embedded": embedded, "trained": embedded / 5, "searched": embedded / 60}


class _Seen:
    """Questions that earlier steps have searched for, or whose sentences they embedded: that is kept."""

    def __init__(self) -> None:
        self._asked: set[tuple[str, str]] = set()
        self._learnt: dict[str, float] = {}

    def unseen(self, items: Sequence[Item], regime: str, learnt: int, of: int) -> float:
        """How many of these, and of `learnt` labelled questions drawn from `of`, are new; they are not from now on."""
        fresh = {(regime, i.id) for i in items} - self._asked
        self._asked |= fresh
        before = self._learnt.get(regime, 0.0)
        new = learnt * (1 - before / of) if of else 0.0
        self._learnt[regime] = before + new
        return len(fresh) + new


def _learnt(variant: Variant, suite: Suite) -> tuple[int, int]:
    """How many labelled questions a system learns from or chooses by, and of how many."""
    of = len(suite.train) + len(suite.dev)
    if not variant.trained:
        return 0, of
    return sum(min(variant.size or len(part), len(part)) for part in (suite.train, suite.dev)), of


def _seconds(needed: Work, rates: Rates, searched: float, embedded: float) -> float:
    name = needed.generator
    total = (needed.embedded + embedded) / rates.embedded + needed.trained / rates.trained + searched / rates.searched
    if name in rates.read:
        total += rates.load[name] + needed.read / rates.read[name] + needed.written / rates.written[name]
    return total


def _trim(steps: Sequence[Step], experiment: Experiment, hours: float) -> Iterable[str]:
    total = sum(s.seconds for s in steps)
    room = hours * 3600
    if total <= room:
        return
    by_system: dict[str, float] = {}
    for step in steps:
        by_system[step.system] = by_system.get(step.system, 0.0) + step.seconds
    yield f"{total / 3600:.1f} h is more than {hours:g} h. Any of these brings it down:"
    if experiment.items:
        fewer = max(1, int(experiment.items * room / total))
        yield f"items = {fewer} instead of {experiment.items}, if all scale alike"
    saved = 0.0
    for name, seconds in sorted(by_system.items(), key=lambda s: -s[1]):
        saved += seconds
        yield f"without {name}: {seconds / 60:.0f} min less"
        if total - saved <= room:
            yield "these together are enough"
            return

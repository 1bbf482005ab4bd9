"""The plan of a run: time and memory of every system before anything runs, and what to leave out if it is too much.

Each system says what it will have to compute (`System.work`), with prompts as long as the suite makes them
(`plan_prompts`); the machine says what it does in a second (`plan_rates`). What a plan assumes stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from citebound.config import Config
from citebound.eval import journal, registration
from citebound.eval.experiment import Experiment, Variant
from citebound.eval.kit import Kit
from citebound.eval.plan_rates import ELSEWHERE, Rates, here
from citebound.eval.predict import Cell, check
from citebound.eval.suite import Item, Suite
from citebound.eval.system import Work
from citebound.eval.systems import KINDS

START = 3.0
"""Seconds until a process has imported what it needs."""
OPENING = 4.0
"""Seconds until an encoder has read its weights."""
INDEXING = 6.0
"""Seconds that an ingest takes before its first document."""
CHUNK_CHARS = 112
"""Characters of a document that are indexed in the time that it takes to embed a text: on CUAD, LegalBench-RAG and
SQuAD an ingest takes three times as long as its vectors alone."""
DOCUMENT_TEXTS = 2
"""What a document takes besides, in embedded texts."""
BASE_MIB = 700.0


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
    """All steps in order. `trim` says in words what to leave out to keep to the hours that were given, `assumes` under
    what conditions the seconds hold."""

    steps: tuple[Step, ...]
    trim: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        return sum(s.seconds for s in self.steps)

    @property
    def memory(self) -> float:
        return max((s.memory for s in self.steps), default=0.0)


def plan(
    experiment: Experiment,
    suite: Suite,
    config: Config,
    work: Path,
    rates: Rates,
    hours: float = 0.0,
    *,
    loading: float = 0.0,
) -> Plan:
    """What is left to do of a run, and how long it takes; every system reads the suite anew, in `loading` seconds.

    Raises RunError for a run that could not be run.
    """
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
        asked = missing or items
        needed = system.work([i.asked(regime) for i in asked], train)
        learnt, of = _learnt(variant, suite)
        searched, embedded = needed.searched, 0.0
        if needed.searched >= len(asked):
            rehearsed = () if variant.trained else suite.dev[: int(needed.searched) - len(asked)]
            searched = searches.unseen([*asked, *rehearsed], regime, learnt, of)
        if needed.kept:
            share = vectors.unseen(asked, regime, learnt, of) / (len(asked) + train)
            embedded = needed.kept * share
        if not missing:
            continue
        seconds = START + loading + _seconds(needed, rates, searched, embedded)
        if needed.searched and not indexed:
            seconds += _indexing(suite) / rates.embedded + INDEXING
            indexed = True
        memory = BASE_MIB + rates.memory.get(needed.generator, 0.0)
        steps.append(Step(cell.name, variant.name, len(missing), seconds, memory))
    made = Plan(tuple(steps))
    trim = tuple(_trim(made.steps, experiment, hours)) if hours else ()
    return replace(made, trim=trim, assumes=tuple(_assumed(made, rates, config)))


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


def _indexing(suite: Suite) -> float:
    """What an ingest takes, in embedded texts."""
    return sum(map(len, suite.documents.values())) / CHUNK_CHARS + len(suite.documents) * DOCUMENT_TEXTS


def _seconds(needed: Work, rates: Rates, searched: float, embedded: float) -> float:
    """A prompt takes a pass over the model's weights besides what its tokens take, as a written token does."""
    name = needed.generator
    total = (needed.embedded + embedded) / rates.embedded + needed.trained / rates.trained + searched / rates.searched
    if needed.embedded + needed.kept + needed.searched:
        total += OPENING
    if name in rates.read:
        passes = needed.prompts + needed.written
        total += rates.load[name] + needed.read / rates.read[name] + passes / rates.written[name]
    return total


def _assumed(made: Plan, rates: Rates, config: Config) -> Iterable[str]:
    """Under what conditions a plan holds, in words."""
    if not made.steps:
        return
    speeds = [f"{rates.embedded:.0f} texts embedded"]
    speeds += [
        f"{rates.read[name]:.0f} tokens read and {rates.written[name]:.0f} written by {name}"
        for name in rates.read
        if here(name, config)
    ]
    yield f"It assumes that nothing else is started on this machine, which now does in a second: {', '.join(speeds)}."
    if rates.speed != 1:
        yield (
            f"That is {rates.speed:.0%} of its speed on {rates.measured}, when it was measured; as fast as then, it"
            f" would take {made.seconds * rates.speed / 60:.1f} min."
        )
    if away := [name for name in rates.read if not here(name, config)]:
        yield (
            f"Of {', '.join(away)} it is assumed, not measured: {ELSEWHERE['read']:.0f} tokens read and"
            f" {ELSEWHERE['written']:.0f} written in a second."
        )


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

"""Predicting: every system of a run answers every question, and the answers are appended to traces.

Each (system, regime, seed) runs in its own process, so that its peak memory is its own and a crash is one failed
prediction, not the end. Traces are append-only: what is in them after a kill -9 is kept, and the run goes on there.

    <work>/runs/<run>/traces/<system>.<regime>.<seed>.jsonl    one line for each question
    <work>/runs/<run>/costs.jsonl                           one line for each process: labels, seconds, memory
    <work>/suites/<suite>/                                 the collection and kept evidence, shared by runs

``python -m citebound.eval.predict RUN --system S --regime R --seed N`` is the child.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from citebound import config as settings
from citebound.config import Config
from citebound.errors import CiteboundError, ConfigError
from citebound.eval import journal, registration
from citebound.eval.experiment import Experiment, RunError, Variant, find, read
from citebound.eval.judge import METRICS
from citebound.eval.kit import Kit
from citebound.eval.prediction import FAILED, Prediction, Trace
from citebound.eval.suite import Item, Regime, Suite
from citebound.eval.system import System
from citebound.eval.systems import KINDS
from citebound.eval.systems.choosing import choose

WORK = Path("eval/work")
PASSIVE = {"OMP_WAIT_POLICY": "passive"}
"""Threads that wait for each other sleep: beside another busy process, spinning ones take the cores from it."""
ORPHANED = 75
FAULTS = (CiteboundError, MemoryError, RuntimeError, ValueError)
"""What a system may raise: failed predictions. Anything else ends its process, and that is one failed prediction."""
CRASHES = 3
"""Crashes in a row after which the rest of a cell is recorded as failed."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One (system, regime, seed) of a run, with its files."""

    experiment: Experiment
    variant: Variant
    regime: Regime
    seed: int
    work: Path

    @property
    def name(self) -> str:
        return f"{self.variant.name}.{self.regime}.{self.seed}"

    @property
    def traces(self) -> Path:
        return self.work / "runs" / self.experiment.name / "traces" / f"{self.name}.jsonl"

    @property
    def costs(self) -> Path:
        return self.work / "runs" / self.experiment.name / "costs.jsonl"

    def done(self) -> list[Trace]:
        """The traces that are whole; a line torn by a crash is cut off the file."""
        return read_traces(self.traces, mend=True)

    def items(self, suite: Suite) -> Sequence[Item]:
        """What it predicts: all test items, or the sample for generators, documents kept together."""
        if self.variant.all_items:
            return suite.test
        return suite.sampled(self.experiment.items, self.experiment.sample_seed).test


@dataclass(frozen=True, slots=True)
class Moment:
    """Progress of a run: the cell at work, predictions done and in all."""

    cell: str
    done: int
    total: int


def run(experiment: Experiment, suite: Suite, tell: Callable[[Moment], None], work: Path = WORK) -> int:
    """Predict whatever is missing; gives the number of failed predictions. May be interrupted and called again."""
    check(experiment, suite)
    cells = [Cell(experiment, v, r, s, work) for v, r, s in experiment.cells()]
    wanted = {c.name: [i.id for i in c.items(suite)] for c in cells}
    total = sum(map(len, wanted.values()))
    had = {c.name: len({t.id for t in c.done()}.intersection(wanted[c.name])) for c in cells}
    before = sum(had.values())
    registration.verify(experiment, [t for c in cells for t in c.done()], suite.sha256)
    begun = time.monotonic()
    if before < total:
        event = "resumed" if before else "opened" if experiment.split == "test" else "rehearsed"
        registration.log(event, experiment, suite=suite.name, done=before, total=total)
    done = before
    for cell in cells:
        done -= had[cell.name]
        for count in _cell(cell, wanted[cell.name]):
            tell(Moment(cell.name, done + count, total))
        done += len(wanted[cell.name])
    failed = len(failures(experiment, work))
    if before < total:
        seconds = round(time.monotonic() - begun, 1)
        registration.log("finished", experiment, suite=suite.name, total=total, failed=failed, seconds=seconds)
    return failed


def failures(experiment: Experiment, work: Path = WORK, *, forget: bool = False) -> list[Trace]:
    """The failed predictions of a run; with `forget` they are taken out of the traces, to be tried again."""
    made = []
    for cell in (Cell(experiment, v, r, s, work) for v, r, s in experiment.cells()):
        traces = cell.done()
        failed = [t for t in traces if t.prediction.outcome == FAILED]
        if failed and forget:
            whole = cell.traces.with_suffix(".new")
            whole.unlink(missing_ok=True)
            journal.append(whole, [t.line() for t in traces if t.prediction.outcome != FAILED])
            whole.replace(cell.traces)
        made += failed
    return made


def check(experiment: Experiment, suite: Suite) -> None:
    """Raises RunError for a metric that the suite has not, or a kind, option or regime that is unknown, before
    anything runs."""
    metric = experiment.primary.metric
    if metric not in METRICS[suite.task]:
        raise RunError(
            f"{experiment.path}: primary.metric = {metric!r}",
            remedy=f"A suite of the task {suite.task.value!r} is compared by {', '.join(METRICS[suite.task])}.",
        )
    kit = Kit(suite, settings.load(), WORK)
    for variant in experiment.variants:
        if variant.kind not in KINDS:
            raise RunError(
                f"{experiment.path}: systems.{variant.system} has the unknown kind {variant.kind!r}",
                remedy=f"Kinds: {', '.join(sorted(KINDS))}.",
            )
        missing = [r for r in variant.regimes if r not in suite.regimes]
        if missing:
            raise RunError(f"{experiment.path}: {suite.name} has no regime {missing[0].value!r}")
        try:
            KINDS[variant.kind](kit, variant.regimes[0], variant.options)
        except ConfigError as error:
            raise RunError(f"{experiment.path}: systems.{variant.system}: {error}", remedy=error.remedy) from error


def _cell(cell: Cell, wanted: Sequence[str]) -> Iterator[int]:
    """Start the child until all is predicted; yields the number of predictions so far."""
    crashes = 0
    while True:
        have = {t.id for t in cell.done()}
        missing = [i for i in wanted if i not in have]
        yield len(wanted) - len(missing)
        if not missing:
            return
        if crashes >= CRASHES:
            _record(cell, [_failure(cell, i, f"crashed {crashes} times in a row, given up") for i in missing])
            continue
        code, grown = 0, 0
        with _child(cell) as process:
            while process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1.0)
                grown = len(read_traces(cell.traces)) if cell.traces.exists() else 0
                yield grown
            code = process.returncode
        if not code and grown <= len(have) and len(cell.done()) <= len(have):
            raise RunError(
                f"{cell.name}: nothing was predicted, though {len(missing)} items are missing",
                remedy=f"Was {cell.experiment.path} or its suite changed meanwhile? Start the run again.",
            )
        if code:
            crashes = crashes + 1 if grown <= len(have) + 1 else 1
            have = {t.id for t in cell.done()}
            first = next((i for i in wanted if i not in have), None)
            if first:
                _record(cell, [_failure(cell, first, _reason(cell, code))])


def _child(cell: Cell) -> subprocess.Popen[bytes]:
    cell.traces.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "citebound.eval.predict", str(cell.experiment.path)]
    command += ["--system", cell.variant.name, "--regime", cell.regime, "--seed", str(cell.seed)]
    with (cell.traces.parent / f"{cell.name}.log").open("wb") as log:
        return subprocess.Popen(
            [*command, "--work", str(cell.work), "--owned"],
            stdout=log,
            stderr=log,
            stdin=subprocess.PIPE,
            env={**os.environ, **PASSIVE},
        )


def _reason(cell: Cell, code: int) -> str:
    log = (cell.traces.parent / f"{cell.name}.log").read_text("utf-8", "replace").strip().splitlines()
    what = f"killed by signal {-code} (out of memory?)" if code < 0 else f"ended with {code}"
    return f"process {what}: {log[-1][:300] if log else ''}"


def predict(cell: Cell, suite: Suite, config: Config) -> None:
    """The child's work: prepare the system, answer what is missing, note what it cost."""
    cell.traces.parent.mkdir(parents=True, exist_ok=True)
    work = cell.work / "suites" / suite.name / (cell.variant.encoder.replace("/", "_") or config.encoder)
    seen = replace(suite, test=())  # no system has the gold of the test at hand
    if cell.variant.encoder:
        config = config.model_copy(update={"encoder": cell.variant.encoder})
        seen = replace(seen, collection="")  # another encoder never touches the user's own index
    kit = Kit(seen, config, work)
    system: System = KINDS[cell.variant.kind](kit, cell.regime, cell.variant.options)
    items = cell.items(suite)
    peek = getattr(system, "peek", None)
    if peek:
        peek(items)
    have = {t.id for t in cell.done()}
    train, dev = list(suite.train), list(suite.dev)
    if cell.variant.size:
        train = choose(train, cell.variant.size, cell.seed)
        dev = choose(dev, cell.variant.size, cell.seed)
    needed = system.work([i.asked(cell.regime) for i in items[:1]], len(train))
    if needed.searched:
        _ = kit.collection  # its cost is that of the index, not of the first question
    try:
        if needed.generator:
            kit.language_model(needed.generator)  # loading is neither adaptation nor the first answer
        wall, cpu = time.monotonic() + kit.saved[0], time.process_time() + kit.saved[1]
        adapted = system.prepare(train, dev, cell.seed)
    except FAULTS as error:
        _record(cell, [_failure(cell, item.id, _said(error)) for item in items if item.id not in have])
        return
    wall, cpu = time.monotonic() + kit.saved[0] - wall, time.process_time() + kit.saved[1] - cpu
    head = registration.registration(cell.experiment).head
    begun, told = time.monotonic(), suite.sha256
    with cell.traces.open("a", encoding="utf-8") as file:
        for item in items:
            if item.id in have:
                continue
            made = _one(system, item, cell.regime, kit)
            trace = Trace(
                cell.variant.name,
                cell.regime,
                cell.seed,
                item.id,
                made,
                time.time(),
                head,
                cell.experiment.sha256,
                told,
                f"{kit.encoder_name} {config.generator}",
            )
            file.write(trace.line() + "\n")
            file.flush()
            os.fsync(file.fileno())
    cost = {
        "system": cell.variant.name,
        "regime": cell.regime,
        "seed": cell.seed,
        **asdict(adapted),
        "wall": round(wall, 3),
        "cpu": round(cpu, 3),
        "predicting": round(time.monotonic() - begun, 3),
        "predicted": len(items) - len(have),
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "index": kit.index_cost if "collection" in kit.__dict__ else {},
        "at": round(time.time(), 1),
    }
    journal.append(cell.costs, [json.dumps(cost)])


def _one(system: System, item: Item, regime: Regime, kit: Kit) -> Prediction:
    """An answer with its seconds: those that kept evidence and vectors spared are counted."""
    begun = time.monotonic() + kit.saved[0]
    try:
        made = system.predict(item.asked(regime))
    except FAULTS as error:  # one case of an evaluation
        made = Prediction(FAILED, error=_said(error))
    return replace(made, seconds=time.monotonic() + kit.saved[0] - begun)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def read_traces(path: Path, *, mend: bool = False) -> list[Trace]:
    """The whole lines of a trace file; with `mend`, what a crash left behind the last of them is cut off."""
    if mend:
        journal.mend(path)
    return [Trace.read(line) for line in journal.lines(path)]


def _failure(cell: Cell, item: str, reason: str) -> Trace:
    made = Prediction(FAILED, error=reason)
    head = registration.registration(cell.experiment).head
    return Trace(cell.variant.name, cell.regime, cell.seed, item, made, time.time(), head, cell.experiment.sha256)


def _record(cell: Cell, traces: Sequence[Trace]) -> None:
    journal.append(cell.traces, [trace.line() for trace in traces])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("--system", required=True)
    parser.add_argument("--regime", required=True, type=Regime)
    parser.add_argument("--seed", required=True, type=int)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--owned", action="store_true", help="end with whoever holds the other end of standard input")
    given = parser.parse_args()
    if given.owned:
        threading.Thread(target=_end_with_owner, daemon=True).start()
    experiment = read(find(given.run))
    cell = Cell(experiment, experiment.variant(given.system), given.regime, given.seed, given.work)
    predict(cell, experiment.load(), settings.load())
    return 0


def _end_with_owner() -> None:
    """An owner that was killed closes the pipe: two children must never write one trace."""
    while os.read(0, 1):
        pass
    os._exit(ORPHANED)


if __name__ == "__main__":
    sys.exit(main())

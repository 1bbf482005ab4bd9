"""Pre-registration: a run is decided in a committed file before its test split is opened, and every opening is logged.

Enforced when scores are made: the commit that last changed the run file is an ancestor of the commit in every trace and
older than its prediction, and the trace was made from these very bytes. Outside a git checkout, or with a run file that
is not committed, a run is exploratory: it is scored, and every page of its report says so.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from citebound.eval import journal
from citebound.eval.experiment import Experiment, RunError
from citebound.eval.prediction import Trace

LEDGER = Path("eval/results/runs.jsonl")


@dataclass(frozen=True, slots=True)
class Registration:
    """`commit` that last changed the run file and its time (UTC seconds), or "" and 0 if the run is exploratory."""

    commit: str
    at: float
    head: str

    @property
    def exploratory(self) -> bool:
        return not self.commit


def revision(*naming: str) -> str:
    """The commit as git names it with these arguments, marked if the code differs from it; "" outside of git.

    What was recorded before in eval/results does not make the code another one.
    """
    named = _git(*naming)
    return named + "-dirty" if named and _git("status", "--porcelain", "--", ".", ":!eval/results") else named


def registration(experiment: Experiment) -> Registration:
    """Where a run file stands in git now."""
    head = revision("rev-parse", "HEAD")
    path = str(experiment.path)
    if not head or _git("status", "--porcelain", "--", path) or not _git("ls-files", "--", path):
        return Registration("", 0.0, head)
    commit, at = (_git("log", "-1", "--format=%H %ct", "--", path) or " 0").split(" ")
    return Registration(commit, float(at), head)


def verify(experiment: Experiment, traces: Sequence[Trace], suite: str = "") -> Registration:
    """Raises RunError for a trace that was not made by this registration of the run, of another revision of the suite
    (`suite` is its hash now) or, within a system, by other models; gives the registration."""
    registered = registration(experiment)
    models: dict[str, str] = {}
    for trace in traces:
        if trace.run_sha256 != experiment.sha256:
            raise RunError(
                f"{experiment.path} was changed after {trace.system} predicted {trace.id}",
                remedy="Put the run file back as it was, or run it anew: `citebound eval run --fresh`.",
            )
        if suite and trace.suite not in ("", suite):
            raise RunError(
                f"the suite {experiment.suite} was changed after {trace.system} predicted {trace.id}",
                remedy="Put the suite back as it was, or run it anew: `citebound eval run --fresh`.",
            )
        if trace.models and models.setdefault(trace.system, trace.models) != trace.models:
            raise RunError(
                f"{trace.system} predicted with {models[trace.system]} and with {trace.models}",
                remedy="Set the encoder and the generator as they were, or run it anew: `citebound eval run --fresh`.",
            )
    if registered.exploratory:
        return registered
    for commit in {t.commit.removesuffix("-dirty") for t in traces}:
        if not _git("cat-file", "-t", commit):
            raise RunError(
                f"the commit {commit[:10]} of the traces is not in this repository",
                remedy="Fetch the whole history: `git fetch --unshallow`.",
            )
        if not _ancestor(registered.commit, commit):
            raise RunError(
                f"{experiment.path} was committed ({registered.commit[:10]}) after predictions at {commit[:10]}",
                remedy="Commit a run file before it is run; then run it anew: `citebound eval run --fresh`.",
            )
    early = [t for t in traces if t.at < registered.at]
    if early:
        raise RunError(
            f"{experiment.path}: {early[0].system} predicted {early[0].id} before the file was committed",
            remedy="Run it anew: `citebound eval run --fresh`.",
        )
    return registered


def log(event: str, experiment: Experiment, ledger: Path = LEDGER, **facts: Any) -> None:
    """Append one line to the ledger of runs."""
    row = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "event": event,
        "run": experiment.name,
        "sha256": experiment.sha256,
        "commit": registration(experiment).head,
        **facts,
    }
    journal.append(ledger, [json.dumps(row, ensure_ascii=False)])


def openings(suite: str, ledger: Path = LEDGER) -> int:
    """How often the test split of the suite of that name was opened before, by any run."""
    return sum(row["event"] == "opened" and row.get("suite") == suite for row in map(json.loads, journal.lines(ledger)))


def _ancestor(first: str, second: str) -> bool:
    made = subprocess.run(["git", "merge-base", "--is-ancestor", first, second], capture_output=True, check=False)
    return made.returncode == 0


def _git(*arguments: str) -> str:
    try:
        made = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return made.stdout.strip() if made.returncode == 0 else ""

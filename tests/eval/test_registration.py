"""Pre-registration in a git repository of its own."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from citebound.eval import experiment, registration
from citebound.eval.experiment import Experiment, RunError
from citebound.eval.prediction import Prediction, Trace
from tests.eval import tiny

COMMITTED = 1_700_000_000
Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A repository in which the run `tiny` is committed at COMMITTED."""
    monkeypatch.chdir(tmp_path)
    for name in [n for n in os.environ if n.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{COMMITTED} +0000")

    def call(*arguments: str) -> str:
        made = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
        return made.stdout.strip()

    call("init", "--quiet", "--initial-branch=main")
    call("config", "user.name", "A. Person")
    call("config", "user.email", "person@example.org")
    tiny.declare(tmp_path)
    call("add", ".")
    call("commit", "--quiet", "--message=decided")
    return call


def read() -> Experiment:
    return experiment.read(experiment.find("tiny"))


def trace(commit: str, at: float = COMMITTED + 10, sha256: str = "") -> Trace:
    return Trace("majority", "given", 1, "q-0", Prediction(label="Yes"), at, commit, sha256 or read().sha256)


def test_predictions_after_the_commit_are_verified(git: Git) -> None:
    head = git("rev-parse", "HEAD")
    found = registration.verify(read(), [trace(head), trace(f"{head}-dirty")])
    assert (found.commit, found.at, found.exploratory) == (head, COMMITTED, False)
    (Path("documents") / "more.txt").write_text("later work")
    git("add", ".")
    git("commit", "--quiet", "--message=later")
    later = git("rev-parse", "HEAD")
    assert registration.verify(read(), [trace(head), trace(later)]).commit == head


def test_a_tag_does_not_change_how_a_commit_is_named(git: Git) -> None:
    git("tag", "--annotate", "--message=one", "v1.0")
    assert registration.registration(read()).head == git("rev-parse", "HEAD")


def test_a_run_file_that_was_changed_after_predicting_is_refused(git: Git) -> None:
    head, before = git("rev-parse", "HEAD"), read().sha256
    path = Path("eval/runs/tiny.toml")
    path.write_text(tiny.RUN.replace("margin = 0.1", "margin = 0.2"))
    with pytest.raises(RunError, match="was changed after majority predicted q-0") as caught:
        registration.verify(read(), [trace(head, sha256=before)])
    assert "--fresh" in caught.value.remedy
    git("commit", "--quiet", "--all", "--message=decided otherwise")
    with pytest.raises(RunError, match="was changed after"):
        registration.verify(read(), [trace(head, sha256=before)])
    with pytest.raises(RunError, match=r"was committed .* after predictions at"):
        registration.verify(read(), [trace(head)])


def test_predictions_that_are_older_than_the_commit_are_refused(git: Git) -> None:
    with pytest.raises(RunError, match="majority predicted q-0 before the file was committed"):
        registration.verify(read(), [trace(git("rev-parse", "HEAD"), at=COMMITTED - 1)])


@pytest.mark.parametrize("commit", ["", "f" * 40])
def test_predictions_at_no_known_commit_are_refused(git: Git, commit: str) -> None:
    with pytest.raises(RunError, match="is not in this repository"):
        registration.verify(read(), [trace(commit)])


def test_predictions_at_a_commit_beside_the_registration_are_refused(git: Git) -> None:
    git("checkout", "--quiet", "--orphan", "aside")
    git("commit", "--quiet", "--message=elsewhere")
    aside = git("rev-parse", "HEAD")
    git("checkout", "--quiet", "main")
    with pytest.raises(RunError, match=f"after predictions at {aside[:10]}"):
        registration.verify(read(), [trace(aside)])


def test_an_uncommitted_run_is_exploratory(git: Git, tmp_path: Path) -> None:
    tiny.declare(tmp_path, tiny.RUN.replace("margin = 0.1", "margin = 0.2"))
    found = registration.verify(read(), [trace("", at=1.0)])
    assert found.exploratory
    assert found.head == f"{git('rev-parse', 'HEAD')}-dirty"
    untracked = tiny.declare(tmp_path, name="other")
    assert registration.registration(experiment.read(untracked)).exploratory


def test_without_git_a_run_is_exploratory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    tiny.declare(tmp_path)
    assert registration.verify(read(), [trace("", at=1.0)]) == registration.Registration("", 0.0, "")
    monkeypatch.setenv("PATH", "")
    assert registration.registration(read()).exploratory


def test_openings_of_the_test_split_are_counted_over_all_runs_of_a_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.declare(tmp_path)
    run = read()
    assert registration.openings("tiny") == 0
    registration.log("opened", run, suite="tiny")
    registration.log("finished", run, suite="tiny", failed=0)
    registration.log("rehearsed", run, suite="tiny")
    registration.log("opened", replace(run, name="another"), suite="tiny")
    registration.log("opened", replace(run, name="elsewhere"), suite="other")
    assert registration.openings("tiny") == 2
    with registration.LEDGER.open("a") as file:
        file.write('{"event": "opened", "sui')  # a crash in mid-line
    assert registration.openings("tiny") == 2
    registration.log("opened", run, suite="tiny")
    assert registration.openings("tiny") == 3


def test_a_suite_or_models_that_changed_after_a_prediction_are_refused(git: Git) -> None:
    made = replace(trace(git("rev-parse", "HEAD")), suite="s1", models="encoder generator")
    assert not registration.verify(read(), [made], "s1").exploratory
    with pytest.raises(RunError, match=r"the suite .* was changed after"):
        registration.verify(read(), [made], "s2")
    with pytest.raises(RunError, match="predicted with encoder generator and with encoder other"):
        registration.verify(read(), [made, replace(made, models="encoder other")], "s1")

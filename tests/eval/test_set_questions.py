"""The suite of set questions and its figures."""

from pathlib import Path

import pytest

from citebound.eval import set_questions
from citebound.eval.demo import samples
from citebound.eval.set_questions import Asked, Outcome


def test_the_questions_are_of_three_collections_and_name_their_files() -> None:
    asked, files = set_questions.read()
    assert len(asked) == 60
    assert {a.collection for a in asked} == {"cuad", "csaf", "samples"} == set(files)
    assert all(a.members <= set(files[a.collection]) for a in asked if a.unit == "document")


def test_figures_by_hand() -> None:
    def asked(members: str) -> Asked:
        return Asked("q", "samples", "?", "document", frozenset(members), 4)

    outcomes = [
        Outcome(asked("ab"), frozenset("ac"), bare=False),
        Outcome(asked("d"), None, bare=False),
        Outcome(asked(""), frozenset(), bare=True),
        Outcome(asked(""), frozenset(), bare=False, perhaps=True),
        Outcome(asked(""), None, bare=False, each=True),
    ]
    made = {f.name: f.value for f in set_questions.figures_of(outcomes)}
    assert made == {
        "set.member_precision": pytest.approx(1 / 2),
        "set.member_recall": pytest.approx(1 / 3),
        "set.bare_counts": pytest.approx(1 / 5),
        "set.understood": pytest.approx(2 / 5),  # not what was perhaps meant
        "set.perhaps": pytest.approx(1 / 5),
        "set.each": pytest.approx(1 / 5),
        "set.exact": pytest.approx(1 / 5),
    }


def test_the_samples_are_asked(tmp_path: Path) -> None:
    asked, files = set_questions.read()
    assert samples().is_dir()
    with set_questions.stored("samples", files["samples"], Path("nowhere"), tmp_path) as store:
        outcomes = [set_questions.answered(store, a) for a in asked if a.collection == "samples"]
    assert any(o.named is not None for o in outcomes)
    assert not any(o.bare for o in outcomes)

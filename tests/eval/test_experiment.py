from pathlib import Path

import pytest

from citebound.eval import experiment
from citebound.eval.experiment import RunError
from citebound.eval.suite import Regime
from tests.eval import tiny

SYSTEM = "\n[systems.{name}]\nkind = 'majority'\n"


def read(folder: Path, run: str) -> experiment.Experiment:
    path = folder / "r.toml"
    path.write_text(run, "utf-8")
    return experiment.read(path)


def test_sizes_and_seeds_make_variants_of_what_is_trained(tmp_path: Path) -> None:
    run = tiny.RUN.replace("seeds = [1]", "seeds = [1, 2]\nsizes = [50, 0]\nregimes = ['given', 'corpus']")
    run += SYSTEM.format(name="head") + "trained = true\nc = 3\nregimes = ['given']\n"
    made = read(tmp_path, run)
    assert made.names == ["majority", "always_not_found", "head@50", "head"]
    head = made.variant("head@50")
    assert (head.system, head.size, head.seeds, head.regimes) == ("head", 50, (1, 2), (Regime.GIVEN,))
    assert (dict(head.options), head.all_items, head.family) == ({"c": 3}, True, "encoder")
    assert made.variant("head").size == 0
    # two without labels in 2 regimes with 1 seed, and 2 sizes of the head in 1 regime with 2 seeds
    assert len(list(made.cells())) == 2 * 2 * 1 + 2 * 1 * 2
    assert made.variant("majority").seeds == (1,)
    assert not made.variant("majority").all_items


@pytest.mark.parametrize(
    ("there", "instead", "named"),
    [
        ('title = "Tiny"', 'title = "Tiny"\nsede = 1', "unknown key sede"),
        ("margin = 0.1", "margin = 0.1\nmargn = 1", r"unknown key primary\.margn"),
        ('title = "Tiny"\n', "", "'title' is missing"),
        ("margin = 0.1\n", "", r"primary\.margin is missing"),
        ('against = ["always_not_found"]', 'against = ["nobody"]', "no system 'nobody'"),
        ('rag = "majority"\n', "", "no system 'rag'"),
        ('title = "Tiny"', 'title = "Tiny"\nwrong = 1', "unknown key wrong"),
        ("margin = 0.1", 'margin = 0.1\nwrong = "nobody"', "no system 'nobody'"),
        ('kind = "majority"\n', "", r"systems\.majority has no 'kind'"),
        ('title = "Tiny"', 'title = "Tiny"\nsplit = "train"', "split = 'train'"),
        ('title = "Tiny"', 'title = "Tiny"\nregimes = ["all"]', "'all' is not a valid Regime"),
        ('kind = "majority"', 'kind = "majority"\nregimes = ["all"]', "'all' is not a valid Regime"),
        ('title = "Tiny"', 'title = "Tiny"\nregimes = []', "regimes"),
        ("margin = 0.1", "margin = 0", r"primary\.margin"),
        ("margin = 0.1", 'margin = "small"', r"primary\.margin"),
        ("seeds = [1]", "seeds = 1", "seeds"),
        ("seeds = [1]", "seeds = [1, 1]", "seeds"),
        ("seeds = [1]", "sizes = [0, 50, 50]", "sizes"),
        ("seeds = [1]", 'items = "ten"', "items"),
        ("[systems.majority]", '[systems."../majority"]', r"'\.\./majority'"),
        ("[systems.majority]", "systems.x = 1\n[systems.majority]", "systems.x"),
        ("[primary]", "[primary", "r.toml: "),
    ],
)
def test_a_wrong_run_file_is_refused_and_the_key_named(tmp_path: Path, there: str, instead: str, named: str) -> None:
    assert there in tiny.RUN
    run = tiny.RUN.replace(there, instead, 1)
    if instead.startswith("systems.x"):
        run = "systems.x = 1\n" + tiny.RUN
    with pytest.raises(RunError, match=named) as caught:
        read(tmp_path, run)
    assert "r.toml" in str(caught.value)
    assert caught.value.exit_code == 2


def test_an_unknown_key_is_answered_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        read(tmp_path, "itms = 3\n" + tiny.RUN)
    assert "items" in caught.value.remedy


def test_a_rehearsal_asks_development_items_and_leaves_the_test_split_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tiny.declare(tmp_path, 'split = "dev"\n' + tiny.RUN)
    rows = tmp_path / "eval/suites/tiny.jsonl"
    rows.write_text(rows.read_text().replace('"split": "train"', '"split": "dev"'))
    assert [i.id for i in experiment.read(path).load().test] == ["train-0", "train-1", "train-2"]


def test_a_run_is_found_by_name_or_path_or_those_there_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tiny.declare(tmp_path)
    assert experiment.find("tiny").resolve() == experiment.find(path).resolve() == path
    with pytest.raises(RunError, match="no run file nosuch") as caught:
        experiment.find("nosuch")
    assert "tiny" in caught.value.remedy

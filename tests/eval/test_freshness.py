from dataclasses import replace
from pathlib import Path

import pytest

from citebound.config import Config
from citebound.eval import freshness
from citebound.eval.figures import record
from citebound.eval.suite import SuiteError
from citebound.eval.verdict import Update
from tests.eval import tiny
from tests.fakes import WordHashEmbedder


def test_documents_are_changed_in_a_copy_alone(tmp_path: Path) -> None:
    kit = tiny.kit(tiny.extract(), tmp_path)
    with kit.collection as collection:
        before = [(info.id, chunks) for info, _, _, chunks, *_ in collection.documents()]
    config = Config(home=tmp_path / "home", models=tmp_path / "models")
    made = freshness.probe(tiny.extract(), config, kit.work, 2, embedder=WordHashEmbedder())
    assert len(made) == 2
    assert all(min(u.add, u.change, u.delete) > 0 for u in made)
    with tiny.kit(tiny.extract(), tmp_path).collection as collection:
        assert [(info.id, chunks) for info, _, _, chunks, *_ in collection.documents()] == before


def test_a_collection_of_the_users_own_is_not_touched(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="tiny: there is no collection of its own"):
        freshness.probe(replace(tiny.extract(), collection="mine"), Config(home=tmp_path), tmp_path)


def test_what_was_recorded_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "figures.jsonl"
    assert freshness.measured("tiny", path) is None
    made = [Update(1.0, 4.0, 7.0), Update(3.0, 5.0, 9.0), Update(2.0, 6.0, 8.0)]
    figures = freshness.figures_of("tiny", made)
    assert [(f.name, f.value, f.low, f.high, f.denominator) for f in figures] == [
        ("board.tiny.update.delete_seconds", 8.0, 7.0, 9.0, 3),
        ("board.tiny.update.add_seconds", 2.0, 1.0, 3.0, 3),
        ("board.tiny.update.change_seconds", 5.0, 4.0, 6.0, 3),
    ]
    record(figures, "a command", path)
    assert freshness.measured("tiny", path) == Update(add=2.0, change=5.0, delete=8.0)
    assert freshness.measured("other", path) is None

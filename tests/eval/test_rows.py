import json
from pathlib import Path

import pytest

from citebound.config import Config
from citebound.eval.demo import SAMPLES, SUITE, fallen
from citebound.eval.figures import Figure, record, share
from citebound.eval.rows import load, locate, places
from citebound.eval.suite import SuiteError
from citebound.ingest.limits import Limits
from citebound.ingest.worker import ParserPool
from citebound.types import Span


def test_a_quote_is_found_whatever_its_white_space_quotation_marks_and_cells() -> None:
    text = "The  “Cap”\nis USD 5.\nQV-03\t|\tHigh\t7.7"
    assert locate('The "Cap" is USD 5.', text) == Span(0, 20)
    assert locate("QV-03 | High | 7.7", text) == Span(21, len(text))
    assert locate("The Cap is USD 6", text) is None


def test_every_gold_quote_of_the_demo_suite_stands_in_its_document(tmp_path: Path) -> None:
    with ParserPool(Limits.of(Config(home=tmp_path))) as pool:
        texts = {path.name: pool.parse(path).document.text for path in sorted(SAMPLES.iterdir())}
    items = load(SUITE)
    assert len(items) >= 80
    assert sum(not item.answerable for item in items) * 4 >= len(items)
    for item in items:
        found = places(item, texts)
        assert len(found) == len(item.gold)
        assert all(len(place.span) >= 10 for place in found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "x-2"}, "twice"),
        ({"answerable": False}, "just if it has gold"),
        ({"gold": [{"document": "a"}]}, "line 2"),
    ],
)
def test_a_broken_suite_names_the_line(tmp_path: Path, change: dict[str, object], message: str) -> None:
    row = {"id": "x-1", "question": "?", "cluster": "a", "kind": "k", "answerable": True}
    row |= {"gold": [{"document": "a", "quote": "q"}], "answer": ""}
    second = row | {"id": "x-2"} | change
    lines = [row | {"id": "x-2"} if "id" in change else row, second]
    (tmp_path / "s.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    with pytest.raises(SuiteError, match=message):
        load(tmp_path / "s.jsonl")


def test_a_gold_quote_that_is_not_there_names_the_item(tmp_path: Path) -> None:
    row = {"id": "x-1", "question": "?", "cluster": "a", "kind": "k", "answerable": True}
    row |= {"gold": [{"document": "a", "quote": "missing words"}]}
    (tmp_path / "s.jsonl").write_text(json.dumps(row))
    (item,) = load(tmp_path / "s.jsonl")
    with pytest.raises(SuiteError, match="x-1"):
        places(item, {"a": "other text"})


def test_a_figure_replaces_its_older_row_and_a_fall_beyond_its_noise_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "figures.jsonl"
    record([share("a", 9, 10), share("b", 1, 2)], "first", path)
    record([share("a", 8, 10)], "second", path)
    rows = {row["name"]: row for row in map(json.loads, path.read_text().splitlines())}
    assert rows["a"]["value"] == 0.8
    assert rows["a"]["command"] == "second"
    assert set(rows["b"]) >= {"value", "low", "high", "numerator", "denominator", "unit", "commit", "date"}
    assert fallen([share("a", 1, 10)], path)
    assert not fallen([share("a", 7, 10), Figure("new", 0.0, "share")], path)

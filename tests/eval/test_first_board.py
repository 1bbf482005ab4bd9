import csv
from pathlib import Path

from citebound.eval.first_board import EACH, chosen, written
from citebound.eval.measures import Place
from citebound.eval.suite import Item
from citebound.types import Span


def item(number: int, document: str, answer: str = "May") -> Item:
    gold = (Place(document, Span(0, 3)),) if answer else ()
    answers = (answer,) if answer else ()
    name = f"{document}-{number}"
    return Item(name, f"When, {number}?", document, "fact", bool(answer), (document,), answers=answers, gold=gold)


def test_each_contract_gives_a_few_answered_questions(tmp_path: Path) -> None:
    train = [item(n, d, "" if n == 0 else "May") for d in ("a/x", "b/x") for n in range(2 * EACH)]
    made = chosen(train, 100)
    assert len(made) == 2 * EACH
    assert all(i.answers for i in made)
    assert len(chosen(train, 7)) == 7
    path = written(made, {"a/x": "May\r\n", "b/x": "May it be"}, tmp_path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["question"] for row in rows] == [i.question for i in made]
    assert {(tmp_path / "contracts" / row["document"]).read_bytes() for row in rows} == {b"May\r\n", b"May it be"}

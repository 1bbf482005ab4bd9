"""The suite of closure and its figures."""

import pytest

from citebound.eval import closure
from citebound.eval.measures import Place
from citebound.types import Span


def test_the_questions_need_two_places_and_hold_no_text_of_the_contracts() -> None:
    asked, hashes = closure.read()
    assert len(asked) == 60
    assert all(len(q.needed) >= 2 for q in asked)
    assert {q.document for q in asked} <= set(hashes)
    assert '"quote"' not in closure.SUITE.read_text("utf-8")


def test_figures_by_hand() -> None:
    needed = (Place("a", Span(0, 10)), Place("a", Span(100, 110)))
    asked = [closure.Question(str(n), "?", "a", needed) for n in range(2)]
    shown = [[Place("a", Span(0, 10)), Place("a", Span(105, 200))], [Place("a", Span(0, 20))]]
    recall, complete = closure.figures_of("with", asked, shown)
    assert (recall.name, recall.value) == ("closure.recall_with", pytest.approx((0.75 + 0.5) / 2))
    assert (complete.name, complete.value) == ("closure.complete_with", 0.5)

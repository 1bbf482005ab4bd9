import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.eval import matching
from citebound.eval.counterfactual import altered
from citebound.eval.gold import Gold
from citebound.eval.judge import judge
from citebound.eval.measures import Place
from citebound.eval.prediction import FAILED, NOT_FOUND, Prediction
from citebound.eval.rows import locate
from citebound.eval.suite import Item, Suite, SuiteError, Task, check
from citebound.eval.swaps import KINDS
from citebound.types import Span
from tests.eval import tiny

BY_NAME = {kind.name: kind for kind in KINDS}


def again(kind: str, text: str, new: Any) -> str:
    """The text with its one value of that kind printed anew."""
    (one,) = BY_NAME[kind].found(text)
    return text[: one.span.start] + one.again(new) + text[one.span.end :]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("on May 8, 2014.", "on March 22, 2011."),
        ("this 8th day of May, 2014", "this 22nd day of March, 2011"),
        ("MAY 8th, 2014", "MARCH 22nd, 2011"),
        ("Sept. 8, 2014", "Mar. 22, 2011"),
        ("05/08/14", "03/22/11"),
        ("5/8/2014", "3/22/2011"),
        ("2014-05-08", "2011-03-22"),
    ],
)
def test_another_date_is_printed_in_the_same_form(old: str, new: str) -> None:
    assert again("date", old, date(2011, 3, 22)) == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("thirty (30) days", "forty-five (45) days"),
        ("30 (thirty) calendar days", "45 (forty-five) calendar days"),
        ("THIRTY (30) DAYS", "FORTY-FIVE (45) DAYS"),
        ("a 30-day period", "a 45-day period"),
        ("Thirty days", "Forty-five days"),
    ],
)
def test_another_number_of_days_is_printed_in_the_same_form(old: str, new: str) -> None:
    assert again("period", old, (45, "day")) == new


def test_a_year_is_twelve_months_and_two_are_plural() -> None:
    assert again("period", "for one (1) year after", (24, "month")) == "for two (2) years after"
    assert again("period", "a one-year term", (24, "month")) == "a two-year term"
    assert again("period", "a one year term", (24, "month")) == "a two year term"
    assert again("period", "twelve (12) months", (24, "month")) == "twenty-four (24) months"
    assert BY_NAME["period"].found("thirty (60) days") == []  # it contradicts itself


@pytest.mark.parametrize(
    ("kind", "old", "value", "new"),
    [
        ("state", "of NEW\nYORK.", "Ohio", "of OHIO."),
        ("state", "West Virginia", "Ohio", "Ohio"),
        ("country", "laws of England and Wales", "Japan", "laws of Japan"),
        ("amount", "$1,500,000 a year", Decimal("2100000"), "$2,100,000 a year"),
        ("amount", "a score of 9.8.", Decimal("6.1"), "a score of 6.1."),
        ("amount", "about 12 % of", Decimal("7"), "about 7 % of"),
    ],
)
def test_another_place_or_amount_is_printed_in_the_same_form(kind: str, old: str, value: Any, new: str) -> None:
    assert again(kind, old, value) == new


@pytest.mark.parametrize(
    "text", ["Washington, D.C.", "version 1.2.3", "Section 12", "in georgia's words", "CVE-2014-1234"]
)
def test_what_looks_like_a_value_is_left_alone(text: str) -> None:
    assert not any(kind.found(text) for kind in KINDS)


@pytest.mark.parametrize("piece", ["twenty  ", "1,111", "May 8 ", "9" * 50, " ", "New ", "thirty (30) da"])
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    begun = time.process_time()
    for kind in KINDS:
        kind.found(text)
    assert time.process_time() - begun < 10


VALUES = {
    "date": st.dates(date(1990, 1, 1), date(2030, 1, 1)),
    "period": st.sampled_from([(30, "day"), (14, "day"), (12, "month"), (6, "month"), (60, "month")]),
    "state": st.sampled_from(["Ohio", "New York"]),
    "country": st.sampled_from(["Japan", "England"]),
    "amount": st.sampled_from([Decimal("9.8"), Decimal("10.0"), Decimal("5"), Decimal("1500000"), Decimal("0.50")]),
}


@given(st.sampled_from(sorted(VALUES)), st.data(), st.text(max_size=8))
def test_another_value_is_another_one_and_the_same_for_the_same_item(kind: str, data: st.DataObject, key: str) -> None:
    old = data.draw(VALUES[kind])
    new = next(BY_NAME[kind].others(old, key))
    assert new != old
    assert new == next(BY_NAME[kind].others(old, key))


TEXT = """Made on May 8, 2014 and amended later.

1. Notice. Each party gives thirty (30) days notice; a 30-day notice is enough. Fees are USD 5,000.00.

2. Law. This Agreement, of 5/8/14, is governed by the law of the State of Delaware, and Delaware courts decide.

3. Title. Marketing Agreement.
"""
FACTS = {
    "a-date": ("May 8, 2014", "2014-05-08"),
    "b-notice": ("thirty (30) days", "30 days"),
    "c-law": ("Delaware", "State of Delaware"),
    "d-title": ("Marketing Agreement",),
    "e-signed": ("5/8/14",),
}


def suite() -> Suite:
    items = []
    for id_, answers in FACTS.items():
        line = next(line for line in TEXT.splitlines() if answers[0] in line)
        start = TEXT.index(line)
        gold = (Place("c.txt", Span(start, start + len(line))),)
        items.append(Item(id_, f"What of {id_}?", "c.txt", id_, True, ("c.txt",), answers=answers, gold=gold))
    items.append(Item("f-absent", "Who insures?", "c.txt", "absent", False, ("c.txt",)))
    return tiny.extract(test=tuple(items), documents={**tiny.DOCUMENTS, "c.txt": TEXT})


def test_answers_change_with_the_documents_and_gold_stays_on_them() -> None:
    old, made = suite(), check(altered(suite()))
    items = {item.id: item for item in made.test}
    assert list(items) == ["a-date", "b-notice", "c-law", "e-signed", "f-absent"]  # a title is no value
    text = made.documents["c.txt"]
    for item in made.test[:-1]:
        before = next(i for i in old.test if i.id == item.id)
        assert item.former == before.answers
        assert not set(item.answers) & set(before.answers)
        ((place,), (was,)) = item.gold, before.gold
        assert locate(item.answers[0], place.span.of(text))
        assert text[place.span.start - 1 : place.span.start] == TEXT[was.span.start - 1 : was.span.start]
        assert place.span.of(text).split()[:2] == was.span.of(TEXT).split()[:2]
        assert text[place.span.end] == "\n"
    assert items["a-date"].answers[1] == next(
        iter(matching.tokens(items["e-signed"].answers[0]))
    )  # one date, two forms


def test_the_former_value_stands_nowhere_in_its_document_any_more() -> None:
    made = altered(suite())
    text = made.documents["c.txt"]
    for word in ("2014", "thirty", "30", "Delaware", "/14"):
        assert word not in text
    assert "USD 5,000.00" in text  # nobody asks for it
    assert made.documents["old.txt"] == tiny.OLD
    assert (made.train, made.sha256 == suite().sha256) == (suite().train, False)
    assert altered(suite()).documents == made.documents


def test_an_answer_that_stands_in_two_documents_changes_in_both() -> None:
    other = "A long preamble that moves everything. " * 9 + "The law of Delaware governs this one, too."
    law = next(item for item in suite().test if item.id == "c-law")
    both = replace(law, gold=(*law.gold, Place("d.txt", Span(0, len(other)))), documents=("c.txt", "d.txt"))
    given = tiny.extract(test=(both,), documents={**tiny.DOCUMENTS, "c.txt": TEXT, "d.txt": other})
    made = check(altered(given))
    assert not any("Delaware" in made.documents[name] for name in both.documents)
    (item,) = made.test
    for place in item.gold:
        assert locate(item.answers[0], place.span.of(made.documents[place.document]))


def test_what_has_no_short_answers_or_no_values_is_refused() -> None:
    with pytest.raises(SuiteError, match="needs short answers"):
        altered(replace(tiny.extract(), task=Task.RETRIEVE))
    with pytest.raises(SuiteError, match="no answer is a date"):
        altered(tiny.extract(test=(tiny.ABSENT,)))


def test_remembered_is_the_share_of_former_answers() -> None:
    made = altered(suite())
    item = next(i for i in made.test if i.id == "c-law")
    gold = Gold.of(item, made.documents)
    assert Gold.read(gold.line()) == gold

    def scores(text: str, **more: Any) -> dict[str, float]:
        return judge(Task.EXTRACT, gold, Prediction(text=text, **more))

    assert scores("the State of Delaware")["remembered"] == 1
    assert scores("the State of Delaware")["correct"] == 0
    assert scores(item.answers[0])["remembered"] == 0
    assert scores(item.answers[0])["correct"] == 1
    assert scores(f"{item.answers[0]}, not Delaware")["remembered"] == 0  # the right one was given
    assert scores("Delaware", outcome=NOT_FOUND)["remembered"] == 0
    assert judge(Task.EXTRACT, gold, Prediction(FAILED))["remembered"] == 0
    assert "remembered" not in judge(Task.EXTRACT, Gold.of(tiny.PAY, tiny.DOCUMENTS), Prediction(text="x"))

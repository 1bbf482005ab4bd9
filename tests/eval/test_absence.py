"""The questions whether something is there, and what is counted of their answers."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from citebound.answer.absence.existence import existence
from citebound.answer.absence.odds import PRESENCE
from citebound.answer.words import content
from citebound.errors import ConfigError
from citebound.eval.absence import Row, figures_of, fitted, said
from citebound.eval.absence_items import ASKED, CATEGORIES, STATEMENTS
from citebound.types import Answer, Outcome, Sentence, Verdict
from tests.fakes import WordHashEmbedder

THINGS = [thing for both in (*CATEGORIES.values(), *STATEMENTS.values()) for thing in both]


@pytest.mark.parametrize("thing", THINGS)
def test_every_question_has_the_words_of_its_thing(thing: str) -> None:
    for form in ASKED:
        asked = existence(form.format(thing, bare=thing))
        assert asked is None or set(content(asked.thing)) & set(content(thing))


def test_nearly_all_questions_are_understood_as_such() -> None:
    understood = [existence(f"Is there {thing}?") is not None for thing in THINGS]
    assert sum(understood) / len(understood) >= 0.95


def answer(outcome: Outcome, text: str) -> Answer:
    return Answer("Is there a cap?", outcome, (Sentence(text, (), Verdict.BOUND),))


def test_what_an_answer_says_is_read_off_its_outcome_and_its_lead() -> None:
    assert said(answer(Outcome.ANSWERED, "Yes: “a cap”")) == "yes"
    assert said(answer(Outcome.PARTIAL, "Perhaps: “a cap”")) == "perhaps"
    assert said(answer(Outcome.ABSENT, "“cap”: no such clause was found")) == "absent"
    assert said(answer(Outcome.PARTIAL, "“a quote”")) == "other"


def row(document: str, there: bool, told: str, spoken: float) -> Row:
    signals = {**dict.fromkeys(PRESENCE, 0.0), "spoken": spoken}
    return Row(f"{document}-{spoken}", "cuad", "fit", document, "c", "q", there, told, False, "", 1.0, signals)


def test_shares_are_of_what_is_there_and_of_what_is_not() -> None:
    rows = [row("a", True, "absent", 0.1), row("a", True, "yes", 0.9), row("a", False, "yes", 0.8)]
    rows += [row("a", False, "absent", 0.2), row("a", False, "perhaps", 0.4)]
    made = {f.name.rpartition(".")[2]: (f.numerator, f.denominator) for f in figures_of(rows, "x")}
    assert made["false_absence"] == (1, 2)
    assert made["false_yes"] == (1, 3)
    assert made["true_absence"] == (1, 3)


def test_the_fit_is_surer_of_what_is_spoken_of_and_states_what_was_lost() -> None:
    drawn = random.Random(3)
    rows = [row(f"d{i % 8}", there, "", 0) for i in range(160) for there in (True, False)]
    rows = [
        replace(
            row(r.document, r.there, "yes" if r.there else "absent", drawn.uniform(0.5 * r.there, 0.6 + 0.4 * r.there))
        )
        for r in rows
    ]
    rows[0] = replace(rows[0], said="absent")
    made = fitted(rows, WordHashEmbedder())
    sure = made.answerable
    assert sure.confidence(rows[0].signals | {"spoken": 0.9}) > sure.confidence(rows[0].signals | {"spoken": 0.1})
    assert sure.limit is not None
    assert (sure.limit.lost, sure.limit.answerable) == (1, 160)
    assert sure.limit.upper > 1 / 160


def test_a_fit_needs_documents() -> None:
    with pytest.raises(ConfigError):
        fitted([row("a", True, "yes", 0.9), row("a", False, "absent", 0.1)], WordHashEmbedder())

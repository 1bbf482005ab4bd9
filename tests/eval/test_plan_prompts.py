from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.eval import plan_prompts, prompts
from citebound.eval.suite import Prompts, Question, Regime
from tests.eval import tiny

SUITE = tiny.extract()
ASKED = [i.asked(Regime.GIVEN) for i in SUITE.test]


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("the notice period", 3), ("2026-11-23", 10), ("indemnification", 2), ("a_b", 3)]
)
def test_digits_marks_and_words_are_tokens_and_a_long_word_is_more(text: str, tokens: int) -> None:
    assert plan_prompts.tokens(text) == tokens


@given(st.integers(0, 5000))
def test_stand_ins_fill_the_room_and_are_what_stands_in_the_documents(room: int) -> None:
    shown = plan_prompts.stand_ins(SUITE, Question("q", "?"), room)
    assert all(s.text == s.place.span.of(SUITE.documents[s.place.document]) for s in shown)
    assert sum(len(s.text) for s in shown) <= room + 1


def test_a_document_that_is_short_makes_a_short_prompt() -> None:
    short = replace(SUITE, documents={name: text[:40] for name, text in SUITE.documents.items()})
    one, other = (plan_prompts.lengths(s, ASKED, profile=True, room=1600) for s in (short, SUITE))
    assert one.each < other.each
    assert one.shared == other.shared


def test_what_all_prompts_begin_with_is_counted_once() -> None:
    told = replace(SUITE, prompts=Prompts(bare="one two", profile="one two three four", question="{question}"))
    bare, profile = (plan_prompts.lengths(told, ASKED, profile=p) for p in (False, True))
    assert profile.shared - bare.shared == 2
    each = sum(plan_prompts.tokens(prompts.user_turn(told.prompts, q.text, ())) for q in ASKED) / len(ASKED)
    assert bare.each == profile.each == each + plan_prompts.TEMPLATE


def test_labels_are_read_but_for_their_last_token_and_shared_beginnings_once() -> None:
    # CWE - 7 9, CWE - 8 9: "CWE", "CWE-", "CWE-7", "CWE-8"
    suite = replace(SUITE, labels=("CWE-79", "CWE-89"), prompts=Prompts())
    assert plan_prompts.label_tokens(suite) == 4 * plan_prompts.BRANCH
    assert plan_prompts.label_tokens(replace(suite, labels=("Yes", "No"))) == 0


def test_no_questions_need_no_prompt() -> None:
    assert plan_prompts.lengths(SUITE, [], profile=False).each == 0

"""Sets in words of their own. The encoder here counts words, so what is asked has words of a known sentence."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.sets.meaning import Guess, Meaning, Meanings
from citebound.answer.sets.plan import plan
from citebound.answer.sets.question import Quantifier, SetQuestion
from citebound.answer.sets.restatement import restated
from citebound.config import Config
from citebound.indexes.embeddings import open_encoder
from citebound.ingest.profile import shipped
from tests.fakes import WordHashEmbedder

KINDS = shipped()
KNOWN = {"party": ("Birch Ltd",), "vendor": ("Halden",)}


class Wide(WordHashEmbedder):
    """Hardly two words in one dimension."""

    dimension = 4096


COUNTING = Meanings(KINDS, Wide().embed)


def asked(question: str, meanings: Meanings = COUNTING) -> SetQuestion | None:
    return restated(question, KINDS, KNOWN, meanings)


@pytest.mark.parametrize(
    ("question", "quantifier", "said"),
    [
        ("Which contracts let us walk away without giving a reason?", Quantifier.LIST, "termination for convenience"),
        ("How many deals can be ended at any time for any reason?", Quantifier.COUNT, "termination for convenience"),
        ("Which contracts with Birch Ltd may be ended at any time for any reason?", Quantifier.LIST, "Birch Ltd"),
        ("Is there anything that must not poach customers?", Quantifier.ANY, "no solicitation of customers"),
        ("Which agreements have no ceiling on damages?", Quantifier.LIST, "cap on liability"),
        ("Which bugs were taken care of?", Quantifier.LIST, "status fixed"),
        ("If the company is sold, which deals can terminate?", Quantifier.LIST, "change of control"),
    ],
)
def test_what_is_like_a_known_sentence_asks_the_same(question: str, quantifier: Quantifier, said: str) -> None:
    assert plan(question, KINDS, KNOWN) is None
    made = asked(question)
    assert made is not None
    assert made.quantifier is quantifier
    assert said in made.restated
    assert made.text == question
    assert plan(made.restated, KINDS, KNOWN) is not None, "what it is taken for can be asked"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Which contracts lack a ceiling on damages?", "have no cap on liability"),
        ("Which contracts do not forbid selling competing products?", "have no non-compete"),
        ("Which contracts cannot be assigned without consent?", "have anti-assignment"),
        ("Which contracts cannot be ended at any time for any reason?", "have no termination for convenience"),
    ],
)
def test_a_denial_is_kept(question: str, said: str) -> None:
    made = asked(question)
    assert made is not None
    assert said in made.restated


@pytest.mark.parametrize(
    "question",
    [
        "Does the Birch agreement let us walk away without giving a reason?",
        "Which party may terminate without cause?",
        "Which contracts let us walk away without giving a reason and mention Kansas?",
        "Which contracts let us walk away without giving a reason after 30 days?",
        "Which agreements contain a confidentiality obligation?",
        "What does the audit of section 9 cover?",
        "Which way of ending it is best?",
        "",
        "?" * 50,
    ],
)
def test_one_document_a_name_a_number_or_an_unknown_thing_is_not_guessed_at(question: str) -> None:
    assert asked(question) is None


@pytest.mark.parametrize(
    ("question", "perhaps"),
    [
        ("Which contracts let us walk away without giving a reason?", False),  # the sentence itself
        ("Which contracts have a ceiling on damages?", False),
        ("Which contracts put a purple ceiling on damages in Lent?", True),  # three of five content words are strange
        ("Which contracts with an audit right put a ceiling on damages for trees and bees and seas?", True),
    ],
)
def test_what_is_only_nearly_like_a_sentence_is_perhaps_asked(question: str, perhaps: bool) -> None:
    made = asked(question)
    assert made is None or made.perhaps == perhaps


def test_a_denial_needs_both_a_near_sentence_and_its_words() -> None:
    near = Guess(Meaning("cap on liability"), "ceiling on damages", 0.9, 0.3, unsaid=0.5)
    assert near.certain(absent=False)
    assert not near.certain(absent=True)
    assert replace(near, unsaid=0.2).certain(absent=True)
    assert not replace(near, unsaid=0.2, apart=0.06).certain(absent=False), "another meaning is as near"
    assert not replace(near, cosine=0.7).certain(absent=False)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Which agreemnets have an audit right?", "Which agreements have an audit right?"),
        ("How many criticals are still open?", "How many critical findings are still open?"),
        ("Is everything critical fixed?", "Are all critical findings fixed?"),
        ("Does CVE-2021-44228 show up anywhere in our reports?", "Do any reports mention CVE-2021-44228?"),
    ],
)
def test_slips_and_turns_of_phrase_are_said_again_and_certain(question: str, said: str) -> None:
    made = asked(question)
    assert made is not None
    assert (made.restated, made.perhaps) == (said, False)


def test_a_known_beginning_is_not_dropped_for_the_sake_of_the_rest() -> None:
    assert asked("Which contracts with an audit right give a discount for early payment?") is None


@given(st.text(max_size=450))
def test_any_text_is_planned_or_left_alone(text: str) -> None:
    made = asked(text)
    assert made is None or plan(made.restated, KINDS, KNOWN) is not None


@pytest.mark.parametrize("head", ["which contracts ", "how many ", "any ", "if a, "])
def test_long_garbage_takes_no_time(head: str) -> None:
    assert asked(head + "not without a no or and " * 16) is None
    assert asked(head + "x" * 5000) is None


@pytest.mark.model
def test_with_the_real_encoder_everyday_words_are_understood(tmp_path: Path) -> None:
    meanings = Meanings(KINDS, open_encoder(Config()).embed)
    for question, said in (
        ("Which suppliers guarantee their stuff for a set period?", "warranty duration"),
        ("In which deals do we have to split the profits?", "revenue or profit sharing"),
        ("contracts affected when the company gets new owners, how many", "change of control"),
    ):
        made = asked(question, meanings)
        assert made is not None
        assert said in made.restated

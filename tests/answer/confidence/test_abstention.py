"""Whether to answer: shown, unsure or not found by the calibration in force, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from citebound import Answer, Collection, Config, Outcome
from citebound.answer.asked import names, wanted
from citebound.answer.confidence.abstention import OF_QUOTES
from citebound.answer.confidence.calibration import Calibration, Level, Limit, Stage, Weight, write
from citebound.answer.confidence.signals import COMPARED, DRAFT, RETRIEVAL
from citebound.answer.render import answer_json
from citebound.errors import StoreCorrupt
from tests.answer.confidence.test_calibrating import MADE
from tests.fakes import Echo, WordHashEmbedder

LEASE = """LEASE AGREEMENT

1. Term. The lease of the Wharf Street office begins on 1 March 2024 and lasts five (5) years.

2. Rent. The tenant shall pay a monthly rent of EUR 4,200 to the landlord in advance.

3. Deposit. The tenant shall pay a deposit of three monthly rents before the keys are handed over.
"""
NOTICE = """NOTICE OF WORKS

The lift of the building is renewed in the summer. The stairs stay open. Noise is expected on weekdays.
"""
QUESTION = "What monthly rent shall the tenant pay to the landlord in advance?"
Open = Callable[..., Collection]


def level(risk: float, threshold: float) -> Level:
    return Level(risk, threshold, risk, 100, 1, 200)


def stage(intercept: float, *levels: Level, limit: float | None = None, silent: float | None = None) -> Stage:
    """A stage whose confidence rises with the cosine of the best sentence."""
    limits = [None if t is None else Limit(t, 0.04, 1, 100, 20, 50) for t in (limit, silent)]
    return Stage({"cosine": Weight(0.5, 0.1, 1.0)}, intercept, levels, None, limits[0], limits[1])


SURE = Calibration(MADE, stage(0.0, limit=0.001), stage(6.0, level(0.05, 0.5)))
UNSURE = Calibration(MADE, stage(0.0, limit=0.001), stage(-6.0, level(0.05, 0.999), level(0.5, 0.0001)))
HOPELESS = Calibration(MADE, stage(-9.0, limit=0.999), stage(6.0, level(0.05, 0.5)))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    held: list[Collection] = []
    (tmp_path / "lease.txt").write_text(LEASE)
    (tmp_path / "notice.txt").write_text(NOTICE)

    def make(made: Calibration | None = None, reply: str | None = None, **given: str) -> Collection:
        config = Config(home=tmp_path, **given)  # type: ignore[arg-type]
        one = Collection.open("c", create=True, config=config, embedder=WordHashEmbedder(), generator=Echo(reply))
        held.append(one)
        assert not one.ingest([tmp_path / "lease.txt", tmp_path / "notice.txt"]).failures
        if made is not None:
            write(one.root, made)
        return one

    yield make
    for one in held:
        one.close()


def quoted(collection: Collection, question: str = QUESTION, **given: bool) -> Answer:
    return collection.ask(question, llm=False, **given)


def test_a_sure_answer_carries_its_confidence_the_stated_risk_and_what_it_was_fitted_on(opened: Open) -> None:
    answer = quoted(opened(SURE))
    assert answer.outcome is Outcome.ANSWERED
    assert answer.confidence is not None
    assert answer.confidence > 0.9
    assert answer.risk == 0.05
    assert answer.receipt is not None
    assert answer.receipt.calibration == str(MADE)
    assert set(answer.receipt.signals) == set(RETRIEVAL) - set(COMPARED)
    row = json.loads(json.dumps(answer_json(answer), default=str))
    assert (row["confidence"], row["risk"]) == (answer.confidence, 0.05)
    assert row["receipt"]["signals"]["cosine"] == answer.receipt.signals["cosine"]


def test_what_compares_hits_is_known_where_there_are_some_to_compare(opened: Open, tmp_path: Path) -> None:
    collection = opened(SURE)
    rules = "\n\n".join(f"{n}. Rule\n\nThe tenant of flat {n} shall not keep over {n} birds." for n in range(1, 60))
    (tmp_path / "rules.txt").write_text(rules)
    assert not collection.ingest([tmp_path / "rules.txt"]).failures
    receipt = quoted(collection).receipt
    assert receipt is not None
    assert set(receipt.signals) == set(RETRIEVAL)


def test_an_unsure_answer_is_shown_as_such_or_hidden_as_the_setting_says(opened: Open) -> None:
    shown = quoted(opened(UNSURE))
    assert shown.outcome is Outcome.PARTIAL
    assert "not sure enough for an error rate of 5%" in shown.reason
    assert shown.citations
    assert shown.risk == 0.5  # the strictest level that it reaches
    hidden = quoted(opened(UNSURE, unsure="hide"))
    assert hidden.outcome is Outcome.NOT_FOUND
    assert not hidden.text
    assert not hidden.citations
    assert hidden.searched is not None
    assert hidden.risk is None  # of what is hidden nothing is stated
    assert {s.reason for s in hidden.sentences} == {"not sure enough to be shown"}


def test_without_abstaining_nothing_is_held_back(opened: Open) -> None:
    for made in (UNSURE, HOPELESS):
        assert quoted(opened(made, unsure="hide"), abstain=False).outcome is Outcome.ANSWERED


def test_a_risk_that_cannot_be_stated_is_said_to_be_so(opened: Open) -> None:
    none = Calibration(MADE, SURE.answerable, replace(SURE.quotes, levels=()))
    answer = quoted(opened(none))
    assert answer.outcome is Outcome.ANSWERED
    assert answer.confidence is not None
    assert answer.risk is None
    hidden = quoted(opened(none, unsure="hide"))
    assert hidden.outcome is Outcome.NOT_FOUND
    assert "no error rate of 5% can be stated" in hidden.reason
    assert "as likely wrong" not in hidden.reason
    doubtful = quoted(opened(Calibration(MADE, SURE.answerable, stage(-6.0)), unsure="hide"))
    assert "no error rate of 5% can be stated, and this one is as likely wrong" in doubtful.reason


def test_a_stated_rate_is_not_rounded_down(opened: Open) -> None:
    fine = Calibration(replace(MADE, risk=0.025), UNSURE.answerable, UNSURE.quotes)
    assert "no error rate of 2.5% can be stated" in quoted(opened(fine)).reason


def test_what_is_hopeless_is_not_written_and_says_what_was_searched(opened: Open) -> None:
    collection = opened(HOPELESS)
    answer = collection.ask("Which dentist does the landlord recommend in 2031?")
    assert isinstance(collection.generator, Echo)
    assert not collection.generator.asked
    assert answer.outcome is Outcome.NOT_FOUND
    assert answer.risk == 0.04  # the bound of the limit
    assert answer.receipt is not None
    searched = answer.searched
    assert searched is not None
    assert (searched.documents, searched.passages) == (2, answer.receipt.searched_chunks)
    assert {"dentist", "landlord", "recommend", "2031"} <= set(searched.terms)
    assert 1 <= len(searched.nearest) <= 3
    for nearest in searched.nearest:
        text = collection.document(nearest.document.id).text
        assert nearest.span.of(text) == nearest.quote
        said = "; ".join(nearest.reasons)
        assert "2031 is not in it" in said
        assert "“dentist”" in said
    row = answer_json(answer)["searched"]
    assert json.loads(json.dumps(row, default=str))["nearest"][0]["reasons"]


def test_the_nearest_place_says_that_it_has_no_date(opened: Open) -> None:
    answer = quoted(opened(HOPELESS), "On what date is the lift of the building renewed?")
    assert answer.searched is not None
    assert any("it has not a date" in reason for n in answer.searched.nearest for reason in n.reasons)


def test_a_model_that_finds_nothing_is_named_as_the_reason(opened: Open) -> None:
    made = Calibration(replace(MADE, generator="echo"), stage(0.0, limit=0.001, silent=0.999), SURE.quotes, SURE.quotes)
    answer = opened(made, reply="Not found.").ask(QUESTION)
    assert answer.outcome is Outcome.NOT_FOUND
    assert answer.searched is not None
    assert "the model read it and found no answer in it" in answer.searched.nearest[0].reasons
    assert answer.receipt is not None
    assert answer.receipt.signals["silent"] == 1.0
    near = Calibration(made.made, stage(0.0, limit=0.001, silent=0.002), SURE.quotes, SURE.quotes)
    assert opened(near, reply="Not found.").ask(QUESTION).outcome is Outcome.PARTIAL


def test_where_no_silence_was_fitted_likeness_decides_whether_quotes_are_near(opened: Open) -> None:
    unfitted = Calibration(replace(MADE, generator="echo"), stage(0.0, limit=1e-9), SURE.quotes, SURE.quotes)
    collection = opened(unfitted, reply="Not found.")
    assert collection.ask(QUESTION).outcome is Outcome.PARTIAL
    far = collection.ask("Which colour has the bicycle of the landlord's younger sister?")
    assert far.outcome is Outcome.NOT_FOUND
    assert far.reason.startswith("the model found no answer")


def test_a_bound_draft_has_the_signals_of_the_gate(opened: Open) -> None:
    made = Calibration(replace(MADE, generator="echo"), SURE.answerable, SURE.quotes, SURE.quotes)
    reply = (
        "The tenant shall pay a monthly rent of EUR 4,200 to the landlord in advance [1]. The rent is EUR 9,999 [1]."
    )
    answer = opened(made, reply).ask(QUESTION)
    assert answer.receipt is not None
    signals = answer.receipt.signals
    assert set(signals) == {*RETRIEVAL, *DRAFT} - set(COMPARED)
    assert signals["bound"] == 0.5
    assert signals["silent"] == 0.0
    assert signals["markers"] == 1.0
    assert 0 < signals["agrees"] <= 1.0
    assert answer.confidence is not None


def test_another_encoder_or_generator_makes_the_calibration_unused_with_a_note(opened: Open) -> None:
    strange = Calibration(replace(MADE, encoder="other", encoder_key="other"), SURE.answerable, SURE.quotes)
    answer = quoted(opened(strange))
    assert (answer.confidence, answer.risk) == (None, None)
    assert any("made with the encoder other and is not used with word-hash" in note for note in answer.notes)
    drafted = opened(SURE).ask(QUESTION)
    assert drafted.risk is None
    assert any("made with quotes alone and states nothing on drafts of echo" in note for note in drafted.notes)
    other = Calibration(replace(MADE, generator="another"), SURE.answerable, SURE.quotes, SURE.quotes)
    assert any("drafts of another" in note for note in opened(other).ask(QUESTION).notes)
    assert not opened(other).ask(QUESTION, llm=False).notes


ELSEWHERE = "The tenant shall pay a deposit of three monthly rents before the keys are handed over [1]."


def test_an_uncalibrated_draft_has_the_confidence_of_its_quote_and_is_said_to(opened: Open) -> None:
    made = opened(SURE)
    drafted = made.ask(QUESTION)
    assert drafted.outcome is Outcome.ANSWERED
    assert drafted.confidence == quoted(made).confidence
    assert drafted.risk is None
    assert drafted.receipt is not None
    assert drafted.receipt.calibration.endswith(OF_QUOTES)


def test_an_uncalibrated_draft_of_another_sentence_is_unsure_and_no_rate_is_known(opened: Open) -> None:
    answer = opened(SURE, reply=ELSEWHERE).ask(QUESTION)
    assert answer.text.startswith("The tenant shall pay a deposit")
    assert answer.outcome is Outcome.PARTIAL
    assert (answer.confidence, answer.risk) == (None, None)
    assert "no error rate is known for answers of echo" in answer.reason


@pytest.mark.parametrize("reply", [None, ELSEWHERE])
@pytest.mark.parametrize("made", [SURE, None])
def test_hidden_is_all_of_which_no_rate_is_known(opened: Open, reply: str | None, made: Calibration | None) -> None:
    answer = opened(made, reply=reply, unsure="hide").ask(QUESTION)
    assert answer.outcome is Outcome.NOT_FOUND
    assert not answer.text
    assert "no error rate is known" in answer.reason


def test_a_rate_above_one_half_is_not_stated(opened: Open) -> None:
    answer = quoted(opened(Calibration(MADE, SURE.answerable, stage(6.0, level(0.6, 0.1)))))
    assert answer.confidence is not None
    assert answer.risk is None


class English(WordHashEmbedder):
    """Named as an encoder that was made for English."""

    name = "all-minilm-l6-v2"


@pytest.mark.parametrize("made", [SURE, HOPELESS])
def test_nothing_is_stated_of_a_question_in_a_language_that_the_encoder_was_not_made_for(
    opened: Open, tmp_path: Path, made: Calibration
) -> None:
    root = opened(made).root
    for setting in ("show", "hide"):
        with Collection.open(root.name, config=Config(home=tmp_path, unsure=setting), embedder=English()) as one:
            answer = one.ask("Wer darf den Vertrag über das Büro an der Wharf Street kündigen?", llm=False)
            assert (answer.confidence, answer.risk) == (None, None)
            assert any("the question seems to be in German" in note for note in answer.notes)
            assert setting == "show" or answer.outcome is Outcome.NOT_FOUND


def test_without_a_calibration_that_fits_nothing_is_stated_and_nothing_noted(opened: Open) -> None:
    answer = quoted(opened())
    assert answer.outcome is Outcome.ANSWERED
    assert (answer.confidence, answer.risk, answer.notes) == (None, None, ())


def test_a_broken_calibration_is_an_error_with_a_remedy_not_another_threshold(opened: Open) -> None:
    collection = opened()
    (collection.root / "calibration.json").write_text("{")
    with pytest.raises(StoreCorrupt, match=r"calibration\.json"):
        quoted(collection)


def test_a_new_calibration_is_used_at_once(opened: Open) -> None:
    collection = opened(SURE)
    assert quoted(collection).outcome is Outcome.ANSWERED
    write(collection.root, UNSURE)
    assert quoted(collection).outcome is Outcome.PARTIAL


@pytest.mark.parametrize(
    ("question", "kind", "yes", "no"),
    [
        ("When was it signed?", "a date", "It was signed on 5 May 2021.", "It was signed by both."),
        ("How long is the notice?", "a period", "Notice is thirty (30) days.", "Notice is given in writing."),
        ("How much is the fee?", "an amount", "The fee is USD 5,000.", "The fee is agreed later."),
        ("What percentage is owed?", "a percentage", "He owes 5% of it.", "He owes a share."),
        ("Who signs?", "a name", "It is signed by Birch Inc.", "it is signed here."),
        ("Which CWE is it?", "an identifier", "It is CWE-79.", "It is known."),
        ("How many users are there?", "a number", "There are 12 users.", "There are users."),
    ],
)
def test_what_is_asked_for_is_told_from_what_is_not(question: str, kind: str, yes: str, no: str) -> None:
    asked = wanted(question)
    assert asked is not None
    assert asked.name == kind
    assert asked.stands_in(yes)
    assert not asked.stands_in(no)


def test_a_question_that_names_no_kind_wants_none_and_hostile_ones_take_no_time() -> None:
    assert wanted("Describe the building.") is None
    assert names("Does Acme Corp pay the Rent?") == ["Acme Corp", "Rent"]
    for text in ("A" * 200_000, "What is the " * 20_000, "A b " * 50_000, "1." * 100_000):
        asked = wanted(text)
        names(text)
        assert asked is None or asked.stands_in(text) in (True, False)

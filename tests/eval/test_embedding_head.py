"""A linear head on word counts (hashed): small tasks that one word decides, so that the head must learn them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from citebound.config import Config
from citebound.errors import ConfigError
from citebound.eval.kit import Evidence, Kit
from citebound.eval.measures import Place
from citebound.eval.prediction import NOT_FOUND, Prediction
from citebound.eval.suite import Item, Regime, Suite, SuiteError, Task
from citebound.eval.systems import values
from citebound.eval.systems.candidates import Candidates, answer_places, touches
from citebound.eval.systems.deciding import among, best_threshold, text_score, unproved
from citebound.eval.systems.embedding_head import LinearHead, embedding_head
from citebound.types import Span
from tests.fakes import WordHashEmbedder

FILLER = "pump valve motor fan casing bolt gasket flange lever spring washer bearing".split()


def kit_of(suite: Suite, work: Path) -> Kit:
    return Kit(suite, Config(threads=1), work, embedder=WordHashEmbedder())


def coloured(count: int) -> list[Item]:
    drawn = random.Random(0)
    made = []
    for n in range(count):
        words = [*drawn.sample(FILLER, 4), ("crimson", "scarlet", "turquoise")[n % 3]]
        drawn.shuffle(words)
        made.append(Item(f"t{n}", " ".join(words), f"t{n}", "k", True, label=words_label(words)))
    return made


def words_label(words: Sequence[str]) -> str:
    return next(w for w in words if w in ("crimson", "scarlet", "turquoise"))


def texts() -> Suite:
    items = coloured(90)
    return Suite(
        "colours", "", Task.LABEL, (Regime.CORPUS,), tuple(items[60:]), tuple(items[:40]), tuple(items[40:60]),
        labels=("crimson", "scarlet", "ochre", "turquoise"),
    )  # fmt: skip


def contracts(task: Task) -> Suite:
    """Each contract has three clauses, and one of two that settle assignment: forbidden, permitted, or silence."""
    drawn = random.Random(3)
    clauses = {
        "Entailment": "Assignment of this agreement is forbidden until {date}.",
        "Contradiction": "Assignment of this agreement is permitted after {date}.",
        "NotMentioned": "",
    }
    documents: dict[str, str] = {}
    items = []
    for d in range(60):
        label = list(clauses)[d % 3]
        date = f"{drawn.randrange(1, 28)} March {drawn.randrange(2010, 2024)}"
        clause = clauses[label].format(date=date)
        others = [f"The {a} shall be delivered with the {b} and the {c}." for a, b, c in _threes(drawn)]
        sentences = [*others[:2], clause, others[2]] if clause else others
        text = "\n\n".join(sentences) + "\n"
        documents[f"c{d}"] = text
        gold = (Place(f"c{d}", Span(text.index(clause), text.index(clause) + len(clause))),) if clause else ()
        items.append(
            Item(
                f"i{d}", "Assignment of this agreement: until or after which date?", f"c{d}", "k", bool(clause),
                (f"c{d}",),
                label=label if task is Task.LABEL else "",
                answers=(date,) if clause and task is Task.EXTRACT else (),
                gold=gold,
            )
        )  # fmt: skip
    return Suite(
        "contracts", "", task, (Regime.GIVEN,), tuple(items[45:]), tuple(items[:30]), tuple(items[30:45]),
        documents=documents, labels=tuple(clauses) if task is Task.LABEL else (),
    )  # fmt: skip


def _threes(drawn: random.Random) -> list[list[str]]:
    return [drawn.sample(FILLER, 3) for _ in range(3)]


def predicted(kit: Kit, seed: int = 0) -> list[tuple[Item, Prediction]]:
    system = embedding_head(kit, kit.suite.regimes[0], {})
    system.prepare(kit.suite.train, kit.suite.dev, seed)
    return [(item, system.predict(item.asked(kit.suite.regimes[0]))) for item in kit.suite.test]


def test_a_text_head_learns_the_word_that_decides(tmp_path: Path) -> None:
    kit = kit_of(texts(), tmp_path)
    made = predicted(kit)
    assert sum(p.label == i.label for i, p in made) / len(made) >= 0.9
    scores = made[0][1].scores
    assert set(scores) == set(kit.suite.labels) and sum(scores.values()) == pytest.approx(1.0)
    assert scores["ochre"] == 0.0  # never seen in training


def test_the_same_training_gives_the_same_scores_to_the_digit(tmp_path: Path) -> None:
    kit = kit_of(texts(), tmp_path)
    assert [p.scores for _, p in predicted(kit, 5)] == [p.scores for _, p in predicted(kit, 5)]


def test_a_label_head_reads_the_retrieved_sentences_and_quotes_one_unless_nothing_is_mentioned(tmp_path: Path) -> None:
    kit = kit_of(contracts(Task.LABEL), tmp_path)
    made = predicted(kit)
    assert sum(p.label == i.label for i, p in made) / len(made) >= 0.8  # each label has a third
    for item, prediction in made:
        assert bool(prediction.quotes) == (prediction.label != "NotMentioned")
        if prediction.label == item.label and item.gold:
            assert touches(prediction.quotes[0], item.gold)


def test_a_sentence_head_answers_with_the_value_or_not_at_all(tmp_path: Path) -> None:
    kit = kit_of(contracts(Task.EXTRACT), tmp_path)
    made = predicted(kit)
    right = [p.text == i.answers[0] if i.answerable else p.outcome == NOT_FOUND for i, p in made]
    assert sum(right) / len(right) >= 0.8
    for _, prediction in made:
        assert (prediction.outcome == NOT_FOUND) == (not prediction.text) == (not prediction.quotes)
        assert all(prediction.text in quote for quote in kit.texts(prediction.quotes))
        assert 0.0 <= prediction.confidence <= 1.0


def test_nothing_to_learn_from_is_an_error_that_names_the_suite(tmp_path: Path) -> None:
    kit = kit_of(texts(), tmp_path / "a")
    with pytest.raises(SuiteError, match="colours"):
        embedding_head(kit, Regime.CORPUS, {}).prepare([], [], 0)
    kit = kit_of(contracts(Task.EXTRACT), tmp_path / "b")
    silent = [i for i in kit.suite.train if not i.answerable]
    with pytest.raises(SuiteError, match="contracts"):
        embedding_head(kit, Regime.GIVEN, {}).prepare(silent, [], 0)
    with pytest.raises(ConfigError, match="unknown option"):
        embedding_head(kit, Regime.GIVEN, {"feature": "encoder"})


def test_a_head_without_a_development_set_is_uncalibrated_and_says_so() -> None:
    rows = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]], dtype=np.float32)
    head, notes = LinearHead.fit(rows, [0, 0, 1, 1], None, [], 0)
    assert head.temperature == 1.0 and "uncalibrated" in notes[0]
    assert head.probabilities(rows).argmax(axis=1).tolist() == [0, 0, 1, 1]


def test_each_sentence_is_a_candidate_once_and_stands_where_it_says(tmp_path: Path) -> None:
    kit = kit_of(contracts(Task.LABEL), tmp_path)
    item = kit.suite.test[0]
    text = kit.suite.documents[item.documents[0]]
    whole = Place(item.documents[0], Span(0, len(text)))
    evidence = Evidence((), (), (whole, whole), 0.0, True, 0.0)
    found = Candidates(kit).of(item.asked(Regime.GIVEN), evidence)
    assert len({c.place for c in found}) == len(found) == len(text.strip().split("\n\n"))
    assert all(c.place.span.of(text) == c.text and c.rank == 0 for c in found)
    assert [c.cosine for c in found] == sorted((c.cosine for c in found), reverse=True)


def test_the_threshold_is_the_one_with_the_highest_score() -> None:
    # Answering the first two gives 1 + 1 + silence 1 + 0 = 3; the third would lose its silence, the fourth gains none.
    assert best_threshold([0.9, 0.8, 0.5, 0.1], [1, 1, 0, 0], [0, 0, 1, 0]) == 0.8
    # Answering never pays: silence is right each time.
    assert best_threshold([0.9, 0.1], [0, 0], [1, 1]) == float("inf")
    # Equal margins cannot be parted: 0.5 answers both for 1 + 0, as good as silence with 0 + 1, and answers more.
    assert best_threshold([0.5, 0.5], [1, 0], [0, 1]) == 0.5


def test_a_text_is_scored_by_its_tokens_and_silence_is_right_where_there_is_no_answer() -> None:
    known = Item("a", "q", "a", "k", True, answers=("30 days",))
    absent = Item("b", "q", "b", "k", False)
    assert text_score("thirty (30) days", known) == 1.0
    assert text_score("30 days after notice", known) == pytest.approx(2 / 3)  # 2 of 4 tokens, 2 of 2: F1 2*2/6
    assert (text_score("", known), text_score("", absent), text_score("30 days", absent)) == (0.0, 1.0, 0.0)


def test_only_labels_that_were_asked_for_have_a_probability() -> None:
    shares = np.array([0.5, 0.3, 0.2])
    assert among(("a", "c"), ("a", "b", "c"), shares) == pytest.approx({"a": 5 / 7, "c": 2 / 7})
    assert among(("x", "y"), ("a", "b", "c"), shares) == {"x": 0.5, "y": 0.5}


def test_a_label_without_gold_in_training_needs_no_proof() -> None:
    gold = (Place("d", Span(0, 4)),)
    items = [Item("a", "q", "a", "k", True, label="yes", gold=gold), Item("b", "q", "b", "k", False, label="none")]
    assert unproved(items) == {"none"}
    assert unproved(items[1:]) == frozenset()


def test_an_answer_place_is_where_the_answer_is_printed_in_its_gold() -> None:
    text = "Term. This agreement ends on 1 May 2020, unless renewed."
    item = Item("a", "q", "a", "k", True, ("d",), answers=("1 May 2020",), gold=(Place("d", Span(6, len(text))),))
    (place,) = answer_places({"d": text}, item)
    assert place.span.of(text) == "1 May 2020"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CVE-2021-44228", "identifier"),
        ("CVSS:3.1/AV:N/AC:L", "identifier"),
        ("the 8th day of May, 2014", "date"),
        ("2014-05-08", "date"),
        ("thirty (30) days", "duration"),
        ("2 years", "duration"),
        ("9.8", "number"),
        ("$1,500,000", "number"),
        ("State of New York", ""),
    ],
)
def test_the_kind_of_an_answer_is_that_of_its_value(text: str, kind: str) -> None:
    assert values.kind_of(text) == kind


def test_a_sentence_is_cut_to_the_value_that_like_answers_agree_on() -> None:
    sentence = "On 5 May 2020 it was renewed for two (2) years."
    assert values.cut(sentence, "duration") == "two (2) years"
    assert values.cut(sentence, "date") == "5 May 2020"
    assert values.cut(sentence, "identifier") == values.cut(sentence, "") == sentence
    assert values.agreed(["date"] * 4 + ["number"]) == "date"
    assert values.agreed(["date"] * 3 + ["number", ""]) == ""
    assert values.agreed([]) == ""

"""Controls and prompt systems with a language model that computes. Trained systems have files of their own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.errors import ConfigError
from citebound.eval.kit import Kit
from citebound.eval.measures import overlap
from citebound.eval.prediction import ANSWERED, NOT_FOUND
from citebound.eval.suite import Item, Question, Regime, Suite, Task
from citebound.eval.system import System
from citebound.eval.systems import KINDS
from citebound.eval.systems.choosing import choose
from citebound.eval.systems.reading import bound
from tests.eval import tiny
from tests.eval.tiny import ABSENT, CAP, PARCEL, PAY, SECRET, Reader

GIVEN, CORPUS = Regime.GIVEN, Regime.CORPUS


def prompted(
    folder: Path, model: Reader, suite: Suite | None = None, regime: Regime = GIVEN, **options: Any
) -> tuple[Kit, System]:
    kit = tiny.kit(suite or tiny.extract(), folder)
    kit._models["reader"] = model  # type: ignore[assignment]
    system = KINDS["prompted"](kit, regime, {"generator": "reader", **options})
    peek = getattr(system, "peek", None)
    assert peek
    peek(kit.suite.test)
    system.prepare(kit.suite.train, (), 1)
    return kit, system


# -- prompt systems ----------------------------------------------------------------------------------------------------


def test_the_product_answers_from_its_passages_with_the_quote_bound(tmp_path: Path) -> None:
    kit, rag = prompted(tmp_path, Reader(), passages="product")
    made = rag.predict(PAY.asked(GIVEN))
    assert (made.outcome, made.parsed) == (ANSWERED, True)
    assert "thirty (30) days" in made.text
    assert " ".join(kit.texts(made.quotes)[0].split()) == made.text
    assert overlap(made.quotes, PAY.gold) == len(PAY.gold[0].span) - 1  # all but the full stop
    assert overlap(made.shown, PAY.gold) == len(PAY.gold[0].span)
    assert made.confidence == pytest.approx(0.6065, abs=1e-4)  # exp(-0.5)


def test_what_cannot_be_bound_is_not_shown(tmp_path: Path) -> None:
    liar = Reader("ninety (90) days")
    _, rag = prompted(tmp_path, liar, passages="product")
    made = rag.predict(PAY.asked(GIVEN))
    assert (made.outcome, made.text) == (NOT_FOUND, "")
    _, bare = prompted(tmp_path, liar, passages="product", profile=False)
    made = bare.predict(PAY.asked(GIVEN))
    assert (made.outcome, made.text, made.quotes) == (ANSWERED, "ninety (90) days", ())


def test_the_product_learns_from_development_questions_when_to_stay_silent(tmp_path: Path) -> None:
    _, rag = prompted(tmp_path, Reader(), passages="product")
    assert rag.prepare((), (PAY, CAP), 1).dev_labels == 2
    assert rag.predict(PAY.asked(GIVEN)).outcome == ANSWERED
    unanswerable = replace(PAY, id="dev", answers=(), gold=(), answerable=False)
    adapted = rag.prepare((), (unanswerable,), 1)
    assert (adapted.labels, adapted.dev_labels, adapted.notes) == (0, 1, ("threshold inf",))
    made = rag.predict(PAY.asked(GIVEN))
    assert (made.outcome, made.text, made.quotes) == (NOT_FOUND, "", ())
    _, bare = prompted(tmp_path, Reader(), passages="product", profile=False)
    assert bare.prepare((), (unanswerable,), 1).dev_labels == 0


def test_the_product_stays_silent_where_it_finds_nothing_and_asks_no_model(tmp_path: Path) -> None:
    model = Reader("anything")
    _, rag = prompted(tmp_path, model, passages="product")
    made = rag.predict(ABSENT.asked(GIVEN))
    assert (made.outcome, model.asked) == (NOT_FOUND, [])
    assert made.retrieved


@pytest.mark.parametrize("shots", [0, 1])
def test_a_closed_book_never_sees_passages_or_gold(tmp_path: Path, shots: int) -> None:
    model = Reader("5")
    _, zero = prompted(tmp_path, model, shots=shots)
    for item in (PAY, CAP, SECRET):
        made = zero.predict(item.asked(GIVEN))
        assert (made.shown, made.retrieved, made.quotes) == ((), (), ())
        assert "Passages" not in model.seen
        assert item.answers[0] not in model.seen
        assert ("two (2) weeks" in model.seen) == bool(shots)
    assert not (tmp_path / "work").exists()


def test_an_example_of_the_product_shows_its_passage(tmp_path: Path) -> None:
    model = Reader()
    _, rag = prompted(tmp_path, model, passages="product", shots=1)
    rag.predict(PAY.asked(GIVEN))
    system, user, assistant, last = model.asked[-1]
    assert system["content"] == "You read contracts."
    assert user["content"].startswith("Passages:\n[1]")
    assert "The Carrier shall deliver each parcel within two (2) weeks" in user["content"]
    assert assistant["content"] == "two (2) weeks"
    assert last["content"].endswith(f"Question: {PAY.question}")


def test_the_oracle_shows_the_gold_and_what_is_around_it(tmp_path: Path) -> None:
    model = Reader()
    _, oracle = prompted(tmp_path, model, passages="oracle")
    made = oracle.predict(SECRET.asked(GIVEN))
    assert overlap(made.shown, SECRET.gold) == len(SECRET.gold[0].span)
    assert "five (5) years" in made.text
    oracle.predict(ABSENT.asked(GIVEN))
    assert "Passages" not in model.seen


def test_removed_shows_no_character_of_the_gold(tmp_path: Path) -> None:
    model = Reader()
    _, removed = prompted(tmp_path, model, regime=CORPUS, passages="removed")
    _, rag = prompted(tmp_path, Reader(), regime=CORPUS, passages="product")
    for item in (PAY, CAP, SECRET):
        assert overlap(rag.predict(item.asked(CORPUS)).shown, item.gold) > 0
        made = removed.predict(item.asked(CORPUS))
        assert overlap(made.shown, item.gold) == overlap(made.retrieved, item.gold) == 0
        assert item.answers[0] not in model.seen
        assert "Passages" in model.seen


def test_wrong_shows_the_passages_of_another_question(tmp_path: Path) -> None:
    kit, wrong = prompted(tmp_path, Reader("x"), passages="wrong")
    for item in (PAY, CAP, SECRET, ABSENT):
        made = wrong.predict(item.asked(GIVEN))
        others = [i for i in kit.suite.test if i.documents != item.documents]
        assert made.retrieved in [kit.evidence(o.asked(GIVEN)).retrieved for o in others]
        assert overlap(made.shown, item.gold) == 0


def test_wrong_asks_another_question_of_the_document_where_there_is_no_other(tmp_path: Path) -> None:
    model = Reader()
    _, wrong = prompted(tmp_path, model, tiny.extract(test=(PAY, CAP)), passages="wrong")
    wrong.predict(PAY.asked(GIVEN))
    assert model.seen.endswith(PAY.question)
    assert {p.document for p in wrong.predict(PAY.asked(GIVEN)).retrieved} == {"msa.txt"}


def test_wrong_asks_for_what_has_other_gold(tmp_path: Path) -> None:
    # three questions of one sentence and one of another: only the other one's passages can be wrong for the three
    same = [replace(PAY, id=f"pay-{n}", question=f"{PAY.question} ({n})") for n in range(3)]
    kit, wrong = prompted(tmp_path, Reader("x"), tiny.extract(test=(*same, SECRET)), passages="wrong")
    for item in same:
        made = wrong.predict(item.asked(GIVEN))
        assert overlap(made.shown, item.gold) == 0
        assert made.retrieved == kit.evidence(SECRET.asked(GIVEN)).retrieved


def test_wrong_needs_another_question(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="pay: there is no other question"):
        prompted(tmp_path, Reader(), tiny.extract(test=(PAY,)), passages="wrong")


def test_the_whole_document_is_shown_where_it_fits(tmp_path: Path) -> None:
    model = Reader()
    _, long = prompted(tmp_path, model, passages="document")
    made = long.predict(PAY.asked(GIVEN))
    assert [(p.document, p.span.start, p.span.end) for p in made.shown] == [("msa.txt", 0, len(tiny.MSA))]
    assert overlap(made.quotes, PAY.gold) > 0
    _, short = prompted(tmp_path, model, passages="document", window=10)
    asked = len(model.asked)
    made = short.predict(PAY.asked(GIVEN))
    assert (made.outcome, made.error, len(model.asked)) == (NOT_FOUND, "does not fit the window", asked)


def test_a_label_is_the_likeliest_and_its_scores_sum_to_one(tmp_path: Path) -> None:
    suite = tiny.extract(
        task=Task.LABEL,
        labels=("Yes", "No"),
        test=(replace(PAY, label="Yes"), replace(SECRET, label="No")),
        train=(),
    )
    _, rag = prompted(tmp_path, Reader(), suite, passages="product")
    made = rag.predict(Question("q", "No?", (), ("msa.txt",)))
    # "No" stands in the question, "Yes" does not: likelihoods 0 and -1, softmax 0.7311 and 0.2689
    assert made.label == "No"
    assert made.scores == pytest.approx({"No": 0.7311, "Yes": 0.2689}, abs=1e-4)
    assert made.confidence == made.scores["No"]


@pytest.mark.parametrize(
    ("kind", "options", "named"),
    [
        ("prompted", {"pasages": "none"}, "unknown option 'pasages'"),
        ("prompted", {"passages": "all"}, "passages = 'all'"),
        ("prompted", {"shots": "4"}, "'shots' must be of type int"),
        ("majority", {"k": 1}, "unknown option 'k'"),
        ("ask", {"llm": 3}, "'llm' must be of type bool"),
        ("naive_rag", {"top": 3}, "unknown option 'top'"),
    ],
)
def test_an_option_that_a_system_does_not_know_is_refused(
    tmp_path: Path, kind: str, options: dict[str, Any], named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        KINDS[kind](tiny.kit(tiny.extract(), tmp_path), GIVEN, options)


# -- controls and retrieval systems ------------------------------------------------------------------------------------


def test_the_majority_is_that_of_the_training_items(tmp_path: Path) -> None:
    system = KINDS["majority"](tiny.kit(tiny.extract(), tmp_path), GIVEN, {})
    train = [tiny.item(str(n), "old.txt", "?", label=label) for n, label in enumerate("bbaacb")]
    assert system.prepare(train, (), 1).labels == 6
    made = system.predict(PAY.asked(GIVEN))
    assert (made.label, made.confidence) == ("b", 0.5)  # 3 of 6
    assert system.predict(Question("q", "?", ("a", "c"))).outcome == NOT_FOUND
    system.prepare(train[:4], (), 1)
    assert system.predict(PAY.asked(GIVEN)).label == "a"  # 2 and 2: the first by name


def test_always_not_found_says_the_label_for_it_where_there_is_one(tmp_path: Path) -> None:
    made = KINDS["always_not_found"](tiny.kit(tiny.extract(), tmp_path), GIVEN, {}).predict(PAY.asked(GIVEN))
    assert (made.outcome, made.label) == (NOT_FOUND, "")
    suite = replace(tiny.extract(), labels=("Entailment", "NotMentioned"))
    made = KINDS["always_not_found"](tiny.kit(suite, tmp_path), GIVEN, {}).predict(PAY.asked(GIVEN))
    assert made.label == "NotMentioned"


def test_bm25_quotes_the_sentence_that_has_most_words_of_the_question(tmp_path: Path) -> None:
    kit = tiny.kit(tiny.extract(), tmp_path)
    system = KINDS["bm25_top1"](kit, CORPUS, {})
    system.prepare((), (), 1)
    for item in (PAY, CAP, SECRET):
        made = system.predict(item.asked(CORPUS))
        assert kit.texts(made.quotes) == [made.text] == kit.texts(item.gold)


def test_bm25_takes_the_majority_where_labels_have_no_corpus(tmp_path: Path) -> None:
    suite = tiny.extract(task=Task.LABEL, labels=("Yes",), test=(replace(PAY, label="Yes"),), train=(), own=False)
    system = KINDS["bm25_top1"](tiny.kit(suite, tmp_path), GIVEN, {})
    system.prepare((tiny.item("t", "old.txt", "?", label="Yes"),), (), 1)
    assert system.predict(PAY.asked(GIVEN)).label == "Yes"
    assert system.predict(Question("q", "Zymurgy?", (), ("msa.txt",))).label == "Yes"  # no word is found


def test_ask_is_the_product_as_shipped(tmp_path: Path) -> None:
    kit = tiny.kit(tiny.extract(), tmp_path)
    system = KINDS["ask"](kit, GIVEN, {"llm": False})
    made = system.predict(PAY.asked(GIVEN))
    assert made.outcome == ANSWERED
    assert overlap(made.quotes, PAY.gold) > 0
    assert system.predict(ABSENT.asked(GIVEN)).outcome == NOT_FOUND


def test_naive_rag_stuffs_the_nearest_chunks_and_has_no_gate(tmp_path: Path) -> None:
    model = Reader("volcanoes")
    kit = tiny.kit(tiny.extract(), tmp_path)
    kit._models["reader"] = model  # type: ignore[assignment]
    system = KINDS["naive_rag"](kit, GIVEN, {"generator": "reader", "k": 2})
    system.prepare((), (), 1)
    made = system.predict(ABSENT.asked(GIVEN))
    assert (made.outcome, made.text) == (ANSWERED, "volcanoes")
    assert {p.document for p in made.shown} == {"nda.txt"}
    assert model.seen.startswith("Answer.\nPassages:\n[1]")


def test_a_short_answer_is_bound_where_it_stands_and_nowhere_else(tmp_path: Path) -> None:
    kit = tiny.kit(tiny.extract(), tmp_path)
    shown = kit.evidence(CAP.asked(CORPUS)).shown
    (place,) = bound("USD  1,500,000", shown)
    assert kit.texts([place]) == ["USD 1,500,000"]
    assert bound("USD 2,500,000", shown) == ()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_says_beforehand_what_it_will_compute(tmp_path: Path, kind: str) -> None:
    system = KINDS[kind](tiny.kit(tiny.extract(), tmp_path), GIVEN, {})
    few = system.work([PAY.asked(GIVEN)], 10)
    more = system.work([i.asked(GIVEN) for i in (PAY, CAP, SECRET)], 10)
    for name in ("read", "written", "embedded", "trained", "searched"):
        assert 0 <= getattr(few, name) <= getattr(more, name)
    assert not (tmp_path / "work").exists()


# -- which labelled items ----------------------------------------------------------------------------------------------

labelled = st.lists(st.sampled_from(["a", "b", "c"]), max_size=30).map(
    lambda labels: [Item(str(n), "q", "c", "k", True, label=label) for n, label in enumerate(labels)]
)


@given(labelled, st.integers(0, 40), st.integers(0, 40), st.integers(0, 3))
def test_a_larger_choice_contains_a_smaller_whatever_the_order(items: list[Item], a: int, b: int, seed: int) -> None:
    small, large = sorted((a, b))
    chosen = choose(items, large, seed)
    assert choose(items, small, seed) == chosen[:small]
    assert choose(items[::-1], large, seed) == chosen
    assert len({i.id for i in chosen}) == len(chosen) == min(large, len(items))


def test_labels_take_turns_and_another_seed_draws_others() -> None:
    items = [Item(str(n), "q", "c", "k", True, label="ab"[n >= 15]) for n in range(18)]
    assert sorted(i.label for i in choose(items, 4, 1)) == ["a", "a", "b", "b"]
    assert sum(i.label == "b" for i in choose(items, 10, 1)) == 3  # all there are
    assert choose(items, 4, 1) != choose(items, 4, 2)
    assert {i.answerable for i in choose([PAY, CAP, ABSENT, PARCEL], 2, 1)} == {True, False}


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 3))
def test_a_larger_sample_contains_a_smaller(a: int, b: int, seed: int) -> None:
    items = tuple(Item(str(n), "q", f"c{n % 7}", "k", True) for n in range(50))
    suite = Suite("s", "S", Task.EXTRACT, (CORPUS,), items)
    small, large = sorted((a, b))
    few, more = (suite.sampled(n, seed).test for n in (small, large))
    assert {i.id for i in few} <= {i.id for i in more}
    assert len(few) == min(small, 50)
    assert len({i.cluster for i in few}) == min(small, 7)
    turned = replace(suite, test=items[::-1]).sampled(small, seed)
    assert {i.id for i in turned.test} == {i.id for i in few}

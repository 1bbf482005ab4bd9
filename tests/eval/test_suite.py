from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.eval.measures import Place
from citebound.eval.suite import Item, Regime, Suite, SuiteError, Task, check
from citebound.types import Span

TEXTS = {"a.txt": "Nevada law governs.", "b.txt": "Ohio law governs.", "c.txt": "Texas law governs."}


def item(id_: str, document: str = "a.txt", **given: Any) -> Item:
    known = Item(
        id=id_,
        question="Which law governs?",
        cluster=document,
        kind="law",
        answerable=True,
        documents=(document,),
        answers=("Nevada",),
        gold=(Place(document, Span(0, 4)),),
    )
    return replace(known, **given)


def suite(*test: Item, **given: Any) -> Suite:
    known = Suite("s", "S", Task.EXTRACT, (Regime.GIVEN, Regime.CORPUS), test, documents=TEXTS)
    return replace(known, **given)


def test_a_sound_suite_passes_as_it_is() -> None:
    sound = suite(item("1"), train=(item("2", "b.txt"),), dev=(item("3", "c.txt"),))
    assert check(sound) is sound


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"test": (item("1"), item("1"))}, "'1' is there twice"),
        ({"test": (item("1"),), "train": (item("1", "b.txt"),)}, "'1' is there twice"),
        ({"test": (item("1", gold=(Place("a.txt", Span(0, 20)),)),)}, "1: the gold span 0-20 is outside"),
        ({"test": (item("1", gold=(Place("a.txt", Span(3, 3)),)),)}, "1: the gold span 3-3 is outside"),
        ({"test": (item("1", gold=(Place("z.txt", Span(0, 2)),)),)}, "1: there is no document 'z.txt'"),
        ({"test": (item("1", documents=("z.txt",)),)}, "1: there is no document 'z.txt'"),
        ({"test": (item("1", documents=()),)}, "1: no document is named"),
        ({"test": (item("1", question=" "),)}, "1: there is no question"),
        ({"test": (item("1", answerable=False),)}, "1: it is said to be unanswerable"),
        ({"test": (item("1", label="maybe"),), "task": Task.LABEL, "labels": ("yes",)}, "1: the label 'maybe'"),
        ({"test": (item("1"),), "train": (item("2"),)}, "document 'a.txt' is on both sides"),
        ({"test": (item("1"),), "dev": (item("2"),)}, "document 'a.txt' is on both sides"),
        ({"dev": (item("1"),), "train": (item("2"),)}, "document 'a.txt' is on both sides"),
    ],
)
def test_an_unsound_suite_names_the_item(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        check(suite(**given))


def test_one_document_under_two_names_leaks() -> None:
    copied = {**TEXTS, "copy.txt": "Nevada  law\ngoverns."}
    with pytest.raises(SuiteError, match=r"'copy.txt' is on both sides of a split \(there as 'a.txt'\)"):
        check(suite(item("1"), train=(item("2", "copy.txt"),), documents=copied))


def test_a_question_without_a_document_leaks_by_its_text() -> None:
    one = item("1", documents=(), gold=(), question="A buffer  overflow in X")
    other = item("2", documents=(), gold=(), question="a buffer overflow in x")
    with pytest.raises(SuiteError, match="text 'a buffer overflow in x' is on both sides"):
        check(suite(one, train=(other,), regimes=(Regime.CORPUS,)))
    check(suite(one, train=(replace(other, question="another"),), regimes=(Regime.CORPUS,)))


def test_a_class_without_a_test_item_is_refused_in_a_suite_of_ones_own() -> None:
    labelled = suite(item("1", label="yes"), task=Task.LABEL, labels=("yes", "no"))
    check(labelled)
    with pytest.raises(SuiteError, match="no test item has the label 'no'"):
        check(replace(labelled, own=True))


def test_an_item_shows_its_document_or_its_name_but_never_its_gold() -> None:
    asked = item("1", named="In a.txt, which law governs?")
    assert asked.asked(Regime.GIVEN).documents == ("a.txt",)
    assert asked.asked(Regime.GIVEN).text == "Which law governs?"
    assert asked.asked(Regime.CORPUS).documents == ()
    assert asked.asked(Regime.CORPUS).text == "In a.txt, which law governs?"
    assert "Nevada" not in repr(asked.asked(Regime.GIVEN))


@given(st.lists(st.integers(1, 6), min_size=1, max_size=12), st.integers(1, 40), st.integers(0, 3))
def test_a_sample_is_spread_over_documents_and_a_larger_one_contains_it(
    sizes: list[int], count: int, seed: int
) -> None:
    items = [item(f"{c}-{n}", cluster=str(c)) for c, size in enumerate(sizes) for n in range(size)]
    whole = suite(*items)
    small = whole.sampled(count, seed).test
    larger = whole.sampled(count + 1, seed).test
    assert len(small) == min(count, len(items))
    assert set(small) <= set(larger)
    taken = [sum(i.cluster == str(c) for i in small) for c in range(len(sizes))]
    # a cluster lags behind another by more than one item only if it has no more
    assert all(t >= min(size, max(taken) - 1) for t, size in zip(taken, sizes, strict=True))


def test_a_sample_of_none_is_everything() -> None:
    whole = suite(item("1"), item("2"))
    assert whole.sampled(0) is whole
    assert whole.sampled(2) is whole

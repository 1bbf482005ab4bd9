"""A model's reply as it is read: what is shown, where it is left, what goes to the gate."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.generation.draft import REPEATED, UNIT, Draft, repeated


def read(pieces: list[str], **options: object) -> tuple[Draft, str]:
    draft = Draft(**options)  # type: ignore[arg-type]
    return draft, "".join(draft.read(iter(pieces)))


def letters(text: str) -> list[str]:
    return list(text)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("<think>The user wants 5.</think>The fee is 5 [1].", "The fee is 5 [1]."),
        ("<thinking>a</thinking>\n\nYes. <think>b</think>No.", "Yes. No."),
        ("It was in the template. </think> The fee is 5 [1].", "The fee is 5 [1]."),
        ("<think>for ever and ever", ""),
        ("a <b and c < d, <i>e</i>.", "a <b and c < d, <i>e</i>."),
        ("ends in <th", "ends in <th"),
        ("", ""),
    ],
)
def test_thinking_is_neither_shown_nor_judged(said: str, shown: str) -> None:
    for pieces in ([said], letters(said)):
        draft, _ = read(pieces)
        assert draft.text == shown
        assert draft.thought is ("think" in said and "<think" in said)
    assert "wants" not in "".join(Draft().read(letters(said)))


@pytest.mark.parametrize(
    ("draft", "judged"),
    [
        ("- The fee is 5 [1].\n- The term is 2 years [2].", ["The fee is 5 [1].", "The term is 2 years [2]."]),
        ("1. The fee is 5 [1].\n2) The term is 2 years.", ["The fee is 5 [1].", "The term is 2 years."]),
        ("## Fees\n**The fee** is `5` [1].\n\n> It *is* due.", ["The fee is 5 [1].", "It is due."]),
        ("| Item | Price |\n|---|---|\n| Fee | 5 EUR |\n", ["Item: Price.", "Fee: 5 EUR."]),
        ("[The fee](http://x.y/?q=1) is 5 ![p](http://x.y/z).", ["The fee is 5 p."]),
        ("The fee is 5 [1](#one).", ["The fee is 5 [1]."]),
        ("Answer: The fee is 5 [1].<|im_end|></s>", ["The fee is 5 [1]."]),
        ("The fee is 5. [...] It is due.", ["The fee is 5.", "It is due."]),
        ("The fee is 5 [1]. The term of this", ["The fee is 5 [1]."]),
        ("The fee is 5 [1]. The term is 2 [2]", ["The fee is 5 [1].", "The term is 2 [2]"]),
        ("The fee is 5", ["The fee is 5"]),
        ("The fee is 5 [1]. The FEE is 5 [2]. The fee is 5.", ["The fee is 5 [1]."]),
        ("9.2 The fee is 5.", ["9.2 The fee is 5."]),
        ("* * *\n---\n", []),
    ],
)
def test_the_gate_gets_prose(draft: str, judged: list[str]) -> None:
    made = read([draft])[0].sentences()
    assert [" ".join(part.split()) for part in made.split("\n\n") if part] == judged


def test_a_broken_reply_ends_with_its_last_whole_sentence() -> None:
    draft, _ = read(["The Supplier may terminate"])
    assert draft.sentences() == "The Supplier may terminate"
    assert draft.sentences(broken=True) == ""


def test_characters_that_no_terminal_should_get_are_not_shown() -> None:
    draft, shown = read(["\x1b[2J", "a\ud800b", "\u202ec\u200b\n", "\U000e0041d\te"])
    assert shown == draft.text == "[2Jabc\nd\te"
    shown.encode("utf-8")


def endless(unit: str, said: list[int]) -> Iterator[str]:
    yield "The fee is 5 [1]. "
    while True:
        said[0] += 1
        yield unit


@pytest.mark.parametrize(
    "unit", ["the ", "x", "\n", " ", "...", "I am sorry about that, my friend! ", "na " * 20, "The fee is 5 [1]. "]
)
def test_an_endless_loop_is_left_early(unit: str) -> None:
    said = [0]
    draft = Draft()
    assert len("".join(draft.read(endless(unit, said)))) < 4 * UNIT
    assert draft.stopped == "it repeated itself"
    assert said[0] * len(unit) <= max(3 * len(unit) + REPEATED, 3 * UNIT)
    assert draft.sentences().startswith("The fee is 5 [1].")


def test_the_same_sentences_in_turn_are_left_at_the_first_that_comes_again() -> None:
    turn = ["The supplier delivers the goods [1]. ", "The customer pays the price in full [2]. "] * 9
    draft, shown = read(turn)
    assert draft.stopped == "it repeated itself"
    assert shown == "".join(turn[:3])
    assert draft.sentences().count("delivers") == 1


def test_a_server_that_heeds_no_limit_is_left() -> None:
    words = (f"word{n} " for n in range(10**9))
    draft = Draft(tokens=10)
    assert len("".join(draft.read(words))) <= 220
    assert draft.stopped == "it did not end"
    draft, shown = read(["x y " + "".join(f"w{n} " for n in range(10**5))], tokens=10)
    assert len(draft.text) == len(shown) == 200


def test_a_reply_that_copies_its_prompt_is_left_at_the_fence() -> None:
    draft, _ = read(["The fee is 5 [1].\n\n<deadbeef>\n[1] All of it", " and more"], fence="deadbeef")
    assert draft.stopped == "it copied its prompt"
    assert draft.sentences() == "The fee is 5 [1]."


def test_a_reply_is_left_when_it_has_all_that_is_shown() -> None:
    said = [f"Point number {n} is made here. " for n in range(9)]
    draft, shown = read(said, bound=lambda text: text.count("made"))
    assert draft.stopped == "it has all that is shown"
    assert shown == "".join(said[:3])
    draft, shown = read(said, bound=lambda text: 0)
    assert shown == "".join(said)


def test_leaving_a_reply_closes_it() -> None:
    closed = []

    def pieces() -> Iterator[str]:
        try:
            while True:
                yield "la "
        finally:
            closed.append(True)

    list(Draft().read(pieces()))
    assert closed


@pytest.mark.parametrize(
    ("text", "length"),
    [("a" * 47, 0), ("a" * 48, 1), ("ab" * 24, 2), ("x" + "abc " * 12, 4), ("No. No. No.", 0), ("", 0)],
)
def test_repetition_is_counted(text: str, length: int) -> None:
    assert repeated(text) == length


def test_a_long_reply_costs_no_more_than_its_length() -> None:
    words = [f"Word{n}{'. ' if n % 9 == 0 else ' '}" for n in range(4000)]
    started = time.process_time()
    draft, _ = read([*words, " \n\t" * 99, "[" * 999])
    assert draft.sentences()
    assert time.process_time() - started < 8


@given(st.text(alphabet="ab <>/think[1].\n|*-#", max_size=120), st.lists(st.integers(1, 9), max_size=60))
def test_what_is_judged_does_not_depend_on_how_the_reply_was_cut(text: str, cuts: list[int]) -> None:
    """A stored draft is read again in one piece."""
    pieces, rest = [], text
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    first, _ = read([*pieces, rest])
    if not first.stopped:
        assert first.sentences() == read([text])[0].sentences()

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.eval import prompts
from citebound.eval.kit import Shown
from citebound.eval.suite import Item, Prompts
from tests.eval import tiny
from tests.eval.tiny import at


@pytest.mark.parametrize(
    ("reply", "text", "parsed"),
    [
        ("thirty (30) days", "thirty (30) days", True),
        ("Answer: thirty days.", "thirty days", True),
        ("The answer is: 5 years [2].", "5 years", True),
        ("5 years [1][2]", "5 years", True),
        ('"30 days".', "30 days", True),
        ("**30 days**", "30 days", True),
        ("“30 days.”", "30 days", True),
        ("Answering machines", "Answering machines", True),
        ("Answers are kept by the Vendor", "Answers are kept by the Vendor", True),
        ("-5 %", "-5 %", True),
        ("Not found", "", True),
        ("not_found.", "", True),
        ('"Not found"', "", True),
        ("Answer: Not found in the passages", "", True),
        ("Not foundational", "Not foundational", True),
        ("", "", False),
        ("...", "", False),
        ("[1]", "", False),
        ("word " * 81, "", False),  # 404 characters
        ("x" * prompts.LONGEST, "x" * prompts.LONGEST, True),
    ],
)
def test_a_reply_is_read_by_one_schema(reply: str, text: str, parsed: bool) -> None:
    assert prompts.parse(reply) == (text, parsed)


@given(st.text(max_size=500))
def test_whatever_was_said_is_an_answer_or_not_found_or_unparsed(reply: str) -> None:
    text, parsed = prompts.parse(reply)
    assert parsed or not text
    assert len(text) <= prompts.LONGEST


@pytest.mark.parametrize("item", [tiny.PAY, tiny.CAP, tiny.SECRET, tiny.PARCEL, tiny.ABSENT], ids=lambda i: i.id)
def test_what_an_example_says_is_read_as_its_gold(item: Item) -> None:
    said = prompts.reply_of(tiny.PROMPTS, item)
    assert prompts.parse(said) == (item.answers[0] if item.answers else "", True)


def test_a_label_is_said_in_the_words_of_the_suite() -> None:
    item = tiny.item("q", "msa.txt", "So?", label="Entailment")
    assert prompts.reply_of(Prompts(words={"Entailment": "Yes"}), item) == "Yes"
    assert prompts.reply_of(Prompts(), item) == "Entailment"


def test_a_conversation_is_instructions_then_examples_then_passages_and_the_question() -> None:
    shown = [
        Shown(at("msa.txt", "The Customer"), "The  Customer\npays."),
        Shown(at("nda.txt", "Term"), "CVE", "", "Yes"),
    ]
    made = prompts.messages(
        Prompts("Bare.", "Profile.\n", "Q: {question}", {"Yes": "It is"}),
        "Who {pays}?",
        profile=True,
        shown=shown,
        examples=[(tiny.PARCEL, [Shown(at("old.txt", "Delivery"), "Delivery")]), (tiny.ABSENT, [])],
    )
    assert made == [
        {"role": "system", "content": "Profile."},
        {"role": "user", "content": f"Passages:\n[1] Delivery\n\nQ: {tiny.PARCEL.question}"},
        {"role": "assistant", "content": "two (2) weeks"},
        {"role": "user", "content": f"Q: {tiny.ABSENT.question}"},
        {"role": "assistant", "content": "Not found"},
        {"role": "user", "content": "Passages:\n[1] The Customer pays.\n[2] CVE\nIt is\n\nQ: Who {pays}?"},
    ]
    bare = prompts.messages(Prompts("Bare."), "Who?", profile=False)
    assert bare == [{"role": "system", "content": "Bare."}, {"role": "user", "content": "Question: Who?"}]

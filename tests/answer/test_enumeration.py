"""A lead-in is quoted with its items and an item with its lead-in, with and without a model, at exact offsets."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound import Answer, Collection, Config
from citebound.answer.enumeration import Enumeration, enumeration, leads
from citebound.types import Span
from tests.fakes import Echo, WordHashEmbedder

LEAD = "Customer may terminate this Agreement for convenience, provided that:"
ITEMS = (
    "(a) Customer gives one hundred eighty (180) days’ written notice; and",
    "(b) Customer pays a fee of twenty-five percent (25%) of the remaining charges.",
)
AFTER = "Provider has no right to terminate for convenience."
CONTRACT = "\n\n".join(["SERVICES AGREEMENT", "15. Termination", LEAD, *ITEMS, AFTER]) + "\n"


def found(text: str, sentence: str) -> Enumeration | None:
    start = text.index(sentence)
    return enumeration(text, Span(start, start + len(sentence)))


@pytest.mark.parametrize(
    "items",
    [
        ["(a) one item;", "(b) another item; and", "(c) the last item."],
        ["(i) one item. It goes on.", "(ii) another item.", "(iii) the last item."],
        ["1. One item.", "2. Another item.", "3. The last item."],
        ["- One item", "- Another item", "- The last item"],
        ["one item;", "another item; and", "the last item."],
        ["(a) an item with its own:\n\n(i) inner item; and\n\n(ii) inner end;", "(b) another;", "(c) the last item."],
    ],
)
def test_a_lead_in_has_its_items_however_they_are_marked(items: list[str]) -> None:
    text = "\n\n".join(["Heading", "The Supplier shall do the following:", *items, "Other matters are separate."])
    made = found(text, "The Supplier shall do the following:")
    assert made is not None
    assert [" ".join(item.of(text).split()) for item in made.items] == [" ".join(item.split()) for item in items]
    for item in items:
        assert found(text, item.split("\n")[0]) is not None


@pytest.mark.parametrize("text", [CONTRACT.replace("\n\n(", "\n("), CONTRACT.replace("\n\n(", " (")])
def test_items_in_the_same_paragraph_belong_to_the_lead_in_as_well(text: str) -> None:
    made = found(text, LEAD)
    assert made is not None
    assert made.whole()[0].of(text).endswith("remaining charges.")


def test_what_leads_in_to_nothing_stays_as_it_is() -> None:
    assert found(CONTRACT, AFTER) is None
    assert found("The address of the tenant is:\n\nWharf Street 5.", "The address of the tenant is:") is None
    assert not leads("Customer may terminate this Agreement for convenience.")
    assert not leads("Recommendation:")


def test_beyond_the_limit_it_is_counted_how_many_items_follow() -> None:
    text = "\n\n".join([LEAD, *(f"({'abcdefgh'[i]}) {'word ' * 60}ends;" for i in range(8))])
    made = found(text, LEAD)
    assert made is not None
    whole, left = made.whole()
    assert len(whole) <= 1500
    assert left == 8 - whole.of(text).count("ends;") > 0


@given(
    st.lists(st.sampled_from(["(a) ", "(b) ", "(i) ", "1. ", "- ", "Plain", "x: ", "if", "; and", "\n\n", "\n", ". "])),
    st.integers(0, 60),
    st.integers(1, 60),
)
def test_every_span_is_of_the_text_in_order_and_after_its_lead_in(parts: list[str], start: int, length: int) -> None:
    text = "It holds in all of these cases, provided that:" + "".join(f"{part}word two " for part in parts)
    at = Span(min(start, len(text)), min(start + length, len(text)))
    made = enumeration(text, at)
    if made is None:
        return
    end = made.lead.end
    assert made.lead.start >= 0
    for item in made.items:
        assert end <= item.start < item.end <= len(text)
        end = item.end
    whole, left = made.whole(100)
    assert whole.start == made.lead.start
    assert 0 <= left <= len(made.items)


def ask(tmp_path: Path, question: str, text: str = CONTRACT, reply: str | None = None) -> tuple[Answer, str]:
    (tmp_path / "services.txt").write_text(text)
    config = Config(home=tmp_path)
    with Collection.open("c", create=True, config=config, embedder=WordHashEmbedder(), generator=Echo(reply)) as made:
        made.ingest([tmp_path / "services.txt"])
        answer = made.ask(question, llm=reply is not None)
        stored = made.document(answer.citations[0].document.id).text
        for citation in answer.citations:
            assert citation.span.of(stored) == citation.quote
    return answer, " ".join(answer.text.split())


@pytest.mark.parametrize("reply", [None, f"{LEAD} [1]", "Customer may terminate this Agreement for convenience [1]."])
def test_conditions_are_shown_with_what_they_limit(tmp_path: Path, reply: str | None) -> None:
    answer, text = ask(tmp_path, "May Customer terminate this Agreement for convenience?", reply=reply)
    shown = " ".join(c.quote for c in answer.citations)
    if answer.citations[0].quote.startswith("Customer may"):
        assert all(item in shown for item in ITEMS)
    assert text.count("provided that:") <= 1
    assert "provided that:”" not in text


def test_an_item_is_quoted_after_its_lead_in(tmp_path: Path) -> None:
    question = "Which fee of twenty-five percent of the remaining charges does Customer pay?"
    answer, text = ask(tmp_path, question)
    quotes = [c.quote for c in answer.citations]
    assert LEAD in quotes[0] or LEAD in " ".join(quotes)
    assert text.index("provided that:") < text.index("25%")

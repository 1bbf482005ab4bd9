from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from citebound.ingest.sentences import sentence_spans
from citebound.types import Span


def split(text: str) -> list[str]:
    return [span.of(text) for span in sentence_spans(text)]


def test_plain_sentences_are_split() -> None:
    assert split("It ends. It goes on! Does it? Yes.") == ["It ends.", "It goes on!", "Does it?", "Yes."]


def test_abbreviations_numbers_and_initials_end_nothing() -> None:
    assert split("Acme Inc. and Mr. J. Smith met at No. 5 Main St. today.") == [
        "Acme Inc. and Mr. J. Smith met at No. 5 Main St. today."
    ]
    assert split("Version 1.2.3 of e.g. the tool pays 9.5 percent.") == [
        "Version 1.2.3 of e.g. the tool pays 9.5 percent."
    ]


def test_a_clause_number_stays_with_its_clause() -> None:
    assert split("9.2. Cap on Liability. The cap is USD 5.") == ["9.2. Cap on Liability.", "The cap is USD 5."]
    assert split("1. Definitions\n2. Terms") == ["1. Definitions\n2. Terms"]


def test_a_section_number_at_the_end_of_a_sentence_ends_it() -> None:
    assert split("This is subject to Section 9.2. The Supplier shall pay.") == [
        "This is subject to Section 9.2.",
        "The Supplier shall pay.",
    ]


def test_an_empty_line_ends_a_sentence_and_closing_quotes_belong_to_it() -> None:
    assert split("no full stop\n\nnext") == ["no full stop", "next"]
    assert split('He said "stop." Then he left.') == ['He said "stop."', "Then he left."]


@given(st.text(alphabet="ab.AB 1\n!?()\"'", max_size=80), st.integers(0, 20), st.integers(0, 80))
def test_every_visible_character_is_in_exactly_one_sentence(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    within = Span(start, min(len(text), start + length))
    spans = sentence_spans(text, within)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert all(within.contains(s) and s.of(text) == s.of(text).strip() for s in spans)
    covered = {i for s in spans for i in range(s.start, s.end)}
    assert all(text[i].isspace() for i in range(within.start, within.end) if i not in covered)

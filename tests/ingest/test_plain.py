from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound.ingest.draft import Draft
from citebound.ingest.plain import read_markdown, read_text
from citebound.types import BlockKind

PIECES = [
    "# Top",
    "## Sub",
    "Under\n=====",
    "- item",
    "  - deeper",
    "1. first",
    "> said",
    "```\ncode\n```",
    "",
    "\t tab",
]
PIECES += ["| a | b |\n|---|---|\n| 1 | 2 |", "[x]: http://e", "<div>x</div>", "words", "---", "9.2 Cap. It is so."]
MARKUP = st.lists(st.sampled_from(PIECES))


def kinds(draft: Draft) -> list[tuple[str, str]]:
    return [(block.kind.value, block.span.of(draft.text)) for block in draft.blocks]


def sound(draft: Draft) -> None:
    assert all(block.span and block.span.of(draft.text).strip() for block in draft.blocks)
    assert all(a.span.end <= b.span.start for a, b in pairwise(draft.blocks))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")))
def test_text_is_verbatim_and_its_blocks_cover_every_word(text: str) -> None:
    draft = read_text(text.encode())
    assert draft.text == text
    sound(draft)
    covered = "".join(block.span.of(text) for block in draft.blocks)
    assert sorted("".join(covered.split())) == sorted("".join(text.split()))


@settings(max_examples=200)
@given(MARKUP, st.sampled_from(["\n", "\n\n", "\r\n"]))
def test_markdown_is_verbatim_and_its_blocks_are_in_order(pieces: list[str], newline: str) -> None:
    text = newline.join(pieces)
    draft = read_markdown(text.encode())
    assert draft.text == text.replace("\r\n", "\n")
    sound(draft)


@given(st.binary(max_size=300))
def test_any_bytes_become_text_that_can_be_stored(data: bytes) -> None:
    draft = read_text(data)
    assert "\0" not in draft.text
    assert draft.text.encode("utf-8").decode("utf-8") == draft.text


def test_a_byte_order_mark_is_character_zero() -> None:
    assert read_text(b"\xef\xbb\xbfA clause.").text == "\ufeffA clause."
    assert kinds(read_markdown(b"\xef\xbb\xbf# Head\n\ntext"))[0] == ("title", "\ufeff# Head")


def test_every_newline_becomes_one_character() -> None:
    assert read_text(b"a\r\nb\rc\nd").text == "a\nb\nc\nd"


def test_nul_is_replaced_and_noted() -> None:
    draft = read_text(b"one\0two")
    assert draft.text == "one\ufffdtwo"
    assert any("NUL" in note for note in draft.notes)


def test_another_charset_is_guessed_and_noted() -> None:
    draft = read_text(
        "Die Verg\u00fctung betr\u00e4gt f\u00fcr jede M\u00e4ngelr\u00fcge zw\u00f6lf Euro.".encode("cp1252")
    )
    assert "Verg\u00fctung" in draft.text
    assert any("UTF-8" in note for note in draft.notes)


def test_utf_16_is_read_by_its_mark() -> None:
    assert read_text("Clause \u00a7 1".encode("utf-16")).text == "Clause \u00a7 1"


def test_markdown_shows_its_structure() -> None:
    draft = read_markdown(b"# Terms\n\nIntro\nline.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nSub\n---\n")
    assert kinds(draft) == [
        ("title", "# Terms"),
        ("paragraph", "Intro\nline."),
        ("list_item", "- one"),
        ("list_item", "- two"),
        ("table_row", "| a | b |"),
        ("table_row", "| 1 | 2 |"),
        ("title", "Sub\n---"),
    ]
    assert [block.level for block in draft.blocks if block.kind is BlockKind.TITLE] == [1, 2]
    assert draft.title == "Terms"


def test_front_matter_is_no_heading() -> None:
    draft = read_markdown(b"---\ntitle: x\n---\n\n# Real\n")
    assert [block.span.of(draft.text) for block in draft.blocks if block.kind is BlockKind.TITLE] == ["# Real"]


def test_clauses_on_one_line_are_blocks_of_their_own() -> None:
    text = (
        "MASTER AGREEMENT   1. Term. It lasts a year.   1.1 Renewal. It renews.   as Section   1.2 The parties agree."
    )
    starts = [block.span.of(text)[:8] for block in read_text(text.encode()).blocks]
    assert starts == ["MASTER A", "1. Term.", "1.1 Rene"]


@pytest.mark.timeout(20)
def test_five_megabytes_without_a_break_are_read_in_linear_time() -> None:
    draft = read_text(b"x" * 5_000_000)
    assert len(draft.text) == 5_000_000
    assert len(draft.blocks) == 1
    assert len(read_text(b"word   " * 700_000).text) == 4_900_000


def test_a_text_is_named_by_its_opening_lines_in_capitals() -> None:
    text = b"AMENDMENT NO. 1\nTO THE MASTER AGREEMENT\n\nRECITALS\n\nA. The parties agree."
    assert read_text(text).title == "AMENDMENT NO. 1 TO THE MASTER AGREEMENT"
    assert read_text(b"This letter confirms our talk.\n\nTERMS\n\nWe agree.").title == "TERMS"

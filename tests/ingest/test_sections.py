import pytest

from citebound.ingest.outline import numbered
from citebound.ingest.plain import read_markdown, read_text
from citebound.ingest.sections import sections
from citebound.types import Block, BlockKind, Section, Span

CONTRACT = """MASTER SERVICES AGREEMENT

1. Definitions

1.1 "Fees" means the fees in Section 9.2 below.

Section 9.2 applies to all claims.

9. Liability

9.1 Exclusions. Neither party excludes liability for fraud.

9.2 Cap on Liability. The total liability of either party is capped.

10. General

Exhibit B

Pricing is set out here.
"""


def tree(found: tuple[Section, ...]) -> list[tuple[str, str, int]]:
    def depth(section: Section) -> int:
        return 0 if section.parent is None else 1 + depth(found[section.parent])

    return [(section.number, section.heading, depth(section)) for section in found]


def read(text: str) -> tuple[Section, ...]:
    return sections(text, read_text(text.encode()).blocks)


def test_clauses_make_a_tree() -> None:
    assert tree(read(CONTRACT)) == [
        ("", "MASTER SERVICES AGREEMENT", 0),
        ("1", "Definitions", 1),
        ("1.1", "", 2),
        ("9", "Liability", 1),
        ("9.1", "Exclusions", 2),
        ("9.2", "Cap on Liability", 2),
        ("10", "General", 1),
        ("Exhibit B", "", 1),
    ]


def test_a_section_ends_where_its_next_sibling_begins() -> None:
    found = {section.number: section.span.of(CONTRACT) for section in read(CONTRACT)}
    assert found["9.1"] == "9.1 Exclusions. Neither party excludes liability for fraud."
    assert found["9"].startswith("9. Liability")
    assert found["9"].endswith("is capped.")


@pytest.mark.parametrize(
    ("text", "number", "caption"),
    [
        ("9.2 Cap on Liability. The total is capped.", "9.2", "Cap on Liability"),
        ("1. Term", "1", "Term"),
        ("ARTICLE IV", "ARTICLE IV", ""),
        ("Section 5. Notices. All notices are in writing.", "Section 5", "Notices"),
        ("Section 9.2 Cap on Liability", "Section 9.2", "Cap on Liability"),
        ("Schedule 2", "Schedule 2", ""),
        ("Annex A - Data Processing", "Annex A", "Data Processing"),
        ("1.1 The Supplier shall deliver the goods to the Customer without delay and in full.", "1.1", ""),
    ],
)
def test_a_clause_is_known_by_its_number(text: str, number: str, caption: str) -> None:
    mark = numbered(text)
    assert mark is not None
    assert (mark.number, mark.caption) == (number, caption)


@pytest.mark.parametrize(
    "text",
    [
        "Section 9.2 applies to all claims.",
        "Section 5 and Section 6 survive.",
        "4.5 million users were affected.",
        "2024 was a good year.",
        "30 days after notice, the agreement ends.",
        "Exhibit B sets out the prices.",
        "Part of the agreement is void.",
    ],
)
def test_a_reference_is_no_clause(text: str) -> None:
    assert numbered(text) is None


def test_a_finding_keeps_its_parts() -> None:
    text = "## Findings\n\n### [H-01] Funds can be locked\n\n#### Severity\n\nHigh\n\n### [H-02] Reentrancy\n\nText.\n"
    assert tree(sections(text, read_markdown(text.encode()).blocks)) == [
        ("", "Findings", 0),
        ("[H-01]", "Funds can be locked", 1),
        ("", "Severity", 2),
        ("[H-02]", "Reentrancy", 1),
    ]


def test_a_table_of_contents_begins_no_section() -> None:
    text = "Contents\n\n1. Term .......... 3\n\n2. Fees .......... 4\n\n1. Term\n\nA year."
    assert [section.number for section in read(text) if section.number] == ["1"]


def test_a_table_of_contents_without_page_numbers_begins_none_either() -> None:
    text = "1. Term\n\n2. Fees\n\n1. Term\n\nThe agreement lasts a year from today.\n\n2. Fees\n\nFees are due at once."
    found = read(text)
    assert [section.number for section in found] == ["1", "2"]
    assert found[0].span.of(text).endswith("from today.")


def test_asides_neither_begin_a_section_nor_belong_to_one() -> None:
    text = "1. Term\n\nA year.\n\n2. Old Clause"
    blocks = (
        Block(BlockKind.TITLE, Span(0, 7)),
        Block(BlockKind.PARAGRAPH, Span(9, 16)),
        Block(BlockKind.DELETED, Span(18, len(text))),
    )
    assert [section.span.of(text) for section in sections(text, blocks)] == ["1. Term\n\nA year."]


def test_a_short_label_before_a_clause_is_its_heading_in_sentence_case_too() -> None:
    mark = numbered("9.2 Cap on liability. Subject to Section 9.3, the total liability shall not exceed USD 5.")
    assert mark is not None
    assert (mark.number, mark.caption) == ("9.2", "Cap on liability")
    alone = numbered("5.3 Payment terms.")
    assert alone is not None
    assert alone.caption == "Payment terms"
    plain = numbered("5.3 Customer shall pay. Interest is due after that.")
    assert plain is not None
    assert plain.caption == ""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound.ingest.outline import numbered
from citebound.ingest.plain import read_markdown, read_text
from citebound.ingest.sections import full_number, full_numbers, sections
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


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (
            "9. Cap\n\n9.2 Sum. It is:\n\n(a) one:\n\n(i) now; and\n\n(ii) then; or\n\n(b) two.",
            ["9", "9.2", "9.2(a)", "9.2(a)(i)", "9.2(a)(ii)", "9.2(b)"],
        ),
        ("ARTICLE IV\n\nFEES\n\nSection 4.1 Rate. It is low.", ["Article IV", "4.1"]),
        (
            "1. Term\n\nA year.\n\nEXHIBIT A\n\nPRICES\n\n1. Rates\n\n(a) Ten.",
            ["1", "Exhibit A", "Exhibit A, 1", "Exhibit A, 1(a)"],
        ),
        (
            "I. TERM\n\nA. Start. Now.\n\nB. End. Then.\n\nII. FEES\n\nA. Rate. Ten.\n\nB. Tax. None.",
            ["I", "I.A", "I.B", "II", "II.A", "II.B"],
        ),
        ("SCHEDULE ONE\n\nPrices\n\n1. Rates. Ten.", ["", "1"]),
    ],
)
def test_a_full_number_is_what_a_lawyer_would_cite(text: str, numbers: list[str]) -> None:
    found = read(text)
    assert [full_number(found, i) for i in range(len(found))] == numbers
    assert full_numbers(found) == tuple(numbers)


def test_nested_lists_of_markdown_count_on_inside_their_clause() -> None:
    text = (
        '1. <span class="h">Service</span>\n    1. **Access.** You may use it.\n        a. On one site.\n'
        "        b. On two.\n    2. **Support.** We help.\n\n2. <span>Pay</span>\n    1. **Fees.** You pay.\n"
    )
    found = sections(text, read_markdown(text.encode()).blocks)
    assert list(zip(full_numbers(found), [s.heading for s in found], strict=True)) == [
        ("1", "Service"),
        ("1.1", "Access"),
        ("1.1(a)", ""),
        ("1.1(b)", ""),
        ("1.2", "Support"),
        ("2", "Pay"),
        ("2.1", "Fees"),
    ]


def test_bold_numbers_of_markdown_are_read() -> None:
    text = "**5. Data**.\n\n**5.1.** Use of Data. We use it.\n\n**5.2**. DPA. It holds.\n"
    found = sections(text, read_markdown(text.encode()).blocks)
    assert [(s.number, s.heading) for s in found] == [("5", "Data"), ("5.1", "Use of Data"), ("5.2", "DPA")]


@pytest.mark.parametrize("gap", ["   ", "\n", "\n\n", "\n      "])
def test_clauses_begin_after_a_gap_or_a_line(gap: str) -> None:
    text = gap.join(
        ["ARTICLE I TERMS", "1.1 Start", "It starts now:", "(a) here; and", "(b) there.", "1.2 End", "It ends then."]
    )
    found = read(text)
    assert full_numbers(found) == ("Article I", "1.1", "1.1(a)", "1.1(b)", "1.2")
    assert [s.heading for s in found] == ["TERMS", "Start", "", "", "End"]


def test_clauses_inside_a_line_count_where_they_go_on() -> None:
    text = "1. Fees. They are due in 30 days. 2. Term. It lasts 5 years, see Section 3. The rest holds. 3. Law. Texas."
    assert [(s.number, s.heading) for s in read(text)] == [("1", "Fees"), ("2", "Term"), ("3", "Law")]


def test_clauses_in_small_letters_count_where_they_go_on() -> None:
    text = "2. Duties\n\nSEV shall:\n\n2.1 provide vans;\n\n2.2 in time, park; and\n\n2.3 pay.\n\n2.4 million users."
    assert full_numbers(read(text)) == ("2", "2.1", "2.2", "2.3")


def test_a_letter_that_is_a_roman_number_too_is_told_by_what_follows() -> None:
    letters = "".join(f"\n\n({c}) Item {c} is here." for c in "abcdefghij")
    assert full_numbers(read("1. List" + letters))[-2:] == ("1(i)", "1(j)")
    nested = "".join(f"\n\n({c}) Item is here." for c in ("a", "b", "i", "ii", "iii", "c"))
    assert full_numbers(read("1. List" + nested))[3:] == ("1(b)(i)", "1(b)(ii)", "1(b)(iii)", "1(c)")


def test_wrapped_references_begin_no_section() -> None:
    text = (
        "1. Term\n\nFees under Section\n9.2 They pay by Sections 3 and\n4. The rest, and paragraph\n(a) above, holds."
    )
    assert [s.number for s in read(text)] == ["1"]


def test_a_table_of_contents_in_one_wall_begins_none() -> None:
    wall = (
        "TABLE OF CONTENTS Page\n\nARTICLE I FEES 1\n\n1.1 Rates 1 1.2 Tax 2 ARTICLE II TERM 3\n\n2.1 Start 3 2.2 End 4"
    )
    body = (
        "ARTICLE I FEES\n\n1.1 Rates. Ten.\n\n1.2 Tax. None.\n\nARTICLE II TERM\n\n2.1 Start. Now.\n\n2.2 End. Then. "
        + "x" * 300
    )
    assert full_numbers(read(f"{wall}\n\n{body}")) == ("Article I", "1.1", "1.2", "Article II", "2.1", "2.2")


def test_stamps_names_and_signatures_are_no_headings() -> None:
    stamp = "CONFIDENTIAL TREATMENT REQUESTED"
    text = f"SUPPLY AGREEMENT\n\nACME, INC.\n\n{stamp}\n\n1. Term\n\nA year.\n\nBETA HOLDING\n\nBy: /s/ A. Smith"
    assert [s.heading for s in read(text)] == ["SUPPLY AGREEMENT", "Term"]


def test_a_name_that_looks_like_the_number_of_a_finding_is_none_in_a_contract() -> None:
    text = "BW-3 FRANCHISE TERMS\n\n1. Grant\n\nIt is granted.\n\n2. Term\n\nA year."
    assert [s.number for s in read(text)] == ["", "1", "2"]


def test_a_heading_after_a_page_break_belongs_to_its_article() -> None:
    text = "ARTICLE VIII\n\n7\n\n\n\nTERMINATION\n\n8.01 End. It ends."
    assert tree(read(text)) == [("ARTICLE VIII", "TERMINATION", 0), ("8.01", "End", 1)]


def test_numbers_that_lie_destroy_nothing() -> None:
    text = "1. One\n\n1.1 A. Text.\n\n1.1 B. Text.\n\n3. Three\n\n3.7 C. Text.\n\n2. Two\n\n1.2 D. Text here."
    found = read(text)
    assert [s.number for s in found] == ["1", "1.1", "1.1", "3", "3.7", "2", "1.2"]
    assert found[2].parent == 0


def test_cells_of_a_printed_row_and_lines_of_an_address_are_no_headings() -> None:
    text = (
        "SUPPLY AGREEMENT\n\nAGREEMENT NUMBER: 200-04\n\nHIGH STREET HOUSE          ADDRESS: 9 LOW ROAD\n\n"
        "BROOM, CO 80021          ADDRESS: TUSTIN, CA 92780\n\n1. Term\n\nA year.\n\n"
        "PRODUCT          TERRITORY          SHARE\n\nNews          Europe          5%\n\nADDRESS:\n\n2. Law\n\nTexas."
    )
    assert [s.heading for s in read(text)] == ["SUPPLY AGREEMENT", "Term", "Law"]


def test_titles_that_share_a_line_are_headings() -> None:
    found = read("RESTATED   MAINTENANCE AGREEMENT   FUNDS TRUST\n\n1. Term\n\nA year.")
    assert "MAINTENANCE AGREEMENT" in [s.heading for s in found]


def test_the_title_of_a_document_is_a_heading_though_its_pages_repeat_it() -> None:
    page = "\n\nRESELLER AGREEMENT\n\n"
    text = f"RESELLER AGREEMENT\n\n1. Term\n\nA year.{page}It ends.{page}2. Law\n\nTexas.{page}It holds."
    assert [s.heading for s in read(text)] == ["RESELLER AGREEMENT", "Term", "Law"]


def test_the_number_of_a_filing_heads_its_line_alone() -> None:
    text = "EXHIBIT 10.16\n\nSUPPLY AGREEMENT\n\n1. Term\n\nA year.\n\nEXHIBIT 10.16\n\n2. Law\n\nTexas."
    found = read(text)
    assert [(s.number, s.heading, s.parent) for s in found] == [
        ("EXHIBIT 10.16", "", None),
        ("", "SUPPLY AGREEMENT", None),
        ("1", "Term", 1),
        ("2", "Law", 1),
    ]
    assert found[0].span.of(text) == "EXHIBIT 10.16"
    assert full_numbers(found)[2:] == ("1", "2")


@pytest.mark.parametrize("number", ["Annex I(A)", "ANNEX I.B", "Annex 1-A", "Annex 1A", "Exhibit A(2)"])
def test_numbers_of_attachments_may_have_two_parts(number: str) -> None:
    found = read(f"1. Term\n\nA year.\n\n{number}\n\nPARTIES\n\nAcme.")
    assert [(s.number, s.heading) for s in found] == [("1", "Term"), (number, "PARTIES")]


def test_a_caption_does_not_run_on_into_a_sentence_in_capitals() -> None:
    text = (
        "10. LIABILITY\n\n10.1 EXCEPT FOR A BREACH OF SECTION 8 (CONFIDENTIALITY), IN NO EVENT WILL A PARTY BE LIABLE."
    )
    assert [s.heading for s in read(text)] == ["LIABILITY", ""]
    mark = numbered("2. Services to be provided by Acme. Acme shall wash the cars.")
    assert mark is not None
    assert mark.caption == "Services to be provided by Acme"


def test_the_label_of_a_row_with_text_of_several_lines_is_a_heading() -> None:
    cells = ["Data Subjects\nThose who are named in the list of the customer:\nstaff\nguests", "Service\tThe platform."]
    rows = [cells[0], cells[1], "Safeguards\nSee the policy on security that is published by the provider.\nNone else."]
    text = "\n\n".join(["Key Terms", *rows, "1. Law", "Texas."])
    kinds = [BlockKind.TITLE, *[BlockKind.TABLE_ROW] * 3, BlockKind.TITLE, BlockKind.PARAGRAPH]
    pieces = ["Key Terms", *rows, "1. Law", "Texas."]
    blocks = [
        Block(kind, Span(text.index(piece), text.index(piece) + len(piece)))
        for kind, piece in zip(kinds, pieces, strict=True)
    ]
    found = sections(text, blocks)
    assert tree(found) == [("", "Key Terms", 0), ("", "Data Subjects", 1), ("", "Safeguards", 1), ("1", "Law", 1)]


PIECES = st.sampled_from(
    [
        "1. ",
        "1.1 ",
        "2. ",
        "(a) ",
        "(b) ",
        "(i) ",
        "A. ",
        "ARTICLE I",
        "EXHIBIT A",
        "FEES",
        "Fees. ",
        "The fees. ",
        "\n",
        "\n\n",
        "   ",
        "and ",
        "9.2.1 ",
        "**",
        "....... 3",
    ]
)


@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_gives_a_tree(text: str) -> None:
    found = read(text)
    assert [s.span.start for s in found] == sorted(s.span.start for s in found)
    for i, section in enumerate(found):
        assert section.span.end <= len(text)
        if section.parent is not None:
            assert section.parent < i
            assert found[section.parent].span.contains(section.span)
            assert found[section.parent].level < section.level
    assert len(full_numbers(found)) == len(found)


@pytest.mark.parametrize("piece", ["1.1 A\n", "(a) A\n", " ", "1. ", "ARTICLE I ", "<a ", "A", "**", "\n ", "(", '"'])
def test_garbage_takes_no_longer_than_text(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    begin = time.process_time()
    sections(text, (Block(BlockKind.PARAGRAPH, Span(0, len(text))),))
    assert time.process_time() - begin < 10


@pytest.mark.parametrize(
    "piece", ["A B   ", "FEES: 1\n\n", "ACME INC\n\n1 A St, ", "EXHIBIT 1.1\n\n", "ANNEX I(A)(B)\n\n"]
)
def test_blocks_of_garbage_take_no_longer_than_text(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    step = len(piece)
    blocks = [Block(BlockKind.TITLE, Span(at, at + step)) for at in range(0, len(text) - step, step)]
    begin = time.process_time()
    sections(text, blocks)
    assert time.process_time() - begin < 10


def test_clauses_count_on_in_a_page_without_lines() -> None:
    text = (
        "1. Definitions 1.1. Fees shall mean sums. 1.2. Site means a yard. "
        "2. TERM 2.1 Start. It starts. 2.2 End. It ends."
    )
    found = sections(text, read_text(text.encode()).blocks)
    assert [s.number for s in found] == ["1", "1.1", "1.2", "2", "2.1", "2.2"]
    assert [found[0].heading, found[3].heading] == ["Definitions", "TERM"]


def test_a_list_of_schedules_in_a_clause_is_no_schedule() -> None:
    text = (
        '1. DEFINITIONS\n\nThe Schedules are:\n\nSchedule "A": Fee Schedule.\n\nSchedule "B": Software.\n\n2. GRANT\n\n'
        "The license is granted.\n\n3. TERM\n\nIt ends."
    )
    found = sections(text, read_text(text.encode()).blocks)
    assert [s.number for s in found] == ["1", "2", "3"]


def test_the_name_of_an_attachment_may_stand_in_quotation_marks() -> None:
    text = 'AGREEMENT\n\n1. Price. As in Exhibit "B".\n\n2. Term. A year.\n\nEXHIBIT "B"\n\nThe prices are low.'
    found = sections(text, read_text(text.encode()).blocks)
    assert found[-1].number == "EXHIBIT B"

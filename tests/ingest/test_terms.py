import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound.ingest.plain import read_markdown, read_text
from citebound.ingest.sections import full_number, sections
from citebound.ingest.terms import terms
from citebound.types import Block, BlockKind, Section, Span, Term


def read(text: str, *, markdown: bool = False) -> tuple[Term, ...]:
    blocks = (read_markdown if markdown else read_text)(text.encode()).blocks
    return terms(text, blocks, sections(text, blocks))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('"Fees" means the sums in Schedule 1.', ["Fees"]),
        ("\u201cFees\u201d shall mean the sums due.", ["Fees"]),
        ('"Fees" has the meaning set forth in Section 4.', ["Fees"]),
        ('"Fees," as used in this Agreement, means the sums due.', ["Fees"]),
        ('"Fees" means, with respect to a Product, the sums due.', ["Fees"]),
        ('"Fees" or "Charges" means the sums due.', ["Fees", "Charges"]),
        ('"Affiliate" of a Person means any other Person.', ["Affiliate"]),
        ("'Fees' means the sums due.", ["Fees"]),
        ('Acme Inc. (the "Supplier") and Beta LLC ("Customer") agree.', ["Supplier", "Customer"]),
        ('Acme Inc. (hereinafter referred to as the "Supplier") agrees.', ["Supplier"]),
        ('They are the parties (each a "Party" and collectively, the "Parties").', ["Party", "Parties"]),
        (
            "It is a service level agreement (\u201cService Level Agreement\u201d or \u201cSLA\u201d).",
            ["Service Level Agreement", "SLA"],
        ),
        ('The work is hereinafter called the "Project".', ["Project"]),
        ('Acme and Beta, individually a "Party", collectively the "Parties".', ["Party", "Parties"]),
        ("The word \u201cFees\u201d refers to the sums due.", ["Fees"]),
        ('"Fees" shall collectively mean the sums due.', ["Fees"]),
        ('The term "Fees" is agreed to mean the sums due.', ["Fees"]),
        ('"Transfer" as a verb means to sell.', ["Transfer"]),
        ('"Develop" and "Developing" have a correlative meaning.', ["Develop", "Developing"]),
        ('A "Referral" to Partner is a third party that buys.', ["Referral"]),
        ('The day on which the Shop opens is the "Opening Date."', ["Opening Date"]),
        ('These acts shall constitute an "Event of Default" here.', ["Event of Default"]),
        ('Acme Inc. (together referred to as "Agent," "you" or "your") agrees.', ["Agent", "you", "your"]),
        ("For purposes of this Agreement, Proprietary Information shall mean all data.", ["Proprietary Information"]),
        ("Acme Inc. (?Supplier?) agrees.", ["Supplier"]),
        ("A Confidential Information@ shall mean all data.", ["Confidential Information"]),
        ("It renews for a year (the Renewal Period). In the Renewal Period rent is due.", ["Renewal Period"]),
    ],
)
def test_a_definition_is_known_by_its_words(text: str, names: list[str]) -> None:
    assert [term.term for term in read(text)] == names


@pytest.mark.parametrize(
    "text",
    [
        'Documents are marked "Confidential" by the owner.',
        'The Software is provided "AS IS" and with all faults.',
        'It shall bear the legend (marked "Secret") in red.',
        'The words "hereof" and "herein" refer to this Agreement.',
        'For the avoidance of doubt, "Materials" does not include waste.',
        'The goods (such as "Widgets") are sold.',
        "This means that the Supplier pays.",
        'A message said "Hello World" to all.',
        'Signed by Oliver G. ("Chip") Brewer, its president.',
        'Delay does not constitute "Force Majeure" here.',
        'Agents (such as an "area developer") may act.',
        'These are "intellectual property" under Section 101 of the Code.',
    ],
)
def test_quoted_words_are_no_definition_by_themselves(text: str) -> None:
    assert read(text) == ()


def test_a_term_is_printed_without_its_quotes_and_its_sentence_is_the_definition() -> None:
    text = 'First sentence. "Fees" means the sums due. Last sentence.'
    (term,) = read(text)
    assert term.span.of(text) == "Fees"
    assert term.definition.of(text) == '"Fees" means the sums due.'


def test_a_term_defined_twice_comes_twice() -> None:
    found = read('"Fees" means the sums in Schedule 1.\n\nThe rent (the "Fees") is due.')
    assert [term.term for term in found] == ["Fees", "Fees"]
    assert found[0].definition != found[1].definition


def test_a_definition_that_ends_in_a_colon_has_its_items() -> None:
    text = '"Loss" means:\n\n(a) damage; and\n\n(b) cost.\n\nThe next paragraph.'
    assert read(text)[0].definition.of(text).endswith("(b) cost.")


def test_entries_of_one_paragraph_are_parted() -> None:
    text = "1. Definitions\n\n\u201cBody\u201d means the panels\n\u201cVan\u201d means a vehicle of any size."
    assert [t.definition.of(text) for t in read(text)] == [
        "\u201cBody\u201d means the panels",
        "\u201cVan\u201d means a vehicle of any size.",
    ]


def test_unquoted_terms_count_in_a_list_of_definitions() -> None:
    text = "1.1 Definitions\n\n(a) Business Secrets mean any information.\n\n(b) Effective Date means today."
    assert [term.term for term in read(text)] == ["Business Secrets", "Effective Date"]


def test_bold_terms_of_markdown_count() -> None:
    text = '# Terms\n\n**Fees** means the sums due.\n\n1. <span id="1">**"User"**</span> means a person.\n'
    assert [term.term for term in read(text, markdown=True)] == ["Fees", "User"]


def test_rows_of_a_table_of_definitions_count() -> None:
    text = "# Key terms\n\n| Term | Definition |\n|---|---|\n| Fees | The sums due. |\n| Site | The place of work. |\n"
    found = read(text, markdown=True)
    assert [term.term for term in found] == ["Fees", "Site"]
    assert found[0].definition.of(text) == "| Fees | The sums due. |"


def test_a_definition_may_hold_for_one_section() -> None:
    text = (
        '1. Term\n\nA year.\n\n2. Pay\n\n2.1 Rent. For purposes of this Section, "Rent" means the sum due.\n\n'
        '2.2 Other. "Late" means after a day.'
    )
    blocks = read_text(text.encode()).blocks
    found = sections(text, blocks)
    rent, late = terms(text, blocks, found)
    assert rent.scope is not None
    assert full_number(found, rent.scope) == "2.1"
    assert late.scope is None


def test_the_opening_words_of_an_exhibit_limit_its_definitions() -> None:
    text = '1. Term\n\nA year.\n\nExhibit A\n\nAs used in this Exhibit A, these hold:\n\n1. "Site" means the yard.'
    blocks = read_text(text.encode()).blocks
    found = sections(text, blocks)
    (site,) = terms(text, blocks, found)
    assert site.scope is not None
    assert found[site.scope].number == "Exhibit A"


PIECES = st.sampled_from(
    [
        '"',
        "\u201c",
        "\u201d",
        "Fees",
        "means",
        "(",
        ")",
        "the ",
        "(a) ",
        "1.1 ",
        "\n",
        "\n\n",
        ". ",
        "   ",
        "|",
        "**",
        "'",
        ":",
    ]
)


@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_spans_inside_it_in_order(text: str) -> None:
    blocks = (Block(BlockKind.PARAGRAPH, Span(0, len(text))),) if text else ()
    found = terms(text, blocks, sections(text, blocks))
    assert [term.span for term in found] == sorted(term.span for term in found)
    for term in found:
        assert term.definition.contains(term.span)
        assert term.definition.end <= len(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Acme Inc. (hereinafter Supplier) agrees.", ["Supplier"]),
        ("Acme Inc., hereinafter referred to as Supplier, agrees.", ["Supplier"]),
        ("Acme Inc. (hereinafter collectively called the Supplier Group) agrees.", ["Supplier Group"]),
        ("Acme and Beta (collectively, the Parties) agree.", ["Parties"]),
        ('This deed (the "Agreement) is made.', ["Agreement"]),
        ('This deed (the Agreement") is made.', ["Agreement"]),
        ("Its Marks (defined as the names and signs in Exhibit A) are used.", ["Marks"]),
        ("Hereafter Supplier shall pay.", []),
        ("The goods are sold in Holland (the Netherlands) only.", []),
        ("The days of travel (considered a \u201cshow date\u201d) count.", []),
    ],
)
def test_a_term_may_lack_one_quotation_mark_or_both(text: str, names: list[str]) -> None:
    assert [term.term for term in read(text)] == names


def test_a_name_in_parentheses_alone_is_a_term_where_it_is_used_on() -> None:
    text = "Acme Inc. (the Supplier) agrees. The Supplier pays. The Supplier waits. The Supplier goes."
    assert [term.term for term in read(text)] == ["Supplier"]


@pytest.mark.parametrize("gap", ["          ", "\n\n"])
def test_a_term_and_its_meaning_may_stand_side_by_side_or_in_two_blocks(gap: str) -> None:
    text = f'1. DEFINITIONS\n\n"AFFILIATE"{gap}means any company.\n\nGoods{gap}means the wares.'
    found = read(text)
    assert [term.term for term in found] == ["AFFILIATE", "Goods"]
    assert found[0].definition.of(text).endswith("means any company.")


def test_a_list_of_definitions_needs_neither_quotes_nor_verbs() -> None:
    text = (
        "1. Definitions\n\n1.1 Fees: the sums due.\n\n1.2 Site: the place of work.\n\n1.3 Start Date - day one of work."
    )
    assert [term.term for term in read(text)] == ["Fees", "Site", "Start Date"]


def test_captions_are_the_terms_of_a_list_that_says_nothing_else() -> None:
    rest = "This is what it stands for wherever it is printed below, in whatever number or gender it may be found."
    clauses = [f"1.{i} {name}. {rest}" for i, name in enumerate(["Fees", "Site", "Start Date"], 1)]
    assert [t.term for t in read("\n\n".join(["1. Definitions", *clauses]))] == ["Fees", "Site", "Start Date"]
    assert read("\n\n".join(["1. Duties", *clauses])) == ()


def test_lines_that_come_again_on_each_page_are_no_list_of_definitions() -> None:
    pages = "\n\n".join(f'"Fee{i}" means a sum.\n\nSource: ACME INC, 8-K, of today' for i in range(4))
    assert {term.term[:3] for term in read("1. Definitions\n\n" + pages)} == {"Fee"}


def test_labels_of_key_terms_are_terms_where_the_text_uses_them() -> None:
    text = (
        "# Cover Page\n\n| Notice Period | 30 days |\n|---|---|\n| Cap | USD 5 |\n| Print Name | |\n\n"
        "# Standard Terms\n\nEither side may end it after the Notice Period.\n"
    )
    found = read(text, markdown=True)
    assert [term.term for term in found] == ["Notice Period"]
    assert found[0].definition.of(text) == "| Notice Period | 30 days |"


@pytest.mark.parametrize(
    "piece", ["hereinafter the ", '("A ', "(the A ", "(the A) ", "A: a b ", '"A"   ', "A, ", "| A |\n", "(each, "]
)
def test_garbage_takes_no_longer_than_text(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    whole = Span(0, len(text))
    begin = time.process_time()
    terms(text, (Block(BlockKind.PARAGRAPH, whole),), (Section(whole, "1", "Definitions", 1),))
    assert time.process_time() - begin < 10


def test_capital_headings_behind_definitions_are_terms() -> None:
    text = (
        "2. DEFINITIONS:\n\n     PRODUCTS:\n\nThe test system.\n\n     TERRITORY:\n\nThe 48 states.\n\n"
        "     EFFECTIVE DATE:\n\nThe earlier of two days.\n\n3. PRICES: All prices are net."
    )
    assert [term.term for term in read(text)] == ["PRODUCTS", "TERRITORY", "EFFECTIVE DATE"]


def test_rows_of_a_cover_page_to_other_terms_count_though_nothing_here_uses_them() -> None:
    text = (
        "# Key Terms\n\nCapitalized terms not defined in this Cover Page have the meanings given in the Mutual NDA.\n\n"
        "| Purpose | To evaluate. |\n|---|---|\n| Courts | Those of Texas. |\n"
    )
    assert {term.term for term in read(text, markdown=True)} >= {"Courts"}

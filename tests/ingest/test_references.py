import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound.ingest.plain import read_text
from citebound.ingest.references import references
from citebound.ingest.sections import full_number, sections
from citebound.types import Block, BlockKind, Section, Span

CLAUSES = """MASTER AGREEMENT

1. Definitions

1.1 Fees. The fees are in Exhibit A.

9. Liability

9.1 Exclusions. Nothing is excluded.

9.2 Cap. The cap is:

(a) one million; or

(b) two million:

(i) in the first year; and

(ii) later.

10. General

10.1 Law. {}

Exhibit A

Prices are listed here.

1. Rates. The rates are fixed.
"""


def read(sentence: str) -> list[tuple[str, str]]:
    """Target and the full number of the section that it leads to, of each reference in clause 10.1."""
    text = CLAUSES.format(sentence)
    found = tree(text)
    at = text.index("10.1")
    there = Span(at, at + len(sentence) + 20)
    return [
        (r.target, "" if r.section is None else full_number(found, r.section))
        for r in references(text, found)
        if there.contains(r.span)
    ]


def tree(text: str) -> tuple[Section, ...]:
    return sections(text, read_text(text.encode()).blocks)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Section 9.2 applies.", [("9.2", "9.2")]),
        ("See Sec. 9.2 and \u00a7 9.1 here.", [("9.2", "9.2"), ("9.1", "9.1")]),
        ("See Sections 1 and 9 here.", [("1", "1"), ("9", "9")]),
        ("See Sections 9.1 through 9.2 here.", [("9.1", "9.1"), ("9.2", "9.2")]),
        ("See Sections 1, 9.1 (Exclusions) and 9.2(a) here.", [("1", "1"), ("9.1", "9.1"), ("9.2(a)", "9.2(a)")]),
        ("See Section 9.2(a) and (b) here.", [("9.2(a)", "9.2(a)"), ("9.2(b)", "9.2(b)")]),
        ("See clause 9.2(b)(ii) here.", [("9.2(b)(ii)", "9.2(b)(ii)")]),
        ("See Section 9.1(c) here.", [("9.1(c)", "9.1")]),
        ("See Section 77 here.", [("77", "")]),
        ("See Exhibit A hereto.", [("Exhibit A", "Exhibit A")]),
        ("See Schedule 4 hereto.", [("Schedule 4", "")]),
        ("See paragraph 1 of Exhibit A here.", [("1", "Exhibit A, 1")]),
        ("See Section 9.2 of this Agreement.", [("9.2", "9.2")]),
        ("Within Section 9.1, 30 days count.", [("9.1", "9.1")]),
        ("A breach of Section 1, 9 or 10 hurts.", [("1", "1"), ("9", "9"), ("10", "10")]),
        ("Under this Section 9.1, (ii) is paid.", [("9.1", "9.1")]),
        ("See Sections 9.1 [Exclusions] and 9.2 here.", [("9.1", "9.1"), ("9.2", "9.2")]),
        ("See Section 9.6 here.", [("9.6", "")]),
        ("See paragraph 9A above.", [("9A", "9")]),
        ("See Section 9.2 of the Disclosure Schedule.", [("9.2", "")]),
        ("See paragraph b of Section 9.2 here.", [("10.1(b)", "10.1"), ("9.2", "9.2")]),
    ],
)
def test_a_reference_leads_to_its_section(sentence: str, expected: list[tuple[str, str]]) -> None:
    pairs = read(sentence)
    assert [pair for pair in pairs if pair[0] != "Exhibit A" or "Exhibit" in sentence][: len(expected)] == expected
    assert len([pair for pair in pairs if pair[0][:1].isdigit()]) == len([p for p in expected if p[0][:1].isdigit()])


@pytest.mark.parametrize(
    "sentence",
    [
        "See Section 9 of the Exchange Act.",
        "See Article 9 of the Credit Agreement.",
        "See Section 9.2 of the Asset Purchase Agreement.",
        "See 17 C.F.R. Section 9 here.",
        "See California Civil Code Section 9 here.",
        "See FAR section 9.2 here.",
        "See Section 9 of the United Kingdom\u2019s European Union (Withdrawal) Act.",
        "See Exhibit A to the License Agreement.",
        "See Section 1542 here.",
    ],
)
def test_statutes_and_other_documents_lead_nowhere(sentence: str) -> None:
    assert {section for _, section in read(sentence)} == {""}


def test_a_relative_reference_is_completed_from_the_clause_around_it() -> None:
    text = CLAUSES.format("x").replace("(b) two million:", "(b) as in paragraph (a) above, but clause (ii) below:")
    found = tree(text)
    first, second = (r for r in references(text, found) if r.span.of(text)[-1] == ")")
    assert (first.target, second.target) == ("9.2(a)", "9.2(b)(ii)")
    assert second.section is not None
    assert found[second.section].number == "(ii)"


@pytest.mark.parametrize("cited", ["pursuant to 9.2", "as set forth in 9.2", "under point 9.2"])
def test_a_number_alone_is_a_reference_where_a_clause_must_stand_and_exists(cited: str) -> None:
    text = CLAUSES.format(f"Amounts {cited} are paid once.")
    assert [reference.target for reference in references(text, tree(text))][-1:] == ["9.2"]


@pytest.mark.parametrize("said", ["under 9.7", "under 9.2%", "in 9.2 million", "at point 9.7"])
def test_a_number_that_is_no_clause_is_no_reference(said: str) -> None:
    text = CLAUSES.format(f"Amounts {said} are paid once.")
    assert not [r for r in references(text, tree(text)) if r.target.startswith("9.")]


def test_each_number_of_a_list_has_its_own_span() -> None:
    text = CLAUSES.format("See Sections 1 and 9.2 here.")
    spans = [r.span.of(text) for r in references(text, tree(text))]
    assert spans[1:] == ["Sections 1", "9.2"]


def test_articles_may_be_cited_in_either_kind_of_number() -> None:
    text = (
        "ARTICLE IV\n\nFees\n\n4.1 Rate. By Article 4 and Section 4.1.\n\nARTICLE V\n\nTerm\n\n5.1 End. By Article IV."
    )
    found = tree(text)
    led = [full_number(found, r.section) for r in references(text, found) if r.section is not None]
    assert led == ["Article IV", "4.1", "Article IV"]


def test_headings_and_contents_are_no_references() -> None:
    text = (
        "TABLE OF CONTENTS\n\nARTICLE I FEES 1\n\nARTICLE II TERM 2\n\nEXHIBIT A PRICES 3\n\n"
        "ARTICLE I\n\nFEES\n\nFees are due.\n\nARTICLE II\n\nTERM\n\nA year.\n\nEXHIBIT A\n\nPRICES\n\nTen."
    )
    assert references(text, tree(text)) == ()


def test_in_an_amendment_the_agreement_is_another_document() -> None:
    text = "FIRST AMENDMENT\n\n1. Change. Section 1 of the Agreement is amended by Section 1 of this Amendment."
    assert [r.section is None for r in references(text, tree(text))] == [True, False]


def test_an_item_that_begins_with_a_reference_is_no_heading() -> None:
    assert read("Each of these:\n\n(a) Section 9.2 of this Agreement.") == [("9.2", "9.2")]


def test_a_word_kept_for_another_document_leads_nowhere() -> None:
    sentence = "By Section 9 of this Agreement, Clause 9 of the Standard Contractual Clauses holds; in Clause 10, not."
    assert read(sentence) == [("9", "9"), ("9", ""), ("10", "")]
    assert read("By Section 9 of this Agreement and Clause 10, it holds.") == [("9", "9"), ("10", "10")]
    assert read("By Clause 9 of the Standard Contractual Clauses and this Clause, Clause 10 holds.")[1] == ("10", "10")


def test_another_document_may_be_called_by_its_initials() -> None:
    assert read("See Section 9 of the MSA.") == [("9", "")]
    assert read("See Section 9 of the EEA SCCs.") == [("9", "")]
    text = "DATA PROCESSING TERMS (DPA)\n\n1. Term. A year.\n\n2. Law. See Section 1 of the DPA."
    (own,) = references(text, tree(text))
    assert own.section is not None


@pytest.mark.parametrize("cited", ["Annex 1(B)", "Annex I(B)", "Annex I.B", "Annex 1-B", "Annex 1B"])
def test_a_number_in_two_parts_is_one_however_it_is_printed(cited: str) -> None:
    text = f"TERMS\n\n1. Data. As {cited} says.\n\nAnnex I(A) Parties\n\nAcme.\n\nAnnex I(B) Transfers\n\nNone."
    found = tree(text)
    (only,) = references(text, found)
    assert only.section is not None
    assert found[only.section].number == "Annex I(B)"


def test_circles_are_harmless() -> None:
    text = "1. One. See Section 2.\n\n2. Two. See Section 1."
    assert [r.section for r in references(text, tree(text))] == [1, 0]


PIECES = st.sampled_from(
    [
        "Section ",
        "Sections ",
        "Exhibit A",
        "Article IV",
        "9.2",
        "(a)",
        "(ii)",
        " and ",
        ", ",
        "1. ",
        "\n",
        "\n\n",
        "\u00a7",
        " of the ",
        "Act",
        ". ",
    ]
)


@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_spans_inside_it_in_order(text: str) -> None:
    found = sections(text, (Block(BlockKind.PARAGRAPH, Span(0, len(text))),) if text else ())
    made = references(text, found)
    assert [r.span for r in made] == sorted(r.span for r in made)
    for reference in made:
        assert reference.target
        assert reference.span.end <= len(text)
        assert reference.section is None or 0 <= reference.section < len(found)


@pytest.mark.parametrize(
    "piece", ["Clause 1 ", "Annex I-B, ", "Section 1 of the ABC ", "this Clause 2 of the Act ", "I-"]
)
def test_garbage_takes_no_longer_than_text(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    begin = time.process_time()
    references(text, (Section(Span(0, len(text)), "1", "Law", 1),))
    assert time.process_time() - begin < 10

import time
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from citebound.ingest import amending
from citebound.ingest.amending import ACTIONS, Statement
from citebound.ingest.amendments import Instrument, amendments
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.types import Block, BlockKind, Document, DocumentInfo, Span

OPENING = """FIRST AMENDMENT TO SUPPLY AGREEMENT

This First Amendment (this "Amendment") is made and entered into as of March 1, 2021, by and between Alder Foods, Inc.
("Buyer") and Birch Mills LLC ("Seller").

WHEREAS, Buyer and Seller are parties to that certain Supply Agreement dated as of June 15, 2019 (the "Agreement"); and

WHEREAS, the parties desire to amend the Agreement as set forth herein.

NOW, THEREFORE, the parties agree as follows:

"""
CLOSING = """

9. No Other Amendments. Except as expressly amended hereby, the Agreement remains in full force and effect.

IN WITNESS WHEREOF, the parties have executed this Amendment.
"""


def document(text: str) -> Document:
    return parse("amendment.txt", text.encode(), Limits()).document


def one_block(text: str) -> Document:
    block = Block(BlockKind.PARAGRAPH, Span(0, len(text)))
    return Document(DocumentInfo("id", "t", "text/plain", "s", "p", 0), text, (block,))


def instrument(clauses: str) -> tuple[str, Instrument]:
    made = document(OPENING + clauses + CLOSING)
    (found,) = amendments(made)
    return made.text, found


def only(clause: str) -> tuple[str, Statement]:
    text, found = instrument(f"1. {clause}")
    (statement,) = found.statements
    return text, statement


def words(text: str, span: Span | None) -> str:
    assert span is not None
    return " ".join(span.of(text).split())


def test_an_instrument_says_what_it_is_and_what_it_amends() -> None:
    text, found = instrument("1. Section 4.2 of the Agreement is hereby deleted in its entirety.")
    assert found.title == "FIRST AMENDMENT TO SUPPLY AGREEMENT"
    assert (found.number, found.date) == (1, "2021-03-01")
    (statement,) = found.statements
    paper = found.paper(statement)
    assert paper is not None
    assert (paper.title.lower(), paper.date, paper.names) == ("supply agreement", "2019-06-15", ("Agreement",))
    assert paper.span.of(text).lower() == "supply agreement"


@pytest.mark.parametrize(
    ("clause", "action", "target", "whole"),
    [
        ("Section 4.2 of the Agreement is hereby deleted in its entirety.", "deleted", "4.2", True),
        ("Section 4.2 is hereby deleted in its entirety and not replaced.", "deleted", "4.2", True),
        ("Section 4.2 is hereby deleted without replacement.", "deleted", "4.2", True),
        ("Section 4.2 is hereby deleted and shall not be replaced.", "deleted", "4.2", True),
        ("Section 4.2 is hereby deleted and intentionally left blank.", "deleted", "4.2", True),
        ("Section 4.2 is hereby amended by deleting it without inserting another.", "deleted", "4.2", False),
        ("Section 4.2 shall not be deleted but is hereby replaced by the following: “X.”", "replaced", "4.2", True),
        ("Section 4.2(b) is hereby amended and restated to read as follows: “X.”", "restated", "4.2(b)", True),
        ("Section 4.2 (b) shall be deleted and replaced by the following:\n\n“X.”", "replaced", "4.2(b)", True),
        ("Section 5.1 (Price) of the Agreement shall be deleted and replaced by: “X.”", "replaced", "5.1", True),
        ("The first sentence of Section 4 is deleted in its entirety and replaced: “X.”", "replaced", "4", False),
        ("Section 6.1 of the Agreement shall be, and hereby is, amended by deleting “2”.", "deleted", "6.1", False),
        ("Article III is hereby amended to read in full as follows: “X.”", "restated", "Article III", True),
        (
            "Exhibit B to the Agreement is hereby replaced with Exhibit B attached hereto.",
            "replaced",
            "Exhibit B",
            True,
        ),
        ("Section 3 of Schedule 2 is hereby deleted.", "deleted", "Schedule 2, 3", True),
        ("A new Section 7.4 is hereby added to the Agreement as follows: “7.4 X.”", "added", "7.4", False),
        ("The following is added to the end of Section 8: “X.”", "added", "8", False),
        ("The Agreement is amended by adding the following words to Section 8.1: “X.”", "added", "8.1", False),
        ("The parties hereby agree to amend Clause 12.3 as follows: “X.”", "amended", "12.3", False),
        ("Delete Section 2.4 in its entirety.", "deleted", "2.4", True),
    ],
)
def test_statements_name_the_clause_and_what_becomes_of_it(clause: str, action: str, target: str, whole: bool) -> None:
    _, statement = only(clause)
    assert (statement.action, statement.target, statement.whole) == (action, target, whole)
    assert statement.item == "1"


def test_a_list_of_clauses_is_one_statement_for_each() -> None:
    _, found = instrument("1. Sections 11.1 to 11.3 and 12 of the Agreement are hereby deleted.")
    assert [s.target for s in found.statements] == ["11.1", "11.2", "11.3", "12"]
    assert len({s.span for s in found.statements}) == 1


def test_a_definition_is_amended_by_its_term() -> None:
    text, statement = only(
        "The definition of “Territory” in Section 1 is hereby amended and restated to read as follows:\n\n"
        "“Territory” means Texas and Ohio."
    )
    assert (statement.term, statement.target, statement.action, statement.whole) == ("Territory", "", "restated", True)
    assert words(text, statement.new) == "“Territory” means Texas and Ohio."


def test_the_term_is_extended() -> None:
    _, statement = only("The term of the Agreement is hereby extended to December 31, 2025.")
    assert (statement.action, statement.heading, statement.whole) == ("extended", "Term", False)


@pytest.mark.parametrize(
    ("clause", "new"),
    [
        (
            "Section 4 is hereby replaced with the following: “4. Price. The “Price” is ten. It is fixed.”",
            "4. Price. The “Price” is ten. It is fixed.",
        ),
        (
            "Section 4 is hereby amended to read in its entirety as follows:\n\n4. Price. The price is ten.\n\n"
            "(a) It is fixed.",
            "4. Price. The price is ten. (a) It is fixed.",
        ),
        ("Section 4 is hereby amended by deleting “nine” and inserting in its place “ten”.", "ten"),
        (
            "Section 4 of the Agreement is amended so that whereas it previously read:\n\n“Nine.”\n\n"
            "it now reads:\n\n“Ten.”",
            "Ten.",
        ),
    ],
)
def test_the_new_text_is_found_where_it_is_printed(clause: str, new: str) -> None:
    text, found = instrument(f"1. {clause}\n\n2. Section 6 is hereby deleted.")
    assert [s.target for s in found.statements] == ["4", "6"]
    assert words(text, found.statements[0].new) == new
    assert found.statements[1].new is None


def test_what_the_new_text_says_is_no_statement() -> None:
    _, found = instrument(
        "1. Section 9 of the Agreement is hereby replaced with the following: “9. Changes. Exhibit A is hereby amended"
        " each year to read as follows: the list then in force.”"
    )
    assert [s.target for s in found.statements] == ["9"]


@pytest.mark.parametrize(
    "clause",
    [
        "Section 4 of the Agreement may be amended by the parties as follows: in writing.",
        "If Section 4 of the Agreement is amended to read otherwise, the Buyer may terminate.",
        "Exhibit A shall only be amended to reflect new prices.",
        "The obligations in Section 4 of the Agreement remain unchanged.",
        "The parties desire to have Section 4 amended.",
    ],
)
def test_what_may_be_amended_one_day_is_not_amended(clause: str) -> None:
    text = OPENING + f"1. {clause}" + CLOSING
    assert all(not found.statements for found in amendments(document(text)))


def test_a_plain_agreement_amends_nothing() -> None:
    text = """SUPPLY AGREEMENT

This Supply Agreement is made as of June 15, 2019 by and between Alder Foods, Inc. and Birch Mills LLC.

12. Amendment. This Agreement may be amended only by a written instrument. Exhibit A shall be amended from time to time
as follows: by notice. Any law referred to means that law as amended.
"""
    assert amendments(document(text)) == ()


def test_amendments_appended_to_their_agreement_are_found_apart() -> None:
    body = "SUPPLY AGREEMENT\n\nThis Supply Agreement is made as of June 15, 2019.\n\n" + "1. Goods. Goods.\n\n" * 300
    second = OPENING.replace("FIRST", "SECOND").replace("First", "Second").replace("2021", "2022")
    first = f"{OPENING}1. Section 1 is hereby deleted.{CLOSING}\n\n"
    made = document(f"{body}{first}{second}1. Section 2 is hereby deleted.{CLOSING}")
    found = amendments(made)
    assert [(i.number, i.date, i.statements[0].target) for i in found] == [
        (1, "2021-03-01", "1"),
        (2, "2022-03-01", "2"),
    ]
    assert found[0].span.start == made.text.index("FIRST AMENDMENT")


def test_an_amended_and_restated_agreement_takes_the_place_of_the_old_one() -> None:
    text = """AMENDED AND RESTATED SUPPLY AGREEMENT

This Amended and Restated Supply Agreement is made as of May 2, 2022 by and between Alder Foods, Inc. and Birch Mills
LLC, and amends and restates in its entirety that certain Supply Agreement dated as of June 15, 2019.

1. Goods. The Seller sells goods.
"""
    (found,) = amendments(document(text))
    (statement,) = found.statements
    assert (statement.action, statement.target, statement.whole) == ("restated", "", True)
    assert (found.date, [(p.title, p.date) for p in found.papers]) == (
        "2022-05-02",
        [("Supply Agreement", "2019-06-15")],
    )


PIECES = (
    *(
        "Section 1.1 ",
        "is hereby amended ",
        "to read as follows: ",
        "“Fee” means ten. ",
        "\n\n2. ",
        '"',
        "(a) ",
        "Exhibit A ",
    ),
    *(
        "shall be deleted",
        " and replaced with ",
        "AMENDMENT NO. 2 TO THE ",
        "This Amendment is made as of May 1, 2020 ",
        "x",
    ),
    *(
        "Agreement ",
        "the definition of “X” ",
        ".",
        ":",
        "of the Agreement ",
        "Sections 3 to 5 ",
        "previously read: ",
        "\u2028",
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.integers(1, 60))
@example('Section 1.1 is hereby amended :"', 1)
def test_every_span_lies_in_the_text_and_says_what_was_read(text: str, cut: int) -> None:
    text = "Amendment " + text
    edges = sorted({0, min(cut, len(text)), len(text)})
    blocks = tuple(Block(BlockKind.PARAGRAPH, Span(a, b)) for a, b in pairwise(edges))
    made = Document(DocumentInfo("id", "title", "text/plain", "sha", "test", 0), text, blocks)
    for found in amendments(made):
        assert found.span.of(text)
        for statement in found.statements:
            assert statement.action in ACTIONS
            assert statement.span.of(text).strip() == statement.span.of(text)
            assert found.span.contains(statement.span)
            printed = statement.printed.of(text)
            assert printed
            if statement.term:
                assert " ".join(printed.split()).strip(" ,.") == statement.term
            if statement.new is not None:
                assert statement.new.of(text).strip()


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "amend ",
            "Section 1 is hereby amended ",
            "AMENDMENT TO THE ",
            "This First Amendment ",
            '" ',
            "(the “",
            "1.1.1.1",
        ),
        *(
            "Agreement dated as of ",
            "Sections 1, 2, 3 and 4 ",
            "January 1, 2020 ",
            "definition of “X” and “Y”, ",
            "\n\n2. A",
        ),
    ],
)
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    text = OPENING + "1. Section 1 is hereby amended to read as follows:\n\n" + piece * (200_000 // len(piece))
    made = one_block(text)
    begun = time.process_time()
    amendments(made)
    assert time.process_time() - begun < 15


@pytest.mark.parametrize("former", ["", ", which previously stated a price"])
def test_many_statements_do_not_each_read_what_follows_them_all(former: str) -> None:
    made = one_block(OPENING + f"The parties hereby delete Section 5{former}.\n\n" * 20 + "it is amended " * 4300)
    begun = time.process_time()
    (found,) = amendments(made)
    assert time.process_time() - begun < 2  # 3.8 s where each statement judges each of the 4300 verbs anew
    assert [s.target for s in found.statements] == ["5"] * 20


def test_a_document_that_costs_too_much_is_read_in_part_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = document(OPENING + "1. Section 4 is hereby deleted.\n\n2. Section 6 is hereby deleted." + CLOSING)
    assert len(amendments(made)[0].statements) == 2
    assert not caplog.records
    monkeypatch.setattr(amending, "MOST_SECONDS", -1.0)
    assert amendments(made) == ()
    assert [r.getMessage() for r in caplog.records] == [
        f"document {made.info.id}: its amendments take too long and are read in part"
    ]

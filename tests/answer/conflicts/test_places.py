"""Where places disagree the answer says so and cites both, what governs first; what only differs is no conflict."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from citebound import Answer, Collection, Config
from citebound.answer.render import answer_json
from citebound.types import Conflict, ConflictKind
from tests.fakes import Echo, WordHashEmbedder

AGREEMENT = """MASTER SUPPLY AGREEMENT

This Master Supply Agreement (the "Agreement") is entered into as of March 1, 2021 by and between Halden Corp., a
Delaware corporation ("Supplier"), and Northwind Inc., a New York corporation ("Customer").

1. Fees
Customer shall pay each invoice within thirty (30) days after receipt of the invoice.

2. Liability
The aggregate liability of either party under this Agreement shall not exceed USD 1,000,000.

3. Delivery
Supplier shall deliver the goods to the warehouse of Customer in Bergen.

4. Governing Law
This Agreement shall be governed by the laws of the State of Delaware.
"""
AMENDMENT = """AMENDMENT NO. 1 TO THE MASTER SUPPLY AGREEMENT

This Amendment No. 1 is entered into as of June 1, 2022 by and between Halden Corp. ("Supplier") and Northwind Inc.
("Customer") and amends the Master Supply Agreement dated as of March 1, 2021 (the "Agreement").

1. Section 2 of the Agreement is deleted in its entirety and replaced with the following:
"2. Liability. The aggregate liability of either party under this Agreement shall not exceed USD 2,500,000."
"""
LEASE = """SERVICES AGREEMENT

This Services Agreement (the "Agreement") is entered into as of May 5, 2022 by and between Birch LLC, a Texas limited
liability company ("Provider"), and Aspen Ltd., an English company ("Client").

1. Fees
Client shall pay each invoice within forty-five (45) days after receipt of the invoice.

2. Governing Law
This Agreement shall be governed by the laws of the State of Texas.
"""


def report(date: str, severity: str, status: str, score: str) -> str:
    return (
        f"# Penetration Test Report {date[:4]}\n\nClient: Halden Corp.\n\nReport date: {date}\n\n## Findings\n\n"
        f"### F-01 SQL injection in the carrier search report\n\n**Severity:** {severity}\n\n**Status:** {status}\n\n"
        f"**CVSS score:** {score}\n\n**CVE:** CVE-2021-44228\n\nThe parameter sort is not handled safely.\n"
    )


Open = Callable[..., Collection]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    held: list[Collection] = []

    def make(reply: str | None = None, **files: str) -> Collection:
        paths = []
        for name, text in files.items():
            stem, _, ending = name.rpartition("_")
            paths.append(tmp_path / f"{stem}.{ending}")
            paths[-1].write_text(text)
        made = Collection.open(
            "c", create=True, config=Config(home=tmp_path), embedder=WordHashEmbedder(), generator=Echo(reply)
        )
        held.append(made)
        assert not made.ingest(paths).failures
        return made

    yield make
    for one in held:
        one.close()


def only(answer: Answer) -> Conflict:
    (found,) = answer.conflicts
    for side in found.sides:
        assert side.citation in answer.citations
    return found


# -- amendments -----------------------------------------------------------------------------------------------------


def test_a_superseded_text_is_cited_after_the_one_that_governs(opened: Open) -> None:
    made = opened(
        "The aggregate liability of either party under this Agreement shall not exceed USD 1,000,000 [1].",
        agreement_txt=AGREEMENT,
        amendment_txt=AMENDMENT,
    )
    answer = made.ask("What may the aggregate liability of either party not exceed?")
    found = only(answer)
    assert found.kind is ConflictKind.SUPERSEDED
    assert [side.citation.source.name for side in found.sides] == ["amendment.txt", "agreement.txt"]
    assert "2,500,000" in found.sides[0].citation.quote
    assert "1,000,000" in found.sides[1].citation.quote
    assert answer.text.index("2,500,000") < answer.text.index("1,000,000")
    for citation in answer.citations:
        assert citation.span.of(made.document(citation.document.id).text) == citation.quote


def test_an_answer_from_the_amendment_shows_what_it_changed(opened: Open) -> None:
    made = opened(
        "The aggregate liability of either party under this Agreement shall not exceed USD 2,500,000 [1].",
        agreement_txt=AGREEMENT,
        amendment_txt=AMENDMENT,
    )
    found = only(made.ask("What may the aggregate liability of either party not exceed?"))
    assert [side.citation.source.name for side in found.sides] == ["amendment.txt", "agreement.txt"]


def test_a_clause_that_no_amendment_changed_is_in_no_conflict(opened: Open) -> None:
    made = opened(agreement_txt=AGREEMENT, amendment_txt=AMENDMENT)
    assert not made.ask("Where shall Supplier deliver the goods?").conflicts


def test_what_the_filter_hides_is_in_no_conflict(opened: Open) -> None:
    made = opened(agreement_txt=AGREEMENT, amendment_txt=AMENDMENT)
    answer = made.ask("What may the aggregate liability of either party not exceed?", "source:agreement.txt")
    assert not answer.conflicts
    assert all(c.source.name == "agreement.txt" for c in answer.citations)


# -- documents ------------------------------------------------------------------------------------------------------


def test_documents_that_answer_differently_are_named_where_the_question_names_none(opened: Open) -> None:
    made = opened(agreement_txt=AGREEMENT, services_txt=LEASE)
    found = only(made.ask("What is the governing law of the agreement?", llm=False))
    assert found.kind is ConflictKind.DIFFERS
    assert {side.value for side in found.sides} == {"Delaware", "Texas"}
    assert "Delaware (agreement.txt)" in found.text
    assert "Texas (services.txt)" in found.text


def test_two_agreements_are_in_no_conflict_where_the_question_names_one(opened: Open) -> None:
    made = opened(agreement_txt=AGREEMENT, services_txt=LEASE)
    assert not made.ask("What is the governing law of the agreement between Birch and Aspen?", llm=False).conflicts
    assert not made.ask("What is the governing law?", "source:services.txt", llm=False).conflicts


def test_two_clauses_that_say_one_thing_with_two_numbers_disagree(opened: Open) -> None:
    twice = (
        AGREEMENT
        + "\n5. Payment\nCustomer shall pay each invoice within sixty (60) days after receipt of the invoice.\n"
    )
    found = only(opened(agreement_txt=twice).ask("When shall Customer pay each invoice?", llm=False))
    assert found.kind is ConflictKind.DISAGREES
    assert {side.value for side in found.sides} == {"30 day", "60 day"}


def test_two_cases_of_one_list_do_not_disagree(opened: Open) -> None:
    text = AGREEMENT + (
        "\n5. Support\nSupplier shall answer each high severity request of Customer within four hours.\n"
        "Supplier shall answer each low severity request of Customer within nine hours.\n"
    )
    asked = "Within how many hours shall Supplier answer each severity request of Customer?"
    assert not opened(agreement_txt=text).ask(asked, llm=False).conflicts


# -- reports --------------------------------------------------------------------------------------------------------


def test_reports_that_rate_one_finding_differently_are_both_cited_the_latest_first(opened: Open) -> None:
    made = opened(
        old_md=report("2024-05-01", "High", "Open", "8.1"), new_md=report("2025-06-01", "Medium", "Open", "8.1")
    )
    answer = made.ask("The parameter sort is not handled safely in the finding of which severity?", llm=False)
    found = only(answer)
    assert found.kind is ConflictKind.DISAGREES
    assert [side.value for side in found.sides] == ["medium", "high"]
    assert [side.citation.source.name for side in found.sides] == ["new.md", "old.md"]
    assert "2025-06-01" in found.text and "the latest first" in found.text


def test_reports_that_agree_are_in_no_conflict(opened: Open) -> None:
    made = opened(
        old_md=report("2024-05-01", "High", "Open", "8.1"), new_md=report("2025-06-01", "HIGH", "Open", "8.10")
    )
    assert not made.ask(
        "The parameter sort is not handled safely in the finding of which severity and score?", llm=False
    ).conflicts


def test_a_field_that_is_not_asked_for_is_not_compared(opened: Open) -> None:
    made = opened(
        old_md=report("2024-05-01", "High", "Open", "8.1"), new_md=report("2025-06-01", "Medium", "Fixed", "5.0")
    )
    assert not made.ask("Is the parameter sort not handled safely in the search?", llm=False).conflicts


# -- tables ---------------------------------------------------------------------------------------------------------

FEES = AGREEMENT + (
    "\n5. Fee table\n\n"
    "| Line | Item | Unit | Fee (USD) | Start |\n|---|---|---|---|---|\n"
    "| 1 | Platform subscription | per month | 38,500.00 | March 1, 2021 |\n"
    "| 2 | Analytics module | per month | 6,200.00 | June 1, 2021 |\n"
)
LESS = AMENDMENT + (
    "\n2. In the table in Section 5, the Fee on line 2 (Analytics module) is reduced from USD 6,200.00 to USD 5,750.00"
    " per month.\n"
)
LATER = """AMENDMENT NO. 2 TO THE MASTER SUPPLY AGREEMENT

This Amendment No. 2 is entered into as of June 1, 2023 by and between Halden Corp. ("Supplier") and Northwind Inc.
("Customer") and amends the Master Supply Agreement dated as of March 1, 2021 (the "Agreement").

1. Section 3 of the Agreement is deleted in its entirety and replaced with the following:
"3. Delivery. Supplier shall deliver the goods to Customer in Oslo."

2. The Fee for the Analytics module is reduced from USD 5,750.00 to USD 5,000.00 per month.
"""
ROW = "| 2 | Analytics module | per month | 6,200.00 | June 1, 2021 |"
ASKED = "What is the fee of the Analytics module per month?"


def test_a_row_of_a_table_is_superseded_by_the_sentence_that_changes_its_value(opened: Open) -> None:
    made = opened(agreement_md=FEES, amendment_txt=LESS)
    answer = made.ask(ASKED, llm=False)
    found = only(answer)
    assert found.kind is ConflictKind.SUPERSEDED
    assert [side.value for side in found.sides] == ["5,750 USD", "6,200 USD"]
    assert [side.citation.source.name for side in found.sides] == ["amendment.txt", "agreement.md"]
    assert "Fee (USD) of Analytics module" in found.text and "2022-06-01" in found.text
    for side in found.sides:
        assert side.citation.span.of(made.document(side.citation.document.id).text) == side.citation.quote


def test_an_answer_from_the_row_quotes_what_governs_first(opened: Open) -> None:
    answer = opened(f"{ROW} [1]", agreement_md=FEES, amendment_txt=LESS).ask(ASKED)
    found = only(answer)
    assert found.kind is ConflictKind.SUPERSEDED
    assert answer.citations[0] == found.sides[0].citation or "6,200.00" in answer.citations[0].quote
    assert answer.text.index("5,750.00") < answer.text.rindex("6,200.00")


def test_of_two_amendments_of_a_row_the_later_governs(opened: Open) -> None:
    answer = opened(agreement_md=FEES, amendment_txt=LESS, later_txt=LATER).ask(ASKED, llm=False)
    assert answer.conflicts
    assert {found.kind for found in answer.conflicts} == {ConflictKind.SUPERSEDED}
    assert answer.conflicts[0].sides[0].value == "5,000 USD"


def test_a_row_that_no_amendment_changes_is_in_no_conflict(opened: Open) -> None:
    made = opened(agreement_md=FEES, amendment_txt=LESS)
    assert not made.ask("What is the fee of the Platform subscription per month?", llm=False).conflicts


def test_a_row_is_not_compared_with_what_the_filter_hides(opened: Open) -> None:
    made = opened(agreement_md=FEES, amendment_txt=LESS)
    assert not made.ask(ASKED, "source:agreement.md", llm=False).conflicts


def test_two_tables_of_one_document_that_give_one_fee_twice_disagree(opened: Open) -> None:
    again = ROW.replace("6,200", "7,000")
    twice = f"{FEES}\n6. Summary\n\n| Line | Item | Unit | Fee (USD) | Start |\n|---|---|---|---|---|\n{again}\n"
    found = only(opened(agreement_md=twice).ask(ASKED, llm=False))
    assert found.kind is ConflictKind.DISAGREES
    assert {side.value for side in found.sides} == {"6,200 USD", "7,000 USD"}


def test_rows_of_one_table_do_not_disagree(opened: Open) -> None:
    more = FEES + "| 3 | Analytics training | per month | 900.00 | June 1, 2021 |\n"
    assert not opened(agreement_md=more).ask(ASKED, llm=False).conflicts


def test_a_sentence_that_repeats_the_value_of_a_row_is_in_no_conflict(opened: Open) -> None:
    same = FEES + "\n6. Summary\n\nThe Fee for the Analytics module is USD 6,200 per month.\n"
    assert not opened(agreement_md=same).ask(ASKED, llm=False).conflicts


def test_a_sentence_that_gives_another_value_than_a_row_disagrees(opened: Open) -> None:
    other = FEES + "\n6. Summary\n\nThe Fee for the Analytics module is USD 6,900 per month.\n"
    found = only(opened(agreement_md=other).ask(ASKED, llm=False))
    assert found.kind is ConflictKind.DISAGREES
    assert {side.value for side in found.sides} == {"6,200 USD", "6,900 USD"}


# -- telling --------------------------------------------------------------------------------------------------------


def test_conflicts_are_plain_json_with_the_markers_of_their_citations(opened: Open) -> None:
    answer = opened(agreement_txt=AGREEMENT, services_txt=LEASE).ask("What is the governing law?", llm=False)
    told = json.loads(json.dumps(answer_json(answer)))
    (found,) = told["conflicts"]
    markers = {citation["marker"] for citation in told["citations"]}
    assert {side["citation"] for side in found["sides"]} <= markers
    assert found["kind"] == "differs"

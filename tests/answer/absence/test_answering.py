"""Whether something is there: yes with the quote, or what was searched, never a flat no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from citebound import Collection, Config, Outcome
from citebound.answer.absence.answering import Presence
from citebound.answer.sets.answer import Member, Proof, SetAnswer
from citebound.answer.sets.by_fields import known_names
from citebound.answer.sets.plan import plan
from citebound.answer.sets.question import Quantifier
from citebound.ingest.profile import shipped
from citebound.types import Span
from tests.fakes import Echo, WordHashEmbedder

LICENSE = """LICENSE AGREEMENT

This License Agreement (the "Agreement") is entered into as of March 1, 2024 by and between Halden Corp., a Delaware
corporation ("Licensor"), and Northwind Inc., a New York corporation ("Licensee").

1. Grant
Licensor hereby grants to Licensee a non-exclusive license to use the Software.

2. Fees
Licensee shall pay the fees within thirty (30) days after receipt of the invoice.

3. Limitation of Liability
In no event shall the aggregate liability of either party under this Agreement exceed the fees paid by Licensee.

4. Support
Licensor answers support requests about the Software by telephone within four hours.

5. Governing Law
This Agreement shall be governed by the laws of the State of Delaware.
"""


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    (tmp_path / "license.txt").write_text(LICENSE)
    config = Config(home=tmp_path)
    with Collection.open(
        "c", create=True, config=config, embedder=WordHashEmbedder(), generator=Echo("It exists [1].")
    ) as made:
        assert not made.ingest([tmp_path / "license.txt"]).failures
        yield made


def test_what_is_there_is_answered_with_its_quote(collection: Collection) -> None:
    answer = collection.ask("Does the agreement contain a liability cap?")
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text.startswith("Yes: “")
    (citation,) = answer.citations
    assert "aggregate liability of either party" in citation.quote
    assert citation.span.of(collection.document("license.txt").text) == citation.quote


def test_what_was_not_found_is_said_with_what_was_searched(collection: Collection) -> None:
    answer = collection.ask("Is there a source code escrow?")
    assert answer.outcome is Outcome.ABSENT
    assert answer.searched is not None and answer.receipt is not None
    passages = answer.searched.passages
    assert f"no such clause was found in the {passages} passages of the 1 document searched" in answer.text
    assert "0 of 1 document" in answer.text
    assert (answer.searched.documents, passages) == (1, answer.receipt.searched_chunks)
    assert {"source", "escrow"} <= set(answer.searched.terms)
    assert answer.searched.nearest and answer.passages
    assert "terms tried: " in answer.reason
    assert not answer.citations
    assert not answer.text.lower().startswith("no")


def test_what_no_structure_knows_is_looked_for_in_the_text(collection: Collection) -> None:
    there = collection.ask("Does the agreement mention support requests?")
    assert (there.outcome, len(there.citations)) == (Outcome.ANSWERED, 1)
    gone = collection.ask("Does the agreement mention helicopter maintenance?")
    assert gone.outcome is Outcome.ABSENT
    assert "no such passage was found" in gone.text


def test_a_name_that_is_missing_is_not_made_up_for_by_other_words(collection: Collection) -> None:
    answer = collection.ask("Does the agreement mention support requests about CVE-2021-44228?")
    assert answer.outcome is Outcome.ABSENT


def test_words_in_common_are_not_enough(collection: Collection) -> None:
    answer = collection.ask("Is there a license to practise medicine?")
    assert answer.outcome in (Outcome.ABSENT, Outcome.PARTIAL)
    assert not answer.text.startswith("Yes")


def test_asked_whether_it_is_missing_nothing_is_answered_by_yes_or_no(collection: Collection) -> None:
    there = collection.ask("Is there no liability cap?")
    assert there.outcome is Outcome.ANSWERED
    assert there.text.startswith("It is there: “")
    gone = collection.ask("Is a source code escrow missing from the agreement?")
    assert gone.outcome is Outcome.ABSENT


def test_a_question_that_asks_for_more_goes_on_where_it_is_there(collection: Collection) -> None:
    answer = collection.ask("Is there a liability cap, and how high is it?")
    assert not answer.text.startswith("Yes")
    gone = collection.ask("Is there a source code escrow, and who is the agent?")
    assert gone.outcome is Outcome.ABSENT


def test_only_documents_that_the_filter_allows_are_searched(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "escrow.txt").write_text(
        'ESCROW AGREEMENT\n\nThis Agreement (the "Agreement") is made between Halden Corp. and Northwind Inc.\n\n'
        "1. Escrow\nLicensor shall deposit the source code of the Software with the escrow agent.\n"
    )
    collection.ingest([tmp_path / "escrow.txt"])
    assert collection.ask("Is there a source code escrow?", "source:license.txt").outcome is Outcome.ABSENT
    assert collection.ask("Is there a source code escrow?").outcome is Outcome.ANSWERED


def test_an_empty_collection_gives_an_outcome(tmp_path: Path) -> None:
    with Collection.open("e", create=True, config=Config(home=tmp_path), embedder=WordHashEmbedder()) as made:
        assert made.ask("Is there a non-compete?", llm=False).outcome is Outcome.NOT_FOUND


SERVICES = """MASTER SERVICES AGREEMENT

This Master Services Agreement (the "Agreement") is made between Alder Inc. ("Provider") and Birch Corp. ("Customer").

1. Payment
Customer shall pay each invoice within the payment term of thirty (30) days.

2. Termination
Customer may terminate this Agreement for convenience on written notice.

3. Records
Customer may audit the records of Provider once in each year.

4. Assignment
Assignment of this Agreement is excluded.

5. Right to suspend
Provider may suspend the service.

6. Competitors
Either Party may assign this Agreement to a successor, but Provider shall not compete.
"""

MUTUAL = """MUTUAL NON-DISCLOSURE AGREEMENT

This Mutual Non-Disclosure Agreement is made between Alder Inc. and Cedar Ltd.

1. Confidentiality
Each party shall keep the information of the other party confidential: confidentiality is owed for three (3) years.

2. Indemnity
There is an indemnity for breach.
"""

AMENDMENT = """AMENDMENT NO. 1

1. Fees
The fees are raised by two percent (2%).
"""


@pytest.fixture
def several(tmp_path: Path) -> Iterator[Collection]:
    for name, text in (("msa.txt", SERVICES), ("nda.txt", MUTUAL), ("amendment.txt", AMENDMENT)):
        (tmp_path / name).write_text(text)
    with Collection.open("s", create=True, config=Config(home=tmp_path), embedder=WordHashEmbedder()) as made:
        assert not made.ingest([tmp_path / name for name in ("msa.txt", "nda.txt", "amendment.txt")]).failures
        yield made


def says(collection: Collection, question: str) -> tuple[str, Outcome]:
    """The first word of the answer, and its outcome."""
    answer = collection.ask(question, llm=False)
    return answer.text.split(" ")[0].strip(",:;"), answer.outcome


@pytest.mark.parametrize(
    ("asked", "denied"),
    [
        ("Is there a payment term of 30 days?", "Is there a payment term of 14 days?"),
        ("Is there a payment term of thirty days?", "Is there a payment term of 1 day?"),
        ("Does the customer have a right to terminate?", "Does the provider have a right to terminate?"),
        ("Does the provider have a right to suspend?", "Does the customer have a right to suspend?"),
        ("Is there a right to suspend?", "Is there a duty to suspend?"),
        ("Does the customer have a right to audit?", "Does the supplier have a right to audit?"),
        ("Does the MSA mention a right to audit?", "Does the lease mention a right to audit?"),
        ("Does the NDA have a confidentiality clause?", "Does the amendment have a confidentiality clause?"),
        ("Is there an indemnity in the NDA?", "Is there a mutual indemnity in the MSA?"),
    ],
)
def test_yes_is_said_of_what_the_quote_says_and_of_nothing_like_it(
    several: Collection, asked: str, denied: str
) -> None:
    assert says(several, asked) == ("Yes", Outcome.ANSWERED)
    assert says(several, denied)[0] != "Yes"


def test_a_clause_number_is_no_quantity(several: Collection) -> None:
    assert says(several, "Is there a confidentiality obligation of 1 year?")[0] != "Yes"
    assert says(several, "Is there a fee increase of 1 percent?")[0] != "Yes"


def test_what_is_excluded_is_not_permitted(several: Collection) -> None:
    assert says(several, "Does the MSA mention permission for assignment?")[0] != "Yes"


def test_a_place_that_is_not_there_is_neither_yes_nor_absent(several: Collection) -> None:
    for question in ("Does the lease mention payment?", "Does the lease mention helicopters?"):
        first, outcome = says(several, question)
        assert first != "Yes"
        assert outcome is not Outcome.ABSENT


def test_the_place_that_is_named_is_searched_wherever_other_words_lead(several: Collection) -> None:
    for question in ("Does the MSA mention helicopters?", "Is there a mutual indemnity in the MSA?"):
        answer = several.ask(question, llm=False)
        assert answer.outcome is Outcome.ABSENT
        assert answer.searched is not None
        assert answer.searched.routed == ("MASTER SERVICES AGREEMENT",)


def test_a_clause_that_may_be_misread_is_no_member_of_any(several: Collection) -> None:
    kinds = shipped()
    planned = plan("Do any contracts have a non-compete?", kinds, known_names(several._store))
    assert planned is not None
    info = several.documents()[0][0]
    presence = Presence(several._store, kinds, WordHashEmbedder())

    def member(quote: str) -> Member:
        return Member("A", info, None, (Proof(info.id, "clause", "non_compete", Span(0, 9), quote),))

    read = SetAnswer(planned, (member("Provider shall not compete."), member("It may be assigned.")), (), 2, 2)
    doubted = presence.doubted(read)
    assert [m.proofs[0].quote for m in doubted.members] == ["Provider shall not compete."]
    assert len(doubted.undecided) == 1
    which = replace(read, question=replace(planned, quantifier=Quantifier.LIST))
    assert presence.doubted(which) == which

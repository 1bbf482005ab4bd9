"""What was read off a document answers a question for it; what is nowhere in it is not answered from what is near."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from citebound.answer.readings import Readings
from citebound.collection import Collection
from citebound.config import Config
from citebound.ingest.profile import profiles
from citebound.types import Outcome
from tests.fakes import WordHashEmbedder
from tests.ingest.test_advisory import ONE_EACH

LEASE = """SUPPLY AGREEMENT

This Supply Agreement (the "Agreement") is made as of March 3, 2021 between Halden Foods Inc., a Delaware corporation
("Buyer"), and Northwind Mills LLC, a Texas limited liability company ("Seller").

1. Law

The law of evidence, the law of the sea and every other law are taught at school, and this is no clause about law.

2. Governing Law

This Agreement shall be governed by and construed in accordance with the laws of the State of Texas.

3. Term

The initial term of this Agreement is three (3) years and it shall renew automatically for successive periods of one (1)
year unless either party gives written notice at least sixty (60) days before the end of the term.
"""
OTHER = """CONSULTING AGREEMENT

This Consulting Agreement is made as of May 5, 2019 between Orla Vance and Tidewater Group Ltd.

1. Services

The consultant advises on law, governing bodies, dates and agreements.
"""
REPORT = """Penetration Test Report TR-2024-117

Prepared for Halden Foods Inc.

## QV-01 SQL injection in the search form

Severity: High
CVSS: 8.6 (CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N)
CWE: CWE-89
CVE: CVE-2024-1111
Status: Open

The search form hands its input to the database unchanged. The severity of this is plain to see.

Remediation: use prepared statements.

## QV-02 Verbose errors

Severity: Low
CWE: CWE-209
Status: Fixed

Stack traces are shown.
"""


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    folder = tmp_path_factory.mktemp("readings")
    files = {"halden-northwind.txt": LEASE, "vance-tidewater.txt": OTHER, "report.md": REPORT, "icsa.txt": ONE_EACH}
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    config = Config(home=folder)
    with Collection.open("c", create=True, config=config, embedder=WordHashEmbedder()) as made:
        assert not made.ingest([folder / name for name in files]).failures
        yield made


def quoted(collection: Collection, question: str) -> str:
    """The first quote that is shown, however unsure."""
    answer = collection.ask(question, llm=False, abstain=False, receipt=False)
    return answer.citations[0].quote if answer.citations else ""


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("Which state's law governs the agreement between Halden and Northwind?", "laws of the State of Texas"),
        ("When was the Northwind agreement made?", "March 3, 2021"),
        ("Who are the parties to the Northwind agreement?", "Northwind Mills LLC"),
        ("In the Supply Agreement with Northwind, for how long is it renewed?", "one (1)"),
        ("In the Supply Agreement with Northwind, how much notice stops it from being renewed?", "sixty (60) days"),
        ("When was the contract between Vance and Tidewater signed?", "May 5, 2019"),
        ("In report TR-2024-117, what is the severity of QV-01?", "High"),
        ("In report TR-2024-117, what is the CVSS score of CVE-2024-1111?", "8.6"),
        ("In report TR-2024-117, to which weakness is QV-02 assigned?", "CWE-209"),
        ("What is the status of QV-02?", "Fixed"),
        ("Which CVSS score has CVE-2024-1111?", "8.6"),
        ("In advisory ICSA-31-004-02, which version fixes CVE-2031-10001?", "4.2.1"),
        ("In advisory ICSA-31-004-02, what does the vendor provide to fix CVE-2031-10001?", "4.2.1"),
        ("In advisory ICSA-31-004-02, which CWE does CVE-2031-10001 fall under?", "CWE-122"),
        ("In advisory ICSA-31-004-02, whose products are affected?", "Ferrule Controls"),
        ("In advisory ICSA-31-004-02, which versions of PumpView Server are affected?", "prior to 4.2"),
        ("In advisory ICSA-31-004-02, how is the risk evaluated?", "stop the pumps"),
        ("In advisory ICSA-31-004-02, on which date was the advisory first published?", "January 4, 2031"),
    ],
)
def test_the_place_where_it_was_read_is_quoted_first(collection: Collection, question: str, part: str) -> None:
    assert part in quoted(collection, question)


def test_other_questions_are_left_to_the_search(collection: Collection) -> None:
    readings = Readings(collection._store, profiles())
    ids = {source.name: info.id for info, *_, sources in collection.documents() for source in sources}
    contract = [ids["halden-northwind.txt"]]
    for question in (
        "What does the seller deliver?",
        "May the buyer assign the agreement?",
        "Which products are renewable?",
        "What notice must be given of a breach?",
    ):
        assert not readings.of(question, contract).asked, question


def test_a_field_that_was_not_read_is_known_not_to_be(collection: Collection) -> None:
    readings = Readings(collection._store, profiles())
    ids = {source.name: info.id for info, *_, sources in collection.documents() for source in sources}
    read = readings.of("which law governs it?", [ids["vance-tidewater.txt"]])
    assert (read.asked, read.readings, read.signal) == (True, (), -1.0)


def test_a_question_about_many_documents_is_none(collection: Collection) -> None:
    readings = Readings(collection._store, profiles())
    assert not readings.of("which law governs it?", []).asked
    assert not readings.of("what is the status of QV-99?", []).asked
    assert not readings.of("which law governs it?", ["a", "b", "c", "d"]).asked


@pytest.mark.parametrize(
    "question",
    [
        "In report TR-2024-117, what is the CVSS score of CVE-2020-9999?",
        "Which host is affected by CVE-2020-9999?",
        "What is the CVSS score of QV-99?",
        "In the Northwind agreement, what is said of CVE-2020-9999?",
    ],
)
def test_what_is_said_of_other_numbers_is_no_answer(collection: Collection, question: str) -> None:
    answer = collection.ask(question, llm=False, abstain=False, receipt=False)
    assert answer.outcome is Outcome.NOT_FOUND
    assert "does not stand in" in answer.reason


def test_a_number_that_is_there_is_not_called_missing(collection: Collection) -> None:
    answer = collection.ask("What is wrong with CVE-2024-1111?", llm=False, abstain=False, receipt=False)
    assert answer.outcome is Outcome.ANSWERED

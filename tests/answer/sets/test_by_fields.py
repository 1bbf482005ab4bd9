"""Questions about the set: what is planned, what is left to the usual way, and who the members are."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound.answer.sets.answer import SetAnswer
from citebound.answer.sets.by_fields import answer_set, known_names
from citebound.answer.sets.holds import passes
from citebound.answer.sets.plan import plan
from citebound.answer.sets.question import Field, Quantifier, Range, Scale, Standing, Unit
from citebound.indexes.store import Store, sha256_of
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.ingest.profile import profiles, shipped
from citebound.types import Document, DocumentInfo, Eq, Fact, Finding, Outcome, Source, Span

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "ingest" / "samples"

Row = tuple[str, ...]
"""Field, value, what is printed, and a note or nothing."""


def paper(title: str, kind: str, facts: Sequence[Row], findings: Sequence[tuple[str, Sequence[Row]]] = ()) -> Document:
    """A document whose text is its title and one line for each fact, finding and field."""
    text = title + "\n"

    def told(rows: Sequence[Row]) -> tuple[Fact, ...]:
        nonlocal text
        made = []
        for name, value, printed, *note in rows:
            made.append(Fact(name, value, Span(len(text), len(text) + len(printed)), "".join(note)))
            text += printed + "\n"
        return tuple(made)

    own = told(facts)
    found = []
    for heading, rows in findings:
        start = len(text)
        text += heading + "\n"
        fields = told(rows)
        found.append(Finding(Span(start, len(text)), heading, fields))
    id_ = hashlib.sha256(text.encode()).hexdigest()
    info = DocumentInfo(id_, title, "text/plain", sha256_of(text), "test", 0)
    return Document(info, text, (), kind=kind, facts=own, findings=tuple(found))


def contract(title: str, *clauses: str, doubtful: str = "", **fields: str) -> Document:
    rows: list[Row] = [("title", title, title)]
    for name, value in fields.items():
        rows += [(name, one, f"{name} is {one}") for one in value.split(";")]
    rows += [("clause", clause, f"A sentence on {clause}.") for clause in clauses]
    rows += [("clause", doubtful, f"Perhaps {doubtful}.", "doubtful wording")] if doubtful else []
    return paper(title, "contracts", rows)


def advisory(id_: str, vendor: str, day: str, *findings: tuple[str, str, str, str]) -> Document:
    """Each finding: CVE ("" for none), CWE, CVSS score, severity."""
    facts: list[Row] = [("advisory_id", id_, id_), ("vendor", vendor, vendor), ("release_date", day, day)]
    facts += [
        ("publisher", "CISA", "CISA"),
        ("revision_date", f"{int(day[:4]) + 1}-01-01", f"{int(day[:4]) + 1}-01-01"),
    ]
    made = []
    for cve, cwe, score, severity in findings:
        rows: list[Row] = [("cve", cve, cve)] if cve else []
        vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N" if score == "9.8" else "CVSS:3.1/AV:L/AC:L/PR:L/UI:R"
        rows += [("cwe", cwe, cwe), ("cvss_score", score, score), ("severity", severity, severity.upper())]
        rows += [("cvss_vector", vector, vector)]
        made.append((f"{cve or 'A flaw'} of {vendor}", rows))
    return paper(f"{vendor} Widget", "security_reports", facts, made)


def finding(id_: str, severity: str, status: str) -> tuple[str, Sequence[Row]]:
    rows: list[Row] = [("id", id_, id_), ("severity", severity, severity.title())]
    return f"{id_} Something", [*rows, *([("status", status, status)] if status else [])]


PAPERS = (
    contract(
        "Alder Supply Agreement",
        *("cap_on_liability", "insurance", "audit_rights"),
        party="Alder Inc.;Birch GmbH",
        governing_law="Texas",
        agreement_date="2015-03-01",
        expiration_date="2020-02-29",
        term="P5Y",
    ),
    contract(
        "Birch License Agreement",
        *("license_grant", "exclusivity", "cap_on_liability"),
        party="Birch GmbH;Cedar Ltd",
        governing_law="New York",
        agreement_date="2018-06-30",
        renewal="P1Y",
        term="P24M",
        renewal_notice="P90D",
    ),
    contract(
        "Cedar Services Agreement",
        *("non_compete", "anti_assignment", "termination_for_convenience"),
        party="Cedar Ltd;Dogwood LLC",
        governing_law="England and Wales",
        agreement_date="2021-01-15",
        doubtful="cap_on_liability",
    ),
    contract("Amendment to the Services Agreement", party="Cedar Ltd;Dogwood LLC", agreement_date="2022-05"),
    advisory("ICSA-19-001-01", "Siemens", "2019-04-09", ("CVE-2019-1", "CWE-79", "9.8", "critical")),
    advisory(
        "ICSA-21-002-01",
        "Siemens",
        "2021-07-01",
        ("CVE-2021-1", "CWE-798", "7.5", "high"),
        ("CVE-2021-2", "CWE-787", "5.0", "medium"),
    ),
    advisory("ICSA-23-003-01", "General Electric (GE)", "2023-02-28", ("", "CWE-79", "3.1", "low")),
    paper(
        "Penetration Test Report PT-1",
        "security_reports",
        [("client", "Alder Inc.", "Alder Inc."), ("report_date", "2024-02-01", "1 February 2024")],
        [
            finding("F-1", "critical", "open"),
            finding("F-2", "critical", "fixed"),
            finding("F-3", "high", "risk accepted"),
            finding("F-4", "high", "partially fixed"),
            finding("F-5", "low", ""),
        ],
    ),
)

MEMBERS = (
    # the question; whose labels hold which words; how many are undecided
    ("Which contracts have no liability cap?", "Amendment", 1),
    ("Which contracts have a cap on liability?", "Alder|Birch", 1),
    ("all agreements governed by Texas law", "Alder", 1),
    ("Which agreements are not governed by US law?", "Cedar", 1),
    ("Which contracts are governed by English or New York law?", "Birch|Cedar", 1),
    ("How many contracts do not state a governing law?", "Amendment", 0),
    ("Which contracts contain an insurance clause but no exclusivity?", "Alder", 0),
    ("Which contracts have neither insurance nor a license grant?", "Cedar|Amendment", 0),
    ("Which contracts lack both audit rights and a non-compete?", "Birch|Amendment", 0),
    ("Which contracts have audit rights or a license grant?", "Alder|Birch", 0),
    ("In which agreements is an anti-assignment clause missing?", "Alder|Birch|Amendment", 0),
    ("Which contracts cannot be assigned without consent?", "Cedar", 0),
    ("Which agreements can be terminated for convenience?", "Cedar", 0),
    ("is there any agreement with a most favoured nation clause?", "", 0),
    ("List all agreements with Birch.", "Alder|Birch", 0),
    ("Which contracts are between Cedar and Dogwood?", "Cedar|Amendment", 0),
    ("Which agreements were signed after 2016?", "Birch|Cedar|Amendment", 0),
    ("Which contracts were signed before June 1, 2018 or later than 2021?", None, 0),
    ("Which contracts were signed in May 2022?", "Amendment", 0),
    ("Which contracts were signed between 2015 and 2018?", "Alder|Birch", 0),
    ("Which contracts were not signed in 2015?", "Birch|Cedar|Amendment", 0),
    ("Which agreements expire in 2020?", "Alder", 3),
    ("Which contracts have a term of at least three years?", "Alder", 2),
    ("Which contracts have a two-year term?", "Birch", 2),
    ("Which contracts renew automatically?", "Birch", 0),
    ("Which contracts require more than 60 days' notice of non-renewal?", "Birch", 3),
    ("Show me the license agreements", "Birch", 0),
    ("How many amendments do we have?", "Amendment", 0),
    ("Which services agreements have a non-compete?", "Cedar", 0),
    ("Does any document mention a covenant not to sue?", "", 0),
    ("which advisories were released in 2023?", "ICSA-23", 0),
    ("How many advisories were published before 2022?", "ICSA-19|ICSA-21", 0),
    ("Which advisories have been updated since 2022?", "ICSA-21|ICSA-23", 0),
    ("Which Siemens advisories contain critical vulnerabilities?", "ICSA-19", 0),
    ("Which advisories have no critical vulnerabilities?", "ICSA-21|ICSA-23", 0),
    ("Which advisories list more than one vulnerability?", "ICSA-21", 0),
    ("Which advisories contain a CVSS score of 7 or higher?", "ICSA-19|ICSA-21", 0),
    ("Which advisories concern cross-site scripting?", "ICSA-19|ICSA-23", 0),
    ("How many advisories are about GE?", "ICSA-23", 0),
    ("How many advisories are about Honeywell?", "", 0),
    ("Which advisories mention CVE-2021-2?", None, 0),  # too short for a CVE number
    ("how many open critical findings?", "F-1", 1),  # the critical one of an advisory has no status
    ("Which findings in the penetration test report are still open?", "F-1", 2),  # F-4 is half fixed, F-5 has no status
    ("How many of the findings in the penetration test report are not fixed?", "F-1|F-3|F-4", 1),
    ("List all high or critical findings of the pentest", "F-1|F-2|F-3|F-4", 0),
    ("Which vulnerabilities are rated below high?", "F-5|CVE-2021-2|A flaw", 0),
    ("Which vulnerabilities have no CVE?", "F-1|F-2|F-3|F-4|F-5|A flaw", 0),
    ("How many vulnerabilities are remotely exploitable without user interaction?", "CVE-2019-1", 5),
    ("Which findings were accepted as a risk?", "F-3", 5),
    ("Which vendors have critical vulnerabilities?", "Siemens", 0),
    ("How many CVEs are rated high?", "CVE-2021-1", 0),
    ("Which CVEs affect Siemens products?", "CVE-2019-1|CVE-2021-1|CVE-2021-2", 0),
    ("Which advisories affect both Siemens and GE?", "", 0),
    ("Which advisories affect Siemens and GE?", "ICSA-19|ICSA-21|ICSA-23", 0),
    ("Which advisories contain vulnerabilities with severity medium and CWE-798?", "", 0),  # of two vulnerabilities
    ("Which advisories contain a high and a medium vulnerability?", None, 0),
    ("Which contracts contain a non-compete, exclusivity or insurance?", "Alder|Birch|Cedar", 0),
    ("Which contracts contain insurance, audit rights and a cap on liability?", "Alder", 0),
    ("Which contracts prohibit competition?", "Cedar", 0),
    ("Which agreements from 2018 grant a license?", "Birch", 0),
    ("How many vulnerabilities are in advisories from 2021?", "CVE-2021-1|CVE-2021-2", 0),
    ("Do all contracts have a governing law clause?", "Alder|Birch|Cedar", 1),
    ("Are all critical findings in the penetration test fixed?", "F-2", 0),
    ("Which contracts are under NY law?", "Birch", 1),
    ("Which contracts w/o a liability cap do we have?", "Amendment", 1),
    ("Which agreements older than 2018 have a cap on liability?", "Alder", 0),
    ("Which vulnerabilities have a CVSS score of at least 5 but below 9?", "CVE-2021-1|CVE-2021-2", 5),
    ("Which vulnerabilities are exploitable only with physical access?", "", 5),
    ("Which findings has nobody fixed yet?", "F-1|F-4", 5),
    ("Did we ever sign an amendment with Cedar?", "Amendment", 0),
    ("I'm trying to find out which contracts have audit rights.", "Alder", 0),
)

USUAL = (
    "How long does Brindlemark have to pay an invoice?",
    "What is the cap on liability?",
    "Does the agreement have a liability cap?",
    "Is there a liability cap in the MSA?",
    "do the NDA and the MSA have the same governing law?",
    "What is the average CVSS score?",
    "What is the longest term?",
    "Which contracts will expire soon?",
    "Which contracts have a liability cap of more than one million dollars?",
    "Which contracts are assignable without consent?",
    "Which contracts allow assignment without consent?",
    "Which contracts have a cap and an indemnity for lost horses?",
    "What percentage of contracts have a liability cap?",
    "Which contracts do not have insurance and audit rights?",
    "Which contracts contain no insurance, audit rights or exclusivity?",
    "Which contracts are with German companies?",
    "Which vulnerabilities were found in 2021?",
    "Which contracts restrict insurance?",
    "Which parties have audit rights?",
    "Which products are covered?",
    "Which documents must be delivered at closing?",
    "What kind of vulnerability is CWE-426?",
    "How many days of notice are required?",
    "which",
    "",
    "?",
)


def put(store: Store, document: Document, name: str) -> None:
    source = Source(name, document.id)
    store.put_document(document, [], parser="test", status="ok", source=source, size=1, modified_ns=1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store(tmp_path_factory.mktemp("sets") / "store.db", create=True)
    for i, document in enumerate(PAPERS):
        put(opened, document, f"{i}.txt")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store(tmp_path_factory.mktemp("samples") / "store.db", create=True)
    for path in sorted(SAMPLES.iterdir()):
        put(opened, parse(path.name, path.read_bytes(), Limits()).document, path.name)
    yield opened
    opened.close()


def asked(store: Store, question: str) -> SetAnswer:
    planned = plan(question, shipped(), known_names(store))
    assert planned is not None, question
    return answer_set(store, planned)


@pytest.mark.parametrize(("question", "wanted", "undecided"), MEMBERS)
def test_the_members_are_those_and_no_others(store: Store, question: str, wanted: str | None, undecided: int) -> None:
    if wanted is None:
        assert plan(question, shipped(), known_names(store)) is None
        return
    answer = asked(store, question)
    words = [word for word in wanted.split("|") if word]
    assert len(answer.members) == len(words)
    for word in words:
        assert sum(member.label.startswith(word) or f" {word}" in member.label for member in answer.members) == 1
    assert len(answer.undecided) == undecided


@pytest.mark.parametrize("question", USUAL)
def test_what_is_not_understood_as_a_whole_goes_the_usual_way(store: Store, question: str) -> None:
    assert plan(question, shipped(), known_names(store)) is None


def test_no_question_of_the_demo_suite_is_taken_for_one_about_the_set(samples: Store) -> None:
    known = known_names(samples)
    lines = (ROOT / "eval" / "suites" / "demo.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    assert [q for q in questions if plan(q, shipped(), known)] == []


def test_the_samples_answer_as_a_reader_would(samples: Store) -> None:
    def titles(question: str) -> set[str]:
        return {member.document.title for member in asked(samples, question).members}

    assert titles("Which contracts are governed by New York law?") == {"Mutual Non-Disclosure Agreement"}
    assert titles("Which agreements are with Ostreva?") == {"Mutual Non-Disclosure Agreement"}
    capless = asked(samples, "Which contracts have no liability cap?")  # the addendum's stands in another contract
    assert not capless.members
    assert "Data Processing Addendum" in {one.document.title for one in capless.undecided}
    # the overview of the report: QV-06 and QV-11 open, QV-03 partially remediated, QV-09 accepted, eight remediated
    answer = asked(samples, "Which findings are still open?")
    assert [member.label[:5] for member in answer.members] == ["QV-06", "QV-11"]
    assert [u.label[:5] for u in answer.undecided] == ["QV-03"]
    assert len(asked(samples, "How many findings were remediated?").members) == 8


@pytest.mark.parametrize("question", [question for question, wanted, _ in MEMBERS if wanted is not None])
def test_every_member_has_proof_and_no_count_stands_alone(store: Store, question: str) -> None:
    answer = asked(store, question)
    told = answer.sentences()
    assert f"{len(answer.members)} of {answer.asked} " in told[0].text
    for member in answer.members:
        assert any(statement.text.startswith(member.label) for statement in told)
        assert member.proofs or answer.question.unit is Unit.DOCUMENT
        for proof in member.proofs:
            assert proof.span is not None or member.absent or proof.quote == ""
            if proof.span is not None:
                assert proof.quote == store.text(proof.document_id, proof.span) != ""
    for left in answer.undecided:
        assert left.why
        assert any(left.label in statement.text for statement in told)


def test_an_absence_is_cited_by_document_only(store: Store) -> None:
    (member,) = asked(store, "Which contracts have no liability cap?").members
    assert member.absent
    assert [proof.span for proof in member.proofs] == [None]
    assert "no such clause found" in asked(store, "Which contracts have no liability cap?").sentences()[1].text


def test_a_negated_value_is_proved_by_the_value_that_stands_there(store: Store) -> None:
    (member,) = asked(store, "Which agreements are not governed by US law?").members
    assert not member.absent
    assert [proof.quote for proof in member.proofs] == ["governing_law is England and Wales"]


def test_what_is_asked_of_all_names_the_exceptions(store: Store) -> None:
    answer = asked(store, "Do all contracts have a cap on liability?")
    assert answer.question.quantifier is Quantifier.ALL
    assert [member.label for member in answer.exceptions] == ["Amendment to the Services Agreement"]
    assert answer.sentences()[0].text.startswith("No: 2 of 4")
    fixed = asked(store, "Are all critical findings in the penetration test fixed?")
    assert (fixed.asked, len(fixed.members), len(fixed.exceptions)) == (2, 1, 1)


def test_a_field_that_was_not_found_makes_no_exception_of_all(store: Store) -> None:
    answer = asked(store, "Do all contracts have a governing law clause?")
    assert (answer.exceptions, answer.outcome) == ((), Outcome.PARTIAL)
    assert [u.why for u in answer.undecided] == ["no governing law was found"]
    assert answer.sentences()[0].text.startswith("Not decided: 3 of 4")


def test_what_is_not_decided_is_not_absent(store: Store) -> None:
    assert asked(store, "Is there a contract governed by Ohio law?").outcome is Outcome.PARTIAL
    assert asked(store, "Is there a contract with a source code escrow?").outcome is Outcome.ABSENT


def test_any_says_yes_no_or_not_decided(store: Store) -> None:
    def verdict(question: str) -> str:
        return asked(store, question).sentences()[0].text.partition(":")[0]

    assert verdict("Is there any contract governed by Texas law?") == "Yes"
    assert verdict("Is there a contract with a source code escrow?") == "None found"
    assert verdict("Is there a contract governed by Ohio law?") == "Not decided"  # the amendment does not say


def test_of_what_was_perhaps_not_asked_nothing_is_a_member(store: Store) -> None:
    planned = plan("Which contracts have a cap on liability?", shipped(), known_names(store))
    assert planned is not None
    sure = answer_set(store, planned)
    unsure = answer_set(store, replace(planned, restated="Which contracts have a cap on liability?", perhaps=True))
    assert (sure.outcome, unsure.outcome) == (Outcome.ANSWERED, Outcome.PARTIAL)
    assert (unsure.members, unsure.exceptions, unsure.asked) == ((), (), sure.asked)
    assert [u.label for u in unsure.undecided] == [u.label for u in (*sure.members, *sure.undecided)]
    told = unsure.sentences()
    assert told[0].text == "Understood perhaps as: Which contracts have a cap on liability?"
    assert told[1].text.startswith("Not decided: 2 of 4 contracts may be meant")
    assert all(u.label in " ".join(s.text for s in told) for u in unsure.undecided)
    assert any(proof.quote for statement in told for proof in statement.proofs)


def test_a_month_ends_on_its_last_day() -> None:
    planned = plan("Which contracts were signed in June 2018?", shipped(), {})
    assert planned is not None
    assert isinstance(planned.condition, Field)
    assert planned.condition.test == Range(Scale.DATE, "2018-06-01", "2018-06-30")


def test_a_filter_limits_the_documents(store: Store) -> None:
    planned = plan("Which contracts have a cap on liability?", shipped(), known_names(store))
    assert planned is not None
    answer = answer_set(store, planned, Eq("name", "1.txt"))
    assert [member.label for member in answer.members] == ["Birch License Agreement"]
    assert answer.asked == 1


def test_a_kind_of_the_users_own_is_asked_about_by_its_own_words(tmp_path: Path) -> None:
    kinds = profiles(ROOT / "ingest" / "profiles")
    opened = Store(tmp_path / "store.db", create=True)
    policy = paper("Privacy policy", "policies", [("clause", "sanctions", "Breach leads to disciplinary action.")])
    for i, document in enumerate((policy, paper("Travel policy", "policies", []))):
        put(opened, document, f"{i}.txt")
    planned = plan("Which policies do not mention disciplinary action?", kinds, known_names(opened))
    assert planned is not None
    assert [member.label for member in answer_set(opened, planned).members] == ["Travel policy"]
    opened.close()


def test_dates_that_are_partly_known_are_decided_where_they_can_be() -> None:
    in_2016 = Range(Scale.DATE, "2016-01-01", "2016-12-31")
    june = Range(Scale.DATE, "2016-06-10", None)
    assert passes(in_2016, "2016-06") is True
    assert passes(june, "2016-06") is None  # some days of June are before the tenth
    assert passes(june, "2016-05") is False
    assert passes(in_2016, "3/4/2016") is True  # day and month cannot be told apart, the year can
    assert passes(Range(Scale.DATE, "2016-12-31", None, open_low=True), "2016-12-31") is False
    assert passes(in_2016, "soon") is None


def test_lengths_of_time_are_compared_across_units() -> None:
    assert passes(Range(Scale.DURATION, "P1Y", "P1Y"), "P12M") is True
    assert passes(Range(Scale.DURATION, "P60D", None), "P2M") is True  # 60.875 days
    assert passes(Range(Scale.DURATION, None, "P60D"), "P2M") is False
    assert passes(Range(Scale.DURATION, "P1D", None), "a while") is None


def test_a_half_fixed_finding_is_neither_open_nor_fixed() -> None:
    assert passes(Standing(("open",)), "partially remediated") is None
    assert passes(Standing(("fixed",)), "partially remediated") is False
    assert passes(Standing(("open", "partial")), "partially remediated") is True
    assert passes(Standing(("open",)), "to be discussed") is None


@given(st.text(max_size=420))
@settings(max_examples=60, deadline=None)
def test_any_text_is_planned_or_not_and_never_breaks(text: str) -> None:
    plan(text, shipped(), {"party": ("Alder Inc.",)})
    plan("Which contracts " + text, shipped(), {"party": ("Alder Inc.",)})


def test_hostile_questions_cost_no_more_than_their_length() -> None:
    started = time.monotonic()
    for text in (
        "which contracts " + "a" * 200_000,
        "which contracts " + "not " * 96,
        "how many " + "critical or " * 32,
        "which advisories in " + "2020, 2021 and " * 24,
        "contracts governed by " + "texas or " * 41,
        "which contracts " + "( 9 9 . " * 48,
        "how many " + "more than two " * 27,
    ):
        plan(text, shipped(), {"party": ("Alder Inc.",)})
    assert time.monotonic() - started < 5

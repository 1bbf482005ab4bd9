"""Findings answer first where signs of a weakness are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from citebound import Collection, Config, Outcome
from citebound.answer.absence.findings_on import findings_on
from citebound.ingest.profile import shipped
from tests.fakes import WordHashEmbedder

REPORT = """# Penetration Test Report PT-7

Security assessment of the parcel portal, prepared for Quorvane by Ternhollow Security Ltd.

## 1 Scope and methodology

The penetration test covers SQL injection, buffer overflows and XML external entities in all interfaces.

## 2 Results of retests

No cross-site request forgery was found in the portal.

## 3 Findings

### PT-01 SQL injection in the carrier search

Severity: High
CVSS v3.1 base score: 8.1
CWE: CWE-89
Status: Open

The sort parameter of the search reaches the query without a check.

### PT-02 Weak lockout of accounts

Severity: Low
CWE: CWE-307
Status: Fixed

The lockout ends after one minute.
"""


@pytest.fixture
def reports(tmp_path: Path) -> Iterator[Collection]:
    (tmp_path / "pentest.md").write_text(REPORT)
    with Collection.open("r", create=True, config=Config(home=tmp_path), embedder=WordHashEmbedder()) as made:
        assert not made.ingest([tmp_path / "pentest.md"]).failures
        assert len(made.document("pentest.md").findings) == 2
        yield made


def on(reports: Collection, thing: str) -> list[str]:
    found = findings_on(reports._store, thing, None, shipped(), WordHashEmbedder())
    assert found is not None
    assert (found.looked_at, found.reports) == (2, 1)
    return [one.finding.value("id") for one in found.sure]


@pytest.mark.parametrize(
    ("thing", "ids"),
    [
        ("SQL injection", ["PT-01"]),
        ("CWE-89", ["PT-01"]),
        ("weak lockout", ["PT-02"]),
        ("open findings", ["PT-01"]),
        ("buffer overflow", []),
        ("XML external entities", []),
    ],
)
def test_a_finding_is_on_a_thing_by_its_fields_or_its_title(reports: Collection, thing: str, ids: list[str]) -> None:
    assert on(reports, thing) == ids


def test_signs_are_answered_by_the_finding_with_its_severity_and_status(reports: Collection) -> None:
    answer = reports.ask("Any signs of SQL injection in the pentest?", llm=False)
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text.startswith("Yes, 1 of 2 findings in 1 report: “")
    assert "PT-01 SQL injection in the carrier search” (severity high, status open)" in answer.text
    text = reports.document("pentest.md").text
    assert all(c.span.of(text) == c.quote for c in answer.citations)
    assert "covers" not in answer.text


@pytest.mark.parametrize("thing", ["buffer overflows", "XML external entities"])
def test_a_line_of_scope_is_no_finding(reports: Collection, thing: str) -> None:
    answer = reports.ask(f"Any signs of {thing} in the pentest?", llm=False)
    assert answer.outcome is Outcome.ABSENT
    assert "It is the subject of none of 2 findings in 1 report." in answer.text
    assert not answer.text.startswith("Yes")


def test_a_scope_line_answers_whether_it_is_mentioned(reports: Collection) -> None:
    answer = reports.ask("Does the pentest report mention XML external entities?", llm=False)
    assert answer.outcome in (Outcome.ANSWERED, Outcome.PARTIAL)
    assert "The penetration test covers" in answer.text


def test_a_denial_is_quoted_as_one(reports: Collection) -> None:
    answer = reports.ask("Was any cross-site request forgery found?", llm=False)
    assert not answer.text.startswith("Yes")
    if answer.citations:
        assert answer.text.startswith(("The document denies it: “", "None found", "“"))


def test_without_findings_nothing_is_said_of_them(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("The office opens at nine.\n")
    with Collection.open("n", create=True, config=Config(home=tmp_path), embedder=WordHashEmbedder()) as made:
        made.ingest([tmp_path / "note.txt"])
        assert findings_on(made._store, "SQL injection", None, shipped(), WordHashEmbedder()) is None

"""A sentence that says what became of all findings, or of a list of them, gives them their status."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.ingest.finding_statements import stated
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.types import Block, BlockKind, Document, Fact, Finding, Span

REPORT = """# Penetration Test Report

## Summary

{said}

## Findings

### H-01 SQL injection in the search form

Severity: High

The search form takes any text.

### M-02 Session cookie without a flag

Severity: Medium

The cookie has no flag.

### L-03 Verbose banner

Severity: Low

Status: Acknowledged

The banner names the version.
"""


def read(said: str) -> Document:
    return parse("report.md", REPORT.format(said=said).encode(), Limits()).document


def statuses(said: str) -> list[str]:
    return [finding.value("status") for finding in read(said).findings]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("During the retest we confirmed that all findings have been resolved.", "fixed"),
        ("We can confirm that v1.14.2 successfully fixes all identified weaknesses.", "fixed"),
        ("We can con rm that v1.14.2 successfully xes all identi ed weaknesses.", "fixed"),
        ("All three vulnerabilities reported during this assessment were properly mitigated.", "fixed"),
        ("All of the issues were partially fixed.", "partially fixed"),
        ("None of the findings has been fixed yet.", "not fixed"),
        ("All issues remain open.", "not fixed"),
        ("All findings have been acknowledged by the client.", "accepted"),
        ("H-01 and M-02 were fixed in release 2.1.", "fixed"),
        ("The new release resolves issues H-01, M-02.", "fixed"),
    ],
)
def test_a_sentence_on_all_findings_gives_those_without_a_status_theirs(said: str, status: str) -> None:
    assert statuses(said) == [status, status, "acknowledged"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("All findings except M-02 (session cookie) have been fixed.", ["fixed", ""]),
        ("Apart from H-01, all issues were resolved.", ["", "fixed"]),
        ("All findings were fixed, but M-02 needs another look.", ["fixed", ""]),
        ("All high severity issues have been fixed.", ["fixed", ""]),
        ("All critical and medium findings were remediated.", ["", "fixed"]),
        ("H-01 has been fixed.", ["fixed", ""]),
    ],
)
def test_what_a_sentence_excepts_or_does_not_name_gets_none(said: str, expected: list[str]) -> None:
    assert statuses(said)[:2] == expected


@pytest.mark.parametrize(
    "said",
    [
        "All findings should be fixed.",
        "Once all findings have been fixed, a retest is recommended.",
        "After all findings have been fixed, we test again.",
        "We recommend that all identified issues are resolved.",
        "Not all findings have been fixed.",
        "Nearly all issues were resolved.",
        "All other issues were fixed.",
        "All remaining issues were fixed.",
        "All findings have been fixed or accepted.",
        "All issues of the previous audit have been fixed.",
        "All findings except one have been fixed.",
        "All findings are addressed in the following chapters.",
        "The vendor will have all findings fixed.",
        "All findings in the billing module have been fixed.",
        "Most of the findings were fixed.",
        "All findings have been fixed. None of the findings has been fixed.",
        "The interest rate of all loans was fixed.",
    ],
)
def test_what_is_only_wished_partly_said_or_said_of_others_gives_none(said: str) -> None:
    assert statuses(said) == ["", "", "acknowledged"]


def test_the_status_is_proved_by_its_sentence_and_noted() -> None:
    document = read("It was a busy week.\nDuring the retest all findings\nhave been resolved. We thank the team.")
    fact = next(fact for fact in document.findings[0].fields if fact.name == "status")
    assert fact.span.of(document.text) == "During the retest all findings\nhave been resolved."
    assert fact.note == "said of all findings"


def test_a_sentence_inside_a_finding_is_about_that_finding_only() -> None:
    text = REPORT.format(said="Nothing.").replace("no flag.", "no flag. All issues were fixed in the framework.")
    found = parse("report.md", text.encode(), Limits()).document.findings
    assert found[0].value("status") == ""


@given(st.text("all findings H-01 were xed fixed except (,.)\n", max_size=300))
def test_no_text_raises_and_every_span_lies_inside(text: str) -> None:
    findings = [Finding(Span(0, 0), "t", (Fact("id", "H-01", Span(0, 0)),)), Finding(Span(0, 0), "u", ())]
    for finding in stated(text, [Block(BlockKind.PARAGRAPH, Span(0, len(text)))], findings):
        assert all(0 <= fact.span.start <= fact.span.end <= len(text) for fact in finding.fields)

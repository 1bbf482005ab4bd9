"""Vulnerabilities of published advisories, in the layouts in which vendors and CISA print them; all texts are written
for this test."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound.ingest.advisory import advisory_findings
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.types import Document, Finding

ONE_EACH = """Ferrule Controls PumpView

Advisory ICSA-31-004-02
Initial release date: January 4, 2031

1. RISK EVALUATION
Successful exploitation could let an attacker stop the pumps.

2. AFFECTED PRODUCTS
Vendor: Ferrule Controls
The following versions are affected:
- PumpView Server: prior to 4.2
- PumpView Panel: all versions

3. VULNERABILITIES

3.1 CVE-2031-10001
Weakness: CWE-122: Heap-based Buffer Overflow
The import of backups does not check the length of a name before it is copied.
CVE-2031-10001 has been assigned to this vulnerability. A CVSS v3 base score of 9.8 has been calculated; the CVSS
vector string is (CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H).
Affected by CVE-2031-10001: PumpView Server
Remediations for CVE-2031-10001:
- Update to version 4.2.1 or later.

3.2 CVE-2031-10002
Weakness: CWE-798: Use of Hard-coded Credentials
The panel has a service account that nobody can change.
CVE-2031-10002 has been assigned to this vulnerability. A CVSS v3 base score of 6.5 has been calculated; the CVSS
vector string is (CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N).
Affected by CVE-2031-10002: PumpView Panel
Remediations for CVE-2031-10002:
- Currently no fix is planned.

4. BACKGROUND
Company headquarters location: Norway
"""

BY_WEAKNESS = """ICS Advisory: Tarnbeck Gateways

3. TECHNICAL DETAILS

3.2 VULNERABILITY OVERVIEW

3.2.1 IMPROPER RESTRICTION OF XML EXTERNAL ENTITY REFERENCE CWE-611

A file of the configuration is parsed with external entities.

CVE-2031-20001 has been assigned to this vulnerability. A CVSS v3 base score of 7.5 has been assigned; the CVSS vector
string is (AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N).

3.2.2 MISSING AUTHENTICATION FOR CRITICAL FUNCTION CWE-306

A reset needs no login.

CVE-2031-20002 has been assigned to this vulnerability. A CVSS v3 base score of 9.1 has been assigned; the CVSS vector
string is (AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H).

3.3 BACKGROUND

Deployed worldwide.
"""


def document(text: str, name: str = "advisory.txt") -> Document:
    return parse(name, text.encode(), Limits()).document


def values(finding: Finding, name: str) -> tuple[str, ...]:
    return tuple(fact.value for fact in finding.fields if fact.name == name)


def test_each_cve_of_an_advisory_is_a_finding_with_what_is_printed_under_it() -> None:
    first, second = advisory_findings(ONE_EACH)
    assert (first.title, second.title) == ("CVE-2031-10001", "CVE-2031-10002")
    assert values(first, "cwe") == ("CWE-122",)
    assert values(first, "cvss_score") == ("9.8",)
    assert values(first, "cvss_vector") == ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",)
    assert values(first, "asset") == ("PumpView Server",)
    assert values(first, "remediation") == ("- Update to version 4.2.1 or later.",)
    assert values(first, "description")[0].startswith("The import of backups")
    assert values(second, "cwe") == ("CWE-798",)
    assert values(second, "remediation") == ("- Currently no fix is planned.",)


def test_a_heading_may_name_the_weakness_and_the_sentence_below_the_cve() -> None:
    first, second = advisory_findings(BY_WEAKNESS)
    assert first.title == "IMPROPER RESTRICTION OF XML EXTERNAL ENTITY REFERENCE CWE-611"
    assert (values(first, "id"), values(second, "id")) == (("CVE-2031-20001",), ("CVE-2031-20002",))
    assert (values(first, "cwe"), values(second, "cwe")) == (("CWE-611",), ("CWE-306",))
    assert "Deployed" not in second.span.of(BY_WEAKNESS)


def test_every_value_stands_where_its_span_says() -> None:
    for text in (ONE_EACH, BY_WEAKNESS):
        for finding in advisory_findings(text):
            for fact in finding.fields:
                if fact.name in ("cve", "cwe", "cvss_score", "cvss_vector", "asset"):
                    assert fact.span.of(text) == fact.value


@pytest.mark.parametrize("name", ["advisory.txt", "advisory.md"])
def test_an_advisory_is_known_for_one_and_its_head_is_read(name: str) -> None:
    read = document(ONE_EACH, name)
    assert read.kind == "security_reports"
    facts = {fact.name: fact.value for fact in read.facts}
    assert facts["vendor"] == "Ferrule Controls"
    assert facts["report_date"] == "2031-01-04"
    assert "PumpView Server: prior to 4.2" in facts["affected_versions"]
    assert facts["risk_evaluation"].startswith("Successful exploitation")
    assert [f.title for f in read.findings] == ["CVE-2031-10001", "CVE-2031-10002"]


def test_a_report_that_mentions_an_assigned_cve_keeps_its_own_findings() -> None:
    sample = next((Path(__file__).parents[2] / "ingest" / "samples").glob("*pentest*.md"), None)
    text = """# Penetration test of the depot

## Findings

### H-01 SQL injection in the search

Severity: High

The search is open to injection.

### M-02 Old library

Severity: Medium

3.1 Details

The library has a hole; CVE-2031-30001 has been assigned to it.
"""
    assert sample is None or document(sample.read_text("utf-8"), sample.name).findings
    assert len(document(text, "report.md").findings) == 2


def test_a_text_without_assigned_cves_has_none() -> None:
    assert advisory_findings("3.1 CVE-2031-10001 was looked for\n\nIt is not there.\n") == ()
    assert advisory_findings("") == ()


def test_hostile_repetition_costs_no_more_than_its_length() -> None:
    for piece in (
        "3.1 ",
        "CVE-2031-10001 ",
        "CVE-2031-10001 has been assigned to ",
        "Remediations:\n",
        "\n# ",
        "1.1.1 a\n",
    ):
        begun = time.monotonic()
        advisory_findings(piece * 20_000)
        assert time.monotonic() - begun < 20


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([*ONE_EACH.splitlines(keepends=True), "\n", "CVE-2031-1", "3.1 \n", "\r\n", "-"]), max_size=60
    )
)
def test_whatever_is_torn_apart_reads_within_its_text(lines: list[str]) -> None:
    text = "".join(lines)
    for finding in advisory_findings(text):
        assert 0 <= finding.span.start < finding.span.end <= len(text)
        for fact in finding.fields:
            assert finding.span.start <= fact.span.start <= fact.span.end <= finding.span.end

"""Findings of security reports, in the styles in which they are printed; all texts are written for this test."""

from __future__ import annotations

import io
import time
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound.ingest.findings import findings
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.ingest.plain import read_markdown, read_text
from citebound.ingest.sections import sections
from citebound.ingest.severity import LEVELS, at_least, said, severity_of, standing, status_of
from citebound.types import Block, BlockKind, Document, Finding, Span

SAMPLES = Path(__file__).parents[2] / "ingest" / "samples"
CONTEST = """# Vault audit

## Contents

- [H-01] Anyone can drain the vault
- [M-01] Rounding favours the borrower

## Severity classification

| Severity | Impact: High | Impact: Low |
| --- | --- | --- |
| Likelihood: High | Critical | Medium |

## Findings summary

| ID | Title | Severity | Status |
| --- | --- | --- | --- |
| [H-01] | Anyone can drain the vault | High | Resolved |
| [M-01] | Rounding favours the borrower | Medium | Won\u2019t Fix |

# Detailed findings

# [H-01] Anyone can drain the vault

## Severity

**Impact:** High

**Likelihood:** Medium

## Description

There is no access control. A critical flaw in other systems, it is of high impact here.

## Recommendations

Add the modifier.

# [M-01] Rounding favours the borrower

## Severity

**Impact:** Medium

## Description

The division rounds down.

## Recommendations

Round up.

# Conclusion

Two findings.
"""
PENTEST = """# Penetration test of a shop

## Executive summary

The overall risk is high. Severity: critical issues were found in one place only.

## Findings

### Finding 1: SQL injection in the login form

| Field | Value |
|---|---|
| Severity | Critical |
| CVSS | 9.1 (CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H) |
| CWE | CWE-89 |
| Affected hosts | shop.example, 192.0.2.10 |
| Status | Open |

#### Description

The parameter is concatenated.

#### Impact

Full access to the database.

#### Remediation

Use prepared statements.

### Finding 2: Outdated jQuery

| Field | Value |
|---|---|
| Severity | Moderate |
| CVE | CVE-2020-11022, CVE-2020-11023 |
| CWE | None |
| Status | Partially remediated |

#### Description

Version 1.12 is used, see also CWE-79.

## Appendix A: Severity ratings

| Severity | Description |
|---|---|
| Critical | Very bad |
"""
GROUPS = """# Token audit

## Severity definitions

### High

Funds may be lost.

## High Severity

### Owner can mint without limit

The owner role can mint tokens at any time. Consider a cap.

**Update:** Acknowledged, not resolved.

## Low Severity

### Floating pragma

The contracts use a floating pragma, which is not advisable.

## Conclusion

Two issues were found.
"""
STYLES = {
    "## 5.1 (HAL-01) MISSING ACCESS CONTROL - CRITICAL": ("HAL-01", "MISSING ACCESS CONTROL", "critical", ""),
    "## [[H-02] Oracle can be moved](https://a.example/i/13)": ("H-02", "Oracle can be moved", "high", ""),
    "## PSI-01-003 WP1: Token is logged (Medium)": ("PSI-01-003", "WP1: Token is logged", "medium", ""),
    "## 3.1.2 Insecure logout - FIXED": ("", "Insecure logout", "", "fixed"),
    "## Issue M-1: Price is stale": ("M-1", "Price is stale", "medium", ""),
    "## QSP-2 Central owner": ("QSP-2", "Central owner", "", ""),
    "## 5.2 Keys in clear text  Major  \u2713 Fixed": ("", "Keys in clear text", "high", "fixed"),
    "## [High] SQL injection": ("", "SQL injection", "high", ""),
    "## Low: Missing headers": ("", "Missing headers", "low", ""),
}


def read(markdown: str) -> tuple[str, tuple[Finding, ...]]:
    draft = read_markdown(markdown.encode())
    return draft.text, findings(draft.text, draft.blocks, sections(draft.text, draft.blocks))


def of(document: Document) -> tuple[Finding, ...]:
    return findings(document.text, document.blocks, document.sections)


def test_a_contest_report_gives_each_finding_once_with_the_ratings_of_its_summary() -> None:
    text, found = read(CONTEST)
    assert [(f.value("id"), f.title, f.value("severity"), f.value("status")) for f in found] == [
        ("H-01", "Anyone can drain the vault", "high", "resolved"),
        ("M-01", "Rounding favours the borrower", "medium", "won't fix"),
    ]
    assert found[0].value("description").startswith("There is no access control.")
    assert found[1].span.of(text).endswith("Round up.")
    assert [f.span.of(text) for f in found[1].fields if f.name == "status"] == ["Won\u2019t Fix"]


def test_fields_of_a_table_are_read_each_with_its_own_place() -> None:
    text, (sql, jquery) = read(PENTEST)
    printed = {f.name: f.span.of(text) for f in sql.fields}
    assert sql.title == "SQL injection in the login form"
    assert printed["severity"] == "Critical"
    assert printed["cvss_score"] == "9.1"
    assert sql.values("cvss_version") == ("3.1",)
    assert sql.value("cwe") == "CWE-89"
    assert sql.value("asset") == printed["asset"] == "shop.example, 192.0.2.10"
    assert (sql.value("impact"), sql.value("remediation")) == (
        "Full access to the database.",
        "Use prepared statements.",
    )
    assert jquery.values("cve") == ("CVE-2020-11022", "CVE-2020-11023")
    assert (jquery.value("severity"), jquery.value("status")) == ("medium", "partially remediated")


def test_a_score_that_its_vector_does_not_give_is_noted() -> None:
    _, (sql, _) = read(PENTEST)
    # CVSS v3.1 gives this vector 9.8, the report prints 9.1
    assert [f.note for f in sql.fields if f.name == "cvss_score"] == ["the vector gives 9.8"]


def test_a_field_that_says_none_silences_mentions_in_the_text() -> None:
    _, (_, jquery) = read(PENTEST)
    assert jquery.values("cwe") == ()


def test_groups_rate_the_findings_under_them_and_definitions_are_none() -> None:
    _, found = read(GROUPS)
    assert [(f.title, f.value("severity"), f.value("status")) for f in found] == [
        ("Owner can mint without limit", "high", "acknowledged"),
        ("Floating pragma", "low", ""),
    ]


@pytest.mark.parametrize("heading", STYLES)
def test_headings_of_many_styles_are_taken_apart(heading: str) -> None:
    fields = "Category: Web\n\nDescription: Some words that say what is wrong.\n\nRecommendation: Mend it."
    _, found = read(f"# Report\n\n# Findings\n\n{heading}\n\n{fields}\n\nCVSS score: 5.0\n\n# Appendix\n\nText.\n")
    assert [(f.value("id"), f.title, f.value("severity"), f.value("status")) for f in found] == [STYLES[heading]]


def test_a_letter_alone_rates_a_finding_with_a_note() -> None:
    _, (only,) = read(
        "# Findings\n\n## [M-07] Fees are lost\n\nThey are lost for good, all of them.\n\n## Impact\n\nx.\n"
    )
    assert [(f.value, f.note) for f in only.fields if f.name == "severity"] == [
        ("medium", "from the letter of the identifier")
    ]


def test_severity_words_in_running_text_and_in_code_rate_nothing() -> None:
    prose = "# Findings\n\n## F-1 Weak hash\n\nA high load and low entropy.\n\n"
    _, (only,) = read(prose + "```\nSeverity: High\n```\n\n## Impact\n\nSome.\n")
    assert only.values("severity") == ()


def test_a_report_without_findings_gives_none() -> None:
    text = "# Review\n\nThe overall risk is low.\n\n## Findings\n\nNo issues of high severity were identified.\n\n"
    scale = "## Methodology\n\n| Severity | Description |\n|---|---|\n| High | bad |\n\n### High\n\nBad issues.\n"
    assert read(text + scale)[1] == ()
    assert findings("", (), ()) == ()


def test_a_report_that_is_only_a_table_gives_its_rows() -> None:
    _, found = read(
        "# Scan\n\n| # | Vulnerability | Severity | CVE | Host | Status |\n|---|---|---|---|---|---|\n"
        "| 1 | Buffer overflow | High | CVE-2022-3602 | 10.0.0.5 | Open |\n"
        "| 2 | Default password | Critical | | 10.0.0.6 | Fixed |\n"
    )
    assert [(f.value("id"), f.title, f.value("severity"), f.value("status")) for f in found] == [
        ("1", "Buffer overflow", "high", "open"),
        ("2", "Default password", "critical", "fixed"),
    ]
    assert found[0].value("cve") == "CVE-2022-3602"
    assert found[0].value("asset") == "10.0.0.5"


def test_an_undetermined_severity_is_said_and_stays_off_the_scale() -> None:
    _, (only,) = read("# Findings\n\n## 1. Old library\n\nSeverity: Undetermined\n\n## Description\n\nOld.\n")
    assert [(f.value, f.note) for f in only.fields if f.name == "severity"] == [
        ("undetermined", "not determined by the report")
    ]


def test_a_fix_review_gives_the_status_and_no_second_finding() -> None:
    _, found = read(
        "# Detailed findings\n\n## 1. Weak signature is used in callbacks\n\nSeverity: Low\nFinding ID: TOB-ABC-1\n\n"
        "### Description\n\nIt is weak.\n\n# Fix review results\n\n"
        "### TOB-ABC-1: Weak signature is used in callbacks\n\nPartially resolved in commit 12.\n"
    )
    assert [(f.value("id"), f.value("status")) for f in found] == [("TOB-ABC-1", "partially resolved")]


def test_two_findings_of_one_title_stay_two() -> None:
    _, found = read(
        "# Findings\n\n## F-01 Weak password policy\n\nSeverity: Low\n\nHost a.\n\n"
        "## F-02 Weak password policy\n\nSeverity: Low\n\nHost b.\n"
    )
    assert [f.value("id") for f in found] == ["F-01", "F-02"]


ONE = "# Report\n\n# Findings\n\n## H-01 Weak key\n\n{}\n\n### Description\n\nIt is weak, in many ways.\n\n"
PROSE = "The same is told here in a sentence that is long enough for a text."


def printed(*parts: tuple[str, int, str]) -> list[tuple[str, str, str]]:
    """Identifier or title, severity and status of the findings in blocks as a PDF gives them: kind, level, text."""
    text, blocks = "", []
    for kind, level, content in parts:
        blocks.append(Block(BlockKind(kind), Span(len(text), len(text) + len(content)), level))
        text += content + "\n\n"
    found = findings(text, blocks, sections(text, blocks))
    return [(f.value("id") or f.title, f.value("severity"), f.value("status")) for f in found]


@pytest.mark.parametrize(
    "line",
    [
        *("_Resolved_", "***Resolved***", "**Status**\n\nResolved", "**Status**\nResolved", "**Status** _Resolved_"),
        *("### Status\n\n**Resolved**", "### Status\n\n_Resolved_", "- **Status**: \u2705 Resolved"),
        "| Severity | **High** |\n|---|---|\n| Status | _Resolved_ |",
    ],
)
def test_a_status_on_a_line_of_its_own_is_read_in_each_emphasis(line: str) -> None:
    _, (only,) = read(ONE.format(line))
    assert only.values("status") == ("resolved",)


@pytest.mark.parametrize("word", ["Fixed", "_Fixed_", "Fixed\n\nText."])
def test_a_lone_label_has_a_status_that_is_a_label_too(word: str) -> None:
    _, (only,) = read(ONE.format(f"**Status**\n\n{word}"))
    assert only.values("status") == ("fixed",)


@pytest.mark.parametrize(
    ("note", "status"),
    {
        "**Retest notes:** The team promptly addressed the issue and the fix\nwas reviewed.": "fixed",
        "**Fix Notes**: The client accepts the risk for the time being.": "accepted",
        "### Resolution\n\nThis finding has not yet been fixed.": "not fixed",
        "### Discussion\n\nWe agree.\n\nThe team fixed this issue in the following commits:\n12ab": "fixed",
        "### Retest notes\n\nThe issue was partially resolved, and the rest has been fixed later.": "partially fixed",
        "**Fixed:** in 12ab": "fixed",
        "This issue has been fixed in commit 12ab.": "fixed",
        "> Note: the vulnerability was subsequently resolved.": "fixed",
        "Upgrade to 1.2, where the issue has been fixed.": "",
        "Make sure that this issue is fixed once the vulnerability has been patched.": "",
        "The order stays in the list, as it was not completed.": "",
        "Note that the supply is fixed, and the fee was fixed by the owner.": "",
        "### Recommendation\n\nAccept this risk, or mend it.": "",
    }.items(),
)
def test_what_running_text_says_became_of_a_finding_is_its_status(note: str, status: str) -> None:
    text, (only,) = read(ONE.format("") + note + "\n")
    assert only.value("status") == status
    assert all(f.span.of(text) in note for f in only.fields if f.name == "status")


def test_the_last_word_on_a_finding_counts_and_suppositions_do_not() -> None:
    def status(text: str) -> str:
        found = said(text, Span(0, len(text)))
        return found[0] if found else ""

    assert status("The issue has not been fixed. In the second test, it was fully resolved.") == "fixed"
    assert status("The finding has been acknowledged. It is still exploitable.") == "not fixed"
    assert status("If the bug is fixed, test again.") == ""
    assert status("We will not fix this.") == "accepted"
    assert status("The team has not yet fixed this.") == "not fixed"
    assert status("Fixed in 1.2.3 and in #12.") == "fixed"
    assert status("It has been fixed in 3 places.") == "fixed"
    assert status("The sizes were fixed in 3 places.") == ""


def test_ratings_steps_and_sentences_under_a_named_finding_are_no_findings() -> None:
    parts = [("title", 2, "High severity"), ("title", 6, "H-01 Weak key"), ("paragraph", 0, PROSE)]
    parts += [("title", 6, "1. Call the function"), ("paragraph", 0, PROSE), ("title", 6, "Impact: High")]
    parts += [("title", 6, "Likelihood \u2013 Low"), ("paragraph", 0, PROSE), ("title", 6, "It is called again:")]
    parts += [
        ("paragraph", 0, PROSE),
        ("title", 6, "Recommendation"),
        ("title", 6, "Use a longer key."),
        ("paragraph", 0, PROSE),
    ]
    assert printed(*parts, ("title", 6, "H-02 Old key"), ("paragraph", 0, PROSE)) == [
        *(("H-01", "high", ""), ("H-02", "high", "")),
    ]


def test_the_parts_of_a_finding_are_none_and_do_not_end_it() -> None:
    parts = [("title", 2, "Findings"), ("title", 6, "ABC-01-001 Crash (Low)"), ("paragraph", 0, PROSE)]
    parts += [("title", 6, "Issue 1: Crash of the parser"), ("paragraph", 0, PROSE), ("title", 6, "Result:")]
    parts += [("paragraph", 0, "Retest notes: The issue has been resolved."), ("title", 6, "ABC-01-002 Leak (Info)")]
    assert printed(*parts, ("paragraph", 0, PROSE)) == [("ABC-01-001", "low", "fixed"), ("ABC-01-002", "info", "")]


def test_steps_in_a_group_without_identifiers_are_printed_deeper_than_its_findings() -> None:
    _, found = read(
        f"# High risk\n\n## 1. Weak key\n\n{PROSE}\n\n### 1. Call it\n\n{PROSE}\n\n## 2. Weak hash\n\n{PROSE}\n"
    )
    assert [f.title for f in found] == ["Weak key", "Weak hash"]


def test_rows_of_a_table_of_threats_are_no_findings() -> None:
    threats = [("table_row", 0, f"T-0{n}\tSpoofing of users\tHigh") for n in (1, 2)]
    parts = [("title", 2, "Design"), *threats, ("paragraph", 0, PROSE), ("table_row", 0, "T-03\tTampering\tLow")]
    parts += [("title", 2, "Findings"), ("title", 3, "A-01 Weak key (High)"), ("paragraph", 0, PROSE)]
    assert printed(*parts) == [("A-01", "high", "")]


def test_a_summary_table_goes_on_behind_cells_that_look_like_headings() -> None:
    parts = [("title", 2, "4 Findings"), ("table_row", 0, "ID\tTitle\tSeverity\tStatus"), ("title", 6, "A-1")]
    parts += [("title", 6, "Weak key of the\nshop"), ("table_row", 0, "Major\tFixed")]
    parts += [("table_row", 0, "A-2\tOther key\tMinor\tAcknowledged")]
    parts += [("title", 3, "A-1 Weak key of the shop"), ("paragraph", 0, PROSE)]
    assert printed(*parts, ("title", 3, "A-2 Other key"), ("paragraph", 0, PROSE)) == [
        *(("A-1", "high", "fixed"), ("A-2", "low", "acknowledged")),
    ]


def test_numbered_headings_of_the_chapter_are_findings_where_nothing_is_rated() -> None:
    body = f"### 4.1 Old library\n\n{PROSE}\n\n#### lib/a.py\n\n{PROSE}\n\n### 4.2 Keys in the log\n\n{PROSE}\n"
    before = f"# Review\n\n## 3 Advice\n\n### 3.1 Write tests\n\n{PROSE}\n\n## 4 Issues\n\n"
    assert [f.title for f in read(before + body)[1]] == ["Old library", "Keys in the log"]
    plain = body.replace("4.1", "1.").replace("4.2", "2.")
    assert [f.title for f in read("# Review\n\n## Findings\n\n" + plain)[1]] == ["Old library", "Keys in the log"]
    steps = body.replace("lib/a.py", "1. Open it")
    assert [f.title for f in read("# Review\n\n## Findings\n\n" + steps)[1]] == ["Old library", "Keys in the log"]
    parts = body.replace("4.2", "4.1.1").replace("### 4.1.1", "#### 4.1.1").replace("lib/a.py", "4.1.2 No limit")
    assert [f.title for f in read(before + parts)[1]] == ["No limit", "Keys in the log"]


def test_a_numbered_finding_without_a_rating_stands_among_rated_ones() -> None:
    rated = "### 4.{0} Weak key {0}\n\nSeverity: Low\n\n" + PROSE + "\n\n"
    unrated = f"### 4.3 Odd name\n\n{PROSE}\n"
    _, found = read("# Review\n\n## 4 Findings\n\n" + rated.format(1) + rated.format(2) + unrated)
    assert [(f.title, f.value("severity")) for f in found] == [
        *(("Weak key 1", "low"), ("Weak key 2", "low"), ("Odd name", "")),
    ]


def test_text_printed_close_under_a_heading_is_none_of_it() -> None:
    glued = "A-1 Weak key of shop\nThe key is weak, as can be seen in the following listing of its bits and bytes"
    wrapped = "A-2 Weak key of shops that are open on each day\nof the week and at night"
    fields = "\n\nSeverity: Low"
    for whole, title in ((glued + fields, "Weak key of shop"), (wrapped + fields, " ".join(wrapped[4:].split()))):
        end = len(whole) - len(fields)
        blocks = [Block(BlockKind.TITLE, Span(0, end), 2), Block(BlockKind.PARAGRAPH, Span(end + 2, len(whole)))]
        assert [f.title for f in findings(whole, blocks)] == [title]


def test_the_sample_report_is_read_from_pdf() -> None:
    name = "penetration-test-report.pdf"
    document = parse(name, (SAMPLES / name).read_bytes(), Limits()).document
    found = of(document)
    assert [f.value("id") for f in found] == [f"QV-{n:02d}" for n in range(1, 13)]
    # Table 1 of the report
    assert [f.value("severity") for f in found] == ["critical", *["high"] * 3, *["medium"] * 7, "low"]
    scores = "10.0 8.1 7.7 7.5 6.5 5.8 5.4 5.3 5.3 4.9 4.2 3.7".split()
    assert [f.value("cvss_score") for f in found] == scores
    assert [f.value("status") for f in found].count("remediated") == 8
    assert found[0].values("cve") == ("CVE-2021-44228",)
    assert found[1].values("cve") == ()
    assert found[8].value("status") == "risk accepted"


def test_findings_are_read_from_docx() -> None:
    made = docx.Document()
    made.add_heading("Pentest report", 0)
    made.add_heading("Findings", 1)
    for n, (title, severity) in enumerate([("Open redirect", "Low"), ("Stored XSS in notes", "High")], 1):
        made.add_heading(f"4.{n} {title}", 2)
        table = made.add_table(rows=0, cols=2)
        for pair in (("Severity", severity), ("Status", "Open"), ("CWE", "CWE-79")):
            cells = table.add_row().cells
            cells[0].text, cells[1].text = pair
        made.add_heading("Description", 3)
        made.add_paragraph("What is wrong is told here in a sentence.")
    out = io.BytesIO()
    made.save(out)
    found = of(parse("report.docx", out.getvalue(), Limits()).document)
    assert [(f.title, f.value("severity"), f.value("status"), f.value("cwe")) for f in found] == [
        ("Open redirect", "low", "open", "CWE-79"),
        ("Stored XSS in notes", "high", "open", "CWE-79"),
    ]
    assert found[1].value("description") == "What is wrong is told here in a sentence."


def test_words_of_ratings_are_mapped_to_one_scale() -> None:
    printed = ["Critical", "Extreme", "Major", "Moderate", "Minor", "Informational", "banana", "Very  High"]
    assert [severity_of(word) for word in printed] == [
        *("critical", "critical", "high", "medium", "low", "info", "", "critical"),
    ]
    assert at_least("critical", "high")
    assert not at_least("medium", "high")
    assert not at_least("undetermined", "info")
    assert LEVELS[-1] == "critical"


def test_words_of_status_stand_in_four_groups() -> None:
    words = ["Open", "Not fixed", "Partially Resolved", "Risk accepted", "Won\u2019t Fix", "Remediated", "banana"]
    assert [standing(word) for word in words] == ["open", "open", "partial", "accepted", "accepted", "fixed", ""]
    assert status_of("Will  not fix") == "won't fix"


WORDS = (
    "# [H-01] Title\n\n;Severity: High\n;Severity;## Description\n;\n\n;Status: Fixed;CVSS 9.8;AV:N/AC:L/;Finding 3;"
    "| ID | Title | Severity |\n|---|---|---|\n;| H-01 | Title | Low |\n;Fixed in;CVE-2021-1;QV-02;(Low);"
    "- HIGH;\t;High\n;# Findings\n\n;: ;**;1. ;\u2713 ;Issue A. x\n\n;"
    "Affected hosts: a\n;```\n;CWE-;0;9.1;Recommendation\n\n"
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(WORDS.split(";")) | st.text(max_size=5), max_size=60).map("".join))
def test_nothing_raises_and_all_places_lie_in_their_finding(text: str) -> None:
    for draft in (read_markdown(text.encode("utf-8", "replace")), read_text(text.encode("utf-8", "replace"))):
        for found in findings(draft.text, draft.blocks, sections(draft.text, draft.blocks)):
            assert found.title
            assert found.span.of(draft.text)
            assert all(found.span.contains(f.span) or f.name in ("severity", "status") for f in found.fields)
            assert all(f.span.of(draft.text) and f.value for f in found.fields)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        " ",
        "1.",
        "[H-01] ",
        "Severity: High\n\n",
        "AV:N/",
        "CVSS ",
        "| a ",
        "[.]x",
        "high ",
        "this is now ",
        "_",
        "fix ",
    ],
)
def test_long_garbage_is_read_in_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    findings(text, (Block(BlockKind.TITLE, Span(0, len(text)), 1),), ())
    findings(text, (Block(BlockKind.PARAGRAPH, Span(0, len(text))),), ())
    said(text, Span(0, len(text)))
    assert time.process_time() - start < 5


def test_the_title_of_a_report_with_its_number_is_no_finding() -> None:
    head = "# Incident Report INC-2025-031\n\nStatus: Closed\n\nSeverity: High\n\n## 1. Summary\n\nA file was taken.\n"
    assert read(head)[1] == ()
    finding = "\n## Findings\n\n### QV-03 Request forgery\n\nSeverity: High\n\nThe hook follows redirects.\n"
    assert [found.value("id") for found in read(head + finding)[1]] == ["QV-03"]

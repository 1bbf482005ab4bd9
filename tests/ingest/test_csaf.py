"""CSAF 2.0 advisories: one written for this test, then what is wrong with it, part by part."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound.errors import ParseFailure
from citebound.ingest.csaf import csaf_structure, is_csaf, read_csaf
from citebound.types import Finding, Status

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
ADVISORY: dict[str, Any] = {
    "document": {
        "category": "csaf_security_advisory",
        "csaf_version": "2.0",
        "title": "Corvane field panels (Update A)",
        "aggregate_severity": {"text": "Important"},
        "distribution": {"text": "Disclosure is not limited", "tlp": {"label": "WHITE"}},
        "publisher": {
            "name": "Corvane PSIRT",
            "category": "vendor",
            "contact_details": "Mail: x@corvane.example;\r\n phone",
        },
        "notes": [{"category": "summary", "title": "Risk evaluation", "text": "Attackers could read files.\n"}],
        "references": [{"summary": "Web version", "url": "https://corvane.example/a-1"}],
        "acknowledgments": [{"names": ["A. Finder"], "organization": "Lab", "summary": "report"}],
        "tracking": {
            "id": "CVA-25-001",
            "status": "final",
            "version": "2",
            "initial_release_date": "2025-10-12T00:00:00.000Z",
            "current_release_date": "2025-11-16T00:00:00.000Z",
            "revision_history": [{"number": "1", "date": "2025-10-12T00:00:00.000Z", "summary": "First issue"}],
        },
    },
    "product_tree": {
        "branches": [
            {
                "category": "vendor",
                "name": "Corvane",
                "branches": [
                    {
                        "category": "product_name",
                        "name": "Panel One",
                        "branches": [
                            {
                                "category": "product_version_range",
                                "name": "< V3.5",
                                "product": {"name": "Panel One", "product_id": "P1"},
                            }
                        ],
                    }
                ],
            }
        ],
        "full_product_names": [{"name": "Panel Two 1.0", "product_id": "P2"}],
    },
    "vulnerabilities": [
        {
            "cve": "CVE-2025-9946",
            "cwe": {"id": "CWE-287", "name": "Improper Authentication"},
            "notes": [{"category": "summary", "title": "Summary", "text": "Access without  a password."}],
            "product_status": {"known_affected": ["P1", "P2"], "fixed": ["P3"]},
            "scores": [
                {
                    "products": ["P1"],
                    "cvss_v3": {"version": "3.1", "vectorString": VECTOR, "baseScore": 8, "baseSeverity": "HIGH"},
                }
            ],
            "threats": [{"category": "impact", "details": "Files are read."}],
            "remediations": [
                {
                    "category": "vendor_fix",
                    "details": "Update to V3.5",
                    "url": "https://corvane.example/u",
                    "product_ids": ["P1"],
                },
                {"category": "mitigation", "details": "Close port 80"},
            ],
        },
        {"title": "Second one", "ids": [{"system_name": "bugs", "text": "B-7"}]},
    ],
}


def encoded(advisory: object) -> bytes:
    return json.dumps(advisory).encode()


def structure(advisory: object) -> tuple[str, dict[str, str], tuple[Finding, ...]]:
    data = encoded(advisory)
    text = read_csaf(data).text
    facts, found = csaf_structure(data, text)
    assert all(fact.span.of(text) for fact in facts)
    return text, {fact.name: fact.value for fact in facts}, found


def without(*path: str) -> dict[str, Any]:
    advisory = copy.deepcopy(ADVISORY)
    inner = advisory
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return advisory


def test_an_advisory_is_known_by_its_version() -> None:
    assert is_csaf(encoded(ADVISORY))
    assert is_csaf(b"\xef\xbb\xbf" + encoded(ADVISORY))
    for other in ({}, [], {"document": 3}, {"document": {"csaf_version": "1.2"}}, {"csaf_version": "2.0"}):
        assert not is_csaf(encoded(other))
    assert not is_csaf(b'{"document": {"csaf_version": "2.0"')
    assert not is_csaf(b"\x00\x01")


def test_the_text_prints_every_part_for_a_reader() -> None:
    draft = read_csaf(encoded(ADVISORY))
    assert draft.title == "Corvane field panels (Update A)"
    for part in (
        "Advisory\tCVA-25-001",
        "Mail: x@corvane.example;\n phone",
        "Risk evaluation\n\nAttackers could read files.",
        "Corvane\tPanel One\t< V3.5",
        "CVE-2025-9946 Improper Authentication",
        "Vendor fix: Update to V3.5 https://corvane.example/u (Panel One)",
        "Mitigation: Close port 80",
        "Web version https://corvane.example/a-1",
        "A. Finder, Lab: report",
        "1\t2025-10-12T00:00:00.000Z\tFirst issue",
    ):
        assert part in draft.text
    assert all(block.span.of(draft.text).strip() for block in draft.blocks)


def test_facts_are_those_of_the_json_and_stand_in_the_text() -> None:
    text, facts, _ = structure(ADVISORY)
    assert facts == {
        "title": "Corvane field panels (Update A)",
        "advisory_id": "CVA-25-001",
        "publisher": "Corvane PSIRT",
        "release_date": "2025-10-12",
        "revision_date": "2025-11-16",
        "version": "2",
        "severity": "high",
        "tlp": "WHITE",
        "vendor": "Corvane",
        "product": "Panel Two 1.0",
    }
    assert text.count("CVA-25-001") == 1


def test_each_vulnerability_is_a_finding_with_the_values_of_the_json() -> None:
    text, _, (first, second) = structure(ADVISORY)
    assert first.title == "CVE-2025-9946 Improper Authentication"
    assert first.values("cve") == ("CVE-2025-9946",)
    assert first.values("cwe") == ("CWE-287",)
    assert first.values("cvss_vector") == (VECTOR,)
    assert first.values("cvss_version") == ("3.1",)
    assert first.values("severity") == ("high",)
    assert first.values("asset") == ("Panel One", "Panel Two 1.0")
    assert first.values("remediation") == ("Update to V3.5", "Close port 80")
    assert first.values("impact") == ("Files are read.",)
    assert first.values("description") == ("Access without a password.",)
    # first.org's calculator gives this vector 7.5, the JSON says 8
    assert [(f.value, f.note) for f in first.fields if f.name == "cvss_score"] == [("8", "the vector gives 7.5")]
    assert all(first.span.contains(f.span) for f in first.fields)
    assert [f.span.of(text) for f in first.fields if f.name == "severity"] == ["HIGH"]
    assert (second.title, second.value("id")) == ("Second one", "B-7")


@pytest.mark.parametrize(
    "path", [("document",), ("document", "title"), ("document", "tracking"), ("document", "csaf_version")]
)
def test_missing_parts_are_named(path: tuple[str, ...]) -> None:
    with pytest.raises(ParseFailure, match="document") as failed:
        read_csaf(encoded(without(*path)))
    assert failed.value.status is Status.PARSE_ERROR
    assert failed.value.remedy


def test_optional_parts_may_be_missing() -> None:
    for path in (("product_tree",), ("vulnerabilities",), ("document", "publisher"), ("document", "notes")):
        assert read_csaf(encoded(without(*path))).text


def deep(n: int) -> dict[str, Any]:
    branch: dict[str, Any] = {"category": "vendor", "name": "x"}
    for _ in range(n):
        branch = {"category": "vendor", "name": "x", "branches": [branch]}
    return {**ADVISORY, "product_tree": {"branches": [branch]}}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xff\xff",
        b'{"document":' * 100_000,
        b"[" * 1_000_000,
        b'{"document": NaN}',
        b'{"document": ' + b"9" * 10_000 + b"}",
        encoded(deep(200)),
        encoded({**ADVISORY, "vulnerabilities": {"a": 1}}),
        encoded({**ADVISORY, "vulnerabilities": [None]}),
        encoded({**ADVISORY, "vulnerabilities": [{"scores": [{"cvss_v3": {"baseScore": "9.8"}}]}]}),
        encoded({**ADVISORY, "vulnerabilities": [{"scores": [{"cvss_v3": {"baseScore": 1e300}}]}]}),
        encoded({**ADVISORY, "vulnerabilities": [{"product_status": {"fixed": "P1"}}]}),
        encoded({**ADVISORY, "product_tree": {"branches": [{"name": {}}]}}),
    ],
)
def test_hostile_json_fails_with_a_remedy(data: bytes) -> None:
    assert not is_csaf(data) or b"vulnerabilities" in data
    with pytest.raises(ParseFailure) as failed:
        read_csaf(data)
    assert failed.value.remedy


def test_an_advisory_that_blows_up_is_too_large() -> None:
    names = [{"name": "x" * 5000, "product_id": f"P{n}"} for n in range(10)]
    ids = [f"P{n}" for n in range(10)] * 10
    many = [{"product_status": {"known_affected": ids}} for _ in range(50)]
    with pytest.raises(ParseFailure) as failed:
        read_csaf(encoded({**ADVISORY, "product_tree": {"full_product_names": names}, "vulnerabilities": many}))
    assert failed.value.status is Status.TOO_LARGE


def test_another_text_is_refused() -> None:
    with pytest.raises(ParseFailure, match="not the one of this advisory"):
        csaf_structure(encoded(ADVISORY), "another text")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "branches", "cve"]), inner),
    max_leaves=8,
)
PATHS = [
    ("document", "title"),
    ("document", "notes"),
    ("document", "tracking"),
    ("document", "publisher"),
    ("product_tree",),
    ("product_tree", "branches"),
    ("vulnerabilities",),
]


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(PATHS), JSON)
def test_whatever_stands_in_a_part_is_read_or_fails_as_a_parse_failure(path: tuple[str, ...], value: object) -> None:
    advisory = copy.deepcopy(ADVISORY)
    inner = advisory
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    try:
        structure(advisory)
    except ParseFailure as failure:
        assert failure.remedy


@settings(deadline=None)
@given(st.text(min_size=1).filter(lambda s: s.strip()))
def test_values_stand_in_the_text_character_by_character(name: str) -> None:
    advisory = copy.deepcopy(ADVISORY)
    advisory["vulnerabilities"][0]["remediations"][1]["details"] = name
    text, _, (first, _) = structure(advisory)
    (place,) = [f for f in first.fields if f.name == "remediation" and f.value != "Update to V3.5"] or [None]
    assert place is None or place.span.of(text) == place.value


DATA = Path(os.environ.get("CITEBOUND_DATA", "../shared/data"))
REAL = sorted((DATA / "cisa_csaf").glob("*/*.json"))


@pytest.mark.skipif(not REAL, reason="no CSAF advisories under CITEBOUND_DATA")
def test_fields_of_real_advisories_equal_their_json() -> None:
    for path in REAL:
        data = path.read_bytes()
        text, _, found = structure(json.loads(data))
        expected = json.loads(data).get("vulnerabilities", [])
        assert is_csaf(data)
        assert len(found) == len(expected)
        for finding, row in zip(found, expected, strict=True):
            scores = [score["cvss_v3"] for score in row.get("scores", [])]
            assert set(finding.values("cve")) == {row["cve"]}
            assert set(finding.values("cwe")) == {row["cwe"]["id"]}
            assert set(finding.values("cvss_vector")) == {score["vectorString"] for score in scores}
            assert set(finding.values("cvss_score")) == {str(score["baseScore"]) for score in scores}
            assert set(finding.values("severity")) == {score["baseSeverity"].lower() for score in scores}
            details = {r["details"].replace("\r\n", "\n").strip() for r in row.get("remediations", [])}
            assert set(finding.values("remediation")) == details
            assert all(f.span.of(text) == f.value for f in finding.fields if f.name in ("cve", "cwe", "cvss_vector"))

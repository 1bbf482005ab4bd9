"""Documents, findings and retests over REST: the same as in Python, with their places, and refused as elsewhere."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from citebound.api import problems
from citebound.config import Config
from tests.api.conftest import RETEST, opener

REPORTS = "/v1/collections/reports"


def get(client: httpx.Client, path: str, **asked: str | int) -> Any:
    response = client.get(f"{REPORTS}/{path}", params=asked)
    assert response.status_code == 200, response.text
    return response.json()


def test_findings_come_worst_first_with_their_denominator(client: httpx.Client) -> None:
    found = get(client, "findings")
    assert [(f["id"], f["severity"], f["status"]) for f in found["findings"]] == [
        ("PT-01", "critical", "open"),
        ("PT-01", "critical", "fixed"),
        ("PT-03", "high", ""),
        ("PT-02", "medium", "open"),
    ]
    assert (found["count"], found["total"], found["reports"], found["documents"]) == (4, 4, 2, 2)
    assert found["severities"] == {"critical": 2, "high": 1, "medium": 1, "low": 0, "info": 0, "unrated": 0}


def test_a_finding_can_be_cited_and_its_recurrence_too(client: httpx.Client, config: Config) -> None:
    finding = get(client, "findings", severity="critical", status="fixed")["findings"][0]
    with opener(config)("reports") as collection:
        document = collection.document(finding["document"]["id"])
    quote = document.text[finding["span"]["start"] : finding["span"]["end"]]
    assert quote.startswith("PT-01 SQL injection") or quote.startswith("### PT-01 SQL injection")
    assert quote in RETEST
    assert finding["text_sha256"] == document.text_sha256
    assert [(a["id"], a["status"], a["source"]["path"].rpartition("/")[2]) for a in finding["also_in"]] == [
        ("PT-01", "open", "report.md")
    ]


def test_a_finding_without_a_status_is_undecided_not_left_out_silently(client: httpx.Client) -> None:
    found = get(client, "findings", severity="high", status="open")
    assert [f["id"] for f in found["findings"]] == ["PT-01"]
    assert found["undecided"] == 1


def test_rows_come_in_parts_and_are_counted_whole(client: httpx.Client) -> None:
    found = get(client, "findings", k=1, skip=2)
    assert [f["id"] for f in found["findings"]] == ["PT-03"]
    assert found["count"] == 4
    assert get(client, "documents", k=1, skip=1)["total"] == 2


def test_a_filter_and_a_document_narrow_the_findings(client: httpx.Client) -> None:
    assert get(client, "findings", filter="source:retest.md")["documents"] == 1
    assert {f["id"] for f in get(client, "findings", document="report.md")["findings"]} == {"PT-01", "PT-02"}


def test_documents_have_their_kind_and_fields(client: httpx.Client) -> None:
    rows = get(client, "documents")["documents"]
    assert [row["kind"] for row in rows] == ["security_reports"] * 2
    facts = {fact["name"]: fact for fact in rows[1]["facts"]}
    assert facts["report_date"]["value"] == "2026-06-10"
    assert RETEST[facts["report_date"]["span"]["start"] : facts["report_date"]["span"]["end"]] == "2026-06-10"


def test_a_retest_says_what_became_of_each_finding(client: httpx.Client) -> None:
    told = get(client, "retest", old="report.md", new="retest.md")
    assert [(c["outcome"], (c["new"] or c["old"])["id"]) for c in told["changes"]] == [
        ("new", "PT-03"),
        ("gone", "PT-02"),
        ("fixed", "PT-01"),
    ]
    assert told["outcomes"] == {"still open": 0, "new": 1, "gone": 1, "fixed": 1}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("findings?severity=terrible", 400),
        ("findings?status=terrible", 400),
        ("findings?filter=nonsense", 422),
        ("findings?k=0", 422),
        ("findings?query=1", 422),
        ("findings?document=nothing.md", 404),
        (f"findings?filter=source:{'x' * 1001}", 422),
        ("documents?filter=--source:x", 422),
        ("retest?old=report.md", 422),
        ("retest?old=report.md&new=report.md", 400),
        ("retest?old=report.md&new=nothing.md", 404),
    ],
)
def test_what_is_wrong_is_a_problem_with_a_remedy(client: httpx.Client, path: str, status: int) -> None:
    response = client.get(f"{REPORTS}/{path}")
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == problems.MEDIA_TYPE
    assert response.json()["detail"]


def test_an_unknown_collection_has_no_findings(client: httpx.Client) -> None:
    assert client.get("/v1/collections/nowhere/findings").status_code == 404

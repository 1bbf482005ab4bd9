"""`citebound findings` and `citebound list` as a user meets them: tables, files that are safe to open, kind answers."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from citebound import cli_structure
from citebound.types import Fact, Span
from tests.api.conftest import REPORT, RETEST
from tests.conftest import Run
from tests.fakes import WordHashEmbedder

AGREEMENT = """# Service Agreement

This Service Agreement is made as of March 1, 2026 by and between Brindlemark Freight, Inc. ("Customer") and Quorvane
Systems, Inc. ("Provider").

## 1. Governing Law

This Agreement shall be governed by the laws of the State of Texas.
"""
HOSTILE = """# Penetration Test Report

## Findings

### HX-01 =HYPERLINK("http://collector.example/","\x1b[31mclick\x1b[0m")

Severity: High
Status: Open

A cell is run.
"""


@pytest.fixture
def filled(run: Run, tmp_path: Path) -> Run:
    for name, text in {"report.md": REPORT, "retest.md": RETEST, "deal.md": AGREEMENT}.items():
        (tmp_path / name).write_text(text)
    assert run("ingest", "report.md", "retest.md", "deal.md")[0] == 0
    return run


def as_json(run: Run, *arguments: str) -> Any:
    code, out, err = run(*arguments, "--json")
    assert code == 0, err
    return json.loads(out)


def rows(out: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(out)))


# -- findings ---------------------------------------------------------------------------------------------------------


def test_findings_are_shown_with_place_recurrence_and_count(filled: Run) -> None:
    code, out, _ = filled("findings")
    assert code == 0
    assert "also in retest.md (PT-01, critical, fixed)" in out
    assert "4 of 4 findings in 2 reports: 2 critical, 1 high, 1 medium" in out


def test_what_may_belong_is_named_not_left_out(filled: Run) -> None:
    _, out, _ = filled("findings", "--severity", "high", "--status", "open")
    assert "1 of 4 findings in 2 reports: 1 critical" in out
    assert "1 finding more may belong here" in out
    assert "? PT-03 " in out
    assert "no status was read, in retest.md" in out
    assert "--status unstated" in out
    assert "PT-03" in filled("findings", "--status", "unstated")[1]
    named = as_json(filled, "findings", "--severity", "high", "--status", "open")["undecided"]
    assert [(entry["id"], entry["why"]) for entry in named] == [("PT-03", "no status was read")]
    assert "1 finding more may belong here" in filled("findings", "--severity", "high", "--status", "open", "--csv")[2]


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        (("--severity", "=high"), ["PT-03"]),
        (("--severity", "high"), ["PT-01", "PT-01", "PT-03"]),
        (("--status", "fixed"), ["PT-01"]),
        (("--document", "report.md"), ["PT-01", "PT-02"]),
        (("--filter", "source:retest.md"), ["PT-01", "PT-03"]),
    ],
)
def test_findings_can_be_narrowed(filled: Run, asked: tuple[str, ...], ids: list[str]) -> None:
    assert [finding["id"] for finding in as_json(filled, "findings", *asked)["entries"]] == ids


def test_every_row_of_the_json_is_the_text_at_its_place(filled: Run) -> None:
    for finding in as_json(filled, "findings")["entries"]:
        shown = as_json(filled, "documents", "show", finding["document"]["id"])
        quote = shown["text"][finding["span"]["start"] : finding["span"]["end"]]
        assert finding["title"] in quote
        assert finding["text_sha256"] == shown["info"]["text_sha256"]


def test_csv_has_one_line_for_each_finding_with_its_place(filled: Run) -> None:
    found = rows(filled("findings", "--csv")[1])
    assert [row["id"] for row in found] == ["PT-01", "PT-01", "PT-03", "PT-02"]
    first = found[0]
    assert first["also_in"] == "retest.md (PT-01, critical, fixed)"
    assert int(first["end"]) > int(first["start"]) >= 0
    assert len(first["text_sha256"]) == len(first["document_id"]) == 64


def test_a_retest_is_shown_as_table_json_and_csv(filled: Run) -> None:
    asked = ("findings", "--retest", "report.md", "retest.md")
    _, out, _ = filled(*asked)
    assert "0 still open, 1 new, 1 gone, 1 fixed" in out
    assert "does not say that they are fixed" in out
    assert [change["outcome"] for change in as_json(filled, *asked)["changes"]] == ["new", "gone", "fixed"]
    new, gone, fixed = rows(filled(*asked, "--csv")[1])
    assert (new["id"], new["old_document_id"]) == ("PT-03", "")
    assert (gone["id"], gone["new_start"]) == ("PT-02", "")
    assert (fixed["old_status"], fixed["new_status"]) == ("open", "fixed")


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        (("--severity", "hgih"), 2, "unrated"),
        (("--status", "opn"), 2, "unstated"),
        (("--document", "nothing.md"), 4, "documents list"),
        (("--filter", "nonsense"), 2, "Fields"),
        (("--json", "--csv"), 2, "exclude each other"),
        (("--retest", "report.md", "retest.md", "--severity", "high"), 2, "two reports"),
        (("--retest", "report.md", "report.md"), 2, "Name two reports"),
        (("--retest", "report.md"), 2, "requires 2 arguments"),
    ],
)
def test_a_wrong_question_is_answered_with_what_is_right(
    filled: Run, asked: tuple[str, ...], code: int, said: str
) -> None:
    ended = filled("findings", *asked)
    assert ended[0] == code
    assert said in ended[2]


def test_a_collection_without_reports_says_so_with_a_remedy(run: Run, tmp_path: Path) -> None:
    (tmp_path / "deal.md").write_text(AGREEMENT)
    assert run("ingest", "deal.md")[0] == 0
    code, out, _ = run("findings")
    assert code == 0
    assert "no findings in 1 document of the collection default" in out
    assert "citebound list" in out
    assert as_json(run, "findings")["total"] == 0
    assert rows(run("findings", "--csv")[1]) == []
    assert "satisfies the filter" in run("findings", "--filter", "source:*.pdf")[1]
    assert "satisfies the filter" in run("list", "--filter", "source:*.pdf")[1]
    assert rows(run("list", "--csv", "--filter", "source:*.pdf")[1]) == []


# -- documents --------------------------------------------------------------------------------------------------------


def test_documents_are_listed_by_kind_with_their_fields(filled: Run) -> None:
    _, out, _ = filled("list")
    for said in ("contracts (1 document)", "security_reports (2 documents)", "2026-06-10", "Texas", "2: 1 critical"):
        assert said in out


def test_on_a_narrow_screen_each_document_is_a_block(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_structure.out, "_width", 60)
    _, out, _ = filled("list")
    assert "  governing_law: Texas" in out
    assert "  findings: 2: 1 critical, 1 medium" in out


LONG = """# Cloud Services and Data Processing Agreement

This Cloud Services and Data Processing Agreement is made as of March 1, 2026 by and between Brindlemark Freight
International Holdings, Inc. ("Customer") and Quorvane Systems and Partners Europe, Inc. ("Provider"). This Agreement
ends on March 1, 2029.

## 1. Governing Law

This Agreement shall be governed by the laws of the State of Texas. Provider may assign this Agreement.
"""


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_a_list_fits_the_screen_and_shows_name_date_law_and_parties(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    name = "brindlemark_cloud-services_and_data-processing-agreement_signed.md"
    (tmp_path / name).write_text(LONG)
    (tmp_path / "report.md").write_text(REPORT)
    assert run("ingest", name, "report.md").code == 0
    monkeypatch.setattr(cli_structure.out, "_width", width)
    lines = run("list").out.splitlines()
    assert max(map(len, lines)) <= width
    (heading,) = (line for line in lines if "parties" in line)
    assert [part.strip() for part in heading.strip("┃").split("┃")][:4] == ["document", "date", "law", "parties"]
    cells = [[part.strip() for part in line.strip("│").split("│")] for line in lines if line.startswith("│")]
    assert "".join(row[0] for row in cells).startswith(name)  # cut at hyphens and underscores, nothing is lost
    assert not any(row[0].startswith(("-", "_")) for row in cells)
    assert cells[0][1:3] == ["2026-03-01", "Texas"]
    parties = " ".join(" ".join(row[3] for row in cells).split())
    for party in ("International Holdings, Inc. (Customer)", "Quorvane Systems and Partners Europe, Inc. (Provider)"):
        assert party in parties
    assert ("type" in heading) == (width >= 100)
    assert any(line.startswith("more with --wide: ") for line in lines) == (width < 100)


def test_a_wide_list_has_every_field(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_structure.out, "_width", 80)
    fields = {fact["name"] for row in as_json(filled, "list") for fact in row["facts"]} - {"role"}
    printed = filled("list", "--wide").out
    for name in fields:
        assert ("clauses" if name == "clause" else name) in printed
    assert "more with --wide" not in printed
    short = filled("list").out
    assert "document_type" in next(line for line in short.splitlines() if line.startswith("more with --wide"))


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=6),
    st.integers(40, 250),
    st.text("ab-_/ .", min_size=1, max_size=80),
)
def test_a_folded_cell_loses_no_character(sizes: list[int], width: int, cell: str) -> None:
    for size in sizes:
        folded = cli_structure._folded(cell, size)
        assert folded.replace("\n", "") == cell
        assert all(len(word) <= size for word in folded.split())


def test_a_language_that_the_encoder_was_not_made_for_is_said(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WordHashEmbedder, "name", "all-minilm-l6-v2")
    german = "Der Lieferant liefert die Waren innerhalb von zehn Tagen nach der Bestellung an den Käufer. "
    (tmp_path / "vertrag.txt").write_text(german * 20)
    (tmp_path / "deal.md").write_text(AGREEMENT)
    said = "note: 1 document is in German; the encoder was made for English: its passages may be missed"
    assert said in run("ingest", "vertrag.txt", "deal.md").out
    monkeypatch.setattr(cli_structure.out, "_width", 120)
    listed = run("list").out
    assert said in listed
    assert [line.split("│")[2].strip() for line in listed.splitlines() if "vertrag.txt" in line] == ["German"]
    assert said not in run("list", "--filter", "source:deal.md").out
    assert [row["languages"] for row in rows(run("list", "--csv").out)] == ["English", "German"]
    assert [row["languages"] for row in as_json(run, "list")] == [{"en": 1.0}, {"de": 1.0}]
    assert said in run("ask", "Which law governs the agreement?", "--no-llm").out
    assert said in run("ask", "Which premiums cover volcanic eruptions?", "--no-llm").out


def test_a_forced_kind_is_kept_and_found_out_again_on_demand(run: Run, tmp_path: Path) -> None:
    (tmp_path / "deal.md").write_text(AGREEMENT)
    assert run("ingest", "deal.md", "--kind", "security_reports").code == 0
    (tmp_path / "deal.md").write_text(AGREEMENT + "\nAnd no more.\n")
    assert run("ingest", "deal.md").code == 0
    assert [(row["kind"], row["forced"]) for row in as_json(run, "list")] == [("security_reports", True)]
    assert run("ingest", "deal.md", "--kind", "auto").code == 0
    assert [(row["kind"], row["forced"]) for row in as_json(run, "list")] == [("contracts", False)]


def test_the_list_as_csv_has_fields_and_counts_as_columns(filled: Run) -> None:
    deal, report, retest = rows(filled("list", "--csv")[1])
    assert (deal["kind"], deal["governing_law"]) == ("contracts", "Texas")
    assert deal["party"] == "Brindlemark Freight, Inc. (Customer); Quorvane Systems, Inc. (Provider)"
    assert (report["kind"], report["report_date"], report["critical"]) == ("security_reports", "2026-01-10", "1")
    assert (retest["findings"], retest["high"], retest["governing_law"]) == ("2", "1", "")


def test_the_list_as_json_has_each_fact_with_its_place(filled: Run) -> None:
    found = {row["source"]["path"].rpartition("/")[2]: row for row in as_json(filled, "list")}
    law = next(fact for fact in found["deal.md"]["facts"] if fact["name"] == "governing_law")
    assert "Texas" in AGREEMENT[law["span"]["start"] : law["span"]["end"]]


def test_a_document_is_shown_with_its_kind_and_fields(filled: Run) -> None:
    _, out, _ = filled("documents", "show", "deal.md")
    assert "kind contracts: " in out
    assert "  governing_law: Texas" in out
    assert "2 findings" in filled("documents", "show", "report.md")[1]


def test_values_are_joined_and_doubts_are_marked() -> None:
    def fact(name: str, value: str, note: str = "") -> Fact:
        return Fact(name, value, Span(0, 1), note)

    given_ = [
        fact("party", "A Inc."),
        fact("role", "Customer"),
        fact("party", "B Ltd."),
        fact("term", "P3Y", "two places differ"),
        fact("clause", "insurance"),
        fact("clause", "insurance"),
        fact("clause", "audit_rights"),
    ]
    assert cli_structure.field_values(given_) == {
        "party": "A Inc. (Customer); B Ltd.",
        "term": "P3Y?",
        "clauses": "insurance; audit_rights",
    }
    assert cli_structure.doubts(given_) == ["term P3Y: two places differ"]


# -- files that are safe to open --------------------------------------------------------------------------------------


def test_no_cell_is_a_formula_and_no_escape_reaches_the_terminal(run: Run, tmp_path: Path) -> None:
    (tmp_path / "=cmd.md").write_text(HOSTILE)
    assert run("ingest", "=cmd.md")[0] == 0
    found = rows(run("findings", "--csv")[1])
    assert found[0]["title"].startswith("'=HYPERLINK")
    assert found[0]["document"] == "'=cmd.md"
    assert rows(run("list", "--csv")[1])[0]["document"] == "'=cmd.md"
    for command in (("findings",), ("list",)):
        assert "\x1b" not in run(*command)[1]
    assert run("list", "--xlsx", "out.xlsx")[0] == 0
    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert sheet.cell(1, 1).value == "document"
    cell = sheet.cell(2, 1)
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=cmd.md", "s", True)


def test_the_excel_file_has_what_the_csv_has_with_numbers_as_numbers(filled: Run, tmp_path: Path) -> None:
    code, out, err = filled("list", "--xlsx", "documents.xlsx")
    assert (code, out) == (0, "")
    assert "3 documents in documents.xlsx" in err
    heading, *cells = load_workbook(tmp_path / "documents.xlsx").active.values
    written = [{k: "" if v is None else str(v) for k, v in zip(heading, row, strict=True)} for row in cells]
    assert written == rows(filled("list", "--csv")[1])
    assert {type(row[heading.index("findings")]) for row in cells} == {int}


def test_a_file_that_cannot_be_written_is_one_message(filled: Run) -> None:
    code, _, err = filled("list", "--xlsx", "nowhere/documents.xlsx")
    assert code == 4
    assert "nowhere/documents.xlsx" in err


@given(value=st.text(max_size=40))
def test_any_text_survives_as_text_in_a_spreadsheet(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    assert not cli_structure.inert(value).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cli_structure.inert(value).endswith(value)


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "plain", "\x00\x1b", "x" * 40_000])
def test_any_text_is_written_as_text(tmp_path: Path, value: str) -> None:
    path = tmp_path / "a.xlsx"
    cli_structure.write_xlsx(path, [{"a": value}], ["a"])
    cell = load_workbook(path).active.cell(2, 1)
    assert cell.data_type == "s"
    assert len(cell.value) == min(len(value), 32_767)  # the most that a cell of Excel holds

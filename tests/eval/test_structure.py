import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from citebound.errors import ConfigError
from citebound.eval.structure import (
    SUITES,
    Claim,
    Counts,
    Label,
    Matched,
    advisory,
    contract,
    iou,
    labelled,
    match,
    number,
    printed,
    report,
    scored,
    show,
    term,
    trimmed,
)
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse
from citebound.types import Document, DocumentInfo, Fact, Finding, Reference, Section, Span, Term

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CITEBOUND_DATA", "../shared/data"))
TEXT = """9. Fees and
Taxes. The "Fee" is due under Section 9(a).
(a) monthly, as Section 12 says,
NOTICES
see Clause 4 of the Lease."""


def at(piece: str, text: str = TEXT, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = text.index(piece, start + 1)
    return Span(start, start + len(piece))


def label(start: int, end: int, target: str = "x", doubtful: bool = False) -> Label:
    return Label(Span(start, end), target, doubtful)


def claim(start: int, end: int, *targets: str, place: int = -1) -> Claim:
    return Claim(Span(start, end), frozenset(targets or ("x",)), place)


def row(kind: str, piece: str, target: str, nth: int = 0, **more: Any) -> dict[str, Any]:
    span = at(piece, nth=nth)
    return {"kind": kind, "start": span.start, "end": span.end, "target": target, **more}


def document(**parts: Any) -> Document:
    info = DocumentInfo("0", "t", "text/plain", "0", "p", 0)
    return Document(info, parts.pop("text", TEXT), (), **parts)


# -- matching


def test_overlap_is_the_characters_in_both_over_those_in_either() -> None:
    assert iou(Span(0, 10), Span(5, 15)) == pytest.approx(5 / 15)
    assert iou(Span(0, 10), Span(0, 5)) == 0.5
    assert iou(Span(3, 3), Span(3, 3)) == 0.0


def test_half_an_overlap_is_enough_and_less_is_not() -> None:
    # 5 of 10 characters; 4 of 10
    assert match([label(0, 10)], [claim(0, 5)]).counts() == Counts(1, 0, 0)
    assert match([label(0, 10)], [claim(0, 4)]).counts() == Counts(0, 1, 1)


def test_the_right_place_with_another_target_is_a_miss_and_a_false_alarm() -> None:
    assert match([label(0, 10, "9.2")], [claim(0, 10, "9.1", "9.3")]).counts() == Counts(0, 1, 1)


def test_a_label_is_hit_once_and_by_the_closest() -> None:
    # overlaps 8/10 and 10/10: the second is nearer, the first is left over
    matched = match([label(0, 10)], [claim(0, 8), claim(0, 10)])
    assert [c.span for _, c in matched.pairs] == [Span(0, 10)]
    assert matched.counts() == Counts(1, 1, 0)


def test_one_claim_serves_one_label() -> None:
    assert match([label(0, 10), label(0, 9)], [claim(0, 10)]).counts() == Counts(1, 0, 1)


def test_precision_recall_and_f1_are_those_of_the_hand() -> None:
    # 6 hits, 2 spurious, 4 missed: 6/8, 6/10, 12/18
    counts = Counts(6, 2, 4)
    assert (counts.precision, counts.recall, counts.f1) == pytest.approx((0.75, 0.6, 2 / 3))
    assert Counts(1, 2, 3) + Counts(4, 5, 6) == Counts(5, 7, 9)
    assert Counts().f1 == 1.0


def test_doubtful_labels_count_unless_they_are_left_out() -> None:
    hit, missed = (label(0, 5, doubtful=True), claim(0, 5)), label(9, 12, doubtful=True)
    matched = Matched((hit, (label(20, 25), claim(20, 25))), (missed,), (claim(40, 45),))
    assert matched.counts() == Counts(2, 1, 1)
    assert matched.counts(doubtful=False) == Counts(1, 1, 0)


def test_the_figure_is_f1_of_the_sums_and_its_interval_is_over_documents() -> None:
    # 5 hits, 1 spurious, 1 missed: 10/12; the documents alone have 8/8 and 2/4
    figure = scored("f", [Counts(4, 0, 0), Counts(1, 1, 1)], resamples=500)
    assert (figure.value, figure.numerator, figure.denominator) == (pytest.approx(10 / 12), 10, 12)
    assert figure.low == pytest.approx(0.5)
    assert figure.high == pytest.approx(1.0)


# -- numbers, terms and spans


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("9.2.", "Section 9.2"),
        ("ARTICLE IV", "Article iv:"),
        ("2.A", "2(a)"),
        ("Annex I, A", "Annex I(A)"),
        ("Exhibit A, 1(a)", "exhibit a 1 (a)"),
        ("", " "),
    ],
)
def test_one_number_has_one_spelling(one: str, other: str) -> None:
    assert number(one) == number(other)


@pytest.mark.parametrize(("one", "other"), [("9.2", "9.20"), ("Article IV", "IV"), ("Exhibit A", "Schedule A")])
def test_other_numbers_stay_others(one: str, other: str) -> None:
    assert number(one) != number(other)


def test_a_term_is_hashed_without_case_quotes_and_line_breaks() -> None:
    assert term('"Service\n Fee,"') == term("service fee")
    # printf fee | sha256sum
    assert term("Fee") == "b80cdaae9b322bba2a38fd396299782a4cc6b4a0ccf67fccbbcc617c94a46026"


def test_a_span_is_trimmed_to_letters_and_digits() -> None:
    assert trimmed("x (a) y", Span(1, 6)) == Span(3, 4)
    assert trimmed("-- --", Span(0, 5)) == Span(0, 5)


def test_a_caption_is_found_across_markup_and_lines() -> None:
    text = "## **9.** Fees\nand _Taxes_. Text"
    assert printed(text, Span(0, len(text)), "9", "Fees and Taxes") == Span(5, 25)
    assert printed(text, Span(0, len(text)), "", "Text") == Span(28, 32)
    assert printed(text, Span(0, len(text)), "12", "Scope") is None


# -- contracts

SECTIONS = (
    Section(Span(0, len(TEXT)), "9", "Fees and Taxes", 1),
    Section(Span(at("(a) mon").start, at("NOTICES").start), "(a)", "", 2, 0),
    Section(Span(at("NOTICES").start, len(TEXT)), "", "NOTICES", 1),
)
ROWS = [
    row("heading", "9. Fees and\nTaxes.", "9"),
    row("item", "(a)", "9(a)", nth=1),
    row("heading", "NOTICES", ""),
    row("definition", "Fee", term("Fee"), nth=1),
    row("reference", "Section 9(a)", "9(a)", internal=True),
    row("reference", "Section 12", "12", internal=True),
    row("reference", "Clause 4", "4", internal=False),
]


def read(**parts: Any) -> Document:
    given = {
        "sections": SECTIONS,
        "terms": (Term("Fee", at("Fee", nth=1), at('The "Fee"')),),
        "references": (
            Reference(at("Section 9(a)"), "9(a)", 1),
            Reference(at("Section 12"), "12", None),
            Reference(at("Clause 4"), "4", None),
        ),
    }
    return document(**{**given, **parts})


def test_a_contract_that_is_read_as_labelled_has_no_misses() -> None:
    counts = {kind: matched.counts() for kind, matched in contract(read(), ROWS).items()}
    assert counts == {
        "headings": Counts(2, 0, 0),
        "items": Counts(1, 0, 0),
        "definitions": Counts(1, 0, 0),
        # the reference that leads nowhere is right, as no 12 is labelled; the external one claims nothing
        "references": Counts(2, 0, 0),
    }


def test_a_reference_to_the_wrong_section_is_wrong_though_its_print_is_right() -> None:
    led = (Reference(at("Section 9(a)"), "9(a)", 0), Reference(at("Section 12"), "12", None))
    assert contract(read(references=led), ROWS)["references"].counts() == Counts(1, 1, 1)


def test_a_reference_that_is_labelled_and_not_resolved_is_missed() -> None:
    led = (Reference(at("Section 9(a)"), "9(a)", None), Reference(at("Section 12"), "12", None))
    assert contract(read(references=led), ROWS)["references"].counts() == Counts(1, 0, 1)


def test_an_external_reference_that_is_resolved_is_a_false_alarm() -> None:
    led = (Reference(at("Clause 4"), "4", 0),)
    assert contract(read(references=led), ROWS)["references"].counts() == Counts(0, 1, 2)


def test_a_caption_that_runs_on_into_the_text_is_no_hit() -> None:
    # "9" alone is 1 of the 16 labelled characters
    short = (Section(Span(0, len(TEXT)), "9", "", 1), *SECTIONS[1:])
    assert contract(read(sections=short), ROWS)["headings"].counts() == Counts(1, 1, 1)


def test_an_unlabelled_letter_is_a_spurious_item_and_no_heading() -> None:
    rows = [r for r in ROWS if r["kind"] != "item"]
    matched = contract(read(), rows)
    assert matched["items"].counts() == Counts(0, 1, 0)
    assert matched["headings"].counts() == Counts(2, 0, 0)


def test_an_item_needs_its_full_number() -> None:
    astray = (SECTIONS[0], Section(SECTIONS[1].span, "(a)", "", 1), SECTIONS[2])
    assert contract(read(sections=astray), ROWS)["items"].counts() == Counts(0, 1, 1)


# -- findings

REPORT = "H-01 Keys in logs (High)\nFixed. CWE-532\nL-02 Old banner\nopen\nNote on scope"
FINDINGS = (
    Finding(
        Span(0, at("L-02", REPORT).start),
        "Keys in logs",
        (
            Fact("severity", "high", at("High", REPORT)),
            Fact("status", "resolved", at("Fixed", REPORT)),
            Fact("cwe", "CWE-532", at("CWE-532", REPORT)),
        ),
    ),
    Finding(
        Span(at("L-02", REPORT).start, at("Note", REPORT).start),
        "Old banner",
        (Fact("severity", "low", at("L-02", REPORT)), Fact("status", "acknowledged", at("open", REPORT))),
    ),
    Finding(at("Note on scope", REPORT), "Note on scope", (Fact("severity", "info", at("Note", REPORT)),)),
)


def finding(title: str, severity: str, status: str, **more: Any) -> dict[str, Any]:
    span = at(title, REPORT)
    plain = {"cvss": [], "cwe": [], "cve": []}
    return {"start": span.start, "end": span.end, "severity": severity, "status": status, **plain, **more}


def test_fields_are_counted_over_matched_missed_and_made_up_findings() -> None:
    rows = [
        finding("Keys in logs", "high", "fixed", cwe=["CWE-532", "CWE-200"]),
        finding("Old banner", "undetermined", "", letter="low"),
        finding("open", "low", "fixed"),
    ]
    _, counts = report(document(text=REPORT, findings=FINDINGS), rows)
    assert counts == {
        # two titles are found, the third label is not, and the note is none
        "title": Counts(2, 1, 1),
        # high is right; low and info are not stated; the low of the missed finding is missed
        "severity": Counts(1, 2, 1),
        # resolved means fixed; acknowledged is not labelled; the missed one was fixed
        "status": Counts(1, 1, 1),
        "cvss": Counts(),
        "cwe": Counts(1, 0, 1),
        "cve": Counts(),
    }


def test_the_letter_of_an_identifier_can_be_taken_for_its_severity() -> None:
    rows = [finding("Old banner", "undetermined", "acknowledged", letter="low")]
    only = document(text=REPORT, findings=FINDINGS[1:2])
    assert report(only, rows)[1]["severity"] == Counts(0, 1, 0)
    assert report(only, rows, letters=True)[1]["severity"] == Counts(1, 0, 0)
    assert report(only, rows)[1]["status"] == Counts(1, 0, 0)


# -- CSAF

ADVISORY: dict[str, Any] = {
    "document": {
        "csaf_version": "2.0",
        "category": "csaf_security_advisory",
        "title": "Pump  controller",
        "publisher": {"name": "CERT", "category": "coordinator", "namespace": "https://cert.example"},
        "tracking": {
            "id": "A-1",
            "version": "1",
            "status": "final",
            "initial_release_date": "2024-05-01T06:00:00Z",
            "current_release_date": "2024-05-02T06:00:00Z",
        },
    },
    "product_tree": {
        "branches": [
            {
                "category": "vendor",
                "name": "Acme",
                "branches": [
                    {"category": "product_name", "name": "P1", "product": {"product_id": "1", "name": "Acme P1"}}
                ],
            }
        ]
    },
    "vulnerabilities": [
        {
            "cve": "CVE-2024-0001",
            "cwe": {"id": "CWE-79", "name": "Cross-site scripting"},
            "scores": [
                {
                    "products": ["1"],
                    "cvss_v3": {
                        "version": "3.1",
                        "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                        "baseScore": 9.8,
                        "baseSeverity": "CRITICAL",
                    },
                }
            ],
            "product_status": {"known_affected": ["1"]},
            "notes": [{"category": "summary", "text": "A  long\ntext."}],
            "remediations": [{"category": "mitigation", "details": "Update.", "product_ids": ["1"]}],
        }
    ],
}


def test_an_advisory_that_is_read_right_is_equal_in_every_field() -> None:
    read_ = parse("a.json", json.dumps(ADVISORY).encode(), Limits()).document
    fields = dict(advisory(read_, ADVISORY))
    assert all(fields.values())
    # 8 of the document: id, title, publisher, two dates, version, vendor, product; 9 of the vulnerability: CVE, CWE,
    # vector, version, score, severity, asset, description, remediation
    assert len(fields) == 17


def test_a_field_that_differs_and_one_that_is_made_up_are_not_equal() -> None:
    read_ = parse("a.json", json.dumps(ADVISORY).encode(), Limits()).document
    other = json.loads(json.dumps(ADVISORY))
    other["vulnerabilities"][0]["scores"][0]["cvss_v3"]["baseScore"] = 9.1
    del other["vulnerabilities"][0]["cwe"]
    wrong = [name for name, same in advisory(read_, other) if not same]
    assert wrong == ["vulnerability 1: cvss_score", "vulnerability 1: cwe"]


# -- the labelled documents


def suite(tmp_path: Path, text: str, sha: str = "") -> tuple[Path, Path]:
    data, suites = tmp_path / "data", tmp_path / "suites"
    data.mkdir()
    suites.mkdir()
    (data / "a.txt").write_text(text, "utf-8")
    sha = sha or parse("a.txt", text.encode(), Limits()).document.text_sha256
    rows = [{"kind": "document", "doc": n, "name": "a.txt", "text_sha256": sha, "use": use} for n, use in USES]
    rows += [{**r, "doc": n} for r in ROWS for n, _ in USES]
    (suites / "structure_contracts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return data, suites


USES = ((1, "held"), (2, "mend"))


def test_labels_come_with_their_document(tmp_path: Path) -> None:
    found, refused = labelled("contracts", *suite(tmp_path, TEXT))
    assert [(one.n, one.held, len(one.rows)) for one in found] == [(1, True, 7), (2, False, 7)]
    assert refused == []


def test_a_document_with_another_text_is_refused_by_name(tmp_path: Path) -> None:
    found, refused = labelled("contracts", *suite(tmp_path, TEXT, sha="0" * 64))
    assert found == []
    assert refused[0].startswith("a.txt: refused, its text is not the labelled one")


def test_a_document_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    data, suites = suite(tmp_path, TEXT)
    (data / "a.txt").unlink()
    assert labelled("contracts", data, suites)[1] == [f"a.txt: refused, not in {data}"] * 2


def test_a_held_document_is_not_shown(tmp_path: Path) -> None:
    data, suites = suite(tmp_path, TEXT)
    lease = {**row("definition", "Lease", term("Lease")), "doc": 2}
    with (suites / "structure_contracts.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps(lease))
    # nothing in the text defines a lease
    wanted = f"definitions: missed [{lease['start']}, {lease['end']}) {lease['target'][:24]!r}"
    assert wanted in list(show("contracts/2", data, suites))
    with pytest.raises(ConfigError, match="contracts/1 is held"):
        list(show("contracts/1", data, suites))
    with pytest.raises(ConfigError, match="no labelled document"):
        list(show("contracts/9", data, suites))


def test_without_the_data_it_is_skipped_with_a_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "citebound.eval.structure"],
        env={**os.environ, "CITEBOUND_DATA": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("structure: skipped, no data in")
    assert "CITEBOUND_DATA" in done.stdout


# -- what is committed

ROMAN = re.compile(r"[IVX]+")
HASH = re.compile(r"[0-9a-f]{64}")


@pytest.mark.parametrize("name", ["structure_contracts", "structure_findings"])
def test_labels_hold_no_text_of_the_documents(name: str) -> None:
    rows = [json.loads(line) for line in (ROOT / SUITES / f"{name}.jsonl").read_text("utf-8").splitlines()]
    documents = {row["doc"] for row in rows if row["kind"] == "document"}
    for row in rows:
        assert row["doc"] in documents
        for key, value in row.items():
            if key == "name" or not isinstance(value, str) or HASH.fullmatch(value):
                continue
            # a number, an identifier or one word of ours
            words = [word for word in re.findall(r"[A-Za-z]{2,}", value) if not ROMAN.fullmatch(word)]
            assert len(value) <= 20, row
            assert len(words) <= 1, row


def test_closure_and_set_questions_hold_questions_offsets_and_names_only() -> None:
    closure = [json.loads(line) for line in (ROOT / SUITES / "closure.jsonl").read_text("utf-8").splitlines()]
    asked = [row for row in closure if row["kind"] == "question"]
    assert len(asked) == 60
    assert {key for row in asked for key in row} == {"kind", "id", "doc", "type", "question", "needed"}
    assert {key for row in asked for place in row["needed"] for key in place} == {"role", "start", "end"}
    sets = [json.loads(line) for line in (ROOT / SUITES / "set_questions.jsonl").read_text("utf-8").splitlines()]
    named = {(row["collection"], row["name"]) for row in sets if row["kind"] == "document"}
    asked = [row for row in sets if row["kind"] == "question"]
    assert len(asked) == 60
    for row in asked:
        assert len(row["members"]) <= row["denominator"]
        if row["unit"] == "document":
            assert {(row["collection"], member) for member in row["members"]} <= named


@pytest.mark.skipif(not (DATA / "contract_files").is_dir(), reason=f"no contract files in {DATA}")
def test_the_labels_are_of_the_text_that_the_product_reads() -> None:
    found, refused = labelled("contracts", DATA, ROOT / SUITES)
    assert refused == []
    assert len(found) == 8

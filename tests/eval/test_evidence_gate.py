"""The suite of forgeries: cases are read from the documents, and what the gate does with them is counted right."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from citebound.errors import ConfigError
from citebound.eval.evidence_gate import SUITE, Judged, cases, figures, judged, rows
from citebound.ingest.limits import Limits
from citebound.ingest.parse import parse

SENTENCE = "Licensee shall pay Licensor at least USD 1.5 million within thirty (30) days after each invoice."
TEXT = f"LICENSE AGREEMENT\n\n{SENTENCE} Invoices go by post.\n\nThis Agreement is governed by the laws of Ohio.\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "cuad").mkdir()
    with tarfile.open(tmp_path / "cuad" / "full_contract_txt.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("full_contract_txt/license.txt")
        member.size = len(TEXT.encode())
        archive.addfile(member, io.BytesIO(TEXT.encode()))
    return tmp_path


def row(**changed: object) -> dict[str, object]:
    document = parse("license.txt", TEXT.encode(), Limits()).document
    start = document.text.index(SENTENCE)
    made = {
        "id": "g1",
        "document": "cuad/license.txt",
        "text_sha256": document.info.text_sha256,
        "start": start,
        "end": start + len(SENTENCE),
        "use": "mend",
        "paraphrases": [
            "The Licensee must pay the Licensor a minimum of $1,500,000 within 30 days after each invoice."
        ],
    }
    return made | changed


def test_a_case_has_its_sentence_in_its_first_passage(data: Path) -> None:
    (case,) = cases(data, [row()])
    assert case.text == SENTENCE
    assert SENTENCE in case.passages[0].text
    assert len(case.passages) == 3


def test_the_sentence_and_its_restatement_pass_and_every_mutation_is_refused(data: Path) -> None:
    (case,) = cases(data, [row()])
    made = list(judged(case, ["The Supplier shall deliver the goods within ten days."], 1))
    assert {j.kind for j in made} >= {"verbatim", "paraphrase", "number", "modal", "comparison", "invented_tail"}
    assert [j for j in made if j.refused != (j.kind not in ("verbatim", "paraphrase"))] == []


def test_another_text_is_refused_with_its_name(data: Path) -> None:
    with pytest.raises(ConfigError, match=r"license\.txt: its text is not the one"):
        list(cases(data, [row(text_sha256="0" * 64)]))


def test_shares_are_counted_by_kind() -> None:
    made = [
        Judged("number", "a", "b", True, ""),
        Judged("unit", "a", "b", False, ""),
        Judged("verbatim", "a", "b", False, ""),
    ]
    by_name = {f.name: (f.numerator, f.denominator) for f in figures(made, ".mend")}
    assert by_name["gate.mutations_refused.mend"] == (1, 2)
    assert by_name["gate.mutations_refused.mend.unit"] == (0, 1)
    assert by_name["gate.verbatim_refused.mend"] == (0, 1)
    assert by_name["gate.paraphrases_refused.mend"] == (0, 0)


def test_the_committed_suite_is_whole() -> None:
    everything = [json.loads(line) for line in SUITE.read_text("utf-8").splitlines()]
    assert len(everything) == len({r["id"] for r in everything}) >= 600
    by_use = {use: {r["document"] for r in rows(use)} for use in ("mend", "report")}
    assert not by_use["mend"] & by_use["report"]
    assert sum(len(r["paraphrases"]) for r in everything) >= 300
    assert all(0 <= r["start"] < r["end"] and len(r["text_sha256"]) == 64 for r in everything)

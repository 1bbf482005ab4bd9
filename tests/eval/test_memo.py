import shutil
import subprocess
from pathlib import Path

import docx
import pypdfium2
import pytest

from citebound.eval import memo
from citebound.eval.verdict import RULE, Load, verdict
from tests.eval.boards import against, by_hand, cell, large
from tests.eval.test_report import Page

RAG = cell("rag", cost={"per_1000_seconds": 3600.0, "index_seconds": 100.0})
HEAD = cell("head", cost={"per_1000_seconds": 36.0, "adapt_wall_seconds": 500.0, "labels": 50.0})
SMALL = by_hand([RAG, HEAD, cell("control")], [against("head", "rag", 0.2)])


def lines_of(path: Path) -> str:
    document = docx.Document(str(path))
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def test_page_and_word_file_say_the_same(tmp_path: Path) -> None:
    memo.memo_docx(large(), tmp_path / "memo.docx", price=2.0)
    words = " ".join(Page(memo.memo_html(large(), price=2.0)).words.split())
    for line in lines_of(tmp_path / "memo.docx").splitlines():
        assert " ".join(line.split()) in words
    for regime in ("given", "corpus"):
        assert verdict(large(), regime).headline in words
    assert all(line in words for line in RULE)


def test_a_memo_asks_for_nothing_from_elsewhere_and_is_the_same_twice() -> None:
    html = memo.memo_html(large())
    assert html == memo.memo_html(large())
    page = Page(html)
    assert not page.tags & {"script", "link", "img", "iframe"}
    assert not [v for k, v in page.attributes if k in ("href", "src")]
    assert "http" not in html
    assert "<answers>" not in html


def test_costs_are_of_the_systems_that_were_decided_between_and_priced_on_demand() -> None:
    costs = memo._costs(SMALL, 5.0).table
    assert costs is not None
    assert costs.head == ("system", "labels", "adaptation s, once", "index s, once", "s / 1,000", "price")
    # 3,600 s are an hour at 5, 36 s a hundredth of one.
    assert costs.rows == (("rag", "0", "0", "100", "3,600", "5.00"), ("head", "50", "500", "0", "36", "0.05"))
    free = memo._costs(SMALL, None).table
    assert free is not None
    assert free.head[-1] == "s / 1,000"


def test_the_month_that_is_asked_about_is_the_month_that_is_told() -> None:
    words = Page(memo.memo_html(SMALL, load=Load(questions=50, changed=400, batch=20))).words
    assert "With 400 changed documents a month" in words
    assert "With 50 questions a month" in words
    assert "Here 20 changed documents make a retraining." in words


def test_limits_name_what_weakens_the_verdict() -> None:
    few = against("head", "rag", 0.2, n=60)
    board = by_hand([RAG, HEAD], [few], exploratory=True, registered="", openings=3, note="Test only.")
    words = Page(memo.memo_html(board)).words
    for said in ("opened 3 times", "exploratory, to be confirmed", "Fewer than 100 items", "Test only.", "no commit"):
        assert said in words
    assert "opened once" in Page(memo.memo_html(SMALL)).words


def test_how_to_do_it_again() -> None:
    words = Page(memo.memo_html(SMALL)).words
    assert "citebound eval run hand" in words
    assert "sha256 " + "0" * 64 in words


def test_nothing_compared_is_a_memo_too(tmp_path: Path) -> None:
    board = by_hand([RAG], [])
    assert "Nothing was compared, so nothing flips." in Page(memo.memo_html(board)).words
    memo.memo_docx(board, tmp_path / "memo.docx")
    assert "was compared with nothing here" in lines_of(tmp_path / "memo.docx")


def crowded() -> dict[str, object]:
    """The large board with twelve rivals more in both regimes, none of which was run."""
    board = dict(large(committed=False, dead=True))
    missing = tuple(f"fine_tuned_lora_{n}" for n in range(12))
    return board | {"primary": board["primary"] | {"against": (*board["primary"]["against"], *missing)}}


@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium to print with")
def test_printed_it_has_two_pages_at_most(tmp_path: Path) -> None:
    page, printed = tmp_path / "memo.html", tmp_path / "memo.pdf"
    page.write_text(memo.memo_html(crowded(), price=2.0), "utf-8")
    command = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--no-pdf-header-footer",
        f"--print-to-pdf={printed}",
        str(page),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with pypdfium2.PdfDocument(printed) as document:
        assert 1 <= len(document) <= 2

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from citebound import Collection, Config
from citebound.eval import own, rows
from citebound.eval.adapters.jsonl import texts_of
from citebound.eval.measures import Place
from citebound.eval.spec import load
from citebound.eval.suite import Regime, SuiteError, Task
from citebound.types import Span
from tests.fakes import WordHashEmbedder

MSA = """1. Payment

The Customer shall pay each invoice within thirty (30) days after receipt of the invoice.

2. Liability

The total liability of the Provider shall not exceed USD 1,500,000 in a year.
Interest on late payments is charged at 130 basis points.
"""
NDA = """1. Term

This agreement of the parties expires on September 9, 2026.
It is governed by the law of Nevada. The courts of Nevada decide.
"""


@pytest.fixture
def collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collection]:
    monkeypatch.setenv("CITEBOUND_HOME", str(tmp_path / "home"))
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "msa.txt").write_text(MSA)
    (folder / "nda.md").write_text(NDA)
    config = Config(home=tmp_path / "home")
    with Collection.open("c", create=True, config=config, embedder=WordHashEmbedder()) as made:
        assert not made.ingest([folder]).failures
        yield made


def asked(folder: Path, text: str) -> Path:
    path = folder / "questions.csv"
    path.write_text(text, "utf-8")
    return path


def made(collection: Collection, folder: Path, text: str, name: str = "mine") -> own.Made:
    return own.new(asked(folder, text), collection, name, folder / "eval", force=True)


def test_a_table_of_questions_becomes_a_suite_with_gold_places(collection: Collection, tmp_path: Path) -> None:
    table = (
        "question,answer,document,quote\n"
        'When is an invoice due?,30 days,msa.txt,"The Customer shall pay each invoice within thirty (30) days"\n'
        'When does the NDA expire?,"September 9, 2026",nda.md,\n'
        "Who pays the rent?,,msa.txt,\n"
    )
    report = made(collection, tmp_path, table)
    assert (report.items, report.unanswerable, report.placed, report.notes) == (3, 1, 2, ())
    suite = load(report.suite)
    assert (suite.own, suite.task, suite.regimes) == (True, Task.EXTRACT, (Regime.GIVEN, Regime.CORPUS))
    assert (suite.collection, set(suite.documents)) == ("c", {"msa.txt", "nda.md"})
    due, expires, rent = suite.test
    assert due.gold == (Place("msa.txt", Span(MSA.index("The Customer"), MSA.index(" after receipt"))),)
    assert expires.gold[0].span.of(NDA) == "September 9, 2026"
    assert (rent.answerable, rent.documents, rent.answers) == (False, ("msa.txt",), ())
    row = json.loads(report.rows.read_text().splitlines()[0])
    assert row["gold"][0]["quote"] == "The Customer shall pay each invoice within thirty (30) days"
    assert "rag" in report.run.read_text()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_seen_and_a_byte_order_mark_is_no_text(
    collection: Collection, tmp_path: Path, delimiter: str
) -> None:
    cells = [["Question ", "ANSWER"], ["How much is the cap?", "USD 1,500,000"]]
    with (tmp_path / "q.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(cells)
    report = own.new(tmp_path / "q.csv", collection, "mine", tmp_path / "eval")
    (item,) = load(report.suite).test
    assert (item.question, item.answers) == ("How much is the cap?", ("USD 1,500,000",))
    assert item.gold[0].span.of(MSA) == "USD 1,500,000"
    assert item.documents == ("msa.txt",)  # found there


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("Which law?,Nevada,", r"line 2, mine-0002: the answer 'Nevada' stands 2 times in nda\.md; add the sentence"),
        ("Which law?,Nevada,", "or name the document"),
        ("How long?,90 days,", "the answer '90 days' is in no document; add the sentence"),
        ("How long?,90 days,within ninety days", "the quote 'within ninety days' is in no document; copy"),
        ("How many?,30 basis points,", "the answer '30 basis points' is in no document"),  # 130 is another number
    ],
)
def test_an_item_whose_place_is_not_known_is_kept_and_reported(
    collection: Collection, tmp_path: Path, row: str, why: str
) -> None:
    report = made(collection, tmp_path, f"question,answer,quote\n{row}\n")
    (note,) = report.notes
    assert re.search(why, note)
    (item,) = load(report.suite).test
    assert (item.answerable, item.gold, report.placed) == (True, (), 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frage,antwort\na,b\n", "line 1: the header has no columns question and answer"),
        ("question,answer,answer\na,b,c\n", "line 1: the column 'answer' is there twice"),
        ("question,answer\n", "there are no questions"),
        ("question,answer\n,thirty\n", "line 2: there is no question"),
        ('question,answer\n"a\nb",x\n"c,y\n', "line 4: "),
        ("question,answer\nHow long?,30, or 60 days\n", "line 2: 3 cells under 2 columns"),
        ("question,answer,document\na,b,other.pdf\n", "line 2: the collection has no document 'other.pdf'"),
        ("question,answer,quote\na,,some words\n", "line 2: there is a quote but no answer"),
        ("question,answer,id\na,b,x\nc,d,x\n", "the id 'x' is there twice"),
        ("question,answer,confirmed\na,b,perhaps\n", "line 2: confirmed is 'perhaps'"),
        ("question,answer,confirmed\na,b,\nc,d,no\n", "no row is confirmed"),
        ("question,answer,label\na,,high\nb,,\n", "mine-0003: some questions have a label"),
        ("question,answer,split\na,b,exam\n", "the split 'exam' is not one of train, dev, test"),
        ("question,answer,document,split\na,b,nda.md,train\nc,d,nda.md,test\n", "'nda.md' is on both sides"),
        ("question,answer,label,split\na,,high,test\nb,,low,train\n", "no test item has the label 'low'"),
    ],
)
def test_a_wrong_table_names_the_line_and_writes_nothing(
    collection: Collection, tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SuiteError, match=message):
        made(collection, tmp_path, text)
    assert not (tmp_path / "eval").exists()


def test_a_table_that_is_not_utf8_names_the_line(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_bytes("question,answer\nHow long?,30 days\nWie groß?,5\n".encode("latin-1"))
    with pytest.raises(SuiteError, match="line 3: this is not UTF-8"):
        own.new(tmp_path / "q.csv", collection, "mine", tmp_path / "eval")


def test_a_suite_of_labels(collection: Collection, tmp_path: Path) -> None:
    text = 'question,answer,label,document\nIs there a cap?,,Yes,msa.txt\nIs there "a ""fee""?",,No,nda.md\n'
    suite = load(made(collection, tmp_path, text).suite)
    assert (suite.task, suite.labels) == (Task.LABEL, ("Yes", "No"))
    assert [item.label for item in suite.test] == ["Yes", "No"]


def test_only_confirmed_rows_count_where_there_is_such_a_column(collection: Collection, tmp_path: Path) -> None:
    text = 'question,answer,confirmed,remark\nHow much?,"USD 1,500,000",Yes,fine\nHow long?,90 days,,hm\n'
    report = made(collection, tmp_path, text)
    assert report.items == 1
    assert report.notes == ("columns that are not used: remark", "1 rows are not confirmed and were left out")


def test_a_suite_that_is_there_is_replaced_by_force_alone(collection: Collection, tmp_path: Path) -> None:
    path = asked(tmp_path, "question,answer\nHow long?,90 days\n")
    own.new(path, collection, "mine", tmp_path / "eval")
    with pytest.raises(SuiteError, match=r"mine\.toml is there already"):
        own.new(path, collection, "mine", tmp_path / "eval")
    own.new(path, collection, "mine", tmp_path / "eval", force=True)
    with pytest.raises(SuiteError, match="is not a name for a suite"):
        own.new(path, collection, "../x", tmp_path / "eval")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": 3}, "mine-0002: at 3-"),
        ({"end": 10_000}, "mine-0002: the span .* is outside of 'msa.txt'"),
        ({"quote": "USD 1,600,000"}, "mine-0002: at .* stands 'USD 1,500,000', not 'USD 1,600,000'"),
        ({"text_sha256": "0" * 64}, "mine-0002: 'msa.txt' is of another revision"),
        ({"document": "gone.txt"}, "mine-0002: no document 'gone.txt'"),
    ],
)
def test_wrong_offsets_and_another_revision_are_refused_with_the_item(
    collection: Collection, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    report = made(collection, tmp_path, 'question,answer\nHow much?,"USD 1,500,000"\n')
    row = json.loads(report.rows.read_text())
    row["gold"][0] |= change
    report.rows.write_text(json.dumps(row) + "\n")
    with pytest.raises(SuiteError, match=message):
        load(report.suite)


def test_two_documents_of_one_file_name_are_refused(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "nda.md").write_text("Another text.\n")
    collection.ingest([tmp_path / "other"])
    with pytest.raises(SuiteError, match=r"two documents of the collection 'c' have the file name 'nda\.md'"):
        made(collection, tmp_path, "question,answer\na,b\n")


def test_drafts_are_answered_by_their_quote_and_come_again_with_their_seed(
    collection: Collection, tmp_path: Path
) -> None:
    drafts = own.draft(collection, 10, seed=1)
    assert own.draft(collection, 10, seed=1) == drafts
    texts = texts_of(collection)
    assert {d.answer for d in drafts} == {"thirty (30) days", "USD 1,500,000", "September 9, 2026"}
    for drafted in drafts:
        assert drafted.answer in drafted.quote
        assert drafted.answer not in drafted.question
        assert len(rows.every_place(drafted.quote, texts[drafted.document])) == 1
        assert drafted.document in drafted.question
        assert drafted.confirmed == ""
    assert len(own.draft(collection, 2)) == 2


def test_drafts_that_a_person_confirmed_become_a_suite(collection: Collection, tmp_path: Path) -> None:
    path = tmp_path / "drafts" / "questions.csv"
    own.write_rows(own.draft(collection, 10), path)
    with pytest.raises(SuiteError, match="no row is confirmed"):
        own.new(path, collection, "drafted", tmp_path / "eval")
    lines = path.read_text("utf-8-sig").splitlines()
    path.write_text("\n".join([lines[0], *(f"{line}yes" for line in lines[1:])]), "utf-8")
    report = own.new(path, collection, "drafted", tmp_path / "eval")
    assert (report.items, report.placed, report.notes) == (3, 3, ())
    suite = load(report.suite)
    assert all(i.answers[0] in i.gold[0].span.of(suite.documents[i.documents[0]]) for i in suite.test)

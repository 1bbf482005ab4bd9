"""What a user says of an answer becomes a question of the collection's own suite, and is forgotten with its
document."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from citebound import Collection, Config
from citebound.answer.receipts.feedback import table
from citebound.errors import BadFeedback, ForgottenReceipt, UnknownDocument, UnknownReceipt
from citebound.eval import own
from citebound.indexes.feedback import Judgement
from tests.fakes import Echo, WordHashEmbedder

LEASE = (
    "The tenant shall pay the rent of the office on the first day of each month.\n\nThe landlord repairs the roof.\n"
)
LOAN = "The borrower shall pay the interest of the loan on the last day of each quarter.\n\nThe “Bank” may assign it.\n"
NOWHERE = "Which helicopter engines were overhauled yesterday?"
ASKED = "On which day shall the tenant pay the rent of the office?"


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    (tmp_path / "lease.txt").write_text(LEASE)
    (tmp_path / "loan.txt").write_text(LOAN)
    with Collection.open(
        "c", create=True, config=Config(home=tmp_path), embedder=WordHashEmbedder(), generator=Echo()
    ) as made:
        assert not made.ingest([tmp_path / "lease.txt", tmp_path / "loan.txt"]).failures
        yield made


def receipt(collection: Collection, question: str = ASKED) -> str:
    answer = collection.ask(question, llm=False)
    assert answer.receipt is not None and answer.receipt.id
    return answer.receipt.id


def test_a_right_answer_is_proven_by_what_it_cites(collection: Collection) -> None:
    item = collection.feedback(receipt(collection), "right")
    assert (item.verdict, item.question) == (Judgement.RIGHT, ASKED)
    place = item.places[0]
    assert place.quote == "The tenant shall pay the rent of the office on the first day of each month."
    assert place.span.of(collection.document("lease.txt").text) == place.quote
    assert collection.feedback_items() == (item,)


def test_feedback_that_another_takes_back_at_once_was_still_given(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = receipt(collection)
    with monkeypatch.context() as patch:
        patch.setattr(collection, "feedback_items", lambda: ())
        item = collection.feedback(given, "right", comment="\udcff")
    assert collection.feedback_items() == (item,)
    assert (item.comment, bool(item.made_at)) == ("?", True)


def test_a_wrong_answer_may_say_which_place_is_right(collection: Collection) -> None:
    item = collection.feedback(
        receipt(collection)[:12], "wrong", document="loan.txt", quote="the  interest of\nthe loan", answer="quarterly"
    )
    (place,) = item.places
    assert (place.quote, item.answer, item.complete) == ("the interest of the loan", "quarterly", True)
    assert place.span.of(LOAN) == place.quote


def test_a_quote_is_found_whatever_its_quotation_marks_and_in_any_document(collection: Collection) -> None:
    (place,) = collection.feedback(receipt(collection), "right", quote='The "Bank" may assign it.').places
    assert (place.quote, place.path.rpartition("/")[2]) == ("The “Bank” may assign it.", "loan.txt")


def test_the_last_word_counts(collection: Collection) -> None:
    given = receipt(collection)
    collection.feedback(given, "right")
    last = collection.feedback(given, "wrong", comment="looked again")
    assert collection.feedback_items() == (last,)
    assert not last.complete and not last.places


def test_what_is_no_unicode_is_replaced_or_refused(collection: Collection) -> None:
    given = receipt(collection)
    item = collection.feedback(given, "wrong", comment="gr\udcfcn", answer="\udcff")
    assert (item.comment, item.answer) == ("gr?n", "?")
    with pytest.raises(UnknownDocument):
        collection.feedback(given, "wrong", document="\udcff", quote="the rent of the office")
    with pytest.raises(BadFeedback):
        collection.feedback(given, "wrong", quote="the rent \udcff office")


def test_a_quote_that_does_not_stand_there_is_refused_with_the_nearest_place(collection: Collection) -> None:
    with pytest.raises(BadFeedback) as error:
        collection.feedback(receipt(collection), "right", document="lease.txt", quote="pay the rent on the last day")
    assert "does not stand there" in str(error.value)
    assert "on the first day of each month" in error.value.remedy
    assert collection.feedback_items() == ()


def test_a_quote_that_stands_several_times_is_refused(collection: Collection) -> None:
    with pytest.raises(BadFeedback, match="2 times in 2 documents"):
        collection.feedback(receipt(collection, NOWHERE), "wrong", quote="shall pay the")


def test_a_part_of_a_word_is_no_quote(collection: Collection) -> None:
    with pytest.raises(BadFeedback, match="does not stand"):
        collection.feedback(receipt(collection), "wrong", document="lease.txt", quote="enant shall pay")


def test_wrong_use_is_an_error_with_a_remedy(collection: Collection) -> None:
    given = receipt(collection)
    for arguments in (
        {"verdict": "maybe"},
        {"verdict": "right", "document": "lease.txt"},
        {"verdict": "not_there", "quote": "The landlord repairs the roof."},
        {"verdict": "right", "quote": "."},
        {"verdict": "right", "quote": "x" * 5000},
    ):
        with pytest.raises(BadFeedback) as error:
            collection.feedback(given, **arguments)
        assert error.value.remedy
    with pytest.raises(UnknownDocument):
        collection.feedback(given, "right", document="nowhere.txt", quote="The landlord repairs the roof.")
    with pytest.raises(UnknownReceipt):
        collection.feedback("0123456789", "right")
    assert collection.feedback_items() == ()


def test_not_found_is_right_where_the_documents_do_not_hold_it(collection: Collection) -> None:
    nothing = receipt(collection, NOWHERE)
    assert collection.feedback(nothing, "right").verdict is Judgement.NOT_THERE


def test_it_is_forgotten_with_the_document_that_it_quotes(collection: Collection) -> None:
    collection.feedback(receipt(collection), "wrong", document="loan.txt", quote="The “Bank” may assign it.")
    collection.forget("loan.txt")
    assert collection.feedback_items() == ()


def test_it_is_forgotten_with_the_document_that_was_asked_about(collection: Collection) -> None:
    given = receipt(collection)
    collection.feedback(given, "wrong", comment="the rent of the office")
    collection.forget("lease.txt")
    assert collection.feedback_items() == ()
    with pytest.raises(ForgottenReceipt):
        collection.feedback(given, "right")
    assert b"the rent of the office" not in b"".join(p.read_bytes() for p in collection.root.glob("activity.db*"))


def test_it_is_forgotten_with_its_chat(collection: Collection) -> None:
    chat = collection.chat(llm=False)
    turn = chat.ask(ASKED)
    assert turn.answer is not None and turn.answer.receipt is not None
    collection.feedback(turn.answer.receipt.id, "wrong")
    collection.forget_chat(chat.id)
    assert collection.feedback_items() == ()


def test_the_table_is_what_a_suite_is_made_from(collection: Collection, tmp_path: Path) -> None:
    collection.feedback(receipt(collection), "right")
    collection.feedback(receipt(collection, NOWHERE), "not_there")
    collection.feedback(receipt(collection, "On which day shall the borrower pay the interest?"), "wrong")
    path = tmp_path / "feedback.csv"
    path.write_text(table(collection.feedback_items()), "utf-8")
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    assert sorted(row["confirmed"] for row in rows) == ["", "yes", "yes"]
    made = own.new(path, collection, "mine", tmp_path / "eval")
    assert (made.items, made.unanswerable, made.placed) == (2, 1, 1)
    items, _, _ = own.items(path, collection)
    assert [item.answerable for item in items].count(True) == 1

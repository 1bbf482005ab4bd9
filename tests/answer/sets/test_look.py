"""A second look before a document is said to lack a clause."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citebound.answer.sets.by_fields import UNREAD, answer_set
from citebound.answer.sets.look import LONGEST, denies, speaks_of
from citebound.answer.sets.plan import plan
from citebound.indexes.store import Store, sha256_of
from citebound.ingest.profile import shipped
from citebound.types import Document, DocumentInfo, Fact, Outcome, Source, Span

PHRASES = ("cap on liability", "liability is capped", "capped")
PAPERS = {
    "Capped": "1. The liability of each party is capped at the fees.",
    "Silent": "1. Horses are kept in the yard.",
    "Unread": "1. Horses are kept.\n\n2. Nobody has put a cap upon the liability of the carrier.",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store.db", create=True)
    for title, text in PAPERS.items():
        id_ = hashlib.sha256(text.encode()).hexdigest()
        facts = (Fact("clause", "cap_on_liability", Span(3, len(text)), ""),) if title == "Capped" else ()
        document = Document(
            DocumentInfo(id_, title, "text/plain", sha256_of(text), "test", 0), text, (), kind="contracts", facts=facts
        )
        source = Source(f"{title}.txt", id_)
        opened.put_document(document, (), parser="test", status="ok", source=source, size=1, modified_ns=1)
    yield opened
    opened.close()


@pytest.mark.parametrize("question", ["Which contracts have no cap on liability?", "How many lack a liability cap?"])
def test_a_clause_that_a_sentence_speaks_of_is_not_said_to_lack(store: Store, question: str) -> None:
    asked = plan(question.replace("How many lack", "How many contracts lack"), shipped())
    assert asked is not None
    answer = answer_set(store, asked)
    assert [member.label for member in answer.members] == ["Silent"]
    (unsure,) = answer.undecided
    assert unsure.label == "Unread"
    assert unsure.why.endswith(UNREAD)
    assert "a cap upon the liability" in unsure.proofs[0].quote
    assert answer.asked == 3


def test_do_all_have_it_is_not_denied_for_what_may_have_it(store: Store) -> None:
    asked = plan("Do all contracts have a cap on liability?", shipped())
    assert asked is not None
    answer = answer_set(store, asked)
    assert [one.label for one in answer.exceptions] == ["Silent"]
    assert [one.label for one in answer.undecided] == ["Unread"]


def test_who_has_it_is_answered_from_what_was_read(store: Store) -> None:
    asked = plan("Which contracts have a cap on liability?", shipped())
    assert asked is not None
    answer = answer_set(store, asked)
    assert [member.label for member in answer.members] == ["Capped"]
    assert answer.undecided == ()
    assert answer.outcome is Outcome.ANSWERED


def test_the_shortest_sentence_with_all_words_of_a_phrase_is_shown() -> None:
    text = "The cap of the carrier, as it is told in many places, is a cap on liability too. Liability is capped. Ends."
    span = speaks_of(text, PHRASES)
    assert span is not None
    assert span.of(text).strip() == "Liability is capped."


def test_a_single_word_or_a_long_sentence_says_nothing() -> None:
    assert speaks_of("The bottle was capped.", PHRASES) is None
    assert speaks_of("Liability is borne. The cap is red.", PHRASES) is None
    assert speaks_of(f"The cap {'of a horse ' * LONGEST} is no liability.", PHRASES) is None
    assert speaks_of("Liability is capped.", ()) is None


@given(st.text(max_size=300), st.lists(st.text(max_size=40), max_size=4))
def test_any_text_is_looked_at(text: str, phrases: list[str]) -> None:
    span = speaks_of(text, phrases)
    assert span is None or 0 <= span.start < span.end <= len(text)


def test_a_long_contract_takes_little_time() -> None:
    text = "The liability of the parties stands here. Neither a cap nor a hat is worn.\n" * 4_000
    started = time.process_time()
    assert speaks_of(text, ["liability is limited to an amount", *PHRASES]) is None
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("sentence", "denied"),
    [
        ("It does not renew automatically.", True),
        ("This Agreement shall not be automatically renewed.", True),
        ("It will not renew unless both parties agree.", False),
        ("The term shall not end before it renews.", False),
        ("It renews automatically and does not end by itself.", False),
    ],
)
def test_a_sentence_that_says_that_it_is_not_so_is_no_reason_for_doubt(sentence: str, denied: bool) -> None:
    assert denies(sentence, ("renewal", "renews automatically")) is denied

"""What users said of answers: one item for each answer, and the last one counts.

An item is forgotten with any document that it quotes, and with the question of its receipt. Every function works inside
a transaction of `Activity`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from citebound.types import Span


class Judgement(StrEnum):
    """RIGHT: what the item quotes answers the question. WRONG: the answer did not. NOT_THERE: the documents do not."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_THERE = "not_there"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the right answer stands: offsets in the text whose sha256 is `text_sha256`."""

    document_id: str
    path: str
    text_sha256: str
    span: Span
    quote: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a user said of the answer with this receipt. `answer` is the right one, "" where it is not known or there is
    none; `places` prove it. `made_at` is ISO 8601, UTC, "" before it is stored."""

    receipt: str
    verdict: Judgement
    question: str
    answer: str = ""
    places: tuple[Placed, ...] = ()
    comment: str = ""
    made_at: str = ""

    @property
    def complete(self) -> bool:
        """Whether it can be a question of a suite: its answer has a place, or it is known that there is none."""
        return bool(self.places) or self.verdict is Judgement.NOT_THERE


def put(db: sqlite3.Connection, item: Feedback) -> Feedback:
    """Store an item in the place of an earlier one on the same answer, and give it as it is stored: with its time, and
    what is no Unicode as "?"."""
    remove(db, item.receipt)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    said = [text.encode("utf-8", "replace").decode("utf-8") for text in (item.question, item.answer, item.comment)]
    row = (item.receipt, at, item.verdict.value, *said)
    db.execute("INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?)", row)
    db.executemany(
        "INSERT INTO feedback_places VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (item.receipt, i, p.document_id, p.path, p.text_sha256, p.span.start, p.span.end, p.quote)
            for i, p in enumerate(item.places)
        ),
    )
    return replace(item, question=said[0], answer=said[1], comment=said[2], made_at=at)


def remove(db: sqlite3.Connection, receipt: str) -> bool:
    """Delete the item on an answer; says whether there was one."""
    return db.execute("DELETE FROM feedback WHERE receipt = ?", (receipt,)).rowcount > 0


def forget(db: sqlite3.Connection, document_id: str) -> int:
    """Delete every item that quotes a document; says how many."""
    query = "DELETE FROM feedback WHERE receipt IN (SELECT receipt FROM feedback_places WHERE document_id = ?)"
    return db.execute(query, (document_id,)).rowcount


def forget_texts(db: sqlite3.Connection, pieces: Sequence[str]) -> int:
    """Delete every item whose words have one of these pieces of text. Reads every item."""
    rows = db.execute("SELECT receipt, question || char(10) || answer || char(10) || comment FROM feedback").fetchall()
    found = [(receipt,) for receipt, text in rows if any(piece in text for piece in pieces)]
    db.executemany("DELETE FROM feedback WHERE receipt = ?", found)
    return len(found)


def listed(db: sqlite3.Connection) -> tuple[Feedback, ...]:
    """All items, in the order in which they were made."""
    places: dict[str, list[Placed]] = {}
    for receipt, document_id, path, sha256, start, end, quote in db.execute(
        'SELECT receipt, document_id, path, text_sha256, start, "end", quote FROM feedback_places ORDER BY 1, position'
    ):
        places.setdefault(receipt, []).append(Placed(document_id, path, sha256, Span(start, end), quote))
    rows: Sequence[tuple[str, ...]] = db.execute(
        "SELECT receipt, verdict, question, answer, comment, made_at FROM feedback ORDER BY made_at, receipt"
    ).fetchall()
    return tuple(
        Feedback(receipt, Judgement(verdict), question, answer, tuple(places.get(receipt, ())), comment, made_at)
        for receipt, verdict, question, answer, comment, made_at in rows
    )

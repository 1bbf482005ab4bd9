"""Stored chats: their turns, and which documents each turn holds something of.

Every function works inside a transaction of `Activity`. Deleted rows are overwritten (secure_delete); `Activity.scrub`
takes them out of the log too.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from citebound.errors import StoreCorrupt, UnknownChat
from citebound.indexes import receipts
from citebound.indexes.receipts import canonical

LAST = "last"
"""Instead of an id: the chat that was used last."""

SHORTEST = 4
"""Characters of an id that are enough."""

LONGEST_LISTED = 200
"""Characters of a question that a list shows."""


@dataclass(frozen=True, slots=True)
class Row:
    """One stored turn; `content` is None where it went with a document."""

    number: int
    asked_at: str
    generation: int
    receipt: str
    content: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A chat in a list. `first` is its first question as it was typed, "" where it went with a document or there is
    none yet."""

    id: str
    made_at: str
    used_at: str
    turns: int
    first: str


def create(db: sqlite3.Connection, filter_: object = None) -> str:
    """A new chat without turns; gives its id. `filter_` is plain JSON."""
    id_ = secrets.token_hex(6)
    at = _now()
    db.execute("INSERT INTO chats VALUES (?, ?, ?, ?)", (id_, at, at, receipts.canonical(filter_)))
    return id_


def add(
    db: sqlite3.Connection,
    chat: str,
    content: Mapping[str, Any],
    documents: Iterable[str],
    *,
    generation: int = 0,
    receipt: str = "",
) -> Row:
    """The next turn of a chat. Raises UnknownChat for one that was forgotten meanwhile."""
    row = db.execute("UPDATE chats SET used_at = ? WHERE id = ? RETURNING used_at", (_now(), chat)).fetchone()
    if row is None:
        raise _unknown(chat)
    number = 1 + db.execute("SELECT coalesce(max(number), 0) FROM chat_turns WHERE chat_id = ?", (chat,)).fetchone()[0]
    db.execute(
        "INSERT INTO chat_turns VALUES (?, ?, ?, ?, ?, ?)",
        (chat, number, row[0], generation, receipt, receipts.canonical(content)),
    )
    db.executemany("INSERT OR IGNORE INTO chat_documents VALUES (?, ?, ?)", ((d, chat, number) for d in documents))
    return Row(number, row[0], generation, receipt, content)


def find(db: sqlite3.Connection, given: str) -> str:
    """The id of a chat by its id, the only one that begins so, or LAST. Raises UnknownChat."""
    if given == LAST:
        row = db.execute("SELECT id FROM chats ORDER BY used_at DESC, made_at DESC, id LIMIT 1").fetchone()
        if row is None:
            raise UnknownChat("there is no chat yet", remedy="`citebound chat` begins one.")
        return str(row[0])
    rows = []
    if len(given) >= SHORTEST and given.isalnum():
        rows = db.execute(
            "SELECT id FROM chats WHERE substr(id, 1, ?) = ? LIMIT 2", (len(given), given.lower())
        ).fetchall()
    if len(rows) > 1:
        raise UnknownChat(f"several chats begin with {given!r}", remedy="Give more of the id.")
    if not rows:
        raise _unknown(given)
    return str(rows[0][0])


def about(db: sqlite3.Connection, chat: str) -> tuple[str, str, dict[str, Any] | None]:
    """When a chat was made and last used, and its filter as plain JSON. Raises UnknownChat, StoreCorrupt."""
    row = db.execute("SELECT made_at, used_at, filter FROM chats WHERE id = ?", (chat,)).fetchone()
    if row is None:
        raise _unknown(chat)
    try:
        filter_ = json.loads(row[2])
    except ValueError:
        filter_ = 0
    if filter_ is not None and not isinstance(filter_, dict):
        raise StoreCorrupt("the filter of a chat does not read", remedy="`citebound chats forget` deletes the chat.")
    return str(row[0]), str(row[1]), filter_


def turns(db: sqlite3.Connection, chat: str, most: int = -1) -> list[Row]:
    """The last `most` turns of a chat (all for -1), in order. Raises StoreCorrupt for what is no turn any more."""
    rows = db.execute(
        "SELECT number, asked_at, generation, receipt, content FROM chat_turns WHERE chat_id = ?"
        " ORDER BY number DESC LIMIT ?",
        (chat, most),
    ).fetchall()
    return [_row(*row) for row in reversed(rows)]


def newest(db: sqlite3.Connection, limit: int, skip: int = 0) -> list[Listed]:
    """Chats, the one that was used last first."""
    rows = db.execute(
        "SELECT c.id, c.made_at, c.used_at, (SELECT count(*) FROM chat_turns t WHERE t.chat_id = c.id),"
        " (SELECT content FROM chat_turns t WHERE t.chat_id = c.id AND number = 1)"
        " FROM chats c ORDER BY c.used_at DESC, c.made_at DESC, c.id LIMIT ? OFFSET ?",
        (limit, skip),
    ).fetchall()
    return [Listed(id_, made, used, int(count), _typed(first)) for id_, made, used, count, first in rows]


def delete(db: sqlite3.Connection, chat: str) -> dict[str, int]:
    """Delete a chat with its turns, and empty the receipts of its answers; says how many of what."""
    ids = [row[0] for row in db.execute("SELECT receipt FROM chat_turns WHERE chat_id = ? AND receipt <> ''", (chat,))]
    count = db.execute("SELECT count(*) FROM chat_turns WHERE chat_id = ?", (chat,)).fetchone()[0]
    emptied = receipts.empty(db, ids)
    if not db.execute("DELETE FROM chats WHERE id = ?", (chat,)).rowcount:
        raise _unknown(chat)
    return {"turns": int(count), "receipts": emptied}


def forget(db: sqlite3.Connection, document_id: str) -> int:
    """Empty every turn that holds something of a document, and its receipt; says how many turns."""
    found = db.execute(
        "SELECT t.chat_id, t.number, t.receipt FROM chat_documents d JOIN chat_turns t"
        " ON t.chat_id = d.chat_id AND t.number = d.number WHERE d.document_id = ?",
        (document_id,),
    ).fetchall()
    db.executemany("UPDATE chat_turns SET content = '' WHERE chat_id = ? AND number = ?", (row[:2] for row in found))
    db.executemany("DELETE FROM chat_documents WHERE chat_id = ? AND number = ?", (row[:2] for row in found))
    receipts.empty(db, [row[2] for row in found if row[2]])
    return len(found)


def forget_texts(db: sqlite3.Connection, pieces: Sequence[str]) -> int:
    """Empty every turn that has one of these pieces of text, and its receipt: somebody may have pasted a document into
    a question. Reads every turn."""
    written = {canonical(piece)[1:-1] for piece in pieces}
    rows = db.execute("SELECT chat_id, number, receipt, content FROM chat_turns WHERE content <> ''").fetchall()
    found = [row for row in rows if any(piece in row[3] for piece in written)]
    db.executemany("UPDATE chat_turns SET content = '' WHERE chat_id = ? AND number = ?", (row[:2] for row in found))
    db.executemany("DELETE FROM chat_documents WHERE chat_id = ? AND number = ?", (row[:2] for row in found))
    receipts.empty(db, [row[2] for row in found if row[2]])
    return len(found)


def _row(number: int, asked_at: str, generation: int, receipt: str, content: str) -> Row:
    try:
        read = json.loads(content) if content else None
    except ValueError:
        read = 0
    if read is not None and not isinstance(read, dict):
        raise StoreCorrupt(
            f"turn {number} of a chat is not one any more", remedy="`citebound chats forget` deletes it."
        )
    return Row(number, asked_at, generation, receipt, read)


def _typed(content: str | None) -> str:
    try:
        read = json.loads(content) if content else {}
    except ValueError:
        return ""
    return str(read.get("typed", ""))[:LONGEST_LISTED] if isinstance(read, dict) else ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _unknown(given: str) -> UnknownChat:
    return UnknownChat(
        f"no chat {given[:64]!r}", remedy="`citebound chats list` shows them; the first characters of an id are enough."
    )

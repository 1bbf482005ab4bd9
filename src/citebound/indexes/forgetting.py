"""What was asked about a document, forgotten with it: every table of the activity that holds something of documents has
a function here that empties it.

It is done twice, before the document goes and behind it, since somebody may be asking in between; a note says between
the two that the second is due, so that nothing is left when the power fails there.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence

from citebound.errors import UnknownDocument
from citebound.indexes import chats, feedback, receipts
from citebound.indexes.activity import Activity
from citebound.indexes.store import Store

FORGETTERS: dict[str, Callable[[sqlite3.Connection, str], int]] = {
    "feedback": feedback.forget,
    "chat turns": chats.forget,
    "receipts": receipts.forget,
}
"""By the name of what it empties: takes a transaction that writes and a document's id, gives how many it emptied."""


SWEEPERS: dict[str, Callable[[sqlite3.Connection, Sequence[str]], int]] = {
    "feedback": feedback.forget_texts,
    "chat turns": chats.forget_texts,
    "receipts": receipts.forget_texts,
}
"""The same by pieces of text, for what somebody copied out of a document: slower, and done where a piece was found."""


RECORDED = " UNION ".join(
    f"SELECT document_id FROM {table} WHERE substr(document_id, 1, length(:given)) = :given"  # noqa: S608
    for table in ("receipt_documents", "chat_documents", "feedback_places")
)
"""Documents that something is held of, by the beginning of their id."""


def former(activity: Activity, store: Store, document_id: str) -> list[str]:
    """The document, and those whose place it took: what was asked about them goes with it."""
    paths = [source.path for source in store.sources(document_id)]
    with activity.read() as db:
        known = receipts.under(db, paths) - {document_id}
    return [document_id, *sorted(known - store.kinds(known).keys())]


def begin(activity: Activity, document_ids: Sequence[str]) -> dict[str, int]:
    """Empty what was made from documents that are about to go; says how many of what. Raises StorageFull,
    CollectionBusy: nothing is done then."""
    if not activity.exists:
        return {}
    emptied: Counter[str] = Counter()
    with activity.write() as db:
        for document_id in document_ids:
            db.execute("INSERT OR IGNORE INTO forgetting_due VALUES (?)", (document_id,))
            emptied.update(empty(db, document_id))
    return dict(emptied)


def finish(activity: Activity, document_ids: Sequence[str]) -> None:
    """Empty what was made from them since, and take the deleted bytes out of the log too."""
    if activity.exists:
        with activity.write() as db:
            for document_id in document_ids:
                empty(db, document_id)
                db.execute("DELETE FROM forgetting_due WHERE document_id = ?", (document_id,))
        activity.scrub()


def sweep(activity: Activity, pieces: Sequence[str]) -> dict[str, int]:
    """Empty whatever has one of these pieces of text; says how many of what."""
    if not activity.exists:
        return {}
    with activity.write() as db:
        emptied = {name: count for name, one in SWEEPERS.items() if (count := one(db, pieces))}
    activity.scrub()
    return emptied


def resume(activity: Activity, store: Store) -> None:
    """Finish what was begun and never finished, unless the document is still stored."""
    with activity.read() as db:
        due = {str(row[0]) for row in db.execute("SELECT document_id FROM forgetting_due")}
    finish(activity, sorted(due - store.kinds(due).keys()))


def empty(db: sqlite3.Connection, document_id: str) -> dict[str, int]:
    """Empty every table of a document, inside a transaction that writes; says how many of what."""
    return {name: emptied for name, one in FORGETTERS.items() if (emptied := one(db, document_id))}


def forget_gone(activity: Activity, given: str) -> dict[str, object]:
    """Empty what was made from a document that is not stored any more, by its id or the beginning of its id, if that
    is recorded somewhere: an id that nothing names takes nothing along. Raises UnknownDocument."""
    unknown = UnknownDocument(f"no document {given!r}", remedy="`citebound documents list` shows ids and paths.")
    if not re.fullmatch(r"[0-9a-f]{4,64}", given) or not activity.exists:
        raise unknown
    with activity.write() as db:
        ids = [str(row[0]) for row in db.execute(RECORDED, {"given": given})]
        emptied = empty(db, ids[0]) if len(ids) == 1 else {}
    if not emptied:
        raise unknown
    activity.scrub()
    return dict(emptied)

"""The chain of receipts: entries that nobody can change, take out, put in or reorder without its being seen.

An entry holds nothing of a document and nothing of a question, but a salted commitment to each of its parts:
``sha256(salt || content)``. The parts with their salts lie in a table of their own. Forgetting deletes parts, and says
in an entry of the chain which; without the salt nobody can try whether a commitment was to a text that he guesses.
The hash of an entry covers that of the entry before, and the last one is kept apart, so that a cut end is seen too.
Whoever can write the file can still make all of it anew: then no id that was written down elsewhere is in it any more.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from citebound.errors import UnknownReceipt

ANSWER, FORGETTING = "answer", "forgetting"
ANY = "*"
"""In the place of a document's id: the part goes with any document."""

SALT = 16
LOST = "lost"
"""What an entry follows where the head of the chain is gone: no hash, so that the break stays visible."""

SHORTEST = 4
LAST = "last"
"""Instead of an id: the newest receipt."""

COLUMNS = "number, kind, made_at, header, commitments, previous, hash"


@dataclass(frozen=True, slots=True)
class Part:
    """What an entry commits to: plain JSON, and the documents with which it must go, each with its path."""

    content: Mapping[str, object]
    documents: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it lies there. `parts` are those that were not forgotten, by name."""

    id: str
    number: int
    kind: str
    made_at: str
    header: Mapping[str, object]
    names: tuple[str, ...]
    parts: Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look through the whole chain found; `problems` is empty when all is well.

    `head` is the id of the last entry: written down elsewhere, it shows later that nothing before it was changed.
    """

    receipts: int
    forgettings: int
    head: str
    problems: tuple[str, ...] = ()


def append(db: sqlite3.Connection, kind: str, header: Mapping[str, object], parts: Mapping[str, Part]) -> str:
    """Put an entry at the end of the chain, inside a transaction that writes; gives its id."""
    last = db.execute("SELECT max(number) FROM receipts").fetchone()[0] or 0
    head = db.execute("SELECT number, hash FROM receipts_head").fetchone() or (0, LOST)
    number = max(last, head[0]) + 1
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    written = {name: (secrets.token_bytes(SALT), _written(part)) for name, part in parts.items()}
    commitments = canonical({name: commitment(salt, content) for name, (salt, content) in written.items()})
    row = (number, kind, made_at, canonical(header), commitments, head[1])
    id_ = _hash(row)
    db.execute("INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, id_))
    db.executemany(
        "INSERT INTO receipt_parts VALUES (?, ?, ?, ?)", ((number, name, *one) for name, one in written.items())
    )
    db.executemany(
        "INSERT INTO receipt_documents VALUES (?, ?, ?, ?)",
        (
            (document, number, name, _unicode(path))
            for name, part in parts.items()
            for document, path in part.documents.items()
        ),
    )
    db.execute("INSERT OR REPLACE INTO receipts_head VALUES (1, ?, ?)", (number, id_))
    return id_


def forget(db: sqlite3.Connection, document_id: str) -> int:
    """Delete every part that holds something of a document, inside a transaction that writes; says of how many
    receipts. Deleted rows are overwritten; `Activity.scrub` takes them out of the log too."""
    rows = db.execute(
        "SELECT DISTINCT number, name FROM receipt_documents WHERE document_id IN (?, ?) ORDER BY number, name",
        (document_id, ANY),
    )
    return _empty(db, rows.fetchall())


def forget_texts(db: sqlite3.Connection, pieces: Sequence[str]) -> int:
    """Delete every part that has one of these pieces of text, as `forget` does: somebody may have pasted a document
    into a question. Reads every part."""
    written = {canonical(piece)[1:-1] for piece in pieces}
    parts = db.execute("SELECT number, name, content FROM receipt_parts ORDER BY number, name")
    return _empty(db, [(number, name) for number, name, content in parts if any(one in content for one in written)])


def empty(db: sqlite3.Connection, ids: Iterable[str]) -> int:
    """Delete all parts of these receipts, as `forget` does."""
    rows: list[tuple[int, str]] = []
    for id_ in ids:
        rows += db.execute(
            "SELECT p.number, p.name FROM receipt_parts p JOIN receipts r ON r.number = p.number"
            " WHERE r.hash = ? ORDER BY 1, 2",
            (id_,),
        ).fetchall()
    return _empty(db, rows)


def under(db: sqlite3.Connection, paths: Iterable[str]) -> set[str]:
    """Documents that receipts hold something of and that came from these paths."""
    query = "SELECT document_id FROM receipt_documents WHERE path = ?"
    return {str(row[0]) for path in paths for row in db.execute(query, (path,))}


def newest(db: sqlite3.Connection, limit: int, skip: int = 0) -> list[Entry]:
    """The last receipts, newest first."""
    rows = db.execute(
        f"SELECT {COLUMNS} FROM receipts WHERE kind = ? ORDER BY number DESC LIMIT ? OFFSET ?",  # noqa: S608
        (ANSWER, limit, skip),
    )
    return [_entry(db, row) for row in rows.fetchall()]


def count(db: sqlite3.Connection) -> int:
    """How many receipts there are."""
    return int(db.execute("SELECT count(*) FROM receipts WHERE kind = ?", (ANSWER,)).fetchone()[0])


def find(db: sqlite3.Connection, id_: str) -> Entry:
    """The receipt with this id, the only one whose id begins so, or the newest for "last". Raises UnknownReceipt."""
    if id_ == LAST and (found := newest(db, 1)):
        return found[0]
    rows = []
    if len(id_) >= SHORTEST and id_.isalnum():
        rows = db.execute(
            f"SELECT {COLUMNS} FROM receipts WHERE kind = ? AND substr(hash, 1, ?) = ? LIMIT 2",  # noqa: S608
            (ANSWER, len(id_), id_.lower()),
        ).fetchall()
    if len(rows) > 1:
        raise UnknownReceipt(f"several receipts begin with {id_!r}", remedy="Give more of the id.")
    if not rows:
        raise UnknownReceipt(
            f"no receipt {id_[:64]!r}",
            remedy=f"`citebound receipts` lists them; the first {SHORTEST} characters of an id are enough.",
        )
    return _entry(db, rows[0])


def verify(db: sqlite3.Connection) -> Verified:
    """Look through the whole chain: hashes, order, gaps, its end, and each part against its commitment."""
    forgotten = _forgotten(db)
    problems: list[str] = []
    kinds: Counter[str] = Counter()
    expected, end = 1, ""
    for row in db.execute(f"SELECT {COLUMNS} FROM receipts ORDER BY number"):  # noqa: S608
        number, kind, *_, previous, hash_ = row
        kinds[kind] += 1
        if number != expected:
            problems.append(f"{_entries(expected, number - 1)} gone")
        elif previous != end:
            problems.append(f"entry {number} does not follow from the one before")
        if _hash(row[:6]) != hash_:
            problems.append(f"entry {number} was changed")
        problems += [f"entry {number}: {problem}" for problem in _of_parts(db, number, _read(row[4]), forgotten)]
        expected, end = number + 1, hash_
    head = db.execute("SELECT number, hash FROM receipts_head").fetchone()
    if head is None:
        problems.append("it is not known which entry is the last: the head of the chain is gone")
    elif head[0] >= expected:
        problems.append(f"{_entries(expected, head[0])} gone: the end was cut off")
    elif head != (expected - 1, end):
        problems.append(f"entry {expected - 1} is not the one that the head of the chain names as the last")
    for table in ("receipt_parts", "receipt_documents"):
        query = f"SELECT count(*) FROM {table} WHERE number NOT IN (SELECT number FROM receipts)"  # noqa: S608
        if stray := db.execute(query).fetchone()[0]:
            problems.append(f"{stray} rows of {table} belong to no entry")
    return Verified(kinds[ANSWER], kinds[FORGETTING], end, tuple(problems))


def canonical(value: object) -> str:
    """The one way in which plain JSON is written before it is hashed; what is no Unicode becomes "?"."""
    return _unicode(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def commitment(salt: bytes, content: str) -> str:
    """sha256 of the salt and the content behind it, in hexadecimal."""
    return hashlib.sha256(salt + content.encode("utf-8")).hexdigest()


def _unicode(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _written(part: Part) -> str:
    return canonical({"documents": sorted(part.documents.items()), "content": part.content})


def _empty(db: sqlite3.Connection, rows: Sequence[tuple[int, str]]) -> int:
    if not rows:
        return 0
    db.executemany("DELETE FROM receipt_parts WHERE number = ? AND name = ?", rows)
    emptied: dict[int, list[str]] = {}
    for number, name in rows:
        emptied.setdefault(number, []).append(name)
    append(db, FORGETTING, {"emptied": list(emptied.items())}, {})
    return len(emptied)


def _entry(db: sqlite3.Connection, row: tuple[Any, ...]) -> Entry:
    number, kind, made_at, header, commitments, _, id_ = row
    parts = db.execute("SELECT name, content FROM receipt_parts WHERE number = ?", (number,))
    contents = {name: _object(_read(content).get("content")) for name, content in parts}
    return Entry(id_, number, kind, made_at, _read(header), tuple(_read(commitments)), contents)


def _of_parts(
    db: sqlite3.Connection, number: int, committed: Mapping[str, Any], forgotten: Set[tuple[int, str]]
) -> Iterator[str]:
    """What is wrong with the parts of one entry."""
    linked: dict[str, list[list[str]]] = {}
    for name, document, path in db.execute(
        "SELECT name, document_id, path FROM receipt_documents WHERE number = ? ORDER BY document_id", (number,)
    ):
        linked.setdefault(name, []).append([document, path])
    missing = set(committed)
    for name, salt, content in db.execute("SELECT name, salt, content FROM receipt_parts WHERE number = ?", (number,)):
        missing.discard(name)
        if name not in committed:
            yield f"the part {name!r} was put in"
        elif (number, name) in forgotten:
            yield f"the part {name!r} was forgotten and is there again"
        elif commitment(salt, content) != committed[name]:
            yield f"the part {name!r} was changed"
        if linked.pop(name, []) != _read(content).get("documents", []):
            yield f"the documents of the part {name!r} were changed"
    for name in sorted(missing):
        if (number, name) not in forgotten:
            yield f"the part {name!r} is gone, and no forgetting took it"
    for name in linked:
        yield f"documents of a part {name!r} that is not there"


def _forgotten(db: sqlite3.Connection) -> frozenset[tuple[int, str]]:
    """What the unchanged entries of forgettings account for."""
    rows = db.execute(f"SELECT {COLUMNS} FROM receipts WHERE kind = ?", (FORGETTING,)).fetchall()  # noqa: S608
    lists = [_read(row[3])["emptied"] for row in rows if _hash(row[:6]) == row[6]]
    return frozenset((number, name) for emptied in lists for number, names in emptied for name in names)


def _hash(row: Sequence[object]) -> str:
    return hashlib.sha256(canonical(row).encode("utf-8")).hexdigest()


def _read(written: str) -> dict[str, Any]:
    """A JSON object; {} for what somebody wrote in its place, which its hash will show."""
    try:
        return _object(json.loads(written))
    except ValueError:
        return {}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _entries(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"

"""A chat: turns that go on from each other, each answered through the same flow and gate as any question.

A turn is rewritten to stand alone, and only that is asked: of the earlier answers a model sees nothing. A turn is
committed before its answer is handed out, so that a crash loses at most the one that was being answered. What was
asked is read from the database at each turn: two processes may go on with one chat.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from pydantic import TypeAdapter, ValidationError

from citebound.answer.ask import Done, Event, EvidenceFound, Token, clean_question
from citebound.answer.chat.antecedent import Earlier, Place
from citebound.answer.chat.courtesy import is_courtesy
from citebound.answer.chat.rewrite import Rewritten, rewrite
from citebound.errors import BadFilter, StoreCorrupt, StoreError, UnknownDocument
from citebound.indexes import chats
from citebound.indexes.activity import Activity
from citebound.indexes.chats import Row
from citebound.indexes.filter_json import filter_json, filter_of
from citebound.indexes.store import Store
from citebound.types import Answer, Filter, In, Outcome

REMEMBERED = 40
"""Turns back that a follow-up question can speak of."""

MOST_PLACES = 12
"""Places of an answer that a follow-up question can point to."""

SHOWN = 3
"""Nearest passages that are shown for an answer that was not found."""

MOST_TITLES = 200
"""Documents up to which "the other agreement" is looked for among all of them."""

NOTHING_ASKED = "Ask a question about the documents."

Ask = Callable[[str, Filter | None], Iterator[Event]]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: what was `typed`, the `question` that was asked in its place and why it was changed, the answer.

    `generation` is the collection's, when it was answered. Where the turn was forgotten with a document, the texts are
    "" and `answer` is None.
    """

    number: int
    asked_at: str
    generation: int
    typed: str = ""
    question: str = ""
    because: tuple[str, ...] = ()
    topic: str = ""
    documents: tuple[str, ...] = ()
    answer: Answer | None = None

    @property
    def forgotten(self) -> bool:
        return self.answer is None


ChatEvent = Rewritten | EvidenceFound | Token | Turn


class Chat:
    """One chat over a collection; `id` is "" until the first turn is stored, or `begin` was called.

    A turn that could not be stored is remembered while this object lives, and what follows can speak of it.
    `ask` gives the events of a question with a filter. May be used from several threads, one turn at a time each.
    """

    def __init__(
        self, activity: Activity, store: Store, ask: Ask, limit: int, *, id: str = "", tree: Filter | None = None
    ) -> None:
        self.id = id
        self._activity = activity
        self._store = store
        self._ask = ask
        self._limit = limit
        self._tree = tree
        self._unstored: list[_Unstored] = []
        self._last = 0

    @classmethod
    def resume(
        cls, activity: Activity, store: Store, ask: Ask, limit: int, given: str, tree: Filter | None = None
    ) -> Chat:
        """The stored chat with this id, or its beginning, or the "last" one; with its own filter unless one is given.

        Raises UnknownChat, StoreCorrupt.
        """
        with activity.read() as db:
            id_ = chats.find(db, given)
            kept = chats.about(db, id_)[2]
        try:
            own = filter_of(kept) if kept else None
        except BadFilter as error:
            raise StoreCorrupt(
                "the filter of this chat does not read", remedy="`citebound chats forget` deletes the chat."
            ) from error
        return cls(activity, store, ask, limit, id=id_, tree=tree or own)

    def begin(self) -> str:
        """Store the chat without a turn, if it is not stored yet; gives its id."""
        if not self.id:
            with self._activity.write() as db:
                self.id = self._created(db)
        return self.id

    def renewed(self) -> Chat:
        """A new chat over the same documents, without a turn."""
        return Chat(self._activity, self._store, self._ask, self._limit, tree=self._tree)

    def turns(self, most: int = -1) -> list[Turn]:
        """The last `most` turns, all for -1, in order. Raises UnknownChat for one that was forgotten, StoreCorrupt."""
        if not self.id:
            return []
        with self._activity.read() as db:
            chats.about(db, self.id)
            return [_turn(row) for row in chats.turns(db, self.id, most)]

    def ask(self, question: str) -> Turn:
        """Answer the next turn. Raises QueryError for an empty or too long one."""
        return next(event for event in self.stream(question) if isinstance(event, Turn))

    def stream(self, question: str) -> Iterator[ChatEvent]:
        """How the question was rewritten, then EvidenceFound and Tokens as for any question, then the turn, stored.

        Raises QueryError before the first event.
        """
        return self._stream(clean_question(question, self._limit))

    def rewritten(self, question: str) -> Rewritten:
        """The question as it would be asked now. Raises QueryError."""
        typed = clean_question(question, self._limit)
        made = rewrite(typed, self._earlier(), Shelves(self._store))
        return made if len(made.question) <= self._limit else Rewritten(typed)

    def _stream(self, typed: str) -> Iterator[ChatEvent]:
        made = self.rewritten(typed)
        yield made
        if is_courtesy(typed):
            yield self._stored(typed, made, Answer(typed, Outcome.REFUSED, reason=NOTHING_ASKED))
            return
        if made.lost:
            yield self._stored(typed, made, self._refused(typed, made.lost))
            return
        for event in self._ask(made.question, self._tree):
            yield self._stored(typed, made, event.answer) if isinstance(event, Done) else event

    def _refused(self, typed: str, lost: str) -> Answer:
        known = "nothing in this chat says which" if self._earlier() else "this chat has no earlier question"
        return Answer(typed, Outcome.REFUSED, reason=f"“{lost}” points to something else, and {known}: please name it")

    def _earlier(self) -> list[Earlier]:
        """What a follow-up question can speak of: turns that were answered and are not forgotten."""
        made = []
        for turn in self._remembered():
            if turn.answer and turn.answer.outcome not in (Outcome.REFUSED, Outcome.FAILED):
                places = tuple(_places(turn.answer))[:MOST_PLACES]
                made.append(Earlier(turn.typed, turn.question, places, turn.topic, frozenset(turn.documents)))
        return made

    def _remembered(self) -> list[Turn]:
        """The last turns, and in their places those that could not be stored, but for what was forgotten meanwhile."""
        turns = self.turns(REMEMBERED)
        self._last = turns[-1].number if turns else 0
        known = self._store.kinds(id_ for one in self._unstored for id_ in one.about).keys()
        kept = [(one.after, 1, one.turn) for one in self._unstored if one.about <= known]
        placed = sorted([*((turn.number, 0, turn) for turn in turns), *kept], key=lambda one: one[:2])
        return [turn for *_, turn in placed][-REMEMBERED:]

    def _stored(self, typed: str, made: Rewritten, answer: Answer) -> Turn:
        """The turn, once it is committed; its answer has a note where it could not be."""
        named = tuple(sorted(made.documents))
        content = asdict(_Kept(typed, made.question, made.because, made.topic, named, _slim(answer)))
        about = _documents(content["answer"]) | made.documents
        if answer.searched and answer.searched.routed:
            about |= {hit.document.id for hit in answer.hits}
        generation = answer.receipt.generation if answer.receipt else self._store.snapshot().generation
        receipt = answer.receipt.id if answer.receipt else ""
        number, at = 0, ""
        try:
            with self._activity.write() as db:
                id_ = self.id or self._created(db)
                row = chats.add(db, id_, content, sorted(about), generation=generation, receipt=receipt)
                for document in about - self._store.kinds(about).keys():  # forgotten while it was answered
                    chats.forget(db, document)
            self.id, number, at = id_, row.number, row.asked_at
        except StoreError as error:
            answer = replace(answer, notes=(*answer.notes, f"this turn was not stored: {error}"))
        turn = Turn(number, at, generation, typed, made.question, made.because, made.topic, named, answer)
        if not number:
            self._unstored = [*self._unstored, _Unstored(self._last, turn, frozenset(about))][-REMEMBERED:]
        return turn

    def _created(self, db: sqlite3.Connection) -> str:
        return chats.create(db, filter_json(self._tree) if self._tree else None)


class Shelves:
    """What rewriting asks of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def titles(self) -> Sequence[tuple[str, str]]:
        if self._store.counts()["documents"] > MOST_TITLES:
            return ()
        return [(row[0].id, row[0].title) for row in self._store.listing()]

    def parties(self, document_id: str) -> Sequence[str]:
        try:
            facts = self._store.document(document_id, geometry=False).facts
        except UnknownDocument:
            return ()
        return [fact.value for fact in facts if fact.name == "party"]

    def speaks(self, document_id: str, words: Sequence[str]) -> bool:
        card = self._store.cards_within(In("document", (document_id,)))
        return bool(card) and all(card & self._store.cards_with(word, "vocabulary") for word in words)


def _places(answer: Answer) -> Iterator[Place]:
    """What an answer shows: its exhibits, or, where it has none, the nearest passages."""
    for citation in answer.citations:
        yield Place(citation.document.id, citation.document.title, citation.section)
    for passage in () if answer.citations else answer.passages[:SHOWN]:
        yield Place(passage.document.id, passage.document.title, passage.context.partition(" > ")[2])


def _turn(row: Row) -> Turn:
    if row.content is None:
        return Turn(row.number, row.asked_at, row.generation)
    try:
        kept = _KEPT.validate_python(row.content)
    except ValidationError as error:
        raise StoreCorrupt(
            f"turn {row.number} of this chat does not read", remedy="`citebound chats forget` deletes the chat."
        ) from error
    return Turn(
        row.number,
        row.asked_at,
        row.generation,
        kept.typed,
        kept.question,
        kept.because,
        kept.topic,
        kept.documents,
        kept.answer,
    )


def _slim(answer: Answer) -> Answer:
    """The answer without what only its receipt keeps: the hits that it was chosen from."""
    return replace(answer, hits=(), passages=tuple(replace(p, hits=()) for p in answer.passages))


def _documents(kept: object) -> set[str]:
    """Ids of all documents that stored JSON names."""
    found: set[str] = set()
    if isinstance(kept, Mapping):
        for key, value in kept.items():
            if key in ("document", "amends") and isinstance(value, Mapping) and isinstance(value.get("id"), str):
                found.add(value["id"])
            elif key == "document_id" and isinstance(value, str):
                found.add(value)
            found |= _documents(value)
    elif isinstance(kept, list | tuple):
        for value in kept:
            found |= _documents(value)
    return found


@dataclass(frozen=True, slots=True)
class _Unstored:
    """A turn that is only remembered: it came `after` that number, and holds something of the documents `about`."""

    after: int
    turn: Turn
    about: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Kept:
    """The texts of a turn, as they are stored."""

    typed: str
    question: str
    because: tuple[str, ...]
    topic: str
    documents: tuple[str, ...]
    answer: Answer


_KEPT = TypeAdapter(_Kept)

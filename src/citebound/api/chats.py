"""Chats over REST: their shapes, and the steps between a request and `Collection`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator

from pydantic import BaseModel, ConfigDict, Field

from citebound.answer.chat.chat import Chat, ChatEvent, Turn
from citebound.answer.chat.transcript import chat_json, markdown, turn_json
from citebound.api.line import Line, Threads, ending
from citebound.api.shapes import AnswerResponse, _Filtered
from citebound.api.shelf import Shelf
from citebound.indexes.chats import Listed


class ChatRequest(_Filtered):
    """A new chat; the filter holds for all its turns."""


class ChatsRequest(BaseModel):
    """Which chats to list."""

    model_config = ConfigDict(extra="forbid")

    k: int = Field(50, ge=1, le=1000, description="Number of chats:")
    skip: int = Field(0, ge=0, le=1_000_000, description="Later used ones to leave out:")


class TurnRequest(BaseModel):
    """The next question of a chat."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: str = Field(
        description="A question, or a part of one that goes on from the turn before; at most `question_limit` long.",
        examples=["And under the NDA?"],
    )
    llm: bool = Field(True, description="False: answer with quotes alone, without a language model.")
    stream: bool = Field(False, description="True: server-sent events, as with `Accept: text/event-stream`.")


class ChatName(BaseModel):
    """A chat that was begun."""

    chat: str


class ChatsResponse(BaseModel):
    """At most k chats, the one that was used last first."""

    chats: list[Listed]


class TurnResponse(BaseModel):
    """One turn. `question` is what was asked in the place of what was `typed`, and `because` says why it was changed.

    `number` is 0 for a turn that could not be stored. A turn that was forgotten with a document has no texts.
    """

    number: int
    asked_at: str
    generation: int
    typed: str
    question: str
    because: list[str]
    forgotten: bool
    answer: AnswerResponse | None


class ChatResponse(BaseModel):
    """A chat with all its turns."""

    chat: str
    collection: str
    turns: list[TurnResponse]


class ChatRemoved(BaseModel):
    """How many turns were deleted, and how many receipts lost what they held of them."""

    turns: int
    receipts: int


def turn_response(turn: Turn) -> TurnResponse:
    return TurnResponse.model_validate(turn_json(turn))


class Chats:
    """What the routes of chats share with the others: the collections, the threads and the lines."""

    def __init__(self, shelf: Shelf, threads: Threads, searches: Line, answers: Line) -> None:
        self._shelf = shelf
        self._threads = threads
        self._searches = searches
        self._answers = answers

    async def begin(self, name: str, asked: ChatRequest) -> ChatName:
        async with self._searches.turn():
            made = await self._threads.run(lambda: self._shelf.get(name).chat(filters=asked.tree()).begin())
        return ChatName(chat=made)

    async def listing(self, name: str, asked: ChatsRequest) -> ChatsResponse:
        async with self._searches.turn():
            found = await self._threads.run(lambda: self._shelf.get(name).chats(asked.k, asked.skip))
        return ChatsResponse(chats=found)

    async def show(self, name: str, chat: str) -> ChatResponse:
        found, turns = await self._read(name, chat)
        return ChatResponse.model_validate(chat_json(found.id, name, turns))

    async def export(self, name: str, chat: str) -> str:
        found, turns = await self._read(name, chat)
        return markdown(found.id, name, turns)

    async def forget(self, name: str, chat: str) -> ChatRemoved:
        async with self._searches.turn():
            removed = await self._threads.run(lambda: self._shelf.get(name).forget_chat(chat))
        return ChatRemoved.model_validate(removed)

    async def turn(
        self, name: str, chat: str, asked: TurnRequest, is_gone: Callable[[], Awaitable[bool]]
    ) -> TurnResponse:
        """The next turn in one piece. It ends, unstored, with the connection of the one who asked."""
        return turn_response(await ending(await self.events(name, chat, asked), Turn, is_gone))

    async def events(self, name: str, chat: str, asked: TurnRequest) -> AsyncGenerator[ChatEvent, None]:
        """The events of the next turn. What is wrong with the request itself is raised before the first."""
        line = self._answers if asked.llm else self._searches

        def start() -> Generator[ChatEvent, None, None]:
            events = self._shelf.get(name).chat(chat, llm=asked.llm).stream(asked.question)
            assert isinstance(events, Generator)
            return events

        return await self._threads.walk_in_line(line, start)

    async def _read(self, name: str, chat: str) -> tuple[Chat, list[Turn]]:
        def read() -> tuple[Chat, list[Turn]]:
            found = self._shelf.get(name).chat(chat)
            return found, found.turns()

        async with self._searches.turn():
            return await self._threads.run(read)

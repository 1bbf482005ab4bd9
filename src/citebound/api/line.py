"""Waiting: how many questions are worked on at once, how many may wait, and the threads that do the work.

The library is synchronous. Its calls cross here, and only here, to a fixed set of threads: the store keeps one
connection for each thread that ever called it, so threads must not come and go.
"""

from __future__ import annotations

from asyncio import get_running_loop, wait
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

from citebound.api.problems import RETRY_SECONDS, Busy, ClientGone

T = TypeVar("T")


class Line:
    """A door that lets `at_once` in; when `waiting` stand before it, others are turned away."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._limiter = anyio.CapacityLimiter(at_once)
        self._waiting = waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for its turn, and holds its place until the end. Raises Busy if the queue is full."""
        now = self._limiter.statistics()
        if now.borrowed_tokens >= now.total_tokens and now.tasks_waiting >= self._waiting:
            raise Busy("too many questions wait already", remedy=f"Ask again in {RETRY_SECONDS} seconds.")
        place = object()
        await self._limiter.acquire_on_behalf_of(place)
        try:
            yield
        finally:
            self._limiter.release_on_behalf_of(place)


class Threads:
    """A fixed set of threads."""

    def __init__(self, size: int) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="citebound-api")

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """The result of `work(*args)`, in a thread. A cancelled caller waits for its end: work has no other owner."""
        working = get_running_loop().run_in_executor(self._pool, partial(work, *args))
        with anyio.CancelScope(shield=True):
            await wait([working])
        return working.result()

    def start(self, work: Callable[[], object]) -> None:
        """Begin `work` in a thread. What it raises is dropped: whoever needs its result meets the error again."""
        self._pool.submit(work)

    async def walk(self, generator: Generator[T, None, None]) -> AsyncGenerator[T, None]:
        """What a generator yields, each step in a thread; leaving early closes it, so that it stops its own work."""
        end = object()
        try:
            while (item := await self.run(next, generator, end)) is not end:
                await checkpoint_if_cancelled()  # a send to a client that left may never wait, and so never notice
                yield item
        finally:
            await self.run(generator.close)

    async def walk_in_line(
        self, line: Line, begin: Callable[..., Generator[T, None, None]], *args: Any
    ) -> AsyncGenerator[T, None]:
        """What the generator that `begin` gives yields, in a turn of `line`. What `begin` raises is raised at once:
        what is wrong with the request itself. Raises Busy."""
        async with line.turn():
            begun = await self.run(begin, *args)
        return _in_line(line, self.walk(begun))

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


async def _in_line(line: Line, events: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    async with line.turn(), aclosing(events):
        async for event in events:
            yield event


async def ending(events: AsyncGenerator[object, None], kind: type[T], is_gone: Callable[[], Awaitable[bool]]) -> T:
    """The event of this kind, which ends a stream; the stream is closed when the one who asked left. Raises
    ClientGone."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, kind):
                return event
            if await is_gone():
                raise ClientGone("the client left")
    raise AssertionError(f"a stream ends with {kind.__name__}")

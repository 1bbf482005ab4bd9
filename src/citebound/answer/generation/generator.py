"""The door of langchain: every generator speaks the OpenAI-compatible chat protocol, and its failures become ours.

Nothing but the conversation leaves: tracing is forced off, variables meant for other programs (OPENAI_*, proxies for
a loopback server) have no effect, and headers that describe this machine are dropped. langchain takes about a second to
import, so it is imported by the first stream.
"""

from __future__ import annotations

import contextvars
import os
import socket
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

import httpx
from pydantic import SecretStr

from citebound.answer.generation.disclosure import loopback, outside
from citebound.answer.generation.engine import Engine
from citebound.answer.generation.masking import Masks
from citebound.config import Config
from citebound.errors import GeneratorError, GeneratorTimeout, GeneratorUnavailable

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk
    from langchain_openai import ChatOpenAI

SEED = 7
ATTEMPTS = 3
PAUSE_SECONDS = 0.5
CONNECT_SECONDS = 10.0
BUSY = frozenset({408, 429, 500, 502, 503, 504})
REFUSED = frozenset({400, 415, 422, 501})
"""How servers answer a field that they do not take."""
HEADERS = frozenset(
    {"host", "accept", "accept-encoding", "authorization", "connection", "content-type", "content-length", "user-agent"}
)
SLOW = "Raise CITEBOUND_GENERATOR_TIMEOUT, lower CITEBOUND_EVIDENCE_TOKENS, or use a faster server."
REACH = "Check CITEBOUND_BASE_URL: it is an OpenAI-compatible server's address and usually ends in /v1."
LOG = "See the server's own log."
STATUS = {
    400: "If the prompt is too long, lower CITEBOUND_EVIDENCE_TOKENS or CITEBOUND_ANSWER_TOKENS.",
    401: "Set CITEBOUND_API_KEY in the environment.",
    403: "Set CITEBOUND_API_KEY in the environment.",
    404: "Check CITEBOUND_GENERATOR, the model's name there, and CITEBOUND_BASE_URL, which usually ends in /v1.",
    429: "The server is overloaded or a quota is used up; try again later.",
}


def open_generator(config: Config, root: Path) -> ChatGenerator:
    """The generator that the settings name: the server at `config.base_url`, else the embedded one of data root `root`.

    Raises what `Engine.attach` raises; a server at `base_url` is first spoken to by `stream`.
    """
    if config.base_url:
        key = config.api_key.get_secret_value() if config.api_key else ""
        mask = config.mask_secrets and bool(outside(config.base_url))
        return ChatGenerator(config.generator, config.base_url, key, timeout=config.generator_timeout, mask=mask)
    engine = Engine.attach(config, root)
    return ChatGenerator(
        config.generator, engine.base_url, engine.api_key, timeout=config.generator_timeout, engine=engine
    )


class ChatGenerator:
    """A chat model behind a base URL; may be shared by threads. `close` also lets go of the embedded engine.

    `prompt_tokens` and `output_tokens` are what the server counted for the reply that this thread read last; of a reply
    that it left early, `output_tokens` are the pieces that were read. 0 where the server does not say. `host` is where
    the conversation goes, "" while it stays on this machine. With `mask`, secrets that are recognised in it are
    replaced before it is sent, and stand again in the reply.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        api_key: str,
        *,
        timeout: float = 120.0,
        engine: Engine | None = None,
        mask: bool = False,
    ) -> None:
        self.name = name
        self.host = "" if engine else outside(base_url)
        self._mask = mask
        self._base_url = base_url
        self._api_key = api_key
        self._timeout = timeout
        self._engine = engine
        self._model: ChatOpenAI | None = None
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()
        self._usage = threading.local()

    @property
    def prompt_tokens(self) -> int:
        return getattr(self._usage, "prompt", 0)

    @property
    def output_tokens(self) -> int:
        return getattr(self._usage, "output", 0)

    def stream(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Iterator[str]:
        """Pieces of the reply as they come, at most `max_tokens` of them; messages have "role" and "content".

        Greedy, with a fixed seed. A server that is busy or unreachable is asked again before the first piece, never
        after it. Raises GeneratorTimeout when `timeout` seconds have passed in all, GeneratorUnavailable when the
        server refuses, breaks off or does not speak the protocol.
        """
        yield from self._told(messages, max_tokens, {})

    def constrained(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], *, max_tokens: int
    ) -> Iterator[str]:
        """`stream`, the reply held to a JSON schema; a server that refuses that is asked without."""
        form = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": dict(schema)}}
        yield from self._told(messages, max_tokens, {"response_format": form})

    def _told(
        self, messages: Sequence[Mapping[str, str]], max_tokens: int, constraint: Mapping[str, Any]
    ) -> Iterator[str]:
        if not self._mask:
            yield from self._tried(messages, max_tokens, constraint)
            return
        masks = Masks([message["content"] for message in messages])
        sent = [{**message, "content": masks.mask(message["content"])} for message in messages]
        with closing(self._tried(sent, max_tokens, constraint)) as pieces:
            yield from masks.restored(pieces)

    def _tried(
        self, messages: Sequence[Mapping[str, str]], max_tokens: int, constraint: Mapping[str, Any]
    ) -> Generator[str]:
        deadline = time.monotonic() + self._timeout
        for attempt in range(1, ATTEMPTS + 1):
            model = self._connected()
            began = False
            try:
                for piece in self._reply(model, messages, max_tokens, deadline, constraint):
                    began = True
                    yield piece
                return
            except _foreign() as error:
                if constraint and not began and getattr(error, "status_code", 0) in REFUSED:
                    constraint = {}
                    continue
                pause = _pause(error, attempt)
                if began or pause is None or attempt == ATTEMPTS or time.monotonic() + pause >= deadline:
                    raise self._ours(error, deadline) from error
                time.sleep(pause)

    def close(self) -> None:
        """Ends this user's hold on the embedded engine. May be called more than once."""
        with self._lock:
            self._disconnect()
        if self._engine:
            self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connected(self) -> ChatOpenAI:
        with self._lock:
            if self._engine:
                self._engine.ensure()
                if self._engine.api_key != self._api_key:
                    self._disconnect()
                    self._base_url, self._api_key = self._engine.base_url, self._engine.api_key
            if self._model is None:
                self._client = _Client(trust_env=not loopback(self._base_url))
                self._model = _chat_model(self.name, self._base_url, self._api_key, self._client)
            return self._model

    def _disconnect(self) -> None:
        if self._client:
            self._client.close()
        self._client = self._model = None

    def _reply(
        self,
        model: ChatOpenAI,
        messages: Sequence[Mapping[str, str]],
        max_tokens: int,
        deadline: float,
        constraint: Mapping[str, Any],
    ) -> Iterator[str]:
        self._usage.prompt = self._usage.output = written = 0
        finished = False
        with closing(_untraced(model, messages, max_tokens, deadline, constraint)) as chunks:
            for chunk in chunks:
                usage = chunk.usage_metadata
                if usage:
                    self._usage.prompt, self._usage.output = usage["input_tokens"], usage["output_tokens"]
                finished = finished or bool(chunk.response_metadata.get("finish_reason"))
                if isinstance(chunk.content, str) and chunk.content:
                    if written == max_tokens:  # a server that does not heed the limit
                        return
                    written += 1
                    self._usage.output = written
                    yield chunk.content
        if not finished:
            raise ConnectionError("the reply broke off")

    def _ours(self, error: Exception, deadline: float) -> GeneratorError:
        """The one place where failures of openai, httpx and the wire become ours."""
        import openai

        where = f"generator {self.name} at {self._base_url}"
        said = " ".join(str(error).replace(self._api_key or "\0", "***").split())[:300]
        if time.monotonic() >= deadline:
            return GeneratorTimeout(f"{where} was not done within {self._timeout:g} s", remedy=SLOW)
        if unreached := _unreached(error):
            return GeneratorUnavailable(f"{where} cannot be reached: {unreached}", remedy=REACH)
        if isinstance(error, openai.APIStatusError):
            return GeneratorUnavailable(
                f"{where} answered {error.status_code}: {said}", remedy=STATUS.get(error.status_code, LOG)
            )
        if isinstance(error, openai.APIError | httpx.HTTPError | OSError):
            return GeneratorUnavailable(f"{where} broke off: {said}", remedy=LOG)
        return GeneratorUnavailable(f"{where} does not speak the OpenAI-compatible protocol: {said}", remedy=REACH)


class _Client(httpx.Client):
    """Sends what the protocol needs and no more, and cuts the line when the time given as read time-out is over.

    The time-out itself starts again with every byte, so that a server that drips would never be left.
    """

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        for header in set(request.headers) - HEADERS:
            del request.headers[header]
        end = time.monotonic() + request.extensions["timeout"]["read"]
        response = super().send(request, **options)
        if isinstance(response.stream, httpx.SyncByteStream) and not response.is_closed:
            line = response.extensions["network_stream"].get_extra_info("socket")
            response.stream = _Bounded(response.stream, line, end - time.monotonic())
        return response


class _Bounded(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, line: socket.socket, seconds: float) -> None:
        self._stream = stream
        self._line = line
        self._timer = threading.Timer(max(seconds, 0.0), self._cut)
        self._timer.daemon = True
        self._timer.start()

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._timer.cancel()
        self._stream.close()

    def _cut(self) -> None:
        with suppress(OSError):  # closed in the same moment
            socket.socket.shutdown(self._line, socket.SHUT_RDWR)  # not TLS's own, which another thread is reading


def _chat_model(name: str, base_url: str, api_key: str, client: httpx.Client) -> ChatOpenAI:
    _forbid_tracing()
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(
        model=name,
        base_url=base_url,
        api_key=SecretStr(api_key or "none"),
        temperature=0,
        seed=SEED,
        max_retries=0,
        stream_usage=True,
        use_responses_api=False,
        output_version="v0",
        cache=False,
        openai_proxy="",
        http_socket_options=(),
        http_client=client,
        http_async_client=httpx.AsyncClient(trust_env=False, transport=httpx.AsyncBaseTransport()),
    )


def _forbid_tracing() -> None:
    for variable in list(os.environ):
        if variable.startswith(("LANGSMITH_", "LANGCHAIN_TRACING", "LANGCHAIN_HANDLER")):
            del os.environ[variable]
    os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"


def _untraced(
    model: ChatOpenAI,
    messages: Sequence[Mapping[str, str]],
    max_tokens: int,
    deadline: float,
    constraint: Mapping[str, Any],
) -> Generator[AIMessageChunk]:
    """Runs in a context of its own: a trace or a callback that the calling program has open does not see documents."""
    from langsmith import tracing_context

    context = contextvars.Context()
    left = max(deadline - time.monotonic(), 0.001)
    patience = httpx.Timeout(left, connect=min(left, CONNECT_SECONDS))
    with ExitStack() as stack:
        tracing = tracing_context(enabled=False)
        context.run(tracing.__enter__)
        stack.callback(context.run, tracing.__exit__, None, None, None)
        chunks = cast(
            "Generator[AIMessageChunk]",
            context.run(
                model.stream,
                [dict(m) for m in messages],
                max_tokens=max_tokens,
                timeout=patience,
                extra_body=dict(constraint) or None,
            ),
        )
        stack.callback(context.run, chunks.close)
        while (chunk := context.run(next, chunks, None)) is not None:
            yield chunk


def _foreign() -> tuple[type[Exception], ...]:
    """What a server can make the libraries raise; the last four come from JSON that is not the protocol's."""
    import openai

    return (openai.APIError, httpx.HTTPError, OSError, ValueError, TypeError, KeyError, AttributeError)


def _pause(error: Exception, attempt: int) -> float | None:
    """Seconds after which to ask again; None if that would not help."""
    import openai

    if isinstance(error, openai.APIStatusError):
        if error.status_code not in BUSY:
            return None
        asked = error.response.headers.get("retry-after", "")
        return float(asked) if asked.isdecimal() else PAUSE_SECONDS * attempt
    passing = isinstance(error, openai.APIConnectionError) and not isinstance(error, openai.APITimeoutError)
    return PAUSE_SECONDS * attempt if passing else None


def _unreached(error: BaseException | None) -> BaseException | None:
    """The failure to connect at the bottom of what langchain and openai made of it."""
    while error and not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        error = error.__cause__
    return error

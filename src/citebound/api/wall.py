"""The outer wall: what a request must satisfy before anything parses it, and what every response carries.

Plain ASGI. The Host header must name this machine (a page of another site that was rebound to our address sends its
own name), a browser's Origin must be ours, and a body is counted, read whole and checked before the framework sees it.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from uuid import uuid4

import anyio

from citebound.api.problems import MEDIA_TYPE, Fault

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

BODY_LIMIT = 64 * 1024
BODY_SECONDS = 60.0
DEPTH_LIMIT = 32
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SHOWS_NOTHING = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "content-security-policy": SHOWS_NOTHING,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class Refused(Exception):
    """The wall lets nothing of this request through."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.detail)
        self.fault = fault


class Wall:
    """Wraps `app`. `host` is the address that is listened on; requests for other names are refused."""

    def __init__(self, app: App, host: str = "127.0.0.1") -> None:
        self._app = app
        self._host = host.lower()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = _dressed(send, request_id)
        try:
            self._check_host(headers)
            if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
                _check_origin(headers)
                if scope["method"] != "DELETE":  # which has no body
                    _check_kind(headers)
                    receive = _replay(await _body(headers, receive), receive)
        except Refused as refusal:
            await _refuse(answer, refusal.fault, request_id)
        else:
            await self._app(scope, receive, answer)

    def _check_host(self, headers: dict[str, str]) -> None:
        if not self._ours(_host_of(headers.get("host", ""))):
            raise Refused(
                Fault(
                    421,
                    "wrong-host",
                    "the Host header does not name this service",
                    "Use the address that the service was started with.",
                )
            )

    def _ours(self, host: str) -> bool:
        """Names are ours only if they were given; on a network, any address may be one of this machine's."""
        if host in LOOPBACK or host == self._host:
            return True
        return not is_loopback(self._host) and _is_address(host)


def is_loopback(host: str) -> bool:
    """Whether an address or name to listen on can be reached from this machine only."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _host_of(header: str) -> str:
    found = re.fullmatch(r"\[([0-9a-f:.]+)\](?::\d+)?|([^:\[\]]+)(?::\d+)?", header.lower())
    return (found[1] or found[2]) if found else ""


def _check_origin(headers: dict[str, str]) -> None:
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host"):
        raise Refused(
            Fault(403, "foreign-origin", "a page of another site sent this", "Use the page of this service, or curl.")
        )


def _check_kind(headers: dict[str, str]) -> None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or headers.get("content-encoding", "identity") != "identity":
        raise Refused(
            Fault(
                415,
                "unsupported-media-type",
                "the body must be JSON, not compressed",
                "Send it with Content-Type: application/json.",
            )
        )


async def _body(headers: dict[str, str], receive: Receive) -> bytes:
    declared = headers.get("content-length", "")
    body = b""
    over = declared.isdecimal() and int(declared[:20]) > BODY_LIMIT
    try:
        with anyio.fail_after(BODY_SECONDS):
            more = not over
            while more:
                message = await receive()
                body += message.get("body", b"")
                over = len(body) > BODY_LIMIT
                more = message.get("more_body", False) and not over
    except TimeoutError:
        raise Refused(Fault(408, "request-timeout", f"the body did not come within {BODY_SECONDS:.0f} s")) from None
    if over:
        raise Refused(
            Fault(413, "body-too-large", f"the body has more than {BODY_LIMIT} bytes", "Send a shorter question.")
        )
    wrong = json_fault(body)
    if wrong:
        raise Refused(Fault(400, "invalid-json", f"the body is not usable JSON: {wrong}"))
    return body


def json_fault(body: bytes) -> str:
    """What is wrong with a JSON text, or "": syntax, nesting, a field given twice, NaN, or text that is no Unicode."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        return "it is not Unicode text"
    except json.JSONDecodeError as error:
        return f"syntax error at character {error.pos}"
    except RecursionError:
        return f"nested deeper than {DEPTH_LIMIT}"
    except ValueError:
        return "a field is given twice, or a number is none"
    return f"nested deeper than {DEPTH_LIMIT}" if _deeper(value, DEPTH_LIMIT) else ""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a field is given twice")
    return made


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is not a number")


def _deeper(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True


def _replay(body: bytes, receive: Receive) -> Receive:
    """`receive` that gives the body once more, and then what the server says (that the client left)."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _dressed(send: Send, request_id: str) -> Send:
    """`send` that adds the headers which every response carries; those already there stay."""

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message.get("headers", [])}
            added = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in there]
            message["headers"] = [*message.get("headers", []), *added, (b"x-request-id", request_id.encode())]
        await send(message)

    return dressed


async def _refuse(send: Send, fault: Fault, request_id: str) -> None:
    body = json.dumps(fault.body(request_id)).encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})

"""A server that speaks the OpenAI-compatible protocol, or pretends to, and computes its reply from the prompt."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Server:
    """What to do with the next requests, and what they said. An empty plan means: repeat the prompt, word by word."""

    url: str = ""
    plan: list[Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


def event(handler: BaseHTTPRequestHandler, data: str | bytes) -> None:
    raw = data if isinstance(data, bytes) else data.encode()
    handler.wfile.write(b"data: " + raw + b"\n\n")
    handler.wfile.flush()


def chunk(content: str | None, finish: str | None = None, **more: object) -> str:
    choice = {"index": 0, "delta": {} if content is None else {"content": content}, "finish_reason": finish}
    return json.dumps(
        {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]} | more
    )


def begin(handler: BaseHTTPRequestHandler, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Type": "text/event-stream", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def repeat(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    words = body["messages"][-1]["content"].split()
    begin(handler)
    for word in words:
        event(handler, chunk(word + " "))
    event(handler, chunk(None, "stop"))
    event(
        handler, chunk(None, choices=[], usage={"prompt_tokens": 9, "completion_tokens": len(words), "total_tokens": 0})
    )
    event(handler, "[DONE]")


def status(code: int, message: str = "no", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        begin(handler, code, Content_Type="application/json", **headers)
        handler.wfile.write(json.dumps({"error": {"message": message}}).encode())

    return answer


def says(*events: str | bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        begin(handler)
        for data in events:
            event(handler, data)

    return answer


def hang(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(2.5)


def hang_in_mid_reply(handler: BaseHTTPRequestHandler) -> None:
    says(chunk("thirty "))(handler)
    time.sleep(2.5)


def reset_in_mid_reply(handler: BaseHTTPRequestHandler) -> None:
    says(chunk("thirty "))(handler)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def drip(data: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        begin(handler)
        end = time.monotonic() + 5
        while time.monotonic() < end:
            handler.wfile.write(data)
            handler.wfile.flush()
            time.sleep(0.05)

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    served = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            served.bodies.append(body | {"path": self.path})
            served.headers.append({name.lower(): value for name, value in self.headers.items()})
            try:
                if served.plan:
                    served.plan.pop(0)(self)
                else:
                    repeat(self, body)
            except (BrokenPipeError, ConnectionResetError):
                pass

        def finish(self) -> None:
            if self.connection.fileno() != -1:
                super().finish()

        def log_message(self, format: str, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.handle_error = lambda request, client: None  # type: ignore[method-assign]
    served.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,))
    thread.start()
    yield served
    http.shutdown()
    http.server_close()
    thread.join()

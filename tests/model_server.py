"""A server that speaks like OpenAI's, and says what a test scripts: words, silence, errors, anything.

The client under test is the real one; nothing of it is replaced.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[["Reply"], None]


class Reply:
    """One request and what is sent back, byte by byte if need be."""

    def __init__(self, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        self.handler = handler
        self.request = request

    @property
    def asked(self) -> str:
        return str(self.request["messages"][-1]["content"])

    @property
    def is_again(self) -> bool:
        return len(self.request["messages"]) > 2

    def start(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        self.handler.send_response(status)
        self.handler.send_header("content-type", kind)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.send_header("connection", "close")
        self.handler.end_headers()

    def raw(self, data: bytes) -> None:
        self.handler.wfile.write(data)
        self.handler.wfile.flush()

    def words(self, text: str, **more: Any) -> None:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        chunk = {
            "id": "c",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "m",
            "choices": [choice],
        }
        self.raw(f"data: {json.dumps(chunk | more, ensure_ascii=False)}\n\n".encode())

    def end(self, **usage: int) -> None:
        choice = {"index": 0, "delta": {}, "finish_reason": "stop"}
        chunk = {
            "id": "c",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "m",
            "choices": [choice],
        }
        if usage:
            usage["total_tokens"] = sum(usage.values())
            counted = chunk | {"choices": [], "usage": usage}
            self.raw(f"data: {json.dumps(chunk)}\n\ndata: {json.dumps(counted)}\n\n".encode())
            self.raw(b"data: [DONE]\n\n")
            return
        self.raw(f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode())

    def fail(self, status: int, **headers: str) -> None:
        self.start(status, "application/json", **headers)
        self.raw(json.dumps({"error": {"message": "no", "type": "server_error"}}).encode())


def says(text: str, piece: int = 7, pause: float = 0.0) -> Script:
    """Return a script that says `text` in pieces, whatever is asked; once more only when asked first."""

    def script(reply: Reply) -> None:
        reply.start()
        for start in range(0, len(text), piece):
            reply.words(text[start : start + piece])
            if pause:
                time.sleep(pause)
        reply.end()

    return script


@dataclass
class ModelServer:
    """A running server; `scripts` are used one a request, the last one again and again."""

    address: str
    scripts: list[Script] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def script(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.requests.clear()

    def next(self) -> Script:
        return self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]


@contextmanager
def model_server(scripts: Sequence[Script] = ()) -> Iterator[ModelServer]:
    """Serve on a free port of this machine until the block ends."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            request = json.loads(self.rfile.read(length))
            with lock:
                running.requests.append(request)
                running.keys.append(self.headers.get("authorization", ""))
                script = running.next()
            self.close_connection = True
            try:
                script(Reply(self, request))
            except OSError:
                return  # the client has left

        def log_message(self, *arguments: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    running = ModelServer(f"http://127.0.0.1:{server.server_address[1]}/v1", list(scripts))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)

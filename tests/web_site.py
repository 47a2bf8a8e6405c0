"""A site on this machine, for the tests that read the web: what it answers is given path by path."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from typing import Any

from ra_assistant.visiting import Address, Permits

HOST = "127.0.0.1"


@dataclass
class Reply:
    """One answer; `slowly` sends a byte at a time, `endless` sends the body for ever."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})
    slowly: float = 0.0
    endless: bool = False
    cut: bool = False


def page(title: str, body: str, head: str = "", language: str = "fr") -> Reply:
    text = f"<!doctype html><html lang={language}><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return Reply(text.encode())


def leads_to(address: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": address})


def typed(body: bytes, kind: str, **headers: str) -> Reply:
    return Reply(body, headers={"Content-Type": kind} | {n.replace("_", "-"): v for n, v in headers.items()})


Routes = dict[str, "Reply | Callable[[str], Reply]"]


class Site:
    """A running site: its address, and what it was asked."""

    def __init__(self, routes: Routes, context: ssl.SSLContext | None = None) -> None:
        self.routes = routes
        self.asked: list[tuple[float, str]] = []
        self.headers: list[Any] = []
        self._server = ThreadingHTTPServer((HOST, 0), _handler(self))
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])
        self.url = f"http://{HOST}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def permits(self) -> Permits:
        """Let a visitor in here, and nowhere else on this machine."""

        def permitted(address: Address, port: int) -> bool:
            return (str(address), port) == (HOST, self.port)

        return permitted

    def paths(self) -> list[str]:
        return [path for _, path in self.asked]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


@contextmanager
def served(routes: Routes, context: ssl.SSLContext | None = None) -> Iterator[Site]:
    site = Site(routes, context)
    try:
        yield site
    finally:
        site.close()


def _pieces(reply: Reply) -> Iterable[bytes]:
    if reply.slowly:
        return (bytes([byte]) for byte in reply.body)
    return repeat(reply.body) if reply.endless else (reply.body,)


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_GET(self) -> None:
            site.asked.append((time.monotonic(), self.path))
            site.headers.append(self.headers)
            found = site.routes.get(self.path) or site.routes.get("*") or Reply(status=404)
            reply = found if isinstance(found, Reply) else found(self.path)
            with suppress(OSError):
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            headers = dict(reply.headers)
            if reply.endless or reply.slowly:
                headers["Connection"] = "close"
            else:
                headers["Content-Length"] = str(len(reply.body) + (1000 if reply.cut else 0))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            for piece in _pieces(reply):
                self.wfile.write(piece)
                time.sleep(reply.slowly)
            self.close_connection = self.close_connection or reply.cut

        def log_message(self, *_: Any) -> None:
            pass

    return Handler

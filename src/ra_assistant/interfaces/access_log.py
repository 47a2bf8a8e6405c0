"""One line of JSON a request: what was asked for, how it ended; never a question, never an address.

Who asked is told apart by a keyed hash whose key changes every day and is kept in memory only: the
requests of one visitor can be followed for a day, the visitor cannot be found.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import re
import secrets
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ra_assistant.errors import SettingsError
from ra_assistant.interfaces.door import client_of, route_path

Note = Callable[[Scope, int, float, int], None]
"""Hears how a request ended: its scope, the status, seconds and bytes sent."""
_IDENTIFIER = re.compile(r"[\w.-]{1,64}", re.ASCII)
_ROUTES = (
    (re.compile(r"/api/v1/(?:ask|documents|starters|feedback|openapi\.json)"), None),
    (re.compile(r"/api/v1/passages/[^/]+"), "/api/v1/passages/{id}"),
    (re.compile(r"/api/v1/documents/[^/]+/pages/[^/]+"), "/api/v1/documents/{id}/pages/{page}"),
    (re.compile(r"/api/v1/documents/.+"), "/api/v1/documents/{id}"),
    (
        re.compile(
            r"/v1/(?:chat/completions|models)|/mcp|/healthz|/readyz|/metrics|/embed|/integrer|/rapport|/simple|/"
        ),
        None,
    ),
    (re.compile(r"/widget(?:-[0-9a-f]{12})?\.js"), "/widget.js"),
    (re.compile(r"/rapport/[^/]+/page/[^/]+"), "/rapport/{id}/page/{page}"),
    (re.compile(r"/rapport/[^/]+/original"), "/rapport/{id}/original"),
    (re.compile(r"/rapport/[^/]+"), "/rapport/{id}"),
    (re.compile(r"/page/.*"), "/page/{file}"),
    (re.compile(r"/(?:gradio_api|assets|static)/.*|/theme\.css"), "/{chat}"),
)


def route_of(path: str) -> str:
    """Return the route that a path is of, one of a few: a path may hold anything that somebody typed."""
    for pattern, label in _ROUTES:
        if pattern.fullmatch(path):
            return label or path
    return "/{other}"


class AccessLog:
    """Gives every request an id, and tells each of `notes` how it ended."""

    def __init__(self, app: ASGIApp, notes: Sequence[Note]) -> None:
        self._app = app
        self._notes = notes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        scope["request_id"] = given if _IDENTIFIER.fullmatch(given) else uuid.uuid4().hex
        scope["route_label"] = route_of(route_path(scope))  # mounting changes the scope on the way
        started, status, size = perf_counter(), 500, 0

        async def send_noted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = scope["request_id"]
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            for note in self._notes:
                note(scope, status, perf_counter() - started, size)


class LineWriter:
    """Writes one line of JSON a request to a file that may be rotated, or to the standard error."""

    def __init__(self, target: str) -> None:
        """Open the log.

        Args:
            target: path of a file whose directory exists; `-` for the standard error.

        Raises:
            SettingsError: the file cannot be written.
        """
        self._handler = _handler(target)
        self._logger = logging.Logger("ra_assistant.access", logging.INFO)
        self._logger.addHandler(self._handler)
        self._key = secrets.token_bytes(16)
        self._day = _today()

    def note(self, scope: Scope, status: int, seconds: float, size: int) -> None:
        """Write the line of a request that has ended."""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "request_id": scope["request_id"],
            "method": scope["method"] if scope["method"].isalpha() else "",
            "route": scope["route_label"],
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "bytes": size,
            "client": self._pseudonym(client_of(scope)),
        }
        self._logger.info(json.dumps(line, ensure_ascii=False))

    @contextlib.contextmanager
    def hearing(self, name: str) -> Iterator[None]:
        """Write the lines of another logger too, until the block ends."""
        other = logging.getLogger(name)
        other.setLevel(logging.INFO)
        other.addHandler(self._handler)
        try:
            yield
        finally:
            other.removeHandler(self._handler)

    def close(self) -> None:
        """Close the log."""
        self._handler.close()

    def _pseudonym(self, client: str) -> str:
        today = _today()
        if today != self._day:
            self._key, self._day = secrets.token_bytes(16), today
        return hashlib.blake2b(client.encode(), key=self._key, digest_size=5).hexdigest()


def _today() -> date:
    return datetime.now(UTC).date()


def _handler(target: str) -> logging.Handler:
    if target == "-":
        return logging.StreamHandler(sys.stderr)
    try:
        return WatchedFileHandler(Path(target), encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"RA_ACCESS_LOG={target!r}: {error.strerror}; expected a file that can be written, or -",
            name="RA_ACCESS_LOG",
            value=target,
        ) from error

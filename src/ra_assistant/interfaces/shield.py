"""What stands before Gradio: the few of its routes that the chat needs, and the headers of every response.

Gradio serves some sixty routes to anybody: uploads, files of the machine, run history, a proxy, an
interface to call functions by name. The page uses nine; the others do not exist here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ra_assistant.wording import CHAT

MAX_BODY_BYTES = 512 * 1024
"""A question with the longest conversation that a browser keeps is below 300 kB."""

_READ = re.compile(
    r"/|/(?:assets|static)/[\w./-]+|/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json"
    r"|/gradio_api/(?:queue/data|heartbeat/[\w-]+|app_id|startup-events)/?"
)
_WRITE = re.compile(r"/gradio_api/(?:queue/join|cancel|reset)/?")
_UPLOAD = re.compile(r"/gradio_api/upload.*")
_UPLOADING = re.compile(r"/gradio_api/upload(?:_progress)?/?")

_OURSELVES = "frame-ancestors 'self'"
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "media-src 'self'",
        "object-src 'none'",
        "form-action 'self'",
        "base-uri 'self'",
        _OURSELVES,
    )
)
"""As tight as Gradio 6 bears: under anything tighter for scripts and styles, nothing is drawn."""

_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SafeHeaders:
    """Puts the security headers on every response of an application; one may have a policy of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_safely)


class Framed:
    """Lets the pages of some sites show an application in a frame."""

    def __init__(self, app: ASGIApp, ancestors: Sequence[str]) -> None:
        self._app = app
        self._ancestors = " ".join((_OURSELVES, *ancestors))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                policy = headers.get("content-security-policy", POLICY)
                headers["content-security-policy"] = policy.replace(_OURSELVES, self._ancestors)
            await send(message)

        await self._app(scope, receive, send_framed)


class Gate:
    """Lets through to Gradio what our pages need, and refuses the rest in French."""

    def __init__(self, app: ASGIApp, *, upload_bytes: int = 0) -> None:
        """Stand before `app`; `upload_bytes` is the longest upload, 0 for none."""
        self._app = app
        self._upload_bytes = upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        is_upload = self._upload_bytes > 0 and _UPLOADING.fullmatch(_path(scope)) is not None
        most = self._upload_bytes if is_upload else MAX_BODY_BYTES
        refusal = _refusal(scope, most, is_upload=is_upload)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self._app(scope, _Measured(receive, most), _Translated(send))


def refused(status: int, sentence: str) -> Response:
    """Return a refusal in the form that Gradio's page reads."""
    body = json.dumps({"detail": sentence}, ensure_ascii=False)
    return Response(body, status, media_type="application/json")


def _path(scope: Scope) -> str:
    return scope["path"].removeprefix(scope.get("root_path", "")) or "/"


def _refusal(scope: Scope, most: int, *, is_upload: bool) -> Response | None:
    path = _path(scope)
    if _UPLOAD.fullmatch(path) and not is_upload:
        return refused(403, CHAT["upload_refused"])
    allowed = {"GET": _READ, "HEAD": _READ, "POST": _WRITE}.get(scope["method"])
    if allowed is None or not (is_upload or allowed.fullmatch(path)) or ".." in path:
        return refused(404, CHAT["route_refused"])
    length = Headers(scope=scope).get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        return refused(413, CHAT["body_too_large"])
    return None


class _Measured:
    """Reads a request's body and breaks off one that is longer than it said."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._read = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._read += len(message.get("body", b""))
        return message if self._read <= self._most else {"type": "http.disconnect"}


class _Translated:
    """Puts a French sentence in the place of what Gradio says when its queue is full."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_busy = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._is_busy = message["status"] == 503
            if self._is_busy:
                body = refused(503, CHAT["busy"])
                message = {"type": "http.response.start", "status": 503, "headers": body.raw_headers}
                await self._send(message)
                await self._send({"type": "http.response.body", "body": body.body})
                return
        if not self._is_busy:
            await self._send(message)

"""The door of the back office: a secret, few attempts, a session in a cookie that scripts cannot read."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Callable
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ra_assistant.interfaces.markup import element, escape
from ra_assistant.interfaces.page import asset
from ra_assistant.interfaces.shield import refused
from ra_assistant.publishing_wording import OFFICE

COOKIE = "ra_office"
SESSION_SECONDS = 4 * 3600
WINDOW_SECONDS = 600
ATTEMPTS = 5
"""Wrong secrets from one address within a window."""
ATTEMPTS_OF_ALL = 50
"""Wrong secrets from all addresses within a window: behind a proxy, and against many machines."""
MAX_FORM_BYTES = 4096


class OfficeDoor:
    """Lets in who knows the secret."""

    def __init__(
        self, app: ASGIApp, secret: str, prefix: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Guard `app`, all of whose paths begin with `prefix`."""
        self._app = app
        self._digest = _digest(secret)
        self._prefix = prefix
        self._clock = clock
        self._sessions: dict[str, float] = {}
        self._failures: dict[str, deque[float]] = defaultdict(deque)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        path = scope["path"].removeprefix(self._prefix).rstrip("/")
        if scope["method"] != "GET" and not _is_ours(Headers(scope=scope)):
            answer: Response | None = refused(403, OFFICE["elsewhere"])
        elif path == "/entrer" and scope["method"] == "POST":
            answer = await self._enter(Request(scope, receive))
        elif not self._is_known(scope):
            answer = self._form("", 200 if path == "" else 401)
        else:
            answer = None
        await (self._app if answer is None else answer)(scope, receive, send)

    async def _enter(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        if self._is_tired_of(address):
            return self._form(OFFICE["too_many"], 429)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MAX_FORM_BYTES:
                return self._form(OFFICE["wrong"], 413)
        given = parse_qs(body.decode("utf-8", "replace")).get("secret", [""])[0]
        if not hmac.compare_digest(_digest(given), self._digest):
            for name in (address, "*"):
                self._failures[name].append(self._clock())
            return self._form(OFFICE["wrong"], 401)
        token = secrets.token_urlsafe(32)
        self._sessions = {name: end for name, end in self._sessions.items() if end > self._clock()}
        self._sessions[token] = self._clock() + SESSION_SECONDS
        answer = RedirectResponse(self._prefix + "/", 303)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=SESSION_SECONDS,
            path=self._prefix,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    def _is_known(self, scope: Scope) -> bool:
        return self._sessions.get(_token(scope), 0.0) > self._clock()

    def _is_tired_of(self, address: str) -> bool:
        since = self._clock() - WINDOW_SECONDS
        for name in list(self._failures):
            failures = self._failures[name]
            while failures and failures[0] <= since:
                failures.popleft()
            if not failures:
                del self._failures[name]
        found = (len(self._failures.get(name, ())) for name in (address, "*"))
        return any(count >= most for count, most in zip(found, (ATTEMPTS, ATTEMPTS_OF_ALL), strict=True))

    def _form(self, sentence: str, status: int) -> Response:
        complaint = element("p", escape(sentence), role="alert", class_="ra-why") if sentence else ""
        form = element(
            "form",
            element("label", escape(OFFICE["secret_label"]), for_="secret"),
            '<p><input id="secret" name="secret" type="password" autocomplete="current-password" required '
            "autofocus></p>",
            element("button", escape(OFFICE["enter"]), type="submit"),
            method="post",
            action=f"{self._prefix}/entrer",
        )
        body = element("main", element("h1", escape(OFFICE["title"])), complaint, form)
        head = (
            '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">'
            f'<link rel="stylesheet" href="{asset("notice.css")}"><title>{escape(OFFICE["title"])}</title>'
        )
        html = f'<!doctype html><html lang="fr"><head>{head}</head><body>{body}</body></html>'
        return HTMLResponse(html, status, {"cache-control": "no-store"})


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _token(scope: Scope) -> str:
    cookies = SimpleCookie()
    try:
        cookies.load(Headers(scope=scope).get("cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


def _is_ours(headers: Headers) -> bool:
    """Tell whether a request that changes something comes from a page of this server."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")

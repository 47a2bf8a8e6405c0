"""The door of the pages for whoever publishes: a secret, few attempts, a session in a cookie hidden from scripts."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ra_assistant.interfaces.door import client_of, is_own, route_path
from ra_assistant.interfaces.frame import Frame, whole_page
from ra_assistant.interfaces.markup import element, escape
from ra_assistant.interfaces.shield import refused
from ra_assistant.interfaces.site import NO_CHOICE, Site
from ra_assistant.interfaces.site_page import title_of
from ra_assistant.office_wording import OFFICE

COOKIE = "ra_office"
SESSION_SECONDS = 4 * 3600
MAX_SESSIONS = 20
"""The oldest ones end first."""
WINDOW_MINUTES = 10
ATTEMPTS = 5
"""Wrong secrets from one address within a window."""
ATTEMPTS_OF_ALL = 50
"""Wrong secrets from all addresses within a window: many machines guess no faster than a few."""
MAX_FORM_BYTES = 4096
ENTER, LEAVE = "/entrer", "/sortir"


@dataclass(frozen=True, slots=True)
class Plate:
    """What stands on a door."""

    title: str = OFFICE["door_title"]
    notice: str = OFFICE["door_notice"]


class OfficeDoor:
    """Lets in who knows the secret."""

    def __init__(
        self,
        app: ASGIApp,
        secret: str,
        clock: Callable[[], float] = time.monotonic,
        site: Site = NO_CHOICE,
    ) -> None:
        """Guard `app`, mounted at the same path as this, one level below our root; `site` is how it looks."""
        self._app = app
        self._frame = Frame("../", site)
        self._plate = Plate()
        self._digest = _digest(secret)
        self._sessions = _Sessions(clock)
        self._failures = _Failures()

    def beside(self, app: ASGIApp, plate: Plate) -> OfficeDoor:
        """Return a door of another application: same secret, same attempts, same sessions."""
        other = copy(self)
        other._app, other._plate = app, plate
        return other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        answer = await self._answer(scope, receive)
        await (self._app if answer is None else answer)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response | None:
        """Return what stops a request at the door; None when it may go in."""
        path, headers = route_path(scope), Headers(scope=scope)
        changes = scope["method"] not in {"GET", "HEAD"}
        origin = headers.get("origin")
        if changes and origin is not None and not is_own(origin, headers.get("host", "")):
            return refused(403, OFFICE["elsewhere"])
        if path == ENTER and changes:
            return await self._enter(Request(scope, receive))
        if path == LEAVE and changes:
            self._sessions.end(_token(scope))
            return self._home(scope)
        if self._sessions.is_open(_token(scope)):
            return None
        if path == "/" and not changes:
            return _form(self._frame, self._plate, "", 200)
        return refused(401, OFFICE["session_over"])

    async def _enter(self, request: Request) -> Response:
        given = await _given(request)
        address = client_of(request.scope)
        if self._failures.are_many(address):
            return _form(self._frame, self._plate, OFFICE["too_many"], 429)
        if given is None or not hmac.compare_digest(_digest(given), self._digest):
            self._failures.note(address)
            return _form(self._frame, self._plate, OFFICE["wrong"], 401)
        answer = self._home(request.scope)
        answer.set_cookie(
            COOKIE,
            self._sessions.begin(),
            max_age=SESSION_SECONDS,
            path=_root_path(request.scope),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    def _home(self, scope: Scope) -> Response:
        return RedirectResponse(_home_path(scope), 303)


class _Sessions:
    """The sessions that are open, behind whichever door they began."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ends: dict[str, float] = {}

    def begin(self) -> str:
        """Begin a session; return its token."""
        now = self._clock()
        alive = [(name, end) for name, end in self._ends.items() if end > now]
        token = secrets.token_urlsafe(32)
        self._ends = {**dict(alive[-(MAX_SESSIONS - 1) :]), token: now + SESSION_SECONDS}
        return token

    def is_open(self, token: str) -> bool:
        return self._ends.get(token, 0.0) > self._clock()

    def end(self, token: str) -> None:
        self._ends.pop(token, None)


class _Failures:
    """Counts wrong secrets, of each address and of all of them."""

    def __init__(self) -> None:
        self._counting = MovingWindowRateLimiter(MemoryStorage())
        self._of_one = RateLimitItemPerMinute(ATTEMPTS, WINDOW_MINUTES, namespace="one")
        self._of_all = RateLimitItemPerMinute(ATTEMPTS_OF_ALL, WINDOW_MINUTES, namespace="all")

    def are_many(self, address: str) -> bool:
        return not (self._counting.test(self._of_one, address) and self._counting.test(self._of_all))

    def note(self, address: str) -> None:
        self._counting.hit(self._of_one, address)
        self._counting.hit(self._of_all)


async def _given(request: Request) -> str | None:
    """Return the secret that a form gives; None when it is no such form."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM_BYTES:
            return None
    return parse_qs(body.decode("utf-8", "replace")).get("secret", [""])[0]


def _home_path(scope: Scope) -> str:
    return f"{scope.get('root_path', '')}/"


def _root_path(scope: Scope) -> str:
    """Return the path that all doors share: the session is that of each."""
    return f"{str(scope.get('root_path', '')).rpartition('/')[0]}/"


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _token(scope: Scope) -> str:
    cookies = SimpleCookie()
    try:
        cookies.load(Headers(scope=scope).get("cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


def _form(frame: Frame, plate: Plate, sentence: str, status: int) -> Response:
    """Return the page that asks for the secret; `frame` stands one level below our root."""
    complaint = (
        element("p", escape(sentence), role="alert", class_="ra-wrong", id="ra-why") if sentence else ""
    )
    described = ' aria-describedby="ra-why" aria-invalid="true"' if sentence else ""
    field = (
        '<input id="secret" name="secret" type="password" autocomplete="current-password" required autofocus'
        f"{described}>"
    )
    form = element(
        "form",
        element("label", escape(OFFICE["secret_label"]), for_="secret"),
        field,
        element("button", escape(OFFICE["enter"]), type="submit"),
        method="post",
        action=ENTER.removeprefix("/"),
    )
    whose = element("p", frame.brand(), class_="ra-whose")
    title = element("h1", escape(plate.title))
    body = element(
        "main", whose, title, element("p", escape(plate.notice)), complaint, form, class_="ra-door"
    )
    more = '<meta name="robots" content="noindex">'
    head = frame.head(f"{plate.title} – {title_of(frame.site)}", ("office.css",), more=more)
    return HTMLResponse(whole_page(head, body), status, {"cache-control": "no-store"})

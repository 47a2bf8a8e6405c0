"""Who may use the HTTP interfaces and the chat: origins that are listed, limits that a client cannot reset, sizes.

An origin list keeps other sites from using the assistant in their visitors' browsers; it does not
authenticate: a program sends whatever origin it likes, and is held by the limits on its address.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ra_assistant.interfaces.page import refusal_page
from ra_assistant.interfaces.problems import openai_problem, problem, sentence_for
from ra_assistant.interfaces.shield import refused
from ra_assistant.interfaces.words import waiting_time
from ra_assistant.model_guard import VISITOR

MAX_BODY_BYTES = 256 * 1024
"""Thirty exchanges of the longest texts that are read stay below."""
BODY_SECONDS = 15.0
"""How long a request may take to arrive."""
PREFLIGHT_SECONDS = 600

READING_SHARE = 5
"""Pages that an address may read for each question that it may ask: turning pages is no question."""

_GUARDED = re.compile(r"/(?:api|v1|mcp|rapport|simple)(?:/|$)")
_READING = re.compile(r"/rapport(?:/|$)|/api/v1/documents/[^/]+/pages/")
_FOR_PEOPLE = re.compile(r"/(?:rapport|simple)(?:/|$)")
_FILE = re.compile(r"/widget(?:-[0-9a-f]{12})?\.js")
_CHAT = re.compile(r"/gradio_api/queue/join/?")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator allows."""

    origins: tuple[str, ...] = ()
    """Sites that may ask from their pages, as `https://host[:port]`; ours always may."""
    address_per_minute: int = 60
    address_per_day: int = 2000
    origin_per_minute: int = 600


class Door:
    """Stands before the interfaces for other programs and other sites; what is not theirs goes by."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self._rules = rules
        self._limits = _Limits(rules)
        self._reading = _Limits(rules, READING_SHARE)
        self._shared = CORSMiddleware(
            self._limited,
            allow_origins=rules.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "last-event-id"],
            expose_headers=["retry-after", "x-request-id"],
            max_age=PREFLIGHT_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        VISITOR.set(client_of(scope))
        path = route_path(scope)
        is_file = _FILE.fullmatch(path) is not None
        if scope["type"] == "http" and scope["method"] == "POST" and _CHAT.fullmatch(path):
            await (self._unseated(scope) or self._app)(scope, receive, send)
        elif scope["type"] != "http" or not (is_file or _GUARDED.match(path)):
            await self._app(scope, receive, send)
        elif not self._admits(Headers(scope=scope), is_file=is_file):
            await _refusal(scope)(403, "origin_refused", headers={"vary": "origin"})(scope, receive, send)
        else:
            await self._shared(scope, receive, send)

    def _unseated(self, scope: Scope) -> Response | None:
        """Return why the chat takes no question from here, in the form that its page reads; None when it does."""
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        # Behind a proxy that names another host, the browser still says that the page is ours.
        is_ours = origin is None or is_own(origin, headers.get("host", ""))
        if headers.get("sec-fetch-site", "same-origin" if is_ours else "") != "same-origin":
            return refused(403, sentence_for("origin_refused"))
        blocked = self._limits.hit(client_of(scope), "")
        if blocked is None:
            return None
        code, seconds = blocked
        refusal = refused(429, sentence_for(code, wait=waiting_time(seconds)))
        refusal.headers["retry-after"] = str(seconds)
        return refusal

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of an origin that may ask, unless it is one too many or too large."""
        if _FILE.fullmatch(route_path(scope)):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        limits = self._reading if _READING.match(route_path(scope)) else self._limits
        blocked = limits.hit(client_of(scope), origin if origin in self._rules.origins else "")
        if blocked is not None:
            code, seconds = blocked
            sentence = sentence_for(code, wait=waiting_time(seconds))
            await _refusal(scope)(429, code, sentence, {"retry-after": str(seconds)})(scope, receive, send)
            return
        try:
            receive = await _read(headers, receive)
        except _Rejected as rejected:
            refusal = _refusal(scope)(rejected.status, rejected.code, headers={"connection": "close"})
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _admits(self, headers: Headers, *, is_file: bool) -> bool:
        origin = headers.get("origin")
        if origin is not None:
            return origin in self._rules.origins or is_own(origin, headers.get("host", ""))
        # Without an origin: a program, our own page, or what any page may do without reading the answer.
        is_harmless = is_file or headers.get("sec-fetch-mode") == "navigate"
        return is_harmless or headers.get("sec-fetch-site") != "cross-site"


def _refusal(scope: Scope) -> Callable[..., Response]:
    """Return what makes a refusal in the form that the clients of an address read."""
    path = route_path(scope)
    if _FOR_PEOPLE.match(path):
        return _page_refusal("../" * (path.count("/") - 1))
    return openai_problem if path.startswith("/v1/") else problem


def _page_refusal(up: str) -> Callable[..., Response]:
    def refusal(
        status: int, code: str, sentence: str = "", headers: Mapping[str, str] | None = None
    ) -> Response:
        return refusal_page(sentence or sentence_for(code), status, up, headers)

    return refusal


def is_own(origin: str, host: str) -> bool:
    """Tell whether an origin is the host that was asked, whichever scheme a proxy took off."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and parts.netloc.lower() == host.lower()


def route_path(scope: Scope) -> str:
    """Return the path of a request below the address that the server is mounted at."""
    path = str(scope.get("path", ""))
    return path.removeprefix(scope.get("root_path", "")) or "/"


def client_of(scope: Scope) -> str:
    """Return who asks: an IPv4 address, or the network of an IPv6 one, whose owner changes the rest at will."""
    host = str((scope.get("client") or ("", 0))[0])
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address, 64), strict=False).network_address)
    return str(address)


class _Limits:
    """Counts requests per address and per origin; nothing that a client sends begins a count again."""

    def __init__(self, rules: Rules, share: int = 1) -> None:
        """Count as `rules` say, `share` times as many."""
        self._counting = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._minute = RateLimitItemPerMinute(share * rules.address_per_minute, namespace="address")
        self._day = RateLimitItemPerDay(share * rules.address_per_day, namespace="address")
        self._origin_minute = RateLimitItemPerMinute(share * rules.origin_per_minute, namespace="origin")

    def hit(self, client: str, origin: str) -> tuple[str, int] | None:
        """Count a request; return why it is too many and how many seconds to wait, or None."""
        checks: list[tuple[RateLimitItem, str, str]] = [
            (self._minute, client, "too_many"),
            (self._day, client, "too_many_today"),
        ]
        if origin:
            checks.append((self._origin_minute, origin, "too_many"))
        for item, who, code in checks:
            if not self._counting.hit(item, who):
                reset = self._counting.get_window_stats(item, who).reset_time
                return code, max(1, min(item.get_expiry(), math.ceil(reset - time.time())))
        return None


class _Rejected(Exception):
    """A body that is not read to its end."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


async def _read(headers: Headers, receive: Receive) -> Receive:
    """Read a request's body; return what gives it out again.

    Raises:
        _Rejected: it is too large, or too slow.
    """
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
        raise _Rejected(413, "body_too_large")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _body(receive)
    except TimeoutError as error:
        raise _Rejected(408, "body_slow") from error
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size, is_more = 0, True
    while is_more:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        is_more = bool(message.get("more_body"))
        if size > MAX_BODY_BYTES:
            raise _Rejected(413, "body_too_large")
    return b"".join(parts)

"""The HTML around the chat: Gradio's page made French and ours, and the page shown when there is none."""

from __future__ import annotations

import gzip
import json
import re
import threading
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ra_assistant.interfaces.markup import element, escape
from ra_assistant.office_wording import GRADIO, OFFICE
from ra_assistant.wording import CHAT, GRADIO_ENGLISH

BUILDING = threading.Lock()
"""Held while a Gradio page is built: Gradio knows one page under construction in a process."""
STATIC = Path(str(resources.files("ra_assistant.interfaces"))) / "static"
STATIC_ROUTE = "/page"
SCRIPT_WORDS = ("searching", "answer_ready", "erased", "marker_label", "busy", "cut_off", "failed")
"""Keys of the sentences that the page's script says."""

_SOCIAL = re.compile(rb'\s*<meta\s+(?:property="og:|name="twitter:)[^>]*>')
_RESIZER = re.compile(
    rb"<script>\s*\(\(\) => \{(?:(?!</script>).)*iframeResizer(?:(?!</script>).)*</script>", re.S
)


class FrenchPage:
    """Rewrites Gradio's page on its way out: French, our style and script, no address of others."""

    def __init__(self, app: ASGIApp, title: str, head: str | None = None) -> None:
        """Dress the pages of `app`; with a `head` of its own, none of the chat's style, script and first screen."""
        self._app = app
        self._title = title
        self._head = head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if (
            scope["path"].removeprefix(scope.get("root_path", "")) not in ("", "/")
            or scope["method"] != "GET"
        ):
            await self._app(scope, receive, send)
            return
        is_gzip_welcome = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        page = _Page(send, self._title, self._head, is_gzip_welcome=is_gzip_welcome)
        await self._app(_uncompressed(scope), receive, page)


def _uncompressed(scope: Scope) -> Scope:
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": headers}


class _Page:
    """Keeps a response until it is complete, then sends it rewritten."""

    def __init__(self, send: Send, title: str, head: str | None, *, is_gzip_welcome: bool) -> None:
        self._send = send
        self._title = title
        self._head = head
        self._is_gzip_welcome = is_gzip_welcome
        self._start: Message = {}
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._parts.append(message.get("body", b""))
        if message.get("more_body"):
            return
        body = dressed(b"".join(self._parts), self._title, self._head)
        headers = MutableHeaders(scope=self._start)
        headers["cache-control"] = "no-cache"
        headers["vary"] = "accept-encoding"
        if self._is_gzip_welcome:
            body = gzip.compress(body, 6)
            headers["content-encoding"] = "gzip"
        headers["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})


def dressed(page: bytes, title: str, head: str | None = None) -> bytes:
    """Return Gradio's page in French, with our style, script and first screen; or with `head` alone."""
    page = _SOCIAL.sub(b"", page)
    page = _RESIZER.sub(b"", page)
    page = re.sub(rb'<html(\s+)lang="[^"]*"', rb'<html\1lang="fr"', page, count=1)
    page = page.replace(b"<head>", b"<head>" + (head or _head(title)).encode(), 1)
    if head is not None:
        return page
    return re.sub(rb"(<body[^>]*>)", lambda match: match.group(1) + _first_screen().encode(), page, count=1)


def _head(title: str) -> str:
    words = {"words": {key: CHAT[key] for key in SCRIPT_WORDS}, "english": GRADIO_ENGLISH}
    return (
        element("title", escape(title))
        + f'<meta name="description" content="{escape(CHAT["description"])}">'
        + '<meta name="color-scheme" content="light dark">'
        + f'<link rel="stylesheet" href="{beside(asset("chat.css"))}">'
        + f'<link rel="stylesheet" href="{beside(asset("series.css"))}">'
        + f'<script type="application/json" id="ra-words">{json.dumps(words)}</script>'
        + f'<script src="{beside(asset("chat.js"))}"></script>'
    )


def office_head(title: str) -> str:
    """Return what the head of the back office's page holds; its addresses begin at `/publier/`."""
    words = {key: OFFICE[key] for key in ("session_over", "enter_again", "file_too_large", "cut_off")}
    said = {**GRADIO_ENGLISH, **GRADIO}
    return (
        element("title", escape(title))
        + '<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">'
        + f'<link rel="stylesheet" href="../{beside(asset("office.css"))}">'
        + f'<script type="application/json" id="ra-words">{json.dumps({"words": words, "english": said})}</script>'
        + f'<script src="../{beside(asset("office.js"))}"></script>'
        + element("noscript", element("p", escape(OFFICE["no_script"])))
    )


def _first_screen() -> str:
    waiting = element("p", escape(CHAT["loading"]), class_="ra-splash-words")
    script_needed = element("noscript", element("p", escape(CHAT["no_script"])))
    return element("div", waiting, script_needed, id="ra-splash")


@cache
def asset(name: str) -> str:
    """Return the address of one of our files; it changes with the file, which may be kept for ever."""
    return f"{STATIC_ROUTE}/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def beside(address: str) -> str:
    """Return an address of ours as seen from a page at our root, whatever the path a proxy puts before it."""
    return address.removeprefix("/")


def waiting_page(
    title: str = CHAT["loading"], notice: str = CHAT["loading_notice"], *, up: str = ""
) -> HTMLResponse:
    """Return the page shown while the chat is being loaded; it reloads itself.

    Args:
        title: what is said first.
        notice: what is said under it.
        up: the way from the page's address to our root: `../` one level below it.
    """
    return _notice_page(title, notice, "", seconds=2, up=up)


def unavailable_page(sentence: str) -> HTMLResponse:
    """Return the page shown when the index cannot be used; `sentence` says why."""
    return _notice_page(CHAT["unavailable_title"], CHAT["unavailable_notice"], sentence, seconds=10)


def _notice_page(title: str, notice: str, sentence: str, seconds: int, up: str = "") -> HTMLResponse:
    operator = ""
    if sentence:
        operator = element(
            "p", element("strong", escape(CHAT["for_operator"])), "<br>", escape(sentence), class_="ra-why"
        )
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="refresh" content="{seconds}"><meta name="color-scheme" content="light dark">'
        f'<link rel="stylesheet" href="{up}{beside(asset("notice.css"))}"><title>{escape(CHAT["title"])}</title>'
    )
    body = element(
        "main",
        element("p", escape(CHAT["title"]), class_="ra-name"),
        element("h1", escape(title)),
        element("p", escape(notice)),
        operator,
    )
    html = f'<!doctype html><html lang="fr"><head>{head}</head><body>{body}</body></html>'
    return HTMLResponse(html, 503, {"retry-after": str(seconds), "cache-control": "no-store"})

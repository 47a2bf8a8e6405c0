"""The HTML around the chat: Gradio's page made French and ours, and the page shown when there is none."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable, Mapping
from functools import cache, partial
from hashlib import sha256
from importlib import resources
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ra_assistant.interfaces.markup import element, escape
from ra_assistant.interfaces.site import Site
from ra_assistant.interfaces.site_page import colors_css
from ra_assistant.interfaces.words import words_of
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

    def __init__(self, app: ASGIApp, title: str, head: str | None = None, site: Site | None = None) -> None:
        """Dress the pages of `app`; with a `head` of its own, none of the chat's style, script and first screen.

        `site` is what an organisation chose for its chat.
        """
        self._app = app
        self._dress = partial(dressed, title=title, head=head, site=site or Site())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if (
            scope["path"].removeprefix(scope.get("root_path", "")) not in ("", "/")
            or scope["method"] != "GET"
        ):
            await self._app(scope, receive, send)
            return
        is_gzip_welcome = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        page = _Page(send, self._dress, is_gzip_welcome=is_gzip_welcome)
        await self._app(_uncompressed(scope), receive, page)


def _uncompressed(scope: Scope) -> Scope:
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": headers}


class _Page:
    """Keeps a response until it is complete, then sends it rewritten."""

    def __init__(self, send: Send, dress: Callable[[bytes], bytes], *, is_gzip_welcome: bool) -> None:
        self._send = send
        self._dress = dress
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
        body = self._dress(b"".join(self._parts))
        headers = MutableHeaders(scope=self._start)
        headers["cache-control"] = "no-cache"
        headers["vary"] = "accept-encoding"
        if self._is_gzip_welcome:
            body = gzip.compress(body, 6)
            headers["content-encoding"] = "gzip"
        headers["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})


def dressed(page: bytes, title: str, head: str | None = None, site: Site = Site()) -> bytes:  # noqa: B008 - frozen
    """Return Gradio's page in French, with our style, script and first screen; or with `head` alone."""
    page = _SOCIAL.sub(b"", page)
    page = _RESIZER.sub(b"", page)
    page = re.sub(rb'<html(\s+)lang="[^"]*"', rb'<html\1lang="fr"', page, count=1)
    page = page.replace(b"<head>", b"<head>" + (head or _head(title, site)).encode(), 1)
    if head is not None:
        return page
    return re.sub(rb"(<body[^>]*>)", lambda match: match.group(1) + _first_screen().encode(), page, count=1)


def _head(title: str, site: Site) -> str:
    said = {key: CHAT[key] for key in SCRIPT_WORDS} | words_of("chat")["script"]
    words = {"words": said, "english": GRADIO_ENGLISH}
    colors = colors_css(site)
    return (
        element("title", escape(title))
        + f'<meta name="description" content="{escape(CHAT["description"])}">'
        + '<meta name="color-scheme" content="light dark">'
        + f'<link rel="stylesheet" href="{beside(asset("chat.css"))}">'
        + f'<link rel="stylesheet" href="{beside(asset("reading.css"))}">'
        + f'<link rel="stylesheet" href="{beside(asset("panel.css"))}">'
        + f'<link rel="stylesheet" media="print" href="{beside(asset("print.css"))}">'
        + f'<link rel="stylesheet" href="{beside(asset("series.css"))}">'
        + (element("style", colors) if colors else "")
        + f'<script type="application/json" id="ra-words">{json.dumps(words)}</script>'
        + f'<script src="{beside(asset("chat.js"))}"></script>'
        + f'<script defer src="{beside(asset("reading.js"))}"></script>'
        + f'<script defer src="{beside(asset("opinion.js"))}"></script>'
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
    simple = element("a", escape(CHAT["no_script_way"]), href="simple")
    script_needed = element("noscript", element("p", escape(CHAT["no_script"])), element("p", simple))
    return element("div", waiting, script_needed, id="ra-splash")


@cache
def asset(name: str) -> str:
    """Return the address of one of our files; it changes with the file, which may be kept for ever."""
    return f"{STATIC_ROUTE}/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def beside(address: str) -> str:
    """Return an address of ours as seen from a page at our root, whatever the path a proxy puts before it."""
    return address.removeprefix("/")


def waiting_page(
    title: str = CHAT["loading"], notice: str = CHAT["loading_notice"], *, up: str = "", way: str = ""
) -> HTMLResponse:
    """Return the page shown while the chat is being loaded; it reloads itself.

    Args:
        title: what is said first.
        notice: what is said under it.
        up: the way from the page's address to our root: `../` one level below it.
        way: HTML of a link to what can be used meanwhile.
    """
    return _notice_page(title, notice, way, seconds=2, up=up)


def refusal_page(
    sentence: str, status: int, up: str = "", headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """Return the page that says why a request for a page is refused."""
    head = _notice_head(up, f"<title>{escape(CHAT['title'])}</title>")
    body = element(
        "main",
        element("p", escape(CHAT["title"]), class_="ra-name"),
        element("h1", escape(CHAT["refused_title"])),
        element("p", escape(sentence)),
    )
    html = f'<!doctype html><html lang="fr"><head>{head}</head><body>{body}</body></html>'
    return HTMLResponse(html, status, {"cache-control": "no-store", **(headers or {})})


def chat_waiting_page() -> HTMLResponse:
    """Return the page shown at the chat's address while it is loaded, with the way to the chat without scripts."""
    return waiting_page(way=element("p", element("a", escape(CHAT["loading_way"]), href="simple")))


def unavailable_page(sentence: str) -> HTMLResponse:
    """Return the page shown when the index cannot be used; `sentence` says why."""
    operator = element(
        "p", element("strong", escape(CHAT["for_operator"])), "<br>", escape(sentence), class_="ra-why"
    )
    return _notice_page(CHAT["unavailable_title"], CHAT["unavailable_notice"], operator, seconds=10)


def _notice_head(up: str, more: str) -> str:
    return (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<link rel="stylesheet" href="{up}{beside(asset("notice.css"))}">{more}'
    )


def _notice_page(title: str, notice: str, more: str, seconds: int, up: str = "") -> HTMLResponse:
    refresh = f'<meta http-equiv="refresh" content="{seconds}"><title>{escape(CHAT["title"])}</title>'
    head = _notice_head(up, refresh)
    body = element(
        "main",
        element("p", escape(CHAT["title"]), class_="ra-name"),
        element("h1", escape(title)),
        element("p", escape(notice)),
        more,
    )
    html = f'<!doctype html><html lang="fr"><head>{head}</head><body>{body}</body></html>'
    return HTMLResponse(html, 503, {"retry-after": str(seconds), "cache-control": "no-store"})

"""The HTML around the chat: Gradio's page made French and ours, and the pages shown when there is none."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable, Mapping
from functools import partial

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ra_assistant.interfaces.assets import asset, beside
from ra_assistant.interfaces.frame import HOME, MAIN, Frame, whole_page
from ra_assistant.interfaces.markup import element, escape
from ra_assistant.interfaces.site import NO_CHOICE, Site
from ra_assistant.interfaces.site_page import title_of
from ra_assistant.interfaces.words import words_of
from ra_assistant.office_wording import GRADIO, OFFICE
from ra_assistant.wording import CHAT, GRADIO_ENGLISH

BUILDING = threading.Lock()
"""Held while a Gradio page is built: Gradio knows one page under construction in a process."""
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


def dressed(page: bytes, title: str, head: str | None = None, site: Site = NO_CHOICE) -> bytes:
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
    return (
        Frame(site=site).look(
            title, ("gradio.css", "chat.css", "answer.css", "reading.css", "panel.css", "series.css")
        )
        + f'<meta name="description" content="{escape(CHAT["description"])}">'
        + f'<link rel="stylesheet" media="print" href="{beside(asset("print.css"))}">'
        + f'<script type="application/json" id="ra-words">{json.dumps(words)}</script>'
        + f'<script src="{beside(asset("chat.js"))}"></script>'
        + f'<script defer src="{beside(asset("reading.js"))}"></script>'
        + f'<script defer src="{beside(asset("opinion.js"))}"></script>'
    )


def office_head(title: str, frame: Frame) -> str:
    """Return what the head of the back office's page holds; it stands one level below our root."""
    words = {key: OFFICE[key] for key in ("session_over", "enter_again", "file_too_large", "cut_off")}
    said = {**GRADIO_ENGLISH, **GRADIO}
    return (
        frame.look(title, ("gradio.css", "office.css"))
        + '<meta name="robots" content="noindex">'
        + f'<script type="application/json" id="ra-words">{json.dumps({"words": words, "english": said})}</script>'
        + f'<script src="../{beside(asset("office.js"))}"></script>'
        + element("noscript", element("p", escape(OFFICE["no_script"])))
    )


def _first_screen() -> str:
    waiting = element("p", escape(CHAT["loading"]), class_="ra-splash-words")
    simple = element("a", escape(CHAT["no_script_way"]), href="simple")
    script_needed = element("noscript", element("p", escape(CHAT["no_script"])), element("p", simple))
    return element("div", waiting, script_needed, id="ra-splash")


def waiting_page(
    title: str = CHAT["loading"],
    notice: str = CHAT["loading_notice"],
    frame: Frame = HOME,
    way: str = "",
) -> HTMLResponse:
    """Return the page shown while something is being loaded; it reloads itself.

    Args:
        title: what is said first.
        notice: what is said under it.
        frame: where the page stands.
        way: HTML of a link to what can be used meanwhile.
    """
    return _reloading(frame, title, notice, way, seconds=2)


def chat_waiting_page(frame: Frame) -> HTMLResponse:
    """Return the page shown at the chat's address while it is loaded, with the way to the chat without scripts."""
    way = element("p", element("a", escape(CHAT["loading_way"]), href="simple"))
    return waiting_page(frame=frame, way=way)


def refusal_page(
    sentence: str, status: int, up: str = "", headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """Return the page that says why a request for a page is refused."""
    html = _notice(Frame(up), CHAT["refused_title"], sentence)
    return HTMLResponse(html, status, {"cache-control": "no-store", **(headers or {})})


def missing_page(frame: Frame) -> HTMLResponse:
    """Return the page shown at an address that does not exist."""
    body = element(
        "main",
        element("h1", escape(CHAT["missing_title"])),
        element("p", escape(CHAT["missing_notice"]), class_="notice"),
        id=MAIN,
        class_="column",
    )
    return HTMLResponse(frame.page(CHAT["missing_title"], body), 404, {"cache-control": "no-store"})


def unavailable_page(sentence: str, frame: Frame = HOME) -> HTMLResponse:
    """Return the page shown when the index cannot be used; `sentence` says why."""
    operator = element(
        "p", element("strong", escape(CHAT["for_operator"])), "<br>", escape(sentence), class_="ra-why"
    )
    return _reloading(frame, CHAT["unavailable_title"], CHAT["unavailable_notice"], operator, seconds=10)


def _notice(frame: Frame, title: str, notice: str, more: str = "", head: str = "") -> str:
    body = element(
        "main",
        element("p", escape(title_of(frame.site)), class_="ra-name"),
        element("h1", escape(title)),
        element("p", escape(notice)),
        more,
    )
    return whole_page(frame.head(title_of(frame.site), ("notice.css",), more=head), body)


def _reloading(frame: Frame, title: str, notice: str, more: str, seconds: int) -> HTMLResponse:
    refresh = f'<meta http-equiv="refresh" content="{seconds}">'
    html = _notice(frame, title, notice, more, refresh)
    return HTMLResponse(html, 503, {"retry-after": str(seconds), "cache-control": "no-store"})

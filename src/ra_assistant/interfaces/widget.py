"""The widget for other sites: its file, the page for a frame, the page that gives the code, the code."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib import resources
from urllib.parse import urlencode

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from ra_assistant.interfaces.frame import Frame, whole_page
from ra_assistant.interfaces.problems import problem
from ra_assistant.interfaces.site import NO_CHOICE, Site
from ra_assistant.interfaces.words import words_of

SETTINGS = ("mode", "position", "theme", "lang", "color", "heading", "welcome", "starters")
"""What may be chosen, as attributes of the element, of the script's tag, or in a frame's address."""
MAX_SETTING_CHARS = 400
FRAME_HEIGHT = 640
_KEPT = "public, max-age=31536000, immutable"
_REFRESHED = "public, max-age=600"


@cache
def widget_file() -> bytes:
    """Return the widget as it is shipped; `widget/build.py` makes it."""
    return resources.files("ra_assistant.interfaces").joinpath("data/widget.js").read_bytes()


@cache
def versioned_name() -> str:
    """Return the name of this very version of the file."""
    return f"widget-{hashlib.sha256(widget_file()).hexdigest()[:12]}.js"


@cache
def integrity() -> str:
    """Return what a browser checks the file against (Subresource Integrity)."""
    return "sha384-" + base64.b64encode(hashlib.sha384(widget_file()).digest()).decode()


def script_code(home: str, chosen: Mapping[str, str], *, latest: bool = False) -> str:
    """Return the tag that puts the widget in a page.

    Args:
        home: address of the assistant, with a slash at its end.
        chosen: values by name of `SETTINGS`; empty ones are left out.
        latest: whether to follow the updates of the file, which then cannot be checked.
    """
    settings = "".join(f' data-{name}="{escape(value)}"' for name, value in chosen.items() if value)
    if latest:
        return f'<script src="{escape(home)}widget.js" defer{settings}></script>'
    return (
        f'<script src="{escape(home)}{versioned_name()}" integrity="{integrity()}" '
        f'crossorigin="anonymous" defer{settings}></script>'
    )


def frame_code(home: str, chosen: Mapping[str, str]) -> str:
    """Return the frame that shows the assistant in a page that refuses scripts."""
    wanted = {k: v for k, v in chosen.items() if v and k not in {"mode", "position"}}
    query = f"?{urlencode(wanted)}" if wanted else ""
    title = chosen.get("heading") or words_of("widget")["fr"]["heading"]
    return (
        f'<iframe src="{escape(home)}embed{escape(query)}" title="{escape(title)}" width="100%" '
        f'height="{FRAME_HEIGHT}" loading="lazy"></iframe>'
    )


def widget_routes(origins: Sequence[str], site: Site = NO_CHOICE) -> list[BaseRoute]:
    """Return the routes; pages of `origins` may show the frame."""
    ancestors = " ".join(("'self'", *origins))

    async def script(request: Request) -> Response:
        version = request.path_params.get("version")
        if version is not None and f"widget-{version}.js" != versioned_name():
            return problem(404, "not_found")
        headers = {"cache-control": _KEPT if version else _REFRESHED, "vary": "origin"}
        return Response(widget_file(), headers=headers, media_type="text/javascript; charset=utf-8")

    async def frame(request: Request) -> Response:
        return _page(_framed(request.query_params), ancestors)

    async def integrate(_: Request) -> Response:
        return _page(_integrate(origins, site), "'none'")

    files = [Route(path, script) for path in ("/widget.js", "/widget-{version}.js")]
    return [
        *(Route(file.path, GZipMiddleware(file)) for file in files),
        Route("/embed", frame),
        Route("/integrer", integrate),
    ]


def _page(html: str, ancestors: str) -> Response:
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}; require-trusted-types-for 'script'"
    )
    return HTMLResponse(html, headers={"content-security-policy": policy, "cache-control": "no-cache"})


def _framed(query: Mapping[str, str]) -> str:
    chosen = {name: query[name][:MAX_SETTING_CHARS] for name in SETTINGS if query.get(name)}
    chosen["mode"] = "inline"
    settings = "".join(f' {name}="{escape(value)}"' for name, value in chosen.items())
    title = chosen.get("heading") or words_of("widget")["fr"]["heading"]
    head = Frame().head(title, ("embed.css",), more=_script(versioned_name()))
    return whole_page(head, f"<main><ra-assistant{settings}></ra-assistant></main>")


def _integrate(origins: Sequence[str], site: Site) -> str:
    words = words_of("widget")["integrate"]
    template = resources.files("ra_assistant.interfaces").joinpath("data/integrate.html").read_text("utf-8")
    sites = "".join(f"<li>{escape(origin)}</li>" for origin in origins)
    values = {name: escape(text) for name, text in words.items()}
    values["sites"] = f"<ul>{sites}</ul>" if sites else f"<p>{escape(words['nobody'])}</p>"
    values |= {"file": versioned_name(), "integrity": integrity(), "height": str(FRAME_HEIGHT)}
    values["default_heading"] = escape(words_of("widget")["fr"]["heading"])
    body = re.sub(r"\{(\w+)\}", lambda name: values[name.group(1)], template)
    return Frame(site=site).page(
        words["title"],
        body,
        sheets=("integrate.css",),
        scripts=("integrate.js",),
        head=_script(versioned_name()),
    )


def _script(name: str) -> str:
    return f'<script src="{name}" defer></script>'

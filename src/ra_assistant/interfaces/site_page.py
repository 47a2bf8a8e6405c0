"""What an organisation chose, as it is seen on our pages: its logo, its colours, where to write."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ra_assistant.interfaces.assets import beside
from ra_assistant.interfaces.markup import element, escape
from ra_assistant.interfaces.site import Logo, Site
from ra_assistant.interfaces.words import words_of
from ra_assistant.wording import CHAT

_KEPT = "public, max-age=31536000, immutable"
_LOGO_HEADERS = {
    "cache-control": _KEPT,
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}
"""An SVG opened by its address, outside an image, runs nothing either."""


def look_routes(site: Site) -> list[BaseRoute]:
    """Return the routes of the organisation's images and colours."""
    colors = colors_address(site)
    return [*(_logo_route(logo) for logo in site.logos), *([_colors_route(site, colors)] if colors else [])]


def _logo_route(logo: Logo) -> Route:
    async def send(_: Request) -> Response:
        return Response(logo.data, media_type=logo.media_type, headers=_LOGO_HEADERS)

    return Route(logo.address, send)


def _colors_route(site: Site, address: str) -> Route:
    async def send(_: Request) -> Response:
        return Response(colors_css(site), media_type="text/css", headers={"cache-control": _KEPT})

    return Route(address, send)


def colors_address(site: Site) -> str:
    """Return the path of the organisation's colours below our root, empty for none; it changes with them."""
    colors = colors_css(site)
    return f"/couleurs-{sha256(colors.encode()).hexdigest()[:12]}.css" if colors else ""


def colors_css(site: Site) -> str:
    """Return the declarations that replace our colours; empty for none."""
    if site.light is None or site.dark is None:
        return ""
    return (
        f":root{{{site.light.css()}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{site.dark.css()}}}}}"
        f"@media print{{:root{{{site.light.css()}}}}}"
    )


def title_of(site: Site) -> str:
    """Return the title of the chat's page."""
    return str(words_of("site")["page"]["title"]).format(name=site.name) if site.name else CHAT["title"]


def logo_html(site: Site, up: str = "") -> str:
    """Return the organisation's logo, which says its name; empty for none.

    `up` is the way from the page's address to our root.
    """
    if site.logo is None:
        return ""
    image = f'<img src="{up}{beside(site.logo.address)}" alt="{escape(site.name)}" class="ra-logo">'
    if site.dark_logo is None:
        return element("span", image, class_="ra-logo-frame")
    dark = f'<source srcset="{up}{beside(site.dark_logo.address)}" media="(prefers-color-scheme: dark)">'
    return element("picture", dark, image)


def contact_html(site: Site) -> str:
    """Return where to write, said under a refusal; empty when the organisation does not say."""
    if not site.contact:
        return ""
    key = "contact_form" if "//" in site.contact else "contact"
    before, after = words_of("site")["page"][key].split("{contact}")
    return element(
        "p", escape(before), _contact_link(site.contact), escape(after), class_="ra-aside ra-contact"
    )


def _contact_link(contact: str) -> str:
    if "//" in contact:
        shown = (urlsplit(contact).hostname or contact).removeprefix("www.")
        return element("a", escape(shown), href=contact, target="_blank", rel="noopener noreferrer")
    if "@" in contact:
        return element("a", escape(contact), href=f"mailto:{contact}")
    return escape(contact)


def legal_html(site: Site) -> str:
    """Return the link to the legal notice; empty for none."""
    if not site.legal_notice:
        return ""
    words = escape(words_of("site")["page"]["legal_notice"])
    return element(
        "a", words, href=site.legal_notice, target="_blank", rel="noopener noreferrer", class_="ra-legal"
    )

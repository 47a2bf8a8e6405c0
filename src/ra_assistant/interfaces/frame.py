"""The frame of every page: its head, whose assistant this is, the ways from one page to the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ra_assistant.interfaces.assets import asset, beside
from ra_assistant.interfaces.markup import element, escape
from ra_assistant.interfaces.site import NO_CHOICE, Site
from ra_assistant.interfaces.site_page import colors_address, logo_html, title_of
from ra_assistant.report_wording import WAYS
from ra_assistant.wording import CHAT

PLACES = {"chat": "", "report": "rapport", "figures": "chiffres", "simple": "simple"}
"""Where each page that visitors go to stands, below our root; each key names its words in `WAYS`."""
MAIN = "texte"
"""Id of what a page is about."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page has around it."""

    up: str = ""
    """The way from the page's address to the assistant's home: `../` one level below it."""
    site: Site = NO_CHOICE
    """What the organisation chose."""
    publisher: str | None = None
    """Whose reports these are, when the organisation chose no name."""
    here: str = ""
    """Which of `PLACES` the page is or, below our root, belongs to."""

    def page(
        self,
        title: str,
        *body: str,
        sheets: Sequence[str] = (),
        scripts: Sequence[str] = (),
        head: str = "",
        ways: str | None = None,
    ) -> str:
        """Return a whole page.

        Args:
            title: of the page, without the assistant's.
            *body: HTML; one of its elements has `MAIN` as its id.
            sheets: names of our style sheets.
            scripts: names of our scripts.
            head: HTML put last in the head.
            ways: HTML of other ways than those of visitors.
        """
        skip = element("a", escape(WAYS["skip"]), class_="ra-skip", href=f"#{MAIN}")
        name = f"{title} – {title_of(self.site)}"
        return whole_page(self.head(name, sheets, scripts, head), skip + self.top(ways) + "".join(body))

    def head(
        self, title: str, sheets: Sequence[str] = (), scripts: Sequence[str] = (), more: str = ""
    ) -> str:
        """Return what stands in a head: title, look, style sheets, scripts that wait for the page."""
        tags = [
            '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
            self.look(title, ("plain.css", *sheets)),
            *(f'<script src="{self.up}{beside(asset(name))}" defer></script>' for name in scripts),
            more,
        ]
        return "".join(tags)

    def look(self, title: str, sheets: Sequence[str] = ()) -> str:
        """Return title and style sheets: ours, the organisation's colours, those of the page."""
        colors = colors_address(self.site)
        addresses = [asset("look.css"), *([colors] if colors else []), *map(asset, sheets)]
        links = (f'<link rel="stylesheet" href="{self.up}{beside(address)}">' for address in addresses)
        return (
            '<meta name="color-scheme" content="light dark">'
            + element("title", escape(title))
            + "".join(links)
        )

    def top(self, ways: str | None = None) -> str:
        """Return what stands above a page; `ways` are others than those of visitors."""
        return element("header", self.brand(), self.ways() if ways is None else ways, class_="ra-top")

    def brand(self, *, is_title: bool = False) -> str:
        """Return the logo or the name of the organisation and the assistant's: the page's title, or the way home."""
        name = self.site.name or self.publisher or ""
        publisher = (
            element("span", escape(name), class_="ra-publisher") if name and not self.site.logo else ""
        )
        words = element("h1" if is_title else "span", escape(CHAT["title"]), class_="ra-name")
        inner = logo_html(self.site, self.up) + publisher + words
        if is_title:
            return element("div", inner, class_="ra-brand")
        return element("a", inner, class_="ra-brand", href=self.up or "./")

    def ways(self) -> str:
        """Return the ways to the pages for visitors; a narrow window leaves out what stands before `|`."""
        links, current = [], "true" if self.up else "page"
        for key, place in PLACES.items():
            more, _, words = WAYS[key].rpartition("|")
            inner = element("span", escape(more)) * bool(more) + escape(words)
            address = f"{self.up}{place}" or "./"
            links.append(element("a", inner, href=address, aria_current=current if key == self.here else ""))
        return element("nav", *links, aria_label=WAYS["label"], class_="ra-ways")


HOME = Frame()
"""What a page at our root has around it."""


def whole_page(head: str, body: str) -> str:
    """Return a page in French."""
    return f'<!doctype html><html lang="fr"><head>{head}</head><body>{body}</body></html>'

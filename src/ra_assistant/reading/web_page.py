"""Takes out of a page of the web what it says, and writes it as a page that can be kept and read again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urljoin

from lxml import html as lxml_html  # type: ignore[import-untyped]

from ra_assistant.french.words import fold
from ra_assistant.reading.html import decoded, main_part, meta, parsed, title_of
from ra_assistant.reading.html_walk import COUNTERS, INLINE

MIN_PAGES = 3
"""Pages that must show a block before it is held for the frame of the site."""
REPEATED_SHARE = 0.5
"""Share of the pages from which a block is held for the frame of the site."""

_KEPT_ATTRIBUTES = frozenset({"colspan", "rowspan", "alt", "lang", "scope", "start", "headers", *COUNTERS})
_BLOCK_NAMES = (
    "p li h1 h2 h3 h4 h5 h6 dt dd blockquote figcaption table pre address summary caption div section td th"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_WHOLE = frozenset({"table", "pre"})
_DAY = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?")
_PUBLISHED = ("article:published_time", "date", "dcterms.issued", "dc.date", "datepublished")
_MODIFIED = ("article:modified_time", "og:updated_time", "dcterms.modified", "datemodified", "last-modified")


@dataclass(frozen=True, slots=True)
class WebPage:
    """One page, its frame taken off."""

    url: str
    title: str | None
    publisher: str | None
    language: str | None
    """As the page declares it."""
    published: str | None
    """Day that the page gives itself, ISO 8601."""
    modified: str | None
    links: tuple[str, ...]
    """Where it leads, absolute, in its order; those that ask not to be followed are left out."""
    is_indexable: bool
    """False when the page asks programs not to keep it."""
    root: Any
    """The element that holds its content."""

    @property
    def letters(self) -> str:
        """Return the letters and figures of its content: what two copies of it share."""
        return _letters(self.root)

    def blocks(self) -> list[str]:
        """Return the letters of each of its blocks."""
        return [letters for _, letters in _blocks(self.root)]


def read_page(data: bytes, url: str, charset: str | None = None, modified: str | None = None) -> WebPage:
    """Return what a page says, without what surrounds it on the site.

    Args:
        data: the page as it was sent.
        url: where it was found.
        charset: the encoding that the server states; the page's own mark comes first.
        modified: the day of its last change that the server states.

    Raises:
        UnreadableDocument: it cannot be parsed, or is no text.
    """
    text, _ = decoded(data, url, charset)
    page = parsed(text, url)
    robots = (meta(page, "robots") or "").lower()
    links = () if "nofollow" in robots or "none" in robots else tuple(_links(page, url))
    html = page.getroottree().getroot()
    return WebPage(
        url=url,
        title=title_of(page),
        publisher=meta(page, "og:site_name"),
        language=(html.get("lang") or "").strip() or None,
        published=_day(page, _PUBLISHED),
        modified=_day(page, _MODIFIED) or modified,
        links=links,
        is_indexable="noindex" not in robots and "none" not in robots,
        root=main_part(page),
    )


def frame_of(pages: Sequence[WebPage]) -> frozenset[str]:
    """Return the blocks that belong to the site and not to a page: those that most of its pages show."""
    shown = Counter(letters for page in pages for letters in set(page.blocks()))
    floor = max(MIN_PAGES, REPEATED_SHARE * len(pages))
    return frozenset(letters for letters, count in shown.items() if count >= floor and count > 1)


def without(pages: Iterable[WebPage], frame: frozenset[str]) -> None:
    """Take the blocks of the frame out of pages; one that bears a figure stays on the first page that shows it."""
    kept: set[str] = set()
    for page in pages:
        for element, letters in list(_blocks(page.root)):
            if letters not in frame or element is page.root:
                continue
            if any(map(str.isdigit, letters)) and letters not in kept:
                kept.add(letters)
            elif element.getparent() is not None:
                element.drop_tree()


def as_file(page: WebPage) -> bytes:
    """Return the page as it is kept: its content and what it says of itself, nothing that runs or is loaded."""
    for element in page.root.iter():
        for name in [name for name in element.attrib if name not in _KEPT_ATTRIBUTES]:
            del element.attrib[name]
    head = [
        f"<title>{escape(page.title or '')}</title>",
        f'<link rel="canonical" href="{escape(page.url)}">',
        *(
            f'<meta property="{name}" content="{escape(value)}">'
            for name, value in (
                ("og:title", page.title),
                ("og:site_name", page.publisher),
                ("article:published_time", page.published),
                ("article:modified_time", page.modified),
            )
            if value
        ),
    ]
    language = f' lang="{escape(page.language)}"' if page.language else ""
    content = lxml_html.tostring(page.root, encoding="unicode", with_tail=False)
    if page.root.tag != "main":
        content = f"<main>{re.sub(r'^<body>|</body>$', '', content)}</main>"
    lines = [f'<!doctype html>\n<html{language}>\n<head>\n<meta charset="utf-8">', *head, "</head>", "<body>"]
    return "\n".join([*lines, content, "</body>\n</html>\n"]).encode()


def _links(page: Any, url: str) -> Iterator[str]:
    base = url
    for element in page.iter("base"):
        base = _joined(url, element.get("href") or "") or url
        break
    for element in page.iter("a", "area"):
        if element.get("href") and "nofollow" not in (element.get("rel") or "").lower():
            absolute = _joined(base, element.get("href"))
            if absolute.startswith(("http://", "https://")):
                yield absolute


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href.strip())
    except ValueError:
        return ""


def _blocks(root: Any) -> Iterator[tuple[Any, str]]:
    """Yield the smallest blocks below `root` with their letters; a table is one block."""
    for element in root.iter():
        if not isinstance(element.tag, str) or element.tag not in _BLOCKS:
            continue
        if any(above.tag in _WHOLE for above in element.iterancestors()):
            continue
        if element.tag not in _WHOLE and any(
            isinstance(below.tag, str) and below.tag not in INLINE for below in element.iterdescendants()
        ):
            continue
        letters = _letters(element)
        if letters:
            yield element, letters


def _letters(element: Any) -> str:
    return re.sub(r"\W+", "", fold(element.text_content()))


def _day(page: Any, names: Iterable[str]) -> str | None:
    for name in names:
        found = _DAY.match(meta(page, name) or "")
        if found:
            return found.group()
    return None

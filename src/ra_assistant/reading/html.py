"""Reads web pages: what the page is about, without what surrounds it."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree  # type: ignore[import-untyped]
from lxml import html as lxml_html

from ra_assistant.errors import UnreadableDocument
from ra_assistant.reading.assembling import Described, Draft, Piece, assemble
from ra_assistant.reading.decoding import decode
from ra_assistant.reading.html_walk import HEADINGS, SILENT, is_hidden, walk
from ra_assistant.types import BlockKind, Notice

OPENING_CHARS = 3000
MIN_MAIN_SHARE = 0.25
"""A `main` element that holds less than this share of the page's words does not hold its content."""
MAX_NOISE_SHARE = 0.3
"""An element whose class sounds like boilerplate is kept when it holds more than this share of the words."""

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_NOISE_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "menu", "menubar"}
)
_NOISE = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|rgpd|tarteaucitron\w*|axeptio\w*|didomi\w*|onetrust\w*|cmp|"
    r"breadcrumbs?|fil-?d-?ariane|ariane|skip-?links?|evitement|share|sharing|partage|social|socials|"
    r"newsletter|navbar|nav|navigation|menu|pagination|sr-only|visually-hidden|screen-reader-text|"
    r"site-footer|site-header|related|comments?|popup|modal-backdrop|back-to-top)(?:$|[\s_-])",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:199|20\d)\d")


def read(data: bytes, path: str) -> Draft:
    """Return the draft of a web page.

    Raises:
        UnreadableDocument: `damaged`, the page cannot be parsed, or `mislabelled`, it is no text.
    """
    text, notices = decoded(data, path)
    page = parsed(text, path)
    draft = assemble(walk(main_part(page)))
    return Draft(
        text=draft.text,
        blocks=draft.blocks,
        sections=draft.sections,
        seen=_described(page),
        opening=draft.text[:OPENING_CHARS],
        notices=(*notices, *_language_notices(page)),
    )


def decoded(data: bytes, path: str, stated: str | None = None) -> tuple[str, tuple[Notice, ...]]:
    """Return the characters of a page, in the encoding that its server or the page itself states.

    What is UTF-8 byte for byte is UTF-8, whatever is stated: servers often state Latin-1 for all they have.

    Raises:
        UnreadableDocument: `mislabelled`, it is no text.
    """
    declared = _CHARSET.search(data[:4096])
    said = stated or (declared[1].decode("ascii") if declared else None)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return decode(data, path, said)
    return decode(data, path, "utf-8")


def fragment_pieces(source: str) -> list[Piece]:
    """Return the blocks of a piece of a page that stands in another format; nothing when it shows nothing."""
    try:
        root = lxml_html.fragment_fromstring(_clean(source), create_parent="div", parser=_parser())
    except (etree.ParserError, ValueError):
        return []
    return walk(root)


def _clean(source: str) -> str:
    """Return `source` without the control characters and stray surrogates that XML has no place for."""
    return _NOT_XML.sub(" ", source)


def _parser() -> Any:
    return lxml_html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, recover=True)


def parsed(text: str, path: str) -> Any:
    """Return the tree of a page.

    Raises:
        UnreadableDocument: `damaged`, it cannot be parsed.
    """
    try:
        return lxml_html.document_fromstring(
            _XML_DECLARATION.sub("", _clean(text), count=1), parser=_parser()
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableDocument(path, "damaged", f"{path}: {error}") from error


def main_part(page: Any) -> Any:
    """Return the element that holds the page's content, boilerplate taken out of it."""
    body = page.find("body") if page.find("body") is not None else page
    _drop(body, lambda element: element.tag in SILENT or is_hidden(element))
    total = _weight(body)
    root = body
    for query in ("//main", "//*[@role='main']", "//article"):
        found = page.xpath(query)
        if len(found) == 1 and _weight(found[0]) >= MIN_MAIN_SHARE * total:
            root = found[0]
            break
    limit = MAX_NOISE_SHARE * _weight(root)
    _drop(root, lambda element: element is not root and _is_noise(element, limit))
    return root


def _drop(root: Any, is_unwanted: Any) -> None:
    """Remove the unwanted elements below `root`; the words after each stay."""
    for element in list(root.iterdescendants()):
        if isinstance(element.tag, str) and element.getparent() is not None and is_unwanted(element):
            element.drop_tree()


def _weight(element: Any) -> int:
    return len("".join(element.text_content().split()))


def _is_noise(element: Any, limit: float) -> bool:
    """Return whether `element` surrounds the content: navigation, page head and foot, banners."""
    if element.tag in {"nav", "dialog"} or element.get("role") in _NOISE_ROLES:
        return True
    if element.tag in {"footer", "aside", "header"}:
        is_inside = next(element.iterancestors("article", "main", "section", "blockquote"), None) is not None
        return not is_inside and not (element.tag == "header" and _holds_title(element))
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return bool(_NOISE.search(names)) and element.tag not in HEADINGS and _weight(element) <= limit


def _holds_title(element: Any) -> bool:
    return next(element.iter("h1"), None) is not None


def _described(page: Any) -> Described:
    """Return what the page's head says of it; the day of publication is the last resort for a year."""
    published = meta(page, "article:published_time") or meta(page, "date") or meta(page, "dcterms.issued")
    year = _YEAR.match(published or "")
    return Described(
        title=title_of(page),
        year=int(year.group()) if year else None,
        publisher=meta(page, "og:site_name"),
        source_url=_address(page),
    )


def title_of(page: Any) -> str | None:
    """Return the title that a page gives itself."""
    headings = [" ".join(heading.text_content().split()) for heading in page.iter("h1")]
    title = " ".join((page.findtext(".//title") or "").split())
    return (
        meta(page, "og:title")
        or (headings[0] if len(headings) == 1 and headings[0] else None)
        or title
        or None
    )


def _address(page: Any) -> str | None:
    addresses = [
        link.get("href") for link in page.iter("link") if (link.get("rel") or "").lower() == "canonical"
    ]
    candidates = (*addresses, meta(page, "og:url"))
    return next(
        (url.strip() for url in candidates if url and url.strip().startswith(("https://", "http://"))), None
    )


def meta(page: Any, name: str) -> str | None:
    """Return what the head of a page says under a name."""
    for element in page.iter("meta"):
        if (element.get("property") or element.get("name") or "").lower() == name:
            return " ".join((element.get("content") or "").split()) or None
    return None


def _language_notices(page: Any) -> tuple[Notice, ...]:
    language = (page.get("lang") or page.get("{http://www.w3.org/XML/1998/namespace}lang") or "fr").strip()
    return (
        () if language.lower().startswith("fr") or not language else (Notice("not_french", detail=language),)
    )


def demoted(pieces: list[Piece], level: int) -> list[Piece]:
    """Return `pieces` with their headings below a heading of rank `level`."""
    return [
        Piece(piece.kind, piece.text, level=piece.level + level) if piece.kind is BlockKind.HEADING else piece
        for piece in pieces
    ]

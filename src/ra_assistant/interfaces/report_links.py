"""Addresses of the reading room, as seen from the assistant's home, and of a passage on the page it comes from."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from ra_assistant.rendering import ROOM, passage_path
from ra_assistant.types import Document, DocumentKind, Span

HIT = "trouve"
"""Fragment of the search hit that an address opens at."""
_WEB_SUFFIXES = (".html", ".htm")
_WHOLE_CHARS = 80
"""Length up to which a text fragment says all the words that it leads to."""
_END_WORDS = 5


def report_address(document: Document, span: Span | None = None) -> str:
    """Return where the text of a document is read, at a passage when one is given."""
    return f"{ROOM}/{quote(document.id, safe='')}" if span is None else passage_path(document, span)


def page_address(document: Document, page: int, span: Span | None = None) -> str:
    """Return where a page of a PDF is seen, with a passage outlined when one is given."""
    address = f"{ROOM}/{quote(document.id, safe='')}/page/{page}"
    return address if span is None else f"{address}?{_offsets(span)}"


def image_address(
    document: Document, page: int, width: int, span: Span | None = None, version: str = ""
) -> str:
    """Return the image of a page, `width` pixels broad; with its `version`, browsers keep it for ever."""
    settings: dict[str, object] = {"width": width}
    if span is not None:
        settings |= {"debut": span.start, "fin": span.end}
    if version:
        settings["v"] = version
    return f"api/v1/documents/{quote(document.id, safe='')}/pages/{page}.png?{urlencode(settings)}"


def has_images(document: Document) -> bool:
    """Tell whether a document is a PDF, whose pages can be seen."""
    return bool(document.page_starts) and document.path.lower().endswith(".pdf")


def is_of_the_web(document: Document) -> bool:
    """Tell whether a document is a web page in its own words, so that they stand at its address."""
    return document.kind is DocumentKind.ORIGINAL and document.path.lower().endswith(_WEB_SUFFIXES)


def text_fragment(document: Document, span: Span) -> str:
    """Return the directive that opens a web page at a quote, `:~:text=…` (WICG, URL fragment text directives).

    A quote that stands more than once in the document is told by the words before it; a long one, or one
    over several lines, is said by its first and its last words. Empty for a quote without words.
    """
    text = document.text[span.start : span.end].strip()
    words = text.split()
    if not words:
        return ""
    if len(text) <= _WHOLE_CHARS and "\n" not in text:
        parts = [_encoded(text)]
    else:
        first, last = text.split("\n", 1)[0].split(), text.rsplit("\n", 1)[-1].split()
        parts = [_encoded(" ".join(first[:_END_WORDS])), _encoded(" ".join(last[-_END_WORDS:]))]
    before = document.text[: span.start].rsplit("\n", 1)[-1].split()
    if document.text.count(text) > 1 and before:
        parts.insert(0, _encoded(" ".join(before[-_END_WORDS:])) + "-")
    return f":~:text={','.join(parts)}"


def _encoded(words: str) -> str:
    """Return words with every sign that a directive gives a meaning to encoded: comma, ampersand, hyphen."""
    return quote(words, safe="").replace("-", "%2D")


def _offsets(span: Span) -> str:
    return urlencode({"debut": span.start, "fin": span.end})

"""How a place in a report is named: in what a visitor copies, prints and keeps."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ra_assistant.interfaces.conversation import Exchange, Place, find
from ra_assistant.interfaces.markup import element, escape
from ra_assistant.interfaces.panel import Shelf
from ra_assistant.interfaces.words import words_of
from ra_assistant.rendering import citation_json
from ra_assistant.types import Citation, Document, DocumentKind


def reference(document: Document, offset: int | None = None) -> str:
    """Return « Genopole, Rapport d’activité 2020, p. 14 »; a restated text says so, and whom it follows.

    Args:
        document: what is named.
        offset: where in its text; None names the document alone, without page.
    """
    publisher, title = document.publisher or "", document.title
    parts = [title] if publisher.casefold() in title.casefold() else [publisher, title]
    if document.year and str(document.year) not in title:
        parts.append(str(document.year))
    page = document.label_at(offset) if offset is not None else None
    if page is not None:
        parts.append(_words()["page"].format(label=page))
    if document.kind is DocumentKind.RESTATED:
        section = document.section_at(offset) if offset is not None else None
        label = section.source_label if section else None
        bare = "" if _words()["restated_bare"] in title.casefold() else _words()["restated_bare"]
        parts.append(_words()["restated"].format(label=label) if label else bare)
    return ", ".join(part for part in parts if part)


def address(citation: Citation) -> str:
    """Return where the source of a citation is read on the web; empty where it is not."""
    row = citation_json(citation)
    found = row["source_url"] or ""
    try:
        parts = urlsplit(found)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    return f"{found}#page={row['page']}" if row["page"] and found.lower().endswith(".pdf") else found


def kept_of(exchange: Exchange, shelf: Shelf) -> dict[str, Any]:
    """Return what the browser keeps of an exchange, with how each passage is named; that part is never read back."""
    kept = exchange.as_json()
    for places, rows in ((exchange.cited, kept["cited"]), (exchange.nearest, kept["nearest"])):
        for place, row in zip(places, rows, strict=True):
            citation = find(place, shelf.documents)
            row["reference"] = reference(citation.document, citation.start) if citation else ""
            row["address"] = address(citation) if citation else ""
    return kept


def printed_sources(exchange: Exchange, shelf: Shelf) -> str:
    """Return the passages of an answer as they are printed under it, addresses in full; empty for none."""
    places = exchange.cited or exchange.nearest
    rows = [_printed(place, citation) for place in places if (citation := find(place, shelf.documents))]
    return element("ol", *rows, class_="ra-printed") if rows else ""


def _printed(place: Place, citation: Citation) -> str:
    quote = _words()["quote"].format(quote=citation.quote)
    parts = [
        escape(f"[{place.marker}] {quote}"),
        escape(reference(citation.document, citation.start)),
        escape(address(citation)),
    ]
    return element("li", "<br>".join(part for part in parts if part))


def _words() -> dict[str, str]:
    return dict(words_of("chat")["reference"])

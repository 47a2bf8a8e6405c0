"""How a citation is named outside the chat: in what a visitor copies, prints and keeps."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ra_assistant.interfaces.conversation import Exchange, Place, find
from ra_assistant.interfaces.markup import element, escape
from ra_assistant.interfaces.panel import Shelf
from ra_assistant.interfaces.words import words_of
from ra_assistant.rendering import citation_json
from ra_assistant.types import Citation, DocumentKind


def reference(citation: Citation) -> str:
    """Return « Genopole, Rapport d’activité 2020, p. 14 »; a restated text names whom it follows as well."""
    document = citation.document
    names = [document.publisher or "", document.title]
    parts = [names[1]] if names[0].casefold() in names[1].casefold() else names
    if document.year and str(document.year) not in document.title:
        parts.append(str(document.year))
    page = document.label_at(citation.start)
    if page is not None:
        parts.append(_words()["page"].format(label=page))
    section = document.section_at(citation.start)
    if document.kind is DocumentKind.RESTATED and section is not None and section.source_label:
        parts.append(_words()["restated"].format(label=section.source_label))
    return ", ".join(parts)


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
            row["reference"] = reference(citation) if citation else ""
            row["address"] = address(citation) if citation else ""
    return kept


def printed_sources(exchange: Exchange, shelf: Shelf) -> str:
    """Return the passages of an answer as they are printed under it, addresses in full; empty for none."""
    places = exchange.cited or exchange.nearest
    rows = [_printed(place, citation) for place in places if (citation := find(place, shelf.documents))]
    return element("ol", *rows, class_="ra-printed") if rows else ""


def _printed(place: Place, citation: Citation) -> str:
    quote = _words()["quote"].format(quote=citation.quote)
    parts = [escape(f"[{place.marker}] {quote}"), escape(reference(citation)), escape(address(citation))]
    return element("li", "<br>".join(part for part in parts if part))


def _words() -> dict[str, str]:
    return dict(words_of("chat")["reference"])

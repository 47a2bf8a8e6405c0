"""The panel beside the conversation: cited passages with the quote marked in each, or what is consulted."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from ra_assistant.interfaces.conversation import Exchange, Place, find
from ra_assistant.interfaces.markup import (
    answer_anchor,
    element,
    escape,
    heard,
    source_anchor,
    sources_anchor,
    unbroken,
)
from ra_assistant.interfaces.report_links import (
    has_images,
    image_address,
    is_of_the_web,
    page_address,
    report_address,
    text_fragment,
)
from ra_assistant.rendering import citation_json
from ra_assistant.report_wording import REPORT
from ra_assistant.types import Block, BlockKind, Citation, Document, DocumentKind, Outcome, Passage, Span
from ra_assistant.wording import CHAT, source_of

THUMBNAIL_WIDTH = 320
"""Pixels of a page's image, shown at half of that."""
_CLASSES = {BlockKind.LIST_ITEM: "ra-item", BlockKind.TABLE_ROW: "ra-row", BlockKind.KEY_FIGURE: "ra-figure"}


class Shelf:
    """The documents of one build with their passages, ready to be shown."""

    def __init__(self, documents: Sequence[Document], passages: Sequence[Passage]) -> None:
        self.documents: Mapping[str, Document] = {document.id: document for document in documents}
        self._passages: dict[str, list[Passage]] = {}
        for passage in sorted(passages, key=lambda passage: passage.start):
            self._passages.setdefault(passage.document_id, []).append(passage)

    def around(self, citation: Citation) -> Span:
        """Return the passages that a citation stands in, without the headings above its words."""
        passages = self._passages.get(citation.document.id, [])
        touched = [p for p in passages if p.start < citation.end and citation.start < p.end]
        start = min([citation.start, *(passage.start for passage in touched)])
        end = max([citation.end, *(passage.end for passage in touched)])
        for block in blocks_of(citation.document, Span(start, end)):
            if block.kind is not BlockKind.HEADING or block.end > citation.start:
                break
            start = block.end
        return Span(start, end)


def blocks_of(document: Document, span: Span) -> Iterator[Block]:
    """Yield the blocks that share a character with `span`, in order."""
    first = max(0, bisect_right(document.blocks, span.start, key=lambda block: block.start) - 1)
    for block in document.blocks[first:]:
        if block.start >= span.end:
            return
        if block.end > span.start:
            yield block


def panel_html(exchanges: Sequence[Exchange], shelf: Shelf) -> str:
    """Return the panel of a conversation: the passages of the last answer shown, the others ready."""
    last = len(exchanges)
    sections = [
        _section(exchange, turn, shelf, is_shown=turn == last) for turn, exchange in enumerate(exchanges, 1)
    ]
    return element("aside", *(sections or [_idle(shelf)]), aria_label=CHAT["panel_label"])


def _idle(shelf: Shelf) -> str:
    ordered = sorted(shelf.documents.values(), key=lambda document: (-(document.year or 0), document.title))
    return element(
        "section",
        element("h2", escape(CHAT["idle_title"])),
        element("p", escape(CHAT["idle_notice"]), class_="ra-notice"),
        element("h3", escape(CHAT["documents_title"])),
        element("ul", *map(_document_row, ordered), class_="ra-documents"),
        class_="ra-idle",
    )


def _document_row(document: Document) -> str:
    year = element("span", str(document.year), class_="ra-chip") if document.year else ""
    return element("li", new_tab(report_address(document), escape(document.title)), year)


def _section(exchange: Exchange, turn: int, shelf: Shelf, *, is_shown: bool) -> str:
    places, title, notice = _contents(exchange)
    anchor = sources_anchor(turn)
    sources = [_source(place, turn, shelf) for place in places]
    return element(
        "section",
        element("h2", escape(title), id=f"{anchor}-title"),
        element("p", heard(f"{CHAT['asked']} "), escape(unbroken(exchange.question)), class_="ra-asked"),
        element("p", escape(notice), class_="ra-notice") if notice else "",
        element("ol", *sources, class_="ra-list") if sources else "",
        element("a", escape(CHAT["back"]), class_="ra-back", href=f"#{answer_anchor(turn)}"),
        class_="ra-sources",
        id=anchor,
        tabindex=-1,
        aria_labelledby=f"{anchor}-title",
        hidden=not is_shown,
    )


def _contents(exchange: Exchange) -> tuple[Sequence[Place], str, str]:
    """Return the places to show, the title above them and what to say of them."""
    if exchange.cited:
        return exchange.cited, CHAT["sources_title"], ""
    if exchange.nearest:
        return exchange.nearest, CHAT["nearest_title"], CHAT["nearest_notice"]
    if not exchange.outcome and not exchange.stopped:
        return (), CHAT["searching"], ""
    notice = CHAT["none_notice"] if exchange.outcome == Outcome.SMALL_TALK else ""
    return (), CHAT["none_title"], notice


def _source(place: Place, turn: int, shelf: Shelf) -> str:
    citation = find(place, shelf.documents)
    return element(
        "li",
        element("p", heard(CHAT["marker_label"].format(number="")), str(place.marker), class_="ra-number"),
        element(
            "div",
            *(
                _told(citation, shelf)
                if citation
                else [element("p", escape(CHAT["moved"]), class_="ra-notice")]
            ),
            class_="ra-body",
        ),
        class_="ra-source",
        id=source_anchor(turn, place.marker),
        tabindex=-1,
    )


def _told(citation: Citation, shelf: Shelf) -> Iterator[str]:
    """Yield what is shown of a citation: whose words, where, the passage, the way to the source."""
    row = citation_json(citation)
    document = citation.document
    yield element("h3", escape(document.title))
    yield element("p", *facts_of(citation), class_="ra-facts")
    path = [element("span", escape(part)) for part in row["section"] if part != document.title]
    if path:
        step = element("span", "›", class_="ra-step", aria_hidden="true")
        yield element("p", step.join(path), class_="ra-path")
    yield element("blockquote", *passage_html(citation, shelf.around(citation)))
    yield _thumbnail(citation)
    if document.kind is DocumentKind.RESTATED:
        said_above = f" · {row['section'][-1]}" if path else ""
        whose = source_of(citation).removesuffix(said_above)
        yield element("p", escape(whose), class_="ra-whose")
    read = new_tab(report_address(document, span_of(citation)), escape(REPORT["open_in_report"]))
    yield element("p", read, class_="ra-read")
    yield way_out(row["source_url"], row["page"], citation)


def facts_of(citation: Citation) -> Iterator[str]:
    """Yield year and page of a citation."""
    document = citation.document
    page, label = document.page_at(citation.start), document.label_at(citation.start)
    if document.year:
        yield element("span", str(document.year), class_="ra-chip")
    if label is not None:
        yield element("span", escape(CHAT["page"].format(label=label)), class_="ra-chip")
        if label != str(page):
            yield element("span", escape(CHAT["physical_page"].format(page=page)), class_="ra-physical")


def passage_html(citation: Citation, span: Span) -> Iterator[str]:
    """Yield the paragraphs of a passage, the quote between `<mark>` wherever it stands."""
    blocks = list(blocks_of(citation.document, span))
    for block in blocks:
        part = Span(max(block.start, span.start), min(block.end, span.end))
        yield element("p", _quoted(citation, part), class_=_CLASSES.get(block.kind, ""))
    if not blocks:
        yield element("p", _quoted(citation, span))


def _quoted(citation: Citation, part: Span) -> str:
    text = citation.document.text
    start, end = max(part.start, citation.start), min(part.end, citation.end)
    if start >= end:
        return escape(text[part.start : part.end])
    before, quote, after = text[part.start : start], text[start:end], text[end : part.end]
    return escape(before) + element("mark", escape(quote)) + escape(after)


def span_of(citation: Citation) -> Span:
    """Return where a citation stands."""
    return Span(citation.start, citation.end)


def _thumbnail(citation: Citation) -> str:
    """Return a small image of the page with the quote outlined; a browser asks for it when it is shown."""
    document, span = citation.document, span_of(citation)
    page = document.page_at(citation.start)
    if page is None or not has_images(document):
        return ""
    alt = REPORT["page_image_cited"].format(label=document.label_at(citation.start))
    image = (
        f'<img src="{escape(image_address(document, page, THUMBNAIL_WIDTH, span))}" alt="{escape(alt)}"'
        f' loading="lazy" decoding="async" width="{THUMBNAIL_WIDTH // 2}">'
    )
    link = element(
        "a", image, href=page_address(document, page, span), target="_blank", rel="noopener noreferrer"
    )
    return element("p", link, class_="ra-thumbnail")


def way_out(address: str | None, page: int | None, citation: Citation) -> str:
    """Return the link to the source, at the cited page or words; empty without an address of the web."""
    host = web_host(address or "")
    if address is None or not host:
        return ""
    if page is not None and address.lower().endswith(".pdf"):
        address = f"{address}#page={page}"
    elif is_of_the_web(citation.document):
        fragment = text_fragment(citation.document, span_of(citation))
        address = f"{address}{'' if '#' in address else '#'}{fragment}" if fragment else address
    words = escape(CHAT["open_source_on"].format(host=host.removeprefix("www.")))
    return element("p", new_tab(address, words), class_="ra-out")


def new_tab(address: str, words: str) -> str:
    """Return a link that opens a window of its own, which is heard."""
    notice = heard(f" ({CHAT['new_tab']})")
    return element("a", words, notice, href=address, target="_blank", rel="noopener noreferrer")


def web_host(address: str) -> str:
    """Return the host of an address that a visitor may be sent to; empty for any other."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.hostname or "" if parts.scheme in {"http", "https"} else ""

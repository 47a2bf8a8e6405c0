"""The pages of the reading room: the list of reports, the text of one, and why a page cannot be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ra_assistant.interfaces.frame import MAIN, Frame
from ra_assistant.interfaces.markup import element, escape
from ra_assistant.interfaces.panel import web_host
from ra_assistant.interfaces.references import reference
from ra_assistant.interfaces.report_links import has_images, page_address, report_address
from ra_assistant.interfaces.report_text import Entry, TextWriter
from ra_assistant.report_wording import REPORT
from ra_assistant.types import Document, DocumentKind, Span
from ra_assistant.wording import count

SHEETS, SCRIPTS = ("report.css",), ("report.js",)


def room_page(frame: Frame, documents: Sequence[Document]) -> str:
    """Return the list of the reports, in the order given."""
    rows = [_row(frame, document) for document in documents]
    listed = element("ul", *rows, class_="shelf") if rows else element("p", escape(REPORT["empty_room"]))
    body = element(
        "main",
        element("h1", escape(REPORT["room"])),
        element("p", escape(REPORT["room_notice"]), class_="notice"),
        listed,
        id=MAIN,
        class_="room",
    )
    return frame.page(REPORT["room"], body, sheets=SHEETS, scripts=SCRIPTS)


def _row(frame: Frame, document: Document) -> str:
    link = element("a", escape(document.title), href=frame.up + report_address(document))
    return element("li", element("h2", link), facts_html(document))


def facts_html(document: Document) -> str:
    """Return what a document is: year, whose words, length."""
    facts = [element("span", str(document.year), class_="chip")] if document.year else []
    if document.kind is DocumentKind.RESTATED:
        publisher = document.publisher
        said = REPORT["restated"].format(publisher=publisher) if publisher else REPORT["restated_bare"]
        facts.append(element("span", escape(said)))
    elif document.publisher:
        facts.append(element("span", escape(document.publisher)))
    if document.page_starts:
        pages = count(len(document.page_starts), REPORT["one_page"], REPORT["several_pages"])
        facts.append(element("span", escape(pages)))
    words = count(len(document.text.split()), REPORT["one_word"], REPORT["several_words"])
    return element("p", *facts, element("span", escape(words)), class_="facts")


@dataclass(frozen=True, slots=True)
class HitRow:
    """A search hit in the list of those found."""

    rank: int
    """From 1."""
    where: str
    """Printed page, or the heading above; may be empty."""
    snippet: str
    """HTML."""


@dataclass(frozen=True, slots=True)
class SearchView:
    """What a search inside the document gave."""

    query: str
    total: int = 0
    is_whole: bool = True
    current: int = 0
    """Rank of the hit that is shown, from 1."""
    rows: tuple[HitRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportView:
    """One part of a document, ready to be shown."""

    document: Document
    parts: Sequence[Span]
    part: int
    """From 0."""
    outline: Sequence[Entry]
    writer: TextWriter
    quote: Span | None = None
    is_quote_gone: bool = False
    search: SearchView | None = None
    has_original: bool = False
    asked: dict[str, object] = field(default_factory=dict)
    """Settings of the address that other parts keep."""


def report_page(frame: Frame, view: ReportView) -> str:
    """Return the page of a document's text."""
    document = view.document
    title = document.title
    if view.search:
        title = REPORT["title_search"].format(query=view.search.query, title=title)
    head = element(
        "header",
        element("p", element("a", escape(REPORT["to_room"]), href=f"{frame.up}rapport"), class_="back"),
        element("h1", escape(document.title), id="titre"),
        facts_html(document),
        _ways(frame, view),
    )
    article = element(
        "article",
        _search_html(view),
        _gone_html() if view.is_quote_gone else "",
        _part_nav(view, is_first=True),
        element(
            "div",
            view.writer.html(view.parts[view.part]),
            class_="text",
            id=MAIN,
            data_reference=reference(document),
        ),
        _part_nav(view, is_first=False),
        _cited_bar(frame, view),
        _hits_bar(view),
        pick_bar(),
        aria_labelledby="titre",
    )
    main = element("main", head, _outline(view), article, class_="report")
    return frame.page(title, main, sheets=SHEETS, scripts=SCRIPTS)


def _ways(frame: Frame, view: ReportView) -> str:
    document, links = view.document, []
    host = web_host(document.source_url or "")
    if document.source_url and host:
        words = REPORT["source_on"].format(host=host.removeprefix("www."))
        links.append(element("a", escape(words), href=document.source_url, rel="noopener noreferrer"))
    if has_images(document):
        first = frame.up + page_address(document, 1)
        links.append(element("a", escape(REPORT["page_images"]), href=first))
    if view.has_original:
        key = "original" if has_images(document) else "original_file"
        address = f"{frame.up}{report_address(document)}/original"
        links.append(element("a", escape(REPORT[key]), href=address))
    return element("p", *links, class_="ways") if links else ""


def _outline(view: ReportView) -> str:
    if not view.outline:
        inner = element("p", escape(REPORT["no_outline"]))
    else:
        inner = element("ol", *(_entry(view, entry) for entry in view.outline))
    title = element("h2", escape(REPORT["outline"]), id="sommaire")
    return element("nav", title, inner, class_="outline", aria_labelledby="sommaire")


def _entry(view: ReportView, entry: Entry) -> str:
    part = part_at(view.parts, entry.start)
    address = f"#s-{entry.start}" if part == view.part else f"{_part_address(view, part)}#s-{entry.start}"
    level = min(entry.level, 4)
    return element("li", element("a", escape(entry.title), href=address), class_=f"level-{level}")


def part_at(parts: Sequence[Span], offset: int) -> int:
    """Return the rank of the part that holds an offset, from 0."""
    return max((rank for rank, part in enumerate(parts) if part.start <= offset), default=0)


def _part_address(view: ReportView, part: int) -> str:
    return f"?{urlencode({**view.asked, 'partie': part + 1})}"


def _part_nav(view: ReportView, *, is_first: bool) -> str:
    total = len(view.parts)
    if total == 1 or (is_first and view.part == 0):
        return ""
    links = []
    if view.part:
        words = element("span", escape(REPORT["part_previous"]))
        links.append(element("a", words, href=_part_address(view, view.part - 1), rel="prev"))
    links.append(element("span", escape(REPORT["part"].format(part=view.part + 1, total=total))))
    if view.part + 1 < total:
        words = element("span", escape(REPORT["part_next"]))
        links.append(element("a", words, href=_part_address(view, view.part + 1), rel="next"))
    label = REPORT["part_label"] + (" (1)" if is_first else "")
    return element("nav", *links, class_="parts", aria_label=label)


def _search_html(view: ReportView) -> str:
    query = view.search.query if view.search else ""
    box = (
        f'<input type="search" name="q" id="q" value="{escape(query)}" maxlength="200" autocomplete="off">'
        + element("button", escape(REPORT["search_button"]), type="submit")
    )
    form = element(
        "form",
        element("label", escape(REPORT["search_label"]), for_="q"),
        element("div", box),
        action="#trouve",
        method="get",
        role="search",
        data_query=query,
    )
    return element("section", form, _found_html(view), class_="search")


def _found_html(view: ReportView) -> str:
    search = view.search
    if search is None:
        return ""
    clear = element("a", escape(REPORT["search_clear"]), href="?", class_="clear")
    if not search.total:
        words = escape(REPORT["found_none"].format(query=search.query))
        advice = element("p", escape(REPORT["found_advice"]), class_="notice")
        return element("p", words, " ", clear, role="status", class_="found", id="trouve") + advice
    if search.is_whole:
        said = count(search.total, REPORT["one_found"], REPORT["several_found"])
    else:
        near = count(search.total, REPORT["one_near"], REPORT["several_near"])
        said = REPORT["found_near"].format(passages=near)
    rows = element(
        "ol", *(_hit_row(view, row) for row in search.rows), class_="hits", start=search.rows[0].rank
    )
    last = search.rows[-1].rank
    more = ""
    if last < search.total:
        others = count(search.total - last, REPORT["one_other"], REPORT["several_others"])
        more = element("p", escape(REPORT["found_more"].format(passages=others)), class_="notice")
    return (
        element("p", element("strong", escape(said)), " ", clear, role="status", class_="found") + rows + more
    )


def hit_address(query: str, rank: int) -> str:
    """Return the address of a hit, as seen from the page of its document."""
    return f"?{urlencode({'q': query, 'n': rank})}#trouve"


def _hit_row(view: ReportView, row: HitRow) -> str:
    search = view.search
    assert search is not None
    where = element("span", escape(row.where), class_="where") if row.where else ""
    link = element(
        "a",
        where,
        element("span", row.snippet),
        href=hit_address(search.query, row.rank),
        aria_current="true" if row.rank == search.current else "",
    )
    return element("li", link)


def _hits_bar(view: ReportView) -> str:
    search = view.search
    if search is None or not search.total:
        return ""
    words = REPORT["found_rank"].format(rank=search.current, total=search.total)
    links = [element("strong", escape(words))]
    for key, rank, rel in (("previous", search.current - 1, "prev"), ("next", search.current + 1, "next")):
        if 1 <= rank <= search.total:
            links.append(
                element("a", escape(REPORT[key]), href=hit_address(search.query, rank), data_step=rel)
            )
    keys = element("span", escape(REPORT["found_keys"]), class_="keys")
    return element("nav", *links, keys, class_="bar", aria_label=REPORT["found_title"])


def _gone_html() -> str:
    return element("p", escape(REPORT["quote_gone"]), class_="alert", role="alert")


def _cited_bar(frame: Frame, view: ReportView) -> str:
    if view.quote is None:
        return ""
    document, quote = view.document, view.quote
    said = [
        element("strong", escape(REPORT["quoted"])),
        element("span", escape(reference(document, quote.start)), class_="reference"),
        copy_button(document, quote),
    ]
    page = document.page_at(quote.start)
    if page is not None and has_images(document):
        address = frame.up + page_address(document, page, quote)
        said.append(
            element(
                "a", escape(REPORT["page_image"].format(label=document.page_labels[page - 1])), href=address
            )
        )
    return element("aside", *said, class_="bar", aria_label=REPORT["quoted"])


def copy_button(document: Document, quote: Span) -> str:
    """Return the button that copies a quote with its reference; the page's script shows it."""
    text = REPORT["quote"].format(
        quote=" ".join(document.text[quote.start : quote.end].split()),
        reference=reference(document, quote.start),
    )
    return element(
        "button",
        escape(REPORT["copy"]),
        type="button",
        hidden=True,
        data_copy=text,
        data_done=REPORT["copied"],
        data_failed=REPORT["not_copied"],
    )


def pick_bar() -> str:
    """Return the bar that the page's script shows when a visitor selects some of the text."""
    button = element(
        "button",
        escape(REPORT["copy"]),
        type="button",
        data_quote=REPORT["quote"],
        data_page=REPORT["copy_page"],
        data_done=REPORT["copied"],
        data_failed=REPORT["not_copied"],
    )
    return element("div", button, id="pick", class_="bar pick", hidden=True) + element(
        "p", "", id="said", class_="ra-heard", role="status"
    )


def trouble_page(frame: Frame, sentence: str) -> str:
    """Return the page that says why another cannot be shown."""
    body = element(
        "main",
        element("h1", escape(REPORT["trouble"])),
        element("p", escape(sentence), class_="notice"),
        element("p", element("a", escape(REPORT["to_room"]), href=f"{frame.up}rapport")),
        id=MAIN,
        class_="room",
    )
    return frame.page(REPORT["trouble"], body, sheets=SHEETS)

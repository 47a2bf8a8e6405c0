"""The page of the reading room that shows one page of a PDF: its image, the passage outlined, its text beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ra_assistant.interfaces.frame import MAIN, Frame
from ra_assistant.interfaces.markup import element, escape
from ra_assistant.interfaces.references import reference
from ra_assistant.interfaces.report_links import page_address, report_address
from ra_assistant.interfaces.report_page import SCRIPTS, SHEETS, copy_button, pick_bar
from ra_assistant.interfaces.report_text import TextWriter, page_words
from ra_assistant.report_wording import REPORT
from ra_assistant.types import Document, Span

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, as shares of a page's width and height."""


@dataclass(frozen=True, slots=True)
class SheetView:
    """One page of a PDF, ready to be shown."""

    document: Document
    page: int
    writer: TextWriter
    image: str = ""
    """Address of its image; empty when it cannot be shown."""
    next_image: str = ""
    """Address of the image that is likely asked next."""
    height: float = 1.414
    """Height of the page, its width being 1."""
    quote: Span | None = None
    """The passage that is cited, when some of it stands on this page."""
    outline: Sequence[Box] = ()
    trouble: str = ""
    """Why there is no image."""
    open_at: str = ""
    """Address that opens the PDF at this page; empty for none."""


IMAGE_WIDTH = 1000
"""Pixels: body text of an A4 page can be read."""


def sheet_page(frame: Frame, view: SheetView) -> str:
    """Return the page that shows one page of a PDF beside its text."""
    document, page = view.document, view.page
    named = page_words(document, page, key="page_of")
    back = element("a", escape(document.title), href=frame.up + report_address(document), class_="back")
    head = element("header", element("p", back), element("h1", escape(named)), _sheet_ways(frame, view))
    columns = element("div", _sheet_figure(view), _sheet_text(view), class_="sheet")
    title = REPORT["title_page"].format(title=document.title, page=page_words(document, page))
    links = f'<link rel="prefetch" href="{frame.up}{escape(view.next_image)}">' if view.next_image else ""
    main = element(
        "main",
        head,
        _sheet_nav(frame, view),
        columns,
        pick_bar(),
        class_="page",
        data_reference=reference(document),
    )
    return frame.page(title, main, sheets=SHEETS, scripts=SCRIPTS, head=links)


def _sheet_ways(frame: Frame, view: SheetView) -> str:
    document, page = view.document, view.page
    if view.quote is not None:
        text = report_address(document, view.quote)
    else:
        text = f"{report_address(document)}?page={page}#page-{page}"
    links = [element("a", escape(REPORT["read_text"]), href=frame.up + text)]
    if view.open_at:
        words = element("span", escape(f" ({REPORT['new_tab']})"), class_="quiet")
        opened = escape(REPORT["open_at"].format(page=page))
        links.append(
            element("a", opened, words, href=view.open_at, target="_blank", rel="noopener noreferrer")
        )
    return element("p", *links, class_="ways")


def _sheet_nav(frame: Frame, view: SheetView) -> str:
    total, links = len(view.document.page_starts), []
    for key, page, step in (("page_previous", view.page - 1, "prev"), ("page_next", view.page + 1, "next")):
        if 1 <= page <= total:
            address = frame.up + page_address(view.document, page)
            links.append(element("a", escape(REPORT[key]), href=address, rel=step, data_turn=step))
    rank = element("span", escape(REPORT["page_rank"].format(page=view.page, total=total)), class_="rank")
    keys = element("span", escape(REPORT["page_keys"]), class_="keys")
    return element("nav", *links, rank, keys, class_="turns", aria_label=REPORT["page_images"])


def _sheet_figure(view: SheetView) -> str:
    if not view.image:
        why = REPORT["no_image"].format(why=view.trouble)
        return element("div", element("p", escape(why), class_="alert"), class_="image")
    label = view.document.page_labels[view.page - 1] or str(view.page)
    height = round(IMAGE_WIDTH * view.height)
    alt = REPORT["page_image_outlined" if view.outline else "page_image"].format(label=label)
    image = (
        f'<img src="{escape(view.image)}" width="{IMAGE_WIDTH}" height="{height}" alt="{escape(alt)}">'
        + "".join(_outline_svg(view.outline, height))
    )
    said = ""
    if view.quote is not None:
        said = element("figcaption", escape(REPORT["outlined" if view.outline else "not_outlined"]))
    return element("figure", element("div", image, class_="frame"), said, class_="image")


def _outline_svg(outline: Sequence[Box], height: int) -> Iterator[str]:
    if not outline:
        return
    boxes = (
        f'<rect x="{left * IMAGE_WIDTH - 4:.1f}" y="{top * height - 3:.1f}" rx="3"'
        f' width="{(right - left) * IMAGE_WIDTH + 8:.1f}" height="{(bottom - top) * height + 6:.1f}"/>'
        for left, top, right, bottom in outline
    )
    yield (
        f'<svg viewBox="0 0 {IMAGE_WIDTH} {height}" aria-hidden="true" focusable="false">{"".join(boxes)}</svg>'
    )


def _sheet_text(view: SheetView) -> str:
    document = view.document
    span = page_span(document, view.page)
    text = view.writer.html(span, with_pages=False) or element(
        "p", escape(REPORT["page_blank"]), class_="blank"
    )
    bar = ""
    if view.quote is not None:
        named = element("span", escape(reference(document, view.quote.start)), class_="reference")
        bar = element("p", named, copy_button(document, view.quote), class_="cited")
    label = document.page_labels[view.page - 1]
    return element(
        "section",
        element("h2", escape(REPORT["page_text"]), class_="ra-heard"),
        bar,
        element("div", text, class_="text", id=MAIN, data_label=label, data_reference=reference(document)),
        class_="beside",
    )


def page_span(document: Document, page: int) -> Span:
    """Return the range of a physical page's text."""
    starts = [*document.page_starts, len(document.text)]
    return Span(starts[page - 1], starts[page])

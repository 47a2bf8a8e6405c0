"""Reads PDF files: the text in reading order, with the page and the place of every line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

from ra_assistant.errors import UnreadableDocument
from ra_assistant.reading.assembling import Described, Draft, assemble
from ra_assistant.reading.identity import sensible_title
from ra_assistant.reading.pdf_chunks import chunks_of, units_of
from ra_assistant.reading.pdf_columns import Columns, Ground, columns_of, gutters_of
from ra_assistant.reading.pdf_figures import paired, with_units
from ra_assistant.reading.pdf_furniture import Page, body_size, without_furniture
from ra_assistant.reading.pdf_headings import captioned, with_headings
from ra_assistant.reading.pdf_joining import piece_of, rejoined, words_of
from ra_assistant.reading.pdf_lines import fragments_of
from ra_assistant.reading.pdf_order import ordered
from ra_assistant.reading.pdf_source import open_pdf, sheets_of, title_of
from ra_assistant.reading.pdf_tables import extract_tables, with_headers
from ra_assistant.reading.pdf_types import Fragment, Item, Sheet, Table, Unit
from ra_assistant.reading.pdf_whole import whole_lines, with_bullets, with_initials, with_titles
from ra_assistant.types import BlockKind, Notice

OPENING_PAGES = 2
OPENING_CHARS = 3000
HEADLINE_SHARE = 0.6
"""Size, as a share of the largest heading of its page, of what is read with it as the title: a year, a name."""
HEADLINE_PARTS = 3
PICTURE_SHARE = 0.25
"""Share of a page that a picture covers from which a page without text is worth a notice."""

PDFIUM_LOCK = Lock()
"""PDFium must not be called by two threads at once (its documentation, « Threading »)."""


def read(data: bytes, path: str) -> Draft:
    """Return the draft of a PDF file.

    Raises:
        UnreadableDocument: `encrypted`, `damaged`, or `image_only` when no page has text.
    """
    title, pages = _pages(data, path)
    if not any(page.fragments for page in pages):
        raise UnreadableDocument(path, "image_only", f"{path}: no text on {len(pages)} pages; run OCR first")
    body = body_size(pages)
    cleared = without_furniture(pages, body)
    grounds = [
        _ground(page.sheet, fragments) for page, fragments in zip(pages, cleared.fragments, strict=True)
    ]
    gutters = gutters_of(grounds)
    items = [item for ground in grounds for item in _items(ground.sheet, columns_of(ground, gutters), body)]
    items = rejoined(with_headings(with_headers(items), body))
    words = words_of(fragment for fragments in cleared.fragments for fragment in fragments)
    displays = [page.sheet.display for page in pages]
    draft = assemble((piece_of(unit, words, displays) for unit in _units(items)), pages=len(pages))
    headline = sensible_title(title)
    guessed = None if headline else _headline(items)
    return replace(
        draft,
        page_labels=tuple(cleared.labels),
        seen=Described(title=headline or guessed),
        opening="\n".join([*cleared.heads, draft.text[: min(OPENING_CHARS, _end_of_opening(draft))]]),
        notices=_notices(pages, guessed),
    )


def _pages(data: bytes, path: str) -> tuple[str, list[Page]]:
    """Return the file's title, and its pages; glyphs are let go once they are gathered."""
    with PDFIUM_LOCK:
        document = open_pdf(data, path)
        try:
            title = title_of(document)
            pages = [Page(replace(sheet, glyphs=()), fragments_of(sheet)) for sheet in sheets_of(document)]
        finally:
            document.close()
    if all(page.sheet.is_damaged for page in pages):
        raise UnreadableDocument(path, "damaged", f"{path}: none of its {len(pages)} pages can be opened")
    return title, pages


def _ground(sheet: Sheet, fragments: Sequence[Fragment]) -> Ground:
    """Return a page with what stands on it, bullets, initials and titles made whole."""
    return Ground(with_titles(with_bullets(with_initials(fragments), sheet.marks)), sheet)


def _items(sheet: Sheet, columns: Columns, body: float) -> list[Item]:
    """Return what stands on one page in reading order."""
    texts = [_found(sheet, fragments, body) for fragments in columns.texts]
    rest = [item for part in (columns.rest, *columns.asides) for item in _found(sheet, part, body)]
    return captioned(ordered(rest, texts, sheet, body), sheet.images, body)


def _found(sheet: Sheet, fragments: Sequence[Fragment], body: float) -> list[Item]:
    """Return what stands in one part of a page, in any order."""
    tables, left = extract_tables(whole_lines(fragments), sheet)
    units = [unit for chunk in chunks_of(with_units(left)) for unit in units_of(chunk)]
    return [*tables, *paired(units, body)]


def _units(items: Sequence[Item]) -> list[Unit]:
    return [unit for item in items for unit in (item.rows if isinstance(item, Table) else (item,))]


def _headline(items: Sequence[Item]) -> str | None:
    """Return the largest words of the first pages; None when nothing there is set as a heading."""
    opening = [item for item in items if isinstance(item, Unit) and item.page <= OPENING_PAGES]
    headings = [unit for unit in opening if unit.kind is BlockKind.HEADING]
    if not headings:
        return None
    largest = max(headings, key=lambda unit: unit.size)
    words = [
        unit.text
        for unit in headings
        if unit.page == largest.page and unit.size >= HEADLINE_SHARE * largest.size
    ]
    return sensible_title(" ".join(words[:HEADLINE_PARTS])) or sensible_title(largest.text)


def _end_of_opening(draft: Draft) -> int:
    return draft.page_starts[OPENING_PAGES] if len(draft.page_starts) > OPENING_PAGES else len(draft.text)


def _notices(pages: Sequence[Page], guessed: str | None) -> tuple[Notice, ...]:
    notices = [Notice("title_guessed", detail=guessed)] if guessed else []
    for page in pages:
        number = page.sheet.page
        if page.sheet.is_damaged:
            notices.append(Notice("page_unreadable", page=number))
        elif not page.fragments and _is_pictured(page.sheet):
            notices.append(Notice("page_without_text", page=number))
        if page.sheet.is_garbled:
            notices.append(Notice("damaged_accents", page=number))
    return tuple(notices)


def _is_pictured(sheet: Sheet) -> bool:
    surface = sum((box[2] - box[0]) * (box[3] - box[1]) for box in sheet.images)
    return surface >= PICTURE_SHARE * sheet.width * sheet.height

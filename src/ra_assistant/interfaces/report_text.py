"""The text of a document as HTML: headings, lists, tables, page turns, and what is marked in it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from ra_assistant.interfaces.markup import element, escape
from ra_assistant.interfaces.panel import blocks_of, web_host
from ra_assistant.report_wording import REPORT
from ra_assistant.types import Block, BlockKind, Document, Section, Span

PART_CHARS = 40_000
"""Characters of a document from which it is shown in parts: some fifteen printed pages."""
MAX_OUTLINE = 150
"""Headings above which the outline leaves out the deepest ones."""

_BULLET = re.compile(r"[•▪◦‣●■*–—-]\s+")
_NUMBERED = re.compile(r"\(?(?:\d{1,3}|[a-z])[.)]\s")
_WALL = re.compile(r"(?:^|\s)\|(?:\s|$)")
_RUNS = {BlockKind.LIST_ITEM, BlockKind.TABLE_ROW}


class Mark(NamedTuple):
    """A stretch of the text that is shown marked."""

    start: int
    end: int
    look: str
    """Class of the mark."""
    anchor: str = ""
    """Id of its beginning; empty for none."""


class Entry(NamedTuple):
    """A line of the outline."""

    level: int
    """1 for the outermost headings."""
    title: str
    start: int


PageAddress = Callable[[int], str]
"""Returns the address of a physical page's image; empty when there is none."""


def parts_of(document: Document, chars: int = PART_CHARS) -> list[Span]:
    """Return the parts in which a document is shown, in order: a partition of its text, at least one."""
    starts, pages = [0], set(document.page_starts)
    for block in document.blocks:
        length = block.start - starts[-1]
        if length >= 2 * chars or (
            length >= chars and (block.kind is BlockKind.HEADING or block.start in pages)
        ):
            starts.append(block.start)
    return [Span(*bounds) for bounds in pairwise([*starts, len(document.text)])]


def outline_of(document: Document) -> list[Entry]:
    """Return the headings in order; the deepest levels are left out of a long outline."""
    entries = [
        Entry(depth_of(section, document), section.path[-1], section.start)
        for section in document.sections
        if section.path and not (len(section.path) == 1 and section.path[0] == document.title)
    ]
    deepest = max((entry.level for entry in entries), default=1)
    while len(entries) > MAX_OUTLINE and deepest > 1:
        deepest -= 1
        entries = [entry for entry in entries if entry.level <= deepest]
    return entries


def depth_of(section: Section, document: Document) -> int:
    """Return how deep a section lies, from 1; the title of the document is no level of its own."""
    return max(1, len(section.path) - (section.path[0] == document.title))


def page_words(document: Document, page: int, *, key: str = "page") -> str:
    """Return how a physical page is named: by its printed label, and by its rank in the file if it differs."""
    label = document.page_labels[page - 1]
    both = "" if label == str(page) else "_both"
    return REPORT[f"{key}{both}"].format(label=label or page, page=page)


class TextWriter:
    """Writes stretches of one document as HTML."""

    def __init__(
        self, document: Document, marks: Sequence[Mark] = (), page_address: PageAddress | None = None
    ) -> None:
        self._document = document
        self._marks = sorted(marks)
        self._page_address = page_address
        self._sections = {section.start: section for section in document.sections}
        self._level = 0

    def html(self, span: Span, *, with_pages: bool = True) -> str:
        """Return what stands in `span`; with `with_pages`, each page is announced."""
        self._level = 0
        return "".join(self._written(span, with_pages=with_pages))

    def _written(self, span: Span, *, with_pages: bool) -> Iterator[str]:
        blocks = self._blocks(span)
        pages = self._pages(span) if with_pages else []
        run: list[Block] = []
        for block in blocks:
            is_turned = bool(pages) and self._document.page_starts[pages[0] - 1] <= block.start
            if run and (is_turned or block.kind is not run[0].kind):
                yield self._run(run)
                run = []
            while pages and self._document.page_starts[pages[0] - 1] <= block.start:
                yield self._turn(pages.pop(0))
            while pages and self._document.page_starts[pages[0] - 1] < block.end:
                pages.pop(0)  # announced inside the block
            if block.kind in _RUNS:
                run.append(block)
            else:
                yield self._block(block)
        if run:
            yield self._run(run)
        yield from map(self._turn, pages)

    def _blocks(self, span: Span) -> list[Block]:
        """Return the blocks of a stretch, those at its ends cut to it."""
        if not self._document.blocks and span.start < span.end:
            return [Block(BlockKind.PARAGRAPH, *span)]
        return [
            replace(block, start=max(block.start, span.start), end=min(block.end, span.end))
            for block in blocks_of(self._document, span)
        ]

    def _pages(self, span: Span) -> list[int]:
        """Return the pages to announce: the one that `span` begins on and those that begin in it."""
        starts = self._document.page_starts
        if not starts:
            return []
        last = len(starts) if span.end >= len(self._document.text) else bisect_left(starts, span.end)
        begun = bisect_left(starts, span.start) + 1
        first = begun if span.start in starts else max(1, begun - 1)
        return list(range(first, last + 1))

    def _turn(self, page: int) -> str:
        document = self._document
        words = element("span", escape(page_words(document, page)))
        address = self._page_address(page) if self._page_address else ""
        if address:
            words += element("a", escape(REPORT["see_page"]), href=address, aria_label=self._see(page))
        starts = [*document.page_starts, len(document.text)]
        is_blank = not document.text[starts[page - 1] : starts[page]].strip()
        blank = element("p", escape(REPORT["page_blank"]), class_="blank") if is_blank else ""
        label = document.page_labels[page - 1]
        return element("p", words, class_="turn", id=f"page-{page}", data_label=label) + blank

    def _see(self, page: int) -> str:
        return f"{REPORT['see_page']} {self._document.page_labels[page - 1] or page}"

    def _block(self, block: Block) -> str:
        words = self.words(block.start, block.end)
        if block.kind is BlockKind.HEADING:
            return self._heading(block, words)
        look = {BlockKind.KEY_FIGURE: "figure", BlockKind.CAPTION: "caption"}.get(block.kind, "")
        return element("p", words, class_=look)

    def _heading(self, block: Block, words: str) -> str:
        section = self._sections.get(block.start)
        is_title = block.start == self._document.blocks[0].start and (
            self._document.text[block.start : block.end] == self._document.title
        )
        heading = ""
        if not is_title or "<mark" in words:
            depth = depth_of(section, self._document) if section and section.path else 5
            self._level = min(depth, self._level + 1, 5)
            heading = element(f"h{self._level + 1}", words, id=f"s-{block.start}")
        return heading + self._origin(section)

    def _origin(self, section: Section | None) -> str:
        """Return what a section rests on, when it names a page of its own."""
        if section is None or not section.source_url or not web_host(section.source_url):
            return ""
        host = web_host(section.source_url).removeprefix("www.")
        label = REPORT["source"].format(label=section.source_label or host)
        link = element("a", escape(label), href=section.source_url, rel="noopener noreferrer")
        return element("p", link, class_="origin")

    def _run(self, run: Sequence[Block]) -> str:
        if run[0].kind is BlockKind.LIST_ITEM:
            return element("ul", *map(self._item, run))
        return "".join(self._table(rows) for rows in _tables(run, self._document))

    def _item(self, block: Block) -> str:
        text = self._document.text[block.start : block.end]
        bullet = _BULLET.match(text)
        words = self.words(block.start + (bullet.end() if bullet else 0), block.end)
        return element("li", words, class_="numbered" if _NUMBERED.match(text) else "")

    def _table(self, rows: Sequence[Block]) -> str:
        document = self._document
        texts = [document.text[row.start : row.end] for row in rows]
        has_header = len(rows) > 1 and rows[1].context == texts[0]
        cells = [list(cells_of(document.text, row.start, row.end)) for row in rows]
        repeated = [] if has_header else _header_cells(rows[0].context)
        width = max(len(repeated), *map(len, cells))
        if width == 1 or (len(rows) == 1 and not repeated):
            return "".join(element("p", self.words(row.start, row.end), class_="row") for row in rows)
        head = [[escape(text) for text in repeated]] if repeated else []
        if has_header:
            head = [[self.words(*cell) for cell in cells[0]]]
        body = [[self.words(*cell) for cell in row] for row in cells[has_header:]]
        inner = element("thead", *(_row(row, width, "th") for row in head)) if head else ""
        inner += element("tbody", *(_row(row, width, "td") for row in body))
        return element("div", element("table", inner), class_="table", tabindex=0)

    def words(self, start: int, end: int) -> str:
        """Return a stretch of the text, with its marks and the pages that begin inside it."""
        starts = self._document.page_starts
        turns = list(range(bisect_right(starts, start) + 1, bisect_left(starts, end) + 1))
        position, written = start, []
        for page in turns:
            cut = starts[page - 1]
            written.append(self.marked(position, cut))
            words = escape(page_words(self._document, page))
            label = self._document.page_labels[page - 1]
            written.append(element("span", words, class_="turn", id=f"page-{page}", data_label=label) + " ")
            position = cut
        written.append(self.marked(position, end))
        return "".join(written)

    def marked(self, start: int, end: int) -> str:
        """Return a stretch of the text with its marks."""
        text, position, written = self._document.text, start, []
        for mark in self._marks:
            first, last = max(mark.start, position), min(mark.end, end)
            if first >= last:
                continue
            written.append(escape(text[position:first]))
            anchor = mark.anchor if mark.start == first else ""
            written.append(
                element(
                    "mark",
                    escape(text[first:last]),
                    class_=mark.look,
                    id=anchor,
                    tabindex=bool(anchor) and "-1",
                )
            )
            position = last
        return "".join(written) + escape(text[position:end])


def cells_of(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the ranges of a row's cells, empty ones included."""
    position = start
    for wall in _WALL.finditer(text[start:end]):
        yield Span(position, max(position, start + wall.start()))
        position = start + wall.end()
    yield Span(position, end)


def _header_cells(context: str) -> list[str]:
    return [context[first:last] for first, last in cells_of(context, 0, len(context))] if context else []


def _row(cells: Sequence[str], width: int, name: str) -> str:
    if len(cells) == 1 and width > 1:
        return element("tr", element(name, cells[0], colspan=width))
    filled = [*cells, *[""] * (width - len(cells))]
    return element("tr", *(element(name if cell else "td", cell) for cell in filled))


def _tables(rows: Sequence[Block], document: Document) -> Iterator[list[Block]]:
    """Yield the rows of each table: those under one header, the row that is the header included."""
    table: list[Block] = []
    for row in rows:
        goes_on = table and (
            row.context == table[-1].context or row.context == document.text[table[-1].start : table[-1].end]
        )
        if table and not goes_on:
            yield table
            table = []
        table.append(row)
    if table:
        yield table

"""Reads OpenDocument texts: headings, lists, tables with merged cells, frames, footnotes.

Tables of contents, comments, tracked changes, headers and footers are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import odfdo
from lxml.etree import XMLSyntaxError  # type: ignore[import-untyped]
from odfdo import Element

from ra_assistant.errors import UnreadableDocument
from ra_assistant.reading.archives import BAD_ARCHIVE, check_archive
from ra_assistant.reading.assembling import Described, Draft, Piece, assemble
from ra_assistant.reading.grids import Cell, table_pieces
from ra_assistant.reading.identity import sensible_title
from ra_assistant.reading.office import TITLE_LEVEL, Styled, StyleNames, office_pieces
from ra_assistant.types import BlockKind

OPENING_CHARS = 3000
MAX_REPEATED = 50
"""Identical cells or rows written once that are believed; sheets are padded with thousands."""

_MEMBERS = ("content.xml", "styles.xml", "meta.xml")
_MANIFEST = "META-INF/manifest.xml"
_TEXT_TYPE = b"application/vnd.oasis.opendocument.text"
_BLANKS = re.compile(r"[ \t\r\n]+")
_CONTAINERS = frozenset(
    {
        "text:section",
        "text:list-item",
        "text:list-header",
        "draw:text-box",
        "draw:g",
        "text:note-body",
        "draw:frame",
    }
)
_SILENT = frozenset(
    {
        "office:annotation",
        "office:annotation-end",
        "text:tracked-changes",
        "text:note",
        "draw:frame",
        "draw:g",
        "draw:custom-shape",
        "text:ruby-text",
    }
)


def read(data: bytes, path: str) -> Draft:
    """Return the draft of an OpenDocument text.

    Raises:
        UnreadableDocument: `encrypted`, `mislabelled`, `damaged` or `too_large`.
    """
    check_archive(data, path, _MEMBERS)
    _check_type(data, path)
    try:
        document = odfdo.Document(BytesIO(data))
        pieces = office_pieces(_Reader(document).blocks(document.body))
        title = document.meta.title
    except (*BAD_ARCHIVE, XMLSyntaxError, KeyError, AttributeError, TypeError) as error:
        raise UnreadableDocument(path, "damaged", f"{path}: {error}") from error
    draft = assemble(pieces)
    first = next((piece.text for piece in pieces if piece.kind is BlockKind.HEADING), None)
    seen = Described(title=sensible_title(title) or first)
    return replace(draft, seen=seen, opening=draft.text[:OPENING_CHARS])


def _check_type(data: bytes, path: str) -> None:
    """Check that an OpenDocument archive holds a text that is not encrypted.

    Raises:
        UnreadableDocument: `encrypted` or `mislabelled`.
    """
    with ZipFile(BytesIO(data)) as archive:
        names = archive.namelist()
        manifest = archive.read(_MANIFEST) if _MANIFEST in names else b""
        kind = archive.read("mimetype").strip() if "mimetype" in names else _TEXT_TYPE
    if b"encryption-data" in manifest:
        raise UnreadableDocument(path, "encrypted", f"{path}: encrypted; save a copy without password")
    if not kind.startswith(_TEXT_TYPE):
        raise UnreadableDocument(path, "mislabelled", f"{path}: {kind.decode('latin-1')}; expected a text")


class _Reader:
    """Walks the tree of one document."""

    def __init__(self, document: odfdo.Document) -> None:
        self._document = document
        self._names: dict[str, StyleNames] = {}

    def blocks(self, parent: Element, *, is_listed: bool = False) -> Iterator[Styled]:
        """Yield the blocks below an element in order; the first of a list item is that item."""
        for child in parent.children:
            if child.tag == "text:h":
                yield from self._heading(child)
            elif child.tag == "text:p":
                yield from self._paragraph(child, is_listed=is_listed)
                is_listed = False
            elif child.tag == "text:list":
                for item in child.children:
                    yield from self.blocks(item, is_listed=True)
            elif child.tag == "table:table":
                yield from self._table(child)
            elif child.tag in _CONTAINERS:
                yield from self.blocks(child)

    def _heading(self, element: Element) -> Iterator[Styled]:
        level = element.get_attribute_integer("text:outline-level") or 1
        text = " ".join(_shown(element).split("\n"))
        if text:
            yield Styled(Piece(BlockKind.HEADING, text, level=level))
        yield from self._inside(element)

    def _paragraph(self, element: Element, *, is_listed: bool) -> Iterator[Styled]:
        names = self._names_of(element.get_attribute_string("text:style-name") or "")
        text = _shown(element)
        if text:
            is_bold = names.is_table_heading or self._is_bold(element)
            yield Styled(_piece(text, names, is_listed=is_listed), is_bold=is_bold)
        yield from self._inside(element)

    def _inside(self, element: Element) -> Iterator[Styled]:
        """Yield the blocks of the frames and notes that hang on a paragraph."""
        for child in element.children:
            if child.tag in {"draw:frame", "draw:g", "draw:text-box", "draw:custom-shape"}:
                yield from self.blocks(child)
            elif child.tag == "text:note":
                for body in child.children:
                    if body.tag == "text:note-body":
                        yield from self.blocks(body)
            elif child.tag in {"text:span", "text:a"}:
                yield from self._inside(child)

    def _names_of(self, style: str) -> StyleNames:
        """Return the names of a paragraph style and of those it is based on."""
        if style not in self._names:
            names: list[str] = []
            name: str | None = style
            while name and name not in names:
                names.append(name)
                found = self._document.get_style("paragraph", name)
                name = found.get_attribute_string("style:parent-style-name") if found else None
            self._names[style] = StyleNames(tuple(names))
        return self._names[style]

    def _is_bold(self, element: Element) -> bool:
        """Return whether every word of a paragraph is bold by its own formatting."""
        spans = [child for child in element.children if child.tag == "text:span" and _shown(child)]
        covered = sum(len(_shown(span)) for span in spans)
        if spans and covered >= len(_shown(element).replace("\n", "")) - len(spans):
            return all(self._has_bold("text", span) for span in spans)
        return self._has_bold("paragraph", element)

    def _has_bold(self, family: str, element: Element) -> bool:
        style = self._document.get_style(family, element.get_attribute_string("text:style-name") or "")
        properties = style.get_element("style:text-properties") if style else None
        return properties is not None and properties.get_attribute_string("fo:font-weight") == "bold"

    def _table(self, element: Element) -> Iterator[Styled]:
        rows: list[list[Cell]] = []
        heads = 0
        for row, is_head in _rows(element):
            heads += is_head
            rows.append(self._cells(row))
        if max(map(len, rows), default=0) < 2:
            for row, _ in _rows(element):
                for cell in row.children:
                    yield from self.blocks(cell)
            return
        yield from map(Styled, table_pieces(rows, header_rows=heads if 0 < heads < len(rows) else None))

    def _cells(self, row: Element) -> list[Cell]:
        cells: list[Cell] = []
        for element in row.children:
            if element.tag != "table:table-cell":
                continue
            blocks = list(self.blocks(element))
            cell = Cell(
                text=" ".join(" ".join(block.piece.text.split("\n")) for block in blocks),
                colspan=element.get_attribute_integer("table:number-columns-spanned") or 1,
                rowspan=element.get_attribute_integer("table:number-rows-spanned") or 1,
                is_header=bool(blocks) and all(block.is_bold for block in blocks),
            )
            repeated = element.get_attribute_integer("table:number-columns-repeated") or 1
            cells += [cell] * min(repeated, MAX_REPEATED)
        while cells and not cells[-1].text:
            cells.pop()
        return cells


def _piece(text: str, names: StyleNames, *, is_listed: bool) -> Piece:
    if is_listed:
        return Piece(BlockKind.LIST_ITEM, " ".join(text.split("\n")))
    if names.level is not None:
        return Piece(BlockKind.HEADING, " ".join(text.split("\n")), level=max(names.level, TITLE_LEVEL))
    return Piece(BlockKind.CAPTION if names.is_caption else BlockKind.PARAGRAPH, text)


def _rows(table: Element) -> Iterator[tuple[Element, bool]]:
    """Yield the rows of a table, and whether each one heads it."""
    for child in table.children:
        if child.tag == "table:table-row":
            repeated = child.get_attribute_integer("table:number-rows-repeated") or 1
            for _ in range(min(repeated, MAX_REPEATED) if _shown(child) else 1):
                yield child, False
        elif child.tag == "table:table-header-rows":
            yield from ((row, True) for row, _ in _rows(child))
        elif child.tag in {"table:table-rows", "table:table-row-group"}:
            yield from _rows(child)


def _shown(element: Element) -> str:
    """Return the words that an element shows, blanks run together, non-breaking ones kept."""
    lines = "".join(_parts(element)).split("\v")
    tidy = (" ".join(part for part in _BLANKS.sub(" ", line).split(" ") if part) for line in lines)
    return "\n".join(line for line in tidy if line.strip())


def _parts(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element.children:
        if child.tag == "text:line-break":
            yield "\v"
        elif child.tag in {"text:s", "text:tab"}:
            yield " "
        elif child.tag not in _SILENT:
            yield from _parts(child)
        yield child.tail or ""

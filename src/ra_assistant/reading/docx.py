"""Reads Word files: headings by style, lists, tables with merged cells, text boxes, footnotes.

Headers, footers, comments, deleted and hidden text are left out. A Word file has no pages of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from string import hexdigits
from typing import Any

import docx
from docx.opc.exceptions import OpcError
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml.etree import XMLSyntaxError  # type: ignore[import-untyped]

from ra_assistant.errors import UnreadableDocument
from ra_assistant.reading.archives import BAD_ARCHIVE, check_archive
from ra_assistant.reading.assembling import Described, Draft, Piece, assemble
from ra_assistant.reading.grids import Cell, table_pieces
from ra_assistant.reading.identity import sensible_title
from ra_assistant.reading.office import Styled, StyleNames, office_pieces
from ra_assistant.types import BlockKind

OPENING_CHARS = 3000
_MEMBERS = ("word/document.xml", "[Content_Types].xml")
_FOOTNOTES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SILENT = frozenset(map(qn, ("w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:drawing", "w:pict"))) | {_FALLBACK}
_CONTAINERS = frozenset(map(qn, ("w:sdt", "w:sdtContent", "w:ins", "w:moveTo", "w:customXml")))
_CHARACTERS = {qn("w:tab"): " ", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_PLAIN_TABLES = frozenset({"TableGrid", "TableNormal", "Grilledutableau", "TableauNormal"})
_FIRST_ROW = 0x20
"""Bit of a table's look that sets its first row apart (ECMA-376, part 1, section 17.4.55)."""
_ON = frozenset({"1", "true", "on"})
_OFF = frozenset({"0", "false", "off", "none"})


def read(data: bytes, path: str) -> Draft:
    """Return the draft of a Word file.

    Raises:
        UnreadableDocument: `encrypted`, `mislabelled`, `damaged` or `too_large`.
    """
    check_archive(data, path, _MEMBERS)
    try:
        document = docx.Document(BytesIO(data))
        pieces = office_pieces(_Reader(document).blocks(document.element.body))
        title = document.core_properties.title
    except (*BAD_ARCHIVE, OpcError, XMLSyntaxError, KeyError, AttributeError, TypeError) as error:
        reason = "mislabelled" if "content type" in str(error) else "damaged"
        raise UnreadableDocument(path, reason, f"{path}: {error}") from error
    draft = assemble(pieces)
    first = next((piece.text for piece in pieces if piece.kind is BlockKind.HEADING), None)
    seen = Described(title=sensible_title(title) or first)
    return replace(draft, seen=seen, opening=draft.text[:OPENING_CHARS])


class _Reader:
    """Walks the tree of one document."""

    def __init__(self, document: Any) -> None:
        styles = [style for style in document.styles if style.style_id]
        self._styles = {style.style_id: StyleNames(tuple(_names(style))) for style in styles}
        self._listed = {style.style_id for style in styles if _has_numbering(style.element)}
        self._notes: dict[str, list[Styled]] = {}
        for part in (rel.target_part for rel in document.part.rels.values() if rel.reltype == _FOOTNOTES):
            notes = {note.get(qn("w:id")): list(self.blocks(note)) for note in parse_xml(part.blob)}
            self._notes.update(notes)

    def blocks(self, parent: Any) -> Iterator[Styled]:
        """Yield the blocks below an element, those of content controls included."""
        for child in parent:
            if child.tag == qn("w:p"):
                yield from self._paragraph(child)
            elif child.tag == qn("w:tbl"):
                yield from self._table(child)
            elif child.tag in _CONTAINERS:
                yield from self.blocks(child)

    def _paragraph(self, element: Any) -> Iterator[Styled]:
        text = _tidy("".join(_text(element)))
        if text:
            yield Styled(self._piece(element, text), is_bold=_is_bold(element))
        for box in element.iter(qn("w:txbxContent")):
            if not any(outer.tag in {_FALLBACK, qn("w:txbxContent")} for outer in box.iterancestors()):
                yield from self.blocks(box)
        for call in element.iter(qn("w:footnoteReference")):
            yield from self._notes.get(call.get(qn("w:id")), ())

    def _piece(self, element: Any, text: str) -> Piece:
        style = _value(element, "w:pStyle") or ""
        names = self._styles.get(style, StyleNames(()))
        outline = _value(element, "w:outlineLvl") or ""
        level = int(outline) + 1 if outline.isdecimal() and int(outline) < 9 else names.level
        if level is not None:
            return Piece(BlockKind.HEADING, " ".join(text.split("\n")), level=level)
        if names.is_caption:
            return Piece(BlockKind.CAPTION, text)
        if _has_numbering(element) or (style in self._listed and _value(element, "w:numId") != "0"):
            return Piece(BlockKind.LIST_ITEM, " ".join(text.split("\n")))
        return Piece(BlockKind.PARAGRAPH, text)

    def _table(self, element: Any) -> Iterator[Styled]:
        rows = [
            row for row in _children(element, "w:tr") if row.find(f"{qn('w:trPr')}/{qn('w:del')}") is None
        ]
        if max((sum(map(_span, _children(row, "w:tc"))) for row in rows), default=0) < 2:
            for row in rows:
                for cell in _children(row, "w:tc"):
                    yield from self.blocks(cell)
            return
        heads = 0
        while heads < len(rows) and rows[heads].find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None:
            heads += 1
        header_rows = heads if 0 < heads < len(rows) else _styled_header(element)
        yield from map(Styled, table_pieces(self._grid(rows), header_rows=header_rows))

    def _grid(self, rows: list[Any]) -> Iterator[list[Cell]]:
        """Yield the cells of each row, what was merged downwards repeated."""
        above: dict[int, Cell] = {}
        for row in rows:
            cells: list[Cell] = []
            column = 0
            for element in _children(row, "w:tc"):
                merge = element.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
                is_repeated = merge is not None and merge.get(qn("w:val")) != "restart" and column in above
                cell = above[column] if is_repeated else self._cell(element)
                above[column] = cell
                cells.append(replace(cell, colspan=_span(element)))
                column += _span(element)
            yield cells

    def _cell(self, element: Any) -> Cell:
        blocks = list(self.blocks(element))
        text = " ".join(" ".join(block.piece.text.split("\n")) for block in blocks)
        return Cell(text, is_header=bool(blocks) and all(block.is_bold for block in blocks))


def _styled_header(table: Any) -> int | None:
    """Return 1 where the table's style sets its first row apart; None where nothing says so."""
    style = table.find(f"{qn('w:tblPr')}/{qn('w:tblStyle')}")
    look = table.find(f"{qn('w:tblPr')}/{qn('w:tblLook')}")
    if style is None or look is None or style.get(qn("w:val")) in _PLAIN_TABLES:
        return None
    value = look.get(qn("w:val")) or "0"
    bits = int(value, 16) if set(value) <= set(hexdigits) else 0
    return 1 if look.get(qn("w:firstRow")) in _ON or bits & _FIRST_ROW else None


def _children(parent: Any, tag: str) -> list[Any]:
    """Return the children of that tag, those inside content controls included."""
    found: list[Any] = []
    for child in parent:
        if child.tag == qn(tag):
            found.append(child)
        elif child.tag in _CONTAINERS:
            found += _children(child, tag)
    return found


def _span(cell: Any) -> int:
    span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
    value = span.get(qn("w:val")) if span is not None else "1"
    return max(int(value), 1) if value and value.isdecimal() else 1


def _names(style: Any) -> Iterator[str]:
    """Yield the names of a style and of those it is based on."""
    seen: set[str] = set()
    while style is not None and style.style_id not in seen:
        seen.add(style.style_id)
        yield style.name or ""
        style = getattr(style, "base_style", None)


def _value(element: Any, tag: str) -> str | None:
    """Return the value of a property of a paragraph or style; None when it has none."""
    found = next(element.iter(qn(tag)), None) if element.tag != qn("w:p") else None
    properties = element.find(qn("w:pPr"))
    if properties is not None:
        found = next(properties.iter(qn(tag)), None)
    return found.get(qn("w:val")) if found is not None else None


def _has_numbering(element: Any) -> bool:
    number = _value(element, "w:numId")
    return number is not None and number != "0"


def _text(element: Any) -> Iterator[str]:
    """Yield the words that a paragraph shows."""
    for child in element:
        if child.tag in _SILENT or (child.tag == qn("w:r") and _is_on(child, "w:vanish")):
            continue
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag == qn("w:br"):
            yield "\n" if child.get(qn("w:type")) in {None, "textWrapping"} else " "
        elif child.tag in _CHARACTERS:
            yield _CHARACTERS[child.tag]
        else:
            yield from _text(child)


def _is_on(run: Any, tag: str) -> bool:
    found = run.find(f"{qn('w:rPr')}/{qn(tag)}")
    return found is not None and found.get(qn("w:val")) not in _OFF


def _is_bold(paragraph: Any) -> bool:
    """Return whether every word of a paragraph is bold by its own formatting."""
    runs = [run for run in paragraph.iter(qn("w:r")) if "".join(_text(run)).strip()]
    return bool(runs) and all(_is_on(run, "w:b") for run in runs)


def _tidy(text: str) -> str:
    """Return `text` with blanks run together, non-breaking ones kept, line by line."""
    lines = (
        " ".join(part for part in line.replace("\t", " ").split(" ") if part) for line in text.split("\n")
    )
    return "\n".join(line for line in lines if line.strip())

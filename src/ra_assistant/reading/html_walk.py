"""Walks a tree of web elements and yields its blocks in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ra_assistant.reading.assembling import Piece
from ra_assistant.reading.figures import is_figure, is_key_figure, is_year
from ra_assistant.reading.grids import Cell, table_pieces
from ra_assistant.reading.pairing import paired
from ra_assistant.types import BlockKind

HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SILENT = (
    "script style noscript template svg math iframe object embed canvas audio video map button input select "
    "textarea option datalist dialog head title link meta base area col colgroup track source"
)
SILENT = frozenset(_SILENT.split())
_INLINE = (
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr q rp rt ruby "
    "s samp small span strike strong sub sup time tt u var wbr br output picture"
)
INLINE = frozenset(_INLINE.split())
MIN_ALT_CHARS = 30
"""Length from which an image's replacement text says something worth reading."""
COUNTERS = ("data-to-value", "data-count", "data-target", "data-to", "data-value", "data-number", "data-end")
"""Attributes in which animated counters keep the figure that they show after loading."""

_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def is_hidden(element: Any) -> bool:
    """Return whether a browser would not show `element`."""
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(_HIDDEN_STYLE.search(element.get("style") or ""))
    )


def walk(root: Any) -> list[Piece]:
    """Return the blocks below `root`, an lxml element, in reading order."""
    walker = _Walker()
    walker.block(root)
    walker.flush()
    return paired(walker.pieces)


class _Walker:
    """Gathers inline text until a block ends."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self._words: list[str] = []
        self._kinds: list[tuple[BlockKind, str]] = [(BlockKind.PARAGRAPH, "")]

    def flush(self) -> None:
        """End the block that is being gathered."""
        text = _tidy("".join(self._words))
        self._words.clear()
        kind, marker = self._kinds[-1]
        if not any(map(str.isalnum, text)):
            return
        if kind is BlockKind.LIST_ITEM:
            self._kinds[-1] = (BlockKind.PARAGRAPH, "")
        lines = text.split("\n")
        if kind is BlockKind.PARAGRAPH and is_key_figure(lines):
            kind = BlockKind.KEY_FIGURE
        self.pieces.append(Piece(kind, marker + text))

    def block(self, element: Any) -> None:
        """Read what stands in `element`, whatever the element itself is."""
        self._words.append(element.text or "")
        for child in element:
            self._child(child)
            self._words.append(_blank_after(child))

    def _child(self, child: Any) -> None:
        tag = child.tag
        if not isinstance(tag, str) or tag in SILENT or is_hidden(child):
            return
        if tag in INLINE and not _holds_blocks(child):
            self._words.append(_inline_text(child))
            return
        self.flush()
        if tag in HEADINGS:
            self._heading(child, HEADINGS[tag])
        elif tag == "table":
            self._table(child)
        elif tag in {"ul", "ol", "menu"}:
            self._list(child)
        elif tag == "figure":
            self._figure(child)
        elif tag in {"caption", "figcaption"}:
            self._whole(child, BlockKind.CAPTION)
        elif tag == "dl":
            self._definitions(child)
        elif tag == "pre":
            self.pieces.append(Piece(BlockKind.PARAGRAPH, child.text_content().strip()))
        else:
            self.block(child)
        self.flush()

    def _heading(self, element: Any, level: int) -> None:
        text = " ".join(_tidy(_inline_text(element)).split("\n"))
        if any(map(str.isalnum, text)):
            self.pieces.append(Piece(BlockKind.HEADING, text, level=level))

    def _whole(self, element: Any, kind: BlockKind) -> None:
        text = _tidy(_inline_text(element))
        if any(map(str.isalnum, text)):
            self.pieces.append(Piece(kind, text))

    def _list(self, element: Any) -> None:
        number = int(element.get("start") or 1) if (element.get("start") or "1").isdecimal() else 1
        for child in element:
            if child.tag != "li":
                self._child(child)
                continue
            if is_hidden(child):
                continue
            self._kinds.append((BlockKind.LIST_ITEM, f"{number}. " if element.tag == "ol" else ""))
            self.block(child)
            self.flush()
            self._kinds.pop()
            number += 1

    def _definitions(self, element: Any) -> None:
        """Read a list of terms: a term and what is said of it are one block."""
        terms = [child for child in element.iter("dt", "dd") if not is_hidden(child)]
        lines: list[str] = []
        for index, child in enumerate(terms):
            lines.append(" ".join(_tidy(_inline_text(child)).split("\n")))
            is_last = index + 1 == len(terms) or (child.tag == "dd" and terms[index + 1].tag == "dt")
            if is_last and any(lines):
                has_figure = any(map(is_figure, lines)) and len(lines) > 1
                kind = BlockKind.KEY_FIGURE if has_figure else BlockKind.LIST_ITEM
                self.pieces.append(Piece(kind, "\n".join(filter(None, lines))))
                lines = []

    def _figure(self, element: Any) -> None:
        has_caption = next(element.iter("figcaption"), None) is not None
        if not has_caption:
            for image in element.iter("img"):
                self._whole_text((image.get("alt") or "").strip())
        self.block(element)

    def _whole_text(self, text: str) -> None:
        if any(map(str.isalnum, text)):
            self.pieces.append(Piece(BlockKind.CAPTION, _tidy(text)))

    def _table(self, table: Any) -> None:
        rows = [
            row
            for row in table.iter("tr")
            if next(row.iterancestors("table")) is table and not is_hidden(row)
        ]
        cells = [
            [child for child in row if child.tag in {"td", "th"} and not is_hidden(child)] for row in rows
        ]
        for caption in table.iterchildren("caption"):
            self._whole(caption, BlockKind.CAPTION)
        if _is_layout(table, cells):
            for cell in (cell for row in cells for cell in row):
                self.flush()
                self.block(cell)
            return
        heads = sum(row.getparent().tag == "thead" for row in rows)
        self.pieces += table_pieces(
            [[_cell(cell) for cell in row] for row in cells], header_rows=heads or None
        )


def _is_layout(table: Any, cells: list[list[Any]]) -> bool:
    """Return whether a table only places things on the page."""
    if table.get("role") in {"presentation", "none"} or max(map(len, cells), default=0) < 2:
        return True
    return any(element is not table for element in table.iter("table", *HEADINGS))


def _cell(element: Any) -> Cell:
    return Cell(
        text=" ".join(_tidy(_inline_text(element)).split("\n")),
        colspan=_span(element.get("colspan")),
        rowspan=_span(element.get("rowspan")),
        is_header=element.tag == "th",
    )


def _span(value: str | None) -> int:
    return int(value) if value and value.strip().isdecimal() and value.isascii() else 1


def _holds_blocks(element: Any) -> bool:
    """Return whether an inline element, a link for instance, is wrapped around whole blocks."""
    return any(
        isinstance(inner.tag, str) and inner.tag not in INLINE | SILENT for inner in element.iterdescendants()
    )


def _inline_text(element: Any) -> str:
    """Return the words that `element` shows, line breaks as line ends."""
    return "".join(_inline_parts(element))


def _inline_parts(element: Any) -> Iterator[str]:
    tag = element.tag
    if not isinstance(tag, str) or tag in SILENT or is_hidden(element) or _is_note_call(element):
        return
    if tag == "br":
        yield "\x00"
        return
    if tag == "img":
        alt = element.get("alt") or ""
        yield f"\x00{alt}\x00" if len(alt) >= MIN_ALT_CHARS else ""
        return
    is_block = tag not in INLINE
    yield "\x00" if is_block else ""
    yield _counter(element) or element.text or ""
    for child in element:
        yield from _inline_parts(child)
        yield _blank_after(child)
    yield "\x00" if is_block else ""


def _blank_after(child: Any) -> str:
    """Return what stands after an inline element: a line end between a figure and its label.

    Style sheets alone set the two apart where nothing, or a blank, stands between them.
    """
    tail, after, parent = child.tail or "", child.getnext(), child.getparent()
    if tail.strip() or after is None or after.tag not in INLINE - {"sup", "sub"} or child.tag not in INLINE:
        return tail
    if tail and (len(parent) != 2 or (parent.text or "").strip() or (after.tail or "").strip()):
        return tail
    left, right = child.text_content().strip(), after.text_content().lstrip()
    is_pair = is_figure(left) and not is_year(left) and len(right) > 3 and right[:1].isalpha()
    return "\x00" if is_pair else tail


def _counter(element: Any) -> str:
    """Return the figure that an animated counter will show, when the page holds only its start."""
    if (element.text or "").strip() not in {"", "0"}:
        return ""
    return next((value for name in COUNTERS if (value := element.get(name) or "") and is_figure(value)), "")


def _is_note_call(element: Any) -> bool:
    """Return whether `element` is the raised number that calls a footnote."""
    if element.tag != "sup":
        return False
    link = next(element.iter("a"), None)
    return link is not None and "#" in (link.get("href") or "")


def _tidy(text: str) -> str:
    """Return `text` with blanks run together; a null marks a line end that must stay."""
    lines = (_BLANKS.sub(" ", line).strip(" ") for line in text.split("\x00"))
    return "\n".join(line for line in lines if line)

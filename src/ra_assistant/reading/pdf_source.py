"""Opens PDF files with PDFium and says what is drawn on each page; knows nothing of layout.

Scripts and attached files of a PDF are never looked at: no form environment is set up.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from math import hypot
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from ra_assistant.errors import UnreadableDocument
from ra_assistant.reading.assembling import Box
from ra_assistant.reading.pdf_shapes import shapes_of
from ra_assistant.reading.pdf_types import Frame, Glyph, Sheet, Style
from ra_assistant.reading.repair import is_damaged

THIN = 3.5
"""Breadth in points up to which a rectangle is a rule."""
MIN_BOX = 8.0
"""Side in points below which a shape is a mark, not a frame."""
MARK = (1.5, 8.0)
"""Sides in points of a shape that may be a bullet."""
MAX_MARKS = 200
MAX_CHARS = 200_000
"""Characters of a page above which it is not read: thirty times a page of a daily paper, the sign of a trap."""
UPRIGHT_TOLERANCE = 0.1
"""Slope, as a share of the length, up to which text counts as horizontal."""

_BOLD_NAME = re.compile(r"bold|black|heavy|semibold|demi(?!r)|extrab|ultra|-(?:bd|sb|hv)\b", re.IGNORECASE)
_ITALIC_NAME = re.compile(r"ital|obliq|kursiv|-it\b", re.IGNORECASE)
BOLD_WEIGHT = 600
ITALIC_FLAG = 1 << 6
FORCE_BOLD_FLAG = 1 << 18
"""Bits 7 and 19 of a font's flags (ISO 32000-2, table 121)."""

PASSWORD_ERRORS = frozenset({4, 5})
"""PDFium's codes for a wrong password and an unknown security handler (fpdfview.h)."""


def open_pdf(data: bytes, path: str) -> Any:
    """Return the file opened by PDFium; the caller closes it.

    Raises:
        UnreadableDocument: `encrypted` or `damaged`.
    """
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        reason = "encrypted" if error.err_code in PASSWORD_ERRORS else "damaged"
        raise UnreadableDocument(path, reason, f"{path}: {error}") from error
    if len(document) == 0:
        document.close()
        raise UnreadableDocument(path, "damaged", f"{path}: no page; expected at least one")
    return document


def title_of(document: Any) -> str:
    """Return the title among the file's properties; empty when there is none."""
    return str(document.get_metadata_value("Title"))


def sheets_of(document: Any) -> Iterator[Sheet]:
    """Yield each page's sheet, in order; a page that cannot be opened, or is a trap, gives a damaged, empty one."""
    for index in range(len(document)):
        label = document.get_page_label(index).strip()
        try:
            page = document[index]
        except pdfium.PdfiumError:
            yield Sheet(index + 1, 0, 0, label=label, is_damaged=True)
            continue
        try:
            yield _sheet(page, index + 1, label)
        except _Overfull:
            yield Sheet(index + 1, 0, 0, label=label, is_damaged=True)
        finally:
            page.close()


def _sheet(page: Any, number: int, label: str) -> Sheet:
    left, bottom, right, top = page.get_bbox()
    shown = Frame(left, bottom, right - left, top - bottom, page.get_rotation() // 90 % 4)
    drawn, turns = _glyphs(page)
    frame = shown._replace(turns=turns)
    width, height = frame.size
    shapes, images = shapes_of(page, frame)
    return Sheet(
        page=number,
        width=width,
        height=height,
        glyphs=tuple(_upright(drawn, frame, width, height)),
        boxes=tuple(shape for shape in shapes if min(shape[2] - shape[0], shape[3] - shape[1]) >= MIN_BOX),
        rules=tuple(shape for shape in shapes if min(shape[2] - shape[0], shape[3] - shape[1]) <= THIN),
        marks=tuple(shape for shape in shapes if _is_mark(shape))[:MAX_MARKS],
        images=tuple(images),
        label=label,
        is_garbled=is_damaged("".join(glyph.char for glyph in drawn)),
        display=Frame(0, 0, width, height, (shown.turns - turns) % 4),
    )


class _Overfull(Exception):
    """A page holds more than a page can."""


def _is_mark(shape: Box) -> bool:
    width, height = shape[2] - shape[0], shape[3] - shape[1]
    return MARK[0] <= min(width, height) and max(width, height) <= MARK[1] and 0.5 <= width / height <= 2


class _Drawn(NamedTuple):
    """A character in the page's own coordinates."""

    char: str
    box: tuple[float, float, float, float]
    origin: tuple[float, float]
    look: _Look
    source: int


class _Look(NamedTuple):
    """How a drawing command draws its characters; `turns` is None for slanting text."""

    style: Style
    turns: int | None


def _glyphs(page: Any) -> tuple[list[_Drawn], int]:
    """Return the characters in the order in which they are drawn, and how far most of them are turned."""
    textpage = page.get_textpage()
    try:
        if textpage.count_chars() > MAX_CHARS:
            raise _Overfull
        drawn = list(_characters(textpage))
    finally:
        textpage.close()
    directions = Counter(glyph.look.turns for glyph in drawn if glyph.look.turns is not None)
    return drawn, directions.most_common(1)[0][0] if directions else page.get_rotation() // 90 % 4


def _characters(textpage: Any) -> Iterator[_Drawn]:
    """Yield the characters that PDFium finds, spaces included; line ends are left out."""
    handle = textpage.raw
    rect, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    to_rect, to_x, to_y = ctypes.byref(rect), ctypes.byref(x), ctypes.byref(y)
    looks: dict[int, _Look] = {}
    look = _Look(Style(1.0), None)
    source = high = 0
    for index in range(textpage.count_chars()):
        code = raw.FPDFText_GetUnicode(handle, index)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code, high = (0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0), 0
        if code in {0, 0xFFFE, 0xFFFF, 10, 13} or code > 0x10FFFF:
            continue
        raw.FPDFText_GetLooseCharBox(handle, index, to_rect)
        raw.FPDFText_GetCharOrigin(handle, index, to_x, to_y)
        command = raw.FPDFText_GetTextObject(handle, index)
        if command:
            source = address = ctypes.addressof(command.contents)
            if address not in looks:
                looks[address] = _look(handle, index, command)
            look = looks[address]
        box = (rect.left, rect.bottom, rect.right, rect.top)
        yield _Drawn(chr(code), box, (x.value, y.value), look, source)


def _look(handle: Any, index: int, command: Any) -> _Look:
    """Return how the drawing command of the character at `index` draws."""
    matrix = raw.FS_MATRIX()
    if not raw.FPDFText_GetMatrix(handle, index, ctypes.byref(matrix)):
        matrix = raw.FS_MATRIX(1, 0, 0, 1, 0, 0)
    size = raw.FPDFText_GetFontSize(handle, index) * (hypot(matrix.c, matrix.d) or 1.0)
    is_bold, is_italic = _weight(command)
    return _Look(
        Style(round(size, 2) or 1.0, is_bold, is_italic, _color(command)), _turns(matrix.a, matrix.b)
    )


def _turns(a: float, b: float) -> int | None:
    """Return the quarter turns clockwise that make text drawn along (a, b) horizontal; None when slanting."""
    length = hypot(a, b) or 1.0
    if abs(b) <= UPRIGHT_TOLERANCE * length:
        return 0 if a >= 0 else 2
    if abs(a) <= UPRIGHT_TOLERANCE * length:
        return 1 if b > 0 else 3
    return None


def _weight(command: Any) -> tuple[bool, bool]:
    """Return whether a drawing command draws bold, and italic."""
    font = raw.FPDFTextObj_GetFont(command)
    if not font:
        return False, False
    buffer = ctypes.create_string_buffer(256)
    raw.FPDFFont_GetBaseFontName(font, buffer, 256)
    name = buffer.value.decode("latin-1")
    flags = max(raw.FPDFFont_GetFlags(font), 0)
    is_stroked = raw.FPDFTextObj_GetTextRenderMode(command) == raw.FPDF_TEXTRENDERMODE_FILL_STROKE
    is_heavy = raw.FPDFFont_GetWeight(font) >= BOLD_WEIGHT
    is_bold = bool(_BOLD_NAME.search(name)) or is_stroked or is_heavy or bool(flags & FORCE_BOLD_FLAG)
    return is_bold, bool(_ITALIC_NAME.search(name)) or bool(flags & ITALIC_FLAG)


def _color(command: Any) -> int:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    found = raw.FPDFPageObj_GetFillColor(command, *map(ctypes.byref, (red, green, blue, alpha)))
    return (red.value << 16 | green.value << 8 | blue.value) if found else 0


def _upright(drawn: list[_Drawn], frame: Frame, width: float, height: float) -> Iterator[Glyph]:
    """Yield the characters that run from left to right on the upright page and stand on it."""
    left, bottom = frame.left, frame.bottom
    for char, box, origin, look, source in drawn:
        if look.turns != frame.turns:
            continue
        if frame.turns:
            x0, y0, x1, y1 = frame.box(box)
            _, base = frame.point(*origin)
        else:  # spelt out for speed: nearly every page is upright as stored
            x0, y0, x1, y1 = box[0] - left, box[1] - bottom, box[2] - left, box[3] - bottom
            base = origin[1] - bottom
        if -1 <= (x0 + x1) / 2 <= width + 1 and -1 <= (y0 + y1) / 2 <= height + 1:
            yield Glyph(char, x0, x1, base, look.style, source)

"""One page of a PDF file, to be looked at: its image, and where each of its letters stands."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from ra_assistant.errors import UnreadableDocument
from ra_assistant.reading.admission import read_admitted
from ra_assistant.reading.pdf import PDFIUM_LOCK
from ra_assistant.reading.pdf_source import open_pdf
from ra_assistant.reading.pdf_types import Frame

MAX_PIXELS = 6_000_000
"""Of an image: a page that is a thousand times as high as broad is drawn smaller."""
MAX_LETTERS = 60_000
"""Of a page: some ten times a very full one."""
GRAIN = 10_000
"""Steps in which places are told, along the width and along the height."""


class LettersOfPage(NamedTuple):
    """The letters and digits of a page as drawn, in the order of the file."""

    letters: str
    places: list[int]
    """Left, top, right, bottom of each letter in turn, as shares of the page in steps of 1/`GRAIN`."""
    height: float
    """Height of the page as shown, its width being 1."""


def page_image(path: Path, digest: str, page: int, width: int) -> bytes:
    """Return a PNG of a page, 1-based, `width` pixels broad unless that would be too many pixels.

    Raises:
        UnreadableDocument: the file is not the one of this SHA-256 (`changing`), or cannot be drawn.
    """
    with PDFIUM_LOCK, _Opened(path, digest, page) as opened:
        across, down = max(1.0, opened.get_width()), max(1.0, opened.get_height())
        scale = min(width / across, (MAX_PIXELS / (across * down)) ** 0.5)
        image = opened.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
        written = BytesIO()
        image.save(written, "PNG", compress_level=6)
        return written.getvalue()


def page_letters(path: Path, digest: str, page: int) -> LettersOfPage:
    """Return where the letters of a page, 1-based, stand.

    Raises:
        UnreadableDocument: as `page_image`.
    """
    with PDFIUM_LOCK, _Opened(path, digest, page) as opened:
        left, bottom, right, top = opened.get_bbox()
        frame = Frame(left, bottom, right - left, top - bottom, opened.get_rotation() // 90 % 4)
        textpage = opened.get_textpage()
        try:
            found = list(_letters(textpage, frame))
        finally:
            textpage.close()
        width, height = (max(1.0, side) for side in frame.size)
    return LettersOfPage(
        "".join(letter for letter, _ in found),
        [step for _, box in found for step in _steps(box, width, height)],
        height / width,
    )


class _Opened:
    """A page of a file whose bytes were checked; closed when it is left."""

    def __init__(self, path: Path, digest: str, page: int) -> None:
        self._name = path.name
        data = read_admitted(path, path.name)
        if sha256(data).hexdigest() != digest:
            raise UnreadableDocument(self._name, "changing", f"{path}: not the file that was read")
        self._document = open_pdf(data, self._name)
        self._page = page

    def __enter__(self) -> Any:
        try:
            return self._document[self._page - 1]
        except (pdfium.PdfiumError, IndexError) as error:
            self._document.close()
            reason = f"{self._name}: page {self._page}: {error}"
            raise UnreadableDocument(self._name, "damaged", reason) from error

    def __exit__(self, *_: object) -> None:
        self._document.close()


def _letters(textpage: Any, frame: Frame) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Yield the letters and digits of a page with their boxes, upright, y growing upwards."""
    rect = raw.FS_RECTF()
    for index in range(min(textpage.count_chars(), MAX_LETTERS)):
        code = raw.FPDFText_GetUnicode(textpage.raw, index)
        if not 0 < code < 0x110000 or 0xD800 <= code < 0xE000 or not chr(code).isalnum():
            continue
        raw.FPDFText_GetLooseCharBox(textpage.raw, index, ctypes.byref(rect))
        yield chr(code), frame.box((rect.left, rect.bottom, rect.right, rect.top))


def _steps(box: tuple[float, float, float, float], width: float, height: float) -> Iterator[int]:
    """Yield left, top, right, bottom of a box in steps of the page, kept inside it."""
    x0, y0, x1, y1 = box
    for share in (x0 / width, 1 - y1 / height, x1 / width, 1 - y0 / height):
        yield min(max(round(share * GRAIN), 0), GRAIN)

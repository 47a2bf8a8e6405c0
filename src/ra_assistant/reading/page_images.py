"""Images of the pages of a PDF file, to be looked at beside what was read of them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium

from ra_assistant.reading.admission import read_admitted
from ra_assistant.reading.pdf import PDFIUM_LOCK
from ra_assistant.reading.pdf_source import open_pdf

WIDTH_PIXELS = 640
"""Broad enough to read body text, small enough for a report of a hundred pages in one file."""
MAX_PAGES = 200
JPEG_QUALITY = 60


def page_images(path: Path) -> list[bytes]:
    """Return a JPEG of each of the first pages of a PDF, in order; an empty one for a page that is damaged.

    Raises:
        UnreadableDocument: the file cannot be opened.
    """
    data = read_admitted(path, path.name)
    with PDFIUM_LOCK:
        document = open_pdf(data, path.name)
        try:
            return [_image(document, index) for index in range(min(len(document), MAX_PAGES))]
        finally:
            document.close()


def _image(document: Any, index: int) -> bytes:
    try:
        page = document[index]
        bitmap = page.render(scale=WIDTH_PIXELS / max(1.0, page.get_width()), may_draw_forms=False)
    except pdfium.PdfiumError:
        return b""
    written = BytesIO()
    bitmap.to_pil().convert("RGB").save(written, "JPEG", quality=JPEG_QUALITY)
    page.close()
    return written.getvalue()

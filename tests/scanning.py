"""A scanned page, and a program that stands for OCRmyPDF where it is not installed."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium

from tests.reading_fixtures import pdf, write

SENTENCE = "L'agence a accueilli 43 nouvelles entreprises en 2024."


def written() -> bytes:
    """Return a PDF of one page with a title and a sentence."""

    def draw(canvas: Any) -> None:
        write(canvas, 72, 760, "Rapport d'activité 2024", size=20)
        write(canvas, 72, 720, SENTENCE, size=12)

    return pdf(draw)


def scanned() -> bytes:
    """Return the same page as a picture."""
    document = pdfium.PdfDocument(written())
    picture = document[0].render(scale=200 / 72).to_pil().convert("L")
    document.close()
    buffer = BytesIO()
    picture.save(buffer, "PDF", resolution=200)
    return buffer.getvalue()


def stand_in(folder: Path, status: int = 0, before: str = "") -> str:
    """Write a program named `ocrmypdf` that gives every document our page, and return a PATH that begins with it."""
    folder.mkdir()
    (folder / "readable.pdf").write_bytes(written())
    program = folder / "ocrmypdf"
    copy = 'for last; do :; done\ncp "$(dirname "$0")/readable.pdf" "$last"\n' if not status else ""
    program.write_text(f"#!/bin/sh\n{before}\n{copy}exit {status}\n")
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"

"""Makes the files that the tests of `ra_assistant.reading` read."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from ra_assistant.reading import FileLoader
from ra_assistant.types import BlockKind, Document, Extraction

REPOSITORY = Path(__file__).resolve().parents[1]
REPORTS = REPOSITORY.parent / "shared" / "reports"


def load(root: Path, name: str, content: bytes | str) -> Extraction:
    """Write `content` in `root` under `name` and read it."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return FileLoader().load(path, root)


def texts(document: Document, kind: BlockKind | None = None) -> list[str]:
    """Return the words of the blocks of `kind`, of all blocks by default, in order."""
    return [document.text[block.start : block.end] for block in document.blocks if kind in {None, block.kind}]


def contexts(document: Document) -> dict[str, str]:
    """Return by table row the context that it is searched with."""
    return {
        document.text[block.start : block.end]: block.context
        for block in document.blocks
        if block.kind is BlockKind.TABLE_ROW
    }


def codes(extraction: Extraction) -> set[str]:
    """Return the codes of the notices."""
    return {notice.code for notice in extraction.notices}


def path_of(document: Document, words: str) -> tuple[str, ...]:
    """Return the chain of headings above the first place of `words`."""
    section = document.section_at(document.text.index(words))
    assert section is not None
    return section.path


def page_of(document: Document, words: str) -> int | None:
    """Return the page of the first place of `words`."""
    return document.page_at(document.text.index(words))


def check_shape(extraction: Extraction) -> None:
    """Check what must hold of every document, whatever its format."""
    document = extraction.document
    text = document.text
    end = 0
    for block in document.blocks:
        assert end <= block.start < block.end <= len(text)
        assert not text[end : block.start].strip(), "only blanks between blocks"
        assert text[block.start : block.end] == text[block.start : block.end].strip()
        end = block.end
    assert not text[end:].strip()
    assert [section.start for section in document.sections] == [
        0,
        *(section.end for section in document.sections[:-1]),
    ][: len(document.sections)]
    assert document.sections[-1].end == len(text)
    assert list(document.page_starts) == sorted(document.page_starts)
    assert not document.page_starts or document.page_starts[0] == 0
    before = 0
    for run in extraction.runs:
        assert before <= run.start < run.end <= len(text)
        assert document.page_at(run.start) == run.page
        assert document.page_at(run.end - 1) == run.page
        left, bottom, right, top = run.box
        assert left <= right
        assert bottom <= top
        before = run.end


Draw = Callable[[Canvas], None]


def pdf(
    *pages: Draw,
    title: str = "",
    labels: Sequence[tuple[int, str, int]] = (),
    encrypt: str = "",
    encrypt_owner: str = "",
) -> bytes:
    """Return an A4 PDF file with one page drawn by each of `pages`.

    Args:
        pages: what draws each page.
        title: title among the file's properties.
        labels: for each range of page labels: first page from 0, style, first number.
        encrypt: password asked to open the file, when it is to be encrypted.
        encrypt_owner: password asked to print it, when anybody may open it.
    """
    buffer = BytesIO()
    is_locked = bool(encrypt or encrypt_owner)
    encryption = StandardEncryption(encrypt, ownerPassword=encrypt_owner or "owner") if is_locked else None
    canvas = Canvas(buffer, pagesize=A4, encrypt=encryption, pageCompression=1)
    canvas.setTitle(title)
    for first, style, number in labels:
        canvas.addPageLabel(first, style=style, start=number)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def write(
    canvas: Canvas,
    x: float,
    y: float,
    lines: str | Sequence[str],
    *,
    size: float = 10,
    font: str = "Helvetica",
    leading: float = 1.25,
    align: str = "left",
) -> float:
    """Draw lines of text downwards from the baseline `y`; return the baseline below the last one."""
    canvas.setFont(font, size)
    put = {"left": canvas.drawString, "right": canvas.drawRightString, "centre": canvas.drawCentredString}[
        align
    ]
    for line in [lines] if isinstance(lines, str) else lines:
        put(x, y, line)
        y -= leading * size
    return y


def folded(words: str, width: int) -> list[str]:
    """Return `words` in lines of at most `width` characters."""
    return textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False)


def annual_report() -> bytes:
    """Return a report of five A4 pages labelled i, ii, 1, 2, 3: a blank one, two columns, one sentence twice."""

    def cover(canvas: Canvas) -> None:
        write(canvas, 60, 700, "Rapport du Val", size=28, font="Helvetica-Bold")
        write(canvas, 60, 650, folded("Ce rapport dit ce que l'agence a fait durant toute une saison.", 60))

    def blank(canvas: Canvas) -> None:
        canvas.rect(60, 60, 40, 40)

    def prose(canvas: Canvas) -> None:
        y = write(canvas, 60, 740, "La halle", size=18, font="Helvetica-Bold")
        first = (
            "L'agence a ouvert la halle des inventeurs au bord du canal. Elle accueille trente-deux ateliers."
        )
        y = write(canvas, 60, y - 10, folded(first, 62))
        again = "Les élèves du quartier y viennent chaque semaine. Elle accueille trente-deux ateliers."
        write(canvas, 60, y - 20, folded(again, 62))

    def columns(canvas: Canvas) -> None:
        left = "À gauche, les équipes racontent le premier semestre, ses essais et ses quatorze conventions signées."
        right = "À droite, la direction parle du second semestre et des loyers progressifs de la pépinière."
        write(canvas, 60, 700, folded(left, 36))
        write(canvas, 320, 700, folded(right, 36))

    def last(canvas: Canvas) -> None:
        write(canvas, 60, 700, folded("Merci aux communes du territoire pour leur confiance constante.", 62))

    pages = (cover, blank, prose, columns, last)
    labels = [(0, "ROMAN_LOWER", 1), (2, "ARABIC", 1)]
    return pdf(*pages, title="Rapport du Val", labels=labels)

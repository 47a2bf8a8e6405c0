"""Publish a report, then its next edition beside it, then one corrected paragraph; report what each takes.

    python -m bench.editions FIRST NEXT [--book BOOK]

A publication lasts from the file to what visitors are answered from, its checks and the question book
included. The book is asked after each. The correction changes one figure of the next edition. Two editions
of an invented report and their book are in `tests/editions`.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from ra_assistant import assembly
from ra_assistant.books import read_book
from ra_assistant.errands import Incoming
from ra_assistant.evaluating import evaluate
from ra_assistant.publishing import BOOK, Publisher

_FIGURE = re.compile(r"(?<![\d\u202f\u00a0 -])(?!19|20)(\d)(?!\1)(\d)(?=[\d\u202f\u00a0 ]*[a-z])")
"""Two different digits that begin a figure with words after it, and no year."""


@dataclass(frozen=True, slots=True)
class Row:
    """One publication."""

    what: str
    seconds: float
    documents: int
    passages: int
    embedded: int
    """Passages whose vector was computed."""
    checks: int
    """Those that passed; none failed."""
    questions_right: str
    """Of the book; empty without one."""


def swapped(text: str) -> str | None:
    """Return a text whose first figure has its first two digits the other way round; None when it has none."""
    changed = _FIGURE.sub(r"\2\1", text, count=1)
    return changed if changed != text else None


def correct(source: Path, target: Path) -> None:
    """Write a copy of a report in which one figure is another one.

    Raises:
        SystemExit: the report has no figure that can be changed.
    """
    if source.suffix.lower() == ".pdf":
        return _correct_pdf(source, target)
    changed = swapped(source.read_text(encoding="utf-8"))
    if changed is None:
        raise SystemExit(f"{source}: no figure to correct")
    target.write_text(changed, encoding="utf-8")
    return None


def _correct_pdf(source: Path, target: Path) -> None:
    with contextlib.closing(pypdfium2.PdfDocument(source)) as document:
        for page in document:
            letters = page.get_textpage()
            for found in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
                changed = swapped(_text_of(found.raw, letters.raw))
                if changed is None:
                    continue
                wide = (changed + "\0").encode("utf-16-le")
                units = (ctypes.c_ushort * (len(wide) // 2)).from_buffer_copy(wide)
                if pdfium.FPDFText_SetText(found.raw, units):
                    page.gen_content()
                    document.save(target)
                    return
    raise SystemExit(f"{source}: no figure to correct")


def _text_of(found: object, letters: object) -> str:
    size = pdfium.FPDFTextObj_GetText(found, letters, None, 0)
    units = (ctypes.c_ushort * (size // 2 + 1))()
    pdfium.FPDFTextObj_GetText(found, letters, units, size)
    return bytes(units)[: max(size - 2, 0)].decode("utf-16-le")


def right(index: Path, book: Path | None) -> str:
    """Ask the questions of a book; return how many are answered right."""
    if book is None:
        return ""
    with contextlib.closing(assembly.open_assistant(index)) as assistant:
        verdicts = evaluate(read_book(book), assistant.ask, lambda *_: [], lambda *_: {})
    return f"{sum(verdict.is_right for verdict in verdicts)}/{len(verdicts)}"


def published(publisher: Publisher, what: str, change: Callable[[], object]) -> Row:
    """Change the corpus, publish it; return what that took."""
    began = time.perf_counter()
    change()
    prepared = publisher.publish()
    spent = time.perf_counter() - began
    book = publisher.corpus_dir / BOOK
    return Row(
        what=what,
        seconds=round(spent, 1),
        documents=prepared.documents,
        passages=prepared.passages,
        embedded=prepared.embedded,
        checks=sum(check.passed for check in prepared.report.checks),
        questions_right=right(publisher.builds.root, book if book.is_file() else None),
    )


def run(first: Path, following: Path, book: Path | None, place: Path) -> list[Row]:
    """Publish a report, its next edition and a correction, below a directory."""
    corpus = place / "corpus"
    corpus.mkdir()
    if book is not None:
        shutil.copyfile(book, corpus / BOOK)
    publisher = Publisher(corpus, place / "index", corpus / BOOK)
    corrected = place / following.name
    correct(following, corrected)

    def bring(file: Path, said: dict[str, object]) -> Callable[[], object]:
        return lambda: publisher.bring([Incoming(file, said)])

    rows = [published(publisher, first.name, bring(first, {}))]
    rows.append(published(publisher, f"+ {following.name}", bring(following, {})))
    latest = publisher.bring([Incoming(following, {})])[0].path  # known: says under which path
    rows.append(published(publisher, f"{following.name}, one figure", bring(corrected, {"replaces": latest})))
    return rows


def main() -> int:
    """Publish what the arguments name; return 0, or fail with the sentence of what was refused."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("first", type=Path)
    parser.add_argument("following", type=Path, metavar="next")
    parser.add_argument("--book", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = run(chosen.first, chosen.following, chosen.book, Path(folder))
    sys.stdout.write(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

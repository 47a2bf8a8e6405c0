"""What was read of a document, page by page, and what its publisher should look at before anybody sees it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ra_assistant.types import BlockKind, Document, Extraction, Notice, Run

FEW_CHARS = 40
"""Characters below which a page is as good as empty: a page number, a running head."""
COLUMN_SHARE = 0.25
"""Share of a page's characters that each half must hold for it to be in columns."""
_HYPHENATED = re.compile(r"[^\W\d_]-\n[^\W\d_]")
_DAMAGE = re.compile(r"\ufffd|Ã[\u0080-\u00bf©¨ª®´§]|â€[™œ\u009d]|[\ue000-\uf8ff]")
"""Characters that no text has: lost ones, UTF-8 read as Latin-1, a font's private signs."""


@dataclass(frozen=True, slots=True)
class PageView:
    """One page as it was read."""

    number: int | None
    """Physical page; None for a document without pages."""
    label: str
    text: str
    headings: tuple[str, ...]
    key_figures: tuple[str, ...]
    table_rows: int
    in_columns: bool
    hyphens: int
    """Words that are still cut at the end of a line."""
    damaged: int
    """Characters that are damaged."""
    notices: tuple[Notice, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing worth the name was read."""
        return len("".join(self.text.split())) < FEW_CHARS


@dataclass(frozen=True, slots=True)
class Preview:
    """A document as it was read."""

    document: Document
    pages: tuple[PageView, ...]
    notices: tuple[Notice, ...]
    """What concerns the whole document."""

    @property
    def empty_pages(self) -> list[int]:
        """Physical numbers of the pages on which nothing was read."""
        return [page.number for page in self.pages if page.is_empty and page.number is not None]


def preview(extraction: Extraction) -> Preview:
    """Return what was read, page by page; one page when the format has none."""
    document = extraction.document
    pages = tuple(_pages(extraction)) if document.page_starts else (_whole(extraction),)
    notices = tuple(n for n in extraction.notices if n.page is None)
    return Preview(document, pages, notices)


def _whole(extraction: Extraction) -> PageView:
    text = extraction.document.text
    return _view(extraction, None, "", 0, len(text), ())


def _pages(extraction: Extraction) -> Iterator[PageView]:
    document = extraction.document
    ends = [*document.page_starts[1:], len(document.text)]
    runs = sorted(extraction.runs, key=lambda run: run.page)
    keys = [run.page for run in runs]
    for rank, (start, end) in enumerate(zip(document.page_starts, ends, strict=True)):
        number = rank + 1
        here = runs[bisect_left(keys, number) : bisect_left(keys, number + 1)]
        yield _view(extraction, number, document.page_labels[rank], start, end, here)


def _view(
    extraction: Extraction, number: int | None, label: str, start: int, end: int, runs: Sequence[Run]
) -> PageView:
    document = extraction.document
    blocks = document.blocks
    first = bisect_left(blocks, start, key=lambda block: block.start)
    last = bisect_left(blocks, end, key=lambda block: block.start)
    here = blocks[first:last]
    text = document.text[start:end].strip("\n")

    def texts(kind: BlockKind) -> tuple[str, ...]:
        return tuple(document.text[block.start : block.end] for block in here if block.kind is kind)

    return PageView(
        number=number,
        label=label,
        text=text,
        headings=texts(BlockKind.HEADING),
        key_figures=texts(BlockKind.KEY_FIGURE),
        table_rows=len(texts(BlockKind.TABLE_ROW)),
        in_columns=_in_columns(runs),
        hyphens=len(_HYPHENATED.findall(text)),
        damaged=len(_DAMAGE.findall(text)),
        notices=tuple(notice for notice in extraction.notices if notice.page == number is not None),
    )


def _in_columns(runs: Sequence[Run]) -> bool:
    """Tell whether each half of the page holds a good part of the text, the other half left out."""
    if not runs:
        return False
    left, right = min(run.box[0] for run in runs), max(run.box[2] for run in runs)
    middle = (left + right) / 2
    total = sum(run.end - run.start for run in runs)
    on_left = sum(run.end - run.start for run in runs if run.box[2] <= middle)
    on_right = sum(run.end - run.start for run in runs if run.box[0] >= middle)
    return min(on_left, on_right) >= COLUMN_SHARE * total

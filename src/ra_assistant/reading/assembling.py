"""Turns a stream of typed pieces into a text with its blocks, sections, pages and positions.

Every reader yields pieces in reading order; offsets are computed here and nowhere else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ra_assistant.types import Block, BlockKind, Notice, Run, Section

Box = tuple[float, float, float, float]

LINE_BY_LINE = frozenset({BlockKind.LIST_ITEM, BlockKind.TABLE_ROW})
"""Kinds that follow one another without a blank line, as they do on paper."""


_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
"""Soft hyphens and marks of no width: they would part words that a reader sees whole."""


class Mark(NamedTuple):
    """Where a stretch of a piece stands on a page; offsets count characters of the piece's text."""

    start: int
    end: int
    page: int
    box: Box


class Source(NamedTuple):
    """The page that a section rests on."""

    url: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """One block as a reader saw it, before it has a place in the text."""

    kind: BlockKind
    text: str
    """Without blanks at either end; may hold line ends."""
    level: int = 1
    """Rank of a heading, 1 for the outermost; meaningless for the other kinds."""
    context: str = ""
    source: Source | None = None
    """The page that the section opened by this piece rests on."""
    marks: tuple[Mark, ...] = ()


class Placed(NamedTuple):
    """A block with what its piece knew of sections."""

    block: Block
    level: int
    source: Source | None


NO_YEAR = 0


@dataclass(frozen=True, slots=True)
class Described:
    """What a file, or the note beside it, says of itself; None where it says nothing."""

    title: str | None = None
    year: int | None = None
    """`NO_YEAR` when it says that it is not the report of a year."""
    publisher: str | None = None
    source_url: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A file's content with everything placed, before it has an identity."""

    text: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()
    page_starts: tuple[int, ...] = ()
    page_labels: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()
    said: Described = Described()
    """What the publisher wrote in the file about the file."""
    seen: Described = Described()
    """What the content suggests: a headline, an office program's properties, a canonical address."""
    opening: str = ""
    """What stands on the first pages: where a year is looked for when nothing says it."""
    notices: tuple[Notice, ...] = ()


class _Path:
    """The chain of headings at one place of the text, with the page each rests on."""

    def __init__(self) -> None:
        self._stack: list[tuple[int, str, Source | None]] = []

    def open(self, level: int, heading: str, source: Source | None) -> None:
        while self._stack and self._stack[-1][0] >= level:
            self._stack.pop()
        self._stack.append((level, heading, source or self.source))

    @property
    def headings(self) -> tuple[str, ...]:
        return tuple(heading for _, heading, _ in self._stack)

    @property
    def source(self) -> Source | None:
        return self._stack[-1][2] if self._stack else None


def sections_of(text: str, placed: Sequence[Placed]) -> tuple[Section, ...]:
    """Return the sections of `text`, a partition of it; empty for an empty text.

    A section begins with its heading; words before the first heading make a section without path.
    """
    opened: list[tuple[int, tuple[str, ...], Source | None]] = []
    path = _Path()
    for block, level, source in placed:
        if block.kind is BlockKind.HEADING:
            path.open(level, " ".join(text[block.start : block.end].split()), source)
            opened.append((block.start if opened else 0, path.headings, path.source))
        elif not opened:
            opened.append((0, (), source))
    ends = [*(start for start, _, _ in opened[1:]), len(text)][: len(opened)]
    return tuple(
        Section(path=headings, start=start, end=end, source_url=url, source_label=label)
        for (start, headings, source), end in zip(opened, ends, strict=True)
        for url, label in [source or (None, None)]
    )


def assemble(pieces: Iterable[Piece], *, pages: int = 0) -> Draft:
    """Return the draft of `pieces`; pieces without a letter or figure of text are left out.

    Args:
        pieces: blocks in reading order; the pages of their marks never decrease.
        pages: physical pages of the file, 0 for formats without pages.
    """
    parts: list[str] = []
    placed: list[Placed] = []
    runs: list[Run] = []
    length = 0
    for piece in map(_trimmed, pieces):
        if not piece.text:
            continue
        gap = _gap(placed[-1].block if placed else None, piece)
        start = length + len(gap)
        parts += gap, piece.text
        length = start + len(piece.text)
        placed.append(Placed(Block(piece.kind, start, length, piece.context), piece.level, piece.source))
        runs += (Run(start + mark.start, start + mark.end, mark.page, mark.box) for mark in piece.marks)
    text = "".join(parts)
    return Draft(
        text=text,
        blocks=tuple(block for block, _, _ in placed),
        sections=sections_of(text, placed),
        page_starts=page_starts_of(runs, pages=pages, length=length),
        runs=tuple(runs),
    )


def _trimmed(piece: Piece) -> Piece:
    """Return `piece` in normal form C without invisible signs or blanks at its ends; one with marks comes so."""
    text, context = _visible(piece.text), _visible(piece.context)
    if (text, context) == (piece.text, piece.context):
        return piece
    return replace(piece, text=text, context=context, marks=piece.marks if text == piece.text else ())


def _visible(text: str) -> str:
    return unicodedata.normalize("NFC", text.translate(_INVISIBLE)).strip()


def _gap(before: Block | None, piece: Piece) -> str:
    """Return the blanks between two blocks."""
    if before is None:
        return ""
    return "\n" if before.kind is piece.kind and piece.kind in LINE_BY_LINE else "\n\n"


def page_starts_of(runs: Sequence[Run], *, pages: int, length: int) -> tuple[int, ...]:
    """Return where each page begins, never decreasing; an empty page begins where the next does."""
    starts = [length] * pages
    for run in reversed(runs):
        starts[run.page - 1] = run.start
    for index in range(pages - 2, -1, -1):
        starts[index] = min(starts[index], starts[index + 1])
    return tuple([0, *starts[1:]] if starts else [])

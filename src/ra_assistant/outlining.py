"""Finds a quote among the letters of a page image, so that it can be outlined.

The text that is quoted was cleaned and put in reading order; the page has its letters in the order in which
they are drawn. So only letters and digits are compared, without case, accents, ligatures, spaces or hyphens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ra_assistant.french.words import fold

MIN_FOUND = 0.8
"""Share of a quote's letters that must be found for an outline to be drawn."""
MIN_PIECE = 2
"""Letters of the shortest piece that is looked for by itself."""
SAME_LINE = 0.5
"""Share of the lower of two letters by which they overlap in height when they stand on one line."""
MAX_GAP = 2.5
"""Blank between two letters of one outline, in heights of a letter."""
_PIECES = re.compile(r"\n+|\s\|\s?|(?<=[.!?;:])\s")


class Box(NamedTuple):
    """A rectangle, as shares of the page's width and height, from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


class _Letters:
    """The letters of a page, folded, with the place that each comes from."""

    def __init__(self, letters: str) -> None:
        self.text, self.ranks = "", []
        parts: list[str] = []
        for rank, letter in enumerate(letters):
            plain = _plain(letter)
            parts.append(plain)
            self.ranks += [rank] * len(plain)
        self.text = "".join(parts)


def outline(letters: str, places: Sequence[int], grain: int, quote: str, before: str = "") -> tuple[Box, ...]:
    """Return rectangles around a quote, a line at a time; none when it is not on the page.

    Args:
        letters: letters of the page, in the order of the file.
        places: left, top, right, bottom of each, in steps of 1/`grain` of the page.
        grain: how many steps a page has.
        quote: the words to outline.
        before: the text of the page that stands before them: of words that come back, those meant are
            outlined.
    """
    page = _Letters(letters)
    wanted = _plain(quote)
    if not wanted:
        return ()
    spans = _whole(page.text, wanted, _plain(before).count(wanted)) or _in_pieces(
        page.text, quote, len(wanted)
    )
    chosen = [rank for start, end in spans for rank in dict.fromkeys(page.ranks[start:end])]
    boxes = [Box(*(step / grain for step in places[4 * rank : 4 * rank + 4])) for rank in chosen]
    return tuple(_lines(box for box in boxes if box.left < box.right and box.top < box.bottom))


def _plain(text: str) -> str:
    """Return the letters and digits of a text, folded."""
    return "".join(sign for sign in fold(text) if sign.isalnum())


def _occurrences(text: str, wanted: str) -> Iterator[int]:
    start = text.find(wanted)
    while start >= 0:
        yield start
        start = text.find(wanted, start + 1)


def _whole(text: str, wanted: str, rank: int) -> list[tuple[int, int]]:
    """Return the place of the occurrence of that rank, the last one when there are fewer."""
    found = list(_occurrences(text, wanted))
    start = found[min(rank, len(found) - 1)] if found else None
    return [] if start is None else [(start, start + len(wanted))]


def _in_pieces(text: str, quote: str, length: int) -> list[tuple[int, int]]:
    """Return the places of the quote's lines, cells and sentences, each the nearest to the one before it."""
    pieces = [piece for piece in map(_plain, _PIECES.split(quote)) if len(piece) >= MIN_PIECE]
    spans: list[tuple[int, int]] = []
    # The longest piece is the surest: the others are looked for around it.
    anchor = max((next(_occurrences(text, piece), -1) for piece in sorted(pieces, key=len)[-1:]), default=-1)
    for piece in pieces:
        found = list(_occurrences(text, piece))
        near = spans[-1][1] if spans else max(anchor, 0)
        if found:
            start = min(found, key=lambda place: abs(place - near))
            spans.append((start, start + len(piece)))
    is_enough = sum(end - start for start, end in spans) >= MIN_FOUND * length
    return spans if is_enough else []


def _lines(boxes: Iterator[Box]) -> Iterator[Box]:
    """Yield one rectangle a stretch of letters that follow one another on a line."""
    line: Box | None = None
    for box in boxes:
        if line is not None and _follows(line, box):
            line = Box(
                min(line.left, box.left),
                min(line.top, box.top),
                max(line.right, box.right),
                max(line.bottom, box.bottom),
            )
            continue
        if line is not None:
            yield line
        line = box
    if line is not None:
        yield line


def _follows(line: Box, box: Box) -> bool:
    shared = min(line.bottom, box.bottom) - max(line.top, box.top)
    lower = min(line.bottom - line.top, box.bottom - box.top)
    # Widths and heights are shares of different lengths, which a page keeps within a factor of two.
    gap = MAX_GAP * (box.bottom - box.top)
    return shared >= SAME_LINE * lower and line.left - gap <= box.left <= line.right + gap

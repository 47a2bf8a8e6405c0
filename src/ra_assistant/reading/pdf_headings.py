"""Tells headings and captions from paragraphs, and ranks the headings of a document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeGuard

from ra_assistant.reading.assembling import Box
from ra_assistant.reading.figures import is_figure, is_year
from ra_assistant.reading.pdf_types import Item, Table, Unit
from ra_assistant.types import BlockKind

LARGE = 1.45
"""Size, as a share of the body text, from which a short line is a heading whatever stands below."""
LARGER = 1.15
"""The same for a bold line that heads something just below it; 1.3 for a line that is not bold."""
NOTE = 0.87
"""Size, as a share of the body text, up to which a line at the foot of a page is a note."""
MAX_LISTED = 2
"""Headings of one look that may follow one another without text between; more are a list."""
MAX_CHARS = 150
MAX_LINES = 4
MAX_LEVEL = 9
SAME_RANK = 0.08
"""Relative difference of size within which two headings are of one rank."""
SIZED = 1.3
"""Size, as a share of the body text, from which size alone ranks a heading."""
NEAR = 2.5
"""Farthest that what a bold line heads may stand below it, as a share of the line's size."""
MAX_CAPTION_CHARS = 300

_ENDS = (".", ",", ";", ":", "\u2026")
_OPENERS = "\u00ab\u201c\"#@\u2019'+-\u2013"
_QUOTED = re.compile(r"[\u00ab\u201c\"].*[.!?\u2026]\s*[\u00bb\u201d\"]")
_CAPTION = re.compile(
    r"(?:fig(?:ure|\.)?|graphique|tableau|carte|sch.ma|illustration|photo(?:graphie)?s?|sources?|"
    r"cr.dits?(?: photos?)?)"
    r"(?:[ \u00a0]*n?[°o]?[ \u00a0]*\d+)?[ \u00a0]*[:.–—-]|©",
    re.IGNORECASE,
)


def captioned(items: Sequence[Item], images: Sequence[Box], body: float) -> list[Item]:
    """Return `items`, those that name a picture or a table marked as captions."""
    return [
        replace(item, kind=BlockKind.CAPTION)
        if isinstance(item, Unit) and item.kind is BlockKind.PARAGRAPH and _is_caption(item, images, body)
        else item
        for item in items
    ]


def _is_caption(unit: Unit, images: Sequence[Box], body: float) -> bool:
    if len(unit.text) > MAX_CAPTION_CHARS or unit.size > 1.1 * body:
        return False
    if _CAPTION.match(unit.text):
        return True
    is_small = unit.size < 0.95 * body or all(line.is_italic for line in unit.lines)
    left, _, right, top = unit.bounds
    return is_small and any(
        -0.5 * unit.size <= image[1] - top <= 2 * unit.size
        and left >= image[0] - 12
        and right <= image[2] + 12
        for image in images
    )


def is_prominent(item: Item, body: float) -> bool:
    """Return whether an item looks like a heading by its size alone."""
    return (
        isinstance(item, Unit)
        and item.kind is BlockKind.PARAGRAPH
        and item.size >= LARGE * body
        and _may_be_heading(item)
    )


def may_part(item: Item, body: float) -> bool:
    """Return whether an item, alone on its band, begins something new."""
    is_larger = not isinstance(item, Table) and item.size >= (1.1 if item.is_bold else 1.3) * body
    return is_larger and isinstance(item, Unit) and item.kind is BlockKind.PARAGRAPH and _may_be_heading(item)


def is_note(item: Item, body: float) -> bool:
    """Return whether an item is set as small as footnotes are."""
    return isinstance(item, Unit) and item.size <= NOTE * body


def _may_be_heading(unit: Unit) -> bool:
    text = unit.text
    is_short = len(text) <= MAX_CHARS and len(unit.lines) <= MAX_LINES
    has_words = (sum(map(str.isalpha, text)) >= 2 and not is_figure(text)) or is_year(text)
    begins_well = text[0].isdecimal() or (text[0].isalpha() and not text[0].islower()) or text[0] in _OPENERS
    return is_short and has_words and begins_well and not text.endswith(_ENDS) and not _QUOTED.fullmatch(text)


def with_headings(items: Sequence[Item], body: float) -> list[Item]:
    """Return the items of a document in reading order, its headings marked and ranked.

    A heading is much larger than the body text; or it is short, larger, bold or in capitals, and
    something of another look follows close below.
    """
    marked: list[Item] = []
    for item, after in pairwise([*items, None]):
        assert item is not None
        is_heading = after is not None and (is_prominent(item, body) or _stands_out(item, after, body))
        marked.append(
            replace(item, kind=BlockKind.HEADING) if isinstance(item, Unit) and is_heading else item
        )
    marked = _without_lists(marked)
    ranks = _ranks([item for item in marked if _is_heading(item)], body)
    ranked = [replace(item, level=ranks[_look(item)]) if _is_heading(item) else item for item in marked]
    ranked = _with_kickers(ranked)
    return [
        replace(item, kind=BlockKind.PARAGRAPH, level=0) if _heads_nothing(item, after) else item
        for item, after in pairwise([*ranked, None])
        if item is not None
    ]


def _is_heading(item: Item | None) -> TypeGuard[Unit]:
    return isinstance(item, Unit) and item.kind is BlockKind.HEADING


def _without_lists(items: Sequence[Item]) -> list[Item]:
    """Return `items`, headings of one look that follow one another too many times made paragraphs."""
    done = list(items)
    start = 0
    for index in range(1, len(items) + 1):
        first = items[start]
        item = items[index] if index < len(items) else None
        if (
            _is_heading(first)
            and _is_heading(item)
            and _look(first) == _look(item)
            and first.page == item.page
        ):
            continue
        if _is_heading(first) and index - start > MAX_LISTED:
            done[start:index] = [
                replace(listed, kind=BlockKind.PARAGRAPH) if isinstance(listed, Unit) else listed
                for listed in items[start:index]
            ]
        start = index
    return done


def _with_kickers(items: Sequence[Item]) -> list[Item]:
    """Return `items`, a small heading just above a larger one ranked with it: it announces that one."""
    return [
        replace(item, level=after.level)
        if _is_heading(item) and _is_heading(after) and after.level < item.level and after.page == item.page
        else item
        for item, after in pairwise([*items, None])
        if item is not None
    ]


def _heads_nothing(item: Item | None, after: Item | None) -> TypeGuard[Unit]:
    """Return whether a heading closes its page, and the next page opens with one as important."""
    if not _is_heading(item):
        return False
    return after is None or (_is_heading(after) and after.page > item.page and after.level <= item.level)


def _stands_out(item: Item, after: Item, body: float) -> bool:
    """Return whether a short line differs from what follows as a heading does."""
    if not isinstance(item, Unit) or item.kind is not BlockKind.PARAGRAPH or not _may_be_heading(item):
        return False
    if item.size < 0.9 * body or len(item.lines) > (MAX_LINES if item.size >= LARGER * body else 2):
        return False
    first = after.rows[0] if isinstance(after, Table) else after
    lines = (
        [line for row in after.rows for line in row.lines] if isinstance(after, Table) else first.lines[:1]
    )
    if _is_over(item, first):
        return (
            item.is_bold
            and item.size >= LARGER * body
            and (not first.is_bold or item.size > 1.08 * first.size)
        )
    if first.page != item.page or not _is_below(item, first):
        return False
    is_heavier = item.is_bold and not all(line.is_bold for line in lines)
    is_capital = item.text.isupper() and not first.text.isupper()
    is_coloured = item.is_bold or item.lines[0].color != first.lines[0].color
    is_larger = item.size >= 1.08 * first.size and is_coloured and item.size >= LARGER * body
    return is_heavier or is_capital or is_larger or item.size >= 1.3 * body


def _is_over(item: Unit, after: Unit) -> bool:
    """Return whether a column or the page ends between two units."""
    is_next_column = (
        after.page == item.page and after.bounds[0] >= item.bounds[2] and after.bounds[3] > item.bounds[3]
    )
    return after.page == item.page + 1 or is_next_column


def _is_below(item: Unit, after: Unit) -> bool:
    """Return whether `after` stands just below `item` in the same column."""
    gap = item.bounds[1] - after.bounds[3]
    overlap = min(item.bounds[2], after.bounds[2]) - max(item.bounds[0], after.bounds[0])
    return -0.5 * item.size <= gap <= NEAR * item.size and overlap > 0


def _look(unit: Unit) -> tuple[float, bool, bool]:
    return unit.size, unit.is_bold, unit.text.isupper()


def _ranks(headings: Sequence[Unit], body: float) -> dict[tuple[float, bool, bool], int]:
    """Return the rank of each look: the larger first; near the body's size, the bolder, then capitals."""
    ranks: dict[tuple[float, bool, bool], int] = {}
    rank, first = 0, (0.0, False, False)
    for look in sorted({_look(heading) for heading in headings}, reverse=True):
        is_as_large = rank > 0 and first[0] - look[0] <= SAME_RANK * first[0]
        is_alike = look[0] >= SIZED * body or look[1:] == first[1:]
        if not (is_as_large and is_alike):
            rank, first = min(rank + 1, MAX_LEVEL), look
        ranks[look] = rank
    return ranks

"""Stacks the lines of a sheet into chunks, then cuts each chunk into paragraphs and list items."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ra_assistant.reading.figures import is_figure, is_key_figure, is_year
from ra_assistant.reading.pdf_signs import ENDS, is_item
from ra_assistant.reading.pdf_types import SAME_SIZE, Fragment, Unit
from ra_assistant.types import BlockKind

MAX_FIRST_LEADING = 1.7
"""Distance of two baselines, as a share of the size, up to which a second line joins the first."""
LEADING_SLACK = 1.18
"""How much more than its usual leading a chunk accepts."""
MAX_INDENT = 3.5
"""Indent of a first line, or of a list's text behind its bullet, as a share of the size."""
MAX_KEY_FIGURE_LINES = 6

_TOC_LINE = re.compile(r"(?:\.\s?){4,}\s*\d+$|\u2026{2,}\s*\d+$")


def chunks_of(lines: Sequence[Fragment]) -> list[list[Fragment]]:
    """Return `lines` stacked: those of a chunk follow one another closely, in one size and column."""
    chunks: list[list[Fragment]] = []
    for line in sorted(lines, key=lambda item: (-item.base, item.x0)):
        above = [chunk for chunk in chunks if _stacks(chunk, line)]
        if above:
            min(above, key=lambda chunk: (chunk[-1].base - line.base, abs(chunk[-1].x0 - line.x0))).append(
                line
            )
        else:
            chunks.append([line])
    return chunks


def _stacks(chunk: Sequence[Fragment], line: Fragment) -> bool:
    """Return whether `line` is the next line of `chunk`."""
    last = chunk[-1]
    size = max(line.size, last.size)
    step = last.base - line.base
    if size > SAME_SIZE * min(line.size, last.size) or step < 0.6 * size:
        return False
    if line.box != last.box and not _overflows(last, line):
        return False
    usual = median(above.base - below.base for above, below in pairwise(chunk)) if len(chunk) > 1 else 0
    if step > (LEADING_SLACK * usual + 0.5 if usual else MAX_FIRST_LEADING * size):
        return False
    if min(last.x1, line.x1) - max(last.x0, line.x0) <= 0:
        return False
    return _aligned(chunk, line)


def _overflows(last: Fragment, line: Fragment) -> bool:
    """Return whether two lines are of one paragraph that spills out of its frame."""
    is_alike = (last.size, last.color, last.is_bold) == (line.size, line.color, line.is_bold)
    is_flush = abs(last.x0 - line.x0) <= 0.3 * line.size or abs(last.middle - line.middle) <= 0.3 * line.size
    return is_alike and is_flush and last.base - line.base <= 1.5 * line.size


def _aligned(chunk: Sequence[Fragment], line: Fragment) -> bool:
    """Return whether `line` stands under `chunk` as lines of one column do."""
    size = line.size
    last = chunk[-1]
    return (
        min(abs(line.x0 - other.x0) for other in chunk[-3:]) <= MAX_INDENT * size
        or abs(line.middle - last.middle) <= size
        or abs(line.x1 - last.x1) <= 0.6 * size
    )


def units_of(chunk: Sequence[Fragment]) -> list[Unit]:
    """Return the paragraphs and list items of a chunk, in order."""
    if _is_figure_with_label(chunk):
        return [Unit(tuple(chunk), BlockKind.KEY_FIGURE, groups=(1, len(chunk) - 1))]
    steps = [above.base - below.base for above, below in pairwise(chunk)]
    usual = median(steps) if steps else 0.0
    column = _Column(
        left=min(line.x0 for line in chunk),
        right=max(line.x1 for line in chunk),
        is_centred=_is_centred(chunk),
    )
    groups = [[chunk[0]]]
    for before, line in pairwise(chunk):
        is_far = before.base - line.base > 1.25 * usual and len(chunk) > 2
        if is_far or _begins(groups[-1], line, column):
            groups.append([line])
        else:
            groups[-1].append(line)
    return [_unit(group) for group in groups]


class _Column(NamedTuple):
    """The room that a chunk's lines have."""

    left: float
    right: float
    is_centred: bool


def _is_figure_with_label(chunk: Sequence[Fragment]) -> bool:
    texts = [line.text for line in chunk]
    is_labelled = is_key_figure(texts) and not any(map(is_figure, texts[1:]))
    stands_out = is_labelled and (_is_centred(chunk) or _look(chunk[0]) != _look(chunk[1]))
    return stands_out and len(texts) <= MAX_KEY_FIGURE_LINES and not is_year(texts[0])


def _is_centred(chunk: Sequence[Fragment]) -> bool:
    """Return whether the lines share their middle and not their left edge."""
    middles = [line.middle for line in chunk]
    edges = [line.x0 for line in chunk]
    size = chunk[0].size
    return len(chunk) > 1 and max(middles) - min(middles) < 0.5 * size < max(edges) - min(edges)


def _begins(group: Sequence[Fragment], line: Fragment, column: _Column) -> bool:
    """Return whether `line` begins a paragraph after the lines of `group`."""
    before = group[-1]
    if (
        is_item(line.text)
        or _TOC_LINE.search(before.text)
        or (is_figure(before.text) and is_figure(line.text))
    ):
        return True
    if before.text.endswith(("-", ",")) or line.text[:1].islower():
        return is_item(group[0].text) and _is_after_item(group, line, column)
    if _changes_look(group, line, column):
        return True
    if column.is_centred or not before.text.endswith(ENDS):
        return False
    return _room_left(before, line, column) > 1.5 * line.size or _is_indented(group, line, column)


def _is_after_item(group: Sequence[Fragment], line: Fragment, column: _Column) -> bool:
    """Return whether `line` is back at the margin after a list item that has ended."""
    is_back = line.x0 <= group[0].x0 + 0.3 * line.size
    return is_back and group[-1].text.endswith(ENDS) and _room_left(group[-1], line, column) > line.size


def _changes_look(group: Sequence[Fragment], line: Fragment, column: _Column) -> bool:
    """Return whether `line` is drawn otherwise than the title-like lines before it."""
    before = group[-1]
    was_capital = before.text.isupper() and not line.text.isupper() and len(before.text) > 3
    if _look(before) == _look(line) and not was_capital:
        return False
    is_one_title = before.text.isupper() and line.text.isupper() and before.is_bold == line.is_bold
    if is_one_title and _room_left(before, line, column) <= line.size:
        return False
    is_whole = column.is_centred or all(_look(other) == _look(before) for other in group)
    return is_whole and (line.text[:1].isupper() or _room_left(before, line, column) > 1.5 * line.size)


def _room_left(before: Fragment, line: Fragment, column: _Column) -> float:
    """Return how much room was left after a line for the first word of the next one."""
    word = line.text.split(" ", 1)[0]
    return column.right - before.x1 - len(word) * line.width / max(len(line.text), 1)


def _is_indented(group: Sequence[Fragment], line: Fragment, column: _Column) -> bool:
    """Return whether `line` is indented as the first line of a paragraph is."""
    indent = line.x0 - column.left
    was_flush = group[-1].x0 - column.left < 0.4 * line.size
    is_first = 0.8 * line.size < indent < MAX_INDENT * line.size and was_flush
    return is_first and line.text[:1].isupper() and not is_item(group[0].text)


def _look(line: Fragment) -> tuple[bool, bool, int]:
    return line.is_bold, line.is_italic, line.color


def _unit(lines: Sequence[Fragment]) -> Unit:
    kind = BlockKind.LIST_ITEM if is_item(lines[0].text) else BlockKind.PARAGRAPH
    return Unit(tuple(lines), kind)

"""Puts together the fragments of a sheet that are one line, though a gap parts them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import reduce
from itertools import pairwise

from ra_assistant.reading.assembling import Box
from ra_assistant.reading.figures import is_figure
from ra_assistant.reading.pdf_signs import LONE_BULLET, is_item
from ra_assistant.reading.pdf_types import SAME_SIZE, Fragment

BRIDGED_GAP = 4.0
"""Widest gap inside a line, as a share of the size, that another line may show to be no gutter."""

SPREAD_GAP = 7.0
"""Widest gap between two words of a narrow column spread to its margins."""
MAX_INDENT = 3.5
"""How far, in sizes, the first words of two lines of a column stand apart: an indent, a bullet."""
EVEN_GAPS = 0.25
"""How much the gaps of a line spread to its margins differ, as a share of the size."""
SPREAD_LINES = 8
"""Distance, in sizes, within which the fragments of a column would share their edge."""
TITLE_GAP = 1.8
"""The same inside a title, where styles that follow one another leave gaps."""

MAX_MARK_GAP = 2.0
"""Widest gap between a drawn bullet and its text, as a share of the size."""
LEVEL = 0.35
"""Difference of baselines, as a share of the size, up to which two fragments stand on one level."""
MIN_INITIAL = 1.8
"""How much larger than its text an initial is set."""

_WORD = re.compile(r"\S*\w\S*")
_INITIAL = re.compile(r"[^\W\d_][\u2019'\u02bc]?")
_WORDS_OF_ONE_LETTER = frozenset("\u00c0")
_CLOSING = (".", ",", ";", ":", ")", "\u00bb", "!", "?", "\u2026")


def with_bullets(fragments: Sequence[Fragment], marks: Sequence[Box]) -> list[Fragment]:
    """Return `fragments`, each bullet that stands alone, typed or drawn, put before the text at its right."""
    kept = [fragment for fragment in fragments if not LONE_BULLET.fullmatch(fragment.text)]
    for bullet in [fragment for fragment in fragments if LONE_BULLET.fullmatch(fragment.text)]:
        right = [
            line
            for line in kept
            if 0 < line.x0 - bullet.x0 <= BRIDGED_GAP * line.size and _is_level(bullet, line)
        ]
        if right:
            text = min(right, key=lambda line: line.x0)
            kept[kept.index(text)] = replace(text, text=f"{bullet.text} {text.text}", x0=bullet.x0)
        else:
            kept.append(bullet)
    for left, bottom, right_edge, top in marks:
        middle = (bottom + top) / 2
        near = [
            line
            for line in kept
            if 0 < line.x0 - right_edge <= MAX_MARK_GAP * line.size
            and line.base < middle < line.base + 0.6 * line.size
        ]
        if near:
            text = min(near, key=lambda line: line.x0)
            if not is_item(text.text):
                kept[kept.index(text)] = replace(text, text=f"\u2022 {text.text}", x0=left)
    return kept


def _is_level(bullet: Fragment, line: Fragment) -> bool:
    return abs(bullet.base - line.base) <= 0.3 * line.size and bullet.box == line.box


def with_titles(fragments: Sequence[Fragment]) -> list[Fragment]:
    """Return `fragments`, the parts of each title that stand on one level put together."""

    def are_one(line: Fragment, part: Fragment, *, is_next: bool, **_: bool) -> bool:
        small, large = sorted((line.size, part.size))
        is_near = large <= SAME_SIZE * small and part.x0 - line.x1 <= TITLE_GAP * small
        return is_next and is_near and line.box == part.box and _is_title(line, part, fragments)

    return [line for level in levels(fragments) for line in _joined_up(level, are_one)]


def whole_lines(fragments: Sequence[Fragment]) -> list[Fragment]:
    """Return `fragments`, those put together that a gap parts though they are one line.

    That is closing punctuation and what it closes, two stretches when a neighbouring line runs on where the gap
    is, and the words of a line spread to its margins.
    """

    def are_one(line: Fragment, part: Fragment, *, is_next: bool, is_inside: bool) -> bool:
        return _are_one_line(line, part, fragments, is_next=is_next, is_inside=is_inside)

    lines: list[Fragment] = []
    rows = levels(fragments)
    for level in rows:
        lines += [reduce(_appended, level)] if _is_justified(level, rows) else _joined_up(level, are_one)
    return lines


def _joined_up(level: Sequence[Fragment], are_one: Callable[..., bool]) -> Iterator[Fragment]:
    """Yield the fragments of a level from left to right, each appended to what was gathered when they are one line.

    `are_one` is told whether the second was drawn just after the first (`is_next`), and whether another one was
    drawn just after the second, on this level (`is_inside`).
    """
    line, order = level[0], level[0].order
    for fragment, after in pairwise([*level[1:], None]):
        assert fragment is not None
        is_inside = after is not None and after.order == fragment.order + 1
        if are_one(line, fragment, is_next=fragment.order == order + 1, is_inside=is_inside):
            line = _appended(line, fragment)
        else:
            yield line
            line = fragment
        order = fragment.order
    yield line


def levels(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """Return the fragments that stand on one level, level by level from the top, each from left to right."""
    rows: list[list[Fragment]] = []
    for fragment in sorted(fragments, key=lambda item: -item.base):
        if rows and abs(rows[-1][0].base - fragment.base) <= LEVEL * min(fragment.size, rows[-1][0].size):
            rows[-1].append(fragment)
        else:
            rows.append([fragment])
    return [sorted(row, key=lambda item: item.x0) for row in rows]


def _is_justified(level: Sequence[Fragment], rows: Sequence[Sequence[Fragment]]) -> bool:
    """Return whether what stands on a level is one line spread to its margins.

    Its gaps are all as wide, it was drawn in one go, it ends where a line near it does, and one of its words begins
    small, as no row of figures or names does.
    """
    size, base = level[0].size, level[0].base
    gaps = [right.x0 - left.x1 for left, right in pairwise(level)]
    if not gaps or max(gaps) > SPREAD_GAP * size or max(gaps) - min(gaps) > EVEN_GAPS * size:
        return False
    is_drawn_at_once = all(1 <= right.order - left.order <= 2 for left, right in pairwise(level))
    is_alike = all(each.size == size and each.box == level[0].box for each in level)
    is_words = any(each.text[:1].islower() for each in level[1:])
    if any(len(_WORD.findall(each.text)) > 1 and " " in each.text for each in level):
        return False  # the spaces inside would be as wide
    return (
        is_drawn_at_once
        and is_alike
        and is_words
        and any(
            abs(row[-1].x1 - level[-1].x1) < 1 and abs(row[0].x0 - level[0].x0) <= MAX_INDENT * size
            for row in rows
            if row is not level and abs(row[0].base - base) < SPREAD_LINES * size and row[0].size == size
        )
    )


def _are_one_line(
    left: Fragment, right: Fragment, around: Sequence[Fragment], *, is_next: bool, is_inside: bool
) -> bool:
    """Return whether two fragments of one level are one line.

    Args:
        left: what was gathered of the line.
        right: the next fragment of the level.
        around: every fragment of the sheet.
        is_next: whether the second was drawn just after the first.
        is_inside: whether another one was drawn just after the second, on this level.
    """
    size = min(left.size, right.size)
    gap = right.x0 - left.x1
    is_alike = max(left.size, right.size) <= SAME_SIZE * size and left.box == right.box
    if not is_alike or not -0.3 * size <= gap <= SPREAD_GAP * size:
        return False
    is_word = is_inside or not is_figure(right.text)
    if is_next and is_word and not is_figure(left.text) and _is_spread(left, right, around):
        return True
    if gap > BRIDGED_GAP * size or (is_figure(left.text) and is_figure(right.text)):
        return False
    if right.text.startswith(_CLOSING) or left.text.endswith(("\u00ab", "(")):
        return True
    return is_next and _is_bridged(left, right, around)


def _is_spread(left: Fragment, right: Fragment, around: Sequence[Fragment]) -> bool:
    """Return whether the second fragment stands where nothing else does: a word, not a column."""
    near = [line for line in around if 0 < abs(line.base - left.base) < SPREAD_LINES * left.size]
    is_in_text = any(abs(line.x0 - left.x0) < 2 and line.size == left.size for line in near)
    is_alone = not any(min(abs(line.x0 - right.x0), abs(line.middle - right.middle)) < 1 for line in near)
    return is_in_text and is_alone


def _is_title(left: Fragment, right: Fragment, around: Sequence[Fragment]) -> bool:
    """Return whether two stretches are the halves of a title: larger than most, and heading no columns."""
    sizes = sorted(line.size for line in around)
    if left.size < 1.2 * sizes[len(sizes) // 2]:
        return False
    under = [
        row[i]
        for row in levels([line for line in around if 0 < left.base - line.base < 4 * left.size])
        for i in range(len(row))
        if i == 0 or row[i].x0 - row[i - 1].x1 > BRIDGED_GAP * row[i].size
    ]
    heads_columns = all(
        any(abs(line.x0 - half.x0) < 0.5 * left.size for line in under) for half in (left, right)
    )
    return not heads_columns


def _is_bridged(left: Fragment, right: Fragment, around: Sequence[Fragment]) -> bool:
    """Return whether a line of words just above or below runs across the gap between two fragments.

    A gutter stays white on every line; the gaps of a line that was spread to its margins do not. The
    place that tells them apart is the one just left of the second fragment.
    """
    size = left.size
    start, end = (left.x1 + right.x0) / 2, right.x0 - 0.3 * size
    return any(
        line.x0 <= min(start, end) and line.x1 >= end
        for line in around
        if 0.5 * size < abs(line.base - left.base) < 1.8 * size
        and line.size <= SAME_SIZE * size
        and line.box == left.box
        and not is_figure(line.text)
    )


def _appended(left: Fragment, right: Fragment) -> Fragment:
    look = left if len(left.text) >= len(right.text) else right
    space = "" if right.text[:1] in {".", ",", ")"} else " "
    return replace(
        look,
        text=f"{left.text}{space}{right.text}",
        x0=left.x0,
        x1=right.x1,
        base=left.base,
        is_bold=left.is_bold and right.is_bold,
        order=min(left.order, right.order),
    )


def with_initials(fragments: Sequence[Fragment]) -> list[Fragment]:
    """Return `fragments`, each initial set over several lines put before the rest of its word."""
    kept = list(fragments)
    for initial in [item for item in fragments if _INITIAL.fullmatch(item.text)]:
        right = [
            line
            for line in kept
            if line.size * MIN_INITIAL <= initial.size
            and -0.2 * line.size <= line.x0 - initial.x1 <= 1.5 * line.size
            and initial.base < line.base < initial.top
        ]
        if right:
            line = max(right, key=lambda line: line.base)
            space = " " if initial.text in _WORDS_OF_ONE_LETTER else ""
            kept[kept.index(line)] = replace(line, text=f"{initial.text}{space}{line.text}")
            kept.remove(initial)
    return kept

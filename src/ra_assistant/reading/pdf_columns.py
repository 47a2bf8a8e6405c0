"""Finds the columns of running text on a sheet, so that lines and tables are looked for in one column at a time.

What stands level in two columns has nothing to do with each other: a line spread to its margins beside the words of
the next column, a table beside a paragraph. A gutter is a strip that stays white from one line to the next, with
running text on both sides of it and no rule across (whitespace rectangles as column separators: Breuel, Two geometric
algorithms for layout analysis, 2002).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ra_assistant.reading.assembling import Box
from ra_assistant.reading.figures import is_figure
from ra_assistant.reading.pdf_signs import ENDS, bullet_of
from ra_assistant.reading.pdf_types import SAME_SIZE, Fragment, Sheet
from ra_assistant.reading.pdf_whole import levels

MIN_GUTTER = 0.9
"""Breadth of a gutter, as a share of the size of the text beside it."""
MIN_RUNS = 3
"""Lines that go on with the one above, on each side of a gutter."""
MIN_STACKS = 3
"""Stacks of lines beside a text from which it is seen whether they are its rows."""
SHARED_ROWS = 0.3
"""Share of the stacks on one side that stand level with one on the other, from which the two are cells of rows."""
SHARED_ROWS_IN_GUTTER = 0.6
"""The same where the document has a gutter in that place elsewhere."""
FIGURES = 0.4
"""Share of the stacks on one side that are figures, from which the other side's are their labels."""
ACROSS = 0.5
"""Share of what stands at the right that was drawn just after what stands beside it, from which they are rows."""
MAX_STACK_LEADING = 1.5
"""Distance of two baselines, as a share of the size, within one cell of a table."""
MIN_LINE_CHARS = 20
"""Length of a line of a column of text; those of a table's cell are shorter."""
FULL = 0.8
"""Share of its column's breadth that a line fills before the text goes on below."""
MAX_LEADING = 2.2
"""Distance of two baselines, as a share of the size, up to which one line goes on with the other."""
MIN_COMMON_SHARE = 0.6
"""Share of the text beside a gutter that stands in one frame, or in none."""
MAX_FRAGMENTS = 2_000
"""Of a sheet, beyond which it is no page of text; one full of words spread to their margins has some six hundred."""
MAX_COLUMNS = 4

Gutter = tuple[float, float]
"""Left and right edge."""


class Ground(NamedTuple):
    """A sheet whose columns are looked for."""

    fragments: Sequence[Fragment]
    """What stands on it."""
    sheet: Sheet
    """Its frames and the lines along its sides, which end a gutter."""


class Columns(NamedTuple):
    """The fragments of a sheet, each once."""

    rest: list[Fragment]
    """What stands in no column, or above, below and between them."""
    texts: list[list[Fragment]]
    """Those of each column of text, to be read one after the other."""
    asides: list[list[Fragment]]
    """Those of each column beside a text that does not run on: a table, headings in the margin."""


class _Strip(NamedTuple):
    """A white strip between two baselines, the highest and the lowest of the levels that it parts."""

    left: float
    right: float
    top: float
    bottom: float

    def holds(self, fragment: Fragment) -> bool:
        return self.bottom <= fragment.base <= self.top


@dataclass(frozen=True, slots=True)
class _Parted:
    """A strip, and what stands level with it on each side."""

    strip: _Strip
    left: tuple[Fragment, ...]
    right: tuple[Fragment, ...]
    runs: tuple[int, int]
    """Lines that go on with the one above, on the side that has fewer of them and on the other."""

    @property
    def is_sure(self) -> bool:
        """Whether text runs on both sides."""
        return self.runs[0] >= MIN_RUNS

    @property
    def is_framed(self) -> bool:
        """Whether frames part most of the text already: cards side by side."""
        boxes = Counter(fragment.box for fragment in (*self.left, *self.right))
        return max(boxes.values(), default=0) < MIN_COMMON_SHARE * boxes.total()

    def is_likely(self, *, is_known: bool) -> bool:
        """Return whether text runs on both sides of a known gutter, or on one that shares no rows with the other."""
        if is_known and self.runs[0]:
            return True
        most = SHARED_ROWS_IN_GUTTER if is_known else SHARED_ROWS
        return self.runs[1] > 0 and _shared_rows(self.left, self.right) < most


def gutters_of(grounds: Iterable[Ground]) -> list[Gutter]:
    """Return the left and right edges of the gutters that are sure."""
    return sorted(
        {
            (each.strip.left, each.strip.right)
            for ground in grounds
            for each in _found(ground.fragments, ground)
            if each.is_sure
        }
    )


def columns_of(ground: Ground, known: Sequence[Gutter] = ()) -> Columns:
    """Return the fragments of a sheet, parted by its gutters.

    Args:
        ground: the sheet and what stands on it.
        known: gutters of the document's sheets: where one stands, less text is needed to tell it.
    """
    return _columns(ground.fragments, ground, known, MAX_COLUMNS)


def _found(fragments: Sequence[Fragment], ground: Ground) -> list[_Parted]:
    if len(fragments) > MAX_FRAGMENTS:
        return []
    strips = [strip for strip in _strips(fragments, ground) if not _is_crossed(strip, ground.sheet.rules)]
    return [each for each in (_parted(strip, fragments) for strip in strips) if not each.is_framed]


def _columns(fragments: Sequence[Fragment], ground: Ground, known: Sequence[Gutter], most: int) -> Columns:
    chosen: list[_Parted] = []
    for each in sorted(_found(fragments, ground), key=lambda each: each.runs, reverse=True):
        is_known = any(_is_same(each.strip, gutter) for gutter in known)
        is_free = not any(_are_level(each.strip, other.strip) for other in chosen)
        if is_free and (each.is_sure or each.is_likely(is_known=is_known)):
            chosen.append(each)
    inside = {id(fragment) for each in chosen for fragment in (*each.left, *each.right)}
    made = Columns([fragment for fragment in fragments if id(fragment) not in inside], [], [])
    for each in chosen:
        for side in (each.left, each.right):
            parted = _columns(side, ground, known, most - 1) if most > 2 else Columns(list(side), [], [])
            if parted.texts or parted.asides:
                made.rest.extend(parted.rest)
                made.texts.extend(parted.texts)
                made.asides.extend(parted.asides)
            else:
                (made.texts if each.runs[0] else made.asides).append(parted.rest)
    return made


def _strips(fragments: Sequence[Fragment], ground: Ground) -> list[_Strip]:
    """Return the white strips that begin between two fragments beside each other, each as long as it stays white."""
    rows = levels(fragments)
    found: set[_Strip] = set()
    for index, row in enumerate(rows):
        below = index + 1
        while below < len(rows) and row[0].base - rows[below][0].base < row[0].size:
            below += 1
        near = sorted((each for level in rows[index:below] for each in level), key=lambda each: each.x0)
        reach, bottom = near[0].x1, rows[below - 1][0].base
        for fragment in near[1:]:
            if fragment.x0 - reach >= MIN_GUTTER * fragment.size:
                strip = _Strip(reach, fragment.x0, row[0].base, bottom)
                strip = _grown(strip, rows[below:], fragment, ground)
                found.add(_grown(strip, rows[:index][::-1], fragment, ground))
            reach = max(reach, fragment.x1)
    return sorted(found)


def _grown(strip: _Strip, rows: Sequence[Sequence[Fragment]], beside: Fragment, ground: Ground) -> _Strip:
    """Return the strip, narrowed and made longer by the levels that leave it white, one after the other.

    It ends at a frame across it that does not hold what is `beside` it.
    """
    for row in rows:
        middle = (strip.left + strip.right) / 2
        left = max([strip.left, *(each.x1 for each in row if each.middle <= middle)])
        right = min([strip.right, *(each.x0 for each in row if each.middle > middle)])
        frames = [ground.sheet.boxes[each.box] for each in row if each.box not in {-1, beside.box}]
        is_framed = any(frame[0] < left and right < frame[2] for frame in frames)
        if right - left < MIN_GUTTER * beside.size or is_framed:
            break
        heights = [strip.top, strip.bottom, *(each.base for each in row)]
        strip = _Strip(left, right, max(heights), min(heights))
    return strip


def _parted(strip: _Strip, fragments: Sequence[Fragment]) -> _Parted:
    level = [fragment for fragment in fragments if strip.holds(fragment)]
    left = tuple(fragment for fragment in level if fragment.middle <= strip.left)
    right = tuple(fragment for fragment in level if fragment.middle >= strip.right)
    fewer, more = sorted((_runs(left), _runs(right)))
    return _Parted(strip, left, right, (fewer, more))


def _runs(side: Sequence[Fragment]) -> int:
    """Return how many lines of one side go on with the line above, as those of running text do."""
    lines = [(row[0], row[-1].x1, sum(len(each.text) for each in row)) for row in levels(side)]
    if not lines:
        return 0
    edge = max(right for _, right, _ in lines)
    count = 0
    for (before, right, chars), (line, _, _) in pairwise(lines):
        is_full = right - before.x0 >= FULL * (edge - before.x0) and chars >= MIN_LINE_CHARS
        is_flush = abs(line.x0 - before.x0) <= 0.5 * line.size or bullet_of(before.text) is not None
        is_near = before.base - line.base <= MAX_LEADING * line.size
        is_alike = max(before.size, line.size) <= SAME_SIZE * min(before.size, line.size)
        goes_on = line.text[:1].islower() and not before.text.endswith(ENDS)
        count += is_full and is_flush and is_near and is_alike and goes_on
    return count


def _shared_rows(left: Sequence[Fragment], right: Sequence[Fragment]) -> float:
    """Return which share of the stacks, on the side of more, may be cells of rows: aligned with one facing them.

    Figures beside their labels are all of them, and so is what was drawn line by line across.
    """
    sides = [_stacks(side) for side in (left, right)]
    if not all(sides) or max(map(len, sides)) < MIN_STACKS:
        return 1.0
    after = {each.order + 1: each.base for each in left}
    across = sum(abs(after.get(each.order, math.inf) - each.base) < 1 for each in right)
    if across >= ACROSS * len(right):
        return 1.0
    if any(sum(is_figure(stack[0].text) for stack in side) >= FIGURES * len(side) for side in sides):
        return 1.0
    fewer, more = sorted(sides, key=len)
    return sum(any(_is_beside(stack, facing) for facing in fewer) for stack in more) / len(more)


def _stacks(side: Sequence[Fragment]) -> list[list[Fragment]]:
    """Return the first fragments of the lines of one side, those put together that one cell would hold."""
    stacks: list[list[Fragment]] = []
    for row in levels(side):
        line = row[0]
        if stacks and stacks[-1][-1].base - line.base <= MAX_STACK_LEADING * line.size:
            stacks[-1].append(line)
        else:
            stacks.append([line])
    return stacks


def _is_beside(one: Sequence[Fragment], other: Sequence[Fragment]) -> bool:
    near = 0.25 * one[0].size
    middles = [(stack[0].base + stack[-1].base) / 2 for stack in (one, other)]
    return abs(one[0].base - other[0].base) < near or abs(middles[0] - middles[1]) < near


def _is_crossed(strip: _Strip, rules: Sequence[Box]) -> bool:
    """Return whether a rule runs across the strip, as between the rows of a table."""
    return any(
        rule[0] <= strip.left
        and rule[2] >= strip.right
        and strip.bottom < (rule[1] + rule[3]) / 2 < strip.top
        for rule in rules
    )


def _is_same(strip: _Strip, gutter: Gutter) -> bool:
    return min(strip.right, gutter[1]) > max(strip.left, gutter[0])


def _are_level(one: _Strip, other: _Strip) -> bool:
    return min(one.top, other.top) >= max(one.bottom, other.bottom)

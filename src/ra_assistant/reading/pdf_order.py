"""Puts what stands on a sheet in reading order: columns one after the other, headings above them first.

The method is the recursive cut along white gaps (XY-cut: Nagy and Seth, 1984), with three cares: bands
that share a gutter are read as columns, not across; a heading alone on its band ends the columns above;
what a frame holds is read as a whole, and notes at the foot last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ra_assistant.reading.assembling import Box
from ra_assistant.reading.pdf_headings import is_note, may_part
from ra_assistant.reading.pdf_types import Fragment, Item, Sheet, Table, bounds_of
from ra_assistant.types import BlockKind

MIN_GUTTER = 6.0
"""Breadth in points from which a white gap parts two columns; those of print are 10 to 20."""
MAX_DEPTH = 40
MAX_FRAME = 0.6
"""Share of the sheet above which a frame is a background."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Items that are read as a whole, already in order, and the room they take."""

    items: tuple[Item, ...]
    bounds: Box
    is_apart: bool
    """Whether it begins something new when it stands alone on its band."""
    is_note: bool

    @property
    def is_figure(self) -> bool:
        return all(not isinstance(item, Table) and item.kind is BlockKind.KEY_FIGURE for item in self.items)


def ordered(rest: Sequence[Item], columns: Sequence[Sequence[Item]], sheet: Sheet, body: float) -> list[Item]:
    """Return the items of a sheet in reading order.

    Args:
        rest: what stands in no column of text that is known.
        columns: what stands in each; it is read as a whole, but for the notes at the foot of the sheet.
        sheet: where they stand.
        body: size of the document's body text, in points.
    """
    groups = [[_part(item, body) for item in items] for items in (rest, *columns)]
    notes = _foot_notes([part for group in groups for part in group])
    left, *texts = [[part for part in group if part not in notes] for group in groups]
    whole = [_whole(_cut(_framed(parts, sheet), 0)) for parts in texts if parts]
    parts = _cut(_framed([*left, *whole], sheet), 0)
    return [item for part in (*parts, *_cut(notes, 0)) for item in part.items]


def _part(item: Item, body: float) -> _Part:
    return _Part((item,), item.bounds, may_part(item, body), is_note(item, body))


def _whole(parts: Sequence[_Part]) -> _Part:
    """Return parts that are read one after the other as one."""
    items = tuple(item for part in parts for item in part.items)
    return _Part(
        items, bounds_of([line for item in items for line in _lines(item)]), is_apart=False, is_note=False
    )


def _foot_notes(parts: Sequence[_Part]) -> list[_Part]:
    """Return the notes below everything else."""
    lowest = min((part.bounds[1] for part in parts if not part.is_note), default=0.0)
    return [part for part in parts if part.is_note and part.bounds[3] <= lowest + 2]


def _framed(parts: Sequence[_Part], sheet: Sheet) -> list[_Part]:
    """Return `parts`, those that one frame holds made one."""
    inside: dict[int, list[_Part]] = {}
    for part in parts:
        around = {line.box for item in part.items for line in _lines(item)}
        inside.setdefault(around.pop() if len(around) == 1 else -1, []).append(part)
    framed = list(parts)
    for index, held in inside.items():
        frame = sheet.boxes[index] if index >= 0 else None
        others = [part for part in framed if part not in held]
        if frame is None or len(held) < 2 or not _is_frame(frame, others, sheet):
            continue
        items = tuple(item for part in _cut(held, 0) for item in part.items)
        framed = [*others, _Part(items, frame, is_apart=False, is_note=False)]
    return framed


def _is_frame(frame: Box, others: Sequence[_Part], sheet: Sheet) -> bool:
    """Return whether a shape holds some parts and touches no other."""
    is_small = (frame[2] - frame[0]) * (frame[3] - frame[1]) <= MAX_FRAME * sheet.width * sheet.height
    return is_small and not any(_overlap(frame, other.bounds) for other in others)


def _overlap(one: Box, other: Box) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    along = min(one[3], other[3]) - max(one[1], other[1])
    return across > 2 and along > 2


def _lines(item: Item) -> list[Fragment]:
    return [line for row in item.rows for line in row.lines] if isinstance(item, Table) else list(item.lines)


def _cut(parts: Sequence[_Part], depth: int) -> list[_Part]:
    """Return `parts` in reading order."""
    if len(parts) < 2 or depth > MAX_DEPTH:
        return sorted(parts, key=_from_top)
    bands = _bands(parts)
    if len(bands) > 1:
        is_grid = all(part.is_figure for part in parts)
        groups = bands if is_grid else _with_common_gutter(bands)
        if len(groups) > 1:
            return [part for group in groups for part in _cut(group, depth + 1)]
    columns = _columns(parts)
    groups = columns if len(columns) > 1 else bands
    if len(groups) == 1:
        return sorted(parts, key=_from_top)
    return [part for group in groups for part in _cut(group, depth + 1)]


def _with_common_gutter(bands: Sequence[list[_Part]]) -> list[list[_Part]]:
    """Return the bands put together as long as one gutter runs through them."""
    groups: list[list[_Part]] = []
    for band in bands:
        is_new = (len(band) == 1 and band[0].is_apart) or (
            bool(groups) and _has_margin_heading(groups[-1]) and _has_margin_heading(band)
        )
        if groups and not is_new and _share_gutter(groups[-1], band):
            groups[-1] = [*groups[-1], *band]
        else:
            groups.append(list(band))
    return groups


def _has_margin_heading(band: Sequence[_Part]) -> bool:
    """Return whether one heading stands alone at the left of a text."""
    left, *right = _columns(band)
    return len(left) == 1 and left[0].is_apart and bool(right) and not any(part.is_apart for part in right[0])


def _share_gutter(group: Sequence[_Part], band: Sequence[_Part]) -> bool:
    """Return whether `band` goes on in the columns of the `group` above it."""
    if len(group) == 1 and group[0].is_apart:
        return False
    before, together = len(_columns(group)), _columns([*group, *band])
    if len(together) < 2:
        return False
    if len(together) < before and not all(any(part in column for part in band) for column in together):
        return False
    if before > 1:
        return True
    edges = [part.bounds[0] for part in band]
    return all(any(abs(part.bounds[0] - edge) <= MIN_GUTTER for edge in edges) for part in group)


def _bands(parts: Sequence[_Part]) -> list[list[_Part]]:
    """Return `parts` cut by the gaps that run across the whole sheet, from top to bottom."""
    return _parted(parts, lambda box: (-box[3], -box[1]), 0.0)


def _columns(parts: Sequence[_Part]) -> list[list[_Part]]:
    """Return `parts` cut by the gutters that run from top to bottom, from left to right."""
    return _parted(parts, lambda box: (box[0], box[2]), MIN_GUTTER)


def _parted(
    parts: Sequence[_Part], interval: Callable[[Box], tuple[float, float]], min_gap: float
) -> list[list[_Part]]:
    groups: list[list[_Part]] = []
    reach = 0.0
    for part in sorted(parts, key=lambda part: interval(part.bounds)):
        start, end = interval(part.bounds)
        if groups and start - reach < min_gap:
            groups[-1].append(part)
            reach = max(reach, end)
        else:
            groups.append([part])
            reach = end
    return groups


def _from_top(part: _Part) -> tuple[float, float, int]:
    return -part.bounds[3], part.bounds[0], _lines(part.items[0])[0].order

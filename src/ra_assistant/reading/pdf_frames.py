"""Finds the cells that a table's rules and filled rectangles draw on a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ra_assistant.reading.assembling import Box
from ra_assistant.reading.pdf_types import Sheet

SNAP = 3.0
"""Distance in points up to which two edges are one."""
SEAM = 8.0
"""Widest white seam in points between two cells of one table."""
MAX_SHARE = 0.5
"""Share of the sheet above which a frame is no cell."""
MAX_RULES = 400
"""Rules beyond which a sheet holds a drawing, not a table."""
MAX_CELLS = 600


def cells_of(sheet: Sheet) -> list[Box]:
    """Return the cells drawn on a sheet: its frames, and the meshes of its rules, each once."""
    limit = MAX_SHARE * sheet.width * sheet.height
    cells: list[Box] = []
    for box in [*_meshes(sheet.rules), *sheet.boxes]:
        is_known = any(all(abs(a - b) <= SNAP for a, b in zip(box, cell, strict=True)) for cell in cells)
        if not is_known and area(box) < limit:
            cells.append(box)
        if len(cells) > MAX_CELLS:
            return []
    return cells


def area(box: Box) -> float:
    """Return the surface of a box, in square points."""
    return (box[2] - box[0]) * (box[3] - box[1])


def _meshes(rules: Sequence[Box]) -> list[Box]:
    """Return the smallest rectangles between rules that cross, those with no rule between them made one."""
    level = _joined([(rule[1], rule[0], rule[2]) for rule in rules if rule[2] - rule[0] > rule[3] - rule[1]])
    upright = _joined(
        [(rule[0], rule[1], rule[3]) for rule in rules if rule[2] - rule[0] <= rule[3] - rule[1]]
    )
    if len(level) < 2 or len(upright) < 2 or len(level) + len(upright) > MAX_RULES:
        return []
    ys, xs = _places(level), _places(upright)
    meshes: list[Box] = []
    for bottom, top in pairwise(ys):
        start = None
        for left, right in pairwise(xs):
            start = left if start is None else start
            if _is_drawn(upright, right, bottom, top):
                is_closed = _is_drawn(upright, start, bottom, top)
                if is_closed and _is_bounded(level, bottom, top, start, right):
                    meshes.append((start, bottom, right, top))
                start = None
    return _stacked(meshes, level)


def _joined(lines: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Return lines as (place, start, end), those that continue one another made one."""
    joined: list[tuple[float, float, float]] = []
    for place, start, end in sorted(lines):
        for index, (other, first, last) in enumerate(joined):
            if abs(place - other) <= SNAP and start <= last + SNAP and end >= first - SNAP:
                joined[index] = (other, min(first, start), max(last, end))
                break
        else:
            joined.append((place, start, end))
    return joined


def _places(lines: Sequence[tuple[float, float, float]]) -> list[float]:
    """Return the distinct places of lines, in increasing order."""
    places: list[float] = []
    for place, _, _ in sorted(lines):
        if not places or place - places[-1] > SNAP:
            places.append(place)
    return places


def _is_drawn(lines: Sequence[tuple[float, float, float]], place: float, start: float, end: float) -> bool:
    """Return whether a line stands at `place` over the middle of `start` to `end`."""
    middle = (start + end) / 2
    return any(abs(other - place) <= SNAP and first <= middle <= last for other, first, last in lines)


def _is_bounded(
    level: Sequence[tuple[float, float, float]], bottom: float, top: float, left: float, right: float
) -> bool:
    """Return whether level rules stand somewhere above and below a stretch."""
    middle = (left + right) / 2
    over = [place for place, first, last in level if first - SNAP <= middle <= last + SNAP]
    return any(place >= top - SNAP for place in over) and any(place <= bottom + SNAP for place in over)


def _stacked(meshes: Sequence[Box], level: Sequence[tuple[float, float, float]]) -> list[Box]:
    """Return `meshes`, two that stand on one another without a rule between them made one."""
    stacked: list[Box] = []
    for mesh in sorted(meshes, key=lambda box: (box[0], box[2], box[1])):
        below = stacked[-1] if stacked else None
        is_on_top = below is not None and below[0] == mesh[0] and below[2] == mesh[2] and below[3] == mesh[1]
        if below is not None and is_on_top and not _is_drawn(level, mesh[1], mesh[0], mesh[2]):
            stacked[-1] = (below[0], below[1], below[2], mesh[3])
        else:
            stacked.append(mesh)
    return stacked


def tables_of(cells: Sequence[Box]) -> list[list[Box]]:
    """Return the cells that touch one another, table by table."""
    tables: list[list[Box]] = []
    for cell in cells:
        touching = [table for table in tables if any(_touch(cell, other) for other in table)]
        tables = [table for table in tables if table not in touching]
        tables.append([*(other for table in touching for other in table), cell])
    return tables


def _touch(one: Box, other: Box) -> bool:
    """Return whether two cells stand side by side, or one on the other."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    along = min(one[3], other[3]) - max(one[1], other[1])
    narrow = min(one[2] - one[0], other[2] - other[0])
    low = min(one[3] - one[1], other[3] - other[1])
    return (along >= 0.5 * low and -SEAM <= across <= 0.2 * narrow) or (
        across >= 0.5 * narrow and -SEAM <= along <= 0.2 * low
    )


def bands_of(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the rows, or columns, that spans of cells form: the narrowest that do not overlap, in order."""
    bands: list[tuple[float, float]] = []
    for start, end in sorted(spans, key=lambda span: span[1] - span[0]):
        if not any(min(end, last) - max(start, first) > 0.4 * (last - first) for first, last in bands):
            bands.append((start, end))
    return sorted(bands)


def covers(span: tuple[float, float], band: tuple[float, float]) -> bool:
    """Return whether a cell's span reaches over most of a row or column."""
    return min(span[1], band[1]) - max(span[0], band[0]) >= 0.5 * (band[1] - band[0])

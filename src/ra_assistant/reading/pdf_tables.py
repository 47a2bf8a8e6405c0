"""Finds the tables of a sheet, framed or merely aligned, and reads them row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ra_assistant.reading.assembling import Box
from ra_assistant.reading.grids import Cell, Slot, header_context, is_amount, looks_like_header
from ra_assistant.reading.pdf_aligned import aligned_rows
from ra_assistant.reading.pdf_frames import area, bands_of, cells_of, covers, tables_of
from ra_assistant.reading.pdf_types import Fragment, Item, Sheet, Table, Unit, bounds_of
from ra_assistant.reading.pdf_whole import whole_lines
from ra_assistant.types import BlockKind

MAX_CELL_CHARS = 220
"""Mean length of the cells of a table; longer ones are texts side by side."""
MAX_HEADER_CHARS = 60
SIDE_SLACK = 20.0
"""How far, in points, the words of one table may reach beyond those of some of its rows."""
Lines = tuple[Fragment, ...]


def extract_tables(fragments: Sequence[Fragment], sheet: Sheet) -> tuple[list[Table], list[Fragment]]:
    """Return the tables of a sheet, and the fragments that are in none.

    Aligned rows win over frames only where they hold what is framed and more of the same columns, as
    when only every other row is filled.
    """
    left = list(fragments)
    tables: list[Table] = []
    framed, aligned = _framed(left, sheet), aligned_rows(left, sheet.rules)
    larger = [rows for rows in aligned if any(_extends(rows, table) for table in framed)]
    for rows in (*larger, *framed):
        left = _taken(rows, left, tables)
    for rows in aligned_rows(left, sheet.rules) if tables else aligned:
        left = _taken(rows, left, tables)
    return tables, left


def _taken(rows: Sequence[Sequence[Lines]], left: Sequence[Fragment], tables: list[Table]) -> list[Fragment]:
    """Return what is left without `rows`, added to the tables; all of it when a part of them is gone already."""
    orders = _orders(rows)
    if not orders <= {fragment.order for fragment in left}:
        return list(left)
    tables += map(_table, _parts(rows))
    return [fragment for fragment in left if fragment.order not in orders]


def _extends(rows: Sequence[Sequence[Lines]], table: Sequence[Sequence[Lines]]) -> bool:
    """Return whether `rows` hold a framed table and more rows within its sides."""
    left, _, right, _ = bounds_of([line for row in rows for cell in row for line in cell])
    start, _, end, _ = bounds_of([line for row in table for cell in row for line in cell])
    return _orders(rows) > _orders(table) and left >= start - SIDE_SLACK and right <= end + SIDE_SLACK


def _orders(rows: Sequence[Sequence[Lines]]) -> set[int]:
    return {fragment.order for row in rows for cell in row for fragment in cell}


def _framed(fragments: Sequence[Fragment], sheet: Sheet) -> list[list[list[Lines]]]:
    """Return the rows of cells of each framed table."""
    cells = cells_of(sheet)
    inside: dict[Box, list[Fragment]] = {cell: [] for cell in cells}
    for fragment in fragments:
        around = [cell for cell in cells if _holds(cell, fragment)]
        if around:
            inside[min(around, key=area)].append(fragment)
    leaves = [cell for cell in cells if inside[cell] or not any(_contains(cell, other) for other in cells)]
    grids = (_grid(table, inside) for table in tables_of(leaves))
    return [grid for grid in grids if _is_table(grid)]


def _holds(cell: Box, fragment: Fragment) -> bool:
    height = fragment.base + 0.3 * fragment.size
    return cell[0] - 1 <= fragment.middle <= cell[2] + 1 and cell[1] <= height <= cell[3]


def _contains(outer: Box, inner: Box) -> bool:
    return outer is not inner and all(
        (
            outer[0] <= inner[0] + 1,
            outer[1] <= inner[1] + 1,
            outer[2] >= inner[2] - 1,
            outer[3] >= inner[3] - 1,
        )
    )


def _grid(cells: Sequence[Box], inside: dict[Box, list[Fragment]]) -> list[list[Lines]]:
    """Return the lines of each cell, row by row; a cell that spans rows is repeated in each."""
    rows = bands_of([(cell[1], cell[3]) for cell in cells])
    columns = bands_of([(cell[0], cell[2]) for cell in cells])
    grid: list[list[Lines]] = []
    for row in reversed(rows):
        level = [cell for cell in cells if covers((cell[1], cell[3]), row)]
        line: list[Lines] = []
        last: Box | None = None
        for column in columns:
            cell = next((cell for cell in level if covers((cell[0], cell[2]), column)), None)
            is_repeated = cell is not None and cell == last
            line.append(() if cell is None or is_repeated else tuple(whole_lines(inside[cell])))
            last = cell
        if any(line):
            grid.append(line)
    return grid


def _is_table(grid: Sequence[Sequence[Lines]]) -> bool:
    texts = [_text(cell) for row in grid for cell in row if cell]
    full_rows = sum(sum(map(bool, row)) > 1 for row in grid)
    is_grid = len(grid) > 1 and full_rows > 1 and len(texts) >= 4
    return is_grid and sum(map(len, texts)) <= MAX_CELL_CHARS * len(texts)


def _parts(rows: Sequence[Sequence[Lines]]) -> list[Sequence[Sequence[Lines]]]:
    """Return the tables that stand on one another in the same columns: each begins with a header."""
    first = [bool(cell) for cell in rows[0]]
    starts = [
        index
        for index in range(2, len(rows) - 1)
        if _looks(rows[index]) == _looks(rows[0]) != _looks(rows[index + 1])
        and [bool(cell) for cell in rows[index]] == first
        and _has_amount(rows[index - 1])
        and not _has_amount(rows[index])
    ]
    return [rows[start:end] for start, end in pairwise([0, *starts, len(rows)])]


def _has_amount(row: Sequence[Lines]) -> bool:
    return any(is_amount(_text(cell)) for cell in row)


def _looks(row: Sequence[Lines]) -> set[tuple[bool, int]]:
    return {(line.is_bold, line.color) for cell in row for line in cell}


def _table(rows: Sequence[Sequence[Lines]]) -> Table:
    """Return a table whose rows know their header."""
    texts = [[_text(cell) for cell in row] for row in rows]
    count = _header_rows(rows, texts)
    context = header_context([[Slot(Cell(text)) for text in row] for row in texts[:count]])
    return Table(
        tuple(
            Unit(
                lines=tuple(line for cell in row for line in cell),
                kind=BlockKind.TABLE_ROW,
                groups=tuple(len(cell) for cell in row),
                context=context if index >= count else "",
            )
            for index, row in enumerate(rows)
        )
    )


def _header_rows(rows: Sequence[Sequence[Lines]], texts: Sequence[Sequence[str]]) -> int:
    """Return how many rows head the table: words above figures, a look of their own, an empty corner."""
    if len(rows) < 2:
        return 0
    if looks_like_header(texts) or _stands_out(rows) or _has_empty_corner(texts):
        is_second = len(rows) > 3 and texts[1][0] in {"", texts[0][0]} and looks_like_header(texts[1:])
        return 2 if is_second else 1
    return 0


def _stands_out(rows: Sequence[Sequence[Lines]]) -> bool:
    """Return whether the first row is drawn otherwise than the next one and most others."""
    looks = [_looks(row) for row in rows]
    is_short = all(len(_text(cell)) <= MAX_HEADER_CHARS for cell in rows[0])
    is_full = sum(map(bool, rows[0])) > 1
    alike = sum(bool(looks[0] & look) for look in looks[1:])
    return len(rows) > 2 and is_short and is_full and not looks[0] & looks[1] and alike * 3 <= len(rows)


def _has_empty_corner(texts: Sequence[Sequence[str]]) -> bool:
    heads = [text for text in texts[0] if text]
    is_labelled = sum(bool(row[0]) for row in texts[1:]) * 2 > len(texts) - 1
    return len(heads) > 1 and not texts[0][0] and is_labelled and max(map(len, heads)) <= MAX_HEADER_CHARS


def _text(cell: Sequence[Fragment]) -> str:
    return " ".join(line.text for line in cell)


def with_headers(items: Sequence[Item]) -> list[Item]:
    """Return the items of a document, a table cut by a page given the header of its first part."""
    done: list[Item] = list(items[:1])
    for item in items[1:]:
        before = done[-1]
        is_cut = isinstance(before, Table) and isinstance(item, Table) and _goes_on(before, item)
        done.append(_headed(item, before) if is_cut else item)
    return done


def _goes_on(before: Table, table: Table) -> bool:
    """Return whether `table` opens the page after the one that `before` closes, with the same columns."""
    is_next_page = table.rows[0].page == before.rows[-1].page + 1
    is_bare = not any(row.context for row in table.rows)
    return is_next_page and is_bare and len(before.rows[-1].groups) == len(table.rows[0].groups)


def _headed(item: Item, before: Item) -> Item:
    if not isinstance(item, Table) or not isinstance(before, Table):
        return item
    context = before.rows[-1].context
    return Table(tuple(replace(row, context=context) for row in item.rows))

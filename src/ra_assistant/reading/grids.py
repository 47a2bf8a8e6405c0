"""Turns a table, whatever its format, into rows of text that each stand on their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ra_assistant.reading.assembling import Piece
from ra_assistant.reading.figures import is_figure, is_year
from ra_assistant.types import BlockKind

CELL_SEPARATOR = " | "
MAX_SPAN = 1000
"""Widest span that is believed: browsers stop there too (HTML standard, section 4.9.11)."""
MAX_CELLS = 200_000
"""Cells of one table, spans repeated, beyond which spans are no longer repeated."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as written: its text, how far it spreads, whether it is marked as a header."""

    text: str
    colspan: int = 1
    rowspan: int = 1
    is_header: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """One column of one row: the cell that covers it, and whether this is the cell's first column."""

    cell: Cell
    is_first_column: bool = True


def spread(rows: Iterable[Sequence[Cell]]) -> list[list[Slot]]:
    """Return the grid of slots that `rows` cover, spans repeated in every row and column they reach."""
    grid: list[list[Slot]] = []
    hanging: dict[int, tuple[Slot, int]] = {}
    count = 0
    for row in rows:
        slots, hanging = _spread_row(row, hanging, is_repeating=count < MAX_CELLS)
        count += len(slots)
        grid.append(slots)
    return grid


def _spread_row(
    row: Sequence[Cell], hanging: dict[int, tuple[Slot, int]], *, is_repeating: bool
) -> tuple[list[Slot], dict[int, tuple[Slot, int]]]:
    """Return one row's slots, and by column what still hangs below it with the rows left to cover."""
    slots: list[Slot] = []
    below: dict[int, tuple[Slot, int]] = {}

    def put(slot: Slot, rows_left: int) -> None:
        if rows_left > 0 and is_repeating:
            below[len(slots)] = (slot, rows_left)
        slots.append(slot)

    def fill() -> None:
        while len(slots) in hanging:
            slot, rows_left = hanging[len(slots)]
            put(slot, rows_left - 1)

    for cell in row:
        fill()
        for column in range(min(max(cell.colspan, 1), MAX_SPAN) if is_repeating else 1):
            put(Slot(cell, is_first_column=column == 0), min(cell.rowspan, MAX_SPAN) - 1)
    fill()
    return slots, below


def row_text(slots: Sequence[Slot]) -> str:
    """Return a row's cells in order; a cell that spreads over several columns is said once."""
    texts = [slot.cell.text for slot in slots if slot.is_first_column]
    return CELL_SEPARATOR.join(texts).strip() if any(texts) else ""


def header_context(header: Sequence[Sequence[Slot]]) -> str:
    """Return the words of the header rows column by column, those of upper rows first."""
    width = max((len(row) for row in header), default=0)
    columns: list[str] = []
    for column in range(width):
        words = [row[column].cell.text for row in header if column < len(row) and row[column].cell.text]
        columns.append(" ".join(dict.fromkeys(words)))
    return CELL_SEPARATOR.join(columns).strip() if any(columns) else ""


def table_pieces(rows: Iterable[Sequence[Cell]], *, header_rows: int | None = None) -> list[Piece]:
    """Return one piece a row that holds something, the header's words as context of those below it.

    Args:
        rows: cells as written, from top to bottom.
        header_rows: how many rows are the header; None to find out from the cells.
    """
    grid = [slots for slots in spread(rows) if any(slot.cell.text for slot in slots)]
    count = _header_rows(grid) if header_rows is None else header_rows
    context = header_context(grid[:count])
    return [
        Piece(BlockKind.TABLE_ROW, row_text(slots), context=context if index >= count else "")
        for index, slots in enumerate(grid)
    ]


def _header_rows(grid: Sequence[Sequence[Slot]]) -> int:
    """Return how many of the first rows are a header: marked so, or words above figures."""
    marked = 0
    while marked < len(grid) and all(slot.cell.is_header for slot in grid[marked]):
        marked += 1
    if marked:
        return marked if marked < len(grid) else 0
    return int(looks_like_header([[slot.cell.text for slot in row] for row in grid]))


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row names the columns: no figure in it where those below have figures."""
    if len(rows) < 2 or len(rows[0]) < 2 or sum(map(bool, rows[0])) < 2:
        return False
    if all(is_figure(cell) for cell in rows[0] if cell):
        return is_year_row(rows[0])
    columns = range(1, len(rows[0]))
    return any(_is_figure_column(rows, column) and not is_amount(rows[0][column]) for column in columns)


def _is_figure_column(rows: Sequence[Sequence[str]], column: int) -> bool:
    cells = [row[column] for row in rows[1:] if column < len(row) and row[column]]
    return bool(cells) and sum(map(is_figure, cells)) * 2 > len(cells)


def is_year_row(cells: Sequence[str]) -> bool:
    """Return whether every cell that holds something is a year."""
    return all(is_year(cell) for cell in cells if cell)


def is_amount(cell: str) -> bool:
    """Return whether `cell` is a figure that is not a year."""
    return is_figure(cell) and not is_year(cell)

"""Finds tables that nothing frames: rows of short cells whose columns are aligned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ra_assistant.reading.assembling import Box
from ra_assistant.reading.figures import is_figure
from ra_assistant.reading.pdf_signs import bullet_of
from ra_assistant.reading.pdf_types import Fragment
from ra_assistant.reading.pdf_whole import levels

MAX_STEP = 3.2
"""Distance between two rows, as a share of the size, beyond which the table has ended."""
MAX_TIGHT = 1.4
"""Distance of two baselines, as a share of the size, up to which they are lines of one cell."""
SPACED = 1.25
"""How much further apart than the lines of a cell rows are."""
STAGGERED = 0.85
"""Distance of two baselines, as a share of the size, below which neither stands under the other."""
MIN_ROWS = 3
MAX_SIZE_RATIO = 1.45
MAX_SHIFT = 5.0
"""How far, in sizes, a head may stand beside the figures of its column."""
MIN_FIGURE_SHARE = 0.5
MIN_FILLED_SHARE = 0.6
"""Share of the cells of a table that hold something."""
MAX_CELL_CHARS = 25
"""Mean length of the cells of a table of words."""
MAX_LABEL_CHARS = 28
"""Mean length of the first column of a list of terms."""
MAX_PROSE_SHARE = 0.25
"""Share of cells that begin with a small letter, above which they are the lines of a text."""
MIN_PROSE_CHARS = 25
"""Mean length of the lines of a text in narrow columns."""
_NOTHING = frozenset({"-", "–", "—", "nd", "n.d.", "n/a", "na", "ns", "n.s.", "n.c.", "nc", "/", "x", "0"})

Lines = tuple[Fragment, ...]


@dataclass
class _Run:
    """Rows that may form a table, with the reach of each column."""

    rows: list[list[Fragment]]
    columns: list[tuple[float, float]] = field(default_factory=list)

    def takes(self, row: Sequence[Fragment]) -> bool:
        """Return whether `row` fits the columns; widens them when it does."""
        if self._takes_in_turn(row):
            return True
        columns = list(self.columns)
        for cell in row:
            met = [index for index, (left, right) in enumerate(columns) if cell.x0 < right and cell.x1 > left]
            if len(met) > 1 or (
                not met and len(row) < 2 and columns and not _is_staggered(self.rows[-1], row)
            ):
                return False
            if met:
                left, right = columns[met[0]]
                columns[met[0]] = (min(left, cell.x0), max(right, cell.x1))
            else:
                columns.append((cell.x0, cell.x1))
        columns.sort()
        if any(after[0] <= before[1] for before, after in pairwise(columns)):
            return False
        self.columns = columns
        return True

    def _takes_in_turn(self, row: Sequence[Fragment]) -> bool:
        """Return whether `row` has one cell a column, aligned otherwise: heads to the left, figures to the right."""
        if len(row) != len(self.columns) or len(self.rows) != 1:
            return False
        columns = [
            (min(left, cell.x0), max(right, cell.x1))
            for (left, right), cell in zip(self.columns, row, strict=True)
        ]
        reach = MAX_SHIFT * row[0].size
        is_near = all(
            cell.x0 - right <= reach and left - cell.x1 <= reach
            for (left, right), cell in zip(self.columns, row, strict=True)
        )
        if not is_near or any(after[0] <= before[1] for before, after in pairwise(columns)):
            return False
        self.columns = columns
        return True

    def column_of(self, cell: Fragment) -> int:
        """Return the column in which `cell` stands."""
        return next(i for i, (left, right) in enumerate(self.columns) if cell.x0 < right and cell.x1 > left)

    def prose(self) -> set[int]:
        """Return the orders of the cells of a column that is a text beside a table.

        The lines of a text that happen to stand level with the rows begin anywhere in a sentence; the cells
        of a column of descriptions begin with theirs.
        """
        for index in range(len(self.columns)):
            full = [row for row in self.rows if len(row) > 2]
            level = [cell for row in full for cell in row if self.column_of(cell) == index]
            is_long = len(level) >= MIN_ROWS and _mean(level) > MAX_LABEL_CHARS
            if is_long and _prose_share(level) > MAX_PROSE_SHARE:
                return {cell.order for cell in self.cells(index)}
        return set()

    def cells(self, column: int) -> list[Fragment]:
        """Return the fragments that stand in a column, from top to bottom."""
        return [cell for row in self.rows for cell in row if self.column_of(cell) == column]


def aligned_rows(fragments: Sequence[Fragment], rules: Sequence[Box]) -> list[list[list[Lines]]]:
    """Return each table as rows of cells; a cell is its lines, from top to bottom."""
    rows = levels(fragments)
    tables: list[list[list[Lines]]] = []
    index = 0
    while index < len(rows):
        run = _run(rows[index:])
        prose = run.prose()
        if prose:
            rows = [[cell for cell in row if cell.order not in prose] for row in rows]
            rows = [row for row in rows if row]
        elif (_is_table(run, rules) or _is_cut_table(run)) and not _is_on_cards(run, fragments):
            tables.append(_grouped(run, rules))
            index += len(run.rows)
        else:
            index += 1
    return tables


def _run(rows: Sequence[list[Fragment]]) -> _Run:
    """Return the rows from the first one on that may form one table."""
    run = _Run([])
    if len(rows[0]) < 2 and not (len(rows) > 1 and _is_staggered(rows[0], rows[1])):
        return run
    last = 0
    for index, row in enumerate(rows):
        if run.rows and (not _follows(run.rows[-1], row) or _opens_another(run.rows, row, rows[index + 1 :])):
            break
        if any(bullet_of(cell.text) for cell in row) or (len(run.rows) >= MIN_ROWS and _is_prose(row)):
            break
        if not run.takes(row):
            break
        run.rows.append(row)
        is_beside = len(run.rows) > 1 and _is_staggered(run.rows[-2], row)
        if len(row) > 1 or is_beside or _is_continuation(run.rows, last, index):
            last = index
    run.rows = run.rows[: last + 1]
    return run


def _follows(before: Sequence[Fragment], row: Sequence[Fragment]) -> bool:
    sizes = [cell.size for cell in (*before, *row)]
    step = before[0].base - row[0].base
    return max(sizes) <= MAX_SIZE_RATIO * min(sizes) and step <= MAX_STEP * max(sizes)


def _is_staggered(before: Sequence[Fragment], row: Sequence[Fragment]) -> bool:
    """Return whether two levels are nearer than lines are: cells of one row, centred beside one of more lines."""
    step = before[0].base - row[0].base
    size = max(cell.size for cell in (*before, *row))
    return step < STAGGERED * size and not any(a.x0 < b.x1 and b.x0 < a.x1 for a in before for b in row)


def _is_prose(row: Sequence[Fragment]) -> bool:
    """Return whether the cells of a row are lines of texts side by side."""
    return len(row) > 1 and any(len(cell.text) > MAX_LABEL_CHARS and cell.text[0].islower() for cell in row)


def _opens_another(
    above: Sequence[Sequence[Fragment]], row: Sequence[Fragment], below: Sequence[Sequence[Fragment]]
) -> bool:
    """Return whether a lone line is the heading of what follows: larger than the rows, or above a bold row."""
    if len(row) > 1 or len(above) < 2:
        return False
    is_larger = row[0].size > 1.08 * above[-1][0].size
    heads = bool(below) and len(below[0]) > 1 and all(cell.is_bold for cell in below[0])
    return is_larger or (row[0].is_bold and heads and not above[-1][0].is_bold)


def _is_continuation(rows: Sequence[list[Fragment]], last: int, index: int) -> bool:
    """Return whether a lone line at the end goes on in the cell above it."""
    line = rows[index][0]
    if index != last + 1 or line.text[:1].isupper():
        return False
    above = [
        cell
        for row in rows[max(last - 1, 0) : index]
        for cell in row
        if cell.x0 < line.x1 and cell.x1 > line.x0
    ]
    return bool(above) and min(cell.base for cell in above) - line.base <= 1.6 * line.size


def _is_table(run: _Run, rules: Sequence[Box]) -> bool:
    if len(run.rows) < MIN_ROWS:
        return False
    cells = _grouped(run, rules)
    tabular = [row for row in cells if sum(map(bool, row)) > 1]
    if len(tabular) < MIN_ROWS:
        return False
    columns = [run.cells(index) for index in range(len(run.columns))]
    others = [cell for column in columns[1:] for cell in column]
    if not others:
        return False
    filled = sum(sum(map(bool, row)) for row in tabular)
    if filled < MIN_FILLED_SHARE * len(tabular) * len(columns):
        return False
    head = [line for cell in cells[0] for line in cell]
    heads = {line.order for line in head if not any(map(_is_value, run.rows[0]))}
    others = [cell for cell in others if cell.order not in heads]
    words = [cell for cell in others if not _is_value(cell)]
    if len(words) > 1 and _prose_share(words) > 0.5 and _mean(words) >= MIN_PROSE_CHARS:
        return False
    if len(words) < MIN_FIGURE_SHARE * len(others) or len(words) * 2 == len(others):
        return sum(map(_is_value, columns[0])) < 0.7 * len(columns[0]) or len(columns) > 2
    labels = [row[0][0] for row in cells if row[0]]
    if not all(map(_is_uniform, columns)) or not labels or _prose_share(labels) > MAX_PROSE_SHARE:
        return False
    if len(columns) == 2:
        return _mean(columns[0]) <= MAX_LABEL_CHARS and _is_flush(columns[0]) and _is_flush(columns[1])
    begun = [cell[0] for row in cells for cell in row if cell]
    lines = [cell for column in columns for cell in column]
    return _mean(lines) <= MAX_CELL_CHARS and _prose_share(begun) <= MAX_PROSE_SHARE


def _is_cut_table(run: _Run) -> bool:
    """Return whether a bold head and one row with figures begin a table that a page cuts."""
    if len(run.rows) != MIN_ROWS - 1 or not all(len(row) == len(run.columns) for row in run.rows):
        return False
    head, row = run.rows
    is_head = all(cell.is_bold and not _is_value(cell) for cell in head)
    return is_head and not row[0].is_bold and all(map(_is_value, row[1:])) and not _is_value(row[0])


def _is_on_cards(run: _Run, fragments: Sequence[Fragment]) -> bool:
    """Return whether the cells are lines of frames side by side that each hold more than them."""
    inside = Counter(cell.box for row in run.rows for cell in row if cell.box >= 0)
    held = Counter(fragment.box for fragment in fragments if fragment.box in inside)
    return len(inside) > 1 and all(held[box] > count for box, count in inside.items())


def _is_value(cell: Fragment) -> bool:
    return is_figure(cell.text) or cell.text.lower() in _NOTHING


def _prose_share(cells: Sequence[Fragment]) -> float:
    return sum(cell.text[:1].islower() for cell in cells) / len(cells)


def _mean(cells: Sequence[Fragment]) -> float:
    return sum(len(cell.text) for cell in cells) / len(cells)


def _is_uniform(cells: Sequence[Fragment]) -> bool:
    """Return whether the cells of a column, but for its head, are drawn alike."""
    looks = [(cell.is_bold, round(cell.size)) for cell in cells[1:]] or [(False, 0)]
    return max(map(looks.count, looks)) >= 0.75 * len(looks)


def _is_flush(cells: Sequence[Fragment]) -> bool:
    """Return whether the cells of a column share their left or right edge."""
    for edges in (sorted(cell.x0 for cell in cells), sorted(cell.x1 for cell in cells)):
        middle = edges[len(edges) // 2]
        if sum(abs(edge - middle) <= 2.0 for edge in edges) >= 0.75 * len(edges):
            return True
    return False


def _grouped(run: _Run, rules: Sequence[Box]) -> list[list[Lines]]:
    """Return the rows of a run as rows of cells, lines that belong to one row put together."""
    groups: list[list[list[Fragment]]] = []
    ruled = [index for index in range(1, len(run.rows)) if _is_ruled_at(run, rules, index)]
    is_ruled = len(ruled) + 1 >= MIN_ROWS and _has_one_value_a_cell(run, ruled)
    tight = _tight_step(run)
    for index, row in enumerate(run.rows):
        if is_ruled:
            goes_on = bool(groups) and index not in ruled
        else:
            goes_on = bool(groups) and (
                _belongs(run, rules, index) or _is_spaced_cell(run, groups[-1], index, tight)
            )
        if goes_on:
            groups[-1].append(row)
        else:
            groups.append([row])
    return [
        [
            tuple(cell for row in group for cell in row if run.column_of(cell) == column)
            for column in range(len(run.columns))
        ]
        for group in groups
    ]


def _is_ruled_at(run: _Run, rules: Sequence[Box], index: int) -> bool:
    return _is_ruled(run.rows[index - 1], run.rows[index], rules, run.columns)


def _has_one_value_a_cell(run: _Run, ruled: Sequence[int]) -> bool:
    """Return whether no two values stand in one cell when the rows are those that rules part."""
    for start, end in pairwise([0, *ruled, len(run.rows)]):
        valued = [run.column_of(cell) for row in run.rows[start:end] for cell in row if _is_value(cell)]
        if len(valued) > len(set(valued)):
            return False
    return True


def _tight_step(run: _Run) -> float:
    """Return the distance of two lines of one cell where rows are further apart than lines; 0 where they are not."""
    size = run.rows[0][0].size
    steps = sorted(step for step in map(_step, run.rows, run.rows[1:]) if step >= STAGGERED * size)
    if not steps or steps[0] > MAX_TIGHT * size:
        return 0.0
    apart = sum(step >= SPACED * steps[0] for step in steps)
    return steps[0] if apart >= MIN_ROWS - 1 else 0.0


def _step(before: Sequence[Fragment], row: Sequence[Fragment]) -> float:
    return before[0].base - row[0].base


def _is_spaced_cell(run: _Run, above: Sequence[Sequence[Fragment]], index: int, tight: float) -> bool:
    """Return whether a row is more lines of the cells `above` it: as near as lines are, and no second value."""
    row = run.rows[index]
    filled = {run.column_of(cell) for cell in row}
    valued = {run.column_of(cell) for line in above for cell in line if _is_value(cell)}
    is_near = _step(run.rows[index - 1], row) <= 1.1 * tight
    has_second = any(_is_value(cell) and run.column_of(cell) in valued for cell in row)
    return is_near and not has_second and len(filled) < len(run.columns)


def _belongs(run: _Run, rules: Sequence[Box], index: int) -> bool:
    """Return whether the row at `index` goes on in the row of cells above it."""
    before, row = run.rows[index - 1], run.rows[index]
    if _is_ruled(before, row, rules, run.columns):
        return False
    step = before[0].base - row[0].base
    after = row[0].base - run.rows[index + 1][0].base if index + 1 < len(run.rows) else MAX_STEP * row[0].size
    is_tight = step <= 1.5 * max(cell.size for cell in row)
    if len(row) == 1 and len(before) == 1:
        if _is_staggered(before, row):
            return True
        return is_tight and run.column_of(row[0]) == run.column_of(before[0])
    if len(row) == 1:
        begins_row = row[0].text[:1].isupper() and after < 0.85 * step
        return is_tight and not begins_row
    if len(before) == 1:
        is_split = not any(run.column_of(cell) == run.column_of(before[0]) for cell in row)
        starts_low = row[0].text[:1].islower() and run.column_of(row[0]) == run.column_of(before[0])
        return is_tight and (is_split or starts_low)
    return is_tight and all(cell.text[:1].islower() for cell in row) and not any(map(_is_value, row))


def _is_ruled(
    before: Sequence[Fragment],
    row: Sequence[Fragment],
    rules: Sequence[Box],
    columns: Sequence[tuple[float, float]],
) -> bool:
    """Return whether a rule parts two rows."""
    width = columns[-1][1] - columns[0][0]
    high, low = min(cell.base for cell in before), max(cell.base for cell in row)
    return any(
        low < (rule[1] + rule[3]) / 2 < high + 1 and rule[2] - rule[0] >= 0.4 * width for rule in rules
    )

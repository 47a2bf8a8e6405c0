"""Puts figures that are set large together with the label beside, below or above them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ra_assistant.reading.figures import is_figure, is_year
from ra_assistant.reading.pdf_types import Fragment, Unit
from ra_assistant.types import BlockKind

MIN_RATIO = 1.25
"""How much larger than its label, or than the body text, a key figure is set."""
MAX_LABEL_CHARS = 160
MAX_NOTE_CHARS = 400
"""Longest label together with a note in smaller type below it."""
MAX_LABEL_LINES = 6
SIDE_GAP = 4.0
"""Widest gap to a label at the side, as a share of the figure's size."""
TOUCHING = 0.4
"""Gap, as a share of the figure's size, up to which what looks like a heading is the figure's label."""
STACK_GAP = 1.6
"""The same above or below."""
WRAP_GAP = 0.9
"""The same between two lines of a label that runs on below its figure."""
NEXT_GAP = 1.3
"""Widest gap between two parts of one label, as a share of the label's size."""

_BEGINS_WITH_FIGURE = re.compile(r"[+\-–−~]?\s*\d")
_SIGNS = frozenset("€%$£‰")
_SIDES = ("below", "right", "above")


@dataclass(frozen=True, slots=True)
class _Pair:
    """A figure, a label that may be its own, and how far apart they are."""

    figure: int
    label: int
    side: str
    distance: float
    is_heading: bool
    """Whether the label looks like the heading of something else."""


def with_units(lines: Sequence[Fragment]) -> list[Fragment]:
    """Return `lines`, a figure and the smaller unit that touches it made one: « 41,7 » and « M€ »."""
    kept = list(lines)
    for figure in [line for line in lines if is_figure(line.text)]:
        for unit in lines:
            is_touching = (
                -0.1 * figure.size <= unit.x0 - figure.x1 <= 0.5 * figure.size
                and figure.bottom <= unit.base <= figure.top
                and unit.size < figure.size
            )
            whole = f"{figure.text} {unit.text}"
            if is_touching and unit is not figure and not is_figure(unit.text) and is_figure(whole):
                kept = [line for line in kept if line not in (figure, unit)]
                kept.append(replace(figure, text=whole, x1=unit.x1))
                break
    return _with_unit_below(kept)


def _with_unit_below(lines: Sequence[Fragment]) -> list[Fragment]:
    """Return `lines`, a currency or percent sign that fell below its figure put back after it."""
    kept = list(lines)
    for sign in [line for line in lines if line.text in _SIGNS]:
        above = [
            line
            for line in kept
            if is_figure(line.text)
            and 0.5 < (line.base - sign.base) / line.size < 1.6
            and line.x0 < sign.middle < line.x1
        ]
        if above:
            figure = min(above, key=lambda line: line.base)
            kept = [
                replace(line, text=f"{line.text} {sign.text}") if line is figure else line for line in kept
            ]
            kept.remove(sign)
    return kept


def paired(units: Sequence[Unit], body: float) -> list[Unit]:
    """Return `units`, each key figure made one with its own label.

    Args:
        units: what stands on one sheet, in any order.
        body: size of the document's body text, in points.
    """
    figures = [index for index, unit in enumerate(units) if _is_large_figure(unit, body)]
    chosen = _chosen(_pairs(units, figures, body))
    taken: set[int] = set()
    made: list[Unit] = []
    for pair in chosen:
        claimed = {*figures, *taken, *(other.label for other in chosen)}
        more = _more(units, pair, claimed)
        taken |= {pair.figure, pair.label, *more}
        labels = [units[part] for part in (pair.label, *more)]
        made.append(
            _key_figure(
                [*labels, units[pair.figure]] if pair.side == "above" else [units[pair.figure], *labels]
            )
        )
    for index, unit in enumerate(units):
        if unit.kind is BlockKind.KEY_FIGURE:
            more = _following(units, index, index, {*figures, *taken, *(other.label for other in chosen)})
            taken |= {index, *more}
            made.append(_key_figure([unit, *(units[part] for part in more)]))
    return [*(unit for index, unit in enumerate(units) if index not in taken), *made]


def _is_large_figure(unit: Unit, body: float) -> bool:
    is_alone = unit.kind is BlockKind.PARAGRAPH and is_figure(unit.text) and not is_year(unit.text)
    return is_alone and unit.size >= MIN_RATIO * body


def _pairs(units: Sequence[Unit], figures: Sequence[int], body: float) -> list[_Pair]:
    """Return every figure with every label near it, nothing standing between the two."""
    pairs: list[_Pair] = []
    for figure in figures:
        for side in _SIDES:
            near = sorted(
                (distance, index)
                for index, unit in enumerate(units)
                if index != figure and (distance := _distance(units[figure], unit, side)) is not None
            )
            for distance, label in near:
                if label not in figures and _may_be_label(units[label], units[figure]):
                    is_far = side != "right" and distance > TOUCHING
                    is_heading = is_far and _looks_like_heading(units[label], body)
                    if not is_heading or _share_frame(units[figure], units[label]):
                        pairs.append(_Pair(figure, label, side, distance, is_heading))
                if side != "right":
                    break
    return pairs


def _share_frame(figure: Unit, label: Unit) -> bool:
    return figure.lines[0].box == label.lines[0].box >= 0


def _looks_like_heading(unit: Unit, body: float) -> bool:
    return unit.size >= (1.1 if unit.is_bold else 1.3) * body and unit.text[:1].isupper()


def _may_be_label(unit: Unit, figure: Unit) -> bool:
    return (
        unit.kind in {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM}
        and unit.size < figure.size
        and len(unit.text) <= MAX_LABEL_CHARS
        and len(unit.lines) <= MAX_LABEL_LINES
        and any(map(str.isalpha, unit.text))
    )


def _distance(figure: Unit, label: Unit, side: str, beyond: float | None = None) -> float | None:
    """Return how far the label stands on that side, as a share of the figure's size; None when it does not.

    `beyond` is where the right side begins when something else stands between the two.
    """
    left, bottom, right, top = figure.bounds
    x0, y0, x1, y1 = label.bounds
    size = figure.size
    if side == "right":
        gap = (x0 - (right if beyond is None else beyond)) / size
        is_level = min(top, y1) - max(bottom, y0) >= 0.3 * min(top - bottom, y1 - y0)
        return gap if is_level and -0.1 <= gap <= SIDE_GAP else None
    overlap = min(right, x1) - max(left, x0)
    if overlap <= 0.3 * min(right - left, x1 - x0):
        return None
    gap = ((bottom - y1) if side == "below" else (y0 - top)) / size
    return gap if -0.35 <= gap <= STACK_GAP else None


def _chosen(pairs: Sequence[_Pair]) -> list[_Pair]:
    """Return one pair a figure: on the side that serves most figures of the sheet, else the nearest.

    What looks like a heading is only taken by the figures that nothing else is left for.
    """
    chosen: list[_Pair] = []
    for alike in ([pair for pair in pairs if not pair.is_heading], pairs):
        for side in sorted(_SIDES, key=lambda side: _rank([pair for pair in alike if pair.side == side])):
            done = {pair.figure for pair in chosen}
            left = [pair for pair in alike if pair.side == side and pair.figure not in done]
            chosen += _matched(left, {pair.label for pair in chosen})
    return chosen


def _rank(pairs: Sequence[_Pair]) -> tuple[int, float]:
    """Return how well a side serves the figures, the best first: how many, then how near."""
    found = _matched(pairs, set())
    return -len(found), sum(pair.distance for pair in found)


def _matched(pairs: Sequence[_Pair], taken: set[int]) -> list[_Pair]:
    """Return the pairs, nearest first, in which each figure and each label appears once."""
    figures: set[int] = set()
    labels = set(taken)
    kept: list[_Pair] = []
    for pair in sorted(pairs, key=lambda pair: pair.distance):
        if pair.figure not in figures and pair.label not in labels:
            kept.append(pair)
            figures.add(pair.figure)
            labels.add(pair.label)
    return kept


def _more(units: Sequence[Unit], pair: _Pair, excluded: set[int]) -> list[int]:
    """Return the other parts of a label: what stands beyond a second figure, and what goes on below."""
    if pair.side == "above":
        return []
    parts = [pair.label]
    if pair.side == "right" and _BEGINS_WITH_FIGURE.match(units[pair.label].text):
        beyond = [
            (distance, index)
            for index, unit in enumerate(units)
            if index not in excluded
            and index != pair.label
            and unit.kind is BlockKind.PARAGRAPH
            and (distance := _distance(units[pair.figure], unit, "right", units[pair.label].bounds[2]))
            is not None
        ]
        parts += [index for _, index in sorted(beyond)[:1]]
    return [*parts[1:], *_following(units, parts[-1], pair.figure, {*excluded, *parts})]


def _following(units: Sequence[Unit], label: int, figure: int, excluded: set[int]) -> list[int]:
    """Return what goes on below a label in the same column: its other lines, set smaller or lighter."""
    parts: list[int] = []
    last = units[label]
    chars = len(last.text)
    while True:
        below = [
            (last.bounds[1] - unit.bounds[3], index)
            for index, unit in enumerate(units)
            if index not in excluded
            and index not in parts
            and index != label
            and _goes_on(last, unit, units[figure])
        ]
        if not below:
            return parts
        _, index = min(below)
        chars += len(units[index].text)
        if chars > (MAX_LABEL_CHARS if units[index].size == last.size else MAX_NOTE_CHARS):
            return parts
        parts.append(index)
        last = units[index]


def _goes_on(label: Unit, unit: Unit, figure: Unit) -> bool:
    """Return whether `unit` goes on with a label: below it, or below the figure as the rest of its line."""
    if unit.kind is not BlockKind.PARAGRAPH or unit.size > 1.05 * label.size:
        return False
    gap = (label.bounds[1] - unit.bounds[3]) / unit.size
    is_rest = abs(unit.bounds[0] - figure.bounds[0]) <= 2 and _look(unit) == _look(label)
    if is_rest and -0.3 <= gap <= WRAP_GAP and not unit.text[:1].isupper():
        return True
    is_under = abs(unit.lines[0].middle - label.lines[-1].middle) <= unit.size or (
        abs(unit.lines[0].x0 - label.lines[-1].x0) <= 0.3 * unit.size
    )
    has_words = any(map(str.isalpha, unit.text)) and not _BEGINS_WITH_FIGURE.match(unit.text)
    return is_under and -0.3 <= gap <= NEXT_GAP and has_words


def _look(unit: Unit) -> tuple[float, int, bool]:
    return unit.size, unit.lines[0].color, unit.is_bold


def _key_figure(parts: Sequence[Unit]) -> Unit:
    """Return the parts of a key figure as one unit, each part on a line of its own."""
    return Unit(
        lines=tuple(line for part in parts for line in part.lines),
        kind=BlockKind.KEY_FIGURE,
        groups=tuple(size for part in parts for size in part.groups or (len(part.lines),)),
    )

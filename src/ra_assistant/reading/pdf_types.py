"""What the modules that read PDF files hand to one another.

Positions are in points. On an upright sheet text runs from left to right and y grows upwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ra_assistant.reading.assembling import Box
from ra_assistant.types import BlockKind

SAME_SIZE = 1.12
"""Ratio of two sizes up to which they are one: small capitals, rounding."""


class Style(NamedTuple):
    """How a stretch of text is drawn."""

    size: float
    """Height of the font as it appears on the page, in points."""
    is_bold: bool = False
    is_italic: bool = False
    color: int = 0
    """Fill colour as 0xRRGGBB."""


class Glyph(NamedTuple):
    """One character as drawn, upright."""

    char: str
    x0: float
    x1: float
    base: float
    """Height of the baseline."""
    style: Style
    source: int
    """Which drawing command drew it: glyphs of one command belong together."""


class Frame(NamedTuple):
    """How a page's own coordinates become upright ones: shifted, then turned clockwise."""

    left: float
    bottom: float
    width: float
    """Width of the page as stored, before turning."""
    height: float
    turns: int
    """Quarter turns clockwise, 0 to 3."""

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return a point of the page, upright."""
        x, y = x - self.left, y - self.bottom
        if self.turns == 0:
            return x, y
        if self.turns == 1:
            return y, self.width - x
        if self.turns == 2:
            return self.width - x, self.height - y
        return self.height - y, x

    def box(self, box: Box) -> Box:
        """Return a box of the page, upright."""
        (x0, y0), (x1, y1) = self.point(box[0], box[1]), self.point(box[2], box[3])
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the upright page."""
        return (self.width, self.height) if self.turns % 2 == 0 else (self.height, self.width)


UPRIGHT = Frame(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn on one page, upright."""

    page: int
    width: float
    height: float
    glyphs: tuple[Glyph, ...] = ()
    boxes: tuple[Box, ...] = ()
    """Visible rectangles and other closed shapes, by their bounds."""
    rules: tuple[Box, ...] = ()
    """Visible lines that run along the page's sides."""
    marks: tuple[Box, ...] = ()
    """Visible shapes as small as a bullet."""
    images: tuple[Box, ...] = ()
    label: str = ""
    """Printed label according to the file; empty when the file says nothing."""
    display: Frame = UPRIGHT
    """Turns an upright box into one of the page as it is displayed."""
    is_damaged: bool = False
    """Whether the page could not be opened."""
    is_garbled: bool = False
    """Whether some of its characters had to be repaired, or could not be."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """Words that stand on one baseline without a wide gap, drawn in about one size."""

    text: str
    x0: float
    x1: float
    base: float
    size: float
    is_bold: bool = False
    is_italic: bool = False
    color: int = 0
    page: int = 1
    order: int = 0
    """Rank in which it was drawn on its page."""
    box: int = -1
    """Index of the smallest shape around it on its sheet; -1 when there is none."""

    @property
    def top(self) -> float:
        """Height of the capitals' top, accents included."""
        return self.base + 0.78 * self.size

    @property
    def bottom(self) -> float:
        """Height of the descenders' foot."""
        return self.base - 0.22 * self.size

    @property
    def width(self) -> float:
        """Length on the page."""
        return self.x1 - self.x0

    @property
    def middle(self) -> float:
        """Horizontal middle."""
        return (self.x0 + self.x1) / 2


@dataclass(frozen=True)
class Unit:
    """Lines that are read together: a paragraph, a list item, a table row, a figure with its label."""

    lines: tuple[Fragment, ...]
    """From top to bottom; for a table row, cell by cell."""
    kind: BlockKind = BlockKind.PARAGRAPH
    groups: tuple[int, ...] = ()
    """How many lines each part has that stands on a line of its own in the text; empty for one part."""
    context: str = ""
    level: int = 0
    """Rank of a heading, 1 for the outermost."""

    @cached_property
    def bounds(self) -> Box:
        """Left, bottom, right, top."""
        return bounds_of(self.lines)

    @cached_property
    def size(self) -> float:
        """Height of the font that most characters have."""
        weights: dict[float, int] = {}
        for line in self.lines:
            weights[line.size] = weights.get(line.size, 0) + len(line.text)
        return max(weights, key=lambda size: weights[size])

    @cached_property
    def is_bold(self) -> bool:
        """Whether every line is bold."""
        return all(line.is_bold for line in self.lines)

    @cached_property
    def text(self) -> str:
        """The lines' words, a space between two lines."""
        return " ".join(line.text for line in self.lines)

    @property
    def page(self) -> int:
        """Page of the first line."""
        return self.lines[0].page


@dataclass(frozen=True)
class Table:
    """Rows that are read one after the other and keep their place as a whole."""

    rows: tuple[Unit, ...]

    @cached_property
    def bounds(self) -> Box:
        """Left, bottom, right, top."""
        return bounds_of([line for row in self.rows for line in row.lines])


Item = Unit | Table
"""What is put in reading order."""


def bounds_of(lines: Sequence[Fragment]) -> Box:
    """Return the smallest box around `lines`."""
    return (
        min(line.x0 for line in lines),
        min(line.bottom for line in lines),
        max(line.x1 for line in lines),
        max(line.top for line in lines),
    )

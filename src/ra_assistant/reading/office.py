"""What Word and OpenDocument files have in common: names of styles, headings that are only bold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from ra_assistant.reading.assembling import Piece
from ra_assistant.reading.figures import is_figure
from ra_assistant.reading.pairing import paired
from ra_assistant.types import BlockKind

TITLE_LEVEL = 0
"""Rank of a document's title: above every heading."""
MAX_HEADING_CHARS = 100

_HEADING = re.compile(r"(?:heading|titre|title|uberschrift)[ _]*(\d)")
_TITLES = frozenset({"title", "titre", "titre principal", "titre du document"})
_CAPTIONS = frozenset({"caption", "legende", "illustration", "figure", "table", "tableau", "drawing"})
_TABLE_HEADINGS = frozenset({"table heading", "titre de tableau", "table header"})
_ENDS = (".", ",", ";", ":", "\u2026")


class StyleNames(NamedTuple):
    """The names of a style and of those it is based on, nearest first."""

    names: tuple[str, ...]

    @property
    def level(self) -> int | None:
        """Rank of the headings drawn in this style, 0 for a title; None when it is for no heading."""
        for name in map(_folded, self.names):
            found = _HEADING.fullmatch(name)
            if found:
                return max(int(found[1]), 1)
            if name in _TITLES:
                return TITLE_LEVEL
        return None

    @property
    def is_caption(self) -> bool:
        """Whether the style is for captions."""
        return any(_folded(name) in _CAPTIONS for name in self.names)

    @property
    def is_table_heading(self) -> bool:
        """Whether the style is for the head of a table."""
        return any(_folded(name) in _TABLE_HEADINGS for name in self.names)


def _folded(name: str) -> str:
    """Return a style's name without accents, case or OpenDocument's escapes."""
    plain = name.replace("_20_", " ").casefold()
    letters = (char for char in unicodedata.normalize("NFD", plain) if not unicodedata.combining(char))
    return " ".join("".join(letters).split())


@dataclass(frozen=True, slots=True)
class Styled:
    """A piece, and whether all its words are bold."""

    piece: Piece
    is_bold: bool = False


def office_pieces(blocks: Iterable[Styled]) -> list[Piece]:
    """Return the pieces of a document in order.

    Where no style marks headings, short bold paragraphs above others stand for them. Figures alone are
    joined to their labels.
    """
    styled = list(blocks)
    if not any(block.piece.kind is BlockKind.HEADING and block.piece.level for block in styled):
        styled = _with_bold_headings(styled)
    return paired(block.piece for block in styled)


def _with_bold_headings(blocks: Sequence[Styled]) -> list[Styled]:
    return [
        replace(block, piece=replace(block.piece, kind=BlockKind.HEADING, level=1))
        if _is_heading(block) and not after.is_bold
        else block
        for block, after in pairwise([*blocks, Styled(Piece(BlockKind.PARAGRAPH, ""), is_bold=True)])
    ]


def _is_heading(block: Styled) -> bool:
    text = block.piece.text
    is_short = len(text) <= MAX_HEADING_CHARS and "\n" not in text and not text.endswith(_ENDS)
    return block.is_bold and block.piece.kind is BlockKind.PARAGRAPH and is_short and not is_figure(text)

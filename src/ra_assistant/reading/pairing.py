"""Puts a figure that is a paragraph of its own together with the label that follows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ra_assistant.reading.assembling import Piece
from ra_assistant.reading.figures import is_figure, is_key_figure, is_year
from ra_assistant.types import BlockKind

MAX_LABEL_CHARS = 160
"""Longest label of a key figure."""
_LONE = frozenset({BlockKind.PARAGRAPH, BlockKind.HEADING})


def paired(pieces: Iterable[Piece]) -> list[Piece]:
    """Return `pieces` in order, every figure alone joined to the label that follows it."""
    done: list[Piece] = []
    for piece in pieces:
        before = done[-1] if done else None
        if before is not None and _are_pair(before, piece):
            done[-1] = replace(
                before, kind=BlockKind.KEY_FIGURE, text=f"{before.text}\n{piece.text}", level=1
            )
        elif piece.kind is BlockKind.PARAGRAPH and is_key_figure(piece.text.split("\n")):
            done.append(replace(piece, kind=BlockKind.KEY_FIGURE))
        else:
            done.append(piece)
    return done


def _are_pair(before: Piece, piece: Piece) -> bool:
    is_alone = before.kind in _LONE and is_figure(before.text) and not is_year(before.text)
    is_label = piece.kind in _LONE and len(piece.text) <= MAX_LABEL_CHARS and not is_figure(piece.text)
    return is_alone and is_label

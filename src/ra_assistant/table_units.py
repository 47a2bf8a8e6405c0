"""The unit of a number that stands in a table: what the head of its column says, and its row does not."""

from __future__ import annotations

import re

from ra_assistant.french.numbers import quantities
from ra_assistant.passage_reading import block_at
from ra_assistant.types import BlockKind, Document, Span

_BARE = re.compile(r"[-+−–]?\s*\d[\d \u00a0\u202f\u2009.,]*")
_UNIT = re.compile(r"\((?:en\s+)?([^()\d]{1,24})\)\s*$|\ben\s+((?:[kM]|Md)?€|%)\s*$")


def with_unit(document: Document, answer: Span, text: str) -> str:
    """Return a bare number of a table followed by its unit in brackets; any other words as they are.

    « 1 760 » under « Montant 2019 (k€) » is « 1 760 (k€) ». Where the head of the column has none, that of the first
    column holds for the whole table (« Filière (milliers de tonnes) »). A bracket that is no unit is left out.

    Args:
        document: where the words stand.
        answer: their place in it.
        text: the words, as they are said.
    """
    block = block_at(document, answer.start)
    if (
        block is None
        or block.kind is not BlockKind.TABLE_ROW
        or not block.context
        or not _BARE.fullmatch(text)
    ):
        return text
    heads = [head.strip() for head in block.context.split("|")]
    cells = document.text[block.start : block.end].count("|") + 1
    column = document.text[block.start : answer.start].count("|")
    if column == 0 or len(heads) != cells:
        return text
    unit = _unit_of(heads[column]) or _unit_of(heads[0])
    return f"{text} ({unit})" if unit else text


def _unit_of(head: str) -> str:
    """Return the unit at the end of a column's head; empty when there is none."""
    found = _UNIT.search(head)
    if found is None:
        return ""
    unit = (found[1] or found[2]).strip()
    read = quantities(f"1 {unit}")
    return unit if read and (read[0].unit or read[0].value != 1) else ""

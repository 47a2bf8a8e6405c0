"""The row of a table that a superlative asks for: « Quelle exposition a attiré le plus de monde ? »."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ra_assistant.french.lexicon import table
from ra_assistant.french.numbers import quantities
from ra_assistant.french.words import content_words, fold
from ra_assistant.passage_reading import block_at
from ra_assistant.question_kinds import pattern
from ra_assistant.ranking import Candidate
from ra_assistant.types import Block, BlockKind, Document, Query, Span

FEWEST_ROWS = 3
"""Rows with a number from which on one of them stands out."""
NEAR = 5.0
"""Log-odds by which a row may be less likely than the best sentence, for its table to be looked at."""
SHORTEST = 4
"""Letters of a word from which on it may stand for a longer one: « expo »."""

_YEARS = range(1900, 2101)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a table, its cells as ranges of the document."""

    block: Block
    cells: tuple[Span, ...]


def extreme(
    query: Query, candidates: Sequence[Candidate], documents: Mapping[str, Document]
) -> Candidate | None:
    """Return the row with the largest or the smallest number, its name marked, where a question asks for it.

    The question names what the rows are (« Quelle exposition », « Quel service »), which is said at the head of their
    first column, and what is compared is said at the head of a column of numbers, or there is one such column alone.
    Rows that sum up others are left out, and nothing is chosen between equals.

    Args:
        query: the question as it was understood.
        candidates: sentences, best first; at least one.
        documents: the corpus, by document id.
    """
    asked = fold(query.text)
    sides = {"most": pattern("superlatives", "most"), "least": pattern("superlatives", "least")}
    wanted = [side for side, said in sides.items() if said.search(asked)]
    thing = pattern("superlatives", "which").search(asked)
    if len(wanted) != 1 or thing is None or _says_so(candidates[0], documents, sides[wanted[0]]):
        return None
    seen: list[tuple[str, Span]] = []
    for candidate in candidates:
        if candidate.score < candidates[0].score - NEAR:
            break
        document, start = documents[candidate.passage.document_id], candidate.span.start
        if any(name == document.id and place.start <= start < place.end for name, place in seen):
            continue
        rows = _rows_around(document, start)
        if rows:
            seen.append((document.id, Span(rows[0].block.start, rows[-1].block.end)))
        heads = _heads(rows)
        if not heads or not _is_one(thing["thing"], heads[0]):
            continue
        chosen = _extreme(query, document, rows, heads, largest=wanted[0] == "most")
        holding = chosen and _holding(candidates, candidate, chosen.block.start)
        if chosen and holding:
            span, score = Span(chosen.block.start, chosen.block.end), candidates[0].score
            return replace(holding, span=span, score=score, answer=chosen.cells[0])
    return None


def _says_so(candidate: Candidate, documents: Mapping[str, Document], said: re.Pattern[str]) -> bool:
    """Tell whether the best sentence says itself which is the largest."""
    document = documents[candidate.passage.document_id]
    return said.search(fold(document.text[candidate.span.start : candidate.span.end])) is not None


def _rows_around(document: Document, offset: int) -> list[_Row]:
    """Return the rows of the table that holds the character at `offset`, in order; none outside a table."""
    block = block_at(document, offset)
    if block is None or block.kind is not BlockKind.TABLE_ROW or not block.context:
        return []
    first = last = document.blocks.index(block)
    while first > 0 and _is_alike(document.blocks[first - 1], block):
        first -= 1
    while last + 1 < len(document.blocks) and _is_alike(document.blocks[last + 1], block):
        last += 1
    return [_Row(one, _cells(document, one)) for one in document.blocks[first : last + 1]]


def _is_alike(other: Block, block: Block) -> bool:
    return other.kind is BlockKind.TABLE_ROW and other.context == block.context


def _cells(document: Document, block: Block) -> tuple[Span, ...]:
    text, made, start = document.text[block.start : block.end], [], 0
    for cell in text.split("|"):
        left = start + len(cell) - len(cell.lstrip())
        made.append(Span(block.start + left, block.start + max(left, start + len(cell.rstrip()))))
        start += len(cell) + 1
    return tuple(made)


def _heads(rows: Sequence[_Row]) -> list[str]:
    """Return the heads of the columns; none where they are not as many as the cells."""
    heads = [fold(head).strip() for head in rows[0].block.context.split("|")] if rows else []
    return heads if all(len(row.cells) == len(heads) for row in rows) else []


def _is_one(thing: str, head: str) -> bool:
    """Tell whether the head of a column names what is asked, by the same word or by its beginning."""
    stems = {word.stem for word in content_words(thing)}
    return any(
        word.stem in stems or (len(thing) >= SHORTEST and word.form.startswith(thing))
        for word in content_words(head)
    )


def _extreme(
    query: Query, document: Document, rows: Sequence[_Row], heads: Sequence[str], *, largest: bool
) -> _Row | None:
    column = _column(query, document, rows, heads)
    if column is None:
        return None
    sums = set(table("questions")["superlatives"]["sums"].split())
    found = [
        (value, row)
        for row in rows
        if (value := _number(document, row.cells[column])) is not None
        and row.cells[0].start < row.cells[0].end
        and sums.isdisjoint(fold(document.text[row.cells[0].start : row.cells[0].end]).split()[:1])
    ]
    if len(found) < FEWEST_ROWS:
        return None
    best = (max if largest else min)(value for value, _ in found)
    holders = [row for value, row in found if value == best]
    return holders[0] if len(holders) == 1 else None


def _column(query: Query, document: Document, rows: Sequence[_Row], heads: Sequence[str]) -> int | None:
    """Return the column that is compared: the one whose head the question names, else the only one of numbers."""
    numbers = [
        column
        for column in range(1, len(heads))
        if sum(_number(document, row.cells[column]) is not None for row in rows) >= FEWEST_ROWS
    ]
    dated = {column: {year for year in _YEARS if str(year) in heads[column]} for column in numbers}
    named = {
        column: sum(query.terms.get(word.stem, 0.0) for word in content_words(heads[column]))
        for column in numbers
    }
    if len(numbers) > 1 and query.years:
        numbers = [column for column in numbers if dated[column] & set(query.years)] or numbers
    if len(numbers) > 1 and any(named.values()):
        numbers = [column for column in numbers if named[column] == max(named.values())]
    if len(numbers) > 1 and all(dated[column] for column in numbers):
        newest = max(max(dated[column]) for column in numbers)
        numbers = [column for column in numbers if newest in dated[column]]
    return numbers[0] if len(numbers) == 1 else None


def _number(document: Document, cell: Span) -> Decimal | None:
    """Return the only number of a cell; None for a cell without one, with several, or with a year."""
    found = quantities(document.text[cell.start : cell.end])
    return found[0].value if len(found) == 1 and found[0].unit != "year" else None


def _holding(candidates: Sequence[Candidate], model: Candidate, offset: int) -> Candidate | None:
    """Return the candidate at a place, or one of its passage, in the document of another."""
    ours = [
        candidate
        for candidate in candidates
        if candidate.passage.document_id == model.passage.document_id
        and candidate.passage.start <= offset < candidate.passage.end
    ]
    return next((one for one in ours if one.span.start <= offset < one.span.end), ours[0] if ours else None)

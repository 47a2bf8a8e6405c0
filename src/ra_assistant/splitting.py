"""Cutting a document into passages: a partition that loses only blanks.

A passage never crosses a section (headings without text of their own go with the section below
them) and never cuts a sentence, a table row or a key figure. Among the
allowed cuts the ones are taken that bring every passage nearest to a target length and fall, where
possible, between two blocks (dynamic programming over one section at a time), so that an edited
paragraph changes only the passages of its section.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from ra_assistant.french.sentences import sentence_spans
from ra_assistant.types import Block, BlockKind, Document, Passage, Section, Span

_WHOLE = {BlockKind.KEY_FIGURE, BlockKind.TABLE_ROW, BlockKind.HEADING}
_LABELS = {BlockKind.KEY_FIGURE, BlockKind.PARAGRAPH, BlockKind.CAPTION}
"""What a figure without a label is read with."""
_WORD = re.compile(r"[^\W\d_]+")
_NO_CELL = re.compile(r"\A(?:\s*\|)+\s*")
_NO_MORE_CELLS = re.compile(r"(?:\s*\|)+\s*\Z")
_LABEL_LETTERS = 3
"""Fewest letters of a word that says what a figure counts: « M€ » does not, « ans » does."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """The smallest stretch that a passage holds whole."""

    span: Span
    block: int
    context: str
    sentences: tuple[Span, ...]
    """One sentence, with the headings glued before it."""


@dataclass(frozen=True, slots=True)
class SentenceSplitter:
    """Groups whole sentences into passages of about `target_chars` characters."""

    min_chars: int = 400
    target_chars: int = 620
    max_chars: int = 900

    def split(self, document: Document) -> list[Passage]:
        """Return the passages of `document` in order; empty for a blank text."""
        seen: Counter[tuple[tuple[str, ...], str]] = Counter()
        passages = []
        for section, units in _units_by_section(document):
            for first, last in self._cuts(units):
                passages.append(_passage(document, section, units[first:last], seen))
        return passages

    def _cuts(self, units: list[_Unit]) -> list[tuple[int, int]]:
        """Return index ranges of units that cost least in all."""
        best: list[tuple[float, int]] = [(0.0, 0)]
        for last in range(1, len(units) + 1):
            best.append(min(self._choices(units, best, last)))
        ranges = []
        last = len(units)
        while last:
            first = best[last][1]
            ranges.append((first, last))
            last = first
        return ranges[::-1]

    def _choices(
        self, units: list[_Unit], best: list[tuple[float, int]], last: int
    ) -> Iterator[tuple[float, int]]:
        for first in range(last - 1, -1, -1):
            length = units[last - 1].span.end - units[first].span.start
            if length > self.max_chars and first < last - 1:
                return
            yield best[first][0] + self._cost(units, last, length), first

    def _cost(self, units: list[_Unit], last: int, length: int) -> float:
        deviation = (length - self.target_chars) / self.target_chars
        cost = deviation * deviation
        if length < self.min_chars:
            cost += 0.3
        if last < len(units) and units[last].block == units[last - 1].block:
            cost += 0.5
        if last < len(units) and units[last].context != units[last - 1].context:
            cost -= 0.1
        return cost


def _units_by_section(document: Document) -> Iterator[tuple[Section, list[_Unit]]]:
    """Pair each section with its units; headings are glued to the text that they stand above."""
    position = 0
    units: list[_Unit] = []
    for section in document.sections:
        while position < len(document.blocks) and document.blocks[position].start < section.end:
            for unit in _units(document, document.blocks[position], position):
                _append(document, units, unit)
            position += 1
        has_text = any(document.blocks[unit.block].kind is not BlockKind.HEADING for unit in units)
        if units and (has_text or section.end == len(document.text)):
            yield section, _glue_headings(document, units)
            units = []


def _units(document: Document, block: Block, index: int) -> list[_Unit]:
    if block.kind in _WHOLE:
        whole = Span(block.start, block.end)
        said = _without_empty_cells(document, whole) if block.kind is BlockKind.TABLE_ROW else whole
        return [_Unit(whole, index, block.context, (said,))]
    spans = sentence_spans(document.text[block.start : block.end], block.start)
    return [_Unit(span, index, block.context, (span,)) for span in spans]


def _without_empty_cells(document: Document, span: Span) -> Span:
    """Return what is read of a row: all but the empty cells at its ends; the whole of it when it has no other."""
    text = document.text[span.start : span.end]
    start, end = len(text) - len(_NO_CELL.sub("", text)), len(_NO_MORE_CELLS.sub("", text))
    return Span(span.start + start, span.start + end) if start < end else span


def _append(document: Document, units: list[_Unit], unit: _Unit) -> None:
    """Add a unit; a figure without a word of its own is one with the text or the figure before it."""
    before = units[-1] if units else None
    if before is None or not _is_bare(document, unit) or document.blocks[before.block].kind not in _LABELS:
        units.append(unit)
        return
    whole = Span(before.span.start, unit.span.end)
    units[-1] = _Unit(whole, before.block, before.context, (whole,))


def _is_bare(document: Document, unit: _Unit) -> bool:
    block = document.blocks[unit.block]
    if block.kind is not BlockKind.KEY_FIGURE:
        return False
    text = document.text[unit.span.start : unit.span.end]
    return not any(len(word) >= _LABEL_LETTERS for word in _WORD.findall(text))


def _glue_headings(document: Document, units: list[_Unit]) -> list[_Unit]:
    glued: list[_Unit] = []
    pending: tuple[Span, ...] = ()
    for unit in units:
        pending = (*pending, *unit.sentences)
        if document.blocks[unit.block].kind is not BlockKind.HEADING:
            start = min(pending[0].start, unit.span.start)
            glued.append(_Unit(Span(start, unit.span.end), unit.block, unit.context, pending))
            pending = ()
    if pending:
        glued.append(_Unit(Span(pending[0].start, pending[-1].end), units[-1].block, "", pending))
    return glued


def _passage(
    document: Document,
    section: Section,
    units: list[_Unit],
    seen: Counter[tuple[tuple[str, ...], str]],
) -> Passage:
    start, end = units[0].span.start, units[-1].span.end
    text = document.text[start:end]
    seen[section.path, text] += 1
    contexts = dict.fromkeys(unit.context for unit in units if unit.context)
    return Passage(
        id=passage_id(document.id, section.path, text, seen[section.path, text]),
        document_id=document.id,
        start=start,
        end=end,
        text=text,
        section_path=section.path,
        page=document.page_at(start),
        page_end=document.page_at(end - 1),
        context="\n".join(contexts),
        sentences=tuple(sentence for unit in units for sentence in unit.sentences),
    )


def passage_id(document_id: str, path: tuple[str, ...], text: str, occurrence: int) -> str:
    """Return 32 hexadecimal digits that name a passage by its document, headings and text.

    The place of the passage is left out, so that an edit elsewhere in the report keeps its name;
    `occurrence` (1-based) tells apart equal texts under equal headings.
    """
    parts = (document_id, *path, text, str(occurrence))
    return sha256("\x1f".join(parts).encode()).hexdigest()[:32]

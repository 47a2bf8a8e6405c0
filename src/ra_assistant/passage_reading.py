"""What is known of a passage before any question is asked: its sentences, their words, what they are on the page."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ra_assistant.answer_kinds import years_said
from ra_assistant.french.words import Word, content_words, words
from ra_assistant.types import Block, BlockKind, Document, Passage, Span
from ra_assistant.word_vectors import Rows, WordVectors

_LONG_WORDS = 60
_SHORT_WORDS = 5
_NO_ROWS = np.array([], dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is known of a sentence before any question is asked."""

    span: Span
    text: str
    stems: frozenset[str]
    years: frozenset[int]
    shape: Mapping[str, float]
    near: Rows
    """Places of its words' vectors among those of the passage."""
    label: frozenset[str]
    """Stems of the first cell of a table's row; empty for anything else."""
    near_label: Rows
    """Places of their vectors among those of the passage."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a passage before any question is asked."""

    sentences: tuple[Sentence, ...]
    stems: frozenset[str]
    heading: frozenset[str]
    """Stems of the headings, the table header and the document's title."""
    body: frozenset[str]
    """Stems of the document's title and of whose report it is, numbers left out."""
    nearest: frozenset[str]
    """Stems of the nearest heading."""
    years: frozenset[int]
    """Years of the headings, else of the document."""
    rows: Rows
    """Numbers of the vectors of its words and of its headings', increasing."""
    near_heading: Rows
    """Places of the headings' among them."""


def read_passage(document: Document, passage: Passage, vectors: WordVectors | None) -> Reading:
    """Return what is known of a passage, the vectors of its words found among `vectors`."""
    texts = [document.text[span.start : span.end] for span in passage.sentences]
    blocks = [block_at(document, span.start) for span in passage.sentences]
    heading = content_words(" ".join((*passage.section_path, passage.context, document.title)))
    said = [content_words(text) for text in texts]
    labels = [_label(text, block, found) for text, block, found in zip(texts, blocks, said, strict=True)]

    def rows_of(found: Iterable[Word]) -> Rows:
        return _NO_ROWS if vectors is None else vectors.rows(found)

    # Of the sentences one by one: « été » is a word or none by what comes before it.
    near = [rows_of(found) for found in (heading, *said)]
    rows = np.unique(np.concatenate(near))
    near_heading, *near_said = (np.searchsorted(rows, part) for part in near)
    parts = zip(passage.sentences, texts, blocks, said, near_said, labels, strict=True)
    sentences = [
        Sentence(
            span,
            text,
            frozenset(word.stem for word in found),
            years_said(text),
            _shape(text, block),
            places,
            frozenset(word.stem for word in label),
            np.searchsorted(rows, rows_of(label)),
        )
        for span, text, block, found, places, label in parts
    ]
    return Reading(
        sentences=tuple(sentences),
        stems=stems_of(passage.text),
        heading=frozenset(word.stem for word in heading),
        body=frozenset(
            word.stem
            for word in content_words(f"{document.title} {document.publisher or ''}")
            if not word.form[0].isdigit()
        ),
        nearest=stems_of(passage.section_path[-1]) if passage.section_path else frozenset(),
        years=years_said(" ".join(passage.section_path))
        or frozenset({document.year} if document.year else ()),
        rows=rows,
        near_heading=near_heading,
    )


def _label(text: str, block: Block | None, said: list[Word]) -> list[Word]:
    """Return the words of the first cell of a table's row, numbers left out; none for anything else."""
    if block is None or block.kind is not BlockKind.TABLE_ROW:
        return []
    end = text.find("|")
    return [word for word in said if word.end <= end and not word.form[0].isdigit()]


def stems_of(text: str) -> frozenset[str]:
    """Return the stems of the words of a text that carry meaning."""
    return frozenset(word.stem for word in content_words(text))


def block_at(document: Document, offset: int) -> Block | None:
    """Return the block that holds the character at `offset`; None between blocks."""
    index = bisect_right(document.blocks, offset, key=lambda block: block.start) - 1
    block = document.blocks[index] if index >= 0 else None
    return block if block is not None and offset < block.end else None


def _shape(text: str, block: Block | None) -> dict[str, float]:
    count = len(words(text))
    kind = block.kind if block is not None else BlockKind.PARAGRAPH
    return {
        "heading": float(kind is BlockKind.HEADING),
        "key_figure": float(kind is BlockKind.KEY_FIGURE),
        "row": float(kind is BlockKind.TABLE_ROW),
        "item": float(kind is BlockKind.LIST_ITEM),
        "short": max(0.0, (_SHORT_WORDS - count) / _SHORT_WORDS),
        "long": min(1.0, max(0.0, (count - _LONG_WORDS) / _LONG_WORDS)),
        "question": float(text.rstrip().endswith("?")),
        "lead_in": float(text.rstrip().endswith(":")),
    }

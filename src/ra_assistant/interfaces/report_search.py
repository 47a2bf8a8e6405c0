"""Search inside one document, as the assistant searches: no case, accents, elisions or plurals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from ra_assistant.french.words import Word, is_stop_word, words
from ra_assistant.types import Block, BlockKind, Document, Span

MAX_QUERY_CHARS = 200
MAX_TERMS = 12
"""Words of a query that are looked for."""


class Term(NamedTuple):
    """A word to look for; a compound is found by its pieces or written as one word."""

    pieces: frozenset[str]
    whole: str
    """Empty for a word that is no compound."""

    def is_in(self, stems: Set[str]) -> bool:
        """Tell whether a text with these stems holds the word."""
        return all(piece in stems for piece in self.pieces) or (bool(self.whole) and self.whole in stems)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave, in the order of the document."""

    hits: tuple[Span, ...]
    """The blocks that hold what is looked for."""
    is_whole: bool
    """Whether every hit holds every word of the query; without such a hit, those that hold most are given."""
    terms: tuple[Term, ...]


class SearchIndex:
    """The words of one document, block by block."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._blocks = list(_units(document))
        text = document.text
        self._stems = [
            frozenset(word.stem for word in words(text[block.start : block.end])) for block in self._blocks
        ]

    def search(self, query: str) -> Found:
        """Return the blocks that hold every word of `query`; without any, those that hold the most of them.

        Words without meaning of their own count only when the query has no other.
        """
        terms = terms_of(query)
        counts = [sum(term.is_in(stems) for term in terms) for stems in self._stems] if terms else []
        best = max(counts, default=0)
        hits = (block for block, count in zip(self._blocks, counts, strict=False) if best and count == best)
        return Found(tuple(hits), best == len(terms), tuple(terms))

    def places(self, block: Span, terms: Sequence[Term]) -> list[Span]:
        """Return where the words of `terms` stand in a block, in order and apart from one another."""
        wanted = {stem for term in terms for stem in (*term.pieces, term.whole) if stem}
        found = [word for word in words(self._document.text[block.start : block.end]) if word.stem in wanted]
        apart: list[Span] = []
        for start, end in sorted((block.start + word.start, block.start + word.end) for word in found):
            if apart and start < apart[-1].end:
                apart[-1] = Span(apart[-1].start, max(end, apart[-1].end))
            else:
                apart.append(Span(start, end))
        return apart


def terms_of(query: str) -> list[Term]:
    """Return what a query looks for, each thing once; empty when it has no word."""
    found = words(query[:MAX_QUERY_CHARS])
    kept = [word for word in found if not is_stop_word(word)] or found
    return list(dict.fromkeys(_terms(kept)))[:MAX_TERMS]


def _terms(found: Sequence[Word]) -> Iterator[Term]:
    """Yield the terms of words in order; a compound's whole follows its pieces and spans them."""
    position = 0
    while position < len(found):
        word = found[position]
        whole = next((w for w in found[position + 1 :] if w.start == word.start and w.end > word.end), None)
        if whole is None:
            yield Term(frozenset({word.stem}), "")
            position += 1
            continue
        pieces = [w for w in found[position:] if w.end <= whole.end and w is not whole]
        yield Term(frozenset(piece.stem for piece in pieces), whole.stem)
        position += len(pieces) + 1


def _units(document: Document) -> Iterator[Span]:
    blocks: Sequence[Block] = document.blocks or (Block(BlockKind.PARAGRAPH, 0, len(document.text)),)
    return (Span(block.start, block.end) for block in blocks)

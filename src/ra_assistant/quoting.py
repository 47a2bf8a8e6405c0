"""What is quoted of a sentence that answers: itself, its list with what leads in to it, or a part of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ra_assistant.french.sentences import sentence_spans
from ra_assistant.passage_reading import block_at
from ra_assistant.ranking import Candidate
from ra_assistant.types import AnswerKind, BlockKind, Document, Query, Span

MAX_QUOTE_CHARS = 400
"""Longest quote shown; a longer sentence is cut between two clauses around the words that answer."""
MAX_ITEMS = 14
ITEM_WORDS = 6
"""Words from which on an item of a list says enough to be quoted without its list."""

_CLAUSE_END = re.compile(r"[;:,)»](?=\s)|\s[–—-](?=\s)")
_SPACE = re.compile(r"\s")
_GOES_ON = re.compile(r"\s*(?:[,;]|(?:et|ou)\b)")
_WENT_ON = re.compile(r"(?:[,;]|\b(?:et|ou))\s*$")


def enumerated(document: Document, sentence: Span, answer: Span) -> Span | None:
    """Return the whole of a list of which `answer` is a part, None when where it begins cannot be told.

    A list in a sentence is whole when nothing goes on before or after it; else it is what follows a colon.
    """
    before = document.text[sentence.start : answer.start]
    after = document.text[answer.end : sentence.end]
    if not _WENT_ON.search(before) and not _GOES_ON.match(after):
        return answer
    colon = before.rfind(":")
    if colon < 0 or not before[colon + 1 : colon + 2].isspace():
        return None
    return Span(sentence.start + colon + 2, sentence.end)


def quoted(query: Query, document: Document, candidate: Candidate, max_chars: int) -> Span:
    """Return what is quoted of a candidate: the sentence, its list with what leads in to it, or a part.

    An item is quoted with its list when a list is asked, or when it says too little alone.
    """
    span = candidate.span
    text = document.text[span.start : span.end]
    block = block_at(document, span.start)
    is_item = block is not None and block.kind is BlockKind.LIST_ITEM
    if is_item and (query.kind is AnswerKind.LIST or len(text.split()) < ITEM_WORDS):
        return _whole_list(document, span, max_chars)
    if text.rstrip().endswith(":"):
        return _with_what_follows(document, span, max_chars)
    if span.end - span.start <= max_chars:
        return span
    focus = candidate.answer or Span(span.start, span.start + 1)
    return clip(document.text, span, focus, max(max_chars, focus.end - focus.start))


def _with_what_follows(document: Document, span: Span, max_chars: int) -> Span:
    """Widen « Les critères de sélection : » to what it announces, as far as a quote may go."""
    blocks = document.blocks
    following = next((i for i, block in enumerate(blocks) if block.start >= span.end), len(blocks))
    limit = _section_end(document, span.start)
    end = span.end
    for block in blocks[following : following + MAX_ITEMS]:
        of_it = block.kind is blocks[following].kind is not BlockKind.HEADING and block.end <= limit
        if not of_it or block.end - span.start > max_chars:
            break
        end = block.end
        if block.kind is not BlockKind.LIST_ITEM and document.text[block.start : block.end].endswith(":"):
            break
    return Span(span.start, end)


def _section_end(document: Document, offset: int) -> int:
    """Return where the section that holds the character at `offset` ends."""
    return next(
        (section.end for section in document.sections if section.start <= offset < section.end),
        len(document.text),
    )


def _whole_list(document: Document, item: Span, max_chars: int) -> Span:
    """Widen an item to its list and to the words that lead in to it, as far as a quote may go."""
    blocks = document.blocks
    index = next(i for i, block in enumerate(blocks) if block.start <= item.start < block.end)
    first = last = index
    while first > 0 and blocks[first - 1].kind is BlockKind.LIST_ITEM and last - first < MAX_ITEMS:
        first -= 1
    while (
        last + 1 < len(blocks) and blocks[last + 1].kind is BlockKind.LIST_ITEM and last - first < MAX_ITEMS
    ):
        last += 1
    start = _lead_in(document, first)
    while blocks[last].end - start > max_chars and last > index:
        last -= 1
    if blocks[last].end - start > max_chars:
        start = blocks[first].start
    while blocks[last].end - start > max_chars and first < index:
        first += 1
        start = blocks[first].start
    return Span(start, blocks[last].end)


def _lead_in(document: Document, first: int) -> int:
    """Return where the sentence before a list begins when it announces the list; else where the list does."""
    blocks = document.blocks
    start = blocks[first].start
    if first == 0 or blocks[first - 1].kind is not BlockKind.PARAGRAPH:
        return start
    before = blocks[first - 1]
    text = document.text[before.start : before.end]
    if not text.rstrip().endswith(":"):
        return start
    return sentence_spans(text, before.start)[-1].start


def clip(text: str, sentence: Span, focus: Span, max_chars: int = MAX_QUOTE_CHARS) -> Span:
    """Return a part of a long sentence, at most `max_chars`, that holds `focus` and ends between clauses."""
    room = max(0, max_chars - (focus.end - focus.start))
    low = max(sentence.start, focus.start - room // 2)
    high = min(sentence.end, low + max_chars)
    low = max(sentence.start, high - max_chars)
    ends = [
        match.end() + sentence.start for match in _CLAUSE_END.finditer(text[sentence.start : sentence.end])
    ]
    start = low if low == sentence.start else _first(ends, low, focus.start) or _after_space(text, low)
    end = high if high == sentence.end else _last(ends, focus.end, high) or _before_space(text, high)
    while start < focus.start and text[start].isspace():
        start += 1
    return Span(start, max(end, focus.end))


def _first(ends: Sequence[int], low: int, high: int) -> int | None:
    return next((end for end in ends if low <= end <= high), None)


def _last(ends: Sequence[int], low: int, high: int) -> int | None:
    return next((end for end in reversed(ends) if low <= end <= high), None)


def _after_space(text: str, position: int) -> int:
    match = _SPACE.search(text, position)
    return match.end() if match else position


def _before_space(text: str, position: int) -> int:
    while position > 0 and not text[position - 1].isspace():
        position -= 1
    return position

"""Reads plain text, kept letter by letter: only its encoding and its normal form are settled."""

from __future__ import annotations

import re
from itertools import pairwise

from ra_assistant.reading.assembling import Described, Draft, Placed, sections_of
from ra_assistant.reading.decoding import decode
from ra_assistant.reading.figures import is_figure, is_key_figure
from ra_assistant.reading.titles import BULLET, is_heading
from ra_assistant.types import Block, BlockKind, Span

MAX_WRAPPED_CHARS = 130
"""Longest line that may have been cut by an editor's margin; a longer one is a whole paragraph."""
WRAPPED_SHARE = 0.75
"""A line shorter than this share of the longest one was ended on purpose."""
MIN_MARGIN_CHARS = 50
"""Below this width, a line that ends a sentence ends its paragraph too."""
OPENING_CHARS = 3000

_LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_SENTENCE_END = (".", "!", "?", "…", ":", ";", "»", ")", "”")


def read(data: bytes, path: str) -> Draft:
    """Return the draft of a plain text file; its text is the file's, decoded and in normal form C."""
    text, notices = decode(data, path)
    placed = _placed(text)
    title = None
    if placed and placed[0].block.kind is BlockKind.HEADING:
        title = text[placed[0].block.start : placed[0].block.end]
    return Draft(
        text=text,
        blocks=tuple(block for block, _, _ in placed),
        sections=sections_of(text, placed),
        seen=Described(title=title),
        opening=text[:OPENING_CHARS],
        notices=notices,
    )


def _placed(text: str) -> list[Placed]:
    """Return the blocks of `text` in order, headings told from paragraphs by what follows them."""
    groups = [group for paragraph in _paragraphs(text) for group in _groups(text, paragraph)]
    kinds = [_kind(text, group) for group in groups]
    words = [text[group[0].start : group[-1].end] for group in groups]
    for index, group in enumerate(groups):
        is_line = kinds[index] is BlockKind.PARAGRAPH and len(group) == 1
        if is_line and is_heading(words[index], words[index + 1 : index + 3]):
            kinds[index] = BlockKind.HEADING
    return [
        Placed(Block(kind, group[0].start, group[-1].end), 1, None)
        for kind, group in zip(kinds, groups, strict=True)
    ]


def _paragraphs(text: str) -> list[list[Span]]:
    """Return the lines that hold something, stripped, grouped by the blank lines between them."""
    paragraphs: list[list[Span]] = []
    last_end: int | None = None
    for found in _LINE.finditer(text):
        line = found.group()
        if not line.strip():
            continue
        start = found.start() + len(line) - len(line.lstrip())
        span = Span(start, start + len(line.strip()))
        if last_end is None or _is_blank_line(text[last_end : span.start]):
            paragraphs.append([])
        paragraphs[-1].append(span)
        last_end = span.end
    return paragraphs


def _is_blank_line(gap: str) -> bool:
    return len(gap.replace("\r\n", "\n").strip(" \t\u00a0")) > 1


def _groups(text: str, lines: list[Span]) -> list[list[Span]]:
    """Cut a paragraph's lines into blocks: a line that a margin cut goes on in the next one."""
    words = [text[line.start : line.end] for line in lines]
    if is_key_figure(words):
        return [lines]
    width = _margin(words)
    groups = [[lines[0]]]
    for (before, after), line in zip(pairwise(words), lines[1:], strict=True):
        if _goes_on(before, after, width):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _margin(lines: list[str]) -> int:
    """Return the width at which an editor's margin cut `lines`; 0 when each was ended on purpose."""
    width = max(map(len, lines))
    full = [line for line in lines[:-1] if len(line) > WRAPPED_SHARE * width]
    ended = sum(line.endswith(_SENTENCE_END) for line in full)
    return 0 if width > MAX_WRAPPED_CHARS or ended * 2 > len(full) else width


def _goes_on(before: str, after: str, width: int) -> bool:
    """Return whether the line `after` continues the line `before`, cut at `width` characters."""
    if BULLET.match(after) or is_figure(before) or is_figure(after):
        return False
    has_ended = before.endswith(_SENTENCE_END)
    if after[0].islower() and not has_ended:
        return True
    is_full = len(before) + 1 + len(after.split()[0]) > WRAPPED_SHARE * width
    return width > 0 and is_full and (not has_ended or width > MIN_MARGIN_CHARS)


def _kind(text: str, group: list[Span]) -> BlockKind:
    words = [text[line.start : line.end] for line in group]
    if is_key_figure(words):
        return BlockKind.KEY_FIGURE
    return BlockKind.LIST_ITEM if BULLET.match(words[0]) else BlockKind.PARAGRAPH

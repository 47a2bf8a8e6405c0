"""Turns units into text: words cut at line ends made whole, paragraphs cut by a page made one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from ra_assistant.reading.assembling import Mark, Piece
from ra_assistant.reading.grids import CELL_SEPARATOR
from ra_assistant.reading.pdf_signs import ENDS, bullet_of
from ra_assistant.reading.pdf_types import Fragment, Frame, Item, Table, Unit
from ra_assistant.reading.repair import unspaced
from ra_assistant.types import BlockKind

MIN_COMPOUND_CHARS = 6
"""Length from which a word that stands alone elsewhere is taken for the first part of a compound."""
MAX_WORD_CHARS = 100
"""How far back from the end of a line the word that it cuts is looked for."""
MAX_PARAGRAPH_CHARS = 8000
"""Length from which a paragraph is not joined to another: about three printed pages."""
MIN_FULL_CHARS = 80
"""Length from which a paragraph without a full stop may go on with a capital or a figure."""
MAX_BETWEEN = 6
"""Figures, captions and tables across which a paragraph cut by a page is looked for."""

_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_LAST_WORD = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)[-\u2010]$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_ELIDED = ("'", "\u2019", "\u02bc", "/")
_LEADER = re.compile(r"\s*(?:(?:[.\u2026]\s?){4,}|(?:_\s?){4,})\s*")
_COMPOUNDS = frozenset(Path(__file__).with_name("compounds.txt").read_text("utf-8").split())
_FLOATS = frozenset({BlockKind.KEY_FIGURE, BlockKind.CAPTION, BlockKind.TABLE_ROW})

Words = Counter[str]


def words_of(fragments: Iterable[Fragment]) -> Words:
    """Return how often each word occurs, compounds as one word, words cut at a line end left out."""
    words: Words = Counter()
    was_cut = False
    for fragment in fragments:
        found = _WORD.findall(fragment.text.lower())
        is_cut = fragment.text.endswith(("-", "\u2010"))
        words.update(found[int(was_cut) : len(found) - int(is_cut)])
        was_cut = is_cut
    return words


def glue(left: str, right: str, words: Words) -> tuple[str, str]:
    """Return the left line without the hyphen that cut a word, and what stands between it and the right one.

    A hyphen stays before a capital or a figure, in a compound that the document writes elsewhere, and
    in the compounds of the language.
    """
    if left.endswith(_ELIDED):
        return left, ""
    cut = _LAST_WORD.search(left)
    follows = _FIRST_WORD.match(right)
    if cut is None:
        return left, "" if left.endswith("-") and left[-2:-1].isdecimal() and right[:1].isdecimal() else " "
    if follows is None or not right[:1].islower():
        return left, "" if right[:1].isalnum() else " "
    before, after = cut[1].lower(), follows[0]
    if _keeps_hyphen(before, after, words):
        return left, ""
    return left[:-1], ""


def _keeps_hyphen(before: str, after: str, words: Words) -> bool:
    whole, compound = f"{before}{after}", f"{before}-{after}"
    if words[compound] or words[whole]:
        return words[compound] > words[whole]
    is_plural = len(before) > MIN_COMPOUND_CHARS and before.endswith("s")
    if words[after] and (is_plural or (len(before) >= MIN_COMPOUND_CHARS and words[before])):
        return True
    last = before.rsplit("-", 1)[-1]
    return f"{last}-" in _COMPOUNDS or f"-{after}" in _COMPOUNDS or compound in _COMPOUNDS


def piece_of(unit: Unit, words: Words, displays: Sequence[Frame]) -> Piece:
    """Return a unit as a piece of text, each line with its place on the displayed page.

    Args:
        unit: what is read together.
        words: the document's words, to tell cut words from compounds.
        displays: for each page, how upright boxes become boxes of the page as displayed.
    """
    parts = _parts(unit)
    between_parts = "\n" if unit.groups else " "
    separator = CELL_SEPARATOR if unit.kind is BlockKind.TABLE_ROW else between_parts
    writer = _Writer(words, displays)
    for index, part in enumerate(parts):
        writer.write(part, separator if index else "")
    text = writer.text
    start = len(text) - len(text.lstrip())
    if unit.kind is BlockKind.LIST_ITEM:
        start += len(bullet_of(text[start:]) or "")
    if start >= len(text.rstrip()):
        start = 0
    return Piece(
        kind=unit.kind,
        text=text[start:].rstrip(),
        level=max(unit.level, 1),
        context=unit.context,
        marks=_shifted(writer.marks, start, len(text[start:].rstrip())),
    )


def _parts(unit: Unit) -> list[tuple[Fragment, ...]]:
    """Return the lines of a unit, part by part."""
    parts: list[tuple[Fragment, ...]] = []
    start = 0
    for size in unit.groups or (len(unit.lines),):
        parts.append(unit.lines[start : start + size])
        start += size
    return parts


class _Writer:
    """Writes lines one after the other and remembers where each one stands."""

    def __init__(self, words: Words, displays: Sequence[Frame]) -> None:
        self._words = words
        self._displays = displays
        self.text = ""
        self.marks: list[Mark] = []

    def write(self, lines: Sequence[Fragment], separator: str) -> None:
        """Append the lines of one part after `separator`."""
        self.text += separator
        is_first = True
        for line in lines:
            words = _LEADER.sub(" \u2026 ", unspaced(line.text)).strip(" ")
            if not is_first:
                self._join(words)
            is_first = False
            start = len(self.text)
            self.text += words
            box = self._displays[line.page - 1].box((line.x0, line.bottom, line.x1, line.top))
            self.marks.append(Mark(start, len(self.text), line.page, box))

    def _join(self, right: str) -> None:
        cut = max(len(self.text) - MAX_WORD_CHARS, 0)
        left, between = glue(self.text[cut:], right, self._words)
        lost = len(self.text) - cut - len(left)
        self.text = self.text[:cut] + left + between
        if lost and self.marks:
            self.marks[-1] = self.marks[-1]._replace(end=self.marks[-1].end - lost)


def _shifted(marks: Sequence[Mark], start: int, length: int) -> tuple[Mark, ...]:
    """Return `marks` of a text of which the first `start` characters were cut, clipped to what is left."""
    moved = (
        mark._replace(start=max(mark.start - start, 0), end=min(mark.end - start, length)) for mark in marks
    )
    return tuple(mark for mark in moved if mark.end > mark.start)


def rejoined(items: Sequence[Item]) -> list[Item]:
    """Return `items`, paragraphs that a column or a page cuts made one.

    What stands between the two halves is moved before the paragraph when it is on the first half's
    page, so that pages never go backwards in the text.
    """
    left = list(items)
    index = 0
    while index < len(left):
        unit = left[index]
        found = _continuation(left, index) if isinstance(unit, Unit) and _is_cut(unit) else None
        if found is None or not isinstance(unit, Unit):
            index += 1
            continue
        rest = left[found]
        assert isinstance(rest, Unit)
        between = left[index + 1 : found]
        before = [item for item in between if _page(item) == unit.page]
        after = [item for item in between if _page(item) != unit.page]
        whole = Unit((*unit.lines, *rest.lines), unit.kind)
        left[index : found + 1] = [*before, whole, *after]
        index += len(before)
    return left


def _is_cut(unit: Unit) -> bool:
    is_text = unit.kind in {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM}
    return is_text and not unit.text.endswith(ENDS) and 20 < len(unit.text) < MAX_PARAGRAPH_CHARS


def _continuation(items: Sequence[Item], index: int) -> int | None:
    """Return the place of the paragraph that goes on with the one at `index`; None when there is none."""
    unit = items[index]
    assert isinstance(unit, Unit)
    for place in range(index + 1, min(index + 2 + MAX_BETWEEN, len(items))):
        item = items[place]
        if isinstance(item, Unit) and item.kind is BlockKind.PARAGRAPH and _goes_on(unit, item):
            return place
        is_float = isinstance(item, Table) or item.kind in _FLOATS or item.size < 0.9 * unit.size
        if not is_float:
            return None
    return None


def _goes_on(unit: Unit, rest: Unit) -> bool:
    """Return whether `rest`, in a later column or page, goes on with `unit`.

    It begins with a small letter; or the last line of `unit` fills its column, as no last line of a
    paragraph without a full stop would.
    """
    last, first = unit.lines[-1], rest.lines[0]
    is_later = rest.page == last.page + 1 or (rest.page == last.page and first.base > last.base)
    is_alike = abs(first.size - last.size) <= 0.05 * last.size and first.color == last.color
    edge = max(line.x1 for line in unit.lines if line.page == last.page)
    is_full = (
        len(unit.text) >= MIN_FULL_CHARS and last.x1 >= edge - last.size and first.is_bold == last.is_bold
    )
    return is_later and is_alike and (first.text[:1].islower() or last.text.endswith("-") or is_full)


def _page(item: Item) -> int:
    return item.rows[0].page if isinstance(item, Table) else item.page

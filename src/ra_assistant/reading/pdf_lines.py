"""Gathers the characters of a sheet into fragments: words on one baseline without a wide gap."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from unicodedata import category

from ra_assistant.reading.assembling import Box
from ra_assistant.reading.pdf_types import Fragment, Glyph, Sheet, Style
from ra_assistant.reading.repair import repaired

BASE_TOLERANCE = 0.25
"""How far, as a share of the size, a character may stand off its line."""
SIZE_RATIO = 1.4
"""A change of size beyond this ratio ends a fragment: a figure set large, a small unit."""
WORD_GAP = 0.25
"""Gap, as a share of the size, from which two characters are two words (a space is 0.25 to 0.33)."""
COLUMN_GAP = 1.0
"""Gap between two drawing commands from which they may be in two columns."""
STRETCHED_GAP = 2.0
"""The same within one command, whose words may have been spread to fill the line."""
EVEN_GAP = 2.0
"""How much wider than the narrowest gap of a line another of its gaps is, unless it parts two columns."""
LOOSE_GAP = 0.6
"""Gap up to which fragments drawn far apart in time are one line."""
BACKWARDS = 0.6
"""How far back a character may start: kerning, accents laid over their letter."""

MIN_BOX_LINES = 2.2
"""Height of a shape, as a share of the size of the text in it, from which it can hold two lines."""

_BLANKS = " \t\u00a0\u2007\u2009\u200a\u202f\u2002\u2003\u2005\u2006\u2008"
_KEPT_BLANKS = "\u00a0\u202f\u2007"
_NOTHING = "\u200b\u200c\u200d\u2060\ufeff"
_PICTURES = frozenset({"So", "Co", "Cn", "Cf", "Mn", "Sk"})
_HYPHEN_MARK = "\x02"
"""What PDFium puts for a hyphen at the end of a line."""
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def fragments_of(sheet: Sheet) -> list[Fragment]:
    """Return the fragments of a sheet in the order in which they are drawn, each once."""
    lines = [line for line in _lines(sheet.glyphs) if line.chars]
    drawn = [line.fragment(sheet.page, order) for order, line in enumerate(lines)]
    kept = _without_doubles([fragment for fragment in drawn if not _is_picture(fragment.text)])
    return [replace(fragment, box=_smallest_around(fragment, sheet)) for fragment in _merged(kept)]


class _Line:
    """A fragment that is being gathered."""

    def __init__(self, glyph: Glyph) -> None:
        self.style: Style = glyph.style
        self.base = glyph.base
        self.x0 = glyph.x0
        self.x1 = glyph.x1
        self.source = glyph.source
        self.last_x0 = glyph.x0
        self.space = math.inf
        """Narrowest gap between two of its words."""
        self.chars: list[str] = [glyph.char]
        self.bold = int(glyph.style.is_bold)
        self.italic = int(glyph.style.is_italic)

    def takes(self, glyph: Glyph) -> bool:
        """Return whether `glyph` goes on in this fragment."""
        if (
            glyph.source == self.source
            and glyph.base == self.base
            and 0 <= glyph.x0 - self.x1 < self.style.size
        ):
            return True  # the common case, told first for speed
        size = max(self.style.size, glyph.style.size)
        gap = glyph.x0 - self.x1
        if glyph.source == self.source and glyph.x0 == self.last_x0:
            return True  # the letters of a ligature share its box
        is_even = gap <= EVEN_GAP * self.space
        wide = LOOSE_GAP if not is_even else STRETCHED_GAP if glyph.source == self.source else COLUMN_GAP
        if not -BACKWARDS * size <= gap <= wide * min(self.style.size, glyph.style.size):
            return False
        shift = abs(glyph.base - self.base)
        is_shifted = (self.is_raised(glyph) and gap < WORD_GAP * size) or (
            self._is_call(glyph) and gap < size
        )
        is_alike = size <= SIZE_RATIO * min(self.style.size, glyph.style.size)
        return is_shifted or (is_alike and shift <= BASE_TOLERANCE * size)

    def is_raised(self, glyph: Glyph) -> bool:
        """Return whether `glyph` is an exponent or an index of this fragment."""
        shift = abs(glyph.base - self.base) / self.style.size
        return 0.45 < glyph.style.size / self.style.size < 0.8 and 0.1 < shift < 0.7

    def _is_call(self, glyph: Glyph) -> bool:
        """Return whether this fragment is the raised number that begins a footnote, and `glyph` its text."""
        shift = (self.base - glyph.base) / glyph.style.size
        return self.style.size < 0.9 * glyph.style.size and 0.1 < shift < 0.7 and len(self.chars) <= 3

    def add(self, glyph: Glyph, blank: str) -> None:
        """Append `glyph`, after `blank` or after the space that the gap stands for."""
        size = min(self.style.size, glyph.style.size)
        if blank or glyph.x0 - self.x1 > WORD_GAP * size:
            self.chars.append(blank or " ")
            self.space = min(self.space, max(0.0, glyph.x0 - self.x1)) if blank in {"", " "} else self.space
        if glyph.style is self.style:
            self.chars.append(glyph.char)
        elif self.is_raised(glyph) and glyph.base > self.base:
            self.chars.append(glyph.char.translate(_RAISED))
        else:
            if self._is_call(glyph) and glyph.style.size > self.style.size:
                self.chars = ["".join(self.chars).translate(_RAISED)]
                self.style, self.base = glyph.style, glyph.base
            self.chars.append(glyph.char)
        self.x0 = min(self.x0, glyph.x0)
        self.x1 = max(self.x1, glyph.x1)
        self.source = glyph.source
        self.last_x0 = glyph.x0
        self.bold += glyph.style.is_bold
        self.italic += glyph.style.is_italic

    def fragment(self, page: int, order: int) -> Fragment:
        """Return what was gathered, its characters repaired."""
        half = len(self.chars) * 0.5
        return Fragment(
            text=repaired("".join(self.chars)).strip(" "),
            x0=self.x0,
            x1=self.x1,
            base=self.base,
            size=self.style.size,
            is_bold=self.bold > half * 0.8,
            is_italic=self.italic > half * 0.8,
            color=self.style.color,
            page=page,
            order=order,
        )


def _lines(glyphs: Iterable[Glyph]) -> Iterator[_Line]:
    """Yield the fragments being gathered, each when it ends."""
    line: _Line | None = None
    blank = ""
    for glyph in glyphs:
        if glyph.char in _NOTHING:
            continue
        if glyph.char in _BLANKS:
            blank = glyph.char if glyph.char in _KEPT_BLANKS else blank or " "
            continue
        drawn = glyph._replace(char="-") if glyph.char == _HYPHEN_MARK else glyph
        if line is not None and line.takes(drawn):
            line.add(drawn, blank)
        else:
            if line is not None:
                yield line
            line = _Line(drawn)
        blank = ""
    if line is not None:
        yield line


def _is_picture(text: str) -> bool:
    """Return whether `text` holds nothing but signs that are drawings: emoji, icons of a private font."""
    return all(category(char) in _PICTURES or char in _BLANKS for char in text)


def _without_doubles(fragments: Sequence[Fragment]) -> list[Fragment]:
    """Return `fragments` without those drawn twice in nearly the same place to look bold or shaded."""
    seen: dict[str, list[Fragment]] = defaultdict(list)
    kept: list[Fragment] = []
    for fragment in fragments:
        near = 0.25 * fragment.size
        if any(
            abs(other.x0 - fragment.x0) < near and abs(other.base - fragment.base) < near
            for other in seen[fragment.text]
        ):
            continue
        seen[fragment.text].append(fragment)
        kept.append(fragment)
    return kept


def _merged(fragments: Sequence[Fragment]) -> list[Fragment]:
    """Return `fragments`, those that touch on one baseline made one, in the order of their first words."""
    merged: list[Fragment] = []
    last: Fragment | None = None
    for fragment in sorted(fragments, key=lambda item: (round(-item.base / 2), item.x0)):
        if last is not None and _touch(last, fragment):
            last = _joined(last, fragment)
            continue
        if last is not None:
            merged.append(last)
        last = fragment
    return sorted([*merged, *([last] if last else [])], key=lambda item: item.order)


def _touch(left: Fragment, right: Fragment) -> bool:
    small, large = sorted((left.size, right.size))
    gap = right.x0 - left.x1
    is_level = abs(left.base - right.base) <= 0.15 * small
    return is_level and large <= SIZE_RATIO * small and -0.3 * small <= gap <= LOOSE_GAP * small


def _joined(left: Fragment, right: Fragment) -> Fragment:
    """Return two fragments as one; the longer one says how it looks."""
    look = left if len(left.text) >= len(right.text) else right
    gap = right.x0 - left.x1
    space = " " if gap > 0.12 * look.size and not left.text.endswith(("'", "\u2019", "\u02bc")) else ""
    return replace(
        look,
        text=f"{left.text}{space}{right.text}",
        x0=left.x0,
        x1=max(left.x1, right.x1),
        base=look.base,
        is_bold=left.is_bold and right.is_bold,
        order=min(left.order, right.order),
    )


def _smallest_around(fragment: Fragment, sheet: Sheet) -> int:
    """Return the index of the smallest shape around `fragment`; -1 when there is none.

    A shape as low as one line is a highlight, which parts nothing.
    """
    y = fragment.base + 0.25 * fragment.size
    limit, lowest = 0.9 * sheet.width * sheet.height, MIN_BOX_LINES * fragment.size
    around = [
        (_area(box), index)
        for index, box in enumerate(sheet.boxes)
        if box[0] - 2 <= fragment.x0 and fragment.x1 <= box[2] + 2 and box[1] <= y <= box[3]
        if _area(box) < limit and box[3] - box[1] > lowest
    ]
    return min(around, default=(0.0, -1))[1]


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])

"""Finds what repeats from page to page, running heads and feet, and the page numbers printed there."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ra_assistant.reading.pdf_types import Fragment, Sheet

MARGIN = 0.12
"""Share of the page's height, at the top and at the foot, where running heads and feet stand."""
MIN_PAGES = 3
"""Pages on which the same words must stand to be a running head."""
MAX_RATIO = 1.3
"""A line larger than this share of the body text is a heading, however often it comes back."""
LEVEL = 5.0
"""Step in points within which two lines stand at the same height."""
MIN_NUMBERED_SHARE = 0.3
"""Share of the pages on which a number must follow the pages to be theirs."""

_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"\W*(?:page|p\.?)?\W*(\d{1,4})(?:\s*(?:/|sur|of)\s*\d{1,4})?\W*", re.IGNORECASE)
_ROMAN = re.compile(r"\W*(x{0,3}(?:ix|iv|v?i{0,3}))\W*", re.IGNORECASE)
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}


class Page(NamedTuple):
    """A sheet with the fragments on it."""

    sheet: Sheet
    fragments: list[Fragment]


class _Numbering(NamedTuple):
    """How printed numbers follow physical pages: `number = step * page + offset`."""

    step: int
    offset: int


def body_size(pages: Iterable[Page]) -> float:
    """Return the size, in points, in which most characters are set; 0 when there are none."""
    weights: Counter[float] = Counter()
    for page in pages:
        for fragment in page.fragments:
            weights[round(fragment.size * 2) / 2] += len(fragment.text)
    return max(weights, key=lambda size: (weights[size], size), default=0.0)


class Cleared(NamedTuple):
    """Pages without what repeats on them."""

    fragments: list[list[Fragment]]
    """What is left of each page."""
    labels: list[str]
    """Printed label of each page."""
    heads: list[str]
    """The running heads and feet that were taken out, each once."""


def without_furniture(pages: Sequence[Page], body: float) -> Cleared:
    """Return the pages without running heads, feet and numbers, and each page's label.

    The label is the one that the file declares, else the number printed on the page, else the number
    that the printed ones imply, else the page's rank.
    """
    numbering = _numbering(pages)
    repeated = _repeated(pages, body)
    cleared = Cleared([], [], [])
    declares = any(page.sheet.label and page.sheet.label != str(page.sheet.page) for page in pages)
    for page in pages:
        margin = [fragment for fragment in page.fragments if _in_margin(fragment, page.sheet)]
        numbers = [fragment for fragment in margin if _is_number(fragment, page.sheet.page, numbering)]
        heads = [fragment for fragment in margin if _key(fragment) in repeated]
        gone = {id(fragment) for fragment in (*numbers, *heads)}
        cleared.fragments.append([fragment for fragment in page.fragments if id(fragment) not in gone])
        printed = _printed(numbers, page.sheet.page, numbering)
        cleared.labels.append(page.sheet.label if declares and page.sheet.label else printed)
        cleared.heads.extend(head.text for head in heads if head.text not in cleared.heads)
    return cleared


def _in_margin(fragment: Fragment, sheet: Sheet) -> bool:
    height = fragment.base + 0.3 * fragment.size
    return height < MARGIN * sheet.height or height > (1 - MARGIN) * sheet.height


def _key(fragment: Fragment) -> tuple[str, int]:
    return _DIGITS.sub("#", fragment.text).casefold(), round(fragment.base / LEVEL)


def _repeated(pages: Sequence[Page], body: float) -> set[tuple[str, int]]:
    """Return the keys of the lines that stand at the same height on several pages, figures set aside."""
    seen: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for page in pages:
        for fragment in page.fragments:
            if fragment.size <= MAX_RATIO * body and _in_margin(fragment, page.sheet):
                words, level = _key(fragment)
                seen[words][level].add(page.sheet.page)
    least = min(MIN_PAGES, max(len(pages), 2))
    return {
        (words, level)
        for words, levels in seen.items()
        for level in levels
        if len(set().union(*(levels.get(near, set()) for near in (level - 1, level, level + 1)))) >= least
    }


def _value(text: str) -> int | None:
    """Return the number that `text` is, Arabic or Roman; None when it is none."""
    arabic = _NUMBER.fullmatch(text)
    if arabic:
        return int(arabic[1])
    roman = _ROMAN.fullmatch(text)
    return _roman_value(roman[1].lower()) if roman and roman[1] else None


def _roman_value(numeral: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in numeral]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def _numbering(pages: Sequence[Page]) -> list[_Numbering]:
    """Return the ways in which the numbers in the margins follow the pages; empty when none does."""
    found: dict[tuple[_Numbering, bool], set[int]] = defaultdict(set)
    for page in pages:
        for fragment in page.fragments:
            value = _value(fragment.text) if _in_margin(fragment, page.sheet) else None
            if value is not None:
                is_roman = not any(map(str.isdecimal, fragment.text))
                for step in (1, 2):
                    key = _Numbering(step, value - step * page.sheet.page)
                    found[key, is_roman].add(page.sheet.page)
    arabic = {key: pages_of for (key, is_roman), pages_of in found.items() if not is_roman}
    roman = [
        key for (key, is_roman), pages_of in found.items() if is_roman and len(pages_of) > 1 and key.step == 1
    ]
    least = min(len(pages), max(MIN_PAGES, MIN_NUMBERED_SHARE * len(pages)))
    best = max(arabic, key=lambda key: (len(arabic[key]), -key.step), default=None)
    if best is None or len(arabic[best]) < least or (len(pages) == 1 and best.offset):
        return roman
    if best.step == 2:
        sides = [key for key in arabic if key.step == 2 and abs(key.offset - best.offset) <= 1]
        return [*sorted(sides, key=lambda key: key.offset), *roman]
    return [best, *roman]


def _is_number(fragment: Fragment, page: int, numbering: Sequence[_Numbering]) -> bool:
    value = _value(fragment.text)
    return value is not None and any(value == way.step * page + way.offset for way in numbering)


def _printed(numbers: Sequence[Fragment], page: int, numbering: Sequence[_Numbering]) -> str:
    """Return the number printed on the page, or both numbers of a double page."""
    words = [re.sub(r"\W|page", "", re.split("/|sur", number.text)[0]) for number in numbers]
    found = list(dict.fromkeys(word for word in words if word))
    if found:
        return "-".join(sorted(found, key=lambda word: _value(word) or 0)[:2])
    implied = numbering[0].step * page + numbering[0].offset if numbering else 0
    return str(implied) if implied > 0 and numbering[0].step == 1 else str(page)

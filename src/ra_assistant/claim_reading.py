"""A sentence as a row of figures, years, names and words that say something, each at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from itertools import pairwise

from ra_assistant.french.lexicon import table, words_of
from ra_assistant.french.numbers import Quantity, month_number, quantities
from ra_assistant.french.words import Word, fold, is_stop_word, stem, words

FIGURE, YEAR, NAME, WORD, DAY = "figure", "year", "name", "word", "day"
PARTICIPLE = re.compile(table("claims")["participle"])
"""How a word ends that may begin a sentence without an article, and is no name."""
_SHARED_PREFIX = 5
_SHARED_SHARE = 0.6
_NAME_LINKS = frozenset({"de", "du", "des", "d", "la", "le", "l"})
_NEUTRAL = frozenset(stem(word) for word in words_of("claims", "neutral"))
_NEXT_NAME = re.compile(r"[ \u00a0-](?:[A-ZÉÈÀÂÎÔÇŒ][\w’'-]+)")
_NEXT_WORD = re.compile(
    r"(?:er)?(?:[ \u00a0]?(?:et|ou|au|,|-|–)[ \u00a0]?\d{1,2}(?:er)?)?[ \u00a0]([^\W\d_]+)"
)
_SAME_SCALE = frozenset({"de", "des", "sur", "a", "et", "ou", "contre", "puis"})
_DOT_AFTER = re.compile(r"\.[^\W\d_]")
_DOT_BEFORE = re.compile(r"[A-ZÉÈÀÂÎÔÇŒ]\w*\.$")
_YEAR_BEFORE = re.compile(r"annee (?:precedente|d'avant)|un an (?:plus tot|auparavant|avant)")


@dataclass(frozen=True, slots=True)
class Item:
    """A word of a sentence that says something, or a figure or a name, and its place among all words."""

    place: int
    kind: str
    key: str
    """Stem, folded name, or value."""
    unit: str = ""
    start: int = 0
    end: int = 0
    last: int = 0
    """Place of its last word."""
    value: Decimal | None = None


@dataclass(frozen=True)
class Reading:
    """A sentence as a row of items."""

    text: str
    items: tuple[Item, ...]
    _near: dict[str, tuple[Item, ...]] = field(default_factory=dict, compare=False, repr=False)

    def of(self, *kinds: str) -> list[Item]:
        """Return the items of some kinds, in order."""
        return [item for item in self.items if item.kind in kinds]

    def first(self, kind: str, key: str) -> Item | None:
        """Return the first item of a kind and a key; None when there is none."""
        return next((item for item in self.items if item.kind == kind and item.key == key), None)

    def near(self, key: str) -> tuple[Item, ...]:
        """Return the words that are the same as a stem, of its family, or used for it."""
        if key not in self._near:
            self._near[key] = tuple(item for item in self._words if alike(item.key, key))
        return self._near[key]

    def holds(self, item: Item) -> bool:
        """Tell whether a word, every word of a name, or a figure with its unit stands in the sentence."""
        if item.kind == WORD:
            return bool(self.near(item.key))
        if item.kind == NAME:
            return self.forms.issuperset(item.key.split()) or self._derives(item.key)
        return any(
            other.key == item.key and (not item.unit or not other.unit or item.unit == other.unit)
            for other in self._numbers
            if item.kind != FIGURE or other.kind != DAY
        )

    def _derives(self, name: str) -> bool:
        """Tell whether a word comes from a name: « français » from « France »."""
        return len(name) > _SHARED_PREFIX and " " not in name and bool(self.near(stem(name)))

    def names(self, form: str) -> bool:
        """Tell whether a word is part of a name or of a figure of the sentence."""
        return any(form in item.key.split() for item in self.items if item.kind != WORD)

    @cached_property
    def forms(self) -> frozenset[str]:
        """Return the folded words, stop words included."""
        return frozenset(word.form for word in _words_of(self.text))

    @cached_property
    def folded(self) -> str:
        """Return the text without accents and capitals."""
        return fold(self.text)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Return the stems of the words that say something."""
        return frozenset(item.key for item in self._words)

    @cached_property
    def dates(self) -> frozenset[tuple[str, str]]:
        """Return the days and years beside months: (« 30 », « 11 »), (« 11 », « 2020 »)."""
        return dates_of(self.text)

    @cached_property
    def _words(self) -> tuple[Item, ...]:
        return tuple(self.of(WORD))

    @cached_property
    def _numbers(self) -> tuple[Item, ...]:
        return tuple(self.of(FIGURE, YEAR, DAY))


def read(text: str, is_common: Callable[[str], bool] = lambda _: True) -> Reading:
    """Return a sentence as items; `is_common` tells French words, for a capital that begins a sentence."""
    found: list[Item] = []
    numbers = {quantity.start: quantity for quantity in quantities(text)}
    place, covered = 0, -1
    for word in _simple(text):
        if word.start < covered:
            continue
        place += 1
        number = numbers.get(word.start)
        if number is not None:
            covered = max(number.end, word.end)
            found.append(_figure(place, number, is_day=_is_day(text, number)))
        elif _is_name(text, word, is_common):
            found.append(Item(place, NAME, word.form, "", word.start, word.end, place))
        elif month_number(word.form) and text[word.start].islower():
            continue
        elif not is_stop_word(word) and word.stem not in _NEUTRAL and not word.form[0].isdigit():
            found.append(Item(place, WORD, word.stem, "", word.start, word.end, place))
    return Reading(text, tuple(_with_year_before(text, _scaled(text, list(_joined_names(text, found))))))


def gap(left: Item, right: Item) -> int:
    """Return how many words there are from one item to another, 1 for neighbours."""
    return max(left.place - right.last, right.place - left.last)


def is_cut(text: str, start: int, end: int) -> bool:
    """Tell whether a comma or more stands between two places."""
    return any(mark in text[start:end] for mark in ",;:.)(")


def alike(left: str, right: str) -> bool:
    """Tell whether two stems are the same word, of one family, or used for one another."""
    return left == right or _kin(left, right)


@lru_cache(maxsize=65536)
def _kin(left: str, right: str) -> bool:
    if _families().get(left, frozenset()) & _families().get(right, frozenset()):
        return True
    shorter, longer = sorted((left, right), key=len)
    return (
        len(shorter) >= _SHARED_PREFIX
        and longer.startswith(shorter[: max(_SHARED_PREFIX, round(_SHARED_SHARE * len(longer)))])
        and shorter.isalpha()
    )


def _is_day(text: str, number: Quantity) -> bool:
    following = _NEXT_WORD.match(text, number.end)
    return following is not None and month_number(fold(following.group(1))) is not None


def _figure(place: int, number: Quantity, *, is_day: bool) -> Item:
    kind = YEAR if number.unit == "year" else DAY if is_day else FIGURE
    key = _key(number.value)
    unit = "" if kind == YEAR else number.unit
    return Item(place, kind, key, unit, number.start, number.end, place, number.value)


def _key(value: Decimal) -> str:
    return str(int(value)) if value == value.to_integral() else str(value.normalize())


def _scaled(text: str, items: list[Item]) -> list[Item]:
    """Give the first figure of « 114 des 167 millions d'euros » the scale and the unit of the second."""
    for rank, (left, right) in enumerate(pairwise(items)):
        if left.kind == right.kind == FIGURE and not left.unit and left.value is not None and right.unit:
            between = {word.form for word in words(text[left.end : right.start])}
            written = re.sub(r"[^\d,.]", "", text[right.start : right.end]).replace(",", ".").strip(".")
            if between and between <= _SAME_SCALE and right.value is not None and written.count(".") <= 1:
                scale = right.value / Decimal(written) if written and Decimal(written) else Decimal(1)
                items[rank] = replace(left, key=_key(left.value * scale), unit=right.unit)
    return items


def _with_year_before(text: str, items: list[Item]) -> list[Item]:
    """Read « l'année précédente » as the year before the last one named."""
    match = _YEAR_BEFORE.search(fold(text)) if len(fold(text)) == len(text) else None
    if match is None:
        return items
    named = [item for item in items if item.kind == YEAR and item.start < match.start()]
    if not named:
        return items
    rank = sum(item.start < match.start() for item in items)
    place = items[rank - 1].last + 2 if rank else 1
    year = Item(place, YEAR, str(int(named[-1].key) - 1), "", match.start(), match.end(), place)
    return [*items[:rank], year, *items[rank:]]


@lru_cache(maxsize=1024)
def _words_of(text: str) -> tuple[Word, ...]:
    """Return the words of a text, which is read for its items, its forms and its dates."""
    return tuple(words(text))


def _simple(text: str) -> list[Word]:
    """Return the words of a text, compounds in their pieces only."""
    found: list[Word] = []
    for word in _words_of(text):
        if not found or (word.start > found[-1].start and word.end > found[-1].end):
            found.append(word)
    return found


def _is_name(text: str, word: Word, is_common: Callable[[str], bool]) -> bool:
    """Tell whether a word is a proper name: a capital inside a sentence, or at its start an unknown word."""
    written = text[word.start : word.end]
    if _is_dotted(text, word):
        return True
    if not written[0].isupper() or len(written) < 2:
        return False
    if written[1:].isupper() and len(written) > 1:
        return True
    if is_stop_word(word):
        return False
    if _begins(text, word.start):
        return (
            word.stem not in _NEUTRAL
            and not month_number(word.form)
            and (_NEXT_NAME.match(text, word.end) is not None or not is_common(word.form))
        )
    return not is_stop_word(word)


def _is_dotted(text: str, word: Word) -> bool:
    """Tell whether a word is a piece of a name such as « Gene.iO »."""
    before, after = text[: word.start], text[word.end :]
    return (_DOT_AFTER.match(after) is not None and text[word.start].isupper()) or (
        _DOT_BEFORE.search(before) is not None
    )


def _begins(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \u00a0\u202f«“\"'(’")
    return (
        not before
        or before[-1] in ".!?:"
        or (before[-1].isalpha() and len(before) <= 2 and text[start - 1] in "'’")
    )


def _joined_names(text: str, items: Sequence[Item]) -> Iterator[Item]:
    """Join « Marie de La Tour » and « Île-de-France » into one name."""
    held: Item | None = None
    for item in items:
        if held is not None and item.kind == NAME and _is_joined(text[held.end : item.start]):
            held = Item(held.place, NAME, f"{held.key} {item.key}", "", held.start, item.end, item.last)
            continue
        if held is not None:
            yield held
        held = item if item.kind == NAME else None
        if held is None:
            yield item
    if held is not None:
        yield held


def _is_joined(between: str) -> bool:
    if between == ".":
        return True
    linking = [word.form for word in words(between)]
    return (
        not any(mark in between for mark in ",;:.()«»") and len(linking) <= 2 and set(linking) <= _NAME_LINKS
    )


def dates_of(text: str) -> frozenset[tuple[str, str]]:
    """Return the days and years that stand beside months, as `Reading.dates` has them."""
    row = _words_of(text)
    found: set[tuple[str, str]] = set()
    for i, word in enumerate(row):
        month = month_number(word.form)
        if (
            month is None
            or not text[word.start : word.end].islower()
            or (word.form in {"mars", "mai"} and not i)
        ):
            continue
        found.add(("", str(month)))
        before = row[i - 1].form.removesuffix("er") if i else ""
        if before.isdigit():
            found.add((before, str(month)))
        if i + 1 < len(row) and len(row[i + 1].form) == 4 and row[i + 1].form.isdigit():
            found.add((str(month), row[i + 1].form))
    return frozenset(found)


@cache
def _families() -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for number, family in enumerate(table("claims")["synonyms"]):
        for word in family.split():
            key = stem(word)
            found[key] = found.get(key, frozenset()) | {number}
    return found

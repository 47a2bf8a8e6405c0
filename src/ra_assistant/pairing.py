"""Who goes with what in a sentence: figures with what they count and their year, names with what they do.

A sentence in which every word and every figure is the report's may still be false: « 12 laboratoires et 34
entreprises » for « 34 laboratoires et 12 entreprises ». What stands nearest to what is compared instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache
from itertools import pairwise

from ra_assistant.french.lexicon import table, words_of
from ra_assistant.french.numbers import Quantity, month_number, quantities
from ra_assistant.french.words import Word, fold, is_stop_word, stem, words

FIGURE, YEAR, NAME, WORD = "figure", "year", "name", "word"
AROUND = 2
"""Words that are heard on each side of a name or a figure."""
_SHARED_PREFIX = 5
_SHARED_SHARE = 0.6
_NAME_LINKS = frozenset({"de", "du", "des", "d", "la", "le", "l", "et"})
_NEUTRAL = frozenset(stem(word) for word in words_of("claims", "neutral"))
_NEXT_NAME = re.compile(r"[ \u00a0-](?:[A-ZÉÈÀÂÎÔÇŒ][\w’'-]+)")
_SAME_SCALE = frozenset({"de", "des", "sur", "a", "et", "ou", "contre", "puis"})
_YEAR_BEFORE = re.compile(r"annee (?:precedente|d'avant)|un an (?:plus tot|auparavant|avant)")
_CUT_COST = 8
"""Words that a comma counts for between a figure and its year."""
_LINK = re.compile(r"(?<!\w)(?:avec|par|chez|contre|selon)(?!\w)|\(")
PARTICIPLE = re.compile(r"(?:ée?s?|ant|ment|[lnst]ie?s?|us?|ues?|ites?|its?|erte?s?)$")
_BY = re.compile(r"(?<!\w)par(?!\w)")
_PASSIVE = re.compile(r"(?<!\w)(?:ete|est|sont|etre)(?!\w)|,")


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


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence as a row of items."""

    text: str
    items: tuple[Item, ...]

    def of(self, *kinds: str) -> list[Item]:
        """Return the items of some kinds, in order."""
        return [item for item in self.items if item.kind in kinds]

    def has(self, key: str) -> bool:
        """Tell whether a name or figure stands in it."""
        return any(item.key == key and item.kind != WORD for item in self.items)


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
            found.append(_figure(place, number))
        elif _is_name(text, word, is_common):
            found.append(Item(place, NAME, word.form, "", word.start, word.end, place))
        elif not is_stop_word(word) and word.stem not in _NEUTRAL and not word.form[0].isdigit():
            found.append(Item(place, WORD, word.stem, "", word.start, word.end, place))
    return Reading(text, tuple(_with_year_before(text, _scaled(text, list(_joined_names(text, found))))))


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


def mispaired(claim: Reading, lines: Sequence[Reading], years: Iterable[int] = ()) -> str:
    """Return what goes with something else in the report than in `claim`; empty when nothing does.

    Args:
        claim: a sentence to check.
        lines: the sentences of the passages that it cites.
        years: years of their headings and documents, for lines that name none.
    """
    known_years = frozenset(map(str, years))
    for figure in claim.of(FIGURE):
        held = [line for line in lines if line.has(figure.key)]
        if held and not any(_counts_the_same(claim, figure, line, lines) for line in held):
            return f"figure {figure.key}"
        if held and not any(_is_of_the_same_year(claim, figure, line, known_years) for line in held):
            return f"year of {figure.key}"
    for name in claim.of(NAME):
        verdicts = {_does_the_same(claim, name, line) for line in lines if _named(line, name)}
        if True not in verdicts and (False in verdicts or _belongs_to_another(claim, name, lines)):
            return f"name {name.key}"
        if any(_is_reversed(claim, name, line) for line in lines):
            return f"order of {name.key}"
    return next((f"names {left.key}" for left, right in _linked(claim) if not _go_together(left, right, lines)), "")


def _named(line: Reading, name: Item) -> list[Item]:
    """Return where a line says a name, in whole or in part."""
    parts = set(name.key.split())
    return [
        item for item in line.of(NAME) if parts <= set(item.key.split()) or parts >= set(item.key.split())
    ]


def _linked(claim: Reading) -> list[tuple[Item, Item]]:
    """Return the names that a claim puts together: « CiTHERA, avec Annelise Bennaceur »."""
    return [
        (left, right)
        for left, right in pairwise(claim.of(NAME))
        if _gap(left, right) <= AROUND + 1 and _LINK.search(fold(claim.text[left.end : right.start]))
    ]


def _go_together(left: Item, right: Item, lines: Sequence[Reading]) -> bool:
    """Tell whether no third name stands between two names where the report says both."""
    rows = [(line, _named(line, left), _named(line, right)) for line in lines]
    both = [(line, first[0], second[0]) for line, first, second in rows if first and second]
    return not both or any(
        not [
            item
            for item in line.of(NAME)
            if min(one.place, two.place) < item.place < max(one.place, two.place)
            and not _is_aside(line.text, item.start)
        ]
        for line, one, two in both
    )


def _counts_the_same(claim: Reading, figure: Item, line: Reading, lines: Sequence[Reading]) -> bool:
    """Tell whether what `figure` counts in a claim is what it counts in a line."""
    counted = _counted(claim, figure)
    own = next(item for item in line.items if item.key == figure.key and item.kind == FIGURE)
    known = [word for word in counted if _near(line, word.key)]
    if not known:
        # Said with another word; but not with one that the report gives to another figure.
        others = [other for other in lines if other is not line and other.of(FIGURE)]
        return not any(
            _near(other, word.key) and not other.has(figure.key) and _counted_by_another(other, word.key)
            for word in counted[:1]
            for other in others
        )
    if not _counted(line, own):
        return True
    return any(
        _counts(line, own, item)
        for word in known
        for item in _near(line, word.key)
    )


def _counted_by_another(line: Reading, key: str) -> bool:
    return any(
        word.place - item.last <= AROUND
        for item in line.of(FIGURE)
        for word in _near(line, key)
        if word.place > item.place
    )


def _counted(reading: Reading, figure: Item) -> list[Item]:
    """Return the words that a figure counts: those right after it, before the next figure; else the one before."""
    after = [
        item
        for item in reading.items
        if figure.last < item.place <= figure.last + AROUND + 1 and not _cut(reading.text, figure.end, item.start)
    ]
    row: list[Item] = []
    for item in after:
        if item.kind in {FIGURE, YEAR}:
            break
        if item.kind == WORD:
            row.append(item)
    if row or figure.unit:
        before = [item for item in reading.of(WORD) if figure.unit and 0 < figure.place - item.last <= AROUND + 2]
        return row + before[::-1]
    return []


def _cut(text: str, start: int, end: int) -> bool:
    """Tell whether a comma or more stands between two places."""
    return any(mark in text[start:end] for mark in ",;:.)(")


def _is_of_the_same_year(claim: Reading, figure: Item, line: Reading, known: frozenset[str]) -> bool:
    said = _year_of(claim, figure)
    if said is None:
        return True
    own = next(item for item in line.items if item.key == figure.key and item.kind == FIGURE)
    bound = _year_of(line, own)
    if bound is None:
        return not known or said in known
    return said == bound or (said in known and line.has(said) and len({y.key for y in line.of(YEAR)}) == 1)


def _year_of(reading: Reading, figure: Item) -> str | None:
    """Return the year nearest to a figure, one that follows before one that precedes."""
    ranked = [(_distance(reading.text, figure, year), year.key) for year in reading.of(YEAR)]
    return min(ranked)[1] if ranked else None


def _distance(text: str, figure: Item, year: Item) -> float:
    first, second = sorted((figure, year), key=lambda item: item.start)
    cost = _CUT_COST if _cut(text, first.end, second.start) else 0
    return cost + abs(year.place - figure.place) - (0.5 if year is second else 0)


def _is_aside(text: str, place: int) -> bool:
    """Tell whether a place stands between brackets."""
    return text.rfind("(", 0, place) > text.rfind(")", 0, place)


def _does_the_same(claim: Reading, name: Item, line: Reading) -> bool | None:
    """Tell whether what is said beside a name is said beside it in a line; None when the line does not tell."""
    known = [(word, item) for word in _beside(claim, name) for item in _near(line, word.key)]
    if not known:
        return None
    if len({item.key for item in line.of(NAME)}) < 2:
        return True
    own = _named(line, name)
    return any(
        _is_nearest(line, own, item)
        or _shares(claim, name, line, item, word)
        or (_is_announced(claim, word, name) and _is_announced(line, item, own[0]))
        for word, item in known
    )


def _beside(claim: Reading, name: Item) -> list[Item]:
    """Return the words next to a name, the nearest first, those of its clause when there are any."""
    beside = [item for item in claim.of(WORD) if _gap(item, name) <= AROUND + 2]
    own_clause = [item for item in beside if not _cut(claim.text, *sorted((item.start, name.start)))]
    return sorted(own_clause or beside, key=lambda item: _gap(item, name))[: AROUND + 1]


def _belongs_to_another(claim: Reading, name: Item, lines: Sequence[Reading]) -> bool:
    """Tell whether the words next to a name are said of others alone: « Petit préside » for « Durand préside »."""
    held = [word for word in _beside(claim, name) if any(_near(line, word.key) for line in lines)]
    own = [line for line in lines if _named(line, name)]
    if not own or not held or any(_near(line, word.key) for line in own for word in held):
        return False
    word = held[0]
    others = [other for line in lines if _near(line, word.key) for other in line.of(NAME)]
    near = [one for other in others for one in _named(claim, other)]
    return bool(others) and not any(_gap(one, word) <= _gap(name, word) + 1 for one in near)


def _is_announced(reading: Reading, word: Item, name: Item) -> bool:
    """Tell whether a name belongs to a list that a word announces: « cinq marchés : l'Australie… »."""
    return ":" in reading.text[word.end : name.start]


def _is_reversed(claim: Reading, name: Item, line: Reading) -> bool:
    """Tell whether two names stand on the other sides of the same verb, in the active voice both times."""
    own = _named(line, name)
    if not own or bool(_BY.search(fold(claim.text))) != bool(_BY.search(fold(line.text))):
        return False
    for other in claim.of(NAME):
        theirs = _named(line, other) if other.key != name.key else []
        for word in claim.of(WORD):
            if not theirs or not name.place < word.place < other.place or _gap(word, name) > AROUND:
                continue
            if _PASSIVE.search(fold(claim.text[name.end : word.start])):
                continue
            if any(
                theirs[0].place < item.place < own[0].place and _gap(item, theirs[0]) <= AROUND
                for item in _near(line, word.key)
            ):
                return True
    return False


def _shares(claim: Reading, name: Item, line: Reading, item: Item, word: Item) -> bool:
    """Tell whether the word's nearest name in the report stands beside it in the claim too: « A pilote B »."""
    nearest = min(line.of(NAME), key=lambda other: _gap(other, item))
    return any(
        other.key != name.key and _gap(other, word) <= _gap(name, word) + 1 for other in _named(claim, nearest)
    )


def _is_nearest(line: Reading, own: Sequence[Item], item: Item) -> bool:
    return min(_gap(one, item) for one in own) <= min(_gap(other, item) for other in line.of(NAME))


def _counts(line: Reading, own: Item, item: Item) -> bool:
    """Tell whether a figure is the one nearest to a word, those before it first."""

    def distance(figure: Item) -> float:
        first, second = sorted((figure, item), key=lambda one: one.start)
        cost = _CUT_COST if _cut(line.text, first.end, second.start) else 0
        return cost + _gap(figure, item) + (0.5 if first is item else 0)

    rivals = {figure.key: distance(figure) for figure in line.of(FIGURE)}
    return distance(own) <= min(rivals.values())


def _gap(left: Item, right: Item) -> int:
    return max(left.place - right.last, right.place - left.last)


def _near(line: Reading, key: str) -> Iterator[Item] | list[Item]:
    return [item for item in line.items if item.kind == WORD and alike(item.key, key)]


def _figure(place: int, number: Quantity) -> Item:
    kind = YEAR if number.unit == "year" else FIGURE
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


def _simple(text: str) -> list[Word]:
    """Return the words of a text, compounds in their pieces only."""
    found: list[Word] = []
    for word in words(text):
        if not found or word.start > found[-1].start:
            if not found or word.end > found[-1].end:
                found.append(word)
    return found


def _is_name(text: str, word: Word, is_common: Callable[[str], bool]) -> bool:
    """Tell whether a word is a proper name: a capital inside a sentence, or at its start an unknown word."""
    written = text[word.start : word.end]
    if not written[0].isupper() or len(written) < 2:
        return False
    if written[1:].isupper() and len(written) > 1:
        return True
    if is_stop_word(word):
        return False
    if _begins(text, word.start):
        return word.stem not in _NEUTRAL and not month_number(word.form) and (
            _NEXT_NAME.match(text, word.end) is not None or not is_common(word.form)
        )
    return not is_stop_word(word)


def _begins(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \u00a0\u202f«“\"'(’")
    return not before or before[-1] in ".!?:" or (before[-1].isalpha() and len(before) <= 2 and text[start - 1] in "'’")


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
    linking = [word.form for word in words(between)]
    return not any(mark in between for mark in ",;:.()«»") and len(linking) <= 2 and set(linking) <= _NAME_LINKS - {"et"}


@cache
def _families() -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for number, family in enumerate(table("claims")["synonyms"]):
        for word in family.split():
            key = stem(word)
            found[key] = found.get(key, frozenset()) | {number}
    return found

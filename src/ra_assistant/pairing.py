"""Who goes with what in a sentence: figures with what they count and their year, names with what they do.

A sentence in which every word and every figure is the report's may still be false: « 12 laboratoires et 34
entreprises » for « 34 laboratoires et 12 entreprises ». What stands nearest to what is compared instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from ra_assistant.claim_reading import FIGURE, NAME, WORD, YEAR, Item, Reading, alike
from ra_assistant.french.words import fold

AROUND = 2
"""Words that are heard on each side of a name or a figure."""
_SAYS = re.compile(r"(?<!\w)(?:selon|d'apres) ?(?:le |la |les |l')?$")
"""What comes before whoever a report quotes, which goes with nothing else."""
_CUT_COST = 8
"""Words that a comma counts for between a figure and its year."""
_LINK = re.compile(r"(?<!\w)(?:avec|par|chez|contre|selon)(?!\w)|\(")
_BY = re.compile(r"(?<!\w)par(?!\w)")
_PASSIVE = re.compile(r"(?<!\w)(?:ete|est|sont|etre)(?!\w)|,")


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
        if _SAYS.search(fold(claim.text[: name.start])):
            continue
        verdicts = {_does_the_same(claim, name, line) for line in lines if _named(line, name)}
        if True not in verdicts and (False in verdicts or _belongs_to_another(claim, name, lines)):
            return f"name {name.key}"
        if any(_is_reversed(claim, name, line) for line in lines):
            return f"order of {name.key}"
    return next(
        (
            f"names {left.key}"
            for left, right in _linked(claim)
            if not _go_together(claim, left, right, lines)
        ),
        "",
    )


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


def _go_together(claim: Reading, left: Item, right: Item, lines: Sequence[Reading]) -> bool:
    """Tell whether no name foreign to the claim stands between two names where the report says both."""
    rows = [(line, _named(line, left), _named(line, right)) for line in lines]
    both = [(line, first[0], second[0]) for line, first, second in rows if first and second]
    return not both or any(
        not [
            item
            for item in line.of(NAME)
            if min(one.place, two.place) < item.place < max(one.place, two.place)
            and not _is_aside(line.text, item.start)
            and not _named(claim, item)
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
    return any(_counts(line, own, item) for word in known for item in _near(line, word.key))


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
        if figure.last < item.place <= figure.last + AROUND + 1
        and not _cut(reading.text, figure.end, item.start)
    ]
    row: list[Item] = []
    for item in after:
        if item.kind in {FIGURE, YEAR}:
            break
        if item.kind == WORD:
            row.append(item)
    if row or figure.unit:
        before = [
            item for item in reading.of(WORD) if figure.unit and 0 < figure.place - item.last <= AROUND + 2
        ]
        return row + before[::-1]
    return []


def _cut(text: str, start: int, end: int) -> bool:
    """Tell whether a comma or more stands between two places."""
    return any(mark in text[start:end] for mark in ",;:.)(")


def _is_of_the_same_year(claim: Reading, figure: Item, line: Reading, known: frozenset[str]) -> bool:
    said = _year_of(claim, figure)
    if said is None or not _is_mutual(claim, figure, said):
        return True
    own = next(item for item in line.items if item.key == figure.key and item.kind == FIGURE)
    bound = _year_of(line, own)
    if bound is None:
        return not known or said in known
    return said == bound or (said in known and line.has(said) and len({y.key for y in line.of(YEAR)}) == 1)


def _is_mutual(claim: Reading, figure: Item, year: str) -> bool:
    """Tell whether a year has no nearer figure than this one."""
    named = next(item for item in claim.of(YEAR) if item.key == year)
    return all(
        _distance(claim.text, figure, named) <= _distance(claim.text, other, named)
        for other in claim.of(FIGURE)
    )


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
        or _is_announced(line, item, own[0])
        for word, item in known
    )


def _beside(claim: Reading, name: Item) -> list[Item]:
    """Return the words next to a name, in its clause, the nearest first."""
    beside = [item for item in claim.of(WORD) if _gap(item, name) <= AROUND + 2]
    own_clause = [item for item in beside if not _cut(claim.text, *sorted((item.start, name.start)))]
    return sorted(own_clause, key=lambda item: _gap(item, name))[: AROUND + 1]


def _belongs_to_another(claim: Reading, name: Item, lines: Sequence[Reading]) -> bool:
    """Tell whether the words next to a name are said of others alone: « Petit préside » for « Durand préside »."""
    held = [word for word in _beside(claim, name) if any(_near(line, word.key) for line in lines)]
    own = [line for line in lines if _named(line, name)]
    if not own or not held or any(_near(line, word.key) for line in own for word in held):
        return False
    word = held[0]
    others = [
        other
        for line in lines
        for item in _near(line, word.key)
        for other in line.of(NAME)
        if _gap(other, item) <= AROUND + 2
    ]
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
        other.key != name.key and _gap(other, word) <= _gap(name, word) + 1
        for other in _named(claim, nearest)
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


def _near(line: Reading, key: str) -> list[Item]:
    return [item for item in line.items if item.kind == WORD and alike(item.key, key)]

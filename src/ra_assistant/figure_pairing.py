"""What figures count and of which year, in a sentence and in the lines of the report that it rests on.

A sentence in which every word and every figure is the report's may still be false: « 12 laboratoires et 34
entreprises » for « 34 laboratoires et 12 entreprises ». What stands nearest to what is compared instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ra_assistant.claim_reading import FIGURE, NAME, WORD, YEAR, Item, Reading, gap, is_cut
from ra_assistant.french.words import fold

AROUND = 2
"""Words that are heard on each side of a figure."""
_CUT_COST = 8
"""Words that a comma counts for between a figure and its year."""
_DEFINITE = re.compile(r"(?<!\w)(?:les|des|ces|ses|aux|leurs|nos) $")
_BLANKS = (" ", "\u00a0", "\u202f")


def misfigured(claim: Reading, lines: Sequence[Reading], years: Iterable[int] = ()) -> str:
    """Return the figure that counts something else in the report than in `claim`, or in another year.

    Args:
        claim: a sentence to check.
        lines: the sentences of the passages that it cites.
        years: years of their headings and documents, for lines that name none.
    """
    known_years = frozenset(map(str, years))
    for figure in claim.of(FIGURE):
        held = [(line, own) for line in lines for own in line.of(FIGURE) if own.key == figure.key]
        counts = {_counts_the_same(claim, figure, line, own, lines) for line, own in held}
        if True not in counts and False in counts and not (figure.unit and None in counts):
            return f"figure {figure.key}"
        if _is_better_said_of_another(claim, figure, lines):
            return f"line of {figure.key}"
        if held and not any(_is_of_the_same_year(claim, figure, *each, known_years) for each in held):
            return f"year of {figure.key}"
    return ""


def _counts_the_same(
    claim: Reading, figure: Item, line: Reading, own: Item, lines: Sequence[Reading]
) -> bool | None:
    """Tell whether what `figure` counts in a claim is what it counts in a line; None when the line does not tell."""
    counted = _counted(claim, figure)
    known = [word for word in counted if line.near(word.key)]
    if not known:
        # Said with another word; but not with one that the report gives to another figure.
        others = [
            other
            for other in lines
            if other is not line and not (figure.unit and other.first(FIGURE, figure.key))
        ]
        by_another = any(
            _counted_by_another(other, word.key, figure.key) for word in counted[:1] for other in others
        )
        return False if by_another else None
    if not _counted(line, own):
        return None
    if not figure.unit:
        known = known[:1]
    return any(_counts(line, own, item) for word in known for item in line.near(word.key))


def _is_better_said_of_another(claim: Reading, figure: Item, lines: Sequence[Reading]) -> bool:
    """Tell whether the line that is most like a claim counts the same word with another figure."""
    for word in _counted(claim, figure)[:1]:
        counting = {line.text: line for line in lines if _counting(line, word.key)}
        likeness = {
            text: (_likeness(claim, line), figure.key in _counting(line, word.key))
            for text, line in counting.items()
        }
        own = [like for like, is_own in likeness.values() if is_own]
        if own and max(like for like, _ in likeness.values()) >= max(own) + 1:
            return True
    return False


def _likeness(claim: Reading, line: Reading) -> float:
    """Return how much a line holds of a claim, its figures left out."""
    return sum(
        (1.0 if item.kind == WORD else 1.5) * line.holds(item) for item in claim.items if item.kind != FIGURE
    )


def _counting(line: Reading, key: str) -> set[str]:
    """Return the figures that stand right before a word."""
    return {
        item.key
        for item in line.of(FIGURE)
        for word in line.near(key)
        if 0 < word.place - item.last <= AROUND
    }


def _counted_by_another(line: Reading, key: str, figure: str) -> bool:
    """Tell whether figures of a line count a word, none of them this one."""
    counting = _counting(line, key)
    return bool(counting) and figure not in counting


def _counted(reading: Reading, figure: Item) -> list[Item]:
    """Return the words that a figure counts: those right after it, before the next figure; else the one before."""
    after = [
        item
        for item in reading.items
        if figure.last < item.place <= figure.last + AROUND + 1
        and not is_cut(reading.text, figure.end, item.start)
    ]
    row: list[Item] = []
    for item in after:
        if item.kind in {FIGURE, YEAR}:
            break
        if item.kind == WORD:
            row.append(item)
    if row or figure.unit:
        others = [other for other in reading.of(FIGURE) if other is not figure]
        before = [
            item
            for item in reading.of(WORD)
            if figure.unit
            and 0 < figure.place - item.last <= AROUND + 2
            and not any(item.place - other.last == 1 for other in others)
        ]
        return row + before[::-1]
    return []


def _counts(line: Reading, own: Item, item: Item) -> bool:
    """Tell whether a figure is the one nearest to a word, those before it first."""

    def distance(figure: Item) -> float:
        first, second = sorted((figure, item), key=lambda one: one.start)
        cost = _CUT_COST if is_cut(line.text, first.end, second.start) else 0
        return cost + gap(figure, item) + (0.5 if first is item else 0)

    rivals = {figure.key: distance(figure) for figure in line.of(FIGURE)}
    return distance(own) <= min(rivals.values())


def _is_of_the_same_year(
    claim: Reading, figure: Item, line: Reading, own: Item, known: frozenset[str]
) -> bool:
    said = _year_of(claim, figure)
    if said is None or _is_known(claim, figure) or not _is_mutual(claim, figure, said):
        return True
    if _is_of_a_name(claim, said) and _is_of_a_name(line, said):
        return True
    bound = _year_of(line, own)
    if bound is None:
        return not known or said in known
    return said == bound or (
        said in known and line.first(YEAR, said) is not None and len({y.key for y in line.of(YEAR)}) == 1
    )


def _is_known(claim: Reading, figure: Item) -> bool:
    """Tell whether a small number in letters speaks of what was named before: « les deux universités »."""
    written = claim.text[figure.start : figure.end]
    return written.isalpha() and _DEFINITE.search(fold(claim.text[: figure.start])) is not None


def _is_of_a_name(reading: Reading, year: str) -> bool:
    """Tell whether a year belongs to a name: « France 2030 »."""
    named = reading.first(YEAR, year)
    return named is not None and any(
        reading.text[name.end : named.start] in _BLANKS for name in reading.of(NAME)
    )


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
    cost = _CUT_COST if is_cut(text, first.end, second.start) else 0
    return cost + abs(year.place - figure.place) - (0.5 if year is second else 0)

"""The same thing counted in several years, joined with caution: a false series is worse than none."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ra_assistant.figures.amounts import flat
from ra_assistant.figures.figure import Figure
from ra_assistant.french.words import content_words, fold, stem

MAX_RATIO = 50
"""Between the largest and the smallest value of a series: beyond, two things were taken for one."""
SAYS_ENOUGH = 3
"""Stems of a label that make it one thing wherever it is said."""
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Series:
    """One thing counted in two years or more; each point is a figure with its own citation."""

    label: str
    unit: str
    """As in `Figure`; empty when the table does not say it."""
    points: tuple[Figure, ...]
    """One a year, the earliest first."""

    @property
    def years(self) -> tuple[int, ...]:
        """Years of the points, in order."""
        return tuple(point.year for point in self.points if point.year is not None)

    @property
    def stems(self) -> frozenset[str]:
        """Stems of the words that name what is counted, in any of the points."""
        return frozenset().union(*(_stems(point) for point in self.points))

    @property
    def common_stems(self) -> frozenset[str]:
        """Stems of the words that every point says, plurals and inflections aside."""
        return frozenset.intersection(*(_stems(point) for point in self.points))


def series_of(figures: Iterable[Figure]) -> list[Series]:
    """Return the series of figures, the longest first.

    Figures are joined when their unit, the stems of their label, what was done and the head of their
    table are the same, in reports of one publisher. Plans, sums over years and differences are left
    out. Two values for one year undo the series: nothing says which of them goes on.
    """
    groups: dict[tuple[object, ...], list[Figure]] = defaultdict(list)
    for figure in figures:
        if figure.year is not None and not figure.is_target and not figure.is_change:
            groups[_key(figure)].append(figure)
    found = [series for group in groups.values() if (series := _joined(group)) is not None]
    return sorted(_told_once(found), key=lambda series: (-len(series.points), flat(series.label)))


def _told_once(found: Sequence[Series]) -> list[Series]:
    """Leave out a series whose points all stand in another one, under fewer words or years."""
    kept: list[Series] = []
    for series in sorted(found, key=lambda series: (-len(series.points), -len(series.label))):
        points = {(point.year, point.value) for point in series.points}
        if not any(
            series.unit == other.unit
            and points <= {(point.year, point.value) for point in other.points}
            and series.stems & other.stems
            for other in kept
        ):
            kept.append(series)
    return kept


def _key(figure: Figure) -> tuple[object, ...]:
    unit = stem(fold(figure.unit)) if figure.unit and figure.unit[0].isalpha() else figure.unit
    return _publisher(figure), unit, _stems(figure), _words(figure.scope)


def _publisher(figure: Figure) -> str:
    document = figure.document
    return fold(document.publisher or _DIGITS.sub("", document.title)).strip()


def _stems(figure: Figure) -> frozenset[str]:
    action = {stem(fold(figure.action))} if figure.action else set()
    return _words(figure.label) | action


def _words(text: str) -> frozenset[str]:
    return frozenset(word.stem for word in content_words(text) if not word.form.isdigit())


def _heading(figure: Figure) -> frozenset[str]:
    section = figure.document.section_at(figure.start)
    return _words(section.path[-1]) if section and section.path else frozenset()


def _joined(group: Sequence[Figure]) -> Series | None:
    """Return the series of figures that have one key; None when they disagree or say too little."""
    keys = [figure for figure in group if figure.is_key]
    for chosen in (keys, group):
        points = _points(chosen)
        if points is not None and len(points) > 1 and _is_sure(points, group):
            label = max((point.label for point in points), key=len)
            return Series(label, points[-1].unit, tuple(points))
    return None


def _points(figures: Sequence[Figure]) -> list[Figure] | None:
    """Return one figure a year; None when a year has two values."""
    by_year: dict[int, list[Figure]] = defaultdict(list)
    for figure in figures:
        by_year[figure.year or 0].append(figure)
    points = []
    for year, own in sorted(by_year.items()):
        exact = [figure for figure in own if not figure.qualifier] or own
        if len({figure.value for figure in exact}) > 1:
            return None
        points.append(
            min(exact, key=lambda figure: (not figure.is_key, figure.document.year != year, figure.start))
        )
    return points


def _is_sure(points: Sequence[Figure], group: Sequence[Figure]) -> bool:
    """Tell whether a label says enough to be one thing: « entreprises » alone may be any of them."""
    sizes = [abs(point.value) for point in points]
    if min(sizes) > 0 and max(sizes) / min(sizes) > MAX_RATIO:
        return False
    if all(point.is_key for point in points) or len(_stems(points[0])) >= SAYS_ENOUGH:
        return True
    headings = [_heading(point) for point in points]
    if len(_stems(points[0])) > 1 and frozenset.intersection(*headings):
        return True
    return (
        any(
            one.quote_start == other.quote_start and one.document is other.document and one.year != other.year
            for one in group
            for other in group
        )
        and len({(point.document.id, point.quote_start) for point in points}) == 1
    )

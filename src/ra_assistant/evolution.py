"""Which series shows what a question asks of several years."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from ra_assistant.figures import Series
from ra_assistant.french.lexicon import table
from ra_assistant.french.words import fold, stem
from ra_assistant.types import AnswerKind, Query

Range = tuple[str, int, int]
"""Document id, start and end of what an answer cites."""
MIN_SHARE = 0.6
"""Of the words that a series counts, those that the question must say when nothing cited is a point of it."""


MIN_WEIGHT = 0.5
"""Of a word of the question: below, it asks rather than names what is asked."""


@cache
def words_of_asking() -> frozenset[str]:
    """Return the stems by which a question asks for an evolution, whatever of."""
    return frozenset(table("figures")["words"]["asking"].split())


def asks_evolution(query: Query) -> bool:
    """Tell whether a question is about several years: « comment a évolué… », « en 2020 et en 2021 »."""
    asked = query.kind in {AnswerKind.QUANTITY, AnswerKind.COMPARISON}
    return query.spans_years or (asked and len(query.years) > 1)


def series_for(query: Query, cited: Sequence[Range], series: Iterable[Series]) -> Series | None:
    """Return the series that a question asks for; None when none is surely it.

    One that the answer cites a point of comes first, as long as the question says a word of it; else
    the question must say nearly all the words of the series. Without an answer, it must say all of
    them and nothing else.
    """
    if not asks_evolution(query):
        return None
    said = {term for term, weight in query.terms.items() if weight >= MIN_WEIGHT and not term.isdigit()}
    terms = said - words_of_asking()
    if not cited:
        series = [one for one in series if terms == one.common_stems]
    ranked = [(_fit(one, terms, cited), len(one.points), one) for one in series if _covers(one, query.years)]
    ranked = [row for row in ranked if row[0] > 0]
    return max(ranked, key=lambda row: row[:2])[2] if ranked else None


def _fit(series: Series, terms: set[str], cited: Sequence[Range]) -> float:
    stems = series.common_stems
    said = terms & series.stems
    if not said or not stems:
        return 0.0
    share = len(terms & stems) / len(stems)
    is_cited = any(
        point.document.id == document_id and start <= point.start < end
        for point in series.points
        for document_id, start, end in cited
    )
    if is_cited:
        return 1.0 + share
    noun = stem(fold(series.unit)) if series.unit[:1].isalpha() else ""
    return share if share >= MIN_SHARE and (not noun or noun in terms or noun not in stems) else 0.0


def _covers(series: Series, years: Sequence[int]) -> bool:
    return len(years) < 2 or len(set(years) & set(series.years)) > 1

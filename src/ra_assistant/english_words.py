"""English questions asked of French reports: their words are searched as the French words that stand for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path

from ra_assistant.french.lexicon import table
from ra_assistant.french.words import stem
from ra_assistant.types import Query

_OTHER_WEIGHT = 0.4
"""Of a translation that is not the likeliest, or of a word that the reports hold as it is."""


class EnglishWords:
    """French words by English word, made by `training/english.py` from sentences in both languages."""

    def __init__(self, path: Path, knows: Callable[[str], bool]) -> None:
        """Read the words when they are first needed.

        Args:
            path: JSON, by English word the stems of French words and their probabilities.
            knows: tells whether the reports hold a stem.
        """
        self._path = path
        self._knows = knows

    @cached_property
    def _table(self) -> dict[str, Mapping[str, float]]:
        loaded: Mapping[str, Mapping[str, float]] = json.loads(self._path.read_text(encoding="utf-8"))
        return {stem(word): found for word, found in loaded.items()}

    def expand(self, query: Query) -> Query:
        """Return the query with the French words that stand for its English ones.

        Names stay as they are, words of grammar are left out. Translations that the reports hold come before the
        others, however likely.
        """
        terms: dict[str, float] = {}
        for term, weight in query.terms.items():
            if term in _grammar():
                continue
            found = {} if term in query.names else self._table.get(term, {})
            held = {other: chance for other, chance in found.items() if self._knows(other)} or found
            likeliest = max(held, key=held.__getitem__, default=None)
            if likeliest is None or self._knows(term):
                terms[term] = max(terms.get(term, 0.0), weight * (_OTHER_WEIGHT if likeliest else 1.0))
            for other in held:
                share = 1.0 if other == likeliest else _OTHER_WEIGHT
                terms[other] = max(terms.get(other, 0.0), weight * share)
        return replace(query, terms=terms)


@cache
def _grammar() -> frozenset[str]:
    return frozenset(stem(word) for word in table("questions")["english"]["words"].split())

"""Mending the spelling of a question against the words of the reports."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA

from ra_assistant.french.words import fold, stem

_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 4
_LONG = 8
"""From this length on two slips are mended, below only one."""
_ELIDED = re.compile(r"([cdjlmnst]|qu)([aeiouyh]\w{2,})")
_UNWRITTEN = 0.5
"""What an apostrophe left out counts beside a slip: « ladresse » is « l'adresse » rather than « adresse »."""


def word_hash(form: str) -> int:
    """Return the 32-bit hash under which a folded form is known."""
    return int.from_bytes(blake2b(form.encode(), digest_size=4).digest(), "big")


class Speller:
    """Replaces a word that is neither French nor the reports' by the nearest word of the reports."""

    def __init__(
        self,
        known_hashes: npt.NDArray[np.uint32],
        forms: Mapping[str, str],
        frequency: Callable[[str], int],
        question_words: Iterable[str] = (),
    ) -> None:
        """Keep the words to mend towards.

        Args:
            known_hashes: sorted hashes of the forms of French, shape (forms,).
            forms: folded forms of the reports, with their stems.
            frequency: how many passages hold a stem.
            question_words: folded words of questions (« combien »), mended towards as well.
        """
        self._known = known_hashes
        self._forms = dict(forms) | {word: stem(word) for word in question_words}
        self._stems = frozenset(self._forms.values())
        self._frequency = frequency
        self._by_length: dict[int, list[str]] = {}
        for form in self._forms:
            if form.isalpha() and len(form) >= _SHORTEST:
                self._by_length.setdefault(len(form), []).append(form)

    def mend(self, question: str) -> str:
        """Return the question with its misspelt words mended; all else is left as it is."""
        return _WORD.sub(lambda match: self._mended(match.group()), question)

    def _mended(self, word: str) -> str:
        form = fold(word)
        if len(form) < _SHORTEST or self._is_known(form) or self.is_french(form):
            return word
        found = [self._nearest(form)]
        elided = _ELIDED.fullmatch(form)
        if elided:
            article, rest = elided.groups()
            slips, other = (0, rest) if self._is_known(rest) else self._nearest(rest)
            found.append((slips + _UNWRITTEN, other and f"{article}'{other}"))
        return min(one for one in [*found, (math.inf, word)] if one[1])[1]

    def _is_known(self, form: str) -> bool:
        return form in self._forms or stem(form) in self._stems

    def _nearest(self, form: str) -> tuple[float, str]:
        """Return how many slips away the nearest word of the reports is, and it; empty when it is too far."""
        if len(form) < _SHORTEST:
            return math.inf, ""
        slips = 1 if len(form) < _LONG else 2
        best: tuple[int, int, str] | None = None
        for length in range(len(form) - slips, len(form) + slips + 1):
            for other in self._by_length.get(length, ()):
                distance = OSA.distance(form, other, score_cutoff=slips)
                if distance <= slips and (distance == 1 or form[0] == other[0]):
                    rank = (distance, -self._frequency(self._forms[other]), other)
                    best = rank if best is None else min(best, rank)
        return (math.inf, "") if best is None else (best[0], best[2])

    def is_french(self, form: str) -> bool:
        """Tell whether a folded form is a word of French."""
        place = int(np.searchsorted(self._known, np.uint32(word_hash(form))))
        return place < len(self._known) and int(self._known[place]) == word_hash(form)

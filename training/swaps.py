"""Questions about something else than their passage: one of its words is replaced by another of the same kind.

« En quelle année la pépinière ouvre-t-elle ? » asked of a passage about a pépinière becomes « En quelle année la
patinoire ouvre-t-elle ? », which the passage does not answer. The words come from other questions, where they follow
the same article: three times in four one near in meaning, never a synonym. Years and names are replaced as well.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable

import noise
import numpy as np
from common import MODELS, STOP, fold

from ra_assistant.french.words import content_words
from ra_assistant.word_vectors import WordVectors

NEAREST = 10
"""Words tried of any; twice as many of the nearest."""
ANY = 0.25
"""Share of the words that are replaced by any of the same kind; names always are."""
SYNONYMOUS = 0.4
"""Nearness from which another word may say the same."""
YEARS = range(2010, 2031)

_SAID = re.compile(
    r"\b(?P<article>le|la|les|un|une|des|du|au|aux|de|ce|cet|cette|ces|son|sa|ses|leur|leurs|notre|nos|votre|vos)\s+"
    r"(?P<noun>[^\W\d_][\w-]{3,})|\b(?P<elided>l|d)['’](?P<other>[^\W\d_][\w-]{3,})",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[^\W_]\s)(?P<name>[^\W\d_a-zà-ÿœ][\w-]{2,})")
_VERB = re.compile(r"-(t-)?(il|elle|on|ils|elles|ce|vous|nous|tu|je)$")
_YEAR = re.compile(r"\b(?P<year>20[012]\d)\b")

Kind = tuple[str, bool]
"""The article before a word, empty for a bare name; whether it begins with a capital."""
Place = tuple[int, int, Kind]


def places(question: str) -> list[Place]:
    """Return the ranges of the nouns and names of a question, with their kinds."""
    found: list[Place] = []
    for match in _SAID.finditer(question):
        group, article = ("noun", match["article"]) if match["noun"] else ("other", match["elided"])
        found.append((*match.span(group), (fold(article), match[group][0].isupper())))
    taken = {start for start, _, _ in found}
    for match in _NAME.finditer(question):
        if match.start() not in taken:
            found.append((*match.span("name"), ("", True)))
    return [
        place
        for place in found
        if fold(question[place[0] : place[1]]) not in STOP | noise.ASKING
        and not _VERB.search(question[place[0] : place[1]])
    ]


class Swaps:
    """Replaces one word of a question by another of the same kind."""

    def __init__(self, questions: Iterable[str], vectors: WordVectors | None = None) -> None:
        """Learn the words of the same kind from questions.

        Args:
            questions: as they are asked.
            vectors: of words; those of the assistant when None.
        """
        self._vectors = vectors or WordVectors(MODELS / "words.npz")
        pool: dict[Kind, set[str]] = defaultdict(set)
        for question in questions:
            for start, end, kind in places(question):
                pool[kind].add(question[start:end])
        self._pool = {kind: sorted(words) for kind, words in pool.items()}
        self._rows = {kind: [self._row(word) for word in words] for kind, words in self._pool.items()}

    def swapped(self, question: str, said: str, rng: random.Random) -> str | None:
        """Return the question with a word that is `said` replaced by one that is not; None without such words."""
        stems = {word.stem for word in content_words(said)}
        asked = {word.stem for word in content_words(question)}
        years = [m for m in _YEAR.finditer(question) if m["year"] in said]
        if years and rng.random() < 0.5:
            year = rng.choice([y for y in YEARS if str(y) not in said and str(y) not in question] or [1950])
            at = rng.choice(years)
            return f"{question[: at.start()]}{year}{question[at.end() :]}"
        held = [place for place in places(question) if _stems(question[place[0] : place[1]]) & stems]
        rng.shuffle(held)
        for start, end, kind in held:
            other = self._other(question[start:end], kind, stems | asked, rng)
            if other:
                return f"{question[:start]}{other}{question[end:]}"
        return None

    def _other(self, word: str, kind: Kind, known: set[str], rng: random.Random) -> str | None:
        pool = self._pool.get(kind, [])
        near = self._nearness(word, kind)
        same = {fold(one) for one in noise.synonyms().get(word.lower(), [])}
        is_name, is_plural = kind[1], word[-1] in "sx"
        fit = [
            number
            for number, one in enumerate(pool)
            if near[number] < SYNONYMOUS
            and fold(one) not in same
            and (is_name or (one[-1] in "sx") == is_plural)
        ]
        fit.sort(key=lambda number: -near[number])
        is_any = is_name or rng.random() < ANY
        tried = rng.sample(fit, min(NEAREST, len(fit))) if is_any else fit[: 2 * NEAREST]
        rng.shuffle(tried)
        return next((pool[number] for number in tried if not _stems(pool[number]) & known), None)

    def _nearness(self, word: str, kind: Kind) -> list[float]:
        """Return how near each word of a kind is to one; 0 for those without a vector."""
        row, rows = self._row(word), self._rows.get(kind, [])
        if row is None:
            return [0.0] * len(rows)
        others = np.array([other for other in rows if other is not None], dtype=np.intp)
        found = iter(self._vectors.nearness(np.array([row], dtype=np.intp), others)[0].tolist())
        return [0.0 if other is None else next(found) for other in rows]

    def _row(self, word: str) -> int | None:
        rows = self._vectors.rows(content_words(word))
        return int(rows[0]) if len(rows) else None


def _stems(text: str) -> set[str]:
    return {word.stem for word in content_words(text)}

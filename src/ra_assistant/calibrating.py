"""Choosing how much the vectors of a model weigh beside BM25, and under which probability to refuse.

Without a question book, the weight is chosen on the headings of the corpus: a heading says what its section
is about in other words than the section; taken off its passage, it is a question whose answer is known. The
weight kept is the one that ranks the passages best, and 0 when none ranks them better than BM25 alone: a weak
model never harms. The threshold of refusal needs a book (docs/adr/0060).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ra_assistant.french.words import stems
from ra_assistant.ports import Embedder
from ra_assistant.retrieval import Fusion
from ra_assistant.types import Passage

WEIGHTS = tuple(round(0.1 * step, 1) for step in range(8))
MOST_QUESTIONS = 80
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(2, 19))
FEWEST_QUESTIONS = 8
"""Below that many questions nothing can be said, and nothing moves."""
_DEPTH = 10
_HEADROOM = 1.6
"""How far above its floor a model's ceiling is, in widths from the floor to its usual best cosine: the value
that the model in the box was tuned to."""

_Item = TypeVar("_Item")
Vectors = npt.NDArray[np.float32]
LexicalOver = Callable[[Sequence[str]], Callable[[str], tuple[npt.NDArray[np.float32], float]]]
"""From the texts of a collection, the function that gives, for a question, one BM25 score a text and the
ideal score."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading taken as a question, and the passage that it was taken off."""

    question: str
    passage: int
    """Rank of the passage in the index."""
    text: str
    """The passage without its heading."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A question whose passages are known, with what the two searches say of every passage of the index."""

    lexical: npt.NDArray[np.float32]
    """One BM25 score a passage."""
    ideal: float
    """What a passage that held every term would score."""
    cosines: npt.NDArray[np.float32]
    """One cosine a passage."""
    right: frozenset[int]
    """Ranks in the index of the passages that answer."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What each weight is worth."""

    fusion: Fusion
    questions: int
    ranks: dict[float, float]
    """Mean reciprocal rank (10) of the first right passage, by weight; empty without questions."""

    def as_json(self) -> dict[str, Any]:
        """Return the questions asked, and the ranks with BM25 alone and at the weight chosen."""
        if not self.ranks:
            return {"questions": self.questions}
        fused = self.ranks[self.fusion.weight]
        return {"questions": self.questions, "alone": self.ranks[0.0], "fused": fused}


@dataclass(frozen=True, slots=True)
class Tried:
    """A question of a book, answered whatever its probability."""

    probability: float
    """That the answer is one; 0 where nothing was answered."""
    is_right: bool
    must_refuse: bool


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What each threshold of refusal is worth."""

    threshold: float
    shares: dict[float, tuple[float, float]]
    """By threshold, the share of questions answered right and the share of those to refuse that are; empty
    with too few questions of one of the two."""


def headings(passages: Sequence[Passage], most: int = MOST_QUESTIONS) -> list[Heading]:
    """Return at most `most` headings of at least two words, spread over the corpus, each once."""
    found: dict[str, Heading] = {}
    for rank, passage in enumerate(passages):
        heading = passage.section_path[-1] if passage.section_path else ""
        if len(stems(heading)) > 1 and passage.text.startswith(heading):
            body = passage.text[len(heading) :].strip()
            if stems(body):
                found.setdefault(heading, Heading(heading, rank, body))
    kept = list(found.values())
    return _spread(kept, most)


def calibrate(
    passages: Sequence[Passage], vectors: Vectors, embedder: Embedder, lexical_over: LexicalOver
) -> Calibration:
    """Return the weight that ranks best on the headings of a corpus, ties to the smaller one.

    Args:
        passages: the whole index.
        vectors: their unit vectors, shape (passages, dimension).
        embedder: the model that made them.
        lexical_over: BM25 over given texts.
    """
    trials = heading_trials(passages, vectors, embedder, lexical_over)
    asked = [trial.cosines for trial in trials] or _own_cosines(passages, vectors, embedder)
    return weigh(trials, scale_of(asked))


def heading_trials(
    passages: Sequence[Passage], vectors: Vectors, embedder: Embedder, lexical_over: LexicalOver
) -> list[Trial]:
    """Return the headings of a corpus as questions, each taken off its passage; takes what `calibrate` does."""
    asked = headings(passages)
    if not asked:
        return []
    texts = [passage.searchable_text for passage in passages]
    vectors = vectors.copy()
    bare = embedder.embed_documents([heading.text for heading in asked])
    for heading, vector in zip(asked, bare, strict=True):
        texts[heading.passage] = heading.text
        vectors[heading.passage] = vector
    lexical_scores = lexical_over(texts)
    return [
        Trial(
            *lexical_scores(heading.question),
            vectors @ np.asarray(embedder.embed_query(heading.question), np.float32),
            frozenset({heading.passage}),
        )
        for heading in asked
    ]


def scale_of(cosines: Sequence[npt.NDArray[np.float32]]) -> Fusion:
    """Return where the cosines of questions and passages begin and end, with a weight of 0.

    Args:
        cosines: for each question, one a passage; the whole range from -1 to 1 counts without any.
    """
    if not cosines:
        return Fusion(0.0, -1.0, 1.0)
    table = np.array(cosines)
    floor = float(np.median(table))
    ceiling = floor + max(1e-3, _HEADROOM * (float(table.max(axis=1).mean()) - floor))
    return Fusion(0.0, floor, ceiling)


def weigh(trials: Sequence[Trial], scale: Fusion, usual: float | None = None) -> Calibration:
    """Return the weight that ranks best, never one that ranks worse than BM25 alone.

    Args:
        trials: questions whose passages are known; with fewer than `FEWEST_QUESTIONS` the weight stays.
        scale: where the cosines begin and end, and the weight in use.
        usual: weight measured elsewhere: the one nearest to it is kept of those that the questions cannot
            tell from the best (one standard error; Breiman et al., Classification and Regression Trees,
            1984, 3.4.3). None: the best, the smaller of two.
    """
    if len(trials) < FEWEST_QUESTIONS:
        return Calibration(scale, len(trials), {})
    grid = sorted({*WEIGHTS, *([] if usual is None else [usual])})
    found = {weight: _reciprocal_ranks(trials, replace(scale, weight=weight)) for weight in grid}
    ranks = {weight: round(float(row.mean()), 4) for weight, row in found.items()}
    best = max(grid, key=lambda weight: (ranks[weight], -weight))
    if usual is not None:
        as_good = [
            weight for weight in grid if ranks[weight] >= ranks[0.0] and _as_good(found[best] - found[weight])
        ]
        if usual in as_good or best > 0:
            best = min(as_good, key=lambda weight: (abs(weight - usual), -ranks[weight]))
    return Calibration(replace(scale, weight=best), len(trials), ranks)


def threshold_of(tried: Sequence[Tried], usual: float) -> Thresholds:
    """Return the threshold under which to refuse: best mean of right answers and right refusals.

    The one nearest to `usual` is kept of those that the questions cannot tell from the best; `usual` itself
    with fewer than `FEWEST_QUESTIONS` to answer, or to refuse.
    """
    answerable = np.array([(row.probability, row.is_right) for row in tried if not row.must_refuse])
    refusable = np.array([row.probability for row in tried if row.must_refuse])
    if min(len(answerable), len(refusable)) < FEWEST_QUESTIONS:
        return Thresholds(usual, {})
    grid = sorted({*THRESHOLDS, usual})
    right = {at: answerable[:, 1] * (answerable[:, 0] >= at) for at in grid}
    refused = {at: (refusable < at).astype(float) for at in grid}
    shares = {at: (round(float(right[at].mean()), 4), round(float(refused[at].mean()), 4)) for at in grid}
    best = max(grid, key=lambda at: (sum(shares[at]), -abs(at - usual)))
    as_good = [at for at in grid if _as_good(right[best] - right[at], refused[best] - refused[at])]
    return Thresholds(min(as_good, key=lambda at: (abs(at - usual), -sum(shares[at]))), shares)


def _as_good(*losses: npt.NDArray[np.floating[Any]]) -> bool:
    """Tell whether groups of paired losses come, together, to no more than one standard error."""
    total = sum(float(loss.mean()) for loss in losses)
    variance = sum(float(loss.var(ddof=1)) / len(loss) for loss in losses)
    return total <= math.sqrt(variance) + 1e-9


def _own_cosines(
    passages: Sequence[Passage], vectors: Vectors, embedder: Embedder
) -> list[npt.NDArray[np.float32]]:
    """Return the cosines of sentences, taken as questions, and of the passages that do not hold them."""
    found = []
    for rank, passage in _spread(list(enumerate(passages)), MOST_QUESTIONS):
        for span in passage.sentences[:1]:
            text = passage.text[span.start - passage.start : span.end - passage.start]
            cosines = vectors @ np.asarray(embedder.embed_query(text), np.float32)
            found.append(np.delete(cosines, rank))
    return [row for row in found if len(row)]


def _spread(items: Sequence[_Item], most: int) -> list[_Item]:
    """Return at most `most` items, at even steps from the first on."""
    count = min(most, len(items))
    return [items[number * len(items) // count] for number in range(count)]


def _best(scores: npt.NDArray[np.float32], above: float) -> dict[int, float]:
    best = np.argsort(-scores, kind="stable")[: 6 * _DEPTH]
    return {int(position): float(scores[position]) for position in best if scores[position] > above}


def _reciprocal_ranks(trials: Sequence[Trial], fusion: Fusion) -> npt.NDArray[np.float64]:
    return np.array([_reciprocal_rank(trial, fusion) for trial in trials])


def _reciprocal_rank(trial: Trial, fusion: Fusion) -> float:
    fused = fusion.fuse(_best(trial.lexical, 0.0), _best(trial.cosines, -1.0), trial.ideal)
    ranked = sorted(fused, key=lambda position: (-fused[position], position))[:_DEPTH]
    return next((1 / (1 + rank) for rank, position in enumerate(ranked) if position in trial.right), 0.0)

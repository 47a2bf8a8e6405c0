"""Choosing how much the vectors of a model weigh beside BM25, on questions made from the corpus itself.

A heading says what its section is about in other words than the section: taken off its passage, it is
a question whose answer is known. The weight kept is the one that ranks the passages best, and 0 when
none ranks them better than BM25 alone: a weak model never harms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ra_assistant.french.words import stems
from ra_assistant.ports import Embedder
from ra_assistant.retrieval import Fusion
from ra_assistant.types import Passage

WEIGHTS = tuple(round(0.1 * step, 1) for step in range(8))
MOST_QUESTIONS = 80
FEWEST_QUESTIONS = 8
"""Below that many headings nothing can be said, and BM25 decides alone."""
_DEPTH = 10
_HEADROOM = 1.6
"""How far above its floor a model's ceiling is, in widths from the floor to its usual best cosine: the value
that the model in the box was tuned to."""

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


@dataclass(frozen=True, slots=True)
class Calibration:
    """What each weight is worth."""

    fusion: Fusion
    questions: int
    ranks: dict[float, float]
    """Mean reciprocal rank (10) of the right passage, by weight; empty without questions."""


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
    step = max(1, len(kept) // most)
    return kept[::step][:most]


def calibrate(
    passages: Sequence[Passage], vectors: Vectors, embedder: Embedder, lexical_over: LexicalOver
) -> Calibration:
    """Return the weight that ranks best, ties to the smaller one.

    Args:
        passages: the whole index.
        vectors: their unit vectors, shape (passages, dimension).
        embedder: the model that made them.
        lexical_over: BM25 over given texts.
    """
    asked = headings(passages)
    if len(asked) < FEWEST_QUESTIONS:
        return Calibration(Fusion(0.0), len(asked), {})
    texts = [passage.searchable_text for passage in passages]
    vectors = vectors.copy()
    bare = embedder.embed_documents([heading.text for heading in asked])
    for heading, vector in zip(asked, bare, strict=True):
        texts[heading.passage] = heading.text
        vectors[heading.passage] = vector
    lexical_scores = lexical_over(texts)
    cosines = np.array([vectors @ np.asarray(embedder.embed_query(h.question), np.float32) for h in asked])
    floor = float(np.median(cosines))
    ceiling = floor + max(1e-3, _HEADROOM * (float(cosines.max(axis=1).mean()) - floor))
    totals = dict.fromkeys(WEIGHTS, 0.0)
    for heading, dense in zip(asked, cosines, strict=True):
        lexical, ideal = lexical_scores(heading.question)
        for weight in WEIGHTS:
            fused = Fusion(weight, floor, ceiling).fuse(_best(lexical, 0.0), _best(dense, -1.0), ideal)
            totals[weight] += _reciprocal_rank(fused, heading.passage)
    ranks = {weight: round(total / len(asked), 4) for weight, total in totals.items()}
    best = max(WEIGHTS, key=lambda weight: (ranks[weight], -weight))
    return Calibration(Fusion(best, floor, ceiling), len(asked), ranks)


def _best(scores: npt.NDArray[np.float32], above: float) -> dict[int, float]:
    best = np.argsort(-scores, kind="stable")[: 6 * _DEPTH]
    return {int(position): float(scores[position]) for position in best if scores[position] > above}


def _reciprocal_rank(fused: dict[int, float], wanted: int) -> float:
    ranked = sorted(fused, key=lambda position: (-fused[position], position))[:_DEPTH]
    return 1 / (1 + ranked.index(wanted)) if wanted in ranked else 0.0

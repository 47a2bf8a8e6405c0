"""Finding passages: French full-text search and vectors, fused by a measured weight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ra_assistant.ports import Embedder, LexicalIndex, VectorStore
from ra_assistant.types import Hit, Passage, Query

IDEAL_SHARE = 0.6
"""Share of the ideal BM25 score that passages which answer reach: tuned on the questions of ADR 6."""
CANDIDATES = 60
"""Passages that each of the two searches brings to the fusion."""

_FAINT = 1e-3
"""What a passage below the floor keeps: in a report of a few pages, the one that answers may be there."""

Scores = npt.NDArray[np.float32]


class Mode(StrEnum):
    """Which search answers."""

    HYBRID = "hybrid"
    LEXICAL = "lexical"
    DENSE = "dense"


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the two searches are put together: (1 − weight) · lexical + weight · dense.

    Both parts are scaled to about 0…1 by what the best possible score would be, not by the best found:
    a question whose words the report does not use gives a low lexical part, and the vectors decide; one
    that quotes it gives a high one. Measured on questions that nothing was trained on against scaling by
    the best found (docs/adr/0006): hit@1 +2 to +5 points. A weight of 0 is plain BM25.
    """

    weight: float
    cosine_floor: float = 0.0
    """Cosine of a question and a passage that has nothing to do with it."""
    cosine_ceiling: float = 1.0
    """Cosine of a question and a passage that says it in nearly the same words."""

    def fuse(
        self, lexical: Mapping[int, float], dense: Mapping[int, float], ideal: float
    ) -> dict[int, float]:
        """Return the fused score by position.

        Args:
            lexical: BM25 scores, by position.
            dense: cosines, by position.
            ideal: what a passage that held every term would score.
        """
        best = max(max(lexical.values(), default=0.0), IDEAL_SHARE * ideal) or 1.0
        width = self.cosine_ceiling - self.cosine_floor
        positions: Iterable[int] = lexical.keys() | dense.keys()
        return {
            position: (1 - self.weight) * lexical.get(position, 0.0) / best
            + self.weight * self._nearness(dense.get(position), width)
            for position in positions
        }

    def _nearness(self, cosine: float | None, width: float) -> float:
        """Return the dense part of a score; below the floor, hardly anything, in the order of the cosines."""
        if cosine is None:
            return 0.0
        return max(_FAINT * (1 + cosine), (cosine - self.cosine_floor) / width)

    def onto(self, other: Fusion) -> Scale:
        """Return what takes cosines of this model to where those of another begin and end."""
        slope = (other.cosine_ceiling - other.cosine_floor) / (self.cosine_ceiling - self.cosine_floor)
        return Scale(slope, other.cosine_floor - slope * self.cosine_floor)


@dataclass(frozen=True, slots=True)
class Scale:
    """Takes the cosines of one embedding model to the range of another's.

    What ranks sentences was fitted on the cosines of the model in the box, from about 0.1 to 0.6; those of
    others crowd elsewhere (E5: from 0.8 to 0.9), and raw they would make every question look answered.
    """

    slope: float = 1.0
    offset: float = 0.0


_LEXICAL = Fusion(0.0)
_DENSE = Fusion(1.0, cosine_floor=-1.0, cosine_ceiling=1.0)


class HybridRetriever:
    """Ranks passages by BM25 and by cosine, fused by score.

    Score fusion with a tuned weight beats reciprocal ranks when one of the two is much weaker (Bruch et
    al., An Analysis of Fusion Functions for Hybrid Retrieval, 2023).
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        lexical: LexicalIndex,
        store: VectorStore,
        embedder: Embedder,
        vectors: Scores,
        fusion: Fusion,
    ) -> None:
        self._passages = passages
        self._lexical = lexical
        self._store = store
        self._embedder = embedder
        self._vectors = vectors
        self._fusion = fusion
        self._index = {passage.id: position for position, passage in enumerate(passages)}
        self._documents = np.array([passage.document_id for passage in passages])

    def retrieve(
        self, query: Query, k: int, within: frozenset[str] | None = None, mode: Mode = Mode.HYBRID
    ) -> list[Hit]:
        """Return at most `k` hits, best first, ties in index order, all with a positive score.

        `within` keeps only the passages of these document ids; None searches everything.
        """
        if not self._passages:
            return []
        fusion = {Mode.LEXICAL: _LEXICAL, Mode.DENSE: _DENSE}.get(mode, self._fusion)
        allowed = self._allowed(within)
        lexical = self._lexical_scores(query.terms, allowed) if fusion.weight < 1 else {}
        dense = self._dense_scores(query.text, allowed, lexical) if fusion.weight > 0 else {}
        if fusion.weight < 1:
            scores = self._lexical.scores(query.terms)
            lexical = {position: float(scores[position]) for position in lexical.keys() | dense.keys()}
        fused = fusion.fuse(lexical, dense, self._lexical.ideal(query.terms))
        ranked = sorted(fused.items(), key=lambda item: (-item[1], item[0]))[:k]
        return [Hit(self._passages[position], score) for position, score in ranked if score > 0]

    def _allowed(self, within: frozenset[str] | None) -> npt.NDArray[np.bool_] | None:
        return None if within is None else np.isin(self._documents, sorted(within))

    def _lexical_scores(
        self, terms: Mapping[str, float], allowed: npt.NDArray[np.bool_] | None
    ) -> dict[int, float]:
        scores = self._lexical.scores(terms)
        if allowed is not None:
            scores = np.where(allowed, scores, 0.0)
        return {position: float(scores[position]) for position in _top(scores) if scores[position] > 0}

    def _dense_scores(
        self, text: str, allowed: npt.NDArray[np.bool_] | None, others: Iterable[int]
    ) -> dict[int, float]:
        """Return the cosines of the nearest passages and of `others`, which the full-text search found."""
        if not text:
            return {}
        vector = self._embedder.embed_query(text)
        if allowed is None:
            found = {self._index[name]: score for name, score in self._store.nearest(vector, CANDIDATES)}
        else:
            positions = np.flatnonzero(allowed)
            scores = np.vecdot(self._vectors[positions], np.asarray(vector, dtype=np.float32))
            found = {int(positions[rank]): float(scores[rank]) for rank in _top(scores)}
        missing = [position for position in others if position not in found]
        if missing:
            cosines = np.vecdot(self._vectors[missing], np.asarray(vector, dtype=np.float32))
            found |= dict(zip(missing, map(float, cosines), strict=True))
        return found


class SentenceVectors:
    """Cosines of a question and the sentences of a passage, from vectors made with the index."""

    def __init__(
        self,
        passages: Sequence[Passage],
        vectors: npt.NDArray[np.float16],
        embedder: Embedder,
        scale: Scale = Scale(),
    ) -> None:
        """Keep `vectors`, shape (sentences, dimension), in the order of the passages' sentences."""
        self._scale = scale
        self._vectors = vectors
        self._embedder = embedder
        starts = np.cumsum([0, *(len(passage.sentences) for passage in passages)])
        self._starts = {passage.id: int(start) for passage, start in zip(passages, starts, strict=False)}

    def cosines(self, text: str, passage: Passage) -> Sequence[float]:
        """Return one cosine a sentence of `passage`, in order, on the scale of the model in the box."""
        start = self._starts[passage.id]
        rows = np.asarray(self._vectors[start : start + len(passage.sentences)], dtype=np.float32)
        cosines = rows @ np.asarray(self._embedder.embed_query(text), dtype=np.float32)
        found: list[float] = (self._scale.slope * cosines + self._scale.offset).tolist()
        return found


class RememberingEmbedder:
    """Keeps the vectors of the last questions: retrieval and ranking ask for the same one."""

    def __init__(self, embedder: Embedder, most: int = 64) -> None:
        self._embedder = embedder
        self.embed_query = lru_cache(maxsize=most)(embedder.embed_query)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector a text, in order."""
        return self._embedder.embed_documents(texts)


def _top(scores: Scores) -> list[int]:
    count = min(CANDIDATES, len(scores))
    best = np.argpartition(-scores, count - 1)[:count] if count else np.array([], dtype=int)
    return [int(position) for position in sorted(best)]

"""Finding passages: French full-text search and vectors, fused by a measured weight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ra_assistant.ports import Embedder, LexicalIndex, VectorStore
from ra_assistant.types import Hit, Passage, Query

CANDIDATES = 60
"""Passages that each of the two searches brings to the fusion."""

Scores = npt.NDArray[np.float32]


class Mode(StrEnum):
    """Which search answers."""

    HYBRID = "hybrid"
    LEXICAL = "lexical"
    DENSE = "dense"


class HybridRetriever:
    """Ranks passages by (1 − w) · BM25 + w · cosine, each scaled to 0…1 over the query's candidates.

    A weight of 0 is plain BM25: a query that the vectors cannot help is never made worse by more
    than the weight allows. Score fusion with a tuned weight beats reciprocal ranks when one of the
    two is much weaker (Bruch et al., An Analysis of Fusion Functions for Hybrid Retrieval, 2023).
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        lexical: LexicalIndex,
        store: VectorStore,
        embedder: Embedder,
        vectors: Scores,
        weight: float,
    ) -> None:
        self._passages = passages
        self._lexical = lexical
        self._store = store
        self._embedder = embedder
        self._vectors = vectors
        self._weight = weight
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
        weight = {Mode.LEXICAL: 0.0, Mode.DENSE: 1.0}.get(mode, self._weight)
        allowed = self._allowed(within)
        lexical = self._lexical_scores(query.terms, allowed) if weight < 1 else {}
        dense = self._dense_scores(query.text, allowed) if weight > 0 else {}
        fused = fuse(lexical, dense, weight)
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

    def _dense_scores(self, text: str, allowed: npt.NDArray[np.bool_] | None) -> dict[int, float]:
        if not text:
            return {}
        vector = self._embedder.embed_query(text)
        if allowed is None:
            return {self._index[name]: score for name, score in self._store.nearest(vector, CANDIDATES)}
        positions = np.flatnonzero(allowed)
        scores = self._vectors[positions] @ np.asarray(vector, dtype=np.float32)
        return {int(positions[rank]): float(scores[rank]) for rank in _top(scores)}


class SentenceVectors:
    """Cosines of a question and the sentences of a passage, from vectors made with the index."""

    def __init__(
        self, passages: Sequence[Passage], vectors: npt.NDArray[np.float16], embedder: Embedder
    ) -> None:
        """Keep `vectors`, shape (sentences, dimension), in the order of the passages' sentences."""
        self._vectors = vectors
        self._embedder = embedder
        starts = np.cumsum([0, *(len(passage.sentences) for passage in passages)])
        self._starts = {passage.id: int(start) for passage, start in zip(passages, starts, strict=False)}

    def cosines(self, text: str, passage: Passage) -> Sequence[float]:
        """Return one cosine a sentence of `passage`, in order."""
        start = self._starts[passage.id]
        rows = np.asarray(self._vectors[start : start + len(passage.sentences)], dtype=np.float32)
        found: list[float] = (rows @ np.asarray(self._embedder.embed_query(text), dtype=np.float32)).tolist()
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


def fuse(lexical: Mapping[int, float], dense: Mapping[int, float], weight: float) -> dict[int, float]:
    """Return (1 − weight) · lexical + weight · dense by position, each scaled to 0…1 over what it holds.

    A BM25 score is scaled from 0, a cosine from the lowest of the candidates.
    """
    lexical_parts = _scaled(lexical, floor=0.0)
    dense_parts = _scaled(dense, floor=min(dense.values(), default=0.0))
    positions: Iterable[int] = lexical.keys() | dense.keys()
    return {
        position: (1 - weight) * lexical_parts.get(position, 0.0) + weight * dense_parts.get(position, 0.0)
        for position in positions
    }


def _scaled(scores: Mapping[int, float], floor: float) -> dict[int, float]:
    width = max(scores.values(), default=0.0) - floor
    return {position: (score - floor) / width if width > 0 else 1.0 for position, score in scores.items()}

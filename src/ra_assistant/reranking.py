"""Putting the passages found in the order of a cross-encoder, a model that reads question and passage together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sentence_transformers import CrossEncoder

from ra_assistant.retrieval import HybridRetriever, Mode
from ra_assistant.types import Hit, Query

RERANKED = 20
"""Passages that it reads: each costs a run of the model."""
BATCH = 20


class CrossEncoderScorer:
    """A sentence-transformers cross-encoder; nothing is downloaded and no code of the model's is run."""

    def __init__(self, name: str, revision: str | None = None, device: str | None = None) -> None:
        """Load a model by its hub name or its directory.

        Args:
            name: a hub name whose files are in the local cache, or a directory.
            revision: commit of the hub's repository; None takes the one in the cache.
            device: `cpu`, `cuda`…; None lets the library choose.

        Raises:
            OSError: the model is not on this machine.
            ValueError: it gives more than one score a pair.
        """
        self._model = CrossEncoder(
            name, revision=revision, device=device, local_files_only=True, trust_remote_code=False
        )
        if self._model.num_labels != 1:
            raise ValueError(f"{name!r} gives {self._model.num_labels} scores a pair, expected one")

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return one score a text, the higher the likelier that it answers."""
        if not texts:
            return []
        pairs = [(question, text) for text in texts]
        made = self._model.predict(pairs, batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True)
        return [float(score) for score in np.asarray(made).reshape(-1)]


class RerankingRetriever:
    """Finds passages as another retriever does, the first ones in the order of a cross-encoder."""

    def __init__(self, retriever: HybridRetriever, scorer: CrossEncoderScorer) -> None:
        """Put what `retriever` finds in the order of `scorer`."""
        self._retriever = retriever
        self._scorer = scorer

    def retrieve(
        self, query: Query, k: int, within: frozenset[str] | None = None, mode: Mode = Mode.HYBRID
    ) -> list[Hit]:
        """Return at most `k` hits, best first, as `HybridRetriever.retrieve` does.

        The scores stay those of the fusion, given anew in the new order: what follows weighs them against one
        another. The two searches alone, which are there to be compared, are left as they are.
        """
        if mode is not Mode.HYBRID:
            return self._retriever.retrieve(query, k, within, mode)
        found = self._retriever.retrieve(query, max(k, RERANKED), within)
        read = found[:RERANKED]
        scores = self._scorer.scores(query.text, [hit.passage.searchable_text for hit in read])
        order = sorted(range(len(read)), key=lambda rank: (-scores[rank], rank))
        ranked = [Hit(read[rank].passage, hit.score) for rank, hit in zip(order, read, strict=True)]
        return [*ranked, *found[RERANKED:]][:k]

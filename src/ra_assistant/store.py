"""The vector store: one Chroma collection a build, through langchain-chroma."""

from __future__ import annotations

import os

os.environ["LANGSMITH_TRACING"] = "false"
os.environ["LANGCHAIN_TRACING_V2"] = "false"

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import chromadb
import numpy as np
import numpy.typing as npt
from chromadb.config import Settings
from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings

from ra_assistant.types import Passage

COLLECTION = "passages"
_BATCH = 250
"""Size of insertions that Chroma's performance guide advises (docs.trychroma.com, single node)."""


class _ReadyVectors(Embeddings):
    """Hands langchain-chroma the vectors that were computed elsewhere, in order."""

    def __init__(self) -> None:
        self.batch: list[list[float]] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if len(texts) != len(self.batch):
            raise ValueError(f"{len(texts)} texts for {len(self.batch)} vectors; expected as many")
        return self.batch

    def embed_query(self, text: str) -> list[float]:
        raise NotImplementedError(f"queries are embedded by the caller, not by the store: {text!r}")


class ExactStore:
    """Passages by their vectors, compared one by one in memory: the yardstick of the others."""

    def __init__(self, ids: Sequence[str], vectors: npt.NDArray[np.float32]) -> None:
        self._ids = list(ids)
        self._vectors = vectors

    def __len__(self) -> int:
        return len(self._ids)

    def nearest(self, vector: Sequence[float], k: int) -> list[tuple[str, float]]:
        """Return at most `k` passage ids with their cosine (−1 to 1), best first."""
        cosines = self._vectors @ np.asarray(vector, dtype=np.float32)
        best = np.argsort(-cosines, kind="stable")[:k]
        return [(self._ids[place], float(cosines[place])) for place in best]

    def close(self) -> None:
        """Release nothing."""


class ChromaStore:
    """Passages by their vectors, in a directory that one process opens and nobody edits."""

    def __init__(self, directory: Path, configuration: dict[str, Any] | None = None) -> None:
        """Open the collection in `directory`, or create it when `configuration` is given."""
        self._vectors = _ReadyVectors()
        self._client = chromadb.PersistentClient(
            str(directory), settings=Settings(anonymized_telemetry=False, allow_reset=False)
        )
        self._chroma = Chroma(
            collection_name=COLLECTION,
            embedding_function=self._vectors,
            client=self._client,
            collection_configuration=configuration,  # type: ignore[arg-type]
            create_collection_if_not_exists=configuration is not None,
        )

    @classmethod
    def create(cls, directory: Path, passages: Sequence[Passage], vectors: npt.NDArray[np.float32]) -> Self:
        """Store `passages` with their unit vectors, shape (passages, dimension), in a new directory.

        The whole collection is flushed once, at the end, so that its files never change afterwards
        and can be hashed. The search is wide enough to be exact at the size of a report: recall@10
        of 1.0 on clustered and on random vectors with these values.
        """
        store = cls(
            directory,
            {
                "hnsw": {
                    "space": "cosine",
                    "ef_construction": 200,
                    "ef_search": 500,
                    "max_neighbors": 32,
                    "sync_threshold": max(2, len(passages)),
                    "batch_size": max(2, len(passages)),
                }
            },
        )
        for start in range(0, len(passages), _BATCH):
            store._add(passages[start : start + _BATCH], vectors[start : start + _BATCH])
        return store

    def _add(self, passages: Sequence[Passage], vectors: npt.NDArray[np.float32]) -> None:
        self._vectors.batch = vectors.tolist()
        self._chroma.add_texts(
            texts=[passage.text for passage in passages],
            ids=[passage.id for passage in passages],
            metadatas=[
                {"document_id": passage.document_id, "start": passage.start, "end": passage.end}
                for passage in passages
            ],
        )
        self._vectors.batch = []

    def __len__(self) -> int:
        return int(self._client.get_collection(COLLECTION, embedding_function=None).count())

    def nearest(self, vector: Sequence[float], k: int) -> list[tuple[str, float]]:
        """Return at most `k` passage ids with their cosine (−1 to 1), best first."""
        found = self._chroma.similarity_search_by_vector_with_relevance_scores(list(vector), k=k)
        return [(str(document.id), 1.0 - distance) for document, distance in found]

    def nearest_many(self, vectors: npt.NDArray[np.float32], k: int) -> list[list[str]]:
        """Return, for each row of `vectors`, at most `k` passage ids, best first."""
        collection = self._client.get_collection(COLLECTION, embedding_function=None)
        found: list[list[str]] = []
        for start in range(0, len(vectors), _BATCH):
            rows = vectors[start : start + _BATCH]
            found.extend(collection.query(query_embeddings=rows, n_results=k, include=[])["ids"])
        return found

    def close(self) -> None:
        """Release files and threads."""
        self._client.close()  # type: ignore[attr-defined]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

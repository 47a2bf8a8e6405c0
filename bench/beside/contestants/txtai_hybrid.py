"""txtai's hybrid search, by the configuration page of its embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from txtai import Embeddings

from bench.beside.contestants.model import embedder


class Txtai:
    """Sparse and dense in one index, texts kept in its database."""

    def build(self, texts: Sequence[tuple[str, str]], folder: Path) -> None:
        """Index and save."""
        model = embedder()
        prefix = model.profile.document_prefix
        self._model, self._folder = model, folder

        def vectors(inputs: list[str]) -> np.ndarray:
            return model.vectors([prefix + text for text in inputs])

        self._index = Embeddings(method="external", transform=vectors, hybrid=True, content=True)
        self._index.index((name, text, None) for name, text in texts)
        self._index.save(str(folder / "index"))

    def search(self, question: str, k: int) -> list[str]:
        """Return the best texts."""
        return [str(row["id"]) for row in self._index.search(question, k)]

    def change(self, name: str, text: str) -> None:
        """Upsert the text and save."""
        self._index.upsert([(name, text, None)])
        self._index.save(str(self._folder / "index"))

    def close(self) -> None:
        """Close the database."""
        self._index.close()

"""semble: a hybrid of BM25 and vectors, made for code, over files of documentation, by its README."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import semble.index.index as machinery
from semble import ContentType, SembleIndex
from semble.cache import save_index_to_cache

from bench.beside.contestants.model import embedder


class _Vectors:
    """What semble asks of its own model."""

    def __init__(self) -> None:
        self._model = embedder()
        self.dim = self._model.profile.dimension

    def encode(self, texts: Sequence[str], **_: object) -> np.ndarray:
        return self._model.vectors(list(texts))


class Semble:
    """Each text a Markdown file; a change indexes the folder again, what is unchanged taken from the kept index."""

    def build(self, texts: Sequence[tuple[str, str]], folder: Path) -> None:
        """Write the files beside `folder`, index them."""
        os.environ |= {"SEMBLE_CACHE_LOCATION": str(folder), "SEMBLE_MODEL_NAME": "ours"}
        vectors = _Vectors()
        machinery.load_model = lambda _=None: (vectors, "ours")
        self._corpus = folder.parent / f"{folder.name}-corpus"
        self._corpus.mkdir()
        self._files = {name: f"t{number:06}.md" for number, (name, _) in enumerate(texts)}
        self._names = {file: name for name, file in self._files.items()}
        for name, text in texts:
            (self._corpus / self._files[name]).write_text(text, encoding="utf-8")
        self._open()

    def _open(self) -> None:
        self._index = SembleIndex.from_path(self._corpus, content=ContentType.DOCS)
        save_index_to_cache(self._index, str(self._corpus))

    def search(self, question: str, k: int) -> list[str]:
        """Return the texts of the best chunks."""
        return [self._names[found.chunk.file_path] for found in self._index.search(question, top_k=k)]

    def change(self, name: str, text: str) -> None:
        """Write the file again and index."""
        (self._corpus / self._files[name]).write_text(text, encoding="utf-8")
        self._open()

    def close(self) -> None:
        """Release nothing."""

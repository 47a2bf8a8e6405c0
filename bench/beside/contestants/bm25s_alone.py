"""bm25s with its defaults, by the quick start of its README."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bm25s


class Bm25s:
    """An index over whole texts; a change makes it again, as there is no other way."""

    def build(self, texts: Sequence[tuple[str, str]], folder: Path) -> None:
        """Index and save."""
        self._texts, self._folder = dict(texts), folder
        self._index()

    def _index(self) -> None:
        self._names = list(self._texts)
        self._retriever = bm25s.BM25()
        tokens = bm25s.tokenize(list(self._texts.values()), show_progress=False)
        self._retriever.index(tokens, show_progress=False)
        self._retriever.save(self._folder, show_progress=False)

    def search(self, question: str, k: int) -> list[str]:
        """Return the best texts."""
        tokens = bm25s.tokenize(question, show_progress=False)
        found, _ = self._retriever.retrieve(tokens, k=min(k, len(self._names)), show_progress=False)
        return [self._names[int(place)] for place in found[0]]

    def change(self, name: str, text: str) -> None:
        """Index everything again."""
        self._texts[name] = text
        self._index()

    def close(self) -> None:
        """Release nothing."""

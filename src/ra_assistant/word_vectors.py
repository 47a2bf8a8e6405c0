"""How near the words of a question and of a sentence are in meaning, word by word."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ra_assistant.french.words import Word

Rows = npt.NDArray[np.intp]
FLOOR = 0.25
"""Cosine of two words up to which they have nothing to do with each other."""


class WordVectors:
    """Vectors of words, made by `training/words.py`; a word without one has that of its stem's commonest form."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Args:
            path: holds `forms` and `stems`, words one a line in UTF-8, `vectors`, int8, shape (forms, dimensions),
                and `stem_rows`, the row of each stem's commonest form.
        """
        with np.load(path) as kept:
            forms, stems = (kept[name].tobytes().decode().split("\n") for name in ("forms", "stems"))
            vectors = kept["vectors"].astype(np.float32)
            self._stems = dict(zip(stems, kept["stem_rows"].tolist(), strict=True))
        self._forms = {form: row for row, form in enumerate(forms)}
        self._vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-8)

    def row(self, word: Word) -> int | None:
        """Return the number of a word's vector; None when neither it nor a word of its family has one."""
        found = self._forms.get(word.form)
        return self._stems.get(word.stem) if found is None else found

    def rows(self, words: Iterable[Word]) -> Rows:
        """Return the numbers of the vectors of some words, each once."""
        found = {self.row(word) for word in words}
        return np.array(sorted(row for row in found if row is not None), dtype=np.intp)

    def nearness(self, asked: Rows, said: Rows) -> npt.NDArray[np.float32]:
        """Return how near each word that is asked is to each that is said, 0 to 1, shape (asked, said).

        A cosine up to `FLOOR` counts for nothing.
        """
        cosines: npt.NDArray[np.float32] = self._vectors[asked] @ self._vectors[said].T
        found: npt.NDArray[np.float32] = np.maximum(cosines - FLOOR, 0.0) / (1 - FLOOR)
        return found

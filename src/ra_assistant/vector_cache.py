"""Vectors that were computed once, kept across builds by the hash of their text; one file an embedding profile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ra_assistant.blob_cache import BlobCache, key_of


class VectorCache:
    """Vectors by text, for one embedding profile; one process at a time writes it."""

    def __init__(self, directory: Path, fingerprint: str) -> None:
        """Open, or create, the cache of the profile `fingerprint` below `directory`."""
        name = sha256(fingerprint.encode()).hexdigest()[:16]
        self._blobs = BlobCache(directory / f"{name}.sqlite3", "vectors")

    def known(self, texts: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        """Return the vectors of those `texts` that have one; a vector that was altered counts as unknown."""
        by_key = {key_of(text): text for text in texts}
        return {
            by_key[key]: np.frombuffer(vector, dtype=np.float32)
            for key, vector in self._blobs.known(list(by_key))
        }

    def remember(self, texts: Sequence[str], vectors: Iterable[Sequence[float]]) -> None:
        """Keep the vectors of `texts`, in the same order; they are on disk when this returns."""
        self._blobs.remember(
            (key_of(text), np.asarray(vector, dtype=np.float32).tobytes())
            for text, vector in zip(texts, vectors, strict=True)
        )

    def end_round(self, texts: Sequence[str]) -> None:
        """Note that a build uses `texts`, and forget what no build has used for long."""
        self._blobs.end_round(key_of(text) for text in texts)

    def close(self) -> None:
        """Release the file; what was remembered is on disk already."""
        self._blobs.close()

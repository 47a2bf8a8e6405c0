"""Our own copy of the vectors, searched one by one: no library, no directory to open, the yardstick of Chroma."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


class ExactStore:
    """Passages by their vectors, compared one by one in memory: the yardstick of the others."""

    def __init__(self, ids: Sequence[str], vectors: npt.NDArray[np.float32]) -> None:
        self._ids = list(ids)
        self._vectors = vectors

    def __len__(self) -> int:
        return len(self._ids)

    def nearest(self, vector: Sequence[float], k: int) -> list[tuple[str, float]]:
        """Return at most `k` passage ids with their cosine (−1 to 1), best first."""
        # Not `@`: the threads that it shares long products among wait for each other when cores are busy.
        cosines = np.vecdot(self._vectors, np.asarray(vector, dtype=np.float32))
        count = min(k, len(cosines))
        best = np.argpartition(-cosines, count - 1)[:count] if count else np.array([], dtype=int)
        return [
            (self._ids[place], float(cosines[place])) for place in best[np.lexsort((best, -cosines[best]))]
        ]

    def close(self) -> None:
        """Release nothing."""

"""Stand-ins that behave: vectors that rank sensibly and repeat exactly."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from hashlib import blake2b
from io import StringIO
from typing import Any

from ra_assistant import worker
from ra_assistant.french.words import stems
from ra_assistant.indexing import Progress

DIMENSION = 64


class HashedEmbedder:
    """Hashed bags of stems as unit vectors: texts that share words are near, always the same way."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = [0.0] * DIMENSION
        for term in stems(text) or [""]:
            digest = blake2b(term.encode(), digest_size=4).digest()
            vector[int.from_bytes(digest[:2]) % DIMENSION] += 1.0 if digest[2] % 2 else -1.0
        norm = math.sqrt(sum(value * value for value in vector)) or 1.0
        return [value / norm for value in vector]


class _Voice(StringIO):
    def __init__(self, report: Callable[[Progress], None]) -> None:
        super().__init__()
        self._report = report

    def write(self, text: str) -> int:
        self._report(Progress(*json.loads(text)["progress"]))
        return len(text)


def in_this_process(
    order: Mapping[str, Any], report: Callable[[Progress], None], lock: int
) -> dict[str, Any]:
    """Carry out a publisher's order without starting a process."""
    result = worker.carry_out(order, _Voice(report))
    return dict(json.loads(json.dumps(result)))

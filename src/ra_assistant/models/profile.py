"""What an embedding model is: the words shared by the models in the box and any other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """What an embedding model is, as its `profile.json` says."""

    name: str
    version: str
    dimension: int
    max_tokens: int
    """Longer texts are cut."""
    query_prefix: str = ""
    document_prefix: str = ""
    cosine_floor: float = 0.0
    """Cosine of a question and a passage that has nothing to do with it."""
    cosine_ceiling: float = 1.0
    """Cosine of a question and a passage that says it in nearly the same words."""
    fusion_weight: float = 0.0
    """Weight of the vectors beside BM25, measured on tuning questions; 0 when it was not."""


def read_profile(path: Path) -> ModelProfile:
    """Return the profile kept in a file; keys that it does not know are ignored."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    return ModelProfile(
        name=kept["name"],
        version=kept["version"],
        dimension=kept["dimension"],
        max_tokens=kept["max_tokens"],
        query_prefix=kept.get("query_prefix", ""),
        document_prefix=kept.get("document_prefix", ""),
        cosine_floor=kept.get("cosine_floor", 0.0),
        cosine_ceiling=kept.get("cosine_ceiling", 1.0),
        fusion_weight=kept.get("fusion_weight", 0.0),
    )

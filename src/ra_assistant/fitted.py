"""What was fitted for ranking and reading, and is shipped: opened when it is first asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

from ra_assistant.ports import SpanReader
from ra_assistant.scoring import Scorer
from ra_assistant.word_vectors import WordVectors

MODELS = Path(str(resources.files("ra_assistant.models")))


@dataclass(frozen=True, slots=True)
class RankingModel:
    """What was fitted by `training/ranker.py`."""

    first: Scorer
    """Chooses what the span reader reads."""
    ranker: Scorer
    """Ranks the sentences with what the reader said."""
    refusal: Scorer
    threshold: float
    """Probability below which the assistant says that the report does not answer."""
    rival_share: float


@cache
def ranking_model() -> RankingModel:
    """Return the fitted weights of the ranker and of the refusal."""
    loaded: Mapping[str, Any] = json.loads((MODELS / "ranking.json").read_text(encoding="utf-8"))
    first, ranker, refusal = (Scorer.read(loaded[name]) for name in ("first", "ranker", "refusal"))
    return RankingModel(first, ranker, refusal, loaded["threshold"], loaded["rival_share"])


@cache
def ranking_digest() -> str:
    """Return a hash of those weights: a threshold chosen for others means nothing here."""
    return sha256((MODELS / "ranking.json").read_bytes()).hexdigest()[:12]


def threshold_for_these(threshold: float | None, calibration: Mapping[str, Any]) -> float | None:
    """Return a threshold measured for a build; None when there is none, or it was measured with other weights."""
    return threshold if calibration.get("ranking") == ranking_digest() else None


@cache
def word_vectors() -> WordVectors | None:
    """Return the words' vectors in the box; None when the package was built without them."""
    path = MODELS / "words.npz"
    return WordVectors(path) if path.is_file() else None


@cache
def span_reader() -> SpanReader | None:
    """Return the span reader in the box; None when the package was built without it."""
    directory = MODELS / "reader"
    if not (directory / "model.onnx").is_file():
        return None
    from ra_assistant.span_reader import OnnxSpanReader

    return OnnxSpanReader(directory)

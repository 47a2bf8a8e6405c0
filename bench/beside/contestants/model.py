"""The embedding model in the box, lent to whoever needs one: no network, and the same vectors for all."""

from __future__ import annotations

from pathlib import Path

from ra_assistant.embedding import OnnxEmbedder

DIRECTORY = Path(__file__).parents[3] / "src" / "ra_assistant" / "models" / "embedding"


def embedder() -> OnnxEmbedder:
    """Return the model, ready when the first text comes."""
    return OnnxEmbedder(DIRECTORY)

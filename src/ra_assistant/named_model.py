"""Opens the sentence-transformers models that the settings name."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from ra_assistant.errors import SettingsError
from ra_assistant.settings import Settings

if TYPE_CHECKING:
    from ra_assistant.reranking import CrossEncoderScorer
    from ra_assistant.transformer_embedding import SentenceTransformerEmbedder

_Model = TypeVar("_Model")


def named_embedder(settings: Settings) -> SentenceTransformerEmbedder:
    """Return the embedding model, from this machine alone.

    Raises:
        SettingsError: the model, or its device, is not on this machine.
    """
    return _opened(
        lambda: _embedder(settings.embedding_model, settings.embedding_revision, settings.embedding_device),
        settings,
        ("RA_EMBEDDING_MODEL", settings.embedding_model, "model"),
    )


@cache
def _embedder(model: str, revision: str, device: str) -> SentenceTransformerEmbedder:
    """Open a model once, whatever else the settings say."""
    _stay_offline()
    from ra_assistant.transformer_embedding import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(model, revision, device)


def named_reranker(settings: Settings) -> CrossEncoderScorer:
    """Return the cross-encoder, from this machine alone.

    Raises:
        SettingsError: the model, or its device, is not on this machine, or it is no cross-encoder.
    """
    _stay_offline()
    from ra_assistant.reranking import CrossEncoderScorer

    return _opened(
        lambda: CrossEncoderScorer(
            settings.reranker_model, settings.reranker_revision, settings.embedding_device
        ),
        settings,
        ("RA_RERANKER_MODEL", settings.reranker_model, "reranker"),
    )


def _stay_offline() -> None:
    # Read by huggingface_hub when it is imported: nothing may be asked of the network.
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def _opened(load: Callable[[], _Model], settings: Settings, named: tuple[str, str, str]) -> _Model:
    (name, value, reason), device = named, settings.embedding_device
    try:
        return load()
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{name}={value!r}: {error}; expected a model on this machine",
            name=name,
            value=value,
            reason=reason,
        ) from error
    except (RuntimeError, AssertionError) as error:
        # What torch raises for a device that it does not know, or was not compiled for.
        if device is None:
            raise
        raise SettingsError(
            f"RA_EMBEDDING_DEVICE={device!r}: {error}; expected cpu, or a device of this machine",
            name="RA_EMBEDDING_DEVICE",
            value=device,
        ) from error

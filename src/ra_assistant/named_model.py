"""Opens the sentence-transformers model that the settings name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ra_assistant.errors import SettingsError
from ra_assistant.settings import Settings

if TYPE_CHECKING:
    from ra_assistant.transformer_embedding import SentenceTransformerEmbedder


def named_embedder(settings: Settings) -> SentenceTransformerEmbedder:
    """Return the model, from this machine alone.

    Raises:
        SettingsError: the model, or its device, is not on this machine.
    """
    # Read by huggingface_hub when it is imported: nothing may be asked of the network.
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    from ra_assistant.transformer_embedding import SentenceTransformerEmbedder

    try:
        return SentenceTransformerEmbedder(
            settings.embedding_model, settings.embedding_revision, settings.embedding_device
        )
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"RA_EMBEDDING_MODEL={settings.embedding_model!r}: {error}; expected a model on this machine",
            name="RA_EMBEDDING_MODEL",
            value=settings.embedding_model,
            reason="model",
        ) from error
    except (RuntimeError, AssertionError) as error:
        # What torch raises for a device that it does not know, or was not compiled for.
        if settings.embedding_device is None:
            raise
        raise SettingsError(
            f"RA_EMBEDDING_DEVICE={settings.embedding_device!r}: {error}; expected cpu, or a device of this machine",
            name="RA_EMBEDDING_DEVICE",
            value=settings.embedding_device,
        ) from error

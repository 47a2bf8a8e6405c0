"""Settings of the operator: environment variables that begin with `RA_`, all of them optional."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ra_assistant.errors import SettingsError


class Settings(BaseSettings):
    """What the operator may change; every field has a value that works."""

    model_config = SettingsConfigDict(env_prefix="RA_", extra="ignore", frozen=True)

    corpus_dir: Path = Path("corpus")
    """Directory of the reports."""
    index_dir: Path = Path("index")
    """Directory of the builds."""
    host: str = "127.0.0.1"
    """Address that the web server listens on."""
    port: int = Field(default=7860, ge=1, le=65535)
    """Port that the web server listens on."""
    embedding_model: str = ""
    """A sentence-transformers model, by name or directory; empty for the model in the box."""
    embedding_revision: str | None = None
    """Pinned revision of the embedding model."""
    embedding_device: str | None = None
    """Device of the embedding model (`cpu`, `cuda`); None lets the library choose."""
    fusion_weight: float | None = Field(default=None, ge=0, le=1)
    """Weight of the vectors in retrieval; None takes the profile's measured weight."""


@cache
def load_settings() -> Settings:
    """Return the settings of this process.

    Raises:
        SettingsError: a variable has a value that cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "RA_" + "_".join(str(part) for part in first["loc"]).upper()
        message = f"{name}={first.get('input')!r}: {first['msg']}"
        raise SettingsError(message, name=name, value=first.get("input")) from error

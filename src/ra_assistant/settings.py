"""Settings of the operator: environment variables that begin with `RA_`, all of them optional."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ra_assistant.errors import SettingsError

_ORIGIN = re.compile(r"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::\d{1,5})?")
MIN_SECRET_CHARS = 12


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
    root_path: str = Field(default="", pattern=r"^(?:/[\w.-]+)*$")
    """Path that a proxy puts before ours and takes off: `/assistant`; empty at the root of a host."""
    origins: str = ""
    """Sites whose pages may ask, separated by commas: `https://www.example.fr`; empty for ours alone."""
    trusted_proxies: str = ""
    """Addresses or networks of the proxies in front, separated by commas, that say who asks."""
    limit_per_minute: int = Field(default=60, ge=1)
    """Requests of one address to the interfaces for programs, each minute."""
    limit_per_day: int = Field(default=2000, ge=1)
    """Requests of one address to the interfaces for programs, each day."""
    origin_limit_per_minute: int = Field(default=600, ge=1)
    """Requests from the pages of one site, each minute."""
    mcp: bool = False
    """Whether to offer the tools of the Model Context Protocol at `/mcp`."""
    site: Path = Path("site.toml")
    """File of the organisation's name, logo, colours and words."""
    frame_ancestors: str = ""
    """Sites whose pages may show the chat in a frame, separated by commas; empty for ours alone."""
    access_log: str = ""
    """File that gets one line of JSON a request, without question or address; `-` for standard error."""
    journal: str = ""
    """File of the journal of use; empty for `journal.sqlite3` beside the directory of the builds, `off` for none."""
    retention_days: int = Field(default=90, ge=1, le=3650)
    """Days after which a row of the journal is gone."""
    keep_questions: bool = False
    """Whether the journal keeps the words of questions, pseudonymised."""
    admin_secret: SecretStr = Field(default=SecretStr(""), max_length=200)
    """Secret of `/publier` and `/tableau-de-bord`; empty: there is neither."""
    chroma_url: str = ""
    """Chroma server that holds the collection of each build: `http://10.0.0.5:8000`; empty for a directory."""
    embedding_model: str = ""
    """A sentence-transformers model, by name or directory; empty for the model in the box."""
    embedding_revision: str | None = None
    """Pinned revision of the embedding model."""
    embedding_device: str | None = None
    """Device of the embedding model and of the cross-encoder (`cpu`, `cuda`); None lets the library choose."""
    reranker_model: str = ""
    """A cross-encoder that puts the passages found in order, by name or directory; empty for none."""
    reranker_revision: str | None = None
    """Pinned revision of the cross-encoder."""
    fusion_weight: float | None = Field(default=None, ge=0, le=1)
    """Weight of the vectors in retrieval; None takes the profile's measured weight."""
    refusal_threshold: float | None = Field(default=None, ge=0, le=1)
    """Probability of an answer under which a question is refused; None takes the one measured."""

    llm: str = Field(default="", pattern=r"^(?:[a-z_]+:\S+)?$", max_length=200)
    """Chat model that phrases the answers, `provider:name`; empty: the report's own words."""
    llm_base_url: str = Field(default="", pattern=r"^(?:https?://[^\s@]+)?$")
    """Address of the model's server, for those that speak like OpenAI's: `http://127.0.0.1:8000/v1`."""
    llm_api_key: SecretStr = SecretStr("")
    """Key of the model's server; empty for the provider's own variable (`MISTRAL_API_KEY`…) or none."""
    llm_api_key_file: Path | None = None
    """File that holds the key, instead of a variable."""
    llm_seconds: float = Field(default=20.0, gt=0, le=120)
    """Time for a whole answer; then the report's own words take its place."""
    llm_first_seconds: float = Field(default=8.0, gt=0, le=60)
    """Time until the model's first words."""
    llm_max_tokens: int = Field(default=600, ge=50, le=4000)
    """Longest answer of the model, in tokens."""
    llm_tokens_per_day: int = Field(default=1_000_000, ge=0)
    """Tokens asked and answered a day, of this process; then the report's own words until midnight UTC."""
    llm_visitor_share: float = Field(default=0.2, gt=0, le=1)
    """Part of them that one address may spend; then the report's own words for it until midnight UTC."""

    @field_validator("origins", "frame_ancestors")
    @classmethod
    def _exact(cls, value: str) -> str:
        for origin in split_list(value):
            if not _ORIGIN.fullmatch(origin):
                raise ValueError("expected origins such as https://www.example.fr, without path or *")
        return value

    @field_validator("chroma_url")
    @classmethod
    def _server(cls, value: str) -> str:
        address = value.strip().rstrip("/")
        if address and not _ORIGIN.fullmatch(address):
            raise ValueError("expected an address such as http://10.0.0.5:8000, without path or password")
        return address

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for network in split_list(value):
            ip_network(network)
        return value

    @field_validator("admin_secret")
    @classmethod
    def _is_hard_to_guess(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret.get_secret_value()) < MIN_SECRET_CHARS:
            raise ValueError(f"expected at least {MIN_SECRET_CHARS} characters")
        return secret


def split_list(value: str) -> tuple[str, ...]:
    """Return the items of a list separated by commas."""
    return tuple(item.strip() for item in value.split(",") if item.strip())


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
        if name in {"RA_LLM_API_KEY", "RA_LLM_BASE_URL"}:  # an address may hold a key
            raise SettingsError(f"{name}: {first['msg']}", name=name, value="…") from None
        if name == "RA_ADMIN_SECRET":
            reason = f"{name}: {first['msg']}"
            raise SettingsError(reason, name=name, value="…", reason="secret") from None
        value = first.get("input")
        message = f"{name}={value!r}: {first['msg']}"
        raise SettingsError(message, name=name, value=value) from None

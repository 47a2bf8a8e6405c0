"""Chat models through LangChain: the one module that imports it for speaking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from langsmith import tracing_context

from ra_assistant.errors import MissingExtra, SettingsError
from ra_assistant.types import Message, Piece


class LangChainModel:
    """A chat model of any provider that LangChain knows, without tools."""

    def __init__(self, name: str, base_url: str, api_key: str, seconds: float, max_tokens: int) -> None:
        """Open a model.

        Args:
            name: `provider:model`.
            base_url: address of its server; empty for the provider's own.
            api_key: empty for the variable of the provider, or none.
            seconds: after which the connection is given up.
            max_tokens: longest answer.

        Raises:
            MissingExtra: the provider's package is not installed.
            SettingsError: there is no such provider, or it refuses these settings.
        """
        self._name = name
        provider, _, model = name.partition(":")
        options = _options(provider, base_url, api_key, seconds, max_tokens)
        try:
            self._model: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
        except ImportError as error:
            package = getattr(error.__cause__, "name", None) or f"langchain-{provider}"
            raise MissingExtra(f"{error}", package=package.replace("_", "-")) from error
        except (ValueError, OSError, TypeError) as error:
            # Values may hold the key: the message keeps the kind of the error only.
            raise SettingsError(
                f"RA_LLM={name!r}: {type(error).__name__}", name="RA_LLM", value=name, reason="llm"
            ) from None

    @property
    def name(self) -> str:
        """`provider:model`."""
        return self._name

    def stream(self, messages: Sequence[Message]) -> Iterator[Piece]:
        """Yield what the model says; nothing is sent to a tracing service, whatever the environment says."""
        with tracing_context(enabled=False):
            for chunk in self._model.stream([(message.role, message.content) for message in messages]):
                usage: Mapping[str, Any] = getattr(chunk, "usage_metadata", None) or {}
                yield Piece(
                    str(chunk.text), int(usage.get("input_tokens", 0)), int(usage.get("output_tokens", 0))
                )


def _options(provider: str, base_url: str, api_key: str, seconds: float, max_tokens: int) -> dict[str, Any]:
    if provider == "huggingface":
        pipeline = {"max_new_tokens": max_tokens, "do_sample": False, "return_full_text": False}
        return {"backend": "pipeline", "task": "text-generation", "pipeline_kwargs": pipeline}
    if provider == "ollama":
        address = {"base_url": base_url} if base_url else {}
        client = {"timeout": seconds}
        return {"temperature": 0, "num_predict": max_tokens, "client_kwargs": client, **address}
    options: dict[str, Any] = {"temperature": 0, "timeout": seconds, "max_retries": 0}
    if provider == "openai" and base_url:
        options["extra_body"] = {"max_tokens": max_tokens}  # the name that every compatible server knows
    else:
        options["max_tokens"] = max_tokens
    if api_key:
        options["api_key"] = api_key
    if base_url:
        options["base_url"] = base_url
    if provider == "openai":
        options |= {"use_responses_api": False, "stream_usage": True}
        if base_url and not api_key:
            options["api_key"] = "none"  # servers of one's own ask for none; the client wants some
    if provider == "mistralai":
        options["timeout"] = max(1, round(seconds))
    return options

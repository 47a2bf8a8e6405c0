"""Opens the language model that the settings name, and what answers in its words.

Nothing of it is imported when they name none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ra_assistant import answer_wording
from ra_assistant.answering import ExtractiveAnswerer
from ra_assistant.errors import MissingExtra, SettingsError
from ra_assistant.fitted import MODELS
from ra_assistant.ports import SentenceScorer
from ra_assistant.settings import Settings
from ra_assistant.types import Answer, Document, Passage

if TYPE_CHECKING:
    from ra_assistant.generating import GenerativeAnswerer
    from ra_assistant.model_guard import ModelGuard
    from ra_assistant.ports import ChatModel
    from ra_assistant.remembering import Memory


EXTRAS: Mapping[str, tuple[str, str]] = {
    "mistralai": ("mistral", "langchain_mistralai"),
    "ollama": ("ollama", "langchain_ollama"),
    "openai": ("openai", "langchain_openai"),
    "huggingface": ("huggingface", "langchain_huggingface"),
}
"""Extra of this package and module of each provider; others work when their LangChain package is installed."""


def speaker_of(
    settings: Settings,
    answerer: ExtractiveAnswerer,
    documents: Sequence[Document],
    passages: Sequence[Passage],
    sentences: SentenceScorer | None,
    build_id: str,
) -> GenerativeAnswerer:
    """Return what answers in the words of the model that the settings name.

    Raises:
        MissingExtra: the provider's package is not installed.
        SettingsError: the provider, the key's file or the model cannot be used.
    """
    from ra_assistant.generating import GenerativeAnswerer
    from ra_assistant.model_voice import Patience, Voice
    from ra_assistant.speech import SpeechPhrases
    from ra_assistant.summarising import Summaries

    model, guard, memory = chat_model(settings)
    patience = Patience(settings.llm_seconds, settings.llm_first_seconds, settings.llm_max_tokens)
    return GenerativeAnswerer(
        extractive=answerer,
        documents=documents,
        voice=Voice(model, guard, patience),
        memory=memory,
        phrases=SpeechPhrases(
            answer_wording.SHORTENED,
            answer_wording.INTERRUPTED,
            answer_wording.FULL,
            answer_wording.COMPLETED,
        ),
        max_tokens=settings.llm_max_tokens,
        scorer=sentences,
        is_common=french_words(),
        summaries=Summaries(documents, passages, answer_wording.COMPLETED),
        build_id=build_id,
    )


def require_model(settings: Settings) -> None:
    """Look, without loading anything, that the packages of the model are installed.

    Raises:
        MissingExtra: they are not.
    """
    if not settings.llm:
        return
    provider = settings.llm.partition(":")[0]
    extra, module = EXTRAS.get(provider, ("llm", "langchain"))
    for needed in ("langchain", module):
        if find_spec(needed) is None:
            package = f"'ra-assistant[{extra}]'"
            raise MissingExtra(f"{needed} is not installed; install {package}", package=package)


@cache
def chat_model(settings: Settings) -> tuple[ChatModel, ModelGuard, Memory[Answer]]:
    """Return the chat model that the settings name, what limits it, and its last answers.

    One for all builds: the limits are the process's.

    Raises:
        MissingExtra: the provider's package is not installed.
        SettingsError: the provider, the key's file or the model cannot be used.
    """
    require_model(settings)
    from ra_assistant.chat_model import LangChainModel
    from ra_assistant.model_guard import ModelGuard
    from ra_assistant.remembering import Memory

    model = LangChainModel(
        settings.llm,
        settings.llm_base_url,
        _key_of(settings),
        settings.llm_seconds,
        settings.llm_max_tokens,
    )
    return model, ModelGuard(settings.llm_tokens_per_day, settings.llm_visitor_share), Memory[Answer]()


def _key_of(settings: Settings) -> str:
    if settings.llm_api_key_file is None:
        return settings.llm_api_key.get_secret_value()
    try:
        return settings.llm_api_key_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"RA_LLM_API_KEY_FILE={settings.llm_api_key_file}: {type(error).__name__}",
            name="RA_LLM_API_KEY_FILE",
            value=settings.llm_api_key_file,
        ) from None


@cache
def french_words() -> Callable[[str], bool]:
    """Return the function that tells whether a folded form is a word of French."""
    from ra_assistant.spelling import Speller

    return Speller(known_words(), {}, lambda _: 0).is_french


@cache
def known_words() -> npt.NDArray[np.uint32]:
    """Return the sorted hashes of the words of French."""
    return np.asarray(np.load(MODELS / "known_words.npy", allow_pickle=False), dtype=np.uint32)

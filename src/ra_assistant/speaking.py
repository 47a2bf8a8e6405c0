"""Opens the language model that the settings name, and what answers in its words.

Nothing of it is imported when they name none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ra_assistant import answer_wording
from ra_assistant.answering import ExtractiveAnswerer
from ra_assistant.errors import MissingExtra, SettingsError
from ra_assistant.ports import SentenceScorer
from ra_assistant.settings import Settings
from ra_assistant.types import Answer, Document

if TYPE_CHECKING:
    from ra_assistant.generating import GenerativeAnswerer
    from ra_assistant.model_guard import Memory, ModelGuard
    from ra_assistant.ports import ChatModel

MODELS = Path(str(resources.files("ra_assistant.models")))


def speaker_of(
    settings: Settings,
    answerer: ExtractiveAnswerer,
    documents: Sequence[Document],
    sentences: SentenceScorer,
    build_id: str,
) -> GenerativeAnswerer | None:
    """Return what answers in the words of the model that the settings name; None when they name none."""
    if not settings.llm:
        return None
    from ra_assistant.generating import GenerativeAnswerer, Patience
    from ra_assistant.speech import SpeechPhrases

    model, guard, memory = chat_model(settings)
    return GenerativeAnswerer(
        extractive=answerer,
        documents=documents,
        model=model,
        guard=guard,
        memory=memory,
        phrases=SpeechPhrases(answer_wording.SHORTENED, answer_wording.COMPLETED),
        patience=Patience(settings.llm_seconds, settings.llm_first_seconds),
        max_tokens=settings.llm_max_tokens,
        scorer=sentences,
        is_common=french_words(),
        build_id=build_id,
    )


@cache
def chat_model(settings: Settings) -> tuple[ChatModel, ModelGuard, Memory[Answer]]:
    """Return the chat model that the settings name, what limits it, and its last answers.

    One for all builds: the limits are the process's.

    Raises:
        MissingExtra: the provider's package is not installed.
        SettingsError: the provider, the key's file or the model cannot be used.
    """
    try:
        from ra_assistant.chat_model import LangChainModel
    except ModuleNotFoundError as error:
        raise MissingExtra(f"{error}; install ra-assistant[llm]", extra="llm") from error
    from ra_assistant.model_guard import Memory, ModelGuard

    model = LangChainModel(
        settings.llm,
        settings.llm_base_url,
        _key_of(settings),
        settings.llm_seconds,
        settings.llm_max_tokens,
    )
    return model, ModelGuard(settings.llm_tokens_per_day), Memory[Answer]()


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

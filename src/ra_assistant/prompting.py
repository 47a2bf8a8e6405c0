"""What a language model is told: the prompt files of the package, filled; their hash names the version."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from ra_assistant.french.words import fold
from ra_assistant.types import USUAL, Manner, Message, Turn

ANSWER, AGAIN, REWRITE, STYLES = "answer.md", "again.md", "rewrite.md", "styles.toml"
FORMER_TURNS = 2
"""Exchanges that a model is told of, the latest ones."""
FORMER_CHARS = 400
"""Of each question and of each answer of theirs."""
_UNQUOTED = str.maketrans({"<": "‹", ">": "›"})


def manner_of(question: str, wanted: Manner = USUAL) -> Manner:
    """Return how a question wants its answer: « en une phrase », « en détail », « en français facile ».

    Args:
        question: as it was understood.
        wanted: what was chosen beside the question, which counts where it says something.
    """
    asked = fold(question)
    found: dict[str, Any] = {
        key: next((name for name, pattern in rows.items() if re.search(pattern, asked)), "usual")
        for key, rows in _styles()["asked"].items()
    }
    said = Manner(**found)
    return Manner(
        said.length if wanted.length == USUAL.length else wanted.length,
        said.style if wanted.style == USUAL.style else wanted.style,
    )


@cache
def text_of(name: str) -> str:
    """Return a prompt file."""
    return resources.files("ra_assistant.prompts").joinpath(name).read_text(encoding="utf-8")


@cache
def prompt_hash() -> str:
    """Return the first 12 hexadecimal digits of the hash of all prompt files."""
    return sha256("\0".join(map(text_of, (ANSWER, AGAIN, REWRITE, STYLES))).encode()).hexdigest()[:12]


@cache
def _styles() -> dict[str, Any]:
    return tomllib.loads(text_of(STYLES))


def answer_messages(
    question: str, passages: Sequence[tuple[str, str]], manner: Manner = USUAL, task: str = "answer"
) -> tuple[Message, ...]:
    """Return what asks for an answer.

    Args:
        question: on its own, follow-up resolved.
        passages: heading and words of each passage, in the order of their numbers.
        manner: how the answer is wanted.
        task: what is asked, a key of `styles.toml`.
    """
    styles = _styles()
    style = " ".join(filter(None, (styles["style"][manner.style], styles["task"][task])))
    length = task if task in styles["length"] and manner.length == USUAL.length else manner.length
    rules = text_of(ANSWER).format(length=styles["length"][length], style=style)
    quoted = [
        f'<passage numero="{number}">\n{_plain(heading)}\n{_plain(text)}\n</passage>'
        for number, (heading, text) in enumerate(passages, 1)
    ]
    asked = "\n".join([*quoted, f"<question>{_plain(question)}</question>"])
    return (Message("system", rules), Message("user", asked))


def again_messages(messages: Sequence[Message], said: str, refused: Sequence[str]) -> tuple[Message, ...]:
    """Return what asks once more for the sentences that were refused."""
    rows = "\n".join(f"- {sentence}" for sentence in refused)
    return (*messages, Message("assistant", said), Message("user", text_of(AGAIN).format(sentences=rows)))


def rewrite_messages(question: str, history: Sequence[Turn]) -> tuple[Message, ...]:
    """Return what asks for a question that can be understood without the conversation before it."""
    rows = [
        f"<question>{_plain(turn.question[:FORMER_CHARS])}</question>\n<reponse>{_plain(turn.answer[:FORMER_CHARS])}</reponse>"
        for turn in history[-FORMER_TURNS:]
    ]
    asked = "\n".join([*rows, f"<derniere_question>{_plain(question)}</derniere_question>"])
    return (Message("system", text_of(REWRITE)), Message("user", asked))


def _plain(text: str) -> str:
    return text.translate(_UNQUOTED)

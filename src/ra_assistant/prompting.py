"""What a language model is told: the prompt files of the package, filled; their hash names the version."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources

from ra_assistant.types import Message, Turn

ANSWER, AGAIN, REWRITE, STYLES = "answer.md", "again.md", "rewrite.md", "styles.toml"
FORMER_CHARS = 300
"""Characters of a former question or answer that are told again."""
FORMER_TURNS = 3
_UNQUOTED = str.maketrans({"<": "‹", ">": "›"})


@dataclass(frozen=True, slots=True)
class Manner:
    """How an answer is wanted; the values are keys of `styles.toml`."""

    task: str = "answer"
    length: str = "usual"
    style: str = "usual"


@cache
def text_of(name: str) -> str:
    """Return a prompt file."""
    return resources.files("ra_assistant.prompts").joinpath(name).read_text(encoding="utf-8")


@cache
def prompt_hash() -> str:
    """Return the first 12 hexadecimal digits of the hash of all prompt files."""
    return sha256("\0".join(map(text_of, (ANSWER, AGAIN, REWRITE, STYLES))).encode()).hexdigest()[:12]


@cache
def _styles() -> dict[str, dict[str, str]]:
    return tomllib.loads(text_of(STYLES))


def answer_messages(
    question: str, passages: Sequence[tuple[str, str]], manner: Manner = Manner()
) -> tuple[Message, ...]:
    """Return what asks for an answer.

    Args:
        question: on its own, follow-up resolved.
        passages: heading and words of each passage, in the order of their numbers.
        manner: how the answer is wanted.
    """
    styles = _styles()
    style = " ".join(filter(None, (styles["style"][manner.style], styles["task"][manner.task])))
    rules = text_of(ANSWER).format(length=styles["length"][manner.length], style=style)
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
    """Return what asks for a question that is understood without the conversation."""
    rows = [
        f"<question>{_plain(turn.question[:FORMER_CHARS])}</question>\n"
        f"<reponse>{_plain(turn.answer[:FORMER_CHARS])}</reponse>"
        for turn in history[-FORMER_TURNS:]
    ]
    asked = "\n".join([*rows, f"<derniere>{_plain(question)}</derniere>"])
    return (Message("system", text_of(REWRITE)), Message("user", asked))


def _plain(text: str) -> str:
    return text.translate(_UNQUOTED)

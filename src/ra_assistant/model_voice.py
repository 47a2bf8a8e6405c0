"""Asking a language model: what passes is made up for, what it costs is counted, whether it works is noted."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic, sleep

from ra_assistant.errors import ModelUnavailable
from ra_assistant.model_guard import ModelGuard
from ra_assistant.model_stream import hear
from ra_assistant.ports import ChatModel
from ra_assistant.types import Message, Piece

TRIES = 3
BACK_OFF_SECONDS = 0.25
CHARS_A_TOKEN = 3.0
MOST_CHARS_A_TOKEN = 10
"""Letters a token of what is asked for after which a model is left: it does not keep to the length it was given."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a model is waited for, in seconds, and listened to."""

    whole: float = 20.0
    first: float = 8.0
    tokens: int = 600
    """Longest answer, in tokens."""


@dataclass(slots=True)
class Spent:
    """What one question has cost so far, in tokens."""

    visitor: str = ""
    """Who asked; empty for nobody from outside."""
    tokens_in: int = 0
    tokens_out: int = 0


class Voice:
    """A model, with what limits it."""

    def __init__(self, model: ChatModel, guard: ModelGuard, patience: Patience) -> None:
        self._model = model
        self.guard = guard
        """Of the process, not of one build."""
        self.patience = patience

    @property
    def name(self) -> str:
        """`provider:name`."""
        return self._model.name

    def said(self, messages: Sequence[Message], done_by: float, spent: Spent) -> Generator[str, None, None]:
        """Yield what the model says, its failures to begin made up for.

        Args:
            messages: what it is told.
            done_by: time of `monotonic` by which it must have finished.
            spent: tokens asked and answered, to which those of this call are added.

        Raises:
            ModelUnavailable: it does not answer, or stops.
        """
        first_by = min(done_by, monotonic() + self.patience.first)
        for attempt in range(1, TRIES + 1):
            begun = False
            used = [0, 0]
            length = 0
            is_asked = True
            try:
                pieces = hear(lambda: self._model.stream(messages), first_by, done_by)
                for piece in _shortened(pieces, self.patience.tokens * MOST_CHARS_A_TOKEN):
                    used = [max(used[0], piece.tokens_in), max(used[1], piece.tokens_out)]
                    length += len(piece.text)
                    begun = begun or bool(piece.text)
                    if piece.text:
                        yield piece.text
            except ModelUnavailable as error:
                is_asked = error.reason not in {"status", "connection", "busy"}
                wait = error.wait_seconds or BACK_OFF_SECONDS * 2 ** (attempt - 1)
                if begun or not error.again or attempt == TRIES or monotonic() + wait >= first_by:
                    self.guard.breaker.note(worked=False)
                    raise
                sleep(wait)
            except GeneratorExit:
                if begun:  # it is left because enough was heard: it works
                    self.guard.breaker.note(worked=True)
                raise
            else:
                self.guard.breaker.note(worked=True)
                return
            finally:
                # A model that is left before it said anything has read the question all the same.
                if (length or is_asked) and not sum(used):
                    used = [tokens_of(messages), round(length / CHARS_A_TOKEN)]
                spent.tokens_in += used[0]
                spent.tokens_out += used[1]
                self.guard.budget.spend(sum(used), spent.visitor)


def _shortened(pieces: Iterable[Piece], most: int) -> Iterator[Piece]:
    """Yield what is said, as though it had ended where it goes beyond so many letters."""
    for piece in pieces:
        yield piece
        most -= len(piece.text)
        if most < 0:
            return


def tokens_of(messages: Sequence[Message]) -> int:
    """Return about how many tokens messages are."""
    return round(sum(len(message.content) for message in messages) / CHARS_A_TOKEN)

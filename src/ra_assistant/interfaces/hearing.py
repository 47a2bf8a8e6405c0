"""Who hears of answers: the counts, the journal; and what visitors are told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter

from ra_assistant.journal_wording import PRIVACY_KEPT, days_in_words
from ra_assistant.recording import Recorder
from ra_assistant.types import Answer
from ra_assistant.wording import CHAT

Answered = Callable[[Answer, float], None]
"""Hears a complete answer and how many seconds it took."""


def unheard(_: Answer, __: float) -> None:
    """Hear nothing."""


def together(*hearers: Answered) -> Answered:
    """Return what tells each of `hearers`."""

    def answered(answer: Answer, seconds: float) -> None:
        for hearer in hearers:
            hearer(answer, seconds)

    return answered


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who hears of the chat's answers, and the sentence below the box that says what is kept."""

    answered: Answered = unheard
    privacy: str = CHAT["privacy"]
    takes_opinions: bool = True
    """Whether what visitors think of an answer is kept."""

    def heard(self, answers: Iterator[Answer]) -> Iterator[Answer]:
        """Yield ever longer answers, and have the complete one heard."""
        started = perf_counter()
        for answer in answers:
            if answer.is_final:
                self.answered(answer, perf_counter() - started)
            yield answer


NOBODY = Hearing(takes_opinions=False)


def hearing_of(recorder: Recorder | None) -> Hearing:
    """Return who hears of the chat's answers when a journal is kept, and what its visitors are told of it."""
    if recorder is None:
        return NOBODY
    if not recorder.keep_questions:
        return Hearing(recorder.answered)
    days = days_in_words(recorder.journal.retention_days)
    return Hearing(recorder.answered, PRIVACY_KEPT.format(days=days))

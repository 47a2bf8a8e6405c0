"""Puts the questions of other programs to the build in service, a few at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from ra_assistant.figure_rendering import series_json
from ra_assistant.interfaces.hearing import Answered, unheard
from ra_assistant.interfaces.problems import Refused
from ra_assistant.model_guard import AT_ONCE as SPOKEN_AT_ONCE
from ra_assistant.rendering import JsonObject, PassageOf, answer_json, passage_finder
from ra_assistant.types import USUAL, Answer, Document, Length, Manner, Passage, Style, Turn

if TYPE_CHECKING:
    from ra_assistant.figures import FigureShelf
    from ra_assistant.interfaces.desk import Desk, Service

AT_ONCE = 4
"""Questions that are worked on together, as in the chat."""
WAITING = 60
"""Questions that wait for their turn; the next one is told that the assistant is busy."""
PATIENCE_SECONDS = 20.0
SERIES_SECONDS = 0.5
"""How long an answer waits for figures that nothing had asked for before; without them, it goes as it is."""


class Room:
    """One build in service, with what the interfaces look up in it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.assistant = service.assistant
        self.documents = {document.id: document for document in service.assistant.documents}

    @property
    def figures(self) -> FigureShelf:
        """Return the figures of the documents, read when they are first asked for."""
        return self.assistant.figures

    @cached_property
    def passages(self) -> dict[str, Passage]:
        """Return the passages by id, in the order of their documents."""
        return {passage.id: passage for passage in self.assistant.passages}

    @cached_property
    def passage_of(self) -> PassageOf:
        """Return the function that names the passage of a citation."""
        return passage_finder(self.assistant.passages)

    def chosen(self, names: Sequence[str] | None) -> frozenset[str] | None:
        """Return the ids of documents that are named by path or by id; None for no choice.

        Raises:
            Refused: a name is that of no document.
        """
        if names is None:
            return None
        ids = {document.path: document.id for document in self.documents.values()}
        ids |= {identifier: identifier for identifier in self.documents}
        unknown = [name for name in names if name not in ids]
        if unknown:
            raise Refused(422, "unknown_document", fields=", ".join(unknown[:5])[:200])
        return frozenset(ids[name] for name in names)

    def manner(self, length: Length, style: Style) -> Manner:
        """Return how an answer is wanted.

        Raises:
            Refused: it is wanted otherwise than usual, and no language model phrases answers here.
        """
        manner = Manner(length, style)
        if manner != USUAL and self.assistant.speaker is None:
            raise Refused(422, "no_model")
        return manner

    def neighbours(self, passage: Passage) -> tuple[Passage | None, Passage | None]:
        """Return the passages before and after one of them, in its document."""
        own = [other for other in self.passages.values() if other.document_id == passage.document_id]
        own.sort(key=lambda other: other.start)
        rank = own.index(passage)
        before = own[rank - 1] if rank else None
        return before, own[rank + 1] if rank + 1 < len(own) else None

    def newest_first(self) -> list[Document]:
        """Return the documents, latest year first."""
        return sorted(self.documents.values(), key=lambda document: (-(document.year or 0), document.id))


class Attendant:
    """Answers for the interfaces; `answered` hears how each question ended and after how many seconds."""

    def __init__(self, desk: Desk, answered: Answered = unheard) -> None:
        self._desk = desk
        self._answered = answered
        self._slots = asyncio.Semaphore(AT_ONCE)
        # Beside the answers that wait for a language model, as many as without one find their place.
        self._spoken_slots = asyncio.Semaphore(AT_ONCE + SPOKEN_AT_ONCE)
        self._waiting = 0
        self._room: Room | None = None

    @property
    def room(self) -> Room:
        """Return the build in service.

        Raises:
            Refused: none is.
        """
        if not self._desk.is_open:
            raise Refused(503, "unavailable")
        service = self._desk.service
        if self._room is None or self._room.service is not service:
            self._room = Room(service)
        return self._room

    def is_crowded(self, room: Room) -> bool:
        """Tell whether a question would have to wait."""
        return self._slots_of(room).locked()

    def _slots_of(self, room: Room) -> asyncio.Semaphore:
        return self._slots if room.assistant.speaker is None else self._spoken_slots

    async def answers(
        self,
        room: Room,
        question: str,
        history: Sequence[Turn],
        within: frozenset[str] | None = None,
        manner: Manner = USUAL,
    ) -> AsyncGenerator[Answer, None]:
        """Yield ever longer answers, the complete one last.

        Raises:
            QuestionRefused: the question is empty or too long.
            Refused: too many questions wait already.
        """
        async with self._turn(room):
            started = perf_counter()
            partial = room.assistant.stream(question, history, within, manner)
            answer = await run_in_threadpool(_next, partial)
            while answer is not None:
                if answer.is_final:
                    self._answered(answer, perf_counter() - started)
                yield answer
                answer = None if answer.is_final else await run_in_threadpool(_next, partial)

    async def answer(
        self,
        room: Room,
        question: str,
        history: Sequence[Turn],
        within: frozenset[str] | None = None,
        manner: Manner = USUAL,
    ) -> Answer:
        """Return the complete answer; raises as `answers` does."""
        async with self._turn(room):
            started = perf_counter()
            answer = await run_in_threadpool(room.assistant.ask, question, history, within, manner)
            self._answered(answer, perf_counter() - started)
            return answer

    @contextlib.asynccontextmanager
    async def _turn(self, room: Room) -> AsyncIterator[None]:
        slots = self._slots_of(room)
        if self._waiting >= WAITING:
            raise Refused(503, "busy")
        self._waiting += 1
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await slots.acquire()
        except TimeoutError as error:
            raise Refused(503, "busy") from error
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            slots.release()


async def told(room: Room, answer: Answer, question: str, identifier: str, seconds: float) -> JsonObject:
    """Return an answer as the command line gives it, with the series of the evolution that it speaks of."""
    series = await run_in_threadpool(room.assistant.evolution, answer, SERIES_SECONDS)
    shown = series_json(series) if series else None
    return answer_json(answer, question, identifier, seconds * 1000, room.passage_of, shown)


def _next(answers: Iterator[Answer]) -> Answer | None:
    return next(answers, None)

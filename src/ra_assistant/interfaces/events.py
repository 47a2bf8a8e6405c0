"""An answer as Server-Sent Events: stages, words, citations, end; a cut stream resumes without a server state.

The same question, history and build give the same answer, so that what a client has not seen yet is told
by the place it had reached: `Last-Event-ID` is `{question id}:{build id}:{number}`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter

from ra_assistant.errors import QuestionRefused
from ra_assistant.interfaces.attendant import Attendant, Room, told
from ra_assistant.interfaces.problems import Refused, problem_json
from ra_assistant.rendering import JsonObject
from ra_assistant.types import USUAL, Manner, Turn
from ra_assistant.wording import sentence_of

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
"""`x-accel-buffering` keeps nginx from holding the words back."""
MEDIA_TYPE = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as an interface received it."""

    identifier: str
    question: str
    history: tuple[Turn, ...]
    within: frozenset[str] | None
    last_event_id: str = ""
    manner: Manner = USUAL


class _Numbered:
    """Writes events, leaving out those that the client has seen."""

    def __init__(self, asked: Asked, build_id: str, *, is_repeatable: bool) -> None:
        self._prefix = f"{asked.identifier}:{build_id}:"
        seen = asked.last_event_id.removeprefix(self._prefix)
        is_ours = (
            is_repeatable
            and asked.last_event_id.startswith(self._prefix)
            and seen.isascii()
            and seen.isdecimal()
        )
        self._seen = int(seen[:9]) if is_ours else 0
        self._number = 0

    def write(self, name: str, data: JsonObject) -> str:
        self._number += 1
        return "" if self._number <= self._seen else _event(name, data, f"{self._prefix}{self._number}")


async def events(attendant: Attendant, room: Room, asked: Asked) -> AsyncIterator[str]:
    """Yield the events of one question; a refusal is an event `error`, with the problem as its data."""
    if attendant.is_crowded(room):
        yield _event("stage", {"stage": "waiting"})
    yield _event("stage", {"stage": "searching"})
    # A language model says the same thing otherwise: what was seen is told again, from its beginning.
    numbered = _Numbered(asked, room.assistant.build_id, is_repeatable=room.assistant.speaker is None)
    started, said = perf_counter(), ""
    try:
        said_ever_more = attendant.answers(room, asked.question, asked.history, asked.within, asked.manner)
        async with aclosing(said_ever_more) as answers:
            async for answer in answers:
                kept = common(said, answer.text)
                if len(kept) < len(answer.text) or len(kept) < len(said):
                    yield numbered.write("text", {"from": len(kept), "text": answer.text[len(kept) :]})
                said = answer.text
                if answer.is_final:
                    whole = await told(
                        room, answer, asked.question, asked.identifier, perf_counter() - started
                    )
                    yield numbered.write("citations", {"citations": whole["citations"]})
                    yield numbered.write("end", whole)
    except QuestionRefused as error:
        yield _event("error", problem_json(422, error.code, sentence_of(error)))
    except Refused as error:
        yield _event("error", problem_json(error.status, error.code, error.sentence))


def common(said: str, text: str) -> str:
    """Return what two texts begin with alike."""
    if text.startswith(said):
        return said
    alike = next((i for i, (a, b) in enumerate(zip(said, text, strict=False)) if a != b), None)
    return said[: min(len(said), len(text)) if alike is None else alike]


def _event(name: str, data: JsonObject, identifier: str = "") -> str:
    head = f"id: {identifier}\n" if identifier else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"

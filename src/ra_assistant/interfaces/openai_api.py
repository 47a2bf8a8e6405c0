"""The assistant as a model of an OpenAI-compatible server, for clients that speak to those.

The last message of the user is the question; the others are the history. The sources of the answer stand
below it, so that any client shows them, and in a field `citations`, letter by letter.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import JSONResponse, Response, StreamingResponse

from ra_assistant.interfaces.attendant import Attendant, Room
from ra_assistant.interfaces.events import HEADERS, MEDIA_TYPE
from ra_assistant.interfaces.problems import Refused, openai_problem, speak_french
from ra_assistant.rendering import citation_json, turns_of
from ra_assistant.types import Answer, Turn

ROUTE = "/v1"
MODEL = "ra-assistant"
MAX_MESSAGES = 200
MAX_PARTS = 50
MAX_KEPT_CHARS = 4000
_Text = Annotated[str, StringConstraints(max_length=20_000)]


class Part(BaseModel):
    """A part of a message; what is not text is not read."""

    type: str
    text: _Text = ""


class ChatMessage(BaseModel):
    """A message; those of a system or of a tool are not read."""

    role: str
    content: _Text | Annotated[list[Part], Field(max_length=MAX_PARTS)] | None = None

    def words(self) -> str:
        """Return the text of the message."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    """What a stream tells besides the words."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """A chat; other options of that interface have no meaning here, and are ignored."""

    model: str = MODEL
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool = False
    stream_options: StreamOptions | None = None


def openai_application(attendant: Attendant) -> FastAPI:
    """Return the application that is mounted at `ROUTE`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    speak_french(app, openai_problem, invalid_status=400)

    @app.post("/chat/completions", response_model=None)
    async def complete(body: Annotated[ChatRequest, Body()]) -> Response:
        room = attendant.room
        question, history = conversation(body.messages)
        completion = _Completion(question, history)
        if body.stream:
            usage = body.stream_options is not None and body.stream_options.include_usage
            stream = completion.stream(attendant, room, with_usage=usage)
            first = await anext(stream)  # a refusal is a status, as long as nothing was sent
            return StreamingResponse(_after(first, stream), headers=HEADERS, media_type=MEDIA_TYPE)
        answer = await attendant.answer(room, question, history)
        return JSONResponse(completion.whole(room, answer))

    @app.get("/models", response_model=None)
    async def models() -> Response:
        return JSONResponse({"object": "list", "data": [_model()]})

    @app.get("/models/{name}", response_model=None)
    async def model(name: str) -> Response:
        if name != MODEL:
            raise Refused(404, "not_found")
        return JSONResponse(_model())

    return app


def conversation(messages: Sequence[ChatMessage]) -> tuple[str, tuple[Turn, ...]]:
    """Return the question and the turns before it."""
    asked = max((n for n, message in enumerate(messages) if message.role == "user"), default=None)
    if asked is None:
        return "", ()
    former = [{"role": row.role, "content": row.words()[:MAX_KEPT_CHARS]} for row in messages[:asked]]
    return messages[asked].words(), tuple(turns_of(former))


def with_sources(answer: Answer) -> str:
    """Return an answer with its sources below, or with the nearest passages and theirs."""
    lines = [answer.text]
    rows = [citation_json(citation) for citation in (*answer.citations, *answer.suggestions)]
    if rows:
        lines.append("")
    for row in rows:
        quote = "" if answer.citations else f"«\u00a0{row['quote']}\u00a0» "
        address = f" {row['source_url']}" if row["source_url"] else ""
        lines.append(f"[{row['marker']}] {quote}{row['source']}{address}")
    return "\n".join(lines)


class _Completion:
    """One answer in the forms of that interface."""

    def __init__(self, question: str, history: Sequence[Turn]) -> None:
        self._question = question
        self._history = history
        self._head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": MODEL}

    def whole(self, room: Room, answer: Answer) -> dict[str, Any]:
        message = {"role": "assistant", "content": with_sources(answer), "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        return {
            **self._head,
            "object": "chat.completion",
            "choices": [choice],
            "usage": _usage(answer),
            **_fields(room, answer),
        }

    async def stream(self, attendant: Attendant, room: Room, *, with_usage: bool) -> AsyncIterator[str]:
        said, begun, usage = "", False, _usage()
        async with aclosing(attendant.answers(room, self._question, self._history)) as answers:
            async for answer in answers:
                text = with_sources(answer) if answer.is_final else answer.text
                if not begun:
                    begun = True
                    yield self._chunk({"role": "assistant", "content": ""})
                if text == said:
                    pass
                elif text.startswith(said):
                    yield self._chunk({"content": text[len(said) :]})
                    said = text
                elif answer.is_final:
                    yield self._chunk({"content": f"\n\n{text}"})  # what was said cannot be taken back
                if answer.is_final:
                    usage = _usage(answer)
                    yield self._chunk({}, "stop", **_fields(room, answer))
        if with_usage:
            yield _line({**self._head, "object": _CHUNK, "choices": [], "usage": usage})
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: dict[str, str], reason: str | None = None, **fields: object) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return _line({**self._head, "object": _CHUNK, "choices": [choice], **fields})


_CHUNK: Literal["chat.completion.chunk"] = "chat.completion.chunk"


def _line(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


async def _after(first: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield first
    async for line in rest:
        yield line


def _fields(room: Room, answer: Answer) -> dict[str, Any]:
    return {
        "outcome": answer.outcome.value,
        "citations": [citation_json(citation, room.passage_of) for citation in answer.citations],
        "suggestions": [citation_json(citation, room.passage_of) for citation in answer.suggestions],
        "build_id": answer.build_id,
    }


def _usage(answer: Answer | None = None) -> dict[str, int]:
    """Return the tokens of the language model behind; none where it was not asked."""
    asked, answered = (answer.tokens_in, answer.tokens_out) if answer else (0, 0)
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}


def _model() -> dict[str, Any]:
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}

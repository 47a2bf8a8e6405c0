"""The HTTP API, version 1: questions, passages, documents, opinions; no conversation is kept between two requests."""

from __future__ import annotations

import uuid
from collections import Counter
from time import perf_counter
from typing import Annotated, Any

from fastapi import Body, FastAPI, Header, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from ra_assistant.errors import JournalUnusable
from ra_assistant.figure_rendering import figure_json, series_json
from ra_assistant.figures import Order, Wanted
from ra_assistant.interfaces import api_shapes as shapes
from ra_assistant.interfaces.attendant import Attendant, told
from ra_assistant.interfaces.events import HEADERS, MEDIA_TYPE, Asked, events
from ra_assistant.interfaces.page_api import addresses_of, page_routes
from ra_assistant.interfaces.pictures import Pictures
from ra_assistant.interfaces.problems import Refused, speak_french
from ra_assistant.interfaces.words import words_of
from ra_assistant.journal import Opinion
from ra_assistant.recording import Recorder
from ra_assistant.rendering import document_json, passage_json, summary_json, turns_of
from ra_assistant.types import Span

ROUTE = "/api/v1"


def api_application(
    attendant: Attendant, recorder: Recorder | None = None, pictures: Pictures | None = None
) -> FastAPI:
    """Return the application that is mounted at `ROUTE`; its OpenAPI document is `/openapi.json`.

    Args:
        attendant: answers the questions.
        recorder: keeps the opinions of visitors; without one, they are refused.
        pictures: draws the pages of PDF files; None keeps them out of reach.
    """
    said = words_of("api")["openapi"]
    api = FastAPI(
        title=said["title"],
        summary=said["summary"],
        description=said["description"],
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        servers=[{"url": "."}],
        root_path_in_servers=False,
        redirect_slashes=False,
    )
    speak_french(api)
    _questions(api, attendant, recorder)
    _reading(api, attendant)
    _opinions(api, recorder)
    page_routes(api, attendant, pictures, {name: _described(name) for name in ("page", "page_image")})
    _figures(api, attendant)
    return api


def _described(name: str) -> dict[str, Any]:
    said = words_of("api")["openapi"][name]
    return {"summary": said["summary"], "description": said["description"], "operation_id": name}


def _questions(api: FastAPI, attendant: Attendant, recorder: Recorder | None) -> None:
    both = shapes.responses(shapes.Answer, 400, 408, 413, 422, 500)
    both[200]["content"] = {MEDIA_TYPE: {"schema": {"type": "string"}}}

    @api.post("/ask", responses=both, response_model=None, **_described("ask"))
    async def ask(
        request: Request,
        body: Annotated[shapes.Ask, Body()],
        last_event_id: Annotated[str, Header()] = "",
    ) -> Response:
        room = attendant.room
        history = turns_of([message.model_dump() for message in body.history])
        asked = Asked(
            identifier=body.id or uuid.uuid4().hex,
            question=body.question,
            history=tuple(history),
            within=room.chosen(body.within),
            last_event_id=last_event_id,
            manner=room.manner(body.length, body.style),
        )
        if MEDIA_TYPE in request.headers.get("accept", ""):
            stream = events(attendant, room, asked)
            return StreamingResponse(stream, headers=HEADERS, media_type=MEDIA_TYPE)
        started = perf_counter()
        answer = await attendant.answer(room, asked.question, asked.history, asked.within, asked.manner)
        spent = perf_counter() - started
        return JSONResponse(await told(room, answer, asked.question, asked.identifier, spent))

    @api.get(
        "/starters",
        responses=shapes.responses(shapes.Starters),
        response_model=None,
        **_described("starters"),
    )
    async def starters() -> Response:
        room = attendant.room
        service = room.service
        return JSONResponse(
            {
                "build_id": room.assistant.build_id,
                "publisher": service.publisher,
                "starters": list(service.starters),
                "kept_days": _kept_days(recorder),
            }
        )


def _kept_days(recorder: Recorder | None) -> int:
    """Return for how many days the words of questions are kept; 0 when they are not."""
    return recorder.journal.retention_days if recorder is not None and recorder.keep_questions else 0


def _opinions(api: FastAPI, recorder: Recorder | None) -> None:
    @api.post(
        "/feedback",
        responses=shapes.responses(shapes.FeedbackKept, 400, 408, 413, 422, 500),
        response_model=None,
        **_described("feedback"),
    )
    async def feedback(body: Annotated[shapes.Feedback, Body()]) -> Response:
        if recorder is None:
            raise Refused(503, "feedback_off")
        opinion = Opinion(
            question_id=body.id,
            build_id=body.build_id,
            verdict=body.verdict,
            reason=body.reason or "",
            comment=body.comment or "",
            question=body.question or "",
            answer=body.answer or "",
        )
        try:
            await run_in_threadpool(recorder.opine, opinion)
        except JournalUnusable as error:
            raise Refused(503, "feedback_lost") from error
        return JSONResponse({"id": body.id, "verdict": body.verdict, "reason": body.reason})


def _reading(api: FastAPI, attendant: Attendant) -> None:
    @api.get(
        "/passages/{passage_id}",
        responses=shapes.responses(shapes.Passage, 404, 422),
        response_model=None,
        **_described("passage"),
    )
    async def passage(request: Request, passage_id: Annotated[str, Path(max_length=64)]) -> Response:
        room = attendant.room
        found = room.passages.get(passage_id)
        if found is None:
            raise Refused(404, "passage_not_found")
        before, after = room.neighbours(found)
        near = {
            side: {"passage_id": other.id, "text": other.text} if other else None
            for side, other in (("before", before), ("after", after))
        }
        document = room.documents[found.document_id]
        addresses = addresses_of(request, document, found.page, Span(found.start, found.end))
        return JSONResponse({**passage_json(found, document), **addresses, **near})

    @api.get(
        "/documents",
        responses=shapes.responses(shapes.Documents),
        response_model=None,
        **_described("documents"),
    )
    async def documents() -> Response:
        room = attendant.room
        passages = Counter(passage.document_id for passage in room.assistant.passages)
        rows = [summary_json(document, passages[document.id]) for document in room.newest_first()]
        return JSONResponse({"build_id": room.assistant.build_id, "documents": rows})

    @api.get(
        "/documents/{document_id}",
        responses=shapes.responses(shapes.DocumentText, 404, 422),
        response_model=None,
        **_described("document"),
    )
    async def document(document_id: Annotated[str, Path(max_length=300)]) -> Response:
        room = attendant.room
        found = room.documents.get(document_id)
        if found is None:
            raise Refused(404, "document_not_found")
        return JSONResponse(document_json(found, room.assistant.passages))


def _figures(api: FastAPI, attendant: Attendant) -> None:
    @api.get(
        "/figures",
        responses=shapes.responses(shapes.Figures, 422),
        response_model=None,
        **_described("figures"),
    )
    async def figures(
        q: Annotated[str, Query(max_length=200)] = "",
        year: Annotated[int | None, Query(ge=1000, le=9999)] = None,
        document: Annotated[str | None, Query(max_length=300)] = None,
        sort: Order = Order.PLACE,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:
        room = attendant.room
        chosen = room.chosen([document] if document else None)
        wanted = Wanted(q, year, next(iter(chosen)) if chosen else "", sort)
        book = await run_in_threadpool(room.figures.wait)
        if book is None:
            raise Refused(503, "unavailable")
        found = book.select(wanted)
        return JSONResponse(
            {
                "build_id": room.assistant.build_id,
                "total": len(found),
                "offset": offset,
                "figures": [figure_json(figure) for figure in found[offset : offset + limit]],
                "series": [series_json(series) for series in book.select_series(wanted)],
            }
        )

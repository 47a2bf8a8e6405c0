"""Refusals of the HTTP interfaces: RFC 9457 objects with one French sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ra_assistant.errors import QuestionRefused
from ra_assistant.interfaces.words import words_of
from ra_assistant.wording import sentence_of

_TITLES = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
RETRY_SECONDS = 3
"""What a client is told to wait when the assistant is busy or not open yet."""


class Refused(Exception):
    """A request that is answered with a problem."""

    def __init__(self, status: int, code: str, sentence: str = "", **details: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.sentence = sentence or sentence_for(code, **details)


def sentence_for(code: str, **details: str) -> str:
    """Return the French sentence of a problem."""
    return str(words_of("api")["problems"][code].format(**details))


def problem_json(status: int, code: str, sentence: str) -> dict[str, Any]:
    """Return the body of a problem: `detail` is the sentence to show."""
    return {
        "type": "about:blank",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": sentence,
    }


def problem(
    status: int, code: str, sentence: str = "", headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return a problem as a response; a busy or absent assistant says when to come back."""
    body = problem_json(status, code, sentence or sentence_for(code))
    return JSONResponse(body, status, _waiting(status, headers), media_type="application/problem+json")


def openai_problem(
    status: int, code: str, sentence: str = "", headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return a problem in the form that clients of OpenAI-compatible servers read."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    error = {"message": sentence or sentence_for(code), "type": kind, "param": None, "code": code}
    return JSONResponse({"error": error}, status, _waiting(status, headers))


def _waiting(status: int, headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return the headers of a refusal, with when to come back to a busy or absent assistant."""
    wait = {"retry-after": str(RETRY_SECONDS)} if status == 503 else {}
    return wait | dict(headers or {})


def speak_french(app: FastAPI, tell: Callable[..., Response] = problem, invalid_status: int = 422) -> None:
    """Make every failure of `app` a refusal with a French sentence.

    Args:
        app: the application.
        tell: makes the refusal: `problem`, or another form that the app's clients read.
        invalid_status: status of a request that cannot be understood.
    """

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        return tell(error.status, error.code, error.sentence)

    @app.exception_handler(QuestionRefused)
    async def question_refused(_: Request, error: QuestionRefused) -> Response:
        return tell(invalid_status, error.code, sentence_of(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        sentence = sentence_for("invalid_request", fields=fields_of(error))
        return tell(invalid_status, "invalid_request", sentence)

    @app.exception_handler(HTTPException)
    async def unknown(_: Request, error: HTTPException) -> Response:
        code = {400: "invalid_json", 404: "not_found", 405: "method_not_allowed"}
        return tell(error.status_code, code.get(error.status_code, "failed"), headers=error.headers)

    @app.exception_handler(Exception)
    async def failed(_: Request, __: Exception) -> Response:
        """Answer for a fault in the code; the server's log has its trace."""
        return tell(500, "failed")


def fields_of(error: RequestValidationError) -> str:
    """Return the names of the fields that are wrong, at most five, as they stand in the request."""
    places = (
        "JSON" if row["type"] == "json_invalid" else ".".join(map(str, row["loc"][1:])) or "JSON"
        for row in error.errors()
    )
    written = (place[:60].encode("utf-8", "replace").decode() for place in places)
    return ", ".join(islice(dict.fromkeys(written), 5))

"""The chat without scripts at `/simple`: every question is a form, answered by a whole page.

The server keeps nothing: the form carries the conversation, which is read with suspicion when it comes back,
and every citation shown is derived anew from the documents.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qs

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ra_assistant.errors import QuestionRefused
from ra_assistant.interfaces.attendant import Attendant, Room
from ra_assistant.interfaces.conversation import MAX_EXCHANGES, Exchange, exchanges_of, turns_of
from ra_assistant.interfaces.frame import Frame
from ra_assistant.interfaces.page import waiting_page
from ra_assistant.interfaces.problems import RETRY_SECONDS, Refused
from ra_assistant.interfaces.simple_page import simple_page
from ra_assistant.interfaces.site import NO_CHOICE, Site
from ra_assistant.report_wording import SIMPLE
from ra_assistant.wording import sentence_of

ROUTE = "/simple"
MAX_KEPT_BYTES = 1024 * 1024
"""Of the conversation that a form carries, once unpacked."""
MAX_FIELDS = 8
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)


class SimpleChat:
    """Answers at `/simple`, in the same slots as the interfaces for programs."""

    def __init__(
        self,
        attendant: Attendant,
        privacy: str = SIMPLE["privacy"],
        site: Site = NO_CHOICE,
    ) -> None:
        """Answer with `attendant` as `site` looks; `privacy` is the sentence that says what is kept."""
        self._attendant = attendant
        self._frame = Frame(site=site, here="simple")
        self._privacy = privacy

    def route(self) -> Route:
        """Return the route of the page."""
        return Route(ROUTE, GZipMiddleware(self), methods=None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        answer = await (self._asked(request) if request.method == "POST" else self._begun(request))
        await answer(scope, receive, send)

    async def _begun(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return self._page(None, error=Refused(405, "method_not_allowed").sentence, status=405)
        try:
            room = self._attendant.room
        except Refused:
            return waiting_page(SIMPLE["loading"], SIMPLE["loading_notice"], self._frame)
        return self._page(room)

    async def _asked(self, request: Request) -> Response:
        fields = await _fields(request)
        question, kept = fields.get("question", ""), fields.get("conversation", "")
        former = unpacked(kept)
        notice = SIMPLE["forgotten"] if kept and not former else ""
        former = former[-(MAX_EXCHANGES - 1) :]
        room: Room | None = None
        try:
            room = self._attendant.room
            answer = await self._attendant.answer(room, question, turns_of(former))
        except QuestionRefused as error:
            return self._page(room, former, question=question, error=sentence_of(error), status=422)
        except Refused as refused:
            return self._page(room, former, question=question, error=refused.sentence, status=refused.status)
        exchanges = [*former, Exchange(question.strip()).answered(answer)]
        return self._page(room, exchanges, notice=notice)

    def _page(
        self, room: Room | None, exchanges: Sequence[Exchange] = (), *, status: int = 200, **said: str
    ) -> Response:
        """Return the page with a conversation; `said` are the words of `simple_page`."""
        frame = replace(self._frame, publisher=room.service.publisher if room else None)
        page = simple_page(frame, room, exchanges, packed(exchanges), self._privacy, **said)
        headers = {"content-security-policy": POLICY, "cache-control": "no-store"}
        if status == 503:
            headers["retry-after"] = str(RETRY_SECONDS)
        return HTMLResponse(page, status, headers)


def packed(exchanges: Sequence[Exchange]) -> str:
    """Return a conversation as the form carries it; empty for none."""
    if not exchanges:
        return ""
    rows = json.dumps([exchange.as_json() for exchange in exchanges], ensure_ascii=False)
    return base64.urlsafe_b64encode(zlib.compress(rows.encode(), 9)).decode()


def unpacked(kept: str) -> list[Exchange]:
    """Return the conversation that a form carries; none when it is not one, or is too large."""
    unpacking = zlib.decompressobj()
    try:
        rows = unpacking.decompress(base64.urlsafe_b64decode(kept.encode()), MAX_KEPT_BYTES)
        if not unpacking.eof:
            return []
        return exchanges_of(json.loads(rows))
    except (ValueError, binascii.Error, zlib.error, RecursionError):
        return []


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a form, the last of each name; none when the body is no form."""
    try:
        fields = parse_qs((await request.body()).decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}
    return {name: values[-1].encode("utf-8", "replace").decode() for name, values in fields.items()}

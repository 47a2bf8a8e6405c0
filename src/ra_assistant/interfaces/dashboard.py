"""The page « Tableau de bord »: what the journal tells, files to download, everything erased on demand.

The door that stands before it knows who may come in; nothing here runs in the browser.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from ra_assistant.errors import JournalUnusable
from ra_assistant.interfaces.dashboard_view import CONFIRMED, Shown, dashboard_html
from ra_assistant.interfaces.frame import Frame
from ra_assistant.interfaces.shield import refused
from ra_assistant.interfaces.site import NO_CHOICE, Site
from ra_assistant.journal import MAX_OPINIONS, Journal, Usage
from ra_assistant.journal_wording import DASHBOARD
from ra_assistant.recording import Recorder
from ra_assistant.usage import days_csv, opinions_csv, questions_csv
from ra_assistant.wording import CHAT, sentence_of

PERIODS = (7, 30, 90)
"""Days that can be looked at, today included; the retention is offered besides."""
USUAL = 30
MAX_FORM_BYTES = 4096
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
}
_FILES: dict[str, Callable[[Journal], bytes]] = {
    "questions": lambda journal: questions_csv(journal.entries()),
    "avis": lambda journal: opinions_csv(journal.usage(most=MAX_OPINIONS)),
    "jours": lambda journal: days_csv(journal.usage()),
}


def dashboard_application(recorder: Recorder | None, site: Site = NO_CHOICE) -> Starlette:
    """Return the application to mount behind the door; without a recorder, it says that there is no journal."""
    page = _Dashboard(recorder, Frame("../", site))
    return Starlette(
        routes=[
            Route("/", page.show),
            Route("/effacer", page.erase, methods=["POST"]),
            Route("/{name}.csv", page.file),
        ],
        exception_handlers={HTTPException: _unknown},
    )


class _Dashboard:
    """Answers the requests of whoever is in."""

    def __init__(self, recorder: Recorder | None, frame: Frame) -> None:
        self._recorder = recorder
        self._frame = frame

    async def show(self, request: Request) -> Response:
        """Show some days: as many as the address says, thirty otherwise."""
        offered = {str(days): days for days in self._periods()}
        days = offered.get(request.query_params.get("jours", ""), self._usual())
        return await self._page(days, erased="efface" in request.query_params)

    async def erase(self, request: Request) -> Response:
        """Erase everything, when the form says that this is meant."""
        if self._recorder is None:
            return await self._page(0)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MAX_FORM_BYTES:
                return refused(413, CHAT["body_too_large"])
        if parse_qs(body.decode("utf-8", "replace")).get("confirme") != [CONFIRMED]:
            return await self._page(self._usual(), wrong=DASHBOARD["erase_unconfirmed"], status=422)
        try:
            await run_in_threadpool(self._recorder.erase)
        except JournalUnusable as error:
            return await self._page(self._usual(), wrong=sentence_of(error), status=503)
        return RedirectResponse("./?efface", 303)

    async def file(self, request: Request) -> Response:
        """Return a file for tables."""
        name = request.path_params["name"]
        if self._recorder is None or name not in _FILES:
            return refused(404, CHAT["route_refused"])
        journal = self._recorder.journal
        try:
            content = await run_in_threadpool(_FILES[name], journal)
        except JournalUnusable as error:
            return refused(503, sentence_of(error))
        headers = {**_HEADERS, "content-disposition": f'attachment; filename="{name}-{journal.today()}.csv"'}
        return Response(content, headers=headers, media_type="text/csv; charset=utf-8")

    def _periods(self) -> tuple[int, ...]:
        retention = self._recorder.journal.retention_days if self._recorder else 0
        return (*(days for days in PERIODS if days < retention), retention)

    def _usual(self) -> int:
        return min(USUAL, self._periods()[-1])

    async def _page(self, days: int, *, wrong: str = "", erased: bool = False, status: int = 200) -> Response:
        shown = await run_in_threadpool(self._shown, days, wrong, erased=erased)
        html = await run_in_threadpool(dashboard_html, shown, self._frame)
        return HTMLResponse(html, status, _HEADERS)

    def _shown(self, days: int, wrong: str, *, erased: bool) -> Shown:
        if self._recorder is None:
            return Shown(trouble=sentence_of(JournalUnusable("", "off")))
        usage: Usage | None = None
        trouble = self._recorder.trouble
        try:
            usage = self._recorder.journal.usage(days)
        except JournalUnusable as error:
            trouble = trouble or (None if error.reason == "missing" else error)
        return Shown(
            usage=usage,
            days=days,
            periods=self._periods(),
            retention_days=self._recorder.journal.retention_days,
            keeps_questions=self._recorder.keep_questions,
            trouble=DASHBOARD["trouble"].format(sentence=sentence_of(trouble)) if trouble else "",
            wrong=wrong,
            said=DASHBOARD["erased"] if erased and (usage is None or usage.is_empty) else "",
        )


async def _unknown(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return refused(status, CHAT["route_refused"])

"""What stands behind the administrator's secret: the back office at `/publier`, the dashboard beside it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ra_assistant.interfaces import page
from ra_assistant.interfaces.door import route_path
from ra_assistant.interfaces.frame import Frame
from ra_assistant.interfaces.loading import LoadedLater
from ra_assistant.interfaces.office_door import OfficeDoor, Plate
from ra_assistant.interfaces.shield import Gate, refused
from ra_assistant.interfaces.site import NO_CHOICE, Site
from ra_assistant.journal_wording import DASHBOARD as WORDS
from ra_assistant.office_wording import OFFICE
from ra_assistant.wording import CHAT

if TYPE_CHECKING:
    from ra_assistant.interfaces.office import Office

PREFIX = "/publier"
DASHBOARD = "/tableau-de-bord"
ROOM = "office"
"""Directory of drafts, below that of the builds."""
UPLOAD_BYTES = 201 * 1024 * 1024
"""The largest file, and what a form puts around it."""
_REPORT = re.compile(r"/lecture/([0-9a-f]{16})(?:/(\d{1,4}))?")
_REPORT_HEADERS = {
    "content-security-policy": "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    "cache-control": "no-store",
}


class OfficeFront(LoadedLater):
    """Answers below `/publier`; the office is loaded while the server runs."""

    def __init__(
        self,
        corpus_dir: Path,
        index_dir: Path,
        secret: str,
        dashboard: ASGIApp | None = None,
        site: Site = NO_CHOICE,
    ) -> None:
        """Stand before the office of these directories, and before the dashboard."""
        super().__init__()
        self._dashboard = dashboard
        self._frame = Frame("../", site)
        self._corpus_dir = corpus_dir
        self._index_dir = index_dir
        self._office: Office | None = None
        self._page: ASGIApp | None = None
        self._door = OfficeDoor(self._inside, secret, site=site)

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the back office and of the dashboard."""
        routes: list[BaseRoute] = [Route(PREFIX, _below(PREFIX)), Mount(PREFIX, self._door)]
        if self._dashboard is not None:
            plate = Plate(WORDS["title"], WORDS["door_notice"])
            door = self._door.beside(self._dashboard, plate)
            routes += [Route(DASHBOARD, _below(DASHBOARD)), Mount(DASHBOARD, door)]
        return routes

    def _leave(self) -> None:
        self._page = None

    async def _load(self, stack: contextlib.AsyncExitStack) -> None:
        self._office, mounted = await asyncio.to_thread(
            _mounted, self._corpus_dir, self._index_dir, self._frame
        )
        await stack.enter_async_context(mounted.router.lifespan_context(mounted))
        gate = Gate(mounted, upload_bytes=UPLOAD_BYTES)
        self._page = page.FrenchPage(
            gate, OFFICE["document_title"], page.office_head(OFFICE["document_title"], self._frame)
        )

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        report = _REPORT.fullmatch(route_path(scope))
        if self._page is None:
            answer: ASGIApp = page.waiting_page(OFFICE["loading"], OFFICE["loading_notice"], self._frame)
        elif report is not None:
            answer = self._report(report.group(1), int(report.group(2) or 0))
        else:
            answer = self._page
        await answer(scope, receive, send)

    def _report(self, draft_id: str, number: int) -> Response:
        """Return the web page that shows what was read of a piece of the draft, in which nothing runs."""
        draft = self._office.state.draft if self._office else None
        pieces = draft.pieces if draft is not None and draft.id == draft_id else ()
        if number >= len(pieces) or not pieces[number].report.is_file():
            return refused(404, CHAT["route_refused"])
        headers = _REPORT_HEADERS
        return FileResponse(pieces[number].report, headers=headers, media_type="text/html; charset=utf-8")


def _below(prefix: str) -> Callable[[Request], Awaitable[Response]]:
    """Return what leads from `prefix` to the page below it, whatever path a proxy puts before."""

    async def lead(_: Request) -> Response:
        return RedirectResponse(prefix.removeprefix("/") + "/", 307)

    return lead


def _mounted(corpus_dir: Path, index_dir: Path, frame: Frame) -> tuple[Office, FastAPI]:
    with page.BUILDING:
        from ra_assistant.interfaces.office import Office
        from ra_assistant.interfaces.office_page import mount_office
        from ra_assistant.publishing import BOOK, Publisher

        publisher = Publisher(corpus_dir, index_dir, corpus_dir / BOOK)
        office = Office(publisher, index_dir / ROOM)
        office.look()
        return office, mount_office(office, frame)

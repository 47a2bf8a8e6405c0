"""The routes of « Chiffres clés »: the page, and its figures for a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ra_assistant.figure_rendering import figures_csv
from ra_assistant.figures import FigureBook, Order, Wanted
from ra_assistant.figures_wording import FIGURES
from ra_assistant.interfaces.attendant import Attendant, Room
from ra_assistant.interfaces.figures_page import ROUTE, figures_html
from ra_assistant.interfaces.frame import Frame
from ra_assistant.interfaces.page import waiting_page
from ra_assistant.interfaces.problems import Refused
from ra_assistant.interfaces.site import NO_CHOICE, Site

PATIENCE_SECONDS = 5.0
"""How long a visitor waits for figures to be read before a page says that they are being read."""
MAX_SEARCH_CHARS = 200
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'; require-trusted-types-for 'script'"
)


def figures_routes(attendant: Attendant, site: Site = NO_CHOICE) -> list[Route]:
    """Return the routes, which read whatever build is in service."""
    frame = Frame(site=site, here="figures")

    async def page(request: Request) -> Response:
        room = _room(attendant)
        if room is None:
            return waiting_page(frame=frame)
        book = await run_in_threadpool(room.figures.wait, PATIENCE_SECONDS)
        if book is None:
            return waiting_page(FIGURES["reading"], FIGURES["reading_notice"], frame)
        query = request.query_params
        html = await run_in_threadpool(_html, frame, book, room, query)
        return HTMLResponse(html, headers={"content-security-policy": _POLICY, "cache-control": "no-cache"})

    async def spreadsheet(request: Request) -> Response:
        room = _room(attendant)
        if room is None:
            return waiting_page(frame=frame)
        book = await run_in_threadpool(room.figures.wait)
        found = (book or FigureBook((), ())).select(wanted_of(request.query_params))
        return Response(
            await run_in_threadpool(figures_csv, found),
            headers={
                "content-disposition": f'attachment; filename="{FIGURES["file_name"]}"',
                "cache-control": "no-cache",
            },
            media_type="text/csv; charset=utf-8",
        )

    pages = [Route(ROUTE, page), Route(f"{ROUTE}.csv", spreadsheet)]
    return [Route(route.path, GZipMiddleware(route)) for route in pages]


def _html(frame: Frame, book: FigureBook, room: Room, query: Mapping[str, str]) -> str:
    return figures_html(
        replace(frame, publisher=room.service.publisher),
        book,
        room.newest_first(),
        wanted_of(query),
        int(_digits(query.get("debut", "")) or 0),
        all_series=query.get("series") == "toutes",
    )


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """Return the filters of an address; what is malformed is left out."""
    order = query.get("tri", "")
    return Wanted(
        text=query.get("q", "")[:MAX_SEARCH_CHARS].strip(),
        year=int(year) if (year := _digits(query.get("annee", ""))) else None,
        document_id=query.get("rapport", "")[:MAX_SEARCH_CHARS],
        order=Order(order) if order in set(Order) else Order.PLACE,
    )


def _digits(text: str) -> str:
    return text if text.isascii() and text.isdecimal() and len(text) < 7 else ""


def _room(attendant: Attendant) -> Room | None:
    try:
        return attendant.room
    except Refused:
        return None

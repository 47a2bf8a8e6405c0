"""The reading room at `/rapport`: what the documents in service say, whole, and the pages of the PDF files.

Its pages are made here, light, and need no script: what is found or cited is marked before they leave.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from ra_assistant.interfaces.attendant import Attendant, Room
from ra_assistant.interfaces.frame import Frame
from ra_assistant.interfaces.page import waiting_page
from ra_assistant.interfaces.pictures import Pictures, version_of
from ra_assistant.interfaces.problems import Refused, sentence_for
from ra_assistant.interfaces.report_links import (
    HIT,
    has_images,
    image_address,
    page_address,
    report_address,
)
from ra_assistant.interfaces.report_page import (
    HitRow,
    ReportView,
    SearchView,
    part_at,
    report_page,
    room_page,
    trouble_page,
)
from ra_assistant.interfaces.report_search import MAX_QUERY_CHARS, Found, SearchIndex
from ra_assistant.interfaces.report_sheet import IMAGE_WIDTH, SheetView, page_span, sheet_page
from ra_assistant.interfaces.report_text import Mark, TextWriter, outline_of, parts_of
from ra_assistant.interfaces.site import NO_CHOICE, Site
from ra_assistant.rendering import QUOTE
from ra_assistant.report_wording import REPORT
from ra_assistant.types import Document, Span

PREFIX = "/rapport"
MAX_QUOTE_CHARS = 20_000
SHOWN_HITS = 20
"""Search hits that are listed at a time."""
SNIPPET_CHARS = 70
"""Text shown on each side of the first word found."""
MAX_INDEXES = 8
"""Documents whose words are kept for the next search."""
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'; require-trusted-types-for 'script'"
)
_PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
_FILE_POLICY = "sandbox; default-src 'none'"
_Answer = Callable[[Request, Room, Frame], Awaitable[Response]]


class ReadingRoom:
    """Answers below `/rapport`; without `pictures`, no original file is within reach."""

    def __init__(
        self,
        attendant: Attendant,
        pictures: Pictures | None,
        site: Site = NO_CHOICE,
    ) -> None:
        self._attendant = attendant
        self._site = site
        self._pictures = pictures
        self._indexes: OrderedDict[tuple[str, str], SearchIndex] = OrderedDict()

    def routes(self) -> list[Route]:
        """Return the routes of the room."""
        one = PREFIX + "/{document_id}"
        pages = {
            PREFIX: (self._room, ""),
            one: (self._report, "../"),
            one + "/page/{page}": (self._sheet, "../../../"),
        }
        # The file is sent as it is: browsers ask for it piece by piece, and pieces of a compressed one are none.
        file = _Page(self._attendant, self._original, self._frame("../../"))
        return [
            Route(PREFIX + "/", _without_slash),
            Route(one + "/original", file),
            *(
                Route(path, GZipMiddleware(_Page(self._attendant, answer, self._frame(up))))
                for path, (answer, up) in pages.items()
            ),
        ]

    def _frame(self, up: str) -> Frame:
        return Frame(up, self._site, here="report")

    async def _room(self, _: Request, room: Room, frame: Frame) -> Response:
        return _html(room_page(frame, room.newest_first()))

    async def _report(self, request: Request, room: Room, frame: Frame) -> Response:
        document, query = _document(request, room), request.query_params
        if "passage" in query:
            return _to_passage(room, document, query["passage"])
        parts = parts_of(document)
        quote, is_gone = _quote(document, query)
        asked = " ".join(query.get("q", "").split())[:MAX_QUERY_CHARS]
        index, search, part = None, None, 0
        marks = [Mark(*quote, "quote", QUOTE)] if quote else []
        if asked:
            index = await run_in_threadpool(self._index, room, document)
            found = await run_in_threadpool(index.search, asked)
            search = _search_view(document, index, found, asked, _whole(query.get("n"), 1))
        if search and search.total:
            part = part_at(parts, found.hits[search.current - 1].start)
        elif quote:
            part = part_at(parts, quote.start)
        elif 1 <= _whole(query.get("page"), 0) <= len(document.page_starts):
            part = part_at(parts, document.page_starts[_whole(query["page"], 1) - 1])
        part = min(max(_whole(query.get("partie"), part + 1), 1), len(parts)) - 1
        if index and search and search.total:
            marks += _hit_marks(index, found, parts[part], found.hits[search.current - 1])
        has_original = await self._has_original(room, document)
        view = ReportView(
            document=document,
            parts=parts,
            part=part,
            outline=outline_of(document),
            writer=TextWriter(document, marks, _sheets_of(frame, document)),
            quote=quote,
            is_quote_gone=is_gone,
            search=search,
            has_original=has_original,
            asked={"q": asked} if asked else {},
        )
        return _html(await run_in_threadpool(report_page, frame, view), 404 if is_gone else 200)

    async def _sheet(self, request: Request, room: Room, frame: Frame) -> Response:
        document = _document(request, room)
        page = _whole(request.path_params["page"], 0)
        if not has_images(document):
            raise Refused(404, "no_page_images")
        if not 1 <= page <= len(document.page_starts):
            raise Refused(404, "page_not_found", last=str(len(document.page_starts)))
        quote, _ = _quote(document, request.query_params)
        here = page_span(document, page)
        if quote and not (quote.start < here.end and here.start < quote.end):
            quote = None
        marks = [Mark(*quote, "quote", QUOTE)] if quote else []
        known = await self._drawn(room, frame, document, page, quote)
        view = SheetView(document, page, TextWriter(document, marks), quote=quote, **known)
        return _html(sheet_page(frame, view))

    async def _drawn(
        self, room: Room, frame: Frame, document: Document, page: int, quote: Span | None
    ) -> dict[str, Any]:
        """Return what a page shows of the PDF file; why it shows nothing when it cannot."""
        if self._pictures is None:
            return {"trouble": sentence_for("file_gone")}
        try:
            original = await self._pictures.drawable(room.assistant.build_id, document, page)
            height = (await self._pictures.letters(original, page)).height
            outline = await self._pictures.outline(original, document, page, quote) if quote else ()
        except Refused as refused:
            return {"trouble": refused.sentence}
        version = version_of(original)
        is_last = page == len(document.page_starts)
        return {
            "image": frame.up + image_address(document, page, IMAGE_WIDTH, version=version),
            "next_image": "" if is_last else image_address(document, page + 1, IMAGE_WIDTH, version=version),
            "height": height,
            "outline": outline,
            "open_at": f"{frame.up}{report_address(document)}/original#page={page}",
        }

    async def _original(self, request: Request, room: Room, _: Frame) -> Response:
        document = _document(request, room)
        if self._pictures is None:
            raise Refused(404, "file_gone")
        original = await self._pictures.original(room.assistant.build_id, document)
        is_pdf = original.path.suffix.lower() == ".pdf"
        return FileResponse(
            original.path,
            media_type="application/pdf" if is_pdf else "application/octet-stream",
            filename=original.path.name,
            content_disposition_type="inline" if is_pdf else "attachment",
            headers={
                "content-security-policy": _PDF_POLICY if is_pdf else _FILE_POLICY,
                "cache-control": "no-cache",
            },
        )

    async def _has_original(self, room: Room, document: Document) -> bool:
        if self._pictures is None:
            return False
        return await run_in_threadpool(self._pictures.originals.is_there, room.assistant.build_id, document)

    def _index(self, room: Room, document: Document) -> SearchIndex:
        key = (room.assistant.build_id, document.id)
        index = self._indexes.get(key) or SearchIndex(document)
        self._indexes[key] = index
        while len(self._indexes) > MAX_INDEXES:
            self._indexes.popitem(last=False)
        return index


class _Page:
    """One page of the room, as an application; what goes wrong is said on a page in French."""

    def __init__(self, attendant: Attendant, answer: _Answer, frame: Frame) -> None:
        self._attendant = attendant
        self._answer = answer
        self._frame = frame

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        response = await self._answered(Request(scope, receive))
        await response(scope, receive, send)

    async def _answered(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return _trouble(self._frame, Refused(405, "method_not_allowed"))
        try:
            room = self._attendant.room
        except Refused:
            return waiting_page(REPORT["room"], frame=self._frame)
        frame = replace(self._frame, publisher=room.service.publisher)
        try:
            return await self._answer(request, room, frame)
        except Refused as refused:
            return _trouble(frame, refused)


async def _without_slash(_: Request) -> Response:
    return RedirectResponse(f"..{PREFIX}", 307)


def _html(page: str, status: int = 200) -> Response:
    headers = {"content-security-policy": POLICY, "cache-control": "no-cache"}
    return HTMLResponse(page, status, headers)


def _trouble(frame: Frame, refused: Refused) -> Response:
    return _html(trouble_page(frame, refused.sentence), refused.status)


def _document(request: Request, room: Room) -> Document:
    found = room.documents.get(request.path_params["document_id"])
    if found is None:
        raise Refused(404, "document_not_found")
    return found


def _to_passage(room: Room, document: Document, passage_id: str) -> Response:
    passage = room.passages.get(passage_id)
    if passage is None or passage.document_id != document.id:
        raise Refused(404, "passage_not_found")
    address = report_address(document, Span(passage.start, passage.end))
    return RedirectResponse(address.split("/", 1)[1], 307)


def _whole(text: str | None, otherwise: int) -> int:
    """Return a number that a visitor wrote; `otherwise` for what is none, or is absurdly long."""
    return int(text) if text and len(text) <= 9 and text.isascii() and text.isdecimal() else otherwise


def offsets_of(document: Document, start: str, end: str) -> Span | None:
    """Return a range that a visitor wrote; None when it does not lie in the document."""
    span = Span(_whole(start, -1), _whole(end, -1))
    is_inside = 0 <= span.start < span.end <= len(document.text)
    return span if is_inside and span.end - span.start <= MAX_QUOTE_CHARS else None


def _quote(document: Document, query: Any) -> tuple[Span | None, bool]:
    """Return the passage that an address opens at, and whether it names one that is not there."""
    if "debut" not in query and "fin" not in query:
        return None, False
    quote = offsets_of(document, query.get("debut", ""), query.get("fin", ""))
    return quote, quote is None


def _sheets_of(frame: Frame, document: Document) -> Callable[[int], str]:
    def address(page: int) -> str:
        return frame.up + page_address(document, page) if has_images(document) else ""

    return address


def _search_view(document: Document, index: SearchIndex, found: Found, query: str, wanted: int) -> SearchView:
    total = len(found.hits)
    if not total:
        return SearchView(query)
    current = min(max(wanted, 1), total)
    first = (current - 1) // SHOWN_HITS * SHOWN_HITS
    rows = [
        HitRow(rank, _where(document, hit), _snippet(document, hit, index.places(hit, found.terms)))
        for rank, hit in enumerate(found.hits[first : first + SHOWN_HITS], first + 1)
    ]
    return SearchView(query, total, found.is_whole, current, tuple(rows))


def _where(document: Document, hit: Span) -> str:
    label = document.label_at(hit.start)
    if label:
        return REPORT["copy_page"].format(label=label)
    section = document.section_at(hit.start)
    return section.path[-1] if section and section.path else ""


def _snippet(document: Document, hit: Span, places: list[Span]) -> str:
    """Return the words around the first one found, as HTML."""
    text = document.text
    first = places[0].start if places else hit.start
    start, end = max(hit.start, first - SNIPPET_CHARS), min(hit.end, first + SNIPPET_CHARS)
    if start > hit.start:
        start = text.find(" ", start, first) + 1 or start
    if end < hit.end:
        end = max(text.rfind(" ", first, end), first + 1)
    marks = [Mark(max(p.start, start), min(p.end, end), "hit") for p in places if p.start < end]
    words = TextWriter(document, marks).marked(start, end)
    return ("… " if start > hit.start else "") + words + (" …" if end < hit.end else "")


def _hit_marks(index: SearchIndex, found: Found, part: Span, current: Span) -> list[Mark]:
    """Return the words found in one part of the document; those of the current hit look otherwise."""
    marks: list[Mark] = []
    for hit in found.hits:
        if part.start <= hit.start < part.end:
            for rank, place in enumerate(index.places(hit, found.terms)):
                is_current = hit == current
                marks.append(
                    Mark(
                        *place, "hit current" if is_current else "hit", HIT if is_current and not rank else ""
                    )
                )
    return marks

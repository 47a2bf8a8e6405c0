"""The routes of the HTTP API that show pages of PDF files: their images, and where a passage stands on them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Header, Path, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ra_assistant.interfaces import api_shapes as shapes
from ra_assistant.interfaces.attendant import Attendant, Room
from ra_assistant.interfaces.pictures import WIDTHS, Pictures, etag_of, version_of
from ra_assistant.interfaces.problems import Refused
from ra_assistant.interfaces.report_links import has_images, image_address, report_address
from ra_assistant.types import Document, Span

DEFAULT_WIDTH = 640
MAX_OFFSET = 10**9
_KEPT = "public, max-age=31536000, immutable"
_ASKED_AGAIN = "no-cache"

_DocumentId = Annotated[str, Path(max_length=300)]
_Page = Annotated[int, Path(ge=1, le=100_000)]
_Offset = Annotated[int | None, Query(ge=0, le=MAX_OFFSET)]


def page_routes(
    api: FastAPI, attendant: Attendant, pictures: Pictures | None, described: dict[str, dict[str, Any]]
) -> None:
    """Add the routes to the API; without `pictures`, they say that no file is within reach."""
    image_shape = shapes.responses(shapes.Page, 404, 422)
    image_shape[200] = {"description": "PNG", "content": {"image/png": {"schema": {"type": "string"}}}}
    image_shape[304] = {"description": "Not Modified"}

    @api.get(
        "/documents/{document_id}/pages/{page}.png",
        responses=image_shape,
        response_class=Response,
        **described["page_image"],
    )
    async def page_image(
        document_id: _DocumentId,
        page: _Page,
        width: Annotated[int, Query(ge=64, le=WIDTHS[-1])] = DEFAULT_WIDTH,
        debut: _Offset = None,
        fin: _Offset = None,
        v: Annotated[str, Query(max_length=64)] = "",
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        room, document = _found(attendant, document_id)
        quote = _quote(document, debut, fin)
        shown = _within_reach(pictures)
        original = await shown.drawable(room.assistant.build_id, document, page)
        tag = etag_of(original.digest, page, width, quote)
        kept = v == version_of(original)
        headers = {"etag": tag, "cache-control": _KEPT if kept else _ASKED_AGAIN}
        if tag in if_none_match:
            return Response(status_code=304, headers=headers)
        boxes = await shown.outline(original, document, page, quote) if quote else ()
        image = await shown.outlined(original, page, width, boxes)
        return Response(image, headers=headers, media_type="image/png")

    @api.get(
        "/documents/{document_id}/pages/{page}",
        responses=shapes.responses(shapes.Page, 404, 422),
        response_model=None,
        **described["page"],
    )
    async def page(
        request: Request, document_id: _DocumentId, page: _Page, debut: _Offset = None, fin: _Offset = None
    ) -> Response:
        room, document = _found(attendant, document_id)
        quote = _quote(document, debut, fin)
        shown = _within_reach(pictures)
        original = await shown.drawable(room.assistant.build_id, document, page)
        letters = await shown.letters(original, page)
        boxes = await shown.outline(original, document, page, quote) if quote else ()
        starts = [*document.page_starts, len(document.text)]
        image = image_address(document, page, DEFAULT_WIDTH, version=version_of(original))
        return JSONResponse(
            {
                "document_id": document.id,
                "page": page,
                "page_label": document.page_labels[page - 1],
                "start": starts[page - 1],
                "end": starts[page],
                "text": document.text[starts[page - 1] : starts[page]],
                "height": round(letters.height, 4),
                "image_url": f"{home_of(request)}{image}",
                "outline": [[round(side, 4) for side in box] for box in boxes],
            }
        )


def home_of(request: Request) -> str:
    """Return the path of the assistant's home, as visitors see it, with a slash at its end."""
    root: str = request.scope.get("root_path", "")
    return root.removesuffix("/api/v1") + "/"


def addresses_of(request: Request, document: Document, page: int | None, span: Span) -> dict[str, str | None]:
    """Return where a passage is read, and the image of its page when it stands on one."""
    home = home_of(request)
    is_pictured = page is not None and has_images(document)
    return {
        "report_url": home + report_address(document, span),
        "page_image": home + image_address(document, page or 1, DEFAULT_WIDTH, span) if is_pictured else None,
    }


def _found(attendant: Attendant, document_id: str) -> tuple[Room, Document]:
    room = attendant.room
    document = room.documents.get(document_id)
    if document is None:
        raise Refused(404, "document_not_found")
    return room, document


def _within_reach(pictures: Pictures | None) -> Pictures:
    if pictures is None:
        raise Refused(404, "file_gone")
    return pictures


def _quote(document: Document, start: int | None, end: int | None) -> Span | None:
    if start is None and end is None:
        return None
    if start is None or end is None or not start < end <= len(document.text):
        raise Refused(404, "offsets_outside")
    return Span(start, end)

"""Images of the pages of the PDF files in service, and where a passage stands on them.

A page is drawn by a process of its own, within limits of time and memory: a file that breaks what draws it
breaks nothing here. What was drawn is kept, and several visitors who want one page have it drawn once.
"""

from __future__ import annotations

import asyncio
import base64
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw
from starlette.concurrency import run_in_threadpool

from ra_assistant.dispatching import Bounds, ProcessBroken, in_a_process
from ra_assistant.errors import RaError, UnreadableDocument
from ra_assistant.indexing import Progress
from ra_assistant.interfaces.caching import Kept
from ra_assistant.interfaces.originals import Original, Originals
from ra_assistant.interfaces.problems import Refused
from ra_assistant.interfaces.report_links import has_images
from ra_assistant.outlining import Box, outline
from ra_assistant.types import Document, Span

WIDTHS = (160, 320, 640, 1000, 1600)
"""Pixels: what is asked is drawn at the next of these, so that few images of a page are kept."""
BOUNDS = Bounds(seconds=20, bytes=1536 * 1024 * 1024)
AT_ONCE = 2
WAITING = 60
"""Pages that wait for their turn; the next one is told that the assistant is busy."""
IMAGES_BYTES = 64 * 1024 * 1024
LETTERS_BYTES = 16 * 1024 * 1024
_OUTLINE = (15, 76, 92)
_FILL = (255, 214, 90, 90)


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters of a page, and the place of each."""

    letters: str
    places: array[int]
    grain: int
    height: float
    """Height of the page, its width being 1."""

    @property
    def size(self) -> int:
        """Bytes, about."""
        return 2 * len(self.letters) + self.places.itemsize * len(self.places)


class Pictures:
    """Draws pages, and finds passages on them."""

    def __init__(self, originals: Originals) -> None:
        self.originals = originals
        self._images: Kept[bytes] = Kept(IMAGES_BYTES, len)
        self._letters: Kept[Letters] = Kept(LETTERS_BYTES, lambda letters: letters.size)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def original(self, build_id: str, document: Document) -> Original:
        """Return the file of a document.

        Raises:
            Refused: it is gone or changed.
        """
        return await run_in_threadpool(self.originals.find, build_id, document)

    async def drawable(self, build_id: str, document: Document, page: int) -> Original:
        """Return the file that a page is drawn from.

        Raises:
            Refused: the document has no such page, or its file is gone or changed.
        """
        if not has_images(document):
            raise Refused(404, "no_page_images")
        if not 1 <= page <= len(document.page_starts):
            raise Refused(404, "page_not_found", last=str(len(document.page_starts)))
        return await self.original(build_id, document)

    async def image(self, original: Original, page: int, width: int) -> bytes:
        """Return a PNG of a page at the next of `WIDTHS`.

        Raises:
            Refused: it cannot be drawn, or too many wait.
        """
        broad = next((step for step in WIDTHS if step >= width), WIDTHS[-1])

        async def draw() -> bytes:
            found = await self._ordered({**_order(original, page), "act": "image", "width": broad})
            return base64.b64decode(found["png"])

        return await self._images.get((original.digest, page, broad), draw)

    async def outlined(self, original: Original, page: int, width: int, boxes: tuple[Box, ...]) -> bytes:
        """Return a PNG of a page with rectangles drawn on it; raises as `image`."""
        image = await self.image(original, page, width)
        if not boxes:
            return image

        async def draw() -> bytes:
            return await run_in_threadpool(_with_boxes, image, boxes)

        return await self._images.get((sha256(image).digest(), boxes), draw)

    async def letters(self, original: Original, page: int) -> Letters:
        """Return the letters of a page; raises as `image`."""

        async def read() -> Letters:
            found = await self._ordered({**_order(original, page), "act": "letters"})
            places = array("H", found["places"])
            return Letters(found["letters"], places, found["grain"], found["height"])

        return await self._letters.get((original.digest, page), read)

    async def outline(
        self, original: Original, document: Document, page: int, quote: Span
    ) -> tuple[Box, ...]:
        """Return rectangles around what stands of a quote on a page; none when it is not found there.

        Raises:
            Refused: as `image`.
        """
        starts = [*document.page_starts, len(document.text)]
        here = Span(max(quote.start, starts[page - 1]), min(quote.end, starts[page]))
        if here.start >= here.end:
            return ()
        letters = await self.letters(original, page)
        text = document.text
        return await run_in_threadpool(
            outline,
            letters.letters,
            letters.places,
            letters.grain,
            text[here.start : here.end],
            text[starts[page - 1] : here.start],
        )

    async def _ordered(self, order: Mapping[str, Any]) -> dict[str, Any]:
        if self._waiting >= WAITING:
            raise Refused(503, "busy")
        self._waiting += 1
        try:
            async with self._slots:
                return await run_in_threadpool(_carried_out, order)
        finally:
            self._waiting -= 1


def version_of(original: Original) -> str:
    """Return what the address of an image changes with."""
    return original.digest[:12]


def etag_of(*parts: object) -> str:
    """Return the tag of an image made of these."""
    return f'"{sha256(repr(parts).encode()).hexdigest()[:24]}"'


def _order(original: Original, page: int) -> dict[str, Any]:
    return {"file": str(original.path), "digest": original.digest, "page": page}


def _carried_out(order: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return in_a_process(order, _unheard, None, BOUNDS)
    except UnreadableDocument as error:
        is_changed = error.details.get("reason") in {"changing", "vanished"}
        raise Refused(404, "file_changed" if is_changed else "page_damaged") from error
    except (RaError, ProcessBroken) as error:
        raise Refused(404, "page_damaged") from error


def _with_boxes(image: bytes, boxes: tuple[Box, ...]) -> bytes:
    page = Image.open(BytesIO(image)).convert("RGB")
    drawing = ImageDraw.Draw(page, "RGBA")
    width, height = page.size
    stroke = max(1, width // 240)
    for box in boxes:
        corners = (
            box.left * width - 2 * stroke,
            box.top * height - stroke,
            box.right * width + 2 * stroke,
            box.bottom * height + stroke,
        )
        drawing.rectangle(corners, fill=_FILL, outline=_OUTLINE, width=stroke)
    written = BytesIO()
    page.save(written, "PNG")
    return written.getvalue()


def _unheard(_: Progress) -> None:
    """Hear nothing."""

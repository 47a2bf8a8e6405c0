"""What stands at the root: a waiting page while the chat is loaded, then the chat on the build in service."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ra_assistant.interfaces import page
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.door import route_path
from ra_assistant.interfaces.frame import Frame
from ra_assistant.interfaces.hearing import NOBODY, Hearing
from ra_assistant.interfaces.loading import LoadedLater
from ra_assistant.interfaces.shield import Gate, refused
from ra_assistant.interfaces.site import Site
from ra_assistant.interfaces.site_page import title_of
from ra_assistant.publishing_wording import SERVER
from ra_assistant.wording import CHAT, sentence_of

if TYPE_CHECKING:
    from fastapi import FastAPI

FOLLOW_SECONDS = 1.0
"""Between two looks at which build is in service."""
PROVED_EVERY = 3
"""Looks between two questions that are proved, so that visitors have the machine to themselves most of the time."""
RETRY_SECONDS = 3.0
"""Between two tries to open an index that cannot be used."""


class Front(LoadedLater):
    """What stands at `/`: a waiting page, then the chat; or why there is none."""

    def __init__(
        self,
        desk: Desk,
        address: str,
        say: Callable[[str], None],
        site: Site | None = None,
        hearing: Hearing = NOBODY,
    ) -> None:
        super().__init__()
        self.desk = desk
        self.site = site or Site()
        self._hearing = hearing
        self._address = address
        self._say = say
        self._chat: ASGIApp | None = None

    @property
    def is_ready(self) -> bool:
        """Tell whether questions are answered."""
        return self._chat is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if _is_astray(scope):
            await page.missing_page(self._frame(scope))(scope, receive, send)
        elif self._chat is not None:
            await self._chat(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})
        elif scope["path"] != "/":
            await refused(503, CHAT["loading"])(scope, receive, send)
        else:
            trouble, frame = self.desk.trouble, self._frame(scope)
            shown = (
                page.unavailable_page(sentence_of(trouble), frame)
                if trouble
                else page.chat_waiting_page(frame)
            )
            await shown(scope, receive, send)

    def _frame(self, scope: Scope) -> Frame:
        publisher = self.desk.service.publisher if self.desk.is_open else None
        return Frame("../" * (route_path(scope).count("/") - 1), self.site, publisher)

    @contextlib.asynccontextmanager
    async def lifespan(self, _: object = None) -> AsyncIterator[None]:
        """Load the chat while the server runs; close the index when it stops."""
        async with super().lifespan():
            yield
        self.desk.close()

    def _leave(self) -> None:
        self._chat = None

    async def _load(self, stack: contextlib.AsyncExitStack) -> None:
        said = ""
        while not await asyncio.to_thread(self.desk.open):
            sentence = sentence_of(self.desk.trouble) if self.desk.trouble else ""
            if sentence != said:
                self._say(CHAT["waiting_for_index"].format(sentence=sentence))
                said = sentence
            await asyncio.sleep(RETRY_SECONDS)
        chat = await asyncio.to_thread(_mount, self.desk, self.site, self._hearing)
        await stack.enter_async_context(chat.router.lifespan_context(chat))
        self._chat = page.FrenchPage(Gate(chat), title_of(self.site), site=self.site)
        self._say(CHAT["open"].format(address=self._address))
        await self._follow()

    async def _follow(self) -> None:
        """Put the new build in the place of the old one, whenever another is published."""
        for turn in itertools.count():
            await asyncio.sleep(FOLLOW_SECONDS)
            if turn % PROVED_EVERY == 0 and self.desk.is_open:
                await asyncio.to_thread(self.desk.prove_one)
            if await asyncio.to_thread(self.desk.follow):
                self._say(SERVER["followed"].format(build=self.desk.service.assistant.build_id))
            elif self.desk.trouble is not None:
                self._say(SERVER["not_followed"].format(sentence=sentence_of(self.desk.trouble)))
                self.desk.trouble = None


def _is_astray(scope: Scope) -> bool:
    """Tell a person who asks for a page that does not exist; programs and Gradio's own page ask for no page."""
    if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"} or route_path(scope) == "/":
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


def _mount(desk: Desk, site: Site, hearing: Hearing) -> FastAPI:
    with page.BUILDING:
        from ra_assistant.interfaces.chat import mount_chat

        return mount_chat(desk, site, hearing)

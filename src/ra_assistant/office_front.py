"""What stands at `/publier`: the back office behind its door, loaded while the server runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from ra_assistant.interfaces import page
from ra_assistant.interfaces.office_door import OfficeDoor
from ra_assistant.settings import load_settings

OFFICE_PREFIX = "/publier"


def has_office() -> bool:
    """Tell whether an administrator's secret is set."""
    return bool(load_settings().admin_secret.get_secret_value())


class OfficeFront:
    """What stands at `/publier`: the back office behind its door, loaded while the server runs."""

    def __init__(self, index_dir: Path) -> None:
        self._index_dir = index_dir
        self._office: ASGIApp | None = None
        self._door = OfficeDoor(self._inside, load_settings().admin_secret.get_secret_value(), OFFICE_PREFIX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._door(scope, receive, send)

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._office or page.waiting_page())(scope, receive, send)

    @contextlib.asynccontextmanager
    async def lifespan(self, _: object = None) -> AsyncIterator[None]:
        """Load the back office while the server runs; stop it when the server stops."""
        async with contextlib.AsyncExitStack() as stack:
            loading = asyncio.create_task(self._load(stack))
            yield
            loading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await loading
            self._office = None

    async def _load(self, stack: contextlib.AsyncExitStack) -> None:
        office = await asyncio.to_thread(_mount_office, self._index_dir)
        await stack.enter_async_context(office.router.lifespan_context(office))
        self._office = page.FrenchShell(office)


def _mount_office(index_dir: Path) -> FastAPI:
    from ra_assistant.collecting import Collection
    from ra_assistant.interfaces.office import Office, mount_office
    from ra_assistant.publishing import BOOK, Publisher

    corpus_dir = load_settings().corpus_dir
    publisher = Publisher(corpus_dir, index_dir, corpus_dir / BOOK)
    return mount_office(Office(Collection(corpus_dir), publisher, publisher.preview))


def split(front: ASGIApp, office: ASGIApp) -> ASGIApp:
    """Return an application that sends the back office's paths to `office` and all others to `front`."""

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        is_office = path == OFFICE_PREFIX or path.startswith(OFFICE_PREFIX + "/")
        await (office if is_office else front)(scope, receive, send)

    return choose

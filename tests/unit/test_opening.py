"""The server while its application is being made."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ra_assistant.interfaces.loading import LoadedLater
from ra_assistant.opening import Opening
from ra_assistant.wording import CHAT

Made = tuple[Starlette, Sequence[LoadedLater]]


async def said(opening: Opening, path: str, root_path: str = "") -> tuple[int, bytes]:
    """Return the status and the body of a request."""
    sent: list[dict[str, Any]] = []
    scope = {"type": "http", "method": "GET", "path": root_path + path, "root_path": root_path}
    scope |= {"headers": [], "query_string": b""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await opening(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


@contextlib.asynccontextmanager
async def living(opening: Opening) -> AsyncIterator[None]:
    """Start and end the application as a server does."""
    turns: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    life = asyncio.create_task(opening({"type": "lifespan"}, turns.get, told.put))
    await turns.put({"type": "lifespan.startup"})
    assert (await told.get())["type"] == "lifespan.startup.complete"
    yield
    await turns.put({"type": "lifespan.shutdown"})
    assert (await told.get())["type"] == "lifespan.shutdown.complete"
    await life


async def _hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"bonjour {request.url.path}")


def application(seen: list[str]) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        seen.append("begun")
        yield
        seen.append("ended")

    return Starlette(routes=[Route("/{path:path}", _hello)], lifespan=lifespan)


def slowly(free: threading.Event, made: Callable[[], Made]) -> Callable[[], Made]:
    def make() -> Made:
        assert free.wait(10)
        return made()

    return make


def test_it_says_that_it_is_up_and_holds_the_rest_back_until_the_application_is_made() -> None:
    free, seen = threading.Event(), list[str]()

    async def run() -> None:
        opening = Opening(slowly(free, lambda: (application(seen), [])))
        async with living(opening):
            assert await said(opening, "/healthz") == (200, b'{"status":"ok"}')
            assert await said(opening, "/readyz") == (503, b'{"ready":false}')
            assert await said(opening, "/healthz", "/assistant") == (200, b'{"status":"ok"}')
            waiting = asyncio.create_task(said(opening, "/question"))
            await asyncio.sleep(0.05)
            assert not waiting.done()
            assert not seen
            free.set()
            assert await waiting == (200, b"bonjour /question")
            assert await said(opening, "/healthz") == (200, b"bonjour /healthz")
        assert seen == ["begun", "ended"]
        opening.raise_failure()

    asyncio.run(run())


def test_an_application_that_cannot_be_made_ends_the_server_and_nobody_waits_for_it() -> None:
    free, given_up = threading.Event(), list[bool]()

    def broken() -> Made:
        raise LookupError("no such package")

    async def run() -> None:
        opening = Opening(slowly(free, broken))
        opening.give_up = lambda: given_up.append(True)
        async with living(opening):
            waiting = asyncio.create_task(said(opening, "/question"))
            await asyncio.sleep(0.02)
            free.set()
            status, body = await waiting
            assert (status, body.decode()) == (503, CHAT["closed"])
        assert given_up == [True]
        with pytest.raises(LookupError, match="no such package"):
            opening.raise_failure()

    asyncio.run(run())


def test_a_server_that_is_ended_while_the_application_is_made_ends_well() -> None:
    free, seen = threading.Event(), list[str]()

    async def run() -> None:
        opening = Opening(slowly(free, lambda: (application(seen), [])))
        async with living(opening):
            threading.Timer(0.05, free.set).start()
        assert seen in ([], ["begun", "ended"])
        opening.raise_failure()

    asyncio.run(run())


class _Part(LoadedLater):
    async def _load(self, stack: contextlib.AsyncExitStack) -> None:
        raise LookupError("the chat is broken")

    def _leave(self) -> None: ...


def test_a_part_that_cannot_be_loaded_ends_the_server_and_says_why() -> None:
    part, given_up = _Part(), list[bool]()
    app = Starlette(lifespan=part.lifespan)

    async def run() -> None:
        opening = Opening(lambda: (app, [part]))
        opening.give_up = lambda: given_up.append(True)
        async with living(opening):
            while not given_up:
                await asyncio.sleep(0.01)
        with pytest.raises(LookupError, match="the chat is broken"):
            opening.raise_failure()

    asyncio.run(run())

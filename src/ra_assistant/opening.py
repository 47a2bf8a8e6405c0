"""Starting the web server: it listens and says that it is up before anything heavy is imported."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from ra_assistant.errors import SettingsError
from ra_assistant.interfaces.listening import address_of, listening
from ra_assistant.interfaces.memory import share_heaps
from ra_assistant.interfaces.site import Site, load_site
from ra_assistant.settings import Settings, load_settings, split_list
from ra_assistant.wording import CHAT

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Receive, Scope, Send

    from ra_assistant.interfaces.loading import LoadedLater

FORBIDDEN = ("GRADIO_SHARE", "GRADIO_VIBE_MODE", "GRADIO_ALLOWED_PATHS")
"""Variables that open the machine to visitors: a tunnel, an editor of the code, files on disk."""
FORCED = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_SSR_MODE": "False",
    "GRADIO_MCP_SERVER": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
"""Variables that Gradio and what it imports read once, at import."""
GRACE_SECONDS = 1
"""How long open pages may finish their request when the server is interrupted."""
_EARLY = {"/healthz": (200, '{"status":"ok"}'), "/readyz": (503, '{"ready":false}')}
"""What is said before the application is there."""

Make = Callable[[], "tuple[Starlette, Sequence[LoadedLater]]"]
"""Imports and makes the application; returns it with what it loads behind."""


class Opening:
    """The application from the moment the server listens.

    Until it is made, it says that the server is up and holds back every other request.
    """

    def __init__(self, make: Make) -> None:
        """Use the application that `make` returns, called in a thread of its own."""
        self.give_up: Callable[[], None] = lambda: None
        """Called when the application cannot be made, or what it loads behind cannot be loaded."""
        self._make = make
        self._made, self._closing = asyncio.Event(), asyncio.Event()
        self._app: ASGIApp | None = None
        self._behind: Sequence[LoadedLater] = ()
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server that starts and ends."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if self._app is None:
            early = _EARLY.get(scope.get("path", "").removeprefix(scope.get("root_path", "")))
            if early is not None:
                await _say(send, *early)
                return
            await self._made.wait()
        if self._app is None:
            await _say(send, 503, CHAT["closed"], "text/plain; charset=utf-8")
            return
        await self._app(scope, receive, send)

    def raise_failure(self) -> None:
        """Raise what stopped the application, or a part of it, from being loaded."""
        if self._running is not None and self._running.done() and not self._running.cancelled():
            self._running.result()
        for part in self._behind:
            part.raise_failure()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._running = asyncio.create_task(self._run())
        self._running.add_done_callback(self._ended)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._closing.set()
        await asyncio.wait([self._running])
        await send({"type": "lifespan.shutdown.complete"})

    async def _run(self) -> None:
        """Make the application and live its life, begun and ended by one task as its parts ask for."""
        try:
            app, self._behind = await asyncio.to_thread(self._make)
            for part in self._behind:
                part.give_up = self.give_up
            async with app.router.lifespan_context(app):
                self._app = app
                self._made.set()
                await self._closing.wait()
                self._app = None
        finally:
            self._made.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self.give_up()


async def _say(send: Send, status: int, text: str, kind: str = "application/json") -> None:
    body = text.encode()
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def serve(index_dir: Path, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve the chat until interrupted; `say` receives the sentences for the terminal.

    Raises:
        SettingsError: the environment would expose the machine, or the address cannot be listened on.
        ServerUnavailable: the port is taken; nothing heavy was loaded.
        SiteUnusable: the file of the organisation's words and colours is wrong.
        MissingExtra: the package of the language model is not installed, or that of the tools for programs.
    """
    share_heaps()
    prepare_environment()
    settings = load_settings()
    if settings.llm:
        from ra_assistant.speaking import require_model

        require_model(settings)
    site = site_of(settings)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(listening(host, port))

        def make() -> tuple[Starlette, Sequence[LoadedLater]]:
            from ra_assistant.server import assembled

            return assembled(settings, site, index_dir, address_of(host, port), say, stack)

        opening = Opening(make)
        server = uvicorn.Server(
            uvicorn.Config(
                opening,
                log_config=None,
                access_log=False,
                server_header=False,
                root_path=settings.root_path,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=list(split_list(settings.trusted_proxies)),
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        opening.give_up = lambda: setattr(server, "should_exit", True)
        logging.getLogger("uvicorn.error").addFilter(_is_worth_saying)
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    opening.raise_failure()
    say(CHAT["closed"])


def prepare_environment() -> None:
    """Set what must be set before Gradio is imported.

    Raises:
        SettingsError: a variable would expose the machine to visitors.
    """
    for name in FORBIDDEN:
        value = os.environ.get(name, "").strip()
        if value:
            raise SettingsError(f"{name}={value!r} exposes this machine; remove it", name=name, value=value)
    os.environ.update(FORCED)


def site_of(settings: Settings) -> Site:
    """Return the organisation's name, colours and words.

    Raises:
        SiteUnusable: their file is wrong, or is named by a setting and absent.
    """
    return load_site(settings.site, is_wanted="site" in settings.model_fields_set)


def _is_worth_saying(record: logging.LogRecord) -> bool:
    """Leave out that an interruption, or an impatient second one, cut something off: that was asked."""
    said = record.getMessage()
    if record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError):
        return False
    return "graceful shutdown exceeded" not in said and not said.rstrip().endswith("CancelledError")

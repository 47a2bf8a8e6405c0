"""The web server: answers at once, loads the chat behind, and puts it in place when it is ready.

Gradio takes seconds to import. The process is up long before: `/healthz` says so, `/readyz` tells when
questions are answered, and until then `/` shows a light page that reloads itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import importlib.util
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from ra_assistant.builds import BuildStore
from ra_assistant.errors import MissingExtra, ServerUnavailable, SettingsError
from ra_assistant.interfaces import api, openai_api, page
from ra_assistant.interfaces.access_log import AccessLog, LineWriter, Note
from ra_assistant.interfaces.attendant import Attendant
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.door import Door, Rules
from ra_assistant.interfaces.loading import LoadedLater
from ra_assistant.interfaces.metrics import Meter
from ra_assistant.interfaces.office_front import OfficeFront
from ra_assistant.interfaces.problems import speak_french
from ra_assistant.interfaces.shield import Gate, SafeHeaders, refused
from ra_assistant.interfaces.widget import widget_routes
from ra_assistant.publishing_wording import SERVER
from ra_assistant.settings import Settings, load_settings, split_list
from ra_assistant.speaking import require_model
from ra_assistant.wording import CHAT, sentence_of

if TYPE_CHECKING:
    from ra_assistant.assembly import Assistant

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
FOLLOW_SECONDS = 1.0
"""Between two looks at which build is in service."""
RETRY_SECONDS = 3.0
"""Between two tries to open an index that cannot be used."""
GRACE_SECONDS = 1
"""How long open pages may finish their request when the server is interrupted."""
PORTS_TRIED = 50


def serve(index_dir: Path, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve the chat until interrupted; `say` receives the sentences for the terminal.

    Raises:
        SettingsError: the environment would expose the machine, or the address cannot be listened on.
        ServerUnavailable: the port is taken; nothing heavy was loaded.
        MissingExtra: the package of the language model is not installed.
    """
    prepare_environment()
    settings = load_settings()
    require_model(settings)
    with contextlib.ExitStack() as stack:
        note = _log(settings.access_log, stack)
        listener = stack.enter_context(listening(host, port))
        front = Front(desk_of(index_dir, say), address_of(host, port), say)
        office = office_of(settings, index_dir)
        server = uvicorn.Server(
            uvicorn.Config(
                application(front, rules_of(settings), note, office=office, with_mcp=settings.mcp),
                log_config=None,
                access_log=False,
                server_header=False,
                root_path=settings.root_path,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=list(split_list(settings.trusted_proxies)),
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        front.give_up = lambda: setattr(server, "should_exit", True)
        if office is not None:
            office.give_up = front.give_up
        logging.getLogger("uvicorn.error").addFilter(_is_worth_saying)
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    front.raise_failure()
    if office is not None:
        office.raise_failure()
    say(CHAT["closed"])


def _log(target: str, stack: contextlib.ExitStack) -> Note | None:
    if not target:
        return None
    writer = LineWriter(target)
    stack.callback(writer.close)
    stack.enter_context(writer.hearing("ra_assistant.model"))
    return writer.note


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


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address.

    Raises:
        ServerUnavailable: the port is taken; the details suggest a free one.
        SettingsError: the address is not one of this machine, or the port needs rights.
    """
    try:
        return _bound(host, port)
    except socket.gaierror as error:
        raise SettingsError(f"{host!r}: {error}", name="RA_HOST", value=host) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServerUnavailable(
                f"port {port} is taken; close the other program or choose another port",
                port=port,
                suggestion=_free_port(host, port),
            ) from error
        name, value = ("RA_PORT", port) if error.errno == errno.EACCES else ("RA_HOST", host)
        raise SettingsError(f"{host}:{port}: {error.strerror}", name=name, value=value) from error


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen()
    except OSError:
        bound.close()
        raise
    return bound


def _free_port(host: str, taken: int) -> int:
    for port in [*range(taken + 1, min(taken + PORTS_TRIED, 65536)), 0]:
        with contextlib.suppress(OSError), _bound(host, port) as found:
            return int(found.getsockname()[1])
    return taken


def address_of(host: str, port: int) -> str:
    """Return the address to open in a browser on this machine."""
    shown = "localhost" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not listened on
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


class Front(LoadedLater):
    """What stands at `/`: a waiting page, then the chat; or why there is none."""

    def __init__(self, desk: Desk, address: str, say: Callable[[str], None]) -> None:
        super().__init__()
        self.desk = desk
        self._address = address
        self._say = say
        self._chat: ASGIApp | None = None

    @property
    def is_ready(self) -> bool:
        """Tell whether questions are answered."""
        return self._chat is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._chat is not None:
            await self._chat(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})
        elif scope["path"] != "/":
            await refused(503, CHAT["loading"])(scope, receive, send)
        else:
            trouble = self.desk.trouble
            shown = page.unavailable_page(sentence_of(trouble)) if trouble else page.waiting_page()
            await shown(scope, receive, send)

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
        chat = await asyncio.to_thread(_mount, self.desk)
        await stack.enter_async_context(chat.router.lifespan_context(chat))
        self._chat = page.FrenchPage(Gate(chat), CHAT["title"])
        self._say(CHAT["open"].format(address=self._address))
        await self._follow()

    async def _follow(self) -> None:
        """Put the new build in the place of the old one, whenever another is published."""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            if await asyncio.to_thread(self.desk.follow):
                self._say(SERVER["followed"].format(build=self.desk.service.assistant.build_id))
            elif self.desk.trouble is not None:
                self._say(SERVER["not_followed"].format(sentence=sentence_of(self.desk.trouble)))
                self.desk.trouble = None


def rules_of(settings: Settings) -> Rules:
    """Return who may use the interfaces for programs and other sites."""
    return Rules(
        origins=split_list(settings.origins),
        address_per_minute=settings.limit_per_minute,
        address_per_day=settings.limit_per_day,
        origin_per_minute=settings.origin_limit_per_minute,
    )


def application(
    front: Front,
    rules: Rules,
    note: Note | None = None,
    *,
    office: OfficeFront | None = None,
    with_mcp: bool = False,
) -> FastAPI:
    """Return the application: health, interfaces, our files, and `front` for everything else.

    Args:
        front: what stands at `/`; its desk answers the interfaces as well.
        rules: who may use the interfaces.
        note: hears how each request ended; None keeps no log.
        office: the back office; None without an administrator's secret.
        with_mcp: whether to offer the tools of the Model Context Protocol.

    Raises:
        MissingExtra: they are wanted and their package is not installed.
    """
    meter = Meter(front.desk)
    attendant = Attendant(front.desk, meter.answered)
    tools = mcp_tools(attendant) if with_mcp else None
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_both(
            _both(front.lifespan, tools.router.lifespan_context if tools else None),
            office.lifespan if office else None,
        ),
        middleware=[
            Middleware(AccessLog, notes=(meter.note, note) if note else (meter.note,)),
            Middleware(SafeHeaders),
            Middleware(Door, rules=rules),
        ],
    )
    speak_french(app)
    app.mount(api.ROUTE, api.api_application(attendant))
    app.mount(openai_api.ROUTE, openai_api.openai_application(attendant))

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process is up."""
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        """Say whether questions are answered."""
        return JSONResponse({"ready": front.is_ready}, 200 if front.is_ready else 503)

    app.router.routes.append(meter.route())
    app.router.routes.extend(widget_routes(rules.origins))
    app.router.routes.extend(tools.routes if tools else ())
    app.mount(page.STATIC_ROUTE, GZipMiddleware(_KeptFiles(directory=page.STATIC)))
    app.router.routes.extend(office.routes() if office else ())
    app.router.routes.append(Mount("/", front))
    return app


def office_of(settings: Settings, index_dir: Path) -> OfficeFront | None:
    """Return the back office; None when no administrator's secret is set."""
    secret = settings.admin_secret.get_secret_value()
    return OfficeFront(settings.corpus_dir, index_dir, secret) if secret else None


def mcp_tools(attendant: Attendant) -> Starlette:
    """Return the application of the Model Context Protocol.

    Raises:
        MissingExtra: its package is not installed.
    """
    if importlib.util.find_spec("mcp") is None:
        raise MissingExtra("the package mcp is not installed; install ra-assistant[mcp]", extra="mcp")
    from ra_assistant.interfaces.mcp_server import mcp_application, mcp_server

    return mcp_application(mcp_server(attendant, version("ra-assistant")))


_Lifespan = Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]


def _both(first: _Lifespan, second: Callable[[Any], Any] | None) -> _Lifespan:
    """Return a lifespan that goes through two, the first one last."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with second(app) if second else contextlib.nullcontext(), first(app):
            yield

    return lifespan


class _KeptFiles(StaticFiles):
    """Our files: their address holds their hash, so that browsers may keep them."""

    def file_response(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def desk_of(index_dir: Path, say: Callable[[str], None]) -> Desk:
    """Return the desk that follows the build in service below `index_dir`; `say` hears of a damaged one."""
    return Desk(lambda: _open_build(index_dir, say), BuildStore(index_dir).pointer_stamp)


def _open_build(index_dir: Path, say: Callable[[str], None]) -> Assistant:
    from ra_assistant.assembly import open_sound

    assistant = open_sound(index_dir)
    if assistant.build_id not in BuildStore(index_dir).served_ids()[:1]:
        say(SERVER["fallen_back"].format(build=assistant.build_id))
    return assistant


def _mount(desk: Desk) -> FastAPI:
    with page.BUILDING:
        from ra_assistant.interfaces.chat import mount_chat

        return mount_chat(desk)


def _is_worth_saying(record: logging.LogRecord) -> bool:
    """Leave out that an interruption, or an impatient second one, cut something off: that was asked."""
    said = record.getMessage()
    if record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError):
        return False
    return "graceful shutdown exceeded" not in said and not said.rstrip().endswith("CancelledError")

"""The web server: answers at once, loads the chat behind, and puts it in place when it is ready.

Gradio takes seconds to import. The process is up long before: `/healthz` says so, `/readyz` tells when
questions are answered, and until then `/` shows a light page that reloads itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from ra_assistant.builds import BuildStore
from ra_assistant.errors import MissingExtra, SettingsError
from ra_assistant.interfaces import api, openai_api
from ra_assistant.interfaces.access_log import AccessLog, LineWriter, Note
from ra_assistant.interfaces.assets import STATIC, STATIC_ROUTE
from ra_assistant.interfaces.attendant import Attendant
from ra_assistant.interfaces.chat_front import Front
from ra_assistant.interfaces.dashboard import dashboard_application
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.door import Door, Rules
from ra_assistant.interfaces.figures_routes import figures_routes
from ra_assistant.interfaces.hearing import hearing_of, together
from ra_assistant.interfaces.listening import address_of, listening
from ra_assistant.interfaces.memory import share_heaps
from ra_assistant.interfaces.metrics import Meter
from ra_assistant.interfaces.office_front import OfficeFront
from ra_assistant.interfaces.originals import Originals
from ra_assistant.interfaces.pictures import Pictures
from ra_assistant.interfaces.problems import speak_french
from ra_assistant.interfaces.reading_room import ReadingRoom
from ra_assistant.interfaces.shield import Framed, SafeHeaders
from ra_assistant.interfaces.simple_chat import SimpleChat
from ra_assistant.interfaces.site import NO_CHOICE, Site, load_site
from ra_assistant.interfaces.site_page import look_routes
from ra_assistant.interfaces.widget import widget_routes
from ra_assistant.keeping import recorder_of
from ra_assistant.publishing_wording import SERVER
from ra_assistant.recording import Recorder
from ra_assistant.report_wording import SIMPLE
from ra_assistant.settings import Settings, load_settings, split_list
from ra_assistant.speaking import require_model
from ra_assistant.wording import CHAT

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
GRACE_SECONDS = 1
"""How long open pages may finish their request when the server is interrupted."""


def serve(index_dir: Path, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve the chat until interrupted; `say` receives the sentences for the terminal.

    Raises:
        SettingsError: the environment would expose the machine, or the address cannot be listened on.
        ServerUnavailable: the port is taken; nothing heavy was loaded.
        MissingExtra: the package of the language model is not installed.
    """
    share_heaps()
    prepare_environment()
    settings = load_settings()
    require_model(settings)
    with contextlib.ExitStack() as stack:
        note = _log(settings.access_log, stack)
        listener = stack.enter_context(listening(host, port))
        recorder = recorder_of(settings, index_dir, say)
        if recorder is not None:
            stack.callback(recorder.close)
        site = site_of(settings)
        desk = desk_of(index_dir, say, site.questions)
        front = Front(desk, address_of(host, port), say, site, hearing_of(recorder))
        office = office_of(settings, index_dir, recorder, site)
        server = uvicorn.Server(
            uvicorn.Config(
                application(
                    front,
                    rules_of(settings),
                    note,
                    office=office,
                    recorder=recorder,
                    originals=Originals(settings.corpus_dir, index_dir),
                    with_mcp=settings.mcp,
                    ancestors=split_list(settings.frame_ancestors),
                ),
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


def site_of(settings: Settings) -> Site:
    """Return the organisation's name, colours and words.

    Raises:
        SiteUnusable: their file is wrong, or is named by a setting and absent.
    """
    return load_site(settings.site, is_wanted="site" in settings.model_fields_set)


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
    recorder: Recorder | None = None,
    originals: Originals | None = None,
    with_mcp: bool = False,
    ancestors: Sequence[str] = (),
) -> FastAPI:
    """Return the application: health, interfaces, our files, and `front` for everything else.

    Args:
        front: what stands at `/`; its desk answers the interfaces as well.
        rules: who may use the interfaces.
        note: hears how each request ended; None keeps no log.
        office: the back office; None without an administrator's secret.
        recorder: keeps what is asked, and opinions; None keeps nothing.
        originals: finds the files that were read; None keeps them, and the images of their pages, out of reach.
        with_mcp: whether to offer the tools of the Model Context Protocol.
        ancestors: sites whose pages may show the chat, and the pages that it leads to, in a frame.

    Raises:
        MissingExtra: they are wanted and their package is not installed.
    """
    meter = Meter(front.desk)
    attendant = Attendant(
        front.desk, together(meter.answered, recorder.answered) if recorder else meter.answered
    )
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
    pictures = Pictures(originals) if originals else None
    app.mount(api.ROUTE, api.api_application(attendant, recorder, pictures))
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
    site = front.site
    app.router.routes.extend(widget_routes(rules.origins, site))
    pages = (
        *ReadingRoom(attendant, pictures, site).routes(),
        SimpleChat(attendant, _told_of(recorder), site).route(),
        *figures_routes(attendant, site),
    )
    app.router.routes.extend(Route(route.path, Framed(route, ancestors)) for route in pages)
    app.router.routes.extend(tools.routes if tools else ())
    app.mount(STATIC_ROUTE, GZipMiddleware(_KeptFiles(directory=STATIC)))
    app.router.routes.extend(office.routes() if office else ())
    app.router.routes.extend(look_routes(site))
    app.router.routes.append(Mount("/", Framed(front, ancestors)))
    return app


def office_of(
    settings: Settings,
    index_dir: Path,
    recorder: Recorder | None = None,
    site: Site = NO_CHOICE,
) -> OfficeFront | None:
    """Return the back office, with the dashboard of the journal; None when no administrator's secret is set."""
    secret = settings.admin_secret.get_secret_value()
    if not secret:
        return None
    dashboard = dashboard_application(recorder, site)
    return OfficeFront(settings.corpus_dir, index_dir, secret, dashboard, site)


def _told_of(recorder: Recorder | None) -> str:
    """Return what the visitors of the chat without scripts are told is kept."""
    is_kept = recorder is not None and recorder.keep_questions
    return hearing_of(recorder).privacy if is_kept else SIMPLE["privacy"]


def mcp_tools(attendant: Attendant) -> Starlette:
    """Return the application of the Model Context Protocol.

    Raises:
        MissingExtra: its package is not installed.
    """
    if importlib.util.find_spec("mcp") is None:
        raise MissingExtra(
            "the package mcp is not installed; install ra-assistant[mcp]", package="'ra-assistant[mcp]'"
        )
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


def desk_of(index_dir: Path, say: Callable[[str], None], questions: Sequence[str] = ()) -> Desk:
    """Return the desk that follows the build in service below `index_dir`; `say` hears of a damaged one.

    `questions` are the starters that the organisation wishes for.
    """
    return Desk(lambda: _open_build(index_dir, say), BuildStore(index_dir).pointer_stamp, questions)


def _open_build(index_dir: Path, say: Callable[[str], None]) -> Assistant:
    from ra_assistant.assembly import open_sound

    assistant = open_sound(index_dir)
    if assistant.build_id not in BuildStore(index_dir).served_ids()[:1]:
        say(SERVER["fallen_back"].format(build=assistant.build_id))
    return assistant


def _is_worth_saying(record: logging.LogRecord) -> bool:
    """Leave out that an interruption, or an impatient second one, cut something off: that was asked."""
    said = record.getMessage()
    if record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError):
        return False
    return "graceful shutdown exceeded" not in said and not said.rstrip().endswith("CancelledError")

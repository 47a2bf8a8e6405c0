"""The web application: health, interfaces, our files, and at `/` the chat, loaded behind.

Gradio takes seconds to import. The interfaces answer long before: `/readyz` tells when the chat is there, and until
then `/` shows a light page that reloads itself.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import AsyncIterator, Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from ra_assistant.builds import BuildStore
from ra_assistant.errors import MissingExtra
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
from ra_assistant.interfaces.loading import LoadedLater
from ra_assistant.interfaces.metrics import Meter
from ra_assistant.interfaces.office_front import OfficeFront
from ra_assistant.interfaces.originals import Originals
from ra_assistant.interfaces.pictures import Pictures
from ra_assistant.interfaces.problems import speak_french
from ra_assistant.interfaces.reading_room import ReadingRoom
from ra_assistant.interfaces.shield import Framed, SafeHeaders
from ra_assistant.interfaces.simple_chat import SimpleChat
from ra_assistant.interfaces.site import NO_CHOICE, Site
from ra_assistant.interfaces.site_page import look_routes
from ra_assistant.interfaces.widget import widget_routes
from ra_assistant.keeping import recorder_of
from ra_assistant.publishing_wording import SERVER
from ra_assistant.recording import Recorder
from ra_assistant.report_wording import SIMPLE
from ra_assistant.settings import Settings, split_list

if TYPE_CHECKING:
    from ra_assistant.assembly import Assistant


def assembled(
    settings: Settings,
    site: Site,
    index_dir: Path,
    address: str,
    say: Callable[[str], None],
    stack: contextlib.ExitStack,
) -> tuple[FastAPI, list[LoadedLater]]:
    """Return the application that the settings ask for, and what it loads behind.

    Args:
        settings: of this process.
        site: the organisation's name, colours and words.
        index_dir: directory of the builds.
        address: what is said once the chat is there.
        say: receives the sentences for the terminal.
        stack: takes what is to be closed after the application's life.

    Raises:
        MissingExtra: the tools for programs are wanted and their package is not installed.
    """
    note = _log(settings.access_log, stack)
    recorder = recorder_of(settings, index_dir, say)
    if recorder is not None:
        stack.callback(recorder.close)
    front = Front(desk_of(index_dir, say, site.questions), address, say, site, hearing_of(recorder))
    office = office_of(settings, index_dir, recorder, site)
    app = application(
        front,
        rules_of(settings),
        note,
        office=office,
        recorder=recorder,
        originals=Originals(settings.corpus_dir, index_dir),
        with_mcp=settings.mcp,
        ancestors=split_list(settings.frame_ancestors),
    )
    return app, [front] if office is None else [front, office]


def _log(target: str, stack: contextlib.ExitStack) -> Note | None:
    if not target:
        return None
    writer = LineWriter(target)
    stack.callback(writer.close)
    stack.enter_context(writer.hearing("ra_assistant.model"))
    return writer.note


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

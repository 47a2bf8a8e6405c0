"""The commands about other sites and programs: the code of the widget, the tools by standard input."""

from __future__ import annotations

import importlib.util
import re
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from ra_assistant.errors import MissingExtra
from ra_assistant.interfaces.words import words_of
from ra_assistant.terminal import FrenchCommand
from ra_assistant.wording import CLI

_SNIPPET = words_of("widget")["snippet"]


class Theme(StrEnum):
    """Colours of the widget, whatever the visitor's."""

    LIGHT = "light"
    DARK = "dark"


class Position(StrEnum):
    """Where the widget stands."""

    RIGHT = "right"
    LEFT = "left"
    INLINE = "inline"


class Language(StrEnum):
    """Language of the widget's buttons."""

    FRENCH = "fr"
    ENGLISH = "en"


def add_web_commands(app: typer.Typer) -> None:
    """Add the commands of this module to `app`."""
    app.command("snippet", help=_SNIPPET["help"], cls=FrenchCommand)(snippet)
    app.command("mcp", help=words_of("api")["mcp"]["help"], cls=FrenchCommand)(mcp)


def snippet(
    address: Annotated[str, typer.Option("--address", help=_SNIPPET["address_option"])],
    color: Annotated[str, typer.Option("--color", help=_SNIPPET["color_option"])] = "",
    theme: Annotated[Theme | None, typer.Option("--theme", help=_SNIPPET["theme_option"])] = None,
    position: Annotated[
        Position, typer.Option("--position", help=_SNIPPET["position_option"])
    ] = Position.RIGHT,
    lang: Annotated[Language, typer.Option("--lang", help=_SNIPPET["lang_option"])] = Language.FRENCH,
    heading: Annotated[str, typer.Option("--heading", help=_SNIPPET["heading_option"])] = "",
    *,
    frame: Annotated[bool, typer.Option("--frame", help=_SNIPPET["frame_option"])] = False,
    latest: Annotated[bool, typer.Option("--latest", help=_SNIPPET["latest_option"])] = False,
) -> None:
    """Print the code that puts the widget in another site."""
    from ra_assistant.interfaces.widget import frame_code, script_code

    if color and not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
        _fail(_SNIPPET["bad_color"].format(value=color))
    home = _home(address)
    chosen = {
        "heading": heading.strip(),
        "color": color,
        "theme": theme.value if theme else "",
        "position": "left" if position is Position.LEFT else "",
        "lang": "en" if lang is Language.ENGLISH else "",
        "mode": "inline" if position is Position.INLINE else "",
    }
    typer.echo(frame_code(home, chosen) if frame else script_code(home, chosen, latest=latest))
    typer.echo(_SNIPPET["allow"], err=True)


def mcp(
    index: Annotated[Path | None, typer.Option("--index", help=CLI["index_option"])] = None,
) -> None:
    """Offer the tools of the Model Context Protocol by standard input and output."""
    if importlib.util.find_spec("mcp") is None:
        raise MissingExtra(
            "the package mcp is not installed; install ra-assistant[mcp]", package="'ra-assistant[mcp]'"
        )
    from ra_assistant.assembly import open_assistant
    from ra_assistant.interfaces.attendant import Attendant
    from ra_assistant.interfaces.desk import Desk
    from ra_assistant.interfaces.mcp_server import mcp_server

    desk = Desk(lambda: open_assistant(index))
    if not desk.open() and desk.trouble is not None:
        raise desk.trouble
    try:
        mcp_server(Attendant(desk), version("ra-assistant")).run("stdio")
    finally:
        desk.close()


def _home(address: str) -> str:
    try:
        parts = urlsplit(address)
        is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query
    except ValueError:
        is_whole = False
    if not is_whole or "#" in address or re.search(r"\s", address):
        _fail(_SNIPPET["bad_address"].format(value=address))
    return address.rstrip("/") + "/"


def _fail(sentence: str) -> None:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)

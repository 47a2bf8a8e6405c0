"""The commands about an organisation's own colours and words: a look at `site.toml`, a first one written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ra_assistant.errors import RaError
from ra_assistant.interfaces.contrast import DARK, LIGHT, READABLE, Ground, Palette, lowest
from ra_assistant.interfaces.site import Logo, Site, load_site, shown_ratio
from ra_assistant.interfaces.words import words_of
from ra_assistant.publishing_wording import system_reason
from ra_assistant.settings import load_settings
from ra_assistant.terminal import FrenchCommand, FrenchGroup
from ra_assistant.wording import CLI, sentence_of

_SAID = words_of("site")["command"]
_FileArgument = Annotated[Path | None, typer.Argument(help=_SAID["file_argument"])]


def add_site_commands(app: typer.Typer) -> None:
    """Add `site check` and `site init` to `app`."""
    group = typer.Typer(
        help=_SAID["help"], cls=FrenchGroup, no_args_is_help=True, add_completion=False, rich_markup_mode=None
    )
    group.command("check", help=_SAID["check"], cls=FrenchCommand)(check)
    group.command("init", help=_SAID["init"], cls=FrenchCommand)(init)
    app.add_typer(group, name="site")


def check(
    file: _FileArgument = None,
    index: Annotated[Path | None, typer.Option("--index", help=CLI["index_option"])] = None,
) -> None:
    """Show what is read of the file; status 1 when a question of it is not answered."""
    settings = load_settings()
    path = file or settings.site
    is_wanted = file is not None or "site" in settings.model_fields_set
    site = load_site(path, is_wanted=is_wanted)
    if not is_wanted and not path.exists():
        typer.echo(_SAID["absent"].format(path=path))
        return
    typer.echo(_SAID["read"].format(path=path))
    for row in _rows(site) or [_SAID["defaults"]]:
        typer.echo(row)
    typer.echo(_SAID["notice"])
    if site.questions and not _are_answered(site, index or settings.index_dir):
        raise typer.Exit(1)


def init(file: _FileArgument = None) -> None:
    """Write a commented example where there is no file yet."""
    path = file or load_settings().site
    try:
        with path.open("x", encoding="utf-8") as opened:
            opened.write(words_of("site")["example"]["text"].lstrip())
    except FileExistsError:
        _fail(_SAID["exists"].format(path=path))
    except OSError as error:
        _fail(_SAID["unwritten"].format(path=path, reason=system_reason(error)))
    typer.echo(_SAID["written"].format(path=path))


def _rows(site: Site) -> list[str]:
    rows = [
        _SAID[key].format(value=value)
        for key, value in (
            ("name", site.name),
            ("greeting", site.greeting),
            ("contact_row", site.contact),
            ("legal_row", site.legal_notice),
        )
        if value
    ]
    rows += [
        _logo_row(key, logo) for key, logo in (("logo", site.logo), ("dark_logo", site.dark_logo)) if logo
    ]
    if site.light and site.dark:
        rows.append(_color_row("light", site.light, LIGHT, is_derived=site.is_derived == "light"))
        rows.append(_color_row("dark", site.dark, DARK, is_derived=site.is_derived == "dark"))
    return rows


def _logo_row(key: str, logo: Logo) -> str:
    return str(_SAID[key]).format(value=logo.name, kilobytes=-(-len(logo.data) // 1024))


def _color_row(scheme: str, palette: Palette, ground: Ground, *, is_derived: bool) -> str:
    found = shown_ratio(lowest(palette.accent, ground))
    row = _SAID[f"color_{scheme}"].format(color=palette.accent, ratio=found, least=shown_ratio(READABLE))
    return str(_SAID["derived"].format(row=row) if is_derived else row)


def _are_answered(site: Site, index_dir: Path) -> bool:
    """Say which questions the build in service answers; tell whether it answers all."""
    from ra_assistant.assembly import open_assistant
    from ra_assistant.interfaces.starters import SHOWN, wished

    try:
        assistant = open_assistant(index_dir, spoken=False)
    except RaError as error:
        typer.echo(_SAID["no_index"].format(sentence=sentence_of(error)), err=True)
        return False
    try:
        answered = [question for question in site.questions if wished(question, assistant)]
    finally:
        assistant.close()
    typer.echo(_SAID["questions"])
    for question in site.questions:
        key = "unproved" if question not in answered else "over" if question in answered[SHOWN:] else "proved"
        typer.echo(_SAID[key].format(question=question, shown=SHOWN))
    if not answered:
        typer.echo(_SAID["none_proved"])
    return len(answered) == len(site.questions)


def _fail(sentence: str) -> None:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)

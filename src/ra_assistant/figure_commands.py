"""The command `figures`: the figures of the reports in the terminal, as JSON, or for a spreadsheet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ra_assistant import wording
from ra_assistant.builds import BuildStore, held
from ra_assistant.commands import IndexOption, complain, fail, say
from ra_assistant.figures_wording import COMMAND, FIGURES, amount
from ra_assistant.publishing_wording import system_reason
from ra_assistant.settings import load_settings
from ra_assistant.terminal import FrenchCommand
from ra_assistant.wording import CLI, source_of

if TYPE_CHECKING:
    from ra_assistant.figures import Figure, Series
    from ra_assistant.types import Document


def add_figure_commands(app: typer.Typer) -> None:
    """Add the command of this module to `app`."""
    app.command("figures", help=COMMAND["figures"], cls=FrenchCommand)(figures)


def figures(
    index: IndexOption = None,
    csv: Annotated[Path | None, typer.Option("--csv", help=COMMAND["csv_option"])] = None,
    year: Annotated[int | None, typer.Option("--year", help=COMMAND["year_option"])] = None,
    document: Annotated[str, typer.Option("--document", help=COMMAND["document_option"])] = "",
    search: Annotated[str, typer.Option("--search", help=COMMAND["search_option"])] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help=COMMAND["json_option"])] = False,
) -> None:
    """List the figures of the reports in service."""
    from ra_assistant.figure_rendering import figure_json, figures_csv
    from ra_assistant.figures import Wanted, read_figures

    documents = _documents(index)
    book = read_figures(documents)
    wanted = Wanted(search, year, _chosen(document, documents))
    found = book.select(wanted)
    if csv is not None:
        _write(csv, figures_csv(found), len(found))
    elif as_json:
        for figure in found:
            say(json.dumps(figure_json(figure), ensure_ascii=False))
    else:
        _print(found, book.select_series(wanted))


def _documents(index: Path | None) -> list[Document]:
    """Return the documents in service, without opening what answers questions."""
    from ra_assistant.contents import read_contents

    builds = BuildStore(index or load_settings().index_dir)
    build_id = builds.current_id()
    with held(builds.directory(build_id)):
        builds.verify(builds.manifest(build_id))
        documents, _ = read_contents(builds.directory(build_id))
    return list(documents)


def _chosen(name: str, documents: list[Document]) -> str:
    if not name:
        return ""
    found = next((document.id for document in documents if name in {document.id, document.path}), None)
    if found is None:
        fail(COMMAND["unknown_document"].format(name=name))
    return str(found)


def _write(path: Path, text: bytes, figures: int) -> None:
    try:
        path.write_bytes(text)
    except OSError as error:
        fail(CLI["no_write"].format(path=path, reason=system_reason(error)))
    told = wording.count(figures, FIGURES["one_figure"], FIGURES["several_figures"])
    say(COMMAND["written"].format(figures=told, path=path))


def _print(found: list[Figure], series: list[Series]) -> None:
    if not found:
        complain(COMMAND["none"])
        return
    from ra_assistant.figure_rendering import citation_of

    for figure in found:
        say(
            COMMAND["row"].format(
                value=amount(figure.value, figure.unit, is_change=figure.is_change),
                label=figure.label,
                year=figure.year or FIGURES["unknown_year"],
                place=source_of(citation_of(figure)),
                quote=figure.quote,
            )
        )
    if series:
        say(f"\n{COMMAND['series']}\u00a0:")
    for one in series:
        points = [
            COMMAND["series_point"].format(value=amount(point.value, point.unit), year=point.year)
            for point in one.points
        ]
        say(COMMAND["series_row"].format(label=one.label, points=", ".join(points)))

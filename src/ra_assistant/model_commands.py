"""The commands of the embedding models: `models list`, `models fetch`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ra_assistant import wording
from ra_assistant.commands import IndexOption, complain, say
from ra_assistant.model_wording import MODELS
from ra_assistant.publishing_wording import number, rank
from ra_assistant.settings import load_settings
from ra_assistant.terminal import FrenchCommand, FrenchGroup

if TYPE_CHECKING:
    from ra_assistant.builds import Manifest


models_app = typer.Typer(
    help=MODELS["models"], cls=FrenchGroup, no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


@models_app.command("list", help=MODELS["models_list"], cls=FrenchCommand)
def list_models(index: IndexOption = None) -> None:
    """Say which embedding model is in use and which are known."""
    from ra_assistant import assembly

    settings = load_settings()
    model = assembly.embedding_profile(settings).model
    if model is not None:
        say(MODELS["model_in_use"].format(name=model.name, version=model.version, dimension=model.dimension))
        say(MODELS["model_prefixes"].format(query=model.query_prefix, document=model.document_prefix))
    _say_gain(assembly.build_in_service(index or settings.index_dir, settings))
    if settings.reranker_model:
        assembly.reranker(settings)
        version = settings.reranker_revision or "local"
        say(MODELS["reranker_in_use"].format(name=settings.reranker_model, version=version))
    say("\n" + MODELS["models_known"])
    for row in assembly.known_models():
        say(MODELS["model_row"].format(**row))


def _say_gain(manifest: Manifest | None) -> None:
    if manifest is None:
        say(MODELS["model_no_index"])
        return
    say(MODELS["model_weight"].format(weight=number(manifest.fusion["weight"])))
    found = manifest.calibration
    if "fused" not in found:
        say(MODELS["model_no_gain"])
        return
    source = found.get("source", "headings")
    say(
        MODELS["model_gain"].format(
            fused=rank(found["fused"]),
            alone=rank(found["alone"]),
            questions=wording.count(found["questions"], "question", "questions"),
            source=MODELS["from_headings"] if source == "headings" else f"«\u00a0{source}\u00a0»",
        )
    )


@models_app.command("fetch", help=MODELS["models_fetch"], cls=FrenchCommand)
def fetch_model(
    name: Annotated[str, typer.Argument(help=MODELS["model_argument"])],
    revision: Annotated[str, typer.Option("--revision", help=MODELS["revision_option"])] = "",
) -> None:
    """Download an embedding model."""
    from ra_assistant.fetching import fetch

    complain(MODELS["fetching"].format(name=name))
    found = fetch(name, revision)
    say(MODELS["fetched"].format(directory=found.directory, revision=found.revision))


def add_model_commands(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(models_app, name="models")

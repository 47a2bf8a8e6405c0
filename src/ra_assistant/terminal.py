"""What the command line borrows from its libraries, put in French: help, usage errors, progress bar."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from typer._click.exceptions import (  # the only way to tell usage errors apart
    BadParameter,
    MissingParameter,
    NoSuchOption,
    UsageError,
)
from typer.core import TyperCommand, TyperGroup

from ra_assistant import wording
from ra_assistant.wording import CLI

if TYPE_CHECKING:
    from collections.abc import Callable

    from ra_assistant.indexing import Progress

__all__ = ["FrenchCommand", "FrenchGroup", "ProgressBar", "UsageError", "usage_sentence"]


class FrenchGroup(TyperGroup):
    """Shows the help's own words in French."""

    def get_help(self, ctx: Any) -> str:
        """Return the help, in French."""
        return _french_help(super().get_help(ctx))


class FrenchCommand(TyperCommand):
    """Shows the help's own words in French."""

    def get_help(self, ctx: Any) -> str:
        """Return the help, in French."""
        return _french_help(super().get_help(ctx))


def _french_help(text: str) -> str:
    for english, french in (
        (r"Usage: (.*) \[OPTIONS\] COMMAND \[ARGS\]\.\.\.", CLI["usage_of_app"]),
        (r"Usage: (.*) \[OPTIONS\](.*)", CLI["usage_of_command"]),
        ("Commands:", f"{CLI['commands']}\u00a0:"),
        ("Arguments:", f"{CLI['arguments']}\u00a0:"),
        ("Options:", f"{CLI['options']}\u00a0:"),
    ):
        text = re.sub(rf"^{english}", french, text, flags=re.MULTILINE)
    return text.replace("Show this message and exit.", CLI["help_option"])


def usage_sentence(error: UsageError) -> str:
    """Return the French sentence for a command that is badly written."""
    if isinstance(error, NoSuchOption):
        detail = CLI["unknown_option"].format(name=error.option_name)
    elif isinstance(error, MissingParameter):
        detail = CLI["missing_argument"].format(name=_parameter(error))
    elif isinstance(error, BadParameter):
        detail = CLI["bad_value"].format(name=_parameter(error))
    elif error.message.startswith("No such command"):
        detail = CLI["unknown_command"].format(name=error.message.split("'")[1])
    else:
        detail = CLI["too_many"]
    command = error.ctx.command_path if error.ctx is not None else "ra-assistant"
    return CLI["usage_error"].format(detail=detail, command=command)


def _parameter(error: BadParameter) -> str:
    names = error.param.opts if error.param is not None else []
    return "/".join(names) or str(error.param_hint or "")


class ProgressBar:
    """Draws the stages of a build on the terminal's error output, when it is one."""

    def __enter__(self) -> Callable[[Progress], None]:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}\u00a0%"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._bar.start()
        self._task = self._bar.add_task("", total=1)
        return self._report

    def _report(self, progress: Progress) -> None:
        self._bar.update(
            self._task,
            description=wording.STAGES[progress.stage],
            completed=progress.done,
            total=max(1, progress.total),
        )

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

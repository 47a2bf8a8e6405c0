"""The commands about the journal of use: `journal show`, `journal purge`, `journal backup`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ra_assistant.commands import say
from ra_assistant.errors import JournalUnusable
from ra_assistant.journal_wording import (
    COMMANDS,
    FEEDBACK_REASONS,
    OUTCOMES,
    day_of,
    days_in_words,
)
from ra_assistant.settings import load_settings
from ra_assistant.terminal import FrenchCommand, FrenchGroup
from ra_assistant.types import Outcome
from ra_assistant.wording import count, percent

if TYPE_CHECKING:
    from ra_assistant.journal import Journal, Usage

SHOWN = 10
"""Documents and questions that are listed."""
IndexOption = Annotated[Path | None, typer.Option("--index", help=COMMANDS["index_option"])]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(
        help=COMMANDS["help"],
        cls=FrenchGroup,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
    )
    for name, function in (("show", show), ("purge", purge), ("backup", backup)):
        group.command(name, help=COMMANDS[name], cls=FrenchCommand)(function)
    app.add_typer(group, name="journal")


def show(
    days: Annotated[int | None, typer.Option("--days", min=1, max=3650, help=COMMANDS["days_option"])] = None,
    index: IndexOption = None,
) -> None:
    """Say how many questions were asked, how they ended, and what visitors thought."""
    journal = _journal(index)
    usage = journal.usage(days)
    say(COMMANDS["where"].format(path=journal.path))
    if usage.is_empty:
        say(COMMANDS["empty"])
    else:
        _tell(usage)
    say(COMMANDS["retention"].format(days=days_in_words(journal.retention_days)))


def _tell(usage: Usage) -> None:
    from ra_assistant.usage import unanswered

    total = usage.outcomes.total()
    questions = count(total, "question", "questions")
    say(COMMANDS["period"].format(first=day_of(usage.first), last=day_of(usage.last), questions=questions))
    for outcome in Outcome:
        number = usage.outcomes[outcome]
        if number:
            share = percent(number / total)
            say(COMMANDS["outcome_row"].format(label=OUTCOMES[outcome], number=number, share=share))
    if usage.verdicts:
        useful = count(usage.verdicts["up"], "utile", "utiles")
        say(COMMANDS["opinions"].format(useful=useful, opinions=usage.verdicts.total()))
        for reason, number in usage.reasons.most_common():
            say(COMMANDS["reason_row"].format(label=FEEDBACK_REASONS.get(reason, reason), number=number))
    if usage.documents:
        say(COMMANDS["documents"])
        for path, number in usage.documents.most_common(SHOWN):
            say(COMMANDS["document_row"].format(label=path, number=number))
    groups = unanswered(usage)[:SHOWN]
    if groups:
        say(COMMANDS["unanswered"])
        for group in groups:
            say(COMMANDS["unanswered_row"].format(number=group.number, question=group.question))


def purge(index: IndexOption = None) -> None:
    """Delete what is too old."""
    journal = _existing(index)
    removed, days = journal.purge(), days_in_words(journal.retention_days)
    if removed:
        say(COMMANDS["purged"].format(rows=count(removed, "ligne", "lignes"), days=days))
    else:
        say(COMMANDS["nothing_purged"].format(days=days))


def backup(
    file: Annotated[Path, typer.Argument(help=COMMANDS["file_argument"])],
    index: IndexOption = None,
) -> None:
    """Copy the journal while the server runs."""
    _journal(index).backup(file)
    say(COMMANDS["saved"].format(path=file))


def _existing(index: Path | None) -> Journal:
    journal = _journal(index)
    if not journal.path.exists():
        raise JournalUnusable(journal.path, "missing")
    return journal


def _journal(index: Path | None) -> Journal:
    from ra_assistant.keeping import journal_of

    settings = load_settings()
    return journal_of(settings, index or settings.index_dir)

"""Opens the journal of use that the settings name, and begins to write it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ra_assistant.errors import JournalUnusable
from ra_assistant.journal import Journal
from ra_assistant.journal_wording import NOT_KEPT
from ra_assistant.questions import clean_question, understand
from ra_assistant.recording import Recorder
from ra_assistant.settings import Settings
from ra_assistant.wording import sentence_of

NAME = "journal.sqlite3"
OFF = "off"


def journal_of(settings: Settings, index_dir: Path) -> Journal:
    """Return the journal; by default it stands beside the directory of the builds, which may be thrown away.

    Raises:
        JournalUnusable: the operator wants none.
    """
    named = settings.journal.strip()
    if named.lower() == OFF:
        raise JournalUnusable("", "off")
    path = Path(named) if named else index_dir.absolute().parent / NAME
    return Journal(path, settings.retention_days)


def recorder_of(settings: Settings, index_dir: Path, say: Callable[[str], None]) -> Recorder | None:
    """Return what writes the journal, None when the operator wants none.

    `say` hears, once, why it cannot be written.
    """
    try:
        journal = journal_of(settings, index_dir)
    except JournalUnusable:
        return None

    def complain(error: JournalUnusable) -> None:
        say(NOT_KEPT.format(sentence=sentence_of(error)))

    return Recorder(journal, kind_of, complain, keep_questions=settings.keep_questions)


def kind_of(question: str) -> str:
    """Return what a question asks for, as the value of an `AnswerKind`."""
    return understand(clean_question(question), (), None, civil=False).kind.value

"""The commands of whoever publishes: `publish`, `status`, `builds`, `rollback`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ra_assistant import wording
from ra_assistant.errors import StoreError, UnreadableDocument
from ra_assistant.publishing_wording import (
    BUILD_STATES,
    COMMANDS,
    calibration_sentences,
    check_sentence,
    date,
    number,
    restored_sentence,
    system_reason,
)
from ra_assistant.settings import load_settings
from ra_assistant.terminal import FrenchCommand, ProgressBar
from ra_assistant.types import Notice
from ra_assistant.wording import CLI

if TYPE_CHECKING:
    from ra_assistant.publishing import Prepared, Publisher

CorpusOption = Annotated[Path | None, typer.Option("--corpus", help=CLI["corpus_option"])]
IndexOption = Annotated[Path | None, typer.Option("--index", help=CLI["index_option"])]
BookOption = Annotated[Path | None, typer.Option("--book", help=COMMANDS["book_option"])]
FilesOption = Annotated[bool, typer.Option("--files", help=COMMANDS["files_option"])]
ForceOption = Annotated[bool, typer.Option("--force", help=COMMANDS["force_option"])]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for name, function in (
        ("publish", publish),
        ("status", status),
        ("builds", builds),
        ("rollback", rollback),
        ("calibrate", calibrate),
    ):
        app.command(name, help=COMMANDS[name], cls=FrenchCommand)(function)


def publish(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    book: BookOption = None,
    *,
    force: ForceOption = False,
) -> None:
    """Build beside, check, switch."""
    publisher = publisher_of(corpus, index, book)
    if mend(publisher) or is_up_to_date(publisher):
        say(CLI["up_to_date"])
        return
    prepared = published(publisher, force=force)
    for check in prepared.report.checks:
        sentence = check_sentence(check.code, check.details, passed=check.passed)
        say(COMMANDS["check_line"].format(sentence=sentence)) if check.passed else complain(sentence)
        for question in check.details.get("missed", ()):
            complain(COMMANDS["missed"].format(question=question))
    say(
        COMMANDS["published"].format(
            documents=wording.count(prepared.documents, "document", "documents"),
            passages=wording.count(prepared.passages, "passage", "passages"),
            embedded=wording.count(prepared.embedded, "nouveau calcul", "nouveaux calculs"),
            build=prepared.build_id,
        )
    )
    if prepared.unreadable:
        raise typer.Exit(1)


def status(corpus: CorpusOption = None, index: IndexOption = None) -> None:
    """Say what is in service and whether the reports have changed."""
    from ra_assistant import building
    from ra_assistant.contents import read_contents

    publisher = publisher_of(corpus, index, None)
    store = publisher.builds
    manifest = store.manifest(store.current_id())
    say(
        COMMANDS["in_service"].format(
            build=manifest.build_id,
            date=date(manifest.created_at),
            documents=wording.count(manifest.documents, "document", "documents"),
            passages=wording.count(manifest.stored_passages, "passage", "passages"),
        )
    )
    try:
        store.verify(manifest)
        documents, _ = read_contents(store.directory(manifest.build_id))
    except StoreError:
        fail(COMMANDS["is_damaged"])
    for document in documents:
        year = document.year or COMMANDS["year_none"]
        say(COMMANDS["report_row"].format(title=document.title, year=year, path=document.path))
    same = building.is_up_to_date(publisher.corpus_dir, store.root)
    say(COMMANDS["nothing_changed" if same else "changed"])


def builds(index: IndexOption = None) -> None:
    """List the builds that are kept, newest first."""
    rows = publisher_of(None, index, None).rows()
    for row in rows:
        say(
            COMMANDS["build_row"].format(
                build=row.build_id,
                date=date(row.created_at),
                documents=wording.count(row.documents, "document", "documents"),
                passages=wording.count(row.passages, "passage", "passages"),
                state=BUILD_STATES[row.state],
            )
        )
    if not rows:
        say(COMMANDS["no_builds"])


def rollback(
    build: Annotated[str | None, typer.Argument(help=COMMANDS["build_argument"])] = None,
    corpus: CorpusOption = None,
    index: IndexOption = None,
    *,
    files: FilesOption = False,
) -> None:
    """Put a former build back in service, and the reports' directory with it when that is asked for."""
    publisher = publisher_of(corpus, index, None)
    with _writing(publisher):
        chosen = publisher.rollback(build)
        say(COMMANDS["rolled_back"].format(build=chosen))
        if files:
            restored = publisher.restore()
            say(restored_sentence(restored.aside, restored.back, restored.lost))
        elif not is_up_to_date(publisher):
            say(COMMANDS["files_stay"].format(build=chosen))


def calibrate(
    book: Annotated[Path | None, typer.Argument(help=COMMANDS["calibrate_argument"])] = None,
    corpus: CorpusOption = None,
    index: IndexOption = None,
    *,
    force: ForceOption = False,
) -> None:
    """Measure on questions how the build in service is best searched, and serve it so."""
    publisher = publisher_of(corpus, index, book)
    with _writing(publisher), ProgressBar() as report:
        build_id, measured = publisher.calibrate(book or publisher.book, report, forced=force)
    for sentence in calibration_sentences(measured):
        say(sentence)
    settings = load_settings()
    for name, value in (
        ("RA_FUSION_WEIGHT", settings.fusion_weight),
        ("RA_REFUSAL_THRESHOLD", settings.refusal_threshold),
    ):
        if value is not None:
            complain(COMMANDS["overridden"].format(name=name, value=number(value)))
    say(COMMANDS["calibrated"].format(build=build_id))


def publisher_of(corpus: Path | None, index: Path | None, book: Path | None) -> Publisher:
    """Return the publisher of these directories, those of the settings by default."""
    from ra_assistant.publishing import BOOK, Publisher

    settings = load_settings()
    corpus_dir = corpus or settings.corpus_dir
    return Publisher(corpus_dir, index or settings.index_dir, book or corpus_dir / BOOK)


def mend(publisher: Publisher) -> bool:
    """Mend a damaged build in service, and tell whether it now holds the corpus as it is."""
    with _writing(publisher), ProgressBar() as report:
        build_id = publisher.mend(report)
    if build_id is not None:
        say(COMMANDS["mended"].format(build=build_id))
    return build_id is not None and is_up_to_date(publisher)


def is_up_to_date(publisher: Publisher) -> bool:
    """Tell whether the build in service holds the corpus as it is."""
    from ra_assistant import building

    if not publisher.corpus_dir.is_dir():
        fail(CLI["no_corpus"].format(path=publisher.corpus_dir))
    return building.is_up_to_date(publisher.corpus_dir, publisher.builds.root)


def published(publisher: Publisher, *, force: bool = False) -> Prepared:
    """Publish, and say what the files gave."""
    with _writing(publisher), ProgressBar() as report:
        prepared = publisher.publish(report, forced=force)
    complain_of(prepared.unreadable, prepared.notices)
    return prepared


@contextmanager
def _writing(publisher: Publisher) -> Iterator[None]:
    """Say that the directory of the index cannot be written, when it cannot."""
    try:
        yield
    except OSError as error:
        fail(CLI["no_space"].format(reason=system_reason(error), path=publisher.builds.root))


def complain_of(unreadable: Iterable[UnreadableDocument], notices: Iterable[tuple[str, Notice]]) -> None:
    """Say what is wrong with the files that were read, and with those that could not be."""
    for error in unreadable:
        complain(CLI["unread"].format(sentence=wording.sentence_of(error)))
    for path, notice in notices:
        page = f", p.\u00a0{notice.page}" if notice.page else ""
        sentence = wording.NOTICES[notice.code].format(detail=notice.detail, page=notice.page)
        complain(CLI["notice"].format(path=path, page=page, sentence=sentence))


def say(text: str) -> None:
    """Print a sentence."""
    typer.echo(text)


def complain(text: str) -> None:
    """Print a sentence on the error output."""
    typer.echo(text, err=True)


def fail(text: str) -> Any:
    """Print a sentence on the error output and end with status 1."""
    complain(text)
    raise typer.Exit(1)

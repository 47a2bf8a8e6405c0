"""The commands that change the corpus directory: `add`, `remove`, `watch`."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ra_assistant import recognising, wording
from ra_assistant.collecting import Arrival, Brought, Collection, Said, readable_below
from ra_assistant.commands import (
    CorpusOption,
    ForceOption,
    IndexOption,
    complain,
    complain_of,
    fail,
    publish,
    published,
    publisher_of,
    say,
)
from ra_assistant.errors import RaError
from ra_assistant.harvest_commands import (
    Asked,
    DelayOption,
    DocumentsOption,
    MaxPagesOption,
    SiteOption,
    gather,
    is_address,
    kept,
)
from ra_assistant.harvest_wording import HARVEST
from ra_assistant.publishing_wording import COMMANDS, PREVIEW, RECOGNITION, system_reason
from ra_assistant.settings import load_settings
from ra_assistant.terminal import FrenchCommand
from ra_assistant.types import Document
from ra_assistant.watching import Watch

KINDS = ("original", "restated")
_YEAR = re.compile(r"(?:19|20)\d\d")

TitleOption = Annotated[str | None, typer.Option("--title", help=COMMANDS["title_option"])]
YearOption = Annotated[str | None, typer.Option("--year", help=COMMANDS["year_option"])]
PublisherOption = Annotated[str | None, typer.Option("--publisher", help=COMMANDS["publisher_option"])]
SourceOption = Annotated[str | None, typer.Option("--source", help=COMMANDS["source_option"])]
KindOption = Annotated[str | None, typer.Option("--kind", help=COMMANDS["kind_option"])]
ReplacesOption = Annotated[str | None, typer.Option("--replaces", help=COMMANDS["replaces_option"])]
OcrOption = Annotated[bool, typer.Option("--ocr", help=COMMANDS["ocr_option"])]
PublishOption = Annotated[bool, typer.Option("--publish", help=COMMANDS["publish_option"])]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for name, function in (
        ("preview", preview),
        ("add", add),
        ("remove", remove),
        ("watch", watch),
    ):
        app.command(name, help=COMMANDS[name], cls=FrenchCommand)(function)


def add(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE", help=COMMANDS["source_argument"])],
    title: TitleOption = None,
    year: YearOption = None,
    publisher: PublisherOption = None,
    source: SourceOption = None,
    kind: KindOption = None,
    replaces: ReplacesOption = None,
    corpus: CorpusOption = None,
    index: IndexOption = None,
    max_pages: MaxPagesOption = 200,
    delay: DelayOption = 1.0,
    *,
    site: SiteOption = False,
    documents: DocumentsOption = False,
    ocr: OcrOption = False,
    then_publish: PublishOption = False,
    force: ForceOption = False,
) -> None:
    """Bring documents into the corpus directory."""
    addresses = [name for name in sources if is_address(name)]
    files = _files([Path(name) for name in sources if not is_address(name)])
    is_one_only = bool(title or year or replaces)
    for is_wrong, sentence in (
        ((site or documents) and not addresses, HARVEST["only_addresses"]),
        (len(files) + len(addresses) > 1 and is_one_only, COMMANDS["one_only"]),
        (site and bool(title or replaces or source), HARVEST["one_page_only"]),
        (ocr and not recognising.is_available(), RECOGNITION["missing"]),
        (kind is not None and kind not in KINDS, COMMANDS["bad_kind"]),
    ):
        if is_wrong:
            fail(sentence)
    said = Said(title, _year(year), publisher, source, kind, replaces)
    collection = Collection(corpus or load_settings().corpus_dir)
    leaves, refused = gather(addresses, Asked(site, documents, max_pages, delay)) if addresses else ([], 0)
    added = 0
    for bring in (
        *(partial(_recognised if ocr else _brought, collection, file, said) for file in files),
        *(partial(kept, collection, leaf, said) for leaf in leaves),
    ):
        try:
            with _writing(collection.root):
                tell(bring())
            added += 1
        except RaError as error:
            complain(wording.sentence_of(error))
            refused += 1
    if then_publish:
        publish(collection.root, index, None, force=force)
    elif added:
        say(COMMANDS["then_publish"])
    if refused:
        raise typer.Exit(1)


def preview(
    document: Annotated[Path, typer.Argument(help=COMMANDS["document_argument"])],
    html: Annotated[Path | None, typer.Option("--html", help=COMMANDS["html_option"])] = None,
) -> None:
    """Show what is read of a document, page by page."""
    from ra_assistant.extraction_report import as_html, as_text
    from ra_assistant.previewing import preview as view
    from ra_assistant.reading import FileLoader
    from ra_assistant.reading.page_images import page_images

    found = view(FileLoader().load(document, document.absolute().parent))
    say(as_text(found))
    if html is not None:
        images = page_images(document) if document.suffix.lower() == ".pdf" else []
        with _writing(html):
            html.write_text(as_html(found, images), encoding="utf-8")
        say(PREVIEW["written"].format(path=html))


def remove(
    report: Annotated[str, typer.Argument(help=COMMANDS["report_argument"])],
    corpus: CorpusOption = None,
) -> None:
    """Take a report out of the corpus directory."""
    root = corpus or load_settings().corpus_dir
    with _writing(root):
        path = Collection(root).remove(report)
    say(COMMANDS["removed"].format(path=path))
    say(COMMANDS["then_publish"])


def watch(
    folder: Annotated[Path, typer.Argument(help=COMMANDS["folder_argument"])],
    every: Annotated[float, typer.Option("--every", min=0.1, max=3600, help=COMMANDS["every_option"])] = 5.0,
    corpus: CorpusOption = None,
    index: IndexOption = None,
) -> None:
    """Add and publish whatever is put in a folder, until interrupted."""
    if not folder.is_dir():
        fail(COMMANDS["no_source"].format(path=folder))
    collection = Collection(corpus or load_settings().corpus_dir)
    looking = Watch(folder)
    say(COMMANDS["watching"].format(path=folder))
    while True:
        _take_in(collection, looking.ripe(), index)
        time.sleep(every)


def _take_in(collection: Collection, files: Sequence[Path], index: Path | None) -> None:
    """Add files and publish; whatever goes wrong is said, and the watch goes on."""
    changed = False
    for file in files:
        try:
            brought = collection.add(file)
        except (RaError, OSError) as error:
            complain(_sentence(error, collection.root))
        else:
            tell(brought)
            changed = changed or brought.arrival is not Arrival.KNOWN
    if changed:
        try:
            prepared = published(publisher_of(collection.root, index, None))
        except RaError as error:
            complain(wording.sentence_of(error))
        except typer.Exit:
            return
        else:
            passages = wording.count(prepared.passages, "passage", "passages")
            documents = wording.count(prepared.documents, "document", "documents")
            say(
                COMMANDS["published"].format(
                    documents=documents,
                    passages=passages,
                    embedded=wording.count(prepared.embedded, "nouveau calcul", "nouveaux calculs"),
                    build=prepared.build_id,
                )
            )


def _sentence(error: RaError | OSError, root: Path) -> str:
    if isinstance(error, RaError):
        return wording.sentence_of(error)
    return COMMANDS["not_written"].format(reason=system_reason(error), path=root)


def tell(brought: Brought) -> None:
    """Say what became of a document, and what its publisher should know of it."""
    template = COMMANDS[f"arrival_{brought.arrival}"]
    if brought.extraction is None:
        say(template.format(path=brought.path))
        return
    document = brought.extraction.document
    year = document.year or COMMANDS["year_none"]
    say(template.format(title=document.title, year=year, path=brought.path))
    complain_of((), ((brought.path, notice) for notice in brought.extraction.notices))


def _files(sources: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for source in sources:
        if not source.exists():
            fail(COMMANDS["no_source"].format(path=source))
        found = readable_below(source)
        if not found:
            fail(COMMANDS["nothing_readable"].format(path=source))
        files.extend(found)
    return files


def _recognised(collection: Collection, file: Path, said: Said) -> Brought:
    """Bring a file whose scanned pages get a text; a file that is no PDF comes as it is."""
    if file.suffix.lower() != ".pdf":
        return _brought(collection, file, said)
    known = collection.recognised_from(file)
    if known is not None:
        return Brought(Arrival.KNOWN, known, None)
    say(COMMANDS["recognising"].format(path=file))
    with tempfile.TemporaryDirectory() as room:
        readable = Path(room) / file.name
        recognising.recognise(file, readable)
        brought = _brought(collection, readable, said, file)
    complain(COMMANDS["recognised"])
    return brought


def _brought(collection: Collection, file: Path, said: Said, scanned: Path | None = None) -> Brought:
    if sys.stdin.isatty() and sys.stdout.isatty():
        said = _asked(collection.read(file), said)
    return collection.add(file, said, scanned)


def _asked(document: Document, said: Said) -> Said:
    """Ask what was not given, what was read or guessed being proposed."""
    title, year, publisher = said.title, said.year, said.publisher
    if title is None:
        typed = _typed("ask_title", document.title)
        title = typed if typed != document.title else None
    if year is None:
        year = _asked_year(document)
    if publisher is None:
        found = document.publisher or ""
        typed = _typed("ask_publisher", found)
        publisher = typed if typed != found else None
    return replace(said, title=title, year=year, publisher=publisher)


def _typed(key: str, proposed: str) -> str:
    typed: str = typer.prompt(
        COMMANDS[key], default=proposed, show_default=bool(proposed), prompt_suffix="\u00a0: "
    )
    return typed.strip()


def _asked_year(document: Document) -> int | None:
    proposed = str(document.year or COMMANDS["none"])
    while True:
        typed = _typed("ask_year", proposed)
        if typed == proposed:
            return None
        if _YEAR.fullmatch(typed):
            return int(typed)
        complain(COMMANDS["bad_year"])


def _year(text: str | None) -> int | None:
    if text is None:
        return None
    if not _YEAR.fullmatch(text):
        fail(COMMANDS["bad_year"])
    return int(text)


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        fail(COMMANDS["not_written"].format(reason=system_reason(error), path=root))

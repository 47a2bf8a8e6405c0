"""Reads the files of a corpus into documents: Markdown, plain text, web pages, PDF, Word, OpenDocument.

Each format has its own module, imported when a file of that format is read. Beside a file, a note
named like it with `.yaml` added (`rapport.pdf.yaml`) may say title, year, publisher, source, kind.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ra_assistant.errors import UnreadableDocument
from ra_assistant.french.lexicon import STOP_WORDS
from ra_assistant.french.words import fold
from ra_assistant.reading.admission import MAX_FILE_BYTES, READABLE_SUFFIXES, name_below, read_admitted
from ra_assistant.reading.assembling import Described, Draft
from ra_assistant.reading.frontmatter import note_of, prefer, read_note
from ra_assistant.reading.identity import (
    by_slug,
    document_id,
    guess_year,
    sensible_title,
    slug_of,
    title_from_name,
)
from ra_assistant.types import Document, DocumentKind, Extraction, Notice

__all__ = ["MAX_FILE_BYTES", "READABLE_SUFFIXES", "FileLoader", "note_of", "read_corpus_paths"]

MIN_CHARS_WITH_HEADINGS = 3000
"""Length from which a text without any heading is worth a notice: about a printed page."""

LANGUAGE_CHARS = 20_000
MIN_LANGUAGE_WORDS = 60
FRENCH_SHARE = 0.12
"""Share of words that are French tools alone. Eight French reports: 0.20 to 0.33; English, Spanish: below 0.06."""
_SHARED = frozenset({"a", "de", "en", "la", "un"})
"""French tools that are those of its neighbours as well."""

_NOT_A_REPORT = re.compile(r"(?:\..*|~\$.*|(?:readme|lisez[ _-]?moi)(?![a-z]).*)", re.IGNORECASE)


class FileLoader:
    """Reads files of every supported format; implements `ports.Loader`."""

    def __init__(self, paths: Sequence[Path] | None = None) -> None:
        """Take `paths` for the corpus, all below one root; None looks for the files of the root at each reading."""
        self._paths = paths
        self._alike: dict[str, list[str]] | None = None

    def load(self, path: Path, root: Path) -> Extraction:
        """Return what reading `path`, which lies below `root`, gave.

        Raises:
            UnreadableDocument: the file cannot be read; `reason` says why.
        """
        name = name_below(path, root)
        data = read_admitted(path, name)
        note = read_note(path, name)
        draft = _reader(path.suffix.lower())(data, name)
        if not any(map(str.isalnum, draft.text)):
            raise UnreadableDocument(name, "empty", f"{name}: no letter of text; expected a report")
        return _extraction(draft, prefer(draft.said, note), *self._identity(name, root))

    def identity(self, path: Path, root: Path) -> tuple[str, str]:
        """Return the path of a file below `root`, and the identifier of the document that it gives.

        Raises:
            UnreadableDocument: it does not lie there.
        """
        return self._identity(name_below(path, root), root)

    def _identity(self, name: str, root: Path) -> tuple[str, str]:
        return name, document_id(name, self._namesakes(name, root))

    def _namesakes(self, name: str, root: Path) -> Sequence[str]:
        """Return the paths of the corpus that have the slug of `name`."""
        if self._paths is None:
            return by_slug(_names(read_corpus_paths(root), root)).get(slug_of(name), ())
        if self._alike is None:
            self._alike = by_slug(_names(self._paths, root))
        return self._alike.get(slug_of(name), ())


def _names(paths: Iterable[Path], root: Path) -> Iterator[str]:
    return (path.relative_to(root).as_posix() for path in paths)


def read_corpus_paths(root: Path) -> list[Path]:
    """Return the files below `root` that can be read, sorted by path.

    Hidden files and directories, read-me files, lock files of office programs and files of other
    formats (question books, notes) are left out.
    """
    found: list[Path] = []
    # A directory that vanishes under way, as the ones of documents on their way in do, is passed over.
    for place, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return sorted(
        path
        for path in found
        if path.suffix.lower() in READABLE_SUFFIXES and not _NOT_A_REPORT.fullmatch(path.name)
    )


def _reader(suffix: str) -> Callable[[bytes, str], Draft]:
    """Return the function that reads files with `suffix`; imports the library that it stands on."""
    if suffix == ".txt":
        from ra_assistant.reading import plain

        return plain.read
    if suffix == ".md":
        from ra_assistant.reading import markdown

        return markdown.read
    if suffix == ".pdf":
        from ra_assistant.reading import pdf

        return pdf.read
    if suffix == ".docx":
        from ra_assistant.reading import docx

        return docx.read
    if suffix == ".odt":
        from ra_assistant.reading import odt

        return odt.read
    from ra_assistant.reading import html

    return html.read


def _extraction(draft: Draft, said: Described, name: str, identifier: str) -> Extraction:
    """Return the draft with its identity, and the notices of what had to be guessed."""
    title = said.title or sensible_title(draft.seen.title)
    guessed = guess_year(title or "", name, draft.opening) or draft.seen.year
    year = guessed if said.year is None else said.year or None
    document = Document(
        id=identifier,
        path=name,
        title=title or title_from_name(name),
        year=year,
        kind=DocumentKind(said.kind or DocumentKind.ORIGINAL),
        source_url=said.source_url or draft.seen.source_url,
        text=draft.text,
        publisher=said.publisher or draft.seen.publisher,
        page_starts=draft.page_starts,
        page_labels=draft.page_labels,
        sections=draft.sections,
        blocks=draft.blocks,
    )
    is_dated = document.year is not None or said.year is not None
    notices = (*draft.notices, *_notices(document, is_title_guessed=title is None, is_dated=is_dated))
    return Extraction(document=document, notices=notices, runs=draft.runs)


def _notices(document: Document, *, is_title_guessed: bool, is_dated: bool) -> tuple[Notice, ...]:
    notices: list[Notice] = []
    if is_title_guessed:
        notices.append(Notice("title_guessed", detail=document.title))
    if not is_dated:
        notices.append(Notice("year_unknown"))
    if len(document.text) >= MIN_CHARS_WITH_HEADINGS and not any(
        section.path for section in document.sections
    ):
        notices.append(Notice("no_heading"))
    if not _seems_french(document.text):
        notices.append(Notice("other_language"))
    return tuple(notices)


def _seems_french(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", fold(text[:LANGUAGE_CHARS]))
    tools = sum(word in STOP_WORDS and word not in _SHARED for word in words)
    return len(words) < MIN_LANGUAGE_WORDS or tools >= FRENCH_SHARE * len(words)

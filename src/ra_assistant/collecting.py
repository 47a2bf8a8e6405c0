"""Bringing documents into the corpus directory: what they are, whether they are known, one replacement a file.

A document is read in a hidden directory of the corpus before it comes in: what cannot be read never does.
What it replaces, and what is removed, is kept aside (`corpus_files.Shelf`).
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

import yaml

from ra_assistant.builds import source_hash
from ra_assistant.corpus_files import Shelf, arrive, digest_of, drop, note_of, same
from ra_assistant.errors import ReportUnknown, SaysOtherwise, UnreadableDocument
from ra_assistant.french.words import fold
from ra_assistant.reading import READABLE_SUFFIXES, FileLoader, read_corpus_paths
from ra_assistant.reading.identity import slug_of
from ra_assistant.types import Document, Extraction

INCOMING = ".incoming"
SCANNED = ".scanned"
"""Originals of the documents whose characters were recognised."""
MAX_STEM_CHARS = 100
MAX_FILE_BYTES = 200 * 1024 * 1024
_BLOCK_BYTES = 1024 * 1024


class Arrival(StrEnum):
    """What became of a document that was brought."""

    NEW = "new"
    REPLACES = "replaces"
    """A new version of a report that is known."""
    KNOWN = "known"
    """The same content is there already: nothing was done."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the publisher says of a document; None leaves it to the document, or to a guess."""

    title: str | None = None
    year: int | None = None
    publisher: str | None = None
    source_url: str | None = None
    kind: str | None = None
    replaces: str | None = None
    """Path below the corpus of the report that this one replaces; None to find it by title and year."""

    @property
    def note(self) -> dict[str, object]:
        """The note to write beside the file; empty when nothing was said."""
        said = {
            "title": self.title,
            "year": self.year,
            "publisher": self.publisher,
            "source": self.source_url,
            "kind": self.kind,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Brought:
    """One document that was brought."""

    arrival: Arrival
    path: str
    """Where it is below the corpus directory."""
    extraction: Extraction | None
    """What was read of it; None when it was known."""
    replaced: str | None = None
    """The path that it took the place of."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of the files of a corpus that was put back as it was."""

    aside: tuple[str, ...]
    """Paths that came in since, now kept aside."""
    back: tuple[str, ...]
    """Paths that hold again what they held."""
    lost: tuple[str, ...]
    """Paths whose content of then is not kept: nothing was done to them."""


class Staged:
    """A document that was read beside the corpus and has not come in."""

    def __init__(self, file: Path, extraction: Extraction, digest: str) -> None:
        self.file = file
        self.extraction = extraction
        self.digest = digest


class Collection:
    """The documents below one corpus directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._loader = FileLoader()
        self._shelf = Shelf(root)

    def add(self, source: Path, said: Said | None = None, scanned: Path | None = None) -> Brought:
        """Bring one file; `scanned` is what it was before its characters were recognised, which is kept aside.

        Raises:
            UnreadableDocument: it cannot be read; the corpus is untouched.
            SaysOtherwise: the file itself says something else than `said`.
            ReportUnknown: the report that it should replace is not there.
            OSError: the corpus directory cannot be written.
        """
        said = said or Said()
        with self._alone(), self._staged(source, said) as staged:
            brought = self._admit(staged, said)
            if scanned is not None:
                aside = self.root / SCANNED / brought.path
                aside.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(scanned, aside)
            return brought

    def recognised_from(self, scanned: Path) -> str | None:
        """Return the path of the document whose characters were recognised in that file; None for none."""
        digest, below = digest_of(scanned), self.root / SCANNED
        for path in sorted(below.rglob("*.pdf")):
            name = path.relative_to(below).as_posix()
            if (self.root / name).is_file() and digest_of(path) == digest:
                return name
        return None

    def add_page(self, name: str, page: bytes, said: Said | None = None) -> Brought:
        """Bring a page of the web, kept at the path `name`: the one that its address has, whatever it says.

        What was said of it before holds until something else is said.

        Raises:
            UnreadableDocument, SaysOtherwise, OSError: as `add`.
        """
        said = said or Said()
        with self._alone(), self._room() as room:
            file, target = room / name, self.root / name
            file.parent.mkdir(parents=True)
            file.write_bytes(page)
            note, former_note = note_of(file), note_of(target)
            if said.note:
                note.write_text(_yaml(said.note), encoding="utf-8")
            elif former_note.is_file():
                shutil.copyfile(former_note, note)
            extraction = self._loader.load(file, room)
            _agree(extraction.document, said)
            if same(file, target) and same(note, former_note):
                return Brought(Arrival.KNOWN, name, None)
            is_known = target.is_file()
            if is_known:
                self._shelf.keep(target)
            target.parent.mkdir(parents=True, exist_ok=True)
            arrive(note, former_note)
            arrive(file, target)
            arrival = Arrival.REPLACES if is_known else Arrival.NEW
            return Brought(arrival, name, extraction, name if is_known else None)

    def read(self, source: Path) -> Document:
        """Read a file where it is, to see what it says of itself; the corpus is untouched.

        Raises:
            UnreadableDocument: it cannot be read.
        """
        return self._loader.load(source, source.absolute().parent).document

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one thread of one process at a time change the corpus; the lock ends with its holder."""
        self.root.mkdir(parents=True, exist_ok=True)
        directory = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.flock(directory, fcntl.LOCK_EX)
            yield
        finally:
            os.close(directory)

    @contextmanager
    def _staged(self, source: Path, said: Said) -> Iterator[Staged]:
        """Copy a file beside the corpus and read it."""
        with self._room() as room:
            file = room / clean_name(source.name)
            digest = _copy(source, file)
            if said.note:
                note_of(file).write_text(_yaml(said.note), encoding="utf-8")
            extraction = self._loader.load(file, room)
            _agree(extraction.document, said)
            yield Staged(file, extraction, digest)

    @contextmanager
    def _room(self) -> Iterator[Path]:
        """Make room beside the corpus; it goes at the end, and what a killed process left in it before."""
        room = self.root / INCOMING
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir()
        try:
            yield room
        finally:
            shutil.rmtree(room, ignore_errors=True)

    def _admit(self, staged: Staged, said: Said) -> Brought:
        """Let a staged document into the corpus, in the place of the version that is known, if any."""
        twin = self._same_content(staged.digest)
        note = note_of(staged.file)
        if twin is not None and not note.is_file():
            return Brought(Arrival.KNOWN, self._name(twin), None)
        former = twin or self._former(staged.extraction.document, said.replaces)
        target = former if former and former.suffix == staged.file.suffix else self._free(staged.file.name)
        if former is not None:
            self._shelf.keep(former)
        arrive(note, note_of(target))
        arrive(staged.file, target)
        if former is not None and former != target:
            drop(former)
        arrival = Arrival.NEW if former is None else Arrival.REPLACES
        return Brought(arrival, self._name(target), staged.extraction, self._name(former) if former else None)

    def remove(self, name: str) -> str:
        """Take the report of that path or title out of the corpus, and keep it aside; return its path.

        Raises:
            ReportUnknown: none has it, or several have it.
        """
        with self._alone():
            found = self._named(name)
            self._shelf.keep(found)
            drop(found)
            return self._name(found)

    def restore(self, sources: Mapping[str, str]) -> Restored:
        """Put the directory back as it was when it held `sources`; what came in since is kept aside.

        Args:
            sources: hash of each document of then, by path (`builds.source_hash`).

        Raises:
            OSError: the corpus directory cannot be written.
        """
        back, lost = [], []
        with self._alone(), self._room() as room:
            there = {self._name(path): path for path in read_corpus_paths(self.root)}
            for name, digest in sources.items():
                is_of_then = partial(_has_hash, digest)
                if name in there and is_of_then(there[name]):
                    continue
                former = self._shelf.find(name, is_of_then)
                if former is None:
                    lost.append(name)
                    continue
                self._bring_back(former, self.root / name, room)
                back.append(name)
            newer = [name for name in there if name not in sources]
            for name in newer:
                self._shelf.keep(there[name])
                drop(there[name])
        return Restored(tuple(newer), tuple(back), tuple(lost))

    def _bring_back(self, former: Path, target: Path, room: Path) -> None:
        file = room / target.name
        shutil.copy2(former, file)
        if note_of(former).is_file():
            shutil.copy2(note_of(former), note_of(file))
        if target.is_file():
            self._shelf.keep(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        note_of(target).unlink(missing_ok=True)
        arrive(note_of(file), note_of(target))
        arrive(file, target)

    def files(self) -> list[str]:
        """Return the paths of the documents below the corpus directory."""
        return [self._name(path) for path in read_corpus_paths(self.root)]

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _same_content(self, digest: str) -> Path | None:
        return next((path for path in read_corpus_paths(self.root) if digest_of(path) == digest), None)

    def _former(self, document: Document, replaces: str | None) -> Path | None:
        if replaces is not None:
            return self._named(replaces)
        for path, other in self._documents():
            same_name = path.name == document.path and other.year == document.year
            if same_name or _identity(other) == _identity(document):
                return path
        return None

    def _documents(self) -> Iterator[tuple[Path, Document]]:
        for path in read_corpus_paths(self.root):
            with suppress(UnreadableDocument):
                yield path, self._loader.load(path, self.root).document

    def _named(self, name: str) -> Path:
        paths = read_corpus_paths(self.root)
        found = [path for path in paths if name in {self._name(path), path.name}]
        if not found:
            found = [path for path, document in self._documents() if fold(document.title) == fold(name)]
        if len(found) != 1:
            raise ReportUnknown(
                f"{name!r}: {len(found)} reports; expected one of {self.files()}",
                name=name,
                reason="several" if found else "unknown",
            )
        return found[0]

    def _free(self, name: str) -> Path:
        stem, suffix = Path(name).stem, Path(name).suffix
        target, number = self.root / name, 2
        while target.exists():
            target, number = self.root / f"{stem}-{number}{suffix}", number + 1
        return target


def readable_below(source: Path) -> list[Path]:
    """Return the files that a source names: itself, or those that can be read below a directory."""
    return read_corpus_paths(source) if source.is_dir() else [source]


def clean_name(name: str) -> str:
    """Return a file name of plain letters, figures and hyphens, short enough for every system."""
    suffix = Path(name).suffix.lower()
    if suffix not in READABLE_SUFFIXES:
        suffix = re.sub(r"[^.a-z0-9]", "", suffix)[:10]
    stem = re.sub(r"['\u2019\u02bc]", " ", Path(name).stem)
    return slug_of(stem)[:MAX_STEM_CHARS].strip("-") + suffix


def _copy(source: Path, target: Path) -> str:
    """Copy a file and return its SHA-256.

    Raises:
        UnreadableDocument: `vanished`, `too_large`, or `changing`: it was written while it was copied.
    """
    name = source.name
    try:
        before = source.stat()
        if not source.is_file():
            raise UnreadableDocument(name, "vanished", f"{source}: not a file")
        if before.st_size > MAX_FILE_BYTES:
            raise UnreadableDocument(name, "too_large", f"{source}: {before.st_size} bytes")
        with source.open("rb") as reading:
            with target.open("wb") as writing:
                shutil.copyfileobj(reading, writing, _BLOCK_BYTES)
            after = os.fstat(reading.fileno())
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise UnreadableDocument(name, "vanished", f"{source}: {error}") from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UnreadableDocument(name, "changing", f"{source}: changed while it was read")
    return digest_of(target)


def _has_hash(digest: str, path: Path) -> bool:
    return source_hash(path) == digest


def _yaml(note: dict[str, object]) -> str:
    return yaml.safe_dump(note, allow_unicode=True, sort_keys=False)


def _agree(document: Document, said: Said) -> None:
    """Check that the document says what the publisher said: a file's own front matter comes first.

    Raises:
        SaysOtherwise: it does not.
    """
    pairs = (
        ("title", said.title and " ".join(said.title.split()), document.title),
        ("year", said.year, document.year),
        ("publisher", said.publisher and " ".join(said.publisher.split()), document.publisher),
    )
    for name, wanted, found in pairs:
        if wanted is not None and wanted != found:
            raise SaysOtherwise(
                f"{name}: {wanted!r} given, {found!r} in the file; correct the file",
                field=name,
                found=found,
                wanted=wanted,
            )


def _identity(document: Document) -> tuple[object, ...]:
    """Return what two versions of one report share: their title, letters only, and their year."""
    return re.sub(r"[^a-z0-9]+", " ", fold(document.title)).strip(), document.year

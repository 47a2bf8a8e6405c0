"""Builds of the index on disk: one directory each, never edited, and a pointer to the one in service.

index/
├── current             the id of the build in service, then of those that were, newest first, one a line
├── current.copy        the same, for the day when `current` is damaged
├── name                eight figures and letters that tell this index from others on a shared Chroma server
├── checks/<id>.json     what the checks said of a build, written before it may be put in service
├── cache/               vectors by the hash of their text, documents by that of their file
└── builds/<id>/
    ├── manifest.json       written last: what the build is made of, and the hash of every other file
    ├── documents.jsonl     the documents as they were read
    ├── passages.jsonl      their passages, in index order
    ├── vectors.npy         the passages' unit vectors, float32, shape (passages, dimension)
    ├── sentences.npy       their sentences' unit vectors, float16, shape (sentences, dimension)
    ├── lexical/            the BM25 index
    └── chroma/             the Chroma collection, unless a server holds it
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from ra_assistant.errors import IndexDamaged, IndexMissing, IndexOutdated, PublishingBusy, StoreError

FORMAT = 4
"""Raised when an index of the former format can no longer be read."""
POINTER = "current"
POINTER_COPY = "current.copy"
LOCK = ".lock"
NAME = "name"
MANIFEST = "manifest.json"
MAX_SOURCE_BYTES = 200 * 1024 * 1024
"""Size of a file of the corpus above which no reader admits it (`reading.admission`)."""
KEPT_BUILDS = 3
REMEMBERED_BUILDS = 10
"""How many builds the pointer names, those that are gone included."""
_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}")
_STAMP = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a build is made of."""

    build_id: str
    created_at: str
    """ISO 8601, UTC."""
    embedding: str
    """Fingerprint of the embedding profile: another one means other vectors."""
    dimension: int
    sources: dict[str, str]
    """SHA-256 of each file of the corpus, by path below the corpus directory."""
    expected_passages: int
    stored_passages: int
    documents: int
    versions: dict[str, str]
    fusion: dict[str, float]
    """How BM25 and the vectors are put together: `retrieval.Fusion`'s fields."""
    format: int = FORMAT
    collection: str = ""
    """Name of its collection on a Chroma server; empty when it is in the build's own directory."""
    notes: str = ""
    """Hash of the notes beside the sources; empty when there is none."""
    threshold: float | None = None
    """Probability under which questions are refused; None for the fitted model's own."""
    calibration: dict[str, Any] = field(default_factory=dict)
    """What `fusion` and `threshold` were measured on and what it gave; empty when nothing was measured here."""
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each other file of the build, by path below its directory."""


def new_build_id(after: Iterable[str] = ()) -> str:
    """Return an id that sorts after those given, even within one second and when the clock went back."""
    stamp = f"{datetime.now(UTC):{_STAMP}}"
    last = max((name[:15] for name in after if _ID.fullmatch(name)), default="")
    if last >= stamp:
        later = datetime.strptime(last, _STAMP).replace(tzinfo=UTC) + timedelta(seconds=1)
        stamp = f"{later:{_STAMP}}"
    return f"{stamp}-{secrets.token_hex(3)}"


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal; of an SQLite file, that of its rows."""
    if path.suffix == ".sqlite3":
        return _rows_hash(path)
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def source_hash(path: Path) -> str:
    """Return the SHA-256 of a file of the corpus; of one that is too large to be read, its size and its time."""
    found = path.stat()
    if found.st_size > MAX_SOURCE_BYTES:
        return f"unread-{found.st_size}-{found.st_mtime_ns}"
    return file_hash(path)


def notes_hash(paths: Iterable[Path]) -> str:
    """Return one hash of the notes beside files of the corpus (`rapport.pdf.yaml`); empty when none has one."""
    notes = [path.with_name(f"{path.name}.yaml") for path in paths]
    digest = sha256()
    found = [note for note in sorted(notes) if note.is_file()]
    for note in found:
        try:
            found_hash = source_hash(note)
        except OSError:
            found_hash = "unreadable"
        digest.update(os.fsencode(note.name) + f"\0{found_hash}\0".encode())
    return digest.hexdigest() if found else ""


def _rows_hash(path: Path) -> str:
    """Hash every stored row of a database, save the one that Chroma adds each time it opens it.

    The bytes of the file change at each opening (table `acquire_write`), its contents must not.
    SQLite's own check sees to what holds no row: the indexes and the tree of pages.
    """
    digest = sha256()
    with contextlib.closing(
        sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    ) as database:
        tables = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name <> 'acquire_write'"
            " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
        )
        digest.update(repr(database.execute("PRAGMA integrity_check").fetchall()).encode())
        for name, definition in tables.fetchall():
            digest.update(f"{name}\x1f{definition}\x1e".encode())
            quoted = name.replace('"', '""')
            for row in database.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608 - a table's own name
                digest.update(repr(row).encode())
    return digest.hexdigest()


class BuildStore:
    """The builds below one index directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def directory(self, build_id: str) -> Path:
        """Return where the build `build_id` is or would be."""
        return self.root / "builds" / build_id

    def collection_prefix(self) -> str:
        """Return what the names of this index's collections begin with on a Chroma server, which others may use.

        It is drawn once. Call it under the publisher's lock the first time.
        """
        path = self.root / NAME
        if not path.is_file():
            self.root.mkdir(parents=True, exist_ok=True)
            write_durably(path, secrets.token_hex(4))
        return f"ra-{path.read_text(encoding='utf-8').strip()}-"

    def begin(self) -> tuple[str, Path]:
        """Make the directory of a new build; return its id and path."""
        build_id = new_build_id(path.name for path in self.root.glob("builds/*"))
        directory = self.directory(build_id)
        directory.mkdir(parents=True)
        return build_id, directory

    def seal(self, manifest: Manifest) -> Manifest:
        """Hash the build's files, write its manifest and force everything to disk."""
        directory = self.directory(manifest.build_id)
        files = {path.relative_to(directory).as_posix(): file_hash(path) for path in _files(directory)}
        sealed = Manifest(**{**asdict(manifest), "files": files})
        for path in _files(directory):
            _sync(path)
        write_durably(directory / MANIFEST, json.dumps(asdict(sealed), ensure_ascii=False, indent=1))
        _sync(directory)
        return sealed

    def switch(self, build_id: str) -> None:
        """Put a build in service: one atomic replacement of the pointer."""
        former = [name for name in self.served_ids() if name != build_id]
        lines = "".join(f"{name}\n" for name in [build_id, *former][:REMEMBERED_BUILDS])
        write_durably(self.root / POINTER, lines)
        _sync(self.root)
        with contextlib.suppress(OSError):  # the build is in service; an old copy names the one before it
            write_durably(self.root / POINTER_COPY, lines)
            _sync(self.root)

    def current_id(self) -> str:
        """Return the id of the build in service.

        Raises:
            IndexMissing: no build was ever put in service.
            IndexDamaged: the pointer is not a list of builds.
        """
        return self._pointed(POINTER)[0]

    def served_manifest(self) -> Manifest | None:
        """Return the manifest of the build in service; None when there is none, or it cannot be read."""
        with contextlib.suppress(StoreError):
            return self.manifest(self.current_id())
        return None

    def pointer_stamp(self) -> object:
        """Return a value that changes when the pointer is replaced; None when there is none."""
        try:
            found = (self.root / POINTER).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def served_ids(self) -> list[str]:
        """Return the builds that are or were in service, newest first, from whichever pointer is sound."""
        for name in (POINTER, POINTER_COPY):
            with contextlib.suppress(StoreError):
                return self._pointed(name)
        return []

    def fallback_ids(self) -> list[str]:
        """Return the builds to serve when the one in service cannot be, best first.

        Those that were in service come first, then those that passed their checks, newest first. Empty when
        nothing was ever put in service.
        """
        if not any((self.root / name).exists() for name in (POINTER, POINTER_COPY)):
            return []
        checked = sorted((path.stem for path in self.root.glob("checks/*.json")), reverse=True)
        sealed = set(self.sealed_ids())
        return [name for name in dict.fromkeys([*self.served_ids(), *checked]) if name in sealed]

    def _pointed(self, name: str) -> list[str]:
        path = self.root / name
        try:
            lines = path.read_text(encoding="utf-8").split()
        except UnicodeDecodeError as error:
            raise IndexDamaged(f"{path}: {error}", path=name) from error
        except OSError as error:
            raise IndexMissing(f"{path}: no build in service; run `ra-assistant index`") from error
        if not lines or not all(_is_name(line) for line in lines):
            raise IndexDamaged(f"{path}: {lines!r} are not build ids", path=name)
        return lines

    def manifest(self, build_id: str) -> Manifest:
        """Read the manifest of a build.

        Raises:
            IndexDamaged: it is missing or unreadable.
            IndexOutdated: it was written in another format.
        """
        path = self.directory(build_id) / MANIFEST
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            found = raw.get("format")
            if found != FORMAT:
                raise IndexOutdated(f"{path}: format {found}, expected {FORMAT}; run `ra-assistant index`")
            manifest = Manifest(**raw)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise IndexDamaged(f"{path}: {error}", path=MANIFEST) from error
        if manifest.build_id != build_id:
            raise IndexDamaged(f"{path}: manifest of {manifest.build_id!r}", path=MANIFEST)
        return manifest

    def verify(self, manifest: Manifest, only: Iterable[str] = ()) -> None:
        """Compare every file of a build with its hash, or those named by `only`.

        Raises:
            IndexDamaged: a file is missing or altered; the first one is named.
        """
        directory = self.directory(manifest.build_id)
        for name in only or manifest.files:
            path, expected = directory / name, manifest.files.get(name, "")
            if not _is_intact(path, expected):
                raise IndexDamaged(f"{path}: missing or altered; run `ra-assistant index`", path=name)

    def sealed_ids(self) -> list[str]:
        """Return the ids of the complete builds, oldest first."""
        return sorted(path.parent.name for path in self.root.glob(f"builds/*/{MANIFEST}"))

    def discard(self, build_id: str) -> None:
        """Remove a build's directory, complete or not."""
        _remove_unheld(self.directory(build_id))

    @contextlib.contextmanager
    def publishing(self) -> Iterator[int]:
        """Let one publisher at a time in; yield the descriptor of the lock, for its child processes.

        The system releases the lock when the last process that has the descriptor ends, however it ends.

        Raises:
            PublishingBusy: another publisher is at work.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / LOCK).open("a") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise PublishingBusy(f"{stream.name}: another publisher is at work; wait for it") from error
            yield stream.fileno()

    def note_checks(self, build_id: str, text: str) -> None:
        """Keep what the checks said of a sealed build, as JSON."""
        path = self.root / "checks" / f"{build_id}.json"
        path.parent.mkdir(exist_ok=True)
        write_durably(path, text)

    def read_checks(self, build_id: str) -> str:
        """Return what `note_checks` kept.

        Raises:
            OSError: nothing was kept.
        """
        return (self.root / "checks" / f"{build_id}.json").read_text(encoding="utf-8")

    def prune(self, kept: int = KEPT_BUILDS, spared: Iterable[str] = ()) -> None:
        """Remove all but `kept` complete builds: the one in service, then those that were, then the newest.

        A build that a process still reads stays until a later call. Call it under the publisher's lock:
        what is unfinished belongs to nobody.
        """
        sealed = self.sealed_ids()
        served = [name for name in self.served_ids() if name in sealed]
        ranked = list(dict.fromkeys([*served, *reversed(sealed)]))
        keep = {*ranked[:kept], *spared}
        for leftover in self.root.glob(f".{POINTER}*"):
            leftover.unlink(missing_ok=True)
        for directory in self.root.glob("builds/*"):
            if directory.name not in keep:
                _remove_unheld(directory)
        for note in self.root.glob("checks/*"):
            if not self.directory(note.stem).is_dir():
                note.unlink(missing_ok=True)


@contextlib.contextmanager
def held(directory: Path) -> Iterator[None]:
    """Keep a build from being removed by another process; a lock of the system, gone with the process.

    Raises:
        IndexDamaged: the directory is not there, or is being removed.
    """
    with contextlib.ExitStack() as stack:
        try:
            descriptor = os.open(directory, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            raise IndexDamaged(f"{directory}: {error}", path=directory.name) from error
        yield


def _remove_unheld(directory: Path) -> None:
    """Remove a build that no process holds; its manifest first, so that what is left of it is unfinished."""
    with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        stack.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (directory / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(directory, ignore_errors=True)


def _is_name(text: str) -> bool:
    return "/" not in text and not text.startswith(".")


def _is_intact(path: Path, expected: str) -> bool:
    try:
        return path.is_file() and file_hash(path) == expected
    except (OSError, sqlite3.Error):
        return False


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in sorted(directory.rglob("*")) if path.is_file() and path.name != MANIFEST)


def write_durably(path: Path, text: str) -> None:
    """Replace a file so that a reader, or a cut at any moment, finds the old or the new one whole."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

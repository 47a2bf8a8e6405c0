"""Builds of the index on disk: one directory each, never edited, and a pointer to the one in service.

index/
├── current             the id of the build in service, one line
└── builds/<id>/
    ├── manifest.json       written last: what the build is made of, and the hash of every other file
    ├── documents.jsonl     the documents as they were read
    ├── passages.jsonl      their passages, in index order
    ├── vectors.npy         the passages' unit vectors, float32, shape (passages, dimension)
    ├── sentences.npy       their sentences' unit vectors, float16, shape (sentences, dimension)
    ├── lexical/            the BM25 index
    └── chroma/             the Chroma collection
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ra_assistant.errors import IndexDamaged, IndexMissing, IndexOutdated
from ra_assistant.types import Block, BlockKind, Document, DocumentKind, Passage, Section, Span

FORMAT = 3
"""Raised when an index of the former format can no longer be read."""
POINTER = "current"
MANIFEST = "manifest.json"
KEPT_BUILDS = 3


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
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each other file of the build, by path below its directory."""


def new_build_id() -> str:
    """Return an id that sorts by time of creation."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal; of an SQLite file, that of its rows."""
    if path.suffix == ".sqlite3":
        return _rows_hash(path)
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _rows_hash(path: Path) -> str:
    """Hash every stored row of a database, save the one that Chroma adds each time it opens it.

    The bytes of the file change at each opening (table `acquire_write`), its contents must not.
    SQLite's own check sees to what holds no row: the indexes and the tree of pages.
    """
    digest = sha256()
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
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

    def begin(self) -> tuple[str, Path]:
        """Make the directory of a new build; return its id and path."""
        build_id = new_build_id()
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
        _write_durably(directory / MANIFEST, json.dumps(asdict(sealed), ensure_ascii=False, indent=1))
        _sync(directory)
        return sealed

    def switch(self, build_id: str) -> None:
        """Put a build in service: one atomic replacement of the pointer."""
        _write_durably(self.root / POINTER, build_id + "\n")
        _sync(self.root)

    def current_id(self) -> str:
        """Return the id of the build in service.

        Raises:
            IndexMissing: no build was ever put in service.
        """
        try:
            build_id = (self.root / POINTER).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise IndexMissing(
                f"{self.root / POINTER}: no build in service; run `ra-assistant index`"
            ) from error
        if not build_id or "/" in build_id or build_id.startswith("."):
            raise IndexDamaged(f"{self.root / POINTER}: {build_id!r} is not a build id", path=POINTER)
        return build_id

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
            return Manifest(**raw)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise IndexDamaged(f"{path}: {error}", path=MANIFEST) from error

    def verify(self, manifest: Manifest) -> None:
        """Compare every file of a build with its hash.

        Raises:
            IndexDamaged: a file is missing or altered; the first one is named.
        """
        directory = self.directory(manifest.build_id)
        for name, expected in manifest.files.items():
            path = directory / name
            if not _is_intact(path, expected):
                raise IndexDamaged(f"{path}: missing or altered; run `ra-assistant index`", path=name)

    def sealed_ids(self) -> list[str]:
        """Return the ids of the complete builds, oldest first."""
        return sorted(path.parent.name for path in self.root.glob(f"builds/*/{MANIFEST}"))

    def discard(self, build_id: str) -> None:
        """Remove a build's directory, complete or not."""
        shutil.rmtree(self.directory(build_id), ignore_errors=True)

    def prune(self, kept: int = KEPT_BUILDS) -> None:
        """Remove unfinished builds and all but the `kept` newest complete ones and the one in service."""
        keep = {*self.sealed_ids()[-kept:], self.current_id()}
        for directory in self.root.glob("builds/*"):
            if directory.name not in keep:
                shutil.rmtree(directory, ignore_errors=True)


def _is_intact(path: Path, expected: str) -> bool:
    try:
        return path.is_file() and file_hash(path) == expected
    except (OSError, sqlite3.Error):
        return False


def write_contents(
    directory: Path,
    documents: Iterable[Document],
    passages: Iterable[Passage],
    vectors: npt.NDArray[np.float32],
    sentence_vectors: npt.NDArray[np.float32],
) -> None:
    """Write our own copy of everything that is served, from which a store can be rebuilt."""
    _write_lines(directory / "documents.jsonl", (asdict(document) for document in documents))
    _write_lines(directory / "passages.jsonl", (asdict(passage) for passage in passages))
    np.save(directory / "vectors.npy", vectors)
    np.save(directory / "sentences.npy", sentence_vectors.astype(np.float16))


def read_contents(directory: Path) -> tuple[list[Document], list[Passage]]:
    """Read what `write_contents` wrote, vectors left aside.

    Raises:
        IndexDamaged: a file is missing or is not what it should be.
    """
    try:
        documents = [_document(raw) for raw in _read_lines(directory / "documents.jsonl")]
        passages = [_passage(raw) for raw in _read_lines(directory / "passages.jsonl")]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise IndexDamaged(f"{directory}: {error}", path=directory.name) from error
    return documents, passages


def read_vectors(directory: Path) -> npt.NDArray[np.float32]:
    """Read the passages' vectors, shape (passages, dimension)."""
    vectors: npt.NDArray[np.float32] = _read_array(directory / "vectors.npy")
    return vectors


def read_sentence_vectors(directory: Path) -> npt.NDArray[np.float16]:
    """Map the sentences' vectors, shape (sentences, dimension), in the order of the passages."""
    vectors: npt.NDArray[np.float16] = _read_array(directory / "sentences.npy", mapped=True)
    return vectors


def _read_array(path: Path, *, mapped: bool = False) -> Any:
    try:
        return np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{path}: {error}", path=path.name) from error


def _document(raw: dict[str, Any]) -> Document:
    return Document(
        **{
            **raw,
            "kind": DocumentKind(raw["kind"]),
            "page_starts": tuple(raw["page_starts"]),
            "page_labels": tuple(raw["page_labels"]),
            "sections": tuple(Section(**{**item, "path": tuple(item["path"])}) for item in raw["sections"]),
            "blocks": tuple(Block(**{**item, "kind": BlockKind(item["kind"])}) for item in raw["blocks"]),
        }
    )


def _passage(raw: dict[str, Any]) -> Passage:
    sentences = tuple(Span(*span) for span in raw["sentences"])
    return Passage(**{**raw, "section_path": tuple(raw["section_path"]), "sentences": sentences})


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in sorted(directory.rglob("*")) if path.is_file() and path.name != MANIFEST)


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def _write_durably(path: Path, text: str) -> None:
    """Replace a file so that a reader, or a cut at any moment, finds the old or the new one whole."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with temporary.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

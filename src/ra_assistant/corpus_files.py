"""The files of a corpus directory: a document and the note beside it, one replacement a file, versions kept aside."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from hashlib import file_digest
from pathlib import Path

REPLACED = ".replaced"
"""Directory of what was replaced or removed, below that of the corpus; it is not read."""
NOTE_SUFFIX = ".yaml"
VERSIONS = 3
"""Versions of one document that are kept aside at most."""


class Shelf:
    """Where the documents of one corpus directory are kept when their place is taken."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, path: Path) -> None:
        """Copy a document and its note aside, beside its former versions, of which the latest are kept."""
        aside = self._root / REPLACED / path.relative_to(self._root)
        aside.parent.mkdir(parents=True, exist_ok=True)
        if aside.is_file() and not same(path, aside):
            _move(aside, aside.with_name(f"{aside.stem}~{digest_of(aside)[:8]}{aside.suffix}"))
        shutil.copy2(path, aside)
        if note_of(path).is_file():
            shutil.copy2(note_of(path), note_of(aside))
        for old in _versions(aside)[VERSIONS:]:
            drop(old)

    def find(self, name: str, is_wanted: Callable[[Path], bool]) -> Path | None:
        """Return the latest version of the document at that path that is wanted; None when none is."""
        return next((path for path in _versions(self._root / REPLACED / name) if is_wanted(path)), None)


def _versions(aside: Path) -> list[Path]:
    """Return the versions of a document that are kept aside, latest first."""
    own = re.compile(rf"{re.escape(aside.stem)}(~[0-9a-f]{{8}})?{re.escape(aside.suffix)}")
    found = [path for path in aside.parent.glob("*") if own.fullmatch(path.name)]
    return sorted(found, key=lambda path: (path == aside, path.stat().st_ctime_ns), reverse=True)


def note_of(path: Path) -> Path:
    """Return where the note about a document is, or would be."""
    return path.with_name(path.name + NOTE_SUFFIX)


def arrive(source: Path, target: Path) -> None:
    """Put a staged file, if there is one, in its place by one replacement, on disk before it has its name."""
    if not source.is_file():
        return
    for path in (source, source.parent):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    source.replace(target)


def drop(path: Path) -> None:
    """Remove a document and its note."""
    path.unlink(missing_ok=True)
    note_of(path).unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def same(first: Path, second: Path) -> bool:
    """Tell whether two files hold the same, or neither exists."""
    if not (first.is_file() and second.is_file()):
        return first.is_file() == second.is_file()
    return digest_of(first) == digest_of(second)


def _move(source: Path, target: Path) -> None:
    """Give a document and its note another name."""
    source.replace(target)
    if note_of(source).is_file():
        note_of(source).replace(note_of(target))

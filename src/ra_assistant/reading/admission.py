"""Decides, before anything is parsed, whether a file may be read at all."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from ra_assistant.errors import UnreadableDocument

READABLE_SUFFIXES = frozenset({".md", ".txt", ".html", ".htm", ".pdf", ".docx", ".odt"})

MAX_FILE_BYTES = 200 * 1024 * 1024
HEADER_BYTES = 1024
"""Where the header of a PDF may stand: readers accept it within the first kilobyte (ISO 32000-2, annex I)."""

_TEXT_SUFFIXES = frozenset({".md", ".txt", ".html", ".htm"})
_BINARY_HEADERS = (
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"{\\rtf",
    b"MZ",
    b"\x7fELF",
)
_PAGE_HEADERS = (b"<!doctype html", b"<html", b"<?xml")


def name_below(path: Path, root: Path) -> str:
    """Return the path of the file below `root`, with forward slashes.

    It is in normal form C where the file can be found so; a name that another system stored in normal
    form D is kept, so that the file can be opened.

    Raises:
        UnreadableDocument: `outside`, the file or what it links to does not lie below `root`; `misnamed`, its
            name is not UTF-8, as one from an old archive may be.
    """
    absolute, base = path.absolute(), root.absolute()
    said = absolute.relative_to(base).as_posix() if absolute.is_relative_to(base) else path.name
    shown = os.fsencode(said).decode(errors="replace")
    if shown != said:
        raise UnreadableDocument(shown, "misnamed", f"{shown}: its name is not UTF-8; rename it")
    if not _lies_below(os.path.realpath(path), os.path.realpath(root)) or not absolute.is_relative_to(base):
        raise UnreadableDocument(path.name, "outside", f"{path}: not below {root}; copy the file there")
    normal = unicodedata.normalize("NFC", said)
    return normal if (base / normal).exists() else said


def _lies_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def read_admitted(path: Path, name: str) -> bytes:
    """Return the bytes of a file whose suffix, size and first bytes allow reading it.

    Raises:
        UnreadableDocument: `unsupported`, `vanished`, `too_large`, `empty` or `mislabelled`.
    """
    suffix = path.suffix.lower()
    if suffix not in READABLE_SUFFIXES:
        expected = ", ".join(sorted(READABLE_SUFFIXES))
        raise UnreadableDocument(
            name, "unsupported", f"{name}: suffix {suffix!r}; expected one of {expected}"
        )
    data = _read(path, name)
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise UnreadableDocument(name, "empty", f"{name}: no content; expected a report")
    if not _fits(suffix, data):
        raise UnreadableDocument(
            name, "mislabelled", f"{name}: content is not what {suffix} says; rename the file"
        )
    return data


def _read(path: Path, name: str) -> bytes:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise UnreadableDocument(name, "vanished", f"{name}: not a file")
        if size > MAX_FILE_BYTES:
            raise UnreadableDocument(
                name, "too_large", f"{name}: {size} bytes; expected at most {MAX_FILE_BYTES}"
            )
        return path.read_bytes()
    except OSError as error:
        raise UnreadableDocument(name, "vanished", f"{name}: {error.strerror or error}") from error


def _fits(suffix: str, data: bytes) -> bool:
    """Return whether the first bytes are those of a file with this suffix."""
    header = data[:HEADER_BYTES]
    if suffix == ".pdf":
        return b"%PDF-" in header
    if suffix in {".docx", ".odt"}:
        return header.startswith((b"PK", b"\xd0\xcf\x11\xe0"))
    is_page = header.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_PAGE_HEADERS)
    is_binary = header.startswith(_BINARY_HEADERS) or b"%PDF-" in header[:16]
    return not is_binary and not (is_page and suffix in _TEXT_SUFFIXES - {".html", ".htm"})

"""Turns the bytes of a text file into characters."""

from __future__ import annotations

import codecs
import unicodedata

from ra_assistant.errors import UnreadableDocument
from ra_assistant.types import Notice

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

_DECLARABLE = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-15": "iso-8859-15",
}
"""Encodings that a page may declare, as browsers understand them (WHATWG Encoding, section 4.2)."""

MAX_CONTROL_SHARE = 0.01
"""Share of control characters above which a file is no text."""


def decode(data: bytes, path: str, declared: str | None = None) -> tuple[str, tuple[Notice, ...]]:
    """Return the text in normal form C, and a notice when its encoding had to be guessed.

    A byte order mark decides and is dropped; else `declared`, else UTF-8, else Windows-1252, the
    encoding that French office software has long written without saying so.

    Raises:
        UnreadableDocument: `mislabelled`, the bytes are no text.
    """
    text, is_guess = _decode(data, declared)
    if _looks_binary(text):
        raise UnreadableDocument(path, "mislabelled", f"{path}: binary content; expected text")
    notices = (Notice("encoding_guessed", detail="Windows-1252"),) if is_guess else ()
    return unicodedata.normalize("NFC", text), notices


def _decode(data: bytes, declared: str | None) -> tuple[str, bool]:
    for mark, marked in _MARKS.items():
        if data.startswith(mark):
            return data.decode(marked, errors="replace").removeprefix("\ufeff"), False
    for encoding in (_DECLARABLE.get((declared or "").lower()), "utf-8"):
        try:
            return data.decode(encoding or "utf-8"), False
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", errors="replace"), True


def _looks_binary(text: str) -> bool:
    """Return whether `text` holds a null or too many control characters."""
    sample = text[:100_000]
    controls = sum(char < " " and char not in "\t\n\r\f\v\x1b\x1a\x1c" for char in sample)
    return "\0" in sample or controls > MAX_CONTROL_SHARE * len(sample)

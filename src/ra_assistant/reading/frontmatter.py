"""Reads what a publisher says of a file: YAML front matter, or a note beside the file.

The note of `rapport.pdf` is named `rapport.pdf.yaml` and has the same keys as front matter: title,
year, publisher, source, kind (`original` or `restated`). Other keys are ignored.
"""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import yaml

from ra_assistant.errors import UnreadableDocument
from ra_assistant.reading.assembling import NO_YEAR, Described
from ra_assistant.types import DocumentKind

NOTE_SUFFIX = ".yaml"
MAX_NOTE_CHARS = 20_000
_OPENED = re.compile(r"---[ \t]*\r?\n(?=\s*(?:[\w\"'-]+[ \t]*:|---))")
"""A line of three hyphens that is followed by a key: a Markdown text may begin with a mere rule."""
_FRONT_MATTER = re.compile(
    _OPENED.pattern + r"(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_NONE = frozenset({"aucune", "sans", "none", "no"})


def split_front_matter(text: str, path: str) -> tuple[Described, str]:
    """Return what the front matter of `text` says, and the text after it.

    Raises:
        UnreadableDocument: `front_matter`, it is not closed, is no YAML mapping or has a wrong value.
    """
    found = _FRONT_MATTER.match(text)
    if found is None:
        if _OPENED.match(text):
            raise _wrong(path, "front matter opened by --- and never closed; expected a second line ---")
        return Described(), text
    return describe(found["yaml"], path), text[found.end() :]


def note_of(path: Path) -> Path | None:
    """Return the note beside `path`; None when there is none, or a link in its place."""
    note = path.with_name(path.name + NOTE_SUFFIX)
    return note if note.is_file() and not note.is_symlink() else None


def read_note(path: Path, name: str) -> Described:
    """Return what the note beside `path` says; nothing when there is none.

    Raises:
        UnreadableDocument: `front_matter`, the note is no YAML mapping or has a wrong value.
    """
    note = note_of(path)
    if note is None:
        return Described()
    try:
        return describe(note.read_bytes()[:MAX_NOTE_CHARS].decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        raise _wrong(name, f"{note.name} is not UTF-8; save it as UTF-8") from error


def describe(source: str, path: str) -> Described:
    """Return what a YAML mapping says.

    Raises:
        UnreadableDocument: `front_matter`, it is no mapping or has a wrong value.
    """
    if len(source) > MAX_NOTE_CHARS:
        raise _wrong(path, f"front matter of {len(source)} characters; expected at most {MAX_NOTE_CHARS}")
    try:
        said = yaml.safe_load(source)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _wrong(path, f"invalid YAML: {error}") from error
    if said is None:
        return Described()
    if not isinstance(said, dict):
        raise _wrong(path, f"front matter is a {type(said).__name__}; expected keys and values")
    return Described(
        title=_words(said, "title", path),
        year=_year(said.get("year"), path),
        publisher=_words(said, "publisher", path),
        source_url=_words(said, "source", path),
        kind=_kind(said.get("kind"), path),
    )


def prefer(first: Described, second: Described) -> Described:
    """Return `first`, its gaps filled from `second`."""
    names = (field.name for field in fields(Described))
    chosen = ((name, getattr(first, name)) for name in names)
    return Described(**{name: getattr(second, name) if said is None else said for name, said in chosen})


def _words(said: dict[object, object], key: str, path: str) -> str | None:
    value = said.get(key)
    if isinstance(value, dict | list):
        raise _wrong(path, f"{key} is a {type(value).__name__}; expected words")
    words = " ".join(str(value).split()) if value is not None else ""
    return words or None


def _year(value: object, path: str) -> int | None:
    if value is None or value == "":
        return None
    if str(value).strip().lower() in _NONE:
        return NO_YEAR
    if isinstance(value, bool) or not _YEAR.fullmatch(str(value).strip()):
        raise _wrong(path, f"year is {value!r}; expected four figures, for example 2023")
    return int(str(value))


def _kind(value: object, path: str) -> str | None:
    if value is None or value == "":
        return None
    if value not in set(DocumentKind):
        raise _wrong(path, f"kind is {value!r}; expected original or restated")
    return str(value)


def _wrong(path: str, message: str) -> UnreadableDocument:
    return UnreadableDocument(path, "front_matter", f"{path}: {message}")

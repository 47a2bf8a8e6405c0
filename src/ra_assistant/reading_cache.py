"""Documents that were read once, kept across builds by their bytes: a corrected report reads itself alone.

What was read depends on the file, the note beside it, its name and identifier, and on the code that read it: another
version of ours, or of a library that reads, reads everything anew.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Iterable
from hashlib import file_digest, sha256
from importlib import metadata, resources
from pathlib import Path

from ra_assistant.blob_cache import BlobCache, key_of
from ra_assistant.contents import document_of, plain
from ra_assistant.errors import UnreadableDocument
from ra_assistant.reading import MAX_FILE_BYTES, FileLoader, note_of
from ra_assistant.types import Extraction, Notice

LIBRARIES = ("lxml", "markdown-it-py", "odfdo", "pypdfium2", "python-docx", "pyyaml", "PyStemmer")
"""Those that read."""
ROOMS = ("reading", "french")
"""Packages of ours that read."""
FORMS = ("types.py", "contents.py")
"""What gives a document its form, and the form it is kept in."""


class RememberingLoader:
    """Reads what no build before has read; implements `ports.Loader`."""

    def __init__(self, loader: FileLoader, directory: Path, fingerprint: str | None = None) -> None:
        """Read with `loader`, and keep what it gives below `directory`.

        Args:
            loader: reads.
            directory: of the caches of an index.
            fingerprint: of the code that reads; that of this installation when None.
        """
        self._loader = loader
        name = (fingerprint or fingerprint_of_code())[:16]
        self._blobs = BlobCache(directory / f"readings-{name}.sqlite3", "readings")
        self._used: list[bytes] = []
        _forget_others(directory, name)

    def load(self, path: Path, root: Path) -> Extraction:
        """Return what reading `path` gave, this time or another; where its letters stand on a page is left out.

        Raises:
            UnreadableDocument: the file cannot be read; `reason` says why.
        """
        name, identifier = self._loader.identity(path, root)
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                return self._loader.load(path, root)
            key = self._key(name, identifier, path)
        except FileNotFoundError as error:
            raise UnreadableDocument(name, "vanished", f"{path}: {error}") from error
        self._used.append(key)
        for _, blob in self._blobs.known([key]):
            raw = json.loads(zlib.decompress(blob))
            return Extraction(document_of(raw["document"]), tuple(Notice(**row) for row in raw["notices"]))
        found = self._loader.load(path, root)
        kept = {"document": found.document, "notices": found.notices}
        text = json.dumps(kept, ensure_ascii=False, default=plain)
        with contextlib.suppress(OSError):  # gone meanwhile
            if self._key(name, identifier, path) == key:  # else it changed while it was read
                self._blobs.remember([(key, zlib.compress(text.encode("utf-8", "surrogatepass"), 1))])
        return Extraction(found.document, found.notices)

    @staticmethod
    def _key(name: str, identifier: str, path: Path) -> bytes:
        return key_of(name, identifier, _digest(path), _digest(note_of(path)))

    def end_round(self) -> None:
        """Note that a build was made of what was read, and forget what none has used for long."""
        self._blobs.end_round(self._used)

    def close(self) -> None:
        """Release the file; what was read is on disk already."""
        self._blobs.close()


def fingerprint_of_code() -> str:
    """Return a hash of the code and the libraries that read."""
    digest = sha256()
    package = resources.files("ra_assistant")
    places = [Path(str(package / room)) for room in ROOMS]
    files = [
        path for place in places for path in place.rglob("*") if path.suffix != ".pyc" and path.is_file()
    ]
    for path in sorted([*files, *(Path(str(package / name)) for name in FORMS)]):
        digest.update(path.name.encode() + path.read_bytes())
    for name in LIBRARIES:
        digest.update(f"{name}={metadata.version(name)}\n".encode())
    return digest.hexdigest()


def _digest(path: Path | None) -> bytes:
    """Return the SHA-256 of a file; nothing for none."""
    if path is None:
        return b""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").digest()


def _forget_others(directory: Path, name: str) -> None:
    """Remove what other code has read: it is never asked for again."""
    others: Iterable[Path] = directory.glob("readings-*.sqlite3")
    for path in others:
        if path.stem != f"readings-{name}":
            path.unlink(missing_ok=True)

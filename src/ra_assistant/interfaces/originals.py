"""The files that the documents in service were read from, found only when they are still the same."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

from ra_assistant.builds import BuildStore, source_hash
from ra_assistant.errors import StoreError
from ra_assistant.interfaces.problems import Refused
from ra_assistant.types import Document

MAX_REMEMBERED = 256
"""Files whose hash is remembered until they change."""


@dataclass(frozen=True, slots=True)
class Original:
    """The file of a document, known to be the one that was read."""

    path: Path
    digest: str
    """SHA-256, in hexadecimal."""


class Originals:
    """Finds the file of a document of one build below the corpus directory."""

    def __init__(self, corpus_dir: Path, index_dir: Path) -> None:
        self._corpus_dir = corpus_dir
        self._builds = BuildStore(index_dir)
        self._hashes: OrderedDict[tuple[object, ...], str] = OrderedDict()
        self._lock = Lock()
        self._sources = lru_cache(maxsize=4)(self._read_sources)

    def find(self, build_id: str, document: Document) -> Original:
        """Return the file of a document; it takes as long as hashing it, once a change.

        Raises:
            Refused: it is gone, or is not the file that was read (404).
        """
        expected = self._sources(build_id).get(document.path, "")
        root = self._corpus_dir.resolve()
        try:
            path = (root / document.path).resolve()
            if not expected or not path.is_relative_to(root) or not path.is_file():
                raise Refused(404, "file_gone")
            digest = self._hash(path)
        except (OSError, ValueError) as error:
            raise Refused(404, "file_gone") from error
        if digest != expected:
            raise Refused(404, "file_changed")
        return Original(path, digest)

    def is_there(self, build_id: str, document: Document) -> bool:
        """Tell whether `find` would return a file."""
        try:
            self.find(build_id, document)
        except Refused:
            return False
        return True

    def _read_sources(self, build_id: str) -> dict[str, str]:
        try:
            return self._builds.manifest(build_id).sources
        except StoreError:
            return {}

    def _hash(self, path: Path) -> str:
        found = path.stat()
        key = (path, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        with self._lock:
            known = self._hashes.get(key)
        if known is not None:
            return known
        digest = source_hash(path)
        with self._lock:
            self._hashes[key] = digest
            while len(self._hashes) > MAX_REMEMBERED:
                self._hashes.popitem(last=False)
        return digest

"""Which files of a watched folder may be taken: those that nobody writes any more."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ra_assistant.reading import read_corpus_paths


class Watch:
    """Says which files of a folder have come to rest since they were last treated."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[Path, tuple[int, int]] = {}
        self._treated: dict[Path, tuple[int, int]] = {}

    def ripe(self) -> list[Path]:
        """Return the files that are as they were at the last call and have not been returned so before.

        Raises:
            OSError: the folder cannot be read.
        """
        found = {path: _stamp(path) for path in read_corpus_paths(self._folder)}
        ripe = [
            path
            for path, stamp in found.items()
            if stamp is not None and self._seen.get(path) == stamp != self._treated.get(path)
        ]
        self._seen = {path: stamp for path, stamp in found.items() if stamp is not None}
        self._treated.update((path, self._seen[path]) for path in ripe)
        return ripe


def _stamp(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        found = path.stat()
        return found.st_size, found.st_mtime_ns
    return None

"""Vectors that were computed once, kept across builds by the hash of their text; one SQLite file a profile.

A build cut half way loses none of them, a damaged file is thrown away: everything in it can be computed
again.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

KEPT_ROUNDS = 10
"""How many builds a text may be absent from before its vector is forgotten."""
_QUERIED = 500
"""Keys asked for at once; SQLite binds at most 999 in old versions."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB, proof BLOB, round INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rounds (number INTEGER PRIMARY KEY);
"""


class VectorCache:
    """Vectors by text, for one embedding profile; one process at a time writes it."""

    def __init__(self, directory: Path, fingerprint: str) -> None:
        """Open, or create, the cache of the profile `fingerprint` below `directory`."""
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / f"{sha256(fingerprint.encode()).hexdigest()[:16]}.sqlite3"
        try:
            self._database = self._opened()
        except sqlite3.DatabaseError:
            self._path.unlink(missing_ok=True)
            self._database = self._opened()
        self._round = self._database.execute("SELECT COALESCE(MAX(number), 0) + 1 FROM rounds").fetchone()[0]

    def _opened(self) -> sqlite3.Connection:
        with contextlib.ExitStack() as stack:
            database = sqlite3.connect(self._path)
            stack.callback(database.close)
            database.executescript(_SCHEMA)
            said = database.execute("PRAGMA quick_check").fetchone()
            stack.pop_all()
        if said != ("ok",):
            database.close()
            raise sqlite3.DatabaseError(f"{self._path}: {said}")
        return database

    def known(self, texts: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        """Return the vectors of those `texts` that have one; a vector that was altered counts as unknown."""
        by_key = {_key(text): text for text in texts}
        found: dict[str, npt.NDArray[np.float32]] = {}
        for keys in _slices(list(by_key), _QUERIED):
            marks = ",".join("?" * len(keys))
            rows = self._database.execute(
                f"SELECT key, vector, proof FROM vectors WHERE key IN ({marks})",  # noqa: S608 - question marks
                keys,
            )
            for key, vector, proof in rows:
                if _proof(key, vector) == proof:
                    found[by_key[key]] = np.frombuffer(vector, dtype=np.float32)
        return found

    def remember(self, texts: Sequence[str], vectors: Iterable[Sequence[float]]) -> None:
        """Keep the vectors of `texts`, in the same order; they are on disk when this returns."""
        rows = []
        for text, vector in zip(texts, vectors, strict=True):
            key, raw = _key(text), np.asarray(vector, dtype=np.float32).tobytes()
            rows.append((key, raw, _proof(key, raw), self._round))
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)

    def end_round(self, texts: Sequence[str]) -> None:
        """Note that a build uses `texts`, and forget what no build has used for long."""
        with self._database:
            self._database.execute("INSERT OR REPLACE INTO rounds VALUES (?)", (self._round,))
            self._database.executemany(
                "UPDATE vectors SET round = ? WHERE key = ?", ((self._round, _key(text)) for text in texts)
            )
            self._database.execute("DELETE FROM vectors WHERE round <= ?", (self._round - KEPT_ROUNDS,))

    def close(self) -> None:
        """Release the file; what was remembered is on disk already."""
        self._database.close()


def _key(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def _proof(key: bytes, vector: bytes) -> bytes:
    return sha256(key + vector).digest()[:8]


def _slices(items: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    return (items[start : start + size] for start in range(0, len(items), size))

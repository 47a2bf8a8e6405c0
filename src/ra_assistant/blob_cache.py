"""What was computed once, kept across builds by the hash of what it was computed from: one SQLite file a kind.

A build cut half way loses nothing of it, a damaged file is thrown away: everything in it can be computed again. So
nothing here ever fails a build: what cannot be kept is computed another time.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

KEPT_ROUNDS = 10
"""How many builds something may be absent from before it is forgotten; half as many at least."""
_QUERIED = 500
"""Keys asked for at once; SQLite binds at most 999 in old versions."""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class BlobCache:
    """Bytes by key, both hashes and contents ours; one process at a time writes it."""

    def __init__(self, path: Path, table: str) -> None:
        """Open, or create, the file `path`, whose rows are in `table`, a name of ours."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._table = path, table
        try:
            self._database = self._opened(path)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) in _DAMAGED:
                path.unlink(missing_ok=True)
            self._database = self._opened_or_not()
        self._round = self._database.execute("SELECT COALESCE(MAX(number), 0) + 1 FROM rounds").fetchone()[0]

    def _opened_or_not(self) -> sqlite3.Connection:
        """Open the file or, where it cannot be used (locked, no room), one in memory that ends with us."""
        try:
            return self._opened(self._path)
        except sqlite3.DatabaseError:
            return self._opened(":memory:")

    def _opened(self, path: Path | str) -> sqlite3.Connection:
        with contextlib.ExitStack() as stack:
            database = sqlite3.connect(path)
            stack.callback(database.close)
            database.executescript(
                f"CREATE TABLE IF NOT EXISTS {self._table}"
                " (key BLOB PRIMARY KEY, vector BLOB, proof BLOB, round INTEGER) WITHOUT ROWID;"
                "CREATE TABLE IF NOT EXISTS rounds (number INTEGER PRIMARY KEY);"
            )
            said = database.execute("PRAGMA quick_check").fetchone()
            stack.pop_all()
        if said != ("ok",):
            database.close()
            raise sqlite3.DatabaseError(f"{path}: {said}")
        return database

    def known(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Yield those of the `keys` that are kept, with their bytes; one that was altered counts as unknown."""
        for some in _slices(keys, _QUERIED):
            marks = ",".join("?" * len(some))
            rows = self._database.execute(
                f"SELECT key, vector, proof FROM {self._table} WHERE key IN ({marks})",  # noqa: S608 - our own words
                some,
            )
            for key, blob, proof in rows:
                if _proof(key, blob) == proof:
                    yield key, blob

    def remember(self, blobs: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep bytes by key; they are on disk when this returns, save where there is no room for them."""
        rows = [(key, blob, _proof(key, blob), self._round) for key, blob in blobs]
        with contextlib.suppress(sqlite3.OperationalError), self._database:
            self._database.executemany(
                f"INSERT OR REPLACE INTO {self._table} VALUES (?, ?, ?, ?)",  # noqa: S608 - our own words
                rows,
            )

    def end_round(self, keys: Iterable[bytes]) -> None:
        """Note that a build uses `keys`, and forget what no build has used for long.

        A row is marked anew only when half of its time is over: marking rewrites it whole.
        """
        late = self._round - KEPT_ROUNDS // 2
        mark = f"UPDATE {self._table} SET round = ? WHERE key = ? AND round <= ?"  # noqa: S608 - our own words
        forget = f"DELETE FROM {self._table} WHERE round <= ?"  # noqa: S608 - our own words
        with contextlib.suppress(sqlite3.OperationalError), self._database:
            self._database.execute("INSERT OR REPLACE INTO rounds VALUES (?)", (self._round,))
            self._database.executemany(mark, ((self._round, key, late) for key in keys))
            self._database.execute(forget, (self._round - KEPT_ROUNDS,))

    def close(self) -> None:
        """Release the file; what was remembered is on disk already."""
        self._database.close()


def key_of(*parts: str | bytes) -> bytes:
    """Return the key of something computed from `parts`."""
    digest = sha256()
    for part in parts:
        raw = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8) + raw if len(parts) > 1 else raw)
    return digest.digest()


def _proof(key: bytes, blob: bytes) -> bytes:
    return sha256(key + blob).digest()[:8]


def _slices(items: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    return (items[start : start + size] for start in range(0, len(items), size))

"""SQLite's own full-text search, by https://www.sqlite.org/fts5.html."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

_WORD = re.compile(r"\w+")


class Fts5:
    """One table; a question is any of its words."""

    def build(self, texts: Sequence[tuple[str, str]], folder: Path) -> None:
        """Fill the table."""
        self._base = sqlite3.connect(folder / "texts.sqlite3")
        self._base.execute(
            "CREATE VIRTUAL TABLE texts USING fts5"
            "(name UNINDEXED, body, tokenize = 'unicode61 remove_diacritics 2')"
        )
        self._base.executemany("INSERT INTO texts VALUES (?, ?)", texts)
        self._base.commit()

    def search(self, question: str, k: int) -> list[str]:
        """Return the best rows, by bm25()."""
        words = " OR ".join(f'"{word}"' for word in _WORD.findall(question))
        if not words:
            return []
        rows = self._base.execute(
            "SELECT name FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?", (words, k)
        )
        return [name for (name,) in rows]

    def change(self, name: str, text: str) -> None:
        """Update the row."""
        self._base.execute("UPDATE texts SET body = ? WHERE name = ?", (text, name))
        self._base.commit()

    def close(self) -> None:
        """Close the file."""
        self._base.close()

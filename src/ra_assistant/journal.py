"""What is learnt from use, in one SQLite file: never an address, an account or a session; old rows go on time.

Every operation opens the file, does one short transaction and closes it, so that threads and processes share it.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ra_assistant.errors import JournalUnusable

APPLICATION_ID = 0x52414A4E
"""What marks the file as ours."""
BUSY_SECONDS = 5.0
"""How long an operation waits for another one's transaction."""
MAX_QUESTIONS = 200_000
MAX_OPINIONS = 20_000
"""Rows kept at most, the latest ones: a flood fills no disk."""
MAX_LISTED = 5_000
"""Texts and opinions that one reading brings."""
PRAGMAS = ("synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON")
"""`secure_delete` writes zeros over what is deleted."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        """CREATE TABLE questions (
            id INTEGER PRIMARY KEY AUTOINCREMENT, day TEXT NOT NULL, outcome TEXT NOT NULL, kind TEXT NOT NULL,
            probability REAL NOT NULL, build_id TEXT NOT NULL, milliseconds REAL NOT NULL, question TEXT NOT NULL
        )""",
        "CREATE INDEX questions_by_day ON questions (day, outcome, kind, milliseconds)",
        """CREATE TABLE citations (
            question INTEGER NOT NULL REFERENCES questions (id) ON DELETE CASCADE, document TEXT NOT NULL,
            PRIMARY KEY (question, document)
        ) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE opinions (
            id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, day TEXT NOT NULL, build_id TEXT NOT NULL,
            verdict TEXT NOT NULL, reason TEXT NOT NULL, comment TEXT NOT NULL, question TEXT NOT NULL,
            answer TEXT NOT NULL
        )""",
    ),
)
"""What leads from each version of the file to the next one; `user_version` counts those that were done."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A question that was answered, or refused."""

    day: date
    outcome: str
    """Value of an `Outcome`."""
    kind: str = ""
    """Value of an `AnswerKind`; empty for small talk."""
    probability: float = 0.0
    build_id: str = ""
    milliseconds: float = 0.0
    documents: tuple[str, ...] = ()
    """Paths of the documents that were cited."""
    question: str = ""
    """Pseudonymised; empty unless the operator keeps questions."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a visitor says of an answer."""

    question_id: str
    """As the client named the question; only a digest of it is kept."""
    build_id: str
    verdict: str
    """`up` or `down`."""
    reason: str = ""
    comment: str = ""
    question: str = ""
    answer: str = ""
    day: date | None = None
    """When it was given; set by the journal."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the journal tells of some days."""

    first: date
    last: date
    days: dict[date, Counter[str]]
    """Questions by outcome, for each day that has one."""
    outcomes: Counter[str]
    refused_kinds: Counter[str]
    """Questions without an answer, by kind."""
    documents: Counter[str]
    """Answers that cite each document."""
    milliseconds: float | None
    """Median time of an answer; None without one."""
    texts: tuple[tuple[date, str, str], ...]
    """Day, outcome and words of the questions whose words are kept, latest first."""
    verdicts: Counter[str]
    reasons: Counter[str]
    opinions: tuple[Opinion, ...]
    """Latest first."""
    kept: int
    """Questions and opinions that are kept, whatever their day."""

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing happened in these days."""
        return not self.outcomes and not self.verdicts


class Journal:
    """One file; every method raises `JournalUnusable` when it cannot be used."""

    def __init__(self, path: Path, retention_days: int = 90, today: Callable[[], date] = date.today) -> None:
        self.path = path
        self.retention_days = retention_days
        self.today = today

    @property
    def oldest(self) -> date:
        """Return the first day whose rows may still be there: no row lives longer than the retention."""
        return self.today() - timedelta(days=self.retention_days - 1)

    def record(self, entries: Sequence[Entry]) -> None:
        """Keep questions, in one transaction."""
        with self._writing() as database:
            for entry in entries:
                row = database.execute(
                    "INSERT INTO questions (day, outcome, kind, probability, build_id, milliseconds, question)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        entry.day.isoformat(), entry.outcome, entry.kind, round(entry.probability, 3),
                        entry.build_id, round(entry.milliseconds), entry.question,
                    ),
                )  # fmt: skip
                database.executemany(
                    "INSERT INTO citations VALUES (?, ?)",
                    [(row.lastrowid, document) for document in dict.fromkeys(entry.documents)],
                )
            _trim(database, "questions", MAX_QUESTIONS)

    def opine(self, opinion: Opinion) -> None:
        """Keep an opinion, in the place of a former one about the same question."""
        key = blake2b(opinion.question_id.encode(), digest_size=16).digest()
        with self._writing() as database:
            database.execute("DELETE FROM opinions WHERE key = ?", (key,))
            database.execute(
                "INSERT INTO opinions (key, day, build_id, verdict, reason, comment, question, answer)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key, self.today().isoformat(), opinion.build_id, opinion.verdict, opinion.reason,
                    opinion.comment, opinion.question, opinion.answer,
                ),
            )  # fmt: skip
            _trim(database, "opinions", MAX_OPINIONS)

    def purge(self) -> int:
        """Delete the rows that are too old; return how many there were."""
        removed = 0
        with self._opened() as database:
            with _transaction(database):
                for table in ("questions", "opinions"):
                    removed += database.execute(
                        f"DELETE FROM {table} WHERE day < ?",  # noqa: S608 - our own names
                        (self.oldest.isoformat(),),
                    ).rowcount
            if removed:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return removed

    def erase(self) -> None:
        """Delete everything, and give its place on the disk back."""
        with self._opened() as database:
            with _transaction(database):
                for table in ("questions", "opinions"):
                    database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with suppress(sqlite3.OperationalError):  # somebody reads: the place is given back another time
                database.execute("VACUUM")

    def backup(self, target: Path) -> None:
        """Copy the journal, as it is at one moment, to a file that does not exist yet."""
        if target.exists():
            raise JournalUnusable(target, "exists")
        part = target.with_name(f".{target.name}.part")
        with self._opened(create=False) as database:
            try:
                part.unlink(missing_ok=True)
                _touch(part)
                with closing(sqlite3.connect(part)) as copy:
                    database.backup(copy)
                    copy.execute("PRAGMA journal_mode = DELETE")
                part.replace(target)
            except (OSError, sqlite3.Error) as error:
                with suppress(OSError):
                    part.unlink(missing_ok=True)
                raise JournalUnusable(target, "copy", _said(error)) from error

    def usage(self, days: int | None = None, most: int = MAX_LISTED) -> Usage:
        """Return what the journal tells of the last `days`, today included; of all that is kept when None.

        At most `most` texts and opinions come with it, the latest ones.
        """
        last = self.today()
        first = max(self.oldest, last - timedelta(days=days - 1)) if days else self.oldest
        with self._opened(create=False) as database, _transaction(database, "BEGIN"):
            return _read(database, (self.oldest, first, last), most)

    def entries(self) -> list[Entry]:
        """Return the questions that are kept, oldest first."""
        with self._opened(create=False) as database:
            cited: dict[int, list[str]] = {}
            for question, document in database.execute("SELECT question, document FROM citations"):
                cited.setdefault(question, []).append(document)
            rows = database.execute(
                "SELECT id, day, outcome, kind, probability, build_id, milliseconds, question FROM questions"
                " WHERE day >= ? ORDER BY id",
                (self.oldest.isoformat(),),
            )
            return [
                Entry(
                    date.fromisoformat(day),
                    outcome,
                    kind,
                    chance,
                    build,
                    spent,
                    tuple(cited.get(key, ())),
                    words,
                )
                for key, day, outcome, kind, chance, build, spent, words in rows
            ]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._opened() as database, _transaction(database):
            yield database

    @contextmanager
    def _opened(self, *, create: bool = True) -> Iterator[sqlite3.Connection]:
        """Yield the file, in its newest form; with `create`, there is one."""
        try:
            if create:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                _touch(self.path)
            elif not self.path.exists():
                raise JournalUnusable(self.path, "missing")
            address = f"file:{quote(str(self.path.absolute()))}?mode=rw"
            with closing(
                sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
            ) as database:
                for pragma in PRAGMAS:
                    database.execute(f"PRAGMA {pragma}")
                self._migrate(database)
                yield database
        except (OSError, sqlite3.Error) as error:
            raise JournalUnusable(self.path, _reason(error), _said(error)) from error

    def _migrate(self, database: sqlite3.Connection) -> None:
        if _version(database) == len(MIGRATIONS):
            return
        with suppress(sqlite3.OperationalError):  # another process is setting it
            database.execute("PRAGMA journal_mode = WAL")
        with _transaction(database):
            version = _version(database)
            is_ours = database.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            is_new = not database.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
            if not (is_ours or is_new):
                raise JournalUnusable(self.path, "foreign")
            if version > len(MIGRATIONS):
                raise JournalUnusable(self.path, "newer")
            for statements in MIGRATIONS[version:]:
                version += 1
                for statement in (*statements, f"PRAGMA user_version = {version}"):
                    database.execute(statement)


def _read(database: sqlite3.Connection, period: tuple[date, date, date], most: int) -> Usage:
    oldest, first, last = period

    def rows(sql: str, *values: int) -> list[tuple[Any, ...]]:
        return database.execute(sql, (first.isoformat(), *values)).fetchall()

    days: dict[date, Counter[str]] = {}
    for day, outcome, number in rows(
        "SELECT day, outcome, COUNT(*) FROM questions WHERE day >= ? GROUP BY day, outcome ORDER BY day"
    ):
        days.setdefault(date.fromisoformat(day), Counter())[outcome] = number
    outcomes: Counter[str] = sum(days.values(), Counter())
    half = (outcomes.total() - 1) // 2
    middle = rows(
        "SELECT milliseconds FROM questions WHERE day >= ? ORDER BY milliseconds LIMIT 1 OFFSET ?", half
    )
    opinions = rows(
        "SELECT day, build_id, verdict, reason, comment, question, answer FROM opinions WHERE day >= ?"
        " ORDER BY id DESC LIMIT ?",
        most,
    )
    return Usage(
        first=first,
        last=last,
        days=days,
        outcomes=outcomes,
        refused_kinds=Counter(
            dict(
                rows(
                    "SELECT kind, COUNT(*) FROM questions WHERE day >= ? AND outcome = 'not_in_report' GROUP BY kind"
                )
            )
        ),
        documents=Counter(
            dict(
                rows(
                    "SELECT document, COUNT(*) FROM citations JOIN questions ON questions.id = citations.question"
                    " WHERE day >= ? GROUP BY document"
                )
            )
        ),
        milliseconds=middle[0][0] if middle else None,
        texts=tuple(
            (date.fromisoformat(day), outcome, words)
            for day, outcome, words in rows(
                "SELECT day, outcome, question FROM questions WHERE day >= ? AND question <> ''"
                " ORDER BY id DESC LIMIT ?",
                most,
            )
        ),
        verdicts=Counter(
            dict(rows("SELECT verdict, COUNT(*) FROM opinions WHERE day >= ? GROUP BY verdict"))
        ),
        reasons=Counter(
            dict(
                rows("SELECT reason, COUNT(*) FROM opinions WHERE day >= ? AND reason <> '' GROUP BY reason")
            )
        ),
        opinions=tuple(
            Opinion("", build, verdict, reason, comment, question, answer, date.fromisoformat(day))
            for day, build, verdict, reason, comment, question, answer in opinions
        ),
        kept=sum(
            database.execute(sql, (oldest.isoformat(),)).fetchone()[0]
            for sql in (
                "SELECT COUNT(*) FROM questions WHERE day >= ?",
                "SELECT COUNT(*) FROM opinions WHERE day >= ?",
            )
        ),
    )


@contextmanager
def _transaction(database: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    database.execute(begin)
    with database:
        yield


def _trim(database: sqlite3.Connection, table: str, most: int) -> None:
    """Delete the oldest rows of a table beyond the most that are kept."""
    database.execute(
        f"DELETE FROM {table} WHERE id <= (SELECT MAX(id) FROM {table}) - ?",  # noqa: S608 - our own names
        (most,),
    )


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _touch(path: Path) -> None:
    """Create a file that nobody else may read; leave one that is there."""
    os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))


def _reason(error: Exception) -> str:
    """Return why the file cannot be used, as a key of the sentences."""
    name = str(getattr(error, "sqlite_errorname", ""))
    for beginning, reason in (
        ("SQLITE_FULL", "full"),
        ("SQLITE_BUSY", "busy"),
        ("SQLITE_LOCKED", "busy"),
        ("SQLITE_READONLY", "closed"),
        ("SQLITE_CANTOPEN", "closed"),
        ("SQLITE_PERM", "closed"),
        ("SQLITE_NOTADB", "damaged"),
        ("SQLITE_CORRUPT", "damaged"),
    ):
        if name.startswith(beginning):
            return reason
    if isinstance(error, OSError):
        return "full" if error.errno == errno.ENOSPC else "closed"
    return "failed"


def _said(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error)

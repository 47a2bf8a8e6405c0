"""The file of the journal: its versions, its age, its sharing, and what happens when it cannot be used."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from ra_assistant import journal as room
from ra_assistant.errors import JournalUnusable
from ra_assistant.journal import MIGRATIONS, Entry, Journal, Opinion
from ra_assistant.wording import sentence_of

FIRST = date(2026, 3, 1)
SECRET = "le code du coffre est zanzibar"


class Calendar:
    day = FIRST

    def __call__(self) -> date:
        return self.day


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def journal(tmp_path: Path, calendar: Calendar) -> Journal:
    return Journal(tmp_path / "journal.sqlite3", 90, calendar)


def entry(day: date = FIRST, outcome: str = "answered", **fields: object) -> Entry:
    values: dict[str, object] = {
        "kind": "quantity",
        "probability": 0.9,
        "build_id": "b1",
        "milliseconds": 120.4,
    }
    return Entry(day, outcome, **(values | fields))  # type: ignore[arg-type]


def on_disk(journal: Journal) -> bytes:
    return b"".join(path.read_bytes() for path in journal.path.parent.glob(f"{journal.path.name}*"))


def test_what_was_asked_is_told_again(journal: Journal) -> None:
    journal.record(
        [
            entry(documents=("a.pdf", "b.pdf", "a.pdf")),
            entry(outcome="not_in_report", kind="person", question="Qui ?", milliseconds=300),
            entry(outcome="small_talk", kind="", milliseconds=1),
        ]
    )
    usage = journal.usage()
    assert usage.outcomes == {"answered": 1, "not_in_report": 1, "small_talk": 1}
    assert usage.days == {FIRST: usage.outcomes}
    assert usage.refused_kinds == {"person": 1}
    assert usage.documents == {"a.pdf": 1, "b.pdf": 1}
    assert usage.milliseconds == 120
    assert usage.texts == ((FIRST, "not_in_report", "Qui ?"),)
    first = journal.entries()[0]
    assert (first.outcome, first.documents) == ("answered", ("a.pdf", "b.pdf"))


def test_only_the_days_that_are_asked_for_are_told(journal: Journal, calendar: Calendar) -> None:
    journal.record([entry(), entry(FIRST + timedelta(days=6)), entry(FIRST + timedelta(days=7))])
    calendar.day = FIRST + timedelta(days=7)
    assert journal.usage(7).outcomes.total() == 2
    assert journal.usage(1).outcomes.total() == 1
    assert journal.usage().outcomes.total() == 3
    assert journal.usage(3650).first == calendar.day - timedelta(days=89), "no further than what is kept"


def test_a_row_is_gone_after_the_retention_and_its_words_are_nowhere_on_the_disk(
    journal: Journal, calendar: Calendar
) -> None:
    journal.record([entry(question=SECRET, documents=("a.pdf",))])
    journal.opine(Opinion("q1", "b1", "down", "too_long", comment=SECRET))
    calendar.day = FIRST + timedelta(days=1)
    journal.record([entry(calendar.day, question="Combien ?")])
    calendar.day = FIRST + timedelta(days=89)
    assert journal.purge() == 0
    assert SECRET.encode() in on_disk(journal)
    calendar.day = FIRST + timedelta(days=90)
    other = sqlite3.connect(journal.path)  # a replica that has the file open keeps its log from being deleted
    assert other.execute("SELECT COUNT(*) FROM questions").fetchone() == (2,)
    assert journal.usage().outcomes.total() == 1, "what is too old is not told, deleted or not"
    assert journal.purge() == 2
    assert SECRET.encode() not in on_disk(journal)
    other.close()
    assert [row.question for row in journal.entries()] == ["Combien ?"]
    with closing(sqlite3.connect(journal.path)) as database:
        assert database.execute("SELECT COUNT(*) FROM citations").fetchone() == (0,)


def test_rows_beyond_the_most_go_the_oldest_first(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_QUESTIONS", 3)
    monkeypatch.setattr(room, "MAX_OPINIONS", 2)
    journal.record([entry(question=str(number)) for number in range(5)])
    for number in range(3):
        journal.opine(Opinion(str(number), "b1", "up", comment=str(number)))
    assert [row.question for row in journal.entries()] == ["2", "3", "4"]
    assert [row.comment for row in journal.usage().opinions] == ["2", "1"]


def test_a_change_of_mind_takes_the_place_of_the_former_verdict(journal: Journal) -> None:
    journal.opine(Opinion("q1", "b1", "up"))
    journal.opine(Opinion("q2", "b1", "up"))
    journal.opine(Opinion("q1", "b1", "down", "wrong_figure", "Le total est faux."))
    usage = journal.usage()
    assert (usage.verdicts, usage.reasons) == ({"up": 1, "down": 1}, {"wrong_figure": 1})
    assert [(row.verdict, row.comment) for row in usage.opinions] == [
        ("down", "Le total est faux."),
        ("up", ""),
    ]


def test_the_id_of_a_question_is_not_kept(journal: Journal) -> None:
    journal.opine(Opinion("jean-dupont-exemple-fr", "b1", "up"))
    assert b"jean-dupont" not in on_disk(journal)


def test_erasing_leaves_nothing(journal: Journal) -> None:
    journal.record([entry(question=SECRET, documents=("zanzibar.pdf",))] * 200)
    journal.opine(Opinion("q1", "b1", "up", comment=SECRET))
    size = journal.path.stat().st_size
    journal.erase()
    assert journal.usage().is_empty
    assert b"zanzibar" not in on_disk(journal)
    assert journal.path.stat().st_size < size
    journal.record([entry()])
    assert journal.usage().outcomes.total() == 1


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_a_file_of_each_former_version_becomes_one_of_today(journal: Journal, version: int) -> None:
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as database:
        for number, statements in enumerate(MIGRATIONS[:version], 1):
            for statement in statements:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {number}")
        if version:
            database.execute(
                "INSERT INTO questions (day, outcome, kind, probability, build_id, milliseconds, question)"
                f" VALUES ('{FIRST}', 'answered', 'date', 0.5, 'b0', 10, '')"
            )
    journal.opine(Opinion("q1", "b1", "up"))
    assert journal.usage().outcomes.total() == min(1, version), "what was there is still there"
    with closing(sqlite3.connect(journal.path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_migration_that_fails_changes_nothing(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.record([entry()])
    monkeypatch.setattr(room, "MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE more (id)", "NOT SQL")))
    with pytest.raises(JournalUnusable):
        journal.record([entry()])
    monkeypatch.undo()
    journal.record([entry()])
    assert journal.usage().outcomes.total() == 2


def ask_often(path: Path, number: int) -> None:
    for rank in range(number):
        Journal(path, 90, lambda: FIRST).record([entry(question=f"{rank}"), entry(documents=("a.pdf",))])
        Journal(path, 90, lambda: FIRST).opine(Opinion(f"q{rank}", "b1", "up"))


def test_threads_and_processes_write_one_file_from_its_first_moment(journal: Journal) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=ask_often, args=(journal.path, 20)) for _ in range(2)]
    threads = [threading.Thread(target=ask_often, args=(journal.path, 20)) for _ in range(4)]
    for worker in (*processes, *threads):
        worker.start()
    for worker in (*processes, *threads):
        worker.join()
    assert [process.exitcode for process in processes] == [0, 0]
    usage = journal.usage()
    assert (usage.outcomes, usage.verdicts) == ({"answered": 6 * 20 * 2}, {"up": 20})
    assert usage.documents == {"a.pdf": 6 * 20}


def test_a_copy_is_whole_while_others_write_and_replaces_nothing(journal: Journal, tmp_path: Path) -> None:
    journal.record([entry(question="Combien ?")])
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        journal.backup(tmp_path / "copie.sqlite3")
        other.execute("ROLLBACK")
    copy = Journal(tmp_path / "copie.sqlite3", 90, lambda: FIRST)
    assert [row.question for row in copy.entries()] == ["Combien ?"]
    with pytest.raises(JournalUnusable) as refused:
        journal.backup(copy.path)
    assert "existe déjà" in sentence_of(refused.value)
    with pytest.raises(JournalUnusable) as refused:
        journal.backup(tmp_path / "absent" / "copie.sqlite3")
    assert "n’a pas pu être écrite (No such file or directory)" in sentence_of(refused.value)
    assert copy.path.stat().st_mode & 0o077 == journal.path.stat().st_mode & 0o077 == 0


def refusal(journal: Journal) -> str:
    with pytest.raises(JournalUnusable) as refused:
        journal.record([entry()])
    return sentence_of(refused.value)


def test_a_file_that_cannot_be_used_is_left_as_it_is_and_said(tmp_path: Path) -> None:
    other = tmp_path / "compta.sqlite3"
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE factures (id)")
    assert "n’est pas un journal de l’assistant" in refusal(Journal(other))
    note = tmp_path / "notes.txt"
    note.write_text("des notes " * 100, encoding="utf-8")
    assert "est abîmé" in refusal(Journal(note))
    assert note.read_text(encoding="utf-8") == "des notes " * 100
    assert "ne peut pas être écrit" in refusal(Journal(tmp_path))
    assert "ne peut pas être écrit" in refusal(Journal(note / "journal.sqlite3"))
    ours = Journal(tmp_path / "journal.sqlite3")
    ours.record([entry()])
    with closing(sqlite3.connect(ours.path)) as database:
        database.execute("PRAGMA user_version = 99")
    assert "une version plus récente" in refusal(ours)


def test_a_full_disk_is_said_and_what_was_written_stays(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.record([entry()])
    monkeypatch.setattr(room, "PRAGMAS", (*room.PRAGMAS, "max_page_count = 1"))
    with pytest.raises(JournalUnusable) as refused:
        journal.record([entry(question="x" * 2000) for _ in range(50)])
    assert "plus de place sur le disque" in sentence_of(refused.value)
    monkeypatch.undo()
    assert journal.usage().outcomes.total() == 1


def test_a_file_in_use_for_too_long_is_said(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.record([entry()])
    monkeypatch.setattr(room, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "occupé par un autre programme" in refusal(journal)
        assert journal.usage().outcomes.total() == 1, "reading goes on"


def test_a_journal_that_does_not_exist_is_not_made_by_looking(journal: Journal) -> None:
    for look in (journal.usage, journal.entries, lambda: journal.backup(journal.path.with_name("copie"))):
        with pytest.raises(JournalUnusable) as refused:
            look()
        assert "n’existe pas encore" in sentence_of(refused.value)
    assert not journal.path.exists()

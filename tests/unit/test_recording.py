"""What is kept of an answer, and that keeping it never delays or fails one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from ra_assistant import recording
from ra_assistant.errors import JournalUnusable
from ra_assistant.journal import Journal, Opinion
from ra_assistant.keeping import kind_of
from ra_assistant.recording import Recorder
from ra_assistant.types import Answer, Citation, Outcome
from tests.conftest import make_document
from tests.unit.test_journal import FIRST, Calendar

QUESTION = "Je m’appelle Jean Dupont : combien d’entreprises en 2020 ?"
Record = Callable[..., Recorder]


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    """Return a function that begins to record; whatever began is closed."""
    begun: list[Recorder] = []

    def record(
        path: Path | None = None,
        said: list[JournalUnusable] | None = None,
        today: Callable[[], date] = lambda: FIRST,
        **options: object,
    ) -> Recorder:
        heard = [] if said is None else said
        journal = Journal(path or tmp_path / "journal.sqlite3", 90, today)
        begun.append(Recorder(journal, kind_of, heard.append, **options))  # type: ignore[arg-type]
        return begun[-1]

    yield record
    for recorder in begun:
        recorder.close()


def answer(outcome: Outcome = Outcome.ANSWERED, question: str = QUESTION) -> Answer:
    document = make_document("Treize entreprises.\n\nDouze aides.", path="rapport.pdf")
    cited = (Citation(1, document, 0, 19), Citation(2, document, 21, 33))
    return Answer("…", outcome, cited, standalone_question=question, probability=0.8765, build_id="b1")


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(400):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come")


def test_closing_writes_what_waits_without_a_word_of_the_question(record: Record) -> None:
    recorder = record()
    recorder.answered(answer(), 0.1234)
    recorder.answered(answer(Outcome.SMALL_TALK, "Bonjour"), 0.001)
    recorder.close()
    first, second = recorder.journal.entries()
    assert (first.day, first.outcome, first.kind, first.build_id) == (FIRST, "answered", "quantity", "b1")
    assert (first.probability, first.milliseconds, first.documents) == (0.876, 123, ("rapport.pdf",))
    assert (first.question, second.question, second.kind) == ("", "", "")
    assert b"entreprises" not in recorder.journal.path.read_bytes()


def test_words_are_kept_without_names_where_the_operator_keeps_them(record: Record) -> None:
    recorder = record(keep_questions=True)
    recorder.answered(answer(), 0.1)
    recorder.opine(Opinion("q1", "b1", "down", "", "Je suis M. Martin", QUESTION, "Écrivez à a@b.fr"))
    recorder.close()
    assert recorder.journal.entries()[0].question == "Je m’appelle [nom] : combien d’entreprises en 2020 ?"
    (opinion,) = recorder.journal.usage().opinions
    assert (opinion.comment, opinion.question) == (
        "Je suis [nom]",
        "Je m’appelle [nom] : combien d’entreprises en 2020 ?",
    )
    assert opinion.answer == "Écrivez à [adresse e-mail]"


def test_elsewhere_an_opinion_keeps_its_comment_alone(record: Record) -> None:
    recorder = record()
    recorder.opine(Opinion("q1", "b1", "down", "too_long", "Mon mail : a@b.fr", QUESTION, "Treize."))
    (opinion,) = recorder.journal.usage().opinions
    assert (opinion.comment, opinion.question, opinion.answer) == ("Mon mail : [adresse e-mail]", "", "")


def test_what_is_personal_is_not_cut_in_two_and_missed(record: Record) -> None:
    recorder = record()
    recorder.opine(Opinion("q1", "b1", "up", "", "x" * 985 + " jean.dupont@exemple.fr"))
    assert "jean" not in recorder.journal.usage().opinions[0].comment


def test_what_is_too_old_goes_while_nobody_asks(record: Record) -> None:
    calendar = Calendar()
    recorder = record(today=calendar, look_seconds=0.02)
    recorder.answered(answer(), 0.1)
    wait_until(lambda: recorder.journal.path.exists() and len(recorder.journal.entries()) == 1)
    calendar.day = FIRST + timedelta(days=90)
    former = Journal(recorder.journal.path, 3650, calendar)
    wait_until(lambda: former.entries() == [])


def test_what_is_too_old_goes_when_the_day_changes_under_constant_questions(record: Record) -> None:
    calendar = Calendar()
    recorder = record(today=calendar)
    recorder.answered(answer(), 0.1)
    wait_until(lambda: recorder.journal.path.exists() and len(recorder.journal.entries()) == 1)
    calendar.day = FIRST + timedelta(days=90)
    recorder.answered(answer(), 0.1)
    recorder.close()
    assert [row.day for row in Journal(recorder.journal.path, 3650, calendar).entries()] == [calendar.day]


def test_what_could_not_be_deleted_is_deleted_later_the_same_day(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = Calendar()
    recorder = record(today=calendar, look_seconds=0.02)
    recorder.answered(answer(), 0.1)
    wait_until(lambda: recorder.journal.path.exists() and len(recorder.journal.entries()) == 1)
    failures: list[JournalUnusable] = []

    def busy(journal: Journal) -> int:
        failures.append(JournalUnusable(journal.path, "busy"))
        raise failures[-1]

    monkeypatch.setattr(Journal, "purge", busy)
    calendar.day = FIRST + timedelta(days=90)
    wait_until(lambda: len(failures) > 1)
    monkeypatch.undo()
    wait_until(lambda: Journal(recorder.journal.path, 3650, calendar).entries() == [])


def test_a_journal_that_cannot_be_written_is_said_once_and_answers_go_on(
    record: Record, tmp_path: Path
) -> None:
    (tmp_path / "note").write_text("", encoding="utf-8")
    said: list[JournalUnusable] = []
    recorder = record(tmp_path / "note" / "journal.sqlite3", said, look_seconds=0.01)
    for _ in range(3):
        recorder.answered(answer(), 0.1)
        with pytest.raises(JournalUnusable):
            recorder.opine(Opinion("q1", "b1", "up"))
    wait_until(lambda: recorder.trouble is not None)
    recorder.close()
    assert [error.reason for error in said] == ["closed"]
    (tmp_path / "note").unlink()
    again = record(tmp_path / "note" / "journal.sqlite3", said)
    again.opine(Opinion("q1", "b1", "up"))
    assert again.trouble is None


def test_a_question_too_many_is_let_go_and_delays_nothing(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MOST_WAITING", 5)
    monkeypatch.setattr(recording, "CLOSE_SECONDS", 5.0)
    recorder = record()
    held = recorder.journal.record

    def slow(entries: object) -> None:
        time.sleep(0.1)
        held(entries)  # type: ignore[arg-type]

    monkeypatch.setattr(recorder.journal, "record", slow)
    started = time.perf_counter()
    for _ in range(200):
        recorder.answered(answer(), 0.1)
    assert time.perf_counter() - started < 0.1, "nothing waits for the writer"
    recorder.close()
    assert 0 < len(recorder.journal.entries()) < 200


def test_erasing_takes_what_waits_along(record: Record) -> None:
    recorder = record()
    for _ in range(50):
        recorder.answered(answer(), 0.1)
    recorder.close()
    recorder.erase()
    assert recorder.journal.entries() == []

"""Keeps what was asked without delaying an answer: a queue, and one thread that writes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from queue import Empty, Full, Queue
from threading import Lock, Thread

from ra_assistant.errors import JournalUnusable
from ra_assistant.french.pseudonyms import pseudonymised
from ra_assistant.journal import Entry, Journal, Opinion
from ra_assistant.types import Answer, Outcome

MOST_WAITING = 10_000
"""Questions that wait to be written; the next ones are not kept."""
AT_ONCE = 500
"""Questions written in one transaction."""
LOOK_SECONDS = 600.0
"""Between two looks at what is too old."""
CLOSE_SECONDS = 10.0
"""How long closing waits for what is still to be written."""
MAX_QUESTION_CHARS = 2_000
MAX_COMMENT_CHARS = 1_000
MAX_ANSWER_CHARS = 4_000


class Recorder:
    """Writes the journal of a server, and deletes what is too old; a failure never reaches an answer."""

    def __init__(
        self,
        journal: Journal,
        kind_of: Callable[[str], str],
        say: Callable[[JournalUnusable], None],
        *,
        keep_questions: bool = False,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """Begin to write.

        Args:
            journal: where to.
            kind_of: tells what a question asks for.
            say: hears, once, why the journal cannot be written.
            keep_questions: whether the words of questions and answers are kept, pseudonymised.
            look_seconds: the longest time between two looks at what is too old.
        """
        self.journal = journal
        self.keep_questions = keep_questions
        self.trouble: JournalUnusable | None = None
        """Why the last writing failed; None when it did not."""
        self._kind_of = kind_of
        self._say = say
        self._has_said = False
        self._saying = Lock()
        self._look_seconds = look_seconds
        self._waiting: Queue[Entry | None] = Queue(MOST_WAITING)
        self._thread = Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    def answered(self, answer: Answer, seconds: float) -> None:
        """Have an answer written; returns at once."""
        entry = Entry(
            day=self.journal.today(),
            outcome=answer.outcome.value,
            probability=answer.probability,
            build_id=answer.build_id,
            milliseconds=seconds * 1000,
            documents=tuple(dict.fromkeys(citation.document.path for citation in answer.citations)),
            question=answer.standalone_question,
        )
        with suppress(Full):
            self._waiting.put_nowait(entry)

    def opine(self, opinion: Opinion) -> None:
        """Write what a visitor says of an answer.

        Raises:
            JournalUnusable: it could not be written.
        """
        kept = replace(
            opinion,
            comment=_kept(opinion.comment, MAX_COMMENT_CHARS),
            question=_kept(opinion.question, MAX_QUESTION_CHARS) if self.keep_questions else "",
            answer=_kept(opinion.answer, MAX_ANSWER_CHARS) if self.keep_questions else "",
        )
        error = self._tried(lambda: self.journal.opine(kept))
        if error is not None:
            raise error

    def erase(self) -> None:
        """Delete everything, what still waits to be written too.

        Raises:
            JournalUnusable: it could not be deleted.
        """
        with suppress(Empty):
            while self._waiting.get_nowait() is not None:
                pass
            self._waiting.put(None)  # the server is closing
        self.journal.erase()

    def close(self) -> None:
        """Write what waits, and stop."""
        with suppress(Full):
            self._waiting.put(None, timeout=CLOSE_SECONDS)
        self._thread.join(CLOSE_SECONDS)

    def _write(self) -> None:
        """Write what comes until closed; delete what is too old at the start, then each day."""
        purged, is_open = self._purged(None), True
        while is_open:
            entries, is_open = self._next()
            if entries:
                self._tried(partial(self.journal.record, self._told(entries)))
            purged = self._purged(purged)

    def _purged(self, last: date | None) -> date | None:
        """Delete what is too old unless that was done today; return the day when it was done last."""
        today = self.journal.today()
        return today if today == last or self._tried(self.journal.purge) is None else last

    def _next(self) -> tuple[list[Entry], bool]:
        """Return what waits, some time after nothing did; and whether more is to come."""
        entries: list[Entry] = []
        try:
            entry = self._waiting.get(timeout=self._look_seconds)
            while entry is not None:
                entries.append(entry)
                if len(entries) == AT_ONCE:
                    return entries, True
                entry = self._waiting.get_nowait()
        except Empty:
            return entries, True
        return entries, False

    def _told(self, entries: list[Entry]) -> list[Entry]:
        return [
            replace(
                entry,
                kind="" if entry.outcome == Outcome.SMALL_TALK else self._kind_of(entry.question),
                question=_kept(entry.question, MAX_QUESTION_CHARS) if self.keep_questions else "",
            )
            for entry in entries
        ]

    def _tried(self, write: Callable[[], object]) -> JournalUnusable | None:
        """Write; return why it failed, which is said the first time."""
        try:
            write()
        except JournalUnusable as error:
            self.trouble = error
            with self._saying:
                is_new, self._has_said = not self._has_said, True
            if is_new:
                self._say(error)
            return error
        self.trouble = None
        return None


def _kept(text: str, most: int) -> str:
    """Return what is kept of a text; it is cut last, so that nothing personal is cut in two and missed."""
    return pseudonymised(text)[:most].strip()

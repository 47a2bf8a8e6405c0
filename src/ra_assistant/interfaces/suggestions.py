"""Questions to go on with: known to be answered, near what was just said, proved one at a time in the background."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from ra_assistant.interfaces.conversation import Exchange, Place
from ra_assistant.interfaces.starters import Starter, candidates, proven, without_year
from ra_assistant.types import Answer

if TYPE_CHECKING:
    from ra_assistant.assembly import Assistant

SUGGESTED = 3
MAX_PROVED = 40
"""Questions that are put to the assistant at most, so that a long report does not keep the machine at work."""


class Suggestions:
    """The questions that one build is known to answer; it grows while the server has nothing better to do."""

    def __init__(self, assistant: Assistant, proved: Sequence[Starter]) -> None:
        """Begin with questions that are proved already."""
        self._assistant = assistant
        self._documents = {document.id: document for document in assistant.documents}
        self._known = list(proved)
        self._waiting: Iterator[Starter] = islice(candidates(assistant), MAX_PROVED)
        self._lock = threading.Lock()

    def prove_one(self) -> bool:
        """Put one more question to the assistant; tell whether there was one."""
        with self._lock:
            starter = next(self._waiting, None)
        if starter is None:
            return False
        asked = {known.question for known in self._known}
        found = None if starter.question in asked else proven(starter, self._assistant)
        if found is not None:
            self._known.append(found)
        return True

    def answers(self, question: str) -> Sequence[Answer]:
        """Return what was answered to a question when it was proved; nothing for any other question."""
        wanted = _spaced(question)
        return next((known.answers for known in list(self._known) if _spaced(known.question) == wanted), ())

    def after(self, exchanges: Sequence[Exchange]) -> tuple[str, ...]:
        """Return questions to ask after a conversation: the nearest to its last passages first.

        None was asked before or rests on words that the conversation has quoted; no two differ by the
        year alone.
        """
        asked = {_bare(exchange.question) for exchange in exchanges}
        quoted = [place for exchange in exchanges for place in exchange.cited]
        last = exchanges[-1] if exchanges else Exchange("")
        places = last.cited or last.nearest
        fresh = [
            starter
            for starter in list(self._known)
            if _bare(starter.question) not in asked
            and not any(_is_quoted(starter, place) for place in quoted)
        ]
        chosen: dict[str, str] = {}
        for starter in sorted(fresh, key=lambda starter: self._distance(starter, places)):
            chosen.setdefault(without_year(starter.question), starter.question)
        return tuple(chosen.values())[:SUGGESTED]

    def _distance(self, starter: Starter, places: Sequence[Place]) -> tuple[int, int]:
        """Return how far a question is from the nearest place: same section, same document, elsewhere."""
        return min((self._apart(starter, place) for place in places), default=(2, 0))

    def _apart(self, starter: Starter, place: Place) -> tuple[int, int]:
        document = self._documents.get(starter.document_id)
        if document is None or place.document_id != starter.document_id:
            return 2, 0
        here, there = document.section_at(starter.span.start), document.section_at(place.start)
        is_same = here is not None and here == there
        return (0 if is_same else 1), abs(starter.span.start - place.start)


def _is_quoted(starter: Starter, place: Place) -> bool:
    is_same = starter.document_id == place.document_id
    return is_same and starter.span.start < place.end and place.start < starter.span.end


def _spaced(question: str) -> str:
    return " ".join(question.split())


def _bare(question: str) -> str:
    return "".join(letter for letter in question.casefold() if letter.isalnum())

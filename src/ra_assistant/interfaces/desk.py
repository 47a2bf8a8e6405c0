"""The one object that the web interfaces ask: it holds whatever build is in service."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ra_assistant.errors import IndexMissing, RaError
from ra_assistant.interfaces.memory import give_back
from ra_assistant.interfaces.panel import Shelf
from ra_assistant.interfaces.starters import SHOWN, Starter, proved_starters, wished
from ra_assistant.interfaces.suggestions import Suggestions
from ra_assistant.types import USUAL, Answer, Manner, Turn

if TYPE_CHECKING:
    from ra_assistant.assembly import Assistant


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Service:
    """One opened build; a request takes it once and keeps it, so that no answer mixes two builds.

    The build is closed when nothing holds its service any more: after the last answer that began on it.
    """

    assistant: Assistant
    shelf: Shelf
    starters: tuple[str, ...]
    """Questions that this build is known to answer, to begin with."""
    suggested: Suggestions
    """Those to go on with."""
    publisher: str | None
    """Whose reports these are, when all documents name the same publisher."""

    def stream(self, question: str, history: Sequence[Turn], manner: Manner = USUAL) -> Iterator[Answer]:
        """Yield ever longer answers, the complete one last.

        To a question that we offer, those that proved it, where no language model is to phrase them.

        Nothing that a visitor wrote is kept for that.

        Raises:
            QuestionRefused: the question is empty or too long.
        """
        known = () if history or self.assistant.speaker else self.suggested.answers(question)
        return iter(known) if known else self.assistant.stream(question, history, None, manner)


class Desk:
    """Opens the build in service and hands it out; `service` may be another one at the next call."""

    def __init__(
        self,
        open_build: Callable[[], Assistant],
        pointer: Callable[[], object] = lambda: None,
        questions: Sequence[str] = (),
    ) -> None:
        """Open builds by `open_build`; `pointer` returns another value when another build is in service.

        `questions` are the starters that the organisation wishes for; those that a build answers are
        offered, and where it answers none, those that are made of its own sentences.
        """
        self._questions = questions
        self._open_build = open_build
        self._pointer = pointer
        self._seen: object = None
        self._service: Service | None = None
        self._closing: weakref.finalize[..., Service] | None = None
        self.trouble: RaError | None = None
        """Why no build could be opened, the last time it was tried."""

    @property
    def service(self) -> Service:
        """Return the build in service.

        Raises:
            IndexMissing: none was opened yet.
        """
        if self._service is None:
            raise IndexMissing("no build is open; call `open` first")
        return self._service

    @property
    def is_open(self) -> bool:
        """Tell whether a build is in service."""
        return self._service is not None

    def open(self) -> bool:
        """Open the build in service and prove its starter questions; tell whether it worked.

        The build that was open before is closed when the last answer that began on it is finished.
        """
        self._seen = self._pointer()
        try:
            assistant = self._open_build()
        except RaError as error:
            self.trouble = error
            return False
        starters = self._starters(assistant)
        publishers = {document.publisher for document in assistant.documents}
        service = Service(
            assistant=assistant,
            shelf=Shelf(assistant.documents, assistant.passages),
            starters=tuple(starter.question for starter in starters[:SHOWN]),
            suggested=Suggestions(assistant, starters),
            publisher=publishers.pop() if len(publishers) == 1 else None,
        )
        self._closing = weakref.finalize(service, _close, assistant)
        self._service = service
        self.trouble = None
        return True

    def _starters(self, assistant: Assistant) -> Sequence[Starter]:
        answered = [wished(question, assistant) for question in self._questions]
        return [starter for starter in answered if starter is not None] or proved_starters(assistant)

    def prove_one(self) -> bool:
        """Prove one more question to go on with; tell whether there was one.

        Raises:
            IndexMissing: no build is open.
        """
        service = self.service  # held until the question is answered, so that its build is not closed
        return service.suggested.prove_one()

    def follow(self) -> bool:
        """Open the build in service if it is another one than at the last call; tell whether it was.

        When it cannot be opened, the one that is open goes on.
        """
        return self._pointer() != self._seen and self.open()

    def close(self) -> None:
        """Release the build in service, if any."""
        self._service = None
        if self._closing is not None:
            self._closing()


def _close(assistant: Assistant) -> None:
    assistant.close()
    give_back()

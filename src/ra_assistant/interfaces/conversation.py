"""The conversation as the visitor's browser keeps it and sends it back: read with suspicion."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ra_assistant.types import Answer, Citation, Document, Outcome, Span, Turn

_Read = TypeVar("_Read")

_NAME = re.compile(r"[\w.:-]{1,64}", re.ASCII)

MAX_EXCHANGES = 30
"""Exchanges that are kept, the latest ones."""
MAX_BROUGHT = 10
"""Questions that are answered anew when a visitor brings them from another site."""
MAX_TEXT_CHARS = 4000
MAX_PLACES = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a citation stands: enough to find it again, and to see that it has moved."""

    marker: int
    document_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what was answered."""

    question: str
    answer: str = ""
    """Plain text with `[n]` markers; empty while the assistant searches."""
    outcome: str = ""
    """Value of an `Outcome`; empty until the answer is complete."""
    highlights: tuple[Span, ...] = ()
    cited: tuple[Place, ...] = ()
    nearest: tuple[Place, ...] = ()
    stopped: bool = False
    id: str = ""
    """Name of this answer where a visitor says what it is worth; empty for none."""
    build_id: str = ""
    """Build that answered."""
    evolution: str = ""
    """The question on its own when a series goes with its answer; the series is looked for anew each time."""

    def answered(self, answer: Answer) -> Exchange:
        """Return the exchange with its answer, complete or not yet."""
        return replace(
            self,
            answer=answer.text,
            outcome=answer.outcome.value if answer.is_final else "",
            highlights=answer.highlights,
            cited=tuple(map(_place, answer.citations)),
            nearest=tuple(map(_place, answer.suggestions)),
        )

    def interrupted(self) -> Exchange:
        """Return the exchange as the visitor stopped it."""
        return replace(self, stopped=True)

    def as_json(self) -> dict[str, Any]:
        """Return what the browser keeps."""
        return {
            "question": self.question,
            "answer": self.answer,
            "outcome": self.outcome,
            "highlights": [list(span) for span in self.highlights],
            "cited": list(map(_place_json, self.cited)),
            "nearest": list(map(_place_json, self.nearest)),
            "stopped": self.stopped,
            "id": self.id,
            "build_id": self.build_id,
            "evolution": self.evolution,
        }


def exchanges_of(kept: object) -> list[Exchange]:
    """Return the exchanges that a browser sent, the latest ones; what is malformed is left out."""
    rows = kept[-MAX_EXCHANGES:] if isinstance(kept, list) else []
    read = (_exchange(row) for row in rows if isinstance(row, Mapping))
    return [exchange for exchange in read if exchange.question]


def questions_of(kept: object) -> list[str]:
    """Return the questions that a browser brings from elsewhere, as `{"questions": […]}`; else none."""
    asked = kept.get("questions") if isinstance(kept, Mapping) else None
    texts = asked[-MAX_BROUGHT:] if isinstance(asked, list) else []
    return [text[:MAX_TEXT_CHARS] for text in texts if isinstance(text, str) and text.strip()]


def turns_of(exchanges: Sequence[Exchange]) -> list[Turn]:
    """Return the conversation as the use case takes it."""
    return [Turn(exchange.question, exchange.answer) for exchange in exchanges]


def find(place: Place, documents: Mapping[str, Document]) -> Citation | None:
    """Return the citation that stands at a place, derived anew; None when its words are gone.

    A new build may have moved the words: they are then looked for in the document.
    """
    document = documents.get(place.document_id)
    if document is None or not place.quote:
        return None
    start = place.start
    if document.text[start : place.end] != place.quote:
        start = document.text.find(place.quote)
    return None if start < 0 else Citation(place.marker, document, start, start + len(place.quote))


def _place(citation: Citation) -> Place:
    return Place(citation.marker, citation.document.id, citation.start, citation.end, citation.quote)


def _place_json(place: Place) -> dict[str, Any]:
    return {
        "marker": place.marker,
        "document_id": place.document_id,
        "start": place.start,
        "end": place.end,
        "quote": place.quote,
    }


def _exchange(row: Mapping[str, Any]) -> Exchange:
    outcome = _text(row, "outcome")
    return Exchange(
        question=_text(row, "question"),
        answer=_text(row, "answer"),
        outcome=outcome if outcome in set(Outcome) else "",
        highlights=tuple(_several(row, "highlights", _span)),
        cited=tuple(_several(row, "cited", _kept_place)),
        nearest=tuple(_several(row, "nearest", _kept_place)),
        stopped=row.get("stopped") is True,
        id=_name(row, "id"),
        build_id=_name(row, "build_id"),
        evolution=_text(row, "evolution"),
    )


def _several(row: Mapping[str, Any], key: str, read: Callable[[Any], _Read | None]) -> list[_Read]:
    values = row.get(key)
    found = map(read, values[:MAX_PLACES] if isinstance(values, list) else [])
    return [value for value in found if value is not None]


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value[:MAX_TEXT_CHARS] if isinstance(value, str) else ""


def _name(row: Mapping[str, Any], key: str) -> str:
    found = _text(row, key)
    return found if _NAME.fullmatch(found) else ""


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _span(value: object) -> Span | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    start, end = map(_whole, value)
    return None if start is None or end is None else Span(start, end)


def _kept_place(value: object) -> Place | None:
    if not isinstance(value, Mapping):
        return None
    marker, start, end = (_whole(value.get(key)) for key in ("marker", "start", "end"))
    if marker is None or start is None or end is None:
        return None
    return Place(marker, _text(value, "document_id"), start, end, _text(value, "quote"))

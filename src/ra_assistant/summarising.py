"""What a summary is asked of, a section or a report, and the passages that it rests on.

The subject is found by words and years, without any model: « résume le rapport 2022 », « l’essentiel de la
section L’action internationale ». Its own answer is the first sentences of those passages, word for word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from ra_assistant.answering import Considered
from ra_assistant.french.lexicon import table, words_of
from ra_assistant.french.words import fold, stem, stems
from ra_assistant.types import Answer, Citation, Document, Outcome, Passage, Query, Span
from ra_assistant.verifying import one_line

PASSAGES = 10
"""Passages that a summary rests on, at most."""
PASSAGE_CHARS = 12_000
"""All of them together."""
QUOTED = 3
"""Sentences of the summary that no model phrases."""
NAMED = 0.6
"""Share of the words of a question that a heading must hold to be what it names."""
MIN_CHARS = 40
_ENDED = re.compile(r"[.!?…»]$")


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary to make."""

    considered: Considered
    """The question with the report's own words for an answer."""
    passages: tuple[tuple[Passage, Document], ...]


class Summaries:
    """Finds what a question wants summarised."""

    def __init__(self, documents: Sequence[Document], passages: Sequence[Passage], quoted: str) -> None:
        """Search `documents` and `passages`; `quoted` introduces their own words: `{quote}` and `{marker}`."""
        self._documents = sorted(documents, key=lambda document: -(document.year or 0))
        self._passages = passages
        self._quoted = quoted

    def wanted(self, query: Query, within: frozenset[str] | None = None) -> Summary | None:
        """Return the summary that a question asks for; None when it asks for none, or of nothing that there is."""
        if _asks().search(fold(query.text)) is None:
            return None
        documents = [d for d in self._documents if within is None or d.id in within]
        if query.years:
            documents = [document for document in documents if document.year in query.years]
        found = self._found(query, documents)
        chosen = tuple(_fitting(found)) if found else ()
        own = self._own_words(query, chosen)
        return Summary(Considered(query, own), chosen) if own else None

    def _found(self, query: Query, documents: Sequence[Document]) -> list[tuple[Passage, Document]]:
        """Return the passages of the section that a question names, or of the whole report when it names none."""
        titles = {
            key for document in documents for key in stems(f"{document.title} {document.publisher or ''}")
        }
        named = {key for key in stems(query.text) if not key.isdigit()} - _no_subject()
        subject = named - titles
        if not subject:
            return self._spread(documents[0]) if documents else []
        best: tuple[float, list[tuple[Passage, Document]]] = (0.0, [])
        for document in documents:
            for section in document.sections:
                heading = set(stems(section.path[-1])) if section.path else set()
                share = len(subject & heading) / len(subject)
                if share >= NAMED and share > best[0]:
                    best = (share, self._below(document, section.path))
        return best[1]

    def _below(self, document: Document, path: tuple[str, ...]) -> list[tuple[Passage, Document]]:
        return [
            (passage, document)
            for passage in self._passages
            if passage.document_id == document.id and passage.section_path[: len(path)] == path
        ]

    def _spread(self, document: Document) -> list[tuple[Passage, Document]]:
        """Return the first passage of each section, evenly chosen when there are more than fit."""
        first: dict[tuple[str, ...], Passage] = {}
        for passage in self._passages:
            if passage.document_id == document.id and _lead(passage, document) is not None:
                first.setdefault(passage.section_path[:2], passage)
        leads = list(first.values())
        step = max(1.0, len(leads) / PASSAGES)
        return [(leads[int(place * step)], document) for place in range(min(PASSAGES, len(leads)))]

    def _own_words(self, query: Query, places: Sequence[tuple[Passage, Document]]) -> Answer | None:
        citations: list[Citation] = []
        for passage, document in places:
            span = _lead(passage, document)
            if span is not None and len(citations) < QUOTED:
                citations.append(Citation(len(citations) + 1, document, span.start, span.end))
        if not citations:
            return None
        said = (self._quoted.format(quote=one_line(c.quote), marker=c.marker) for c in citations)
        return Answer(
            " ".join(said),
            Outcome.ANSWERED,
            citations=tuple(citations),
            standalone_question=query.text,
            probability=1.0,
        )


def _fitting(places: Sequence[tuple[Passage, Document]]) -> Iterator[tuple[Passage, Document]]:
    room = PASSAGE_CHARS
    for passage, document in places[:PASSAGES]:
        if len(passage.text) <= room:
            room -= len(passage.text)
            yield passage, document


def _lead(passage: Passage, document: Document) -> Span | None:
    """Return the first sentence of a passage that is one."""
    for span in passage.sentences:
        text = document.text[span.start : span.end].strip()
        if len(text) >= MIN_CHARS and _ENDED.search(text):
            return span
    return None


@cache
def _asks() -> re.Pattern[str]:
    return re.compile("|".join(table("summaries")["asks"]))


@cache
def _no_subject() -> frozenset[str]:
    return frozenset(stem(word) for word in words_of("summaries", "words"))

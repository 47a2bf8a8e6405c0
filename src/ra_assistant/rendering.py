"""Answers and hits as JSON: the forms that everything outside reads, which only ever gain fields."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from ra_assistant.types import Answer, Citation, Document, Hit, Passage, Span, Turn
from ra_assistant.wording import source_of

JsonObject = dict[str, Any]
PassageOf = Callable[[Citation], str | None]
ROOM = "rapport"
"""Where documents are read, seen from our root."""
QUOTE = "extrait"
"""Fragment of the passage that an address opens at."""


def passage_path(document: Document, span: Span) -> str:
    """Return where a range of a document is read, seen from our root."""
    offsets = urlencode({"debut": span.start, "fin": span.end})
    return f"{ROOM}/{quote(document.id, safe='')}?{offsets}#{QUOTE}"


def passage_finder(passages: Iterable[Passage]) -> PassageOf:
    """Return the function that names the passage in which a citation begins; None when there is none."""
    by_document: dict[str, list[Passage]] = {}
    for passage in sorted(passages, key=lambda passage: passage.start):
        by_document.setdefault(passage.document_id, []).append(passage)

    def passage_of(citation: Citation) -> str | None:
        own = by_document.get(citation.document.id, [])
        rank = bisect_right(own, citation.start, key=lambda passage: passage.start)
        passage = own[rank - 1] if rank else None
        return passage.id if passage is not None and citation.start < passage.end else None

    return passage_of


def _place_json(document: Document, offset: int) -> JsonObject:
    """Return where a character stands: document, source, page, section."""
    section = document.section_at(offset)
    return {
        "document_id": document.id,
        "path": document.path,
        "document_title": document.title,
        "kind": document.kind.value,
        "year": document.year,
        "source_url": (section.source_url if section else None) or document.source_url,
        "page": document.page_at(offset),
        "page_label": document.label_at(offset),
        "section": list(section.path) if section else [],
    }


def citation_json(citation: Citation, passage_of: PassageOf | None = None) -> JsonObject:
    """Return a citation with its quote, its place and how to name its source."""
    return {
        "marker": citation.marker,
        **_place_json(citation.document, citation.start),
        "source": source_of(citation),
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "passage_id": passage_of(citation) if passage_of else None,
    }


def answer_json(
    answer: Answer,
    question: str,
    identifier: object,
    milliseconds: float,
    passage_of: PassageOf | None = None,
    series: JsonObject | None = None,
) -> JsonObject:
    """Return an answer as the command line and the interfaces give it; `series` goes with an evolution."""
    span = None
    if answer.span is not None:
        span = {"document_id": answer.span[0], "start": answer.span[1], "end": answer.span[2]}
    return {
        "id": identifier,
        "question": question,
        "standalone_question": answer.standalone_question,
        "outcome": answer.outcome.value,
        "answer": answer.text,
        "highlights": [list(span) for span in answer.highlights],
        "span": span,
        "probability": round(answer.probability, 4),
        "citations": [citation_json(citation, passage_of) for citation in answer.citations],
        "suggestions": [citation_json(citation, passage_of) for citation in answer.suggestions],
        "series": series,
        "build_id": answer.build_id,
        "model": answer.model or None,
        "prompt": answer.prompt or None,
        "shortened": answer.shortened,
        "milliseconds": round(milliseconds, 2),
    }


def hit_json(hit: Hit, documents: Mapping[str, Document]) -> JsonObject:
    """Return a retrieved passage with its place."""
    passage = hit.passage
    return {
        "passage_id": passage.id,
        "document_id": passage.document_id,
        "path": documents[passage.document_id].path,
        "start": passage.start,
        "end": passage.end,
        "page": passage.page,
        "score": round(hit.score, 6),
        "text": passage.text,
    }


def document_json(document: Document, passages: Sequence[Passage]) -> JsonObject:
    """Return a document's text with the ranges of its passages."""
    return {
        "document_id": document.id,
        "path": document.path,
        "title": document.title,
        "year": document.year,
        "text": document.text,
        "passages": [[p.start, p.end] for p in passages if p.document_id == document.id],
    }


def summary_json(document: Document, passages: int) -> JsonObject:
    """Return what a document is, without its text; `passages` is how many it has."""
    return {
        "document_id": document.id,
        "path": document.path,
        "title": document.title,
        "year": document.year,
        "kind": document.kind.value,
        "publisher": document.publisher,
        "source_url": document.source_url,
        "pages": len(document.page_starts) or None,
        "characters": len(document.text),
        "passages": passages,
    }


def passage_json(passage: Passage, document: Document) -> JsonObject:
    """Return a passage, letter by letter, with its place."""
    return {
        "passage_id": passage.id,
        **_place_json(document, passage.start),
        "section": list(passage.section_path),
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
    }


def turns_of(history: object) -> list[Turn]:
    """Return the turns of a history given as a list of {"role", "content"}, or of texts in turn.

    What is malformed is left out.
    """
    turns: list[Turn] = []
    for rank, message in enumerate(history if isinstance(history, list) else []):
        role, content = _role_and_content(message, rank)
        if role == "user":
            turns.append(Turn(content))
        elif role == "assistant" and turns:
            turns[-1] = Turn(turns[-1].question, content)
    return turns


def _role_and_content(message: object, rank: int) -> tuple[str, str]:
    if isinstance(message, str):
        return ("user", "assistant")[rank % 2], message
    if not isinstance(message, dict):
        return "", ""
    content = message.get("content")
    return str(message.get("role", "")), content if isinstance(content, str) else ""

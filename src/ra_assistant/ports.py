"""What the use cases need from the outside, as protocols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ra_assistant.types import Document, Extraction, Hit, Message, Passage, Piece, Query


class Loader(Protocol):
    """Reads one file into a document."""

    def load(self, path: Path, root: Path) -> Extraction:
        """Read `path`, which lies below `root`.

        Raises:
            UnreadableDocument: the file cannot be read; the error says why.
        """
        ...


class Splitter(Protocol):
    """Cuts a document into passages."""

    def split(self, document: Document) -> list[Passage]:
        """Return the passages in order; their ranges are disjoint and lose only blanks."""
        ...


class Embedder(Protocol):
    """Turns texts into unit vectors; named after langchain's `Embeddings`, which fits unadapted."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector a text, in order."""
        ...

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a query."""
        ...


class LexicalIndex(Protocol):
    """Scores every passage against weighted terms."""

    def scores(self, weighted_terms: Mapping[str, float]) -> npt.NDArray[np.float32]:
        """Return one score a passage, ≥ 0, shape (passages,)."""
        ...

    def document_frequency(self, term: str) -> int:
        """Return in how many passages a stem occurs."""
        ...

    def ideal(self, weighted_terms: Mapping[str, float]) -> float:
        """Return about what a passage that held every term would score, > 0 when there is a term."""
        ...


class VectorStore(Protocol):
    """Finds the passages whose vectors are nearest."""

    def nearest(self, vector: Sequence[float], k: int) -> list[tuple[str, float]]:
        """Return at most `k` passage ids with their cosine, best first."""
        ...

    def close(self) -> None:
        """Release what was opened."""
        ...


class SentenceScorer(Protocol):
    """Says how near a question is to each sentence of a passage."""

    def cosines(self, text: str, passage: Passage) -> Sequence[float]:
        """Return one cosine a sentence, in order, between the question `text` and the sentence."""
        ...


class Retriever(Protocol):
    """Finds passages for a query."""

    def retrieve(self, query: Query, k: int, within: frozenset[str] | None = None) -> list[Hit]:
        """Return at most `k` hits, best first, all with a positive score.

        `within` keeps only the passages of these document ids; None searches everything.
        """
        ...


class ReadSpan(Protocol):
    """A stretch of a passage's text that may answer."""

    @property
    def start(self) -> int:
        """Offset in the passage's text."""
        ...

    @property
    def end(self) -> int:
        """Offset after the last character."""
        ...

    @property
    def score(self) -> float:
        """Higher is better, comparable within one question."""
        ...


class SpanReading(Protocol):
    """What a reader says of one passage."""

    @property
    def answerable(self) -> float:
        """Log-odds that the passage answers the question."""
        ...

    @property
    def spans(self) -> Sequence[ReadSpan]:
        """Best spans, best first; empty when the passage has no word."""
        ...


class SpanReader(Protocol):
    """Marks in passages the words that answer a question."""

    def read(
        self,
        question: str,
        passages: Sequence[tuple[str, str]],
        *,
        parts: Sequence[Sequence[tuple[int, int]]],
    ) -> Sequence[SpanReading]:
        """Return one reading a passage, in order: its best spans, and the best of each of its parts.

        A passage is its headings and its text; its parts are ranges of the text's characters.
        """
        ...


class ChatModel(Protocol):
    """A language model that speaks piece by piece."""

    @property
    def name(self) -> str:
        """`provider:name`, as the settings have it."""
        ...

    def stream(self, messages: Sequence[Message]) -> Iterator[Piece]:
        """Yield what the model says, as it says it; it has no tool.

        Raises whatever its library raises: the caller takes any error for an absence.
        """
        ...

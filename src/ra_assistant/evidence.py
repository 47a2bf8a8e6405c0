"""The numbered passages that a language model is given, without the orders that somebody planted in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ra_assistant.claim_form import is_order
from ra_assistant.claim_reading import NAME, Reading, read
from ra_assistant.french.words import fold
from ra_assistant.ports import SentenceScorer
from ra_assistant.types import Document, Passage, Span

_BLANKS = re.compile(r"[\s\u00a0\u202f\u2009]+")


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of a passage that may support."""

    number: int
    """Number of its passage."""
    rank: int
    """Place among the passage's sentences."""
    span: Span
    reading: Reading


class Evidence:
    """The numbered passages that a model was given."""

    def __init__(
        self,
        passages: Sequence[tuple[Passage, Document]],
        scorer: SentenceScorer | None = None,
        is_common: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Number `passages` from 1.

        Args:
            passages: with their documents, in the order of their numbers.
            scorer: nearness of a sentence to those of a passage; None compares words only.
            is_common: tells French words from names at the start of a sentence.
        """
        self.passages = tuple(passages)
        self.scorer = scorer
        self.is_common = _without_names(passages, is_common)
        self._contexts: dict[tuple[int, ...], Reading] = {}
        self._lines = {
            number: _lines(number, passage, document, self.is_common)
            for number, (passage, document) in enumerate(self.passages, 1)
        }

    @cached_property
    def publishers(self) -> frozenset[str]:
        """Return the folded names of the publishers; those in the title of a document that names none."""
        named = {fold(document.publisher) for _, document in self.passages if document.publisher}
        titles = {document.title for _, document in self.passages if not document.publisher}
        return frozenset(named | {name.key for title in titles for name in read(title).of(NAME)})

    def lines(self, numbers: Sequence[int]) -> list[Line]:
        """Return the sentences of some passages that may support, in order."""
        return [line for number in numbers for line in self._lines[number]]

    def shown(self, number: int) -> str:
        """Return a passage as the model is given it: planted orders left out, « < » and « > » too."""
        document = self.passages[number - 1][1]
        said = [document.text[line.span.start : line.span.end] for line in self._lines[number]]
        return _BLANKS.sub(" ", " ".join(said)).translate({ord("<"): "‹", ord(">"): "›"})

    def heading(self, number: int) -> str:
        """Return what places a passage: title, year, headings, table header."""
        passage, document = self.passages[number - 1]
        parts = [document.title, str(document.year or ""), *passage.section_path, passage.context]
        kept = [part for part in parts if part and not is_order(part)]
        return _BLANKS.sub(" ", " — ".join(kept)).translate({ord("<"): "‹", ord(">"): "›"})

    def context(self, numbers: Sequence[int]) -> Reading:
        """Return what stands around some passages, read once."""
        key = tuple(numbers)
        if key not in self._contexts:
            self._contexts[key] = read(" ".join(map(self.around, key)))
        return self._contexts[key]

    def around(self, number: int) -> str:
        """Return the words that a sentence may take from around a passage: headings, title, publisher."""
        return f"{self.heading(number)} {self.passages[number - 1][1].publisher or ''}"


def _without_names(
    passages: Sequence[tuple[Passage, Document]], is_common: Callable[[str], bool]
) -> Callable[[str], bool]:
    """Return `is_common` without the words that the passages write with a capital inside a sentence."""
    # A paragraph begins a sentence, although no full stop ends the heading before it.
    texts = (
        paragraph
        for passage, document in passages
        for paragraph in document.text[passage.start : passage.end].split("\n\n")
    )
    named = {
        part for text in texts for item in read(text, lambda _: True).of(NAME) for part in item.key.split()
    }
    return lambda form: form not in named and is_common(form)


def _lines(
    number: int, passage: Passage, document: Document, is_common: Callable[[str], bool]
) -> tuple[Line, ...]:
    """Return the sentences of a passage, without the paragraphs in which an assistant is given orders."""
    spans = passage.sentences or (Span(passage.start, passage.end),)
    planted: set[int] = set()
    paragraph = [document.text.count("\n", passage.start, span.start) for span in spans]
    for rank, span in enumerate(spans):
        if is_order(document.text[span.start : span.end]):
            planted |= {other for other, place in enumerate(paragraph) if place == paragraph[rank]}
    return tuple(
        Line(number, rank, span, read(_one_line(document.text[span.start : span.end]), is_common))
        for rank, span in enumerate(spans)
        if rank not in planted
    )


def _one_line(text: str) -> str:
    return re.sub(r"[ \t]*\n\s*", " ", text)

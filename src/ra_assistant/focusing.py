"""Choosing what the span reader reads: in each passage, the stretch around its likeliest sentence.

A reader's cost grows with what it reads, and most of a passage has nothing to do with the question: the
sentences that full-text search and vectors find likeliest are read with their neighbours, the rest is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ra_assistant.ranking import Candidate
from ra_assistant.types import Passage, Span

CELL_END = " | "
"""What stands between two cells of a table's row."""
WINDOW_CHARS = 560
"""Most characters of a window of several sentences."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of whole sentences of a passage."""

    passage: Passage
    span: Span
    """Offsets in the document."""
    score: float
    """Log-odds of its likeliest sentence."""

    @property
    def text(self) -> str:
        """The words of the window."""
        origin = self.passage.start
        return self.passage.text[self.span.start - origin : self.span.end - origin]

    @property
    def rows(self) -> list[tuple[int, int]]:
        """The ranges in its words of the rows of tables: an answer does not run from one into the next."""
        held = (
            Span(span.start - self.span.start, span.end - self.span.start)
            for span in self.passage.sentences
            if self.span.start <= span.start and span.end <= self.span.end
        )
        return [(span.start, span.end) for span in held if CELL_END in self.text[span.start : span.end]]


def windows(candidates: Sequence[Candidate], max_chars: int = WINDOW_CHARS) -> list[Window]:
    """Return one window a passage, the passage of the best candidate first.

    Args:
        candidates: sentences, best first.
        max_chars: how long a window of several sentences may be; one sentence may be longer.
    """
    scores: dict[str, dict[Span, float]] = {}
    best: dict[str, Candidate] = {}
    for candidate in candidates:
        best.setdefault(candidate.passage.id, candidate)
        scores.setdefault(candidate.passage.id, {})[candidate.span] = candidate.score
    return [
        Window(candidate.passage, _grown(candidate, scores[name], max_chars), candidate.score)
        for name, candidate in best.items()
    ]


def _grown(candidate: Candidate, scores: dict[Span, float], max_chars: int) -> Span:
    """Widen a sentence by its neighbours, the likelier one first, as far as a window may go."""
    sentences = candidate.passage.sentences
    first = last = sentences.index(candidate.span)
    while True:
        sides = []
        if first > 0 and sentences[last].end - sentences[first - 1].start <= max_chars:
            sides.append((scores.get(sentences[first - 1], 0.0), first - 1, last))
        if last + 1 < len(sentences) and sentences[last + 1].end - sentences[first].start <= max_chars:
            sides.append((scores.get(sentences[last + 1], 0.0), first, last + 1))
        if not sides:
            return Span(sentences[first].start, sentences[last].end)
        _, first, last = max(sides)

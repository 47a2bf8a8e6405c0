"""A follow-up that a language model wrote out as a question of its own: whether it may be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ra_assistant.claim_form import form_fault, tidy
from ra_assistant.claim_reading import DAY, FIGURE, NAME, YEAR, read
from ra_assistant.types import Turn

MAX_CHARS = 300


def standalone(
    pieces: Iterable[str], question: str, history: Sequence[Turn], is_common: Callable[[str], bool]
) -> str:
    """Return the question that a model wrote; empty when it is none, or brings in what nobody said.

    Args:
        pieces: what the model says, piece by piece; it is left when it says too much.
        question: as the visitor typed it.
        history: former turns, oldest first.
        is_common: tells French words from names at the start of a sentence.
    """
    said = ""
    for piece in pieces:
        said += piece
        if len(said) > MAX_CHARS:
            return ""
    text = tidy(said)
    if not text.endswith("?") or form_fault(text) != "question":
        return ""
    spoken = [question, *(part for turn in history for part in (turn.question, turn.answer))]
    known = read("\n".join(spoken), is_common)
    brought = [item for item in read(text, is_common).of(FIGURE, YEAR, DAY, NAME) if not known.holds(item)]
    return "" if brought else text

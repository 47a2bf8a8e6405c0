"""Answer questions in French about activity reports, each answer with the passage it rests on.

    from ra_assistant import open_assistant

    assistant = open_assistant("index")
    print(assistant.ask("Combien de nouvelles entreprises en 2020 ?").text)

Nothing heavy is loaded before an index is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ra_assistant.errors import RaError
from ra_assistant.types import Answer, Citation, Document, Hit, Outcome, Passage, Turn

if TYPE_CHECKING:
    from ra_assistant.assembly import Assistant, open_assistant

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Document",
    "Hit",
    "Outcome",
    "Passage",
    "RaError",
    "Turn",
    "open_assistant",
]


def __getattr__(name: str) -> Any:
    """Import the assistant when it is asked for, not before."""
    if name in {"Assistant", "open_assistant"}:
        from ra_assistant import assembly

        return getattr(assembly, name)
    raise AttributeError(f"module 'ra_assistant' has no attribute {name!r}")

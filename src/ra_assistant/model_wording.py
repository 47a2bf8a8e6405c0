"""What is said of a language model and of the answers that it phrases, in French."""

from __future__ import annotations

MANNER: dict[str, str] = {
    "length": "Longueur de la réponse",
    "short": "Courte",
    "usual": "Habituelle",
    "long": "Détaillée",
    "plain": "En français facile",
}
"""Controls of the chat, there only when a language model phrases the answers."""

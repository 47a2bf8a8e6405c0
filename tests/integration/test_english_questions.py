"""A question in English finds what the report says in French; one in French is not taken for English."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ra_assistant import assembly

TEXT = """# Rapport d'activité 2023

## Personnel

L'effectif s'élève à 48 salariés. Les bénévoles tiennent la main courante au guichet.

## Fréquentation

Le musée a reçu 84 200 visiteurs, et le chemin des douves a rouvert.
"""


@pytest.fixture(scope="module")
def assistant(open_on: Callable[[str], assembly.Assistant]) -> assembly.Assistant:
    return open_on(TEXT)


def test_the_words_searched_are_french(assistant: assembly.Assistant) -> None:
    terms = assistant.answerer.understood("How many visitors did the museum receive?", ()).terms
    assert {"visiteur", "mus"} <= terms.keys()
    assert not {"visitor", "museum", "how"} & terms.keys()
    assert "84 200" in assistant.ask("How many visitors did the museum receive?").text


def test_words_of_a_french_question_that_english_has_too_stay(assistant: assembly.Assistant) -> None:
    asked = "Qui tient la main courante au chemin des douves ?"
    terms = assistant.answerer.understood(asked, ()).terms
    assert {"main", "chemin"} <= terms.keys()
    assert "principal" not in terms

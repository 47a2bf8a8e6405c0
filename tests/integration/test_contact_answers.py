"""Who wants to write or to call is given the address or the number, or told that the report has none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ra_assistant import assembly
from ra_assistant.answer_wording import NEAR_MISS, NOT_IN_REPORT
from ra_assistant.types import AnswerKind, Outcome

TEXT = """---
title: Rapport d'activité
year: 2023
publisher: Musée des eaux
---
# Rapport d'activité

## Fréquentation

Le musée a reçu 84 000 visiteurs en 2023. Le site internet a été refait par une agence de Vannes.

## Nous écrire

Pour toute demande de visite ou de prêt, le service des publics répond à publics@musee-des-eaux.fr sous trois jours.

https://www.musee-des-eaux.fr
"""


@pytest.fixture(scope="module")
def assistant(open_on: Callable[[str], assembly.Assistant]) -> assembly.Assistant:
    return open_on(TEXT)


@pytest.mark.parametrize("question", ["Comment vous contacter ?", "mail pour vous ecrire", "À qui écrire ?"])
def test_the_address_is_given_as_it_is_written(assistant: assembly.Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert answer.text.startswith("publics@musee-des-eaux.fr. «\u00a0Pour toute demande")
    (mark,) = answer.highlights
    assert answer.text[mark.start : mark.end] == "publics@musee-des-eaux.fr"


def test_the_site_is_given_when_it_is_asked_for(assistant: assembly.Assistant) -> None:
    assert "https://www.musee-des-eaux.fr" in assistant.ask("Quelle est l’adresse du site ?").text


def test_a_number_that_the_report_does_not_give_is_not_made_up(assistant: assembly.Assistant) -> None:
    answer = assistant.ask("Quel est le numéro de téléphone du service des publics ?")
    assert answer.outcome is not Outcome.ANSWERED
    assert answer.text in {NOT_IN_REPORT, NEAR_MISS[AnswerKind.CONTACT]}


def test_a_question_about_the_site_is_no_request_for_its_address(assistant: assembly.Assistant) -> None:
    assert "agence de Vannes" in assistant.ask("Par qui le site internet a-t-il été refait ?").text

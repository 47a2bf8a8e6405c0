"""Questions as they are typed in haste: acronyms of the report, verbs that say nothing, participles in every form."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ra_assistant import assembly
from ra_assistant.types import Outcome

TEXT = """---
title: Rapport d'activité 2023 – SDIS des Trois-Vallées
year: 2023
publisher: SDIS des Trois-Vallées
---
# Rapport d'activité 2023 – SDIS des Trois-Vallées

## Chiffres

- 18 420 interventions, une toutes les vingt-huit minutes
- 512 agents, dont 430 volontaires

## Relève

Les sections de jeunes sapeurs-pompiers (JSP) accueillent 312 filles et garçons. Au brevet, 61 des 70 JSP présentés ont
été admis.

## Budget

Le service a reçu du département une subvention de 9,4 millions d'euros. Les remboursements d'interventions
s'élèvent à 740 000 euros.
"""


@pytest.fixture(scope="module")
def assistant(open_on: Callable[[str], assembly.Assistant]) -> assembly.Assistant:
    return open_on(TEXT)


def test_an_acronym_of_the_report_is_no_short_form(assistant: assembly.Assistant) -> None:
    answer = assistant.ask("cb de jsp admis au brevet ?")
    assert answer.standalone_question == "combien de JSP admis au brevet ?"
    assert answer.outcome is Outcome.ANSWERED
    assert "61 des 70 JSP" in answer.text


def test_a_short_form_that_is_no_acronym_of_the_report_is_written_out(assistant: assembly.Assistant) -> None:
    assert assistant.ask("pk ts ces jeunes ?").standalone_question == "pourquoi tous ces jeunes ?"


@pytest.mark.parametrize(
    "question",
    [
        "Combien d'interventions avez-vous assurées en 2023 ?",
        "Combien d'interventions le SDIS des Trois-Vallées a-t-il effectuées en 2023 ?",
        "Combien d'interventions ont été réalisées ?",
    ],
)
def test_a_verb_that_says_nothing_of_what_is_counted_does_not_count(
    assistant: assembly.Assistant, question: str
) -> None:
    assert assistant.ask(question).text.startswith("18 420")


def test_a_participle_is_found_in_both_genders(assistant: assembly.Assistant) -> None:
    understood = assistant.answerer.understood(
        "Quelles sections les jeunes ont-elles accueillies et créées ?", ()
    )
    assert {"accueil", "cre"} <= understood.terms.keys()

"""A superlative asked of a table is answered by the row that has the largest or the smallest number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ra_assistant import answering, assembly, building
from ra_assistant.french.words import fold
from ra_assistant.question_kinds import pattern

TEXT = """---
title: Rapport d'activité
year: 2023
publisher: Musée des eaux
---
# Rapport d'activité

Le musée des eaux fait le récit des rivières de la région depuis 1987, dans une ancienne filature.

## Les expositions de l'année

| Exposition | Visiteurs | Durée (jours) |
|---|---|---|
| Sources et lavoirs | 18 400 | 96 |
| Le peuple des marais | 41 250 | 120 |
| Crues | 9 870 | 150 |
| Total | 69 520 | 366 |

## Recettes par origine

| Origine | 2022 (k€) | 2023 (k€) |
|---|---|---|
| Billetterie | 3 900 | 4 080 |
| Mécénat | 4 100 | 1 760 |
| Boutique | 850 | 940 |

## Prêts

| Établissement | Objets |
|---|---|
| Musée de Vannes | 12 |
| Musée de Lorient | 12 |
| Musée de Redon | 3 |

## Personnel

Le service des publics est celui qui emploie le plus d'agents : vingt-deux sur cinquante.

| Service | Agents |
|---|---|
| Publics | 22 |
| Conservation | 17 |
| Administration | 11 |
"""


@pytest.fixture(scope="module")
def assistant(open_on: Callable[[str], assembly.Assistant]) -> assembly.Assistant:
    return open_on(TEXT)


@pytest.mark.parametrize(
    ("question", "row", "said"),
    [
        (
            "Quelle exposition a attiré le plus de visiteurs ?",
            "Le peuple des marais | 41 250 | 120",
            "Le peuple",
        ),
        ("quelle expo a eu le moins de visiteurs", "Crues | 9 870 | 150", "Crues"),
        ("Quelle exposition a eu la durée la plus longue ?", "Crues | 9 870 | 150", "Crues"),
        ("Quelle origine a rapporté le plus de recettes ?", "Billetterie | 3 900 | 4 080", "Billetterie"),
        ("Quelle origine a rapporté le plus de recettes en 2022 ?", "Mécénat | 4 100 | 1 760", "Mécénat"),
    ],
)
def test_the_row_with_the_largest_or_smallest_number_answers(
    assistant: assembly.Assistant, question: str, row: str, said: str
) -> None:
    answer = assistant.ask(question)
    assert answer.citations[0].quote == row
    assert answer.text.startswith(said)
    (mark,) = answer.highlights
    assert row.startswith(answer.text[mark.start : mark.end])


@pytest.mark.parametrize(
    ("question", "most", "least"),
    [
        ("Quelle exposition a attiré le plus de monde ?", True, False),
        ("Quelle exposition a rapporté le plus ?", True, False),
        ("Quelle exposition est la plus vue ?", True, False),
        ("Quelle est la meilleure année ?", True, False),
        ("Quelle exposition a ouvert le plus tôt ?", False, False),
        ("Quelle exposition a reçu plus de visiteurs de moins de 30 ans ?", False, False),
        ("Quelle association compte plus de dix salariés ?", False, False),
        ("Quel est le plus petit budget ?", False, True),
        ("Quel service a le moins d'agents ?", False, True),
    ],
)
def test_superlatives_are_told_from_comparisons(question: str, most: bool, least: bool) -> None:
    asked = fold(question)
    assert (pattern("superlatives", "most").search(asked) is not None) is most
    assert (pattern("superlatives", "least").search(asked) is not None) is least


def test_nothing_is_chosen_between_equals(assistant: assembly.Assistant) -> None:
    answer = assistant.ask("Quel établissement a reçu le plus d'objets en prêt ?")
    assert not answer.highlights or answer.text[answer.highlights[0].start :].startswith("12")


def test_a_sentence_that_says_which_is_the_largest_is_left_first(assistant: assembly.Assistant) -> None:
    answer = assistant.ask("Quel service emploie le plus d'agents ?")
    assert answer.citations[0].quote.startswith("Le service des publics est celui")


def test_a_question_without_a_superlative_is_answered_as_ever(assistant: assembly.Assistant) -> None:
    assert assistant.ask("Combien de visiteurs pour Crues ?").citations[0].quote == "Crues | 9 870 | 150"


def test_two_years_compared_keep_a_passage_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for year, visitors in ((2022, "41 000"), (2023, "52 000")):
        head = f"---\ntitle: Rapport d'activité\nyear: {year}\n---\n# Rapport\n\n"
        text = f"{head}Le musée a reçu {visitors} visiteurs en {year}.\n"
        (tmp_path / f"rapport_{year}.md").write_text(text, encoding="utf-8")
    building.build(tmp_path, tmp_path / ".index")
    opened = assembly.open_assistant(tmp_path / ".index")
    monkeypatch.setattr(answering, "extreme", lambda *_: pytest.fail("a comparison has no largest row"))
    try:
        answer = opened.ask("Le nombre de visiteurs a-t-il augmenté entre 2022 et 2023 ?")
    finally:
        opened.close()
    assert {citation.document.year for citation in answer.citations} == {2022, 2023}

"""A number of a table is said with the unit that the head of its column gives."""

from __future__ import annotations

import pytest

from ra_assistant.table_units import with_unit
from ra_assistant.types import Block, BlockKind, Document, Span
from tests.conftest import make_document


def table(row: str, context: str, kind: BlockKind = BlockKind.TABLE_ROW) -> Document:
    return make_document(row, blocks=(Block(kind, 0, len(row), context=context),))


@pytest.mark.parametrize(
    ("row", "context", "words", "said"),
    [
        ("Mécénat et dons | 1 760", "Origine | Montant 2019 (k€)", "1 760", "1 760 (k€)"),
        (
            "Vracs | 3 105 | 2 614",
            "Filière (milliers de tonnes) | 2019 | 2020",
            "2 614",
            "2 614 (milliers de tonnes)",
        ),
        ("Ventes d’eau | 118,6", "Origine | Recettes (en M€)", "118,6", "118,6 (M€)"),
        ("Femmes | 58", "Effectif | Part en %", "58", "58 (%)"),
        ("Personnel | 12 310", "Poste | Montant (provisoire)", "12 310", "12 310"),
        ("Bois | 121", "Atelier | Objets traités en 2019", "121", "121"),
        ("Loyers | 3,36 M€", "Recettes | Exercice (k€)", "3,36 M€", "3,36 M€"),
        ("Loyers | reportés", "Recettes | Exercice (k€)", "reportés", "reportés"),
        ("2019 | 12", "Année (k€) | Nombre", "2019", "2019"),
        ("Total | 12 | 13", "Recettes | Exercice (k€)", "13", "13"),
        ("Total | 12", "", "12", "12"),
    ],
)
def test_a_bare_number_takes_the_unit_of_its_column(row: str, context: str, words: str, said: str) -> None:
    start = row.rindex(words)
    assert with_unit(table(row, context), Span(start, start + len(words)), words) == said


def test_a_number_outside_a_table_stays_as_it_is() -> None:
    document = table("Le budget atteint 1 760.", "Origine | Montant (k€)", BlockKind.PARAGRAPH)
    assert with_unit(document, Span(18, 23), "1 760") == "1 760"

"""Which documents are former editions of one that is there too."""

import pytest

from ra_assistant.editions import superseded
from ra_assistant.types import Document, DocumentKind


def document(name: str, title: str, year: int | None, publisher: str | None = None) -> Document:
    return Document(name, f"{name}.md", title, year, DocumentKind.ORIGINAL, None, "", publisher)


@pytest.mark.parametrize(
    ("dated", "former"),
    [
        ({"Bilan 2023": 2023, "Bilan 2024": 2024}, {"Bilan 2023"}),
        ({"Bilan 2024": 2024, "Bilan 2023": 2023}, {"Bilan 2023"}),
        (
            {"Rapport de l’Agence, 2021": 2021, "Rapport de l'agence, 2022": 2022},
            {"Rapport de l’Agence, 2021"},
        ),
        ({"2024, RAPPORT": 2024, "Rapport 2022": 2022}, set()),
        (
            {"Rapport 2021": 2021, "RAPPORT 2024": 2024, "rapport 2022": 2022},
            {"Rapport 2021", "rapport 2022"},
        ),
        ({"Rapport 2020-2021": 2020, "Rapport 2021/22": 2021}, {"Rapport 2020-2021"}),
        ({"Rapport 2024 A": 2024, "Rapport 2024 a": 2024}, set()),
        ({"Rapport 2021": 2021, "Bilan 2024": 2024}, set()),
        ({"2021": 2021, "2022": 2022}, {"2021"}),
    ],
)
def test_editions_have_the_same_title_years_aside(dated: dict[str, int], former: set[str]) -> None:
    assert superseded(document(title, title, year) for title, year in dated.items()) == former


def test_reports_of_two_bodies_are_no_editions_of_each_other() -> None:
    old = document("old", "Rapport annuel 2019", 2019, "Agence du Val")
    new = document("new", "Rapport annuel 2023", 2023, "Office des Monts")
    assert superseded([old, new]) == frozenset()
    assert superseded([old, document("next", "Rapport annuel 2020", 2020, "agence du val")]) == {"old"}


def test_a_document_without_a_year_supersedes_nothing_and_is_not_superseded() -> None:
    assert superseded([document("a", "Rapport", None), document("b", "Rapport", 2020)]) == frozenset()
    assert superseded([]) == frozenset()

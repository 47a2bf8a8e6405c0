"""Which documents are former editions of one that is there too, and how old what they say is."""

from dataclasses import replace

import pytest

from ra_assistant.editions import newest_years
from ra_assistant.lexical import Bm25Index
from ra_assistant.questions import understand
from ra_assistant.ranking import Ranker
from ra_assistant.types import Document, DocumentKind, Hit, Passage, Span


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
    newest = newest_years(document(title, title, year) for title, year in dated.items())
    assert {title for title, year in dated.items() if year < newest[title]} == former


def test_reports_of_two_bodies_are_no_editions_of_each_other() -> None:
    old = document("old", "Rapport annuel 2019", 2019, "Agence du Val")
    new = document("new", "Rapport annuel 2023", 2023, "Office des Monts")
    assert newest_years([old, new]) == {"old": 2019, "new": 2023}
    following = document("next", "Rapport annuel 2020", 2020, "agence du val")
    assert newest_years([old, following, new]) == {"old": 2020, "next": 2020, "new": 2023}


def test_beside_a_document_without_a_year_the_newest_of_all_counts() -> None:
    page = document("page", "Présentation", None)
    assert newest_years([page, document("a", "Rapport 2020", 2020)]) == {"page": 2020, "a": 2020}
    assert newest_years([page]) == {}
    assert newest_years([]) == {}


def aged(query: str, said: str, document: Document, newest: Document) -> dict[str, float]:
    """Return the features of age of a sentence of `document`, in a corpus with `newest`."""
    passage = Passage("p", document.id, 0, len(said), said, sentences=(Span(0, len(said)),))
    documents = {each.id: each for each in (replace(document, text=said), newest)}
    ranker = Ranker(documents, Bm25Index.build([said]), 1, lambda rows: [0.0 for _ in rows])
    (candidate,) = ranker.candidates(understand(query, (), None, civil=False), [Hit(passage, 1.0)])
    return {name: candidate.features.get(name, 0.0) for name in ("superseded", "age", "age_figure")}


@pytest.mark.parametrize(
    ("query", "said", "year", "expected"),
    [
        ("Combien d’agents ?", "Il compte 12 agents.", 2023, (0.0, 0.0, 0.0)),
        ("Combien d’agents ?", "Il compte 12 agents.", 2021, (1.0, 0.4, 0.4)),
        ("Combien d’agents ?", "En 2003, il comptait 12 agents.", 2023, (0.0, 1.0, 1.0)),
        ("Combien d’agents ?", "Il compte 12 agents, 9 en 2021.", 2023, (0.0, 0.4, 0.4)),
        ("Combien d’agents ?", "Il vise 20 agents en 2030.", 2023, (0.0, 0.0, 0.0)),
        ("Quand est-il né ?", "Il est né en 2003.", 2023, (0.0, 1.0, 0.0)),
        ("Combien d’agents en 2003 ?", "En 2003, il comptait 12 agents.", 2023, (0.0, 0.0, 0.0)),
        ("Combien d’agents ?", "En 2021, il comptait 12 agents.", None, (1.0, 0.4, 0.4)),
        ("Combien d’agents ?", "Il compte 12 agents.", None, (0.0, 0.0, 0.0)),
    ],
)
def test_a_sentence_is_as_old_as_what_it_says_beside_the_newest_edition(
    query: str, said: str, year: int | None, expected: tuple[float, float, float]
) -> None:
    found = aged(query, said, document("d", f"Rapport {year}", year), document("n", "Rapport 2023", 2023))
    assert tuple(found.values()) == pytest.approx(expected)

"""Real reports, kept beside the project: what a reader sees on a page is in the text, in order."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import pytest

from ra_assistant.reading import FileLoader
from ra_assistant.types import BlockKind, Extraction
from tests.reading_fixtures import REPORTS, check_shape, contexts, page_of, path_of, texts

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not REPORTS.is_dir(), reason="the reference reports are not beside the project"),
]

NAMES = ["bilan_2023.pdf", "bilan_2024.pdf", "bilan_2023.md", "agas_rapport_2021.md", "edito_ra2020.txt"]


@cache
def report(name: str) -> Extraction:
    return FileLoader().load(REPORTS / name, REPORTS)


def page(name: str, number: int) -> str:
    document = report(name).document
    ends = [*document.page_starts[1:], len(document.text)]
    return document.text[document.page_starts[number - 1] : ends[number - 1]]


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_well_formed(name: str) -> None:
    check_shape(report(name))


@pytest.mark.parametrize(
    ("name", "title", "year", "pages"),
    [
        ("bilan_2023.pdf", "Bilan 2023 beta.gouv.fr", 2023, 37),
        ("bilan_2024.pdf", "Bilan 2024 beta.gouv.fr", 2024, 38),
        ("bilan_2023.md", "Bilan 2023", 2023, 0),
        ("agas_rapport_2021.md", "Rapport annuel 2021", 2021, 0),
        ("edito_ra2020.txt", "Edito ra2020", 2020, 0),
    ],
)
def test_a_report_is_known_for_what_it_is(name: str, title: str, year: int, pages: int) -> None:
    document = report(name).document
    assert (document.title, document.year, len(document.page_starts)) == (title, year, pages)


def test_the_editorial_is_kept_letter_by_letter() -> None:
    path = REPORTS / "edito_ra2020.txt"
    document = report(path.name).document
    assert document.text == path.read_text(encoding="utf-8")
    assert texts(document, BlockKind.HEADING) == [
        "Avancée en recherche",
        "Les points marqués à l’international",
        "Quelles ambitions pour 2021 ?",
    ]


@pytest.mark.parametrize(
    ("name", "number", "included"),
    [
        ("bilan_2023.pdf", 2, ["APPROCHE BETA.GOUV.FR\n\nLʼapproche fait référence à la méthode employée"]),
        ("bilan_2023.pdf", 3, ["Page 27 | Les activités financées par le programme beta.gouv.fr"]),
        ("bilan_2023.pdf", 5, ["Un programme interministériel animé", "LA MISSION\n\nAider les administrations"]),
        ("bilan_2023.pdf", 8, ["213\nservices en cours dʼaccompagnement ou pérennisés\nen janvier 2024"]),
        ("bilan_2023.pdf", 10, ["TCHAP\n\nMISSION\n\nProposer une messagerie", "107 collectivités partenaires\n"]),
        ("bilan_2023.pdf", 12, ["39 % des 26,06 millions dʼadresses"]),
        ("bilan_2023.pdf", 18, ["Lʼatelier numérique de lʼEurope et des affaires étrangères", "\nCerema"]),
        ("bilan_2023.pdf", 22, ["mobilisée pour continuer dʼattirer des personnes expertes du numérique"]),
        ("bilan_2023.pdf", 23, ["réseau beta.gouv.fr, lʼéquipe qui anime"]),
        ("bilan_2023.pdf", 26, ["68 intrapreneurs (dont 9 en 2023) ont reçu une certification"]),
        ("bilan_2023.pdf", 29, ["3 114 114 €\nCofinancement de services numériques dʼÉtat\n(FAST,"]),
        ("bilan_2023.pdf", 30, ["18\nLauréats\nen 2023", "4,16\nmillions d’euros\nengagés sur les promos 12 et 13"]),
        ("bilan_2023.pdf", 33, ["DOCURBA\n\nMISSION\n\nFaciliter lʼélaboration de dossiers dʼurbanisme"]),
        ("bilan_2024.pdf", 10, ["35\ninvestigations en cours", "30\nservices numériques à impact national"]),
        ("bilan_2024.pdf", 11, ["« service numérique à impact national ». Ils ont eu un impact significatif"]),
        ("bilan_2024.pdf", 19, ["3 650€\nattribués dans le cadre du bug", "21\nfailles corrigées sur 9 services"]),
        ("bilan_2024.pdf", 20, ["+ 170\nservices numériques ont publié une page présentant leurs statistiques."]),
        ("bilan_2024.pdf", 23, ["1 406 165 €\n+ 3,7 ETPT\nAnimation et soutien au réseau beta.gouv.fr"]),
        ("bilan_2024.pdf", 24, ["63\nprojets financés", "18,8\nM€", "financement nʼont pu réellement démarrer"]),
        ("bilan_2024.pdf", 26, ["OZ ENSEMBLE\n\nL'application mobile", "consommation d'alcool\n220 000 €"]),
        ("bilan_2024.pdf", 29, ["au sein des opérateurs et dans lʼensemble du service public"]),
    ],
)  # fmt: skip
def test_a_page_reads_as_it_looks(name: str, number: int, included: list[str]) -> None:
    for words in included:
        assert words in page(name, number)


@pytest.mark.parametrize("number", [3, 4, 7, 14, 16, 17, 22, 27, 28])
def test_the_running_head_is_left_out(number: int) -> None:
    assert "Direction interministérielle du numérique" not in page("bilan_2023.pdf", number).splitlines()


def test_rows_of_tables_stand_on_their_own() -> None:
    rows = contexts(report("bilan_2023.pdf").document)
    (women,) = [
        row for row in rows if row.startswith("Part des femmes") and row.endswith("| 47% | 50% | 53%")
    ]
    assert rows[women] == "Indicateurs | Résultats 2022 | Objectifs PLF 2023 | Résultats 2023"
    assert rows["DINUM | Direction interministérielle du numérique"] == ""
    latest = contexts(report("bilan_2024.pdf").document)
    assert latest["Part des femmes dans les EIG | N/A | 50% | 17,4%"].endswith("Résultats 2024")
    assert (
        "Produit | Mission | Montant"
        in contexts(report("bilan_2023.md").document)[
            "Mano | Mieux suivre et accompagner les populations en rue | 100000 €"
        ]
    )


def test_sections_follow_the_titles_of_the_pages() -> None:
    document = report("bilan_2023.pdf").document
    assert path_of(document, "36\ninvestigations") == (
        "État des lieux janvier 2024",
        "ÉTATS DES LIEUX AU 1ER JANVIER 2024",
    )
    assert path_of(document, "Mieux suivre et accompagner")[-2:] == ("MANO", "MISSION")
    assert page_of(document, "Mieux suivre et accompagner") == 34


def test_the_markdown_edition_loses_its_markup() -> None:
    text = report("bilan_2023.md").document.text
    for markup in ("**", "](/", "<div", "|:--", "fr-modal"):
        assert markup not in text
    assert "Critèré 1 : 📍 Déploiement nationalisé : le service a prouvé son utilité" in text
    assert path_of(report("bilan_2023.md").document, "Mobilic") == (
        "Activités financées par le programme beta.gouv.fr",
        "FAST",
        "Lauréats FAST 13",
    )


def test_real_reports_are_read_fast(tmp_path: Path) -> None:
    """In processor time, which what else runs on the machine does not change much."""
    start = time.process_time()
    extraction = FileLoader().load(REPORTS / "bilan_2024.pdf", REPORTS)
    pages_per_second = len(extraction.document.page_starts) / (time.process_time() - start)
    assert pages_per_second > 15

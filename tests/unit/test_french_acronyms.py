import pytest

from ra_assistant.french.acronyms import acronyms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("le groupement d’intérêt public (GIP) Genopole", [("GIP", "groupement d’intérêt public")]),
        ("La SEM (société d’économie mixte) gère.", [("SEM", "société d’économie mixte")]),
        ("le plan local d’urbanisme (PLU) a changé", [("PLU", "plan local d’urbanisme")]),
        ("l’agence régionale de santé (ARS)", [("ARS", "agence régionale de santé")]),
        ("la certification EU-BIC (European Union Business Innovation Center)", [
            ("EU-BIC", "European Union Business Innovation Center"),
        ]),
        ("certifié EU-BIC (European Business and Innovation Center)", [
            ("EU-BIC", "European Business and Innovation Center"),
        ]),
        ("l’Institut national de la santé et de la recherche médicale (Inserm)", [
            ("Inserm", "Institut national de la santé et de la recherche médicale"),
        ]),
        ("deux PME (petites et moyennes entreprises)", [("PME", "petites et moyennes entreprises")]),
        ("les PMEs (petites et moyennes entreprises)", [("PMEs", "petites et moyennes entreprises")]),
        ("l’Institut de la mer (Ifremer)", []),
        ("l’Agence du climat, portée par les communes (Paris)", []),
        ("le siège de l’établissement (RER)", []),
        ("un parc (PARC) fermé", []),
        ("l’agence nationale régionale de santé (ARS)", []),
        ("Un nom (APPROUVÉ) quelconque", []),
        ("Généthon (220 professionnels)", []),
        ("(ABC)", []),
    ],
)  # fmt: skip
def test_an_acronym_is_paired_with_the_words_whose_initials_it_is(text, found) -> None:
    assert list(acronyms(text)) == found


LIST = """Liste des abréviations
PLU | Plan local d’urbanisme
GIP : groupement d’intérêt public ;
SEM – Société d’économie mixte
ADEME | Agence de la transition écologique
ANAH | Société nationale du logement
ETP | 42
TOTAL | 23 155
"""


def test_the_lines_of_a_list_of_abbreviations_are_read_as_pairs() -> None:
    assert list(acronyms(LIST)) == [
        ("PLU", "Plan local d’urbanisme"),
        ("GIP", "groupement d’intérêt public"),
        ("SEM", "Société d’économie mixte"),
        ("ADEME", "Agence de la transition écologique"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "ADEME | Agence de la transition écologique",
        "NOTE : non compris les prêts\nDATE : dimanche et jours fériés\nLIEU | la halle aux grains",
        "PLU | Plan local d’urbanisme | 12",
        "PLU 2021 | Plan local d’urbanisme",
    ],
)
def test_lines_that_no_letters_vouch_for_are_no_list_of_abbreviations(text: str) -> None:
    assert list(acronyms(text)) == []


def test_a_line_of_nothing_but_blanks_is_passed_over_at_once() -> None:
    assert list(acronyms("AB |" + " " * 200_000 + "x|")) == []

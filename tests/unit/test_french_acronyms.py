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

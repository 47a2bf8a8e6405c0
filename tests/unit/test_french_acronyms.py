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
        ("Un nom (APPROUVÉ) quelconque", []),
        ("Généthon (220 professionnels)", []),
        ("(ABC)", []),
    ],
)  # fmt: skip
def test_an_acronym_is_paired_with_the_words_whose_initials_it_is(text, found) -> None:
    assert list(acronyms(text)) == found

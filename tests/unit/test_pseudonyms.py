"""What is taken out of a text that is kept, and what is left in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ra_assistant.french.pseudonyms import pseudonymised


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Je m’appelle Jean Dupont et je cherche le bilan.", "Je m’appelle [nom] et je cherche le bilan."),
        ("je m'appelle marie dupont combien d’entreprises ?", "je m'appelle [nom] combien d’entreprises ?"),
        ("Je m’appelle Zoé.\nCombien ?", "Je m’appelle [nom]\nCombien ?"),
        ("Je suis Jean-Pierre de La Tour, combien d’aides ?", "Je suis [nom], combien d’aides ?"),
        ("Je suis M. dupont", "Je suis [nom]"),
        ("MON NOM EST DUPONT", "MON NOM EST [nom]"),
        ("Mon prenom est Léa-Rose", "Mon prenom est [nom]"),
        ("Je soussignée Anne-Marie O’Connor demande", "Je soussignée [nom] demande"),
        ("ma fille Léa Martin est-elle inscrite ?", "ma fille [nom] est-elle inscrite ?"),
        ("Cordialement, Paul Martin", "Cordialement, [nom]"),
        ("mon mail est jean.dupont@exemple.fr merci", "mon mail est [adresse e-mail] merci"),
        ("écrivez à jean point dupont arobase exemple point fr", "écrivez à [adresse e-mail]"),
        ("Appelez-moi au 06 12 34 56 78.", "Appelez-moi au [téléphone]."),
        ("0612345678 ou +33 (0)6-12-34-56-78", "[téléphone] ou [téléphone]"),
        ("+32 475 12 34 56", "[téléphone]"),
        ("Mon numéro est 1 85 05 78 006 084 36", "Mon numéro est [numéro]"),
        ("dossier 20231234567", "dossier [numéro]"),
        ("né le 12/03/1985", "né le [numéro]"),
        ("FR76 3000 6000 0112 3456 7890 189", "[numéro]"),
        ("j’habite 12 bis rue des Lilas", "j’habite [adresse]"),
        ("voyez https://exemple.fr/compte?jeton=abc", "voyez [lien]"),
        ("suivez @jdupont", "suivez [compte]"),
    ],
)  # fmt: skip
def test_what_tells_who_wrote_is_taken_out(text: str, kept: str) -> None:
    assert pseudonymised(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "Combien de nouvelles entreprises en 2020 ?",
        "Quelle évolution entre 2020-2021 et 2022/2023 ?",
        "Qui a levé 41 700 000 euros, et qui 12 500 000 € ?",
        "Qui est Claire Fontaine ?",
        "Je suis étudiante à Évry : quelles bourses ?",
        "Je suis une entreprise de biotechnologie",
        "Combien d’hectares, 12,5 ou 1 250 ?",
        "Quelle part, 12,345678 % ?",
        "C’est quoi Genopole ?",
        "Que fait la rue du Port ?",
    ],
)
def test_an_ordinary_question_is_left_as_it_is(text: str) -> None:
    assert pseudonymised(text) == text


def test_signs_that_nobody_sees_are_taken_out() -> None:
    assert pseudonymised("a\x00b\u202ec\u200bd\te") == "a b c d e"


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=60)
def test_an_address_and_a_number_are_taken_out_wherever_they_stand(before: str, after: str) -> None:
    kept = pseudonymised(f"{before} jean.dupont@exemple.fr ou 06 12 34 56 78 {after}")
    assert "dupont@" not in kept
    assert "12 34 56" not in kept


def test_a_long_hostile_text_does_not_hold_the_writer() -> None:
    for text in (
        "a" * 20_000,
        "1 " * 10_000,
        "je m'appelle " * 1_500,
        "a." * 10_000 + "@",
        "1 rue a " * 2_500,
    ):
        pseudonymised(text)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ra_assistant.french.words import stem
from ra_assistant.questions import is_english, question_words
from ra_assistant.spelling import Speller, word_hash

REPORT = ["genopole", "entreprises", "laboratoires", "bioproduction", "gratuit", "levees"]
FRENCH = ["gratin", "entreprise", "vacances"]


@pytest.fixture(scope="module")
def speller() -> Speller:
    known = np.array(sorted(word_hash(word) for word in FRENCH), dtype=np.uint32)
    forms = {form: stem(form) for form in REPORT}
    return Speller(known, forms, lambda _: 1, question_words())


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("labortoires", "laboratoires"),
        ("genoploe", "genopole"),
        ("bioprodcution", "bioproduction"),
        ("cb dentreprises", "cb d'entreprises"),
        ("dentreprize", "d'entreprises"),
        ("dentreprise", "d'entreprise"),
        ("linstallation", "linstallation"),
        ("Conbien d’entreprise à Génopole ?", "combien d’entreprise à Génopole ?"),
    ],
)
def test_slips_are_mended_towards_the_words_of_the_reports(speller: Speller, typed: str, mended: str) -> None:
    assert speller.mend(typed) == mended


@pytest.mark.parametrize("text", ["gratin", "vacances", "xyz", "2020", "zzzzzzzz", ""])
def test_french_words_short_words_and_strangers_are_left_alone(speller: Speller, text: str) -> None:
    assert speller.mend(text) == text


def test_english_is_told_from_french() -> None:
    assert is_english("Which companies joined the cluster?")
    assert not is_english("Quelles entreprises ont rejoint le cluster ?")
    assert not is_english("entreprises 2020")


@given(st.text(max_size=80))
def test_mending_twice_changes_nothing_more(text: str) -> None:
    known = np.array([0], dtype=np.uint32)
    speller = Speller(known, {form: stem(form) for form in REPORT}, lambda _: 1)
    once = speller.mend(text)
    assert speller.mend(once) == once

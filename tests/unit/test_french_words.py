from hypothesis import example, given
from hypothesis import strategies as st

from ra_assistant.french.words import content_words, fold, stems, words


def forms(text: str) -> list[str]:
    return [word.form for word in words(text)]


def test_elided_articles_are_words_of_their_own() -> None:
    assert forms("L’entreprise qu'elle a d’abord aidée") == [
        "l", "entreprise", "qu", "elle", "a", "d", "abord", "aidee",
    ]  # fmt: skip


def test_words_typed_without_accents_have_the_stem_of_the_accented_ones() -> None:
    assert stems("levées développées sécurité œuvre") == stems("levees developpees securite oeuvre")


def test_a_compound_is_found_by_its_pieces_and_written_in_one_word() -> None:
    assert {"bic", "eubic"} <= set(forms("la certification EU-BIC"))
    assert {"gen", "era", "genera"} <= set(forms("GEN.ERA"))


def test_the_pronoun_of_a_question_is_no_compound() -> None:
    assert forms("a-t-il") == ["a", "t", "il"]


def test_numbers_are_kept_whole_with_a_decimal_comma() -> None:
    assert forms("1 234,5 puis 12,4 et 3.5") == ["1234,5", "puis", "12,4", "et", "3,5"]
    assert forms("5\u202f589\u202f773 euros") == ["5589773", "euros"]


def test_families_of_words_share_a_stem() -> None:
    assert len({stems(word)[0] for word in ("accueillir", "accueil", "accueillies")}) == 1


def test_a_participle_has_one_stem_in_both_genders_with_or_without_accents() -> None:
    for verb in (
        "assurer assuré assurée assurées assurees",
        "créer créé créée créées",
        "recruter recrutés recrutées",
    ):
        assert len({name for word in verb.split() for name in stems(f"elle a {word}")}) == 1, verb
    assert stems("elle est née") == stems("il est né") == ["ne"]


def test_to_have_been_is_no_summer_and_to_be_born_no_negation() -> None:
    assert stems("Quand l’agence a-t-elle été créée ? Elle n’a pas encore été fondée.") == stems(
        "Quand l’agence créée encore fondée"
    )
    assert "ete" in stems("À l’été 2022, le site a rouvert") and "ete" in stems("été 2022")
    assert "ne" in stems("L’agence est née en 1998") and "ne" in stems("Le projet est NÉ ici")
    assert "ne" not in stems("Il ne dit rien")


def test_amounts_and_the_summer_are_not_stop_words() -> None:
    assert forms_of_content("les sommes de l’été") == ["sommes", "ete"]


def forms_of_content(text: str) -> list[str]:
    return [word.form for word in content_words(text)]


@given(st.text(max_size=200))
@example("A&A")
def test_words_stand_where_they_say_in_any_text(text: str) -> None:
    """In order of their ends: a compound written in one word comes after its pieces and begins with them."""
    last = 0
    for word in words(text):
        assert 0 <= word.start < word.end <= len(text)
        assert word.end >= last
        assert word.form
        last = word.end


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)

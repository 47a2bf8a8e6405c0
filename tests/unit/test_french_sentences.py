import pytest
from hypothesis import given
from hypothesis import strategies as st

from ra_assistant.french.sentences import sentence_spans


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["M. Dupont a levé 1,5 M€.", "Il part."],
        ["Le n° 3 (art. L. 123-4) vaut 3.5 points.", "Ensuite, rien."],
        ["Tout a été créé.", "En 2024.", "Le reste suit."],
        ["Elle dit : « Non. »", "Puis elle sort."],
        ["« Bravo ! »", "Ils applaudissent."],
        ["Les lots, les prix, etc.", "Voilà."],
        ["La suite… et puis la fin."],
        ["La vitamine C.", "Le reste."],
        ["Mme A. Galy et le Pr B. Martin dirigent ART-TG."],
        ["1. Premier point."],
        ["Voir p. 12 et chap. 3.", "Fin."],
        ["Vraiment ?", "Oui !", "(Peut-être.)"],
        ["Le budget est de 20 M€.", "3 agents partent."],
        ["J.-C. Dupont est venu."],
    ],
)
def test_sentences_end_where_a_french_reader_ends_them(sentences: list[str]) -> None:
    assert cut(" ".join(sentences)) == sentences


def test_a_blank_text_has_no_sentence() -> None:
    assert cut(" \n ") == []


@given(st.text(alphabet="Aa é.!?…«»\u00a0\n10M)", max_size=120))
def test_sentences_are_ordered_and_lose_only_blanks(text: str) -> None:
    spans = sentence_spans(text)
    position = 0
    for start, end in spans:
        assert text[position:start].strip() == ""
        assert start < end
        position = end
    assert text[position:].strip() == ""

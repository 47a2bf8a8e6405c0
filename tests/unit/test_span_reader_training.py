"""The examples that the reader is taught with: whatever is cut or added, the answer stays what it was."""

from __future__ import annotations

import random
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

TRAINING = Path(__file__).parents[2] / "training"
TEXT = (
    "Le parc a ouvert en mars 2018. Il hébergeait fin 2021 trente-neuf jeunes pousses.\n"
    "Deux d’entre elles ont levé 2,4 M€. Le comité a examiné 118 dossiers !\n\n"
    "412\nvisites\n\nLa durée moyenne passe de 19 à 23 mois. La cantine a rouvert."
)
ANSWERS = ["trente-neuf jeunes pousses", "2,4 M€", "118 dossiers", "412", "23 mois"]


@pytest.fixture(scope="module")
def read() -> ModuleType:
    """Return the training script of the reader."""
    sys.path.insert(0, str(TRAINING))
    try:
        import read as script
    finally:
        sys.path.remove(str(TRAINING))
    return script


def example(read: ModuleType, words: str) -> object:
    """Return an example whose answer is these words of the text."""
    start = TEXT.index(words)
    return read.Example("Combien ?", "Titre", TEXT, ((start, start + len(words)),))


@settings(max_examples=60, deadline=None)
@given(words=st.sampled_from(ANSWERS), seed=st.integers(0, 2**16))
def test_cutting_and_lengthening_a_passage_keep_the_answer(read: ModuleType, words: str, seed: int) -> None:
    rng = random.Random(seed)
    made = read.lengthened(read.cropped(example(read, words), rng), "Autre chose. Encore autre chose.", rng)
    assert [made.text[a:b] for a, b in made.answers] == [words]


@settings(max_examples=40, deadline=None)
@given(words=st.sampled_from(ANSWERS), most=st.integers(60, 400))
def test_a_window_of_a_long_text_keeps_the_answer_or_drops_it_whole(
    read: ModuleType, words: str, most: int
) -> None:
    start = TEXT.index(words)
    text, answers = read.window(TEXT, ((start, start + len(words)),), most)
    assert len(text) <= max(most, len(TEXT))
    assert all(text[a:b] == words for a, b in answers)


@pytest.mark.parametrize("words", ANSWERS)
def test_a_passage_without_its_answer_no_longer_holds_it(read: ModuleType, words: str) -> None:
    start = TEXT.index(words)
    rest = read.without_answer(TEXT, ((start, start + len(words)),))
    assert rest is None or words not in rest


def test_sentences_cover_every_word_in_order(read: ModuleType) -> None:
    parts = read.sentences(TEXT)
    assert all(a < b for a, b in parts)
    assert all(left[1] <= right[0] for left, right in pairwise(parts))
    assert "".join("".join(TEXT[a:b].split()) for a, b in parts) == "".join(TEXT.split())


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, 2, (1, 1)), (0, 7, (1, 2)), (4, 5, (2, 2)), (3, 8, None), (20, 22, None)],
)
def test_characters_become_the_tokens_that_cover_them(
    read: ModuleType, start: int, end: int, expected: tuple[int, int] | None
) -> None:
    assert read.token_range([(-1, -1), (0, 3), (4, 7), (-1, -1)], start, end) == expected


@settings(max_examples=60, deadline=None)
@given(question=st.text(max_size=60), seed=st.integers(0, 2**16))
def test_hasty_and_keyword_questions_are_made_of_any_question(
    read: ModuleType, question: str, seed: int
) -> None:
    rng = random.Random(seed)
    assert isinstance(read.noise.hasty(question, rng), str)
    assert read.noise.keywords(question, rng) or not question

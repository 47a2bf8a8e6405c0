"""English questions are searched in French words."""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path
from types import ModuleType

import pytest

from ra_assistant.english_words import EnglishWords
from ra_assistant.questions import is_english, understand
from ra_assistant.types import Query

SHIPPED = Path(str(resources.files("ra_assistant.models"))) / "english.json"
TRAINING = Path(__file__).parents[2] / "training"


@pytest.fixture
def words(tmp_path: Path) -> EnglishWords:
    kept = {
        "staff": {"personnel": 0.4, "effect": 0.3, "canne": 0.1},
        "visitors": {"visiteur": 0.6},
        "mark": {"marqu": 0.9},
    }
    path = tmp_path / "english.json"
    path.write_text(json.dumps(kept), encoding="utf-8")
    return EnglishWords(path, {"effect", "canne", "visiteur", "visitor"}.__contains__)


def test_translations_that_the_reports_hold_come_first(words: EnglishWords) -> None:
    found = words.expand(Query("How many staff?", {"how": 0.25, "many": 0.25, "staff": 1.0}))
    assert found.terms == {"effect": 1.0, "canne": 0.4}
    assert found.text == "How many staff?"


def test_a_word_that_the_reports_hold_as_it_is_counts_besides(words: EnglishWords) -> None:
    found = words.expand(Query("visitors in 2021", {"visitor": 0.6, "2021": 1.0, "kerlun": 1.0}))
    assert found.terms == {"visitor": pytest.approx(0.24), "visiteur": 0.6, "2021": 1.0, "kerlun": 1.0}


def test_names_are_not_translated_and_unknown_translations_are_kept(words: EnglishWords) -> None:
    query = understand("What did Mark Staff say?", (), None)
    assert {"mark", "staff"} <= words.expand(query).terms.keys()
    nobody = EnglishWords(words._path, lambda _: False)
    assert nobody.expand(Query("staff", {"staff": 1.0})).terms["personnel"] == 1.0


def test_a_word_that_two_others_become_has_the_larger_weight(tmp_path: Path) -> None:
    path = tmp_path / "english.json"
    path.write_text(
        json.dumps({"staff": {"personnel": 1.0}, "workers": {"personnel": 1.0}}), encoding="utf-8"
    )
    found = EnglishWords(path, lambda _: False).expand(Query("?", {"staff": 0.5, "worker": 1.0}))
    assert found.terms == {"personnel": 1.0}


@pytest.mark.parametrize(
    ("question", "french"),
    [
        ("How many visitors did the museum have?", {"visiteur", "mus"}),
        ("How much funding did the startups raise?", {"financ", "entrepris"}),
        ("Who is the chairman of the board?", {"president", "conseil"}),
    ],
)
def test_the_words_in_the_box_know_those_of_reports(question: str, french: set[str]) -> None:
    assert is_english(question)
    found = EnglishWords(SHIPPED, lambda _: False).expand(understand(question, (), None))
    assert french <= found.terms.keys()
    assert not {"the", "did", "how"} & found.terms.keys()


@pytest.fixture(scope="module")
def training() -> ModuleType:
    """Return the script that learns the words."""
    sys.path.insert(0, str(TRAINING))
    try:
        import english as script
    finally:
        sys.path.remove(str(TRAINING))
    return script


PAIRS = [
    ("The red house", "La maison rouge"),
    ("The red car", "La voiture rouge"),
    ("A house and a car", "Une maison et une voiture"),
    ("The house is old", "La maison est vieille"),
    ("My car is old", "Ma voiture est vieille"),
    ("Red roses", "Des roses rouges"),
]


def test_words_are_learnt_from_sentences_that_say_the_same(
    training: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "SEEN", 2)
    learnt = training.learnt(PAIRS * 3)
    likeliest = {word: max(found, key=found.get) for word, found in learnt.items()}
    assert likeliest == {"red": "roug", "house": "maison", "car": "voitur", "old": "vieil"}
    assert "roses" not in learnt  # spelt alike
    monkeypatch.setattr(training, "SEEN", 19)
    assert training.learnt(PAIRS * 3) == {}


def test_words_written_by_hand_come_before_those_learnt(
    training: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(training, "DATA", tmp_path)
    rows = "\n".join(json.dumps({"en": "staff meeting", "fr": "réunion de bâtons"}) for _ in range(9))
    (tmp_path / "parallel.jsonl").write_text(rows, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["english.py", "--out", str(tmp_path / "english.json")])
    training.main()
    made = json.loads((tmp_path / "english.json").read_text(encoding="utf-8"))
    assert (
        made["staff"] == {"personnel": 1.0, "salar": 0.5, "effect": 0.33} or made["staff"]["personnel"] == 1.0
    )

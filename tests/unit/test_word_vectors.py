"""Words near in meaning: the file, what has a vector, how a sentence in other words is reached."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from ra_assistant.french.words import content_words
from ra_assistant.lexical import Bm25Index
from ra_assistant.questions import understand
from ra_assistant.ranking import Ranker
from ra_assistant.types import Hit, Passage, Span
from ra_assistant.word_vectors import FLOOR, WordVectors
from tests.conftest import ROOT, make_document

SHIPPED = Path(str(resources.files("ra_assistant.models"))) / "words.npz"


@pytest.fixture(scope="module")
def shipped() -> WordVectors:
    if not SHIPPED.is_file():
        pytest.skip("built without the words' vectors")
    return WordVectors(SHIPPED)


def small(folder: Path) -> WordVectors:
    """Return vectors of four words: « chien » and « toutou » alike, « budget » apart, « dépense » between."""
    forms, stems = ["chien", "toutou", "budget", "depense"], ["chien", "toutou", "budget", "depens"]
    vectors = np.array([[127, 0], [127, 0], [0, 127], [90, 90]], dtype=np.int8)
    np.savez(
        folder / "words.npz",
        forms=np.frombuffer("\n".join(forms).encode(), np.uint8),
        stems=np.frombuffer("\n".join(stems).encode(), np.uint8),
        vectors=vectors,
        stem_rows=np.arange(4, dtype=np.int32),
    )
    return WordVectors(folder / "words.npz")


def near(vectors: WordVectors, asked: str, said: str) -> float:
    rows = vectors.rows(content_words(asked)), vectors.rows(content_words(said))
    return float(vectors.nearness(*rows).max(initial=0.0))


def test_nearness_is_what_the_cosine_has_above_its_floor(tmp_path: Path) -> None:
    vectors = small(tmp_path)
    assert near(vectors, "toutou", "chien") == pytest.approx(1.0)
    assert near(vectors, "chien", "budget") == 0.0
    assert near(vectors, "budget", "dépense") == pytest.approx((0.5**0.5 - FLOOR) / (1 - FLOOR), abs=0.01)
    assert near(vectors, "inconnu", "chien") == 0.0
    assert near(vectors, "chien", "") == 0.0


def test_words_of_like_meaning_are_near_and_others_are_not(shipped: WordVectors) -> None:
    for asked, said in (("affluence", "fréquentation"), ("embauchés", "recrutés"), ("argent", "fonds")):
        assert near(shipped, asked, said) > 0.4, (asked, said)
    for asked, said in (("blessés", "personnes"), ("président", "budget"), ("musée", "logement")):
        assert near(shipped, asked, said) < 0.2, (asked, said)


def features(query: str, text: str, vectors: WordVectors | None) -> list[dict[str, float]]:
    document = make_document(text)
    cut = text.index(". ") + 1
    sentences = (Span(0, cut), Span(cut + 1, len(text)))
    passage = Passage("p", document.id, 0, len(text), text, sentences=sentences)
    lexical = Bm25Index.build([text, "Autre chose."])
    ranker = Ranker({document.id: document}, lexical, 2, lambda rows: [0.0] * len(rows), vectors=vectors)
    found = ranker.candidates(understand(query, (), None, civil=False), [Hit(passage, 1.0)])
    return [dict(candidate.features) for candidate in found]


def test_a_sentence_is_reached_by_a_word_near_the_one_that_is_asked(tmp_path: Path) -> None:
    text = "Le budget baisse. Le chien est admis."
    budget, dogs = features("Et le toutou ?", text, small(tmp_path))
    assert dogs["near_cover"] == pytest.approx(1.0)
    assert (budget["near_cover"], budget["near_missing"]) == (0.0, pytest.approx(0.0))
    assert budget["cover"] == dogs["cover"] == 0.0
    assert dogs["near_around"] == pytest.approx(1.0)
    missing = features("Et le toutou ?", "Le budget baisse. Il fait froid.", small(tmp_path))
    assert missing[0]["near_missing"] == pytest.approx(1.0)


def test_the_sentence_before_counts_around_and_the_word_itself_counts_whole(tmp_path: Path) -> None:
    first, second = features("Et le chien ?", "Le toutou est admis. On en compte 43.", small(tmp_path))
    assert (first["near_cover"], second["near_cover"]) == (pytest.approx(1.0), 0.0)
    assert second["near_around"] == pytest.approx(1.0)
    itself, _ = features("Quel budget ?", "Le budget baisse. Il fait froid.", None)
    assert (itself["near_cover"], itself["near_missing"]) == (pytest.approx(1.0), pytest.approx(0.0))


def test_a_word_that_only_a_sentence_on_its_own_holds_is_no_trouble(tmp_path: Path) -> None:
    """« été » after « a » is no summer; at the head of a sentence it is one."""
    forms = stems = ["budget", "ete"]
    np.savez(
        tmp_path / "summer.npz",
        forms=np.frombuffer("\n".join(forms).encode(), np.uint8),
        stems=np.frombuffer("\n".join(stems).encode(), np.uint8),
        vectors=np.array([[127, 0], [0, 127]], dtype=np.int8),
        stem_rows=np.arange(2, dtype=np.int32),
    )
    found = features(
        "Et l’été ?", "Le budget que l’on a. Été 2021 : rien.", WordVectors(tmp_path / "summer.npz")
    )
    assert [row["near_cover"] for row in found] == [0.0, pytest.approx(1.0)]


def test_the_file_is_made_again_by_its_command(tmp_path: Path, shipped: WordVectors) -> None:
    pytest.importorskip("onnx")
    out = tmp_path / "words.npz"
    done = subprocess.run(
        [sys.executable, "training/words.py", "--out", str(out)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert SHIPPED.stat().st_size < 2_000_000
    with np.load(out) as made, np.load(SHIPPED) as kept:
        assert made["forms"].tobytes() == kept["forms"].tobytes()
        assert made["stems"].tobytes() == kept["stems"].tobytes()
    made_vectors = WordVectors(out)
    for asked, said in (("affluence", "fréquentation"), ("budget", "dépenses"), ("blessés", "personnes")):
        assert near(made_vectors, asked, said) == pytest.approx(near(shipped, asked, said), abs=0.02)

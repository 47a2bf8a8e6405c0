import numpy as np
import pytest

from ra_assistant import questions
from ra_assistant.calibrating import FEWEST_QUESTIONS, calibrate, headings
from ra_assistant.lexical import Bm25Index
from ra_assistant.types import Passage

SUBJECTS = ["budget annuel", "sièges sociaux", "musée ancien", "forêt domaniale", "port maritime", "école primaire",
            "usine nouvelle", "pont suspendu", "lac gelé", "train rapide"]  # fmt: skip


def passages(count: int = len(SUBJECTS)) -> list[Passage]:
    found = []
    for rank, subject in enumerate(SUBJECTS[:count]):
        text = f"{subject}\n\nUn texte qui parle d’autre chose, numéro {rank}."
        found.append(
            Passage(
                id=f"p{rank}", document_id="d", start=0, end=len(text), text=text, section_path=(subject,)
            )
        )
    return found


class _Oracle:
    """Knows which number each subject has; `skill` 0 makes it know nothing."""

    def __init__(self, skill: float) -> None:
        self._skill = skill

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = np.full(len(SUBJECTS) + 1, 1e-6)
        number = [n for n, subject in enumerate(SUBJECTS) if subject in text or f"numéro {n}." in text]
        vector[number[0] if number and self._skill else -1] = 1.0
        return (vector / np.linalg.norm(vector)).tolist()


def lexical_over(texts):
    index = Bm25Index.build(texts)

    def scores(question):
        terms = questions.understand(question, (), None, civil=False).terms
        return index.scores(terms), index.ideal(terms)

    return scores


def calibrated(skill: float, count: int = len(SUBJECTS)):
    found = passages(count)
    oracle = _Oracle(skill)
    vectors = np.array(oracle.embed_documents([p.searchable_text for p in found]), dtype=np.float32)
    return calibrate(found, vectors, oracle, lexical_over)


def test_headings_are_taken_off_their_passages() -> None:
    first, *_ = headings(passages())
    assert first.question == "budget annuel"
    assert "budget" not in first.text
    assert len(headings(passages(), most=3)) == 3


def test_a_model_that_helps_weighs_what_ranks_best() -> None:
    found = calibrated(1.0)
    assert found.fusion.weight > 0
    assert found.ranks[found.fusion.weight] == max(found.ranks.values()) > found.ranks[0.0]


def test_a_model_that_does_not_help_weighs_nothing() -> None:
    assert calibrated(0.0).fusion.weight == 0.0


def test_too_few_headings_leave_bm25_alone() -> None:
    found = calibrated(1.0, FEWEST_QUESTIONS - 1)
    assert (found.fusion.weight, found.ranks) == (0.0, {})


def test_fused_is_never_below_bm25_on_the_questions_of_calibration() -> None:
    for skill in (0.0, 1.0):
        found = calibrated(skill)
        assert found.ranks[found.fusion.weight] >= found.ranks[0.0]


@pytest.mark.parametrize("heading", ["", "Introduction", "Le la les"])
def test_a_heading_that_says_nothing_asks_nothing(heading: str) -> None:
    text = f"{heading}\n\nUn texte."
    assert (
        headings(
            [Passage(id="p", document_id="d", start=0, end=len(text), text=text, section_path=(heading,))]
        )
        == []
    )

import contextlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ra_assistant import assembly, building, fitted, questions
from ra_assistant import tuning as tuning_room
from ra_assistant.books import Case
from ra_assistant.builds import BuildStore
from ra_assistant.calibrating import (
    FEWEST_QUESTIONS,
    MOST_QUESTIONS,
    Trial,
    Tried,
    calibrate,
    headings,
    scale_of,
    threshold_of,
    weigh,
)
from ra_assistant.fitted import ranking_digest
from ra_assistant.lexical import Bm25Index
from ra_assistant.retrieval import Fusion
from ra_assistant.settings import load_settings
from ra_assistant.tuning import answers
from ra_assistant.types import Outcome, Passage, Span
from tests.conftest import make_document

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


def test_headings_are_taken_from_the_whole_corpus() -> None:
    many = []
    for rank in range(159):
        heading = f"budget numéro {rank}"
        text = f"{heading}\n\nUn texte."
        many.append(
            Passage(
                id=f"p{rank}", document_id="d", start=0, end=len(text), text=text, section_path=(heading,)
            )
        )
    places = [heading.passage for heading in headings(many)]
    assert len(places) == MOST_QUESTIONS
    assert places[0] == 0
    assert max(places) > 150
    assert max(b - a for a, b in pairwise(places)) <= 2


@pytest.mark.parametrize("heading", ["", "Introduction", "Le la les"])
def test_a_heading_that_says_nothing_asks_nothing(heading: str) -> None:
    text = f"{heading}\n\nUn texte."
    assert (
        headings(
            [Passage(id="p", document_id="d", start=0, end=len(text), text=text, section_path=(heading,))]
        )
        == []
    )


def trials(*places: int, cosine: float = 1.0) -> list[Trial]:
    """Return questions over ten passages: BM25 puts the right one at `places`, vectors put it first."""
    found = []
    for place in places:
        lexical = np.linspace(1.0, 0.1, 10, dtype=np.float32)
        cosines = np.zeros(10, dtype=np.float32)
        cosines[place] = cosine
        found.append(Trial(lexical, 1.0, cosines, frozenset({place})))
    return found


SCALE = Fusion(0.0, 0.0, 1.0)


def test_a_weight_measured_elsewhere_stays_where_questions_cannot_tell_it_from_the_best() -> None:
    # One question of twenty gains from a greater weight: less than one standard error.
    assert weigh(trials(*[0] * 19, 4), SCALE, usual=0.2).fusion.weight == 0.2
    clear = weigh(trials(*[5] * 20), SCALE, usual=0.2)
    assert clear.fusion.weight > 0.2
    assert clear.ranks[clear.fusion.weight] == 1.0


def test_a_weight_measured_elsewhere_goes_when_vectors_harm() -> None:
    harmed = [replace(trial, cosines=np.roll(trial.cosines, 3)) for trial in trials(*[0] * 12)]
    assert weigh(harmed, SCALE, usual=0.6).fusion.weight == 0.0


def test_too_few_questions_leave_the_weight_in_use() -> None:
    found = weigh(trials(*[5] * (FEWEST_QUESTIONS - 1)), replace(SCALE, weight=0.4), usual=0.5)
    assert (found.fusion.weight, found.ranks) == (0.4, {}), "the weight in use stays"


def test_a_weight_stays_where_every_weight_ranks_alike() -> None:
    assert weigh(trials(*[0] * 20), SCALE, usual=0.3).fusion.weight == 0.3


def tried(right: list[float], wrong: list[float], refusable: list[float]) -> list[Tried]:
    rows = [Tried(p, is_right=True, must_refuse=False) for p in right]
    rows += [Tried(p, is_right=False, must_refuse=False) for p in wrong]
    return rows + [Tried(p, is_right=False, must_refuse=True) for p in refusable]


def test_the_threshold_goes_between_what_answers_and_what_does_not() -> None:
    found = threshold_of(tried([0.9] * 20, [], [0.6] * 20), usual=0.45)
    assert 0.6 < found.threshold <= 0.9
    assert found.shares[found.threshold] == (1.0, 1.0)
    assert found.shares[0.45] == (1.0, 0.0)


def test_the_threshold_stays_where_questions_cannot_tell_it_from_the_best() -> None:
    assert threshold_of(tried([0.9] * 20, [], [0.1] * 19 + [0.6]), usual=0.45).threshold == 0.45


@pytest.mark.parametrize(("answerable", "refusable"), [(7, 20), (20, 7), (0, 0)])
def test_too_few_questions_say_nothing_of_the_threshold(answerable: int, refusable: int) -> None:
    found = threshold_of(tried([0.9] * answerable, [], [0.6] * refusable), usual=0.45)
    assert (found.threshold, found.shares) == (0.45, {})


def test_a_wrong_answer_counts_for_no_threshold() -> None:
    found = threshold_of(tried([0.9] * 10, [0.95] * 10, [0.1] * 10), usual=0.45)
    assert found.shares[0.45] == (0.5, 1.0)


def test_cosines_that_crowd_are_put_on_their_own_scale() -> None:
    crowded = [np.array([0.80, 0.81, 0.82, 0.9], dtype=np.float32)] * 3
    scale = scale_of(crowded)
    assert scale.cosine_floor == pytest.approx(0.815)
    assert scale.cosine_ceiling == pytest.approx(0.815 + 1.6 * 0.085)
    assert (scale_of([]).cosine_floor, scale_of([]).cosine_ceiling) == (-1.0, 1.0)


def test_a_corpus_without_headings_still_gives_the_scale_of_its_cosines() -> None:
    texts = [f"Le {subject} est décrit ici, numéro {n}." for n, subject in enumerate(SUBJECTS)]
    found = [
        Passage(f"p{n}", "d", 0, len(text), text, (), sentences=(Span(0, len(text)),))
        for n, text in enumerate(texts)
    ]
    oracle = _Oracle(1.0)
    vectors = np.array(oracle.embed_documents(texts), dtype=np.float32)
    fusion = calibrate(found, vectors, oracle, lexical_over).fusion
    assert fusion.weight == 0.0
    assert fusion.cosine_floor == pytest.approx(0.0, abs=1e-5)
    assert fusion.cosine_ceiling < 0.1


def test_a_threshold_chosen_for_other_weights_is_left_aside(
    corpus: Path, tmp_path: Path, hashed_embedding: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    built = building.build(corpus, index)
    tuning = building.Tuning(Fusion(0.2, 0.0, 1.0), 1.0, {"ranking": ranking_digest(), "ordered": True})
    refusing = building.copied(index, built.build_id, load_settings(), tuning)
    question = "Combien de nouvelles entreprises en 2020 ?"

    def outcome() -> Outcome:
        opened = assembly.open_build(index, refusing, load_settings(), exact=True)
        with contextlib.closing(opened) as assistant:
            return assistant.ask(question).outcome

    assert outcome() is Outcome.NOT_IN_REPORT
    monkeypatch.setattr(fitted, "ranking_digest", lambda: "other weights")
    assert outcome() is Outcome.ANSWERED
    measured = tuning_room.calibrate(index, refusing)
    assert measured["measured"]["former"]["threshold"] == measured["measured"]["chosen"]["threshold"] < 1.0
    assert BuildStore(index).manifest(measured["build_id"]).threshold is None, "nothing was measured anew"
    refusing = measured["build_id"]
    assert outcome() is Outcome.ANSWERED, "the threshold of other weights does not come back"


def test_the_usual_weight_is_not_kept_where_it_ranks_below_words_alone() -> None:
    """A middling weight is a little better than words alone, the usual one a little worse: neither is clear."""
    ahead = trials(*[0] * 18)
    gains = Trial(
        np.array([1.0, 0.95, *[0.0] * 8], np.float32), 1.0,
        np.array([0.0, 0.3, *[0.0] * 8], np.float32), frozenset({1}),
    )  # fmt: skip
    loses = Trial(
        np.array([1.0, 0.2, 0.2, *[0.0] * 7], np.float32), 1.0,
        np.array([0.0, 0.9, 0.9, *[0.0] * 7], np.float32), frozenset({0}),
    )  # fmt: skip
    found = weigh([*ahead, gains, loses], SCALE, usual=0.7)
    assert found.ranks[0.7] < found.ranks[0.0] < max(found.ranks.values())
    assert found.ranks[found.fusion.weight] >= found.ranks[0.0]


def test_another_embedding_model_keeps_no_tuning(
    corpus: Path, tmp_path: Path, hashed_embedding: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    built = building.build(corpus, index)
    tuning = building.Tuning(Fusion(0.6, 0.0, 1.0), 0.9, {"ordered": True})
    builds = BuildStore(index)
    builds.switch(building.copied(index, built.build_id, load_settings(), tuning))
    assert builds.manifest(building.build(corpus, index).build_id).fusion["weight"] == 0.6
    other = replace(assembly.embedding_profile(load_settings()), fingerprint="other@1:64")
    monkeypatch.setattr(assembly, "embedding_profile", lambda settings: other)
    manifest = builds.manifest(building.build(corpus, index).build_id)
    assert (manifest.fusion["weight"], manifest.threshold, manifest.calibration) == (0.2, None, {})


@pytest.mark.parametrize(
    ("page", "document", "is_right"),
    [
        (2, None, True),
        (1, None, False),
        (2, "r.pdf", True),
        (2, "other.pdf", False),
        (2, ".pdf", False),
        (None, None, True),
    ],
)
def test_a_passage_answers_on_the_page_and_in_the_report_that_the_book_names(
    page: int | None, document: str | None, *, is_right: bool
) -> None:
    text = "Une page vide. Il compte 13 arbres."
    report = make_document(text, path="dossier/r.pdf", page_starts=(0, 15), page_labels=("1", "2"))
    passage = Passage("p", report.id, 15, len(text), text[15:])
    case = Case("1", "Combien ?", (("13",),), must_refuse=False, page=page, document=document)
    assert answers(case, passage, report) is is_right
    assert not answers(replace(case, must_refuse=True), passage, report)


def test_a_threshold_that_refuses_nothing_still_refuses_where_nothing_is_found(index: Path) -> None:
    settings = load_settings().model_copy(update={"refusal_threshold": 0.0})
    with contextlib.closing(assembly.open_assistant(index, settings, exact=True)) as assistant:
        answer = assistant.ask("Combien de nouvelles entreprises ?", within=frozenset({"absent"}))
    assert answer.outcome is Outcome.NOT_IN_REPORT

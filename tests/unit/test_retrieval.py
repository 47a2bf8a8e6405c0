import numpy as np
import pytest

from ra_assistant import retrieval
from ra_assistant.exact_store import ExactStore
from ra_assistant.lexical import Bm25Index
from ra_assistant.retrieval import Fusion, HybridRetriever, Mode, Scale, SentenceVectors
from ra_assistant.types import Passage, Query, Span
from tests.fakes import HashedEmbedder

TEXTS = [
    "Le musée a accueilli 300 visiteurs.",
    "Le budget du musée atteint 20 M€.",
    "La bibliothèque compte douze agents.",
]


@pytest.fixture
def build():
    def build(texts: list[str], weight: float) -> HybridRetriever:
        passages = [
            Passage(id=f"p{n}", document_id=f"d{n % 2}", start=0, end=len(text), text=text)
            for n, text in enumerate(texts)
        ]
        vectors = np.array(HashedEmbedder().embed_documents(texts), dtype=np.float32).reshape(-1, 64)
        store = ExactStore([passage.id for passage in passages], vectors)
        return HybridRetriever(
            passages, Bm25Index.build(texts), store, HashedEmbedder(), vectors, Fusion(weight)
        )

    return build


def ids(hits) -> list[str]:
    return [hit.passage.id for hit in hits]


def test_hits_are_ordered_bounded_and_positive(build) -> None:
    hits = build(TEXTS, 0.3).retrieve(Query("budget du musée", {"budget": 1.0, "mus": 1.0}), k=2)
    assert ids(hits)[0] == "p1"
    assert len(hits) <= 2
    assert all(hit.score > 0 for hit in hits)
    assert hits == sorted(hits, key=lambda hit: -hit.score)


def test_a_weight_of_zero_is_plain_bm25(build) -> None:
    query = Query("budget", {"budget": 1.0})
    assert build(TEXTS, 0.0).retrieve(query, 5) == build(TEXTS, 0.0).retrieve(query, 5, mode=Mode.LEXICAL)


def test_what_one_search_brings_is_weighed_by_the_other_as_well(build, monkeypatch) -> None:
    query = Query("le musée a accueilli 300 visiteurs", {"budget": 1.0, "mus": 0.5})
    whole = {hit.passage.id: hit.score for hit in build(TEXTS, 0.5).retrieve(query, 5)}
    monkeypatch.setattr(retrieval, "CANDIDATES", 1)
    few = {hit.passage.id: hit.score for hit in build(TEXTS, 0.5).retrieve(query, 5)}
    assert len(few) == 2, "each search brings its own"
    assert few == pytest.approx({name: whole[name] for name in few})


def test_unknown_words_find_nothing_without_vectors(build) -> None:
    query = Query("xylophone", {"xylophon": 1.0})
    assert build(TEXTS, 0.5).retrieve(query, 5, mode=Mode.LEXICAL) == []
    assert build(TEXTS, 0.5).retrieve(query, 5, mode=Mode.DENSE)


def test_only_the_named_documents_are_searched(build) -> None:
    query = Query("musée", {"mus": 1.0})
    for mode in Mode:
        hits = build(TEXTS, 0.5).retrieve(query, 5, frozenset({"d1"}), mode)
        assert set(ids(hits)) <= {"p1"}


def test_an_empty_index_finds_nothing(build) -> None:
    assert build([], 0.5).retrieve(Query("musée", {"mus": 1.0}), 5) == []


def test_equal_texts_are_ranked_in_reading_order(build) -> None:
    hits = build([TEXTS[0]] * 3, 0.3).retrieve(Query("visiteurs", {"visiteur": 1.0}), 5)
    assert ids(hits) == ["p0", "p1", "p2"]


def test_a_term_weighs_what_it_is_given(build) -> None:
    retriever = build(TEXTS, 0.0)
    first = retriever.retrieve(Query("", {"visiteur": 1.0, "budget": 0.1}), 1)
    second = retriever.retrieve(Query("", {"visiteur": 0.1, "budget": 1.0}), 1)
    assert (ids(first), ids(second)) == (["p0"], ["p1"])


def test_a_question_in_other_words_is_left_to_the_vectors() -> None:
    fusion = Fusion(0.5, cosine_floor=0.1, cosine_ceiling=0.6)
    poor = fusion.fuse({0: 1.0}, {1: 0.5}, ideal=10.0)
    rich = fusion.fuse({0: 6.0}, {1: 0.5}, ideal=10.0)
    assert poor[1] > poor[0]
    assert rich[0] > rich[1]


def test_a_cosine_below_the_floor_counts_for_hardly_anything_and_keeps_its_place() -> None:
    found = Fusion(1.0, 0.2, 0.7).fuse({}, {0: 0.1, 1: 0.2, 2: 0.7}, 1.0)
    assert found[2] == pytest.approx(1.0)
    assert 0 < found[0] < found[1] < 0.01


def test_a_passage_that_shares_no_word_and_is_far_is_still_found_in_a_small_report(build) -> None:
    retriever = build(TEXTS, 0.5)
    found = retriever.retrieve(Query("Rien de commun ici", {}), 3, frozenset({"d1"}))
    assert ids(found) == ["p1"]


def test_nothing_found_is_fused_into_nothing() -> None:
    assert Fusion(0.5).fuse({}, {}, 0.0) == {}


def test_cosines_of_another_model_come_on_the_scale_of_the_one_in_the_box() -> None:
    box, crowded = Fusion(0.5, 0.1, 0.6), Fusion(0.5, 0.8, 0.9)
    scale = crowded.onto(box)
    assert scale.slope * 0.8 + scale.offset == pytest.approx(0.1)
    assert scale.slope * 0.9 + scale.offset == pytest.approx(0.6)
    assert box.onto(box) == Scale()


def test_sentences_are_compared_on_that_scale() -> None:
    class Embedder:
        def embed_query(self, text: str) -> list[float]:
            return [1.0, 0.0]

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[1.0, 0.0] for _ in texts]

    passage = Passage("p", "d", 0, 4, "a. b", (), sentences=(Span(0, 2), Span(3, 4)))
    vectors = np.array([[0.8, 0.6], [0.9, 0.43589]], dtype=np.float16)
    scaled = SentenceVectors(
        [passage], vectors, Embedder(), Fusion(0.5, 0.8, 0.9).onto(Fusion(0.5, 0.1, 0.6))
    )
    assert list(scaled.cosines("?", passage)) == pytest.approx([0.1, 0.6], abs=5e-3)

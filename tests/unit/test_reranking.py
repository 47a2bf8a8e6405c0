"""Passages in the order of a cross-encoder, tried with a tiny one made here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ra_assistant import assembly, building
from ra_assistant.errors import SettingsError
from ra_assistant.named_model import named_reranker
from ra_assistant.reranking import RERANKED, CrossEncoderScorer, RerankingRetriever
from ra_assistant.retrieval import Mode
from ra_assistant.settings import Settings
from ra_assistant.types import Hit, Query
from ra_assistant.wording import sentence_of
from tests.tiny import tiny_cross_encoder

PLACES = ("Évry", "Corbeil", "Lisses", "Ris", "Grigny")


class _Found:
    """A retriever that finds the same hits, as many as it is asked for."""

    def __init__(self, count: int) -> None:
        self.hits = [Hit(_Passage(str(rank)), 1 - rank / 100) for rank in range(count)]  # type: ignore[arg-type]

    def retrieve(self, query: Query, k: int, within: Any = None, mode: Mode = Mode.HYBRID) -> list[Hit]:
        return self.hits[:k]


class _Passage:
    def __init__(self, name: str) -> None:
        self.id = self.searchable_text = name


class _Backwards:
    """Likes the last best."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        self.read = list(texts)
        return [float(text) for text in texts]


def names(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.id for hit in hits]


def test_the_first_passages_come_in_the_order_of_the_scorer_with_the_scores_of_the_fusion() -> None:
    scorer, found = _Backwards(), _Found(RERANKED + 5)
    retriever = RerankingRetriever(found, scorer)  # type: ignore[arg-type]
    query = Query(text="Combien ?", terms={})
    hits = retriever.retrieve(query, RERANKED + 2)
    assert names(hits) == [*map(str, range(RERANKED - 1, -1, -1)), str(RERANKED), str(RERANKED + 1)]
    assert [hit.score for hit in hits] == [hit.score for hit in found.hits[: RERANKED + 2]]
    assert names(retriever.retrieve(query, 3)) == ["19", "18", "17"]
    assert len(scorer.read) == RERANKED


def test_one_search_alone_is_left_as_it_is_and_nothing_found_is_nothing() -> None:
    retriever = RerankingRetriever(_Found(4), _Backwards())  # type: ignore[arg-type]
    query = Query(text="Combien ?", terms={})
    assert names(retriever.retrieve(query, 4, mode=Mode.LEXICAL)) == ["0", "1", "2", "3"]
    assert RerankingRetriever(_Found(0), _Backwards()).retrieve(query, 4) == []  # type: ignore[arg-type]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return tiny_cross_encoder(tmp_path)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for rank, place in enumerate(PLACES):
        agents = "agents " * (5 - rank)
        text = f"# Rapport\n\nLe service compte {rank + 3} personnes à {place}, des {agents}en somme.\n"
        (corpus / f"{place}.md").write_text(text, encoding="utf-8")
    building.build(corpus, tmp_path / "index")
    return tmp_path / "index"


def test_the_model_that_is_named_orders_what_is_found(index: Path, tiny: Path) -> None:
    plain = assembly.open_assistant(index)
    question = "Combien de personnes compte le service ?"
    before = [hit.passage for hit in plain.search(question, 5)]
    plain.close()
    scorer = CrossEncoderScorer(str(tiny), device="cpu")
    scores = scorer.scores(question, [passage.searchable_text for passage in before])
    assert len(set(scores)) > 1
    assert scorer.scores(question, []) == []
    expected = [before[rank].id for rank in sorted(range(5), key=lambda rank: (-scores[rank], rank))]
    settings = Settings(reranker_model=str(tiny), embedding_device="cpu")
    with_model = assembly.open_assistant(index, settings)
    found = with_model.search(question, 5)
    assert names(found) == expected
    assert with_model.answerer.ask("Combien de personnes compte le service à Lisses ?").citations
    with_model.close()


def test_a_model_that_is_not_there_or_is_no_cross_encoder_is_said_in_french(tmp_path: Path) -> None:
    for model in (tmp_path / "absent", tiny_cross_encoder(tmp_path, labels=3)):
        with pytest.raises(SettingsError) as caught:
            named_reranker(Settings(reranker_model=str(model), embedding_device="cpu"))
        sentence = sentence_of(caught.value)
        assert "(RA_RERANKER_MODEL) ne peut pas remettre les passages en ordre" in sentence
        assert str(model) in sentence


def test_a_device_that_is_not_there_is_said_in_french(tiny: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        named_reranker(Settings(reranker_model=str(tiny), embedding_device="nulle_part"))
    assert "RA_EMBEDDING_DEVICE" in sentence_of(caught.value)

"""What the use cases expect of a vector store, held against the real one."""

import numpy as np
import pytest

from ra_assistant.store import ChromaStore
from ra_assistant.types import Passage


def passages(count: int) -> list[Passage]:
    return [Passage(id=f"p{n}", document_id="d", start=0, end=1, text="x") for n in range(count)]


def unit_vectors(count: int, dimension: int = 48) -> np.ndarray:
    vectors = np.random.default_rng(7).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("count", [1, 2, 7, 300])
def test_every_vector_finds_its_own_passage_with_the_true_cosine(tmp_path, count: int) -> None:
    vectors = unit_vectors(count)
    with ChromaStore.create(tmp_path, passages(count), vectors) as store:
        assert len(store) == count
        for rank in range(0, count, max(1, count // 20)):
            found = store.nearest(vectors[rank].tolist(), 5)
            assert found[0][0] == f"p{rank}"
            assert len(found) == min(5, count)
            for name, cosine in found:
                assert cosine == pytest.approx(float(vectors[rank] @ vectors[int(name[1:])]), abs=1e-5)


def test_nearest_is_what_an_exact_product_finds(tmp_path) -> None:
    vectors = unit_vectors(300)
    with ChromaStore.create(tmp_path, passages(300), vectors) as store:
        query = unit_vectors(301)[-1]
        expected = [f"p{n}" for n in np.argsort(-(vectors @ query))[:10]]
        assert [name for name, _ in store.nearest(query.tolist(), 10)] == expected


def test_a_closed_store_opens_again_as_it_was(tmp_path) -> None:
    vectors = unit_vectors(5)
    ChromaStore.create(tmp_path, passages(5), vectors).close()
    with ChromaStore(tmp_path) as store:
        assert store.nearest(vectors[3].tolist(), 1)[0][0] == "p3"

"""What the use cases expect of a vector store, held against the real one."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bench import nearest

from ra_assistant import assembly, vector_places
from ra_assistant.builds import file_hash
from ra_assistant.exact_store import ExactStore
from ra_assistant.ports import VectorStore
from ra_assistant.settings import load_settings
from ra_assistant.store import ChromaStore
from ra_assistant.types import Passage
from tests.conftest import ROOT


def passages(count: int) -> list[Passage]:
    return [Passage(id=f"p{n}", document_id="d", start=0, end=1, text="x") for n in range(count)]


def unit_vectors(count: int, dimension: int = 48) -> np.ndarray:
    vectors = np.random.default_rng(7).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


Made = Callable[[Path, int, np.ndarray], ChromaStore | ExactStore]


def in_chroma(place: Path, count: int, vectors: np.ndarray) -> ChromaStore:
    return ChromaStore.create(place, passages(count), vectors)


def in_memory(_: Path, count: int, vectors: np.ndarray) -> ExactStore:
    return ExactStore([passage.id for passage in passages(count)], vectors)


both = pytest.mark.parametrize("made", [in_chroma, in_memory])


@both
@pytest.mark.parametrize("count", [1, 2, 7, 300])
def test_every_vector_finds_its_own_passage_with_the_true_cosine(
    made: Made, tmp_path: Path, count: int
) -> None:
    vectors = unit_vectors(count)
    store = made(tmp_path, count, vectors)
    try:
        assert len(store) == count
        for rank in range(0, count, max(1, count // 20)):
            found = store.nearest(vectors[rank].tolist(), 5)
            assert found[0][0] == f"p{rank}"
            assert len(found) == min(5, count)
            for name, cosine in found:
                assert cosine == pytest.approx(float(vectors[rank] @ vectors[int(name[1:])]), abs=1e-5)
    finally:
        store.close()


@both
def test_nearest_is_what_an_exact_product_finds(made: Made, tmp_path: Path) -> None:
    vectors = unit_vectors(300)
    store = made(tmp_path, 300, vectors)
    try:
        query = unit_vectors(301)[-1]
        expected = [f"p{n}" for n in np.argsort(-(vectors @ query))[:10]]
        assert [name for name, _ in store.nearest(query.tolist(), 10)] == expected
    finally:
        store.close()


def test_a_copy_without_a_vector_finds_nothing() -> None:
    assert ExactStore([], np.zeros((0, 8), dtype=np.float32)).nearest([0.0] * 8, 5) == []


def test_like_vectors_are_found_in_the_order_of_the_index() -> None:
    store = ExactStore(["a", "b", "c", "d"], np.array([[0, 1], [1, 0], [1, 0], [1, 0]], dtype=np.float32))
    assert [name for name, _ in store.nearest([1.0, 0.0], 4)] == ["b", "c", "d", "a"]


@pytest.mark.parametrize(("most", "kind"), [(100, ExactStore), (1, ChromaStore)])
def test_the_directory_of_chroma_is_opened_for_a_large_build_alone(
    most: int, kind: type[VectorStore], index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[VectorStore] = []
    searched = vector_places.searched

    def noting(*arguments: object) -> VectorStore:
        opened.append(searched(*arguments))  # type: ignore[arg-type]
        return opened[-1]

    monkeypatch.setattr(vector_places, "EXACT_MOST", most)
    monkeypatch.setattr(vector_places, "searched", noting)
    assistant = assembly.open_assistant(index, load_settings())
    try:
        found = [hit.passage.text for hit in assistant.search("nouvelles entreprises accueillies")]
    finally:
        assistant.close()
    assert [type(store) for store in opened] == [kind]
    assert any("nouvelles entreprises" in text for text in found)


def test_chroma_is_not_imported_to_answer_over_a_small_build(corpus: Path, tmp_path: Path) -> None:
    asking = (
        "import json, sys\n"
        "from ra_assistant import assembly, building\n"
        "assistant = assembly.open_assistant(sys.argv[1])\n"
        "answer = assistant.ask('Combien de nouvelles entreprises en 2020 ?')\n"
        "heavy = [name for name in ('chromadb', 'langchain_core', 'torch') if name in sys.modules]\n"
        "print(json.dumps([answer.text, heavy]))\n"
    )
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "src")}
    run = [sys.executable, "-m", "ra_assistant", "index", "--corpus", str(corpus), "--index", str(tmp_path)]
    subprocess.run(run, env=environment, check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-c", asking, str(tmp_path)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    text, heavy = json.loads(done.stdout.splitlines()[-1])
    assert "13" in text
    assert heavy == []


def test_a_closed_store_opens_again_as_it_was(tmp_path: Path) -> None:
    vectors = unit_vectors(5)
    ChromaStore.create(tmp_path, passages(5), vectors).close()
    with ChromaStore(tmp_path) as store:
        assert store.nearest(vectors[3].tolist(), 1)[0][0] == "p3"


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_is_on_disk_never_changes_once_it_was_written(tmp_path: Path, count: int) -> None:
    def files() -> dict[Path, str]:
        return {path: file_hash(path) for path in tmp_path.rglob("*") if path.is_file()}

    vectors = unit_vectors(count)
    ChromaStore.create(tmp_path, passages(count), vectors).close()
    written = files()
    for _ in range(2):
        with ChromaStore(tmp_path) as store:
            assert len(store) == count
            assert store.nearest(vectors[0].tolist(), 1)[0][0] == "p0"
    assert files() == written


def test_the_benchmark_of_both_asks_the_same_and_finds_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    nearest.main(["--sizes", "300", "--questions", "5"])
    heading, line = capsys.readouterr().out.splitlines()
    size, *times, built, recall = line.split()
    assert "Chroma" in heading
    assert (size, recall) == ("300", "1.000")
    assert all(float(value) > 0 for value in (*times, built))

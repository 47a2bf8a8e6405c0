"""The embedded model: vectors, their likeness to sentence-transformers' own, its files and its budget."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ra_assistant.embedding import OnnxEmbedder, batches, read_profile
from tests.tiny import tiny_tokenizer

TRAINING = Path(__file__).parents[2] / "training"
SHIPPED = Path(str(resources.files("ra_assistant.models"))) / "embedding"
TEXTS = [
    "Combien d'entreprises le parc a-t-il accueillies en 2021 ?",
    "Le rendement du réseau s'établit à 83,7 %.",
    "42 agents",
    "Chiffres clés\n\n18 642\ninterventions\n+ 6,8 %",
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a tiny random transformer as sentence-transformers keeps it, and the same as the package ships it."""
    sys.path.insert(0, str(TRAINING))
    try:
        import encoder
        import export
        import torch
        from transformers import BertConfig, BertModel
    finally:
        sys.path.remove(str(TRAINING))
    source, target = tmp_path_factory.mktemp("float"), tmp_path_factory.mktemp("onnx")
    pieces = tiny_tokenizer(source / "tokenizer.json", ["le", "reseau", "agents"])
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=pieces,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=96,
    )
    encoder.save(BertModel(config, add_pooling_layer=False), source, source, max_tokens=96)
    export.export_embedding(source, target, version="7")
    return source, target


def cosines(directory: Path, model: Path, texts: list[str]) -> np.ndarray:
    """Return the cosine of each text's vector with sentence-transformers' own."""
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(model), device="cpu", local_files_only=True).encode(
        texts, show_progress_bar=False
    )
    ours = np.array(OnnxEmbedder(directory).embed_documents(texts))
    return (ours * np.asarray(theirs)).sum(1)


def test_vectors_are_those_of_sentence_transformers_on_a_tiny_model(tiny: tuple[Path, Path]) -> None:
    source, target = tiny
    assert cosines(target, source, TEXTS).min() >= 0.999


def restored(folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Take an exported model up again as a run; return where sentence-transformers finds it."""
    monkeypatch.syspath_prepend(str(TRAINING))
    import encoder
    import restore

    monkeypatch.setattr(restore, "RUNS", folder)
    monkeypatch.setattr(sys, "argv", ["restore.py", "--out", "again", "--model", str(model)])
    restore.main()
    body, _ = encoder.load(folder / "again")
    encoder.save(body, folder / "again", folder / "again", max_tokens=288)
    return folder / "again"


def test_vectors_are_those_of_sentence_transformers_on_the_shipped_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = cosines(SHIPPED, restored(tmp_path, SHIPPED, monkeypatch), TEXTS)
    assert found.mean() >= 0.999
    assert found.min() >= 0.998


def test_a_run_begun_from_the_exported_model_exports_it_again(
    tiny: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = restored(tmp_path, tiny[1], monkeypatch)
    import export

    export.export_embedding(again, tmp_path / "shipped", version="7")
    for name in ("model.onnx", "profile.json", "tokenizer.json"):
        assert (tmp_path / "shipped" / name).read_bytes() == (tiny[1] / name).read_bytes(), name


def test_a_text_has_the_same_vector_alone_and_among_others(tiny: tuple[Path, Path]) -> None:
    model = OnnxEmbedder(tiny[1])
    together = np.array(model.embed_documents(TEXTS))
    alone = np.array([model.embed_documents([text])[0] for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-4
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)


def test_no_text_gives_no_vector_and_an_empty_text_gives_one(tiny: tuple[Path, Path]) -> None:
    model = OnnxEmbedder(tiny[1])
    assert model.embed_documents([]) == []
    assert len(model.embed_query("")) == model.profile.dimension == 64


def test_texts_beyond_the_limit_are_cut(tiny: tuple[Path, Path]) -> None:
    model = OnnxEmbedder(tiny[1])
    long = "reseau " * 500
    assert model.embed_query(long) == model.embed_query(long[: len(long) // 2])


def test_prefixes_of_the_profile_are_put_before_the_texts(tiny: tuple[Path, Path], tmp_path: Path) -> None:
    for file in tiny[1].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    profile = json.loads((tmp_path / "profile.json").read_text(encoding="utf-8"))
    profile |= {"query_prefix": "le ", "document_prefix": "42 "}
    (tmp_path / "profile.json").write_text(json.dumps(profile), encoding="utf-8")
    model, plain = OnnxEmbedder(tmp_path), OnnxEmbedder(tiny[1])
    assert model.embed_query("reseau") == plain.embed_query("le reseau")
    assert model.embed_documents(["agents"]) == plain.embed_documents(["42 agents"])


def test_threads_share_one_model(tiny: tuple[Path, Path]) -> None:
    model = OnnxEmbedder(tiny[1])
    found: list[list[float]] = []
    threads = [threading.Thread(target=lambda: found.append(model.embed_query(TEXTS[0]))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(vector == found[0] for vector in found)


@given(
    st.lists(st.integers(min_value=1, max_value=300), max_size=60), st.integers(min_value=1, max_value=600)
)
def test_batches_take_every_text_once_and_keep_within_the_limit(lengths: list[int], most: int) -> None:
    groups = list(batches(lengths, most))
    assert sorted(i for group in groups for i in group) == list(range(len(lengths)))
    assert all(len(g) == 1 or len(g) * max(lengths[i] for i in g) <= most for g in groups)


def test_short_texts_are_not_padded_to_a_long_one_that_comes_with_them() -> None:
    groups = list(batches([12] * 30 + [60] * 4, 4096))
    assert [len(group) for group in groups] == [30, 4]
    assert len(list(batches([12, 200], 4096))) == 1  # too few to fill a batch: padding costs less than a run


def test_the_shipped_files_are_whole_and_within_their_budget() -> None:
    sums = json.loads((SHIPPED / "profile.json").read_text(encoding="utf-8"))["sha256"]
    assert {n: hashlib.sha256((SHIPPED / n).read_bytes()).hexdigest() for n in sums} == sums
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) <= 25_000_000
    assert read_profile(SHIPPED / "profile.json").dimension <= 384


def test_accents_case_and_apostrophes_cost_nothing() -> None:
    model = OnnxEmbedder(SHIPPED)
    assert model.embed_query("L’ÉTÉ à la pépinière") == model.embed_query("l'ete a la pepiniere")


def test_a_question_is_nearer_to_the_passage_that_answers_in_other_words() -> None:
    model = OnnxEmbedder(SHIPPED)
    question = np.array(model.embed_query("Combien de personnes ont été recrutées ?"))
    passages = np.array(
        model.embed_documents(
            [
                "Quatorze salariés ont rejoint les équipes au cours de l'année.",
                "Le nouveau bâtiment a ouvert ses portes au mois de juin.",
                "Les dépenses d'énergie ont baissé de 12 %.",
            ]
        )
    )
    assert int(np.argmax(passages @ question)) == 0


def test_torch_is_not_loaded_to_embed() -> None:
    code = (
        "import sys; from pathlib import Path; from ra_assistant.embedding import OnnxEmbedder; "
        f"OnnxEmbedder(Path({str(SHIPPED)!r})).embed_query('a'); "
        "print(sorted({'torch', 'transformers', 'langchain_core'} & sys.modules.keys()))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"

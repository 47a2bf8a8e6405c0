"""Another embedding model by one setting: a tiny transformer made here, from the command line."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.tiny import tiny_cross_encoder, tiny_sentence_transformer


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_sentence_transformer(tmp_path_factory.mktemp("model"))


def run(*arguments: object, **settings: object) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": str(ROOT / "src")}
    environment |= {name: str(value) for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "ra_assistant", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


def test_a_named_model_builds_answers_and_is_told_from_the_one_in_the_box(
    model: Path, corpus: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    built = run("index", "--corpus", corpus, "--index", index, RA_EMBEDDING_MODEL=model)
    assert built.returncode == 0, built.stderr
    asked = run(
        "ask", "Combien de nouvelles entreprises en 2020 ?", "--index", index, RA_EMBEDDING_MODEL=model
    )
    # Its weights are random: which passage it puts first says nothing, that a passage is cited does.
    quoted = re.findall("«\u00a0([^»]+)\u00a0»", asked.stdout)
    assert quoted, asked.stderr
    texts = [path.read_text(encoding="utf-8") for path in corpus.iterdir()]
    assert all(any(quote in text for text in texts) for quote in quoted)
    listed = run("models", "list", "--index", index, RA_EMBEDDING_MODEL=model)
    assert model.name in listed.stdout
    assert "Poids des vecteurs" in listed.stdout
    other = run("ask", "Combien ?", "--index", index)
    assert other.returncode == 1
    assert "ra-assistant index" in other.stderr


@pytest.mark.parametrize("device", ["martien", "cuda:7"])
def test_a_device_that_is_not_here_is_said_in_french(model: Path, tmp_path: Path, device: str) -> None:
    done = run("models", "list", RA_EMBEDDING_MODEL=model, RA_EMBEDDING_DEVICE=device)
    assert done.returncode == 1
    assert f"RA_EMBEDDING_DEVICE ne peut pas valoir «\u00a0{device}\u00a0»" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_revision_is_another_model(model: Path, corpus: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    pinned = {"RA_EMBEDDING_MODEL": model, "RA_EMBEDDING_REVISION": "a" * 40, "RA_EMBEDDING_DEVICE": "cpu"}
    built = run("index", "--corpus", corpus, "--index", index, **pinned)
    assert built.returncode == 0, built.stderr
    other = run("ask", "Combien ?", "--index", index, RA_EMBEDDING_MODEL=model)
    assert other.returncode == 1
    assert "ra-assistant index" in other.stderr


def test_a_model_that_is_not_here_is_said_in_french(tmp_path: Path) -> None:
    done = run("models", "list", RA_EMBEDDING_MODEL=tmp_path / "absent")
    assert done.returncode == 1
    assert "n’est pas sur cette machine" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_named_cross_encoder_orders_passages_without_another_index(corpus: Path, tmp_path: Path) -> None:
    index, reranker = tmp_path / "index", tiny_cross_encoder(tmp_path)
    assert run("index", "--corpus", corpus, "--index", index).returncode == 0
    asked = run(
        "ask", "Combien de nouvelles entreprises en 2020 ?", "--index", index, RA_RERANKER_MODEL=reranker
    )
    # Its weights are random: which passage it puts first says nothing, that a passage is cited does.
    quoted = re.findall("«\u00a0([^»]+)\u00a0»", asked.stdout)
    assert quoted, asked.stderr
    texts = [path.read_text(encoding="utf-8") for path in corpus.iterdir()]
    assert all(any(quote in text for text in texts) for quote in quoted)
    listed = run("models", "list", "--index", index, RA_RERANKER_MODEL=reranker)
    assert f"Passages remis en ordre par\u00a0: {reranker}, version local." in listed.stdout
    absent = run("ask", "Combien ?", "--index", index, RA_RERANKER_MODEL=tmp_path / "absent")
    assert absent.returncode == 1
    assert "ne peut pas remettre les passages en ordre" in absent.stderr
    assert "Traceback" not in absent.stderr


def test_the_model_in_the_box_and_the_known_ones_are_listed() -> None:
    done = run("models", "list", "--index", "absent")
    assert done.returncode == 0, done.stderr
    assert "Modèle utilisé" in done.stdout
    assert "intfloat/multilingual-e5-small" in done.stdout

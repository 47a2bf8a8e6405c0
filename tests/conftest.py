"""What every test shares: the fake embedding model, small corpora, reference files when present."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from ra_assistant import assembly, building, dispatching
from ra_assistant.model_guard import VISITOR
from ra_assistant.retrieval import Fusion
from ra_assistant.settings import load_settings
from ra_assistant.types import Block, BlockKind, Document, DocumentKind, Section
from tests.fakes import HashedEmbedder

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
FAKED_WORKER = (sys.executable, "-m", "tests.worker")


@pytest.fixture(autouse=True)
def _clean_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the machine reaches a test."""
    for name in [name for name in os.environ if name.startswith("RA_")]:
        monkeypatch.delenv(name)
    load_settings.cache_clear()
    # The chat's own functions are called here without the task of a request, which alone would forget its visitor.
    VISITOR.set("")
    yield
    load_settings.cache_clear()


@pytest.fixture
def hashed_embedding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the fake embedding model in the place of the real one."""
    profile = assembly.EmbeddingProfile(HashedEmbedder(), "hashed@1:64", Fusion(0.2))
    monkeypatch.setattr(assembly, "embedding_profile", lambda settings: profile)
    monkeypatch.setattr(dispatching, "WORKER", FAKED_WORKER)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))


@pytest.fixture
def shared() -> Path:
    """Return the folder of reference files; skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the reference files kept beside the project are absent on this machine")
    return SHARED


REPORTS = {
    "rapport-2021.md": """---
title: Rapport d’activité 2021
year: 2021
publisher: Agence du Val
source: https://val.example/2021
kind: original
---
# Rapport d’activité 2021

## Nos entreprises

L’agence a accueilli 19 nouvelles entreprises en 2021. Les entreprises ont levé 41,7 M€ au cours de l’année.

## La gouvernance

Marie Durand préside l’agence depuis mars 2021. Le conseil compte douze membres.
""",
    "rapport-2020.md": """---
title: Rapport d’activité 2020
year: 2020
publisher: Agence du Val
source: https://val.example/2020
kind: restated
---
# Rapport d’activité 2020

## Nos entreprises

Source : [Agence du Val, éditorial 2020](https://val.example/2020/edito)

L’agence a accueilli 13 nouvelles entreprises en 2020. Aucune entreprise n’a fait faillite à cause de la crise.

## Le siège

Le siège de l’agence se trouve à Bellevue, rue du Port. Il abrite deux laboratoires de thérapie génique.
""",
}


@pytest.fixture
def write_corpus(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Return a function that writes files below a new corpus directory."""

    def write(files: dict[str, str]) -> Path:
        root = tmp_path / "corpus"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return root

    return write


@pytest.fixture
def corpus(write_corpus: Callable[[dict[str, str]], Path]) -> Path:
    """Return a corpus of two small reports."""
    return write_corpus(REPORTS)


def build_served(root: Path, texts: Mapping[str, str]) -> Path:
    """Write `texts` below `root` and return their index, made in this process with the fake embedding model.

    For fixtures that outlive a test, which `hashed_embedding` cannot serve.
    """
    for name, text in texts.items():
        path = root / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    profile = assembly.EmbeddingProfile(HashedEmbedder(), "hashed@1:64", Fusion(0.2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "embedding_profile", lambda settings: profile)
        building.build(root / "corpus", root / "index")
    return root / "index"


@pytest.fixture
def index(corpus: Path, tmp_path: Path, hashed_embedding: None) -> Path:
    """Return an index of the two small reports."""
    building.build(corpus, tmp_path / "index")
    return tmp_path / "index"


def make_document(text: str, kinds: dict[int, BlockKind] | None = None, **fields: object) -> Document:
    """Return a document whose blocks are the paragraphs of `text`, of the kinds given by rank."""
    blocks: list[Block] = []
    position = 0
    for rank, part in enumerate(text.split("\n\n")):
        if part:
            kind = (kinds or {}).get(rank, BlockKind.PARAGRAPH)
            blocks.append(Block(kind, position, position + len(part)))
        position += len(part) + 2
    values: dict[str, object] = {
        "id": "doc",
        "path": "doc.md",
        "title": "Rapport",
        "year": 2020,
        "kind": DocumentKind.ORIGINAL,
        "source_url": None,
        "sections": (Section((), 0, len(text)),) if text else (),
        "blocks": tuple(blocks),
    }
    return Document(text=text, **(values | fields))  # type: ignore[arg-type]

"""Well-supported sentences pass the checks untouched; the same ones made false do not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ra_assistant import assembly
from ra_assistant.evidence import Evidence
from ra_assistant.reading import FileLoader, read_corpus_paths
from ra_assistant.speaking import french_words
from ra_assistant.splitting import SentenceSplitter
from ra_assistant.supporting import check
from ra_assistant.types import Document, Passage
from tests.conftest import ROOT

FILES = Path(__file__).parent / "paraphrases"
PASS_SHARE = 0.98


class OwnVectors:
    """Cosines by the model in the box, of the passages that are asked for only."""

    def __init__(self, documents: dict[str, Document]) -> None:
        self._documents = documents
        self._embedder = assembly.embedding_profile(assembly.load_settings()).embedder

    def cosines(self, text: str, passage: Passage) -> list[float]:
        whole = self._documents[passage.document_id].text
        rows = self._embedder.embed_documents([whole[span.start : span.end] for span in passage.sentences])
        return list(np.asarray(rows) @ np.asarray(self._embedder.embed_query(text)))


@cache
def corpus() -> tuple[dict[str, Document], list[Passage]]:
    root = ROOT / "corpus"
    documents = [FileLoader().load(path, root).document for path in read_corpus_paths(root)]
    passages = [passage for document in documents for passage in SentenceSplitter().split(document)]
    return {document.id: document for document in documents}, passages


def rows(*names: str) -> Iterator[tuple[str, str]]:
    for name in names:
        for line in (FILES / name).read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                fragments, sentence = line.split(" | ")
                yield fragments, sentence


def evidence(fragments: str) -> Evidence:
    documents, passages = corpus()
    found = [
        next(p for p in passages if part in " ".join(p.text.split())) for part in fragments.split(" ++ ")
    ]
    others = [passage for passage in passages[::17] if passage not in found]
    given = [(passage, documents[passage.document_id]) for passage in [*found, *others]]
    return Evidence(given, OwnVectors(documents), french_words())


def test_paraphrases_pass_untouched() -> None:
    every = list(rows("first.txt", "second.txt"))
    refused = [(sentence, fault) for at, sentence in every if (fault := check(sentence, evidence(at)).fault)]
    assert len(every) >= 100
    assert len(refused) <= (1 - PASS_SHARE) * len(every), refused


@pytest.mark.parametrize(("at", "sentence"), list(rows("false.txt")))
def test_false_sentences_made_of_true_words_are_refused(at: str, sentence: str) -> None:
    assert check(sentence, evidence(at)).fault

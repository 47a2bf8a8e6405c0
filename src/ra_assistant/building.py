"""Building an index on disk: the concrete build, what is read to make it, when it is out of date.

Heavy libraries are imported inside the function that needs them.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ra_assistant import assembly, questions
from ra_assistant.builds import (
    BuildStore,
    Manifest,
    file_hash,
    read_contents,
    read_sentence_vectors,
    read_vectors,
    write_contents,
)
from ra_assistant.errors import StoreError
from ra_assistant.indexing import IndexReport, Progress, build_index, sentence_texts
from ra_assistant.retrieval import Fusion
from ra_assistant.settings import Settings, load_settings
from ra_assistant.types import Document, Passage

if TYPE_CHECKING:
    from ra_assistant.indexing import Vectors
    from ra_assistant.store import ChromaStore

VERSIONED = ("ra-assistant", "chromadb", "bm25s", "onnxruntime")
"""Packages whose version is written in the manifest."""


class DiskBuild:
    """One build being written below an index directory; implements `indexing.BuildWriter`."""

    def __init__(self, builds: BuildStore, profile: assembly.EmbeddingProfile) -> None:
        self._builds = builds
        self._profile = profile
        self._id, self._directory = builds.begin()
        self._store: ChromaStore | None = None
        self._dimension = 0
        self._fusion = Fusion(0.0)

    def cached_vectors(self) -> dict[str, Sequence[float]]:
        """Return the vectors of the newest sound build with the same profile, by embedded text."""
        for build_id in reversed(self._builds.sealed_ids()):
            with contextlib.suppress(StoreError):
                manifest = self._builds.manifest(build_id)
                if manifest.embedding == self._profile.fingerprint:
                    self._builds.verify(manifest)
                    return _vectors_by_text(self._builds.directory(build_id))
        return {}

    def write(
        self,
        documents: Sequence[Document],
        passages: Sequence[Passage],
        vectors: Vectors,
        sentence_vectors: Vectors,
    ) -> None:
        """Write our own copy, the BM25 index and the Chroma collection."""
        from ra_assistant.lexical import Bm25Index
        from ra_assistant.store import ChromaStore

        self._dimension = int(vectors.shape[1])
        write_contents(self._directory, documents, passages, vectors, sentence_vectors)
        Bm25Index.build([passage.searchable_text for passage in passages]).save(self._directory / "lexical")
        self._store = ChromaStore.create(self._directory / "chroma", passages, vectors)
        self._fusion = self._profile.fusion or self._calibrated(passages, vectors)

    def _calibrated(self, passages: Sequence[Passage], vectors: Vectors) -> Fusion:
        from ra_assistant.calibrating import calibrate

        return calibrate(passages, vectors, self._profile.embedder, _lexical_over).fusion

    def stored_passages(self) -> int:
        """Return how many passages Chroma holds."""
        return len(self._opened())

    def worst_self_match(self, vectors: Vectors) -> float:
        """Ask Chroma for each vector; return the lowest cosine of a first hit."""
        store = self._opened()
        return min(_first_cosine(store, vector) for vector in vectors.tolist())

    def commit(self, sources: dict[str, str], documents: int, expected: int, stored: int) -> str:
        """Close the store, seal the build, switch to it and remove old builds."""
        self._opened().close()
        manifest = Manifest(
            build_id=self._id,
            created_at=_now(),
            embedding=self._profile.fingerprint,
            dimension=self._dimension,
            sources=sources,
            expected_passages=expected,
            stored_passages=stored,
            documents=documents,
            versions={name: metadata.version(name) for name in VERSIONED},
            fusion=asdict(self._fusion),
        )
        self._builds.seal(manifest)
        self._builds.switch(self._id)
        self._builds.prune()
        return self._id

    def abandon(self) -> None:
        """Remove the unfinished build."""
        if self._store is not None:
            self._store.close()
        self._builds.discard(self._id)

    def _opened(self) -> ChromaStore:
        if self._store is None:
            raise RuntimeError("nothing was written to the build yet; call `write` first")
        return self._store


def _vectors_by_text(directory: Path) -> dict[str, Sequence[float]]:
    _, passages = read_contents(directory)
    whole = (passage.searchable_text for passage in passages)
    parts = (text for passage in passages for text in sentence_texts(passage))
    sentence_vectors = read_sentence_vectors(directory).astype(np.float32).tolist()
    known: dict[str, Sequence[float]] = dict(zip(parts, sentence_vectors, strict=True))
    known.update(zip(whole, read_vectors(directory).tolist(), strict=True))
    return known


def _lexical_over(texts: Sequence[str]) -> Callable[[str], tuple[npt.NDArray[np.float32], float]]:
    from ra_assistant.lexical import Bm25Index

    index = Bm25Index.build(texts)

    def scores(question: str) -> tuple[npt.NDArray[np.float32], float]:
        terms = questions.understand(question, (), None, civil=False).terms
        return index.scores(terms), index.ideal(terms)

    return scores


def _first_cosine(store: ChromaStore, vector: Sequence[float]) -> float:
    found = store.nearest(vector, 1)
    return found[0][1] if found else -math.inf


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def build(
    corpus_dir: Path,
    index_dir: Path,
    settings: Settings | None = None,
    report: Callable[[Progress], None] | None = None,
) -> IndexReport:
    """Build the index of a corpus directory and put it in service.

    Raises:
        EmptyCorpus: no file could be read.
        BuildRejected: the candidate failed a check; the build in service is untouched.
    """
    from ra_assistant.reading import FileLoader, read_corpus_paths
    from ra_assistant.splitting import SentenceSplitter

    profile = assembly.embedding_profile(settings or load_settings())
    return build_index(
        paths=read_corpus_paths(corpus_dir),
        root=corpus_dir,
        loader=FileLoader(),
        splitter=SentenceSplitter(),
        embedder=profile.embedder,
        writer=DiskBuild(BuildStore(index_dir), profile),
        hash_of=file_hash,
        report=report,
    )


def is_up_to_date(corpus_dir: Path, index_dir: Path, settings: Settings | None = None) -> bool:
    """Tell whether the build in service was made from these very files with these very settings."""
    from ra_assistant.reading import read_corpus_paths

    builds = BuildStore(index_dir)
    try:
        manifest = builds.manifest(builds.current_id())
    except StoreError:
        return False
    found = {
        path.relative_to(corpus_dir).as_posix(): file_hash(path) for path in read_corpus_paths(corpus_dir)
    }
    readable = {path: digest for path, digest in found.items() if path in manifest.sources}
    same_profile = manifest.embedding == assembly.embedding_profile(settings or load_settings()).fingerprint
    return same_profile and readable == manifest.sources and found.keys() == manifest.sources.keys()

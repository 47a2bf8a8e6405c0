"""Building an index on disk: the concrete build, what is read to make it, when it is out of date.

Heavy libraries are imported inside the function that needs them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ra_assistant import assembly, questions
from ra_assistant.builds import BuildStore, Manifest, notes_hash, source_hash
from ra_assistant.contents import FILES, read_contents, read_sentence_vectors, read_vectors, write_contents
from ra_assistant.errors import BuildRejected, StoreError
from ra_assistant.indexing import (
    IndexReport,
    Progress,
    Vectors,
    abandoned_on_failure,
    build_index,
    hashes_of,
    sentence_texts,
)
from ra_assistant.ports import LexicalIndex
from ra_assistant.retrieval import Fusion
from ra_assistant.settings import Settings, load_settings
from ra_assistant.trying import check_candidate
from ra_assistant.types import Document, Passage

VERSIONED = ("ra-assistant", "chromadb", "bm25s", "onnxruntime")
"""Packages whose version is written in the manifest."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was chosen on questions for a build; kept by the builds after it."""

    fusion: Fusion
    threshold: float | None = None
    calibration: dict[str, Any] = field(default_factory=dict)
    """`source` (headings of the corpus, or a book's name), `questions`, and what was found."""

    @classmethod
    def of(cls, manifest: Manifest) -> Tuning:
        """Return what a build was tuned to."""
        return cls(Fusion(**manifest.fusion), manifest.threshold, manifest.calibration)


class DiskBuild:
    """One build being written below an index directory; implements `indexing.BuildWriter`."""

    def __init__(
        self,
        builds: BuildStore,
        profile: assembly.EmbeddingProfile,
        chroma_url: str = "",
        notes: str = "",
        tuning: Tuning | None = None,
    ) -> None:
        """Begin a build.

        Args:
            builds: where it is written.
            profile: what its vectors are made with.
            chroma_url: server that gets its collection; empty for its own directory.
            notes: hash of the notes beside the sources.
            tuning: how to search it; None for what its model, or the corpus, says.
        """
        from ra_assistant.vector_cache import VectorCache

        self._builds = builds
        self._profile = profile
        self._id, self._directory = builds.begin()
        self._chroma_url = chroma_url
        self._notes = notes
        self._collection = f"{builds.collection_prefix()}{self._id}" if chroma_url else ""
        self._cache = VectorCache(builds.root / "cache", profile.fingerprint)
        self._dimension = 0
        self._tuning = tuning or (Tuning(profile.fusion) if profile.fusion else None)

    def known(self, texts: Sequence[str]) -> Mapping[str, Sequence[float] | Vectors]:
        """Return the vectors of those `texts` that were embedded before with the same profile."""
        return self._cache.known(texts)

    def remember(self, texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
        """Keep new vectors for the builds to come."""
        self._cache.remember(texts, vectors)

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
        from ra_assistant.vector_places import place_of

        self._dimension = int(vectors.shape[1])
        write_contents(self._directory, documents, passages, vectors, sentence_vectors)
        Bm25Index.build([passage.searchable_text for passage in passages]).save(self._directory / "lexical")
        place = place_of(self._directory, self._collection, self._chroma_url)
        ChromaStore.create(place, passages, vectors).close()
        self._tuning = self._tuning or self._calibrated(passages, vectors)
        self._cache.end_round(
            [text for passage in passages for text in (passage.searchable_text, *sentence_texts(passage))]
        )

    def _calibrated(self, passages: Sequence[Passage], vectors: Vectors) -> Tuning:
        from ra_assistant.calibrating import calibrate

        found = calibrate(passages, vectors, self._profile.embedder, lexical_over)
        return Tuning(found.fusion, calibration=found.as_json())

    def seal(self, sources: dict[str, str], documents: int, passages: int) -> str:
        """Hash the build's files and write its manifest; return its id."""
        self._cache.close()
        tuning = self._tuning or Tuning(Fusion(0.0))
        manifest = Manifest(
            build_id=self._id,
            created_at=_now(),
            embedding=self._profile.fingerprint,
            dimension=self._dimension,
            sources=sources,
            expected_passages=passages,
            stored_passages=passages,
            documents=documents,
            versions={name: metadata.version(name) for name in VERSIONED},
            fusion=asdict(tuning.fusion),
            threshold=tuning.threshold,
            calibration=tuning.calibration,
            collection=self._collection,
            notes=self._notes,
        )
        self._builds.seal(manifest)
        return self._id

    def abandon(self) -> None:
        """Remove the unfinished build."""
        self._cache.close()
        self._builds.discard(self._id)
        if self._collection:
            with contextlib.suppress(StoreError):
                sweep(self._builds.root, self._chroma_url)


def sweep(index_dir: Path, chroma_url: str) -> list[str]:
    """Remove from a Chroma server the collections of builds that are gone; return their names.

    Call it under the publisher's lock: the collection of an unfinished build belongs to nobody.

    Raises:
        ChromaAway: the server does not answer.
    """
    from ra_assistant.store import drop_collections

    builds = BuildStore(index_dir)
    prefix = builds.collection_prefix()
    return drop_collections(chroma_url, prefix, [f"{prefix}{build_id}" for build_id in builds.sealed_ids()])


def lexical_over(texts: Sequence[str]) -> Callable[[str], tuple[npt.NDArray[np.float32], float]]:
    """Return what gives, for a question, one BM25 score a text and the score of one that held every term."""
    from ra_assistant.lexical import Bm25Index

    return lexical_of(Bm25Index.build(texts))


def lexical_of(index: LexicalIndex) -> Callable[[str], tuple[npt.NDArray[np.float32], float]]:
    """Return the same for texts that are indexed already."""

    def scores(question: str) -> tuple[npt.NDArray[np.float32], float]:
        terms = questions.understand(question, (), None, civil=False).terms
        return index.scores(terms), index.ideal(terms)

    return scores


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def build_candidate(
    corpus_dir: Path,
    index_dir: Path,
    settings: Settings | None = None,
    report: Callable[[Progress], None] | None = None,
) -> IndexReport:
    """Build the index of a corpus directory beside the one in service, sealed and unchecked.

    Raises:
        EmptyCorpus: no file could be read.
    """
    from ra_assistant.reading import FileLoader, read_corpus_paths
    from ra_assistant.reading_cache import RememberingLoader
    from ra_assistant.splitting import SentenceSplitter

    settings = settings or load_settings()
    profile = assembly.embedding_profile(settings)
    paths = read_corpus_paths(corpus_dir)
    builds = BuildStore(index_dir)
    with contextlib.closing(RememberingLoader(FileLoader(paths), builds.root / "cache")) as loader:
        built = build_index(
            paths=paths,
            root=corpus_dir,
            loader=loader,
            splitter=SentenceSplitter(),
            embedder=profile.embedder,
            writer=DiskBuild(builds, profile, settings.chroma_url, notes_hash(paths), _kept(builds, profile)),
            hash_of=source_hash,
            report=report,
        )
        loader.end_round()
    return built


def _kept(builds: BuildStore, profile: assembly.EmbeddingProfile) -> Tuning | None:
    """Return what the command chose for the build in service, when the next one has the same model."""
    former = builds.served_manifest()
    if former is None or former.embedding != profile.fingerprint or not former.calibration.get("ordered"):
        return None
    return Tuning.of(former)


def mend(index_dir: Path, build_id: str, settings: Settings | None = None) -> str:
    """Make a new build from our own copy of a damaged one, without reading or embedding anything again.

    Raises:
        IndexDamaged: our own copy is damaged as well.
        IndexOutdated: it was made with another embedding profile or format.
    """
    return copied(index_dir, build_id, settings or load_settings())


def copied(index_dir: Path, build_id: str, settings: Settings, tuning: Tuning | None = None) -> str:
    """Make a new build from our own copy of another, tuned as that one was by default; raises what `mend` does."""
    builds = BuildStore(index_dir)
    manifest = builds.manifest(build_id)
    profile = assembly.embedding_profile(settings)
    assembly.check_profile(manifest, profile)
    builds.verify(manifest, only=FILES)
    directory = builds.directory(build_id)
    documents, passages = read_contents(directory)
    writer = DiskBuild(builds, profile, settings.chroma_url, manifest.notes, tuning or Tuning.of(manifest))
    with abandoned_on_failure(writer):
        sentence_vectors = read_sentence_vectors(directory).astype(np.float32)
        writer.write(documents, passages, read_vectors(directory), sentence_vectors)
        return writer.seal(manifest.sources, len(documents), len(passages))


def build(
    corpus_dir: Path,
    index_dir: Path,
    settings: Settings | None = None,
    report: Callable[[Progress], None] | None = None,
    *,
    forced: bool = False,
) -> IndexReport:
    """Build the index of a corpus directory, check it and put it in service, all in this process.

    `publishing.Publisher` does the same in processes of their own.

    Raises:
        EmptyCorpus: no file could be read.
        BuildRejected: the candidate failed a check; the build in service is untouched.
    """
    builds = BuildStore(index_dir)
    with builds.publishing():
        built = build_candidate(corpus_dir, index_dir, settings, report)
        unreadable = [error.path for error in built.unreadable]
        found = check_candidate(index_dir, built.build_id, None, unreadable, settings, report)
        refusals = found.refusals(forced=forced)
        if refusals:
            builds.discard(built.build_id)
            raise BuildRejected(
                f"{built.build_id}: failed {[check.code for check in refusals]}; the build in service stays",
                reason=refusals[0].code,
                checks=refusals,
            )
        builds.switch(built.build_id)
        builds.prune()
        chroma_url = (settings or load_settings()).chroma_url
        if chroma_url:
            with contextlib.suppress(StoreError):
                sweep(index_dir, chroma_url)
    return built


def is_up_to_date(corpus_dir: Path, index_dir: Path, settings: Settings | None = None) -> bool:
    """Tell whether the build in service is sound and was made from these very files and settings."""
    from ra_assistant.reading import read_corpus_paths

    settings = settings or load_settings()
    builds = BuildStore(index_dir)
    try:
        manifest = builds.manifest(builds.current_id())
        builds.verify(manifest)
    except StoreError:
        return False
    if bool(manifest.collection) != bool(settings.chroma_url):
        return False
    paths = read_corpus_paths(corpus_dir)
    if manifest.embedding != assembly.embedding_profile(settings).fingerprint:
        return False
    same = hashes_of(paths, corpus_dir, source_hash) == manifest.sources
    return same and notes_hash(paths) == manifest.notes

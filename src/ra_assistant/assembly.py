"""The one place that names concrete classes: opens an assistant, builds an index.

Heavy libraries are imported here, inside the function that needs them.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ra_assistant import questions, wording
from ra_assistant.answering import ExtractiveAnswerer, Phrases, RefusalModel, Understanding
from ra_assistant.builds import (
    BuildStore,
    Manifest,
    file_hash,
    read_contents,
    read_sentence_vectors,
    read_vectors,
    write_contents,
)
from ra_assistant.errors import IndexOutdated, SettingsError, StoreError
from ra_assistant.indexing import IndexReport, Progress, build_index, sentence_texts
from ra_assistant.ranking import Ranker
from ra_assistant.retrieval import HybridRetriever, Mode, RememberingEmbedder, SentenceVectors
from ra_assistant.settings import Settings, load_settings
from ra_assistant.types import Answer, Document, Hit, Passage, Query, Turn

if TYPE_CHECKING:
    from ra_assistant.embedding import ModelProfile, OnnxEmbedder
    from ra_assistant.indexing import Vectors
    from ra_assistant.lexical import Bm25Index
    from ra_assistant.ports import Embedder, SpanReader
    from ra_assistant.store import ChromaStore
    from ra_assistant.transformer_embedding import SentenceTransformerEmbedder

MODELS = Path(str(resources.files("ra_assistant.models")))
VERSIONED = ("ra-assistant", "chromadb", "bm25s", "onnxruntime")
"""Packages whose version is written in the manifest."""


@dataclass(frozen=True, slots=True)
class EmbeddingProfile:
    """The embedding model in use and what was measured for it."""

    embedder: Embedder
    fingerprint: str
    """Name, revision and dimension: another fingerprint means other vectors."""
    fusion_weight: float | None
    """Measured weight of the vectors beside BM25; None for a model to calibrate on the corpus."""
    model: ModelProfile | None = None
    """Name, version, dimension and prefixes; None for a stand-in."""


class Assistant:
    """A corpus that can be asked; opened by `open_assistant`, closed by `close`."""

    def __init__(
        self,
        answerer: ExtractiveAnswerer,
        retriever: HybridRetriever,
        documents: Sequence[Document],
        passages: Sequence[Passage],
        build_id: str,
        close: Callable[[], None],
    ) -> None:
        self.documents = tuple(documents)
        self.passages = tuple(passages)
        self.build_id = build_id
        self.answerer = answerer
        self._retriever = retriever
        self._close = close

    def ask(
        self, question: str, history: Sequence[Turn] = (), within: frozenset[str] | None = None
    ) -> Answer:
        """Return the answer to a question asked after `history`; `within` names documents by id."""
        return self.answerer.ask(question, history, within)

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """Yield ever longer answers, the complete one last."""
        return self.answerer.stream(question, history)

    def search(self, text: str, k: int = 10, mode: Mode = Mode.HYBRID) -> list[Hit]:
        """Return at most `k` passages for `text`, best first."""
        query = self.understand(text)
        return self._retriever.retrieve(query, k, mode=mode)

    def understand(self, text: str) -> Query:
        """Return `text` as a query, never as small talk."""
        return questions.understand(questions.clean_question(text), (), None, civil=False)

    def search_after(self, question: str, history: Sequence[Turn], k: int) -> list[Hit]:
        """Return the passages that a question asked after `history` is answered from, best first."""
        return self._retriever.retrieve(self.answerer.understood(question, history), k)

    def close(self) -> None:
        """Release the index; the assistant answers no more."""
        self._close()


def open_assistant(index_dir: Path | str | None = None, settings: Settings | None = None) -> Assistant:
    """Open the build in service.

    Raises:
        IndexMissing: nothing was ever built.
        IndexOutdated: it was built with another embedding profile or format.
        IndexDamaged: a file is missing or altered.
    """
    settings = settings or load_settings()
    builds = BuildStore(Path(index_dir) if index_dir is not None else settings.index_dir)
    manifest = builds.manifest(builds.current_id())
    builds.verify(manifest)
    profile = embedding_profile(settings)
    if manifest.embedding != profile.fingerprint:
        raise IndexOutdated(
            f"built with {manifest.embedding}, expected {profile.fingerprint}; run `ra-assistant index`",
            found=manifest.embedding,
            expected=profile.fingerprint,
        )
    return _open(builds.directory(manifest.build_id), manifest, profile, settings)


def _open(directory: Path, manifest: Manifest, profile: EmbeddingProfile, settings: Settings) -> Assistant:
    from ra_assistant.lexical import Bm25Index
    from ra_assistant.store import ChromaStore

    documents, passages = read_contents(directory)
    lexical = Bm25Index.load(directory / "lexical")
    store = ChromaStore(directory / "chroma")
    weight = settings.fusion_weight if settings.fusion_weight is not None else manifest.fusion_weight
    embedder = RememberingEmbedder(profile.embedder)
    retriever = HybridRetriever(passages, lexical, store, embedder, read_vectors(directory), weight)
    sentences = SentenceVectors(passages, read_sentence_vectors(directory), embedder)
    answerer = _answerer(documents, passages, lexical, retriever, sentences, manifest.build_id)
    return Assistant(answerer, retriever, documents, passages, manifest.build_id, store.close)


def _answerer(
    documents: Sequence[Document],
    passages: Sequence[Passage],
    lexical: Bm25Index,
    retriever: HybridRetriever,
    sentences: SentenceVectors,
    build_id: str,
) -> ExtractiveAnswerer:
    model = ranking_model()
    by_id = {document.id: document for document in documents}
    return ExtractiveAnswerer(
        documents=documents,
        retriever=retriever,
        ranker=Ranker(by_id, lexical, len(passages), model["ranker"], sentences),
        refusal=RefusalModel(model["refusal"], model["threshold"]),
        understanding=Understanding(
            questions.clean_question,
            _mender(lexical),
            questions.AcronymBook(lexical.acronyms).expand,
            questions.understand,
            questions.is_order,
            questions.MAX_QUESTION_CHARS,
        ),
        phrases=Phrases(
            wording.NOT_IN_REPORT, wording.NOTHING_NEAR, wording.ORDER_REFUSED, wording.SMALL_TALK
        ),
        known_share=lambda query: _known_share(query, lexical),
        rival_margin=model["rival_margin"],
        reader=span_reader(),
        build_id=build_id,
    )


def _mender(lexical: Bm25Index) -> Callable[[str], str]:
    """Return the function that mends the spelling of French questions; English ones are left alone."""
    from ra_assistant.spelling import Speller

    known = np.load(MODELS / "known_words.npy", allow_pickle=False)
    speller = Speller(known, lexical.forms, lexical.document_frequency, questions.question_words())
    return lambda question: question if questions.is_english(question) else speller.mend(question)


def _known_share(query: Query, lexical: Bm25Index) -> float:
    total = sum(query.terms.values())
    known = sum(weight for term, weight in query.terms.items() if lexical.knows(term))
    return known / total if total else 0.0


@cache
def ranking_model() -> Mapping[str, Any]:
    """Return the fitted weights of the ranker and of the refusal."""
    text = resources.files("ra_assistant.models").joinpath("ranking.json").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


@cache
def span_reader() -> SpanReader | None:
    """Return the span reader in the box; None when the package was built without it."""
    directory = MODELS / "reader"
    if not (directory / "model.onnx").is_file():
        return None
    from ra_assistant.span_reader import OnnxSpanReader

    return OnnxSpanReader(directory)


@cache
def embedding_profile(settings: Settings) -> EmbeddingProfile:
    """Return the embedding model that the settings name, the one in the box by default.

    Raises:
        SettingsError: the model that is named is not on this machine.
    """
    embedder = _named_embedder(settings) if settings.embedding_model else _embedder_in_the_box()
    profile = embedder.profile
    fingerprint = f"{profile.name}@{profile.version}:{profile.dimension}"
    return EmbeddingProfile(embedder, fingerprint, profile.fusion_weight or None, profile)


def known_models() -> list[Mapping[str, Any]]:
    """Return the embedding models that are known to work for French, with what their cards state."""
    loaded = json.loads((MODELS / "known.json").read_text(encoding="utf-8"))
    return list(loaded["models"])


def weight_in_service(index_dir: Path, settings: Settings) -> float | None:
    """Return the weight of the vectors in the build in service; None without one for this model."""
    builds = BuildStore(index_dir)
    try:
        manifest = builds.manifest(builds.current_id())
    except StoreError:
        return None
    same = manifest.embedding == embedding_profile(settings).fingerprint
    return manifest.fusion_weight if same else None


def _embedder_in_the_box() -> OnnxEmbedder:
    from ra_assistant.embedding import OnnxEmbedder

    return OnnxEmbedder(MODELS / "embedding")


def _named_embedder(settings: Settings) -> SentenceTransformerEmbedder:
    # Read by huggingface_hub when it is imported: nothing may be asked of the network.
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    from ra_assistant.transformer_embedding import SentenceTransformerEmbedder

    try:
        return SentenceTransformerEmbedder(
            settings.embedding_model, settings.embedding_revision, settings.embedding_device
        )
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"RA_EMBEDDING_MODEL={settings.embedding_model!r}: {error}; expected a model on this machine",
            name="RA_EMBEDDING_MODEL",
            value=settings.embedding_model,
            reason="model",
        ) from error


class DiskBuild:
    """One build being written below an index directory; implements `indexing.BuildWriter`."""

    def __init__(self, builds: BuildStore, profile: EmbeddingProfile) -> None:
        self._builds = builds
        self._profile = profile
        self._id, self._directory = builds.begin()
        self._store: ChromaStore | None = None
        self._dimension = 0
        self._weight = 0.0

    def cached_vectors(self) -> dict[str, Sequence[float]]:
        """Return the vectors of the newest build with the same profile, by searchable text."""
        for build_id in reversed(self._builds.sealed_ids()):
            manifest = self._builds.manifest(build_id)
            if manifest.embedding == self._profile.fingerprint:
                directory = self._builds.directory(build_id)
                _, passages = read_contents(directory)
                whole = (passage.searchable_text for passage in passages)
                parts = (text for passage in passages for text in sentence_texts(passage))
                sentence_vectors = read_sentence_vectors(directory).astype(np.float32).tolist()
                known: dict[str, Sequence[float]] = dict(zip(parts, sentence_vectors, strict=True))
                known.update(zip(whole, read_vectors(directory).tolist(), strict=True))
                return known
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
        self._weight = self._fusion_weight(passages, vectors)

    def _fusion_weight(self, passages: Sequence[Passage], vectors: Vectors) -> float:
        if self._profile.fusion_weight is not None:
            return self._profile.fusion_weight
        from ra_assistant.calibrating import calibrate

        return calibrate(passages, vectors, self._profile.embedder, _lexical_over).weight

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
            fusion_weight=self._weight,
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


def _lexical_over(texts: Sequence[str]) -> Callable[[str], npt.NDArray[np.float32]]:
    from ra_assistant.lexical import Bm25Index

    index = Bm25Index.build(texts)
    return lambda question: index.scores(questions.understand(question, (), None, civil=False).terms)


def _first_cosine(store: ChromaStore, vector: Sequence[float]) -> float:
    found = store.nearest(vector, 1)
    return found[0][1] if found else -math.inf


def _now() -> str:
    from datetime import UTC, datetime

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

    profile = embedding_profile(settings or load_settings())
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
    same_profile = manifest.embedding == embedding_profile(settings or load_settings()).fingerprint
    return same_profile and readable == manifest.sources and found.keys() == manifest.sources.keys()

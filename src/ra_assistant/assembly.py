"""The one place that names concrete classes: opens an assistant, builds an index.

Heavy libraries are imported here, inside the function that needs them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ra_assistant import answer_wording, questions
from ra_assistant.answering import ExtractiveAnswerer, Phrases, RefusalModel
from ra_assistant.builds import BuildStore, Manifest, held
from ra_assistant.contents import read_contents, read_sentence_vectors, read_vectors
from ra_assistant.errors import IndexDamaged, IndexMissing, IndexOutdated, StoreError
from ra_assistant.evolution import Range, asks_evolution, series_for
from ra_assistant.figures import FigureShelf, Series
from ra_assistant.fitted import MODELS, ranking_model, span_reader, threshold_for_these, word_vectors
from ra_assistant.models.profile import read_profile
from ra_assistant.named_model import named_embedder, named_reranker
from ra_assistant.ranking import Ranker
from ra_assistant.retrieval import Fusion, HybridRetriever, Mode, RememberingEmbedder, SentenceVectors
from ra_assistant.settings import Settings, load_settings
from ra_assistant.speaking import speaker_of
from ra_assistant.types import USUAL, Answer, Document, Hit, Manner, Outcome, Passage, Query, Turn
from ra_assistant.understanding import known_share, understanding_of

if TYPE_CHECKING:
    from ra_assistant.embedding import ModelProfile, OnnxEmbedder
    from ra_assistant.generating import GenerativeAnswerer
    from ra_assistant.harvesting import Harvester, Limits
    from ra_assistant.lexical import Bm25Index
    from ra_assistant.ports import Embedder, VectorStore
    from ra_assistant.reranking import CrossEncoderScorer, RerankingRetriever


@dataclass(frozen=True, slots=True)
class EmbeddingProfile:
    """The embedding model in use and what was measured for it."""

    embedder: Embedder
    fingerprint: str
    """Name, revision and dimension: another fingerprint means other vectors."""
    fusion: Fusion | None
    """How its vectors go with BM25, as measured; None for a model to calibrate on the corpus."""
    model: ModelProfile | None = None
    """Name, version, dimension and prefixes; None for a stand-in."""


class Assistant:
    """A corpus that can be asked; opened by `open_assistant`, closed by `close`."""

    def __init__(
        self,
        answerer: ExtractiveAnswerer,
        retriever: HybridRetriever | RerankingRetriever,
        documents: Sequence[Document],
        passages: Sequence[Passage],
        build_id: str,
        close: Callable[[], None],
        sentences: SentenceVectors | None = None,
    ) -> None:
        self.documents = tuple(documents)
        self.passages = tuple(passages)
        self.build_id = build_id
        self.answerer = answerer
        """Answers in the report's own words, whatever the settings."""
        self.figures = FigureShelf(self.documents)
        """The figures of the documents, read when they are first asked for."""
        self.sentences = sentences
        """How near a text is to each sentence of a passage."""
        self.speaker: GenerativeAnswerer | None = None
        """Answers in a language model's words, verified; None without a model."""
        self._retriever = retriever
        self._close = close

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        within: frozenset[str] | None = None,
        manner: Manner = USUAL,
    ) -> Answer:
        """Return the answer to a question asked after `history`.

        Args:
            question: as the visitor typed it.
            history: former turns, oldest first.
            within: ids of the only documents to search; None searches everything.
            manner: how a language model should phrase it; nothing without one.
        """
        if self.speaker is None:
            return self.answerer.ask(question, history, within)
        return self.speaker.ask(question, history, within, manner)

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        within: frozenset[str] | None = None,
        manner: Manner = USUAL,
    ) -> Iterator[Answer]:
        """Yield ever longer answers, the complete one last; takes what `ask` does."""
        if self.speaker is None:
            return self.answerer.stream(question, history, within)
        return self.speaker.stream(question, history, within, manner)

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

    def evolution(self, answer: Answer, seconds: float | None = None) -> Series | None:
        """Return the series that shows the evolution an answer speaks of; None when none surely does.

        Args:
            answer: a complete one.
            seconds: how long to wait for the figures to be read; as long as it takes when None.
        """
        if answer.outcome is Outcome.SMALL_TALK:
            return None
        cited = [(citation.document.id, citation.start, citation.end) for citation in answer.citations]
        return self.series_of(answer.standalone_question, cited, seconds)

    def series_of(self, question: str, cited: Sequence[Range], seconds: float | None = None) -> Series | None:
        """Return the series that a question, understood on its own, asks for; as `evolution` does."""
        query = self.answerer.understood(question, ()) if question else None
        if query is None or not asks_evolution(query):
            return None
        book = self.figures.wait(seconds)
        return series_for(query, cited, book.series) if book else None

    def close(self) -> None:
        """Release the index; the assistant answers no more."""
        self._close()


def open_assistant(
    index_dir: Path | str | None = None,
    settings: Settings | None = None,
    *,
    exact: bool = False,
    spoken: bool = True,
) -> Assistant:
    """Open the build in service.

    Args:
        index_dir: directory of the builds; None for the one of the settings.
        settings: those of the process when None.
        exact: as for `open_build`: sooner ready, for a few questions.
        spoken: as for `open_build`.

    Raises:
        IndexMissing: nothing was ever built.
        IndexOutdated: it was built with another embedding profile or format.
        IndexDamaged: a file is missing or altered.
    """
    settings = settings or load_settings()
    builds = BuildStore(Path(index_dir) if index_dir is not None else settings.index_dir)
    return open_build(builds.root, builds.current_id(), settings, exact=exact, spoken=spoken)


def open_sound(index_dir: Path, settings: Settings | None = None) -> Assistant:
    """Open the build in service or, when it is damaged, the newest one that is not.

    Raises:
        StoreError: why the build in service cannot be opened, when no other can.
    """
    settings = settings or load_settings()
    builds = BuildStore(index_dir)
    try:
        return open_build(index_dir, builds.current_id(), settings)
    except (IndexDamaged, IndexMissing):
        for build_id in builds.fallback_ids():
            with contextlib.suppress(StoreError):
                return open_build(index_dir, build_id, settings)
        raise


def open_build(
    index_dir: Path, build_id: str, settings: Settings, *, exact: bool = False, spoken: bool = True
) -> Assistant:
    """Open one build, in service or not; no other process removes it before it is closed.

    Args:
        index_dir: directory of the builds.
        build_id: which one.
        settings: those of the process.
        exact: search our own copy of the vectors instead of opening Chroma's directory.
        spoken: open the language model that the settings name, too; not needed to search or to measure.

    Raises:
        IndexOutdated: it was built with another embedding profile or format.
        IndexDamaged: a file is missing or altered.
        MissingExtra, SettingsError: the language model cannot be used.
    """
    builds = BuildStore(index_dir)
    with contextlib.ExitStack() as stack:
        stack.enter_context(held(builds.directory(build_id)))
        manifest = builds.manifest(build_id)
        builds.verify(manifest)
        profile = embedding_profile(settings)
        check_profile(manifest, profile)
        spoken = spoken and bool(settings.llm)
        assistant = _open(
            builds.directory(build_id), manifest, profile, settings, stack, exact=exact, spoken=spoken
        )
        stack.callback(assistant.close)
        if spoken:
            assistant.speaker = speaker_of(
                settings,
                assistant.answerer,
                assistant.documents,
                assistant.passages,
                assistant.sentences,
                build_id,
            )
        stack.pop_all()
        return assistant


def check_profile(manifest: Manifest, profile: EmbeddingProfile) -> None:
    """Compare the embedding profile of a build with the one in use.

    Raises:
        IndexOutdated: they differ.
    """
    if manifest.embedding != profile.fingerprint:
        raise IndexOutdated(
            f"built with {manifest.embedding}, expected {profile.fingerprint}; run `ra-assistant index`",
            found=manifest.embedding,
            expected=profile.fingerprint,
        )


def _open(
    directory: Path,
    manifest: Manifest,
    profile: EmbeddingProfile,
    settings: Settings,
    stack: contextlib.ExitStack,
    *,
    exact: bool,
    spoken: bool,
) -> Assistant:
    from ra_assistant.lexical import Bm25Index

    documents, passages = read_contents(directory)
    vectors = read_vectors(directory)
    lexical = Bm25Index.load(directory / "lexical")
    ids = [passage.id for passage in passages]
    store: VectorStore
    if exact:
        from ra_assistant.exact_store import ExactStore

        store = ExactStore(ids, vectors)
    else:
        from ra_assistant.vector_places import searched

        store = searched(directory, manifest, ids, vectors, settings.chroma_url)
    stack.callback(store.close)
    fusion = Fusion(**manifest.fusion)
    if settings.fusion_weight is not None:
        fusion = replace(fusion, weight=settings.fusion_weight)
    embedder = RememberingEmbedder(profile.embedder)
    retriever: HybridRetriever | RerankingRetriever
    retriever = HybridRetriever(passages, lexical, store, embedder, vectors, fusion)
    if settings.reranker_model:
        from ra_assistant.reranking import RerankingRetriever

        retriever = RerankingRetriever(retriever, reranker(settings))
    scale = fusion.onto(_usual_fusion())
    sentences = SentenceVectors(passages, read_sentence_vectors(directory), embedder, scale)
    model = ranking_model()
    measured = threshold_for_these(manifest.threshold, manifest.calibration)
    chosen = (settings.refusal_threshold, measured, model.threshold)
    refusal = RefusalModel(model.refusal, next(threshold for threshold in chosen if threshold is not None))
    answerer = _answerer(
        documents, passages, lexical, retriever, sentences, refusal, manifest.build_id, spoken=spoken
    )
    close = stack.pop_all().close
    return Assistant(answerer, retriever, documents, passages, manifest.build_id, close, sentences)


def _answerer(
    documents: Sequence[Document],
    passages: Sequence[Passage],
    lexical: Bm25Index,
    retriever: HybridRetriever | RerankingRetriever,
    sentences: SentenceVectors,
    refusal: RefusalModel,
    build_id: str,
    *,
    spoken: bool,
) -> ExtractiveAnswerer:
    model = ranking_model()
    small_talk = answer_wording.SMALL_TALK | (answer_wording.SPOKEN_SMALL_TALK if spoken else {})
    by_id = {document.id: document for document in documents}
    return ExtractiveAnswerer(
        documents=documents,
        retriever=retriever,
        ranker=Ranker(by_id, lexical, len(passages), model.ranker, sentences, model.first, word_vectors()),
        refusal=refusal,
        understanding=understanding_of(lexical),
        phrases=Phrases(
            answer_wording.NOT_IN_REPORT,
            answer_wording.NOTHING_NEAR,
            answer_wording.NEAR_MISS,
            answer_wording.ANOTHER_YEAR,
            answer_wording.THAT_YEAR,
            answer_wording.NOT_THE_OTHERS,
            answer_wording.YES,
            answer_wording.NO,
            answer_wording.ORDER_REFUSED,
            small_talk,
        ),
        known_share=lambda query: known_share(query, lexical),
        rival_share=model.rival_share,
        reader=span_reader(),
        build_id=build_id,
    )


@cache
def embedding_profile(settings: Settings) -> EmbeddingProfile:
    """Return the embedding model that the settings name, the one in the box by default.

    Raises:
        SettingsError: the model that is named, or its device, is not on this machine.
    """
    embedder = named_embedder(settings) if settings.embedding_model else _embedder_in_the_box()
    profile = embedder.profile
    fingerprint = f"{profile.name}@{profile.version}:{profile.dimension}"
    fusion = _fusion_of(profile) if profile.fusion_weight else None
    return EmbeddingProfile(embedder, fingerprint, fusion, profile)


def harvester(limits: Limits | None = None) -> Harvester:
    """Return what reads sites, at public addresses only."""
    from ra_assistant.harvesting import Harvester
    from ra_assistant.visiting import Visitor

    return Harvester(Visitor(), limits)


def known_models() -> list[Mapping[str, Any]]:
    """Return the embedding models that are known to work for French, with what their cards state."""
    loaded = json.loads((MODELS / "known.json").read_text(encoding="utf-8"))
    return list(loaded["models"])


def build_in_service(index_dir: Path, settings: Settings) -> Manifest | None:
    """Return what the build in service is made of; None without one for the embedding model in use."""
    builds = BuildStore(index_dir)
    try:
        manifest = builds.manifest(builds.current_id())
    except StoreError:
        return None
    same = manifest.embedding == embedding_profile(settings).fingerprint
    return manifest if same else None


@cache
def reranker(settings: Settings) -> CrossEncoderScorer:
    """Return the cross-encoder that the settings name.

    Raises:
        SettingsError: it, or its device, is not on this machine.
    """
    return named_reranker(settings)


@cache
def _usual_fusion() -> Fusion:
    """Return the fusion of the model in the box, whose cosines the ranking was fitted on."""
    return _fusion_of(read_profile(MODELS / "embedding" / "profile.json"))


def _fusion_of(profile: ModelProfile) -> Fusion:
    return Fusion(profile.fusion_weight, profile.cosine_floor, profile.cosine_ceiling)


def _embedder_in_the_box() -> OnnxEmbedder:
    from ra_assistant.embedding import OnnxEmbedder

    return OnnxEmbedder(MODELS / "embedding")

"""Choosing, on questions, how a build that is served is searched and when it refuses; then making it anew so."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ra_assistant import assembly
from ra_assistant.books import Case, read_book
from ra_assistant.building import Tuning, copied, lexical_of, lexical_over
from ra_assistant.builds import BuildStore, Manifest
from ra_assistant.calibrating import (
    FEWEST_QUESTIONS,
    Calibration,
    Thresholds,
    Trial,
    Tried,
    Vectors,
    heading_trials,
    threshold_of,
    weigh,
)
from ra_assistant.contents import read_vectors
from ra_assistant.errors import QuestionRefused
from ra_assistant.evaluating import evaluate, holds_groups
from ra_assistant.fitted import ranking_digest, ranking_model, threshold_for_these
from ra_assistant.indexing import Progress
from ra_assistant.retrieval import Fusion
from ra_assistant.settings import Settings, load_settings
from ra_assistant.types import Answer, Document, Outcome, Passage, Turn


def calibrate(
    index_dir: Path,
    build_id: str,
    book: Path | None = None,
    settings: Settings | None = None,
    report: Callable[[Progress], None] | None = None,
) -> Mapping[str, Any]:
    """Make a build from another, with the weight and the threshold that questions ask for; sealed, unchecked.

    Args:
        index_dir: directory of the builds.
        build_id: the build to measure and to copy.
        book: its questions; None for the headings of the corpus, which say nothing of the threshold.
        settings: those of the process by default.
        report: told how far it is.

    Returns:
        `build_id` of the new one, and `measured`: `source`, `questions`, `former` and `chosen` (`weight`,
        `threshold`), `ranks` by weight and `shares` by threshold, both empty where nothing could be said.

    Raises:
        BookUnreadable: the question book cannot be used.
        IndexOutdated, IndexDamaged: the build cannot be opened, or was made with another model.
    """
    report = report or (lambda _: None)
    settings = settings or load_settings()
    cases = [] if book is None else read_book(book)
    manifest = BuildStore(index_dir).manifest(build_id)
    profile = assembly.embedding_profile(settings)
    report(Progress("measuring", 0, 2))
    found = _weighed(index_dir, manifest, cases, profile, settings)
    report(Progress("measuring", 1, 2))
    usual = ranking_model().threshold
    thresholds = Thresholds(usual, {})
    if cases:
        free = settings.model_copy(update={"fusion_weight": found.fusion.weight, "refusal_threshold": 0.0})
        thresholds = threshold_of(_tried(index_dir, build_id, cases, free), usual)
    report(Progress("measuring", 2, 2))
    source = "headings" if book is None else book.name
    own = threshold_for_these(manifest.threshold, manifest.calibration)
    threshold = thresholds.threshold if thresholds.shares else own
    former = usual if own is None else own
    measured = {
        **found.as_json(),
        "ordered": True,
        "fewest": FEWEST_QUESTIONS,
        "ranking": ranking_digest(),
        "source": source,
        "former": {"weight": manifest.fusion["weight"], "threshold": former},
        "chosen": {"weight": found.fusion.weight, "threshold": usual if threshold is None else threshold},
        "to_refuse": sum(case.must_refuse for case in cases),
        "ranks": [[weight, rank] for weight, rank in sorted(found.ranks.items())],
        "shares": [[at, *pair] for at, pair in sorted(thresholds.shares.items())],
    }
    made = copied(index_dir, build_id, settings, Tuning(found.fusion, threshold, measured))
    return {"build_id": made, "measured": measured}


def answers(case: Case, passage: Passage, document: Document) -> bool:
    """Tell whether a passage holds what a question expects, on the page and in the document that the book names."""
    if case.must_refuse or not case.is_in(document.path):
        return False
    if case.page is not None:
        pages = document.page_at(passage.start), document.page_at(passage.end - 1)
        if None not in pages and not (pages[0] or 0) <= case.page <= (pages[1] or 0):
            return False
    return holds_groups(case.expected, passage.searchable_text)


def _weighed(
    index_dir: Path,
    manifest: Manifest,
    cases: Sequence[Case],
    profile: assembly.EmbeddingProfile,
    settings: Settings,
) -> Calibration:
    from ra_assistant.lexical import Bm25Index

    directory = BuildStore(index_dir).directory(manifest.build_id)
    vectors = read_vectors(directory)
    scale = Fusion(**manifest.fusion)
    usual = profile.fusion.weight if profile.fusion else None
    with contextlib.closing(
        assembly.open_build(index_dir, manifest.build_id, settings, exact=True, spoken=False)
    ) as assistant:
        if not cases:
            trials = heading_trials(assistant.passages, vectors, profile.embedder, lexical_over)
            return weigh(trials, scale, usual)
        if usual is None:
            headings = heading_trials(assistant.passages, vectors, profile.embedder, lexical_over)
            usual = weigh(headings, scale).fusion.weight
        lexical = lexical_of(Bm25Index.load(directory / "lexical"))
        return weigh(_book_trials(assistant, cases, vectors, profile, lexical), scale, usual)


def _book_trials(
    assistant: assembly.Assistant,
    cases: Sequence[Case],
    vectors: Vectors,
    profile: assembly.EmbeddingProfile,
    lexical: Callable[[str], tuple[npt.NDArray[np.float32], float]],
) -> list[Trial]:
    documents = {document.id: document for document in assistant.documents}
    trials = []
    for case in cases:
        right = frozenset(
            rank
            for rank, passage in enumerate(assistant.passages)
            if answers(case, passage, documents[passage.document_id])
        )
        if not right:
            continue
        with contextlib.suppress(QuestionRefused):  # no question at all, or one too long: never asked
            question = assistant.answerer.understood(case.question, case.history).text
            cosines = vectors @ np.asarray(profile.embedder.embed_query(question), np.float32)
            trials.append(Trial(*lexical(question), cosines, right))
    return trials


def _tried(index_dir: Path, build_id: str, cases: Sequence[Case], settings: Settings) -> list[Tried]:
    """Answer every question, whatever the probability that the answer is one."""

    def ask(question: str, history: Sequence[Turn]) -> Answer:
        return assistant.answerer.ask(question, history)

    with contextlib.closing(
        assembly.open_build(index_dir, build_id, settings, exact=True, spoken=False)
    ) as assistant:
        verdicts = evaluate(cases, ask, lambda *_: [], lambda *_: {})
    return [
        Tried(
            verdict.answer.probability if verdict.answer.outcome is Outcome.ANSWERED else 0.0,
            verdict.is_right,
            verdict.case.must_refuse,
        )
        for verdict in verdicts
    ]

"""Trying a sealed build: whether it is whole, finds what it holds, answers as well as the one in service."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ra_assistant import assembly
from ra_assistant.books import Case, read_book
from ra_assistant.builds import BuildStore, Manifest
from ra_assistant.checks import (
    Check,
    CheckReport,
    check_book,
    check_counts,
    check_fall,
    check_lost,
    check_own_vectors,
    check_recall,
)
from ra_assistant.contents import read_contents, read_sentence_vectors, read_vectors
from ra_assistant.errors import StoreError
from ra_assistant.evaluating import Verdict, evaluate
from ra_assistant.indexing import Progress
from ra_assistant.settings import Settings, load_settings


def check_candidate(
    index_dir: Path,
    build_id: str,
    book: Path | None = None,
    unreadable: Sequence[str] = (),
    settings: Settings | None = None,
    report: Callable[[Progress], None] | None = None,
) -> CheckReport:
    """Open a sealed build and try it; what was found is kept beside the build.

    Args:
        index_dir: directory of the builds.
        build_id: the build to try.
        book: question book that must not regress; None when there is none.
        unreadable: files of the corpus that could not be read.
        settings: those of the process by default.
        report: told how far it is.

    Raises:
        StoreError: the build cannot be opened.
        BookUnreadable: the question book cannot be used.
    """
    from ra_assistant.store import ChromaStore
    from ra_assistant.vector_places import place_of

    report = report or (lambda _: None)
    settings = settings or load_settings()
    builds = BuildStore(index_dir)
    manifest = builds.manifest(build_id)
    report(Progress("checking", 0, 3))
    builds.verify(manifest)
    directory = builds.directory(build_id)
    _, passages = read_contents(directory)
    vectors = read_vectors(directory)
    queries = read_sentence_vectors(directory).astype(np.float32)
    ids = [passage.id for passage in passages]
    former = builds.served_manifest()
    with ChromaStore(place_of(directory, manifest.collection, settings.chroma_url)) as store:
        checks = [
            Check("files", passed=True, details={"files": len(manifest.files)}),
            check_counts(len(passages), manifest.expected_passages, len(store)),
            check_own_vectors(ids, vectors, store.nearest_many),
            check_recall(ids, vectors, queries, store.nearest_many),
        ]
    if former is not None:
        checks.append(check_fall(len(passages), former.stored_passages))
        checks.append(check_lost(unreadable, list(former.sources)))
    if book is not None and book.is_file():
        report(Progress("asking", 1, 3))
        checks.append(_book_check(index_dir, build_id, former, book, settings))
    found = CheckReport(build_id, tuple(checks))
    builds.note_checks(build_id, json.dumps(found.as_json(), ensure_ascii=False, indent=1))
    return found


def _book_check(
    index_dir: Path, build_id: str, former: Manifest | None, book: Path, settings: Settings
) -> Check:
    cases = read_book(book)
    verdicts = _verdicts(assembly.open_build(index_dir, build_id, settings, exact=True, spoken=False), cases)
    if former is None:
        return check_book(verdicts, None)
    try:
        opened = assembly.open_build(index_dir, former.build_id, settings, exact=True, spoken=False)
    except StoreError:
        return check_book(verdicts, None)
    return check_book(verdicts, _verdicts(opened, cases))


def _verdicts(assistant: assembly.Assistant, cases: Sequence[Case]) -> list[Verdict]:
    with contextlib.closing(assistant):
        return evaluate(cases, assistant.answerer.ask, lambda *_: [], lambda *_: {})


def probe(index_dir: Path, build_id: str, settings: Settings | None = None) -> None:
    """Look whether the server holds the collection of a build.

    Raises:
        ChromaAway: it does not answer.
        IndexDamaged: it does not have it, or not whole.
    """
    from ra_assistant.vector_places import open_collection

    settings = settings or load_settings()
    builds = BuildStore(index_dir)
    open_collection(builds.manifest(build_id), settings.chroma_url).close()


def suits(index_dir: Path, build_id: str) -> None:
    """Look whether a build can be served with the settings of this process.

    Raises:
        IndexOutdated: it was made with another embedding profile or format.
    """
    profile = assembly.embedding_profile(load_settings())
    assembly.check_profile(BuildStore(index_dir).manifest(build_id), profile)

"""Building the index: read, cut, embed, store, check, then switch, beside the build in service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ra_assistant.errors import BuildRejected, EmptyCorpus, UnreadableDocument
from ra_assistant.ports import Embedder, Loader, Splitter
from ra_assistant.types import Document, Extraction, Notice, Passage

EMBEDDING_BATCH = 64

Vectors = npt.NDArray[np.float32]


class BuildWriter(Protocol):
    """Where a build is written; nothing is in service before `commit` returns."""

    def cached_vectors(self) -> dict[str, Sequence[float]]:
        """Return the vectors of former builds with the same profile, by text."""
        ...

    def write(
        self,
        documents: Sequence[Document],
        passages: Sequence[Passage],
        vectors: Vectors,
        sentence_vectors: Vectors,
    ) -> None:
        """Write our own copy, the full-text index and the vector store."""
        ...

    def stored_passages(self) -> int:
        """Return how many passages the vector store holds."""
        ...

    def worst_self_match(self, vectors: Vectors) -> float:
        """Return the lowest cosine between a passage and the first hit of its own vector."""
        ...

    def commit(self, sources: dict[str, str], documents: int, expected: int, stored: int) -> str:
        """Seal the build and put it in service; return its id."""
        ...

    def abandon(self) -> None:
        """Remove what was written."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is, for a progress bar."""

    stage: str
    """`reading`, `splitting`, `embedding`, `storing` or `checking`."""
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What building the index gave."""

    build_id: str
    documents: int
    passages: int
    embedded: int
    """Passages whose vector was computed now; the others were known."""
    unreadable: tuple[UnreadableDocument, ...]
    notices: tuple[tuple[str, Notice], ...]
    """Path of the document and what its publisher should know."""


Report = Callable[[Progress], None]


def build_index(
    paths: Sequence[Path],
    root: Path,
    loader: Loader,
    splitter: Splitter,
    embedder: Embedder,
    writer: BuildWriter,
    hash_of: Callable[[Path], str],
    report: Report | None = None,
) -> IndexReport:
    """Build an index of `paths` and put it in service; the build in service is untouched on failure.

    Raises:
        EmptyCorpus: none of the files could be read, or none holds a sentence.
        BuildRejected: the candidate failed a check.
    """
    report = report or _silent
    with _abandoned_on_failure(writer):
        extractions, unreadable, sources = _read(paths, root, loader, hash_of, report)
        documents = [extraction.document for extraction in extractions]
        passages = list(_split(documents, splitter, report))
        if not passages:
            raise EmptyCorpus(
                f"{root}: {len(paths)} files, no passage; expected at least one report with text",
                path=str(root),
                unreadable=unreadable,
            )
        vectors, sentence_vectors, embedded = _embed(passages, embedder, writer, report)
        report(Progress("storing", 0, 1))
        writer.write(documents, passages, vectors, sentence_vectors)
        report(Progress("checking", 0, 1))
        stored = writer.stored_passages()
        _check(writer, passages, vectors, stored)
        build_id = writer.commit(sources, len(documents), len(passages), stored)
    notices = ((item.document.path, notice) for item in extractions for notice in item.notices)
    return IndexReport(build_id, len(documents), len(passages), embedded, tuple(unreadable), tuple(notices))


def _silent(_: Progress) -> None:
    """Report progress to nobody."""


@contextmanager
def _abandoned_on_failure(writer: BuildWriter) -> Iterator[None]:
    finished = False
    try:
        yield
        finished = True
    finally:
        if not finished:
            writer.abandon()


def _read(
    paths: Sequence[Path], root: Path, loader: Loader, hash_of: Callable[[Path], str], report: Report
) -> tuple[list[Extraction], list[UnreadableDocument], dict[str, str]]:
    extractions: list[Extraction] = []
    unreadable: list[UnreadableDocument] = []
    sources: dict[str, str] = {}
    for number, path in enumerate(paths):
        report(Progress("reading", number, len(paths)))
        name = path.relative_to(root).as_posix()
        try:
            sources[name] = hash_of(path)
            extractions.append(loader.load(path, root))
        except UnreadableDocument as error:
            unreadable.append(error)
        except OSError as error:
            unreadable.append(UnreadableDocument(name, "vanished", f"{name}: {error}"))
    return extractions, unreadable, sources


def _split(documents: Iterable[Document], splitter: Splitter, report: Report) -> Iterator[Passage]:
    documents = list(documents)
    for number, document in enumerate(documents):
        report(Progress("splitting", number, len(documents)))
        yield from splitter.split(document)


def _embed(
    passages: Sequence[Passage],
    embedder: Embedder,
    writer: BuildWriter,
    report: Report,
) -> tuple[Vectors, Vectors, int]:
    """Return the vectors of the passages and of their sentences, and how many passages were not known."""
    known = writer.cached_vectors()
    whole = [passage.searchable_text for passage in passages]
    parts = [text for passage in passages for text in sentence_texts(passage)]
    unknown_passages = len(set(whole) - known.keys())
    missing = [text for text in dict.fromkeys([*whole, *parts]) if text not in known]
    for start in range(0, len(missing), EMBEDDING_BATCH):
        report(Progress("embedding", start, len(missing)))
        batch = missing[start : start + EMBEDDING_BATCH]
        known.update(zip(batch, embedder.embed_documents(batch), strict=True))
    vectors = np.array([known[text] for text in whole], dtype=np.float32)
    sentence_vectors = np.array([known[text] for text in parts], dtype=np.float32)
    return vectors, sentence_vectors, unknown_passages


def sentence_texts(passage: Passage) -> list[str]:
    """Return what is embedded for each sentence of a passage: its nearest heading, then the sentence."""
    heading = passage.section_path[-1] if passage.section_path else ""
    texts = [
        passage.text[span.start - passage.start : span.end - passage.start] for span in passage.sentences
    ]
    return [text if not heading or text == heading else f"{heading}\n{text}" for text in texts]


def _check(writer: BuildWriter, passages: Sequence[Passage], vectors: Vectors, stored: int) -> None:
    if stored != len(passages):
        raise BuildRejected(
            f"the vector store holds {stored} passages, expected {len(passages)}; run the command again",
            reason="count",
        )
    worst = writer.worst_self_match(vectors)
    if worst < 1 - 1e-4:
        raise BuildRejected(
            f"a passage is not found by its own vector: cosine {worst:.6f}, expected 1; run the command again",
            reason="probe",
        )

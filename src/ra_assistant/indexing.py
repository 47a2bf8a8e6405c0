"""Building a candidate of the index: read, cut, embed, store, seal, beside the build in service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ra_assistant.errors import EmptyCorpus, UnreadableDocument
from ra_assistant.ports import Embedder, Loader, Splitter
from ra_assistant.types import Document, Extraction, Notice, Passage

EMBEDDING_BATCH = 256
"""Texts embedded between two reports of progress; the more at once, the more of like length."""
READINGS = 3
"""Tries for a file that changes while it is read."""

Vectors = npt.NDArray[np.float32]


class BuildWriter(Protocol):
    """Where a build is written; sealing it puts nothing in service."""

    def known(self, texts: Sequence[str]) -> Mapping[str, Sequence[float] | npt.NDArray[np.float32]]:
        """Return the vectors that this profile gave those of the `texts` that were embedded before."""
        ...

    def remember(self, texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
        """Keep new vectors for the builds to come, whatever becomes of this one."""
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

    def seal(self, sources: dict[str, str], documents: int, passages: int) -> str:
        """Close the build, hash its files, write its manifest; return its id."""
        ...

    def abandon(self) -> None:
        """Remove what was written."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is, for a progress bar."""

    stage: str
    """Key of `wording.STAGES`."""
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
    """Build an index of `paths`, sealed and not in service; nothing is left of it on failure.

    Raises:
        EmptyCorpus: none of the files could be read, or none holds a sentence.
    """
    report = report or _silent
    with abandoned_on_failure(writer):
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
        build_id = writer.seal(sources, len(documents), len(passages))
    notices = ((item.document.path, notice) for item in extractions for notice in item.notices)
    return IndexReport(build_id, len(documents), len(passages), embedded, tuple(unreadable), tuple(notices))


def _silent(_: Progress) -> None:
    """Report progress to nobody."""


@contextmanager
def abandoned_on_failure(writer: BuildWriter) -> Iterator[None]:
    """Remove what was written when the block fails, whatever the reason."""
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
            extraction, sources[name] = _load(path, root, loader, hash_of)
            extractions.append(extraction)
        except UnreadableDocument as error:
            unreadable.append(error)
            sources |= hashes_of([path], root, hash_of)
        except OSError as error:
            unreadable.append(UnreadableDocument(name, "vanished", f"{name}: {error}"))
    return extractions, unreadable, sources


def hashes_of(paths: Iterable[Path], root: Path, hash_of: Callable[[Path], str]) -> dict[str, str]:
    """Return the hash of each file by its path below `root`, as a build notes them.

    Left out are those that cannot be opened, and those whose name cannot be written.
    """
    found: dict[str, str] = {}
    for path in paths:
        name = path.relative_to(root).as_posix()
        with suppress(OSError, UnicodeEncodeError):
            name.encode()
            found[name] = hash_of(path)
    return found


def _load(path: Path, root: Path, loader: Loader, hash_of: Callable[[Path], str]) -> tuple[Extraction, str]:
    """Return what reading the file gave, and its hash, both of the same bytes.

    Raises:
        UnreadableDocument: it cannot be read, or it changes each time it is read.
    """
    for _ in range(READINGS):
        before = hash_of(path)
        extraction = loader.load(path, root)
        if hash_of(path) == before:
            return extraction, before
    name = path.relative_to(root).as_posix()
    raise UnreadableDocument(name, "changing", f"{name}: changed while it was read; wait until it is written")


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
    whole = [passage.searchable_text for passage in passages]
    parts = [text for passage in passages for text in sentence_texts(passage)]
    wanted = list(dict.fromkeys([*whole, *parts]))
    known: dict[str, Sequence[float] | npt.NDArray[np.float32]] = dict(writer.known(wanted))
    unknown_passages = len(set(whole) - known.keys())
    missing = [text for text in wanted if text not in known]
    for start in range(0, len(missing), EMBEDDING_BATCH):
        report(Progress("embedding", start, len(missing)))
        batch = missing[start : start + EMBEDDING_BATCH]
        found = embedder.embed_documents(batch)
        writer.remember(batch, found)
        known.update(zip(batch, found, strict=True))
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

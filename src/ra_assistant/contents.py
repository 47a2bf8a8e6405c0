"""Our own copy of what a build serves: documents, passages and vectors, from which a store can be rebuilt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ra_assistant.errors import IndexDamaged
from ra_assistant.types import Block, BlockKind, Document, DocumentKind, Passage, Section, Span

FILES = ("documents.jsonl", "passages.jsonl", "vectors.npy", "sentences.npy")
"""What is written, by name."""


def write_contents(
    directory: Path,
    documents: Iterable[Document],
    passages: Iterable[Passage],
    vectors: npt.NDArray[np.float32],
    sentence_vectors: npt.NDArray[np.float32],
) -> None:
    """Write our own copy of everything that is served, from which a store can be rebuilt."""
    _write_lines(directory / "documents.jsonl", documents)
    _write_lines(directory / "passages.jsonl", passages)
    np.save(directory / "vectors.npy", vectors)
    np.save(directory / "sentences.npy", sentence_vectors.astype(np.float16))


def read_contents(directory: Path) -> tuple[list[Document], list[Passage]]:
    """Read what `write_contents` wrote, vectors left aside.

    Raises:
        IndexDamaged: a file is missing or is not what it should be.
    """
    try:
        documents = [document_of(raw) for raw in _read_lines(directory / "documents.jsonl")]
        passages = [_passage(raw) for raw in _read_lines(directory / "passages.jsonl")]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise IndexDamaged(f"{directory}: {error}", path=directory.name) from error
    return documents, passages


def read_titles(directory: Path) -> dict[str, tuple[str, int | None]]:
    """Return the title and the year of each document of a build, by its path below the corpus directory.

    Raises:
        IndexDamaged: the documents are missing or are not what they should be.
    """
    try:
        return {
            str(raw["path"]): (str(raw["title"]), None if raw["year"] is None else int(raw["year"]))
            for raw in _read_lines(directory / "documents.jsonl")
        }
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise IndexDamaged(f"{directory}: {error}", path=directory.name) from error


def read_vectors(directory: Path) -> npt.NDArray[np.float32]:
    """Read the passages' vectors, shape (passages, dimension)."""
    vectors: npt.NDArray[np.float32] = _read_array(directory / "vectors.npy")
    return vectors


def read_sentence_vectors(directory: Path) -> npt.NDArray[np.float16]:
    """Map the sentences' vectors, shape (sentences, dimension), in the order of the passages."""
    vectors: npt.NDArray[np.float16] = _read_array(directory / "sentences.npy", mapped=True)
    return vectors


def _read_array(path: Path, *, mapped: bool = False) -> Any:
    try:
        return np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{path}: {error}", path=path.name) from error


def plain(value: Any) -> dict[str, Any]:
    """Return a dataclass as the mapping that JSON wants, its own fields left as they are."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def document_of(raw: dict[str, Any]) -> Document:
    """Return the document that was written as plain values.

    Raises:
        TypeError, KeyError, ValueError: it is none.
    """
    return Document(
        **{
            **raw,
            "kind": DocumentKind(raw["kind"]),
            "page_starts": tuple(raw["page_starts"]),
            "page_labels": tuple(raw["page_labels"]),
            "sections": tuple(Section(**{**item, "path": tuple(item["path"])}) for item in raw["sections"]),
            "blocks": tuple(Block(**{**item, "kind": BlockKind(item["kind"])}) for item in raw["blocks"]),
        }
    )


def _passage(raw: dict[str, Any]) -> Passage:
    sentences = tuple(Span(*span) for span in raw["sentences"])
    return Passage(**{**raw, "section_path": tuple(raw["section_path"]), "sentences": sentences})


def _write_lines(path: Path, rows: Iterable[Document | Passage]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(plain(row), ensure_ascii=False, default=plain) + "\n")


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)

"""What a contestant does, and the list of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

OUR_MODEL = "our embedding model"


class Contestant(Protocol):
    """Searches texts; lives in a process of its own."""

    def build(self, texts: Sequence[tuple[str, str]], folder: Path) -> None:
        """Index `texts`, pairs of id and text; what is kept on disk goes below `folder`, which is empty."""
        ...

    def search(self, question: str, k: int) -> list[str]:
        """Return the ids of the texts of the `k` best passages, best first; an id may come twice."""
        ...

    def change(self, name: str, text: str) -> None:
        """Put `text` in the place of the text `name`; it is found when this returns."""
        ...

    def close(self) -> None:
        """Release what is held."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A contestant of the list."""

    name: str
    label: str
    program: str
    """`module:class`, below `bench.beside.contestants`."""
    set_up: str
    """How it is set up, for the report."""
    requirements: str = ""
    """File below `requirements` that its environment is made from; empty: this Python."""
    packages: tuple[str, ...] = ()
    """What is weighed of this Python, with all that it needs."""


ENTRIES = (
    Entry(
        "ours",
        "ra-assistant",
        "ours:Ours",
        "each text a document; the whole publication, checks included; hybrid search",
        packages=("ra-assistant",),
    ),
    Entry(
        "textbook",
        "LangChain + Chroma + rank_bm25",
        "textbook:Hybrid",
        f"recursive splitter 1000/200, BM25 retriever and Chroma in an ensemble, equal weights; {OUR_MODEL}",
        "textbook.txt",
    ),
    Entry(
        "textbook-dense",
        "LangChain + Chroma, dense",
        "textbook:Dense",
        f"recursive splitter 1000/200, Chroma alone; {OUR_MODEL}",
        "textbook.txt",
    ),
    Entry(
        "fts5",
        "SQLite FTS5",
        "fts5:Fts5",
        "unicode61 remove_diacritics 2, bm25(), any word of the question",
    ),
    Entry(
        "bm25s",
        "bm25s",
        "bm25s_alone:Bm25s",
        "its defaults: Lucene's BM25, English stop words, no stemmer",
        packages=("bm25s",),
    ),
    Entry(
        "txtai",
        "txtai hybrid",
        "txtai_hybrid:Txtai",
        f"hybrid=True, content=True; {OUR_MODEL} as its external vectors",
        "txtai.txt",
    ),
    Entry(
        "llamaindex",
        "LlamaIndex fusion",
        "llamaindex_fusion:LlamaIndex",
        f"vector index and BM25 (French stemmer) by reciprocal ranks, one query; {OUR_MODEL}",
        "llamaindex.txt",
    ),
    Entry(
        "semble",
        "semble",
        "semble_search:Semble",
        f"its hybrid of BM25 and vectors, made for code; {OUR_MODEL}",
        "semble.txt",
    ),
)


def chosen(names: Sequence[str]) -> list[Entry]:
    """Return the entries of these names, in the order of the list.

    Raises:
        ValueError: a name is not in the list.
    """
    known = {entry.name for entry in ENTRIES}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: no such contestant; expected some of {', '.join(known)}")
    return [entry for entry in ENTRIES if entry.name in names]

"""The pipeline of LangChain's tutorials: recursive splitter, Chroma, BM25 retriever, ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_text_splitters import RecursiveCharacterTextSplitter

from bench.beside.contestants.model import embedder

BATCH = 5000
"""Chunks that Chroma takes at once."""


class _Vectors(Embeddings):
    def __init__(self) -> None:
        self._model = embedder()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._model.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        return self._model.embed_query(text)


class Dense:
    """Chunks in Chroma."""

    def build(self, texts: Sequence[tuple[str, str]], folder: Path) -> None:
        """Split, embed, store."""
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        self._store = Chroma(embedding_function=_Vectors(), persist_directory=str(folder))
        self._chunks = {name: self._split(name, text) for name, text in texts}
        self._ids: dict[str, list[str]] = {}
        everything = [chunk for chunks in self._chunks.values() for chunk in chunks]
        for start in range(0, len(everything), BATCH):
            self._add(everything[start : start + BATCH])
        self._retriever: dict[int, BaseRetriever] = {}

    def _split(self, name: str, text: str) -> list[Document]:
        return self._splitter.split_documents([Document(text, metadata={"name": name})])

    def _add(self, chunks: list[Document]) -> None:
        for chunk, key in zip(chunks, self._store.add_documents(chunks), strict=True):
            self._ids.setdefault(chunk.metadata["name"], []).append(key)

    def _opened(self, k: int) -> BaseRetriever:
        return self._store.as_retriever(search_kwargs={"k": k})

    def search(self, question: str, k: int) -> list[str]:
        """Return the texts of the best chunks."""
        if k not in self._retriever:
            self._retriever[k] = self._opened(k)
        return [chunk.metadata["name"] for chunk in self._retriever[k].invoke(question)[:k]]

    def change(self, name: str, text: str) -> None:
        """Delete the chunks of the text and add the new ones."""
        self._store.delete(self._ids.pop(name))
        self._chunks[name] = self._split(name, text)
        self._add(self._chunks[name])
        self._retriever.clear()
        self.search(text[:200], 1)

    def close(self) -> None:
        """Release nothing that the end of the process would not."""


class Hybrid(Dense):
    """Chroma and a BM25 retriever in an ensemble with equal weights."""

    def build(self, texts: Sequence[tuple[str, str]], folder: Path) -> None:
        """Do as the dense form, and make the BM25 retriever."""
        super().build(texts, folder)
        self.search("", 10)

    def _opened(self, k: int) -> BaseRetriever:
        from langchain_classic.retrievers import EnsembleRetriever
        from langchain_community.retrievers import BM25Retriever

        chunks = [chunk for chunks in self._chunks.values() for chunk in chunks]
        lexical = BM25Retriever.from_documents(chunks)
        lexical.k = k
        return EnsembleRetriever(retrievers=[lexical, super()._opened(k)], weights=[0.5, 0.5])

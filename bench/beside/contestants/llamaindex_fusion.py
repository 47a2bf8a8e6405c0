"""LlamaIndex: a vector index and a BM25 retriever fused by reciprocal ranks, by its retriever examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import Stemmer
from llama_index.core import Document, Settings, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.retrievers.bm25 import BM25Retriever

from bench.beside.contestants.model import embedder

_MODEL = embedder()


class _Vectors(BaseEmbedding):
    def _get_query_embedding(self, query: str) -> list[float]:
        return _MODEL.embed_query(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return _MODEL.embed_documents([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return _MODEL.embed_documents(texts)


class LlamaIndex:
    """Both retrievers, one query: no language model writes others."""

    def build(self, texts: Sequence[tuple[str, str]], folder: Path) -> None:
        """Split, embed, keep."""
        Settings.embed_model = _Vectors(embed_batch_size=64)
        Settings.llm = MockLLM()
        Settings.node_parser = SentenceSplitter()
        self._folder = folder
        documents = [Document(text=text, id_=name) for name, text in texts]
        self._index = VectorStoreIndex.from_documents(documents, store_nodes_override=True)
        self._keep()

    def _keep(self) -> None:
        self._index.storage_context.persist(str(self._folder))
        nodes: list[Any] = list(self._index.docstore.docs.values())
        self._lexical = BM25Retriever.from_defaults(
            nodes=nodes,
            similarity_top_k=10,
            stemmer=Stemmer.Stemmer("french"),
            language="french",
        )
        self._lexical.persist(str(self._folder / "bm25"))
        self._fused: dict[int, QueryFusionRetriever] = {}

    def search(self, question: str, k: int) -> list[str]:
        """Return the texts of the best nodes."""
        if k not in self._fused:
            both = [self._index.as_retriever(similarity_top_k=k), self._lexical]
            self._fused[k] = QueryFusionRetriever(
                both, similarity_top_k=k, num_queries=1, mode="reciprocal_rerank", use_async=False
            )
        return [str(found.node.ref_doc_id) for found in self._fused[k].retrieve(question)]

    def change(self, name: str, text: str) -> None:
        """Update the document in the index, and make the BM25 retriever again."""
        self._index.update_ref_doc(Document(text=text, id_=name))
        self._keep()

    def close(self) -> None:
        """Release nothing."""

"""Text to vectors by any sentence-transformers model that is already on this machine."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from sentence_transformers import SentenceTransformer

from ra_assistant.models.profile import ModelProfile

BATCH = 32


class Prefixes(NamedTuple):
    """What a model wants before a question and before a passage."""

    query: str = ""
    document: str = ""


@cache
def _known() -> list[tuple[re.Pattern[str], Prefixes]]:
    text = resources.files("ra_assistant.models").joinpath("prefixes.json").read_text(encoding="utf-8")
    return [
        (re.compile(model["pattern"], re.IGNORECASE), Prefixes(model["query"], model["document"]))
        for model in json.loads(text)["models"]
    ]


def known_prefixes(name: str) -> Prefixes:
    """Return the prefixes of a model by its name, or the name of its directory; empty ones when it is not known."""
    return next((prefixes for pattern, prefixes in _known() if pattern.search(name)), Prefixes())


class SentenceTransformerEmbedder:
    """A sentence-transformers model; nothing is downloaded and no code of the model's is run."""

    def __init__(self, name: str, revision: str | None = None, device: str | None = None) -> None:
        """Load a model by its hub name or its directory.

        Args:
            name: a hub name whose files are in the local cache, or a directory.
            revision: commit of the hub's repository; None takes the one in the cache.
            device: `cpu`, `cuda`…; None lets the library choose.

        Raises:
            OSError: the model is not on this machine.
        """
        self._model = SentenceTransformer(
            name, revision=revision, device=device, local_files_only=True, trust_remote_code=False
        )
        stated = {kind: text for kind, text in (self._model.prompts or {}).items() if text}
        # `encode_query` and `encode_document` already put the prompts that a model states.
        self._prefixes = Prefixes() if stated else known_prefixes(name)
        self.profile = ModelProfile(
            name=name,
            version=revision or "local",
            dimension=self._model.get_embedding_dimension() or len(self.embed_query("a")),
            max_tokens=int(self._model.max_seq_length or 512),
            query_prefix=self._prefixes.query or stated.get("query", ""),
            document_prefix=self._prefixes.document or stated.get("document", ""),
        )

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector of length one a text, in order; an empty list for none."""
        if not texts:
            return []
        prefixed = [self._prefixes.document + text for text in texts]
        made = self._model.encode_document(
            prefixed, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=len(texts) > 10 * BATCH
        )
        return [[float(x) for x in row] for row in np.asarray(made)]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question, of length one."""
        made = self._model.encode_query(
            self._prefixes.query + text, normalize_embeddings=True, show_progress_bar=False
        )
        return [float(x) for x in np.asarray(made)]

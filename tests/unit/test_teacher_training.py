"""The file that the body of the reader's teacher is read from."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

TRAINING = Path(__file__).parents[2] / "training"
WIDTH, INNER, POSITIONS = 32, 64, 4
PIECES = [
    ("<s>", 0.0),
    ("<pad>", 0.0),
    ("</s>", 0.0),
    ("<unk>", 0.0),
    ("▁l", -1.0),
    ("'", -2.0),
    ("eau", -3.0),
]


@pytest.fixture(scope="module")
def teacher() -> ModuleType:
    """Return the training script of the teacher's body."""
    sys.path.insert(0, str(TRAINING))
    try:
        import teacher as script
    finally:
        sys.path.remove(str(TRAINING))
    return script


def packed(rows: int, columns: int) -> bytes:
    """Return a matrix in blocks of four bits whose weights are -4, -3.5, … by place in the block."""
    low = bytes((place % 16) | ((place % 16) << 4) for place in range(16))
    return (struct.pack("<e", 0.5) + low) * (rows * columns // 32)


def written(path: Path) -> Path:
    """Write a model of one layer."""
    tensors = {"emb.word": packed(len(PIECES), WIDTH)}
    floats = {
        "emb.pos": POSITIONS * WIDTH,
        "emb.type": 2 * WIDTH,
        "emb.ln.w": WIDTH,
        "emb.ln.b": WIDTH,
        "l0.fi.b": INNER,
    } | {
        f"l0.{name}": WIDTH
        for name in ("q.b", "k.b", "v.b", "ao.b", "aln.w", "aln.b", "fo.b", "oln.w", "oln.b")
    }
    tensors |= {name: np.arange(size, dtype="<f4").tobytes() for name, size in floats.items()}
    matrices = dict.fromkeys(("q", "k", "v", "ao"), (WIDTH, WIDTH)) | {
        "fi": (INNER, WIDTH),
        "fo": (WIDTH, INNER),
    }
    tensors |= {f"l0.{name}.w": packed(*shape) for name, shape in matrices.items()}
    blob = b"".join(piece.encode() for piece, _ in PIECES)
    places = np.cumsum([0, *(len(piece.encode()) for piece, _ in PIECES)]).astype("<u4")
    head = b"E5S1" + struct.pack("<I7ifi", 1, WIDTH, 1, 2, INNER, len(PIECES), POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob)) + places.tobytes()
    head += np.array([score for _, score in PIECES], dtype="<f4").tobytes() + blob
    head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", 233, 1, 101) + struct.pack("<i", len(tensors))
    at = len(head) + sum(2 + len(name) + 21 for name in tensors)
    for name, data in tensors.items():
        head += (
            struct.pack("<H", len(name))
            + name.encode()
            + struct.pack("<BIQQ", 0, len(data) // 4, at, len(data))
        )
        at += len(data)
    path.write_bytes(head + b"".join(tensors.values()))
    return path


def test_the_weights_and_the_pieces_of_the_file_are_read(teacher: ModuleType, tmp_path: Path) -> None:
    found = teacher.read(written(tmp_path / "model.bin"))
    assert found.pieces == PIECES
    assert (found.config.hidden_size, found.config.num_hidden_layers) == (WIDTH, 1)
    inner = found.weights["encoder.layer.0.intermediate.dense.weight"]
    assert inner.shape == (INNER, WIDTH)
    assert inner[-1].tolist() == [(place % 16 - 8) / 2 for place in range(32)]
    assert found.weights["embeddings.LayerNorm.bias"].tolist() == list(range(WIDTH))
    first, second = found.weights["embeddings.token_type_embeddings.weight"]
    assert (first == second).all()
    from transformers import BertModel

    body = BertModel(found.config, add_pooling_layer=False)
    assert body.state_dict().keys() == found.weights.keys()


def test_another_file_is_refused(teacher: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"PK\x03\x04")
    with pytest.raises(ValueError, match="expected b'E5S1'"):
        teacher.read(tmp_path / "other")


def test_texts_are_framed_and_apostrophes_are_one(teacher: ModuleType) -> None:
    tokenizer = teacher.tokenizer_of(PIECES)
    assert tokenizer.encode("l’eau").tokens == ["<s>", "▁l", "'", "eau", "</s>"]
    pair = tokenizer.encode("l'", "eau")
    assert pair.type_ids == [0] * pair.tokens.index("</s>") + [0] + [1] * (
        len(pair.tokens) - pair.tokens.index("</s>") - 1
    )

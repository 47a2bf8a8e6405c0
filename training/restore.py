"""Take a model in the box up again: its weights as floats, for a run to begin from.

usage: restore.py --out NAME [--model FOLDER]

The runs that made the models are not kept with the project; what they gave is, in eight bits: a run begun from there
begins with what is shipped, to the bit (`tests/unit/test_span_reader.py`, `test_embedding.py`). The reader is taken
unless the folder says otherwise.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import onnx
from common import MODELS, RUNS
from encoder import HEADS
from onnx import numpy_helper
from safetensors.numpy import save_file
from transformers import BertConfig


def restored(model: onnx.ModelProto) -> tuple[dict[str, np.ndarray], BertConfig]:
    """Return the weights of an exported model, under the names of a run, and its body's configuration."""
    kept = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    heads = next(
        attribute.i
        for node in model.graph.node
        for attribute in node.attribute
        if node.op_type == "MultiHeadAttention" and attribute.name == "num_heads"
    )
    found: dict[str, np.ndarray] = {}
    for name, value in kept.items():
        at, _, part = name.rpartition(".")
        if part == "packed" and at == "embeddings.word_embeddings":
            found[f"{at}.weight"] = value.astype(np.float32) * kept[f"{at}.scale"]
        elif part == "packed":
            weight = _whole(value, kept[f"{at}.scale"])
            found |= _parted(at, weight, kept[f"{at}.bias"])
        elif part == "weight" and f"{at}.packed" not in kept:
            is_product = name.startswith(HEADS)
            found[name] = value.T if is_product else value
        elif part == "bias" and f"{at}.packed" not in kept:
            found[name] = value
    found["embeddings.position_embeddings.weight"] = kept["embeddings.positions"].astype(np.float32)
    rows, width = found["embeddings.word_embeddings.weight"].shape
    # The embedding model's one type is added to its positions.
    found["embeddings.token_type_embeddings.weight"] = kept.get("embeddings.types", np.zeros((1, width)))
    if "lift" in kept:
        found["lift"] = kept["lift"].reshape(2)
    config = BertConfig(
        vocab_size=rows,
        hidden_size=width,
        num_hidden_layers=sum(name.endswith("attention.self.query.weight") for name in found),
        num_attention_heads=heads,
        intermediate_size=len(found["encoder.layer.0.intermediate.dense.bias"]),
        max_position_embeddings=len(found["embeddings.position_embeddings.weight"]),
        type_vocab_size=len(found["embeddings.token_type_embeddings.weight"]),
        layer_norm_eps=_epsilon(model),
    )
    return {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in found.items()}, config


def _whole(packed: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return a matrix (outputs, inputs): kept with one scale a row, or in blocks of inputs that share one."""
    if packed.ndim == 2:
        return packed.T.astype(np.float32) * scale[:, None]
    return (packed.astype(np.float32) * scale).reshape(-1, packed.shape[2]).T


def _parted(at: str, weight: np.ndarray, bias: np.ndarray) -> dict[str, np.ndarray]:
    """Return a matrix and its bias under their names, those of an attention's inputs told apart again."""
    if not at.endswith(".qkv"):
        return {f"{at}.weight": weight, f"{at}.bias": bias}
    names = [f"{at.removesuffix('qkv')}attention.self.{k}" for k in ("query", "key", "value")]
    weights, biases = np.split(weight, 3), np.split(bias, 3)
    return {f"{name}.weight": w for name, w in zip(names, weights, strict=True)} | {
        f"{name}.bias": b for name, b in zip(names, biases, strict=True)
    }


def _epsilon(model: onnx.ModelProto) -> float:
    return next(
        float(attribute.f)
        for node in model.graph.node
        for attribute in node.attribute
        if node.op_type == "LayerNormalization" and attribute.name == "epsilon"
    )


def main() -> None:
    """Write the run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", required=True)
    parser.add_argument("--model", type=Path, default=MODELS / "reader", help="folder of an exported model")
    options = parser.parse_args()
    weights, config = restored(onnx.load(options.model / "model.onnx"))
    out = RUNS / options.out
    config.save_pretrained(out)
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    shutil.copy(options.model / "tokenizer.json", out)
    print(f"{len(weights)} weights in {out}")


if __name__ == "__main__":
    main()

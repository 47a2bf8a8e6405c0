"""Write a trained model as the package ships it: ONNX in eight bits, tokenizer, profile with checksums.

usage: export.py embedding NAME [--version V] [--weight W] [--out FOLDER]
       export.py reader    NAME [--version V] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import graph
import onnx
from common import MODELS, RUNS
from safetensors.numpy import load_file
from tokenizers import Tokenizer

EMBEDDING_TOKENS, READER_TOKENS = 288, 320


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(model: onnx.ModelProto, source: Path, target: Path, profile: dict[str, Any], name: str) -> None:
    """Write the graph, the tokenizer without padding or truncation, and the profile with both checksums."""
    target.mkdir(parents=True, exist_ok=True)
    onnx.save(model, target / "model.onnx")
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(target / "tokenizer.json"), pretty=False)
    sums = {n: digest(target / n) for n in ("model.onnx", "tokenizer.json")}
    (target / name).write_text(json.dumps(profile | {"sha256": sums}, indent=1) + "\n", encoding="utf-8")


def export_embedding(source: Path, target: Path, *, version: str, fusion_weight: float = 0.0) -> None:
    """Write the embedding model kept in `source` by sentence-transformers to `target`."""
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    model = graph.embedding_model(load_file(source / "model.safetensors"), config)
    profile = {
        "name": "ra-french-minilm",
        "version": version,
        "dimension": config["hidden_size"],
        "max_tokens": min(EMBEDDING_TOKENS, config["max_position_embeddings"]),
        "query_prefix": "",
        "document_prefix": "",
        "fusion_weight": fusion_weight,
    }
    write(model, source, target, profile, "profile.json")


def export_reader(source: Path, target: Path, *, version: str) -> None:
    """Write the reader kept in `source` to `target`."""
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    model = graph.reader_model(load_file(source / "model.safetensors"), config)
    profile = {
        "name": "ra-french-reader",
        "version": version,
        "max_tokens": min(READER_TOKENS, config["max_position_embeddings"]),
    }
    write(model, source, target, profile, "reader.json")


def main() -> None:
    """Export what the command line names and print the size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["embedding", "reader"])
    parser.add_argument("name")
    parser.add_argument("--version", default="0")
    parser.add_argument("--weight", type=float, default=0.0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    target = options.out or MODELS / options.what
    if options.what == "embedding":
        export_embedding(RUNS / options.name, target, version=options.version, fusion_weight=options.weight)
    else:
        export_reader(RUNS / options.name, target, version=options.version)
    print(f"{sum(f.stat().st_size for f in target.iterdir()) / 1e6:.2f} MB in {target}")


if __name__ == "__main__":
    main()

"""Average the weights of two runs, one begun from the other: often better than both.

usage: average.py NAME NAME --out NAME

A head that only one of the runs has is kept as it is: the other run had not learnt it yet.
Wortsman et al., Model soups: averaging weights of multiple fine-tuned models improves accuracy without increasing
inference time, 2022.
"""

from __future__ import annotations

import argparse
import shutil

from common import RUNS
from encoder import HEADS
from safetensors.torch import load_file, save_file


def main() -> None:
    """Write the average of two runs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs=2)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    left, right = (load_file(RUNS / name / "model.safetensors") for name in options.names)
    others = left.keys() ^ right.keys()
    if strange := sorted(name for name in others if not name.startswith(HEADS)):
        raise ValueError(f"{options.names} differ in {strange}; expected the same weights, heads aside")
    out = RUNS / options.out
    out.mkdir(parents=True, exist_ok=True)
    averaged = {name: (weight + right[name]) / 2 for name, weight in left.items() if name in right}
    averaged |= {name: weight for name, weight in (left | right).items() if name in others}
    save_file(averaged, out / "model.safetensors", metadata={"format": "pt"})
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(RUNS / options.names[1] / name, out)


if __name__ == "__main__":
    main()

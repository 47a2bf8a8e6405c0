"""Teach the French model the teacher's vectors: a sentence goes where its English translation stands.

usage: distil.py [--epochs N] [--out NAME]

Loss: cosine to the teacher's vector of the English side, for the French sentence and for a third of the
English ones, and a contrast over the batch (temperature 0.05).
"""

from __future__ import annotations

import argparse
import random
import time
from typing import Any

import encoder
import numpy as np
import torch
from common import DATA, RUNS, SEED, read_lines
from transformers import AutoModel
from vocabulary import TEACHER

BATCH = 320
RATE, ROWS_RATE = 1.5e-4, 6e-4


def teacher_vectors(texts: list[str]) -> np.ndarray:
    """Return the teacher's vectors, computed once and kept beside the run."""
    path = RUNS / "teacher.npy"
    if path.exists() and (kept := np.load(path)).shape[0] == len(texts):
        return kept
    from tokenizers import Tokenizer

    body = AutoModel.from_pretrained(TEACHER, add_pooling_layer=False)
    found = encoder.encode(body, Tokenizer.from_file(str(TEACHER / "tokenizer.json")), texts, 192, 256)
    np.save(path, found)
    return found


def batches(rows: list[dict[str, Any]], rng: random.Random) -> list[list[int]]:
    """Return batches of like length in random order."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]["fr"]) * rng.uniform(0.85, 1.15))
    made, group, size = [], [], 0
    for i in order:
        group.append(i)
        size += len(rows[i]["fr"]) // 4 + 4
        if len(group) == BATCH or size > 6000:
            made.append(group)
            group, size = [], 0
    rng.shuffle(made)
    return made


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--out", default="distilled")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    encoder.setup(SEED)
    rows = list(read_lines(DATA / "parallel.jsonl"))
    targets = torch.from_numpy(teacher_vectors([r["en"] for r in rows]))
    body, tokenizer = encoder.load(RUNS / "base", dropout=0.0)
    rng = random.Random(SEED)
    plan = [batch for _ in range(options.epochs) for batch in batches(rows, rng)]
    optim = encoder.optimiser(body, RATE, ROWS_RATE)
    rates = encoder.schedule(optim, len(plan))
    keeper = encoder.Keeper(RUNS / options.out, body, optim, rates)
    start, began, shown = keeper.resume(), time.monotonic(), {"fr": 0.0, "en": 0.0, "contrast": 0.0}
    body.train()
    for step in range(start, len(plan)):
        encoder.yield_cores(options.threads)
        batch = plan[step]
        half = batch[::3]
        french = encoder.embed_sorted(body, tokenizer, [rows[i]["fr"] for i in batch], 192)
        english = encoder.embed_sorted(body, tokenizer, [rows[i]["en"] for i in half], 192)
        target = targets[batch]
        losses = {
            "fr": (1 - (french * target).sum(1)).mean(),
            "en": (1 - (english * targets[half]).sum(1)).mean(),
            "contrast": torch.nn.functional.cross_entropy(french @ target.T * 20, torch.arange(len(batch))),
        }
        loss = 4 * losses["fr"] + 2 * losses["en"] + losses["contrast"]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(body.parameters(), 1.0)
        optim.step()
        rates.step()
        optim.zero_grad(set_to_none=True)
        for name, value in losses.items():
            shown[name] = 0.95 * shown[name] + 0.05 * value.item()
        if step % 50 == 49:
            told = " ".join(f"{n} {v / (1 - 0.95 ** (step - start + 1)):.4f}" for n, v in shown.items())
            print(f"{step + 1}/{len(plan)} {time.monotonic() - began:.0f}s {told}", flush=True)
        if keeper.maybe_save(step + 1):
            encoder.save(body, RUNS / "base", RUNS / options.out)
    encoder.save(body, RUNS / "base", RUNS / options.out)
    keeper.done()


if __name__ == "__main__":
    main()

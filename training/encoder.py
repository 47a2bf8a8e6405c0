"""The trained transformer: loading, padded tensors, mean pooling, steps, checkpoints, saving."""

from __future__ import annotations

import copy
import json
import math
import os
import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModel

SAVE_EVERY_SECONDS = 480.0
HEADS = ("spans.", "judge.", "lift", "sought.", "held.", "doubt.", "nearest.")
"""How the weights of a reader over its body begin."""
HALVES = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
"""Whether the processor multiplies 16-bit floats; on one that does not they are a hundred times slower."""


def halves(device: torch.device) -> Any:
    """Return the context in which products are of 16-bit floats, where the device is quick at them."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=HALVES or device.type == "cuda")


def setup(seed: int) -> None:
    """Fix the seeds."""
    torch.manual_seed(seed)
    np.random.seed(seed)


def yield_cores(most: int | None = None) -> None:
    """Use as many threads as there are idle cores, one at least, at most `most`.

    Threads share each operation equally: one that waits for a busy core holds all of them up.
    """
    others = 0
    for line in Path("/proc/stat").read_text().splitlines() if Path("/proc/stat").exists() else ():
        if line.startswith("procs_running"):
            others = int(line.split()[1]) - 1
    cores = os.cpu_count() or 1
    torch.set_num_threads(max(1, min(most or cores, cores - others)))


def load(folder: Path, dropout: float = 0.1) -> tuple[Any, Tokenizer]:
    """Return the body and the tokenizer kept in a folder.

    Only the embeddings are dropped out: on a processor, dropout in the layers costs a third of the speed.
    """
    body = AutoModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="sdpa")
    for module in body.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    body.embeddings.dropout.p = dropout
    return body, Tokenizer.from_file(str(folder / "tokenizer.json"))


def drop_out(body: Any, share: float) -> None:
    """Leave out a share of what the layers say while they learn; the embeddings keep their own."""
    for module in body.encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = share


def padded(tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the ids and the mask of texts, as wide as the longest of them."""
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    encoded = tokenizer.encode_batch_fast(list(texts))
    width = max(len(e.ids) for e in encoded)
    ids = torch.zeros(len(encoded), width, dtype=torch.long)
    mask = torch.zeros(len(encoded), width, dtype=torch.long)
    for row, e in enumerate(encoded):
        ids[row, : len(e.ids)] = torch.tensor(e.ids)
        mask[row, : len(e.ids)] = 1
    return ids, mask


def vectors(body: Any, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean of the last hidden states of each text, of length one, in float32."""
    with halves(ids.device):
        hidden = body(input_ids=ids, attention_mask=mask).last_hidden_state
    weight = mask.unsqueeze(-1).float()
    mean = (hidden.float() * weight).sum(1) / weight.sum(1)
    return torch.nn.functional.normalize(mean, dim=1)


def embed_sorted(
    body: Any, tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int, batch_tokens: int = 8192
) -> torch.Tensor:
    """Return vectors with gradients, computed in groups of like length: less padding, same result."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    parts, group = [], []
    for i in order:
        group.append(i)
        if len(group) * (len(texts[i]) // 4 + 8) > batch_tokens:
            parts.append(group)
            group = []
    if group:
        parts.append(group)
    device = next(body.parameters()).device
    out = torch.cat(
        [
            vectors(body, *(t.to(device) for t in padded(tokenizer, [texts[i] for i in part], max_tokens)))
            for part in parts
        ]
    )
    inverse = torch.empty(len(texts), dtype=torch.long)
    inverse[torch.tensor([i for part in parts for i in part])] = torch.arange(len(texts))
    return out[inverse.to(device)]


@torch.no_grad()
def encode(
    body: Any, tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int = 320, batch: int = 64
) -> np.ndarray:
    """Return the vectors of texts without gradients, in order."""
    body.eval()
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    out = np.zeros((len(texts), body.config.hidden_size), dtype=np.float32)
    for at in range(0, len(order), batch):
        part = order[at : at + batch]
        yield_cores()
        out[part] = vectors(body, *padded(tokenizer, [texts[i] for i in part], max_tokens)).numpy()
    body.train()
    return out


def optimiser(
    model: torch.nn.Module, rate: float, rows_rate: float | None = None, heads_rate: float | None = None
) -> torch.optim.AdamW:
    """Return AdamW; the word rows and the heads over the body may learn at their own rates."""
    heads = [p for n, p in model.named_parameters() if n.startswith(HEADS)]
    known = {id(p) for p in heads}
    rows = [p for n, p in model.named_parameters() if "word_embeddings" in n and p.requires_grad]
    rest = [p for n, p in model.named_parameters() if "word_embeddings" not in n and id(p) not in known]
    rest = [p for p in rest if p.requires_grad]
    plain, matrices = [p for p in rest if p.ndim < 2], [p for p in rest if p.ndim >= 2]
    groups = [
        {"params": matrices, "lr": rate, "weight_decay": 0.01},
        {"params": plain, "lr": rate, "weight_decay": 0.0},
    ]
    if heads:
        groups.append({"params": heads, "lr": heads_rate or rate, "weight_decay": 0.0})
    if rows:
        groups.append({"params": rows, "lr": rows_rate or rate, "weight_decay": 0.0})
    return torch.optim.AdamW(groups, fused=True, betas=(0.9, 0.98))


def schedule(
    optim: torch.optim.Optimizer, steps: int, warm: float = 0.06
) -> torch.optim.lr_scheduler.LambdaLR:
    """Return a linear rise then a cosine fall to a twentieth."""
    return torch.optim.lr_scheduler.LambdaLR(optim, lambda step: height((step + 1) / max(1, steps), warm))


def height(done: float, warm: float = 0.06) -> float:
    """Return the share of the rate when so much of a run is done."""
    if done < warm:
        return max(done, 0.001) / warm
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, (done - warm) / (1 - warm))))


def anneal(optim: torch.optim.Optimizer, done: float) -> None:
    """Set the rates for a run that lasts a given time, of which so much is done."""
    for group in optim.param_groups:
        group.setdefault("highest", group["lr"])
        group["lr"] = group["highest"] * height(done)


class Average:
    """Moving average of a model's weights, over about the last thousand steps."""

    KEEP = 0.999

    def __init__(self, model: torch.nn.Module) -> None:
        state = model.state_dict()
        self._names, self._kept = list(state), [v.detach().clone() for v in state.values()]
        self._count = 0

    def add(self, model: torch.nn.Module) -> None:
        """Count the weights as they are now; the first steps weigh less than a full average would give them."""
        self._count += 1
        keep = min(self.KEEP, self._count / (self._count + 10))
        torch._foreach_lerp_(self._kept, [v.detach() for v in model.state_dict().values()], 1 - keep)

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the averaged weights by their names."""
        return dict(zip(self._names, self._kept, strict=True))

    def into(self, model: Any) -> Any:
        """Return a copy of a model that holds the averaged weights."""
        made = copy.deepcopy(model)
        made.load_state_dict(self.weights())
        return made

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {"weights": self.weights(), "count": self._count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up an average kept before."""
        self._count = int(state["count"])
        for value, kept in zip(self._kept, state["weights"].values(), strict=True):
            value.copy_(kept)


class Keeper:
    """Writes a checkpoint of the run every few minutes and takes up where the last one stopped."""

    def __init__(
        self, folder: Path, model: torch.nn.Module, optim: Any, plan: Any, average: Any = None
    ) -> None:
        self._path = folder / "checkpoint.pt"
        self._parts = {"model": model, "optim": optim, "plan": plan}
        if average is not None:
            self._parts["average"] = average
        self._saved = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)

    def resume(self) -> int:
        """Return the step to go on from, 0 for a new run."""
        if not self._path.exists():
            return 0
        state = torch.load(self._path, weights_only=False)
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        return int(state["step"])

    def maybe_save(self, step: int) -> bool:
        """Write a checkpoint when enough time has passed; tell whether it did."""
        if time.monotonic() - self._saved < SAVE_EVERY_SECONDS:
            return False
        state = {name: part.state_dict() for name, part in self._parts.items()}
        fresh = self._path.with_suffix(".tmp")
        torch.save(state | {"step": step}, fresh)
        fresh.replace(self._path)
        self._saved = time.monotonic()
        return True

    def done(self) -> None:
        """Remove the checkpoint of a run that has ended."""
        self._path.unlink(missing_ok=True)


def save(body: Any, source: Path, target: Path, max_tokens: int = 320) -> None:
    """Write the body, the tokenizer and the files by which sentence-transformers loads them."""
    target.mkdir(parents=True, exist_ok=True)
    body.save_pretrained(target)
    if source != target:
        shutil.copy(source / "tokenizer.json", target / "tokenizer.json")
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(
            [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
        )
    ]
    pooling = {"word_embedding_dimension": body.config.hidden_size, "pooling_mode_mean_tokens": True}
    files: Iterable[tuple[str, Any]] = [
        ("modules.json", modules),
        ("1_Pooling/config.json", pooling),
        ("sentence_bert_config.json", {"max_seq_length": max_tokens, "do_lower_case": False}),
        (
            "tokenizer_config.json",
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "model_max_length": max_tokens,
                "model_input_names": ["input_ids", "attention_mask", "token_type_ids"],
                **{f"{n}_token": f"[{n.upper()}]" for n in ("pad", "unk", "cls", "sep", "mask")},
            },
        ),
    ]
    for name, content in files:
        path = target / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    (target / "2_Normalize").mkdir(exist_ok=True)

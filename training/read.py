"""Teach the reader: which words of a passage answer a question, and whether any do.

usage: read.py --start NAME --out NAME (--steps N | --seconds S) [--teacher NAME] [--layers 0,2,4,6,8,10]

A question and a passage under its title go in together; out come, for every token of the passage's text,
the logits of being the first and the last of the answer, and one logit that the passage answers. Trained on
PIAF (half 0) and the reports of organisations kept for training. Passages that do not answer: the near
misses written for it, passages that BM25 ranks high for the question, and the right passage with the
sentence of the answer taken out.

With a teacher (another reader, whatever its vocabulary), half of what is learnt is the teacher's own
distributions over the first and the last word, and its probability (Hinton et al. 2015, Distilling the
Knowledge in a Neural Network). The weights written are their moving average over the steps.

A GPU is used when there is one; a processor is enough for the first runs of the README.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import encoder
import torch
from common import DATA, RUNS, SEED, read_lines
from examples import Example, examples
from graph import MOST_ASKED
from safetensors.torch import load_file, save_file
from swaps import Swaps
from tokenizers import Tokenizer
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

MAX_TOKENS = 320
LOW = -1e4
QUESTION_TOKENS = 64
RATE, HEADS_RATE = 1.5e-4, 7.5e-4
QUESTIONS_PER_STEP = 12
MOST_ANSWERS = 6
MATCH_WIDTH, DOUBT_WIDTH = 64, 128
FIRST_DOUBT = -3.0
"""Logit that a token of the question is held against a passage, before anything is learnt."""
TAUGHT = 0.5
"""Share of the teacher's word in what is learnt."""


class Reader(torch.nn.Module):
    """A BERT body under a span head and a judge.

    The body was taught by the means of its tokens, never by its first one. So the judge sees the mean of the
    question's tokens and the mean of the passage's, each passage token counting by how likely it answers; and the
    best span logits themselves. A mean hides the one word that is of something else, so each token of the question
    is doubted by itself: beside the mean of the passage's tokens that it looks for (Parikh et al. 2016, A Decomposable
    Attention Model), and knowing how near the nearest word of the passage is before any layer has mixed them
    (the MaxSim of Khattab and Zaharia 2020, ColBERT). The tokens' doubts add up in the exponential, and count against.
    """

    def __init__(self, body: Any) -> None:
        super().__init__()
        width = body.config.hidden_size
        self.body = body
        self.spans = torch.nn.Linear(width, 2)
        self.judge = torch.nn.Sequential(
            torch.nn.Linear(2 * width, width), torch.nn.GELU(), torch.nn.Linear(width, 1)
        )
        self.lift = torch.nn.Parameter(torch.full((2,), 0.2))
        self.sought = torch.nn.Linear(width, MATCH_WIDTH)
        self.held = torch.nn.Linear(width, MATCH_WIDTH)
        self.doubt = torch.nn.Sequential(
            torch.nn.Linear(2 * width, DOUBT_WIDTH), torch.nn.GELU(), torch.nn.Linear(DOUBT_WIDTH, 1)
        )
        self.nearest = torch.nn.Linear(1, DOUBT_WIDTH)
        torch.nn.init.constant_(self.doubt[2].bias, FIRST_DOUBT)

    def forward(
        self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the span logits (batch, tokens, 2) and the logit that the passage answers (batch)."""
        with encoder.halves(ids.device):
            hidden = self.body(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        hidden = hidden.float()
        spans = self.spans(hidden)
        within = spans.masked_fill((types == 0).unsqueeze(-1), LOW)
        found = torch.softmax(within.sum(-1), 1).unsqueeze(1) @ hidden
        question = (mask * (1 - types)).float().unsqueeze(1)
        asked = question @ hidden / question.sum(2, keepdim=True)
        seen = torch.cat([asked, found], 2).squeeze(1)
        answers = self.judge(seen).squeeze(-1) + within.amax(1) @ self.lift
        return spans, answers - self._doubted(ids, hidden, question.squeeze(1), types)

    def _doubted(
        self, ids: torch.Tensor, hidden: torch.Tensor, question: torch.Tensor, types: torch.Tensor
    ) -> torch.Tensor:
        """Return how much is held against the passage, token by token of the question (batch)."""
        outside = (types == 0).unsqueeze(1)
        rows = torch.nn.functional.normalize(self.body.embeddings.word_embeddings(ids).float(), dim=-1)
        near = (rows[:, :MOST_ASKED] @ rows.transpose(1, 2)).masked_fill(outside, LOW).amax(2, keepdim=True)
        asked = hidden[:, :MOST_ASKED]
        match = self.sought(asked) @ self.held(hidden).transpose(1, 2) / MATCH_WIDTH**0.5
        found = torch.softmax(match.masked_fill(outside, LOW), 2) @ hidden
        inner = self.doubt[0](torch.cat([asked, found], 2)) + self.nearest(near)
        each = self.doubt[2](self.doubt[1](inner)).squeeze(-1)
        each = each.masked_fill(question[:, :MOST_ASKED] == 0, LOW)
        return torch.nn.functional.softplus(torch.logsumexp(each, 1))


@dataclass(frozen=True, slots=True)
class Encoded:
    """Padded examples; `inside` marks the tokens of the text itself, `offsets` their characters in it."""

    ids: torch.Tensor
    mask: torch.Tensor
    types: torch.Tensor
    inside: torch.Tensor
    offsets: list[list[tuple[int, int]]]


def passage_input(title: str, text: str) -> tuple[str, int]:
    """Return what is read for a passage, and where its text begins in it."""
    head = f"{title} : " if title else ""
    return head + text, len(head)


def encode(tokenizer: Tokenizer, items: list[tuple[str, str, str]], max_tokens: int = MAX_TOKENS) -> Encoded:
    """Return (question, title, text) triples as tensors; long passages are cut at the end."""
    tokenizer.no_padding()
    tokenizer.enable_truncation(QUESTION_TOKENS)
    questions = [item[0] for item in items]
    for i, e in enumerate(tokenizer.encode_batch(questions)):
        if e.overflowing:
            questions[i] = questions[i][: e.offsets[-2][1]]
    tokenizer.enable_truncation(max_tokens, strategy="only_second")
    read = [passage_input(title, text) for _, title, text in items]
    found = tokenizer.encode_batch([(q, passage) for q, (passage, _) in zip(questions, read, strict=True)])
    # Few different widths: a processor's library compiles and keeps its kernels for each.
    width = min(max_tokens, -(-max(len(e.ids) for e in found) // 16) * 16)
    ids, mask, types = (torch.zeros(len(found), width, dtype=torch.long) for _ in range(3))
    inside = torch.zeros(len(found), width, dtype=torch.bool)
    offsets = []
    for row, (e, (_, begin)) in enumerate(zip(found, read, strict=True)):
        n = len(e.ids)
        ids[row, :n] = torch.tensor(e.ids)
        mask[row, :n] = 1
        types[row, :n] = torch.tensor(e.type_ids)
        places = [
            (a - begin, b - begin) if s == 1 and a >= begin else (-1, -1)
            for (a, b), s in zip(e.offsets, e.sequence_ids, strict=True)
        ]
        inside[row, :n] = torch.tensor([a >= 0 for a, _ in places])
        offsets.append(places)
    return Encoded(ids, mask, types, inside, offsets)


def token_range(offsets: list[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    """Return the first and last token that cover characters `start` to `end`; None when they were cut off."""
    first = next((i for i, (a, b) in enumerate(offsets) if a >= 0 and b > start), None)
    last = next((i for i in range(len(offsets) - 1, -1, -1) if 0 <= offsets[i][0] < end), None)
    if first is None or last is None or last < first or offsets[last][1] < end:
        return None
    return first, last


Tensors = dict[str, torch.Tensor]


def inputs(encoded: Encoded) -> Tensors:
    """Return what the model reads."""
    return {"ids": encoded.ids, "mask": encoded.mask, "types": encoded.types, "inside": encoded.inside}


def goals(encoded: Encoded, batch: list[Example]) -> Tensors:
    """Return what is to be found: first and last tokens (batch, answers), -1 for none; judgement and weight."""
    ranges = torch.full((len(batch), MOST_ANSWERS, 2), -1, dtype=torch.long)
    target, weight = torch.zeros(len(batch)), torch.ones(len(batch))
    group = torch.tensor([example.group for example in batch])
    for row, example in enumerate(batch):
        found = [token_range(encoded.offsets[row], s, e) for s, e in example.answers]
        kept = [r for r in found if r][:MOST_ANSWERS]
        target[row] = float(bool(example.answers))
        weight[row] = 0.0 if example.answers and not kept else example.weight
        if kept:
            ranges[row, : len(kept)] = torch.tensor(kept)
    return {"ranges": ranges, "target": target, "weight": weight, "group": group}


def places(taught: Encoded, teaching: Encoded) -> Tensors:
    """Return where each token of the teacher begins and ends among the pupil's, 0 outside the text."""
    begins = torch.zeros(teaching.ids.shape, dtype=torch.long)
    ends = torch.zeros_like(begins)
    for row, offsets in enumerate(teaching.offsets):
        mine = [(i, a, b) for i, (a, b) in enumerate(taught.offsets[row]) if a >= 0 and b > a]
        at = 0
        for number, (a, b) in enumerate(offsets):
            if a < 0 or b <= a or not mine:
                continue
            while at + 1 < len(mine) and mine[at][2] <= a:
                at += 1
            last = at
            while last + 1 < len(mine) and mine[last + 1][1] < b:
                last += 1
            begins[row, number], ends[row, number] = mine[at][0], mine[last][0]
    return {"begins": begins, "ends": ends}


class Lessons(torch.utils.data.Dataset[dict[str, Tensors]]):
    """Batches by their number: the same number gives the same batch, whichever process makes it."""

    def __init__(self, names: list[str], steps: int, size: int, seed: int, shares: dict[str, float]) -> None:
        """Draw `size` questions a step from those trained on.

        Args:
            names: run whose tokenizer is the pupil's, then those of the teachers.
            steps: how many batches.
            size: questions a batch.
            seed: of every draw.
            shares: weight in the draw of the questions of this set, or whose id begins so; 1 for the others.
        """
        self._tokenizers = [Tokenizer.from_file(str(RUNS / name / "tokenizer.json")) for name in names]
        self._steps, self._size, self._seed = steps, size, seed
        self._passages = {p["id"]: p for p in read_lines(DATA / "passages.jsonl") if p["part"] == "train"}
        self._questions = [q for q in read_lines(DATA / "questions.jsonl") if q["part"] == "train"]
        self._swaps = Swaps(q["question"] for q in self._questions)
        self._weights = [
            next((w for start, w in shares.items() if start == q["set"] or q["id"].startswith(start)), 1.0)
            for q in self._questions
        ]

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> dict[str, Tensors]:
        rng = random.Random(self._seed * 1_000_003 + step)
        drawn = rng.choices(self._questions, self._weights, k=self._size)
        batch = examples(drawn, self._passages, rng, swaps=self._swaps)
        items = [(e.question, e.title, e.text) for e in batch]
        encoded = [encode(tokenizer, items) for tokenizer in self._tokenizers]
        made = {"pupil": inputs(encoded[0]) | goals(encoded[0], batch)}
        for number, teaching in enumerate(encoded[1:]):
            made[f"teacher{number}"] = inputs(teaching) | places(encoded[0], teaching)
        return made


def span_scores(logits: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """Return log-probabilities over the tokens of the text (batch, tokens, 2)."""
    return torch.log_softmax(logits.masked_fill(~inside.unsqueeze(-1), LOW), 1)


def loss_of(scores: torch.Tensor, judged: torch.Tensor, goal: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the span loss of the answered examples, and the judge's loss of all, alone and among its question's."""
    ranges = goal["ranges"]
    known = ranges[..., 0] >= 0
    at = ranges.clamp(min=0)
    both = scores[..., 0].gather(1, at[..., 0]) + scores[..., 1].gather(1, at[..., 1])
    each = -torch.logsumexp(both.masked_fill(~known, -1e9), 1) / 2
    answered = known.any(1).float()
    span = (each * answered).sum() / answered.sum().clamp(min=1.0)
    alone = cross_entropy(judged, goal["target"], weight=goal["weight"])
    return span, (alone + among(judged, goal)) / 2


def among(judged: torch.Tensor, goal: Tensors) -> torch.Tensor:
    """Return how far what answers is from coming first among the examples of its question (a listwise softmax)."""
    same = goal["group"].unsqueeze(0) == goal["group"].unsqueeze(1)
    rows = (goal["target"] > 0) & (goal["weight"] > 0) & (same.sum(1) > 1)
    if not rows.any():
        return judged.sum() * 0.0
    each = torch.logsumexp(judged.unsqueeze(0).masked_fill(~same, LOW), 1) - judged
    return each[rows].mean()


@torch.no_grad()
def taught(
    teachers: list[Reader], parts: dict[str, Tensors], width: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the teachers' mean distributions on the pupil's tokens (batch, `width`, 2), mean probability (batch)."""
    spans, chances = [], []
    for number, teacher in enumerate(teachers):
        part = parts[f"teacher{number}"]
        logits, judged = teacher(part["ids"], part["mask"], part["types"])
        chance = span_scores(logits, part["inside"]).exp() * part["inside"].unsqueeze(-1)
        moved = torch.zeros(len(logits), width, 2, device=logits.device)
        for side, name in enumerate(("begins", "ends")):
            moved[..., side].scatter_add_(1, part[name], chance[..., side])
        spans.append(moved)
        chances.append(torch.sigmoid(judged))
    return torch.stack(spans).mean(0), torch.stack(chances).mean(0)


def distance(
    scores: torch.Tensor, judged: torch.Tensor, goal: Tensors, said: tuple[torch.Tensor, torch.Tensor]
) -> torch.Tensor:
    """Return how far the pupil is from its teachers: cross-entropy of spans, and of the judgement."""
    spans, chance = said
    each = -(spans * scores.clamp(min=-30.0)).sum(1).mean(1)
    weight = torch.where(goal["target"] > 0, 1.0, 0.2)
    return (each * weight).sum() / weight.sum() + cross_entropy(judged, chance)


def save(model: Reader, source: Path, target: Path, state: Tensors | None = None) -> None:
    """Write the reader: the body's configuration, and all weights under the names of the graph."""
    target.mkdir(parents=True, exist_ok=True)
    model.body.config.save_pretrained(target)
    state = {k.removeprefix("body."): v.cpu().contiguous() for k, v in (state or model.state_dict()).items()}
    save_file(state, target / "model.safetensors", metadata={"format": "pt"})
    if source != target:
        shutil.copy(source / "tokenizer.json", target / "tokenizer.json")


def load(folder: Path, dropout: float = 0.1, layers: list[int] | None = None) -> tuple[Reader, Tokenizer]:
    """Return a reader begun from an embedding model's folder, or taken up from a reader's.

    Args:
        folder: where it is kept.
        dropout: share of the embeddings' values left out while it learns.
        layers: numbers of the layers kept; all when None.
    """
    body, tokenizer = encoder.load(folder, dropout)
    if layers:
        body.encoder.layer = torch.nn.ModuleList([body.encoder.layer[n] for n in layers])
        body.config.num_hidden_layers = len(layers)
    model = Reader(body)
    kept = load_file(folder / "model.safetensors")
    heads = {k: v for k, v in kept.items() if k.startswith(encoder.HEADS)}
    if heads:
        model.load_state_dict(heads, strict=False)  # the readers before version 8 doubted no token
    return model, tokenizer


def parsed() -> argparse.Namespace:
    """Return what the command line asks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--start", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--seconds", type=float, help="stop after so long, rates annealed to there")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--batch", type=int, default=QUESTIONS_PER_STEP, help="questions a step")
    parser.add_argument("--dropout", type=float, default=0.0, help="in the layers")
    parser.add_argument("--teacher", default="", help="runs to learn from, comma separated")
    parser.add_argument("--layers", default="", help="numbers of the layers kept, comma separated")
    parser.add_argument("--share", default="", help="NAME=WEIGHT of questions in the draw, comma separated")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=SEED)
    return parser.parse_args()


def main() -> None:
    """Train and write the reader."""
    options = parsed()
    encoder.setup(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    layers = [int(n) for n in options.layers.split(",") if n]
    names = [name for name in options.teacher.split(",") if name]
    shares = {k: float(w) for k, _, w in (part.partition("=") for part in options.share.split(",") if part)}
    steps = options.steps if not options.seconds else 10**6
    lessons = Lessons([options.start, *names], steps, options.batch, options.seed, shares)
    model = load(RUNS / options.start, layers=layers)[0].to(device)
    encoder.drop_out(model.body, options.dropout)
    teachers = [load(RUNS / name)[0].to(device).eval() for name in names]
    # Rows stay as they are: most words of a report to come are not among those of the training questions.
    model.body.embeddings.word_embeddings.weight.requires_grad_(requires_grad=False)
    optim = encoder.optimiser(model, options.rate, heads_rate=options.rate * HEADS_RATE / RATE)
    rates = None if options.seconds else encoder.schedule(optim, steps)
    average = encoder.Average(model)
    keeper = encoder.Keeper(RUNS / options.out, model, optim, rates or average, average)
    start, began = keeper.resume(), time.monotonic()
    loader = torch.utils.data.DataLoader(
        torch.utils.data.Subset(lessons, range(start, steps)),
        batch_size=None,
        num_workers=options.workers,
        pin_memory=device.type == "cuda",
    )
    model.train()
    for step, sent in enumerate(loader, start):
        spent = time.monotonic() - began
        if options.seconds:
            if spent > options.seconds:
                break
            encoder.anneal(optim, spent / options.seconds)
        if device.type == "cpu" and not options.threads:
            encoder.yield_cores()
        parts = {n: {k: v.to(device, non_blocking=True) for k, v in p.items()} for n, p in sent.items()}
        pupil = parts["pupil"]
        logits, judged = model(pupil["ids"], pupil["mask"], pupil["types"])
        scores = span_scores(logits, pupil["inside"])
        losses = list(loss_of(scores, judged, pupil))
        if teachers:
            said = taught(teachers, parts, logits.shape[1])
            losses.append(distance(scores, judged, pupil, said))
            loss = (1 - TAUGHT) * (losses[0] + losses[1]) + TAUGHT * losses[2]
        else:
            loss = losses[0] + losses[1]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optim.step()
        if rates:
            rates.step()
        optim.zero_grad(set_to_none=True)
        average.add(model)
        if step % 50 == 49:
            shown = [round(loss.item(), 4) for loss in losses]
            print(f"{options.out} {step + 1} {spent:.0f}s {json.dumps(shown)}", flush=True)
        if keeper.maybe_save(step + 1):
            save(model, RUNS / options.start, RUNS / options.out, average.weights())
    save(model, RUNS / options.start, RUNS / options.out, average.weights())
    keeper.done()


if __name__ == "__main__":
    main()

"""Teach the model to put a question near the passage that answers it.

usage: embed.py --start NAME --out NAME [--steps N] [--batch N] [--rate R]

Batches come from questions (PIAF's half 0, the reports of organisations kept for training, whatever is in
`training/data_extra`), each with its passage and a passage that BM25 ranks high without holding the answer;
and, one batch in five, from headings with the text under them. Loss: contrast over the batch, temperature
0.05.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass
from typing import Any

import encoder
import torch
from common import DATA, RUNS, SEED, joined, read_lines

RATE = 8e-5
SCALE = 20.0
MAX_TOKENS = 288
QUESTION_TOKENS = 64
HEADED_EVERY = 5


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions, each with the number of its passage among `passages`."""

    questions: list[str]
    passages: list[str]
    owners: list[int]


def passage_text(passage: dict[str, Any], place: int, rng: random.Random) -> str:
    """Return 350 to 700 characters of a passage about a place, under its title, left out now and then."""
    title, text, most = passage["title"], passage["text"], rng.randint(350, 700)
    start = max(0, min(place - rng.randint(60, most * 3 // 4), len(text) - most))
    cut = text[start : start + most]
    cut = cut[cut.find(" ") + 1 :] if start else cut
    return cut if not title or rng.random() < 0.15 else f"{title}\n{cut}"


def question_text(question: dict[str, Any], rng: random.Random) -> str:
    """Return a question made to stand alone, with or without the answer it follows."""
    return joined(question["history"], question["question"], answer=rng.random() < 0.5)


def question_batches(
    questions: list[dict[str, Any]], passages: dict[str, dict[str, Any]], size: int, rng: random.Random
) -> list[Batch]:
    """Return every question once, with its passage and one hard negative, in random batches."""
    order = questions[:]
    rng.shuffle(order)
    made = []
    for at in range(0, len(order) - size // 2, size):
        part = order[at : at + size]
        hard = [q["hard"][min(len(q["hard"]) - 1, int(rng.expovariate(0.7)))] for q in part if q["hard"]]
        names = list(dict.fromkeys([*(q["passage"] for q in part), *hard]))
        place = {name: i for i, name in enumerate(names)}
        places = {q["passage"]: q["answers"][0]["start"] for q in part}
        made.append(
            Batch(
                questions=[question_text(q, rng) for q in part],
                passages=[passage_text(passages[name], places.get(name, 0), rng) for name in names],
                owners=[place[q["passage"]] for q in part],
            )
        )
    return made


def headed_batches(rows: list[dict[str, Any]], size: int, rng: random.Random) -> list[Batch]:
    """Return headings with a window of their text; a heading stands once in a batch."""
    order = [
        row for row in rows if row["src"] not in {"php-doc-fr", "react-fr", "vue-fr"} or rng.random() < 0.25
    ]
    rng.shuffle(order)
    made, part, titles = [], [], set()
    for row in order:
        if row["title"] in titles:
            continue
        titles.add(row["title"])
        part.append(row)
        if len(part) == size:
            bodies = [row["body"][: rng.randint(200, 700)] for row in part]
            made.append(Batch([row["title"] for row in part], bodies, list(range(size))))
            part, titles = [], set()
    return made


def loss_of(body: Any, tokenizer: Any, batch: Batch) -> torch.Tensor:
    """Return the contrast of each question with all passages, and of each passage with all questions."""
    queries = encoder.embed_sorted(body, tokenizer, batch.questions, QUESTION_TOKENS)
    documents = encoder.embed_sorted(body, tokenizer, batch.passages, MAX_TOKENS)
    scores = queries @ documents.T * SCALE
    owners = torch.tensor(batch.owners)
    forward = torch.nn.functional.cross_entropy(scores, owners)
    same = owners.unsqueeze(0) == owners.unsqueeze(1)
    same.fill_diagonal_(fill_value=False)
    backward = scores[:, owners].T.masked_fill(same, -1e4)
    return forward + 0.3 * torch.nn.functional.cross_entropy(backward, torch.arange(len(owners)))


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", default="distilled")
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    encoder.setup(SEED)
    passages = {p["id"]: p for p in read_lines(DATA / "passages.jsonl")}
    questions = [q for q in read_lines(DATA / "questions.jsonl") if q["part"] == "train" and q["answers"]]
    headed = list(read_lines(DATA / "headed.jsonl"))
    print(len(questions), "questions", flush=True)
    rng = random.Random(SEED)
    plan: list[Batch] = []
    while len(plan) < options.steps:
        asked = question_batches(questions, passages, options.batch, rng)
        extra = headed_batches(headed, options.batch, rng)[: len(asked) // (HEADED_EVERY - 1)]
        epoch = asked + extra
        rng.shuffle(epoch)
        plan += epoch
    plan = plan[: options.steps]
    body, tokenizer = encoder.load(RUNS / options.start, dropout=0.05)
    optim = encoder.optimiser(body, options.rate, options.rate)
    rates = encoder.schedule(optim, len(plan))
    keeper = encoder.Keeper(RUNS / options.out, body, optim, rates)
    start, began, shown = keeper.resume(), time.monotonic(), 0.0
    body.train()
    for step in range(start, len(plan)):
        encoder.yield_cores(options.threads)
        loss = loss_of(body, tokenizer, plan[step])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(body.parameters(), 1.0)
        optim.step()
        rates.step()
        optim.zero_grad(set_to_none=True)
        shown = 0.95 * shown + 0.05 * loss.item()
        if step % 20 == 19:
            mean = shown / (1 - 0.95 ** (step - start + 1))
            print(f"{step + 1}/{len(plan)} {time.monotonic() - began:.0f}s loss {mean:.4f}", flush=True)
        if keeper.maybe_save(step + 1):
            encoder.save(body, RUNS / options.start, RUNS / options.out)
    encoder.save(body, RUNS / options.start, RUNS / options.out)
    keeper.done()


if __name__ == "__main__":
    main()

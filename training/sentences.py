"""Teach the model to put a question near the sentence that answers it, and near its passage.

usage: sentences.py --start NAME --out NAME [--epochs N] [--batch N] [--rate R]

Each question comes with its sentence under the passage's title, with the other sentences of the passage,
which speak of the same thing without answering, and with a few of a passage that BM25 ranks high; and with
its whole passage against those of the other questions. Loss: contrast over the batch, temperature 0.05.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass
from typing import Any

import encoder
import torch
from common import DATA, RUNS, SEED, fold, joined, read_lines

from ra_assistant.french.sentences import sentence_spans

RATE = 5e-5
SCALE = 20.0
MAX_TOKENS = 256
QUESTION_TOKENS = 64
OTHERS, STRANGERS = 6, 2
"""Most sentences taken of the same passage, and of one that BM25 ranks high."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions, each with the number of its sentence and of its passage."""

    questions: list[str]
    sentences: list[str]
    owners: list[int]
    answering: list[set[int]]
    """Other sentences that hold the answer as well, by question: no negatives."""
    passages: list[str]
    passage_owners: list[int]


def units(text: str) -> list[tuple[int, int]]:
    """Return the sentences, rows and key figures of a passage as the index cuts them."""
    made: list[tuple[int, int]] = []
    position = 0
    for line in text.split("\n"):
        made += [(a, b) for a, b in sentence_spans(line, position)]
        position += len(line) + 1
    joined_up: list[tuple[int, int]] = []
    for a, b in made:
        last = joined_up[-1] if joined_up else None
        if last and text[last[0] : last[1]].replace("\u202f", "").strip(" %€M²k,.0123456789") == "":
            joined_up[-1] = (last[0], b)
        else:
            joined_up.append((a, b))
    return joined_up


def titled(title: str, text: str, rng: random.Random) -> str:
    """Return a text under its title, left out now and then."""
    return text if not title or rng.random() < 0.15 else f"{title}\n{text}"


def batches(
    questions: list[dict[str, Any]], passages: dict[str, dict[str, Any]], size: int, rng: random.Random
) -> list[Batch]:
    """Return every question once in random batches."""
    order = questions[:]
    rng.shuffle(order)
    return [_batch(order[at : at + size], passages, rng) for at in range(0, len(order) - size // 2, size)]


def _batch(part: list[dict[str, Any]], passages: dict[str, dict[str, Any]], rng: random.Random) -> Batch:
    batch = Batch([], [], [], [], [], [])
    places: dict[str, int] = {}
    for question in part:
        passage = passages[question["passage"]]
        text, title = passage["text"], passage["title"]
        start = question["answers"][0]["start"]
        end = start + len(question["answers"][0]["text"])
        spans = units(text)
        right = next(((a, b) for a, b in spans if a <= start < b), None)
        if right is None:
            continue
        said = fold(text[start:end])
        batch.questions.append(joined(question["history"], question["question"], answer=rng.random() < 0.5))
        batch.owners.append(len(batch.sentences))
        batch.sentences.append(titled(title, text[right[0] : max(right[1], end)], rng))
        others = [text[a:b] for a, b in spans if (a, b) != right and b > a + 12]
        others = rng.sample(others, min(OTHERS, len(others)))
        if question["hard"]:
            other = passages[rng.choice(question["hard"])]["text"]
            strangers = [other[a:b] for a, b in units(other)]
            others += rng.sample(strangers, min(STRANGERS, len(strangers)))
        first = len(batch.sentences)
        batch.sentences.extend(titled(title, other, rng) for other in others)
        batch.answering.append({first + i for i, other in enumerate(others) if said in fold(other)})
        if passage["id"] not in places:
            places[passage["id"]] = len(batch.passages)
            most = rng.randint(350, 700)
            low = max(0, min(start - rng.randint(60, most * 3 // 4), len(text) - most))
            batch.passages.append(titled(title, text[low : low + most], rng))
        batch.passage_owners.append(places[passage["id"]])
    return batch


def loss_of(body: Any, tokenizer: Any, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the contrast among sentences and the contrast among passages."""
    queries = encoder.embed_sorted(body, tokenizer, batch.questions, QUESTION_TOKENS)
    sentences = encoder.embed_sorted(body, tokenizer, batch.sentences, 128)
    passages = encoder.embed_sorted(body, tokenizer, batch.passages, MAX_TOKENS)
    scores = queries @ sentences.T * SCALE
    hidden = torch.zeros_like(scores, dtype=torch.bool)
    for row, also in enumerate(batch.answering):
        hidden[row, list(also)] = True
    sentence_loss = torch.nn.functional.cross_entropy(
        scores.masked_fill(hidden, -1e4), torch.tensor(batch.owners)
    )
    passage_loss = torch.nn.functional.cross_entropy(
        queries @ passages.T * SCALE, torch.tensor(batch.passage_owners)
    )
    return sentence_loss, passage_loss


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", default="distilled")
    parser.add_argument("--out", required=True)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--steps", type=int, help="stop after so many, rates annealed to there")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    encoder.setup(SEED)
    if options.threads:
        torch.set_num_threads(options.threads)
    passages = {p["id"]: p for p in read_lines(DATA / "passages.jsonl")}
    questions = [q for q in read_lines(DATA / "questions.jsonl") if q["part"] == "train" and q["answers"]]
    rng = random.Random(SEED)
    plan = [
        batch for _ in range(options.epochs) for batch in batches(questions, passages, options.batch, rng)
    ]
    plan = plan[: options.steps]
    print(len(questions), "questions", len(plan), "steps", flush=True)
    body, tokenizer = encoder.load(RUNS / options.start)
    # Rows stay as they are: most words of a report to come are not among those of the training questions.
    body.embeddings.word_embeddings.weight.requires_grad_(requires_grad=False)
    optim = encoder.optimiser(body, options.rate)
    rates = encoder.schedule(optim, len(plan))
    keeper = encoder.Keeper(RUNS / options.out, body, optim, rates)
    start, began, shown = keeper.resume(), time.monotonic(), [0.0, 0.0]
    body.train()
    for step in range(start, len(plan)):
        parts = loss_of(body, tokenizer, plan[step])
        sum(parts).backward()
        torch.nn.utils.clip_grad_norm_(body.parameters(), 1.0)
        optim.step()
        rates.step()
        optim.zero_grad(set_to_none=True)
        shown = [0.9 * s + 0.1 * v.item() for s, v in zip(shown, parts, strict=True)]
        if step % 10 == 9:
            told = [round(s / (1 - 0.9 ** (step - start + 1)), 4) for s in shown]
            print(f"{step + 1}/{len(plan)} {time.monotonic() - began:.0f}s {told}", flush=True)
        if keeper.maybe_save(step + 1):
            encoder.save(body, RUNS / options.start, RUNS / options.out, MAX_TOKENS)
    encoder.save(body, RUNS / options.start, RUNS / options.out, MAX_TOKENS)
    keeper.done()


if __name__ == "__main__":
    main()

"""Teach the model to put a question near the sentence that answers it, and near its passage.

usage: sentences.py --start NAME --out NAME (--epochs N | --seconds S) [--batch N] [--headed N] [--rate R]
                    [--others N] [--share NAME=WEIGHT,...]

Each question comes with its sentence under the passage's title, with the other sentences of the passage,
which speak of the same thing without answering, and with a few of a passage that BM25 ranks high; and with
its whole passage against those of the other questions. Beside them, headings with the text under them.
Loss: contrast over the batch, temperature 0.05. The weights written are their moving average.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass, field
from typing import Any

import encoder
import torch
from common import DATA, RUNS, SEED, fold, read_lines
from examples import asked

from ra_assistant.french.sentences import sentence_spans

RATE = 5e-5
SCALE = 20.0
MAX_TOKENS = 256
QUESTION_TOKENS = 64
OTHERS, STRANGERS = 6, 2
"""Most sentences taken of the same passage unless asked otherwise, and of one that BM25 ranks high."""


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
    titles: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    """Headings and the text under each."""


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


class Lessons(torch.utils.data.Dataset[Batch]):
    """Batches by their number: the same number gives the same batch, whichever process makes it."""

    def __init__(
        self, questions: list[dict[str, Any]], passages: dict[str, Any], options: argparse.Namespace
    ) -> None:
        self._questions, self._passages, self._size = questions, passages, options.batch
        self._others, self._seed = options.others, options.seed
        self._each = len(questions) // options.batch
        self._steps = 10**6 if options.seconds else options.steps or options.epochs * self._each
        self._headed = list(read_lines(DATA / "headed.jsonl")) if options.headed else []
        self._pairs = options.headed

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> Batch:
        epoch, place = divmod(step, self._each)
        order = list(range(len(self._questions)))
        random.Random(self._seed + epoch).shuffle(order)
        drawn = order[place * self._size : (place + 1) * self._size]
        rng = random.Random(self._seed * 1_000_003 + step)
        batch = _batch([self._questions[i] for i in drawn], self._passages, self._others, rng)
        for row in rng.sample(self._headed, self._pairs):
            batch.titles.append(row["title"])
            low = rng.randrange(max(1, len(row["body"]) - 500))
            batch.bodies.append(row["body"][low : low + 600])
        return batch


def shared_out(questions: list[dict[str, Any]], shares: str, seed: int) -> list[dict[str, Any]]:
    """Return the questions, of each set or beginning of an id that is named only so large a part (`NAME=0.3,...`)."""
    rng = random.Random(seed)
    parts = {k: float(v) for k, _, v in (each.partition("=") for each in shares.split(",") if each)}
    return [
        q
        for q in questions
        if rng.random() < next((v for k, v in parts.items() if k == q["set"] or q["id"].startswith(k)), 1.0)
    ]


def _batch(
    part: list[dict[str, Any]], passages: dict[str, dict[str, Any]], most_others: int, rng: random.Random
) -> Batch:
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
        batch.questions.append(asked(question, rng))
        batch.owners.append(len(batch.sentences))
        batch.sentences.append(titled(title, text[right[0] : max(right[1], end)], rng))
        others = [text[a:b] for a, b in spans if (a, b) != right and b > a + 12]
        others = rng.sample(others, min(most_others, len(others)))
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


def loss_of(body: Any, tokenizer: Any, batch: Batch) -> list[torch.Tensor]:
    """Return the contrast among sentences, among passages and, when there are some, among headed texts."""
    most = 8_192 if next(body.parameters()).device.type == "cpu" else 65_536
    queries = encoder.embed_sorted(body, tokenizer, batch.questions, QUESTION_TOKENS, most)
    sentences = encoder.embed_sorted(body, tokenizer, batch.sentences, 128, most)
    passages = encoder.embed_sorted(body, tokenizer, batch.passages, MAX_TOKENS, most)
    scores = queries @ sentences.T * SCALE
    hidden = torch.zeros(scores.shape, dtype=torch.bool)
    for row, also in enumerate(batch.answering):
        hidden[row, list(also)] = True
    hidden = hidden.to(scores.device)
    owners = torch.tensor([batch.owners, batch.passage_owners], device=scores.device)
    losses = [
        torch.nn.functional.cross_entropy(scores.masked_fill(hidden, -1e4), owners[0]),
        torch.nn.functional.cross_entropy(queries @ passages.T * SCALE, owners[1]),
    ]
    if batch.titles:
        titles = encoder.embed_sorted(body, tokenizer, batch.titles, QUESTION_TOKENS, most)
        bodies = encoder.embed_sorted(body, tokenizer, batch.bodies, MAX_TOKENS, most)
        mine = torch.arange(len(titles), device=titles.device)
        losses.append(torch.nn.functional.cross_entropy(titles @ bodies.T * SCALE, mine))
    return losses


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--start", default="distilled")
    parser.add_argument("--out", required=True)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--steps", type=int, help="stop after so many, rates annealed to there")
    parser.add_argument("--seconds", type=float, help="stop after so long, rates annealed to there")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--headed", type=int, default=0, help="headings with their text, a step")
    parser.add_argument(
        "--others", type=int, default=OTHERS, help="sentences of the same passage, a question"
    )
    parser.add_argument("--share", default="", help="NAME=PART of the questions kept, comma separated")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--dropout", type=float, default=0.0, help="in the layers")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--workers", type=int, default=0)
    options = parser.parse_args()
    encoder.setup(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    passages = {p["id"]: p for p in read_lines(DATA / "passages.jsonl")}
    questions = [q for q in read_lines(DATA / "questions.jsonl") if q["part"] == "train" and q["answers"]]
    questions = shared_out(questions, options.share, options.seed)
    lessons = Lessons(questions, passages, options)
    body, tokenizer = encoder.load(RUNS / options.start)
    body = body.to(options.device)
    encoder.drop_out(body, options.dropout)
    # Rows stay as they are: most words of a report to come are not among those of the training questions.
    body.embeddings.word_embeddings.weight.requires_grad_(requires_grad=False)
    optim = encoder.optimiser(body, options.rate)
    rates = None if options.seconds else encoder.schedule(optim, len(lessons))
    average = encoder.Average(body)
    keeper = encoder.Keeper(RUNS / options.out, body, optim, rates or average, average)
    start, began = keeper.resume(), time.monotonic()
    loader = torch.utils.data.DataLoader(
        torch.utils.data.Subset(lessons, range(start, len(lessons))),
        batch_size=None,
        num_workers=options.workers,
    )
    body.train()
    for step, batch in enumerate(loader, start):
        spent = time.monotonic() - began
        if options.seconds:
            if spent > options.seconds:
                break
            encoder.anneal(optim, spent / options.seconds)
        losses = loss_of(body, tokenizer, batch)
        sum(losses).backward()
        torch.nn.utils.clip_grad_norm_(body.parameters(), 1.0)
        optim.step()
        if rates:
            rates.step()
        optim.zero_grad(set_to_none=True)
        average.add(body)
        if step % 25 == 24:
            print(f"{options.out} {step + 1} {spent:.0f}s {[round(v.item(), 4) for v in losses]}", flush=True)
        if keeper.maybe_save(step + 1):
            encoder.save(average.into(body), RUNS / options.start, RUNS / options.out, MAX_TOKENS)
    encoder.save(average.into(body), RUNS / options.start, RUNS / options.out, MAX_TOKENS)
    keeper.done()


if __name__ == "__main__":
    main()

"""Teach the reader: which words of a passage answer a question, and whether any do.

usage: read.py --start NAME --out NAME [--steps N] [--threads N] [--focus FILE,FILE --share S]

A question and a passage under its title go in together; out come, for every token of the passage's text,
the logits of being the first and the last of the answer, and one logit that the passage answers. Trained on
PIAF (half 0) and the reports of organisations kept for training. Passages that do not answer: the near
misses written for it, passages that BM25 ranks high for the question, and the right passage with the
sentence of the answer taken out.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import encoder
import noise
import torch
from common import DATA, RUNS, SEED, fold, joined, read_lines
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

MAX_TOKENS = 320
LOW = -1e4
QUESTION_TOKENS = 64
RATE, HEADS_RATE = 1.5e-4, 7.5e-4
BATCH_TOKENS = 3_600
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])|\n+")


@dataclass(frozen=True, slots=True)
class Example:
    """A question, a passage, and the stretches of the passage's text that answer; none when it does not."""

    question: str
    title: str
    text: str
    answers: tuple[tuple[int, int], ...]
    weight: float = 1.0


class Reader(torch.nn.Module):
    """A BERT body under a span head and a judge.

    The body was taught by the means of its tokens, never by its first one. So the judge sees the mean of the
    question's tokens and the mean of the passage's, each passage token counting by how likely it answers; and the
    best span logits themselves.
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

    def forward(
        self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the span logits (batch, tokens, 2) and the logit that the passage answers (batch)."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=encoder.HALVES):
            hidden = self.body(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
        hidden = hidden.float()
        spans = self.spans(hidden)
        within = spans.masked_fill((types == 0).unsqueeze(-1), LOW)
        found = torch.softmax(within.sum(-1), 1).unsqueeze(1) @ hidden
        question = (mask * (1 - types)).float().unsqueeze(1)
        asked = question @ hidden / question.sum(2, keepdim=True)
        seen = torch.cat([asked, found], 2).squeeze(1)
        return spans, self.judge(seen).squeeze(-1) + within.amax(1) @ self.lift


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
    # Few different widths: the processor library compiles and keeps its kernels for each.
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


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the ranges of a text's sentences and lines."""
    made, start = [], 0
    for cut in SENTENCE.finditer(text):
        if cut.start() > start:
            made.append((start, cut.start()))
        start = cut.end()
    return [*made, (start, len(text))] if start < len(text) else made


def without_answer(text: str, answers: tuple[tuple[int, int], ...]) -> str | None:
    """Return the text without the sentences of its answers; None when too little or an answer is left."""
    kept = [(a, b) for a, b in sentences(text) if not any(a < e and s < b for s, e in answers)]
    rest = " ".join(text[a:b] for a, b in kept)
    said = {fold(text[s:e]) for s, e in answers}
    return None if len(rest) < 150 or any(a in fold(rest) for a in said) else rest


def cropped(example: Example, rng: random.Random) -> Example:
    """Return the example with some of the passage's first or last sentences gone, never the answer's."""
    parts = sentences(example.text)
    if len(parts) < 4 or not example.answers:
        return example
    low, high = min(s for s, _ in example.answers), max(e for _, e in example.answers)
    starts = [a for a, _ in parts if a <= low]
    ends = [b for _, b in parts if b >= high]
    if not starts or not ends:
        return example
    start, end = rng.choice(starts[:4]), rng.choice(ends[-4:])
    answers = tuple((s - start, e - start) for s, e in example.answers)
    return Example(example.question, example.title, example.text[start:end], answers, example.weight)


def lengthened(example: Example, other: str, rng: random.Random) -> Example:
    """Return the example with sentences of another passage before or after."""
    parts = sentences(other)
    piece = " ".join(other[a:b] for a, b in parts[: rng.randint(1, 3)])
    if rng.random() < 0.5:
        shift = len(piece) + 1
        answers = tuple((s + shift, e + shift) for s, e in example.answers)
        return Example(example.question, example.title, f"{piece} {example.text}", answers, example.weight)
    return Example(
        example.question, example.title, f"{example.text} {piece}", example.answers, example.weight
    )


def asked(question: dict[str, Any], rng: random.Random, *, noisy: bool = True) -> str:
    """Return a question as it is read: joined to its history, now and then in haste or as keywords."""
    text = question["question"]
    if noisy and question["type"] not in {"sms", "mots_cles", "suivi"}:
        draw = rng.random()
        text = noise.hasty(text, rng) if draw < 0.12 else noise.keywords(text, rng) if draw < 0.2 else text
    return joined(question["history"], text, answer=rng.random() < 0.5)


def window(
    text: str, answers: tuple[tuple[int, int], ...], most: int = 440
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return at most `most` characters of a long text around its first answer, cut at sentences."""
    if len(text) <= most:
        return text, answers
    centre = answers[0][0] if answers else 0
    start = max((a for a, _ in sentences(text) if a <= max(0, centre - most // 2)), default=0)
    ends = [b for _, b in sentences(text) if start < b <= start + most]
    end = max(ends, default=min(len(text), start + most))
    inside = tuple((s - start, e - start) for s, e in answers if s >= start and e <= end)
    return text[start:end], inside


def examples(
    questions: list[dict[str, Any]],
    passages: dict[str, dict[str, Any]],
    rng: random.Random,
    easy: float = 0.0,
) -> list[Example]:
    """Return one epoch's examples, about half without an answer; of other passages, `easy` are any one."""
    made = []
    everything = list(passages.values())
    for question in questions:
        passage = passages[question["passage"]]
        title = passage["title"] if rng.random() < 0.85 else ""
        spans = tuple((a["start"], a["start"] + len(a["text"])) for a in question["answers"])
        if not question["answers"]:
            made += [Example(asked(question, rng), title, passage["text"], (), 1.5) for _ in range(2)]
            continue
        text, spans = window(passage["text"], spans)
        if not spans:
            continue
        example = Example(asked(question, rng), title, text, spans)
        if rng.random() < 0.35:
            example = cropped(example, rng)
        if rng.random() < 0.12 and len(example.text) < 420:
            example = lengthened(example, rng.choice(everything)["text"], rng)
        if rng.random() < 0.15:
            example = Example(
                example.question, example.title, example.text.replace("\n", " "), example.answers
            )
        made.append(example)
        rest = without_answer(text, spans) if rng.random() < 0.4 else None
        if rest:
            made.append(Example(asked(question, rng), title, rest, ()))
        if question["hard"] and rng.random() < 0.55:
            other = rng.choice(everything) if rng.random() < easy else passages[rng.choice(question["hard"])]
            made.append(Example(asked(question, rng), other["title"], window(other["text"], ())[0], ()))
    rng.shuffle(made)
    return made


def batches(made: list[Example], rng: random.Random) -> list[list[Example]]:
    """Return batches of like length in random order."""
    order = sorted(made, key=lambda e: (len(e.question) + len(e.title) + len(e.text)) * rng.uniform(0.9, 1.1))
    groups, group, size = [], [], 0
    for example in order:
        size = (len(example.question) + len(example.title) + len(example.text)) // 4 + 8
        if group and (len(group) + 1) * size > BATCH_TOKENS:
            groups.append(group)
            group = []
        group.append(example)
    groups.append(group)
    rng.shuffle(groups)
    return groups


def loss_of(model: Reader, tokenizer: Tokenizer, batch: list[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the span loss of the answered examples and the judge's loss of all."""
    encoded = encode(tokenizer, [(e.question, e.title, e.text) for e in batch])
    logits, judged = model(encoded.ids, encoded.mask, encoded.types)
    logits = logits.masked_fill(~encoded.inside.unsqueeze(-1), -1e4)
    scores = torch.log_softmax(logits, 1)
    parts, target, weight = [], [], []
    for row, example in enumerate(batch):
        ranges = [token_range(encoded.offsets[row], s, e) for s, e in example.answers]
        found = [r for r in ranges if r]
        target.append(1.0 if example.answers else 0.0)
        weight.append(0.0 if example.answers and not found else example.weight)
        if found:
            both = torch.stack([scores[row, a, 0] + scores[row, b, 1] for a, b in found])
            parts.append(-torch.logsumexp(both, 0) / 2)
    span = torch.stack(parts).mean() if parts else logits.sum() * 0
    judge = torch.nn.functional.binary_cross_entropy_with_logits(
        judged, torch.tensor(target), weight=torch.tensor(weight)
    )
    return span, judge


def save(model: Reader, source: Path, target: Path) -> None:
    """Write the reader: the body's configuration, and all weights under the names of the graph."""
    target.mkdir(parents=True, exist_ok=True)
    model.body.config.save_pretrained(target)
    state = {k.removeprefix("body."): v.contiguous() for k, v in model.state_dict().items()}
    save_file(state, target / "model.safetensors", metadata={"format": "pt"})
    if source != target:
        shutil.copy(source / "tokenizer.json", target / "tokenizer.json")


def load(folder: Path, dropout: float = 0.1) -> tuple[Reader, Tokenizer]:
    """Return a reader begun from an embedding model's folder, or taken up from a reader's."""
    body, tokenizer = encoder.load(folder, dropout)
    model = Reader(body)
    kept = load_file(folder / "model.safetensors")
    heads = {k: v for k, v in kept.items() if k.startswith(("spans.", "judge.", "lift"))}
    if heads:
        model.load_state_dict(heads, strict=False)
    return model, tokenizer


def main() -> None:
    """Train and write the reader."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--focus", default="", help="files of data_extra whose questions are all asked, comma separated"
    )
    parser.add_argument("--share", type=float, default=1.0, help="share of the other questions asked")
    options = parser.parse_args()
    encoder.setup(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    passages = {p["id"]: p for p in read_lines(DATA / "passages.jsonl") if p["part"] == "train"}
    questions = [q for q in read_lines(DATA / "questions.jsonl") if q["part"] == "train"]
    rng = random.Random(options.seed)
    focus = tuple(f"{name}-" for name in options.focus.split(",") if name)
    questions = [q for q in questions if q["id"].startswith(focus) or rng.random() < options.share]
    plan: list[list[Example]] = []
    while len(plan) < options.steps:
        plan += batches(
            examples(questions, passages, rng, 0.6 if not plan and options.seed == SEED else 0.0), rng
        )
    plan = plan[: options.steps]
    print(len(questions), "questions", sum(map(len, plan)), "examples", len(plan), "steps", flush=True)
    model, tokenizer = load(RUNS / options.start)
    # Rows stay as they are: most words of a report to come are not among those of the training questions.
    model.body.embeddings.word_embeddings.weight.requires_grad_(requires_grad=False)
    optim = encoder.optimiser(model, options.rate, heads_rate=options.rate * HEADS_RATE / RATE)
    rates = encoder.schedule(optim, len(plan))
    keeper = encoder.Keeper(RUNS / options.out, model, optim, rates)
    start, began, shown = keeper.resume(), time.monotonic(), [0.0, 0.0]
    model.train()
    for step in range(start, len(plan)):
        if not options.threads:
            encoder.yield_cores()
        parts = loss_of(model, tokenizer, plan[step])
        sum(parts).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optim.step()
        rates.step()
        optim.zero_grad(set_to_none=True)
        shown = [0.96 * s + 0.04 * v.item() for s, v in zip(shown, parts, strict=True)]
        if step % 25 == 24:
            told = [round(s / (1 - 0.96 ** (step - start + 1)), 4) for s in shown]
            print(f"{step + 1}/{len(plan)} {time.monotonic() - began:.0f}s {json.dumps(told)}", flush=True)
        if keeper.maybe_save(step + 1):
            save(model, RUNS / options.start, RUNS / options.out)
    save(model, RUNS / options.start, RUNS / options.out)
    keeper.done()


if __name__ == "__main__":
    main()

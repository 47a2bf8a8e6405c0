"""What the reader is taught from: a question, a passage, the words that answer; and what does not answer."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import noise
from common import fold, joined
from swaps import Swaps

SWAPPED = 0.6
"""Share of the questions that are asked about something else as well, where one of their words allows it."""
REWORDED = 0.35
"""Share of the questions that are asked in words near in meaning, where `thesaurus.py` was run."""
OTHERS = {"hard": 0.7, "near": 0.7}
"""Share of the questions that are asked of another passage as well, found for their words or their meaning."""
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])|\n+")


@dataclass(frozen=True, slots=True)
class Example:
    """A question, a passage, and the stretches of the passage's text that answer; none when it does not."""

    question: str
    title: str
    text: str
    answers: tuple[tuple[int, int], ...]
    weight: float = 1.0
    group: int = 0
    """Number of the question drawn: what answers it and what does not are told apart within it."""


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
    return replace(example, text=example.text[start:end], answers=answers)


def lengthened(example: Example, other: str, rng: random.Random) -> Example:
    """Return the example with sentences of another passage before or after."""
    parts = sentences(other)
    piece = " ".join(other[a:b] for a, b in parts[: rng.randint(1, 3)])
    if rng.random() < 0.5:
        shift = len(piece) + 1
        answers = tuple((s + shift, e + shift) for s, e in example.answers)
        return replace(example, text=f"{piece} {example.text}", answers=answers)
    return replace(example, text=f"{example.text} {piece}")


def asked(question: dict[str, Any], rng: random.Random, *, noisy: bool = True) -> str:
    """Return a question as it is read: joined to its history, now and then in haste, as keywords or in other words."""
    text = question["question"]
    if noisy and question["type"] not in {"sms", "mots_cles", "suivi"}:
        draw = rng.random()
        if draw > 1 - REWORDED:
            text = noise.reworded(text, rng)
        text = noise.hasty(text, rng) if draw < 0.12 else noise.keywords(text, rng) if draw < 0.2 else text
    return joined(question["history"], text, answer=rng.random() < 0.5)


LENGTHS = (440, 560, 680, 900)
"""Most characters read of a passage: as many for one that answers as for one that does not, so that length says
nothing."""


def window(
    text: str, answers: tuple[tuple[int, int], ...], most: int, place: float = 0.0
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return at most `most` characters of a long text around its first answer, cut at sentences.

    `place` is where to look without an answer, 0 the beginning and 1 the end.
    """
    if len(text) <= most:
        return text, answers
    centre = answers[0][0] if answers else int(place * len(text))
    start = max((a for a, _ in sentences(text) if a <= max(0, centre - most // 2)), default=0)
    ends = [b for _, b in sentences(text) if start < b <= start + most]
    end = max(ends, default=min(len(text), start + most))
    inside = tuple((s - start, e - start) for s, e in answers if s >= start and e <= end)
    return text[start:end], inside


def shown(
    question: dict[str, Any], passage: dict[str, Any], everything: list[dict[str, Any]], rng: random.Random
) -> Example | None:
    """Return a question with its passage, now and then cut, lengthened or torn; None when the answer is lost."""
    title = passage["title"] if rng.random() < 0.85 else ""
    spans = tuple((a["start"], a["start"] + len(a["text"])) for a in question["answers"])
    text, spans = window(passage["text"], spans, rng.choice(LENGTHS))
    if not spans:
        return None
    example = Example(asked(question, rng), title, text, spans)
    if rng.random() < 0.35:
        example = cropped(example, rng)
    if rng.random() < 0.12 and len(example.text) < 420:
        example = lengthened(example, rng.choice(everything)["text"], rng)
    if rng.random() < 0.15:
        example = replace(example, text=example.text.replace("\n", " "))
    return example


def near_misses(question: dict[str, Any], passage: dict[str, Any], rng: random.Random) -> Iterator[Example]:
    """Yield a question that its passage nearly answers, twice."""
    title = passage["title"] if rng.random() < 0.85 else ""
    for _ in range(2):
        text, _ = window(passage["text"], (), rng.choice(LENGTHS), rng.random())
        yield Example(asked(question, rng), title, text, (), 1.5)


def examples(
    questions: list[dict[str, Any]],
    passages: dict[str, dict[str, Any]],
    rng: random.Random,
    swaps: Swaps | None = None,
) -> list[Example]:
    """Return one epoch's examples, about half without an answer.

    Args:
        questions: those drawn.
        passages: by their ids.
        rng: of every draw.
        swaps: asks about something else than the passage; nobody does when None.
    """
    made: list[Example] = []
    everything = list(passages.values())
    for group, question in enumerate(questions):
        passage = passages[question["passage"]]
        if not question["answers"]:
            made += (replace(one, group=group) for one in near_misses(question, passage, rng))
            continue
        example = shown(question, passage, everything, rng)
        if example is not None:
            others = (example, *unanswered(question, example, passages, rng, swaps))
            made += (replace(one, group=group) for one in others)
    rng.shuffle(made)
    return made


def unanswered(
    question: dict[str, Any],
    example: Example,
    passages: dict[str, dict[str, Any]],
    rng: random.Random,
    swaps: Swaps | None,
) -> Iterator[Example]:
    """Yield what does not answer: the passage asked about something else, without its answer, and other passages."""
    if swaps and not question["history"] and rng.random() < SWAPPED:
        swapped = swaps.swapped(question["question"], f"{example.title} {example.text}", rng)
        if swapped:
            yield Example(asked({**question, "question": swapped}, rng), example.title, example.text, ())
    rest = without_answer(example.text, example.answers) if rng.random() < 0.4 else None
    if rest:
        yield Example(asked(question, rng), example.title, rest, ())
    for kind, share in OTHERS.items():
        if question.get(kind) and rng.random() < share:
            other = passages[rng.choice(question[kind])]
            text, _ = window(other["text"], (), rng.choice(LENGTHS), rng.random())
            yield Example(asked(question, rng), other["title"], text, ())

"""One book, every contestant, in turns: what is found, and what it costs."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.beside.books import Book, Question
from bench.beside.environments import Environment
from bench.beside.process import Failed, Running
from bench.beside.protocol import Entry

BUILD_AGAIN_SECONDS = 20.0
"""A build that took less is made again in each round."""
PATIENCE_SECONDS = 3600.0
"""Longest wait for one command."""
CHANGED = "Un funambule a traversé la halle aux grains devant {} curieux, sans filet ni balancier."

Numbers = dict[str, Any]


@dataclass
class Lane:
    """A contestant and what was seen of it."""

    entry: Entry
    running: Running | None
    builds: list[float] = field(default_factory=list)
    build_cpu: list[float] = field(default_factory=list)
    search_cpu: list[float] = field(default_factory=list)
    rounds: list[list[float]] = field(default_factory=list)
    found: list[list[str]] = field(default_factory=list)
    told: Numbers = field(default_factory=dict)
    error: str = ""


def measure(
    book: Book,
    contestants: Sequence[tuple[Entry, Environment]],
    folder: Path,
    rounds: int,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr),
) -> dict[str, Numbers]:
    """Return the figures of each contestant, by name; `{"error": …}` for one that failed.

    All are open at once. In each round each of them is built and asked everything, the next one first in
    the next round: what else the machine does falls on all alike.

    Args:
        book: texts and questions.
        contestants: with the environment of each.
        folder: empty.
        rounds: how often each is asked, at least 1.
        say: hears how far it is.
    """
    with ExitStack() as stack:
        lanes = []
        for entry, environment in contestants:
            place = folder / entry.name
            place.mkdir()
            running = stack.enter_context(Running(environment.python, entry.program, place))
            lanes.append(Lane(entry, running))
        for turn in range(rounds):
            start = turn % len(lanes) if lanes else 0
            for lane in lanes[start:] + lanes[:start]:
                _tried(lane, book, _round)
                say(f"{book.name}: round {turn + 1}/{rounds}, {lane.entry.label}{_said(lane)}")
        for lane in lanes:
            _tried(lane, book, _after)
        return {lane.entry.name: _figures(lane, book) for lane in lanes}


def _said(lane: Lane) -> str:
    if lane.error:
        return f": {lane.error}"
    return f": built in {lane.builds[-1]:.1f} s, {statistics.median(lane.rounds[-1]):.1f} ms a question"


def _tried(lane: Lane, book: Book, work: Callable[[Lane, Running, Book], None]) -> None:
    if lane.running is None or lane.error:
        return
    try:
        work(lane, lane.running, book)
    except Failed as error:
        lane.error = str(error)


def _round(lane: Lane, running: Running, book: Book) -> None:
    if not lane.builds or lane.builds[-1] < BUILD_AGAIN_SECONDS:
        texts = [(text.id, text.text) for text in book.texts]
        told = running.do("build", PATIENCE_SECONDS, texts=texts)
        lane.builds.append(told.pop("seconds"))
        lane.build_cpu.append(told.pop("cpu_seconds"))
        lane.told = told
    asked = [question.question for question in book.questions]
    running.do("search", PATIENCE_SECONDS, questions=asked[:3])  # warms up; not counted
    told = running.do("search", PATIENCE_SECONDS, questions=asked)
    lane.rounds.append(told["milliseconds"])
    lane.search_cpu.append(told["cpu_milliseconds"] / len(asked))
    lane.found = told["found"]


def _after(lane: Lane, running: Running, book: Book) -> None:
    lane.told |= running.do("weigh", PATIENCE_SECONDS)
    if lane.entry.name == "ours":
        asked = [question.question for question in book.questions]
        lane.told["answers"] = answered(
            book.questions, running.do("answer", PATIENCE_SECONDS, questions=asked)
        )
    changed = running.do(
        "change", PATIENCE_SECONDS, name=book.texts[-1].id, text=CHANGED.format(len(book.texts))
    )
    lane.told |= {"change_seconds": changed["seconds"], "change_is_found": changed["is_found"]}


def _figures(lane: Lane, book: Book) -> Numbers:
    if lane.error or not lane.rounds:
        return {"error": lane.error or "never asked"}
    return {
        **ranks(book.questions, lane.found),
        "build_seconds": statistics.median(lane.builds),
        "build_cpu_seconds": statistics.median(lane.build_cpu),
        "builds": len(lane.builds),
        "ms_cpu": statistics.median(lane.search_cpu),
        **percentiles(lane.rounds),
        **lane.told,
    }


def ranks(questions: Sequence[Question], found: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return hit@1, hit@5 and MRR@10 over the questions that a text answers."""
    places = [
        next((rank for rank, name in enumerate(names[:10], 1) if name in question.relevant), 0)
        for question, names in zip(questions, found, strict=True)
        if question.relevant
    ]
    count = max(1, len(places))
    return {
        "hit@1": sum(place == 1 for place in places) / count,
        "hit@5": sum(1 <= place <= 5 for place in places) / count,
        "mrr@10": sum(1 / place for place in places if place) / count,
    }


def percentiles(rounds: Sequence[Sequence[float]]) -> dict[str, float]:
    """Return milliseconds at three percentiles of each round, the median of the rounds."""
    cuts = [
        statistics.quantiles(one, n=100, method="inclusive") if len(one) > 1 else [one[0]] * 99
        for one in rounds
    ]
    return {f"ms_{rank}": statistics.median(one[rank - 1] for one in cuts) for rank in (50, 95, 99)}


def answered(questions: Sequence[Question], told: Numbers) -> Numbers:
    """Return what whole answers were worth.

    `cited@1`: the first citation is of a text that answers; `sentence@1`: it covers the marked answer, over the
    questions that have one; `needless` and `rightly`: share of refusals among questions that have an answer, and
    that have none; None where there is no such question.
    """
    cited, covered, needless, rightly = [], [], [], []
    for question, answer in zip(questions, told["answers"], strict=True):
        if not question.relevant:
            rightly.append(answer["refused"])
            continue
        first = answer["cited"][0] if answer["cited"] and not answer["refused"] else ("", 0, 0)
        needless.append(answer["refused"])
        cited.append(first[0] in question.relevant)
        if question.spans:
            inside = any(first[1] <= start and end <= first[2] for start, end in question.spans)
            covered.append(first[0] == question.relevant[0] and inside)
    shares = {"cited@1": cited, "sentence@1": covered, "needless": needless, "rightly": rightly}
    found: Numbers = {name: sum(all_) / len(all_) if all_ else None for name, all_ in shares.items()}
    return found | percentiles([told["milliseconds"]])

"""Whether a question is refused once the article that answers it is gone, and answered while it is there.

usage: python -m bench.removed DIR SET [--limit N] [--half 0|1]

DIR holds SET.contexts.jsonl[.gz] (`context_id`, `title`, `text`) and SET.jsonl[.gz], as for `bench.beside`. Each
text is a file; texts of one title are one article. The questions are asked with every article there, then each of an
index that holds the other half of the articles alone. Told: refusals at the threshold in use, and how many questions
would be refused without their article if the threshold refused a tenth of those whose article is there.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.beside import books
from ra_assistant import assembly
from ra_assistant.building import build
from ra_assistant.fitted import ranking_model
from ra_assistant.types import Answer, Outcome

NEEDLESS = 0.10
"""Share of refusals, the article there, at which the share without it is told."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one question got."""

    is_refused: bool
    certainty: float
    """Probability that the passage answers; 0 for a question refused for another reason than a low one."""


def halves(titles: Mapping[str, str]) -> dict[str, int]:
    """Return the half, 0 or 1, of each text: articles alternate in the order of their titles."""
    turns = {title: number % 2 for number, title in enumerate(sorted(set(titles.values())))}
    return {name: turns[title] for name, title in titles.items()}


def asked(texts: Iterable[books.Text], questions: Sequence[books.Question], place: Path) -> list[Told]:
    """Index texts below `place`, ask the questions, return what each got."""
    corpus = Path(tempfile.mkdtemp(dir=place))
    for text in texts:
        (corpus / f"{text.id}.txt").write_text(text.text, encoding="utf-8")
    build(corpus, place / "index", forced=True)
    with contextlib.closing(assembly.open_assistant(place / "index")) as assistant:
        answers = [assistant.ask(question.question) for question in questions]
    threshold = ranking_model().threshold
    return [told(answer, threshold) for answer in answers]


def told(answer: Answer, threshold: float) -> Told:
    """Return what an answer says of its question."""
    is_refused = answer.outcome is not Outcome.ANSWERED
    is_otherwise = is_refused and answer.probability >= threshold
    return Told(is_refused, 0.0 if is_otherwise else answer.probability)


def refused_at(there: Sequence[Told], gone: Sequence[Told], needless: float) -> float:
    """Return the share of `gone` below the highest threshold that refuses at most `needless` of `there`."""
    threshold = np.quantile([one.certainty for one in there], needless, method="lower")
    return float(np.mean([one.certainty < threshold for one in gone]))


def main() -> None:
    """Ask, and print one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("set")
    parser.add_argument("--limit", type=int, default=400, help="questions, taken at even steps")
    parser.add_argument("--half", type=int, choices=(0, 1), help="of the articles whose questions are asked")
    options = parser.parse_args()
    book = books.read(options.folder, options.set)
    half_of = halves(books.articles(options.folder, options.set))
    questions = [
        question
        for question in book.questions
        if question.relevant and options.half in (None, half_of[question.relevant[0]])
    ]
    questions = questions[:: max(1, -(-len(questions) // options.limit))]
    with tempfile.TemporaryDirectory() as folder:
        there = asked(book.texts, questions, Path(folder))
        gone: list[Told] = []
        for half in (0, 1):
            others = [text for text in book.texts if half_of[text.id] != half]
            mine = [question for question in questions if half_of[question.relevant[0]] == half]
            if mine and others:
                gone += asked(others, mine, Path(folder))
    print(
        f"{options.set}, {len(questions)} questions: article there, refused"
        f" {np.mean([one.is_refused for one in there]):.3f}; article gone, refused"
        f" {np.mean([one.is_refused for one in gone]):.3f}; {refused_at(there, gone, NEEDLESS):.3f} at a threshold"
        f" that refuses {NEEDLESS:.0%} of those there"
    )


if __name__ == "__main__":
    main()

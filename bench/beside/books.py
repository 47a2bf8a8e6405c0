"""The texts and questions that every contestant gets: invented by a seeded generator, or read from a folder."""

from __future__ import annotations

import gzip
import json
import random
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

LEXICON = Path(__file__).parents[1] / "books" / "invented.toml"
SETS = ("spf_qr", "cnil_faq", "piaf")
"""Names of the sets that a folder may hold, as NAME.contexts.jsonl[.gz] and NAME.jsonl[.gz]."""
YEARS = range(2012, 2025)
PLACES_EACH = 10
"""Invented passages that speak of one place: those that a question about it may be taken in by."""
UNANSWERED_SHARE = 0.2
"""Invented questions that no passage answers, for each one that one does."""


@dataclass(frozen=True, slots=True)
class Text:
    """A passage as every contestant gets it."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the text that answers it, and where."""

    id: str
    question: str
    relevant: tuple[str, ...]
    """Ids of the texts that answer; empty for a question that none answers."""
    spans: tuple[tuple[int, int], ...] = ()
    """Ranges of the answer in the first of them, in characters; empty where it is not marked."""


@dataclass(frozen=True, slots=True)
class Book:
    """Texts and the questions asked about them."""

    name: str
    texts: Sequence[Text]
    questions: Sequence[Question]

    def within(self, characters: int) -> Book:
        """Return the book with texts taken at even steps, about `characters` in all, and the questions on them."""
        step = max(1, -(-sum(len(text.text) for text in self.texts) // characters))
        texts = self.texts[::step]
        kept = {text.id for text in texts}
        return Book(self.name, texts, [one for one in self.questions if kept.issuperset(one.relevant)])

    def cut(self, most: int) -> Book:
        """Return the book with at most `most` questions, taken at even steps."""
        step = max(1, -(-len(self.questions) // most))
        return Book(self.name, self.texts, self.questions[::step])


def invented(count: int, seed: int = 9) -> Book:
    """Return `count` passages of French reports that nobody published, each with a question, some with none.

    The same count and seed always give the same book. Places are shared by several subjects and subjects
    by several places, and most questions use other words than the text.

    Args:
        count: how many passages, at least 1.
        seed: of the draws.
    """
    words = tomllib.loads(LEXICON.read_text(encoding="utf-8"))
    chance = random.Random(seed)
    places = _places(words, chance)[: max(6, count // PLACES_EACH)]
    pairs = [(theme, place) for theme in words["themes"] for place in places]
    chance.shuffle(pairs)
    years = list(YEARS)
    chance.shuffle(years)
    rounds = [(theme, place, year) for year in years for theme, place in pairs]
    if count > len(rounds):
        raise ValueError(f"{count} passages; at most {len(rounds)} can be invented")
    is_dated = count > len(pairs)
    texts, questions = [], []
    for number, (theme, place, year) in enumerate(rounds[:count]):
        told, span = _passage(theme["said"], place, year, words, chance)
        texts.append(Text(f"t{number:06}", told))
        asked = chance.choice(theme["asked"]).format(place=place)
        asked = _dated(asked, year) if is_dated else asked
        questions.append(Question(f"q{number:06}", asked, (texts[-1].id,), (span,)))
    absent = islice(pairs[count:], int(count * UNANSWERED_SHARE))
    for number, (theme, place) in enumerate(absent):
        asked = theme["asked"][number % len(theme["asked"])].format(place=place)
        questions.append(Question(f"n{number:06}", asked, ()))
    chance.shuffle(questions)
    return Book(f"invented-{count}", texts, questions)


def _places(words: dict[str, Any], chance: random.Random) -> list[str]:
    names = [begin + end for begin in words["beginnings"] for end in words["endings"]]
    chance.shuffle(names)
    return names


def _dated(asked: str, year: int) -> str:
    bare = asked.removesuffix("\u00a0?")
    return f"{bare} en {year}" + asked[len(bare) :]


def _passage(
    said: str, place: str, year: int, words: dict[str, Any], chance: random.Random
) -> tuple[str, tuple[int, int]]:
    """Return a passage, and the range of the figure that is asked for."""
    figure = f"{chance.choice((chance.randint(12, 99), chance.randint(100, 9999))):,}".replace(",", "\u202f")
    before, after = said.format(n="\0", place=place).split("\0")
    opening = chance.choice(words["openings"]).format(year=year)
    asides = [_aside(aside, words, chance) for aside in chance.sample(words["asides"], 3)]
    head = " ".join([opening, *asides[:1], before])
    return f"{head}{figure}{after}. {' '.join(asides[1:])}", (len(head), len(head) + len(figure))


def _aside(aside: str, words: dict[str, Any], chance: random.Random) -> str:
    return aside.format(
        m=chance.randint(3, 90),
        k=chance.randint(15, 900),
        p=chance.randint(41, 97),
        q=chance.randint(2, 19),
        month=chance.choice(words["months"]),
    )


def read(folder: Path, name: str) -> Book:
    """Return the set `name` of a folder; texts alone, without titles, in NFC.

    Raises:
        OSError: a file is missing.
        ValueError, KeyError: a line is not as expected.
    """
    texts = [
        Text(str(row["context_id"]), unicodedata.normalize("NFC", row["text"]))
        for row in _rows(folder, f"{name}.contexts.jsonl")
    ]
    known = {text.id: text.text for text in texts}
    questions = []
    for row in _rows(folder, f"{name}.jsonl"):
        relevant = tuple(row.get("relevant") or [row["context_id"]]) if row.get("answerable", True) else ()
        marked = (
            (one["start"], one["start"] + len(one["text"])) for one in row.get("answers", []) if relevant
        )
        first = known[relevant[0]] if relevant else ""
        spans = tuple((start, end) for start, end in marked if end <= len(first))
        questions.append(Question(str(row["id"]), row["question"], relevant, spans))
    return Book(name, texts, questions)


def articles(folder: Path, name: str) -> dict[str, str]:
    """Return the title of each text of the set `name`, by its id; the id of one that has none.

    Raises:
        OSError: the file is missing.
        KeyError: a line is not as expected.
    """
    rows = _rows(folder, f"{name}.contexts.jsonl")
    return {str(row["context_id"]): row.get("title") or str(row["context_id"]) for row in rows}


def _rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    packed = folder / f"{name}.gz"
    if packed.is_file():
        with gzip.open(packed, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    else:
        with (folder / name).open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def present(folder: Path) -> list[str]:
    """Return the names of the sets that a folder holds."""
    return [
        name
        for name in SETS
        if any((folder / f"{name}.jsonl{end}").is_file() for end in ("", ".gz"))
        and any((folder / f"{name}.contexts.jsonl{end}").is_file() for end in ("", ".gz"))
    ]

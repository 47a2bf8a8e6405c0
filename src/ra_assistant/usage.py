"""What the journal tells, made readable: questions that resemble one another, words asked most, files for a table."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

from ra_assistant.french.lexicon import table
from ra_assistant.french.words import content_words, stems, words
from ra_assistant.journal import Entry, Usage
from ra_assistant.journal_wording import CSV, FEEDBACK_REASONS, KINDS, OUTCOMES, VERDICTS
from ra_assistant.spreadsheets import as_csv, inert
from ra_assistant.types import Outcome

ALIKE = 0.6
"""Share of their words that two questions have in common, from which they are one."""
_MARK = re.compile(r"\[[^\[\]]*\]")


@dataclass(slots=True)
class Group:
    """Questions that resemble one another."""

    stems: frozenset[str]
    question: str
    """In the words of most, or of the latest."""
    number: int
    last: date
    variants: list[str] = field(default_factory=list)
    """The other ways in which it was asked, most usual first."""


def unanswered(usage: Usage) -> list[Group]:
    """Return the questions without an answer, those that resemble one another together, most asked first.

    Two questions are one when they share most of their words (stems, grammatical words apart) and all of
    their numbers: « en 2020 » and « en 2021 » ask two things.
    """
    asked: Counter[str] = Counter()
    last: dict[str, date] = {}
    for day, outcome, text in usage.texts:
        if outcome == Outcome.NOT_IN_REPORT:
            asked[text] += 1
            last.setdefault(text, day)
    groups: list[Group] = []
    holding: dict[str, list[Group]] = defaultdict(list)
    for text, number in asked.most_common():
        own = _stems(text)
        group = _alike(own, holding)
        if group is None:
            group = Group(own, text, number, last[text])
            groups.append(group)
            for stem in own:
                holding[stem].append(group)
        else:
            group.number += number
            group.last = max(group.last, last[text])
            if text.casefold() not in {group.question.casefold(), *map(str.casefold, group.variants)}:
                group.variants.append(text)
    return sorted(groups, key=lambda group: (-group.number, -group.last.toordinal()))


def _alike(own: frozenset[str], holding: dict[str, list[Group]]) -> Group | None:
    seen: dict[int, Group] = {id(group): group for stem in own for group in holding.get(stem, ())}
    best, found = ALIKE, None
    for group in seen.values():
        shared = len(own & group.stems) / len(own | group.stems)
        if shared >= best and _numbers(own) == _numbers(group.stems):
            best, found = shared, group
    return found


def _stems(text: str) -> frozenset[str]:
    found = frozenset(word.stem for word in content_words(_MARK.sub(" ", text)))
    return found or frozenset(word.stem for word in words(text)) or frozenset({text})


def _numbers(own: frozenset[str]) -> frozenset[str]:
    return frozenset(stem for stem in own if stem[:1].isdigit())


def asked_words(usage: Usage, most: int = 20) -> list[tuple[str, int]]:
    """Return the words in most questions, in their usual spelling, with in how many questions they stand."""
    numbers: Counter[str] = Counter()
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for _, outcome, text in usage.texts:
        if outcome == Outcome.SMALL_TALK:
            continue
        bare = _MARK.sub(" ", text)
        found = {
            word.stem: bare[word.start : word.end].lower()
            for word in content_words(bare)
            if len(word.form) > 1 and not word.form[0].isdigit() and word.stem not in _introducing()
        }
        numbers.update(found.keys())
        for stem, spelling in found.items():
            spellings[stem][spelling] += 1
    ranked = sorted(numbers.items(), key=lambda row: (-row[1], row[0]))
    return [(spellings[stem].most_common(1)[0][0], number) for stem, number in ranked[:most]]


@cache
def _introducing() -> frozenset[str]:
    """Return the stems of what visitors say before their name."""
    names = table("pseudonyms")["names"]
    return frozenset(stem for phrase in (*names["sure"], *names["likely"]) for stem in stems(phrase))


def every_day(usage: Usage) -> Iterator[tuple[date, Counter[str]]]:
    """Yield every day, those without a question too."""
    day = usage.first
    while day <= usage.last:
        yield day, usage.days.get(day, Counter())
        day += timedelta(days=1)


def questions_csv(entries: Sequence[Entry]) -> bytes:
    """Return the questions as a file for French tables."""
    return _table(
        CSV["questions"],
        (
            (
                entry.day.isoformat(),
                OUTCOMES.get(entry.outcome, entry.outcome),
                KINDS.get(entry.kind, entry.kind),
                f"{entry.probability:.2f}".replace(".", ","),
                entry.build_id,
                str(round(entry.milliseconds)),
                ", ".join(entry.documents),
                entry.question,
            )
            for entry in entries
        ),
    )


def opinions_csv(usage: Usage) -> bytes:
    """Return the opinions as a file for French tables."""
    return _table(
        CSV["avis"],
        (
            (
                opinion.day.isoformat() if opinion.day else "",
                VERDICTS.get(opinion.verdict, opinion.verdict),
                FEEDBACK_REASONS.get(opinion.reason, opinion.reason),
                opinion.comment,
                opinion.question,
                opinion.answer,
                opinion.build_id,
            )
            for opinion in usage.opinions
        ),
    )


def days_csv(usage: Usage) -> bytes:
    """Return the numbers of each day as a file for French tables."""
    return _table(
        CSV["jours"],
        (
            (day.isoformat(), *(str(numbers[outcome]) for outcome in Outcome))
            for day, numbers in every_day(usage)
        ),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    return as_csv(head, ([inert(cell) for cell in row] for row in rows))

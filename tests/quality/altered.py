"""True sentences made false by one change: another digit, the figure, year or name of something else nearby."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, product

from ra_assistant.claim_form import MARKER
from ra_assistant.claim_reading import DAY, FIGURE, NAME, YEAR, Item, Reading, read
from ra_assistant.evidence import Evidence


def altered(sentence: str, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield kinds of change and changed sentences; a few are still true, or say nothing."""
    said = read(MARKER.sub("", sentence), evidence.is_common)
    lines = [line.reading for line in evidence.lines([1])]
    yield from _digits(said)
    yield from _exchanges(said)
    yield from _others(said, lines)


def _digits(said: Reading) -> Iterator[tuple[str, str]]:
    for item in said.of(FIGURE, YEAR, DAY):
        written = _written(said, item)
        digit = re.search(r"\d", written)
        if digit:
            other = str((int(digit.group()) + 1) % 10 or 3)
            yield "digit", _replaced(said, (item, written[: digit.start()] + other + written[digit.end() :]))


def _exchanges(said: Reading) -> Iterator[tuple[str, str]]:
    for kind, items in (("exchanged figures", _bare(said)), ("exchanged names", said.of(NAME))):
        for left, right in pairwise(items):
            if left.key != right.key:
                yield kind, _replaced(said, (left, _written(said, right)), (right, _written(said, left)))


def _others(said: Reading, lines: Sequence[Reading]) -> Iterator[tuple[str, str]]:
    own = {part for name in said.of(NAME) for part in name.key.split()}
    for kind, items, of_kind in (
        ("other figure", _bare(said), _bare),
        ("other year", said.of(YEAR), lambda line: line.of(YEAR)),
        ("other name", said.of(NAME), lambda line: [n for n in line.of(NAME) if not own & {*n.key.split()}]),
    ):
        for item, line in product(items, lines):
            for other in of_kind(line):
                if other.key != item.key:
                    yield kind, _replaced(said, (item, _written(line, other)))


def _bare(reading: Reading) -> list[Item]:
    return [item for item in reading.of(FIGURE) if not item.unit]


def _written(reading: Reading, item: Item) -> str:
    return reading.text[item.start : item.end]


def _replaced(said: Reading, *changes: tuple[Item, str]) -> str:
    text = said.text
    for item, words in sorted(changes, key=lambda change: -change[0].start):
        text = text[: item.start] + words + text[item.end :]
    return f"{text.rstrip(' .')} [1]."

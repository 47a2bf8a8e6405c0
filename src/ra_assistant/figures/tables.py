"""Figures of a table's rows: the row's first cell and the column's head say what they count."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple

from ra_assistant.figures.amounts import WORDS, amounts, flat
from ra_assistant.figures.figure import Figure
from ra_assistant.french.lexicon import table
from ra_assistant.types import Block, Document, Span

_SEPARATOR = re.compile(r" ?\| ?")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_IN_BRACKETS = re.compile(
    r"\((?:en )?([^()]{1,20})\)|\ben ([kKM]?€|%|euros|milliers d['’]euros|millions d['’]euros)\s*$"
)
_TRAILING = re.compile(r" (?:en|au|fin|de|pour)$", re.IGNORECASE)
_MAX_HEAD_WORDS = 6
InCell = Callable[[Document, Span, int | None], Iterator[Figure]]


class _Head(NamedTuple):
    words: str
    """The head of a column without its year and unit."""
    year: int | None
    scale: int
    unit: str


def row_figures(document: Document, block: Block, in_cell: InCell) -> Iterator[Figure]:
    """Yield the figures of a row; `in_cell` reads a cell that holds words."""
    cells = _cells(document.text, block)
    heads = [_head(cell) for cell in _SEPARATOR.split(block.context)] if block.context else []
    if len(cells) < 2 or (heads and len(heads) != len(cells)):
        return
    label_at = next(
        (i for i, span in enumerate(cells) if _is_label(document.text[span.start : span.end])), None
    )
    if label_at is None or label_at > 1 or (not heads and label_at > 0):
        return
    row = _head(document.text[cells[label_at].start : cells[label_at].end])
    if not row.words or (not heads and not _is_plain_row(document.text, cells)):
        return
    first = heads[label_at] if heads else _Head("", None, 1, "")
    for place, span in enumerate(cells):
        if place == label_at:
            continue
        head = heads[place] if heads else _Head("", None, 1, "")
        text = document.text[span.start : span.end]
        found = amounts(text)
        if len(found) == 1 and _is_alone(text, found[0].start, found[0].end):
            unit_of = next(
                (part for part in (head, row, first) if part.unit and not found[0].unit),
                _Head("", None, 1, ""),
            )
            label = _label(row, head, first)
            if label is None:
                continue
            yield Figure(
                document=document,
                start=span.start + found[0].start,
                end=span.start + found[0].end,
                quote_start=block.start,
                quote_end=block.end,
                value=found[0].value * Decimal(unit_of.scale),
                unit=found[0].unit or unit_of.unit,
                label=label,
                year=head.year or row.year or document.year,
                scale=unit_of.scale,
                qualifier=found[0].qualifier,
                scope=first.words,
                is_change=found[0].signed or bool(WORDS["changes"] & set(flat(head.words).split())),
                is_target=bool(WORDS["targets"] & set(flat(f"{head.words} {row.words}").split()))
                or "budget" in flat(head.words),
                is_key=True,
            )
        elif re.search(r"[^\W\d_]{4}", text):
            yield from in_cell(document, span, head.year)


def _cells(text: str, block: Block) -> list[Span]:
    spans, start = [], block.start
    for match in _SEPARATOR.finditer(text, block.start, block.end):
        spans.append(Span(start, match.start()))
        start = match.end()
    return [*spans, Span(start, block.end)]


def _head(text: str) -> _Head:
    unit, scale = "", 1
    match = _IN_BRACKETS.search(text)
    if match:
        written = (match.group(1) or match.group(2)).strip()
        scaled = table("figures")["scaled"].get(written.replace("’", "'"))
        if scaled:
            factor, unit = scaled.split(" ", 1)
            scale = int(factor)
            text = text[: match.start()] + text[match.end() :]
    years = _YEAR.findall(text)
    year = int(years[0]) if len(set(years)) == 1 else None
    words = _YEAR.sub("", text) if year else text
    words = re.sub(r"\(\s*\)", "", words)
    words = re.sub(r"\s+", " ", words).strip(" :-–/")
    words = _TRAILING.sub("", words) if year else words
    if year and flat(words) in {
        "en",
        "exercice",
        "annee",
        "realise",
        "resultats",
        "au 31 decembre",
        "fin",
        "au",
        "au 31",
        "realisation",
        "31/12",
        "reel",
    }:
        words = ""
    return _Head(words, year, scale, unit)


def _is_label(text: str) -> bool:
    found = amounts(text)
    if len(found) == 1 and _is_alone(text, found[0].start, found[0].end):
        return False
    words = set(re.findall(r"[^\W\d_]+", flat(text)))
    if words and words <= WORDS["months"] | {"er", "du", "au", "le", "et"}:
        return False
    return re.search(r"[^\W\d_]{2}", text) is not None


def _is_alone(text: str, start: int, end: int) -> bool:
    rest = text[:start] + text[end:]
    return re.search(r"[^\W_]", rest) is None


def _is_plain_row(text: str, cells: list[Span]) -> bool:
    """Tell whether all cells but the first are one figure each: a row under no head that says itself what it is."""
    rest = [text[span.start : span.end] for span in cells[1:]]
    return len(rest) == 1 and all(
        len(found := amounts(cell)) == 1 and _is_alone(cell, found[0].start, found[0].end) for cell in rest
    )


def _label(row: _Head, head: _Head, first: _Head) -> str | None:
    """Return what a cell counts: row, then column unless it only says a year."""
    name = row.words
    if flat(name) in {"total", "totaux", "ensemble", "autres", "divers", "solde", "resultat"} and first.words:
        name = f"{first.words} – {name}"
    if head.words and len(head.words.split()) <= 2 * _MAX_HEAD_WORDS:
        name = f"{name} – {head.words}"
    return name if len(name) <= 160 else None

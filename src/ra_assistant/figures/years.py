"""Which year a figure is about: the one said beside it, else the document's."""

from __future__ import annotations

import re
from functools import cache

from ra_assistant.figures.amounts import Amount, flat
from ra_assistant.french.lexicon import table

_YEAR = re.compile(r"(?<![\d.,/-])(?:19|20)\d{2}(?![\d/-]|[.,]\d| ?[%€])")
_BREAKS = re.compile(r"(?:,|;|\(|\bcontre\b|\bapres\b|\bau lieu\b|\bet\b|\bpuis\b)")
_PAST = re.compile(r"\w{2,}(?:e|ee|es|ees|i|ie|is|u|ue|us)\s*$")
_SPAN = re.compile(table("figures")["patterns"]["spans"])


def years_of(text: str, found: list[Amount], default: int | None) -> list[int | None]:
    """Return the year of each figure of a sentence.

    Args:
        text: the sentence.
        found: its figures, in order.
        default: the year of the document; None when it has none.
    """
    plain = flat(text)
    said = [match for match in _YEAR.finditer(plain) if not _is_covered(match, plain, found)]
    opening = _opening_year(plain, said, found)
    years: list[int | None] = []
    for place, amount in enumerate(found):
        limit = found[place + 1].start if place + 1 < len(found) else len(plain)
        years.append(_after(plain, amount, limit, said, default))
    if found and years[-1] is not None and opening is None:
        _share_backwards(plain, found, years)
    return [year if year is not None else (opening or default) for year in years]


def covers_years(text: str) -> bool:
    """Tell whether a sentence sums several years: « depuis 2014 », « entre 2019 et 2022 », « en cumulé »."""
    plain = flat(text)
    return (
        _SPAN.search(plain) is not None
        or re.search(r"\b(?:en cumule|cumulees?|depuis(?! une? ))\b", plain) is not None
    )


def _is_covered(match: re.Match[str], plain: str, found: list[Amount]) -> bool:
    inside = any(amount.start <= match.start() < amount.end for amount in found)
    return inside or any(span.start() <= match.start() < span.end() for span in _SPAN.finditer(plain))


def _after(
    plain: str, amount: Amount, limit: int, said: list[re.Match[str]], default: int | None
) -> int | None:
    """Return the year said between a figure and the next one, in its own clause."""
    for match in said:
        if not amount.end <= match.start() < limit:
            continue
        between = plain[amount.end : match.start()]
        if len(between) > 90 or _BREAKS.search(between.rstrip(" (")) or ":" in between:
            return None
        if _lead().search(between):
            return int(match.group())
    between = plain[amount.end : limit]
    if (
        default is not None
        and (shift := _pattern().search(between))
        and not _BREAKS.search(between[: shift.start()])
    ):
        return default - 1
    return None


@cache
def _lead() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){table('figures')['patterns']['year_before']}|\(\s*$")


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(table("figures")["patterns"]["shared_years"])


def _opening_year(plain: str, said: list[re.Match[str]], found: list[Amount]) -> int | None:
    """Return the year that the sentence begins with: « En 2021, … », not « Fondée en 2006, … »."""
    if not found:
        return None
    for match in said:
        if match.start() >= found[0].start:
            return None
        before = plain[: match.start()]
        lead = _lead().search(before)
        if lead is None:
            continue
        words = before[: lead.start()].strip()
        if (
            not words
            or words in {"au 31", "au", "a la", "a"}
            or (len(words) < 24 and not _PAST.search(words))
        ):
            return int(match.group())
    return None


def _share_backwards(plain: str, found: list[Amount], years: list[int | None]) -> None:
    """Give « 13 entreprises et 25 emplois en 2020 » one year; « 58 M€ contre 41 M€ en 2021 » two."""
    for place in range(len(found) - 2, -1, -1):
        between = plain[found[place].end : found[place + 1].start]
        if (
            years[place] is not None
            or not re.search(r"\bet\b", between)
            or re.search(r"contre|apres|lieu", between)
        ):
            return
        if re.search(r"[,;:(]|\bcontre\b", between):
            return
        years[place] = years[place + 1]

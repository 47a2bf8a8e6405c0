"""Numbers of a French text, in figures or in words, with their unit, as comparable values."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from ra_assistant.french.lexicon import table
from ra_assistant.french.words import fold, normal_number

_LEXICON = table("numbers")
_CARDINALS: dict[str, int] = _LEXICON["cardinals"]
_COLLECTIVES: dict[str, int] = _LEXICON["collectives"]
_SCALES: dict[str, int] = _LEXICON["scales"]
_UNITS: dict[str, str] = _LEXICON["units"]
_MONTHS: dict[str, int] = _LEXICON["months"]
_ORDINALS: dict[str, int] = _LEXICON["ordinals"]

_BLANKS = r"[ \u00a0\u202f\u2009]"
_FIGURE = re.compile(
    rf"(?<![\w,.])(?P<sign>[-−–]{_BLANKS}?)?"
    r"(?P<figure>\d+(?:[ \u00a0\u202f\u2009.]\d{3}(?!\d))*(?:[.,]\d+)?)"
)
_AFTER = re.compile(
    rf"(?:{_BLANKS}*|{_BLANKS}*\n(?=(?:[kM]|Md)?{_BLANKS}?[€%$‰]|milli(?:on|ard)s?\b))"
    rf"(?:de{_BLANKS}+|d['’ʼ])?(?P<word>pour{_BLANKS}cent|[^\W\d_]+[²³]?|[€%$‰°])"
)
"""What may follow a number; on the line below, only what a key figure has there: « 18,8 », then « M€ »."""
_WORD = re.compile(r"[^\W\d_]+")
_RANK = re.compile(
    rf"\b(?:(?P<figure>\d{{1,3}})(?:i?eme|ere?|er|re|nde?|e)|(?P<word>{'|'.join(_ORDINALS)}))s?"
    rf"{_BLANKS}+(?P<thing>[^\W\d_]+)"
)


class Quantity(NamedTuple):
    """A number of a text."""

    start: int
    end: int
    value: Decimal
    """Scale applied: « 1,5 M€ » has the value 1500000."""
    unit: str
    """Canonical unit (`eur`, `percent`, `m2`, `year`…); empty for a bare number."""
    approximate: bool = False
    """True for « une vingtaine »."""


def quantities(text: str) -> list[Quantity]:
    """Return the numbers of `text` in order of place."""
    figures = _in_figures(text)
    covered = {position for quantity in figures for position in range(quantity.start, quantity.end)}
    written = [quantity for quantity in _in_words(text) if quantity.start not in covered]
    return sorted([*figures, *written])


def uncut(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a stretch of `text`, made longer where it begins or ends inside a number in figures: « 906 399 »."""
    if start >= end or not (text[start].isdecimal() or text[end - 1].isdecimal()):
        return start, end
    for match in _FIGURE.finditer(text):
        if match.start("figure") < start < match.end("figure"):
            start = match.start("figure")
        if match.start("figure") < end < match.end("figure"):
            end = match.end("figure")
    return start, end


def values(text: str) -> set[Decimal]:
    """Return the set of values that `text` states, ordinals and dates included."""
    return {quantity.value for quantity in quantities(text)}


def ranks(text: str) -> set[tuple[int, str]]:
    """Return the ranks that a text gives, each with the folded word of what has it: « 3e édition », « second prix »."""
    found = _RANK.finditer(fold(text))
    return {(int(m["figure"] or _ORDINALS[m["word"]]), m["thing"].rstrip("s")) for m in found}


def month_number(form: str) -> int | None:
    """Return 1 to 12 for the folded name of a month, None for any other word."""
    return _MONTHS.get(form)


def _in_figures(text: str) -> list[Quantity]:
    found = []
    for match in _FIGURE.finditer(text):
        try:
            value = Decimal(normal_number(match.group("figure")).replace(",", "."))
        except InvalidOperation:
            continue
        end, scale, unit = _scale_and_unit(text, match.end())
        if not unit and scale == 1 and _is_year(value, match.group("figure")):
            unit = "year"
        found.append(Quantity(match.start("figure"), end, value * scale, unit))
    return found


def _is_year(value: Decimal, written: str) -> bool:
    return len(written) == 4 and written.isdigit() and 1800 <= value <= 2100


def _scale_and_unit(text: str, position: int) -> tuple[int, int, str]:
    """Read « millions d'euros », « M€ », « % », « m² » after a number."""
    end, scale = position, 1
    for _ in range(2):
        match = _AFTER.match(text, end)
        if match is None:
            break
        word = match.group("word")
        if word.startswith("pour"):
            return (match.end(), scale, "percent") if word != "pour" else (end, scale, "")
        if word in _UNITS:
            return match.end(), scale, _UNITS[word]
        form = fold(word)
        if form in _UNITS:
            return match.end(), scale, _UNITS[form]
        if scale > 1 or (form not in _SCALES and word not in _SCALES):
            break
        scale = _SCALES.get(word, _SCALES.get(form, 1))
        end = match.end()
    return end, scale, ""


def _in_words(text: str) -> list[Quantity]:
    found: list[Quantity] = []
    matches = list(_WORD.finditer(text))
    index = 0
    while index < len(matches):
        value, used, approximate = _read_words(text, matches, index)
        if used:
            end, scale, unit = _scale_and_unit(text, matches[index + used - 1].end())
            found.append(Quantity(matches[index].start(), end, Decimal(value) * scale, unit, approximate))
        index += max(1, used)
    return found


def _read_words(text: str, matches: list[re.Match[str]], index: int) -> tuple[int, int, bool]:
    """Read a written number from word `index` on: its value, how many words it takes, whether about."""
    first = fold(matches[index].group())
    if first in _COLLECTIVES:
        return _COLLECTIVES[first], 1, True
    if first not in _CARDINALS:
        return 0, 0, False
    total = current = 0
    used = 0
    for position in range(index, len(matches)):
        if position > index and not _joined(text, matches[position - 1], matches[position]):
            break
        form = fold(matches[position].group())
        if form == "et" and used and _goes_on(text, matches, position):
            continue
        if form in {"un", "une"} and used and current >= 20:
            current += 1
            used = position - index + 1
            break
        if form not in _CARDINALS:
            break
        total, current = _add(total, current, _CARDINALS[form])
        used = position - index + 1
    return total + current, used, False


def _joined(text: str, left: re.Match[str], right: re.Match[str]) -> bool:
    return text[left.end() : right.start()].strip(" \u00a0\u202f-") == ""


def _goes_on(text: str, matches: list[re.Match[str]], position: int) -> bool:
    following = position + 1
    return (
        following < len(matches)
        and fold(matches[following].group()) in {"un", "une", "onze"}
        and _joined(text, matches[position], matches[following])
    )


def _add(total: int, current: int, value: int) -> tuple[int, int]:
    if value == 1000:
        return total + max(1, current) * 1000, 0
    if value == 100:
        return total, max(1, current) * 100
    if value == 20 and current % 100 == 4:
        return total, current - 4 + 80
    return total, current + value

"""Numbers of a sentence that are figures: a value with its unit, told from dates, pages, addresses and names."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple

from ra_assistant.french.lexicon import table
from ra_assistant.french.numbers import Quantity, month_number, quantities
from ra_assistant.french.words import fold

_LEXICON = table("figures")
_UNITS: dict[str, str] = _LEXICON["units"]
_SYMBOLS: dict[str, str] = _LEXICON["symbols"]
WORDS: dict[str, frozenset[str]] = {name: frozenset(text.split()) for name, text in _LEXICON["words"].items()}
_CARDINALS = frozenset(table("numbers")["cardinals"])
_B = r"[ \u00a0\u202f\u2009]"
_BLANK = " \t\n\u00a0\u202f\u2009"
_UNIT = re.compile(rf"{_B}*(?:de{_B}+|d['’ʼ])?(?P<word>tCO2e?|m3|[^\W\d_]+|£)(?![\w²³])")
_NAMES = [re.compile(pattern) for pattern in _LEXICON["patterns"]["names"]]
_ENUMERATION = re.compile(r"\s*(?:[-–•*]\s*)?\d{1,2}(?:\.\d+)*[.)°](?=\s)")
_POSTCODE = re.compile(rf"\b\d{{5}}{_B}+[A-ZÉÈÎ][\w’'-]+")
_WAY = re.compile(rf"(?:{_B}?(?:bis|ter))?,?{_B}+(?:{'|'.join(WORDS['ways'])})\b", re.IGNORECASE)
_WORD_BEFORE = re.compile(rf"([^\W\d_][\w’'.&-]*|[n][°º]){_B}*$")
_WORD_AFTER = re.compile(rf"[{_BLANK}]*([^\W\d_]+)")
_SIGN = re.compile(rf"(?:(?<=^)|(?<=[{_BLANK}(|:]))(?P<sign>\+|[-−–])(?P<gap>{_B}?)$")
_OUT_OF = re.compile(rf"{_B}*(?:sur|/){_B}*(?P<most>5|10|20|100)\b")


@lru_cache(maxsize=4096)
def flat(text: str) -> str:
    """Return `text` folded character by character: as long as it was, so that positions stay."""
    return text.translate(_FLAT)


class _Flat(dict[int, str]):
    """What each character is folded to, found once."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = char
        if char in _BLANK:
            folded = " "
        elif char.isalpha() or char == "\u2019":
            folded = fold(char)[:1] or " "
        self[code] = folded
        return folded


_FLAT = _Flat()


_ANY = re.compile(
    rf"\d|\b(?:{'|'.join([*table('numbers')['cardinals'], *table('numbers')['collectives']])})\b"
)
"""What a text without any number lacks."""


class Amount(NamedTuple):
    """A figure of a text, without what it counts."""

    start: int
    """Where its sign or first digit stands."""
    end: int
    """Where its unit ends."""
    value: Decimal
    unit: str
    """Symbol of the unit (`€`, `%`, `jours`…); empty for a count."""
    in_words: bool
    qualifier: str
    """What makes it approximate, as written: « près de »; empty for an exact one."""
    signed: bool
    """Whether it is written with `+` or `-`: a change rather than a level."""


def amounts(text: str, *, opens_block: bool = False) -> list[Amount]:
    """Return the figures of a sentence or cell, in order of place.

    Args:
        text: one sentence, cell or key figure.
        opens_block: whether the text begins a paragraph, so that a leading « 1. » numbers it.
    """
    if not _ANY.search(flat(text)):
        return []
    names = _named(text, opens_block=opens_block)
    found = []
    for quantity in quantities(text):
        if quantity.unit == "year" or any(
            quantity.start < end and start < quantity.end for start, end in names
        ):
            continue
        amount = _amount(text, quantity)
        if amount is not None:
            found.append(amount)
    return found


def reread(text: str) -> Decimal | None:
    """Return the value that the words of one figure state; None when they are not one figure."""
    found = [quantity for quantity in quantities(text) if quantity.start < len(text)]
    if not found:
        return None
    value = found[0].value
    return -value if text.lstrip()[:1] in {"-", "−", "–"} else value


def _named(text: str, *, opens_block: bool) -> list[tuple[int, int]]:
    plain = flat(text)
    spans = [match.span() for pattern in _NAMES for match in pattern.finditer(plain)]
    spans += [match.span() for match in _POSTCODE.finditer(text)]
    if opens_block and (match := _ENUMERATION.match(text)):
        spans.append(match.span())
    return spans


def _amount(text: str, quantity: Quantity) -> Amount | None:
    start, value = quantity.start, quantity.value
    end, unit = _unit(text, quantity)
    in_words = text[start].isalpha()
    plain = flat(text[max(0, start - 16) : end + 30])
    here = min(start, 16)
    if unit == "ans" and re.match(_LEXICON["patterns"]["composed"], plain[here + end - start :]):
        return None
    if unit == "mois" and re.search(r"\bans? et $", plain[:here]):
        return None
    if in_words and not _counts(text, start, end, unit, approximate=quantity.approximate):
        return None
    if not in_words and _is_name(text, quantity, unit):
        return None
    if match := _OUT_OF.match(text, end):
        if unit or in_words:
            return None
        end, unit = match.end(), f"/{match.group('most')}"
    signed = False
    sign = _SIGN.search(text[max(0, start - 3) : start])
    if sign and not in_words and _is_sign(text, start, sign):
        signed = True
        value = value if sign.group("sign") == "+" else -value
        start -= len(sign.group())
    qualifier = _qualifier(text, start)
    if quantity.approximate and not qualifier:
        qualifier = text[quantity.start : quantity.end]
    return Amount(start, end, value, unit, in_words, qualifier, signed)


def _is_sign(text: str, start: int, sign: re.Match[str]) -> bool:
    """Tell a sign from a dash: « + 12 % », « −3 », but not « – 12 entreprises »."""
    before = text[: start - len(sign.group())].rstrip(_BLANK)
    return (
        sign.group("sign") == "+"
        or (not sign.group("gap") and before != "")
        or before[-1:] in {"(", "|", ":"}
    )


def _unit(text: str, quantity: Quantity) -> tuple[int, str]:
    """Return where the unit of a number ends, and its symbol."""
    end, unit = _bare_unit(text, quantity)
    if unit == "jours" and (
        match := re.match(_LEXICON["patterns"]["working_days"], flat(text[end : end + 14]))
    ):
        end += match.end()
    return end, unit


def _bare_unit(text: str, quantity: Quantity) -> tuple[int, str]:
    if quantity.unit in _SYMBOLS:
        return quantity.end, _SYMBOLS[quantity.unit]
    written = re.split(r"[\s\u00a0\u202f\u2009'’ʼ]|(?<=\d)(?=\D)", text[quantity.start : quantity.end])[-1]
    if quantity.unit:
        return quantity.end, _UNITS.get(written, _UNITS.get(written.lower(), written))
    plain = flat(text[quantity.end : quantity.end + 30])
    if match := re.match(_LEXICON["patterns"]["full_time"], plain):
        return quantity.end + match.end(), "ETP"
    match = _UNIT.match(text, quantity.end)
    if match and match.group("word") in _UNITS:
        return match.end(), _UNITS[match.group("word")]
    return quantity.end, ""


def _counts(text: str, start: int, end: int, unit: str, *, approximate: bool) -> bool:
    """Tell whether a number in words counts what follows: not « les deux », « deux tiers », « un bâtiment neuf »."""
    before = _WORD_BEFORE.search(re.sub(rf"['’ʼ]{_B}*$", "", text[:start]))
    if before and fold(before.group(1)) in WORDS["definite"] - ({"d"} if approximate else set()):
        return False
    if before and fold(before.group(1)) in WORDS["references"]:
        return False
    if approximate:
        return before is not None and fold(before.group(1)) in {"une", "un", "d'une", "d'un"}
    if (
        text[start].isupper()
        and text[:start].strip(f"{_BLANK}«“(–-•*")
        and text[:start].rstrip()[-1] not in ".:!?"
    ):
        return False
    after = _WORD_AFTER.match(text, end)
    if after and fold(after.group(1)) == "a" and (to := _WORD_AFTER.match(text, after.end())):
        return fold(to.group(1).split("-")[0]) in _CARDINALS
    gap = text[end : after.start(1)] if after else ""
    return bool(unit) or (
        after is not None and gap.strip(_BLANK) == "" and fold(after.group(1)) not in WORDS["not_counted"]
    )


def _is_name(text: str, quantity: Quantity, unit: str) -> bool:
    """Tell a number that names (« article 3 », « ISO 9001 », « 12 rue ») from one that counts."""
    if not unit and _WAY.match(text, quantity.end):
        return True
    if text[quantity.end : quantity.end + 1] in {"/", "°"} and not unit:
        return True
    if text[max(0, quantity.start - 1) : quantity.start] in {"/", "#", "’", "'"} and not unit:
        return True
    before = _WORD_BEFORE.search(text[: quantity.start].removesuffix("-"))
    if before is not None and fold(before.group(1)) in WORDS["anaphoric"]:
        return True
    if before is None or unit:
        return False
    word = before.group(1)
    if fold(word).rstrip(".") in WORDS["references"] or word.startswith(("n°", "nº")):
        return True
    following = _WORD_AFTER.match(text, quantity.end)
    if following and month_number(fold(following.group(1))):
        return True
    is_first = not text[: before.start(1)].strip(f"{_BLANK}«“\"'(–-•")
    return word[0].isupper() and (not is_first or word.isupper())


@cache
def _qualifiers() -> re.Pattern[str]:
    listed = sorted(table("figures")["patterns"]["qualifiers"], key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, listed))})\s*$")


def _qualifier(text: str, start: int) -> str:
    before = text[max(0, start - 24) : start]
    match = _qualifiers().search(flat(before))
    return before[match.start() :].strip() if match else ""

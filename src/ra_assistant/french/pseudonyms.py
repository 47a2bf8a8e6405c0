"""Takes out of a text what tells who wrote it: addresses, telephone numbers, long numbers, names that are announced.

This makes a text harder to trace; it does not make it anonymous: a name that nothing announces stays.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from ra_assistant.french.lexicon import STOP_WORDS, table
from ra_assistant.french.words import fold

MAX_NAME_WORDS = 4
"""Words of one name, its particles apart."""
_ACCENTED = {
    "é": "[ée]",
    "è": "[èe]",
    "à": "[àa]",
    "î": "[îi]",
    "ô": "[ôo]",
    "û": "[ûu]",
    "'": r"[’'ʼ´`]?\s?",
}
_BLANK = re.compile(r"[^\S\n]+")
_WORD = re.compile(r"[^\W\d_](?:[’'-]?[^\W\d_])*\.?(?=\W|$)")
_EMAIL = re.compile(
    r"(?:[\w-]{1,40}\s(?:point|dot)\s)?[\w.+%-]{1,64}\s?(?:@|\(at\)|\[at\]|\s(?:arobase|at)\s)\s?[\w-]{1,63}(?:(?:\.|\s(?:point|dot)\s)[\w-]{1,63})+",
    re.I,
)
_ACCOUNT = re.compile(r"(?<![\w@])@[\w.]{2,40}")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>«»\"]{1,2000}", re.I)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b")
_PHONE = re.compile(
    r"(?<![\d,.])(?:(?:\+|00)33[\s.-]{0,2}(?:\(0\)\s?)?|0)[1-9](?:[\s./-]{0,2}\d{2}){4}(?!\d)"
    r"|\+\d{1,3}(?:[\s.-]?\d{2,4}){2,5}(?!\d)"
)
_DIGITS = re.compile(r"(?<![\d,])\d(?:[ .\-/\u00a0\u202f\u2009]?\d){5,}")
_YEARS = re.compile(r"(?:(?:19|20)\d\d[ .\-/\u00a0]?)+")
_GROUPED = re.compile(r"\d{1,3}(?:[ .\u00a0\u202f\u2009]\d{3})+")
_UNIT = re.compile(
    r"[\s\u00a0\u202f]?(?:€|%|euros?\b|eur\b|k€|m€|millions?\b|tonnes?\b|m[²2]\b|habitants?\b)", re.I
)


def pseudonymised(text: str) -> str:
    """Return `text` with marks in the place of what tells who wrote it, and without control characters."""
    marks: dict[str, str] = table("pseudonyms")["marks"]
    text = "".join(
        char if char == "\n" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co"} else " "
        for char in unicodedata.normalize("NFC", text)
    )
    for pattern, mark in (
        (_EMAIL, "email"),
        (_LINK, "link"),
        (_ACCOUNT, "account"),
        (_IBAN, "number"),
        (_street(), "address"),
        (_PHONE, "phone"),
    ):
        text = pattern.sub(marks[mark], text)
    text = _DIGITS.sub(lambda found: found.group() if _is_plain(found) else marks["number"], text)
    return _without_names(text, marks["name"])


def _is_plain(found: re.Match[str]) -> bool:
    """Tell whether digits are years (« 2020-2021 »), or a quantity (« 41 700 000 euros »)."""
    if _YEARS.fullmatch(found.group()):
        return True
    is_counted = _UNIT.match(found.string, found.end()) is not None
    return is_counted and bool(_GROUPED.fullmatch(found.group()) or found.group().isdigit())


def _without_names(text: str, mark: str) -> str:
    kept: list[str] = []
    position = 0
    for found in _announcement().finditer(text):
        start = found.end()
        end = _end_of_name(text, start, any_case=found.lastgroup == "sure")
        if found.start() >= position and end > start:
            kept += [text[position:start], mark]
            position = end
    return "".join((*kept, text[position:]))


def _end_of_name(text: str, start: int, *, any_case: bool) -> int:
    """Return where the name that begins at `start` ends; `start` when there is none."""
    title = _title().match(text, start)
    if title is not None:
        any_case = True
    end, position = start, title.end() if title else start
    capitals = small = 0
    particles = frozenset(table("pseudonyms")["names"]["particles"].split())
    while capitals + small < MAX_NAME_WORDS:
        word = _WORD.match(text, position)
        if word is None:
            break
        form = fold(word.group()).strip(".")
        is_particle = form in particles and end > start
        if not is_particle:
            is_name = form not in STOP_WORDS and not (
                text[word.start()].islower() and (capitals or small > 1)
            )
            if not is_name or (text[word.start()].islower() and not any_case):
                break
            small += text[word.start()].islower()
            capitals += not text[word.start()].islower()
            end = word.end()
        blank = _BLANK.match(text, word.end())
        if blank is None:
            break
        position = blank.end()
    return end


@cache
def _announcement() -> re.Pattern[str]:
    names = table("pseudonyms")["names"]
    relation = rf"(?:{_any(names['possessives'].split())})\s+(?:{_any(names['relations'].split())})"
    gap = r"[\s\u00a0]{0,3}[,:!.–—-]?[\s\u00a0]{0,3}"
    sure, likely = _any(names["sure"]), _any(names["likely"])
    return re.compile(rf"\b(?:(?P<sure>{sure})|(?P<likely>{likely}|{relation}))(?!\w){gap}", re.I)


@cache
def _title() -> re.Pattern[str]:
    return re.compile(rf"(?:{_any(table('pseudonyms')['names']['titles'].split())})\s+", re.I)


@cache
def _street() -> re.Pattern[str]:
    ways = _any(table("pseudonyms")["addresses"]["ways"].split())
    return re.compile(
        rf"\b\d{{1,4}}(?:\s?(?:bis|ter|quater))?,?\s+(?:{ways})(?:\s+[\w’'-]{{1,30}}){{1,4}}", re.I
    )


def _any(expressions: list[str]) -> str:
    """Return a pattern of expressions, longest first, with or without accents."""
    written = sorted(expressions, key=len, reverse=True)
    return "|".join(
        "".join(_ACCENTED.get(char, r"\s+" if char == " " else re.escape(char)) for char in expression)
        for expression in written
    )

"""Whether a sentence that a model wrote may be looked at at all: plain French about the reports, nothing else.

Nothing here knows what the passages say; `supporting` compares with them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from ra_assistant.french.lexicon import STOP_WORDS, table, words_of
from ra_assistant.french.words import fold, words

MAX_CLAIM_CHARS = 600
MARKER = re.compile(r"\[(\d{1,3})\]")
LEAK_WORDS = 7
"""Words in a row that a sentence may not share with the prompt."""

_GROUPED = re.compile(r"\[\s*(?:passages?\s*)?(\d{1,3}(?:\s*(?:,|;|et|-)\s*\d{1,3})*)\s*\]", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*•–—]\s+|\d{1,2}[.)]\s+(?=\D)|#{1,6}\s+|>\s+)")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_MARKUP = re.compile(
    r"<[a-zA-Z/!?]|&(?:#\w+|[a-zA-Z]+);|!\[|\]\(|\]\[[^\d\]]|`|https?:|www\.|mailto:|javascript:|data:\w+/|\S@\S|\||[*_~]{2}|\{\{|\}\}"
    r"|(?-i:\b[a-z\d-]+\.(?:com|fr|org|net|io|eu|ru|cn|example|test)\b|\b[a-z][a-z\d-]+\.[a-z]{2,}\b)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"«[^«»]*»")
_FOREIGN = words_of("claims", "foreign") - STOP_WORDS
_FRENCH = STOP_WORDS - {"a", "on", "me", "y", "non", "plus", "son"}
_SHORT_WORDS = 5


def tidy(sentence: str) -> str:
    """Return a sentence on one line without bullet or bold, its markers as `[1][2]`."""
    text = " ".join(_BULLET.sub("", sentence).split())
    text = _EMPHASIS.sub(r"\2", text)
    return _GROUPED.sub(lambda match: "".join(f"[{n}]" for n in re.findall(r"\d+", match.group(1))), text)


def is_filler(sentence: str) -> bool:
    """Tell whether a sentence is a politeness that says nothing: it is dropped, nothing is missing."""
    text = fold(sentence).strip(" .:!,;*#")
    return not text or re.fullmatch("|".join(table("claims")["filler"]), text) is not None


def declines(sentence: str) -> bool:
    """Tell whether a sentence says that there is no answer."""
    return _any("decline").search(fold(sentence)) is not None


def is_order(text: str) -> bool:
    """Tell whether a sentence of a passage tells an assistant what to do."""
    return _any("orders").search(fold(text).strip(" «»\"'-–—•*([")) is not None


def form_fault(sentence: str, prompt: frozenset[tuple[str, ...]] = frozenset()) -> str:
    """Return the code of what is wrong with the form of a tidied sentence; empty when nothing is.

    Args:
        sentence: one sentence with its markers.
        prompt: what must not come out, as `shingles` gives it.
    """
    if len(sentence) > MAX_CLAIM_CHARS:
        return "too_long"
    plain = MARKER.sub(" ", sentence)
    if _has_odd_characters(plain):
        return "characters"
    if _MARKUP.search(plain):
        return "markup"
    if "[" in plain or "]" in plain:
        return "marker"
    if prompt & shingles(plain) or _any("leak").search(fold(plain)):
        return "leak"
    if not is_french(_QUOTED.sub(" ", plain)):
        return "language"
    if plain.rstrip(" »").endswith("?"):
        return "question"
    return ""


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return every run of `LEAK_WORDS` words of a text, folded."""
    forms = [word.form for word in words(text)]
    return frozenset(tuple(forms[i : i + LEAK_WORDS]) for i in range(len(forms) - LEAK_WORDS + 1))


def _has_odd_characters(text: str) -> bool:
    for char in text:
        if char.isascii():
            continue
        category = unicodedata.category(char)
        if char == "\ufffd" or category in {"Cc", "Cf", "Cs", "Co", "Cn", "So"} - (
            {"So"} if char in "°©®™" else set()
        ):
            return True
        if category[0] == "L" and "LATIN" not in unicodedata.name(char, "") and char not in "µªºαβγδ":
            return True
    return any(ord(char) < 32 for char in text)


def is_french(text: str) -> bool:
    """Tell whether a text is in French, as far as its grammatical words tell."""
    forms = [word.form for word in words(text)]
    foreign = sum(form in _FOREIGN for form in forms)
    french = sum(form in _FRENCH for form in forms)
    if len(forms) <= _SHORT_WORDS:
        return foreign <= french
    return foreign < french and french >= len(forms) / 10


@cache
def _any(key: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in table("claims")[key]))

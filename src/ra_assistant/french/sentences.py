"""Ends of French sentences."""

from __future__ import annotations

import re

from ra_assistant.french.lexicon import ABBREVIATIONS, SENTENCE_STARTERS
from ra_assistant.french.words import fold
from ra_assistant.types import Span

_BLANK = r"[ \t\n\r\u00a0\u202f\u2009]"
_END = re.compile(
    rf"(?P<mark>[.!?…]+)(?P<closers>(?:{_BLANK}?[»”]|[\"')\]’])*)(?:\[\d+\])*(?={_BLANK}+(?P<next>\S))"
)
_LAST_WORD = re.compile(r"([^\W_]+(?:[-.][^\W_]+)*)$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_OPENERS = "«“\"'([–—-•*’"
_LIST_NUMBER = re.compile(r"^\s*(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,5})$")


def sentence_spans(text: str, offset: int = 0) -> list[Span]:
    """Return the sentences of one paragraph, blanks at their ends left out.

    Args:
        text: one paragraph, list item or cell.
        offset: added to every position.

    Returns:
        Disjoint ranges in order; empty for blank text.
    """
    spans: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        if _ends_sentence(text, start, match):
            spans.append(_trimmed(text, start, match.end()))
            start = match.end()
    spans.append(_trimmed(text, start, len(text)))
    return [Span(span.start + offset, span.end + offset) for span in spans if span.end > span.start]


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return Span(start + len(piece) - len(piece.lstrip()), max(start, end - len(piece) + len(piece.rstrip())))


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    following = match.group("next")
    if following in "»”":
        return False
    if not (following.isupper() or following.isdigit() or following in _OPENERS):
        return False
    if match.group("closers") or match.group("mark") != ".":
        return not following.islower()
    return _full_stop_ends(text, start, match)


def _full_stop_ends(text: str, start: int, match: re.Match[str]) -> bool:
    before = text[start : match.start()]
    last = _LAST_WORD.search(before)
    if last is None:
        return True
    if _LIST_NUMBER.match(before):
        return False
    word = last.group(1)
    if word.isdigit():
        return True
    form = fold(word)
    if _is_initial(word):
        return _begins_sentence(text, match.end())
    if form == "etc":
        return True
    return form not in ABBREVIATIONS or (match.group("next").isupper() and _is_plain_word(word, form))


def _is_initial(word: str) -> bool:
    """Tell whether a word is an initial: « A », « J.-C », « L » of « art. L. 123-4 »."""
    return all(len(piece) == 1 and piece.isupper() for piece in re.split(r"[-.]+", word) if piece)


def _is_plain_word(word: str, form: str) -> bool:
    """Tell whether an abbreviation's spelling is an ordinary word here (« max », « hab » are not)."""
    return word.isupper() and len(form) > 1


def _begins_sentence(text: str, position: int) -> bool:
    following = _FIRST_WORD.search(text, position)
    return following is not None and fold(following.group()) in SENTENCE_STARTERS

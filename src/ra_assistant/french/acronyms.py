"""Acronyms of a text and what they stand for: « groupement d'intérêt public (GIP) », « EBN (…) »."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ra_assistant.french.words import Word, fold, is_stop_word, words

_SHORT = r"[A-ZÀ-Ý][\w&.-]{1,9}"
_SHORT_IN_BRACKETS = re.compile(rf"\((?P<short>{_SHORT})\)")
_LONG_IN_BRACKETS = re.compile(rf"(?<!\w)(?P<short>{_SHORT})[ \u00a0]\((?P<long>[^()]{{6,120}})\)")
_LISTED = re.compile(
    r"^[ \u00a0]*(?P<short>[A-ZÀ-Ý][A-ZÀ-Ý0-9&.-]{1,9})[ \u00a0]*(?:\||:|=|[–—-](?=[ \u00a0]))[ \u00a0]*"
    r"(?P<long>[^|:\s][^|:\n]{5,119})$",
    re.MULTILINE,
)
"""A line of a list of abbreviations."""
_AFTER = " \u00a0;."
"""What may stand at its end."""
_FEWEST_LISTED = 2
"""Lines whose words the letters stand for, from which on they are a list of abbreviations."""
_LETTERS = re.compile(r"[^a-z0-9]")
_MOST_WORDS = 12
_FEWEST_INITIALS = 0.5
"""Share of an acronym's letters that begin a word; the others stand inside one: the U of EU-BIC."""
_ENGLISH_LINKS = frozenset({"and", "for", "of", "the", "in", "on"})


def acronyms(text: str) -> Iterator[tuple[str, str]]:
    """Yield each acronym that `text` spells out, with the words it stands for.

    « Institut national de la santé et de la recherche médicale (Inserm) » is one; a name followed by any
    aside between brackets is not. The method is that of Schwartz and Hearst (A Simple Algorithm for
    Identifying Abbreviation Definitions, 2003), stricter: half of the letters are initials, every word that
    bears meaning gives one, and all of them are when the acronym is not written in capitals.
    """
    for match in _SHORT_IN_BRACKETS.finditer(text):
        long = _ending_with(text[: match.start()], match.group("short"))
        if long:
            yield match.group("short"), long
    for match in _LONG_IN_BRACKETS.finditer(text):
        if _stands_for(match.group("short"), _simple_words(match.group("long"))):
            yield match.group("short"), match.group("long")
    yield from _listed(text)


def _listed(text: str) -> Iterator[tuple[str, str]]:
    """Yield the lines of a list of abbreviations, « ADEME | Agence de la transition écologique ».

    Between others whose letters are all found, one begins as its words do, whatever its letters once stood for.
    """
    lines = [(match["short"], match["long"].rstrip(_AFTER)) for match in _LISTED.finditer(text)]
    plain = [_stands_for(short, _simple_words(long)) for short, long in lines]
    is_list = sum(plain) >= _FEWEST_LISTED
    for (short, long), is_plain in zip(lines, plain, strict=True):
        first = next((word for word in _simple_words(long) if not is_stop_word(word)), None)
        if is_plain or (is_list and first is not None and first.form[0] == fold(short)[0]):
            yield short, long


def _ending_with(before: str, short: str) -> str:
    """Return the fewest words at the end of `before` that `short` stands for; empty when none do."""
    start = max(before.rfind("\n"), before.rfind(". "), -1) + 1
    found = _simple_words(before[start:])[-_MOST_WORDS:]
    for first in range(len(found) - 1, -1, -1):
        if not is_stop_word(found[first]) and _stands_for(short, found[first:]):
            return before[start + found[first].start : start + found[-1].end]
    return ""


def _simple_words(text: str) -> list[Word]:
    return [word for word in words(text) if word.form.isalpha() and text[word.start : word.end].isalpha()]


def _stands_for(short: str, long: list[Word]) -> bool:
    name = short.removesuffix("s") if short[:-1].isupper() else short
    letters = _LETTERS.sub("", fold(name))
    if len(letters) < 2 or not any(char.isupper() for char in short):
        return False
    least = _FEWEST_INITIALS if name.isupper() else 1.0
    initials = _most_initials(letters, long)
    return initials is not None and initials >= least * len(letters)


def _most_initials(letters: str, long: list[Word]) -> int | None:
    """Return how many of the letters can begin a word when all are found in order; None when they are not.

    Every word that bears meaning begins with one of them, the first letter included.
    """
    states = {0: 0}
    for word in long:
        is_skipped = is_stop_word(word) or word.form in _ENGLISH_LINKS
        following: dict[int, int] = dict(states) if is_skipped else {}
        for used, initials in states.items():
            if used < len(letters) and letters[used] == word.form[0]:
                position, here = 0, used
                while here < len(letters) and position != -1:
                    here += 1
                    following[here] = max(following.get(here, 0), initials + 1)
                    position = word.form.find(letters[here], position + 1) if here < len(letters) else -1
        states = following
    return states.get(len(letters))

"""Acronyms of a text and what they stand for: « groupement d'intérêt public (GIP) », « EBN (…) »."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ra_assistant.french.words import Word, fold, is_stop_word, words

_SHORT = r"[A-ZÀ-Ý][A-ZÀ-Ý0-9&|.-]{1,9}s?"
_SHORT_IN_BRACKETS = re.compile(rf"\((?P<short>{_SHORT})\)")
_LONG_IN_BRACKETS = re.compile(rf"(?<!\w)(?P<short>{_SHORT})[ \u00a0]\((?P<long>[^()]{{6,120}})\)")
_LETTERS = re.compile(r"[^a-z0-9]")
_MOST_WORDS = 12


def acronyms(text: str) -> Iterator[tuple[str, str]]:
    """Yield each acronym that `text` spells out, in capitals, with the words it stands for.

    The initials must agree: « Institut national de la santé et de la recherche médicale (Inserm) » does,
    a name followed by any aside between brackets does not. The method is that of Schwartz and Hearst (A
    Simple Algorithm for Identifying Abbreviation Definitions, 2003), on initials of words.
    """
    for match in _SHORT_IN_BRACKETS.finditer(text):
        long = _ending_with(text[: match.start()], match.group("short"))
        if long:
            yield match.group("short"), long
    for match in _LONG_IN_BRACKETS.finditer(text):
        if _stands_for(match.group("short"), words(match.group("long"))):
            yield match.group("short"), match.group("long")


def _ending_with(before: str, short: str) -> str:
    """Return the fewest words at the end of `before` whose initials make up `short`; empty when none do."""
    start = max(before.rfind("\n"), before.rfind(". "), -1) + 1
    found = [word for word in words(before[start:]) if word.form.isalpha()][-_MOST_WORDS:]
    for first in range(len(found) - 1, -1, -1):
        if not is_stop_word(found[first]) and _stands_for(short, found[first:]):
            return before[start + found[first].start : start + found[-1].end]
    return ""


def _stands_for(short: str, long: list[Word]) -> bool:
    letters = _LETTERS.sub("", fold(short).removesuffix("s") if short.endswith("s") else fold(short))
    bearing = [word for word in long if not is_stop_word(word)]
    initials = "".join(word.form[0] for word in bearing)
    with_articles = "".join(word.form[0] for word in long)
    return len(letters) > 1 and letters in {initials, with_articles}

"""Words of a French text: folding, elision, compounds, stems, stop words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import Stemmer

from ra_assistant.french.lexicon import STOP_WORDS, words_of

_APOSTROPHES = str.maketrans("\u2019\u02bc\u2018\u00b4\u0060", "'''''")
_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl"}
)

_NUMBER = r"\d+(?:[ \u00a0\u202f\u2009.](?=\d{3}(?!\d))\d{3})*(?:[.,]\d+)?"
_WORD = r"[^\W\d_]+"
_TOKEN = re.compile(rf"{_NUMBER}|{_WORD}(?:[-.&]{_WORD})*|{_WORD}|\d+")
_PIECE = re.compile(rf"{_WORD}")
_ELISION = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|quelqu|presqu)$")
_GROUPING = re.compile(r"[ \u00a0\u202f\u2009]|\.(?=\d{3}(?!\d))")

_ENCLITICS = words_of("words", "enclitics")
_MAX_COMPOUND_CHARS = 24
_MAX_WORD_CHARS = 40

_BEEN, _NOT = "ete", "ne"
"""« été », a season but after « avoir »; « né », which is « ne » without its accent."""
_AUXILIARIES = words_of("words", "auxiliaries")
_DETERMINERS = words_of("words", "before_a_season")
_REACH = 4
"""Words before « été » among which « avoir » is looked for: « n’a-t-elle pas été »."""
_ACCENTED = ("é", "É")

_stemmer = Stemmer.Stemmer("french", 0)


class Word(NamedTuple):
    """A word of a text: where it stands and how it is searched."""

    start: int
    end: int
    form: str
    """Folded form: no case, no accents, no ligatures; numbers without grouping, with a decimal comma."""
    stem: str
    """What is compared: the stem of a word, the form of a number."""


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Return `text` without case, accents, ligatures and typographic apostrophes."""
    text = text.translate(_APOSTROPHES).translate(_LIGATURES).lower()
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text).lower()
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@lru_cache(maxsize=65536)
def stem(form: str) -> str:
    """Return the Snowball stem of a folded word (Porter's French algorithm, http://snowball.tartarus.org).

    Folding comes first, so that a word typed without accents has the same stem as the word of the report. The
    algorithm knows « assurées » by its accent, which is gone: the « e » of the feminine goes before.
    """
    if len(form) > _MAX_WORD_CHARS or form[0].isdigit():
        return form[:_MAX_WORD_CHARS]
    for ending in ("ees", "ee"):
        if form.endswith(ending) and len(form) > len(ending) + 1:
            form = form[: 1 - len(ending)]
            break
    stemmed: str = _stemmer.stemWord(form)
    return fold(stemmed)


def normal_number(text: str) -> str:
    """Return a written number without grouping and with a decimal comma: « 1 234.5 » gives `1234,5`."""
    return _GROUPING.sub("", text).replace(".", ",")


def words(text: str) -> list[Word]:
    """Return the words of `text` in order, stop words included.

    Elided articles are words of their own. A compound (« Évry-Courcouronnes », « EU-BIC »,
    « GEN.ERA ») gives its pieces, then the whole written in one word.
    """
    found: list[Word] = []
    for match in _TOKEN.finditer(text):
        piece = match.group()
        if piece[0].isdigit():
            form = normal_number(piece)
            found.append(Word(match.start(), match.end(), form, form))
        elif piece.isalpha():
            found.append(_word(match.start(), piece))
        else:
            found.extend(_compound(match.start(), piece))
    return found


@lru_cache(maxsize=65536)
def _form_and_stem(piece: str) -> tuple[str, str]:
    form = fold(piece)
    return form, stem(form)


def _word(start: int, piece: str) -> Word:
    return Word(start, start + len(piece), *_form_and_stem(piece))


def _compound(start: int, text: str) -> list[Word]:
    pieces = [_word(start + match.start(), match.group()) for match in _PIECE.finditer(text)]
    whole = "".join(word.form for word in pieces)
    if len(pieces) > 1 and len(whole) <= _MAX_COMPOUND_CHARS and pieces[-1].form not in _ENCLITICS:
        pieces.append(Word(start, start + len(text), whole, whole))
    return pieces


def is_stop_word(word: Word) -> bool:
    """Tell whether a word carries no meaning of its own: grammatical words and lone letters."""
    return word.form in STOP_WORDS or (len(word.form) == 1 and not word.form.isdigit())


def content_words(text: str) -> list[Word]:
    """Return the words that carry meaning, in order: « né » is one, « été » is none in « a été créé »."""
    found = words(text)
    return [word for i, word in enumerate(found) if _carries_meaning(text, found, i)]


def _carries_meaning(text: str, found: list[Word], i: int) -> bool:
    word = found[i]
    if word.form == _BEEN:
        before = [other.form for other in found[max(0, i - _REACH) : i]]
        return not before or before[-1] in _DETERMINERS or _AUXILIARIES.isdisjoint(before)
    if word.form == _NOT:
        return text[word.start + 1 : word.start + 2] in _ACCENTED
    return not is_stop_word(word)


def stems(text: str) -> list[str]:
    """Return the stems of the content words, in order: the terms that are indexed and searched."""
    return [word.stem for word in content_words(text)]

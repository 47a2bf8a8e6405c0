"""Other ways of writing a question: in haste, as keywords, or in words near in meaning."""

from __future__ import annotations

import json
import random
import re
from functools import cache

from common import DATA, HERE, STOP, fold

KEPT = json.loads((HERE / "noise.json").read_text(encoding="utf-8"))
SHORT: dict[str, list[str]] = KEPT["short"]
ASKING = frozenset(KEPT["asking"].split())
LONG_LETTERS = 5


def hasty(question: str, rng: random.Random) -> str:
    """Return the question as typed on a telephone: shortened words, letters missing or swapped."""
    text = question.replace("\u2019", "'").lower().rstrip(" ?!.")
    for long in sorted(SHORT, key=len, reverse=True):
        if " " in long and long in fold(text) and len(fold(text)) == len(text):
            at = fold(text).index(long)
            text = f"{text[:at]}{rng.choice(SHORT[long])}{text[at + len(long) :]}"
    made = []
    for token in text.split():
        folded = fold(token)
        if folded in SHORT and rng.random() < 0.7:
            made.append(rng.choice(SHORT[folded]))
        elif len(token) > LONG_LETTERS and token.isalpha() and rng.random() < 0.25:
            made.append(mistyped(token, rng))
        else:
            made.append(token.replace("'", " ") if rng.random() < 0.5 else token)
    return " ".join(made) + (" ?" if rng.random() < 0.4 else "")


def mistyped(word: str, rng: random.Random) -> str:
    """Return the word with one letter dropped, doubled or swapped, its silent ending perhaps lost."""
    at = rng.randrange(1, len(word) - 1)
    return rng.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
            word.removesuffix("s").removesuffix("e"),
            re.sub(r"(.)\1", r"\1", word),
        ]
    )


def keywords(question: str, rng: random.Random) -> str:
    """Return the content words of a question, in order, one of them perhaps lost."""
    kept = [
        w
        for w in re.findall(r"[\w-]+", question)
        if fold(w) not in STOP and fold(w) not in ASKING and len(w) > 1
    ]
    if len(kept) > 3 and rng.random() < 0.3:
        kept.pop(rng.randrange(len(kept)))
    return " ".join(kept).lower() or question


REPLACED = 0.45
"""Share of the words with synonyms that are replaced."""
ELIDED = frozenset("ldLD")
VOWELS = "aeiouyhàâéèêëîïôöùûœ"


@cache
def synonyms() -> dict[str, list[str]]:
    """Return what `thesaurus.py` wrote, nothing when it did not."""
    path = DATA / "synonyms.json"
    found: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def reworded(question: str, rng: random.Random) -> str:
    """Return a question with some of its words replaced by others near in meaning, the nearest most often.

    Nouns and adjectives in the singular or the plural, participles and infinitives: what stands in the thesaurus.
    """
    made: list[str] = []
    for token in re.findall(r"\w+|\W+", question):
        other = _replaced(token, rng) if token.isalpha() and token.islower() else None
        if other and made[-2:-1] and made[-1] in "'’" and made[-2] in ELIDED and other[0] not in VOWELS:
            made[-1] = "e "
        made.append(other or token)
    return "".join(made)


def _replaced(word: str, rng: random.Random) -> str | None:
    """Return a word near another in meaning, in the plural where it is; None to leave it."""
    known = synonyms()
    singular = word if word in known else word.removesuffix("s").removesuffix("x")
    if singular not in known or fold(word) in STOP or fold(word) in ASKING or rng.random() > REPLACED:
        return None
    near = known[singular]
    chosen = rng.choices(near, [1 / (1 + rank) for rank in range(len(near))])[0]
    if singular == word or chosen[-1] in "sxz":
        return chosen
    if chosen.endswith(("eau", "eu")):
        return f"{chosen}x"
    return f"{chosen[:-1]}ux" if chosen.endswith("al") else f"{chosen}s"

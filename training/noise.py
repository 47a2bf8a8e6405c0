"""Other ways of writing a question: in haste, or as keywords."""

from __future__ import annotations

import json
import random
import re

from common import HERE, STOP, fold

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

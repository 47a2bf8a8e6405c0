"""What kind of answer a question asks for, and in which unit, by the patterns of `french/data/questions.toml`."""

from __future__ import annotations

import re
from functools import cache

from ra_assistant.french.lexicon import STOP_WORDS, table
from ra_assistant.french.words import fold, words
from ra_assistant.types import AnswerKind


def kind_of(question: str) -> AnswerKind:
    """Return what kind of answer a question asks for; `THING` when nothing tells."""
    text = fold(question)
    if somebody_asked(question):
        return AnswerKind.DEFINITION
    for kind in table("questions")["kinds"]:
        if pattern("kinds", kind).search(text):
            return AnswerKind(kind)
    return AnswerKind.THING


def somebody_asked(question: str) -> str:
    """Return the person of whom a question asks what they are, « Qui est Marie Durand ? »; empty for others."""
    found = pattern("who", "asked").match(fold(question))
    if found is None:
        return ""
    rest = question[found.end() :]
    named = words(rest)
    forms = [word.form for word in named]
    others = (*STOP_WORDS, *table("questions")["who"]["roles"].split())
    if not 2 <= len(forms) <= 5 or not set(forms).isdisjoint(others):
        return ""
    name = rest[named[0].start : max(word.end for word in named)]
    # « Qui est intervenu hier » names nobody; a name may be typed without capitals.
    return "" if name.islower() and _participle().match(name) else name


@cache
def _participle() -> re.Pattern[str]:
    """Return what matches words that begin with a participle, or with an adjective that is one's like."""
    return re.compile(table("questions")["who"]["participle"])


def told(question: str) -> str:
    """Put the name first where it is asked who somebody is: after « qui est », a name is taken for the answer."""
    name = somebody_asked(question)
    return table("questions")["who"]["told"].format(somebody=name) if name else question


def unit_of(question: str) -> str:
    """Return the unit of the quantity asked for; empty when the question does not say it."""
    text = fold(question)
    return next((unit for unit in table("questions")["units"] if pattern("units", unit).search(text)), "")


@cache
def pattern(group: str, key: str) -> re.Pattern[str]:
    """Return what matches any of the patterns of a group of `questions.toml`, as whole words of folded text."""
    alternatives = "|".join(f"(?:{item})" for item in table("questions")[group][key])
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")

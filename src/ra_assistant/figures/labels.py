"""What a figure counts: the group of words to its right or left that names it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from ra_assistant.figures.amounts import WORDS, Amount, flat
from ra_assistant.figures.noun_groups import (
    LINKS,
    MAX_WORDS,
    Token,
    group_size,
    is_adjective,
    is_noun,
    is_participle,
    participles,
    pattern,
    rate,
    tokens_of,
    written,
)
from ra_assistant.french.lexicon import table
from ra_assistant.french.words import stem

TIMES = frozenset({"ans", "mois", "semaines", "jours", "heures", "minutes"})
_DATES = frozenset({"annees", "annee", "jour", "semestres", "trimestres", "exercices", "siecles"})
MAX_SUBJECT_WORDS = 14
MAX_PREDICATE_WORDS = 12
_ARTICLES = frozenset({"la", "le", "les", "l'", "un", "une"})
_CARDINALS = frozenset(table("numbers")["cardinals"])
_OUT_OF = re.compile(rf"\s+sur (?:{'|'.join(_CARDINALS - {'mille', 'cent', 'cents'})})\b")
"""« trois lauréats sur quatre »: a ratio, not a count."""
_FEMININE = tuple(WORDS["feminine"])


class Label(NamedTuple):
    """What a figure counts."""

    text: str
    head: str
    """The noun that is counted, as written; empty when the figure has a unit of its own."""
    action: str = ""
    """What was done to what is counted, as a participle: « accueilli »."""
    base: str = ""
    """Subject of a share, to be repeated: « Les femmes représentent 58 % de l'effectif et 47 % des cadres »."""
    whole: str = ""
    """What a share is a share of, to be repeated: « 164 clients, dont 58 % d'entreprises et 42 % d'équipes »."""
    is_subject: bool = False
    """Whether it stands before the verb, so that what follows may repeat the construction."""


def count_label(text: str, amount: Amount, limit: int) -> Label | None:
    """Return what a bare number counts when a group of nouns follows it; None when none does."""
    tokens = tokens_of(text, amount.end, limit)
    if tokens and tokens[0].form in LINKS:  # « une trentaine de bénévoles », « 3 millions de dossiers »
        tokens = tokens[1:]
    size = group_size(tokens, plural=abs(amount.value) >= 2)
    if not size:
        return None
    head = next((token for token in tokens[:size] if token.form not in WORDS["prenominal"]), None)
    if head is None or not is_noun(head) or is_participle(head):
        return None
    if head.form in TIMES | _DATES:
        return None
    if (
        re.search(r"\b(?:dont|mais) [^,;.]*$", flat(text[: amount.start]))
        and size == 1
        and is_adjective(head)
    ):
        return None
    if _OUT_OF.match(flat(text), tokens[size - 1].end):
        return None
    label = written(text, tokens[:size])
    participle = _done(text[: amount.start].removesuffix(amount.qualifier + " "))
    return Label(label, head.written.lower() if not head.written.isupper() else head.written, participle)


def right_label(text: str, amount: Amount, limit: int) -> Label | None:
    """Return what follows an amount with a unit: « 58 M€ de fonds levés », « 12 % des élèves »."""
    tokens = tokens_of(text, amount.end, limit)
    if tokens and tokens[0].form == "hors":
        return None
    if rate(tokens):
        return None
    if not tokens or tokens[0].form not in LINKS:
        size = participles(tokens) if amount.unit not in TIMES | {"%"} else 0
        unit = re.search(r"[^\W\d_]{3,}$", text[amount.start : amount.end])
        noun = (
            unit.group().lower()
            if unit
            else table("figures")["patterns"]["money"]
            if amount.unit == "€"
            else ""
        )
        return Label(f"{noun} {written(text, tokens[:size])}", "") if size and noun else None
    if amount.unit in TIMES and amount.qualifier:
        return None
    rest = tokens[1:]
    while rest and rest[0].form in _ARTICLES | {"ses", "leurs", "nos", "ces", "notre", "leur"}:
        rest = rest[1:]
    if not rest or rest[0].form in WORDS["enders"] or not is_noun(rest[0]):
        return None
    plural = rest[0].form.endswith(("s", "x", "z"))
    size = group_size(rest, plural=plural, complement=True)
    if not size:
        return None
    label = Label(written(text, rest[:size]), "")
    if amount.unit != "%":
        return label
    whole = re.sub(r"\s+", " ", text[tokens[0].start : rest[size - 1].end])
    return label._replace(text=_with_predicate(text, rest, size), whole=whole)


def _with_predicate(text: str, rest: Sequence[Token], size: int) -> str:
    """Return « des agents pensent que le service… »: of a share, what is said of it is part of what is counted."""
    end = size
    while end < len(rest) and (rest[end].written[0].isalnum() or rest[end].written in {"-", "’", "'"}):
        end += 1
    following = rest[size].form if size < end else ""
    if (
        not following
        or following in {"en", "et", "a", "contre", "pour", "au", "dans"}
        or end - size > MAX_PREDICATE_WORDS
    ):
        return written(text, rest[:size])
    return written(text, rest[:end])


def rate_of(text: str, amount: Amount, limit: int) -> str:
    """Return « par habitant » when it follows an amount; empty otherwise."""
    return rate(tokens_of(text, amount.end, limit))


def noun_before(text: str, amount: Amount, start: int) -> Label | None:
    """Return the noun that an amount is the size of: « un investissement de 58 M€ »."""
    before = text[start : amount.start].rstrip()
    if amount.qualifier and amount.unit in TIMES:
        return None
    if amount.qualifier:
        before = text[start : amount.start][: text[start : amount.start].rfind(amount.qualifier)].rstrip()
    opening = pattern("sized").search(flat(before))
    if opening is None:
        return None
    until = re.search(r"(?:,? (?:en|fin) (?:19|20)\d{2})?$", before[: opening.start()])
    tokens = tokens_of(text, start, start + (until.start() if until else opening.start()))
    group: list[Token] = []
    for token in reversed(tokens):
        if not token.written[0].isalpha() or len(group) > MAX_WORDS:
            return None
        if token.form in WORDS["determiners"] - LINKS or (
            token.form in {"d'", "du", "des", "de"} and group and group[0].form in {"un", "une"}
        ):
            return _sized_noun(text, group)
        if token.form in WORDS["enders"] | {"est", "sont"} and token.form not in {"en"}:
            return None
        group.insert(0, token)
    return None


def _sized_noun(text: str, group: list[Token]) -> Label | None:
    while group and group[0].form in _CARDINALS | {"premiers", "premieres"}:
        group = group[1:]
    if not group or not is_noun(group[0]) or group[0].form in WORDS["generic"]:
        return None
    return Label(written(text, group), "")


def subject_label(text: str, amount: Amount, start: int) -> Label | None:
    """Return the subject of the verb that measures: « Le budget s'élève à 6,5 M€ », or what stands before « : »."""
    plain = flat(text)
    before = plain[start : amount.start]
    match = _measured().search(before)
    if match is None:
        return None
    opening = _without_opening(tokens_of(text, start, start + match.start()))
    is_colon = match.group().lstrip().startswith(":")
    tokens = _subject(opening, is_colon=is_colon and amount.unit != "")
    if tokens is None:
        return None
    while tokens and tokens[0].form in WORDS["determiners"] and tokens[0].form not in {"tout", "toute"}:
        tokens = tokens[1:]
    if not tokens or tokens[0].form in WORDS["pronouns"] or len(tokens) > MAX_SUBJECT_WORDS:
        return None
    if not is_noun(tokens[0]) or (tokens[0].written[0].isupper() and tokens[0].start > start + 3):
        return None
    if any(
        not token.written[0].isalpha() and token.written not in {"(", ")", "-", "«", "»"} for token in tokens
    ):
        return None
    text_of = written(text, tokens)
    number = pattern("tallies").match(flat(text_of))
    return Label(text_of[number.end() :] if number else text_of, "", is_subject=True)


@cache
def _measured() -> re.Pattern[str]:
    patterns = table("figures")["patterns"]
    between = patterns["between"]
    verbs = "|".join(patterns["measuring"])
    words = rf"(?:[\s,]*(?:{between})(?!\w))*"
    return re.compile(rf"(?:(?<!\w)(?:{verbs})(?!\w){words}|\s?:)\s*$".replace("{words}", words))


def _without_opening(tokens: list[Token]) -> list[Token]:
    """Drop « En 2021, », « Avec 12 %, » before the subject."""
    if tokens and tokens[0].form in WORDS["adverbials"] | {"l'"} and tokens[0].form not in {"l'", "l"}:
        comma = next((i for i, token in enumerate(tokens) if token.written == ","), None)
        if comma is not None:
            return _without_opening(tokens[comma + 1 :])
    return tokens


def _subject(tokens: list[Token], *, is_colon: bool) -> list[Token] | None:
    """Return the words between the last break and the verb; None when another verb stands in between."""
    breaks = [
        i for i, token in enumerate(tokens) if token.written in {",", ";"} or token.form in {"dont", "que"}
    ]
    last = tokens[breaks[-1] + 1 :] if breaks else tokens
    if breaks and (not last or last[0].form not in WORDS["determiners"]):
        last = tokens
    verb = next((i for i, token in enumerate(last) if _is_verb(token, i)), None)
    if verb is None:
        return last if last is not tokens or not breaks else tokens[: breaks[0]]
    levels = pattern("verb").fullmatch(last[verb].form) is not None or last[verb].form.startswith("continu")
    if not (levels or is_colon):
        return None
    cut = last[:verb]
    return cut if all(token.written not in {",", ";"} for token in cut) else None


def _is_verb(token: Token, place: int) -> bool:
    if place == 0 or token.written == "à":
        return False
    auxiliaries = table("figures")["patterns"]["auxiliaries"]
    return token.form == "a" or token.form in auxiliaries or pattern("verb").fullmatch(token.form) is not None


def parallel_label(text: str, amount: Amount, start: int) -> Label | None:
    """Return the noun of a segment that repeats the construction before it: « …, le verre pour 13 400 tonnes »."""
    before = text[start : amount.start]
    if amount.qualifier:
        before = before[: before.rfind(amount.qualifier)]
    match = re.search(r"\s(?:pour|à)\s*$", before)
    tokens = tokens_of(text, start, start + (match.start() if match else len(before)))
    if tokens and tokens[0].form in {"et", "puis"}:
        tokens = tokens[1:]
    if len(tokens) < 2 or tokens[0].form not in {"le", "la", "les", "l'"} or len(tokens) > 8:
        return None
    if any(
        not token.written[0].isalpha() or token.form in WORDS["enders"] - {"en", "et"} for token in tokens[1:]
    ):
        return None
    return Label(written(text, tokens[1:]), "", is_subject=True)


def partial_label(text: str, amount: Amount, limit: int, former: str) -> Label | None:
    """Return what « dont 14 financés » counts: the noun of the figure before, with the words that follow."""
    tokens = tokens_of(text, amount.end, limit)
    size = 0
    for token in tokens[:6]:
        if not token.written[0].isalpha() or token.form in {
            "et",
            "pour",
            "contre",
            "par",
            "ont",
            "sont",
            "en",
            "qui",
            "que",
            "dont",
            "dans",
        }:
            break
        size += 1
    words = written(text, tokens[:size])
    return Label(f"{former} {words}", "") if size and former else None


def _done(before: str) -> str:
    """Return the stem of the participle right before a count: « a accueilli 13 » gives the one of « accueilli »."""
    match = pattern("done").search(before)
    word = match.group(1).lower() if match else ""
    return word if word in WORDS["done"] else ""


def with_action(label: Label) -> str:
    """Return a label with what was done to it, when its gender is sure: « nouvelles entreprises accueillies »."""
    if not label.action or stem(flat(label.action)) in {stem(flat(word)) for word in label.text.split()}:
        return label.text
    words = [flat(word) for word in label.text.split()]
    if any(word in LINKS or "'" in word for word in words):
        return label.text
    head = flat(label.head)
    feminine = head.endswith(_FEMININE) or any(word.endswith(("elles", "ees")) for word in words)
    if feminine:
        return f"{label.text} {label.action}es"
    masculine = head.endswith(tuple(WORDS["masculine"]))
    if not masculine or not words[-1].endswith(("s", "x")):
        return label.text
    return f"{label.text} {label.action}" + ("" if label.action.endswith("s") else "s")

"""Whether words can be the answer to a kind of question: a number for « combien », a name for « qui »."""

from __future__ import annotations

import re
from functools import cache

from ra_assistant.french.lexicon import table
from ra_assistant.french.numbers import Quantity, month_number, quantities, ranks
from ra_assistant.french.words import content_words, fold, stem, words
from ra_assistant.question_kinds import pattern
from ra_assistant.types import AnswerKind, Query, Span

_NAME = re.compile(r"\b[A-ZÉÈÀÂÊÎÔÛÇŒ][\w’'&-]+(?:[ \u00a0](?:d[eu]s? |la |l[’'])?[A-ZÉÈÀÂÊÎÔÛÇŒ][\w’'&-]+)*")
_EXPANSION = re.compile(r"\([^)]{3,80}\)")
_MEANS = {
    "email": re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "telephone": re.compile(
        r"(?<![\d+])(?:\+33[ .\u00a0\u202f]?(?:\(0\))?|0)[1-9](?:[ .\u00a0\u202f-]?\d\d){4}(?![ .\u00a0\u202f-]?\d)"
    ),
    "site": re.compile(
        r"(?<![\w@.])(?:https?://|www\.)[^\s<>«»()]*\w|(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:fr|org|com|net|eu|info|bzh)\b(?![@.\w])"
    ),
}
"""What tells how somebody is reached, by the key of `questions.toml`."""
_ANSWERED = ("email", "telephone")
"""Means by which somebody answers."""
_BOTH_WAYS = {AnswerKind.COMPARISON, AnswerKind.YES_NO}
"""Questions that a sentence of the contrary sense answers: « A-t-il augmenté ? — Il a baissé. »"""


def fit(query: Query, text: str) -> dict[str, float]:
    """Say whether a sentence holds the kind of thing that is asked."""
    kind = query.kind
    if kind is AnswerKind.QUANTITY:
        return _quantity_fit(query, text)
    if kind is AnswerKind.DATE:
        return {"fit_date": float(_has_date(text)), "misfit": float(not _has_date(text))}
    if kind is AnswerKind.PERSON:
        return _name_fit(query, text, "fit_person")
    if kind is AnswerKind.PLACE:
        return _name_fit(query, text, "fit_place")
    if kind is AnswerKind.COMPARISON:
        return {"fit_change": float(_cue("change").search(fold(text)) is not None)}
    if kind is AnswerKind.LIST:
        return {"fit_list": min(1.0, (text.count(",") + text.count(";") + text.count(" et ")) / 4)}
    if kind is AnswerKind.DEFINITION:
        cues = _cue("definition").search(fold(text)) is not None or _EXPANSION.search(text) is not None
        return {
            "fit_definition": float(cues),
            "fit_spelled_out": float(spelled_out(query, text) is not None),
        }
    if kind is AnswerKind.CONTACT:
        is_told = contact_told(query, text) is not None
        return {"fit_contact": float(is_told), "misfit": float(not is_told)}
    if kind in {AnswerKind.REASON, AnswerKind.MANNER}:
        return {f"fit_{kind.value}": float(_cue(kind.value).search(fold(text)) is not None)}
    return {}


def spelled_out(query: Query, text: str) -> Span | None:
    """Return where a text says what an acronym of the question stands for, or the acronym of its words."""
    if not query.spelled_out:
        return None
    found = words(text)
    forms = [word.form for word in found]
    for phrase in query.spelled_out:
        wanted = [word.form for word in words(phrase)]
        for i in range(len(forms) - len(wanted) + 1):
            if wanted and forms[i : i + len(wanted)] == wanted:
                return Span(found[i].start, found[i + len(wanted) - 1].end)
    return None


def contact_told(query: Query, text: str) -> Span | None:
    """Return where a text tells how somebody is reached: by the means asked for, else by one that is answered."""
    asked = fold(query.text)
    wanted = [means for means in _MEANS if pattern("means", means).search(asked)]
    found = (_MEANS[means].search(text) for means in wanted or _ANSWERED)
    return next((Span(*match.span()) for match in found if match), None)


def says_the_contrary(query: Query, own: frozenset[str]) -> bool:
    """Tell whether a sentence has the contrary of a word of the question, and not that word."""
    if query.kind in _BOTH_WAYS:
        return False
    asked = {term for term, weight in query.terms.items() if weight >= 1.0}
    return any(
        asked & left and not asked & right and own & right and not own & left for left, right in contraries()
    )


def gives_another_rank(query: Query, text: str) -> bool:
    """Tell whether a text speaks of another edition, startup, prize… than the one that the question counts out."""
    asked = ranks(query.text)
    if not asked or query.kind in _BOTH_WAYS:
        return False
    given = ranks(text)
    things = {thing for _, thing in asked}
    return not asked & given and any(thing in things for _, thing in given)


def is_of_kind(kind: AnswerKind, text: str) -> bool:
    """Tell whether words can be the answer to a kind of question: a number for « combien », a name for « qui »."""
    if kind is AnswerKind.QUANTITY:
        return bool(quantities(text)) or _cue("negative").search(fold(text)) is not None
    if kind is AnswerKind.DATE:
        return _has_date(text)
    if kind is AnswerKind.PERSON:
        return _NAME.search(text) is not None
    if kind is AnswerKind.CONTACT:
        return any(means.search(text) for means in _MEANS.values())
    return True


def begins_with_a_name(text: str) -> bool:
    """Tell whether words begin with a capital and hold a name of several words: « Paul Petit, trésorier »."""
    several = (re.search(r"[ \u00a0]", match.group()) for match in _NAME.finditer(text))
    return text[:1].isupper() and any(several)


def brings_a_name(query: Query, text: str) -> bool:
    """Tell whether words hold a proper name that the question does not."""
    return any(
        not {word.stem for word in content_words(match.group())} <= query.terms.keys()
        for match in _NAME.finditer(text)
    )


@cache
def contraries() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Return pairs of stems of opposite sense, each pair both ways."""
    sides = [
        tuple(frozenset(stem(word) for word in side.split()) for side in pair)
        for pair in table("contraries")["pairs"]
    ]
    return tuple(both for left, right in sides for both in ((left, right), (right, left)))


def _quantity_fit(query: Query, text: str) -> dict[str, float]:
    found = [quantity for quantity in quantities(text) if not _is_date_part(quantity, text)]
    other = [quantity for quantity in found if str(quantity.value.normalize()) not in query.terms]
    negative = _cue("negative").search(fold(text)) is not None
    same_unit = query.unit and any(quantity.unit in _alike(query.unit) for quantity in other)
    return {
        "fit_quantity": float(bool(other)),
        "fit_unit": float(bool(same_unit)),
        "misfit_unit": float(bool(query.unit and other and not same_unit)),
        "fit_none": float(negative and not other),
        "misfit": float(not other and not negative),
    }


@cache
def _alike(unit: str) -> frozenset[str]:
    """Return the units that measure what a unit does."""
    return frozenset(table("numbers")["alike"].get(unit, unit).split())


def _is_date_part(quantity: Quantity, text: str) -> bool:
    following = words(text[quantity.end : quantity.end + 12])
    return quantity.unit == "year" or bool(following and month_number(following[0].form))


def _has_date(text: str) -> bool:
    return bool(years_said(text)) or any(month_number(word.form) for word in words(text))


def _name_fit(query: Query, text: str, name: str) -> dict[str, float]:
    new = [
        match.group()
        for match in _NAME.finditer(text)
        if _is_name(match) and not {word.stem for word in content_words(match.group())} <= query.terms.keys()
    ]
    return {name: float(bool(new)), "misfit": float(not new)}


def _is_name(match: re.Match[str]) -> bool:
    """Tell a proper name from the capital that begins a sentence."""
    return match.start() > 0 or len(match.group().split()) > 1


@cache
def _cue(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(table('answers')[kind])})(?!\w)")


def years_said(text: str) -> frozenset[int]:
    """Return the years that a text names."""
    return frozenset(int(quantity.value) for quantity in quantities(text) if quantity.unit == "year")

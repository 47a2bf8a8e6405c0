"""Understanding a French question: what is asked, about which year, and what a follow-up leans on.

Every rule is a line of `french/data/questions.toml`; none names an organisation or a report.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from ra_assistant.french.lexicon import STOP_WORDS, table
from ra_assistant.french.words import content_words, fold, stem, words
from ra_assistant.question_kinds import kind_of, pattern, told, unit_of
from ra_assistant.types import AnswerKind, Query, SmallTalk, Turn

MAX_QUESTION_CHARS = 2000
MAX_TURNS = 6
"""Turns of history that are looked at, the latest ones."""
COVID_YEAR = 2020
MOST_YEARS = 3
"""Years that a question may list to be asked year by year: as many passages are cited."""

_FRAME_WEIGHT = 0.25
_FORMER_WEIGHT = 0.6
_ANSWER_WEIGHT = 0.25
_ANSWER_CHARS = 300
"""How much of a former answer is looked at: what it says first."""
_EXPANDED_WEIGHT = 0.4

_FRAME_WORDS = frozenset(table("questions")["frame"]["words"].split())
_LIGHT_VERBS = frozenset(table("questions")["frame"]["light_verbs"].split())
_ENGLISH = frozenset(table("questions")["english"]["words"].split())
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_YEARS_LISTED = re.compile(
    r"(?P<between>\b(?:entre|between)\s+)?"
    r"(?P<years>(?<!\d)(?:19|20)\d{2}(?:(?:\s*[,/&]\s*|\s*,?\s+(?:et|ou|puis|and|or)\s+)"
    r"(?:(?:en|pour|de|in|for)\s+)?(?:19|20)\d{2}(?!\d))+)",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
_SHORT_FORM = re.compile(r"(?<![\w’'-])[^\W_]+(?![\w’'-])")
_THAT = re.compile(r"\b(?:ca|cela)\b")
_NAME = re.compile(r"(?<![.!?«] )\b[A-ZÉÈÀÂÎÔÇŒ][\w’'-]{2,}")


def clean_question(text: str) -> str:
    """Return `text` without control and format characters, blanks folded, in Unicode normal form C."""
    kept = "".join(" " if char in "\n\r\t" else char for char in unicodedata.normalize("NFC", text))
    visible = (char for char in kept if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co"})
    return _SPACES.sub(" ", "".join(visible)).strip()


def understand(
    question: str, history: Sequence[Turn], latest_year: int | None, *, civil: bool = True
) -> Query:
    """Return what a cleaned question asks, read after the conversation so far.

    Args:
        question: cleaned by `clean_question`.
        history: former turns, oldest first, as the client tells them.
        latest_year: year of the newest report, which « cette année » and « l'an dernier » refer to.
        civil: whether « bonjour » is small talk rather than a word to search.
    """
    spelled = spell_out(question)
    former = _former_question(history[-MAX_TURNS:], latest_year)
    small_talk = small_talk_of(spelled) if civil else None
    # « À quoi ça sert ? » asks about the assistant at first, about what was spoken of later.
    is_of_former = small_talk is SmallTalk.ABILITIES and former is not None and _THAT.search(fold(spelled))
    if small_talk is not None and not is_of_former:
        return Query(text=question, terms={}, small_talk=small_talk)
    if former is None or not leans_on_former(spelled):
        return _alone(spelled, latest_year)
    return _joined(spelled, former, history[-1], latest_year)


def spell_out(question: str, acronyms: Mapping[str, str] | None = None) -> str:
    """Return the question with SMS spelling written out: « cb » gives « combien ».

    Args:
        question: as it was typed.
        acronyms: those of the reports, by their folded form: « jsp » is written as the report writes it, never out.
    """
    sms: Mapping[str, str] = table("questions")["sms"]
    kept = acronyms or {}

    def written(match: re.Match[str]) -> str:
        word = match.group()
        form = fold(word)
        return word if word.isupper() or form not in sms else kept.get(form, sms[form])

    return _SHORT_FORM.sub(written, question)


def small_talk_of(question: str) -> SmallTalk | None:
    """Return the kind of a message that is nothing but a civility or asks about the assistant itself."""
    text = fold(question).strip(" .!?…,;:)(-")
    if not text:
        return None
    for kind in SmallTalk:
        if _whole(kind.value).fullmatch(text):
            return kind
    return None


@cache
def _whole(kind: str) -> re.Pattern[str]:
    data = table("questions")["small_talk"]
    openers = "|".join(data["openers"])
    body = "|".join(data[kind])
    return re.compile(rf"(?:(?:{openers})[ ,!.]*)*(?:{body})(?:[ ,!.?]*(?:{openers}))*[ !.?]*")


def question_words() -> frozenset[str]:
    """Return the words that questions are made of, whatever they ask: « combien », « quelle »."""
    return _FRAME_WORDS | frozenset(word for word in STOP_WORDS if len(word) > 3)


def is_english(question: str) -> bool:
    """Tell whether a question is written in English: more of its grammar's words than of French's."""
    forms = [word.form for word in words(question)]
    english = sum(form in _ENGLISH for form in forms)
    return english > 0 and english > sum(form in STOP_WORDS and form not in _ENGLISH for form in forms)


class AcronymBook:
    """Acronyms and what they stand for, searched one for the other."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        """Keep the acronyms `pairs`, each with the words it stands for."""
        self._pairs = [
            ("".join(filter(str.isalnum, fold(short))), fold(short), fold(long), frozenset(_terms(long)))
            for short, long in pairs.items()
        ]

    def expand(self, query: Query) -> Query:
        """Return the query with the words of its acronyms, and the acronyms of its words."""
        added: dict[str, float] = {}
        others: list[str] = []
        for key, short, long, terms in self._pairs:
            if key in query.terms or stem(key) in query.terms:
                weight = max(query.terms.get(key, 0.0), query.terms.get(stem(key), 0.0))
                added |= dict.fromkeys(terms, _EXPANDED_WEIGHT * weight)
                others.append(long)
            elif terms and terms <= query.terms.keys():
                added[stem(key)] = _EXPANDED_WEIGHT
                others.append(short)
        if not added:
            return query
        return replace(query, terms=added | query.terms, spelled_out=tuple(others))


def is_order(question: str) -> bool:
    """Tell whether a message orders the assistant about instead of asking the report."""
    return pattern("orders", "any").search(fold(question)) is not None


def leans_on_former(question: str) -> bool:
    """Tell whether a question needs the former turn to be understood."""
    text = fold(question).strip(" .!?…")
    data = table("questions")["follow_up"]
    if pattern("follow_up", "whole").fullmatch(text):
        return True
    if re.match(rf"(?:{'|'.join(data['beginnings'])})\b", text):
        return True
    bearing = _bearing(question)
    if _vague().issuperset(bearing):
        return True
    anaphoric = (
        pattern("follow_up", "anaphora").search(_without_inversion(text))
        or pattern("follow_up", "objects").search(text)
        or _pronoun_asked().match(text)
    )
    return anaphoric is not None and not any(_NAME.finditer(question[1:])) and len(bearing) <= 4


def _without_inversion(text: str) -> str:
    """Drop the pronoun of « Genopole a-t-il », which repeats a subject instead of replacing it."""
    return re.sub(r"(?<=\w)-(?:t-)?(?:il|elle|ils|elles|on)\b", "", text)


@cache
def _pronoun_asked() -> re.Pattern[str]:
    """Return what matches a folded question whose subject is a pronoun behind the verb, and no other."""
    data = table("questions")["follow_up"]
    openers, asking, clitics, impersonal = (
        "|".join(data[key]) for key in ("openers", "asking", "clitics", "impersonal")
    )
    return re.compile(
        rf"(?:(?:{openers}) )?(?:(?:{asking})(?<!')\s|(?:{asking})(?<='))?(?!(?:{impersonal}))(?:{clitics})*"
        r"\w+-(?:t-)?(?:ils?|elles?)\b"
    )


def names_of(question: str) -> frozenset[str]:
    """Return the stems of the words written with a capital, the first word of the question left out."""
    first = next((word for word in words(question)), None)
    return frozenset(
        word.stem
        for word in content_words(question)
        if question[word.start].isupper() and first is not None and word.start > first.start
    )


def compares_years(question: str, latest_year: int | None) -> bool:
    """Tell whether a question compares two years, whether it names them or not."""
    if pattern("evolution", "both").search(fold(question)):
        return True
    if kind_of(question) is not AnswerKind.COMPARISON:
        return False
    return (
        len(years_of(question, latest_year)) > 1
        or pattern("evolution", "any").search(fold(question)) is not None
    )


def year_by_year(query: Query) -> tuple[Query, ...]:
    """Return a question on several years, « en 2020 et en 2021 », as one question a year; empty for any other.

    A question that compares them, or asks whether something is so, is left whole.
    """
    if query.kind in {AnswerKind.COMPARISON, AnswerKind.YES_NO}:
        return ()
    listed = _YEARS_LISTED.search(query.text)
    if listed is None or listed["between"]:
        return ()
    years = tuple(dict.fromkeys(int(year) for year in _YEAR.findall(listed["years"])))
    if not 1 < len(years) <= MOST_YEARS or set(years) != set(query.years):
        return ()
    return tuple(
        replace(
            query,
            text=f"{query.text[: listed.start('years')]}{year}{query.text[listed.end('years') :]}",
            terms={
                term: weight
                for term, weight in query.terms.items()
                if term == str(year) or not _is_year(term)
            },
            years=(year,),
            said=frozenset(),
            spans_years=False,
        )
        for year in years
    )


def years_of(question: str, latest_year: int | None) -> tuple[int, ...]:
    """Return the years that a question names, in figures or in words, in order, once each."""
    text = fold(question)
    years = [int(match.group()) for match in _YEAR.finditer(text)]
    if pattern("years", "covid").search(text):
        years.append(COVID_YEAR)
    if len(years) < 2 and (years or latest_year is not None):
        # « L'année d'avant » is the one before that which is named, or before that of the newest report.
        shifts = {"last": -1, "next": 1} if years else {"latest": 0, "last": -1, "next": 1}
        base = years[0] if years else latest_year or 0
        years += [base + shift for key, shift in shifts.items() if pattern("years", key).search(text)]
    return tuple(dict.fromkeys(years))


@cache
def _frame() -> frozenset[str]:
    return frozenset(stem(word) for word in _FRAME_WORDS)


@cache
def _vague() -> frozenset[str]:
    """Return the stems of words that ask for more about a thing without naming it."""
    return frozenset(stem(word) for word in table("questions")["follow_up"]["vague"].split())


def _is_year(form: str) -> bool:
    return _YEAR.fullmatch(form) is not None


def _terms(question: str, weight: float = 1.0) -> dict[str, float]:
    found: dict[str, float] = {}
    for word in content_words(question):
        frame = word.stem in _frame() or word.form in _LIGHT_VERBS
        found[word.stem] = max(found.get(word.stem, 0.0), weight * (_FRAME_WEIGHT if frame else 1.0))
    return found


def _beside(kind: AnswerKind) -> dict[str, float]:
    """Return words that stand beside what a kind of question asks, with a low weight."""
    return {stem(word): _EXPANDED_WEIGHT for word in table("questions")["beside"].get(kind.value, "").split()}


def _alone(question: str, latest_year: int | None) -> Query:
    kind = kind_of(question)
    return Query(
        text=told(question),
        terms=_beside(kind) | _terms(question),
        kind=kind,
        years=years_of(question, latest_year),
        names=names_of(question),
        unit=unit_of(question),
        spans_years=compares_years(question, latest_year),
    )


def _former_question(history: Sequence[Turn], latest_year: int | None) -> Query | None:
    """Return the last question of a conversation, itself read after the ones before it."""
    former: Query | None = None
    for turn in history:
        question = spell_out(_asked(clean_question(turn.question[:MAX_QUESTION_CHARS])))
        if not question or small_talk_of(question) is not None:
            continue
        if former is not None and leans_on_former(question):
            former = _joined(question, former, Turn(question), latest_year)
        else:
            former = _alone(question, latest_year)
    return former


def _asked(text: str) -> str:
    """Leave out what follows the last question of a message, such as « merci » or « réponds brièvement »."""
    return text[: text.rfind("?") + 1] or text


def _joined(question: str, former: Query, last: Turn, latest_year: int | None) -> Query:
    """Read a follow-up: what it does not say is taken from the question before it."""
    relative = latest_year
    if former.years:
        relative = former.years[-1]
    years = years_of(question, relative)
    kind = kind_of(question)
    inherits = kind is AnswerKind.THING and not _common_words(question)
    terms = {name: weight * _FORMER_WEIGHT for name, weight in former.terms.items()}
    if years:
        terms = {name: weight for name, weight in terms.items() if not _is_year(name)}
    for name, weight in (_said(last.answer) | _beside(kind) | _terms(question)).items():
        terms[name] = max(terms.get(name, 0.0), weight)
    return Query(
        text=_standalone(question, former, years),
        terms=terms,
        kind=former.kind if inherits else kind,
        years=years or former.years,
        names=names_of(question) or former.names,
        unit=unit_of(question) or (former.unit if inherits else ""),
        said=frozenset(_terms(last.answer[:MAX_QUESTION_CHARS])),
        is_follow_up=True,
        spans_years=compares_years(question, latest_year) or (inherits and former.spans_years),
    )


def _bearing(question: str) -> list[str]:
    return [w.stem for w in content_words(question) if w.stem not in _frame() and not _is_year(w.form)]


def _common_words(question: str) -> list[str]:
    """Return the bearing words that are not proper names: « et sa durée ? » asks for something else."""
    names = {word.stem for match in _NAME.finditer(question) for word in words(match.group())}
    return [stem for stem in _bearing(question) if stem not in names]


def _standalone(question: str, former: Query, years: Iterable[int]) -> str:
    """Put the former question and the follow-up into one: « Et en 2021 ? » only changes the year."""
    years = tuple(years)
    if years and former.years and _vague().issuperset(_bearing(question)):
        return _of_years(former.text, years)
    return f"{former.text} {question}"


def _of_years(text: str, years: Sequence[int]) -> str:
    """Put other years in the place of those that a question names first."""
    named = _YEARS_LISTED.search(text) or _YEAR.search(text)
    if named is None:
        return text
    put = "en " if named.re is _YEARS_LISTED and named["between"] else ""
    rest = _YEAR.sub(str(years[-1]), text[named.end() :])
    return f"{text[: named.start()]}{put}{_listing(years)}{rest}"


def _listing(years: Sequence[int]) -> str:
    """Return « 2019, 2020 et 2021 »."""
    return " et ".join(filter(None, (", ".join(map(str, years[:-1])), str(years[-1]))))


def _said(answer: str) -> dict[str, float]:
    """Return the stems of what a former answer said first, with a low weight."""
    return {name: _ANSWER_WEIGHT for name in _terms(answer[:_ANSWER_CHARS]) if not _is_year(name)}

"""Starter questions: made from sentences of the documents, shown only once proved to be answered by them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Any

from ra_assistant.types import Answer, Document, Outcome, Passage, Span
from ra_assistant.wording import CHAT

if TYPE_CHECKING:
    from ra_assistant.assembly import Assistant

SHOWN = 4
MAX_ASKED = 8
"""Questions of each form that are put to the assistant at most."""
MOST_DOCUMENTS = 50
"""Documents that questions are made of, the newest: a server opens as fast on ten thousand."""
MAX_CHARS = 80
"""Longest starter: two lines on a phone."""

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


@dataclass(frozen=True, slots=True)
class Starter:
    """A question that one stretch of one document should answer."""

    question: str
    document_id: str
    span: Span
    about: str = ""
    """Whom or what the question is about; empty where it counts things."""
    answers: tuple[Answer, ...] = field(default=(), compare=False, repr=False)
    """What was answered when it was proved, ever longer."""


def proved_starters(assistant: Assistant, count: int = SHOWN) -> tuple[Starter, ...]:
    """Return at most `count` questions that the assistant answers from the very words they were made of.

    Forms and documents alternate, what the reports speak of most first, then the latest years; headings
    come in where sentences run out. Two that differ by the year alone come only when there are too few.
    The same index always gives the same questions.
    """
    *forms, headings = _candidates(assistant)
    chosen: dict[str, Starter] = {}
    spare: list[Starter] = []
    for starter in chain(
        _alternated(_proved(form, assistant) for form in forms), _proved(headings, assistant)
    ):
        if chosen.setdefault(without_year(starter.question), starter) != starter:
            spare.append(starter)
        if len(chosen) == count:
            break
    return tuple([*chosen.values(), *spare][:count])


def candidates(assistant: Assistant) -> Iterator[Starter]:
    """Yield questions that the documents may answer, none of them proved; forms and documents alternate."""
    *forms, headings = _candidates(assistant)
    return chain(_alternated(forms), headings)


def wished(question: str, assistant: Assistant) -> Starter | None:
    """Return a question of the organisation's with the report's words that answer it; None when none do."""
    answers = tuple(assistant.answerer.stream(question))
    if answers[-1].outcome is not Outcome.ANSWERED or not answers[-1].citations:
        return None
    first = answers[-1].citations[0]
    return Starter(question, first.document.id, Span(first.start, first.end), answers=answers)


def proven(starter: Starter, assistant: Assistant) -> Starter | None:
    """Return a question with its answers when they come from the stretch that it was made of; None otherwise."""
    found = wished(starter.question, assistant)
    if (
        found is None
        or found.document_id != starter.document_id
        or found.span.start >= starter.span.end
        or starter.span.start >= found.span.end
    ):
        return None
    return replace(starter, answers=found.answers)


def without_year(question: str) -> str:
    """Return what two questions have in common that differ by the year alone."""
    return _YEAR.sub("", question)


def _candidates(assistant: Assistant) -> list[Iterable[Starter]]:
    """Return what each form gives, the headings last."""
    newest = sorted(assistant.documents, key=lambda document: (-(document.year or 0), document.id))
    documents = newest[:MOST_DOCUMENTS]
    own: dict[str, list[Passage]] = {document.id: [] for document in documents}
    for passage in assistant.passages:
        if passage.document_id in own:
            own[passage.document_id].append(passage)
    forms: list[Iterable[Starter]] = [
        _by_weight(
            _alternated(
                _from_sentences(form, document, _sentences(own[document.id], document))
                for document in documents
            ),
            documents,
        )
        for form in _table()["forms"]
    ]
    return [*forms, _alternated(_from_headings(document) for document in documents)]


def _proved(starters: Iterable[Starter], assistant: Assistant) -> Iterator[Starter]:
    tried = (proven(starter, assistant) for starter in islice(starters, MAX_ASKED))
    return (starter for starter in tried if starter is not None)


def _alternated(groups: Iterable[Iterable[Starter]]) -> Iterator[Starter]:
    """Yield the first of each group, then the second of each, and so on."""
    rounds = zip_longest(*groups)
    return (starter for starter in chain.from_iterable(rounds) if starter is not None)


def _by_weight(starters: Iterable[Starter], documents: Sequence[Document]) -> list[Starter]:
    """Sort starters: what is named most often first, figures of the publisher's own before those of others."""
    known = {document.id: document for document in documents}

    def weight(starter: Starter) -> int:
        if starter.about:
            return sum(document.text.count(starter.about) for document in documents)
        document = known[starter.document_id]
        sentence = document.text[starter.span.start : starter.span.end]
        return int(bool(document.publisher) and sentence.startswith(document.publisher or ""))

    return sorted(starters, key=weight, reverse=True)


def _sentences(passages: Iterable[Passage], document: Document) -> Iterator[tuple[Span, str]]:
    for passage in passages:
        for span in passage.sentences:
            yield span, document.text[span.start : span.end].strip()


def _from_sentences(
    form: str, document: Document, sentences: Iterable[tuple[Span, str]]
) -> Iterator[Starter]:
    pattern = _pattern(form)
    for span, sentence in sentences:
        match = pattern.search(sentence)
        question = _question(form, match, sentence, document.year) if match else ""
        if question and len(question) <= MAX_CHARS:
            found = match.groupdict() if match else {}
            yield Starter(question, document.id, span, found.get("thing") or found.get("person") or "")


def _from_headings(document: Document) -> Iterator[Starter]:
    for section in document.sections:
        if section.path and section.path[-1] != document.title:
            question = CHAT["heading_starter"].format(heading=section.path[-1].strip(" .:"))
            if len(question) <= MAX_CHARS:
                yield Starter(question, document.id, Span(section.start, section.end))


def _question(form: str, match: re.Match[str], sentence: str, reported: int | None) -> str:
    found = match.groupdict()
    if form == "quantity":
        return _quantity(found["things"], sentence, reported)
    if form == "date":
        return _date(found)
    if form == "definition":
        thing = _inside(found["thing"])
        key = "elided_definition_starter" if _elides(thing) else "definition_starter"
        return CHAT[key].format(thing=thing)
    return CHAT[f"{form}_starter"].format(**found)


def _quantity(things: str, sentence: str, reported: int | None) -> str:
    """Return « Combien de brevets en 2023 ? »; empty where the sentence names another year, or a unit."""
    years = {int(year) for year in _YEAR.findall(sentence)}
    first = things.split()[0]
    if len(years) != 1 or (reported is not None and reported not in years) or first in _units():
        return ""
    key = "elided_quantity_starter" if _elides(first) else "quantity_starter"
    return CHAT[key].format(things=things, year=years.pop())


def _date(found: dict[str, str]) -> str:
    """Return « Quand la halle a-t-elle été ouverte ? » for « La halle a été ouverte le 3 mai 2023 »."""
    masculine, feminine = _table()["inverted"][found["auxiliary"]]
    inverted = feminine if "e" in found["ending"].removeprefix("e") else masculine
    auxiliary = f"{inverted} {_table()['inverted']['been']}"
    return CHAT["date_starter"].format(
        thing=_inside(found["thing"]), auxiliary=auxiliary, participle=found["participle"]
    )


def _inside(thing: str) -> str:
    """Return a noun as it stands inside a sentence: its article without a capital."""
    article = re.match(r"(?:Les?|La)\s|L’", thing)
    return thing[0].lower() + thing[1:] if article else thing


def _elides(word: str) -> bool:
    return word[0].lower() in _table()["elision"]["before"]


@cache
def _units() -> frozenset[str]:
    return frozenset(_table()["units"]["words"].split())


@cache
def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(_table()["forms"][form])


@cache
def _table() -> dict[str, Any]:
    text = resources.files("ra_assistant.interfaces").joinpath("data/starters.toml").read_text("utf-8")
    return tomllib.loads(text)

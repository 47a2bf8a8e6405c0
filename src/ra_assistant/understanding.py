"""How questions about a corpus are read: spelling against its words, its acronyms, English in its French words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ra_assistant import questions
from ra_assistant.answering import Understanding
from ra_assistant.english_words import EnglishWords
from ra_assistant.fitted import MODELS
from ra_assistant.french.words import fold
from ra_assistant.speaking import known_words
from ra_assistant.types import Query

if TYPE_CHECKING:
    from ra_assistant.lexical import Bm25Index


def understanding_of(lexical: Bm25Index) -> Understanding:
    """Return how questions about the texts of an index are read."""
    return Understanding(
        questions.clean_question,
        _mender(lexical),
        _expander(lexical),
        questions.understand,
        questions.year_by_year,
        questions.is_order,
        questions.MAX_QUESTION_CHARS,
    )


def known_share(query: Query, lexical: Bm25Index) -> float:
    """Return how much of a question's words, by their weight, the texts of an index hold."""
    total = sum(query.terms.values())
    known = sum(weight for term, weight in query.terms.items() if lexical.knows(term))
    return known / total if total else 0.0


def _expander(lexical: Bm25Index) -> Callable[[Query], Query]:
    acronyms = questions.AcronymBook(lexical.acronyms)
    english = EnglishWords(MODELS / "english.json", lexical.knows)

    def expanded(query: Query) -> Query:
        return acronyms.expand(english.expand(query) if questions.is_english(query.text) else query)

    return expanded


def _mender(lexical: Bm25Index) -> Callable[[str], str]:
    """Return what mends the spelling of French questions: « cest koi » is short on purpose, and written out before."""
    from ra_assistant.spelling import Speller

    speller = Speller(known_words(), lexical.forms, lexical.document_frequency, questions.question_words())
    acronyms = {fold(short): short for short in lexical.acronyms}

    def mended(asked: str) -> str:
        return asked if questions.is_english(asked) else speller.mend(questions.spell_out(asked, acronyms))

    return mended

"""Choosing the sentences that answer: features of a question and a sentence, weighed by a fitted model.

The features say how much of the question a sentence covers, whether it holds the kind of thing
asked, whether its year is the one asked, and what the span reader found in its passage. What they
weigh is fitted by `training/ranker.py` on openly licensed questions, split by document.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ra_assistant.answer_kinds import (
    contact_told,
    fit,
    gives_another_rank,
    is_of_kind,
    says_the_contrary,
    spelled_out,
)
from ra_assistant.editions import newest_years
from ra_assistant.french.words import Word, content_words, words
from ra_assistant.passage_reading import Reading, Sentence, read_passage, stems_of
from ra_assistant.ports import LexicalIndex, SentenceScorer
from ra_assistant.scoring import Scorer
from ra_assistant.types import AnswerKind, Document, Hit, Passage, Query, Span
from ra_assistant.word_vectors import Rows, WordVectors

_KEPT_READINGS = 20_000
_MOST_ODDS = 8.0
_BODY_WEIGHT = 0.25
"""What a word of the report's own name or title weighs."""
_OLD_YEARS = 5
"""Years after which a sentence is old, however old."""


@dataclass(frozen=True, slots=True)
class SpanGuess:
    """What the span reader says of the stretch of a passage that it read."""

    window: Span
    """What was read, as offsets in the document."""
    answerable: float
    """Log-odds that it answers the question."""
    spans: tuple[tuple[Span, float], ...]
    """Best spans, as offsets in the document, with their score; best first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer."""

    passage: Passage
    span: Span
    features: Mapping[str, float]
    score: float
    """Log-odds that the sentence answers."""
    answer: Span | None
    """The words that answer, inside the sentence, when the reader marks some."""


class Ranker:
    """Scores the sentences of the retrieved passages."""

    def __init__(
        self,
        documents: Mapping[str, Document],
        lexical: LexicalIndex,
        passage_count: int,
        scorer: Scorer,
        sentences: SentenceScorer | None = None,
        first_scorer: Scorer | None = None,
        vectors: WordVectors | None = None,
    ) -> None:
        """Use `scorer` on the features of a candidate, `first_scorer` as long as no reader has spoken."""
        self._vectors = vectors
        self._documents = documents
        self._lexical = lexical
        self._passage_count = passage_count
        self._scorer = scorer
        self._first_scorer = scorer if first_scorer is None else first_scorer
        self._sentences = sentences
        self._newest = newest_years(documents.values())
        self._readings: dict[str, Reading] = {}

    def candidates(self, query: Query, hits: Sequence[Hit]) -> list[Candidate]:
        """Return the sentences of `hits`, best first by what needs no reader, ties in reading order.

        Args:
            query: the question as it was understood.
            hits: passages, best first.
        """
        idf = {term: weight * self._idf(term) for term, weight in query.terms.items()}
        asked = self._asked(query, idf)
        best = hits[0].score if hits else 1.0
        found: list[Candidate] = []
        cosines = {hit.passage.id: self._cosines(query, hit.passage) for hit in hits}
        nearest = max((cosine for row in cosines.values() for cosine in row), default=0.0)
        for rank, hit in enumerate(hits):
            shared = {"passage": hit.score / best if best else 0.0, "rank": 1.0 / (1 + rank)}
            nearness = [{"cosine": c, "cosine_gap": c - nearest} for c in cosines[hit.passage.id]]
            found.extend(self._candidates(query, idf, asked, hit.passage, shared, nearness))
        return _scored(found, self._first_scorer)

    def reranked(
        self, query: Query, candidates: Sequence[Candidate], guesses: Mapping[str, SpanGuess]
    ) -> list[Candidate]:
        """Return the candidates, best first, with what the reader says of them.

        Args:
            query: the question as it was understood.
            candidates: as `candidates` returned them.
            guesses: what the reader says, by passage id; nothing for a passage that it did not read.
        """
        surest = max((guess.answerable for guess in guesses.values()), default=0.0)
        first = max((candidate.score for candidate in candidates), default=0.0)
        heard = [
            self._heard(query, candidate, guesses.get(candidate.passage.id), surest, candidate.score - first)
            for candidate in candidates
        ]
        return _scored(heard, self._scorer)

    def _heard(
        self, query: Query, candidate: Candidate, guess: SpanGuess | None, surest: float, gap: float
    ) -> Candidate:
        """Return a candidate with what the reader says; `gap` is how far it was from the best before."""
        features = {**candidate.features, "first_score": candidate.score / 10, "first_gap": gap}
        answer = _reader_features(features, guess, candidate.span, surest)
        document = self._documents[candidate.passage.document_id]
        for name, told in (("fit_spelled_out", spelled_out), ("fit_contact", contact_told)):
            if features.get(name):
                start = candidate.span.start
                said = told(query, document.text[start : candidate.span.end])
                answer = said and Span(start + said.start, start + said.end)
        if answer is not None:
            features |= _answer_features(query, document.text[answer.start : answer.end])
        return replace(candidate, features=features, answer=answer)

    def _idf(self, term: str) -> float:
        frequency = self._lexical.document_frequency(term)
        return math.log(1 + (self._passage_count - frequency + 0.5) / (frequency + 0.5))

    def _candidates(
        self,
        query: Query,
        idf: Mapping[str, float],
        asked: Rows,
        passage: Passage,
        shared: Mapping[str, float],
        nearness: Sequence[Mapping[str, float]],
    ) -> Iterator[Candidate]:
        reading = self._read(passage)
        # Whose report it is goes without saying in most of its sentences.
        idf = {term: weight * (_BODY_WEIGHT if term in reading.body else 1.0) for term, weight in idf.items()}
        total = sum(idf.values()) or 1.0
        wide = sum(idf[term] for term in idf if term in reading.stems or term in reading.heading) / total
        within = reading.stems | reading.heading
        soft = self._soft(asked, reading)
        weights = np.array([*idf.values()], dtype=np.float32) / total

        def reached(stems: frozenset[str], near: Rows) -> npt.NDArray[np.float32]:
            """Return how far each term is there, 0 to 1: as it is, or by a word near it in meaning."""
            exact = np.array([term in stems for term in idf], dtype=np.float32)
            found: npt.NDArray[np.float32] = np.maximum(exact, soft[:, near].max(axis=1, initial=0.0))
            return found

        whole = reached(within, np.arange(len(reading.rows), dtype=np.intp))
        shared = {
            **shared,
            "near_missing": float((weights * (1 - whole)).max(initial=0.0)),
            "missing_top": max((idf[term] for term in idf if term not in within), default=0.0) / total,
            "unknown_missing": max(
                (
                    1.0 - float(there)
                    for term, there in zip(idf, whole, strict=True)
                    if query.terms[term] >= 1.0
                    and not (term[0].isdigit() or self._lexical.document_frequency(term))
                ),
                default=0.0,
            ),
            "name_missing": float(not query.names <= within),
            "follow_up": float(query.is_follow_up),
            "asked_terms": min(1.0, len(query.terms) / 8),
            "head_cover": sum(idf[term] for term in idf if term in reading.nearest) / total,
        }
        previous: frozenset[str] = frozenset()
        heading = reached(reading.heading, reading.near_heading)
        before = np.zeros_like(heading)
        for rank, sentence in enumerate(reading.sentences):
            own = sentence.stems
            near = (term for term in idf if term in own or term in previous or term in reading.heading)
            features = {
                **shared,
                **(nearness[rank] if nearness else {}),
                **sentence.shape,
                "cover_passage": wide,
            }
            features["cover"] = sum(idf[term] for term in idf if term in own) / total
            features["cover_near"] = sum(idf[term] for term in near) / total
            here = reached(own, sentence.near)
            features["near_cover"] = float(weights @ here)
            features["near_around"] = float(weights @ np.maximum(here, np.maximum(before, heading)))
            features["label_missed"] = _missed(sentence, idf, soft)
            features["contrary"] = float(says_the_contrary(query, own))
            features["rank_other"] = float(gives_another_rank(query, sentence.text))
            if query.said:
                features["said_before"] = len(own & query.said) / max(1, len(own))
            features["head_item"] = (
                features["head_cover"] * features["item"] * (query.kind is AnswerKind.LIST)
            )
            features |= fit(query, sentence.text)
            features[f"asks_{query.kind.value}"] = 1.0
            features |= self._time(query, passage, sentence, reading)
            yield Candidate(passage, sentence.span, features, 0.0, None)
            previous, before = own, here

    def _asked(self, query: Query, terms: Iterable[str]) -> Rows:
        """Return the number of each term's vector, -1 where it has none."""
        if self._vectors is None:
            return np.full(len([*terms]), -1, dtype=np.intp)
        typed = {word.stem: word for word in content_words(query.text)}
        rows = (self._vectors.row(typed.get(term, Word(0, 0, term, term))) for term in terms)
        return np.array([-1 if row is None else row for row in rows], dtype=np.intp)

    def _soft(self, asked: Rows, reading: Reading) -> npt.NDArray[np.float32]:
        """Return how near each term is to each word of a passage, shape (terms, words)."""
        found = np.zeros((len(asked), len(reading.rows)), dtype=np.float32)
        known = np.flatnonzero(asked >= 0)
        if self._vectors is not None and len(known) and len(reading.rows):
            found[known] = self._vectors.nearness(asked[known], reading.rows)
        return found

    def _cosines(self, query: Query, passage: Passage) -> Sequence[float]:
        return () if self._sentences is None else self._sentences.cosines(query.text, passage)

    def _read(self, passage: Passage) -> Reading:
        """Return what is known of a passage, kept for the next question."""
        known = self._readings.get(passage.id)
        if known is None:
            if len(self._readings) >= _KEPT_READINGS:
                self._readings.clear()
            document = self._documents[passage.document_id]
            known = self._readings[passage.id] = read_passage(document, passage, self._vectors)
        return known

    def _time(self, query: Query, passage: Passage, sentence: Sentence, reading: Reading) -> dict[str, float]:
        if not query.years:
            return self._age(query, passage.document_id, sentence, reading)
        if not sentence.years.isdisjoint(query.years):
            return {"year_said": 1.0}
        if sentence.years:
            return {"year_other": 1.0}
        if not reading.years.isdisjoint(query.years):
            return {"year_placed": 1.0}
        return {"year_elsewhere": float(bool(reading.years))}

    def _age(self, query: Query, document_id: str, sentence: Sentence, reading: Reading) -> dict[str, float]:
        """Say how old a sentence is beside the newest edition of its report, for a question without a year.

        What a page without a year says of an older one is superseded as a former edition is.
        """
        newest, year = self._newest.get(document_id), self._documents[document_id].year
        if newest is None:
            return {}
        said = max(sentence.years or reading.years, default=newest)
        age = min(1.0, max(0, newest - said) / _OLD_YEARS)
        is_former = float((said if year is None else year) < newest)
        return {"superseded": is_former, "age": age, "age_figure": age * (query.kind is AnswerKind.QUANTITY)}


def _missed(sentence: Sentence, idf: Mapping[str, float], soft: npt.NDArray[np.float32]) -> float:
    """Return how far the first cell of a row is from every word asked, 0 to 1; 0 without one."""
    if not sentence.label:
        return 0.0
    is_asked = any(term in sentence.label for term in idf)
    return 0.0 if is_asked else 1.0 - float(soft[:, sentence.near_label].max(initial=0.0))


def _scored(candidates: Sequence[Candidate], scorer: Scorer) -> list[Candidate]:
    """Return the candidates with their log-odds, best first, ties in the order given."""
    scores = scorer([candidate.features for candidate in candidates])
    scored = [replace(candidate, score=score) for candidate, score in zip(candidates, scores, strict=True)]
    return sorted(scored, key=lambda candidate: -candidate.score)


def _answer_features(query: Query, text: str) -> dict[str, float]:
    """Say of the words that the reader marks whether they are of the kind asked, and not the question's own."""
    own = stems_of(text)
    return {
        "answer_said": float(bool(own) and own <= query.terms.keys()),
        "answer_misfit": float(not is_of_kind(query.kind, text)),
        "answer_words": min(1.0, len(words(text)) / 20),
    }


def _reader_features(
    features: dict[str, float], guess: SpanGuess | None, sentence: Span, surest: float
) -> Span | None:
    """Add what the reader says of the sentence; return the words it marks there.

    A sentence's share is the probability that the reader gives to the spans inside it, among the best
    spans of what it read.
    """
    if guess is None or not _holds(guess.window, sentence):
        features["unread"] = 1.0
        return None
    odds = max(-_MOST_ODDS, min(_MOST_ODDS, guess.answerable))
    features["reader_passage"] = odds
    features["reader_gap"] = max(-2 * _MOST_ODDS, guess.answerable - surest)
    inside = [rank for rank, (span, _) in enumerate(guess.spans) if _holds(sentence, span)]
    if not inside:
        features["reader_absent"] = 1.0
        return None
    top = guess.spans[0][1]
    weights = [math.exp(max(-30.0, score - top)) for _, score in guess.spans]
    share = sum(weights[rank] for rank in inside) / sum(weights)
    features["reader_share"] = share
    features["reader_first"] = float(inside[0] == 0)
    features["reader_sure"] = share / (1 + math.exp(-odds))
    features["reader_logits"] = guess.spans[inside[0]][1] / 10
    return guess.spans[inside[0]][0]


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end

"""From a question to a cited answer, or to a refusal that shows what the report does say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ra_assistant.composing import compose, one_a_year
from ra_assistant.errors import QuestionRefused
from ra_assistant.focusing import Window, windows
from ra_assistant.french.numbers import uncut
from ra_assistant.ports import Retriever, SpanReader, SpanReading
from ra_assistant.quoting import clip
from ra_assistant.ranking import Candidate, Ranker, SpanGuess
from ra_assistant.remembering import Memory
from ra_assistant.scoring import Scorer
from ra_assistant.superlatives import extreme
from ra_assistant.types import (
    Answer,
    AnswerKind,
    Citation,
    Document,
    Hit,
    Outcome,
    Query,
    SmallTalk,
    Span,
    Turn,
)
from ra_assistant.verifying import violations

RETRIEVED = 12
"""Passages whose sentences are compared."""
LEAST_READ, MOST_READ = 2, 4
"""Passages that the span reader reads, at least and at most (ADR 62), one after the other."""
SURE = 2.0
"""Log-odds of an answer from which on no more passages are read (ADR 66)."""
NAMED_ROW_SHARE = 0.5
"""Share of the threshold that is asked of a table whose rows and column the question names (`superlatives.py`)."""
FAR = 4.0
"""How far, in log-odds before any is read, the best sentence of a passage may be below the best of all to be read."""
SUGGESTED = 3
REMEMBERED = 200
"""Answers to questions asked outside a conversation that are kept, in memory only: those that are offered, mostly."""
UNREAD = -2.0
"""Log-odds that the reader is taken to give where it has read nothing."""
MOST_SURE = 3
"""Candidates that are asked whether the reader is sure of them."""
SPEAKS_OF_IT = 0.6
"""Share of a question's words, by weight, that a sentence about the same thing holds."""
SPEAKS_OF_ANOTHER_YEAR = 0.4
"""The same for a sentence of another year, which lacks the year at least."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """The sentences that are not the report's: French, from the wording."""

    not_in_report: str
    nothing_near: str
    near_miss: Mapping[AnswerKind, str]
    """What to say when the nearest sentence speaks of it and lacks the kind of thing asked for."""
    another_year: str
    """What to say when the nearest sentence speaks of it for another year."""
    that_year: str
    """How one year's part of an answer is said, with `{year}` and `{answer}`."""
    not_the_others: str
    """What follows when some of the years asked for have no answer."""
    yes: str
    no: str
    order_refused: str
    small_talk: Mapping[SmallTalk, str]


@dataclass(frozen=True, slots=True)
class Understanding:
    """How questions are read; functions of the craft that knows French questions."""

    clean: Callable[[str], str]
    mend: Callable[[str], str]
    expand: Callable[[Query], Query]
    understand: Callable[[str, Sequence[Turn], int | None], Query]
    year_by_year: Callable[[Query], Sequence[Query]]
    is_order: Callable[[str], bool]
    max_chars: int


@dataclass(frozen=True, slots=True)
class Considered:
    """A question with its answer and what it was answered from."""

    query: Query
    answer: Answer
    candidates: Sequence[Candidate] = ()
    """Sentences of the passages found, best first; empty for what asks nothing of the reports."""
    is_order: bool = False
    """Whether the visitor orders the assistant about, instead of asking."""


@dataclass(frozen=True, slots=True)
class RefusalModel:
    """Calibrated probability that one of the best candidates answers, from what is known of them."""

    scorer: Scorer
    threshold: float

    def probability(self, query: Query, candidates: Sequence[Candidate], known_share: float) -> float:
        """Return a probability, 0 to 1; 0 without candidates."""
        if not candidates:
            return 0.0
        (odds,) = self.scorer([refusal_features(query, candidates, known_share)])
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def refusal_features(query: Query, candidates: Sequence[Candidate], known_share: float) -> dict[str, float]:
    """Return what tells an answerable question from another, for its ranked candidates."""
    best = candidates[0]
    rival = next((c for c in candidates[1:] if c.passage.id != best.passage.id), None)
    parts = [math.exp(max(-30.0, candidate.score - best.score)) for candidate in candidates]
    return {
        "share": 1 / sum(parts),
        "share_quoted": sum(parts[:MOST_SURE]) / sum(parts),
        "surest": max(candidate.features.get("reader_passage", UNREAD) for candidate in candidates),
        "strongest": max(candidate.features.get("reader_logits", -1.0) for candidate in candidates),
        "score": best.score,
        "margin": min(5.0, best.score - rival.score) if rival else 5.0,
        "known": known_share,
        "unknown_any": float(known_share < 1),
        "follow_up": float(query.is_follow_up),
        "terms": min(1.0, len(query.terms) / 8),
        "nearest": max(candidate.features.get("cosine", 0.0) for candidate in candidates),
        "widest": max(candidate.features.get("cover", 0.0) for candidate in candidates),
        "sure_ones": sum(candidate.features.get("reader_sure", 0.0) for candidate in candidates[:MOST_SURE]),
        **{f"best_{name}": value for name, value in best.features.items()},
    }


class ExtractiveAnswerer:
    """Answers in the report's own words."""

    def __init__(
        self,
        documents: Sequence[Document],
        retriever: Retriever,
        ranker: Ranker,
        refusal: RefusalModel,
        understanding: Understanding,
        phrases: Phrases,
        known_share: Callable[[Query], float],
        rival_share: float,
        reader: SpanReader | None = None,
        build_id: str = "",
    ) -> None:
        self._documents = {document.id: document for document in documents}
        self._retriever = retriever
        self._ranker = ranker
        self._refusal = refusal
        self._understanding = understanding
        self._phrases = phrases
        self._known_share = known_share
        self._rival_share = rival_share
        self._reader = reader
        self._build_id = build_id
        self._memory = Memory[Answer](REMEMBERED)
        years = {document.year for document in documents if document.year is not None}
        self._latest_year = max(years, default=None)
        self._by_year = {
            year: frozenset(document.id for document in documents if document.year == year) for year in years
        }

    def ask(
        self, question: str, history: Sequence[Turn] = (), within: frozenset[str] | None = None
    ) -> Answer:
        """Return the complete answer.

        Args:
            question: as the visitor typed it.
            history: former turns, oldest first; what they cite is never trusted.
            within: ids of the only documents to search; None searches everything.

        Raises:
            QuestionRefused: the question is empty or too long.
        """
        if history or within is not None:
            return self.consider(question, history, within).answer
        answer = self._memory.get(question)
        if answer is None:
            answer = self.consider(question).answer
            self._memory.keep(question, answer)
        return answer

    def consider(
        self, question: str, history: Sequence[Turn] = (), within: frozenset[str] | None = None
    ) -> Considered:
        """Return the complete answer with what it rests on; takes and raises what `ask` does."""
        cleaned = self._admit(question)
        query = self._understood(cleaned, history)
        if query.small_talk is not None:
            text = self._phrases.small_talk[query.small_talk]
            return Considered(
                query, self._signed(Answer(text, Outcome.SMALL_TALK, standalone_question=cleaned))
            )
        if self._understanding.is_order(cleaned):
            refused = Answer(self._phrases.order_refused, Outcome.NOT_IN_REPORT, standalone_question=cleaned)
            return Considered(query, self._signed(refused), is_order=True)
        answer, candidates = self._answer(query, within)
        return Considered(query, self._signed(replace(answer, standalone_question=query.text)), candidates)

    def understood(self, question: str, history: Sequence[Turn] = ()) -> Query:
        """Return what a question asks.

        Raises:
            QuestionRefused: the question is empty or too long.
        """
        return self._understood(self._admit(question), history)

    def _understood(self, cleaned: str, history: Sequence[Turn]) -> Query:
        spelled = self._understanding.mend(cleaned)
        query = self._understanding.understand(spelled, history, self._latest_year)
        return self._understanding.expand(query)

    def stream(
        self, question: str, history: Sequence[Turn] = (), within: frozenset[str] | None = None
    ) -> Iterator[Answer]:
        """Yield ever longer answers, the complete one last; citations come with the last."""
        yield from typed(self.ask(question, history, within))

    def _admit(self, question: str) -> str:
        limit = self._understanding.max_chars
        if len(question) > 10 * limit:
            raise QuestionRefused(
                f"{len(question)} characters, at most {limit}", reason="too_long", limit=limit
            )
        cleaned = self._understanding.clean(question)
        if not any(map(str.isalnum, cleaned)):
            raise QuestionRefused(
                "no letter in the question; expected a sentence", reason="empty", limit=limit
            )
        if len(cleaned) > limit:
            raise QuestionRefused(
                f"{len(cleaned)} characters, at most {limit}", reason="too_long", limit=limit
            )
        return cleaned

    def _answer(self, query: Query, within: frozenset[str] | None) -> tuple[Answer, Sequence[Candidate]]:
        apart = self._understanding.year_by_year(query)
        return (apart and self._year_by_year(apart, within)) or self._answer_at_once(query, within)

    def _year_by_year(
        self, apart: Sequence[Query], within: frozenset[str] | None
    ) -> tuple[Answer, Sequence[Candidate]] | None:
        """Return what each year's question is answered, in one answer; None when that is no better."""
        parts: list[tuple[int, Answer]] = []
        contexts: list[str] = []
        found: list[Candidate] = []
        for query in apart:
            hits = self._hits(query, (), within)
            answer, candidates = self._answered(query, hits, (), math.inf)
            found += candidates
            if answer.outcome is Outcome.ANSWERED:
                parts.append((query.years[0], answer))
                contexts.append(self._around(answer.citations[0], hits))
        if not parts:
            return None
        last = "" if len(parts) == len(apart) else self._phrases.not_the_others
        whole = one_a_year(parts, self._phrases.that_year, last)
        if violations(whole, dict(enumerate(contexts, 1))):
            return None
        return whole, sorted(found, key=lambda candidate: -candidate.score)

    def _answer_at_once(
        self, query: Query, within: frozenset[str] | None
    ) -> tuple[Answer, Sequence[Candidate]]:
        sides = self._sides(query)
        hits = self._hits(query, sides, within)
        return self._answered(query, hits, sides, self._rival_share)

    def _answered(
        self, query: Query, hits: Sequence[Hit], sides: Sequence[int], rival_share: float
    ) -> tuple[Answer, Sequence[Candidate]]:
        candidates = self.candidates(query, hits)
        probability = self._refusal.probability(query, candidates, self._known_share(query))
        row = extreme(query, candidates, self._documents) if candidates and not sides else None
        least = self._refusal.threshold * (NAMED_ROW_SHARE if row else 1.0)
        unlikely = not candidates or probability < least
        if unlikely or _is_of_another_year(query, candidates):
            return self._not_in_report(query, candidates, probability), candidates
        verdicts = {True: self._phrases.yes, False: self._phrases.no}
        answer = compose(
            replace(query, kind=AnswerKind.THING) if row else query,
            [row] if row else candidates,
            self._documents,
            rival_share,
            sides,
            verdicts,
        )
        contexts = {citation.marker: self._around(citation, hits) for citation in answer.citations}
        if violations(answer, contexts):
            return self._not_in_report(query, candidates, probability), candidates
        return replace(answer, probability=probability), candidates

    def _sides(self, query: Query) -> tuple[int, ...]:
        """Return the years that a question compares, when there is a report for each; empty else."""
        if not query.spans_years or len(self._by_year) < 2:
            return ()
        if len(query.years) > 1:
            named = tuple(year for year in query.years if year in self._by_year)
            return named if len(named) > 1 else ()
        latest = query.years[0] if query.years and query.years[0] in self._by_year else max(self._by_year)
        other = max((year for year in self._by_year if year < latest), default=None)
        if other is None:
            other = min(year for year in self._by_year if year > latest)
        return tuple(sorted((latest, other)))

    def _hits(self, query: Query, sides: Sequence[int], within: frozenset[str] | None) -> list[Hit]:
        """Return the passages to look at; for a comparison as many of each year."""
        if not sides:
            return self._retriever.retrieve(query, RETRIEVED, within)
        hits: list[Hit] = []
        for year in sides:
            documents = self._by_year[year] if within is None else self._by_year[year] & within
            hits += self._retriever.retrieve(query, RETRIEVED // len(sides), documents)
        return sorted(hits, key=lambda hit: -hit.score)

    def candidates(self, query: Query, hits: Sequence[Hit]) -> list[Candidate]:
        """Return the sentences of `hits`, best first, the span reader heard when there is one."""
        first = self._ranker.candidates(query, hits)
        if self._reader is None or not first:
            return first
        return self._ranker.reranked(query, first, self._guesses(self._reader, query, first))

    def _guesses(
        self, reader: SpanReader, query: Query, candidates: Sequence[Candidate]
    ) -> dict[str, SpanGuess]:
        """Read the two likeliest windows, then others that are likely enough, until one answers surely."""
        guesses: dict[str, SpanGuess] = {}
        for window in windows(candidates)[:MOST_READ]:
            surest = max((guess.answerable for guess in guesses.values()), default=0.0)
            is_far = window.score < candidates[0].score - FAR
            if len(guesses) >= LEAST_READ and (is_far or surest >= SURE):
                break
            passage = (window.passage.heading, window.text)
            [reading] = reader.read(query.text, [passage], parts=[window.rows])
            guesses[window.passage.id] = _guess(window, reading)
        return guesses

    def _around(self, citation: Citation, hits: Sequence[Hit]) -> str:
        return "\n".join(
            hit.passage.searchable_text
            for hit in hits
            if hit.passage.document_id == citation.document.id
            and hit.passage.start < citation.end
            and citation.start < hit.passage.end
        )

    def _not_in_report(self, query: Query, candidates: Sequence[Candidate], probability: float) -> Answer:
        nearest: dict[str, Candidate] = {}
        for candidate in candidates:
            if not candidate.features.get("heading"):
                nearest.setdefault(candidate.passage.id, candidate)
        suggestions: list[Citation] = []
        for candidate in list(nearest.values())[:SUGGESTED]:
            document = self._documents[candidate.passage.document_id]
            span = clip(document.text, candidate.span, Span(candidate.span.start, candidate.span.start + 1))
            suggestions.append(Citation(len(suggestions) + 1, document, span.start, span.end))
        return Answer(
            self._refusal_sentence(query, candidates) if suggestions else self._phrases.nothing_near,
            Outcome.NOT_IN_REPORT,
            suggestions=tuple(suggestions),
            probability=probability,
        )

    def _refusal_sentence(self, query: Query, candidates: Sequence[Candidate]) -> str:
        """Say what is missing when the nearest sentence speaks of the thing that is asked about."""
        nearest = candidates[0].features
        if _is_of_another_year(query, candidates) and nearest.get("cover", 0.0) >= SPEAKS_OF_ANOTHER_YEAR:
            return self._phrases.another_year
        if nearest.get("misfit") and nearest.get("cover", 0.0) >= SPEAKS_OF_IT:
            return self._phrases.near_miss.get(query.kind, self._phrases.not_in_report)
        return self._phrases.not_in_report

    def _signed(self, answer: Answer) -> Answer:
        return replace(answer, build_id=self._build_id)


def _is_of_another_year(query: Query, candidates: Sequence[Candidate]) -> bool:
    """Tell whether the best sentence names years, and none of those that the question writes out."""
    written = query.years and all(str(year) in query.text for year in query.years)
    return bool(written and not query.spans_years and candidates[0].features.get("year_other"))


def typed(answer: Answer) -> Iterator[Answer]:
    """Yield ever longer parts of a complete answer, then the answer; citations come with the last."""
    position = answer.text.find(" ")
    while position != -1:
        yield replace(answer, text=answer.text[:position], citations=(), suggestions=(), is_final=False)
        position = answer.text.find(" ", position + 24)
    yield answer


def _guess(window: Window, reading: SpanReading) -> SpanGuess:
    origin = window.span.start
    spans = ((*uncut(window.text, span.start, span.end), span.score) for span in reading.spans)
    placed = tuple((Span(origin + start, origin + end), score) for start, end, score in spans)
    return SpanGuess(window.span, reading.answerable, placed)

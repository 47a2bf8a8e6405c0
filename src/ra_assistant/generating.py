"""From the passages that answer to an answer that a language model phrases, every sentence of it verified.

The question is understood, the passages are found and a refusal is decided before any model is asked. What
the model says is checked sentence by sentence; whatever it does, the visitor gets one answer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from time import monotonic

from ra_assistant.answering import Considered, ExtractiveAnswerer, typed
from ra_assistant.claim_form import shingles
from ra_assistant.errors import ModelUnavailable
from ra_assistant.evidence import Evidence
from ra_assistant.model_account import Account, Unforeseen, log_account
from ra_assistant.model_guard import VISITOR
from ra_assistant.model_voice import Spent, Voice, tokens_of
from ra_assistant.ports import SentenceScorer
from ra_assistant.prompting import (
    again_messages,
    answer_messages,
    manner_of,
    prompt_hash,
    rewrite_messages,
)
from ra_assistant.remembering import Memory
from ra_assistant.rewriting import standalone
from ra_assistant.sentence_feed import SentenceFeed
from ra_assistant.speech import Speech, SpeechPhrases
from ra_assistant.summarising import Summaries
from ra_assistant.types import USUAL, Answer, Document, Manner, Message, Outcome, Passage, Turn
from ra_assistant.verifying import violations

PASSAGES = 6
"""Passages that the model is given."""
PASSAGE_CHARS = 9000
"""All of them together."""
MAX_SAID_CHARS = 6000
"""What a model may say in all before it is left."""
SURE_FOLLOW_UP = 0.8
"""Probability of an answer from which on a follow-up is understood well enough."""
GAIN = 0.05
"""Probability that a follow-up written out must gain to take its place."""
REWRITE_SECONDS = 3.0
REWRITE_TOKENS = 100
AGAIN_SECONDS = 2.0
"""Time that must be left to ask for refused sentences once more."""


class GenerativeAnswerer:
    """Answers in a model's words, verified, or in the report's."""

    def __init__(
        self,
        extractive: ExtractiveAnswerer,
        documents: Sequence[Document],
        voice: Voice,
        memory: Memory[Answer],
        phrases: SpeechPhrases,
        max_tokens: int,
        scorer: SentenceScorer | None = None,
        is_common: Callable[[str], bool] = lambda _: True,
        summaries: Summaries | None = None,
        build_id: str = "",
    ) -> None:
        self._extractive = extractive
        self._documents = {document.id: document for document in documents}
        self.voice = voice
        """Asks the model."""
        self.guard = voice.guard
        """What limits the use of the model; of the process, not of this build."""
        self.memory = memory
        """Whole answers, by build, model, prompt and question."""
        self._phrases = phrases
        self._max_tokens = max_tokens
        self._scorer = scorer
        self._is_common = is_common
        self._summaries = summaries
        self._build_id = build_id
        self.hearers: list[Callable[[Account], None]] = [log_account]
        """Who hears what each question to the model came to."""

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        within: frozenset[str] | None = None,
        manner: Manner = USUAL,
    ) -> Answer:
        """Return the complete answer; takes and raises what `stream` does."""
        *_, answer = self.stream(question, history, within, manner)
        return answer

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        within: frozenset[str] | None = None,
        manner: Manner = USUAL,
    ) -> Iterator[Answer]:
        """Yield ever longer answers made of verified sentences, the complete one last.

        Whatever fails once the report's own answer is known, of ours or of the model's, that answer is given.

        Args:
            question: as the visitor typed it.
            history: former turns, oldest first.
            within: ids of the only documents to search; None searches everything.
            manner: how the answer is wanted; the question may say it too.

        Raises:
            QuestionRefused: the question is empty or too long.
        """
        started = monotonic()
        own = self._extractive.consider(question, history, within)
        spent = Spent(VISITOR.get())
        spoken = self._spoken(own, question, history, within, manner, started, spent)
        with Unforeseen() as met, closing(spoken) as answers:
            for answer in answers:
                yield _counted(answer, spent)
        if met.error:
            seconds = monotonic() - started
            self._tell(
                Account(
                    own.answer,
                    "fault",
                    met.error,
                    tokens_in=spent.tokens_in,
                    tokens_out=spent.tokens_out,
                    seconds=seconds,
                )
            )
            yield from typed(_counted(own.answer, spent))

    def _spoken(
        self,
        own: Considered,
        question: str,
        history: Sequence[Turn],
        within: frozenset[str] | None,
        manner: Manner,
        started: float,
        spent: Spent,
    ) -> Generator[Answer, None, None]:
        """Yield what `stream` does; `own` is the report's answer."""
        considered, passages, task = self._considered(own, question, history, within, spent)
        if considered.answer.outcome is not Outcome.ANSWERED:
            yield from typed(considered.answer)
            return
        manner = manner_of(considered.query.text, manner)
        places = passages or self._passages(considered)
        # What a follow-up finds depends on what was said before, which its own words do not tell.
        found = (considered.answer.text, *(passage.id for passage, _ in places))
        key = (self._build_id, self.voice.name, prompt_hash(), considered.query.text, manner, within, found)
        kept = self.memory.get(key)
        if kept is not None:
            yield from typed(kept)
            return
        evidence = self.evidence(places)
        shown = [(evidence.heading(n), evidence.shown(n)) for n in range(1, len(evidence.passages) + 1)]
        messages = answer_messages(considered.query.text, shown, manner, task)
        tokens = tokens_of(messages) + self._max_tokens
        refused = self.guard.admit(tokens, spent.visitor)
        if refused:
            self._tell(Account(considered.answer, refused))
            yield from typed(considered.answer)
            return
        try:
            yield replace(considered.answer, text="", citations=(), highlights=(), is_final=False)
            conversation = _Conversation(self, considered, evidence, messages, started, spent)
            yield from conversation.partial_answers()
            answer = conversation.finished()
        finally:
            self.guard.leave()
        if answer.model and not answer.shortened and not conversation.failure:
            self.memory.keep(key, answer)
        self._tell(conversation.account(answer))
        if answer.model:
            yield answer
        else:
            yield from typed(answer)

    def _considered(
        self,
        considered: Considered,
        question: str,
        history: Sequence[Turn],
        within: frozenset[str] | None,
        spent: Spent,
    ) -> tuple[Considered, Sequence[tuple[Passage, Document]], str]:
        """Return what is asked with the report's own answer, the passages of a summary, and the task."""
        if history and considered.candidates and considered.answer.probability < SURE_FOLLOW_UP:
            considered = self._gained(considered, question, history, within, spent)
        if self._summaries is not None and considered.query.small_talk is None and not considered.is_order:
            summary = self._summaries.wanted(considered.query, within)
            if summary is not None:
                own = replace(summary.considered.answer, build_id=self._build_id)
                return replace(summary.considered, answer=own), summary.passages, "summary"
        return considered, (), "comparison" if considered.query.spans_years else "answer"

    def _gained(
        self,
        considered: Considered,
        question: str,
        history: Sequence[Turn],
        within: frozenset[str] | None,
        spent: Spent,
    ) -> Considered:
        """Return a follow-up as the model writes it out, when the reports surely answer that better."""
        text = self._rewritten(question, history, spent)
        if not text:
            return considered
        other = self._extractive.consider(text, (), within)
        gain = other.answer.probability - considered.answer.probability
        return other if other.answer.outcome is Outcome.ANSWERED and gain >= GAIN else considered

    def _rewritten(self, question: str, history: Sequence[Turn], spent: Spent) -> str:
        messages = rewrite_messages(question, history)
        if self.guard.admit(tokens_of(messages) + REWRITE_TOKENS, spent.visitor):
            return ""
        try:
            with closing(self.voice.said(messages, monotonic() + REWRITE_SECONDS, spent)) as pieces:
                return standalone(pieces, question, history, self._is_common)
        except ModelUnavailable:
            return ""
        finally:
            self.guard.leave()

    def _tell(self, account: Account) -> None:
        for hearer in self.hearers:
            hearer(account)

    def evidence(self, passages: Sequence[tuple[Passage, Document]]) -> Evidence:
        """Return passages with their documents as they are numbered for the model, and checked."""
        return Evidence(passages, self._scorer, self._is_common)

    def _passages(self, considered: Considered) -> list[tuple[Passage, Document]]:
        """Return the passages to give: those that the report's own answer cites first, then the best others."""
        cited = [(citation.document.id, citation.start) for citation in considered.answer.citations]
        found: dict[str, Passage] = {}
        for candidate in considered.candidates:
            found.setdefault(candidate.passage.id, candidate.passage)
        first = [
            passage
            for document_id, start in cited
            for passage in found.values()
            if passage.document_id == document_id and passage.start <= start < passage.end
        ]
        chosen: dict[str, Passage] = {}
        room = PASSAGE_CHARS
        for passage in [*first, *found.values()]:
            if len(chosen) < PASSAGES and passage.id not in chosen and len(passage.text) <= room:
                chosen[passage.id] = passage
                room -= len(passage.text)
        return [(passage, self._documents[passage.document_id]) for passage in chosen.values()]

    @property
    def model_name(self) -> str:
        """`provider:name`."""
        return self.voice.name

    @property
    def phrases(self) -> SpeechPhrases:
        """The sentences that are neither the model's nor the report's."""
        return self._phrases


class _Conversation:
    """One question put to the model."""

    def __init__(
        self,
        answerer: GenerativeAnswerer,
        considered: Considered,
        evidence: Evidence,
        messages: Sequence[Message],
        started: float,
        spent: Spent,
    ) -> None:
        self._answerer = answerer
        self._considered = considered
        self._messages = messages
        self._done_by = started + answerer.voice.patience.whole
        system = frozenset().union(*(shingles(m.content) for m in messages if m.role == "system"))
        self.speech = Speech(considered, evidence, system, answerer.phrases)
        self.failure = ""
        self._started = started
        self._first_seconds: float | None = None
        self._spent = spent

    def account(self, answer: Answer) -> Account:
        """Return what the question came to, once it has its answer."""
        return Account(
            answer,
            self.failure,
            faults=tuple(self.speech.faults),
            said=self.speech.heard,
            tokens_in=self._spent.tokens_in,
            tokens_out=self._spent.tokens_out,
            first_seconds=self._first_seconds,
            seconds=monotonic() - self._started,
        )

    def partial_answers(self) -> Iterator[Answer]:
        """Yield the answer so far after each sentence that may be shown."""
        yield from self._heard(self._messages)
        refused = self.speech.refused()
        left = self._done_by - monotonic()
        if refused and not self.failure and left > AGAIN_SECONDS:
            self.speech.begin_again()
            yield from self._heard(
                again_messages(self._messages, self.speech.all_said[:MAX_SAID_CHARS], refused)
            )
            self.failure = ""

    def _heard(self, messages: Sequence[Message]) -> Iterator[Answer]:
        feed = SentenceFeed()
        length = 0
        try:
            with closing(self._answerer.voice.said(messages, self._done_by, self._spent)) as pieces:
                for text in pieces:
                    length += len(text)
                    for sentence in feed.feed(text[:MAX_SAID_CHARS]):
                        yield from self._taken(sentence)
                        if self.speech.is_over:
                            return
                    if length > MAX_SAID_CHARS:
                        self.failure = "endless"
                        return
            for sentence in feed.end():
                yield from self._taken(sentence)
        except ModelUnavailable as error:
            self.failure = error.reason

    def _taken(self, sentence: str) -> Iterator[Answer]:
        if self.speech.is_over or not self.speech.take(sentence):
            return
        if self._first_seconds is None:
            self._first_seconds = monotonic() - self._started
        partial = self._considered.answer
        yield replace(
            partial,
            text=self.speech.text,
            citations=(),
            highlights=(),
            is_final=False,
            model=self._answerer.model_name,
        )

    def finished(self) -> Answer:
        """Return the whole answer; the report's own words when nothing of the model's may be shown."""
        answer = self.speech.finished(cut=bool(self.failure))
        if answer is None:
            self.failure = self.failure or "nothing"
            return self._considered.answer
        if violations(answer, self.speech.contexts()):
            self.failure = "violations"
            return self._considered.answer
        return replace(answer, model=self._answerer.model_name, prompt=prompt_hash())


def _counted(answer: Answer, spent: Spent) -> Answer:
    """Return an answer with what it cost."""
    return replace(answer, tokens_in=spent.tokens_in, tokens_out=spent.tokens_out)

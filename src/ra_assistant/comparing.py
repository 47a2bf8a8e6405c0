"""The answers of a language model beside the report's own, over one question book.

Citation recall and precision follow ALCE (Gao et al., 2023): a statement is recalled when the passages that
it cites, together, support it; one of its citations is precise when the statement is recalled and the
citation supports it alone, or the others do not without it. What supports is decided by our own check,
the one that sentences pass before they are shown: the recall of what was shown is therefore an upper bound,
and the share of sentences withheld says what the model did by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean, median

from ra_assistant.books import Case
from ra_assistant.claim_form import MARKER, is_french
from ra_assistant.evaluating import Verdict, evaluate
from ra_assistant.evidence import Evidence
from ra_assistant.generating import GenerativeAnswerer
from ra_assistant.model_account import Account
from ra_assistant.supporting import check
from ra_assistant.types import Answer, Citation, Document, Outcome, Passage
from ra_assistant.verifying import one_line

EvidenceOf = Callable[[Sequence[tuple[Passage, Document]]], Evidence]
"""Numbers passages from 1, as they are numbered for a model."""
_STATEMENT = re.compile(r"[^\[\]]+(?:\[\d+\][ \u00a0]?)+[.!…]?|[^\[\]]+$")


@dataclass(frozen=True, slots=True)
class Score:
    """One kind of answers over one book; shares are between 0 and 1, None where nothing counts."""

    answered: int
    right: float | None
    """Of all questions: answered rightly, or rightly refused."""
    rightly_refused: float | None
    needlessly_refused: float | None
    recall: float | None
    """Statements that what they cite supports."""
    precision: float | None
    """Citations that their statement needs."""
    french: float | None
    words: float | None
    milliseconds: float
    """Median of a whole answer."""
    milliseconds_95: float


@dataclass(frozen=True, slots=True)
class Use:
    """What the model did over one book."""

    asked: int
    phrased: int
    """Answers in its words."""
    shortened: int
    said: int
    """Sentences."""
    withheld: Mapping[str, int]
    """Sentences withheld, by what was wrong, the most frequent first."""
    failures: Mapping[str, int]
    tokens_in: int
    tokens_out: int
    first_milliseconds: float | None
    """Median until the first verified sentence."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The report's answers and a model's, to the same questions, in the same run."""

    name: str
    """`provider:name`."""
    extractive: Score
    model: Score
    use: Use

    def as_json(self) -> dict[str, object]:
        """Return plain values."""
        return asdict(self)


@dataclass
class Accounts:
    """Hears what each question to the model came to."""

    heard: list[Account] = field(default_factory=list)

    def __call__(self, account: Account) -> None:
        """Hear one."""
        self.heard.append(account)

    def use(self) -> Use:
        """Return them together."""
        firsts = [1000 * row.first_seconds for row in self.heard if row.first_seconds is not None]
        return Use(
            asked=len(self.heard),
            phrased=sum(bool(row.answer.model) for row in self.heard),
            shortened=sum(row.answer.shortened for row in self.heard),
            said=sum(row.said for row in self.heard),
            withheld=_counted(fault for row in self.heard for fault in row.faults),
            failures=_counted(row.failure for row in self.heard if row.failure),
            tokens_in=sum(row.tokens_in for row in self.heard),
            tokens_out=sum(row.tokens_out for row in self.heard),
            first_milliseconds=median(firsts) if firsts else None,
        )


def compare(
    own: Sequence[Verdict], cases: Sequence[Case], speaker: GenerativeAnswerer, passages: Sequence[Passage]
) -> Comparison:
    """Ask a model the questions of a book, and put what came of it beside the report's own answers.

    Args:
        own: what came of the same questions without the model.
        cases: the questions, at least one.
        speaker: answers in the model's words.
        passages: those of the index.
    """
    accounts = Accounts()
    speaker.hearers.append(accounts)
    try:
        verdicts = evaluate(cases, speaker.ask, lambda *_: [], lambda *_: {})
    finally:
        speaker.hearers.remove(accounts)
    return Comparison(
        name=speaker.model_name,
        extractive=score(own, passages, speaker.evidence),
        model=score(verdicts, passages, speaker.evidence),
        use=accounts.use(),
    )


def score(verdicts: Sequence[Verdict], passages: Sequence[Passage], evidence_of: EvidenceOf) -> Score:
    """Return the measures of a non-empty list of verdicts.

    Args:
        verdicts: what came of each question.
        passages: those of the index, to find what a citation stands in.
        evidence_of: numbers passages.
    """
    answered = [v.answer for v in verdicts if v.answer.outcome is Outcome.ANSWERED]
    graded = [grade for answer in answered for grade in graded_statements(answer, passages, evidence_of)]
    asked = [v for v in verdicts if not v.case.must_refuse]
    refusable = [v for v in verdicts if v.case.must_refuse]
    times = sorted(v.milliseconds for v in verdicts)
    return Score(
        answered=len(answered),
        right=_mean([v.is_right for v in verdicts]),
        rightly_refused=_mean([v.is_right for v in refusable]),
        needlessly_refused=_mean([v.answer.outcome is not Outcome.ANSWERED for v in asked]),
        recall=_mean([is_recalled for is_recalled, _ in graded]),
        precision=_mean([is_precise for _, citations in graded for is_precise in citations]),
        french=_mean([is_french(MARKER.sub(" ", answer.text)) for answer in answered]),
        words=median(v.words for v in verdicts if v.answer.outcome is Outcome.ANSWERED) if answered else None,
        milliseconds=median(times),
        milliseconds_95=times[round(0.95 * (len(times) - 1))],
    )


def graded_statements(
    answer: Answer, passages: Sequence[Passage], evidence_of: EvidenceOf
) -> Iterator[tuple[bool, list[bool]]]:
    """Yield, for each statement of an answer, whether it is recalled, and whether each of its citations is precise."""
    for text in statements(answer):
        numbers = [int(number) for number in MARKER.findall(text)]
        cited = [citation for citation in answer.citations if citation.marker in numbers]
        statement = _Statement(
            MARKER.sub("", text).strip(" ."), [one_line(c.quote) for c in cited], evidence_of
        )
        found = [_place(citation, passages) for citation in cited]
        is_recalled = len(found) == len(set(numbers)) and statement.is_supported(found)
        yield (
            is_recalled,
            [
                is_recalled
                and (
                    statement.is_supported([place])
                    or not statement.is_supported([*found[:rank], *found[rank + 1 :]])
                )
                for rank, place in enumerate(found)
            ],
        )


def _place(citation: Citation, passages: Sequence[Passage]) -> tuple[Passage, Document]:
    """Return the passage that a citation begins in."""
    document = citation.document
    found = (p for p in passages if p.document_id == document.id and p.start <= citation.start < p.end)
    return next(found), document


@dataclass(frozen=True, slots=True)
class _Statement:
    text: str
    quotes: Sequence[str]
    """Words of the report that it may consist of."""
    evidence_of: EvidenceOf

    def is_supported(self, places: Sequence[tuple[Passage, Document]]) -> bool:
        """Tell whether passages support it together."""
        own = [quote for quote in self.quotes if quote in self.text]
        if own:
            held = [one_line(passage.text) for passage, _ in places]
            return any(quote in text for quote in own for text in held)
        markers = "".join(f"[{number}]" for number in range(1, len(places) + 1))
        return bool(places) and not check(f"{self.text} {markers}.", self.evidence_of(places)).fault


def statements(answer: Answer) -> list[str]:
    """Return what an answer states, each with the markers that follow it; a remark between brackets states nothing."""
    found = (match.group().strip(" .\u00a0") for match in _STATEMENT.finditer(answer.text))
    return [text for text in found if len(text) > 1 and not text.startswith("(")]


def cost(use: Use, price_in: float, price_out: float) -> float:
    """Return what the tokens cost, for prices by the million."""
    return (use.tokens_in * price_in + use.tokens_out * price_out) / 1_000_000


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())


def _mean(flags: Sequence[bool]) -> float | None:
    return fmean(flags) if flags else None

"""Running a question book and saying what came out, in numbers and failure by failure."""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter

from ra_assistant.books import Case
from ra_assistant.errors import QuestionRefused
from ra_assistant.french.words import fold
from ra_assistant.types import Answer, Hit, Outcome, Turn
from ra_assistant.verifying import violations

DEPTH = 10
"""Passages looked at to measure retrieval."""
_NUMBER = re.compile(r"[\d .,]+")
_BLANKS = re.compile(r"\s+")
_MARKER = re.compile(r"\[\d+\]")

Ask = Callable[[str, Sequence[Turn]], Answer]
Retrieve = Callable[[str, Sequence[Turn], int], Sequence[Hit]]
Measure = Callable[[Mapping[str, str | None], Mapping[str, Sequence[str]]], Mapping[str, Mapping[str, float]]]
"""From the relevant and the ranked passage ids of each question, the measures of each question."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one question."""

    case: Case
    answer: Answer
    is_right: bool
    """Answered with the words expected and a citation, or rightly refused."""
    page_is_right: bool | None
    """Whether a citation stands on the page expected; None when none is, or the answer is not right."""
    quotes_verbatim: bool
    figures_supported: bool
    words: int
    """Words of the answer, markers left out."""
    milliseconds: float
    measures: Mapping[str, float]
    """Retrieval measures of the question; empty for a question to refuse."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a group of questions; shares are between 0 and 1, None when nothing counts."""

    questions: int
    right: float
    answered_right: float | None
    """Of the questions with an answer."""
    needlessly_refused: float | None
    """Of the questions with an answer."""
    rightly_refused: float | None
    """Of the questions to refuse."""
    page_right: float | None
    quotes_verbatim: float
    figures_supported: float
    words_median: float
    milliseconds_median: float
    milliseconds_95: float
    measures: Mapping[str, float]


def evaluate(cases: Sequence[Case], ask: Ask, retrieve: Retrieve, measure: Measure) -> list[Verdict]:
    """Ask every question; return the verdicts, in order."""
    answers = [_asked(case, ask) for case in cases]
    ranked: dict[str, list[str]] = {}
    relevant: dict[str, str | None] = {}
    for number, case in enumerate(cases):
        if not case.must_refuse:
            hits = retrieve(case.question, case.history, DEPTH)
            ranked[str(number)] = [hit.passage.id for hit in hits]
            relevant[str(number)] = next((hit.passage.id for hit in hits if _holds(case, hit)), None)
    measures = measure(relevant, ranked)
    return [
        _verdict(case, answer, spent, measures.get(str(number), {}))
        for number, (case, (answer, spent)) in enumerate(zip(cases, answers, strict=True))
    ]


def _asked(case: Case, ask: Ask) -> tuple[Answer, float]:
    started = perf_counter()
    try:
        answer = ask(case.question, case.history)
    except QuestionRefused as error:
        answer = Answer(str(error), Outcome.NOT_IN_REPORT)
    return answer, (perf_counter() - started) * 1000


def _verdict(case: Case, answer: Answer, spent: float, measures: Mapping[str, float]) -> Verdict:
    text = _MARKER.sub(" ", answer.text)
    answered = answer.outcome is Outcome.ANSWERED
    if case.must_refuse:
        right = not answered
    else:
        right = answered and bool(answer.citations) and holds_groups(case.expected, text)
    wrongs = violations(answer) if answered else []
    return Verdict(
        case=case,
        answer=answer,
        is_right=right,
        page_is_right=_page_is_right(case, answer) if right and case.page is not None else None,
        quotes_verbatim=not any("slice" in wrong for wrong in wrongs),
        figures_supported=not any("figure" in wrong for wrong in wrongs),
        words=len(text.split()),
        milliseconds=spent,
        measures=measures,
    )


def _page_is_right(case: Case, answer: Answer) -> bool:
    return any(
        citation.document.page_at(citation.start) == case.page and case.is_in(citation.document.path)
        for citation in answer.citations
    )


def _holds(case: Case, hit: Hit) -> bool:
    return holds_groups(case.expected, hit.passage.searchable_text)


def holds_groups(groups: Sequence[Sequence[str]], text: str) -> bool:
    """Tell whether a text holds one alternative of each group.

    Case, accents and the kind of blanks do not count; a bare number is matched whole, so that « 13 »
    is not found in « 130 » nor in « 13,5 ».
    """
    folded = _BLANKS.sub(" ", fold(text))
    return all(any(_contains(alternative, folded) for alternative in group) for group in groups)


def _contains(alternative: str, folded: str) -> bool:
    wanted = _BLANKS.sub(" ", fold(alternative)).strip()
    if _NUMBER.fullmatch(wanted):
        return re.search(rf"(?<![\d.,]){re.escape(wanted)}(?!\d)(?![.,]\d)", folded) is not None
    return wanted in folded


def summarise(verdicts: Sequence[Verdict]) -> Summary:
    """Return the figures of a non-empty group of verdicts."""
    asked = [verdict for verdict in verdicts if not verdict.case.must_refuse]
    refusable = [verdict for verdict in verdicts if verdict.case.must_refuse]
    times = sorted(verdict.milliseconds for verdict in verdicts)
    names = sorted({name for verdict in asked for name in verdict.measures})
    pages = [verdict.page_is_right for verdict in verdicts if verdict.page_is_right is not None]
    return Summary(
        questions=len(verdicts),
        right=_share([verdict.is_right for verdict in verdicts]) or 0.0,
        answered_right=_share([verdict.is_right for verdict in asked]),
        needlessly_refused=_share([verdict.answer.outcome is not Outcome.ANSWERED for verdict in asked]),
        rightly_refused=_share([verdict.is_right for verdict in refusable]),
        page_right=_share([bool(page) for page in pages]),
        quotes_verbatim=_share([verdict.quotes_verbatim for verdict in verdicts]) or 0.0,
        figures_supported=_share([verdict.figures_supported for verdict in verdicts]) or 0.0,
        words_median=statistics.median(verdict.words for verdict in verdicts),
        milliseconds_median=statistics.median(times),
        milliseconds_95=times[min(len(times) - 1, round(0.95 * (len(times) - 1)))],
        measures={name: statistics.fmean(v.measures.get(name, 0.0) for v in asked) for name in names},
    )


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def by_kind(verdicts: Sequence[Verdict]) -> dict[str, Summary]:
    """Return the figures of each kind of question, in alphabetical order."""
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[verdict.case.kind].append(verdict)
    return {kind: summarise(group) for kind, group in sorted(groups.items())}


def calibration(verdicts: Sequence[Verdict], bins: int = 10) -> Iterator[tuple[float, float, int]]:
    """Yield, for each tenth of probability said, its mean, the share of right answers, and how many."""
    counts: Counter[int] = Counter()
    said: dict[int, float] = defaultdict(float)
    right: Counter[int] = Counter()
    for verdict in verdicts:
        place = min(bins - 1, int(verdict.answer.probability * bins))
        counts[place] += 1
        said[place] += verdict.answer.probability
        right[place] += verdict.is_right and not verdict.case.must_refuse
    for place in sorted(counts):
        yield said[place] / counts[place], right[place] / counts[place], counts[place]


def summary_json(summary: Summary) -> dict[str, object]:
    """Return a summary as plain values."""
    return asdict(summary)

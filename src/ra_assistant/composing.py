"""Putting an answer together from chosen sentences: what is quoted, in which order, how much of it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from ra_assistant.answer_kinds import begins_with_a_name, brings_a_name, is_of_kind, spelled_out, years_said
from ra_assistant.french.lexicon import table
from ra_assistant.french.numbers import quantities
from ra_assistant.french.words import content_words, fold
from ra_assistant.passage_reading import stems_of
from ra_assistant.quoting import MAX_QUOTE_CHARS, enumerated, quoted
from ra_assistant.ranking import Candidate
from ra_assistant.table_units import with_unit
from ra_assistant.types import Answer, AnswerKind, Citation, Document, Outcome, Query, Span
from ra_assistant.verifying import one_line

RIVAL_CHARS = 220
"""Longest quote of a sentence that comes after the best one."""
MAX_WORDS = 70
"""Longest answer, quotes included, save for a list given whole."""
MAX_CITATIONS = 3
MAX_LEAD_SHARE = 0.5
"""Words that answer are said before their sentence when they are at most this much of it."""
_LIKENESS = 5.0
"""Log-odds that a sentence gains when it has all the words of the other year's answer."""

_HARDLY = 2.0
"""Log-odds by which a sentence is hardly likelier than another."""

_ENUMERATION = re.compile(r"[,;\n]| (?:et|ou) ")


def compose(
    query: Query,
    candidates: Sequence[Candidate],
    documents: Mapping[str, Document],
    rival_share: float,
    sides: Sequence[int] = (),
    verdicts: Mapping[bool, str] | None = None,
) -> Answer:
    """Return the answer that the best candidates give; `candidates` holds at least one.

    Args:
        query: the question as it was understood.
        candidates: sentences, best first.
        documents: the corpus, by document id.
        rival_share: another sentence is quoted too when it is this many times as likely to answer as the
            best one, 0 to 1.
        sides: years to compare, each with its citation; empty when nothing is compared.
        verdicts: how « yes » and « no » are said; a question that a sentence settles is answered by one.
    """
    chosen = _chosen(_naming_first(query, candidates, documents), documents, rival_share, sides)
    if not sides:
        chosen = _year_first(query, chosen, documents)
    citations: list[Citation] = []
    parts: list[str] = []
    settled = None if sides or not verdicts else settles(query, _text(chosen[0], documents))
    lead = verdicts[settled] if verdicts and settled is not None else ""
    for candidate in chosen:
        document = documents[candidate.passage.document_id]
        quote = quoted(query, document, candidate, RIVAL_CHARS if parts and not sides else MAX_QUOTE_CHARS)
        if any(_overlap(quote, citation, document) for citation in citations):
            continue
        lead = lead or ("" if parts else _lead(query, candidate, quote, document))
        text = one_line(document.text[quote.start : quote.end])
        if parts and _count(" ".join([*parts, text])) > MAX_WORDS and query.kind is not AnswerKind.LIST:
            continue
        marker = len(citations) + 1
        citations.append(Citation(marker, document, quote.start, quote.end))
        parts.append(f"«\u00a0{text}\u00a0» [{marker}]")
    text = " ".join(parts)
    highlights: tuple[Span, ...] = ()
    if lead and settled is not None:
        text = f"{lead}\u00a0: {text}"
        highlights = (Span(0, len(lead)),)
    elif lead:
        text = f"{lead}. {text}" if lead[-1] not in ".!?…" else f"{lead} {text}"
        highlights = (Span(0, len(lead)),)
    first = chosen[0]
    marked = first.answer or first.span
    return Answer(
        text=text,
        outcome=Outcome.ANSWERED,
        citations=tuple(citations),
        highlights=highlights,
        span=(first.passage.document_id, marked.start, marked.end),
    )


def one_a_year(parts: Sequence[tuple[int, Answer]], that_year: str, last: str = "") -> Answer:
    """Return one answer made of the answers for several years, each on its line with its passage.

    Args:
        parts: years with their answers, one citation each; at least one.
        that_year: how a year's part is said, with `{year}` and `{answer}`.
        last: what is said after them.
    """
    first = parts[0][1]
    places = {(c.document.id, c.start, c.end) for _, answer in parts for c in answer.citations}
    probability = min(answer.probability for _, answer in parts)
    if (
        len(parts) > 1 and len(places) == 1
    ):  # one sentence tells them all: which words are whose, it says better
        start = first.highlights[0].end if first.highlights else 0
        return replace(first, text=first.text[start:].lstrip(" .!?…"), highlights=(), probability=probability)
    said: list[str] = []
    highlights: list[Span] = []
    citations: list[Citation] = []
    for year, answer in parts:
        (citation,) = answer.citations
        citations.append(replace(citation, marker=len(citations) + 1))
        told = answer.text.removesuffix(f"[{citation.marker}]") + f"[{len(citations)}]"
        part = that_year.format(year=year, answer=told)
        offset = len("\n".join([*said, ""])) + part.index(told)
        highlights += [Span(mark.start + offset, mark.end + offset) for mark in answer.highlights]
        said.append(part)
    return replace(
        first,
        text="\n".join([*said, last] if last else said),
        citations=tuple(citations),
        highlights=tuple(highlights),
        probability=probability,
    )


def settles(query: Query, sentence: str) -> bool | None:
    """Tell whether a sentence answers a yes-or-no question by yes or by no; None when it does not settle it.

    It settles a question whose every word it holds, the numbers and names among them, unless it speaks of
    plans, doubts or exceptions, or the question itself is negative.
    """
    if query.kind is not AnswerKind.YES_NO:
        return None
    asked, said = fold(query.text), fold(sentence)
    wanted = {term for term, weight in query.terms.items() if weight >= 1.0}
    if not wanted or not wanted <= stems_of(sentence):
        return None
    if _cue("unsettled").search(said) or _cue("negation").search(asked):
        return None
    return _cue("negation").search(said) is None


@cache
def _cue(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(table('answers')[kind])})(?!\w)")


def _count(text: str) -> int:
    return len(text.split())


def _chosen(
    candidates: Sequence[Candidate], documents: Mapping[str, Document], share: float, sides: Sequence[int]
) -> list[Candidate]:
    """Return the sentences to quote: one a side for a comparison, the best and its near rivals else."""
    best = candidates[0]
    if sides:
        found = [_side(candidates, documents, year, best) for year in sides]
        if any(side is not None for side in found):
            return [side for side in found if side is not None][:MAX_CITATIONS]
    chosen = [best]
    for candidate in candidates[1:]:
        if len(chosen) == MAX_CITATIONS or math.exp(min(0.0, candidate.score - best.score)) < share:
            break
        is_heading = bool(candidate.features.get("heading"))
        if is_heading or _of_another_year(candidate, best) or _says_the_same(candidate, chosen, documents):
            continue
        chosen.append(candidate)
    return chosen


def _naming_first(
    query: Query, candidates: Sequence[Candidate], documents: Mapping[str, Document]
) -> Sequence[Candidate]:
    """Put a sentence that names what is defined before one that does not and is hardly likelier."""
    if query.kind is not AnswerKind.DEFINITION:
        return candidates
    thing = {term for term, weight in query.terms.items() if weight >= 1.0}
    near = [c for c in candidates if candidates[0].score - c.score < _HARDLY]
    naming = next((c for c in near if not thing.isdisjoint(stems_of(_text(c, documents)))), None)
    return candidates if naming is None else [naming, *(c for c in candidates if c is not naming)]


def _of_another_year(candidate: Candidate, best: Candidate) -> bool:
    """Tell whether a sentence speaks of another year than the one that is asked about, which the best is of."""
    wrong = ("year_other", "year_elsewhere")
    return any(map(candidate.features.get, wrong)) and not any(map(best.features.get, wrong))


def _year_first(query: Query, chosen: list[Candidate], documents: Mapping[str, Document]) -> list[Candidate]:
    """Put a sentence of the year asked before a best one whose marked words are of another year.

    « 167 M€ en 2019, contre 300 en 2020 » comes after « 300 M€ ont été levés en 2020 ».
    """
    if not _is_of_another_year(query, chosen[0], documents[chosen[0].passage.document_id]):
        return chosen
    asked = set(query.years)
    for rank, candidate in enumerate(chosen):
        named = years_said(_text(candidate, documents))
        if named <= asked and (named or candidate.features.get("year_placed")):
            return [candidate, *chosen[:rank], *chosen[rank + 1 :]]
    return chosen


def _is_of_another_year(query: Query, candidate: Candidate, document: Document) -> bool:
    """Tell whether the year named nearest to the marked words, in their sentence, is not one that is asked for."""
    if candidate.answer is None or not query.years:
        return False
    sentence = document.text[candidate.span.start : candidate.span.end]
    start, end = candidate.answer.start - candidate.span.start, candidate.answer.end - candidate.span.start
    named = [
        (min(abs(quantity.start - end), abs(start - quantity.end)), int(quantity.value))
        for quantity in quantities(sentence)
        if quantity.unit == "year" and not start <= quantity.start < end
    ]
    return bool(named) and min(named)[1] not in query.years


def _side(
    candidates: Sequence[Candidate], documents: Mapping[str, Document], year: int, best: Candidate
) -> Candidate | None:
    """Return the sentence of a year's report that answers best and says it most like the best of all.

    Editions of a report say the same thing in nearly the same words: the sentence that answers for
    one year points to the one that answers for the other.
    """
    model = _things(_text(best, documents))

    def likeness(candidate: Candidate) -> float:
        own = _things(_text(candidate, documents))
        return len(own & model) / max(1, len(own | model))

    ours = [c for c in candidates if documents[c.passage.document_id].year == year]
    found = max(ours, key=lambda candidate: candidate.score + _LIKENESS * likeness(candidate), default=None)
    # Without a word in common, it is of something else.
    return found if found is best or (found is not None and likeness(found) > 0) else None


def _things(text: str) -> frozenset[str]:
    """Return the stems of a text without those of its quantities: « euros » says nothing of what is counted."""
    counted = quantities(text)
    return frozenset(
        word.stem for word in content_words(text) if not any(q.start <= word.start < q.end for q in counted)
    )


def _says_the_same(
    candidate: Candidate, chosen: Sequence[Candidate], documents: Mapping[str, Document]
) -> bool:
    return any(_text(candidate, documents) == _text(other, documents) for other in chosen)


def _text(candidate: Candidate, documents: Mapping[str, Document]) -> str:
    return documents[candidate.passage.document_id].text[candidate.span.start : candidate.span.end]


def _lead(query: Query, candidate: Candidate, quoted: Span, document: Document) -> str:
    """Return the words that answer, when they are of the kind asked and less than the quote that follows them."""
    answer = candidate.answer
    if answer is not None and query.kind is AnswerKind.LIST:
        answer = enumerated(document, candidate.span, answer)
    if answer is None or answer == quoted or not (quoted.start <= answer.start and answer.end <= quoted.end):
        return ""
    text = one_line(document.text[answer.start : answer.end]).strip(" ,;:–—-")
    if not text or _count(text) > MAX_LEAD_SHARE * _count(document.text[quoted.start : quoted.end]):
        return ""
    if not is_of_kind(query.kind, text) or not _is_whole(text):
        return ""
    if _is_of_another_year(query, candidate, document):
        return ""
    if query.kind is AnswerKind.PERSON and not brings_a_name(query, text):
        return ""
    if query.kind is AnswerKind.LIST and not _ENUMERATION.search(text):
        return ""
    if query.kind is AnswerKind.DEFINITION and not _defines(query, text):
        return ""
    text = with_unit(document, answer, text)
    return text if query.kind is AnswerKind.CONTACT else text[0].upper() + text[1:]


def _defines(query: Query, text: str) -> bool:
    """Tell whether words say what a thing or somebody is: more than one of them, not itself, nor another's name."""
    said = stems_of(text)
    is_told = len(said) > 1 and said.isdisjoint(query.terms) and not begins_with_a_name(text)
    return spelled_out(query, text) is not None or is_told


def _is_whole(text: str) -> bool:
    """Tell whether no bracket or quotation mark is left open or closed alone."""
    return all(text.count(left) == text.count(right) for left, right in ("()", "[]", "«»", "“”"))


def _overlap(quoted: Span, citation: Citation, document: Document) -> bool:
    """Tell whether a quote would repeat a part of another."""
    return citation.document.id == document.id and quoted.start < citation.end and citation.start < quoted.end

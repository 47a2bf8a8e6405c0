"""What a model has said so far to one question: the sentences kept, their citations, what was refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ra_assistant.answer_kinds import is_of_kind
from ra_assistant.answering import Considered
from ra_assistant.claim_form import MARKER, is_filler, tidy
from ra_assistant.evidence import Evidence
from ra_assistant.french.numbers import values
from ra_assistant.french.words import fold, stems
from ra_assistant.supporting import Checked, check
from ra_assistant.types import Answer, AnswerKind, Citation, Outcome, Span
from ra_assistant.verifying import one_line

MAX_SENTENCES = 9
MAX_MARKERS = 8
"""Citations of one answer: as many as the browser keeps of it."""
MAX_REFUSED = 6
"""Sentences refused after which the model is not listened to any more."""
MAX_REPEATED = 2
MAX_REPLACED = 2
_FACTS = frozenset({"figure", "name", "date", "pairing", "modifier", "contrary", "quote", "unsupported"})
"""Faults of a sentence in whose place the report's own may stand."""
_ASKED_AGAIN = _FACTS | {"no_marker", "unknown_marker"}


@dataclass(frozen=True, slots=True)
class SpeechPhrases:
    """The sentences that are neither the model's nor the report's: French, from the wording."""

    shortened: str
    """Said when something was left out."""
    interrupted: str
    """Said when nothing was, and the model stopped before its end."""
    completed: str
    """Said before the report's own sentence, with `{quote}`."""


@dataclass
class Speech:
    """Takes the sentences of a model one by one."""

    considered: Considered
    evidence: Evidence
    prompt: frozenset[tuple[str, ...]]
    phrases: SpeechPhrases
    is_over: bool = False
    faults: list[str] = field(default_factory=list)
    """Codes of what was refused, in order."""
    _kept: list[str] = field(default_factory=list)
    _cited: list[tuple[int, Span]] = field(default_factory=list)
    _refused: list[Checked] = field(default_factory=list)
    _seen: list[str] = field(default_factory=list)
    _said: list[str] = field(default_factory=list)
    _repeated: int = 0
    _is_again: bool = False
    _unmended: int = 0

    @property
    def text(self) -> str:
        """Return the answer so far."""
        return " ".join(self._kept)

    @property
    def heard(self) -> int:
        """Return how many sentences the model said, politeness left out."""
        return len(self._seen)

    @property
    def all_said(self) -> str:
        """Return what the model said, refused sentences included."""
        return " ".join(self._said)

    def take(self, sentence: str) -> bool:
        """Hear one sentence; tell whether it may be shown."""
        self._said.append(sentence)
        bare = MARKER.sub("", tidy(sentence)).strip()
        if is_filler(bare):
            return False
        key = " ".join(stems(bare)) or fold(bare)
        if key in self._seen:
            self._repeated += 1
            self.is_over = self._repeated >= MAX_REPEATED
            return False
        self._seen.append(key)
        checked = check(sentence, self.evidence, self.prompt)
        if not checked.fault and self._is_full(checked):
            self.is_over = True
            return False
        if checked.fault:
            self._refuse(checked)
            return False
        self._keep(checked)
        return True

    def _is_full(self, checked: Checked) -> bool:
        new = [support for support in checked.supports if support not in self._cited]
        return len(self._kept) >= MAX_SENTENCES or len(self._cited) + len(new) > MAX_MARKERS

    def _refuse(self, checked: Checked) -> None:
        self.faults.append(checked.fault)
        if checked.fault == "declines":
            self.is_over = True
        if self._is_again:
            return
        self._refused.append(checked)
        if len(self._refused) >= MAX_REFUSED:
            self.is_over = True

    def _keep(self, checked: Checked) -> None:
        places = {number: self._marker(number, span) for number, span in checked.supports}
        text = MARKER.sub(lambda match: f"[{places[int(match.group(1))]}]", checked.text)
        self._kept.append(_ended(text))
        if self._is_again and self._unmended:
            self._unmended -= 1

    def _marker(self, number: int, span: Span) -> int:
        if (number, span) not in self._cited:
            self._cited.append((number, span))
        return self._cited.index((number, span)) + 1

    def refused(self) -> list[str]:
        """Return the sentences to ask for once more."""
        return [checked.text for checked in self._refused if checked.fault in _ASKED_AGAIN]

    def begin_again(self) -> None:
        """Hear what follows as the mended sentences."""
        self._is_again = True
        self.is_over = False
        self._unmended = len(self.refused())

    def finished(self, *, cut: bool) -> Answer | None:
        """Return the answer as it stands, completed by the report's own words; None when nothing was kept.

        Args:
            cut: whether the model stopped before its end.
        """
        if not self._kept:
            return None
        missing = self._unmended if self._is_again else len(self._refused)
        left_out = len(self._refused) > len(self.refused())
        for checked in self._refused[:missing]:
            if not self._replace(checked):
                left_out = True
        if cut or not self._answers():
            self._complete()
        if left_out or cut:
            self._kept.append(self.phrases.shortened if left_out else self.phrases.interrupted)
        own = self.considered.answer
        return replace(
            own,
            text=self.text,
            citations=self._citations(),
            highlights=(),
            span=own.span,
            shortened=left_out or cut,
            outcome=Outcome.ANSWERED,
        )

    def _replace(self, checked: Checked) -> bool:
        """Put the report's sentence that is nearest to a refused one in its place, once."""
        if checked.fault not in _FACTS or len(self._cited) >= MAX_MARKERS:
            return False
        wanted = set(stems(MARKER.sub("", checked.text)))
        lines = self.evidence.lines(range(1, len(self.evidence.passages) + 1))
        ranked = sorted(lines, key=lambda line: -len(wanted & set(stems(line.reading.text))))
        if not ranked or 2 * len(wanted & set(stems(ranked[0].reading.text))) < len(wanted):
            return False
        return self._quote(ranked[0].number, ranked[0].span)

    def _answers(self) -> bool:
        """Tell whether the sentences kept hold what answers, as the report's own answer has it."""
        own = self.considered.answer
        if own.span is None:
            return True
        document_id, start, end = own.span
        marked = next((d.text[start:end] for _, d in self.evidence.passages if d.id == document_id), "")
        if not marked:
            return False
        kind = self.considered.query.kind
        if kind in {AnswerKind.QUANTITY, AnswerKind.DATE} and is_of_kind(kind, marked):
            return bool(values(marked) & values(MARKER.sub(" ", self.text)))
        if kind is AnswerKind.PERSON:
            return bool(set(stems(marked)) & set(stems(self.text)))
        return self._cites(document_id, start, end) or bool(set(stems(marked)) & set(stems(self.text)))

    def _cites(self, document_id: str, start: int, end: int) -> bool:
        return any(
            self.evidence.passages[number - 1][1].id == document_id and span.start < end and start < span.end
            for number, span in self._cited
        )

    def _complete(self) -> None:
        """Add the report's own sentence that answers, when it is not cited yet."""
        for citation in self.considered.answer.citations[:1]:
            if not self._cites(citation.document.id, citation.start, citation.end):
                for number, (passage, _) in enumerate(self.evidence.passages, 1):
                    if passage.document_id == citation.document.id and (
                        passage.start <= citation.start < passage.end
                    ):
                        self._quote(number, Span(citation.start, citation.end))
                        return

    def _quote(self, number: int, span: Span) -> bool:
        document = self.evidence.passages[number - 1][1]
        if self._cites(document.id, span.start, span.end):
            return True
        if len(self._cited) >= MAX_MARKERS:
            return False
        marker = self._marker(number, span)
        quote = one_line(document.text[span.start : span.end])
        self._kept.append(self.phrases.completed.format(quote=quote, marker=marker))
        return True

    def _citations(self) -> tuple[Citation, ...]:
        return tuple(
            Citation(marker, self.evidence.passages[number - 1][1], span.start, span.end)
            for marker, (number, span) in enumerate(self._cited, 1)
        )

    def contexts(self) -> dict[int, str]:
        """Return, for each marker, what its figures may come from."""
        return {
            marker: f"{self.evidence.passages[number - 1][0].searchable_text}\n{self.evidence.around(number)}"
            for marker, (number, _) in enumerate(self._cited, 1)
        }


def _ended(sentence: str) -> str:
    """Return a sentence with a full stop, when it has no end."""
    bare = MARKER.sub("", sentence).rstrip()
    return sentence if bare.endswith((".", "!", "…", ".»", ". »", ".\u00a0»")) else f"{sentence}."

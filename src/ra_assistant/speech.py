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
ALIKE = 0.5
"""Share of a refused sentence's words that what stands in its place holds."""
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
    full: str
    """Said when neither was, and the model said more than an answer holds."""
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
    _mended: list[str] = field(default_factory=list)
    """What was kept of what was asked for once more."""
    _repeated: int = 0
    _is_again: bool = False
    _is_cropped: bool = False
    """Whether there was no room for a sentence that might be shown."""
    _is_lost: bool = False
    """Whether a sentence was refused that came unasked with the mended ones."""

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
            self.is_over = self._is_cropped = True
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
            was_asked = any(_resembles(checked.text, former.text) for former in self._refused)
            self._is_lost = self._is_lost or not (was_asked or checked.fault == "declines")
            return
        self._refused.append(checked)
        if len(self._refused) >= MAX_REFUSED:
            self.is_over = True

    def _keep(self, checked: Checked) -> None:
        places = {number: self._marker(number, span) for number, span in checked.supports}
        text = MARKER.sub(lambda match: f"[{places[int(match.group(1))]}]", checked.text)
        self._kept.append(_ended(text))
        if self._is_again:
            self._mended.append(text)

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

    def finished(self, *, cut: bool) -> Answer | None:
        """Return the answer as it stands, completed by the report's own words; None when nothing was kept.

        It says that it was shortened exactly when something that the model said was withheld and not made good
        (by a mended sentence, or by the report's own in the text), when there was no room for it, or when the
        model stopped before its end.

        Args:
            cut: whether the model stopped before its end.
        """
        if not self._kept:
            return None
        left_out = self._is_lost
        for checked in self._unmended():
            if not self._replace(checked):
                left_out = True
        if cut or not self._answers():
            self._complete()
        said = (
            (left_out, self.phrases.shortened),
            (cut, self.phrases.interrupted),
            (self._is_cropped, self.phrases.full),
        )
        remark = next((phrase for is_so, phrase in said if is_so), "")
        if remark:
            self._kept.append(remark)
        own = self.considered.answer
        return replace(
            own,
            text=self.text,
            citations=self._citations(),
            highlights=(),
            span=own.span,
            shortened=bool(remark),
            outcome=Outcome.ANSWERED,
        )

    def _unmended(self) -> list[Checked]:
        """Return the refused sentences in whose place no mended one stands; each of those mends one."""
        left = list(self._refused)
        for mended in self._mended:
            alike = [
                (_shared(former.text, mended), -rank)
                for rank, former in enumerate(left)
                if former.fault in _ASKED_AGAIN and _resembles(former.text, mended)
            ]
            if alike:
                left.pop(-max(alike)[1])
        return left

    def _replace(self, checked: Checked) -> bool:
        """Put the report's sentence that is nearest to a refused one in its place, unless it says nothing more."""
        if checked.fault not in _FACTS:
            return False
        lines = self.evidence.lines(range(1, len(self.evidence.passages) + 1))
        nearest = max(lines, key=lambda line: _shared(checked.text, line.reading.text), default=None)
        if nearest is None or not _resembles(checked.text, nearest.reading.text):
            return False
        document = self.evidence.passages[nearest.number - 1][1]
        if one_line(document.text[nearest.span.start : nearest.span.end]) in self.text:
            return True
        held = _words(checked.text) & _words(nearest.reading.text)
        is_said = held <= _words(self.text) and self._cites(document.id, *nearest.span)
        return not is_said and self._quoted(nearest.number, nearest.span)

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
                        self._quoted(number, Span(citation.start, citation.end))
                        return

    def _quoted(self, number: int, span: Span) -> bool:
        """Add a sentence of the report, word for word; tell whether there was room for it."""
        document = self.evidence.passages[number - 1][1]
        if (number, span) not in self._cited and len(self._cited) >= MAX_MARKERS:
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


def _words(text: str) -> set[str]:
    return set(stems(MARKER.sub("", text)))


def _shared(sentence: str, other: str) -> float:
    """Return the share of a sentence's words that another one holds."""
    wanted = _words(sentence)
    return len(wanted & _words(other)) / len(wanted) if wanted else 0.0


def _resembles(sentence: str, other: str) -> bool:
    return _shared(sentence, other) >= ALIKE


def _ended(sentence: str) -> str:
    """Return a sentence with a full stop, when it has no end."""
    bare = MARKER.sub("", sentence).rstrip()
    return sentence if bare.endswith((".", "!", "…", ".»", ". »", ".\u00a0»")) else f"{sentence}."

"""Whether the passages that a sentence cites establish it: every figure, date, name, quote, and the sense.

The checks are made of words and of the embedding model in the box; none asks another language model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

from ra_assistant.answer_kinds import contraries
from ra_assistant.claim_form import MARKER, declines, form_fault, tidy
from ra_assistant.claim_reading import DAY, FIGURE, NAME, PARTICIPLE, WORD, YEAR, Item, Reading, read
from ra_assistant.evidence import Evidence, Line
from ra_assistant.figure_pairing import misfigured
from ra_assistant.french.lexicon import table, words_of
from ra_assistant.french.words import fold, stem
from ra_assistant.naming import misnamed
from ra_assistant.types import Span

COVERED = 0.75
"""Share of a sentence's words that a passage must hold for the words alone to decide."""
HALF_COVERED = 0.45
"""Share below which nothing supports it."""
NEAR = 0.5
"""Cosine, to a sentence of the passage, that a sentence whose words are partly others must reach."""
CLAUSE_COVERED = 0.3
"""Share of a clause of several words below which the whole sentence must be much nearer."""
SHORT_ITEMS, SHORT_SHARE, LONG_SHARE = 3, 0.6, 0.4
"""Share of a sentence, in words, figures and names, that one sentence of the passages must hold by itself."""
RIVAL = 0.8
"""Share of what the best line has in common with a sentence from which on another may be what it says."""
MAIN = 0.5
"""Share of what the best line has in common with a sentence from which on a line is one that it rests on."""
APPENDED_WORDS = 4
"""Words of a sentence from which on one that is not the report's may not end it, when all the others are."""
MAX_SUPPORT_CHARS = 400

_CLAUSE = re.compile(rf"[,;:–—]| (?:{'|'.join(table('claims')['clauses'])})(?= )")
_CAUSE = re.compile(rf"^[ ,]*(?:{'|'.join(table('claims')['causes'])})(?!\w)")
_REASON = re.compile(rf"(?<!\w)(?:{'|'.join(table('claims')['causes'])})(?!\w)")
_QUOTE = re.compile(r"«[\s\u00a0\u202f]*([^«»]+?)[\s\u00a0\u202f]*»|“([^“”]+)”|\"([^\"]+)\"")
_WITHOUT = re.compile(r"(?<!\w)sans qu(?:e |')")
_TOKEN = re.compile(r"[\w.,²³°%]+")
_BLANKS = re.compile(r"[\s\u00a0\u202f\u2009]+")


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one sentence."""

    text: str
    """The sentence with the numbers of passages as markers, its quotes letter by letter."""
    fault: str = ""
    """Code of what is wrong; empty when it may be shown."""
    supports: tuple[tuple[int, Span], ...] = ()
    """Number of a passage and the sentence of it that supports, one a marker, in order."""


def check(sentence: str, evidence: Evidence, prompt: frozenset[tuple[str, ...]] = frozenset()) -> Checked:
    """Return whether a sentence of a model may be shown, with what supports it.

    Args:
        sentence: as it came, with markers such as `[1]`.
        evidence: the passages that the model was given.
        prompt: what it may not repeat, as `claim_form.shingles` gives it.
    """
    text = tidy(sentence)
    fault = form_fault(text, prompt)
    if fault:
        return Checked(text, fault)
    numbers = tuple(dict.fromkeys(int(number) for number in MARKER.findall(text)))
    if not all(1 <= number <= len(evidence.passages) and evidence.lines([number]) for number in numbers):
        return Checked(text, "unknown_marker")
    if declines(MARKER.sub("", text)) and not _said_in(evidence, numbers):
        return Checked(text, "declines")
    if not numbers:
        return Checked(text, "no_marker")
    return _compared(text, numbers, evidence)


def _said_in(evidence: Evidence, numbers: Sequence[int]) -> bool:
    return any(declines(line.reading.text) for line in evidence.lines(numbers))


def _compared(text: str, numbers: Sequence[int], evidence: Evidence) -> Checked:
    lines = evidence.lines(numbers)
    quoted, text = _verbatim(text, lines)
    if not quoted:
        return Checked(text, "quote")
    plain = MARKER.sub("", text)
    claim = _Claim(read(plain, evidence.is_common), lines, evidence.context(numbers))
    years = {document.year for number in numbers if (document := evidence.passages[number - 1][1]).year}
    fault = claim.fault({year for year in years if year}, evidence)
    if fault:
        return Checked(text, fault)
    supports = tuple((number, claim.span(number)) for number in numbers)
    return Checked(text, "", supports)


@dataclass
class _Claim:
    reading: Reading
    lines: Sequence[Line]
    context: Reading

    @cached_property
    def _pools(self) -> list[Reading]:
        return [*(line.reading for line in self.lines), self.context]

    @cached_property
    def ranked(self) -> list[Line]:
        """Return the lines, those that share most with the claim first."""
        return sorted(self.lines, key=lambda line: -self._shared(line))

    @cached_property
    def _scores(self) -> dict[tuple[int, int], float]:
        """Return what each line has in common with the claim."""
        weighed = [(item, 1.0 if item.kind == WORD else 1.5) for item in self.reading.items]
        return {
            (line.number, line.rank): sum(weight * line.reading.holds(item) for item, weight in weighed)
            for line in self.lines
        }

    def _shared(self, line: Line) -> float:
        return self._scores[line.number, line.rank]

    def fault(self, years: set[int], evidence: Evidence) -> str:
        readings = [line.reading for line in self.lines]
        for item in self.reading.of(FIGURE, YEAR, DAY, NAME):
            if not self._stands(item, years):
                return "name" if item.kind == NAME else "figure"
        if not all(any(_holds_code(pool, code) for pool in self._pools) for code in _codes(self.reading)):
            return "figure"
        if not self.reading.dates <= self.context.dates.union(*(line.dates for line in readings)):
            return "date"
        near = [line.reading for line in self.ranked if self._shared(line) >= 1]
        headings = {int(item.key) for item in self.context.of(YEAR)}
        if misfigured(self.reading, near, years | headings) or misnamed(
            self.reading, near, evidence.publishers
        ):
            return "pairing"
        if self._is_of_another_year(years | headings):
            return "date"
        if self._is_modified(near):
            return "modifier"
        if self._is_contrary(near):
            return "contrary"
        return self._unsupported(evidence)

    def _stands(self, item: Item, years: set[int]) -> bool:
        if any(pool.holds(item) for pool in self._pools):
            return True
        return item.kind == YEAR and int(item.key) in years

    def _is_of_another_year(self, years: set[int]) -> bool:
        """Tell whether the lines that are most like the claim name years, and none of those that it names."""
        likest = max(self._shared(line) for line in self.lines)
        main = [line.reading for line in self.lines if self._shared(line) >= MAIN * likest]
        held = {item.key for line in main for item in line.of(YEAR)}
        return bool(held) and any(
            year.key not in held and int(year.key) not in years for year in self.reading.of(YEAR)
        )

    def _is_modified(self, near: Sequence[Reading]) -> bool:
        for figure in self.reading.of(FIGURE):
            same = [(line, other) for line in near for other in line.of(FIGURE) if other.key == figure.key]
            own = [(line, other) for line, other in same if other.unit == figure.unit] or same
            held = [_modifiers(line.text, other) for line, other in own]
            if held and _modifiers(self.reading.text, figure) not in held:
                return True
        return False

    def _is_contrary(self, near: Sequence[Reading]) -> bool:
        if not near:
            return False
        best = self._shared(self.ranked[0])
        main = [line.reading for line in self.ranked if self._shared(line) >= RIVAL * best]
        if _denies(self.reading) not in frozenset[bool]().union(*map(_polarities, main)):
            return True
        # « Aucune faillite à cause de la crise » is not « aucune faillite ».
        if _denies(main[0]) and _REASON.search(main[0].folded) and not _REASON.search(self.reading.folded):
            return True
        return self._is_of_contrary_sense(near[0], near)

    def _is_of_contrary_sense(self, main: Reading, near: Sequence[Reading]) -> bool:
        own, held = self.reading.stems, main.stems
        everything = frozenset(stem for line in near for stem in line.stems)
        return any(
            own & left and held & right and not own & right and not everything & left
            for left, right in _opposites()
        )

    def _unsupported(self, evidence: Evidence) -> str:
        covered = [item for item in self.reading.of(WORD) if self._is_covered(item)]
        content = self.reading.of(WORD)
        anchors = self.reading.of(FIGURE, YEAR, DAY, NAME)
        weight = len(content) + len(anchors)
        share = (len(covered) + len(anchors)) / weight if weight else 0.0
        if not content and not anchors:
            return "unsupported"
        if content and not covered:
            return "unsupported"
        if any(
            item not in covered and (item.key in _strict() or self._is_bare_subject(item)) for item in content
        ):
            return "unsupported"
        if self._is_appended([item for item in content if item not in covered], len(content)):
            return "unsupported"
        if any(self._is_loose(clause, covered) for clause in self._clauses()):
            return "unsupported"
        if self._share_of_best() < (SHORT_SHARE if weight <= SHORT_ITEMS else LONG_SHARE):
            return "unsupported"
        loose = [c for c in self._clauses() if len(c) > 1 and _share(c, covered) < CLAUSE_COVERED]
        if share >= COVERED and not loose:
            return ""
        if share < HALF_COVERED:
            return "unsupported"
        if evidence.scorer is None:
            return "" if not loose and share >= (COVERED + HALF_COVERED) / 2 else "unsupported"
        cosine = self._cosine(evidence)
        needed = NEAR + (0.2 if loose else 0.0)
        return "" if cosine >= needed else "unsupported"

    def _share_of_best(self) -> float:
        """Return how much of the claim the one line that shares most with it holds, its headings included."""
        items = self.reading.of(WORD, FIGURE, YEAR, DAY, NAME)
        return max(
            sum(line.reading.holds(item) or self.context.holds(item) for item in items) / len(items)
            for line in self.ranked[:3]
        )

    def _is_bare_subject(self, item: Item) -> bool:
        """Tell whether a word that begins the sentence has no article and is no participle: a name, then."""
        text = self.reading.text
        written = text[item.start : item.end]
        return written[0].isupper() and not text[: item.start].strip(" «") and not PARTICIPLE.search(written)

    def _cosine(self, evidence: Evidence) -> float:
        assert evidence.scorer is not None
        best = -1.0
        for number in dict.fromkeys(line.number for line in self.ranked[:3]):
            passage = evidence.passages[number - 1][0]
            row = evidence.scorer.cosines(self.reading.text, passage)
            best = max([best, *(row[line.rank] for line in self.lines if line.number == number)])
        return best

    def _clauses(self) -> list[list[Item]]:
        return [row for _, row in self._cut() if row]

    def _cut(self) -> Iterator[tuple[str, list[Item]]]:
        text = self.reading.text
        starts = [0, *(match.start() for match in _CLAUSE.finditer(text)), len(text)]
        for low, high in pairwise(starts):
            yield text[low:high], [item for item in self.reading.of(WORD) if low <= item.start < high]

    def _is_loose(self, clause: Sequence[Item], covered: Sequence[Item]) -> bool:
        """Tell whether nothing of a clause is the report's, or less than half of one that gives a cause."""
        gives_cause = any(row == clause and _CAUSE.search(fold(text)) for text, row in self._cut())
        return (
            _share(clause, covered) < 0.5
            if gives_cause
            else (len(clause) > 1 or self._is_added(clause)) and not _share(clause, covered)
        )

    def _is_added(self, clause: Sequence[Item]) -> bool:
        """Tell whether a clause of one word ends the sentence after a comma, with nothing else in it."""
        start = self.reading.text.rfind(",", 0, clause[0].start)
        return start >= 0 and not any(
            item.start > start and item is not clause[0] for item in self.reading.items
        )

    def _is_appended(self, foreign: Sequence[Item], words: int) -> bool:
        """Tell whether all words are the report's but the last one: « … ont été créés à perte »."""
        return len(foreign) == 1 and foreign[0] is self.reading.items[-1] and words >= APPENDED_WORDS

    def _is_covered(self, item: Item) -> bool:
        return any(pool.near(item.key) or pool.names(item.key) for pool in self._pools)

    def span(self, number: int) -> Span:
        """Return the sentences of a passage that support most, as one range."""
        own = [line for line in self.ranked if line.number == number]
        best = own[0].span
        if len(own) > 1 and self._shared(own[1]) >= 2:
            low, high = min(best.start, own[1].span.start), max(best.end, own[1].span.end)
            added = {
                item.key
                for item in self.reading.items
                if own[1].reading.holds(item) and not own[0].reading.holds(item)
            }
            if added and high - low <= MAX_SUPPORT_CHARS:
                return Span(low, high)
        return best


def _codes(reading: Reading) -> list[str]:
    """Return, folded, what is written with digits that are no figure, as « B12 », « 14h30 » or « .57 »."""
    spans = [(item.start, item.end) for item in reading.of(FIGURE, YEAR, DAY)]
    return [
        fold(match.group().rstrip(".,"))
        for match in _TOKEN.finditer(reading.text)
        if any(
            char.isnumeric() and not any(low <= place < high for low, high in spans)
            for place, char in enumerate(match.group(), match.start())
        )
    ]


def _holds_code(reading: Reading, code: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(code)}(?!\w)", reading.folded) is not None


def _share(clause: Sequence[Item], covered: Sequence[Item]) -> float:
    return sum(item in covered for item in clause) / len(clause)


def _modifiers(text: str, figure: Item) -> frozenset[str]:
    before = fold(text[max(0, figure.start - 24) : figure.start])
    return frozenset(name for name, pattern in _modifier_patterns() if pattern.search(before))


def _denies(reading: Reading) -> bool:
    return _negation().search(reading.folded) is not None


def _polarities(reading: Reading) -> frozenset[bool]:
    """Return whether a line affirms, denies, or does both: « …, sans que la date soit connue »."""
    both = _WITHOUT.search(reading.folded) is not None
    return frozenset({True, False} if both else {_denies(reading)})


@cache
def _strict() -> frozenset[str]:
    return frozenset(stem(word) for word in words_of("claims", "strict"))


@cache
def _opposites() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    own = [[frozenset(map(stem, side.split())) for side in pair] for pair in table("claims")["contraries"]]
    return (
        *contraries(),
        *((one, two) for left, right in own for one, two in ((left, right), (right, left))),
    )


@cache
def _modifier_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern)) for name, pattern in table("claims")["modifiers"].items())


@cache
def _negation() -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\w)(?:{'|'.join(table('answers')['negation'])}|rien|ne [\w-]+ (?:rien|aucun\w*))(?!\w)"
    )


def _verbatim(text: str, lines: Sequence[Line]) -> tuple[bool, str]:
    """Tell whether every quoted span stands in the lines; return the text with the document's own letters."""
    sources = [line.reading.text for line in lines]
    joined = " ".join(sources)
    for match in list(_QUOTE.finditer(text)):
        inner = next(group for group in match.groups() if group is not None)
        found = re.search(_loosely(inner.strip(" ,.")), joined)
        if found is None:
            return False, text
        text = text.replace(inner, _BLANKS.sub(" ", found.group()) + inner[len(inner.rstrip(" ,.")) :], 1)
    return True, text


def _loosely(quote: str) -> str:
    pattern = re.escape(_BLANKS.sub(" ", quote))
    return pattern.replace(r"\ ", r"[\s\u00a0\u202f\u2009]+").replace("'", "['’]").replace("’", "['’]")

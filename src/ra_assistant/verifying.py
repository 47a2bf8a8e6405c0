"""Two guards on every answer, whoever phrased it: quotes are slices, figures stand in cited passages."""

from __future__ import annotations

import re

from ra_assistant.french.numbers import values
from ra_assistant.types import Answer, Citation

_MARKER = re.compile(r"\[(\d+)\]")
_LINE_END = re.compile(r"[ \t]*\n\s*")
_STATEMENT_END = re.compile(r"(?<=\])(?!\[)|\n")


def violations(answer: Answer, contexts: dict[int, str] | None = None) -> list[str]:
    """Return what is wrong with an answer, as codes with details; empty when it may be shown.

    Args:
        answer: text with `[n]` markers and the citations that they stand for.
        contexts: for a marker, the text that its figures may also come from (the whole passage,
            headings and table header); the quote alone when absent.

    Checks: every marker has its citation and the reverse; every citation is a non-empty slice of its
    document; every number of a statement stands, once normalised, in a passage that it cites.
    """
    by_marker = {citation.marker: citation for citation in answer.citations}
    text = _own_words(answer)
    used = {int(number) for number in _MARKER.findall(text)}
    found = [f"marker {number} without citation" for number in sorted(used - by_marker.keys())]
    found += [f"citation {number} never marked" for number in sorted(by_marker.keys() - used)]
    found += [
        f"citation {number} is not a slice" for number, item in by_marker.items() if not _is_slice(item)
    ]
    found += _unsupported(text, by_marker, contexts or {})
    return found


def _is_slice(citation: Citation) -> bool:
    return 0 <= citation.start < citation.end <= len(citation.document.text)


def _unsupported(text: str, by_marker: dict[int, Citation], contexts: dict[int, str]) -> list[str]:
    found = []
    for statement in _STATEMENT_END.split(text):
        markers = [int(number) for number in _MARKER.findall(statement) if int(number) in by_marker]
        support = "\n".join(by_marker[number].quote + "\n" + contexts.get(number, "") for number in markers)
        missing = values(_MARKER.sub(" ", statement)) - values(support)
        found += [f"figure {value} is not cited" for value in sorted(missing)]
    return found


def _own_words(answer: Answer) -> str:
    """Return an answer's text without the quotes that are its citations', word for word."""
    text = answer.text
    for citation in answer.citations:
        text = text.replace(one_line(citation.quote), " ", 1)
    return text


def one_line(text: str) -> str:
    """Return a quote on one line: the blanks of the report are kept, its line ends become spaces."""
    return _LINE_END.sub(" ", text)

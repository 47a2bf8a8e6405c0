"""Question books: what a communication officer writes to check her assistant.

One line of JSON a question, or a YAML list. Keys in French or in English:

| key | meaning |
|---|---|
| `question` | what is asked |
| `attendu`, `expected` | figure or words that the answer must hold; a list: all of them |
| `answer_contains` | groups of alternatives: one of each group |
| `page`, `document` (or `path`) | where the answer stands, physical page and file name |
| `refuser`, `must_refuse` (or `answerable: false`) | true when the report does not say it |
| `historique`, `history` | former messages: {"role", "content"}, or texts in turn |
| `type`, `kind`, `id` | free labels |
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ra_assistant.errors import BookUnreadable
from ra_assistant.types import Turn

_YES = {"oui", "yes", "true", "vrai"}


@dataclass(frozen=True, slots=True)
class Case:
    """One question of a book."""

    id: str
    question: str
    expected: tuple[tuple[str, ...], ...]
    """The answer must hold one alternative of each group; empty when it must be refused."""
    must_refuse: bool
    kind: str = ""
    history: tuple[Turn, ...] = ()
    page: int | None = None
    document: str | None = None
    """File name of the report that holds the answer, without folders."""

    def is_in(self, path: str) -> bool:
        """Tell whether the document at `path` is the one that holds the answer; any is when none is named."""
        return self.document is None or path.rsplit("/", 1)[-1] == self.document


def read_book(path: Path) -> list[Case]:
    """Return the questions of a book, in order.

    Raises:
        BookUnreadable: the file is missing, is not JSON lines or YAML, or a question lacks what it needs.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = list(_rows(path, text))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise BookUnreadable(f"{path}: {error}", path=path.name, reason="format") from error
    cases = [_case(path, number, row) for number, row in enumerate(rows, 1)]
    if not cases:
        raise BookUnreadable(f"{path}: no question; expected at least one", path=path.name, reason="empty")
    return cases


def _rows(path: Path, text: str) -> Iterator[Any]:
    if path.suffix in {".yaml", ".yml"}:
        loaded = yaml.safe_load(text)
        yield from loaded if isinstance(loaded, list) else []
    else:
        yield from (json.loads(line) for line in text.split("\n") if line.strip())


def _case(path: Path, number: int, row: Any) -> Case:
    question = row.get("question") if isinstance(row, Mapping) else None
    if not isinstance(question, str) or not question.strip():
        raise _incomplete(path, number)
    refuse = _refuses(row)
    expected = () if refuse else _expected(row)
    if not refuse and not expected:
        raise _incomplete(path, number)
    document = row.get("document") or row.get("path")
    page = row.get("page")
    return Case(
        id=str(row.get("id", number)),
        question=question,
        expected=expected,
        must_refuse=refuse,
        kind=str(row.get("type") or row.get("kind") or ""),
        history=tuple(_history(row.get("history") or row.get("historique"))),
        page=page if isinstance(page, int) else None,
        document=str(document).rsplit("/", 1)[-1] if document else None,
    )


def _incomplete(path: Path, number: int) -> BookUnreadable:
    return BookUnreadable(
        f"{path}: question {number} needs `question` and `expected`, or `must_refuse`",
        path=path.name,
        number=number,
        reason="question",
    )


def _refuses(row: Mapping[str, Any]) -> bool:
    if row.get("answerable") is False:
        return True
    said = row.get("refuser", row.get("must_refuse", False))
    if isinstance(said, str):
        return said.strip().lower() in _YES
    return said is True


def _expected(row: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    groups = row.get("answer_contains")
    if not isinstance(groups, list):
        said = row.get("attendu", row.get("expected"))
        groups = [[item] for item in (said if isinstance(said, list) else [said])]
    groups = [group if isinstance(group, list) else [group] for group in groups]
    if not all(_is_words(item) for group in groups for item in group):
        return ()
    found = (tuple(str(item) for item in group if item is not None and str(item).strip()) for group in groups)
    return tuple(group for group in found if group)


def _is_words(item: Any) -> bool:
    """Tell whether an alternative is a text, a number or nothing: a list or a mapping is a slip of the pen."""
    return item is None or (isinstance(item, (str, int, float)) and not isinstance(item, bool))


def _history(raw: Any) -> Iterator[Turn]:
    messages = [_content(item) for item in raw] if isinstance(raw, list) else []
    for start in range(0, len(messages), 2):
        yield Turn(messages[start], messages[start + 1] if start + 1 < len(messages) else "")


def _content(item: Any) -> str:
    return str(item.get("content", "")) if isinstance(item, Mapping) else str(item)

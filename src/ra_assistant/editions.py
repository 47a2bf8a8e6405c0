"""Telling the last edition of a report from the former ones, and from reports that are not its editions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ra_assistant.french.words import fold
from ra_assistant.types import Document

_YEARS = re.compile(r"(?<!\d)(?:19|20)\d\d(?:\s?[-–/]\s?(?:(?:19|20)?\d\d))?(?!\d)")


def superseded(documents: Iterable[Document]) -> frozenset[str]:
    """Return the ids of the documents of which a later edition is among `documents`.

    Two dated documents are editions of one report when they have the same publisher and the same title, years,
    case and accents aside: « Bilan 2023 » and « Bilan 2024 ». An old report of another body, or of another
    kind, is superseded by nothing.
    """
    newest: dict[tuple[str, str], int] = {}
    dated = [(document, document.year) for document in documents if document.year is not None]
    for document, year in dated:
        series = _series(document)
        newest[series] = max(year, newest.get(series, year))
    return frozenset(document.id for document, year in dated if year < newest[_series(document)])


def _series(document: Document) -> tuple[str, str]:
    title = " ".join(_YEARS.sub(" ", fold(document.title)).split())
    return fold(document.publisher or ""), title

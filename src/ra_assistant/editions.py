"""Telling the newest edition of a report from the former ones, and from reports that are not its editions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ra_assistant.french.words import fold
from ra_assistant.types import Document

_YEARS = re.compile(r"(?<!\d)(?:19|20)\d\d(?:\s?[-–/]\s?(?:(?:19|20)?\d\d))?(?!\d)")


def newest_years(documents: Iterable[Document]) -> dict[str, int]:
    """Return, by document id, the year of the newest edition of the same report.

    Two dated documents are editions of one report when they have the same publisher and the same title, years,
    case and accents aside: « Bilan 2023 » and « Bilan 2024 ». An old report of another body, or of another kind,
    has no later edition. A document without a year is as old as what it says: beside it the newest of all counts.
    """
    documents = list(documents)
    newest: dict[tuple[str, str], int] = {}
    for document in documents:
        if document.year is not None:
            series = _series(document)
            newest[series] = max(document.year, newest.get(series, document.year))
    latest = max(newest.values(), default=None)
    found = {d.id: latest if d.year is None else newest[_series(d)] for d in documents}
    return {identifier: year for identifier, year in found.items() if year is not None}


def _series(document: Document) -> tuple[str, str]:
    title = " ".join(_YEARS.sub(" ", fold(document.title)).split())
    return fold(document.publisher or ""), title

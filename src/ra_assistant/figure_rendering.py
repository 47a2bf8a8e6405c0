"""Figures and series as JSON, as CSV for a spreadsheet, and as the address of their passage."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ra_assistant.figures import Figure, Series
from ra_assistant.figures_wording import CSV_COLUMNS, NATURES
from ra_assistant.rendering import citation_json, passage_path
from ra_assistant.spreadsheets import as_csv, inert
from ra_assistant.types import Citation, Span

JsonObject = dict[str, Any]


def citation_of(figure: Figure, marker: int = 0) -> Citation:
    """Return the citation of the sentence, row or key figure that a figure stands in."""
    return Citation(marker, figure.document, figure.quote_start, figure.quote_end)


def passage_address(figure: Figure) -> str:
    """Return the address of the passage in the reading room, from our root."""
    return passage_path(figure.document, Span(figure.quote_start, figure.quote_end))


def plain(value: Decimal) -> int | float:
    """Return a value as JSON writes it, whole numbers without a point."""
    return int(value) if value == value.to_integral_value() else float(value)


def figure_json(figure: Figure) -> JsonObject:
    """Return a figure with its sentence and its place."""
    row = citation_json(citation_of(figure))
    return {
        "id": figure.id,
        "value": plain(figure.value),
        "unit": figure.unit,
        "label": figure.label,
        "year": figure.year,
        "nature": nature_of(figure),
        "approximate": bool(figure.qualifier),
        "written": figure.written,
        "figure_start": figure.start,
        "figure_end": figure.end,
        "document_id": row["document_id"],
        "path": row["path"],
        "document_title": row["document_title"],
        "page": row["page"],
        "page_label": row["page_label"],
        "section": row["section"],
        "start": row["start"],
        "end": row["end"],
        "quote": row["quote"],
        "address": passage_address(figure),
    }


def nature_of(figure: Figure) -> str:
    """Return `level`, `change` or `target`."""
    if figure.is_change:
        return "change"
    return "target" if figure.is_target else "level"


def series_json(series: Series) -> JsonObject:
    """Return a series; each point has its own citation."""
    return {
        "label": series.label,
        "unit": series.unit,
        "points": [
            {
                "year": point.year,
                "value": plain(point.value),
                "approximate": bool(point.qualifier),
                "written": point.written,
                "citation": citation_json(citation_of(point, rank)),
                "address": passage_address(point),
            }
            for rank, point in enumerate(series.points, 1)
        ],
    }


def figures_csv(figures: Iterable[Figure]) -> bytes:
    """Return figures as a file for a French spreadsheet, their values with decimal commas."""
    return as_csv(CSV_COLUMNS, map(_row, figures))


def _row(figure: Figure) -> list[str]:
    document = figure.document
    section = document.section_at(figure.start)
    page = document.page_at(figure.start)
    words = (
        figure.label,
        figure.unit,
        figure.written,
        figure.qualifier,
        " › ".join(section.path) if section else "",
        document.label_at(figure.start) or "",
        figure.quote,
        document.title,
        document.id,
    )
    label, unit, as_written, qualifier, path, printed, quoted, title, identifier = map(inert, words)
    return [
        title,
        str(figure.year or ""),
        label,
        f"{figure.value:f}".replace(".", ","),
        unit,
        as_written,
        qualifier,
        NATURES[nature_of(figure)],
        path,
        str(page or ""),
        printed,
        quoted,
        identifier,
        str(figure.quote_start),
        str(figure.quote_end),
    ]

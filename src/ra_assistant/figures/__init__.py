"""The figures of a report: each with its unit, what it counts, its year, and the sentence it stands in."""

from __future__ import annotations

from ra_assistant.figures.book import FigureBook, FigureShelf, Order, Wanted, read_figures
from ra_assistant.figures.figure import Figure
from ra_assistant.figures.reading import figures_of
from ra_assistant.figures.series import Series, series_of

__all__ = [
    "Figure",
    "FigureBook",
    "FigureShelf",
    "Order",
    "Series",
    "Wanted",
    "figures_of",
    "read_figures",
    "series_of",
]

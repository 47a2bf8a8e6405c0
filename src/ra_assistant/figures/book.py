"""The figures of all documents of a build, searched and sorted; read once, when first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ra_assistant.figures.figure import Figure
from ra_assistant.figures.reading import figures_of
from ra_assistant.figures.series import Series, series_of
from ra_assistant.french.words import fold, stem, words
from ra_assistant.types import Document


class Order(StrEnum):
    """How figures are sorted."""

    PLACE = "document"
    """Newest report first, then as they stand in it."""
    LABEL = "libelle"
    VALUE = "valeur"
    YEAR = "annee"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which figures are asked for; an empty field asks for all."""

    text: str = ""
    """Words that all stand in the label, the sentence or the report's title, without case or accents."""
    year: int | None = None
    document_id: str = ""
    order: Order = Order.PLACE


@dataclass(frozen=True, slots=True)
class FigureBook:
    """What was read of the documents."""

    figures: tuple[Figure, ...]
    """Newest report first, in order of place."""
    series: tuple[Series, ...]

    @property
    def years(self) -> tuple[int, ...]:
        """Years that figures are about, latest first."""
        return tuple(
            sorted({figure.year for figure in self.figures if figure.year is not None}, reverse=True)
        )

    def select(self, wanted: Wanted) -> list[Figure]:
        """Return the figures that are asked for, sorted."""
        terms = _terms(wanted.text)
        found = [
            figure
            for figure in self.figures
            if (wanted.year is None or figure.year == wanted.year)
            and (not wanted.document_id or figure.document.id == wanted.document_id)
            and _holds(figure, terms)
        ]
        keys: dict[Order, Callable[[Figure], object]] = {
            Order.LABEL: lambda figure: fold(figure.label),
            Order.VALUE: lambda figure: -figure.value,
            Order.YEAR: lambda figure: -(figure.year or 0),
        }
        key = keys.get(wanted.order)
        return sorted(found, key=key) if key else found  # type: ignore[arg-type]

    def select_series(self, wanted: Wanted) -> list[Series]:
        """Return the series that have a point among the figures asked for."""
        ids = {figure.id for figure in self.select(wanted)}
        return [series for series in self.series if any(point.id in ids for point in series.points)]


def read_figures(documents: Sequence[Document]) -> FigureBook:
    """Return the figures of documents."""
    ordered = sorted(documents, key=lambda document: (-(document.year or 0), document.title, document.id))
    figures = [figure for document in ordered for figure in figures_of(document)]
    return FigureBook(tuple(figures), tuple(series_of(figures)))


class FigureShelf:
    """Reads the figures of one build once, in a thread of its own, when they are first asked for."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._book: FigureBook | None = None
        self._begun = False

    def begin(self) -> None:
        """Begin to read, if that was not done; returns at once."""
        with self._lock:
            if self._begun:
                return
            self._begun = True
        threading.Thread(target=self._read, name="figures", daemon=True).start()

    def wait(self, seconds: float | None = None) -> FigureBook | None:
        """Return what was read, waiting for it at most `seconds`, or as long as it takes; else None."""
        self.begin()
        self._done.wait(seconds)
        return self._book

    @property
    def book(self) -> FigureBook:
        """Return what was read, waiting for it."""
        book = self.wait()
        return book if book is not None else FigureBook((), ())

    def _read(self) -> None:
        book = FigureBook((), ())
        try:
            book = read_figures(self._documents)
        finally:
            self._book = book
            self._done.set()


def _terms(text: str) -> list[tuple[str, str]]:
    return [(word.form, stem(word.form)) for word in words(text)]


def _holds(figure: Figure, terms: Sequence[tuple[str, str]]) -> bool:
    if not terms:
        return True
    year = str(figure.year or "")
    text = fold(f"{figure.label} {figure.unit} {figure.quote} {figure.document.title} {year}")
    plain = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    return all(form in text or (form[0].isdigit() and form in plain) for form, _ in terms)

"""The page « Chiffres clés »: filters, series over the years, and the figures of each report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from urllib.parse import urlencode

from ra_assistant.figure_rendering import nature_of, passage_address
from ra_assistant.figures import Figure, FigureBook, Order, Series, Wanted
from ra_assistant.figures_wording import FIGURES, NATURES, amount, number
from ra_assistant.interfaces.assets import beside
from ra_assistant.interfaces.frame import MAIN, Frame
from ra_assistant.interfaces.markup import element, escape, heard
from ra_assistant.interfaces.series_view import series_figure
from ra_assistant.types import Document
from ra_assistant.wording import count

ROUTE = "/chiffres"
SHOWN = 150
"""Figures on one page of the list."""
SERIES_SHOWN = 12
"""Series that are drawn before the visitor asks for the others."""


def figures_html(
    frame: Frame,
    book: FigureBook,
    documents: Sequence[Document],
    wanted: Wanted,
    first: int,
    *,
    all_series: bool,
) -> str:
    """Return the page for what is asked.

    Args:
        frame: what stands around it.
        book: the figures of the build.
        documents: those in service, newest first.
        wanted: the filters.
        first: how many figures to pass over.
        all_series: whether to draw every series that matches.
    """
    found = book.select(wanted)
    body = element(
        "main",
        element("h1", escape(FIGURES["title"])),
        element("p", escape(FIGURES["lead"]), class_="fig-lead"),
        _filters(book, documents, wanted) if book.figures else "",
        _series(book, wanted, all_series=all_series) if book.figures else "",
        _list(found, wanted, first, is_empty=not book.figures),
        element("p", escape(FIGURES["how"]), class_="fig-how"),
        id=MAIN,
        class_="figures",
    )
    return frame.page(FIGURES["title"], body, sheets=("figures.css",), scripts=("figures.js",))


def _filters(book: FigureBook, documents: Sequence[Document], wanted: Wanted) -> str:
    years = [("", FIGURES["every_year"]), *((str(year), str(year)) for year in book.years)]
    reports = [("", FIGURES["every_report"]), *((document.id, document.title) for document in documents)]
    orders = [(order.value, FIGURES[f"sort_{order.value}"]) for order in Order]
    search = element(
        "p",
        element("label", escape(FIGURES["search"]), for_="q"),
        f'<input type="search" id="q" name="q" maxlength="200" value="{escape(wanted.text)}" '
        f'placeholder="{escape(FIGURES["search_hint"])}">',
        class_="fig-search",
    )
    chosen = [
        _choice("annee", FIGURES["year"], years, str(wanted.year or "")),
        _choice("rapport", FIGURES["report"], reports, wanted.document_id),
        _choice("tri", FIGURES["sort"], orders, wanted.order.value),
    ]
    buttons = [element("button", escape(FIGURES["apply"]), type="submit", class_="main")]
    if _query(wanted):
        buttons.append(element("a", escape(FIGURES["clear"]), href=beside(ROUTE)))
    buttons.append(
        element("a", escape(FIGURES["export"]), href=_address(wanted, "chiffres.csv"), download=True)
    )
    buttons.append(
        element("button", escape(FIGURES["print"]), type="button", class_="fig-print", hidden=True)
    )
    return element(
        "form",
        search,
        *chosen,
        element("p", *buttons, class_="fig-buttons"),
        role="search",
        aria_label=FIGURES["filters"],
        action=beside(ROUTE),
        class_="fig-filters",
    )


def _choice(name: str, label: str, options: Sequence[tuple[str, str]], chosen: str) -> str:
    listed = [
        element("option", escape(words), **({"value": value} if value else {}), selected=value == chosen)
        if value
        else f'<option value=""{" selected" if value == chosen else ""}>{escape(words)}</option>'
        for value, words in options
    ]
    return element(
        "p", element("label", escape(label), for_=name), element("select", *listed, id=name, name_=name)
    )


def _series(book: FigureBook, wanted: Wanted, *, all_series: bool) -> str:
    found: Sequence[Series] = book.select_series(wanted)
    title = element("h2", escape(FIGURES["series_title"]), id="series")
    if not found:
        if _query(wanted):
            return ""
        why = FIGURES["series_one_year" if len(book.years) < 2 else "series_none"]
        return element(
            "section", title, element("p", escape(why), class_="fig-notice"), aria_labelledby="series"
        )
    shown = found if all_series else found[:SERIES_SHOWN]
    figures = [series_figure(series, f"serie-{rank}") for rank, series in enumerate(shown, 1)]
    more = ""
    hidden = len(found) - len(shown)
    if hidden:
        words = FIGURES["one_more"] if hidden == 1 else FIGURES["several_more"].format(number=hidden)
        address = _address(wanted, beside(ROUTE), series="toutes") + "#series"
        more = element("p", element("a", escape(words), href=address), class_="fig-more")
    return element(
        "section",
        title,
        element("p", escape(FIGURES["series_notice"]), class_="fig-notice"),
        element("div", *figures, class_="fig-grid"),
        more,
        aria_labelledby="series",
    )


def _list(found: Sequence[Figure], wanted: Wanted, first: int, *, is_empty: bool) -> str:
    if is_empty:
        return element(
            "section", element("h2", escape(FIGURES["none_title"])), element("p", escape(FIGURES["none"]))
        )
    told = count(len(found), FIGURES["one_figure"], FIGURES["several_figures"])
    title = element(
        "h2",
        escape(FIGURES["figures_title"]),
        element("span", escape(told), class_="fig-count"),
        id="liste",
    )
    if not found:
        return element(
            "section",
            title,
            element("p", escape(FIGURES["no_match"]), role="status"),
            aria_labelledby="liste",
        )
    shown = found[first : first + SHOWN] or found[:SHOWN]
    first = first if first < len(found) else 0
    if wanted.order is Order.PLACE:
        groups = [(rows[0].document.title, rows) for rows in _by_document(shown)]
    else:
        groups = [("", list(shown))]
    tables = [_table(name, rows) for name, rows in groups]
    return element("section", title, *tables, _pages(len(found), first, wanted), aria_labelledby="liste")


def _by_document(figures: Sequence[Figure]) -> list[list[Figure]]:
    return [list(rows) for _, rows in groupby(figures, key=lambda figure: figure.document.id)]


def _table(report: str, rows: Sequence[Figure]) -> str:
    """Return the figures of one report; of several when `report` is empty, and each row says its own."""
    heads = ("column_figure", "column_label", "column_year", "column_quote")
    head = element("tr", *(element("th", escape(FIGURES[name]), scope="col") for name in heads))
    told = count(len(rows), FIGURES["one_figure"], FIGURES["several_figures"])
    caption = FIGURES["table_caption"].format(report=report, count=told) if report else told
    return element("h3", escape(report)) * bool(report) + element(
        "table",
        element("caption", escape(caption), class_="ra-heard"),
        element("thead", head),
        element("tbody", *(_row(figure, with_report=not report) for figure in rows)),
        class_="fig-list",
    )


def _row(figure: Figure, *, with_report: bool) -> str:
    nature = nature_of(figure)
    notes = [FIGURES["approximate"]] if figure.qualifier else []
    notes += [NATURES[nature]] if nature != "level" else []
    value = amount(figure.value, figure.unit, is_change=figure.is_change and figure.value > 0)
    year = str(figure.year) if figure.year is not None else FIGURES["unknown_year"]
    note = element("span", escape(" · ".join(notes)), class_="fig-note") if notes else ""
    return element(
        "tr",
        element("td", element("span", escape(value), class_="fig-amount"), class_="fig-number"),
        element("th", escape(figure.label), note, scope="row"),
        element("td", escape(year), class_="fig-when"),
        element("td", _quote(figure), _place(figure, with_report=with_report), class_="fig-quote"),
    )


def _quote(figure: Figure) -> str:
    """Return the sentence, its figure marked, as a link to the passage."""
    text = figure.document.text
    parts = (
        escape(text[figure.quote_start : figure.start]),
        element("mark", escape(text[figure.start : figure.end])),
        escape(text[figure.end : figure.quote_end]),
    )
    return element("a", heard(f"{FIGURES['read']} : "), *parts, href=passage_address(figure))


def _place(figure: Figure, *, with_report: bool) -> str:
    document = figure.document
    parts = [document.title] if with_report else []
    label, page = document.label_at(figure.start), document.page_at(figure.start)
    if label is not None:
        parts.append(FIGURES["page"].format(label=label))
        if label != str(page):
            parts.append(FIGURES["physical_page"].format(page=page))
    section = document.section_at(figure.start)
    if section is not None and section.path and section.path[-1] != document.title:
        parts.append(section.path[-1])
    return element("span", escape(" · ".join(parts)), class_="fig-place") if parts else ""


def _pages(total: int, first: int, wanted: Wanted) -> str:
    if total <= SHOWN:
        return ""
    last = min(first + SHOWN, total)
    place = FIGURES["place"].format(first=number(first + 1), last=number(last), total=number(total))
    links = [element("span", escape(place))]
    if first:
        former = _address(wanted, beside(ROUTE), **_skipping(max(0, first - SHOWN)))
        links.insert(0, element("a", escape(FIGURES["former"]), href=f"{former}#liste", rel="prev"))
    if last < total:
        following = _address(wanted, beside(ROUTE), **_skipping(last))
        links.append(element("a", escape(FIGURES["next"]), href=f"{following}#liste", rel="next"))
    return element("nav", *links, aria_label=FIGURES["pages"], class_="fig-pages")


def _skipping(first: int) -> Mapping[str, str]:
    return {"debut": str(first)} if first else {}


def _query(wanted: Wanted) -> dict[str, str]:
    asked = {
        "q": wanted.text,
        "annee": str(wanted.year or ""),
        "rapport": wanted.document_id,
        "tri": wanted.order.value if wanted.order is not Order.PLACE else "",
    }
    return {name: value for name, value in asked.items() if value}


def _address(wanted: Wanted, page: str, **others: str) -> str:
    query = _query(wanted) | others
    return f"{page}?{urlencode(query)}" if query else page

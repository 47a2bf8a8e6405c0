"""A series as it is shown: a chart whose points open their passages, its table, and the bars under an answer."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from ra_assistant.figure_rendering import passage_address
from ra_assistant.figures import Figure, Series
from ra_assistant.figures_wording import FIGURES, amount, is_symbol
from ra_assistant.interfaces.markup import element, escape, heard

if TYPE_CHECKING:
    from ra_assistant.interfaces.conversation import Exchange
    from ra_assistant.interfaces.desk import Service

_STEP = 64
"""Width of one year on a chart, in its own units."""
_GAP = 22
"""What is left free where years are missing."""
_HEIGHT = 96
_ABOVE = 22
_BELOW = 20
_BAR = 30
WIDTHS = 20
"""Lengths that a bar under an answer may have: each is a class of `series.css`."""
RESTORE_SECONDS = 2.0
"""How long a conversation that comes back waits for figures that nothing had asked for."""
MAX_IN_ANSWER = 12
"""Points that are shown under an answer, the latest ones."""


def series_figure(series: Series, anchor: str) -> str:
    """Return a chart with its title and its table; `anchor` is unique in the page."""
    caption = element("figcaption", escape(title_of(series)), id=anchor)
    table = element(
        "details",
        element("summary", escape(FIGURES["as_table"]), heard(f" : {title_of(series)}")),
        _table(series),
        class_="fig-data",
    )
    return element("figure", caption, _chart(series, anchor), table, class_="fig-series")


def title_of(series: Series) -> str:
    """Return what is counted, with the unit when the values do not show it."""
    label = series.label[:1].upper() + series.label[1:]
    unit = series.unit
    shown = not unit or is_symbol(unit) or unit.startswith("/") or unit.casefold() in label.casefold()
    return label if shown else f"{label} ({unit})"


def value_of(figure: Figure) -> str:
    """Return the value of a point as it is shown."""
    about = "≈\u00a0" if figure.qualifier else ""
    return about + amount(figure.value, figure.unit)


def _chart(series: Series, anchor: str) -> str:
    values = [point.value for point in series.points]
    top, bottom = max(*values, Decimal(0)), min(*values, Decimal(0))
    unit = Decimal(_HEIGHT) / ((top - bottom) or Decimal(1))
    zero = _ABOVE + top * unit
    height = _ABOVE + _HEIGHT + _BELOW
    lefts, gaps, width = _places(series.years)
    bars = [_bar(point, left, zero, unit, height) for point, left in zip(series.points, lefts, strict=True)]
    bars += [
        element("text", "…", class_="fig-gap", x=gap, y=_round(zero - 4), aria_hidden="true") for gap in gaps
    ]
    axis = element("line", class_="fig-axis", x1="0", x2=width, y1=_round(zero), y2=_round(zero))
    drawn = element(
        "svg",
        *bars,
        axis,
        role="group",
        aria_labelledby=anchor,
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
    )
    return element("div", drawn, class_="fig-chart")


def _places(years: Sequence[int]) -> tuple[list[int], list[int], int]:
    """Return where each year begins on the chart, where years are missing, and how wide the chart is."""
    lefts, gaps, left = [0], [], 0
    for former, year in pairwise(years):
        missing = year - former > 1
        if missing:
            gaps.append(left + _STEP + _GAP // 2)
        left += _STEP + _GAP * missing
        lefts.append(left)
    return lefts, gaps, left + _STEP


def _bar(point: Figure, left: int, zero: Decimal, unit: Decimal, height: int) -> str:
    middle = left + _STEP // 2
    size = abs(point.value) * unit
    y = zero - size if point.value >= 0 else zero
    value = value_of(point)
    told = FIGURES["read_point"].format(year=point.year, value=value)
    return element(
        "a",
        element("rect", class_="fig-target", x=left, y="0", width=_STEP, height=height),
        element(
            "rect",
            class_="fig-bar",
            x=middle - _BAR // 2,
            y=_round(y),
            width=_BAR,
            height=_round(max(size, Decimal(1))),
        ),
        element("text", escape(value), class_="fig-value", x=middle, y=_round(max(y - 6, Decimal(12)))),
        element("text", str(point.year), class_="fig-year", x=middle, y=height - 5),
        href=passage_address(point),
        aria_label=told,
    )


def _round(number: Decimal) -> str:
    return f"{number:.1f}"


def _table(series: Series) -> str:
    head = element(
        "tr",
        element("th", escape(FIGURES["column_year"]), scope="col"),
        element("th", escape(FIGURES["column_value"]), scope="col"),
        element("th", escape(FIGURES["column_quote"]), scope="col"),
    )
    rows = [
        element(
            "tr",
            element("th", str(point.year), scope="row"),
            element("td", escape(value_of(point)), class_="fig-number"),
            element("td", element("a", escape(_short(point.quote)), href=passage_address(point))),
        )
        for point in series.points
    ]
    return element(
        "table",
        element("caption", escape(title_of(series)), class_="ra-heard"),
        element("thead", head),
        element("tbody", *rows),
    )


def _short(quote: str, most: int = 160) -> str:
    text = " ".join(quote.split())
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + "…"


def exchange_series_html(exchange: Exchange, service: Service) -> str:
    """Return the bars under an answer of the conversation; empty when no series goes with it."""
    if not exchange.evolution:
        return ""
    cited = [(place.document_id, place.start, place.end) for place in exchange.cited]
    series = service.assistant.series_of(exchange.evolution, cited, RESTORE_SECONDS)
    return answer_series_html(series) if series else ""


def answer_series_html(series: Series) -> str:
    """Return the bars that stand under an answer, in marks that Gradio lets through: no style, no drawing."""
    points = series.points[-MAX_IN_ANSWER:]
    largest = max((abs(point.value) for point in points), default=Decimal(0)) or Decimal(1)
    rows = []
    for point in points:
        length = max(1, round(abs(point.value) / largest * WIDTHS))
        rows.append(
            element(
                "li",
                element(
                    "a",
                    element("span", str(point.year), class_="ra-series-year"),
                    element("span", class_=f"ra-series-bar ra-series-{length}"),
                    element("span", escape(value_of(point)), class_="ra-series-value"),
                    heard(f" {FIGURES['read']}"),
                    href=passage_address(point),
                ),
            )
        )
    return element(
        "div",
        element("p", heard(f"{FIGURES['in_answer']} : "), escape(title_of(series)), class_="ra-series-title"),
        element("ul", *rows),
        element("p", element("a", escape(FIGURES["see_all"]), href="chiffres"), class_="ra-series-all"),
        class_="ra-series",
    )

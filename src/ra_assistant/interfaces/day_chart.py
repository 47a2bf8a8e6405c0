"""Questions a day as bars: a drawing that grows with the window, its words in HTML so that they never shrink."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from ra_assistant.figures_wording import number
from ra_assistant.interfaces.markup import element, escape
from ra_assistant.journal_wording import DASHBOARD, day_of, days_in_words
from ra_assistant.types import Outcome
from ra_assistant.wording import count

HEIGHT = 100
"""Of the drawing, in its own unit; a day is one wide."""


def day_chart(rows: Sequence[tuple[date, Counter[str]]]) -> str:
    """Return one bar a day, what was answered below what was not, with a sentence for those who do not see it."""
    totals = [numbers[Outcome.ANSWERED] + numbers[Outcome.NOT_IN_REPORT] for _, numbers in rows]
    most = max(totals)
    if not most:
        return ""
    bars = []
    for rank, ((day, numbers), total) in enumerate(zip(rows, totals, strict=True)):
        refused = HEIGHT * numbers[Outcome.NOT_IN_REPORT] / most
        answered = HEIGHT * numbers[Outcome.ANSWERED] / most
        said = DASHBOARD["bar"].format(
            day=day_of(day), asked=in_questions(total), refused=number(numbers[Outcome.NOT_IN_REPORT])
        )
        bars.append(
            element(
                "g",
                element("title", escape(said)),
                _bar(rank, 0, HEIGHT, "ra-ground"),
                _bar(rank, HEIGHT - answered, answered, "ra-bar-answered") if answered else "",
                _bar(rank, HEIGHT - answered - refused, refused, "ra-bar-refused") if refused else "",
            )
        )
    busiest = rows[totals.index(most)][0]
    spoken = DASHBOARD["chart"].format(
        asked=in_questions(sum(totals)),
        days=days_in_words(len(rows)),
        day=day_of(busiest),
        most=in_questions(most),
    )
    drawing = element(
        "svg",
        *bars,
        viewBox=f"0 0 {len(rows)} {HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=spoken,
        focusable="false",
    )
    scale = element(
        "div",
        *(element("span", escape(number(n))) for n in _marks(most)),
        class_="ra-scale",
        aria_hidden="true",
    )
    ends = {0: rows[0][0], len(rows) // 2: rows[len(rows) // 2][0], len(rows) - 1: rows[-1][0]}
    dates = element(
        "div",
        *(element("span", escape(day_of(day, with_year=False))) for day in ends.values()),
        class_="ra-dates",
        aria_hidden="true",
    )
    legend = element(
        "p",
        element("span", escape(DASHBOARD["answered"]), class_="ra-key ra-key-answered"),
        element("span", escape(DASHBOARD["refused"]), class_="ra-key ra-key-refused"),
        class_="ra-legend",
        aria_hidden="true",
    )
    return element("figure", legend, element("div", scale, drawing, dates, class_="ra-chart"))


def _bar(rank: int, top: float, height: float, kind: str) -> str:
    return element(
        "rect", x=f"{rank + 0.12:.2f}", y=f"{top:.2f}", width="0.76", height=f"{height:.2f}", class_=kind
    )


def _marks(most: int) -> list[int]:
    """Return what is written beside the chart, from top to bottom."""
    return [most, most // 2, 0] if most > 1 and most % 2 == 0 else [most, 0]


def in_questions(asked: int) -> str:
    """Return a number of questions with its noun."""
    return count(asked, "question", "questions")

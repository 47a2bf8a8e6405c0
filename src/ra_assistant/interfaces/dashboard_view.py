"""The page « Tableau de bord » as HTML: key figures, days, questions without an answer, words, opinions, files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ra_assistant.figures_wording import number
from ra_assistant.interfaces.day_chart import day_chart
from ra_assistant.interfaces.frame import MAIN, Frame
from ra_assistant.interfaces.markup import element, escape, unbroken
from ra_assistant.interfaces.office_ways import office_ways
from ra_assistant.journal import Opinion, Usage
from ra_assistant.journal_wording import (
    DASHBOARD,
    FEEDBACK_REASONS,
    KINDS,
    VERDICTS,
    day_of,
    days_in_words,
)
from ra_assistant.types import Outcome
from ra_assistant.usage import Group, asked_words, every_day, unanswered
from ra_assistant.wording import count, percent

CONFIRMED = "oui"
"""What the form says when the box is checked."""
SHOWN_GROUPS = 30
SHOWN_OPINIONS = 50
SHOWN_DOCUMENTS = 20
_ANSWERED, _REFUSED, _CIVIL = Outcome.ANSWERED.value, Outcome.NOT_IN_REPORT.value, Outcome.SMALL_TALK.value


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page is made of."""

    usage: Usage | None = None
    """None when nothing was ever written, or nothing can be read."""
    days: int = 0
    periods: tuple[int, ...] = ()
    retention_days: int = 0
    """0 when there is no journal."""
    keeps_questions: bool = False
    trouble: str = ""
    """Why the journal cannot be read or written."""
    wrong: str = ""
    """Why what was asked for was not done."""
    said: str = ""
    """What was done."""


def dashboard_html(shown: Shown, frame: Frame) -> str:
    """Return the whole page, in its frame."""
    head = element("h1", escape(DASHBOARD["title"])) + _periods(shown)
    body = element("main", head, *_said(shown), *_content(shown), class_="ra-board", id=MAIN)
    return frame.page(
        DASHBOARD["title"],
        body,
        sheets=("office.css", "dashboard.css"),
        head='<meta name="robots" content="noindex">',
        ways=office_ways(DASHBOARD["title"]),
    )


def _content(shown: Shown) -> Iterable[str]:
    usage = shown.usage
    if not shown.retention_days:
        return
    if usage is None or usage.is_empty:
        when = "period" if usage is not None and usage.kept else "ever"
        yield _card(DASHBOARD[f"empty_{when}"], element("p", escape(DASHBOARD[f"empty_{when}_notice"])))
    else:
        yield _figures(usage)
        yield _days(usage)
        yield _unanswered(usage, shown)
        yield _words(usage)
        yield _documents(usage)
        yield _opinions(usage)
    yield _files()
    yield _kept(shown)


def _periods(shown: Shown) -> str:
    if not shown.periods:
        return ""
    links = [
        element(
            "a",
            escape(DASHBOARD["last_days"].format(days=days)),
            href=f"?jours={days}",
            aria_current="true" if days == shown.days else "",
        )
        for days in shown.periods
    ]
    since = ""
    if shown.usage is not None:
        since = DASHBOARD["since"].format(first=day_of(shown.usage.first), last=day_of(shown.usage.last))
    return element("nav", *links, aria_label=DASHBOARD["period"], class_="ra-periods") + element(
        "p", escape(since), class_="ra-quiet"
    )


def _said(shown: Shown) -> Iterable[str]:
    for sentence in (shown.trouble, shown.wrong):
        if sentence:
            yield element("p", escape(sentence), class_="ra-said ra-wrong", role="alert")
    if shown.said:
        yield element("p", escape(shown.said), class_="ra-said", role="status")


def _card(title: str, *content: str) -> str:
    return element("section", element("h2", escape(title)), *content, class_="ra-card")


def _figures(usage: Usage) -> str:
    numbers = usage.outcomes
    settled = numbers[_ANSWERED] + numbers[_REFUSED]
    civil = numbers[_CIVIL]
    opinions = usage.verdicts.total()
    rows = [
        (
            DASHBOARD["asked"],
            number(settled),
            DASHBOARD["small_talk"].format(number=count(civil, "politesse", "politesses")) if civil else "",
        ),
        (DASHBOARD["answered"], _share(numbers[_ANSWERED], settled), number(numbers[_ANSWERED])),
        (DASHBOARD["refused"], _share(numbers[_REFUSED], settled), number(numbers[_REFUSED])),
        (
            DASHBOARD["opinions"],
            number(usage.verdicts["up"]) if opinions else "–",
            DASHBOARD["of_opinions"].format(number=number(opinions)) if opinions else DASHBOARD["no_opinion"],
        ),
    ]
    if usage.milliseconds is not None:
        spent = DASHBOARD["time_value"].format(milliseconds=number(round(usage.milliseconds)))
        rows.append((DASHBOARD["time"], spent, DASHBOARD["time_note"]))
    items = [
        element(
            "div",
            element("dt", escape(label)),
            element("dd", element("strong", escape(value)), element("span", escape(note)) if note else ""),
        )
        for label, value, note in rows
    ]
    return _card(DASHBOARD["figures"], element("dl", *items, class_="ra-figures"))


def _days(usage: Usage) -> str:
    rows = list(every_day(usage))
    table = _table(
        (DASHBOARD["day"], DASHBOARD["answered"], DASHBOARD["refused"]),
        [
            (day_of(day), number(numbers[_ANSWERED]), number(numbers[_REFUSED]))
            for day, numbers in rows
            if numbers[_ANSWERED] + numbers[_REFUSED]
        ],
        DASHBOARD["days_title"],
    )
    return _card(
        DASHBOARD["days_title"],
        day_chart(rows),
        element("details", element("summary", escape(DASHBOARD["as_table"])), table),
    )


def _unanswered(usage: Usage, shown: Shown) -> str:
    if not usage.outcomes[_REFUSED]:
        return _card(DASHBOARD["unanswered_title"], element("p", escape(DASHBOARD["none_unanswered"])))
    groups = unanswered(usage)
    kinds = element("h3", escape(DASHBOARD["by_kind"])) + _table(
        (DASHBOARD["kind"], DASHBOARD["number"]),
        [(KINDS.get(kind, kind), number(asked)) for kind, asked in usage.refused_kinds.most_common()],
        DASHBOARD["by_kind"],
    )
    explained = ""
    if not shown.keeps_questions:
        explained = element("h3", escape(DASHBOARD["not_kept_title"])) + element(
            "p", escape(DASHBOARD["not_kept"].format(days=days_in_words(shown.retention_days)))
        )
    listed = ""
    if groups:
        listed = element("p", escape(DASHBOARD["unanswered_notice"]), class_="ra-quiet") + element(
            "ol", *(element("li", _group(group)) for group in groups[:SHOWN_GROUPS]), class_="ra-groups"
        )
        if len(groups) > SHOWN_GROUPS:
            listed += element("p", escape(DASHBOARD["more_groups"]), class_="ra-quiet")
    return _card(DASHBOARD["unanswered_title"], listed, kinds, explained)


def _group(group: Group) -> str:
    variants = ""
    if group.variants:
        variants = element(
            "details",
            element("summary", escape(DASHBOARD["variants"])),
            element("ul", *(element("li", escape(unbroken(variant))) for variant in group.variants[:10])),
        )
    times = f"{number(group.number)}\u00a0×"
    last = f"{DASHBOARD['last_time']}\u00a0: {day_of(group.last)}"
    return (
        element("span", escape(times), class_="ra-times")
        + element("span", escape(unbroken(group.question)), class_="ra-question")
        + element("span", escape(last), class_="ra-quiet")
        + variants
    )


def _words(usage: Usage) -> str:
    if not usage.texts:
        return ""
    rows = [(word, number(asked)) for word, asked in asked_words(usage)]
    if not rows:
        return _card(DASHBOARD["words_title"], element("p", escape(DASHBOARD["no_words"])))
    items = [element("li", escape(word), " ", element("span", escape(asked))) for word, asked in rows]
    notice = element("p", escape(DASHBOARD["words_notice"]), class_="ra-quiet")
    return _card(DASHBOARD["words_title"], notice, element("ol", *items, class_="ra-words"))


def _documents(usage: Usage) -> str:
    rows = [(name, number(cited)) for name, cited in usage.documents.most_common(SHOWN_DOCUMENTS)]
    if not rows:
        return _card(DASHBOARD["documents_title"], element("p", escape(DASHBOARD["no_documents"])))
    heads = (DASHBOARD["document"], DASHBOARD["citing"])
    return _card(DASHBOARD["documents_title"], _table(heads, rows, DASHBOARD["documents_title"]))


def _opinions(usage: Usage) -> str:
    if not usage.opinions:
        return _card(DASHBOARD["feedback_title"], element("p", escape(DASHBOARD["no_feedback"])))
    reasons = ""
    if usage.reasons:
        rows = [(FEEDBACK_REASONS.get(key, key), number(given)) for key, given in usage.reasons.most_common()]
        reasons = _table((DASHBOARD["reasons_title"], DASHBOARD["number"]), rows, DASHBOARD["reasons_title"])
    listed = element(
        "ul", *(element("li", _opinion(row)) for row in usage.opinions[:SHOWN_OPINIONS]), class_="ra-opinions"
    )
    more = ""
    if len(usage.opinions) > SHOWN_OPINIONS:
        more = element("p", escape(DASHBOARD["more_opinions"]), class_="ra-quiet")
    return _card(DASHBOARD["feedback_title"], reasons, listed, more)


def _opinion(opinion: Opinion) -> str:
    verdict = VERDICTS.get(opinion.verdict, opinion.verdict)
    head = [element("strong", escape(verdict), class_=f"ra-verdict ra-{opinion.verdict}")]
    if opinion.reason:
        head.append(
            element("span", escape(FEEDBACK_REASONS.get(opinion.reason, opinion.reason)), class_="ra-reason")
        )
    if opinion.day is not None:
        head.append(element("span", escape(day_of(opinion.day)), class_="ra-quiet"))
    texts = [
        element(
            "p",
            element("span", escape(f"{DASHBOARD[key]}\u00a0:"), class_="ra-quiet"),
            " ",
            escape(unbroken(text)),
        )
        for key, text in (
            ("comment", opinion.comment),
            ("question", opinion.question),
            ("answer", opinion.answer),
        )
        if text
    ]
    return element("p", *head, class_="ra-head") + "".join(texts)


def _files() -> str:
    links = [
        element("li", element("a", escape(DASHBOARD[f"file_{name}"]), href=f"{name}.csv"))
        for name in ("questions", "avis", "jours")
    ]
    notice = element("p", escape(DASHBOARD["files_notice"]), class_="ra-quiet")
    return _card(DASHBOARD["files_title"], notice, element("ul", *links, class_="ra-files"))


def _kept(shown: Shown) -> str:
    retention = DASHBOARD["retention"].format(days=days_in_words(shown.retention_days))
    texts = DASHBOARD["texts_kept" if shown.keeps_questions else "texts_left"]
    # A check box cannot be made by `element`: it has no content and no end.
    box = f'<input type="checkbox" name="confirme" value="{CONFIRMED}" id="ra-confirm" required>'
    form = element(
        "form",
        element("label", box, " ", escape(DASHBOARD["erase_confirm"]), for_="ra-confirm"),
        element("button", escape(DASHBOARD["erase_button"]), class_="ra-danger"),
        method="post",
        action="effacer",
    )
    return _card(
        DASHBOARD["kept_title"],
        element("p", escape(retention)),
        element("p", escape(texts)),
        element("details", element("summary", escape(DASHBOARD["erase"])), form, open=bool(shown.wrong)),
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """Return a table whose first column names its rows, and whose others are numbers."""
    head = element("tr", *(element("th", escape(name), scope="col") for name in heads))
    lines = [
        element(
            "tr", element("th", escape(first), scope="row"), *(element("td", escape(cell)) for cell in others)
        )
        for first, *others in rows
    ]
    return element(
        "table",
        element("caption", escape(caption), class_="ra-heard"),
        element("thead", head),
        element("tbody", *lines),
    )


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else "–"

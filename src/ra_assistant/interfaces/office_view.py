"""The back office as HTML: what is in service, what was read, what the checks said, how far the work is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ra_assistant.checks import Check
from ra_assistant.indexing import Progress
from ra_assistant.interfaces.markup import element, escape
from ra_assistant.interfaces.office import Said, State, Tried
from ra_assistant.interfaces.office_draft import arrival_sentence
from ra_assistant.office_wording import OFFICE, OTHERS, STATES, office_check
from ra_assistant.publishing import BuildRow
from ra_assistant.publishing_wording import NOUNS, date
from ra_assistant.wording import STAGES, count, sentence_of

SHOWN_PAGES = 200
"""Pages shown; the complete report has the others."""
SHOWN_TITLES = 12
"""Reports in service that are named; the others are counted."""
OPEN_PAGES = 3
"""Pages with something to look at that are open at once; more are only marked."""
_SHARES = {
    "fetching": (0.0, 1.0),
    "reading": (0.0, 0.2),
    "splitting": (0.2, 0.25),
    "embedding": (0.25, 0.7),
    "storing": (0.7, 0.8),
    "checking": (0.8, 0.9),
    "asking": (0.9, 1.0),
}
"""Where on the bar each stage begins and ends."""
_JOB_STEPS = {
    "reading": "read",
    "harvesting": "read",
    "checking": "check",
    "live": "live",
    "back": "back",
    "abandoning": "live",
}


def masthead(state: State) -> str:
    """Return the title and what is in service."""
    current = next((row for row in state.rows if row.state == "current"), None)
    return element(
        "header",
        element("h1", escape(OFFICE["title"])),
        element(
            "p",
            element("strong", escape(OFFICE["in_service"])),
            " ",
            escape(_row(current) if current else OFFICE["nothing_in_service"]),
            class_="ra-service",
        ),
        _titles(state),
    )


def _titles(state: State) -> str:
    """Return what the reports in service are called; a build whose documents cannot be read has its files' names."""
    names = [
        title
        if year is None or str(year) in title
        else OFFICE["title_of_year"].format(title=title, year=year)
        for title, year in state.titles
    ] or list(state.sources)
    shown = [element("li", escape(name)) for name in names[:SHOWN_TITLES]]
    if len(names) > SHOWN_TITLES:
        others = count(len(names) - SHOWN_TITLES, *OTHERS)
        shown.append(element("li", escape(OFFICE["other_titles"].format(others=others))))
    return element("ul", *shown, class_="ra-sources") if shown else ""


def heading(number: int, key: str, phase: str) -> str:
    """Return the title of a step, and what it does while it is `open`; it may be `done` or `later` as well."""
    notice = element("p", escape(OFFICE[f"{key}_notice"])) if phase == "open" else ""
    mark = element("span", "✓" if phase == "done" else str(number), class_="ra-step", aria_hidden="true")
    return element("div", element("h2", mark, escape(OFFICE[key])), notice, class_=f"ra-heading ra-{phase}")


def outcome(state: State, step: str, refusal: Said | None) -> str:
    """Return how far the work of a step is, or what was said of it last."""
    if state.job and _JOB_STEPS[state.job] == step:
        return progress_bar(state)
    said = refusal or state.said
    if said is None or said.step != step:
        return ""
    kind = "ra-said ra-wrong" if said.wrong else "ra-said"
    return element(
        "p", escape(said.sentence), class_=kind, role="alert" if said.wrong else "status", tabindex=-1
    )


def progress_bar(state: State) -> str:
    """Return a bar and a sentence; a bar without a value where nothing is counted."""
    sentence, done = _job_words(state), _done(state.progress)
    value: dict[str, Any] = {} if done is None else {"value": f"{done:.2f}", "max": 1}
    return element(
        "div",
        element("p", escape(sentence), role="status"),
        element("progress", aria_label=OFFICE["progress"], **value),
        class_="ra-progress",
    )


def _job_words(state: State) -> str:
    if state.progress is None:
        key = {"live": "going_live", "back": "going_back", "reading": "reading", "harvesting": "reading"}.get(
            state.job, "checking"
        )
        return OFFICE[key].format(name=state.subject)
    stage = STAGES[state.progress.stage]
    counted = state.progress.total > 1 and state.progress.stage in {
        "fetching",
        "reading",
        "splitting",
        "embedding",
    }
    if not counted:
        return f"{stage}…"
    return OFFICE["counted"].format(stage=stage, done=state.progress.done, total=state.progress.total)


def _done(progress: Progress | None) -> float | None:
    if progress is None:
        return None
    start, end = _SHARES[progress.stage]
    return start + (end - start) * progress.done / max(1, progress.total)


def reading(state: State) -> str:
    """Return what was read of the draft, page by page, or piece by piece."""
    draft = state.draft
    if draft is None:
        return ""
    found = draft.reading
    pages = found["pages"]
    few = sum(bool(page["warnings"]) for page in pages) <= OPEN_PAGES
    shown = [
        _page(
            page,
            _way(f"lecture/{draft.id}/{rank}", OFFICE["full_report"]) if draft.is_site else "",
            is_open=rank == 0 or (few and bool(page["warnings"])),
        )
        for rank, page in enumerate(pages[:SHOWN_PAGES])
    ]
    if len(pages) > SHOWN_PAGES:
        rest = OFFICE["pages_cut"].format(pages=count(len(pages) - SHOWN_PAGES, *NOUNS["pages"]))
        shown.append(element("p", escape(rest)))
    words = OFFICE["full_report_images" if found["with_images"] else "full_report"]
    return element(
        "section",
        element("h3", escape(found["title"])),
        element("p", escape(found["summary"]), class_="ra-summary"),
        _bullets(found["notices"], "ra-warnings"),
        "" if draft.is_site else _way(f"lecture/{draft.id}", words),
        element("h4", escape(OFFICE["pages_title"]), id="ra-pages-title"),
        element("div", *shown, class_="ra-pages", role="group", aria_labelledby="ra-pages-title"),
        class_="ra-reading",
    )


def _way(address: str, words: str) -> str:
    notice = element("span", escape(f" ({OFFICE['new_tab']})"), class_="ra-tab")
    return element("p", element("a", escape(words), notice, href=address, target="_blank", rel="noopener"))


def _page(page: Mapping[str, Any], way: str, *, is_open: bool) -> str:
    warned = page["warnings"]
    marks = element("span", escape(count(page["words"], *NOUNS["words"])), class_="ra-words")
    if warned:
        points = OFFICE["one_to_see"] if len(warned) == 1 else OFFICE["to_see"].format(number=len(warned))
        marks = element("span", escape(points), class_="ra-flag") + marks
    parts = [_bullets(warned, "ra-warnings"), way]
    parts += [
        element("p", escape(OFFICE[f"page_{key}"].format(items=" · ".join(page[key]))))
        for key in ("headings", "figures")
        if page[key]
    ]
    paragraphs = re.split(r"\n{2,}", page["text"] or OFFICE["page_nothing"])
    parts.append(element("div", *(element("p", escape(text)) for text in paragraphs), class_="ra-text"))
    if page["is_cut"]:
        parts.append(element("p", escape(OFFICE["page_cut"]), class_="ra-cut"))
    summary = element("summary", element("span", escape(page["name"])), element("span", marks))
    return element("details", summary, *parts, open=is_open)


def checks(state: State) -> str:
    """Return what the checks said of the candidate."""
    tried = state.tried
    if tried is None:
        return ""
    arrival = arrival_sentence(tried.brought)
    missed = [
        question for check in tried.prepared.report.checks for question in check.details.get("missed", ())
    ]
    unread = [sentence_of(error) for error in tried.prepared.unreadable]
    return element(
        "section",
        element("p", escape(arrival)) if arrival else "",
        element("ul", *map(_check, tried.prepared.report.checks), class_="ra-checks"),
        _titled(OFFICE["missed_title"], missed),
        _titled(OFFICE["unread_title"], unread),
    )


def contents(tried: Tried) -> str:
    """Return how much the candidate holds."""
    return OFFICE["contents"].format(**_counts(tried.prepared.documents, tried.prepared.passages))


def _check(check: Check) -> str:
    sentence = office_check(check.code, check.details, passed=check.passed)
    mark = element("span", escape(OFFICE["passed" if check.passed else "failed"]), class_="ra-mark")
    return element("li", mark, element("span", escape(sentence)), class_="" if check.passed else "ra-wrong")


def kept(state: State) -> str:
    """Return the builds that are kept, and what one step back leads to."""
    rows = [row for row in state.rows if row.state != "waiting"]
    previous = state.previous
    notice = OFFICE["no_back"]
    if previous is not None:
        notice = OFFICE["back_notice"].format(date=date(previous.created_at), **_row_counts(previous))
    return element(
        "section",
        element("h2", escape(OFFICE["back_title"])),
        element("p", escape(notice)),
        element("h3", escape(OFFICE["kept"])) if rows else "",
        element("ul", *map(_kept_row, rows), class_="ra-kept") if rows else "",
    )


def _kept_row(row: BuildRow) -> str:
    return element(
        "li",
        element(
            "span",
            escape(OFFICE["kept_row"].format(date=date(row.created_at)) if row.created_at else row.build_id),
        ),
        element("span", escape(STATES[row.state]), class_=f"ra-state ra-{row.state}"),
    )


def _row(row: BuildRow) -> str:
    return OFFICE["in_service_row"].format(date=date(row.created_at), **_row_counts(row))


def _row_counts(row: BuildRow) -> dict[str, str]:
    return _counts(row.documents, row.passages)


def _counts(documents: int, passages: int) -> dict[str, str]:
    return {
        "documents": count(documents, "document", "documents"),
        "passages": count(passages, "passage", "passages"),
    }


def _titled(title: str, items: Sequence[str]) -> str:
    return element("h3", escape(title)) + _bullets(items, "ra-warnings") if items else ""


def _bullets(items: Sequence[str], name: str) -> str:
    return element("ul", *_items(items), class_=name) if items else ""


def _items(items: Sequence[str]) -> Iterator[str]:
    return (element("li", escape(item)) for item in items)

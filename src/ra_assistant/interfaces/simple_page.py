"""The page of the chat without scripts: one form, the conversation above it, the passages below each answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ra_assistant.interfaces.attendant import Room
from ra_assistant.interfaces.conversation import Exchange, Place, find
from ra_assistant.interfaces.exchange_answer import exchange_answer
from ra_assistant.interfaces.frame import MAIN, Frame
from ra_assistant.interfaces.markup import (
    answer_anchor,
    element,
    escape,
    source_anchor,
    sources_anchor,
    unbroken,
)
from ra_assistant.interfaces.panel import Shelf, facts_of, new_tab, passage_html, span_of, way_out
from ra_assistant.interfaces.report_links import has_images, page_address, report_address
from ra_assistant.interfaces.site_page import contact_html, legal_html
from ra_assistant.rendering import citation_json
from ra_assistant.report_wording import REPORT, SIMPLE
from ra_assistant.types import Citation, Document, DocumentKind
from ra_assistant.wording import CHAT, source_of

MAX_ASKED_CHARS = 20_000
"""What is given back in the box of a question that was refused."""
LAST = "reponse"
"""Fragment of the last answer, at which the browser opens the page that answers a form."""
_MARKER = re.compile(r'(<a class="ra-marker" href="#source-\d+-(\d+)")')


def simple_page(
    frame: Frame,
    room: Room | None,
    exchanges: Sequence[Exchange],
    kept: str,
    privacy: str = SIMPLE["privacy"],
    *,
    question: str = "",
    error: str = "",
    notice: str = "",
) -> str:
    """Return the page.

    Args:
        frame: what stands around it.
        room: the build in service; None when there is none.
        exchanges: the conversation so far.
        kept: the conversation as the form carries it.
        privacy: what is kept of a conversation, and where.
        question: what is in the box: a question that was refused.
        error: why it was refused.
        notice: what else is to be said.
    """
    parts = [element("h1", escape(SIMPLE["heading"]))]
    if exchanges and room is not None:
        shelf, contact = room.service.shelf, contact_html(frame.site)
        talk = (
            _exchange(exchange, turn, shelf, contact, is_last=turn == len(exchanges))
            for turn, exchange in enumerate(exchanges, 1)
        )
        parts.append(element("div", *talk, class_="talk"))
    else:
        parts.append(element("p", escape(SIMPLE["notice"]), class_="notice"))
    if notice:
        parts.append(element("p", escape(notice), class_="notice", role="status"))
    foot = element("p", escape(privacy), legal_html(frame.site), class_="notice")
    parts.append(_form(kept, question, error, foot, is_first=not exchanges))
    if room is not None and not exchanges and room.service.starters:
        parts.append(_starters(room.service.starters))
    main = element("main", *parts, id=MAIN, class_="simple")
    return frame.page(SIMPLE["title"], main, sheets=("answer.css", "simple.css"))


def _form(kept: str, question: str, error: str, foot: str, *, is_first: bool) -> str:
    alert = element("p", escape(error), class_="alert", role="alert", id="erreur") if error else ""
    label = SIMPLE["ask" if is_first else "ask_next"]
    box = element(
        "textarea",
        _as_typed(question[:MAX_ASKED_CHARS]),
        name="question",
        id="question",
        rows=3,
        required=True,
        spellcheck="true",
        aria_describedby="erreur" if error else "",
        aria_invalid="true" if error else "",
    )
    again = "" if is_first else element("a", escape(SIMPLE["again"]), href="simple", class_="again")
    return element(
        "form",
        element("h2", element("label", escape(label), for_="question")),
        alert,
        box,
        _hidden(kept),
        element(
            "p", element("button", escape(SIMPLE["send"]), type="submit", class_="main"), again, class_="send"
        ),
        foot,
        method="post",
        action=f"simple#{'erreur' if error else LAST}",
        class_="ask",
        id="poser",
    )


def _as_typed(text: str) -> str:
    """Return a text as the content of a box; line ends stay line ends."""
    return "\n" + escape(text).replace("<br>", "\n")


def _hidden(kept: str) -> str:
    return f'<input type="hidden" name="conversation" value="{escape(kept)}">' if kept else ""


def _starters(starters: Sequence[str]) -> str:
    buttons = [
        element(
            "li",
            f'<button type="submit" name="question" value="{escape(starter)}">{escape(starter)}</button>',
        )
        for starter in starters
    ]
    title = element("h2", escape(SIMPLE["starters"]))
    return element(
        "form", title, element("ul", *buttons), method="post", action=f"simple#{LAST}", class_="starters"
    )


def _exchange(exchange: Exchange, turn: int, shelf: Shelf, contact: str, *, is_last: bool) -> str:
    number = element("span", escape(SIMPLE["question_number"].format(number=turn)), class_="number")
    question = element("h2", number, " ", element("span", escape(unbroken(exchange.question))))
    answer = exchange_answer(exchange, turn, contact)
    return element(
        "section",
        question,
        element("div", _named(answer), id=LAST if is_last else "", class_="said", tabindex=-1),
        _passages(exchange, turn, shelf),
        id=answer_anchor(turn),
        class_="turn-of-talk",
    )


def _named(answer: str) -> str:
    """Return an answer whose markers are called by what they lead to."""
    return _MARKER.sub(
        lambda link: f'{link.group(1)} aria-label="{CHAT["marker_label"].format(number=link.group(2))}"',
        answer,
    )


def _passages(exchange: Exchange, turn: int, shelf: Shelf) -> str:
    places, key = (exchange.cited, "passages") if exchange.cited else (exchange.nearest, "nearest")
    if not places:
        return ""
    anchor = sources_anchor(turn)
    notice = element("p", escape(CHAT["nearest_notice"]), class_="notice") if key == "nearest" else ""
    rows = [_passage(place, turn, shelf) for place in places]
    return element(
        "div",
        element("h3", escape(SIMPLE[key])),
        notice,
        element("ol", *rows),
        id=anchor,
        class_="sources",
    )


def _passage(place: Place, turn: int, shelf: Shelf) -> str:
    citation = find(place, shelf.documents)
    number = element("span", str(place.marker), class_="number", aria_hidden="true")
    told = (
        "".join(_told(citation, place.marker, shelf))
        if citation
        else element("p", escape(CHAT["moved"]), class_="notice")
    )
    back = element("a", escape(SIMPLE["back"]), href=f"#{answer_anchor(turn)}", class_="back")
    return element("li", number, told, back, id=source_anchor(turn, place.marker), tabindex=-1)


def _told(citation: Citation, marker: int, shelf: Shelf) -> Iterator[str]:
    document = citation.document
    heard = element("span", escape(SIMPLE["passage"].format(number=marker) + ", "), class_="ra-heard")
    yield element("h4", heard, escape(document.title))
    yield element("p", *facts_of(citation), class_="facts")
    yield element("blockquote", *passage_html(citation, shelf.around(citation)))
    if document.kind is DocumentKind.RESTATED:
        yield element("p", escape(source_of(citation)), class_="notice")
    yield element("p", *_links(document, citation), class_="ways")
    row: Mapping[str, object] = citation_json(citation)
    address, page = row["source_url"], row["page"]
    yield way_out(
        address if isinstance(address, str) else None, page if isinstance(page, int) else None, citation
    )


def _links(document: Document, citation: Citation) -> Iterator[str]:
    span = span_of(citation)
    yield new_tab(report_address(document, span), escape(REPORT["open_in_report"]))
    page = document.page_at(citation.start)
    if page is not None and has_images(document):
        words = REPORT["page_image"].format(label=document.page_labels[page - 1])
        yield new_tab(page_address(document, page, span), escape(words))

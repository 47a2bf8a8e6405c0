"""The web chat: a Gradio page whose conversation lives in the visitor's browser.

No conversation is kept on the server: each question comes with the conversation so far, as the browser
tells it, and every citation shown is derived anew from the documents.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import gradio as gr
from fastapi import FastAPI

from ra_assistant.errors import QuestionRefused
from ra_assistant.interfaces.chat_manner import chosen_manner, manner_controls
from ra_assistant.interfaces.conversation import MAX_EXCHANGES, Exchange, exchanges_of, questions_of, turns_of
from ra_assistant.interfaces.desk import Desk, Service
from ra_assistant.interfaces.door import client_of
from ra_assistant.interfaces.exchange_answer import exchange_answer
from ra_assistant.interfaces.frame import Frame
from ra_assistant.interfaces.gradio_queue import queue
from ra_assistant.interfaces.hearing import NOBODY, Hearing
from ra_assistant.interfaces.markup import element, escape, question_html, tools_html, unbroken
from ra_assistant.interfaces.panel import panel_html
from ra_assistant.interfaces.references import kept_of, printed_sources
from ra_assistant.interfaces.series_view import exchange_series_html
from ra_assistant.interfaces.site import Site
from ra_assistant.interfaces.site_page import contact_html, legal_html, title_of
from ra_assistant.interfaces.starters import SHOWN
from ra_assistant.interfaces.words import words_of
from ra_assistant.model_guard import AT_ONCE as SPOKEN_AT_ONCE
from ra_assistant.model_guard import VISITOR
from ra_assistant.report_wording import WAYS
from ra_assistant.wording import CHAT, GRADIO_STRINGS, sentence_of

ANSWERED_AT_ONCE = 4
"""Questions that are worked on together; more would only slow one another down on a small machine."""
MAX_WAITING = 60
"""Questions that wait for their turn; the next visitor is told that the assistant is busy."""
MAX_SESSIONS = 200
"""Pages whose components Gradio remembers; ours keep no state, so that few are enough."""
CACHE_SECONDS = 3600

_SYSTEM_FONTS = ("system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")


def mount_chat(desk: Desk, site: Site | None = None, hearing: Hearing = NOBODY) -> FastAPI:
    """Return an application whose root is the chat; its lifespan starts and stops Gradio."""
    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    blocks = build_chat(desk, site or Site(), hearing)
    gr.mount_gradio_app(
        application,
        blocks,
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=1,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        theme=gr.themes.Base(font=_SYSTEM_FONTS, font_mono=("ui-monospace", "monospace")),
        i18n=gr.I18n(fr=GRADIO_STRINGS),
    )
    return application


def build_chat(desk: Desk, site: Site, hearing: Hearing = NOBODY) -> gr.Blocks:
    """Return the page: header, conversation, panel, question box."""
    service = desk.service
    page = _Handlers(desk, site, hearing)
    frame = Frame(site=site, publisher=service.publisher, here="chat")
    skip = element("a", escape(WAYS["skip_to_box"]), class_="ra-skip", href="#ra-box")
    blocks: gr.Blocks
    with gr.Blocks(
        title=title_of(site), analytics_enabled=False, delete_cache=(CACHE_SECONDS, CACHE_SECONDS)
    ) as blocks:
        history = gr.JSON(visible=False)
        with gr.Column(elem_id="ra-app"):
            with gr.Row(elem_id="ra-top", elem_classes="ra-top"):
                for name, html in (
                    ("ra-head", skip + frame.brand(is_title=True)),
                    ("ra-pages", frame.ways()),
                    ("ra-keep", tools_html(0, ("export", "print"))),
                ):
                    gr.HTML(html, elem_id=name, apply_default_css=False, js_on_load=None)
                erase = gr.Button(CHAT["erase"], elem_id="ra-erase", size="sm")
            with gr.Column(elem_id="ra-talk"):
                talk = gr.Chatbot(
                    page.messages([], service),
                    label=CHAT["conversation"],
                    show_label=False,
                    container=False,
                    height=None,
                    buttons=[],
                    latex_delimiters=[],
                    allow_tags=False,
                    sanitize_html=True,
                    feedback_options=None,
                    group_consecutive_messages=False,
                    autoscroll=False,
                    elem_id="ra-messages",
                )
                more = gr.HTML("", elem_id="ra-more", apply_default_css=False, js_on_load=None)
                with gr.Column(elem_id="ra-starters") as offered:
                    gr.HTML(
                        element("h2", escape(CHAT["starters_label"])),
                        apply_default_css=False,
                        js_on_load=None,
                    )
                    starters = [
                        gr.Button(text, elem_classes="ra-starter", visible=bool(text))
                        for text in _padded(service.starters)
                    ]
            panel = gr.HTML(
                panel_html([], service.shelf), elem_id="ra-panel", apply_default_css=False, js_on_load=None
            )
            with gr.Column(elem_id="ra-ask"):
                hint = gr.HTML("", elem_id="ra-hint", apply_default_css=False, js_on_load=None)
                box = gr.Textbox(
                    label=CHAT["question_label"],
                    show_label=False,
                    placeholder=CHAT["question_placeholder"],
                    lines=1,
                    max_lines=6,
                    container=False,
                    elem_id="ra-box",
                    html_attributes=gr.InputHTMLAttributes(autocorrect="on", spellcheck=True),
                )
                manner = manner_controls(is_shown=service.assistant.speaker is not None)
                send = gr.Button(CHAT["send"], elem_id="ra-send", variant="primary")
                stop = gr.Button(CHAT["stop"], elem_id="ra-stop")
                gr.HTML(
                    element("p", escape(hearing.privacy), legal_html(site)),
                    elem_id="ra-privacy",
                    apply_default_css=False,
                    js_on_load=None,
                )
        shown = [talk, panel, history, offered, hint, more]
        asking = gr.on(
            [box.submit, send.click, *(starter.click for starter in starters)],
            page.ask,
            inputs=[box, history, *manner],
            outputs=[box, *shown],
            js="(question, kept, ...manner) => [...window.raChat.ask(question, kept), ...manner]",
            concurrency_limit=ANSWERED_AT_ONCE + (0 if service.assistant.speaker is None else SPOKEN_AT_ONCE),
            trigger_mode="multiple",
            show_progress="hidden",
            api_visibility="private",
        )
        asking.then(None, [history], None, js="(kept) => window.raChat.answered(kept)")
        asking.failure(None, None, None, js="() => window.raChat.failed()")
        stopping = stop.click(
            page.stop,
            inputs=[history],
            outputs=shown,
            cancels=[asking],
            show_progress="hidden",
            api_visibility="private",
            concurrency_limit=None,
        )
        stopping.then(None, [history], None, js="(kept) => window.raChat.answered(kept)")
        erase.click(
            page.erase,
            outputs=[*shown],
            cancels=[asking],
            js="() => window.raChat.forget()",
            show_progress="hidden",
            api_visibility="private",
            concurrency_limit=None,
        )
        restoring = blocks.load(
            page.restore,
            inputs=[history],
            outputs=[*shown, *starters],
            js="() => window.raChat.remembered()",
            show_progress="hidden",
            api_visibility="private",
            concurrency_limit=ANSWERED_AT_ONCE,
        )
        restoring.then(None, [history], None, js="(kept) => window.raChat.restored(kept)")
    queue(blocks, MAX_WAITING, MAX_SESSIONS)
    return blocks


class _Handlers:
    """What happens on each control; every handler takes the build in service once."""

    def __init__(self, desk: Desk, site: Site, hearing: Hearing) -> None:
        self._desk = desk
        self._hearing = hearing
        self._greeting = site.greeting or CHAT["welcome_greeting"]
        self._contact = contact_html(site)

    def ask(
        self,
        question: object,
        kept: object,
        length: object = None,
        plain: object = None,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the page with ever more of the answer; a refused question stays in the box."""
        VISITOR.set(client_of(request.request.scope) if request and request.request else "")
        service = self._desk.service
        former = exchanges_of(kept)[-(MAX_EXCHANGES - 1) :]
        asked = question if isinstance(question, str) else ""
        answers = self._hearing.heard(service.stream(asked, turns_of(former), chosen_manner(length, plain)))
        exchange = Exchange(asked.strip(), id=uuid4().hex, build_id=service.assistant.build_id)
        try:
            first = next(answers)
        except QuestionRefused as error:
            refusal = element("p", escape(sentence_of(error)), role="alert")
            yield gr.skip(), *self._page(former, service, refusal)
            return
        yield "", *self._page([*former, exchange.answered(first)], service)
        # Without a language model the answer is there at once: each update costs more than the words it brings.
        is_whole, answer = service.assistant.speaker is None, first
        for answer in answers:
            if answer.is_final or not is_whole:
                yield gr.skip(), *self._page([*former, exchange.answered(answer)], service)
        if answer.is_final and service.assistant.evolution(answer):
            charted = replace(exchange.answered(answer), evolution=answer.standalone_question)
            yield gr.skip(), *self._page([*former, charted], service)

    def stop(self, kept: object) -> tuple[Any, ...]:
        """Return the page with what had been said, marked as interrupted."""
        exchanges = exchanges_of(kept)
        if exchanges and not exchanges[-1].outcome:
            exchanges[-1] = exchanges[-1].interrupted()
        return self._page(exchanges, self._desk.service)

    def erase(self) -> tuple[Any, ...]:
        """Return the page as it is before any question."""
        return self._page([], self._desk.service)

    def restore(self, kept: object) -> tuple[Any, ...]:
        """Return the page with the conversation that the browser kept, and the starters of this build.

        A conversation begun in the widget comes as its questions alone, which are answered here: nobody
        can bring an answer that the assistant did not give.
        """
        service = self._desk.service
        starters = [gr.Button(text, visible=bool(text)) for text in _padded(service.starters)]
        exchanges = exchanges_of(kept) or _answered_anew(questions_of(kept), service)
        return *self._page(exchanges, service), *starters

    def messages(self, exchanges: Sequence[Exchange], service: Service) -> list[Any]:
        """Return the conversation as Gradio shows it; the first message says what answers here."""
        messages = [
            {
                "role": "assistant",
                "content": _welcome(self._greeting, with_model=service.assistant.speaker is not None),
            }
        ]
        for turn, exchange in enumerate(exchanges, 1):
            is_over = bool(exchange.outcome) or exchange.stopped
            question = question_html(exchange.question, turn if is_over else 0)
            messages.append({"role": "user", "content": question})
            messages.append({"role": "assistant", "content": self._answer(exchange, turn, service)})
        return messages

    def _page(self, exchanges: Sequence[Exchange], service: Service, hint: str = "") -> tuple[Any, ...]:
        """Return the values of conversation, panel, kept history, starters, hint and what to go on with."""
        return (
            self.messages(exchanges, service),
            panel_html(exchanges, service.shelf),
            [kept_of(exchange, service.shelf) for exchange in exchanges],
            gr.Column(visible=not exchanges),
            hint,
            _more(exchanges, service),
        )

    def _answer(self, exchange: Exchange, turn: int, service: Service) -> str:
        answer = exchange_answer(exchange, turn, self._contact)
        tools = _tools(exchange, takes_opinions=self._hearing.takes_opinions)
        after = printed_sources(exchange, service.shelf) + tools_html(turn, tools) if tools else ""
        return answer + exchange_series_html(exchange, service) + after


def _tools(exchange: Exchange, *, takes_opinions: bool) -> tuple[str, ...]:
    """Return the controls of an answer: none while it comes, none to judge it where it was stopped or nobody hears."""
    if exchange.stopped:
        return ("again",)
    if not exchange.outcome:
        return ()
    return ("copy", "link", *(("up", "down", "report") if exchange.id and takes_opinions else ()))


def _more(exchanges: Sequence[Exchange], service: Service) -> str:
    is_over = bool(exchanges) and bool(exchanges[-1].outcome or exchanges[-1].stopped)
    questions = service.suggested.after(exchanges) if is_over else ()
    if not questions:
        return ""
    buttons = (
        element("button", escape(_on_one_line(question)), type="button", class_="ra-follow")
        for question in questions
    )
    return element("h2", escape(words_of("chat")["tools"]["more"])) + element("div", *buttons)


def _answered_anew(questions: Sequence[str], service: Service) -> list[Exchange]:
    """Answer in the report's own words: a page that opens waits for no language model."""
    exchanges: list[Exchange] = []
    for question in questions:
        with contextlib.suppress(QuestionRefused):
            answer = service.assistant.answerer.ask(question, turns_of(exchanges))
            charted = answer.standalone_question if service.assistant.evolution(answer) else ""
            asked = Exchange(question.strip(), id=uuid4().hex, build_id=service.assistant.build_id)
            exchanges.append(replace(asked.answered(answer), evolution=charted))
    return exchanges


def _welcome(greeting: str, *, with_model: bool) -> str:
    notice = CHAT["welcome_notice_model" if with_model else "welcome_notice"]
    return element(
        "div",
        element("p", escape(_on_one_line(greeting)), class_="ra-greeting"),
        element("p", escape(notice)),
        class_="ra-answer ra-welcome",
    )


def _padded(starters: Sequence[str]) -> list[str]:
    """Return as many texts as there are buttons."""
    shown = list(map(_on_one_line, starters))
    return [*shown, *[""] * SHOWN][:SHOWN]


def _on_one_line(text: str) -> str:
    """Return a text whose hyphens and signs stay with their words; the page's script undoes that in a question."""
    return unbroken(text).replace("-", "\u2011")

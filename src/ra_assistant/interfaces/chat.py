"""The web chat: a Gradio page whose conversation lives in the visitor's browser.

The server keeps nothing of a visitor: each question comes with the conversation so far, as the browser
tells it, and every citation shown is derived anew from the documents.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
from fastapi import FastAPI

from ra_assistant.errors import QuestionRefused
from ra_assistant.interfaces.conversation import MAX_EXCHANGES, Exchange, exchanges_of, questions_of, turns_of
from ra_assistant.interfaces.desk import Desk, Service
from ra_assistant.interfaces.markup import answer_html, element, escape, question_html
from ra_assistant.interfaces.panel import panel_html
from ra_assistant.interfaces.starters import SHOWN
from ra_assistant.types import Outcome
from ra_assistant.wording import CHAT, GRADIO_STRINGS, count, sentence_of

ANSWERED_AT_ONCE = 4
"""Questions that are worked on together; more would only slow one another down on a small machine."""
MAX_WAITING = 60
"""Questions that wait for their turn; the next visitor is told that the assistant is busy."""
MAX_SESSIONS = 200
"""Pages whose components Gradio remembers; ours keep no state, so that few are enough."""
CACHE_SECONDS = 3600

_SYSTEM_FONTS = ("system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")


def mount_chat(desk: Desk) -> FastAPI:
    """Return an application whose root is the chat; its lifespan starts and stops Gradio."""
    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    blocks = build_chat(desk)
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


def build_chat(desk: Desk) -> gr.Blocks:
    """Return the page: header, conversation, panel, question box."""
    service = desk.service
    page = _Handlers(desk)
    blocks: gr.Blocks
    with gr.Blocks(
        title=CHAT["title"], analytics_enabled=False, delete_cache=(CACHE_SECONDS, CACHE_SECONDS)
    ) as blocks:
        history = gr.JSON(visible=False)
        with gr.Column(elem_id="ra-app"):
            gr.HTML(_header(service), elem_id="ra-head", apply_default_css=False, js_on_load=None)
            erase = gr.Button(CHAT["erase"], elem_id="ra-erase", size="sm")
            with gr.Column(elem_id="ra-talk"):
                talk = gr.Chatbot(
                    _messages([], service),
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
                send = gr.Button(CHAT["send"], elem_id="ra-send", variant="primary")
                stop = gr.Button(CHAT["stop"], elem_id="ra-stop")
                gr.HTML(
                    element("p", escape(CHAT["privacy"])),
                    elem_id="ra-privacy",
                    apply_default_css=False,
                    js_on_load=None,
                )
        shown = [talk, panel, history, offered, hint]
        asking = gr.on(
            [box.submit, send.click, *(starter.click for starter in starters)],
            page.ask,
            inputs=[box, history],
            outputs=[box, *shown],
            js="(question, kept) => window.raChat.ask(question, kept)",
            concurrency_limit=ANSWERED_AT_ONCE,
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
    blocks.queue(max_size=MAX_WAITING, api_open=False)
    blocks.state_session_capacity = MAX_SESSIONS
    return blocks


class _Handlers:
    """What happens on each control; every handler takes the build in service once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ask(self, question: object, kept: object) -> Iterator[tuple[Any, ...]]:
        """Yield the page with ever more of the answer; a refused question stays in the box."""
        service = self._desk.service
        former = exchanges_of(kept)[-(MAX_EXCHANGES - 1) :]
        asked = question if isinstance(question, str) else ""
        answers = service.assistant.stream(asked, turns_of(former))
        exchange = Exchange(asked.strip())
        try:
            first = next(answers)
        except QuestionRefused as error:
            refusal = element("p", escape(sentence_of(error)), role="alert")
            yield gr.skip(), *_page(former, service, refusal)
            return
        yield "", *_page([*former, exchange], service)
        yield gr.skip(), *_page([*former, exchange.answered(first)], service)
        for answer in answers:
            yield gr.skip(), *_page([*former, exchange.answered(answer)], service)

    def stop(self, kept: object) -> tuple[Any, ...]:
        """Return the page with what had been said, marked as interrupted."""
        exchanges = exchanges_of(kept)
        if exchanges and not exchanges[-1].outcome:
            exchanges[-1] = exchanges[-1].interrupted()
        return _page(exchanges, self._desk.service)

    def erase(self) -> tuple[Any, ...]:
        """Return the page as it is before any question."""
        return _page([], self._desk.service)

    def restore(self, kept: object) -> tuple[Any, ...]:
        """Return the page with the conversation that the browser kept, and the starters of this build.

        A conversation begun in the widget comes as its questions alone, which are answered here: nobody
        can bring an answer that the assistant did not give.
        """
        service = self._desk.service
        starters = [gr.Button(text, visible=bool(text)) for text in _padded(service.starters)]
        exchanges = exchanges_of(kept) or _answered_anew(questions_of(kept), service)
        return *_page(exchanges, service), *starters


def _answered_anew(questions: Sequence[str], service: Service) -> list[Exchange]:
    exchanges: list[Exchange] = []
    for question in questions:
        with contextlib.suppress(QuestionRefused):
            answer = service.assistant.ask(question, turns_of(exchanges))
            exchanges.append(Exchange(question.strip()).answered(answer))
    return exchanges


def _page(exchanges: Sequence[Exchange], service: Service, hint: str = "") -> tuple[Any, ...]:
    """Return the values of conversation, panel, kept history, starters and hint."""
    return (
        _messages(exchanges, service),
        panel_html(exchanges, service.shelf),
        [exchange.as_json() for exchange in exchanges],
        gr.Column(visible=not exchanges),
        hint,
    )


def _messages(exchanges: Sequence[Exchange], service: Service) -> list[Any]:
    messages = [{"role": "assistant", "content": _welcome(service)}]
    for turn, exchange in enumerate(exchanges, 1):
        messages.append({"role": "user", "content": question_html(exchange.question)})
        messages.append({"role": "assistant", "content": _answer(exchange, turn)})
    return messages


def _answer(exchange: Exchange, turn: int) -> str:
    nearest = ""
    if exchange.nearest and exchange.outcome == Outcome.NOT_IN_REPORT:
        number = count(len(exchange.nearest), CHAT["one_nearest"], CHAT["several_nearest"])
        nearest = CHAT["see_nearest"].format(passages=number)
    return answer_html(
        exchange.answer,
        turn,
        outcome=exchange.outcome,
        highlights=exchange.highlights,
        markers={place.marker for place in exchange.cited},
        nearest=nearest,
        stopped=exchange.stopped,
    )


def _welcome(service: Service) -> str:
    notice = CHAT["welcome_notice" if service.assistant.speaker is None else "welcome_notice_model"]
    greeting = element("p", escape(CHAT["welcome_greeting"]), class_="ra-greeting")
    return element("div", greeting, element("p", escape(notice)), class_="ra-answer ra-welcome")


def _header(service: Service) -> str:
    publisher = element("p", escape(service.publisher), class_="ra-publisher") if service.publisher else ""
    title = element("h1", escape(CHAT["title"]))
    return element("header", publisher, title, class_="ra-masthead")


def _padded(starters: Sequence[str]) -> list[str]:
    """Return as many texts as there are buttons; their hyphens do not break, the page's script undoes that."""
    shown = [starter.replace("-", "\u2011") for starter in starters]
    return [*shown, *[""] * SHOWN][:SHOWN]

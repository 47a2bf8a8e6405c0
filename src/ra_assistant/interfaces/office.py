"""The back office « Publier »: a report is read, checked and put in service, one step after the other.

Reading and building happen in processes of their own: a file that breaks a reader breaks nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape as attribute
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from ra_assistant.collecting import Arrival, Brought, Collection, Said
from ra_assistant.errors import RaError
from ra_assistant.indexing import Progress
from ra_assistant.interfaces.markup import element, escape
from ra_assistant.publishing import Publisher
from ra_assistant.publishing_wording import BUILD_STATES, COMMANDS, OFFICE, check_sentence, date
from ra_assistant.wording import GRADIO_STRINGS, STAGES, count, sentence_of

PREFIX = "/publier"
"""The same as `office_front.OFFICE_PREFIX`, which must be known before Gradio is imported."""
MAX_FILE_BYTES = 200 * 1024 * 1024
CACHE_SECONDS = 3600
_FONTS = ("system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")

Preview = Callable[[Path], str]
"""From a file to the web page that shows what is read of it; raises `RaError`."""


class Office:
    """What happens on each control; one administrator at a time."""

    def __init__(self, collection: Collection, publisher: Publisher, preview: Preview) -> None:
        self._collection = collection
        self._publisher = publisher
        self._preview = preview
        self._brought: Brought | None = None

    def read(self, file: str | None) -> tuple[str, str]:
        """Return a sentence and the page that shows what is read of the file."""
        if not file:
            return _said(OFFICE["no_file"], wrong=True), ""
        try:
            page = self._preview(Path(file))
        except RaError as error:
            return _said(sentence_of(error), wrong=True), ""
        frame = (
            f'<iframe title="{OFFICE["preview_title"]}" sandbox srcdoc="{_inert(page)}" '
            'style="width:100%;height:70vh;border:1px solid #8886"></iframe>'
        )
        return _said(OFFICE["read"]), frame

    def check(
        self,
        file: str | None,
        title: str,
        year: str,
        publisher: str,
        progress: Callable[..., object] | None = None,
    ) -> tuple[str, str]:
        """Bring the file into the corpus, build and try a candidate; return a sentence and the checks."""
        try:
            if file:
                said = Said(title.strip() or None, _year(year), publisher.strip() or None)
                brought = self._collection.add(Path(file), said)
                self._brought = brought if brought.arrival is not Arrival.KNOWN else self._brought
            prepared = self._publisher.prepare(_reporter(progress))
        except ValueError:
            return _said(COMMANDS["bad_year"], wrong=True), ""
        except RaError as error:
            return _said(sentence_of(error), wrong=True), ""
        except OSError as error:
            root = self._collection.root
            sentence = COMMANDS["not_written"].format(reason=error.strerror or error, path=root)
            return _said(sentence, wrong=True), ""
        lines = [
            (check_sentence(check.code, check.details, passed=check.passed), check.passed)
            for check in prepared.report.checks
        ]
        missed = (
            question for check in prepared.report.checks for question in check.details.get("missed", ())
        )
        lines += [(COMMANDS["missed"].format(question=question).strip(), False) for question in missed]
        lines += [(sentence_of(error), False) for error in prepared.unreadable]
        is_clean = not prepared.report.refusals(forced=False)
        documents = count(prepared.documents, "document", "documents")
        passages = count(prepared.passages, "passage", "passages")
        sentence = OFFICE["checked" if is_clean else "check_failed"]
        return _said(sentence.format(documents=documents, passages=passages), wrong=not is_clean), _list(
            lines
        )

    def go_live(self, forced: bool) -> tuple[str, str]:  # noqa: FBT001 - the value of a checkbox
        """Put the candidate that waits in service."""
        waiting = next((row.build_id for row in self._publisher.rows() if row.state == "waiting"), None)
        if waiting is None:
            return _said(OFFICE["nothing_waits"], wrong=True), self.builds()
        try:
            self._publisher.go_live(waiting, forced=bool(forced))
        except RaError as error:
            return _said(sentence_of(error), wrong=True), self.builds()
        self._brought = None
        return _said(OFFICE["live"].format(build=waiting)), self.builds()

    def abandon(self) -> tuple[str, str]:
        """Put the corpus back as it was before the file that was brought last."""
        if self._brought is None:
            return _said(OFFICE["nothing_waits"], wrong=True), ""
        self._collection.undo(self._brought)
        self._brought = None
        return _said(OFFICE["abandoned"]), ""

    def rollback(self) -> tuple[str, str]:
        """Go back to the previous build."""
        try:
            build_id = self._publisher.rollback()
        except RaError as error:
            return _said(sentence_of(error), wrong=True), self.builds()
        return _said(COMMANDS["rolled_back"].format(build=build_id)), self.builds()

    def builds(self) -> str:
        """Return the builds that are kept, as HTML."""
        rows = [
            COMMANDS["build_row"].format(
                build=row.build_id,
                date=date(row.created_at),
                documents=count(row.documents, "document", "documents"),
                passages=count(row.passages, "passage", "passages"),
                state=BUILD_STATES[row.state],
            )
            for row in self._publisher.rows()
        ]
        return element("ul", *(element("li", escape(row)) for row in rows or [COMMANDS["no_builds"]]))


def mount_office(office: Office) -> FastAPI:
    """Return an application whose `/publier` is the back office; its lifespan starts and stops Gradio."""
    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    gr.mount_gradio_app(
        application,
        build_office(office),
        path=PREFIX,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=MAX_FILE_BYTES,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        theme=gr.themes.Base(font=_FONTS, font_mono=("ui-monospace", "monospace")),
        i18n=gr.I18n(fr=GRADIO_STRINGS),
    )
    return application


def build_office(office: Office) -> gr.Blocks:
    """Return the page: file, preview, checks, go live, go back."""
    blocks: gr.Blocks
    with gr.Blocks(
        title=OFFICE["title"], analytics_enabled=False, delete_cache=(CACHE_SECONDS, CACHE_SECONDS)
    ) as blocks:
        _html(element("h1", escape(OFFICE["title"])))
        _html(element("h2", escape(OFFICE["step_read"])))
        file = gr.File(label=OFFICE["file"], file_count="single", type="filepath", elem_id="ra-file")
        with gr.Row():
            title = gr.Textbox(label=COMMANDS["ask_title"], info=OFFICE["guessed"])
            year = gr.Textbox(label=COMMANDS["ask_year"], info=OFFICE["guessed"])
            publisher = gr.Textbox(label=COMMANDS["ask_publisher"], info=OFFICE["guessed"])
        read = gr.Button(OFFICE["read_button"], elem_id="ra-read")
        read_said, shown = _html("", "ra-read-said"), _html("", "ra-preview")
        _html(element("h2", escape(OFFICE["step_check"])))
        check = gr.Button(OFFICE["check_button"], elem_id="ra-check")
        check_said, checks = _html("", "ra-check-said"), _html("", "ra-checks")
        _html(element("h2", escape(OFFICE["step_live"])))
        forced = gr.Checkbox(label=OFFICE["force"], value=False)
        with gr.Row():
            live = gr.Button(OFFICE["live_button"], variant="primary", elem_id="ra-live")
            abandon = gr.Button(OFFICE["abandon_button"], elem_id="ra-abandon")
            back = gr.Button(OFFICE["back_button"], elem_id="ra-back")
        live_said = _html("", "ra-live-said")
        _html(element("h2", escape(OFFICE["builds"])))
        builds = _html(office.builds(), "ra-builds")

        def with_progress(
            path: str | None,
            a: str,
            b: str,
            c: str,
            progress: Any = gr.Progress(),  # noqa: B008
        ) -> tuple[str, str]:
            return office.check(path, a, b, c, progress)

        private: dict[str, Any] = {"api_visibility": "private", "concurrency_id": "office"}
        read.click(office.read, [file], [read_said, shown], **private)
        check.click(with_progress, [file, title, year, publisher], [check_said, checks], **private)
        live.click(office.go_live, [forced], [live_said, builds], **private)
        abandon.click(office.abandon, None, [live_said, checks], **private)
        back.click(office.rollback, None, [live_said, builds], **private)
        blocks.load(office.builds, None, [builds], **private)
    blocks.queue(max_size=8, api_open=False)
    return blocks


def _inert(page: str) -> str:
    """Return a page as an attribute's value in which Gradio finds no template."""
    return attribute(page).translate({ord(sign): f"&#{ord(sign)};" for sign in "${}`"})


def _html(content: str, name: str | None = None) -> gr.HTML:
    return gr.HTML(content, elem_id=name, apply_default_css=True, js_on_load=None)


def _said(sentence: str, *, wrong: bool = False) -> str:
    return element("p", element("strong", escape(sentence)), role="alert" if wrong else "status")


def _list(lines: list[tuple[str, bool]]) -> str:
    return element("ul", *(element("li", "✓ " if passed else "⚠ ", escape(line)) for line, passed in lines))


def _year(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if len(text) != len("2024") or not text.isdecimal():
        raise ValueError(f"{text!r}: expected four figures")
    return int(text)


def _reporter(progress: Callable[..., object] | None) -> Callable[[Progress], None]:
    def report(step: Progress) -> None:
        if progress is not None:
            progress((step.done, max(1, step.total)), desc=STAGES[step.stage])

    return report

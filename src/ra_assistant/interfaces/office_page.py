"""The page of the back office: its controls, and what each does to every part that is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from fastapi import FastAPI

from ra_assistant import recognising
from ra_assistant.interfaces import office_view as view
from ra_assistant.interfaces.frame import Frame
from ra_assistant.interfaces.gradio_queue import queue
from ra_assistant.interfaces.markup import element, escape
from ra_assistant.interfaces.office import Office, Said, State
from ra_assistant.interfaces.office_ways import office_ways
from ra_assistant.journal_wording import DASHBOARD
from ra_assistant.office_wording import OFFICE, UPLOAD
from ra_assistant.wording import GRADIO_STRINGS

MAX_FILE_BYTES = 200 * 1024 * 1024
"""As much as `reading` admits."""
WINDOWS = 8
"""Windows that follow the work together."""
MAX_WAITING = 16
MAX_SESSIONS = 50
CACHE_SECONDS = 3600
SHOWN_DOCUMENTS = 20
"""Documents found on pages that are offered."""
PATIENCE_SECONDS = 1.0
_FONTS = ("system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")

Shown = dict[Any, Any]
"""A new value for each part of the page that changes."""


def mount_office(office: Office, frame: Frame) -> FastAPI:
    """Return an application whose root is the back office; its lifespan starts and stops Gradio."""
    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    gr.mount_gradio_app(
        application,
        OfficePage(office, frame).blocks,
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=MAX_FILE_BYTES,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        theme=gr.themes.Base(font=_FONTS, font_mono=("ui-monospace", "monospace")),
        i18n=gr.I18n(fr=GRADIO_STRINGS | UPLOAD),
    )
    return application


class OfficePage:
    """Draws the state of the work, and follows it until nothing is being done."""

    def __init__(self, office: Office, frame: Frame) -> None:
        self._office = office
        with gr.Blocks(
            title=OFFICE["title"], analytics_enabled=False, delete_cache=(CACHE_SECONDS, CACHE_SECONDS)
        ) as self.blocks:
            self.mark, self.previous = gr.State(""), gr.State("")
            _html(frame.top(office_ways(DASHBOARD["publish"])), "ra-above")
            with gr.Column(elem_id="ra-office"):
                self._draw()
            self._connect()
        queue(self.blocks, MAX_WAITING, MAX_SESSIONS)

    def _draw(self) -> None:
        state = self._office.state
        self.top = _html(view.masthead(state), "ra-top")
        self.banner = _html("", "ra-banner")
        with gr.Column(elem_classes="ra-card", elem_id="ra-step-read"):
            self.head_read = _html(view.heading(1, "step_read", "open"))
            self.file = gr.File(label=OFFICE["file_label"], elem_id="ra-file", height=None)
            self.file_notice = _html(element("p", escape(OFFICE["file_notice"])), "ra-file-notice")
            self.ocr = gr.Checkbox(
                label=OFFICE["ocr_label"],
                info=OFFICE["ocr_info"],
                value=False,
                elem_id="ra-ocr",
                visible=recognising.is_available(),
            )
            with gr.Column(elem_id="ra-from-web") as self.web:
                self.address = gr.Textbox(
                    label=OFFICE["address_label"],
                    placeholder=OFFICE["address_placeholder"],
                    max_length=2000,
                    elem_id="ra-address",
                )
                self.site = gr.Checkbox(
                    label=OFFICE["site_label"], info=OFFICE["site_info"], value=False, elem_id="ra-site"
                )
                self.fetch = gr.Button(OFFICE["address_button"], elem_id="ra-fetch")
            self.read_said = _html("", "ra-read-said")
            self.stop = gr.Button(OFFICE["stop_button"], elem_id="ra-stop", visible=False)
            self.reading = _html("", "ra-reading")
            with gr.Column(visible=False, elem_id="ra-found") as self.found_column:
                self.found = gr.Radio(
                    label=OFFICE["found_label"], info=OFFICE["found_info"], elem_id="ra-documents"
                )
                self.fetch_found = gr.Button(OFFICE["found_button"], elem_id="ra-fetch-found")
            self.another = gr.Button(OFFICE["another_file"], elem_id="ra-another", visible=False)
        with gr.Column(elem_classes="ra-card", elem_id="ra-step-check"):
            self.head_check = _html(view.heading(2, "step_check", "later"))
            with gr.Column(visible=False, elem_id="ra-identity") as self.check_column:
                self.title = gr.Textbox(
                    label=OFFICE["title_label"], info=OFFICE["guessed"], elem_id="ra-title"
                )
                self.year = gr.Textbox(label=OFFICE["year_label"], elem_id="ra-year", max_length=4)
                self.publisher = gr.Textbox(label=OFFICE["publisher_label"], elem_id="ra-publisher")
                self.check = gr.Button(OFFICE["check_button"], variant="primary", elem_id="ra-check")
            self.check_said = _html("", "ra-check-said")
            self.checks = _html("", "ra-checks")
        with gr.Column(elem_classes="ra-card", elem_id="ra-step-live"):
            self.head_live = _html(view.heading(3, "step_live", "later"))
            with gr.Column(visible=False, elem_id="ra-going-live") as self.live_column:
                self.forced = gr.Checkbox(
                    label=OFFICE["force"], value=False, elem_id="ra-force", visible=False
                )
                self.live = gr.Button(OFFICE["live_button"], variant="primary", elem_id="ra-live")
                self.abandon = gr.Button(OFFICE["abandon_button"], elem_id="ra-abandon")
            self.live_said = _html("", "ra-live-said")
        with gr.Column(elem_classes="ra-card ra-aside", elem_id="ra-step-back"):
            self.kept = _html(view.kept(state), "ra-kept")
            self.files = gr.Checkbox(
                label=OFFICE["files_label"],
                info=OFFICE["files_info"],
                value=True,
                elem_id="ra-files",
                visible=False,
            )
            self.back = gr.Button(OFFICE["back_button"], elem_id="ra-back", interactive=False)
            self.back_said = _html("", "ra-back-said")

    def _connect(self) -> None:
        shown = [
            self.mark, self.previous, self.top, self.banner, self.head_read, self.file, self.file_notice,
            self.ocr, self.web, self.address, self.site, self.read_said, self.stop, self.reading, self.found_column,
            self.found, self.another, self.head_check, self.check_column, self.title, self.year, self.publisher,
             self.check, self.check_said, self.checks, self.head_live, self.live_column, self.forced,
            self.live, self.abandon, self.live_said, self.kept, self.files, self.back, self.back_said,
        ]  # fmt: skip
        kept: dict[str, Any] = {
            "outputs": shown,
            "api_visibility": "private",
            "concurrency_id": "office",
            "concurrency_limit": WINDOWS,
            "show_progress": "hidden",
        }
        mark = self.mark
        self.file.upload(self.on_file, [mark, self.file, self.ocr], **kept)
        gr.on(
            [self.fetch.click, self.address.submit], self.on_address, [mark, self.address, self.site], **kept
        )
        self.fetch_found.click(self.on_found, [mark, self.found], **kept)
        self.stop.click(self.on_stop, [mark], **kept)
        identity = [self.title, self.year, self.publisher]
        self.check.click(self.on_check, [mark, *identity], **kept)
        self.live.click(self.on_live, [mark, self.forced], **kept)
        for button in (self.abandon, self.another):
            button.click(self.on_abandon, [mark], **kept)
        self.back.click(self.on_back, [mark, self.previous, self.files], **kept)
        self.blocks.load(self.on_load, [mark], **kept)

    def on_load(self, mark: str) -> Iterator[Shown]:
        """Show how far the work is, whoever began it."""
        self._office.look()
        yield from self._followed(mark, lambda: "", "read")

    def on_file(self, mark: str, file: str | None, ocr: bool) -> Iterator[Shown]:  # noqa: FBT001 - a checkbox
        """Read the file that arrived."""
        recognised = bool(ocr) and recognising.is_available()
        yield from self._followed(
            mark, lambda: self._office.read(file, recognised=recognised), "read", emptied=True
        )

    def on_address(self, mark: str, address: str, site: bool) -> Iterator[Shown]:  # noqa: FBT001 - a checkbox
        """Read an address of the web."""
        yield from self._followed(
            mark, lambda: self._office.read_address(address or "", site=bool(site)), "read"
        )

    def on_found(self, mark: str, document: str | None) -> Iterator[Shown]:
        """Read a document that the pages lead to."""
        draft = self._office.state.draft
        known = document if draft is not None and document in draft.documents else ""

        def begin() -> str:
            return self._office.read_address(known, site=False) if known else OFFICE["no_found"]

        yield from self._followed(mark, begin, "read")

    def on_stop(self, mark: str) -> Iterator[Shown]:
        """Stop the reading of an address."""
        yield from self._followed(mark, self._office.stop, "read")

    def on_check(self, mark: str, title: str, year: str, publisher: str) -> Iterator[Shown]:
        """Build and try a candidate."""
        yield from self._followed(mark, lambda: self._office.check(mark, title, year, publisher), "check")

    def on_live(self, mark: str, forced: bool) -> Iterator[Shown]:  # noqa: FBT001 - the value of a checkbox
        """Put the candidate in service."""
        yield from self._followed(mark, lambda: self._office.go_live(mark, forced=bool(forced)), "live")

    def on_abandon(self, mark: str) -> Iterator[Shown]:
        """Leave the draft."""
        yield from self._followed(mark, lambda: self._office.abandon(mark), "live")

    def on_back(self, mark: str, previous: str, files: bool) -> Iterator[Shown]:  # noqa: FBT001 - a checkbox
        """Go one step back."""
        yield from self._followed(mark, lambda: self._office.back(previous, with_files=bool(files)), "back")

    def _followed(
        self, mark: str, begin: Callable[[], str], step: str, *, emptied: bool = False
    ) -> Iterator[Shown]:
        """Begin some work, then yield the page each time that it changes until nothing is being done.

        Only after a file was given is its control emptied: a page that is still loading must not take one back.
        """
        sentence = begin()
        refusal = Said(step, sentence, wrong=True) if sentence else None
        state = self._office.state
        file: dict[str, Any] = {"value": None} if emptied else {}
        yield self._page(state, mark, refusal, file)
        while state.job:
            seen, mark = state, state.mark
            state = self._office.wait(seen.version, PATIENCE_SECONDS)
            if state.version != seen.version:
                yield self._page(state, mark, refusal, file)

    def _page(self, state: State, mark: str, refusal: Said | None, file: dict[str, Any]) -> Shown:
        """Return every part of the page; a refusal stands in its step, or on top when that one is closed."""
        idle, has_draft, was_tried = not state.job, state.draft is not None, state.tried is not None
        on_top = not has_draft and state.job != "live"
        if refusal is not None and not has_draft and refusal.step == "check":
            refusal = Said("live", refusal.sentence, wrong=True)
        live = view.outcome(state, "live", refusal)
        documents = state.draft.documents[:SHOWN_DOCUMENTS] if state.draft is not None else ()
        forcible, refused = _refusals(state)
        previous = state.previous
        check_phase = "done" if was_tried and not refused else "open" if has_draft else "later"
        page: Shown = {
            self.mark: state.mark,
            self.previous: previous.build_id if previous else "",
            self.top: view.masthead(state),
            self.banner: live if on_top else "",
            self.head_read: view.heading(1, "step_read", "done" if has_draft else "open"),
            self.file: gr.File(visible=idle and not has_draft, **file),
            self.file_notice: gr.HTML(visible=idle and not has_draft),
            self.ocr: gr.Checkbox(visible=idle and not has_draft and recognising.is_available()),
            self.web: gr.Column(visible=idle and not has_draft),
            self.read_said: view.outcome(state, "read", refusal),
            self.stop: gr.Button(visible=state.job == "harvesting"),
            self.found_column: gr.Column(visible=idle and bool(documents)),
            self.reading: view.reading(state),
            self.another: gr.Button(visible=idle and has_draft),
            self.head_check: view.heading(2, "step_check", check_phase),
            self.check_column: gr.Column(visible=has_draft),
            self.check: gr.Button(
                OFFICE["check_again" if was_tried else "check_button"],
                interactive=idle,
                variant="secondary" if was_tried else "primary",
            ),
            self.check_said: view.outcome(state, "check", refusal),
            self.checks: view.checks(state),
            self.head_live: view.heading(3, "step_live", "open" if was_tried else "later"),
            self.live_column: gr.Column(visible=was_tried),
            self.forced: gr.Checkbox(visible=refused and forcible, interactive=idle),
            self.live: gr.Button(visible=not refused or forcible, interactive=idle),
            self.abandon: gr.Button(interactive=idle),
            self.live_said: "" if on_top else live,
            self.kept: view.kept(state),
            self.files: gr.Checkbox(visible=previous is not None, interactive=idle),
            self.back: gr.Button(interactive=idle and previous is not None),
            self.back_said: view.outcome(state, "back", refusal),
        }
        if state.draft is not None and state.draft.id != mark.partition("/")[0]:
            found = state.draft.reading
            page |= {
                self.title: gr.Textbox(found["title"], visible=not state.draft.is_site),
                self.found: gr.Radio(list(documents), value=None),
                self.address: "",
                self.site: False,
                self.year: str(found["year"] or ""),
                self.publisher: found["publisher"] or "",
            }
        if state.mark != mark:
            page[self.forced] = gr.Checkbox(value=False, visible=refused and forcible, interactive=idle)
        return page


def _refusals(state: State) -> tuple[bool, bool]:
    """Tell whether what stands against the candidate may be forced, and whether anything does."""
    if state.tried is None:
        return False, False
    report = state.tried.prepared.report
    return not report.refusals(forced=True), bool(report.refusals(forced=False))


def _html(content: str, name: str | None = None) -> gr.HTML:
    return gr.HTML(content, elem_id=name, apply_default_css=False, js_on_load=None, padding=False)

"""The work of the back office « Publier »: one report at a time is read, tried beside, put in service, or left.

All windows see the same work: what a window asks for names what it shows, and is refused when that has
changed. Work goes on in the background, whatever becomes of the window that began it. Reading, building and
trying happen in processes of their own: a file that breaks a reader breaks nothing here.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ra_assistant import recognising
from ra_assistant.collecting import Arrival, clean_name
from ra_assistant.contents import read_titles
from ra_assistant.errands import Brought
from ra_assistant.errors import (
    NoSuchBuild,
    PublishingBusy,
    RaError,
    RecognitionFailed,
    StoreError,
    UnreadableDocument,
)
from ra_assistant.indexing import Progress
from ra_assistant.interfaces.office_draft import REPORT, Draft, Piece, from_harvest, points_of
from ra_assistant.office_wording import OFFICE, office_sentence
from ra_assistant.publishing import BuildRow, Prepared, Publisher
from ra_assistant.publishing_wording import date, restored_sentence
from ra_assistant.wording import sentence_of

SCANNED = ".scanned.pdf"
"""The file as it was before its characters were recognised."""
STAGED = "corpus"
"""A copy of the corpus directory with the new report in it, which the candidate is built from."""

Start = Callable[[Callable[[], None]], None]
"""Has some work done; returns at once or when it is done."""


@dataclass(frozen=True, slots=True)
class Said:
    """The last thing that was said, and the step that it belongs to."""

    step: str
    """`read`, `check`, `live` or `back`."""
    sentence: str
    wrong: bool = False


class Stopped(Exception):
    """The reading of a site was stopped."""


@dataclass(frozen=True, slots=True)
class Tried:
    """The candidate build with the draft in it, and what the checks said."""

    prepared: Prepared
    brought: tuple[Brought, ...]
    said: dict[str, object]
    """What the publisher says of the report."""
    over: str
    """The build that was in service; empty for none."""


@dataclass(frozen=True, slots=True)
class State:
    """How far the work is; every window shows it."""

    version: int = 0
    job: str = ""
    """What is being done: `reading`, `harvesting`, `checking`, `live` or `back`; empty for nothing."""
    subject: str = ""
    """Name of the file, or the address, that is being read."""
    progress: Progress | None = None
    draft: Draft | None = None
    tried: Tried | None = None
    said: Said | None = None
    rows: tuple[BuildRow, ...] = ()
    sources: tuple[str, ...] = ()
    """Files of the build in service."""
    titles: tuple[tuple[str, int | None], ...] = ()
    """Titles and years of its documents, newest first."""
    previous: BuildRow | None = None
    """The build that one step back leads to."""

    @property
    def mark(self) -> str:
        """Name what can be acted upon: a window whose mark is another one shows something else."""
        parts = (self.draft.id if self.draft else "", self.tried.prepared.build_id if self.tried else "")
        return "/".join(part for part in parts if part)


@lru_cache(maxsize=2)
def _titles(build: Path) -> tuple[tuple[str, int | None], ...]:
    """Return the titles and years of a build's documents, newest first; a sealed build never changes."""
    return tuple(sorted(read_titles(build).values(), key=lambda row: (-(row[1] or 0), row[0])))


def in_the_background(work: Callable[[], None]) -> None:
    """Do some work in a thread that does not keep the server from closing; its processes end with the server."""
    threading.Thread(target=work, daemon=True).start()


class Office:
    """Does one thing at a time; every method returns at once, with a sentence when it refuses."""

    def __init__(self, publisher: Publisher, room: Path, start: Start = in_the_background) -> None:
        """Publish with `publisher`; drafts are kept in `room`, which is emptied."""
        self._publisher = publisher
        self._room = room
        self._start = start
        self._changed = threading.Condition()
        self._state = State()
        self._stopping = threading.Event()
        shutil.rmtree(room, ignore_errors=True)

    @property
    def state(self) -> State:
        """Return how far the work is."""
        with self._changed:
            return self._state

    def wait(self, version: int, seconds: float) -> State:
        """Wait until the state is another one than `version`, or the time is over; return it."""
        with self._changed:
            self._changed.wait_for(lambda: self._state.version != version, seconds)
            return self._state

    def look(self) -> None:
        """See which builds are there: another program may have changed them."""
        if not self.state.job:
            self._set(**self._service())

    def read(self, file: str | None, *, recognised: bool = False) -> str:
        """Read a file that arrived, its scanned pages `recognised` or not; the draft that was there is left."""
        if not file:
            return OFFICE["upload_failed"]
        source = Path(file)
        return self._begin(
            "reading", None, lambda: self._read(source, recognised=recognised), subject=source.name
        )

    def read_address(self, address: str, *, site: bool) -> str:
        """Read an address of the web, and the pages below it for a `site`; the draft that was there is left."""
        url = "".join(address.split())
        if not url:
            return OFFICE["no_address"]
        if "://" not in url:
            url = f"https://{url}"
        self._stopping.clear()
        return self._begin("harvesting", None, lambda: self._harvest(url, site=site), subject=url)

    def stop(self) -> str:
        """Stop the reading of an address; what was read of it is left."""
        self._stopping.set()
        return ""

    def check(self, mark: str, title: str, year: str, publisher: str) -> str:
        """Build and try a candidate that has the draft in it, named as the publisher says."""
        year = year.strip()
        if year and not (len(year) == len("2024") and year.isascii() and year.isdigit()):
            return OFFICE["bad_year"]
        said: dict[str, object] = {
            "title": " ".join(title.split()),
            "year": int(year) if year else None,
            "publisher": " ".join(publisher.split()),
        }
        return self._begin("checking", mark, lambda: self._check(said))

    def go_live(self, mark: str, *, forced: bool) -> str:
        """Bring the draft into the corpus and put the candidate in service."""
        tried = self.state.tried
        if tried is not None and self.state.mark == mark:
            if tried.prepared.report.refusals(forced=True):
                return OFFICE["not_forcible"]
            if tried.prepared.report.refusals(forced=forced):
                return OFFICE["force_needed"]
        return self._begin("live", mark, lambda: self._go_live(forced=forced))

    def abandon(self, mark: str) -> str:
        """Leave the draft; the corpus never had it."""
        return self._begin("abandoning", mark, self._abandon)

    def back(self, build_id: str, *, with_files: bool) -> str:
        """Go one step back, to the build that the window showed, the reports' directory with it or as it is."""
        previous = self.state.previous
        if previous is None or previous.build_id != build_id:
            self.look()
            return OFFICE["stale"]
        return self._begin("back", None, lambda: self._back(previous, with_files=with_files))

    def _begin(self, job: str, mark: str | None, work: Callable[[], None], subject: str = "") -> str:
        with self._changed:
            if self._state.job:
                return OFFICE["busy"]
            if mark is not None and (not mark or mark != self._state.mark):
                return OFFICE["stale"]
            self._set(job=job, subject=subject, said=None, progress=None)
        self._start(lambda: self._finish(job, work))
        return ""

    def _finish(self, job: str, work: Callable[[], None]) -> None:
        """Do the work; whatever happens, say how it ended and let the next one begin."""
        step = {"reading": "read", "harvesting": "read", "checking": "check", "back": "back"}.get(job, "live")
        said = Said(step, OFFICE["failed_call"], wrong=True)
        try:
            work()
            said = self.state.said or said
        except Stopped:
            said = Said(step, OFFICE["stopped"])
        except RaError as error:
            said = Said(step, office_sentence(error, sentence_of(error)), wrong=True)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            said = Said(step, OFFICE["not_written"].format(reason=reason), wrong=True)
        finally:
            if self.state.draft is None:
                shutil.rmtree(self._room, ignore_errors=True)
            self._set(job="", subject="", progress=None, said=said, **self._service())

    def _read(self, source: Path, *, recognised: bool) -> None:
        draft_id, place = self._place()
        file = place / clean_name(source.name)
        shutil.copyfile(source, file)
        scanned = place / SCANNED if recognised and file.suffix == ".pdf" else None
        try:
            reading = self._publisher.preview(file, file.with_name(REPORT), scanned)
        except RecognitionFailed as error:
            raise RecognitionFailed(source.name, str(error.details["reason"]), str(error)) from error
        except UnreadableDocument as error:
            reason = str(error.details["reason"])
            if reason == "image_only" and not recognised and recognising.is_available():
                reason = "scanned"
            raise UnreadableDocument(source.name, reason, str(error)) from error
        notices = (OFFICE["recognised"],) if scanned is not None else ()
        self._was_read(Draft(draft_id, (Piece(file, reading, scanned=scanned),), notices=notices))

    def _harvest(self, url: str, *, site: bool) -> None:
        draft_id, place = self._place()

        def report(progress: Progress) -> None:
            if self._stopping.is_set():
                raise Stopped
            self._set(progress=progress)

        found = self._publisher.harvest(url, place, report, site=site)
        self._was_read(from_harvest(draft_id, found))

    def _place(self) -> tuple[str, Path]:
        """Leave the draft that was there; return the id of another one and the directory made for it."""
        self._discard()
        shutil.rmtree(self._room, ignore_errors=True)
        draft_id = secrets.token_hex(8)
        place = self._room / draft_id
        place.mkdir(parents=True)
        return draft_id, place

    def _was_read(self, draft: Draft) -> None:
        points = points_of(draft.reading)
        sentence = OFFICE["read"]
        if points:
            counted = OFFICE["one_point"] if points == 1 else OFFICE["points"].format(number=points)
            sentence = OFFICE["read_with_warnings"].format(points=counted)
        self._set(draft=draft, said=Said("read", sentence))

    def _check(self, said: dict[str, object]) -> None:
        draft = self.state.draft
        assert draft is not None
        self._set(tried=None)
        staged = self._room / STAGED
        shutil.rmtree(staged, ignore_errors=True)
        try:
            _stage(self._publisher.corpus_dir, staged)
            brought = tuple(self._publisher.bring(draft.incoming(said), staged))
            over = next(iter(self._publisher.builds.served_ids()), "")
            prepared = self._publisher.prepare(lambda progress: self._set(progress=progress), staged)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        failed = bool(prepared.report.refusals(forced=False))
        sentence = OFFICE["check_failed" if failed else "checked"]
        self._set(tried=Tried(prepared, brought, said, over), said=Said("check", sentence, wrong=failed))

    def _go_live(self, *, forced: bool) -> None:
        draft, tried = self.state.draft, self.state.tried
        if draft is None or tried is None:
            raise NoSuchBuild("nothing was checked; check first", reason="unchecked")
        self._publisher.go_live(
            tried.prepared.build_id,
            forced=forced,
            over=tried.over,
            first=lambda: self._enter(draft, tried),
        )
        title = (not draft.is_site and tried.said.get("title")) or draft.reading["title"]
        self._leave()
        self._set(said=Said("live", OFFICE["live"].format(title=title)))

    def _enter(self, draft: Draft, tried: Tried) -> None:
        if any(item.arrival != Arrival.KNOWN for item in tried.brought):
            self._publisher.bring(draft.incoming(tried.said))

    def _abandon(self) -> None:
        self._discard()
        self._set(said=Said("live", OFFICE["abandoned"]))

    def _discard(self) -> None:
        """Leave the draft and the candidate made with it, if there are any."""
        tried = self.state.tried
        if tried is not None:
            with suppress(PublishingBusy), self._publisher.builds.publishing():
                self._publisher.builds.discard(tried.prepared.build_id)
        self._leave()

    def _back(self, previous: BuildRow, *, with_files: bool) -> None:
        self._publisher.rollback(previous.build_id)
        went = OFFICE["went_back"].format(date=date(previous.created_at))
        said = Said("back", f"{went} {OFFICE['files_stay']}")
        if with_files:
            try:
                restored = self._publisher.restore()
            except RaError as error:
                reason = office_sentence(error, sentence_of(error))
                said = Said("back", f"{went} {OFFICE['files_not_back']} {reason}", wrong=True)
            else:
                said = Said(
                    "back",
                    f"{went} {restored_sentence(restored.aside, restored.back, restored.lost)}",
                    wrong=bool(restored.lost),
                )
        self._set(said=said)

    def _leave(self) -> None:
        draft = self.state.draft
        if draft is not None:
            shutil.rmtree(self._room / draft.id, ignore_errors=True)
        self._set(draft=None, tried=None)

    def _service(self) -> dict[str, Any]:
        """Return what is in service and what was, as it is on disk."""
        builds = self._publisher.builds
        rows = tuple(self._publisher.rows())
        former = {row.build_id: row for row in rows if row.state == "former"}
        previous = next((former[name] for name in builds.served_ids() if name in former), None)
        sources: tuple[str, ...] = ()
        titles: tuple[tuple[str, int | None], ...] = ()
        with suppress(StoreError):
            current = builds.current_id()
            sources = tuple(sorted(builds.manifest(current).sources))
            titles = _titles(builds.directory(current))
        return {"rows": rows, "sources": sources, "titles": titles, "previous": previous}

    def _set(self, **changes: Any) -> None:
        with self._changed:
            self._state = replace(self._state, version=self._state.version + 1, **changes)
            self._changed.notify_all()


def _stage(corpus: Path, target: Path) -> None:
    """Make a copy of the reports of a directory, by links where the disk can: none of them is ever written to."""
    corpus.mkdir(parents=True, exist_ok=True)
    shutil.copytree(corpus, target, copy_function=_link, ignore=shutil.ignore_patterns(".*"))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)

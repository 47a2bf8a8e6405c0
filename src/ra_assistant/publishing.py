"""Putting builds in service: build beside, check, switch; one step back; nothing lost whatever the moment.

Everything heavy happens in processes of its own (`worker`); this module only gives orders, under a lock, and
replaces the pointer.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ra_assistant.builds import BuildStore
from ra_assistant.checks import CheckReport
from ra_assistant.collecting import Restored
from ra_assistant.dispatching import ProcessBroken, Report, in_a_process
from ra_assistant.errors import (
    BuildRejected,
    ChromaAway,
    ChromaUnopened,
    NoSuchBuild,
    RaError,
    StoreError,
    UnreadableDocument,
)
from ra_assistant.indexing import Progress
from ra_assistant.settings import load_settings
from ra_assistant.types import Notice

BOOK = "questions.yaml"
"""The question book, in the corpus directory."""
NO_ROOM_BYTES = 16 * 1024 * 1024
"""Free space below which a build that broke off was most likely short of room."""

CarryOut = Callable[[Mapping[str, Any], Report, int | None], dict[str, Any]]
"""From an order of `worker`, what is told of its progress and the descriptor of the lock, if any, to its result."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A candidate that was built and tried, and is not in service."""

    build_id: str
    documents: int
    passages: int
    embedded: int
    """Passages whose vector was computed now; the others were known."""
    unreadable: tuple[UnreadableDocument, ...]
    notices: tuple[tuple[str, Notice], ...]
    report: CheckReport


@dataclass(frozen=True, slots=True)
class BuildRow:
    """One build that is kept."""

    build_id: str
    created_at: str
    documents: int
    passages: int
    state: str
    """Key of `wording.BUILD_STATES`: current, former, waiting, damaged."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A document that was brought into a corpus directory."""

    arrival: str
    """Value of `collecting.Arrival`."""
    path: str
    """Where it is below the directory."""
    replaced: str | None
    """The path that it took the place of."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document to bring into a corpus directory."""

    file: Path
    said: Mapping[str, object]
    """What the publisher says of it: fields of `collecting.Said`."""
    page: str = ""
    """Path to keep a page of the web at; empty for any other document."""
    scanned: Path | None = None
    """What the file was before its characters were recognised; None when they were not."""


class Publisher:
    """Builds, checks, switches and goes back, for one corpus directory and one index directory."""

    def __init__(
        self,
        corpus_dir: Path,
        index_dir: Path,
        book: Path | None = None,
        carry_out: CarryOut | None = None,
    ) -> None:
        """Publish `corpus_dir` into `index_dir`.

        Args:
            corpus_dir: directory of the reports.
            index_dir: directory of the builds.
            book: question book that must not regress; it need not exist.
            carry_out: has an order carried out; by a process of its own when None.
        """
        self.corpus_dir = corpus_dir
        self.builds = BuildStore(index_dir)
        self._book = book
        self._carry_out = carry_out or in_a_process

    def publish(self, report: Report | None = None, *, forced: bool = False) -> Prepared:
        """Build the corpus beside the build in service, check it, and put it in service.

        Args:
            report: told how far it is.
            forced: accept what a publisher may decide: a fall in passages, a file lost, a question missed.

        Raises:
            PublishingBusy: another publisher is at work.
            EmptyCorpus: no file could be read.
            BuildRejected: a check failed, or the work broke off; the build in service is untouched.
        """
        with self.builds.publishing() as lock:
            prepared = self._prepare(report or _silent, lock)
            try:
                self._switch(prepared.build_id, forced=forced)
            except StoreError:
                self.builds.discard(prepared.build_id)
                raise
            finally:
                self._sweep(lock)
        return prepared

    def prepare(self, report: Report | None = None, corpus_dir: Path | None = None) -> Prepared:
        """Build and check a candidate that waits for `go_live`; the one that waited before is removed.

        Args:
            report: told how far it is.
            corpus_dir: reports to build in the place of ours: a copy with one more, for instance.

        Raises:
            PublishingBusy, EmptyCorpus, BuildRejected: as `publish`; checks that fail are in the report.
        """
        with self.builds.publishing() as lock:
            prepared = self._prepare(report or _silent, lock, corpus_dir)
            self.builds.prune(spared=[prepared.build_id])
            served = set(self.builds.served_ids())
            for build_id in self.builds.sealed_ids():
                if build_id not in served | {prepared.build_id}:
                    self.builds.discard(build_id)
            self._sweep(lock)
        return prepared

    def go_live(
        self,
        build_id: str,
        *,
        forced: bool = False,
        over: str | None = None,
        first: Callable[[], None] | None = None,
    ) -> None:
        """Put a build that was prepared in service.

        Args:
            build_id: the build.
            forced: as in `publish`.
            over: the build that it was compared with; empty for none, None not to look.
            first: done just before the switch, when nothing stands against it any more.

        Raises:
            PublishingBusy: another publisher is at work.
            NoSuchBuild: it is gone, was never checked, or another one went live since (`overtaken`).
            BuildRejected: a check failed; the build in service is untouched.
        """
        with self.builds.publishing() as lock:
            self._sound(build_id, forced=forced)
            current = next(iter(self.builds.served_ids()), "")
            if over is not None and current != over:
                raise NoSuchBuild(
                    f"{current} is in service, {build_id} was compared with {over!r}; prepare it again",
                    build=build_id,
                    reason="overtaken",
                )
            if first is not None:
                first()
            self._point(build_id)
            self._sweep(lock)

    def rollback(self, build_id: str | None = None) -> str:
        """Put a former build back in service, the previous one by default; return its id.

        Raises:
            PublishingBusy: another publisher is at work.
            NoSuchBuild: there is none to go back to.
            IndexDamaged: it is damaged.
        """
        with self.builds.publishing():
            chosen = build_id or self._previous()
            if chosen not in self.builds.sealed_ids():
                raise NoSuchBuild(f"{chosen}: no such build", build=chosen, reason="unknown")
            if build_id is not None and chosen not in self.builds.served_ids():
                self._passed(chosen, forced=False)
            self.builds.verify(self.builds.manifest(chosen))
            self.builds.switch(chosen)
        return chosen

    def restore(self) -> Restored:
        """Put the corpus directory back as it was for the build in service; what came in since is kept aside.

        Raises:
            PublishingBusy, IndexMissing, IndexDamaged, BuildRejected: it may not, or cannot, be done now.
        """
        with self.builds.publishing() as lock:
            sources = self.builds.manifest(self.builds.current_id()).sources
            place = {"corpus": str(self.corpus_dir), "sources": sources}
            done = self._ordered({"act": "restore", **place}, _silent, lock)
        return Restored(**{name: tuple(paths) for name, paths in done.items()})

    def mend(self, report: Report | None = None) -> str | None:
        """Replace a damaged build in service by one made from our own copy; return its id.

        None when the build in service is sound, was never made, or cannot be mended: then the corpus has to
        be read again.
        """
        with self.builds.publishing() as lock:
            damaged = self._damaged(lock)
            if damaged is None:
                return None
            with contextlib.suppress(StoreError):
                made = self._ordered({"act": "mend", "build": damaged}, report or _silent, lock)
                self._check(made["build_id"], (), report or _silent, lock)
                self._switch(made["build_id"], forced=True)
                self._sweep(lock)
                return str(made["build_id"])
        return None

    def preview(self, file: Path, html: Path, scanned: Path | None = None) -> dict[str, Any]:
        """Read a file in a process of its own; write what was read as a web page, return it as plain values.

        Args:
            file: the file, which may hold scanned pages.
            html: where to write the web page.
            scanned: where to move the file once one whose characters are recognised has its place; None to
                read it as it is.

        Raises:
            UnreadableDocument: it cannot be read, or breaks the process that reads it.
            RecognitionFailed: its characters cannot be recognised.
        """
        order = {"act": "preview", "file": str(file), "html": str(html)}
        if scanned is not None:
            order["scanned"] = str(scanned)
        try:
            return self._ordered(order, _silent, None)
        except BuildRejected as error:
            if error.details.get("reason") != "crashed":
                raise
            raise UnreadableDocument(file.name, "damaged", f"{file}: {error}") from error

    def harvest(self, url: str, room: Path, report: Report, *, site: bool) -> dict[str, Any]:
        """Read an address of the web into a directory, in a process of its own; return what was read.

        Args:
            url: a page or a document.
            room: directory that exists; each thing read gets one of its own in it.
            report: told how far it is, on the stage `fetching`; what it raises ends the reading.
            site: whether the pages below the address are read as well.

        Raises:
            PageRefused: the address cannot be read, or may not be.
            UnreadableDocument: what it gives cannot be read.
        """
        order = {"act": "harvest", "url": url, "site": site, "room": str(room)}
        return self._ordered(order, report, None)

    def bring(self, items: Sequence[Incoming], corpus_dir: Path | None = None) -> list[Brought]:
        """Bring documents into our corpus directory, or another one, in a process of its own.

        Raises:
            UnreadableDocument, SaysOtherwise: as `collecting.Collection.add`; the documents before it are in.
            BuildRejected: the directory cannot be written, or the process broke off.
        """
        listed = [
            {
                "file": str(item.file),
                "said": dict(item.said),
                "page": item.page,
                "scanned": str(item.scanned or ""),
            }
            for item in items
        ]
        order = {"act": "bring", "corpus": str(corpus_dir or self.corpus_dir), "items": listed}
        return [Brought(**row) for row in self._ordered(order, _silent, None)["brought"]]

    def rows(self) -> list[BuildRow]:
        """Return the builds that are kept, newest first."""
        served = self.builds.served_ids()
        return [self._row(build_id, served) for build_id in reversed(self.builds.sealed_ids())]

    def _row(self, build_id: str, served: list[str]) -> BuildRow:
        try:
            manifest = self.builds.manifest(build_id)
            self.builds.verify(manifest)
        except StoreError:
            return BuildRow(build_id, "", 0, 0, "damaged")
        state = "waiting" if build_id not in served else "current" if build_id == served[0] else "former"
        return BuildRow(build_id, manifest.created_at, manifest.documents, manifest.stored_passages, state)

    def _previous(self) -> str:
        sealed = set(self.builds.sealed_ids())
        current, *former = self.builds.served_ids() or [""]
        for build_id in former:
            if build_id in sealed:
                return build_id
        raise NoSuchBuild(f"{current}: no build before it", reason="none")

    def _damaged(self, lock: int) -> str | None:
        for build_id in self.builds.served_ids()[:1]:
            try:
                manifest = self.builds.manifest(build_id)
                self.builds.verify(manifest)
                if manifest.collection and load_settings().chroma_url:
                    self._ordered({"act": "probe", "build": build_id}, _silent, lock)
            except ChromaAway:
                return None
            except StoreError:
                return build_id
        return None

    def _sweep(self, lock: int) -> None:
        """Remove the collections of builds that are gone from the Chroma server, if there is one and it answers."""
        if load_settings().chroma_url:
            with contextlib.suppress(StoreError):
                self._ordered({"act": "sweep"}, _silent, lock)

    def _prepare(self, report: Report, lock: int, corpus_dir: Path | None = None) -> Prepared:
        self.builds.prune()
        order = {"act": "build", "corpus": str(corpus_dir or self.corpus_dir)}
        try:
            built = self._ordered(order, report, lock)
        except RaError:
            self.builds.prune()
            raise
        unreadable = tuple(UnreadableDocument(path, reason) for path, reason in built["unreadable"])
        found = self._check(built["build_id"], unreadable, report, lock)
        return Prepared(
            build_id=built["build_id"],
            documents=built["documents"],
            passages=built["passages"],
            embedded=built["embedded"],
            unreadable=unreadable,
            notices=tuple((path, Notice(*notice)) for path, *notice in built["notices"]),
            report=found,
        )

    def _check(
        self, build_id: str, unreadable: tuple[UnreadableDocument, ...], report: Report, lock: int
    ) -> CheckReport:
        order = {
            "act": "check",
            "build": build_id,
            "book": str(self._book) if self._book else None,
            "unreadable": [error.path for error in unreadable],
        }
        try:
            return CheckReport.from_json(self._ordered(order, report, lock))
        except RaError:
            self.builds.discard(build_id)
            raise

    def _switch(self, build_id: str, *, forced: bool) -> None:
        self._sound(build_id, forced=forced)
        self._point(build_id)

    def _sound(self, build_id: str, *, forced: bool) -> None:
        """Look that a build passed its checks and is as it was sealed."""
        self._passed(build_id, forced=forced)
        self.builds.verify(self.builds.manifest(build_id))

    def _point(self, build_id: str) -> None:
        self.builds.switch(build_id)
        self.builds.prune()

    def _passed(self, build_id: str, *, forced: bool) -> None:
        """Read what the checks said of a build.

        Raises:
            NoSuchBuild: nothing was said.
            BuildRejected: one failed.
        """
        try:
            found = CheckReport.from_json(json.loads(self.builds.read_checks(build_id)))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NoSuchBuild(f"{build_id}: never checked", build=build_id, reason="unchecked") from error
        refusals = found.refusals(forced=forced)
        if refusals:
            failed = ", ".join(check.code for check in refusals)
            raise BuildRejected(
                f"{build_id}: failed {failed}; the build in service stays",
                reason=refusals[0].code,
                checks=refusals,
            )

    def _ordered(self, order: Mapping[str, Any], report: Report, lock: int | None) -> dict[str, Any]:
        try:
            return self._carry_out({**order, "index": str(self.builds.root)}, report, lock)
        except (ProcessBroken, ChromaUnopened) as error:
            room = shutil.disk_usage(self.builds.root).free
            reason = "no_space" if room < NO_ROOM_BYTES else "crashed"
            raise BuildRejected(str(error), reason=reason) from error


def _silent(_: Progress) -> None:
    """Report progress to nobody."""

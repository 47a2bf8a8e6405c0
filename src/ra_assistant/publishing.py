"""Putting builds in service: build beside, check, switch; one step back; nothing lost whatever the moment.

Everything heavy happens in processes of its own (`worker`); this module only gives orders, under a lock, and
replaces the pointer.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ra_assistant.builds import BuildStore
from ra_assistant.checks import CheckReport
from ra_assistant.collecting import Restored
from ra_assistant.dispatching import Report, in_a_process
from ra_assistant.errands import CarryOut, Errands, silent
from ra_assistant.errors import (
    BuildRejected,
    ChromaAway,
    NoSuchBuild,
    RaError,
    StoreError,
    UnreadableDocument,
)
from ra_assistant.settings import load_settings
from ra_assistant.types import Notice

BOOK = "questions.yaml"
"""The question book, in the corpus directory."""


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


class Publisher(Errands):
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
        super().__init__(corpus_dir, index_dir, carry_out or in_a_process)
        self.builds = BuildStore(index_dir)
        self._book = book

    @property
    def book(self) -> Path | None:
        """The question book that must not regress; None when there is none."""
        return self._book if self._book is not None and self._book.is_file() else None

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
            prepared = self._prepare(report or silent, lock)
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
            prepared = self._prepare(report or silent, lock, corpus_dir)
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
            IndexOutdated: it was built with another model than the one in use.
        """
        with self.builds.publishing() as lock:
            chosen = build_id or self._previous()
            if chosen not in self.builds.sealed_ids():
                raise NoSuchBuild(f"{chosen}: no such build", build=chosen, reason="unknown")
            if build_id is not None and chosen not in self.builds.served_ids():
                self._passed(chosen, forced=False)
            self.builds.verify(self.builds.manifest(chosen))
            self._ordered({"act": "suits", "build": chosen}, silent, lock)
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
            done = self._ordered({"act": "restore", **place}, silent, lock)
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
                made = self._ordered({"act": "mend", "build": damaged}, report or silent, lock)
                self._check(made["build_id"], (), report or silent, lock, asked=False)
                self._switch(made["build_id"], forced=True)
                self._sweep(lock)
                return str(made["build_id"])
        return None

    def calibrate(
        self, book: Path | None, report: Report | None = None, *, forced: bool = False
    ) -> tuple[str, Mapping[str, Any]]:
        """Choose on questions how the build in service is searched and when it refuses; serve it so.

        Args:
            book: the questions; None for the headings of the corpus.
            report: told how far it is.
            forced: as in `publish`.

        Returns:
            The id of the new build, one step from the former, and what `tuning.calibrate` measured.

        Raises:
            PublishingBusy, IndexMissing, IndexDamaged, IndexOutdated, BookUnreadable, BuildRejected: the build
                in service is untouched.
        """
        with self.builds.publishing() as lock:
            order = {
                "act": "calibrate",
                "build": self.builds.current_id(),
                "book": str(book) if book else None,
            }
            made = self._ordered(order, report or silent, lock)
            build_id = str(made["build_id"])
            try:
                self._check(build_id, (), report or silent, lock)
                self._switch(build_id, forced=forced)
            except StoreError:
                self.builds.discard(build_id)
                raise
            finally:
                self._sweep(lock)
        return build_id, made["measured"]

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
                    self._ordered({"act": "probe", "build": build_id}, silent, lock)
            except ChromaAway:
                return None
            except StoreError:
                return build_id
        return None

    def _sweep(self, lock: int) -> None:
        """Remove the collections of builds that are gone from the Chroma server, if there is one and it answers."""
        if load_settings().chroma_url:
            with contextlib.suppress(StoreError):
                self._ordered({"act": "sweep"}, silent, lock)

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
        self,
        build_id: str,
        unreadable: tuple[UnreadableDocument, ...],
        report: Report,
        lock: int,
        *,
        asked: bool = True,
    ) -> CheckReport:
        """Have a build tried, with our question book when it is `asked`."""
        order = {
            "act": "check",
            "build": build_id,
            "book": str(self._book) if asked and self._book else None,
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

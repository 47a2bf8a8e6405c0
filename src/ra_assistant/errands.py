"""What is done in processes of their own without touching a build: reports are read, looked at and brought in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ra_assistant.dispatching import ProcessBroken, Report
from ra_assistant.errors import BuildRejected, ChromaUnopened, UnreadableDocument
from ra_assistant.indexing import Progress

NO_ROOM_BYTES = 16 * 1024 * 1024
"""Free space below which a work that broke off was most likely short of room."""

CarryOut = Callable[[Mapping[str, Any], Report, int | None], dict[str, Any]]
"""From an order of `worker`, what is told of its progress and the descriptor of the lock, if any, to its result."""


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


class Errands:
    """Has orders carried out for one corpus directory and one index directory."""

    def __init__(self, corpus_dir: Path, index_dir: Path, carry_out: CarryOut) -> None:
        self.corpus_dir = corpus_dir
        self._index_dir = index_dir
        self._carry_out = carry_out

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
            return self._ordered(order, silent, None)
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
        return [Brought(**row) for row in self._ordered(order, silent, None)["brought"]]

    def _ordered(self, order: Mapping[str, Any], report: Report, lock: int | None) -> dict[str, Any]:
        try:
            return self._carry_out({**order, "index": str(self._index_dir)}, report, lock)
        except (ProcessBroken, ChromaUnopened) as error:
            room = shutil.disk_usage(self._index_dir).free
            reason = "no_space" if room < NO_ROOM_BYTES else "crashed"
            raise BuildRejected(str(error), reason=reason) from error


def silent(_: Progress) -> None:
    """Report progress to nobody."""

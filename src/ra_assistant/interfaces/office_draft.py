"""What was read in the back office and is in no corpus yet: a file, a page of the web, or the pages of a site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ra_assistant.errands import Brought, Incoming
from ra_assistant.office_wording import HARVESTED, OFFICE
from ra_assistant.publishing_wording import NOUNS
from ra_assistant.wording import count

REPORT = "lecture.html"
"""The web page that shows what was read, beside each file."""
SHOWN_LEFT = 20
"""Addresses that were left out of a reading, shown at most."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a draft."""

    file: Path
    reading: Mapping[str, Any]
    """What `extraction_report.as_plain` says of it."""
    page: str = ""
    """Path to keep a page of the web at; empty for a document."""
    source_url: str = ""
    """Where it was read; empty for a file that was sent."""
    scanned: Path | None = None
    """What the file was before its characters were recognised; None when they were not."""

    @property
    def report(self) -> Path:
        """Where the web page with all that was read is."""
        return self.file.with_name(REPORT)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was read, one piece at least."""

    id: str
    pieces: tuple[Piece, ...]
    documents: tuple[str, ...] = ()
    """Addresses of documents that a page leads to and that were not read."""
    notices: tuple[str, ...] = ()
    """What was left out of the reading, as sentences."""

    @property
    def is_site(self) -> bool:
        """Tell whether there are several pieces, each with its own title."""
        return len(self.pieces) > 1

    @property
    def reading(self) -> dict[str, Any]:
        """What was read, as one report: that of the only piece, or one page for each of several."""
        readings = [piece.reading for piece in self.pieces]
        first = dict(readings[0])
        if not self.is_site:
            return first | {"notices": [*self.notices, *first["notices"]]}
        common = [
            sentence for sentence in first["notices"] if all(sentence in r["notices"] for r in readings)
        ]
        words = sum(page["words"] for reading in readings for page in reading["pages"])
        return {
            "title": first["title"],
            "year": _shared([reading["year"] for reading in readings]),
            "publisher": _shared([reading["publisher"] for reading in readings]),
            "summary": f"{count(len(readings), *NOUNS['pages'])}, {count(words, *NOUNS['words'])}.",
            "notices": [*self.notices, *common],
            "pages": [_as_page(reading, common) for reading in readings],
            "with_images": False,
        }

    def incoming(self, said: Mapping[str, object]) -> list[Incoming]:
        """Return what to bring into a corpus, each piece with what the publisher says of it.

        Nobody gives the pages of a site one title; what a piece says already is not said again.
        """
        items = []
        for piece in self.pieces:
            own = {
                name: value
                for name, value in said.items()
                if value and value != piece.reading[name] and not (name == "title" and self.is_site)
            }
            if piece.source_url and not piece.page:
                own["source_url"] = piece.source_url
            items.append(Incoming(piece.file, own, piece.page, piece.scanned))
        return items


def from_harvest(draft_id: str, found: Mapping[str, Any]) -> Draft:
    """Return the draft of what the worker harvested."""
    pieces = tuple(
        Piece(Path(item["file"]), item["reading"], item["page"], item["url"]) for item in found["pieces"]
    )
    notices = list(found["left"][:SHOWN_LEFT])
    if len(found["left"]) > SHOWN_LEFT:
        notices.append(HARVESTED["more_left"].format(number=len(found["left"]) - SHOWN_LEFT))
    if found["repeated"]:
        notices.append(HARVESTED["repeated"].format(number=found["repeated"]))
    if found["stopped"]:
        notices.insert(0, HARVESTED[f"stopped_{found['stopped']}"])
    return Draft(draft_id, pieces, tuple(found["documents"]), tuple(notices))


def points_of(reading: Mapping[str, Any]) -> int:
    """Return how many things there are to look at."""
    return len(reading["notices"]) + sum(len(page["warnings"]) for page in reading["pages"])


def arrival_sentence(brought: Sequence[Brought]) -> str:
    """Return what becomes of the pieces in the corpus; empty when there is nothing to say of it."""
    known = sum(item.arrival == "known" for item in brought)
    replaced = [item.replaced for item in brought if item.replaced]
    if len(brought) == 1:
        if known:
            return OFFICE["known"]
        return OFFICE["replaces"].format(path=replaced[0]) if replaced else ""
    parts = {"new": len(brought) - known - len(replaced), "replaced": len(replaced), "known": known}
    said = [
        count(number, HARVESTED[f"one_{key}"], HARVESTED[f"several_{key}"])
        for key, number in parts.items()
        if number
    ]
    return HARVESTED["arrival"].format(parts=", ".join(said))


def _as_page(reading: Mapping[str, Any], common: Sequence[str]) -> dict[str, Any]:
    """Return a whole document as one page of a reading, without the notices that all have in `common`."""
    pages = reading["pages"]
    own = [sentence for sentence in reading["notices"] if sentence not in common]
    return {
        "name": reading["title"],
        "warnings": [*own, *(warning for page in pages for warning in page["warnings"])],
        "words": sum(page["words"] for page in pages),
        "text": pages[0]["text"] if pages else "",
        "is_cut": len(pages) > 1 or any(page["is_cut"] for page in pages),
        "headings": [heading for page in pages for heading in page["headings"]],
        "figures": [figure for page in pages for figure in page["figures"]],
    }


def _shared(values: Sequence[Any]) -> Any:
    """Return the value that all have; None when they differ."""
    return values[0] if all(value == values[0] for value in values) else None

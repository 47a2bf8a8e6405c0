"""What `add` does with addresses of the web: read them, and say what was found on the way."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ra_assistant import wording
from ra_assistant.collecting import Brought, Collection, Said
from ra_assistant.commands import complain, say
from ra_assistant.errors import RaError
from ra_assistant.harvest_wording import HARVEST, STOPPED

if TYPE_CHECKING:
    from ra_assistant.harvesting import Harvest, Harvester, Leaf

SiteOption = Annotated[bool, typer.Option("--site", help=HARVEST["site_option"])]
DocumentsOption = Annotated[bool, typer.Option("--documents", help=HARVEST["documents_option"])]
MaxPagesOption = Annotated[
    int, typer.Option("--max-pages", min=1, max=5000, help=HARVEST["max_pages_option"])
]
DelayOption = Annotated[float, typer.Option("--delay", min=0.5, max=60, help=HARVEST["delay_option"])]

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")


@dataclass(frozen=True, slots=True)
class Asked:
    """How addresses are read."""

    site: bool
    """Whether the pages below them are read too."""
    documents: bool
    """Whether the documents that pages lead to are taken."""
    pages: int
    delay_seconds: float


def is_address(source: str) -> bool:
    """Tell whether a source is an address, of the web or of anything else, and not a file."""
    return _ADDRESS.match(source) is not None


def gather(addresses: Sequence[str], asked: Asked) -> tuple[list[Leaf], int]:
    """Read addresses; return the files that they gave, and how many addresses gave none."""
    from ra_assistant import assembly
    from ra_assistant.harvesting import Limits

    leaves: list[Leaf] = []
    refused = 0
    harvester = assembly.harvester(Limits(pages=asked.pages, delay_seconds=asked.delay_seconds))
    with closing(harvester):
        for address in addresses:
            try:
                leaves.extend(_harvested(harvester, address, asked).leaves)
            except RaError as error:
                complain(wording.sentence_of(error))
                refused += 1
    return leaves, refused


def kept(collection: Collection, leaf: Leaf, said: Said) -> Brought:
    """Bring what was read from the web into a corpus; its address is its source."""
    if leaf.is_page:
        return collection.add_page(leaf.name, leaf.data, said)
    with tempfile.TemporaryDirectory() as room:
        file = Path(room) / leaf.name
        file.write_bytes(leaf.data)
        return collection.add(file, replace(said, source_url=said.source_url or leaf.url))


def _harvested(harvester: Harvester, address: str, asked: Asked) -> Harvest:
    found = harvester.site(address, _tell) if asked.site else harvester.one(address)
    if asked.documents:
        found = harvester.documents(found, _tell)
    for error in found.left:
        complain(wording.sentence_of(error))
    if asked.site:
        _sum_up(found, harvester)
    if found.documents:
        say(HARVEST["documents"])
        for url in found.documents:
            say(HARVEST["document"].format(url=url))
    return found


def _sum_up(found: Harvest, harvester: Harvester) -> None:
    left = ""
    if found.left:
        left = HARVEST["left_one" if len(found.left) == 1 else "left_out"].format(number=len(found.left))
    pages = sum(leaf.is_page for leaf in found.leaves)
    say(HARVEST["read"].format(pages=wording.count(pages, "page", "pages"), left=left))
    if found.repeated:
        say(HARVEST["repeated"].format(number=found.repeated))
    if found.stopped:
        limits = harvester.limits
        complain(
            STOPPED[found.stopped].format(
                pages=limits.pages,
                megabytes=limits.total_bytes // 1024**2,
                minutes=round(limits.seconds / 60),
            )
        )


def _tell(done: int, waiting: int, url: str) -> None:
    complain(HARVEST["progress"].format(done=done, waiting=waiting, url=url))

"""Where the vectors of a build are searched: in its directory, on a Chroma server, or in our own copy."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ra_assistant.builds import Manifest
from ra_assistant.errors import ChromaUnopened, IndexDamaged, StoreError
from ra_assistant.exact_store import ExactStore
from ra_assistant.ports import VectorStore
from ra_assistant.publishing_wording import SERVER
from ra_assistant.wording import sentence_of

if TYPE_CHECKING:
    from ra_assistant.store import ChromaStore, Remote

EXACT_MOST = 20_000
"""Passages up to which our own copy answers sooner than Chroma's directory (docs/adr/0063)."""


def searched(
    directory: Path,
    manifest: Manifest,
    ids: Sequence[str],
    vectors: npt.NDArray[np.float32],
    chroma_url: str,
) -> VectorStore:
    """Return what searches the vectors of a build.

    A directory of Chroma is opened for a large build alone, and by one process alone: once there are several
    replicas, which a server says, a build that has only a directory is searched in our own copy, until the next
    one is published.
    """
    own = ExactStore(ids, vectors)
    if bool(manifest.collection) != bool(chroma_url):
        return own
    if not manifest.collection and len(own) <= EXACT_MOST:
        return own
    from ra_assistant.store import QUERY_SECONDS, ChromaStore, SteadyStore

    if not manifest.collection:
        try:
            return ChromaStore(directory / "chroma")
        except ChromaUnopened as error:
            _tell(error)
            return own
    return SteadyStore(lambda: open_collection(manifest, chroma_url, QUERY_SECONDS), own, _tell)


def place_of(directory: Path, collection: str, chroma_url: str) -> Path | Remote:
    """Return where the collection of the build in `directory` is."""
    from ra_assistant.store import Remote

    return Remote(chroma_url, collection) if collection else directory / "chroma"


def open_collection(manifest: Manifest, chroma_url: str, seconds: float | None = None) -> ChromaStore:
    """Open the collection of a build on its server.

    Args:
        manifest: of the build.
        chroma_url: the server's address.
        seconds: how long it may take for one request; as for a build when None.

    Raises:
        ChromaAway: the server does not answer.
        IndexDamaged: it does not have the collection, or not whole.
    """
    from ra_assistant.store import BUILD_SECONDS, ChromaStore, Remote

    place = Remote(chroma_url, manifest.collection)
    store = ChromaStore(place, seconds=BUILD_SECONDS if seconds is None else seconds)
    with contextlib.ExitStack() as stack:
        stack.callback(store.close)
        found = len(store)
        if found != manifest.stored_passages:
            raise IndexDamaged(f"{manifest.collection}: {found} passages", path=manifest.collection)
        stack.pop_all()
    return store


def _tell(error: StoreError | None) -> None:
    """Tell whoever runs the assistant that Chroma cannot be used, or can again."""
    said = SERVER["server_back"]
    if error is not None:
        said = SERVER["own_copy"].format(sentence=sentence_of(error))
    logging.getLogger("ra_assistant").warning(said)

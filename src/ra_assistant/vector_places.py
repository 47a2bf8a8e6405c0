"""Where the vectors of a build are searched: in its directory, on a Chroma server, or in our own copy."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ra_assistant.builds import Manifest
from ra_assistant.errors import ChromaUnopened, IndexDamaged, StoreError
from ra_assistant.exact_store import ExactStore
from ra_assistant.publishing_wording import SERVER
from ra_assistant.store import BUILD_SECONDS, QUERY_SECONDS, ChromaStore, Remote, SteadyStore
from ra_assistant.wording import sentence_of


def searched(
    directory: Path,
    manifest: Manifest,
    ids: Sequence[str],
    vectors: npt.NDArray[np.float32],
    chroma_url: str,
) -> ChromaStore | ExactStore | SteadyStore:
    """Return what searches the vectors of a build.

    A directory of Chroma is opened by one process alone: once there are several replicas, which a server says,
    a build that has only a directory is searched in our own copy, until the next one is published.
    """
    own = ExactStore(ids, vectors)
    if bool(manifest.collection) != bool(chroma_url):
        return own
    if not manifest.collection:
        try:
            return ChromaStore(directory / "chroma")
        except ChromaUnopened as error:
            _tell(error)
            return own
    return SteadyStore(lambda: open_collection(manifest, chroma_url, QUERY_SECONDS), own, _tell)


def place_of(directory: Path, collection: str, chroma_url: str) -> Path | Remote:
    """Return where the collection of the build in `directory` is."""
    return Remote(chroma_url, collection) if collection else directory / "chroma"


def open_collection(manifest: Manifest, chroma_url: str, seconds: float = BUILD_SECONDS) -> ChromaStore:
    """Open the collection of a build on its server.

    Raises:
        ChromaAway: the server does not answer.
        IndexDamaged: it does not have the collection, or not whole.
    """
    store = ChromaStore(Remote(chroma_url, manifest.collection), seconds=seconds)
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

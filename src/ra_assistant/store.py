"""The vector store: one Chroma collection a build, through langchain-chroma."""

from __future__ import annotations

import os

os.environ["LANGSMITH_TRACING"] = "false"
os.environ["LANGCHAIN_TRACING_V2"] = "false"

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
import numpy.typing as npt
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings
from chromadb.errors import ChromaError, InternalError, NotFoundError
from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings

from ra_assistant.errors import ChromaAway, ChromaUnopened, IndexDamaged, StoreError
from ra_assistant.exact_store import ExactStore
from ra_assistant.types import Passage

COLLECTION = "passages"
_BATCH = 250
"""Size of insertions that Chroma's performance guide advises (docs.trychroma.com, single node)."""
_FEWEST_FLUSHED = 2
"""Records written after which Chroma flushes a collection, at least: one alone would be flushed when it is read."""


QUERY_SECONDS = 3.0
"""How long a Chroma server may take to answer a question."""
BUILD_SECONDS = 60.0
"""How long it may take to store or to try a batch."""
AWAY_SECONDS = 20.0
"""How long a server that did not answer is left alone."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A collection on a Chroma server."""

    address: str
    """`http://host:port`."""
    collection: str


class _ReadyVectors(Embeddings):
    """Hands langchain-chroma the vectors that were computed elsewhere, in order."""

    def __init__(self) -> None:
        self.batch: list[list[float]] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if len(texts) != len(self.batch):
            raise ValueError(f"{len(texts)} texts for {len(self.batch)} vectors; expected as many")
        return self.batch

    def embed_query(self, text: str) -> list[float]:
        raise NotImplementedError(f"queries are embedded by the caller, not by the store: {text!r}")


class ChromaStore:
    """Passages by their vectors, in a directory that one process opens and nobody edits, or on a server."""

    def __init__(
        self,
        place: Path | Remote,
        configuration: dict[str, Any] | None = None,
        seconds: float = BUILD_SECONDS,
    ) -> None:
        """Open the collection at `place`, or create it when `configuration` is given.

        Args:
            place: directory, or collection of a server.
            configuration: that of the new collection; None for one that is there.
            seconds: how long a server may take for one request.

        Raises:
            ChromaAway: the server does not answer.
            IndexDamaged: the server does not have the collection.
            ChromaUnopened: the directory cannot be opened, for want of room or of the right to write in it.
        """
        self._vectors = _ReadyVectors()
        self._place = place
        self._name = place.collection if isinstance(place, Remote) else COLLECTION
        with _answering(place):
            self._client = _client(place, seconds)
            try:
                self._chroma = Chroma(
                    collection_name=self._name,
                    embedding_function=self._vectors,
                    client=self._client,
                    collection_configuration=configuration,  # type: ignore[arg-type]
                    create_collection_if_not_exists=configuration is not None,
                )
                self._collection: Any = self._client.get_collection(self._name, embedding_function=None)
            except ChromaError:
                self.close()
                raise

    @classmethod
    def create(
        cls, place: Path | Remote, passages: Sequence[Passage], vectors: npt.NDArray[np.float32]
    ) -> Self:
        """Store `passages` with their unit vectors, shape (passages, dimension), in a new collection.

        The whole collection is flushed once, at the end, so that its files never change afterwards
        and can be hashed. The search is wide enough to be exact at the size of a report: recall@10
        of 1.0 on clustered and on random vectors with these values.
        """
        store = cls(
            place,
            {
                "hnsw": {
                    "space": "cosine",
                    "ef_construction": 200,
                    "ef_search": 500,
                    "max_neighbors": 32,
                    "sync_threshold": max(_FEWEST_FLUSHED, len(passages)),
                    "batch_size": max(_FEWEST_FLUSHED, len(passages)),
                }
            },
        )
        try:
            with _answering(place):
                for start in range(0, len(passages), _BATCH):
                    store._add(passages[start : start + _BATCH], vectors[start : start + _BATCH])
                if (
                    len(passages) < _FEWEST_FLUSHED
                ):  # the same again, in its own place: what is not flushed is, later
                    store._add(passages, vectors)
        except StoreError:
            store.close()
            raise
        return store

    def _add(self, passages: Sequence[Passage], vectors: npt.NDArray[np.float32]) -> None:
        self._vectors.batch = vectors.tolist()
        self._chroma.add_texts(
            texts=[passage.text for passage in passages],
            ids=[passage.id for passage in passages],
            metadatas=[
                {"document_id": passage.document_id, "start": passage.start, "end": passage.end}
                for passage in passages
            ],
        )
        self._vectors.batch = []

    def __len__(self) -> int:
        with _answering(self._place):
            return int(self._collection.count())

    def nearest(self, vector: Sequence[float], k: int) -> list[tuple[str, float]]:
        """Return at most `k` passage ids with their cosine (−1 to 1), best first."""
        with _answering(self._place):
            # Without the texts, which we have: half the time of langchain-chroma's search.
            found = self._collection.query(
                query_embeddings=[list(vector)], n_results=k, include=["distances"]
            )
        return [
            (str(name), 1.0 - distance)
            for name, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        ]

    def nearest_many(self, vectors: npt.NDArray[np.float32], k: int) -> list[list[str]]:
        """Return, for each row of `vectors`, at most `k` passage ids, best first."""
        found: list[list[str]] = []
        with _answering(self._place):
            for start in range(0, len(vectors), _BATCH):
                rows = vectors[start : start + _BATCH]
                found.extend(self._collection.query(query_embeddings=rows, n_results=k, include=[])["ids"])
        return found

    def close(self) -> None:
        """Release files and threads."""
        close_client(self._client)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SteadyStore:
    """A collection of a server and our own copy of it, which is searched while the server does not answer."""

    def __init__(
        self,
        opened: Callable[[], ChromaStore],
        own: ExactStore,
        tell: Callable[[StoreError | None], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Search what `opened` opens.

        Args:
            opened: opens the collection; raises StoreError when it cannot be.
            own: our own copy of it.
            tell: hears why the collection cannot be searched, once; None when it can again.
            clock: seconds that pass.
        """
        self._opened = opened
        self._own = own
        self._tell = tell
        self._clock = clock
        self._lock = Lock()
        self._store: ChromaStore | None = None
        self._again_at = 0.0
        self._is_away = False
        self._is_closed = False
        self._try()

    def nearest(self, vector: Sequence[float], k: int) -> list[tuple[str, float]]:
        """Return at most `k` passage ids with their cosine (−1 to 1), best first."""
        if self._store is None and self._clock() >= self._again_at and self._lock.acquire(blocking=False):
            try:
                self._try()
            finally:
                self._lock.release()
        store = self._store
        if store is not None:
            try:
                return store.nearest(vector, k)
            except StoreError as error:
                self._lose(error)
        return self._own.nearest(vector, k)

    def _try(self) -> None:
        if self._is_closed:
            return
        try:
            self._store = self._opened()
        except StoreError as error:
            self._lose(error)
        else:
            if self._is_away:
                self._tell(None)
            self._is_away = False

    def _lose(self, error: StoreError) -> None:
        lost, self._store = self._store, None
        self._again_at = self._clock() + AWAY_SECONDS
        if lost is not None:
            lost.close()
        if not self._is_away:
            self._tell(error)
        self._is_away = True

    def close(self) -> None:
        """Release the connection."""
        self._is_closed = True
        store, self._store = self._store, None
        if store is not None:
            store.close()


def drop_collections(address: str, prefix: str, kept: Iterable[str]) -> list[str]:
    """Remove the collections of a server whose name begins with `prefix`, save those to keep; return their names.

    Raises:
        ChromaAway: the server does not answer.
    """
    keep = set(kept)
    place = Remote(address, prefix)
    with _answering(place):
        client = _client(place, BUILD_SECONDS)
        try:
            names = [collection.name for collection in client.list_collections()]
            gone = [name for name in names if name.startswith(prefix) and name not in keep]
            for name in gone:
                with suppress(NotFoundError):
                    client.delete_collection(name)
        finally:
            close_client(client)
    return gone


def _client(place: Path | Remote, seconds: float) -> Any:
    settings = Settings(anonymized_telemetry=False, allow_reset=False)
    if isinstance(place, Path):
        try:
            return chromadb.PersistentClient(str(place), settings=settings)
        except InternalError as error:
            raise ChromaUnopened(f"{place}: {error}; free some room", path=str(place)) from error
    # The client of Chroma waits for ever, its constructor too: we ask first whether anybody answers.
    httpx.get(f"{place.address}/api/v2/heartbeat", timeout=min(seconds, QUERY_SECONDS)).raise_for_status()
    parts = urlsplit(place.address)
    is_safe = parts.scheme == "https"
    client: Any = chromadb.HttpClient(
        parts.hostname or "", parts.port or (443 if is_safe else 80), ssl=is_safe, settings=settings
    )
    client._server._session.timeout = httpx.Timeout(seconds)
    return client


def close_client(client: Any) -> None:
    """Release a client of Chroma; of a server's, also the connections that Chroma leaves open."""
    if isinstance(client.get_settings().chroma_server_host, str):
        for holder in (client, client._admin_client):
            holder._server._session.close()
        SharedSystemClient._release_system(client._admin_client._identifier)
    client.close()


@contextmanager
def _answering(place: Path | Remote) -> Iterator[None]:
    """Give what goes wrong with a server its name; a directory keeps its own errors."""
    if isinstance(place, Path):
        yield
        return
    try:
        yield
    except NotFoundError as error:
        raise IndexDamaged(
            f"{place.address}: no collection {place.collection}", path=place.collection
        ) from error
    except (httpx.HTTPError, ChromaError, ValueError, RuntimeError) as error:
        # RuntimeError: another thread found the server away and closed the connection.
        raise ChromaAway(
            f"RA_CHROMA_URL={place.address}: {error}; start it with `chroma run`", address=place.address
        ) from error

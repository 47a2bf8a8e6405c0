"""Several replicas and one `chroma run`: the collection of each build on the server, our own copy behind it."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ra_assistant import assembly, building
from ra_assistant.builds import KEPT_BUILDS
from ra_assistant.errors import ChromaAway, IndexDamaged, SettingsError, StoreError
from ra_assistant.exact_store import ExactStore
from ra_assistant.publishing import Publisher
from ra_assistant.settings import load_settings
from ra_assistant.store import AWAY_SECONDS, ChromaStore, Remote, SteadyStore
from ra_assistant.wording import sentence_of
from tests.chroma_server import ChromaServer
from tests.contract.test_stores import passages, unit_vectors
from tests.fakes import in_this_process
from tests.integration.test_publishing import QUESTION, edit
from tests.serving import Serving, start


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    running = ChromaServer(tmp_path_factory.mktemp("chroma"))
    yield running
    running.kill()


@pytest.fixture
def at_server(server: ChromaServer, monkeypatch: pytest.MonkeyPatch) -> ChromaServer:
    use(monkeypatch, server.url)
    return server


def use(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("RA_CHROMA_URL", url)
    load_settings.cache_clear()


@pytest.fixture
def publisher(corpus: Path, tmp_path: Path, hashed_embedding: None) -> Publisher:
    return Publisher(corpus, tmp_path / "index", None, in_this_process)


def ask(index: Path) -> str:
    with contextlib.closing(assembly.open_assistant(index)) as assistant:
        return assistant.ask(QUESTION).text


def own(server: ChromaServer, publisher: Publisher) -> list[str]:
    prefix = publisher.builds.collection_prefix()
    return [name.removeprefix(prefix) for name in server.collections() if name.startswith(prefix)]


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_collection_of_a_server_finds_what_an_exact_product_finds(server: ChromaServer) -> None:
    vectors = unit_vectors(300)
    place = Remote(server.url, "ra-essai")
    with ChromaStore.create(place, passages(300), vectors) as store:
        assert len(store) == 300
    with ChromaStore(place) as store:
        query = unit_vectors(301)[-1]
        expected = [f"p{n}" for n in np.argsort(-(vectors @ query))[:10]]
        assert [name for name, _ in store.nearest(query.tolist(), 10)] == expected
        assert [found[0] for found in store.nearest_many(vectors, 1)] == [f"p{n}" for n in range(300)]
    server.drop("ra-essai")
    with pytest.raises(IndexDamaged):
        ChromaStore(place)


def test_each_build_has_its_collection_which_goes_with_it(
    at_server: ChromaServer, publisher: Publisher, corpus: Path
) -> None:
    at_server.create("d-un-autre")
    made = []
    for number in range(KEPT_BUILDS + 1):
        edit(corpus, f"{13 + number} nouvelles", f"{14 + number} nouvelles")
        made.append(publisher.publish().build_id)
        manifest = publisher.builds.manifest(made[-1])
        assert manifest.collection == f"{publisher.builds.collection_prefix()}{made[-1]}"
        assert not (publisher.builds.directory(made[-1]) / "chroma").exists()
    assert own(at_server, publisher) == made[1:] == publisher.builds.sealed_ids()
    assert "d-un-autre" in at_server.collections()
    assert "17" in ask(publisher.builds.root)
    publisher.rollback()
    assert "16" in ask(publisher.builds.root)


def test_what_a_killed_build_left_on_the_server_goes_with_the_next_one(
    at_server: ChromaServer, publisher: Publisher
) -> None:
    left = f"{publisher.builds.collection_prefix()}20200101T000000-abcdef"
    at_server.create(left)
    built = publisher.publish().build_id
    assert own(at_server, publisher) == [built]


def wait_until(replica: Serving, build_id: str, question: str = QUESTION) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        body = b'{"question": "%s"}' % question.encode()
        reply = replica.get("/api/v1/ask", body, **{"content-type": "application/json"})
        assert reply.status == 200, reply.text
        if reply.json()["build_id"] == build_id:
            return str(reply.json()["answer"])
        time.sleep(0.2)
    raise AssertionError(f"{build_id} never came into service")


def test_two_replicas_follow_one_publication_and_one_outlives_the_other(
    at_server: ChromaServer, publisher: Publisher, corpus: Path
) -> None:
    first = publisher.publish().build_id
    replicas = [start(publisher.builds.root, RA_CHROMA_URL=at_server.url) for _ in range(2)]
    try:
        for replica in replicas:
            replica.wait("/readyz")
            assert "13" in wait_until(replica, first)
        edit(corpus, "13 nouvelles", "14 nouvelles")
        second = publisher.publish().build_id
        assert all("14" in wait_until(replica, second) for replica in replicas)
        replicas[0].end(signal.SIGKILL)
        assert "14" in wait_until(replicas[1], second)
        at_server.kill()
        # Asked anew, in other words: an answer kept in memory would ask the server nothing.
        answer = wait_until(replicas[1], second, QUESTION.replace("?", "en tout ?"))
        assert "14" in answer, "our own copy answers while the server is away"
    finally:
        at_server.start()
        replicas[0].process.kill()
        replicas[0].process.communicate()
        _, _, complained = replicas[1].end()
    assert complained.count(f"«\u00a0{at_server.url}\u00a0» (RA_CHROMA_URL) ne répond pas") == 1
    assert "propre copie" in complained
    assert "Traceback" not in complained


def test_a_server_that_is_away_leaves_everything_as_it_was(
    at_server: ChromaServer, publisher: Publisher, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = publisher.publish().build_id
    edit(corpus, "13 nouvelles", "14 nouvelles")
    use(monkeypatch, f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(ChromaAway) as caught:
        publisher.publish()
    assert "(RA_CHROMA_URL) ne répond pas" in sentence_of(caught.value)
    assert publisher.mend() is None, "a server that is away damages nothing"
    assert publisher.builds.sealed_ids() == [built] == [publisher.builds.current_id()]
    assert [path.name for path in publisher.builds.root.glob("builds/*")] == [built]


def test_a_server_that_goes_away_during_a_build_leaves_everything_as_it_was(
    at_server: ChromaServer, publisher: Publisher, corpus: Path
) -> None:
    built = publisher.publish().build_id
    edit(corpus, "13 nouvelles", "14 nouvelles")

    def kill(progress: object) -> None:
        if getattr(progress, "stage", "") == "checking":
            at_server.kill()

    try:
        with pytest.raises(ChromaAway):
            publisher.publish(kill)
        assert publisher.builds.sealed_ids() == [built] == [publisher.builds.current_id()]
    finally:
        at_server.start()
    assert publisher.publish().build_id in own(at_server, publisher)
    assert "14" in ask(publisher.builds.root)


def test_an_assistant_starts_without_its_server_and_says_so(
    at_server: ChromaServer,
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    publisher.publish()
    use(monkeypatch, f"http://127.0.0.1:{closed_port()}")
    with caplog.at_level(logging.WARNING, "ra_assistant"):
        assert "13" in ask(publisher.builds.root)
    assert [record.getMessage() for record in caplog.records if "propre copie" in record.getMessage()]


def test_a_lost_collection_is_made_again_from_our_own_copy(
    at_server: ChromaServer, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    built = publisher.publish().build_id
    at_server.drop(f"{publisher.builds.collection_prefix()}{built}")
    with caplog.at_level(logging.WARNING, "ra_assistant"):
        assert "13" in ask(publisher.builds.root)
    assert "est abîmé" in caplog.text
    mended = publisher.mend()
    assert mended is not None
    assert own(at_server, publisher) == [mended]
    assert publisher.mend() is None
    with contextlib.closing(assembly.open_assistant(publisher.builds.root)) as assistant:
        assert "13" in assistant.ask(QUESTION).text


def test_a_setting_that_changes_asks_for_a_new_build_and_nothing_is_searched_twice(
    server: ChromaServer, publisher: Publisher, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = publisher.builds.root
    local = publisher.publish().build_id
    assert (publisher.builds.directory(local) / "chroma").is_dir()
    assert building.is_up_to_date(corpus, root)
    use(monkeypatch, server.url)
    assert not building.is_up_to_date(corpus, root)
    assert "13" in ask(root)
    publisher.publish()
    assert building.is_up_to_date(corpus, root)
    monkeypatch.delenv("RA_CHROMA_URL")
    load_settings.cache_clear()
    assert not building.is_up_to_date(corpus, root)
    assert "13" in ask(root)


def test_a_server_that_never_answers_holds_nobody_for_long() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        began = time.monotonic()
        with pytest.raises(ChromaAway):
            ChromaStore(Remote(f"http://127.0.0.1:{mute.getsockname()[1]}", "ra-x"), seconds=0.5)
        assert time.monotonic() - began < 20


def test_a_server_that_stops_answering_is_left_at_the_deadline(server: ChromaServer) -> None:
    """The client of Chroma waits for ever by itself: the deadline is ours."""
    place = Remote(server.url, "ra-lent")
    with ChromaStore.create(place, passages(3), unit_vectors(3)):
        pass
    store = ChromaStore(place, seconds=4.0)
    server._process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(ChromaAway):
            store.nearest(unit_vectors(3)[0].tolist(), 1)
        assert time.monotonic() - began < 20
    finally:
        server._process.send_signal(signal.SIGCONT)
        store.close()
        server.drop("ra-lent")


class Shaky:
    """A store that answers until it is cut."""

    def __init__(self) -> None:
        self.cut = False
        self.closed = False

    def nearest(self, vector: object, k: int) -> list[tuple[str, float]]:
        if self.cut:
            raise ChromaAway("away", address="http://127.0.0.1:1")
        return [("server", 1.0)]

    def close(self) -> None:
        self.closed = True


def test_our_own_copy_answers_while_the_server_is_away_and_it_is_said_once() -> None:
    told: list[StoreError | None] = []
    stores = [Shaky(), Shaky()]
    opened: list[Shaky] = []
    now = [0.0]

    def open_store() -> ChromaStore:
        if len(opened) == 1 and now[0] < 2 * AWAY_SECONDS:
            raise ChromaAway("away", address="http://127.0.0.1:1")
        opened.append(stores[len(opened)])
        return opened[-1]  # type: ignore[return-value]

    copy = ExactStore(["copy"], np.ones((1, 1), dtype=np.float32))
    steady = SteadyStore(open_store, copy, told.append, lambda: now[0])

    def who() -> str:
        return steady.nearest([1.0], 1)[0][0]

    assert who() == "server"
    stores[0].cut = True
    assert [who(), who()] == ["copy", "copy"]
    assert stores[0].closed
    now[0] = AWAY_SECONDS
    assert who() == "copy", "it was tried again"
    now[0] = 2 * AWAY_SECONDS - 1
    assert who() == "copy", "and is left alone meanwhile"
    assert [type(said) for said in told] == [ChromaAway]
    now[0] = 3 * AWAY_SECONDS
    assert who() == "server"
    assert told[1:] == [None]
    steady.close()
    assert stores[1].closed
    assert who() == "copy"


@pytest.mark.parametrize(
    "value", ["10.0.0.5:8000", "ftp://x", "http://moi:secret@x:8000", "http://x:8000/chemin", "http://"]
)
def test_a_wrong_address_of_the_server_is_one_sentence(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "RA_CHROMA_URL" in sentence_of(caught.value)

"""The application over a small index, in this process: without Gradio, which only stands at `/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ra_assistant import assembly, server
from ra_assistant.interfaces.access_log import Note
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.door import Rules
from ra_assistant.recording import Recorder
from ra_assistant.retrieval import Fusion
from tests.conftest import REPORTS, build_served
from tests.fakes import HashedEmbedder

SITE = "https://www.val.example"
Connect = Callable[..., TestClient]


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return a desk where the two small reports are in service."""
    root = tmp_path_factory.mktemp("desk")
    build_served(root, REPORTS)
    desk = Desk(lambda: _opened(root / "index"))
    assert desk.open(), desk.trouble
    yield desk
    desk.close()


def _opened(index: Path) -> assembly.Assistant:
    """Open an index with the fake embedding model, which no other test of the session may see."""
    profile = assembly.EmbeddingProfile(HashedEmbedder(), "hashed@1:64", Fusion(0.2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "embedding_profile", lambda settings: profile)
        return assembly.open_assistant(index)


@pytest.fixture
def connect(desk: Desk) -> Connect:
    """Return a function that makes a client of a new application, from one address."""

    def connect(
        rules: Rules | None = None,
        address: str = "192.0.2.1",
        *,
        desk: Desk = desk,
        note: Note | None = None,
        recorder: Recorder | None = None,
        app: object = None,
    ) -> TestClient:
        rules = rules or Rules(origins=(SITE,), address_per_minute=100_000, address_per_day=1_000_000)
        front = server.Front(desk, "http://test", lambda sentence: None)
        served = app or server.application(front, rules, note, recorder=recorder)
        return TestClient(served, "http://assistant.example", client=(address, 50_000))  # type: ignore[arg-type]

    return connect


@pytest.fixture
def client(connect: Connect) -> TestClient:
    """Return a client that no limit holds."""
    return connect()

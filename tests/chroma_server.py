"""A real `chroma run` on this machine, for tests: it can be killed, and started again on the same port and data."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import chromadb
import httpx
from chromadb.config import Settings

from ra_assistant.store import close_client
from tests.serving import free_port

PATIENCE_SECONDS = 60


class ChromaServer:
    def __init__(self, data: Path) -> None:
        self._data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(self._data)]
        self._process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/api/v2/heartbeat", timeout=1).status_code == 200:
                    return
            except httpx.HTTPError:
                assert self._process.poll() is None, "chroma run ended"
            time.sleep(0.05)
        raise AssertionError(f"chroma run did not answer within {PATIENCE_SECONDS} s")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(timeout=20)

    def collections(self) -> list[str]:
        with self._client() as client:
            return sorted(collection.name for collection in client.list_collections())

    def create(self, name: str) -> None:
        with self._client() as client:
            client.create_collection(name, embedding_function=None)

    def drop(self, name: str) -> None:
        with self._client() as client:
            client.delete_collection(name)

    @contextmanager
    def _client(self) -> Iterator[chromadb.ClientAPI]:
        client = chromadb.HttpClient("127.0.0.1", self.port, settings=Settings(anonymized_telemetry=False))
        try:
            yield client
        finally:
            close_client(client)

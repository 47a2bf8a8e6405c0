"""Fetching a model from a hub: a small one of ours, on this machine, that speaks the hub's protocol."""

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from ra_assistant.errors import DownloadFailed
from ra_assistant.fetching import fetch
from ra_assistant.wording import sentence_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "model.safetensors": b"poids",
    "config.json": b"{}",
    "pytorch_model.bin": b"pickle",
    "modeling_custom.py": b"raise SystemExit",
}


class _Hub(BaseHTTPRequestHandler):
    files = FILES
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.split("?")[0]
        self.asked.append(path)
        if path.startswith("/api/models/agence/petit/tree/"):
            rows = [
                {
                    "type": "file",
                    "path": name,
                    "size": len(body),
                    "oid": hashlib.sha256(body).hexdigest()[:40],
                }
                for name, body in self.files.items()
            ]
            self._send(json.dumps(rows).encode(), {"Content-Type": "application/json"}, with_body=with_body)
        elif path.startswith("/api/models/agence/petit"):
            siblings = [{"rfilename": name} for name in self.files]
            body = json.dumps({"id": "agence/petit", "sha": COMMIT, "siblings": siblings}).encode()
            self._send(body, {"Content-Type": "application/json"}, with_body=with_body)
        elif path.startswith(f"/agence/petit/resolve/{COMMIT}/"):
            body = self.files[path.rsplit("/", 1)[1]]
            headers = {
                "ETag": f'"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"',
                "X-Repo-Commit": COMMIT,
            }
            self._send(body, headers, with_body=with_body)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _send(self, body: bytes, headers: dict[str, str], *, with_body: bool) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[type[_Hub]]:
    handler = type("Handler", (_Hub,), {"asked": [], "files": FILES})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    yield handler
    server.shutdown()
    server.server_close()


def test_a_model_is_fetched_at_its_commit_without_pickle_nor_code(hub) -> None:
    found = fetch("agence/petit", timeout_seconds=60)
    assert found.revision == COMMIT
    assert {path.name for path in found.directory.iterdir()} == {"model.safetensors", "config.json"}
    assert not [path for path in hub.asked if path.endswith((".bin", ".py"))]


def test_a_model_that_does_not_exist_is_said_in_french(hub) -> None:
    with pytest.raises(DownloadFailed) as caught:
        fetch("agence/absent", timeout_seconds=60)
    assert "n’existe pas" in sentence_of(caught.value)


def test_a_model_without_safetensors_is_not_used(hub) -> None:
    hub.files = {"pytorch_model.bin": b"pickle", "config.json": b"{}"}
    with pytest.raises(DownloadFailed) as caught:
        fetch("agence/petit", timeout_seconds=60)
    assert "safetensors" in sentence_of(caught.value)


def test_a_hub_out_of_reach_is_said_in_french(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(DownloadFailed) as caught:
        fetch("agence/petit", timeout_seconds=60)
    assert "accès au réseau" in sentence_of(caught.value)


@pytest.mark.parametrize("name", ["petit", "a/b/c", "../x", "a b/c", ""])
def test_a_name_that_is_none_is_refused_before_any_request(name: str) -> None:
    with pytest.raises(DownloadFailed) as caught:
        fetch(name)
    assert "propriétaire/modèle" in sentence_of(caught.value)

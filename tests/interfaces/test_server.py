"""The server as a process, and what it refuses before anything heavy is loaded."""

from __future__ import annotations

import asyncio
import http.client
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ra_assistant import opening
from ra_assistant.errors import ServerUnavailable, SettingsError
from ra_assistant.interfaces.listening import address_of, listening
from ra_assistant.interfaces.shield import MAX_BODY_BYTES, Gate
from ra_assistant.wording import sentence_of
from tests.conftest import REPORTS, ROOT, build_served
from tests.serving import EGRESS, Serving, free_port, serving, start


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("served")
    build_served(root, REPORTS)
    return root


@pytest.fixture(scope="module")
def running(built: Path) -> Iterator[Serving]:
    yield from serving(built / "index")


def test_the_server_is_up_at_once_the_chat_follows_and_an_interruption_ends_it_cleanly(built: Path) -> None:
    running = start(built / "index")
    try:
        up = running.wait("/healthz")
        waiting, ready = running.get("/"), running.get("/readyz")
        assert (waiting.status, ready.status) == (503, 503)
        assert "Le chat s’ouvre…" in waiting.text
        assert 'lang="fr"' in waiting.text
        assert 'http-equiv="refresh"' in waiting.text
        assert "content-security-policy" in waiting.headers
        late = running.wait("/readyz")
        assert up < late
        assert up < 5, "about 0.7 s on a quiet machine"
        assert running.get("/").status == 200
        page_left_open = urllib.request.urlopen(f"{running.address}/gradio_api/heartbeat/abc", timeout=20)
    finally:
        status, said, complained = running.end()
    page_left_open.close()
    assert status == 0
    assert f"Le chat est ouvert\u00a0: {running.address} (Ctrl+C pour arrêter)" in said
    assert "Le chat est fermé." in said
    assert (complained, EGRESS in complained) == ("", False)


def test_without_an_index_the_page_says_so_until_there_is_one(built: Path, tmp_path: Path) -> None:
    running = start(tmp_path / "index")
    try:
        running.wait("/healthz")
        for _ in range(200):
            shown = running.get("/")
            if "pas disponible" in shown.text:
                break
            time.sleep(0.05)
        assert shown.status == 503
        assert "Aucun index n’est en service" in shown.text.replace("&#46;", ".")
        assert "Traceback" not in shown.text
        assert (running.get("/healthz").status, running.get("/readyz").status) == (200, 503)
        (built / "index").rename(tmp_path / "index")
        running.wait("/readyz")
        running.process.send_signal(signal.SIGINT)  # and a second one, impatiently
    finally:
        status, said, complained = running.end()
        (tmp_path / "index").rename(built / "index")
    assert status in {0, 130}
    assert "Aucun index n’est en service" in said
    assert "Le chat est ouvert" in said
    assert "Traceback" not in complained


def test_a_taken_port_is_one_sentence_with_a_free_one(built: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        running = start(built / "index", port)
        said, complained = running.process.communicate(timeout=20)
        spent = time.perf_counter() - running.started
    assert running.process.returncode == 1
    assert said == ""
    assert complained.startswith(f"Le port {port} est déjà utilisé")
    assert complained.count("\n") == 1
    assert spent < 5, "nothing heavy is loaded"


def test_the_suggested_port_is_free() -> None:
    with listening("127.0.0.1", free_port()) as taken, pytest.raises(ServerUnavailable) as caught:
        listening("127.0.0.1", taken.getsockname()[1])
    suggestion = caught.value.details["suggestion"]
    assert isinstance(suggestion, int)
    assert f"RA_PORT={suggestion}" in sentence_of(caught.value)
    listening("127.0.0.1", suggestion).close()


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host.invalid"])
def test_an_address_of_another_machine_is_a_wrong_setting(host: str) -> None:
    with pytest.raises(SettingsError) as caught:
        listening(host, free_port())
    assert "RA_HOST" in sentence_of(caught.value)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:7860"),
        ("0.0.0.0", "http://localhost:7860"),
        ("::1", "http://[::1]:7860"),
    ],
)
def test_the_address_printed_can_be_opened(host: str, address: str) -> None:
    assert address_of(host, 7860) == address


@pytest.mark.parametrize("name", opening.FORBIDDEN)
def test_a_variable_that_exposes_the_machine_stops_the_server(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(name, "True")
    with pytest.raises(SettingsError) as caught:
        opening.serve(tmp_path, "127.0.0.1", free_port(), lambda sentence: None)
    assert name in sentence_of(caught.value)


def test_gradio_reports_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*opening.FORBIDDEN, *opening.FORCED):
        monkeypatch.setenv(name, "")
    opening.prepare_environment()
    import os

    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert os.environ["GRADIO_RUN_HISTORY"] == "False"


def test_uploads_are_refused(running: Serving) -> None:
    for path in ("/gradio_api/upload", "/gradio_api/upload/", "/gradio_api/upload?upload_id=x"):
        answer = running.get(path, b"--x--", **{"Content-Type": "multipart/form-data; boundary=x"})
        assert answer.status == 403
        assert "refusé" in answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/config",
        "/config/",
        "/openapi.json",
        "/docs",
        "/gradio_api/info",
        "/gradio_api/openapi.json",
        "/gradio_api/runs",
        "/gradio_api/run-history/records",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/proxy=https://mal.example/",
        "/gradio_api/queue/status",
        "/gradio_api/deep_link?session_hash=x",
        "/gradio_api/vibe-code",
        "/monitoring",
        "/monitoring/summary",
        "/login_check",
        "/token",
        "/static/../config",
        "/assets/%2e%2e/index.html",
    ],
)
def test_what_the_page_does_not_need_does_not_exist(running: Serving, path: str) -> None:
    answer = running.get(path)
    assert answer.status == 404
    assert str(ROOT) not in answer.text


@pytest.mark.parametrize(
    "path", ["/gradio_api/run/ask", "/gradio_api/call/ask", "/gradio_api/component_server"]
)
def test_functions_are_not_called_by_name(running: Serving, path: str) -> None:
    assert running.get(path, b"{}", **{"Content-Type": "application/json"}).status == 404


def test_the_page_tells_nothing_of_the_machine(running: Serving, built: Path) -> None:
    shown = running.get("/").text
    for secret in (str(built), str(Path.home()), str(ROOT), "site-packages", tempfile.gettempdir()):
        assert secret not in shown


def test_every_response_carries_the_security_headers(running: Serving) -> None:
    for path in ("/", "/healthz", "/page/chat.css", "/gradio_api/upload", "/nothing"):
        headers = running.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "img-src 'self' data:" in policy
        assert "frame-ancestors 'self'" in policy
        assert "*" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_no_other_site_may_read_or_ask(running: Serving) -> None:
    for path in ("/", "/gradio_api/app_id"):
        headers = running.get(path, Origin="https://mal.example").headers
        assert headers.get("access-control-allow-origin") in {None, ""}


def test_a_body_that_no_conversation_needs_is_refused_before_it_is_sent(running: Serving) -> None:
    connection = http.client.HTTPConnection(running.address.removeprefix("http://"), timeout=10)
    connection.putrequest("POST", "/gradio_api/queue/join")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert "trop long" in answer.read().decode()
    connection.close()


def through_the_gate(app: ASGIApp, body: list[bytes]) -> list[Message]:
    """Send a request through the gate to `app`; return what comes out."""
    sent: list[Message] = []
    waiting = [{"type": "http.request", "body": part, "more_body": True} for part in body]

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/gradio_api/queue/join", "headers": []}
    asyncio.run(Gate(app)(scope, receive, send))
    return sent


def test_a_full_queue_is_said_in_french() -> None:
    full = JSONResponse({"detail": "Queue is full. Max size is 60 and size is 60."}, 503)
    start, body = through_the_gate(full, [])
    assert start["status"] == 503
    assert "Trop de monde" in json.loads(body["body"])["detail"]


def test_a_body_longer_than_it_said_is_cut_off() -> None:
    read: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while not read or read[-1]["type"] == "http.request":
            read.append(await receive())

    through_the_gate(app, [b" " * (MAX_BODY_BYTES // 2)] * 5)
    assert [message["type"] for message in read] == ["http.request", "http.request", "http.disconnect"]


def test_our_files_are_kept_by_browsers_and_gradios_page_is_not(running: Serving) -> None:
    assert "immutable" in running.get("/page/chat.js").headers["cache-control"]
    assert running.get("/").headers["cache-control"] == "no-cache"
    packed = running.get("/page/../server.py")
    assert packed.status == 404


def test_the_example_of_a_client_asks_one_question_after_another_or_says_why_not(running: Serving) -> None:
    running.wait("/readyz")

    def ask(address: str, *questions: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "docs/examples/demander.py"), address, *questions]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    asked = ask(running.address, "Combien de nouvelles entreprises en 2020 ?", "Et en 2021 ?")
    assert asked.returncode == 0, asked.stderr
    first, second = asked.stdout.strip().split("\n\n")
    assert "13" in first.splitlines()[1] and "Rapport d’activité 2020" in first
    assert "19" in second.splitlines()[1] and "«\u00a0L’agence" in second
    refused = ask(running.address, "x" * 5000)
    assert (refused.returncode, "trop long" in refused.stdout) == (1, True), refused
    alone = ask(f"http://127.0.0.1:{free_port()}", "Qui préside ?")
    assert (alone.returncode, "ne répond pas" in alone.stderr) == (1, True), alone
    assert ask(running.address).returncode == 2

"""Who may use the interfaces: origins, limits that nobody resets, sizes, ids, and the log."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ra_assistant import server
from ra_assistant.errors import SettingsError
from ra_assistant.interfaces import door
from ra_assistant.interfaces.access_log import LineWriter, route_of
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.door import MAX_BODY_BYTES, Door, Rules, client_of, is_own
from ra_assistant.interfaces.words import waiting_time
from ra_assistant.settings import Settings, load_settings
from tests.interfaces.conftest import SITE, Connect

QUESTION = {"question": "Combien de nouvelles entreprises en 2020 ?"}
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}


@pytest.mark.parametrize(
    "origin",
    [
        "https://mal.example",
        "http://www.val.example",
        "https://www.val.example:8443",
        "https://www.val.example.mal.example",
        "https://val.example",
        "https://WWW.val.example",
        "null",
        "",
        "https://assistant.example.mal.example",
        "https://[",
        "file://",
    ],
)
def test_an_origin_that_is_not_listed_gets_nothing(client: TestClient, origin: str) -> None:
    for reply in (
        client.post("/api/v1/ask", json=QUESTION, headers={"origin": origin}),
        client.get("/api/v1/starters", headers={"origin": origin}),
        client.options("/api/v1/ask", headers={"origin": origin, **PREFLIGHT}),
    ):
        assert (reply.status_code, reply.json()["code"]) == (403, "origin_refused")
        assert "access-control-allow-origin" not in reply.headers
        assert "13" not in reply.json()["detail"]


def test_a_listed_origin_may_ask_and_read_and_ours_always_may(client: TestClient) -> None:
    shared = client.post("/api/v1/ask", json=QUESTION, headers={"origin": SITE})
    assert shared.status_code == 200
    assert shared.headers["access-control-allow-origin"] == SITE
    assert "origin" in shared.headers["vary"].lower()
    assert "access-control-allow-credentials" not in shared.headers
    preflight = client.options("/api/v1/ask", headers={"origin": SITE, **PREFLIGHT})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == SITE
    own = client.post("/api/v1/ask", json=QUESTION, headers={"origin": "https://assistant.example"})
    assert own.status_code == 200
    assert "access-control-allow-origin" not in own.headers
    assert client.post("/api/v1/ask", json=QUESTION).status_code == 200, "a program sends no origin"


def test_without_a_list_only_our_own_page_may_ask(connect: Connect) -> None:
    client = connect(Rules())
    assert client.get("/api/v1/starters", headers={"origin": SITE}).status_code == 403
    assert client.get("/api/v1/starters", headers={"origin": "http://assistant.example"}).status_code == 200


def test_another_site_cannot_ask_without_saying_who_it_is(client: TestClient) -> None:
    crossing = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert client.get("/api/v1/starters", headers=crossing).status_code == 403
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/api/v1/documents", headers=followed).status_code == 200


def test_what_is_not_for_other_sites_is_left_to_the_chat(client: TestClient) -> None:
    assert client.get("/healthz", headers={"origin": "https://mal.example"}).json() == {"status": "ok"}


def test_an_origin_is_ours_whatever_the_scheme_before_the_proxy() -> None:
    assert is_own("https://a.example", "a.example")
    assert is_own("http://A.example:7860", "a.example:7860")
    assert not is_own("https://a.example", "b.example")
    assert not is_own("https://a.example:7860", "a.example")
    assert not is_own("https://", "")
    assert not is_own("ftp://a.example", "a.example")


def test_limits_hold_whatever_the_client_changes(connect: Connect) -> None:
    client = connect(Rules(origins=(SITE,), address_per_minute=5))
    disguises = [
        {"x-forwarded-for": "203.0.113.9"},
        {"forwarded": "for=203.0.113.9"},
        {"x-real-ip": "203.0.113.9"},
        {"cookie": "session=new"},
        {"user-agent": "another"},
        {"origin": SITE},
        {"x-request-id": "another"},
        {"authorization": "Bearer another"},
    ]
    replies = [
        client.post("/api/v1/ask", json={**QUESTION, "id": f"q{number}"}, headers=headers)
        for number, headers in enumerate(disguises)
    ]
    assert [reply.status_code for reply in replies] == [200] * 5 + [429] * 3
    refused = replies[5]
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["detail"].startswith("Trop de questions en peu de temps\u00a0: réessayez dans")
    assert refused.headers["access-control-allow-origin"] == SITE, "the widget can read why"
    assert client.get("/healthz").status_code == 200


def test_each_address_has_its_own_count_and_an_ipv6_network_is_one(connect: Connect) -> None:
    client = connect(Rules(address_per_minute=1))
    for address in ("2001:db8:1:2::1", "192.0.2.7", "2001:db8:1:3::1"):
        other = TestClient(client.app, "http://assistant.example", client=(address, 1))
        assert other.get("/api/v1/starters").status_code == 200, address
    for address in ("2001:db8:1:2:ffff::9", "192.0.2.7", "::ffff:192.0.2.7"):
        again = TestClient(client.app, "http://assistant.example", client=(address, 2))
        assert again.get("/api/v1/starters").status_code == 429, address


def test_a_day_and_a_site_have_their_limits(connect: Connect) -> None:
    daily = connect(Rules(address_per_minute=9, address_per_day=1))
    assert daily.get("/api/v1/starters").status_code == 200
    refused = daily.get("/api/v1/starters")
    assert refused.json()["code"] == "too_many_today"
    wait = int(refused.headers["retry-after"])
    assert 1 <= wait <= 86_400, "a day of the clock: how long depends on when the test runs"
    assert refused.json()["detail"].endswith(f"réessayez dans {waiting_time(wait)}.")
    by_site = connect(Rules(origins=(SITE,), origin_per_minute=1))
    assert by_site.get("/api/v1/starters", headers={"origin": SITE}).status_code == 200
    assert by_site.get("/api/v1/starters", headers={"origin": SITE}).status_code == 429
    assert by_site.get("/api/v1/starters").status_code == 200


def test_a_declared_proxy_says_who_asks_and_nobody_else_does() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(client_of(scope))

    def asked_by(peer: str, forwarded: str) -> str:
        headers = [(b"x-forwarded-for", forwarded.encode())]
        scope = {"type": "http", "client": (peer, 1), "headers": headers, "scheme": "http"}
        declared = ProxyHeadersMiddleware(app, ["10.0.0.0/8"])  # type: ignore[arg-type]
        asyncio.run(declared(scope, None, None))  # type: ignore[arg-type]
        return seen[-1]

    assert asked_by("10.1.2.3", "198.51.100.1, 203.0.113.5") == "203.0.113.5"
    assert asked_by("203.0.113.5", "198.51.100.1") == "203.0.113.5"


def test_a_body_too_large_is_refused_before_and_while_it_is_read(client: TestClient) -> None:
    declared = client.post("/api/v1/ask", content=b" " * (MAX_BODY_BYTES + 1))
    assert (declared.status_code, declared.json()["code"]) == (413, "body_too_large")
    streamed = client.post("/api/v1/ask", content=(b" " * 65_536 for _ in range(20)))
    assert streamed.status_code == 413
    assert client.post("/api/v1/ask", headers={"content-length": "-1"}).status_code == 413


def test_a_body_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BODY_SECONDS", 0.05)
    sent: list[Message] = []

    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("not reached")

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/ask",
        "headers": [],
        "client": ("192.0.2.1", 1),
    }
    asyncio.run(Door(app, Rules())(scope, never, send))
    assert sent[0]["status"] == 408


def test_every_response_has_an_id_a_given_one_comes_back(client: TestClient) -> None:
    given = client.get("/api/v1/starters", headers={"x-request-id": "abc-123"})
    assert given.headers["x-request-id"] == "abc-123"
    for hostile in ("a b", "x" * 65, "{}", "é".encode()):
        made = client.get("/healthz", headers={"x-request-id": hostile}).headers["x-request-id"]
        assert len(made) == 32


def test_the_log_has_one_line_a_request_without_question_or_address(connect: Connect, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    writer, other = LineWriter(str(log)), LineWriter(str(tmp_path / "other.log"))
    client = connect(note=writer.note)
    asked = client.post(
        "/api/v1/ask", json=QUESTION, headers={"x-request-id": "r1", "user-agent": "secret-1"}
    )
    client.get("/api/v1/passages/secret-2?secret=3")
    client.get("/nothing/secret-4")
    TestClient(client.app, "http://assistant.example", client=("192.0.2.2", 1)).get("/healthz")
    pseudonym = other._pseudonym("192.0.2.1")
    writer.close()
    other.close()
    text = log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["route"], line["status"]) for line in lines] == [
        ("/api/v1/ask", 200),
        ("/api/v1/passages/{id}", 404),
        ("/{other}", 503),
        ("/healthz", 200),
    ]
    assert lines[0]["request_id"] == "r1"
    assert lines[0]["bytes"] == len(asked.content)
    assert lines[0]["milliseconds"] > 0
    assert lines[0]["client"] == lines[1]["client"] != lines[3]["client"]
    assert "192.0.2" not in text
    assert "secret" not in text
    assert "entreprises" not in text
    assert pseudonym != lines[0]["client"], "the key dies with the process"


def test_the_log_goes_to_the_standard_error_or_says_why_it_cannot_be_kept(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    connect(note=LineWriter("-").note).get("/healthz")
    assert json.loads(said.getvalue())["route"] == "/healthz"
    with pytest.raises(SettingsError) as caught:
        LineWriter(str(tmp_path / "absent" / "access.log"))
    assert caught.value.details["name"] == "RA_ACCESS_LOG"


def test_routes_in_the_log_are_few_whatever_is_typed() -> None:
    typed = ["/", "/api/v1/ask", "/api/v1/passages/x", "/api/v1/documents/a/b", "/gradio_api/queue/join"]
    typed += ["/page/chat.css", "/x", "/api/v1/ask/Marie", "/widget.js", "/widget-0123456789ab.js"]
    assert [route_of(path) for path in typed] == [
        "/", "/api/v1/ask", "/api/v1/passages/{id}", "/api/v1/documents/{id}", "/{chat}",
        "/page/{file}", "/{other}", "/{other}", "/widget.js", "/widget.js",
    ]  # fmt: skip


def test_settings_name_exact_origins_and_real_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RA_ORIGINS", f" {SITE}, http://localhost:8000 ,")
    monkeypatch.setenv("RA_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")
    monkeypatch.setenv("RA_LIMIT_PER_DAY", "7")
    rules = server.rules_of(load_settings())
    assert rules.origins == (SITE, "http://localhost:8000")
    assert (rules.address_per_minute, rules.address_per_day) == (60, 7)
    for wrong in (
        "*",
        "https://*.val.example",
        "val.example",
        f"{SITE}/",
        f"{SITE}/page",
        "https://A.example",
    ):
        with pytest.raises(ValidationError):
            Settings(origins=wrong)
    with pytest.raises(ValidationError):
        Settings(trusted_proxies="proxy.example")
    monkeypatch.setenv("RA_ORIGINS", "*")
    load_settings.cache_clear()
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.details["name"] == "RA_ORIGINS"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "une seconde"),
        (2, "2\u00a0secondes"),
        (90, "90\u00a0secondes"),
        (91, "2\u00a0minutes"),
        (5400, "90\u00a0minutes"),
        (5401, "2\u00a0heures"),
        (86_400, "24\u00a0heures"),
    ],
)
def test_a_wait_is_said_in_words(seconds: int, words: str) -> None:
    assert waiting_time(seconds) == words


def test_nothing_is_logged_unless_the_operator_asks(
    connect: Connect, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "ra_assistant"):
        connect().post("/api/v1/ask", json=QUESTION)
    assert [record for record in caplog.records if record.name.startswith("ra_assistant")] == []


# ── The chat's own door ──────────────────────────────────────────────────────────────────────
JOIN = "/gradio_api/queue/join"


def test_questions_in_the_chat_are_counted_with_those_of_programs(connect: Connect) -> None:
    client = connect(Rules(address_per_minute=3))
    assert client.post("/api/v1/ask", json=QUESTION).status_code == 200
    for _ in range(2):
        assert client.post(JOIN, json={}).status_code == 503, "the chat is not loaded here, but it is asked"
    refused = client.post(JOIN, json={}, headers={"x-forwarded-for": "203.0.113.9"})
    assert refused.status_code == 429
    assert refused.json()["detail"].startswith("Trop de questions en peu de temps\u00a0: réessayez dans")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert client.get("/healthz").status_code == 200
    assert connect(Rules(address_per_minute=3), "192.0.2.2").post(JOIN, json={}).status_code == 503


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://mal.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": SITE}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://assistant.example"}, 503),
        ({"origin": "https://www.val.example", "sec-fetch-site": "same-origin"}, 503),
        ({}, 503),
    ],
)
def test_only_our_own_page_asks_in_the_chat(client: TestClient, headers: dict[str, str], status: int) -> None:
    reply = client.post(JOIN, json={}, headers=headers)
    assert reply.status_code == status
    if status == 403:
        assert reply.json()["detail"] == "Ce site n’est pas autorisé à interroger l’assistant."

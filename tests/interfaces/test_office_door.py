"""The door of the back office: who is let in, for how long, and what stands behind it when nobody is."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.testclient import TestClient

from ra_assistant import server
from ra_assistant.errors import SettingsError
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.door import Rules
from ra_assistant.interfaces.office_door import (
    ATTEMPTS,
    MAX_FORM_BYTES,
    MAX_SESSIONS,
    SESSION_SECONDS,
    OfficeDoor,
)
from ra_assistant.interfaces.office_front import PREFIX, OfficeFront
from ra_assistant.interfaces.shield import MAX_BODY_BYTES, Gate
from ra_assistant.settings import load_settings
from ra_assistant.wording import sentence_of

SECRET = "un mot de passé assez long"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> TestClient:
    door = OfficeDoor(PlainTextResponse("le bureau"), SECRET, clock)
    return TestClient(Starlette(routes=[Mount(PREFIX, door)]), follow_redirects=False)


def enter(client: TestClient, secret: str = SECRET, **headers: str) -> int:
    return client.post(f"{PREFIX}/entrer", data={"secret": secret}, headers=headers).status_code


def test_without_the_secret_there_is_a_form_and_nothing_else(client: TestClient) -> None:
    shown = client.get(f"{PREFIX}/")
    assert (shown.status_code, "Mot de passe" in shown.text, "bureau" in shown.text) == (200, True, False)
    assert shown.headers["cache-control"] == "no-store"
    for path in ("/config", "/gradio_api/upload", "/gradio_api/queue/join", "/lecture/0123456789abcdef"):
        for reply in (client.get(PREFIX + path), client.post(PREFIX + path)):
            assert reply.status_code == 401
            assert reply.json()["detail"].startswith("Votre session est terminée")


def test_the_secret_opens_a_session_that_scripts_cannot_read_and_that_ends(
    client: TestClient, clock: Clock
) -> None:
    answer = client.post(f"{PREFIX}/entrer", data={"secret": SECRET})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PREFIX}/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/;" in cookie, "the session is that of the dashboard too"
    assert SECRET not in cookie
    assert client.get(f"{PREFIX}/").text == "le bureau"
    clock.now += SESSION_SECONDS + 1
    assert "Mot de passe" in client.get(f"{PREFIX}/").text
    assert client.post(f"{PREFIX}/x").status_code == 401


def test_behind_https_the_session_travels_by_https_alone(clock: Clock) -> None:
    door = OfficeDoor(PlainTextResponse("le bureau"), SECRET, clock)
    app = Starlette(routes=[Mount(PREFIX, door)])
    client = TestClient(app, "https://assistant.example", root_path="/assistant", follow_redirects=False)
    answer = client.post(f"/assistant{PREFIX}/entrer", data={"secret": SECRET})
    assert answer.headers["location"] == f"/assistant{PREFIX}/"
    assert "Secure" in answer.headers["set-cookie"]
    assert "Path=/assistant/;" in answer.headers["set-cookie"]


def test_whoever_leaves_is_out_and_old_sessions_make_room(client: TestClient) -> None:
    assert enter(client) == 303
    first = client.cookies["ra_office"]
    assert client.post(f"{PREFIX}/sortir").status_code == 303
    assert client.get(f"{PREFIX}/x").status_code == 401
    enter(client)
    kept = client.cookies["ra_office"]
    assert kept != first
    for _ in range(MAX_SESSIONS):
        client.cookies.clear()
        enter(client)
    client.cookies.clear()
    assert client.get(f"{PREFIX}/", headers={"cookie": f"ra_office={kept}"}).text != "le bureau"


def test_a_wrong_secret_is_said_and_attempts_are_few(client: TestClient) -> None:
    for wrong in [SECRET[:-1], "", "é" * 50, SECRET + " ", "x"][:ATTEMPTS]:
        assert enter(client, wrong) == 401
    tired = client.post(f"{PREFIX}/entrer", data={"secret": SECRET})
    assert (tired.status_code, "attendez dix minutes" in tired.text) == (429, True)
    assert client.get(f"{PREFIX}/x").status_code == 401


def test_one_who_guesses_does_not_lock_out_another_address(clock: Clock) -> None:
    app = Starlette(routes=[Mount(PREFIX, OfficeDoor(PlainTextResponse("le bureau"), SECRET, clock))])
    guesser, other = (
        TestClient(app, client=(address, 1), follow_redirects=False) for address in ("192.0.2.7", "192.0.2.8")
    )
    for _ in range(ATTEMPTS + 1):
        enter(guesser, "faux")
    assert (enter(guesser), enter(other)) == (429, 303)


def test_a_request_from_another_site_changes_nothing(client: TestClient) -> None:
    assert enter(client, origin="https://mal.example") == 403
    assert enter(client, origin="null") == 403
    assert enter(client, origin="http://testserver") == 303
    assert client.post(f"{PREFIX}/x", headers={"origin": "https://mal.example"}).status_code == 403


def test_a_form_that_is_too_long_and_a_broken_cookie_are_refused(client: TestClient) -> None:
    assert enter(client, "x" * MAX_FORM_BYTES) == 401
    assert client.get(f"{PREFIX}/a", headers={"cookie": "ra_office=\x01;;="}).status_code == 401


def test_a_secret_that_is_easy_to_guess_is_refused_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RA_ADMIN_SECRET", "court")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert "court" not in f"{refused.value} {refused.value.details} {refused.value.__cause__}"
    assert "de 12 à 200 caractères" in sentence_of(refused.value)


def test_the_office_exists_only_with_a_secret(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = server.Front(desk, "http://test", lambda sentence: None)
    front._chat = Gate(PlainTextResponse("le chat"))
    assert server.office_of(load_settings(), tmp_path) is None
    without = TestClient(server.application(front, Rules()), follow_redirects=False)
    for path in (PREFIX, f"{PREFIX}/", f"{PREFIX}/entrer"):
        assert without.get(path).status_code == 404
        assert without.post(path, data={"secret": SECRET}).status_code == 404
    monkeypatch.setenv("RA_ADMIN_SECRET", SECRET)
    load_settings.cache_clear()
    office = server.office_of(load_settings(), tmp_path)
    assert office is not None
    assert SECRET not in repr(vars(office)), "the secret is not kept, only its digest"
    client = TestClient(server.application(front, Rules(), office=office), follow_redirects=False)
    assert client.get(PREFIX).headers["location"] == "publier/"
    form = client.get(f"{PREFIX}/")
    assert "Mot de passe" in form.text
    assert "form-action 'self'" in form.headers["content-security-policy"]
    assert client.get("/" + form.text.split('href="../')[1].split('"')[0]).status_code == 200


def test_while_it_loads_whoever_is_in_sees_a_page_that_reloads_itself(tmp_path: Path) -> None:
    office = OfficeFront(tmp_path, tmp_path, SECRET)
    client = TestClient(Starlette(routes=office.routes()), follow_redirects=False)
    enter(client)
    waiting = client.get(f"{PREFIX}/")
    assert waiting.status_code == 503
    assert "La page s’ouvre" in waiting.text
    assert 'href="../page/notice.css' in waiting.text


def test_uploads_reach_only_the_office_and_only_so_long() -> None:
    shut, open_ = (
        TestClient(Gate(PlainTextResponse("lu"), upload_bytes=most)) for most in (0, MAX_BODY_BYTES * 2)
    )
    body = b"x" * (MAX_BODY_BYTES + 1)
    assert shut.post("/gradio_api/upload", content=body).status_code == 403
    assert open_.post("/gradio_api/upload", content=body).text == "lu"
    assert open_.post("/gradio_api/upload", content=body * 2).status_code == 413
    assert open_.post("/gradio_api/queue/join", content=body).status_code == 413
    for path in ("/gradio_api/file=/etc/passwd", "/config", "/gradio_api/info", "/gradio_api/upload/../x"):
        assert open_.get(path).status_code in {403, 404}

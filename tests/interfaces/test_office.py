"""The back office: its door, and each of its steps."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from ra_assistant import assembly
from ra_assistant.collecting import Collection
from ra_assistant.errors import SettingsError
from ra_assistant.interfaces.office import PREFIX, Office
from ra_assistant.interfaces.office_door import (
    ATTEMPTS,
    MAX_FORM_BYTES,
    SESSION_SECONDS,
    WINDOW_SECONDS,
    OfficeDoor,
)
from ra_assistant.office_front import OFFICE_PREFIX
from ra_assistant.publishing import Publisher
from ra_assistant.settings import load_settings
from tests.fakes import in_this_process

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
    door = OfficeDoor(PlainTextResponse("le bureau"), SECRET, PREFIX, clock)
    return TestClient(door, follow_redirects=False)


def enter(client: TestClient, secret: str = SECRET, **headers: str) -> int:
    return client.post(f"{PREFIX}/entrer", data={"secret": secret}, headers=headers).status_code


def test_the_office_is_where_the_server_looks_for_it() -> None:
    assert PREFIX == OFFICE_PREFIX


def test_without_the_secret_there_is_a_form_and_nothing_else(client: TestClient) -> None:
    shown = client.get(f"{PREFIX}/")
    assert (shown.status_code, "Mot de passe" in shown.text, "bureau" in shown.text) == (200, True, False)
    for path in ("/config", "/gradio_api/upload", "/gradio_api/queue/join"):
        assert client.get(PREFIX + path).status_code == 401
        assert "bureau" not in client.post(PREFIX + path).text


def test_the_secret_opens_a_session_that_scripts_cannot_read_and_that_ends(
    client: TestClient, clock: Clock
) -> None:
    answer = client.post(f"{PREFIX}/entrer", data={"secret": SECRET})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PREFIX}/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert f"Path={PREFIX}" in cookie
    assert client.get(f"{PREFIX}/").text == "le bureau"
    clock.now += SESSION_SECONDS + 1
    assert "Mot de passe" in client.get(f"{PREFIX}/").text


def test_a_wrong_secret_is_said_and_attempts_are_few(client: TestClient, clock: Clock) -> None:
    for wrong in [SECRET[:-1], "", "é" * 50, SECRET + " ", "x"][:ATTEMPTS]:
        assert enter(client, wrong) == 401
    tired = client.post(f"{PREFIX}/entrer", data={"secret": SECRET})
    assert (tired.status_code, "attendez dix minutes" in tired.text) == (429, True)
    clock.now += WINDOW_SECONDS + 1
    assert enter(client) == 303


def test_a_request_from_another_site_changes_nothing(client: TestClient) -> None:
    assert enter(client, origin="https://mal.example") == 403
    assert enter(client, origin="http://testserver") == 303
    assert client.post(f"{PREFIX}/x", headers={"origin": "https://mal.example"}).status_code == 403


def test_a_form_that_is_too_long_and_a_broken_cookie_are_refused(client: TestClient) -> None:
    assert enter(client, "x" * MAX_FORM_BYTES) == 413
    assert client.get(f"{PREFIX}/a", headers={"cookie": "ra_office=\x01;;="}).status_code == 401


def test_a_secret_that_is_easy_to_guess_is_refused_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RA_ADMIN_SECRET", "court")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert "court" not in f"{refused.value} {refused.value.details}"
    assert refused.value.details["name"] == "RA_ADMIN_SECRET"


@pytest.fixture
def office(corpus: Path, tmp_path: Path, hashed_embedding: None) -> Office:
    publisher = Publisher(corpus, tmp_path / "index", None, in_this_process)
    publisher.publish()
    return Office(Collection(corpus), publisher, publisher.preview)


@pytest.fixture
def report(tmp_path: Path) -> str:
    path = tmp_path / "rapport-2022.txt"
    path.write_text(
        "Rapport d’activité 2022\n\nL’agence a accueilli 37 nouvelles entreprises en 2022.\n", "utf-8"
    )
    return str(path)


def answer(office: Office, question: str) -> str:
    with_close = assembly.open_assistant(office._publisher.builds.root)
    try:
        return with_close.ask(question).text
    finally:
        with_close.close()


def test_a_report_is_read_checked_and_put_in_service_step_by_step(office: Office, report: str) -> None:
    said, shown = office.read(report)
    assert "page par page" in said
    assert 'sandbox srcdoc="' in shown
    assert "37 nouvelles entreprises" in shown
    steps: list[object] = []
    said, checks = office.check(report, "", "", "", lambda *at, **kept: steps.append(kept["desc"]))
    assert "Rien n’a encore changé" in said
    assert checks.count("✓") == 6
    assert "Calcul des vecteurs" in steps
    assert "37" not in answer(office, "Combien de nouvelles entreprises en 2022 ?")
    assert "préparé" in office.builds()
    said, builds = office.go_live(False)
    assert "C’est fait" in said.replace("&#46;", ".")
    assert "37" in answer(office, "Combien de nouvelles entreprises en 2022 ?")
    assert builds.count("<li>") == 2
    said, _ = office.rollback()
    assert "de nouveau en service" in said
    assert "37" not in answer(office, "Combien de nouvelles entreprises en 2022 ?")


def test_an_abandoned_report_leaves_the_corpus_as_it_was(office: Office, report: str) -> None:
    office.check(report, "", "", "")
    assert len(office._collection.files()) == 3
    said, _ = office.abandon()
    assert "rien n’a changé" in said
    assert office._collection.files() == ["rapport-2020.md", "rapport-2021.md"]
    assert "Rien n’est prêt" in office.abandon()[0].replace("&#45;", "-")


def test_an_abandoned_new_version_brings_the_former_one_back(office: Office, tmp_path: Path) -> None:
    former = (office._collection.root / "rapport-2020.md").read_text(encoding="utf-8")
    version = tmp_path / "rapport-2020.md"
    version.write_text(former.replace("13 nouvelles", "14 nouvelles"), encoding="utf-8")
    office.check(str(version), "", "", "")
    assert "14 nouvelles" in (office._collection.root / "rapport-2020.md").read_text(encoding="utf-8")
    office.abandon()
    assert (office._collection.root / "rapport-2020.md").read_text(encoding="utf-8") == former


def test_what_goes_wrong_is_one_sentence_and_nothing_changes(office: Office, tmp_path: Path) -> None:
    broken = tmp_path / "rapport.pdf"
    broken.write_bytes(b"%PDF-1.7 rien")
    before = office._publisher.builds.current_id()
    for said, _ in (
        office.read(None),
        office.read(str(broken)),
        office.check(str(broken), "", "", ""),
        office.check(str(broken), "", "mille", ""),
        office.go_live(True),
        office.rollback(),
    ):
        assert 'role="alert"' in said
    assert office._publisher.builds.current_id() == before


def test_a_check_that_fails_keeps_the_candidate_out_until_it_is_forced(office: Office) -> None:
    (office._collection.root / "rapport-2021.md").unlink()
    said, checks = office.check(None, "", "", "")
    assert 'role="alert"' in said
    assert "⚠" in checks
    assert 'role="alert"' in office.go_live(False)[0]
    assert 'role="status"' in office.go_live(True)[0]


def test_a_hostile_document_gives_gradio_no_template(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(
        "${alert(1)} {{alert(1)}} `x` <script>alert(1)</script>, dit le conseil.", encoding="utf-8"
    )
    _, shown = office.read(str(path))
    assert not set("${}`") & set(shown)
    assert "<script" not in shown

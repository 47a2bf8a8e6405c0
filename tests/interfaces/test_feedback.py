"""Opinions of visitors over HTTP, and what the interfaces leave in the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ra_assistant import server
from ra_assistant.interfaces.chat import _Handlers
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.door import Rules
from ra_assistant.interfaces.hearing import Hearing, hearing_of
from ra_assistant.interfaces.site import Site
from ra_assistant.journal_wording import FEEDBACK_REASONS
from ra_assistant.keeping import recorder_of
from ra_assistant.recording import Recorder
from ra_assistant.settings import Settings
from tests.interfaces.conftest import SITE, Connect

ASKED = "Combien de nouvelles entreprises en 2020 ?"
OPINION = {"id": "q1", "build_id": "20260101T000000-1", "verdict": "down"}


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    recorder = recorder_of(Settings(), tmp_path / "index", lambda error: None)
    assert recorder is not None
    assert recorder.journal.path == tmp_path / "journal.sqlite3"
    yield recorder
    recorder.close()


@pytest.fixture
def heard(connect: Connect, recorder: Recorder) -> TestClient:
    return connect(recorder=recorder)


def test_an_opinion_is_kept_and_the_latest_one_counts(heard: TestClient, recorder: Recorder) -> None:
    reply = heard.post("/api/v1/feedback", json={**OPINION, "verdict": "up"})
    assert (reply.status_code, reply.json()) == (200, {"id": "q1", "verdict": "up", "reason": None})
    again = {
        **OPINION,
        "reason": "wrong_figure",
        "comment": "C’est 14, dit a@b.fr",
        "question": ASKED,
        "answer": "13",
    }
    assert heard.post("/api/v1/feedback", json=again).json()["reason"] == "wrong_figure"
    usage = recorder.journal.usage()
    assert usage.verdicts == {"down": 1}
    (opinion,) = usage.opinions
    assert (opinion.reason, opinion.build_id) == ("wrong_figure", OPINION["build_id"])
    assert (opinion.comment, opinion.question, opinion.answer) == ("C’est 14, dit [adresse e-mail]", "", "")


@pytest.mark.parametrize("reason", [*FEEDBACK_REASONS, None])
def test_each_reason_of_the_list_is_taken(heard: TestClient, reason: str | None) -> None:
    assert heard.post("/api/v1/feedback", json={**OPINION, "reason": reason}).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "a b"}, "id"),
        ({"id": ""}, "id"),
        ({"build_id": "../x"}, "build_id"),
        ({"verdict": "maybe"}, "verdict"),
        ({"verdict": None}, "verdict"),
        ({"reason": "Chiffre faux"}, "reason"),
        ({"comment": "x" * 1001}, "comment"),
        ({"comment": 3}, "comment"),
        ({"answer": "x" * 20_001}, "answer"),
    ],
)
def test_what_is_not_an_opinion_is_refused_with_the_field(
    heard: TestClient, recorder: Recorder, change: dict[str, object], field: str
) -> None:
    reply = heard.post("/api/v1/feedback", json={**OPINION, **change})
    assert (reply.status_code, reply.json()["code"]) == (422, "invalid_request")
    assert field in reply.json()["detail"]
    recorder.close()
    assert recorder.journal.usage().verdicts.total() == 0


def test_the_door_holds_opinions_as_it_holds_questions(connect: Connect, recorder: Recorder) -> None:
    client = connect(Rules(origins=(SITE,), address_per_minute=2), recorder=recorder)
    foreign = client.post("/api/v1/feedback", json=OPINION, headers={"origin": "https://mal.example"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "origin_refused")
    codes = [
        client.post("/api/v1/feedback", json=OPINION, headers={"origin": SITE}).status_code for _ in range(3)
    ]
    assert codes == [200, 200, 429]


def test_where_no_opinion_can_be_kept_the_visitor_is_told(connect: Connect, recorder: Recorder) -> None:
    without = connect().post("/api/v1/feedback", json=OPINION)
    assert (without.status_code, without.json()["code"]) == (503, "feedback_off")
    assert without.json()["detail"] == "Les avis ne sont pas recueillis ici."
    recorder.close()
    recorder.journal.path.unlink()
    recorder.journal.path.mkdir()
    lost = connect(recorder=recorder).post("/api/v1/feedback", json=OPINION)
    assert (lost.status_code, lost.json()["code"]) == (503, "feedback_lost")
    assert "n’a pas pu être gardé" in lost.json()["detail"]
    assert lost.headers["retry-after"] == "3"


def test_every_way_of_asking_leaves_one_row_without_words(
    connect: Connect, desk: Desk, recorder: Recorder
) -> None:
    front = server.Front(desk, "http://test", lambda sentence: None)
    client = connect(app=server.application(front, Rules(), recorder=recorder, with_mcp=True))
    with client:
        client.post("/api/v1/ask", json={"question": ASKED})
        client.post("/api/v1/ask", json={"question": ASKED}, headers={"accept": "text/event-stream"})
        client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "Bonjour"}]})
        call = {"name": "demander", "arguments": {"question": "Quel est le salaire du préfet ?"}}
        headers = {"accept": "application/json, text/event-stream"}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        assert "salaire" in client.post("/mcp", json=body, headers=headers).text
        client.post("/api/v1/ask", json={"question": ""})
        shown = list(_Handlers(desk, Site(), Hearing(recorder.answered)).ask(ASKED, None))
    assert "13" in json.dumps(shown[-1][3])
    assert len(shown) == 2, (
        "an answer that is there at once updates the page once for its first words, once for all"
    )
    recorder.close()
    usage = recorder.journal.usage()
    assert usage.outcomes == {"answered": 3, "small_talk": 1, "not_in_report": 1}
    assert usage.documents["rapport-2020.md"] == 3
    assert {row.build_id for row in recorder.journal.entries()} == {desk.service.assistant.build_id}
    assert {row.kind for row in recorder.journal.entries() if row.outcome == "answered"} == {"quantity"}
    for word in (b"entreprises", b"salaire", b"192.0.2.1", b"Bonjour"):
        assert word not in recorder.journal.path.read_bytes()


def test_an_answer_comes_whatever_becomes_of_the_journal(connect: Connect, recorder: Recorder) -> None:
    recorder.close()
    recorder.journal.path.unlink()
    recorder.journal.path.mkdir()
    client = connect(recorder=recorder)
    for _ in range(3):
        assert "13" in client.post("/api/v1/ask", json={"question": ASKED}).json()["answer"]


def test_the_operator_may_want_no_journal_or_another_file(tmp_path: Path) -> None:
    assert recorder_of(Settings(journal="off"), tmp_path / "index", lambda error: None) is None
    other = recorder_of(Settings(journal=str(tmp_path / "a" / "b.sqlite3")), tmp_path, lambda error: None)
    assert other is not None
    other.close()
    assert (tmp_path / "a" / "b.sqlite3").is_file()


def test_visitors_are_told_when_their_questions_are_kept(heard: TestClient, recorder: Recorder) -> None:
    assert heard.get("/api/v1/starters").json()["kept_days"] == 0
    assert "seulement dans ce navigateur" in hearing_of(recorder).privacy
    assert "seulement dans ce navigateur" in hearing_of(None).privacy
    recorder.keep_questions, recorder.journal.retention_days = True, 30
    assert "Vos questions sont gardées 30 jours" in hearing_of(recorder).privacy
    assert heard.get("/api/v1/starters").json()["kept_days"] == 30

"""The HTTP API: its answers, its streams, its refusals, and what it says of itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter, create_model
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from ra_assistant.interfaces import api
from ra_assistant.interfaces import api_shapes as shapes
from ra_assistant.interfaces.attendant import WAITING, Attendant
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.problems import Refused, speak_french
from ra_assistant.keeping import recorder_of
from ra_assistant.model_guard import AT_ONCE as SPOKEN_AT_ONCE
from ra_assistant.rendering import answer_json, passage_finder
from ra_assistant.settings import Settings
from tests.interfaces.conftest import Connect

QUESTION = "Combien de nouvelles entreprises en 2020 ?"
STREAM = {"accept": "text/event-stream"}


def events(text: str) -> list[tuple[str, str, Any]]:
    """Return id, name and data of each event."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        if fields:
            found.append((fields.get("id", ""), fields["event"], json.loads(fields["data"])))
    return found


def test_an_answer_is_that_of_the_command_line(client: TestClient, desk: Desk) -> None:
    body = {"question": QUESTION, "id": "q1"}
    answer = client.post("/api/v1/ask", json=body).json()
    assistant = desk.service.assistant
    expected = answer_json(assistant.ask(QUESTION), QUESTION, "q1", 0, passage_finder(assistant.passages))
    assert {**answer, "milliseconds": 0} == {**expected, "milliseconds": 0}
    assert answer["milliseconds"] > 0
    shapes.Answer.model_validate(answer)
    assert set(answer) == set(shapes.Answer.model_fields)
    assert set(answer["citations"][0]) == set(shapes.Citation.model_fields)


def test_a_follow_up_leans_on_the_history_that_travels_with_it(client: TestClient) -> None:
    history = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "13"}]
    answer = client.post("/api/v1/ask", json={"question": "Et en 2021 ?", "history": history}).json()
    assert "19" in answer["answer"]


def test_a_question_may_be_put_to_some_documents_only(client: TestClient) -> None:
    for name in ("rapport-2020.md", "rapport-2020-md"):
        body = {"question": "nouvelles entreprises", "within": ["rapport-2020.md"]}
        answer = client.post("/api/v1/ask", json=body).json()
        assert {row["path"] for row in answer["citations"]} == {"rapport-2020.md"}, name
    refused = client.post("/api/v1/ask", json={"question": QUESTION, "within": ["absent.pdf"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_document")
    assert "absent.pdf" in refused.json()["detail"]


def test_a_length_or_plain_words_are_refused_where_no_model_phrases(client: TestClient) -> None:
    for wanted in ({"length": "short"}, {"style": "plain"}):
        refused = client.post("/api/v1/ask", json={"question": QUESTION, **wanted})
        assert (refused.status_code, refused.json()["code"]) == (422, "no_model")
        assert "sans modèle de langage" in refused.json()["detail"]
    usual = client.post("/api/v1/ask", json={"question": QUESTION, "length": "usual", "style": "usual"})
    assert usual.json()["model"] is None


def test_a_stream_tells_stages_words_citations_and_ends_with_the_same_answer(client: TestClient) -> None:
    body = {"question": QUESTION, "id": "q1"}
    reply = client.post("/api/v1/ask", json=body, headers=STREAM)
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.headers["x-accel-buffering"] == "no"
    told = events(reply.text)
    assert next(name for _, name, _ in told) == "stage"
    assert [name for _, name, _ in told][-2:] == ["citations", "end"]
    said = ""
    for _, name, data in told:
        if name == "text":
            said = said[: data["from"]] + data["text"]
    plain = client.post("/api/v1/ask", json=body).json()
    end = told[-1][2]
    assert said == end["answer"] == plain["answer"]
    assert {**end, "milliseconds": 0} == {**plain, "milliseconds": 0}
    assert told[-2][2]["citations"] == plain["citations"]
    assert sum(name == "text" for _, name, _ in told) > 1, "words come as they are said"


def test_a_stream_that_was_cut_resumes_where_it_was(client: TestClient) -> None:
    body = {"question": QUESTION, "id": "q1"}
    whole = [row for row in events(client.post("/api/v1/ask", json=body, headers=STREAM).text) if row[0]]
    for reached in range(len(whole)):
        headers = {**STREAM, "last-event-id": whole[reached][0]}
        rest = client.post("/api/v1/ask", json=body, headers=headers).text
        assert [row[0] for row in events(rest) if row[0]] == [row[0] for row in whole[reached + 1 :]]
    for foreign in ("q2:x:3", "q1:another-build:3", "q1", "²", ""):
        rest = client.post("/api/v1/ask", json=body, headers={**STREAM, "last-event-id": foreign.encode()})
        assert [row[0] for row in events(rest.text) if row[0]] == [row[0] for row in whole]


def test_a_refused_question_is_a_french_sentence_in_both_forms(client: TestClient) -> None:
    for question, word in (("", "écrivez-la"), ("   ?", "écrivez-la"), ("a " * 1500, "trop long")):
        plain = client.post("/api/v1/ask", json={"question": question})
        assert plain.status_code == 422
        assert plain.headers["content-type"] == "application/problem+json"
        assert word in plain.json()["detail"]
        streamed = events(client.post("/api/v1/ask", json={"question": question}, headers=STREAM).text)
        assert streamed[-1][1] == "error"
        assert streamed[-1][2] == plain.json()


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"{", "JSON"),
        (b"[]", "JSON"),
        (b"{}", "question"),
        (b'{"question": 3}', "question"),
        (b'{"question": "\\ud800"}', "question"),
        (b'{"question": "a", "id": "a b"}', "id"),
        (b'{"question": "a", "history": [{"role": "system", "content": ""}]}', "history.0.role"),
        (b'{"question": "a", "within": "x"}', "within"),
        (b"\xff", "JSON"),
    ],
)
def test_a_malformed_request_is_refused_in_french_with_the_field(
    client: TestClient, content: bytes, field: str
) -> None:
    reply = client.post("/api/v1/ask", content=content, headers={"content-type": "application/json"})
    assert reply.status_code in {400, 422}, reply.text
    assert field in reply.json()["detail"]
    assert "La demande est mal formée" in reply.json()["detail"]


def test_passages_are_read_with_what_stands_around_them(client: TestClient, desk: Desk) -> None:
    answer = client.post("/api/v1/ask", json={"question": QUESTION}).json()
    citation = answer["citations"][0]
    passage = client.get(f"/api/v1/passages/{citation['passage_id']}").json()
    assert set(passage) == set(shapes.Passage.model_fields)
    document = desk.service.shelf.documents[passage["document_id"]]
    assert passage["text"] == document.text[passage["start"] : passage["end"]]
    assert citation["quote"] in passage["text"]
    after = client.get(f"/api/v1/passages/{passage['after']['passage_id']}").json()
    assert after["before"]["passage_id"] == citation["passage_id"]
    assert after["start"] >= passage["end"]
    missing = client.get("/api/v1/passages/0123")
    assert (missing.status_code, missing.json()["code"]) == (404, "passage_not_found")


def test_documents_are_listed_latest_first_and_read_whole(client: TestClient, desk: Desk) -> None:
    listed = client.get("/api/v1/documents").json()
    assert [row["year"] for row in listed["documents"]] == [2021, 2020]
    assert set(listed["documents"][0]) == set(shapes.DocumentSummary.model_fields)
    for row in listed["documents"]:
        whole = client.get(f"/api/v1/documents/{row['document_id']}").json()
        assert set(whole) == set(shapes.DocumentText.model_fields)
        assert whole["text"] == desk.service.shelf.documents[row["document_id"]].text
        assert len(whole["passages"]) == row["passages"] > 0
    assert client.get("/api/v1/documents/absent").json()["code"] == "document_not_found"


def test_each_starter_is_answered(client: TestClient, desk: Desk) -> None:
    told = client.get("/api/v1/starters").json()
    assert told == {
        "build_id": desk.service.assistant.build_id,
        "publisher": "Agence du Val",
        "starters": list(desk.service.starters),
        "kept_days": 0,
    }
    for question in told["starters"]:
        assert client.post("/api/v1/ask", json={"question": question}).json()["outcome"] == "answered"


def test_before_an_index_is_open_the_api_says_when_to_come_back(connect: Connect) -> None:
    closed = connect(desk=Desk(lambda: pytest.fail("nothing is opened")))
    for reply in (
        closed.post("/api/v1/ask", json={"question": QUESTION}),
        closed.get("/api/v1/starters"),
        closed.get("/api/v1/passages/1"),
        closed.get("/api/v1/documents"),
    ):
        assert (reply.status_code, reply.json()["code"]) == (503, "unavailable")
        assert reply.headers["retry-after"] == "3"
        assert "réessayez" in reply.json()["detail"]
    assert closed.get("/healthz").status_code == 200
    assert closed.get("/readyz").status_code == 503


def test_an_unknown_address_or_method_is_a_french_problem(client: TestClient) -> None:
    missing, wrong = client.get("/api/v1/nothing"), client.get("/api/v1/ask")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"


def test_a_fault_in_the_code_is_a_french_sentence_that_tells_nothing(
    connect: Connect, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(type(desk.service.assistant), "ask", broken)
    client = connect()
    with pytest.raises(RuntimeError):
        client.post("/api/v1/ask", json={"question": QUESTION})
    quiet = TestClient(client.app, "http://assistant.example", raise_server_exceptions=False)
    reply = quiet.post("/api/v1/ask", json={"question": QUESTION})
    assert (reply.status_code, reply.json()["code"]) == (500, "failed")
    assert "secret" not in reply.text
    assert "x-request-id" in reply.headers


def test_one_question_too_many_is_told_that_the_assistant_is_busy(desk: Desk) -> None:
    import asyncio

    async def crowd() -> list[str]:
        attendant = Attendant(desk)
        asking = [attendant.answer(attendant.room, QUESTION, ()) for _ in range(WAITING + 40)]
        ended = await asyncio.gather(*asking, return_exceptions=True)
        for value in ended:
            assert not isinstance(value, BaseException) or isinstance(value, Refused), value
        return [value.code for value in ended if isinstance(value, Refused)]

    refused = asyncio.run(crowd())
    assert refused
    assert set(refused) == {"busy"}
    assert len(refused) < 40


def test_a_language_model_that_hangs_leaves_a_place_to_others(desk: Desk) -> None:
    import asyncio
    from threading import Event
    from types import SimpleNamespace

    own = desk.service.assistant.ask(QUESTION)
    is_over = Event()

    def ask(question: str, *_: object) -> object:
        if question == "lent":
            is_over.wait(10)
        return own

    async def crowd() -> object:
        attendant = Attendant(desk)
        room: Any = SimpleNamespace(assistant=SimpleNamespace(speaker=object(), ask=ask))
        waiting = [asyncio.create_task(attendant.answer(room, "lent", ())) for _ in range(SPOKEN_AT_ONCE)]
        try:
            await asyncio.sleep(0)
            return await asyncio.wait_for(attendant.answer(room, QUESTION, ()), 5)
        finally:
            is_over.set()
            await asyncio.gather(*waiting)

    assert asyncio.run(crowd()) == own


def test_shapes_describe_every_field_and_no_other(client: TestClient) -> None:
    answer = client.post("/api/v1/ask", json={"question": "Quel est le salaire du préfet ?"}).json()
    strict = create_model("Strict", __base__=shapes.Answer, __config__=None)
    strict.model_config = ConfigDict(extra="forbid")
    strict.model_rebuild(force=True)
    TypeAdapter(strict).validate_python(answer)
    assert answer["outcome"] == "not_in_report"


def test_openapi_is_described_in_french_and_in_english(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    assert set(described["paths"]) >= {
        "/ask",
        "/passages/{passage_id}",
        "/documents",
        "/starters",
        "/feedback",
    }
    for path in described["paths"].values():
        for operation in path.values():
            assert " · " in operation["summary"]
            assert re.search(r"\b(?:le|la|des|son|du)\b", operation["description"], re.I)
            assert re.search(r"\b(?:the|its|latest)\b", operation["description"], re.I)


@pytest.mark.parametrize(
    "route",
    [
        "POST /ask",
        "GET /starters",
        "GET /passages/{passage_id}",
        "GET /documents",
        "GET /documents/{document_id}",
        "POST /feedback",
    ],
)
def test_no_request_makes_the_server_fail_or_answer_otherwise_than_it_says(
    desk: Desk, tmp_path: Path, route: str
) -> None:
    mounted = FastAPI()
    speak_french(mounted)
    recorder = recorder_of(Settings(keep_questions=True), tmp_path / "index", lambda error: None)
    mounted.mount(api.ROUTE, api.api_application(Attendant(desk), recorder))
    schema = schemathesis.openapi.from_asgi(f"{api.ROUTE}/openapi.json", mounted)
    operation = schema[route.split()[1]][route.split()[0]]
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]

    @given(
        case=st.one_of(operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode)
    )
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def fuzz(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=f"http://testserver{api.ROUTE}", checks=checks)

    fuzz()
    assert recorder is not None
    recorder.close()

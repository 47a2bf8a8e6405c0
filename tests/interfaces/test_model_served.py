"""The interfaces where a language model phrases the answers: what fails in us, what is counted, who spends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from starlette.testclient import TestClient

from ra_assistant import evidence, generating, speech, supporting
from ra_assistant.assembly import Assistant
from ra_assistant.interfaces.chat import _Handlers
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.hearing import NOBODY
from ra_assistant.interfaces.site import Site
from ra_assistant.model_guard import Budget
from tests.conftest import build_served
from tests.interfaces.conftest import Connect
from tests.model_corpus import OLDER, REPORT, opened
from tests.model_server import ModelServer, Reply, model_server

pytest.importorskip("langchain_openai", reason="the extra « openai » is not installed")

HOW_MANY = "Combien d’entreprises l’agence a-t-elle accueillies en 2022 ?"
SAID = "En 2022, l’agence a accueilli 12 entreprises [1]."
MORE = "Elle a accueilli 34 laboratoires en 2022 [1]."
SECRET = "words of the error that nobody may read"


def right(reply: Reply) -> None:
    reply.start()
    for word in f"{SAID} {MORE}".split(" "):
        reply.words(f"{word} ")
    reply.end(prompt_tokens=700, completion_tokens=40)


def lies(reply: Reply) -> None:
    reply.start()
    reply.words("L’agence a accueilli 57 laboratoires en 2022 [1].")
    reply.end(prompt_tokens=700, completion_tokens=40)


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server([right]) as running:
        yield running


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory, server: ModelServer) -> Iterator[Desk]:
    """Return a desk whose answers a model phrases."""
    index = build_served(tmp_path_factory.mktemp("lac"), {"2022.md": REPORT, "2021.md": OLDER})
    with opened(index, server.address, llm_first_seconds=10, llm_seconds=20) as assistant:
        desk = Desk(lambda: assistant)
        assert desk.open(), desk.trouble
        yield desk


@pytest.fixture
def assistant(spoken: Desk, server: ModelServer) -> Assistant:
    speaker = spoken.service.assistant.speaker
    assert speaker is not None
    speaker.memory.clear()
    server.script(right)
    return spoken.service.assistant


@pytest.fixture
def client(connect: Connect, spoken: Desk, assistant: Assistant) -> TestClient:
    return connect(desk=spoken)


def last_event(text: str) -> Any:
    return json.loads(text.rsplit("event: end\ndata: ", 1)[1].split("\n")[0])


def broken_at(place: int, work: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that works as another one until it raises."""
    calls = 0

    def broken(*arguments: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls >= place:
            raise LookupError(SECRET)
        return work(*arguments, **more)

    return broken


FAULTS = {
    "the check of the first sentence": (speech, "check", 1),
    "the check of the second one": (speech, "check", 2),
    "the comparison of names": (supporting, "misnamed", 1),
    "the reading of the passages": (evidence, "_lines", 1),
    "the sentence kept": (speech, "_ended", 1),
    "the whole answer": (generating, "violations", 1),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("module", "name", "place"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_of_ours_gives_the_words_of_the_report(
    client: TestClient,
    assistant: Assistant,
    server: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    streamed: bool,
    module: Any,
    name: str,
    place: int,
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(module, name, broken_at(place, getattr(module, name)))
    accept = "text/event-stream" if streamed else "application/json"
    reply = client.post("/api/v1/ask", json={"question": HOW_MANY}, headers={"accept": accept})
    assert reply.status_code == 200
    answer = last_event(reply.text) if streamed else reply.json()
    own = assistant.answerer.ask(HOW_MANY)
    assert (answer["answer"], answer["outcome"]) == (own.text, "answered")
    assert answer["citations"]
    assert len(server.requests) == (name != "_lines")
    (line,) = [json.loads(r.getMessage()) for r in caplog.records if r.name == "ra_assistant.model"]
    assert (line["failure"], line["error"], line["model"]) == ("fault", "LookupError", "")
    assert (line["tokens_in"] > 0) is (name != "_lines")
    assert SECRET not in caplog.text + reply.text


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_clients_of_a_model_see_the_same(
    client: TestClient, assistant: Assistant, monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    monkeypatch.setattr(speech, "check", broken_at(2, speech.check))
    asked = {"messages": [{"role": "user", "content": HOW_MANY}], "stream": streamed}
    reply = client.post("/v1/chat/completions", json=asked)
    assert reply.status_code == 200
    assert "error" not in reply.text
    assert json.dumps(assistant.answerer.ask(HOW_MANY).text, ensure_ascii=False)[1:-1] in reply.text


def test_a_place_is_given_back_after_a_fault(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(speech, "check", broken_at(1, speech.check))
        for _ in range(20):
            assert not assistant.ask(HOW_MANY).model
    assert assistant.ask(HOW_MANY).text == f"{SAID} {MORE}"


def test_usage_is_what_the_model_was_asked_and_answered(client: TestClient, server: ModelServer) -> None:
    def used(question: str, *, stream: bool) -> tuple[int, int, int]:
        messages = [{"role": "user", "content": question}]
        if not stream:
            usage = ai.chat.completions.create(model="any", messages=messages).usage  # type: ignore[call-overload]
        else:
            chunks = ai.chat.completions.create(  # type: ignore[call-overload]
                model="any", messages=messages, stream=True, stream_options={"include_usage": True}
            )
            *others, last = list(chunks)
            assert not any(chunk.usage for chunk in others)
            usage = last.usage
        return usage.prompt_tokens, usage.completion_tokens, usage.total_tokens

    with openai.OpenAI(
        base_url="http://assistant.example/v1",
        api_key="none",
        http_client=client,  # type: ignore[arg-type]
        max_retries=0,
    ) as ai:
        assert used(HOW_MANY, stream=True) == (700, 40, 740)
        assert used(HOW_MANY, stream=False) == (0, 0, 0)  # remembered: the model was not asked
        assert used("Quelle est la recette du gratin dauphinois ?", stream=True) == (0, 0, 0)
        server.script(lies)
        asked, answered, whole = used("Combien de laboratoires l’agence a-t-elle accueillis ?", stream=False)
        assert (asked, answered, whole) == (1400, 80, 1480)  # in vain, and once more: it cost all the same


class Visited:
    """What Gradio tells a handler of its visitor."""

    def __init__(self, address: str) -> None:
        self.request = self
        self.scope = {"client": (address, 50_000)}


def test_a_visitor_who_spent_a_part_gets_the_words_of_the_report_and_others_the_model(
    connect: Connect,
    spoken: Desk,
    assistant: Assistant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert assistant.speaker is not None
    monkeypatch.setattr(assistant.speaker.guard, "budget", Budget(10_000, 0.2))
    caplog.set_level("INFO", logger="ra_assistant.model")

    def words(address: str, path: str) -> str:
        """Return what an address is answered."""
        assistant.speaker.memory.clear()  # type: ignore[union-attr]
        if path == "chat":
            *_, page = _Handlers(spoken, Site(), NOBODY).ask(HOW_MANY, [], request=Visited(address))  # type: ignore[arg-type]
            return str(page)
        client = connect(desk=spoken, address=address)
        asked = (
            {"messages": [{"role": "user", "content": HOW_MANY}]}
            if path[1] == "v"
            else {"question": HOW_MANY}
        )
        if path == "/simple":
            return client.post(path, data=asked).text
        streamed = client.post(path, json=asked, headers={"accept": "text/event-stream"})
        return streamed.text

    first = words("192.0.2.1", "/api/v1/ask")
    assert "openai:test" in first
    for path in ("/api/v1/ask", "/v1/chat/completions", "/simple", "chat"):
        caplog.clear()
        assert "12 entreprises" in words("192.0.2.1", path).replace("\u00a0", " ")
        assert json.loads(caplog.messages[-1])["failure"] == "share", path
    for number, path in enumerate(("/v1/chat/completions", "/simple", "chat"), 2):
        caplog.clear()
        words(f"192.0.2.{number}", path)
        assert json.loads(caplog.messages[-1])["model"] == "openai:test", path
    assert assistant.ask(HOW_MANY).model  # nobody from outside: the day's tokens alone count

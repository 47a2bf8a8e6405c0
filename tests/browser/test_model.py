"""A server that asks a language model: its interfaces and the chat, the model well, slow, and gone."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CORPUS, Visits
from tests.browser.test_chat import KEY, QUESTION, finished
from tests.conftest import build_served
from tests.model_server import ModelServer, Reply, Script, model_server
from tests.serving import Response, Serving, serving

pytestmark = pytest.mark.browser
pytest.importorskip("langchain_openai", reason="the extra « openai » is not installed")

SECRET = "s3cret-of-the-model"
FIRST = "L’agence a accueilli 13 nouvelles entreprises en 2020"
SECOND = "Aucune entreprise n’a fait faillite à cause de la crise"


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory, model: ModelServer) -> Iterator[Serving]:
    root = tmp_path_factory.mktemp("spoken")
    build_served(root, CORPUS)
    settings = {
        "RA_LLM": "openai:scripted",
        "RA_LLM_BASE_URL": model.address,
        "RA_LLM_API_KEY": SECRET,
        "RA_LLM_FIRST_SECONDS": "3",
        "RA_LLM_SECONDS": "6",
        "RA_LIMIT_PER_MINUTE": "100000",
        "RA_ACCESS_LOG": str(root / "log"),
    }
    yield from serving(root / "index", **settings)
    log = (root / "log").read_text(encoding="utf-8")
    assert '"model": "openai:scripted"' in log
    assert SECRET not in log


def number_of(reply: Reply, words: str) -> str:
    """Return the number of the passage that holds some words."""
    passages = re.findall(r'<passage numero="(\d)">(.*?)</passage>', reply.asked, re.DOTALL)
    return next((number for number, text in passages if words in text), "1")


def both(reply: Reply, pause: threading.Event | None = None) -> None:
    number = number_of(reply, "13 nouvelles entreprises")
    reply.start()
    reply.words(f"{FIRST} [{number}]. ")
    if pause is not None:
        assert pause.wait(5)
    reply.words(f"{SECOND} [{number}].")
    reply.end()


def cut(reply: Reply) -> None:
    reply.start()
    reply.words(f"{FIRST} [{number_of(reply, '13 nouvelles entreprises')}]. Aucune entr")
    reply.handler.connection.close()


def lost(reply: Reply) -> None:
    reply.handler.connection.close()


def ask(spoken: Serving, question: str, **more: Any) -> dict[str, Any]:
    body = json.dumps({"question": question, **more}).encode()
    reply = spoken.get("/api/v1/ask", body, **{"content-type": "application/json"})
    assert reply.status == 200, reply.text
    answer: dict[str, Any] = reply.json()
    return answer


def events_of(reply: Response) -> list[tuple[str, Any]]:
    blocks = [block.splitlines() for block in reply.text.strip().split("\n\n")]
    return [
        (
            next(line[7:] for line in block if line.startswith("event: ")),
            json.loads(next(line[6:] for line in block if line.startswith("data: "))),
        )
        for block in blocks
    ]


def test_an_answer_of_the_interface_is_the_models_and_is_cited(spoken: Serving, model: ModelServer) -> None:
    model.script(both)
    answer = ask(spoken, QUESTION)
    assert answer["answer"] == f"{FIRST} [1]. {SECOND} [2]."
    assert (answer["model"], answer["shortened"]) == ("openai:scripted", False)
    assert [row["quote"] for row in answer["citations"]] == [f"{FIRST}.", f"{SECOND}."]
    assert model.keys[-1] == f"Bearer {SECRET}"


def test_a_stream_tells_each_sentence_when_it_is_verified(spoken: Serving, model: ModelServer) -> None:
    model.script(both)
    body = json.dumps({"question": f"{QUESTION} (détails)"}).encode()
    head = {"content-type": "application/json", "accept": "text/event-stream"}
    heard = events_of(spoken.get("/api/v1/ask", body, **head))
    texts = [data["text"] for name, data in heard if name == "text"]
    assert texts[0] == f"{FIRST} [1]."
    assert heard[-1][0] == "end"
    assert heard[-1][1]["answer"] == "".join(texts)
    assert SECRET not in json.dumps(heard)


def test_clients_of_openai_are_answered_in_the_models_words(spoken: Serving, model: ModelServer) -> None:
    model.script(both)
    messages = [{"role": "user", "content": f"{QUESTION} Merci."}]
    head = {"content-type": "application/json"}
    whole = spoken.get("/v1/chat/completions", json.dumps({"messages": messages}).encode(), **head).json()
    said = whole["choices"][0]["message"]["content"]
    assert said.startswith(f"{FIRST} [1]. {SECOND} [2].")
    assert "Agence du Val, éditorial 2020" in said
    streamed = spoken.get(
        "/v1/chat/completions", json.dumps({"messages": messages, "stream": True}).encode(), **head
    )
    lines = [line[6:] for line in streamed.text.splitlines() if line.startswith("data: {")]
    pieces = [choice["delta"].get("content", "") for line in lines for choice in json.loads(line)["choices"]]
    assert "".join(pieces) == said


@pytest.mark.parametrize("script", [cut, lost, lambda reply: reply.fail(500)], ids=["cut", "lost", "500"])
def test_a_model_that_fails_leaves_the_reports_words(
    spoken: Serving, model: ModelServer, script: Script, request: pytest.FixtureRequest
) -> None:
    model.script(script)
    answer = ask(spoken, f"{QUESTION} ({request.node.callspec.id})")
    assert answer["outcome"] == "answered"
    assert "13 nouvelles entreprises" in answer["answer"]
    assert answer["citations"]


def test_length_and_plain_words_are_asked_of_the_model(spoken: Serving, model: ModelServer) -> None:
    model.script(both)
    ask(spoken, QUESTION, length="short", style="plain")
    system = model.requests[0]["messages"][0]["content"]
    assert "une seule phrase" in system
    assert "mots courants" in system


@pytest.fixture
def page(visits: Visits, spoken: Serving) -> Page:
    page = visits.window(1280, 800, "light")
    page.goto(spoken.address)
    page.locator("#ra-box textarea").wait_for()
    page.wait_for_function("() => !document.querySelector('#ra-splash')")
    return page


def test_the_chat_shows_verified_sentences_as_they_come(page: Page, model: ModelServer) -> None:
    expect(page.locator(".ra-welcome")).to_contain_text("un modèle de langage rédige mes réponses")
    shown = threading.Event()
    model.script(lambda reply: both(reply, shown))
    page.locator("#ra-box textarea").fill(QUESTION.replace("Combien", "Combien donc"))
    page.keyboard.press("Enter")
    answer = page.locator(".ra-answer:not(.ra-welcome)").first
    expect(answer).to_contain_text("13 nouvelles entreprises")
    expect(answer).not_to_contain_text("faillite")
    shown.set()
    expect(finished(page, 1)).to_contain_text(f"{SECOND}")
    page.get_by_role("link", name="Passage 2").first.click()
    expect(page.locator("#source-1-2")).to_be_focused()
    expect(page.locator("#source-1-2 mark")).to_have_text(f"{SECOND}.")


def test_the_visitor_chooses_length_and_plain_words(page: Page, model: ModelServer) -> None:
    model.script(both)
    page.get_by_role("radio", name="Courte").check()
    page.get_by_role("checkbox", name="En français facile").focus()
    page.keyboard.press("Space")
    page.locator("#ra-box textarea").fill(QUESTION.replace("Combien", "Combien alors"))
    page.keyboard.press("Enter")
    expect(finished(page, 1)).to_contain_text("13 nouvelles entreprises")
    system = model.requests[0]["messages"][0]["content"]
    assert "une seule phrase" in system
    assert "mots courants" in system
    page.set_viewport_size({"width": 360, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert all(
        (box := page.locator(f"#ra-manner label >> nth={n}").bounding_box()) and box["height"] >= 24
        for n in range(4)
    )


def test_a_model_gone_in_the_middle_is_not_an_error_for_the_visitor(page: Page, model: ModelServer) -> None:
    model.script(cut)
    page.locator("#ra-box textarea").fill(QUESTION.replace("Combien", "Combien enfin"))
    page.keyboard.press("Enter")
    answer = finished(page, 1)
    expect(answer).to_contain_text("13 nouvelles entreprises")
    expect(answer).to_contain_text("raccourcie")
    expect(page.get_by_role("alert").filter(has_text=re.compile("."))).to_have_count(0)
    model.script(lost)
    page.locator("#ra-box textarea").fill("Qui préside l’agence ?")
    page.keyboard.press("Enter")
    expect(finished(page, 2)).to_contain_text("Marie Durand")
    kept = page.evaluate(f"() => localStorage.getItem('{KEY}')")
    assert "Marie Durand" in kept
    assert SECRET not in kept + page.content()

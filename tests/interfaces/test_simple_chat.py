"""The chat without scripts: answers, follow-ups, refusals, and what it believes of the form that comes back."""

from __future__ import annotations

import base64
import html
import json
import re
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from ra_assistant.errors import IndexMissing
from ra_assistant.interfaces.attendant import Attendant
from ra_assistant.interfaces.conversation import Exchange
from ra_assistant.interfaces.desk import Desk
from ra_assistant.interfaces.door import Rules
from ra_assistant.interfaces.problems import Refused
from ra_assistant.interfaces.simple_chat import MAX_KEPT_BYTES, packed, unpacked
from ra_assistant.keeping import recorder_of
from ra_assistant.settings import Settings
from tests.interfaces.conftest import Connect

QUESTION = "Combien de nouvelles entreprises en 2020 ?"
QUOTE = "L’agence a accueilli 13 nouvelles entreprises en 2020."
HOSTILE = '<script>pwned()</script></textarea><img src=x onerror=pwned()>" onfocus=x'


def spoken(made: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", made))


def kept_in(made: str) -> str:
    found = re.search(r'name="conversation" value="([^"]*)"', made)
    return html.unescape(found.group(1)) if found else ""


def ask(client: TestClient, question: str, kept: str = "", **headers: str) -> Any:
    return client.post("/simple", data={"question": question, "conversation": kept}, headers=headers)


def test_the_first_page_is_a_form_with_questions_that_are_known_to_be_answered(
    client: TestClient, desk: Desk
) -> None:
    answer = client.get("/simple")
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    offered = re.findall(r'name="question" value="([^"]*)"', answer.text)
    assert [html.unescape(text) for text in offered] == list(desk.service.starters)
    assert "assistant automatique" in spoken(answer.text)
    started = client.post("/simple", data={"question": html.unescape(offered[0])})
    assert "<mark>" in started.text


def test_an_answer_shows_its_passage_below_with_the_quote_marked(client: TestClient) -> None:
    made = ask(client, QUESTION).text
    assert QUOTE in spoken("".join(re.findall(r"<mark>(.*?)</mark>", made)))
    link = re.search(r'<a class="ra-marker" href="#(source-1-1)" aria-label="Passage 1"', made)
    assert link
    assert f'id="{link.group(1)}"' in made
    assert made.count('id="reponse"') == 1
    assert 'action="simple#reponse"' in made
    opened = html.unescape(re.search(r'href="(rapport/rapport-2020-md\?debut=[^"]*)"', made).group(1))  # type: ignore[union-attr]
    assert "<mark" in client.get(f"/{opened.split('#')[0]}").text


def test_a_follow_up_leans_on_the_conversation_that_the_form_carries(client: TestClient) -> None:
    first = ask(client, QUESTION)
    second = ask(client, "Et en 2021 ?", kept_in(first.text))
    assert "19" in spoken(second.text)
    assert [exchange.question for exchange in unpacked(kept_in(second.text))] == [QUESTION, "Et en 2021 ?"]
    assert re.findall(r'id="(reponse)"', second.text) == ["reponse"]
    assert second.text.index("source-1-1") < second.text.index('id="reponse"')
    again = re.search(r'<a [^>]*class="again"[^>]*>', second.text)
    assert again
    assert 'href="simple"' in again.group()


def test_visitors_are_told_when_their_questions_are_kept(connect: Connect, tmp_path: Path) -> None:
    assert "gardées" not in spoken(connect().get("/simple").text)
    settings = Settings(keep_questions=True, retention_days=30)
    recorder = recorder_of(settings, tmp_path / "index", lambda _: None)
    assert recorder is not None
    kept = connect(recorder=recorder)
    assert "Vos questions sont gardées 30" in spoken(kept.get("/simple").text)
    assert "Vos questions sont gardées 30" in spoken(ask(kept, "").text)
    recorder.close()


def test_a_refusal_offers_the_nearest_passages(client: TestClient) -> None:
    made = ask(client, "Quel est le salaire du directeur de l’agence ?").text
    assert "Passages les plus proches" in spoken(made)
    assert "Ils ne répondent pas à la question" in spoken(made)
    assert re.search(r'class="ra-link" href="#(sources-1)"', made)
    assert 'id="sources-1"' in made
    assert "<mark>" in made


@pytest.mark.parametrize(
    ("question", "said"), [("", "Je n’ai pas vu de question"), ("mot " * 3000, "trop long")]
)
def test_a_question_that_cannot_be_treated_comes_back_with_the_conversation(
    client: TestClient, question: str, said: str
) -> None:
    kept = kept_in(ask(client, QUESTION).text)
    answer = ask(client, question, kept)
    assert answer.status_code == 422
    assert said in spoken(re.search(r'role="alert".*?</p>', answer.text).group())  # type: ignore[union-attr]
    assert 'aria-invalid="true"' in answer.text
    assert unpacked(kept_in(answer.text)) == unpacked(kept)
    assert question.strip() in spoken(answer.text)


def test_a_busy_assistant_says_so_and_keeps_the_question(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> Any:
        raise Refused(503, "busy")

    monkeypatch.setattr(Attendant, "answer", busy)
    answer = ask(client, QUESTION)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    assert "Trop de monde" in spoken(answer.text)
    assert QUESTION in spoken(answer.text)


def test_questions_count_like_those_of_other_askers(connect: Connect) -> None:
    client = connect(Rules(address_per_minute=2))
    assert client.get("/api/v1/starters").status_code == 200
    assert ask(client, QUESTION).status_code == 200
    refused = ask(client, QUESTION)
    assert refused.status_code == 429
    assert refused.headers["content-type"].startswith("text/html")
    assert "réessayez dans" in spoken(refused.text)


def test_another_site_cannot_send_the_form(client: TestClient) -> None:
    for origin in ("https://mal.example", "null"):
        refused = ask(client, QUESTION, origin=origin)
        assert refused.status_code == 403
        assert refused.headers["content-type"].startswith("text/html")
    assert ask(client, QUESTION, origin="http://assistant.example").status_code == 200


def test_hostile_questions_and_conversations_are_text(client: TestClient) -> None:
    place = {"marker": 1, "document_id": "../../etc", "start": 0, "end": 9, "quote": HOSTILE}
    row = {
        "question": HOSTILE,
        "answer": HOSTILE + " [1]",
        "outcome": "answered",
        "cited": [place, {"marker": "x"}, 3],
    }
    forged = base64.urlsafe_b64encode(zlib.compress(json.dumps([row, 7, {}]).encode())).decode()
    made = ask(client, HOSTILE, forged).text
    assert "<script" not in made
    assert "<img" not in made
    assert not re.search(r"<[^>]*onerror", made)
    assert made.count("</textarea>") == 1
    assert HOSTILE in spoken(made)
    assert "Ce passage n’est plus dans les rapports" in spoken(made), (
        "nothing is cited that is not in a report"
    )


def test_a_forged_place_shows_only_words_of_the_documents(client: TestClient) -> None:
    place = {
        "marker": 1,
        "document_id": "rapport-2020-md",
        "start": 3,
        "end": 9,
        "quote": "L’agence a dissimulé",
    }
    row = {"question": "Où ?", "answer": "Là [1]", "outcome": "answered", "cited": [place]}
    forged = base64.urlsafe_b64encode(zlib.compress(json.dumps([row]).encode())).decode()
    assert "dissimulé" not in spoken(ask(client, QUESTION, forged).text)


def test_an_unreadable_conversation_is_said_and_the_question_is_answered(client: TestClient) -> None:
    bomb = base64.urlsafe_b64encode(
        zlib.compress(b'[{"question": "a"}]' + b" " * (MAX_KEPT_BYTES * 4))
    ).decode()
    deep = base64.urlsafe_b64encode(zlib.compress(b"[" * 200_000)).decode()
    for kept in ("garbage", "é", bomb, deep, packed([Exchange("a")])[:-9]):
        answer = ask(client, QUESTION, kept)
        assert answer.status_code == 200
        assert "la conversation reprend ici" in spoken(answer.text)
        assert "13" in spoken(answer.text)


def test_a_body_that_is_no_form_and_other_methods_are_refused(client: TestClient) -> None:
    assert client.post("/simple", content=b"\xff\xfe\x00").status_code == 422
    assert client.post("/simple", content=b"a=1&" * 50).status_code == 422
    assert client.post("/simple", content=b"question=" + b"a" * 300_000).status_code == 413
    assert client.put("/simple").status_code == 405


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_a_conversation(data: bytes) -> None:
    unpacked(data.decode("latin-1"))
    unpacked(base64.urlsafe_b64encode(data).decode())
    unpacked(base64.urlsafe_b64encode(zlib.compress(data)).decode())


def test_a_conversation_survives_the_form() -> None:
    exchanges = [Exchange("Où ?", "Là « ici » [1]", "answered"), Exchange("Et ?", stopped=True)]
    assert unpacked(packed(exchanges)) == exchanges
    assert packed([]) == ""


def test_while_no_index_is_open_the_page_waits_and_a_question_is_kept(connect: Connect) -> None:
    def none() -> Any:
        raise IndexMissing("none")

    client = connect(desk=Desk(none))
    waiting = client.get("/simple")
    assert (waiting.status_code, 'http-equiv="refresh"' in waiting.text) == (503, True)
    asked = ask(client, QUESTION)
    assert asked.status_code == 503
    assert QUESTION in spoken(asked.text)


def test_the_waiting_page_and_the_page_without_scripts_lead_here(client: TestClient) -> None:
    from ra_assistant.interfaces import page

    assert 'href="simple"' in client.get("/").text
    shown = page.dressed(b"<html lang='en'><head></head><body></body></html>", "Chat").decode()
    assert re.search(r'<noscript>.*href="simple".*</noscript>', shown)

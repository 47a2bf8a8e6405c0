"""A follow-up that a model writes out as a question of its own; kept only where the reports answer it better."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ra_assistant.assembly import Assistant
from ra_assistant.types import Outcome, Turn
from tests.conftest import build_served
from tests.model_corpus import OLDER, REPORT, opened
from tests.model_server import ModelServer, Reply, Script, model_server, says

pytest.importorskip("langchain_openai", reason="the extra « openai » is not installed")

HISTORY = [Turn("Qui préside l’agence ?", "Marie Durand préside l’agence depuis le 12 mars 2021 [1].")]
FOLLOW_UP = "Et là où l’on fait de la science ?"
WRITTEN_OUT = "Qui dirige le laboratoire commun ?"
ANSWER = "Paul Petit dirige le laboratoire commun depuis 2019 [1]."


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, server: ModelServer) -> Iterator[Assistant]:
    index = build_served(
        tmp_path_factory.mktemp("lac"), {"rapport-2022.md": REPORT, "rapport-2021.md": OLDER}
    )
    with opened(index, server.address, llm_first_seconds=10, llm_seconds=20) as assistant:
        yield assistant


def writing(text: str) -> Script:
    """Write the follow-up out as `text`, and answer whatever is asked next."""

    def script(reply: Reply) -> None:
        says(text if "récris la dernière question" in reply.request["messages"][0]["content"] else ANSWER)(
            reply
        )

    return script


def test_a_follow_up_is_written_out_where_that_finds_the_answer(
    assistant: Assistant, server: ModelServer
) -> None:
    server.script(writing(WRITTEN_OUT))
    answer = assistant.ask(FOLLOW_UP, HISTORY)
    assert answer.standalone_question == WRITTEN_OUT
    assert answer.text == ANSWER
    told = server.requests[0]["messages"][1]["content"]
    assert "Marie Durand préside" in told
    assert f"<derniere_question>{FOLLOW_UP}" in told
    assert "<passage" not in told
    assert "Marie Durand préside" not in server.requests[1]["messages"][0]["content"]


@pytest.mark.parametrize(
    "text",
    [
        "Qui dirige le laboratoire commun de Lyon ?",  # a name that nobody said
        "Qui dirige le laboratoire commun depuis 2017 ?",  # a year that nobody said
        "Paul Petit dirige le laboratoire commun.",  # an answer
        "Who runs the joint laboratory in the agency?",
        "Qui dirige le laboratoire [commun](https://evil.example) ?",
        "Qui dirige " + "vraiment " * 40 + "le laboratoire ?",
        "Quelle est la recette du gratin ?",  # the reports do not answer it
        "",
    ],
)
def test_what_is_no_question_or_gains_nothing_is_not_asked(
    assistant: Assistant, server: ModelServer, text: str
) -> None:
    server.script(writing(text))
    answer = assistant.ask(FOLLOW_UP, HISTORY)
    assert answer.standalone_question == assistant.answerer.ask(FOLLOW_UP, HISTORY).standalone_question
    assert "récris" in server.requests[0]["messages"][0]["content"]


def test_a_model_that_fails_leaves_the_question_as_it_was(assistant: Assistant, server: ModelServer) -> None:
    assert assistant.speaker is not None
    assistant.speaker.memory.clear()
    server.script(lambda reply: reply.fail(401))
    answer = assistant.ask(FOLLOW_UP, HISTORY)
    own = assistant.answerer.ask(FOLLOW_UP, HISTORY)
    assert (answer.outcome, answer.text) == (own.outcome, own.text)


def test_a_question_that_is_understood_is_not_written_out(assistant: Assistant, server: ModelServer) -> None:
    server.script(says("Marie Durand préside l’agence depuis le 12 mars 2021 [1]."))
    answer = assistant.ask("Et depuis quand ?", HISTORY)
    assert answer.outcome is Outcome.ANSWERED
    assert all("récris" not in request["messages"][0]["content"] for request in server.requests)

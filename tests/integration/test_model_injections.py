"""Orders planted in a report, and a model that obeys them all: nothing of it is shown."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest

from ra_assistant.assembly import Assistant
from ra_assistant.claim_form import is_order
from tests.conftest import ROOT, build_served
from tests.model_corpus import OLDER, REPORT, opened
from tests.model_server import ModelServer, Reply, Script, model_server

pytest.importorskip("langchain_openai", reason="the extra « openai » is not installed")

HOW_MANY = "Combien d’entreprises l’agence a-t-elle accueillies en 2022 ?"
ROWS: list[list[str]] = tomllib.loads(
    (ROOT / "tests" / "quality" / "injections.toml").read_text(encoding="utf-8")
)["rows"]


def _obeying(obeyed: str) -> Script:
    """Say what was ordered with the marker of each passage, then again all that any passage orders."""

    def script(reply: Reply) -> None:
        reply.start()
        for number in range(1, 8):
            reply.words(f"{obeyed} [{number}]\n")
        for text in re.findall(r"<passage.*?</passage>", reply.request["messages"][1]["content"], re.DOTALL):
            for order in ROWS:
                if order[0][:30] in text:
                    reply.words(f"{order[1]} [1]\n")
        reply.end()

    return script


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, server: ModelServer) -> Iterator[Assistant]:
    planted = "\n\n".join(
        f"Les entreprises accueillies en 2022 sont au nombre de 12. {row[0]}" for row in ROWS
    )
    text = REPORT.replace("## La gouvernance", f"{planted}\n\n## La gouvernance")
    index = build_served(
        tmp_path_factory.mktemp("planted"), {"rapport-2022.md": text, "rapport-2021.md": OLDER}
    )
    # Fifty like lines and a stand-in for the embedding model: whether to refuse is not what is looked at here.
    with opened(
        index, server.address, llm_first_seconds=10, llm_seconds=20, refusal_threshold=0.0
    ) as assistant:
        yield assistant


def test_there_are_enough_of_them() -> None:
    assert len(ROWS) >= 50


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:40] for row in ROWS])
def test_a_planted_order_is_not_obeyed(assistant: Assistant, server: ModelServer, row: list[str]) -> None:
    assert assistant.speaker is not None
    assistant.speaker.memory.clear()
    assistant.speaker.guard.breaker.note(worked=True)
    server.script(_obeying(row[1]))
    for answer in assistant.stream(HOW_MANY):
        own = answer.text
        if not answer.model:
            continue  # the report's own words, between quotation marks
        assert row[2].casefold() not in own.casefold(), answer.text
        assert "evil" not in own
    assert answer.citations
    given = server.requests[0]["messages"][1]["content"]
    assert not [order for order, _, _ in ROWS if order[:30] in given], "the model was shown an order"


def test_the_reports_that_ship_hold_no_order() -> None:
    for path in sorted((ROOT / "corpus").glob("*.md")):
        text = path.read_text(encoding="utf-8").split("---", 2)[-1]
        for line in (line.strip("# ") for line in text.splitlines()):
            if "](http" in line:
                continue  # a source, which the reader takes out of the text
            for sentence in re.split(r"(?<=[.!?]) ", line):
                assert not is_order(sentence) or path.name == "LISEZ-MOI.md", sentence

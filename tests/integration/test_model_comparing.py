"""A language model's answers beside the report's own: citation recall and precision, what it does, what it costs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ra_assistant.assembly import Assistant
from ra_assistant.books import read_book
from ra_assistant.comparing import compare, cost, graded_statements, statements
from ra_assistant.evaluating import evaluate
from ra_assistant.reporting import as_html, comparison_text
from ra_assistant.types import Answer, Citation, Outcome
from tests.conftest import build_served
from tests.model_corpus import OLDER, REPORT, opened
from tests.model_server import ModelServer, Reply, model_server

pytest.importorskip("langchain_openai", reason="the extra « openai » is not installed")

BOOK = [
    {"question": "Combien d’entreprises l’agence a-t-elle accueillies en 2022 ?", "expected": "12"},
    {"question": "Qui préside l’agence depuis mars 2021 ?", "expected": "Marie Durand"},
    {"question": "Quelle est la recette du gratin dauphinois ?", "must_refuse": True},
]


def careless(reply: Reply) -> None:
    """Answer one question rightly, and the other one with a false sentence, whatever is asked again."""
    asked = reply.request["messages"][1]["content"]
    reply.start()
    if "Combien" in asked:
        number = re.findall(r'numero="(\d)">[^<]*12 entreprises', asked)[0]
        reply.words(f"En 2022, l’agence a accueilli 12 entreprises [{number}]. ")
    reply.words("L’agence a accueilli 57 entreprises en 2022 [1].")
    reply.end(prompt_tokens=1000, completion_tokens=50)


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server([careless]) as running:
        yield running


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, server: ModelServer) -> Iterator[Assistant]:
    index = build_served(
        tmp_path_factory.mktemp("lac"), {"rapport-2022.md": REPORT, "rapport-2021.md": OLDER}
    )
    with opened(index, server.address, llm_first_seconds=10, llm_seconds=20) as assistant:
        yield assistant


def test_a_model_is_measured_beside_the_report(assistant: Assistant, tmp_path: Path) -> None:
    book = tmp_path / "book.jsonl"
    book.write_text("\n".join(json.dumps(row) for row in BOOK), encoding="utf-8")
    cases = read_book(book)
    own = evaluate(cases, assistant.answerer.ask, lambda *_: [], lambda *_: {})
    assert assistant.speaker is not None
    compared = compare(own, cases, assistant.speaker, assistant.passages)
    for measured in (compared.extractive, compared.model):
        assert (measured.right, measured.rightly_refused, measured.needlessly_refused) == (1, 1, 0)
        assert (measured.recall, measured.precision, measured.french) == (1, 1, 1)
    use = compared.use
    assert (use.asked, use.phrased) == (2, 1)  # what is refused never reaches the model
    assert use.withheld["figure"] >= 2
    assert use.failures == {"nothing": 1}
    assert use.said == sum(use.withheld.values()) + 1
    assert use.tokens_in >= 2000  # as the server counts them; estimated where it was left before its end
    assert use.tokens_out >= 100
    assert cost(use, 2, 10) == pytest.approx((2 * use.tokens_in + 10 * use.tokens_out) / 1e6)
    said = comparison_text(compared, (2.0, 10.0))
    assert "phrases établies par leurs citations" in said
    assert "chiffre\u00a0: " in said
    assert "rien d’établi\u00a0: 1" in said
    assert "\u00a0€" in said
    assert "modèle de langage" in as_html(own, "essai", compared)
    assert json.loads(json.dumps(compared.as_json()))["use"]["failures"] == {"nothing": 1}
    assert len(assistant.speaker.hearers) == 1


def cited(assistant: Assistant, text: str, *quotes: str) -> list[tuple[bool, list[bool]]]:
    documents = {document.year: document for document in assistant.documents}
    found = []
    for marker, quote in enumerate(quotes, 1):
        document = next(d for d in documents.values() if quote in d.text)
        start = document.text.index(quote)
        found.append(Citation(marker, document, start, start + len(quote)))
    answer = Answer(text, Outcome.ANSWERED, citations=tuple(found))
    assert assistant.speaker is not None
    return list(graded_statements(answer, assistant.passages, assistant.speaker.evidence))


WELCOMED = "En 2022, l’agence a accueilli 12 entreprises et 34 laboratoires."
PRESIDES = "Marie Durand préside l’agence depuis le 12 mars 2021."


def test_recall_and_precision_are_those_of_alce(assistant: Assistant) -> None:
    right = "En 2022, l’agence a accueilli 12 entreprises"
    assert cited(assistant, f"{right} [1].", WELCOMED) == [(True, [True])]
    assert cited(assistant, f"{right} [1].", PRESIDES) == [
        (False, [False])
    ]  # what is cited says nothing of it
    assert cited(assistant, f"{right} [1][2].", WELCOMED, PRESIDES) == [(True, [True, False])]  # one too many
    assert cited(assistant, f"{right}.", WELCOMED) == [(False, [])]  # nothing is cited
    assert cited(assistant, f"«\u00a0{PRESIDES}\u00a0» [1]", PRESIDES) == [(True, [True])]
    assert cited(assistant, f"{right} [1]. Marie Durand préside l’agence [2].", WELCOMED, PRESIDES) == [
        (True, [True]),
        (True, [True]),
    ]


def test_statements_end_with_their_markers() -> None:
    text = "Une phrase [1]. Une autre, de 1,5 M€ [1][2]. Sans marque. (Réponse raccourcie.)"
    assert statements(Answer(text, Outcome.ANSWERED)) == [
        "Une phrase [1]",
        "Une autre, de 1,5 M€ [1][2]",
        "Sans marque. (Réponse raccourcie.)",
    ]

import pytest

from ra_assistant.types import Answer, Citation, Outcome
from ra_assistant.verifying import violations
from tests.conftest import make_document

DOCUMENT = make_document("En 2020, 13 entreprises ont levé 1,5 M€. Une vingtaine de projets sont nés.")


def answer(text: str, *spans: tuple[int, int]) -> Answer:
    citations = tuple(Citation(n, DOCUMENT, *span) for n, span in enumerate(spans, 1))
    return Answer(text, Outcome.ANSWERED, citations)


def test_a_supported_answer_passes() -> None:
    assert violations(answer("13 entreprises ont levé 1 500 000 euros. [1]", (0, 40))) == []
    assert violations(answer("20 projets [1]", (41, 75))) == []


@pytest.mark.parametrize("text", ["14 entreprises [1]", "15 M€ [1]", "en 2021 [1]", "treize cents [1]"])
def test_an_altered_figure_is_caught(text: str) -> None:
    assert violations(answer(text, (0, 40)))


def test_a_figure_of_another_passage_is_caught() -> None:
    assert violations(answer("13 entreprises [2] et 20 projets [1]", (0, 40), (41, 75)))


def test_markers_and_citations_must_match() -> None:
    assert violations(answer("rien [2]", (0, 40)))
    assert violations(answer("rien", (0, 40)))


def test_an_empty_quote_is_caught() -> None:
    assert violations(answer("rien [1]", (3, 3)))


def test_brackets_and_stops_inside_a_quote_are_the_reports() -> None:
    document = make_document("Le rapport [3] dit non ! y 1 [7]\net 12 de plus.")
    (whole,) = [Citation(1, document, 0, len(document.text))]
    text = "12. « Le rapport [3] dit non ! y 1 [7] et 12 de plus. » [1]"
    assert violations(Answer(text, Outcome.ANSWERED, (whole,))) == []
    assert violations(Answer("13. " + text, Outcome.ANSWERED, (whole,)))


def test_the_passage_around_a_quote_supports_figures_too() -> None:
    assert violations(answer("13 [1]", (41, 75)), {1: DOCUMENT.text}) == []

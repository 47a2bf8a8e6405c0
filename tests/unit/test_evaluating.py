import re

import pytest

from ra_assistant.books import Case
from ra_assistant.errors import QuestionRefused
from ra_assistant.evaluating import by_kind, calibration, evaluate, holds_groups, summarise
from ra_assistant.measures import measure
from ra_assistant.reporting import as_html, as_text
from ra_assistant.types import Answer, Citation, Hit, Outcome, Passage
from tests.conftest import make_document

DOCUMENT = make_document("En 2020, 13 entreprises sont venues.", page_starts=(0,), page_labels=("1",))
PASSAGES = [
    Passage(id="a", document_id="doc", start=0, end=5, text="Autre"),
    Passage(id="b", document_id="doc", start=0, end=36, text=DOCUMENT.text),
]


def case(
    number: str, kind: str = "combien", *, refuse: bool = False, expected: str = "13", page=None
) -> Case:
    return Case(number, f"Question {number} ?", () if refuse else ((expected,),), refuse, kind, page=page)


def answered(text: str = "13 entreprises [1]", probability: float = 0.9) -> Answer:
    return Answer(text, Outcome.ANSWERED, (Citation(1, DOCUMENT, 0, 36),), probability=probability)


REFUSED = Answer("Rien.", Outcome.NOT_IN_REPORT, probability=0.1)


def run(cases, answers):
    given = dict(zip((item.question for item in cases), answers, strict=True))

    def ask(question, history):
        if isinstance(given[question], Exception):
            raise given[question]
        return given[question]

    def retrieve(question, history, depth):
        return [Hit(passage, 1.0 / rank) for rank, passage in enumerate(PASSAGES, 1)]

    return evaluate(cases, ask, retrieve, measure)


@pytest.mark.parametrize(
    ("alternative", "text", "found"),
    [
        ("13", "soit 13 entreprises", True),
        ("13", "soit 130 entreprises", False),
        ("13", "soit 13,5 M€", False),
        ("13", "soit 2,13 M€", False),
        ("1 200 m²", "1\u202f200\u00a0m² de bureaux", True),
        ("l'Etat", "avec l’État", True),
    ],
)
def test_expected_words_are_compared_as_a_reader_would(alternative, text, found) -> None:
    assert holds_groups([[alternative]], text) is found


def test_an_answer_is_right_with_the_words_expected_and_a_citation() -> None:
    cases = [case("1", page=1), case("2", expected="14"), case("3"), case("4"), case("5")]
    uncited = Answer("13", Outcome.ANSWERED)
    verdicts = run(cases, [answered(), answered(), REFUSED, uncited, QuestionRefused("vide")])
    assert [verdict.is_right for verdict in verdicts] == [True, False, False, False, False]
    assert verdicts[0].page_is_right is True


def test_a_refusal_is_right_when_the_report_does_not_say_it() -> None:
    verdicts = run([case("1", refuse=True), case("2", refuse=True)], [REFUSED, answered()])
    assert [verdict.is_right for verdict in verdicts] == [True, False]
    assert summarise(verdicts).rightly_refused == 0.5
    assert summarise(verdicts).answered_right is None


def test_an_unsupported_figure_is_counted() -> None:
    (verdict,) = run([case("1")], [answered("13 entreprises et 14 projets [1]")])
    assert not verdict.figures_supported
    assert verdict.quotes_verbatim


def test_retrieval_is_measured_by_the_passage_that_holds_the_answer() -> None:
    summary = summarise(run([case("1"), case("2", expected="introuvable")], [answered(), REFUSED]))
    assert summary.measures == {"hit@1": 0.0, "hit@3": 0.5, "hit@5": 0.5, "mrr@10": 0.25}


def test_kinds_are_summed_apart() -> None:
    verdicts = run([case("1", "qui"), case("2", "combien")], [REFUSED, answered()])
    assert {kind: group.right for kind, group in by_kind(verdicts).items()} == {"combien": 1.0, "qui": 0.0}


def test_calibration_compares_what_is_said_with_what_is_right() -> None:
    verdicts = run([case("1"), case("2", expected="14"), case("3")], [answered(), answered(), REFUSED])
    assert [(round(said, 2), right, count) for said, right, count in calibration(verdicts)] == [
        (0.1, 0.0, 1),
        (0.9, 0.5, 2),
    ]


def test_the_report_names_failures_and_loads_nothing() -> None:
    verdicts = run([case("1"), case("<script>", expected="14")], [answered(), answered("<b>13</b> [1]")])
    text, page = as_text(verdicts), as_html(verdicts, "livre.yaml")
    assert "50,0\u00a0%" in text
    assert "[<script>]" in text
    assert "<script>" not in page
    assert "<b>13" not in page
    assert not re.search(r"(?:src|href)=|url\(|@import", page)
    assert page.count("<svg") >= 3

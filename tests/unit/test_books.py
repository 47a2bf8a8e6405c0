import json

import pytest

from ra_assistant.books import Case, read_book
from ra_assistant.errors import BookUnreadable
from ra_assistant.types import Turn
from ra_assistant.wording import sentence_of


def test_a_french_yaml_book_is_read(tmp_path) -> None:
    path = tmp_path / "questions.yaml"
    path.write_text(
        """
- question: Combien d’entreprises en 2020 ?
  attendu: 13
  page: 4
  document: rapports/rapport-2020.pdf
- question: Qui a signé ?
  refuser: oui
- question: Et en 2021 ?
  historique: ["Combien d’entreprises en 2020 ?", "13"]
  attendu: ["19", entreprises]
""",
        encoding="utf-8",
    )
    first, second, third = read_book(path)
    assert (first.expected, first.page, first.document) == ((("13",),), 4, "rapport-2020.pdf")
    assert second.must_refuse
    assert not second.expected
    assert third.history == (Turn("Combien d’entreprises en 2020 ?", "13"),)
    assert third.expected == (("19",), ("entreprises",))


def test_a_json_lines_book_is_read(tmp_path) -> None:
    path = tmp_path / "book.jsonl"
    rows = [
        {"id": "a", "question": "Qui ?", "answer_contains": [["Durand", "Mme Durand"]], "answerable": True},
        {"id": "b", "question": "Où ?", "answer_contains": [], "answerable": False},
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    first, second = read_book(path)
    assert (first.id, first.expected) == ("a", (("Durand", "Mme Durand"),))
    assert second.must_refuse


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("absent.yaml", None, "ne peut pas être lu"),
        ("a.jsonl", "{", "ne peut pas être lu"),
        ("a.yaml", "a: [", "ne peut pas être lu"),
        ("a.yaml", "", "aucune question"),
        ("a.yaml", "question: seule", "aucune question"),
        ("a.yaml", "- question: Sans attendu", "n°\u00a01 est incomplète"),
        ("a.yaml", "- attendu: 13", "n°\u00a01 est incomplète"),
        ("a.yaml", "- seulement du texte", "n°\u00a01 est incomplète"),
        ("a.yaml", "- {question: 'Combien ?', attendu: ' '}", "n°\u00a01 est incomplète"),
        ("a.yaml", "- {question: 'Combien ?', attendu: {a: 1}}", "n°\u00a01 est incomplète"),
        ("a.yaml", "- {question: 'Combien ?', attendu: [13, {a: 1}]}", "n°\u00a01 est incomplète"),
        ("a.yaml", "- {question: 'Combien ?', refuser: [oui]}", "n°\u00a01 est incomplète"),
        ("a.yaml", "- {question: 'Combien ?', attendu: [[13, treize]]}", "n°\u00a01 est incomplète"),
        ("a.jsonl", "[" * 100_000, "ne peut pas être lu"),
    ],
)
def test_a_book_that_cannot_be_used_says_why_in_french(tmp_path, name, text, said) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(BookUnreadable) as caught:
        read_book(path)
    assert said in sentence_of(caught.value)


def test_a_line_of_json_ends_where_the_file_breaks_it(tmp_path) -> None:
    row = {"question": "Combien\u2028d’arbres\u0085 ?", "attendu": 13}
    (tmp_path / "a.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\r\n", encoding="utf-8")
    (case,) = read_book(tmp_path / "a.jsonl")
    assert (case.question, case.expected) == (row["question"], (("13",),))


@pytest.mark.parametrize(
    ("document", "path", "is_there"),
    [
        (None, "a/bilan.pdf", True),
        ("bilan.pdf", "a/bilan.pdf", True),
        ("bilan.pdf", "contre-bilan.pdf", False),
        ("bilan.pdf", "bilan.pdf", True),
    ],
)
def test_the_document_of_a_question_is_known_by_its_whole_name(document, path, is_there) -> None:
    case = Case("1", "Combien ?", (("13",),), must_refuse=False, document=document)
    assert case.is_in(path) is is_there

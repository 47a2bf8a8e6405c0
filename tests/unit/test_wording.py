import pytest

from ra_assistant import wording
from ra_assistant.errors import IndexMissing, QuestionRefused, SettingsError, UnreadableDocument
from ra_assistant.types import Citation, DocumentKind, Section
from tests.conftest import make_document


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0\u00a0passage"),
        (1, "1\u00a0passage"),
        (2, "2\u00a0passages"),
        (1234, "1\u202f234\u00a0passages"),
    ],
)
def test_numbers_take_the_french_plural(number: int, written: str) -> None:
    assert wording.count(number, "passage", "passages") == written


def test_an_error_becomes_its_french_sentence() -> None:
    assert "RA_PORT" in wording.sentence_of(SettingsError("x", name="RA_PORT", value="abc"))
    assert "ra-assistant index" in wording.sentence_of(IndexMissing("x"))
    assert "2000" in wording.sentence_of(QuestionRefused("x", reason="too_long", limit=2000))
    assert "a.pdf" in wording.sentence_of(UnreadableDocument("a.pdf", "empty"))
    assert "…" in wording.sentence_of(SettingsError("without details"))


def test_restated_words_are_never_passed_off_as_the_reports() -> None:
    text = "Une phrase."
    section = Section(("Le siège",), 0, len(text), "https://a.example", "Agence, éditorial 2020")
    restated = make_document(text, kind=DocumentKind.RESTATED, sections=(section,))
    assert wording.source_of(Citation(1, restated, 0, 3)) == (
        "Synthèse d’après\u00a0: Agence, éditorial 2020 · Le siège"
    )
    original = make_document(text, page_starts=(0,), page_labels=("iv",))
    assert wording.source_of(Citation(1, original, 0, 3)) == "Rapport · p.\u00a0iv"

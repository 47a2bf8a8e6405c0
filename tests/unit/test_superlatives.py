"""Which row of a table a superlative asks for."""

from __future__ import annotations

import pytest

from ra_assistant import superlatives
from ra_assistant.questions import understand
from ra_assistant.ranking import Candidate
from ra_assistant.superlatives import NEAR, extreme
from ra_assistant.types import Block, BlockKind, Document, Passage, Query, Span
from tests.conftest import make_document

INTRO = "Les prêts de l'année sont nombreux. "


def table(head: str, *rows: str) -> Document:
    """Return a document that opens with a sentence and holds a table."""
    text, blocks = INTRO, [Block(BlockKind.PARAGRAPH, 0, len(INTRO) - 1)]
    for row in rows:
        blocks.append(Block(BlockKind.TABLE_ROW, len(text), len(text) + len(row), context=head))
        text += f"{row}\n"
    return make_document(text, blocks=tuple(blocks))


def chosen(query: Query, document: Document, *, row_score: float = -1.0) -> str | None:
    """Return the words marked in the row that is chosen; the opening sentence is the best, the first row comes next."""
    passage = Passage("p", document.id, 0, len(document.text), document.text)
    places = [Span(0, len(INTRO) - 1), *(Span(b.start, b.end) for b in document.blocks[1:2])]
    candidates = [
        Candidate(passage, place, {}, score, None)
        for place, score in zip(places, (0.0, row_score), strict=True)
    ]
    found = extreme(query, candidates, {document.id: document})
    if found is None:
        return None
    assert found.answer is not None
    assert document.text[found.span.start : found.span.end].startswith(
        document.text[slice(*_range(found.answer))]
    )
    return document.text[slice(*_range(found.answer))]


def _range(span: Span) -> tuple[int, int]:
    return span.start, span.end


LOANS = ("Musée | Objets", "Vannes | 12", "Lorient | 31", "Redon | 3")
MOST = understand("Quel musée a reçu le plus d'objets ?", (), None)


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        (LOANS[1:], "Lorient"),
        (("Vannes | 12", "Lorient | 12", "Redon | 3"), None),
        (("Vannes | 12", "Lorient | 31"), None),
        (("Vannes | 12", "Lorient | 31", "Total | 43"), None),
        (("Vannes | 12", "Lorient | nc", "Redon | 3", "Quimper | 5"), "Vannes"),
        (("Vannes | 12", "Lorient | 31", "Redon | 3", "Total | 46"), "Lorient"),
        (("Vannes | 12", "Lorient | 31", "Redon | 3", " | 46"), "Lorient"),
        (("Vannes | 12 | 4", "Lorient | 31 | 5", "Redon | 3 | 6"), None),
    ],
)
def test_the_one_row_with_the_largest_number_is_chosen(rows: tuple[str, ...], name: str | None) -> None:
    assert chosen(MOST, table(LOANS[0], *rows)) == name


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Quel musée a reçu le moins d'objets ?", "Redon"),
        ("Quel service a reçu le plus d'objets ?", None),
        ("Combien d'objets a reçus le musée de Redon ?", None),
        ("Quel musée a reçu des objets ?", None),
        ("Quel musée a le plus d'objets et le moins de salles ?", None),
    ],
)
def test_the_question_names_what_the_rows_are_and_one_side(question: str, name: str | None) -> None:
    assert chosen(understand(question, (), None), table(*LOANS)) == name


def test_a_table_far_from_the_best_sentence_is_not_looked_at() -> None:
    assert chosen(MOST, table(*LOANS), row_score=-NEAR - 0.1) is None


def test_a_best_sentence_that_says_which_is_left_alone() -> None:
    document = table(*LOANS)
    said = document.text.replace("Les prêts de l'année sont nombreux.", "Vannes prête le plus d'objets.     ")
    told = make_document(said, blocks=document.blocks)
    assert chosen(MOST, told) is None


DATED = ("Musée | 2022 | 2023", "Vannes | 40 | 12", "Lorient | 20 | 31", "Redon | 8 | 3")


@pytest.mark.parametrize(
    ("years", "name"), [((2022,), "Vannes"), ((2023,), "Lorient"), ((), "Lorient"), ((2019,), "Lorient")]
)
def test_the_column_of_the_year_is_compared_else_the_newest(years: tuple[int, ...], name: str) -> None:
    query = Query("Quel musée a reçu le plus l'an dernier ?", {"mus": 1.0}, years=years)
    assert chosen(query, table(*DATED)) == name


def test_the_column_that_the_question_names_is_compared() -> None:
    document = table("Musée | Objets | Salles", "Vannes | 40 | 2", "Lorient | 20 | 9", "Redon | 8 | 3")
    assert chosen(understand("Quel musée a le plus de salles ?", (), None), document) == "Lorient"
    assert chosen(understand("Quel musée a le plus d'objets ?", (), None), document) == "Vannes"


def test_a_table_is_looked_at_once_however_many_of_its_rows_are_likely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = table("Service | Agents", *LOANS[1:])
    passage = Passage("p", document.id, 0, len(document.text), document.text)
    candidates = [Candidate(passage, Span(b.start, b.end), {}, 0.0, None) for b in document.blocks]
    looked: list[int] = []
    kept = superlatives._rows_around
    monkeypatch.setattr(superlatives, "_rows_around", lambda d, at: looked.append(at) or kept(d, at))
    assert extreme(MOST, candidates, {document.id: document}) is None
    assert looked == [document.blocks[0].start, document.blocks[1].start]

"""A quote is found among the letters of a page, whatever the page does to spaces, hyphens and order."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ra_assistant.outlining import Box, outline

GRAIN = 1000
LETTER = 10
"""Breadth and height of a letter, in steps."""


def drawn(*lines: tuple[int, int, str]) -> tuple[str, list[int]]:
    """Return the letters of lines that begin at (left, top), and their places."""
    letters, places = "", []
    for left, top, words in lines:
        for rank, sign in enumerate(words):
            if sign.isalnum():
                letters += sign
                places += [
                    left + rank * LETTER,
                    top,
                    left + rank * LETTER + LETTER,
                    top + LETTER,
                ]
    return letters, places


def found(page: tuple[str, Sequence[int]], quote: str, before: str = "") -> list[tuple[int, ...]]:
    return [tuple(round(side * GRAIN) for side in box) for box in outline(*page, GRAIN, quote, before)]


def test_a_quote_over_two_lines_has_one_rectangle_a_line() -> None:
    page = drawn((100, 50, "Le siège est"), (100, 70, "à Bellevue. Fin"))
    assert found(page, "siège est à Bellevue.") == [(130, 50, 220, 60), (100, 70, 200, 80)]


@pytest.mark.parametrize(
    ("line", "quote"),
    [
        ("La ﬁlière uniﬁée", "La filière unifiée"),
        ("l ' é l è v e", "l’élève"),
        ("ETE 2021", "été 2021"),
        ("1 234 567 €", "1\u202f234\u202f567 €"),
    ],
)
def test_ligatures_accents_spaces_and_case_do_not_hide_a_quote(line: str, quote: str) -> None:
    assert found(drawn((0, 0, line)), quote)


def test_a_word_cut_at_the_end_of_a_line_is_found() -> None:
    page = drawn((100, 50, "des conven-"), (100, 70, "tions signées"))
    assert len(found(page, "conventions signées")) == 2


def test_of_words_that_come_back_those_meant_are_outlined() -> None:
    page = drawn((0, 0, "Elle dure."), (0, 100, "Elle dure."), (0, 200, "Elle dure."))
    assert [
        found(page, "Elle dure.", before)[0][1] for before in ("", "Elle dure. ", "Elle dure. Elle dure. ")
    ] == [
        0,
        100,
        200,
    ]


def test_cells_drawn_in_another_order_are_found_one_by_one() -> None:
    page = drawn((0, 0, "Nombre"), (300, 0, "Treize"), (0, 100, "Autre ligne"), (600, 0, "Quatorze"))
    assert found(page, "Quatorze | Nombre | Treize") == [
        (600, 0, 680, 10),
        (0, 0, 60, 10),
        (300, 0, 360, 10),
    ]


def test_a_quote_of_which_little_is_on_the_page_has_no_outline() -> None:
    page = drawn((0, 0, "Le siège est à Bellevue."))
    assert (
        outline(*page, GRAIN, "Le siège est à Bellevue.\nUne tout autre phrase, bien plus longue, manque.")
        == ()
    )
    assert outline(*page, GRAIN, "« … »") == ()
    assert outline("", [], GRAIN, "Le siège") == ()


def test_rectangles_are_shares_of_the_page() -> None:
    (box,) = outline(*drawn((500, 250, "ab")), GRAIN, "ab")
    assert box == Box(0.5, 0.25, 0.52, 0.26)

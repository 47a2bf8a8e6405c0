"""What the journal tells, made readable: groups, words, files for tables."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date, timedelta

import pytest

from ra_assistant.journal import Entry, Opinion, Usage
from ra_assistant.spreadsheets import as_csv, inert
from ra_assistant.usage import (
    asked_words,
    days_csv,
    every_day,
    opinions_csv,
    questions_csv,
    unanswered,
)

DAY = date(2026, 3, 2)


def usage(*texts: tuple[str, str], **fields: object) -> Usage:
    values: dict[str, object] = {
        "first": DAY - timedelta(days=2),
        "last": DAY,
        "days": {DAY: Counter(answered=2, small_talk=1)},
        "outcomes": Counter(answered=2),
        "refused_kinds": Counter(),
        "documents": Counter(),
        "milliseconds": None,
        "texts": tuple((DAY, outcome, text) for outcome, text in texts),
        "verdicts": Counter(),
        "reasons": Counter(),
        "opinions": (),
        "kept": 2,
    }
    return Usage(**(values | fields))  # type: ignore[arg-type]


def refused(*texts: str) -> list[tuple[str, int, list[str]]]:
    groups = unanswered(usage(*(("not_in_report", text) for text in texts)))
    return [(group.question, group.number, group.variants) for group in groups]


def test_questions_that_resemble_one_another_are_one() -> None:
    assert refused(
        "Quel est le salaire du directeur ?",
        "salaire directeur",
        "Quel est le salaire du directeur ?",
        "SALAIRE DU DIRECTEUR",
        "Quel est le salaire net du directeur ?",
        "Où se garer ?",
    ) == [
        (
            "Quel est le salaire du directeur ?",
            5,
            ["salaire directeur", "SALAIRE DU DIRECTEUR", "Quel est le salaire net du directeur ?"],
        ),
        ("Où se garer ?", 1, []),
    ]


def test_another_year_or_another_thing_is_another_question() -> None:
    found = refused(
        "Combien d’emplois les jeunes entreprises ont créés en 2020 ?",
        "Combien d’emplois les jeunes entreprises ont créés en 2021 ?",
        "Combien de projets ?",
    )
    assert sorted(number for _, number, _ in found) == [1, 1, 1]


def test_what_was_taken_out_of_a_question_does_not_tell_it_apart() -> None:
    assert [number for _, number, _ in refused("Le salaire de [nom] ?", "Le salaire ?")] == [2]


def test_questions_of_grammatical_words_alone_and_of_marks_are_counted_too() -> None:
    assert sum(number for _, number, _ in refused("Et ça ?", "[nom]", "?", "Et ça ?")) == 4


def test_answered_questions_are_in_no_group() -> None:
    assert unanswered(usage(("answered", "Combien ?"), ("small_talk", "Bonjour"))) == []


def test_words_are_counted_once_a_question_in_their_usual_spelling() -> None:
    asked = usage(
        ("answered", "Combien d’entreprises, d’entreprises, d’entreprises en 2020 ?"),
        ("not_in_report", "Je suis [nom]. L’entreprise paie-t-elle ?"),
        ("answered", "Les entreprises créées"),
        ("small_talk", "merci entreprises"),
    )
    ranked = asked_words(asked)
    assert ranked[0] == ("entreprises", 3)
    assert not {"nom", "suis", "2020", "merci", "combien"} & {word for word, _ in ranked}


def test_every_day_is_there_even_without_a_question() -> None:
    assert [(day, numbers.total()) for day, numbers in every_day(usage())] == [
        (DAY - timedelta(days=2), 0),
        (DAY - timedelta(days=1), 0),
        (DAY, 3),
    ]


def rows(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf"), "Excel reads accents by this mark"
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n@x", "\u00a0=1", "＝1", "=cmd|' /C calc'!A0"],
)
def test_no_cell_is_taken_for_a_formula(cell: str) -> None:
    written = rows(as_csv(["a"], [[inert(cell), "x;y"]]))[1]
    assert written[0].startswith("'")
    assert written[1] == "x;y"


def test_an_ordinary_cell_is_left_as_it_is() -> None:
    assert inert("Combien d’entreprises ? 12-15 = 3") == "Combien d’entreprises ? 12-15 = 3"


def test_files_have_french_heads_words_and_numbers() -> None:
    entry = Entry(
        DAY, "not_in_report", "quantity", 0.25, "b1", 120.0, ("a.pdf", "b.pdf"), '=HYPERLINK("x")\n"suite"'
    )
    assert rows(questions_csv([entry])) == [
        ["Jour", "Résultat", "Sorte", "Probabilité", "Index", "Millisecondes", "Rapports cités", "Question"],
        [
            "2026-03-02",
            "sans réponse",
            "Un nombre",
            "0,25",
            "b1",
            "120",
            "a.pdf, b.pdf",
            '\'=HYPERLINK("x") "suite"',
        ],
    ]
    opinion = Opinion("", "b1", "down", "wrong_figure", "@moi", "Q ?", "R.", DAY)
    assert rows(opinions_csv(usage(opinions=(opinion,))))[1] == [
        "2026-03-02", "Pas utile", "Chiffre faux", "'@moi", "Q ?", "R.", "b1",
    ]  # fmt: skip
    assert rows(days_csv(usage()))[-1] == ["2026-03-02", "2", "0", "1"]

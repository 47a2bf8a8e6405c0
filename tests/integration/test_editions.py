"""A whole report goes live, then its next edition beside it, then a corrected paragraph; with the real models."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.editions import correct, right

from ra_assistant import assembly, building
from ra_assistant.builds import BuildStore
from ra_assistant.errands import Incoming
from ra_assistant.publishing import BOOK, Prepared, Publisher
from ra_assistant.types import Outcome
from tests.conftest import ROOT
from tests.fakes import in_this_process

EDITIONS = ROOT / "tests" / "editions"
FIRST, NEXT = EDITIONS / "biopole-2021.md", EDITIONS / "biopole-2022.md"
ASKED = (
    ("Combien de projets de R&D ont été labellisés{} ?", "21", "26"),
    ("À combien de projets européens le Biopôle participe-t-il{} ?", "cinq", "sept"),
    ("Combien de stagiaires Bio-Gestes a-t-il formés{} ?", "286", "352"),
    ("Quel est le chiffre d’affaires des plateformes{} ?", "1 184", "1 397"),
    ("Combien d’entreprises sont hébergées dans la pépinière{} ?", "29", "34"),
)
"""Questions with a place for a year, and what each edition answers."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Publisher, Prepared, Prepared]]:
    """Put the first edition in service, then the next one beside it."""
    place = tmp_path_factory.mktemp("editions")
    (place / "corpus").mkdir()
    shutil.copyfile(EDITIONS / BOOK, place / "corpus" / BOOK)
    publisher = Publisher(place / "corpus", place / "index", place / "corpus" / BOOK, in_this_process)
    publisher.bring([Incoming(FIRST, {})])
    first = publisher.publish()
    publisher.bring([Incoming(NEXT, {})])
    yield publisher, first, publisher.publish()


def answered(root: Path, build_id: str, question: str) -> tuple[int | None, str]:
    """Return the year of the first passage that a build cites and its words, with plain spaces."""
    settings = assembly.load_settings()
    with contextlib.closing(assembly.open_build(root, build_id, settings, exact=True)) as assistant:
        answer = assistant.ask(question)
        assert answer.outcome is Outcome.ANSWERED, question
        cited = answer.citations[0]
        return cited.document.year, " ".join(cited.quote.split())


@pytest.mark.parametrize(("question", "former", "latest"), ASKED)
def test_without_a_year_the_latest_edition_answers_with_a_year_the_right_one(
    published: tuple[Publisher, Prepared, Prepared], question: str, former: str, latest: str
) -> None:
    publisher, first, second = published
    root = publisher.builds.root
    year, quote = answered(root, first.build_id, question.format(""))
    assert (year, former in quote) == (2021, True), quote
    for said, year, figure in (("", 2022, latest), (" en 2022", 2022, latest), (" en 2021", 2021, former)):
        found, quote = answered(root, second.build_id, question.format(said))
        assert (found, figure in quote) == (year, True), (said, quote)


CLUB = """---
title: Rapport annuel 2019
year: 2019
publisher: Club de voile de Port-Lannec
---
# Rapport annuel 2019

## Les sorties

Le club a organisé 37 sorties en mer. La fréquentation moyenne a été de neuf équipiers par bateau.

## Les comptes

La commune de Port-Lannec et le conseil départemental ont soutenu le club par une aide de 4 200 euros.

## L’équipe

Le club est présidé par Yann Kerdoncuff. La trésorière est Maud Le Brazidec.
"""
CLUB_ASKED = (
    ("Combien de sorties en mer ont été organisées ?", "37"),
    ("Qui préside le club de voile ?", "Kerdoncuff"),
    ("Quelles collectivités ont soutenu le club ?", "Port-Lannec"),
    ("Qui est la trésorière du club ?", "Le Brazidec"),
)


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the index of two editions of a report and of an older report of another body."""
    place = tmp_path_factory.mktemp("beside")
    corpus = place / "corpus"
    corpus.mkdir()
    for path in (FIRST, NEXT):
        shutil.copyfile(path, corpus / path.name)
    (corpus / "club.md").write_text(CLUB, encoding="utf-8")
    building.build(corpus, place / "index")
    return place / "index"


@pytest.mark.parametrize(("question", "expected"), CLUB_ASKED)
def test_an_older_report_of_another_body_answers_beside_newer_ones(
    beside: Path, question: str, expected: str
) -> None:
    year, quote = answered(beside, BuildStore(beside).current_id(), question)
    assert (year, expected in quote) == (2019, True), quote


def test_the_book_of_the_former_edition_holds_and_only_what_is_new_is_embedded(
    published: tuple[Publisher, Prepared, Prepared], tmp_path: Path
) -> None:
    publisher, first, second = published
    assert first.embedded == first.passages
    assert second.embedded <= second.passages - first.passages
    assert "book" in {check.code for check in second.report.checks if check.passed}
    book = EDITIONS / BOOK
    assert right(publisher.builds.root, book) == "6/6"
    corrected = tmp_path / NEXT.name
    correct(NEXT, corrected)
    assert corrected.read_text("utf-8") != NEXT.read_text("utf-8")
    publisher.bring([Incoming(corrected, {})])
    third = publisher.publish()
    assert (third.embedded, third.documents, third.passages) == (1, 2, second.passages)
    assert BuildStore(publisher.builds.root).current_id() == third.build_id
